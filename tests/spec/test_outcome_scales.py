"""Scoring functions F1 to F7 and pay: the vectors of the measures reference, section 3."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.outcomes import scales
from capitation.outcomes.scales import attainment_or_improvement, pay, without_missing

EDGES, STEP_POINTS = [30, 40, 50, 60, 70, 80, 90], [1.10, 1.25, 1.40, 1.55, 1.70, 1.85, 2.00]
DOMAINS = [((95, 72, 55, 88, 31, 64, 91), 11.60, 14), ((45, 62, 28, 83), 4.65, 8), ((90, 90, 71, 66, 52), 8.65, 10),
           ((35, 58, 77), 4.20, 6)]  # fmt: skip


def test_f1_linear_between_floor_and_target():
    found = 17 * scales.linear([0.30, 0.35, 0.55, 0.62, 0.75, 0.80], 0.35, 0.75)
    assert found == pytest.approx([0, 0, 8.5, 11.475, 17, 17])
    assert 37 * scales.linear([0.60, 0.75], 0.46, 0.90) == pytest.approx([11.7727, 24.3864], abs=5e-5)


def test_two_denominators_give_two_scores():
    """1,900 of 3,000 registered with 150 excluded: 66.67 % and 63.33 %, 13.4583 and 12.0417 points (section 1)."""
    assert 17 * scales.linear([1_900 / 2_850, 1_900 / 3_000], 0.35, 0.75) == pytest.approx([13.4583, 12.0417], abs=5e-5)


def test_f1_with_a_stretch_beyond_the_target():
    found = scales.linear([0.35, 0.55, 0.75, 0.80, 0.85], 0.35, 0.75, stretch=0.85, at_target=0.8)
    assert found == pytest.approx([0, 0.4, 0.8, 0.9, 1])
    assert scales.linear([30, 20, 10, 5], 30, 20, stretch=10, at_target=0.5) == pytest.approx([0, 0.5, 1, 1])


def test_f2_steps_by_centile():
    assert list(scales.steps([95, 90, 89, 30, 29], EDGES, STEP_POINTS)) == [2, 2, 1.85, 1.10, 0]
    shares = []
    for centiles, points, possible in DOMAINS:
        assert scales.steps(centiles, EDGES, STEP_POINTS).sum() == pytest.approx(points)
        shares.append(points / possible)
    assert scales.weighted(shares, [1, 1, 1, 1]) == pytest.approx(0.743705, abs=6e-7)


def test_steps_may_fall():
    assert list(scales.steps([5, 10, 11, 20, 21], [20, 10], [1, 2])) == [2, 2, 1, 1, 0]


@pytest.mark.parametrize(("value", "attainment", "improvement", "score"), [
    (0.62, 0, 1, 1), (0.65, 1, 2, 2), (0.70, 4, 5, 5), (0.78, 8, 9, 9), (0.80, 10, 9, 10),
])  # fmt: skip
def test_f3_attainment_or_improvement_rounds_halves_up_in_decimals(value, attainment, improvement, score):
    found = attainment_or_improvement(value, 0.65, 0.80, 0.60)
    assert (*found, found.score) == (attainment, improvement, score)
    turned = attainment_or_improvement(round(1 - value, 2), 0.35, 0.20, 0.40)  # where lower is better
    assert turned == found


def test_f3_a_base_beyond_the_benchmark_leaves_nothing_to_improve():
    assert tuple(attainment_or_improvement(0.79, 0.65, 0.80, 0.85)) == (9, 0)
    assert tuple(attainment_or_improvement(0.50, 0.65, 0.80, 0.60)) == (0, 0)


def test_f4_gap_to_goal_with_a_dead_band():
    assert list(scales.gap_to_goal([0.40, 0.50, 0.75, 1.00])) == [0, 0, 0.5, 1]
    assert scales.gap_closed([0.60, 0.65, 0.70, 0.58], 0.60, 0.70) == pytest.approx([0, 0.5, 1, -0.2])
    assert list(scales.gap_to_goal([0.9, 1.0], dead_band=1.0)) == [0, 1]


def test_f5_a_missing_domain_leaves_its_weight_to_the_others():
    scores, weights = without_missing([1, 1, 1, np.nan], [10, 25, 40, 25], "rescale")
    assert weights == pytest.approx([13.3, 33.3, 53.3, 0], abs=0.05)
    assert list(scores) == [1, 1, 1, 0]


def test_what_is_missing_may_be_zero_or_carried_forward():
    scores, weights = without_missing([0.5, np.nan], [1, 1], "zero")
    assert (list(scores), list(weights)) == ([0.5, 0], [1, 1])
    scores, weights = without_missing([0.5, np.nan, np.nan], [1, 1, 2], "carry", last=[0.1, 0.9, np.nan])
    assert (list(scores), list(weights)) == ([0.5, 0.9, 0], [2, 2, 0])
    assert list(without_missing([np.nan], [1], "rescale")[1]) == [0]


def test_f6_score_by_rank():
    assert scales.rank_score([1, 34, 68, 134], 134) == pytest.approx([1, 1.7444, 2.5113, 4], abs=5e-5)


def test_f7_a_failed_gate_takes_all_and_both_scores_are_kept():
    assert tuple(scales.gated(0.8, [True, False])) == (0.8, 0)
    assert tuple(scales.gated(0.8, [])) == (0.8, 0.8)


def test_a_cliff_is_reached_on_its_edge():
    assert list(scales.cliff([0.69, 0.70, 0.71], 0.70)) == [0, 1, 1]
    assert list(scales.cliff([0.69, 0.70, 0.71], 0.70, higher_is_better=False)) == [1, 1, 0]


def test_missing_stays_missing_until_it_is_declared_what_stands_for_it():
    nan = [np.nan]
    for found in (scales.linear(nan, 0, 1), scales.steps(nan, [1], [1]), scales.cliff(nan, 1), scales.gap_to_goal(nan)):
        assert np.isnan(found).all()


def test_a_pool_is_paid_to_the_penny_by_largest_remainder():
    third = dict.fromkeys("abc", 1 / 3)
    assert pay(1_000, third, dict.fromkeys("abc", 1.0)) == ({"a": 334, "b": 333, "c": 333}, 0)
    earned, left = pay(100, {"a": 0.5, "b": 0.5}, {"a": 0.33, "b": 0.335})  # 16.5 and 16.75: 33.25
    assert (earned, left) == ({"a": 16, "b": 17}, 67)
    assert pay(5, {"a": 0.1}, {"a": 1.0}) == ({"a": 1}, 4)  # half a penny is rounded up


def test_the_illustration_pays_its_points():
    """63.33 % and 66.00 % on 35 to 75 % and 17 points: 12.0417 and 13.1750 (section 5)."""
    assert 17 * scales.linear([1_900 / 3_000, 0.66], 0.35, 0.75) == pytest.approx([12.0417, 13.1750], abs=5e-5)


@pytest.mark.parametrize("call", [
    lambda: scales.linear(1, 0.5, 0.5), lambda: scales.linear(1, 0, 1, stretch=0.9), lambda: scales.linear(1, 0, 1, 2, 1.5),
    lambda: scales.linear(np.inf, 0, 1), lambda: scales.steps([1], [1, 1], [1, 2]), lambda: scales.steps([1], [1, 2], [1]),
    lambda: attainment_or_improvement(0.5, 0.6, 0.6, 0.1), lambda: attainment_or_improvement(float("nan"), 0.6, 0.7, 0.1),
    lambda: scales.gap_closed(1, 1, 1), lambda: scales.rank_score(1, 1), lambda: scales.rank_score(5, 4),
    lambda: without_missing([1], [1, 2], "zero"), lambda: without_missing([1], [1], "guess"),
    lambda: without_missing([np.nan], [1], "carry"), lambda: scales.weighted([1, np.nan], [1, 1]),
    lambda: pay(-1, {}, {}), lambda: pay(1, {"a": 1.1}, {"a": 1}), lambda: pay(1, {"a": 1.0}, {}),
    lambda: pay(1, {"a": 1.0}, {"a": 1.2}), lambda: pay(1, {"a": 1.0}, {"a": np.nan}), lambda: pay(1, {"a": -0.1}, {"a": 1}),
])  # fmt: skip
def test_what_cannot_be_is_said(call):
    with pytest.raises(InputError):
        call()
