"""Before signing, checked against closed forms and by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from capitation.contract import settle
from capitation.design import change
from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.outcomes.chance import Counted, Predicted, predicted
from capitation.outcomes.score import points, score
from capitation.signing import of_terms, signing, wanted_value


def one(value, sd, last=None):
    square = np.array([[sd**2]])
    return Predicted(("m",), np.array([value]), square, np.array([value if last is None else last]), 2 * square)


@pytest.mark.parametrize(("people", "share"), [(100, 0.187169), (500, 0.085097), (2_000, 0.042549)])
def test_what_is_paid_for_nothing_on_a_linear_scale_is_the_published_closed_form(people, share):
    """Measures reference, section 4: floor and true value 0.65, target 0.75; £85,097 of £1m with 500 people."""
    sd = np.sqrt(0.65 * 0.35 / people)
    terms = Outcomes(measures={"m": PaidMeasure(floor=0.65, target=0.75)})
    found = of_terms(one(0.65, sd), terms, 1e6, {})
    assert found.unchanged.mean() == pytest.approx(1e6 * share, rel=2e-3)


def test_a_threshold_pays_for_luck_as_often_as_the_normal_law_says():
    """The same: true share 0.65, threshold 0.67, 500 people: 0.1742."""
    sd = np.sqrt(0.65 * 0.35 / 500)
    terms = Outcomes(measures={"m": PaidMeasure(floor=0.6, target=0.67, scale="cliff")})
    found = of_terms(one(0.65, sd), terms, 1.0, {})
    assert found.measures[0].luck == pytest.approx(0.1742, abs=2e-3)
    assert found.unchanged.mean() == pytest.approx(1 - norm.cdf(0.02 / sd), abs=2e-3)


def test_ten_independent_measures_spread_as_published():
    """The same: ten measures of £100k, 500 people each, linear from 0.60 to 0.75: standard deviation £44,552."""
    sd = np.sqrt(0.65 * 0.35 / 500)
    names = tuple("abcdefghij")
    cov = np.eye(10) * sd**2
    ahead = Predicted(names, np.full(10, 0.65), cov, np.full(10, 0.65), 2 * cov)
    terms = Outcomes(measures=dict.fromkeys(names, PaidMeasure(floor=0.60, target=0.75)))
    assert of_terms(ahead, terms, 1e6, {}).unchanged.std() == pytest.approx(44_552, rel=0.02)
    alike = cov * 0.7 + 0.3 * sd**2
    correlated = Predicted(names, np.full(10, 0.65), alike - np.diag(np.diag(alike)) + cov, np.full(10, 0.65), 2 * cov)
    assert of_terms(correlated, terms, 1e6, {}).unchanged.std() == pytest.approx(85_697, rel=0.02)


def test_the_spread_of_two_years_of_the_same_people_by_hand():
    """Four people, half of whom succeed in both years: a year's variance is p(1-p)/4, and the years move together."""
    year = np.repeat([1, 2], 4)
    top = np.array([1, 1, 0, 0, 1, 1, 0, 0], dtype=float)[:, None]
    counted = Counted(("m",), top, np.ones((8, 1)), np.tile(np.arange(4), 2), year)
    found = predicted(counted, [1, 2], np.array([4.0]))
    assert found.value == pytest.approx([0.5])
    assert found.last == pytest.approx([0.5])
    # own 1/16, pooled 1/16 (both years alike), common 1/16: 1/16 + 1/16 - 2/16 = 0
    assert found.sd == pytest.approx([0.0], abs=1e-9)
    apart = Counted(("m",), top, np.ones((8, 1)), np.arange(8), year)
    # own 1/16, pooled 1/32, nothing in common
    assert predicted(apart, [1, 2], np.array([4.0])).sd == pytest.approx([np.sqrt(3 / 32)])
    assert predicted(apart, [1, 2], np.array([16.0])).sd == pytest.approx([np.sqrt(1 / 64 + 1 / 32)])


def test_success_is_the_target_or_a_worthwhile_step_where_that_is_reached_already():
    up, down = PaidMeasure(floor=0.6, target=0.7), PaidMeasure(floor=0.2, target=0.1)
    assert wanted_value(0.65, up, 0.1) == 0.7
    assert wanted_value(0.8, up, 0.1) == pytest.approx(0.88)
    assert wanted_value(0.15, down, 0.1) == 0.1
    assert wanted_value(0.05, down, 0.1) == pytest.approx(0.045)


def test_a_stretch_steps_and_improvement_by_hand():
    stretch = PaidMeasure(floor=0.5, target=0.7, target_share=0.8, stretch=0.8)
    assert points(np.array([0.5, 0.6, 0.7, 0.75, 0.9]), stretch) == pytest.approx([0, 0.4, 0.8, 0.9, 1])
    steps = PaidMeasure(floor=0.0, target=1.0, scale="steps", steps=4)
    assert points(np.array([0.1, 0.25, 0.49, 0.5, 1.0]), steps) == pytest.approx([0, 0.25, 0.25, 0.5, 1])
    better = PaidMeasure(floor=0.2, target=0.1, rewards="improvement", improvement=0.02)
    assert points(np.array([0.31, 0.29, 0.28, 0.2]), better, 0.30) == pytest.approx([0, 0.5, 1, 1])
    both = better.model_copy(update={"rewards": "the better of both"})
    assert points(np.array([0.15, 0.29]), both, 0.15) == pytest.approx([0.5, 0.0])
    assert points(0.15, better, float("nan")) == 0  # nothing to improve on


