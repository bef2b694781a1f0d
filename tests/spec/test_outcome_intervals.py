"""Intervals, standardisation and gaps: the vectors of the measures reference, sections 1 (SII) and 4."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.outcomes import intervals, standardised
from capitation.outcomes.intervals import bootstrap_ratio, interval_for, wilson

DEATHS, PEOPLE, STANDARD = [12, 30, 58, 40], [5_000, 4_000, 2_500, 800], [40_000, 30_000, 20_000, 10_000]
REFERENCE = [0.002, 0.006, 0.02, 0.055]
QUINTILES = [1_400, 1_150, 980, 860, 760]


def limits(interval):
    return float(interval.low), float(interval.high)


def test_z_is_that_of_the_reference():
    assert intervals.two_sided(0.95) == pytest.approx(1.959964, abs=5e-7)
    assert intervals.two_sided(0.998) == pytest.approx(3.090232, abs=5e-7)


@pytest.mark.parametrize(("part", "whole", "level", "low", "high"), [
    (65, 100, 0.95, 0.552544, 0.736358), (65, 100, 0.998, 0.495495, 0.778354), (9, 10, 0.95, 0.595850, 0.982124),
    (0, 20, 0.95, 0, 0.161125), (20, 20, 0.95, 0.838875, 1), (1_900, 3_000, 0.95, 0.615929, 0.650397),
])  # fmt: skip
def test_wilson(part, whole, level, low, high):
    found = wilson(part, whole, level)
    assert limits(found) == pytest.approx((low, high), abs=5e-7)
    assert float(found.value) == part / whole


@pytest.mark.parametrize(("count", "byar", "exact"), [
    (0, (0, 3.6680), (0, 3.6889)), (1, (0.0131, 5.5638), (0.0253, 5.5716)), (5, (1.6113, 11.6682), (1.6235, 11.6683)),
    (10, (4.7874, 18.3915), (4.7954, 18.3904)), (100, (81.3621, 121.6279), (81.3640, 121.6268)),
])  # fmt: skip
def test_a_count_by_byar_and_exactly(count, byar, exact):
    assert limits(intervals.byar(count)) == pytest.approx(byar, abs=5.1e-5)
    assert limits(intervals.exact_poisson(count)) == pytest.approx(exact, abs=5.1e-5)
    assert limits(intervals.poisson_count(count)) == pytest.approx(exact if count < 10 else byar, abs=5.1e-5)


def test_a_rate_and_a_ratio():
    rate = intervals.rate(120, 9_500, per=1_000)
    assert tuple(map(float, rate)) == pytest.approx((12.6316, 10.4727, 15.1044), abs=5e-5)
    ratio = intervals.ratio(60, 48, per=100)
    assert tuple(map(float, ratio)) == pytest.approx((125, 95.3828, 160.9025), abs=5e-5)


def test_direct_standardisation():
    found = standardised.direct(DEATHS, PEOPLE, STANDARD, per=100_000)
    assert tuple(map(float, found)) == pytest.approx((1_285.0000, 1_075.6314, 1_522.3918), abs=5e-5)
    assert 100_000 * sum(DEATHS) / sum(PEOPLE) == pytest.approx(1_138.2114, abs=5e-5)


def test_a_standardised_rate_of_two_events_has_no_limit_below_nothing():
    """Without the cut Dobson's lower limit is -0.00025: the standard has four times as many of one cell's people."""
    assert float(standardised.direct([1, 1], [100, 100], [1, 4]).low) == 0


def test_indirect_standardisation():
    assert standardised.expected(PEOPLE, REFERENCE) == pytest.approx(128)
    found = standardised.indirect(DEATHS, PEOPLE, REFERENCE)
    assert tuple(map(float, found)) == pytest.approx((1.093750, 0.920070, 1.290676), abs=5e-7)


def test_many_areas_are_standardised_at_once():
    found = standardised.indirect([DEATHS, DEATHS], [PEOPLE, PEOPLE], REFERENCE)
    assert found.value == pytest.approx([1.09375, 1.09375])


def test_the_slope_index_of_inequality():
    found = standardised.slope_index(QUINTILES)
    assert (found.slope, found.intercept) == pytest.approx((-785.0, 1_422.5))
    assert found.end_ratio == pytest.approx(2.2314, abs=5e-5)
    assert found.relative == pytest.approx(-0.7621, abs=5e-5)
    gap = standardised.simple_gap(QUINTILES)
    assert gap.difference == 640
    assert gap.ratio == pytest.approx(1.8421, abs=5e-5)


def test_the_slope_has_the_limits_of_a_sum_of_independent_rates():
    """Weights of the ranks 0.1 to 0.9: (-1, -0.5, 0, 0.5, 1), so that an error of 10 each gives 10·√2.5."""
    found = standardised.slope_interval(QUINTILES, 10.0)
    assert float(found.value) == pytest.approx(-785)
    assert float(found.high - found.low) == pytest.approx(2 * 1.959964 * 10 * np.sqrt(2.5), rel=1e-6)


def test_a_line_that_ends_below_nothing_has_no_end_ratio():
    assert np.isnan(standardised.slope_index([10, 1, 0.1]).end_ratio)


def test_the_bootstrap_of_a_mean_comes_near_to_the_known_error():
    values = np.arange(400.0)
    found = bootstrap_ratio(values, np.ones(400), seed=1)
    error = values.std() / np.sqrt(400)
    assert float(found.high - found.low) == pytest.approx(2 * 1.96 * error, rel=0.08)
    assert limits(found) == limits(bootstrap_ratio(values, np.ones(400), seed=1))
    assert limits(found) != limits(bootstrap_ratio(values, np.ones(400), seed=2))


def test_rows_of_one_person_are_drawn_together():
    values, ones = np.tile([0.0, 1.0], 100), np.ones(200)
    person = np.repeat(np.arange(100), 2)  # each has one of either: no spread between people
    assert limits(bootstrap_ratio(values, ones, unit=person, seed=1)) == (0.5, 0.5)
    alone = bootstrap_ratio(values, ones, seed=1)
    assert alone.high - alone.low > 0.1


def test_what_differs_between_strata_only_is_no_chance():
    values = np.repeat([0.0, 1.0], 50)
    assert limits(bootstrap_ratio(values, np.ones(100), stratum=np.repeat(["North", "South"], 50), seed=1)) == (
        0.5,
        0.5,
    )


def test_a_measure_gets_the_interval_of_its_kind():
    ones = np.ones(100)
    assert limits(interval_for("share", 65, 100)) == limits(wilson(65, 100))
    assert limits(interval_for("share", np.repeat([1.0, 0.0], [65, 35]), ones)) == limits(wilson(65, 100))
    assert limits(interval_for("rate", [3, 4], [50.0, 50.0], per=1_000)) == limits(intervals.rate(7, 100, 1_000))
    mean = interval_for("mean", np.arange(100.0), ones, seed=4)
    assert limits(mean) == limits(bootstrap_ratio(np.arange(100.0), ones, seed=4))


def test_nobody_counted_is_nothing_known():
    assert np.isnan([float(v) for v in (*wilson(0, 0), *intervals.rate(0, 0))]).all()
    assert np.isnan(float(bootstrap_ratio([1.0], [1.0], seed=1).low))
    assert np.isnan(float(standardised.direct([0, 0], [1, 1], [1, 1]).high))


@pytest.mark.parametrize("call", [
    lambda: wilson(11, 10), lambda: wilson(-1, 10), lambda: wilson(1, 10, level=1.0), lambda: wilson("many", 10),
    lambda: wilson([1, 2], [1, 2, 3]), lambda: intervals.byar(-1), lambda: intervals.rate(1, -5),
    lambda: bootstrap_ratio([], [], seed=1), lambda: bootstrap_ratio([1], [1, 2], seed=1),
    lambda: bootstrap_ratio([1, 2], [1, 2], seed=1, draws=1), lambda: interval_for("odds", 1, 2),
    lambda: standardised.direct([1], [0], [1]), lambda: standardised.direct([1], [1], [0]),
    lambda: standardised.expected([1, 2], [1]), lambda: standardised.slope_index([1]),
    lambda: standardised.slope_index([1, 2], [1]), lambda: standardised.slope_index([1, float("nan")]),
])  # fmt: skip
def test_what_cannot_be_is_said_in_one_line(call):
    with pytest.raises(InputError) as said:
        call()
    assert "\n" not in str(said.value)
