"""Each party's own risk and the reverse stress on the page: drawn when asked for, gone when the design changes."""

import pytest

from capitation import tables_risk
from capitation.contract import ContractResult, settle
from capitation.design import change
from capitation.stress import reverse_stress
from capitation.terms import COMMISSIONER, HOLDER, percent
from capitation.workbench.board_page import BoardPage
from capitation.workbench.opening import open_workbench
from capitation.workbench.own_risk_card import HEADING, NOT_OVER, OwnRisk

FEW_DRAWN = {"outlook.replicates": 1_024}


@pytest.fixture
def workbench(root):
    return open_workbench("rand-hie", str(root / "designs" / "baseline.yaml"), FEW_DRAWN, True)


@pytest.fixture
def of(rand_hie, quick):
    return lambda changes: settle(rand_hie, change(quick, changes))


def _words(widget):
    yield getattr(widget, "value", "")
    for child in getattr(widget, "children", ()):
        yield from _words(child)


def test_the_board_has_the_card_in_its_risk_step_beside_who_could_bear_what(workbench):
    page = BoardPage(workbench)
    page.open("risk")
    shown = [value for value in _words(page.page) if isinstance(value, str)]
    assert any(HEADING in value for value in shown) and any("Who could bear what" in value for value in shown)
    assert not any("<table>" in value and "Pandemic year" in value for value in shown)  # not before it is asked for


def test_drawn_when_asked_and_gone_when_the_design_changes(workbench):
    card = OwnRisk(workbench)
    assert (card._tables.value, card._reverse.layout.display) == ("", "none")
    card.widget.children[1].children[0].click()
    assert "Each party’s own risk" in card._tables.value and "Pandemic year" in card._tables.value
    assert workbench.design.key in card._said.value and card._reverse.layout.display == ""
    workbench.set({"risk.corridor.inner": 0.03})
    assert (card._tables.value, card._answer.value, card._reverse.layout.display) == ("", "", "none")
    assert "has changed since" in card._said.value
    card.draw()
    assert workbench.design.key in card._said.value and "Pandemic year" in card._tables.value


def test_the_question_starts_with_the_holder_s_reserves_and_is_answered_for_every_party(workbench):
    card, result = OwnRisk(workbench), workbench.result
    card.draw()
    assert (card._party.value, card._loss.value) == (HOLDER, round(result.reserves, 2))
    assert "no rise of cost up to twice the price" in card._answer.value
    card._loss.value = 1_000.0
    card._party.value = "partners"
    assert (
        f"Partners together lose $1,000 in one year when care costs {percent(reverse_stress(result, 1_000, 'partners'))} more"
        in (card._answer.value)
    )
    assert {HOLDER, "partners", COMMISSIONER, *result.plan} == {party for _, party in card._party.options}
    workbench.set({"risk.corridor.inner": 0.03})
    card.draw()
    assert (card._party.value, card._loss.value) == ("partners", 1_000.0)  # asked again as it was asked


def test_of_a_year_that_is_not_over_it_says_so_and_asks_nothing(workbench, monkeypatch):
    monkeypatch.setattr(ContractResult, "part_year", property(lambda _: True))
    card = OwnRisk(workbench)
    card.draw()
    assert NOT_OVER in card._said.value
    assert (card._tables.value, card._reverse.layout.display) == ("", "none")
    workbench.interactive = False
    assert NOT_OVER in workbench.own_risk().html


def test_a_fault_of_the_input_is_said_and_shows_nothing_old(workbench, monkeypatch):
    from capitation.errors import InputError

    card = OwnRisk(workbench)
    card.draw()
    monkeypatch.setattr(
        tables_risk, "parties", lambda _: (_ for _ in ()).throw(InputError("price", "is nothing", "more"))
    )
    card.draw()
    assert 'role="alert"' in card._said.value and "price: is nothing" in card._said.value
    assert card._tables.value == card._answer.value == ""


def test_nobody_there_the_tables_are_shown_at_once(workbench):
    workbench.interactive = False
    html = workbench.own_risk().html
    assert "Each party’s own risk" in html and "Pandemic year" in html


def test_the_sentence_of_a_reverse_stress_says_what_holds(of):
    off = {f"risk.{name}.on": False for name in ("stop_loss", "aggregate_stop_loss", "corridor")}
    bare = of({**off, "payments.partner_share": 0.0, "payments.block_share": 0.0, "outcomes.withhold": 0.0})
    price = bare.price.payment
    assert "Enter a loss above nothing" in tables_risk.loss_words(bare, HOLDER, 0.0)
    assert "when care costs 3.0\N{NO-BREAK SPACE}% more than the price" in tables_risk.loss_words(
        bare, HOLDER, 0.03 * price
    )
    assert "no rise of cost up to twice the price" in tables_risk.loss_words(bare, COMMISSIONER, 0.03 * price)
    all_back = of({"risk.sharing.on": True, "risk.sharing.loss_share": 0.0, "risk.sharing.loss_cap": 1.0})
    assert "pays" in tables_risk.loss_words(all_back, COMMISSIONER, 0.03 * price)


def test_a_case_without_effect_says_why(of):
    def assumed(changes, case):
        rows = tables_risk.stress(of(changes)).rows.set_index("Case")
        return rows.loc[case, "what is assumed"], (rows.loc[case].iloc[1:6] == rows.loc["As expected"].iloc[1:6]).all()

    for case in ("Savings two years late", "No saving comes"):
        said, same = assumed({}, case)
        assert same and said.endswith("no effect: no saving is assumed")
        said, same = assumed({"outlook.savings": 0.05}, case)
        assert not same and "no effect" not in said
        said, same = assumed({"outlook.savings": 0.05, "outlook.ramp.delay": 1}, case)
        assert same and said.endswith("no saving is assumed in the first contract year")
    said, same = assumed({"outlook.savings": 0.05, "outlook.ramp.optimism": 1.0}, "No saving comes")
    assert same and "optimism" in said
    said, _ = assumed({"outlook.price_error": False}, "Price wrong")
    assert "no effect" not in said
