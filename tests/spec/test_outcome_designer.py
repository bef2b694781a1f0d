"""The designer of outcome measures: what the money at risk carries, what each measure lacks, and that what is proposed is in force."""

from types import SimpleNamespace

import numpy as np
import pytest

from capitation import signing as signing_module
from capitation import tables_outcomes
from capitation.contract import settle
from capitation.design import ContractDesign, change
from capitation.outcomes.chance import Predicted
from capitation.outcomes.designer import (
    LARGEST_STAKE,
    SMALLEST_STAKE,
    Candidate,
    _rounded,
    _stakes,
    needed,
    proposed,
    reach,
)
from capitation.signing import proposal, signing
from capitation.workbench.outcomes_card import changes_of

WORTH = {"outcomes.worthwhile": 0.2}  # a change that the study's people tell from chance on one of its measures
SHARE = Candidate(lower_is_better=False, is_share=True, people=5_000)


def ahead(sds: list[float]) -> Predicted:
    """Measures of 0.5 each with these standard deviations of a change."""
    names, variance = tuple(f"m{k}" for k in range(len(sds))), np.diag(np.square(sds))
    half = np.full(len(sds), 0.5)
    return Predicted(names, half, variance, half, variance)


def offered(sds: list[float], share: float):
    of = ahead(sds)
    return proposed(of, dict.fromkeys(of.names, SHARE), 0.1, share)


@pytest.mark.parametrize(("share", "measures", "for_points"), [
    (0.0, 0, 1.0), (0.002, 0, 1.0), (0.005, 2, 1.0), (0.0125, 5, 1.0), (0.05, 10, 1.0), (0.3, 10, 1 / 3),
])  # fmt: skip
def test_the_money_at_risk_decides_how_many_measures_it_carries(share, measures, for_points):
    found = offered([0.004 + 0.0005 * k for k in range(12)], share)
    assert len(found.paid) == measures == min(reach(share), 12)
    assert found.for_points == pytest.approx(for_points)
    out = [of.left_out for of in found.considered if of.left_out]
    assert len(out) == 12 - measures and all("watch it" in said for said in out)


def test_one_measure_alone_does_not_carry_all_of_much_money():
    assert offered([0.005], 0.005).for_points == pytest.approx(1.0)
    assert offered([0.005], 0.05).for_points == pytest.approx(LARGEST_STAKE / 0.05)


@pytest.mark.parametrize("share", [0.0025, 0.0125, 0.025, 0.03, 0.05, 0.09, 0.3])
@pytest.mark.parametrize("raw", [[1.0], [0.97, 0.01, 0.01, 0.01], [0.7, 0.3, *[0.0] * 8], [0.1] * 10])
def test_no_weight_below_five_per_cent_and_no_stake_beyond_its_bounds_after_normalising(share, raw):
    raw = np.array(raw[: reach(share)]) / sum(raw[: reach(share)])
    stake = _stakes(raw, share)
    weights = _rounded(stake)
    assert sum(weights) == pytest.approx(100)
    assert min(weights) >= 5
    assert stake.sum() == pytest.approx(min(share, len(raw) * LARGEST_STAKE))
    assert stake.min() >= SMALLEST_STAKE - 1e-9 and stake.max() <= LARGEST_STAKE + 1e-9
    assert (np.diff(stake[np.argsort(raw, kind="stable")]) >= -1e-12).all()


def test_how_many_people_it_takes_by_hand():
    """Chance falls with the square root: for half of the change four times the people."""
    assert needed(500, 0.08, 0.04) == pytest.approx(2_000)
    assert np.isnan(needed(0, 0.08, 0.04)) and np.isnan(needed(500, 0.08, 0.0))


def test_each_measure_that_chance_hides_has_words_of_its_own(rand_hie, quick):
    rows = tables_outcomes.designer(settle(rand_hie, change(quick, WORTH))).rows.set_index("Measure")
    said = rows.at["Admissions of every kind", "why out"]
    assert "per 1,000 person-years" in said and "takes about" in said
    assert rows.at["Any mental health contact in the year", "why out"] == "the library has it to watch, not to pay on"
    assert rows.at["Seen by a doctor in the year", "watch beside it"] == "Admissions of every kind (counted here)"


