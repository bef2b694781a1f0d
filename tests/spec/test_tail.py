"""Cases dearer than any seen: a generalised Pareto law beyond the largest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from capitation.loss.cost_sums import sums_of
from capitation.loss.scenarios import scenarios_of
from capitation.loss.tail import (
    FITS,
    HEAVIEST,
    TailFit,
    chosen,
    fitted,
    mean_excess_over,
    spliced,
    tail_fits,
    with_tail,
)

SHAPES = [-0.2, 0.0, 0.25, 0.5]


def pareto(n: int, shape: float, seed: int = 0, threshold: float = 100_000.0, scale: float = 60_000.0):
    return threshold + scale * stats.genpareto.rvs(shape, size=n, random_state=np.random.default_rng(seed))


def cohort(seed: int = 0, shape: float = 0.3, people: int = 60_000):
    """Costs below 100,000, and one person in 500 above, whose excess is generalised Pareto."""
    rng = np.random.default_rng([seed, 1])
    dear = people // 500
    return np.append(np.minimum(rng.lognormal(7, 1.4, people - dear), 99_000.0), pareto(dear, shape, seed))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_fit_finds_the_law_it_was_drawn_from(shape):
    fits = [fitted(pareto(400, shape, seed), 100_000.0) for seed in range(60)]
    assert np.mean([f.shape for f in fits]) == pytest.approx(shape, abs=0.03)
    assert np.mean([f.scale for f in fits]) == pytest.approx(60_000, rel=0.04)
    assert np.mean([f.p_value < 0.1 for f in fits]) == pytest.approx(0.1, abs=0.1)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4, 0.8])
def test_chances_amounts_and_mean_excess_agree_with_scipy(shape):
    fit, law = TailFit(1_000.0, 50, shape, 500.0, 1.0, False), stats.genpareto(shape, loc=1_000.0, scale=500.0)
    for amount in (1_000.0, 1_200.0, 2_000.0):
        assert fit.exceeds(amount) == pytest.approx(law.sf(amount), rel=1e-12)
        by_hand = integrate.quad(law.isf, 0, law.sf(amount), limit=400)[0] / law.sf(amount) - amount
        assert fit.mean_excess(amount) == pytest.approx(by_hand, rel=1e-3)
    assert fit.amount(0.01) == pytest.approx(law.isf(0.01), rel=1e-12)


def test_a_tail_of_infinite_mean_is_held_and_says_so():
    above = pareto(200, 1.6, seed=3)
    fit = fitted(above, 100_000.0)
    assert fit.limited
    assert fit.shape == HEAVIEST
    assert np.isfinite(fit.mean_excess(1e9))
    result = spliced(sums_of(np.append(np.full(10_000, 500.0), above), dearest=128))
    assert np.isfinite([result.mean_after, *result.sums.top]).all()


def test_people_above_the_threshold_stay_as_many_and_those_below_as_they_were():
    result = spliced(sums_of(cohort(), dearest=128))
    before = sums_of(cohort(), dearest=128)
    assert result.fit is not None
    u = result.fit.threshold
    for sums in (before, result.sums):
        assert sums.top_people[sums.top > u].sum() == pytest.approx(result.fit.people, rel=1e-12)
        assert sums.all_people.sum() == pytest.approx(60_000, rel=1e-12)
    np.testing.assert_array_equal(result.sums.top[: (before.top <= u).sum()], before.top[before.top <= u])
    np.testing.assert_array_equal(result.sums.cost, before.cost)


def test_amounts_beyond_the_largest_have_the_mean_and_the_chances_of_the_fitted_law():
    before = sums_of(cohort(), dearest=128)
    result = spliced(before)
    fit, top, people = result.fit, result.sums.top, result.sums.top_people
    beyond = top > before.largest
    assert beyond.sum() == 12
    assert people[beyond].sum() == pytest.approx(result.beyond, rel=1e-12)
    assert result.beyond == pytest.approx(fit.people * fit.exceeds(before.largest), rel=1e-12)
    assert mean_excess_over(result.sums, before.largest) == pytest.approx(fit.mean_excess(before.largest), rel=1e-9)
    assert mean_excess_over(before, before.largest) == 0


@pytest.mark.parametrize("shape", [-0.2, 0.3, 0.7, 1.8])
def test_the_expected_cost_of_a_person_stays_and_more_of_it_lies_far_out(shape):
    costs = cohort(1, shape)
    before = sums_of(costs, dearest=128)
    result = spliced(before)
    assert (result.mean_before, result.mean_after) == pytest.approx([costs.mean()] * 2, rel=1e-9)
    assert mean_excess_over(before, before.largest) == 0
    assert mean_excess_over(result.sums, before.largest) > 0


def test_with_the_tail_expected_cost_far_out_is_nearer_the_truth_in_most_cohorts_than_without():
    far = 1_000_000.0
    truth = far_excess(far, 0.3) / 500
    found = []
    for seed in range(60):
        before = sums_of(cohort(seed), dearest=128)
        found.append(
            [sums.top_people @ np.maximum(sums.top - far, 0) / 60_000 for sums in (spliced(before).sums, before)]
        )
    with_, without = np.array(found).T
    assert (np.abs(with_ - truth) < np.abs(without - truth)).mean() > 0.55
    assert np.mean((with_ - truth) ** 2) < 1.3 * np.mean((without - truth) ** 2)  # its square, about as large
    assert (without == 0).mean() > 0.5  # nothing lies there in many a cohort: a stop-loss for free
    assert (with_ == 0).mean() < 0.1  # a fit whose law ends
    assert np.median(with_) == pytest.approx(truth, rel=0.5)


def far_excess(amount: float, shape: float) -> float:
    """Expected excess over ``amount`` of a person above 100,000."""
    fit = TailFit(100_000.0, 1, shape, 60_000.0, 1.0, False)
    return fit.exceeds(amount) * fit.mean_excess(amount)


def test_the_threshold_is_the_lowest_that_fits_and_all_that_were_tried_are_told():
    costs = np.sort(np.append(pareto(60, 0.2, 1, 300_000.0, 90_000.0), np.linspace(299_000, 299_900, 60)))
    fits = tail_fits(costs)  # a law above 300,000, and beneath it people crowded together
    fit = chosen(fits)
    assert [f.people for f in fits] == sorted(f.people for f in fits)
    assert fit in fits
    assert fit.threshold > 299_000
    assert fit.people <= 75
    assert fits[-1].p_value < FITS


def test_it_is_on_by_default_and_can_be_left():
    sums = sums_of(cohort(), dearest=128)
    assert spliced(sums).fit is not None
    left = spliced(sums, on=False)
    assert left.sums is sums
    assert (left.fit, left.beyond) == (None, 0.0)


@given(st.lists(st.one_of(st.just(7_000.0), st.floats(0, 1e6)), min_size=1, max_size=60), st.integers(1, 60))
def test_any_cohort_keeps_its_people_and_has_no_case_below_nothing(cost, dearest):
    sums = sums_of(cost, thresholds=8, dearest=dearest)
    result = spliced(sums)
    assert result.sums.all_people.sum() == pytest.approx(len(cost), rel=1e-9)
    assert np.isfinite(result.sums.top).all()
    assert result.sums.all_people.min() >= 0
    assert result.beyond >= 0
    if result.fit is None:
        assert result.sums is sums


def test_a_tail_that_ends_below_the_largest_case_puts_nobody_beyond_it():
    sums = sums_of(cohort(), dearest=64)
    short = TailFit(float(sums.top[0]), 63, -0.9, 0.8 * float(sums.largest - sums.top[0]), 1.0, False)
    changed, beyond = with_tail(sums, short)
    assert beyond == 0
    assert changed.largest < sums.largest
    assert changed.all_people.sum() == pytest.approx(60_000)


def test_scenarios_can_be_drawn_with_the_tail():
    result = spliced(sums_of(cohort(), dearest=128))
    one = scenarios_of(result.sums, 60_000, seed=1)
    assert one.total.mean() == pytest.approx(60_000 * result.mean_after, rel=1e-4)
    far = result.seen * 1.01
    expected = result.sums.top_people @ np.maximum(result.sums.top - far, 0)
    assert one.above(far).mean() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("above", [[5.0], [5.0, 3.0], []])
def test_nobody_below_the_threshold_is_fitted(above):
    with pytest.raises(ValueError, match="at least two people"):
        fitted(np.array(above), 3.0)
