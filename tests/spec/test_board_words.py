"""Findings, glossary and notes in words that say what holds."""

from dataclasses import replace

import pytest

from capitation import tables_payments
from capitation.contract import settle
from capitation.design import change, make_design
from capitation.headline import headline
from capitation.loss.simulation_error import Estimate
from capitation.parties import sizes_of
from capitation.terms import percent
from capitation.workbench.steps import GLOSSARY, _lose_together, contract_finding, step


@pytest.fixture
def of(rand_hie, quick):
    return lambda changes: settle(rand_hie, change(quick, changes))


def _with_partners(result, partners):
    payments = {**result.design.payments.model_dump(mode="json"), "partners": partners}
    design = make_design({**result.design.model_dump(mode="json"), "payments": payments})
    return settle(result.dataset, design)


def test_the_words_of_the_board_are_in_its_glossary():
    every = " ".join(GLOSSARY).lower()
    for word in ("premium", "frontier", "tolerance", "next pound", "sub-capitation", "low-volume block", "1-in-100 year",
                 "minimum income", "turnover", "ruin"):  # fmt: skip
        assert word in every, word


def test_a_holder_that_bears_nothing_is_told_so_and_loses_no_nought_pounds(of):
    off = {f"risk.{name}.on": False for name in ("stop_loss", "aggregate_stop_loss", "corridor")}
    nothing = of({**off, "payments.block_share": 1.0, "payments.partner_share": 1.0, "outcomes.withhold": 0.0})
    words = contract_finding(nothing)
    assert "it bears nothing" in words and "or more" not in words
    assert "covers the holder’s costs" in words
    assert "or more" in contract_finding(of({}))


def test_holder_and_partners_that_never_lose_are_not_said_to_lose_at_least_nothing(of):
    risk = step("risk")
    assert "one year in twenty at least $" in risk.finding(of({}))
    figures = headline(of({}))
    safe = replace(figures, providers_bad_year=Estimate(250.0, 200.0, 300.0))
    assert _lose_together(safe, "£").endswith("fewer than one in twenty")
    assert _lose_together(replace(safe, providers_lose=Estimate(0.0, 0.0, 0.0)), "£") == "lose money in no drawn year"


def test_the_partner_hit_hardest_is_that_which_loses_most_of_its_turnover(of):
    result = of({})
    ahead, labels = result.outlook, result.dataset.providers["label"]
    worst = {p: float(ahead.result(p).min()) for p in ahead.providers}
    words = step("payments").finding(result)
    assert "hit hardest is Mental health clinics" in words and "of its turnover" in words
    assert "that of Hospitals" in words and labels[min(worst, key=worst.__getitem__)] == "Hospitals"
    large = _with_partners(result, {p: {"turnover": 1e9} for p in result.plan if p != "hospitals"})
    words = step("payments").finding(large)
    assert "hit hardest is Hospitals" in words and "the largest loss in $ too" in words
    assert sizes_of(large)["hospitals"][0] == pytest.approx(sizes_of(result)["hospitals"][0])


def test_where_no_partner_loses_the_finding_says_so(of):
    words = step("payments").finding(of({"payments.block_share": 0.0, "payments.partner_share": 0.0}))
    assert (
        words
        == f"{percent(0, 0)} of the partners’ plans is paid as block; one year in twenty no partner ends with a loss."
    )


def test_a_low_volume_block_that_is_not_possible_says_why_once(of):
    few = tables_payments.kinds(of({"price.base_years": 2}))
    said = [note for note in few.notes if "Low-volume block" in note]
    assert said == ["Low-volume block: not possible with 2 base years, since it is the average of 3."]
    assert "not possible" in few.rows.set_index("Kind of payment").loc["Low-volume block"].to_list()
    three = tables_payments.kinds(of({"price.base_years": 3}))
    assert not [note for note in three.notes if "Low-volume block" in note]
    assert "not possible" not in three.rows.set_index("Kind of payment").loc["Low-volume block"].to_list()


def test_a_low_volume_block_above_the_limit_names_who(of, monkeypatch):
    monkeypatch.setattr("capitation.tables_payments.is_low_volume", lambda costs: sum(costs) / len(costs) < 60_000)
    notes = tables_payments.kinds(of({"price.base_years": 3})).notes
    assert "Low-volume block: not possible above $1.50m a year on average: Hospitals, Outpatient clinics." in notes


def test_the_sum_shared_has_its_sign_before_the_currency(of):
    note = tables_payments.rules(of({"price.discount": 0.2, "payments.partner_share": 0.5})).notes[0]
    assert "of the settled year, −$" in note and "$−" not in note
