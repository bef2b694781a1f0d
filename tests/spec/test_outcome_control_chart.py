"""Control charts, Making Data Count rules and icons: the vectors of the measures reference, section 4."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.outcomes.control_chart import Rebase, laney_limits, laney_sigma, p_chart, p_limits, xmr, xmr_limits
from capitation.outcomes.control_words import assurance, reached, variation, verdict

SERIES = [62, 65, 61, 66, 63, 64, 67, 62, 65, 63, 64, 66, 68, 69, 68, 70, 69, 71, 70, 72]
X, N = [130, 142, 128, 151, 137, 160, 158, 149, 165, 120], [200, 210, 205, 220, 215, 230, 225, 220, 240, 210]
STEADY = [10, 12, 11, 9, 10, 12, 9, 11, 10, 11, 9, 10]  # mean 10.33, mean range 1.727, limits 5.74 to 14.93


def at(signs):
    """Points marked, counted from 1, below the mean as negative."""
    return [int(s) * (n + 1) for n, s in enumerate(signs) if s]


def test_limits_of_the_baseline():
    found = xmr(SERIES).limits
    assert found.mean[0] == 64
    assert found.mean_range == pytest.approx(2.9091, abs=5e-5)
    assert (found.low[-1], found.high[-1]) == pytest.approx((56.2618, 71.7382), abs=5e-5)
    assert (found.warnings[0][-1], found.warnings[1][-1]) == pytest.approx((58.8412, 69.1588), abs=5e-5)
    assert found.largest_range == pytest.approx(3.267 * 32 / 11)
    assert found.sigma == pytest.approx(32 / 11 / 1.128)


def test_the_last_point_is_outside_and_points_12_to_20_are_a_run():
    chart = xmr(SERIES)
    assert at(chart.outside) == [20]
    assert at(chart.run) == list(range(12, 21))
    assert at(chart.close) == [16, 18, 19]  # beyond 69.1588 and not beyond the limit
    assert at(chart.trend) == []


def test_limits_of_all_points_hide_the_change():
    found = xmr_limits(SERIES)
    assert tuple(map(float, found[:3])) == pytest.approx((66.25, 60.0900, 72.4100), abs=5e-5)
    assert found.high > SERIES[-1]


@pytest.mark.parametrize(("target", "icon"), [
    (55, "consistently passes"), (60, "hit and miss"), (70, "hit and miss"), (75, "consistently fails"),
])  # fmt: skip
def test_assurance_by_the_latest_limits(target, icon):
    other = {"consistently passes": "consistently fails", "consistently fails": "consistently passes"}
    assert assurance(xmr(SERIES), target, higher_is_better=True) == icon
    assert assurance(xmr(SERIES), target, higher_is_better=False) == other.get(icon, icon)


def test_a_target_on_the_limit_is_hit_and_miss():
    chart = xmr(SERIES)
    assert assurance(chart, float(chart.limits.high[-1]), True) == "hit and miss"
    assert reached(chart, 68, True) == 8
    assert reached(chart, 61, False) == 1


def test_variation_by_the_latest_point():
    chart = xmr(SERIES)
    assert [variation(chart, wanted) for wanted in (True, False, None)] == ["improvement", "concern", "change"]
    assert variation(xmr(SERIES[:12]), True) == "common cause"
    assert variation(xmr(SERIES[:11]), True) == "too few points"


def test_shares_by_p_chart_and_laney():
    found, laney = p_limits(X, N), laney_limits(X, N)
    assert found.mean[0] == pytest.approx(0.662069, abs=5e-7)
    assert (found.low[0], found.high[0]) == pytest.approx((0.561729, 0.762408), abs=6e-7)
    assert (found.low[9], found.high[9]) == pytest.approx((0.564148, 0.759990), abs=5e-7)
    assert found.low[9] < X[9] / N[9] < found.high[9]
    assert laney_sigma(X, N) == pytest.approx(1.241929, abs=5e-7)
    assert (laney.low[0], laney.high[0]) == pytest.approx((0.537454, 0.786684), abs=6e-7)


def test_seven_rising_points_are_a_trend_and_a_tie_breaks_it():
    rising = [9.0, 9.2, 9.4, 9.6, 9.8, 10.1, 10.4]
    assert at(xmr([*STEADY, *rising]).trend) == list(range(13, 20))
    assert at(xmr([*STEADY, *rising[::-1]]).trend) == [-n for n in range(13, 20)]
    assert at(xmr([*STEADY, *rising[:6]]).trend) == []
    assert at(xmr([*STEADY, *rising[:4], 9.6, *rising[4:6]]).trend) == []


def test_seven_on_one_side_are_a_run_and_a_point_on_the_mean_breaks_it():
    above = [11, 12, 11, 12, 11, 12, 11]
    assert at(xmr([*STEADY, *above]).run) == list(range(13, 20))
    assert at(xmr([*STEADY, *above[:3], np.mean(STEADY), *above[3:]]).run) == []


def test_two_of_three_in_the_outer_third_count_if_all_three_lie_on_one_side():
    assert at(xmr([*STEADY, 14, 11, 14]).close) == [13, 15]
    assert at(xmr([*STEADY, 14, 9, 14]).close) == []
    assert at(xmr([*STEADY, 6, 9, 6]).close) == [-13, -15]
    assert at(xmr([*STEADY, 15, 11, 14]).close) == []  # the first is beyond the limit, and so not close
    assert at(xmr([*STEADY, 15, 11, 14]).outside) == [13]


def test_large_ranges_are_dropped_once_if_asked_for():
    values = [10, 11] * 6 + [30] + [10, 11] * 3
    plain, dropped = xmr_limits(values), xmr_limits(values, drop_large_ranges=True)
    assert dropped.mean_range == 1
    assert plain.mean_range > 2
    assert dropped.mean == plain.mean


def test_limits_are_set_anew_only_by_a_named_decision():
    later = [80 + v - 64 for v in SERIES[:12]]
    plain = xmr([*SERIES, *later])
    assert len(set(plain.limits.mean)) == 1
    chart = xmr([*SERIES, *later], rebased=[Rebase(20, "Programme board, May: new pathway from point 21")])
    assert (chart.limits.mean[19], chart.limits.mean[20]) == (64, 80)
    assert not chart.flagged[20:].any()  # no run goes across
    assert chart.rebased[0].decision.startswith("Programme board")


@pytest.mark.parametrize(
    "rebased", [[Rebase(20, " ")], [Rebase(11, "early")], [Rebase(25, "late")], [Rebase(20, "a"), Rebase(21, "b")]]
)
def test_a_rebasing_without_a_decision_or_points_is_refused(rebased):
    with pytest.raises(InputError):
        xmr([*SERIES, *SERIES[:12]], rebased=rebased)


@pytest.mark.parametrize("call", [
    lambda: xmr([]), lambda: xmr([1, float("nan")]), lambda: xmr(SERIES, baseline=11), lambda: xmr(SERIES, baseline=21),
    lambda: xmr_limits([1]), lambda: p_limits([1], [0]), lambda: p_limits([2], [1]), lambda: p_limits([1], [1, 2]),
])  # fmt: skip
def test_what_cannot_be_is_said(call):
    with pytest.raises(InputError):
        call()


def test_a_constant_series_has_no_change():
    assert not xmr([0.1] * 30).flagged.any()
    assert not p_chart([10] * 20, [10] * 20, laney=True).flagged.any()


def per_cent(value):
    return f"{value:.0f} %"


def test_what_a_board_reads():
    calm = [*SERIES[:12], 64, 63, 66, 62, 65, 63]
    assert verdict(xmr(calm), 62, True, per_cent) == (
        "No change beyond chance in 18 months; the target of 62 % is inside what the process does by itself "
        "(reached in 17 of 18 months)"
    )
    assert verdict(xmr(SERIES), 75, True, per_cent) == (
        "Better than chance explains: the latest month lies above the upper limit; the target of 75 % is out of reach "
        "unless the process changes (reached in 0 of 20 months)"
    )
    assert verdict(xmr(SERIES[:-1]), higher_is_better=False) == (
        "Worse than chance explains: seven months or more in a row lie above the mean"
    )
    assert verdict(xmr([*SERIES, 64]), period="week") == (
        "No change beyond chance in the latest week, though 9 of 21 weeks show one"
    )
    assert verdict(xmr([*STEADY, 6, 9, 6])) == "A change beyond chance: two of three months lie near the lower limit"
    assert verdict(xmr([*STEADY, 13, 12, 11, 10.5, 10, 9, 8])) == "A change beyond chance: seven months in a row fall"
    assert verdict(xmr(SERIES[:8]), 60, True) == "Too few points: 8 months, and limits need 12"