def test_gates_missing_values_phases_and_bonus(rand_hie, quick):
    terms = {"a": PaidMeasure(floor=0.5, target=1.0), "b": PaidMeasure(floor=0.5, target=1.0, gate=0.6)}
    assert score({"a": 1.0, "b": 0.75}, Outcomes(measures=terms)).share == pytest.approx(0.75)
    failed = score({"a": 1.0, "b": 0.55}, Outcomes(measures=terms))
    assert (failed.share, failed.gate_failed) == (0.0, "b")
    nobody = {"a": float("nan"), "b": 1.0}
    shares = {m: score(nobody, Outcomes(measures=terms, missing=m), {"a": 0.75, "b": 1.0}).share
              for m in ("earns nothing", "is left out", "keeps the year before")}  # fmt: skip
    assert shares == pytest.approx({"earns nothing": 0.5, "is left out": 1.0, "keeps the year before": 0.75})
    full = settle(rand_hie, quick)
    lines = {line.name: float(line.flows["holder"][0]) for line in full.settled.lines if line.step == "outcomes"}
    reporting = settle(rand_hie, change(quick, {"outcomes.phases": [0, 100]}))
    paid = {line.name: float(line.flows["holder"][0]) for line in reporting.settled.lines if line.step == "outcomes"}
    assert paid["withhold earned"] == pytest.approx(-lines["withhold kept back"])
    bonus = settle(rand_hie, change(quick, {"outcomes.pays": "bonus"}))
    on_top = {line.name: float(line.flows["holder"][0]) for line in bonus.settled.lines if line.step == "outcomes"}
    assert on_top == pytest.approx({"bonus for outcomes": lines["withhold earned"]})


def test_case_mix_adjustment_takes_out_who_came(rand_hie, quick):
    plain, adjusted = (settle(rand_hie, change(quick, {"outcomes.adjusted": on})) for on in (False, True))
    base = plain.basis.years[-1]
    assert plain.outcome_values(base) != adjusted.outcome_values(base)
    assert adjusted.outcome_values(base)["admissions"] == pytest.approx(
        plain.outcome_values(base)["admissions"], rel=0.2
    )


def test_signing_is_of_the_contract_s_own_money(rand_hie, quick):
    result = settle(rand_hie, quick)
    found = signing(result)
    assert found.at_stake == pytest.approx(result.design.outcomes.withhold * result.price.payment)
    assert sum(m.share for m in found.measures) == pytest.approx(1.0)
    assert sum(m.unchanged for m in found.measures) == pytest.approx(found.unchanged.mean())
    assert (np.diff(found.paid.mean(axis=1)) >= -1e-9).all()
    assert signing(settle(rand_hie, change(quick, {"outcomes.phases": [0]}))).unchanged == pytest.approx(found.at_stake)


def test_verdicts_are_of_what_depends_on_points(rand_hie, quick):
    """What is paid for reporting is nobody's verdict: half of the money for points leaves the verdicts as they are."""
    whole, half = (signing(settle(rand_hie, change(quick, {"outcomes.phases": p}))) for p in ([], [50]))
    assert half.for_points == pytest.approx(whole.for_points / 2)
    assert (half.wrongly_high, half.wrongly_low) == pytest.approx((whole.wrongly_high, whole.wrongly_low))
    reporting = signing(settle(rand_hie, change(quick, {"outcomes.phases": [0]})))
    assert (reporting.wrongly_high, reporting.wrongly_low) == (0.0, 0.0)


def test_a_gate_takes_what_every_measure_would_be_paid():
    """Two measures, the gate of one reached in half of the years: the rows sum to what is paid."""
    terms = Outcomes(
        measures={"a": PaidMeasure(floor=0.5, target=0.8), "b": PaidMeasure(floor=0.5, target=0.8, gate=0.65)}
    )
    both = Predicted(("a", "b"), np.full(2, 0.65), np.eye(2) * 1e-4, np.full(2, 0.65), np.eye(2) * 2e-4)
    found = of_terms(both, terms, 1_000.0, {})
    assert sum(of.unchanged for of in found.measures) == pytest.approx(found.unchanged.mean())
    assert found.unchanged.mean() == pytest.approx(1_000 * 0.5 * 0.5, rel=0.05)  # half of the points, half of the years
    assert found.measures[0].luck == pytest.approx(0.25, abs=0.02)  # a above half way, and the gate reached


def test_success_is_what_is_rewarded_and_can_be():
    up = PaidMeasure(floor=0.6, target=0.7)
    assert wanted_value(0.95, up, 0.1, most=1.0) == 1.0
    assert wanted_value(0.65, up, 0.1, last=0.72) == pytest.approx(0.792)  # the last year is past the target
    better = PaidMeasure(rewards="improvement", improvement=0.03)
    assert wanted_value(0.70, better, 0.1, last=0.70, most=1.0) == pytest.approx(0.73)
    fewer = PaidMeasure(floor=0.2, target=0.1, rewards="improvement", improvement=0.03)
    assert wanted_value(0.20, fewer, 0.1, last=0.20) == pytest.approx(0.17)


def test_what_is_earned_at_today_s_level_is_told_apart_from_luck():
    found = of_terms(one(0.65, 0.01), Outcomes(measures={"m": PaidMeasure(floor=0.5, target=0.7)}), 1.0, {})
    assert (found.measures[0].already, found.measures[0].luck) == pytest.approx((0.75, 1.0))


def test_a_measure_that_can_t_be_drawn_keeps_its_weight_where_it_earns_nothing():
    measures = {"m": PaidMeasure(floor=0.5, target=0.7), "unknown": PaidMeasure(floor=0.5, target=0.7)}
    paid = {missing: of_terms(one(0.7, 1e-9), Outcomes(measures=measures, missing=missing), 1.0, {}).unchanged.mean()
            for missing in ("earns nothing", "is left out")}  # fmt: skip
    assert paid == pytest.approx({"earns nothing": 0.5, "is left out": 1.0})