def test_a_measure_without_data_in_the_last_base_year_says_so(county, monkeypatch):
    design = ContractDesign(name="t", question="q")
    result = settle(county, change(design, {"outlook.replicates": 1_024, "price.base_years": 2, "cohort.min_age": 1}))
    year, name = result.basis.years[-1], "blood_pressure_control"
    gone = signing_module.paid_measures(county, result.cohort).copy()
    gone.loc[(result.cohort.members["year"] == year).to_numpy(), (name, "denominator")] = 0.0
    gone.loc[(result.cohort.members["year"] == year).to_numpy(), (name, "numerator")] = 0.0
    monkeypatch.setattr(signing_module, "paid_measures", lambda *_: gone)
    out = {of.name: of.left_out for of in proposal(result).considered}
    assert out[name] == f"no data in {county.meta.year_name(year)}, the last base year"


@pytest.mark.parametrize("share", [0.005, 0.05, 0.3])
def test_what_is_put_in_force_is_paid_as_proposed(rand_hie, quick, share):
    """Gates, stretches, steps and improvement of the terms that were there are gone, and so is the gate of what is left out."""
    before = change(quick, {
        **WORTH, "outcomes.withhold": share, "outcomes.phases": [50, 100],
        "outcomes.measures.admissions.gate": 0.01, "outcomes.measures.seen_by_doctor.gate": 0.9,
        "outcomes.measures.seen_by_doctor.stretch": 0.9, "outcomes.measures.seen_by_doctor.target_share": 0.5,
        "outcomes.measures.seen_by_doctor.scale": "steps", "outcomes.measures.seen_by_doctor.rewards": "improvement",
    })  # fmt: skip
    found = proposal(settle(rand_hie, before))
    after = change(before, changes_of(found, SimpleNamespace(design=before)))
    in_force = signing(settle(rand_hie, after))
    for way in ("unchanged", "met"):
        assert getattr(in_force, way).mean() == pytest.approx(getattr(found.signing, way).mean(), rel=0.01)
    assert after.outcomes.phases == found.terms.phases
    assert after.outcomes.measures["seen_by_doctor"] == found.terms.measures["seen_by_doctor"]


def test_the_same_measure_at_more_money_is_not_the_same_proposal(rand_hie, quick):
    results = [settle(rand_hie, change(quick, {**WORTH, "outcomes.withhold": share})) for share in (0.005, 0.05, 0.3)]
    phases = [proposal(result).terms.phases for result in results]
    assert phases == [(), (20,), (3,)]
    stakes = [
        result.design.outcomes.withhold * (of[0] if of else 100) / 100
        for result, of in zip(results, phases, strict=True)
    ]
    assert max(stakes) <= LARGEST_STAKE + 1e-12


def test_the_card_shows_what_these_people_can_show_and_puts_the_proposal_in_force(root):
    from capitation.workbench.opening import open_workbench
    from capitation.workbench.outcomes_card import Designer

    workbench = open_workbench(
        "rand-hie", str(root / "designs" / "baseline.yaml"), {"outlook.replicates": 1_024, **WORTH}, True
    )
    card = Designer(workbench)
    strength, propose, use = card.widget.children[1].children
    strength.click()
    assert "what these people can show" in card._tables.value and "move together?" in card._tables.value
    propose.click()
    proposed_pay = card.found.signing.unchanged.mean()
    use.click()
    assert workbench.design.outcomes.measures["admissions"].weight == 0
    assert signing(workbench.result).unchanged.mean() == pytest.approx(proposed_pay, rel=0.01)
    assert card._tables.value == ""  # what was said of another contract is gone


def test_published_rows_differ_by_what_is_published(rand_hie, quick):
    table = tables_outcomes.published(settle(rand_hie, quick)).rows
    assert not table.drop(columns="Contract").duplicated().any()
    row = table.set_index("Contract").loc
    assert row["LSHTM case C"]["at stake, $"].startswith("under ") and not row["LSHTM case B"][
        "at stake, $"
    ].startswith("under ")
    assert row["AQC, years 1 and 2"]["at stake, $"].endswith("on top")
    assert row["Virginia Mason"]["share"] == "none published"
    assert row["Oxfordshire, as signed in 2015"]["false call"].startswith("30")  # 1 - 0.95^7
    assert not table["source"].str.contains("domain reference").any()
    assert (table["not applied in the row"] != "").all()
