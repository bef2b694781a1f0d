"""Laws of the statistics of outcome measures."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from capitation.outcomes import funnel, intervals, luck, power, reliability, scales, standardised
from capitation.outcomes.control_chart import laney_limits, p_chart, p_limits, xmr
from capitation.outcomes.control_words import assurance, variation, verdict
from capitation.outcomes.learning_loop import STATES, arrows_shown, faults, legal, loop, moves
from capitation.outcomes.two_years import Paired, independent, paired

shares = st.floats(0.02, 0.98)
levels = st.floats(0.5, 0.999)
sizes = st.integers(1, 50_000)
counts = st.integers(0, 5_000)
whole = st.integers(-1_000, 1_000)


@st.composite
def parts(draw, most=5_000):
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


places = st.lists(parts(500), min_size=2, max_size=12).map(
    lambda rows: tuple(np.array(c) for c in zip(*rows, strict=True))
)
series = st.lists(whole, min_size=24, max_size=36).map(lambda v: np.array(v, dtype=float))


@given(parts(), levels)
def test_limits_of_a_share_hold_it_and_stay_within_0_and_1(part, level):
    value, low, high = intervals.wilson(*part, level)
    assert 0 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1


@given(parts(), levels)
def test_limits_of_a_share_turned_round_are_turned_round(part, level):
    x, n = part
    one, other = intervals.wilson(x, n, level), intervals.wilson(n - x, n, level)
    turned = 1 - float(other.high), 1 - float(other.low)
    assert turned == pytest.approx((float(one.low), float(one.high)), abs=1e-12)


@given(parts(1_000), st.integers(2, 50), levels)
def test_limits_of_a_share_narrow_with_people(part, times, level):
    (x, n), width = part, lambda i: i.high - i.low
    assert width(intervals.wilson(times * x, times * n, level)) < width(intervals.wilson(x, n, level))


@given(counts, levels)
def test_limits_of_a_count_hold_it_and_rise_with_it(count, level):
    for rule in (intervals.byar, intervals.exact_poisson):
        (value, low, high), (_, next_low, next_high) = rule(count, level), rule(count + 1, level)
        assert 0 <= low <= value <= high
        assert low <= next_low and high < next_high


@given(st.integers(10, 5_000))
def test_byar_is_near_the_exact_limits_from_ten_events(count):
    near, exact = intervals.byar(count), intervals.exact_poisson(count)
    assert (float(near.low), float(near.high)) == pytest.approx((float(exact.low), float(exact.high)), rel=0.002)


@given(counts, st.floats(1, 1e6), st.floats(0.1, 1e5))
def test_a_rate_is_the_same_in_any_unit(count, exposure, per):
    one, other = intervals.rate(count, exposure, per), intervals.rate(count, exposure / per)
    assert tuple(map(float, one)) == pytest.approx(tuple(map(float, other)), rel=1e-9)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=30), st.integers(0, 5), st.floats(0.1, 10))
def test_a_bootstrap_lies_within_the_units_and_scales(values, seed, factor):
    x, ones = np.array(values), np.ones(len(values))
    found = intervals.bootstrap_ratio(x, ones, seed=seed, draws=50)
    assert x.min() - 1e-9 <= found.low <= found.high <= x.max() + 1e-9
    scaled = intervals.bootstrap_ratio(factor * x, ones, seed=seed, draws=50)
    assert tuple(map(float, scaled)) == pytest.approx([factor * float(v) for v in found], abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(100, 5_000)), min_size=1, max_size=8), st.data())
def test_standardised_to_its_own_people_a_rate_is_the_crude_one(cells, data):
    x, n = (np.array(c) for c in zip(*cells, strict=True))
    assert float(standardised.direct(x, n, n).value) == pytest.approx(x.sum() / n.sum())
    assert float(standardised.indirect(x, n, x / n).value) == pytest.approx(1)
    standard = np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(n), max_size=len(n))))
    value, low, high = standardised.direct(x, n, standard)
    assert (x / n).min() - 1e-12 <= value <= (x / n).max() + 1e-12
    assert 0 <= low <= value <= high


@given(st.lists(st.floats(1, 1_000), min_size=2, max_size=10), st.floats(-100, 100), st.floats(0.1, 10))
def test_the_slope_turns_with_the_order_and_follows_shift_and_scale(rates, shift, factor):
    slope = standardised.slope_index(rates).slope
    assert standardised.slope_index(rates[::-1]).slope == pytest.approx(-slope, abs=1e-6)
    moved = [factor * r + shift for r in rates]
    assert standardised.slope_index(moved).slope == pytest.approx(factor * slope, abs=1e-6)
    assert standardised.slope_index([rates[0]] * 3).slope == pytest.approx(0, abs=1e-9)


@given(shares, sizes, levels)
def test_a_funnel_of_shares_holds_its_target_and_turns_round_within_a_person(target, people, level):
    low, high = funnel.proportion_limits(target, people, level)
    assert 0 <= low <= target <= high <= 1
    other = funnel.proportion_limits(1 - target, people, level)
    assert (1 - float(other.high), 1 - float(other.low)) == pytest.approx((float(low), float(high)), abs=1.01 / people)


@given(st.floats(0.1, 0.9), st.integers(100, 20_000), st.floats(0.9, 0.999))
def test_a_funnel_narrows_with_people(target, people, level):
    rules = (funnel.proportion_limits, lambda *a: funnel.proportion_limits_with_tau2(a[0], a[1], 0.001, a[2]))
    for rule in rules:
        narrow, wide = rule(target, 4 * people, level), rule(target, people, level)
        assert narrow.high - narrow.low < wide.high - wide.low


@given(shares, st.integers(200, 5_000))
def test_the_inner_limits_lie_within_the_outer_ones(target, people):
    inner, outer = (funnel.proportion_limits(target, people, level) for level in (funnel.WARNING, funnel.ALERT))
    assert outer.low <= inner.low <= inner.high <= outer.high


@given(st.floats(1, 1e5), st.floats(0, 0.2), st.floats(0, 9))
def test_room_for_spread_never_narrows_a_funnel(expected, tau2, phi):
    plain = funnel.ratio_limits_with_tau2(expected, 0.0)
    for wide in (funnel.ratio_limits_with_tau2(expected, tau2), funnel.ratio_limits_with_phi(expected, phi)):
        assert wide.low <= plain.low <= plain.high <= wide.high
    more = funnel.ratio_limits(expected), funnel.ratio_limits(4 * expected)
    assert more[1].high - more[1].low < more[0].high - more[0].low


@given(places)
def test_spread_beyond_chance_is_never_negative_and_turns_round(rows):
    x, n = rows
    assume(0 < x.sum() < n.sum())
    found, other = funnel.proportion_spread(x, n), funnel.proportion_spread(n - x, n)
    assert found.tau2 >= 0 and found.phi >= 0
    assert (other.phi, other.tau2, -other.high, -other.low) == pytest.approx(
        tuple(found[:2]) + tuple(found[2:]), abs=1e-6
    )


@given(series, whole, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_what_a_chart_says_does_not_change_with_unit_or_origin(values, shift, factor):
    one, other = xmr(values), xmr(factor * values + shift)
    for rule in ("outside", "run", "trend", "close"):
        assert (getattr(one, rule) == getattr(other, rule)).all(), rule
    assert other.limits.high == pytest.approx(factor * one.limits.high + shift, abs=1e-6)


@given(series, st.integers(-900, 900), st.booleans())
def test_a_chart_turned_upside_down_says_the_same_of_good_and_bad(values, target, higher):
    one, other = xmr(values), xmr(-values)
    assert variation(one, higher) == variation(other, not higher)
    assert assurance(one, target, higher) == assurance(other, -target, not higher)
    assert (one.flagged == other.flagged).all()
    assert verdict(one, target, higher).count(";") == 1


@given(series, st.lists(whole, min_size=1, max_size=12))
def test_later_points_never_move_the_limits_of_the_baseline_nor_unmark_what_was_marked(values, later):
    one, other = xmr(values), xmr(np.append(values, later))
    assert other.limits.low[0] == one.limits.low[0]
    assert (other.flagged[: len(values)] | ~one.flagged).all()


@given(series)
def test_no_point_of_the_baseline_is_marked_as_a_run_shorter_than_seven(values):
    run = xmr(values).run
    lengths = np.diff(np.flatnonzero(np.diff(run, prepend=9, append=9)))
    starts = np.flatnonzero(np.diff(run, prepend=9))
    assert all(length >= 7 for start, length in zip(starts, lengths, strict=True) if run[start])


@given(st.lists(parts(400), min_size=12, max_size=20))
def test_limits_of_shares_stay_within_0_and_1_and_narrow_with_people(rows):
    x, n = (np.array(c) for c in zip(*rows, strict=True))
    for limits in (p_limits(x, n), laney_limits(x, n)):
        assert (
            (limits.low >= 0) & (limits.low <= limits.mean) & (limits.mean <= limits.high) & (limits.high <= 1)
        ).all()
        assert (np.diff(limits.width[np.argsort(n)]) <= 1e-12).all()
    one, other = p_chart(x, n), p_chart(n - x, n)
    assert (one.flagged == other.flagged).all()


@given(sizes, st.floats(0.1, 1e4), st.floats(0.01, 0.99))
def test_reliability_lies_within_0_and_1_and_its_size_is_its_inverse(n, half, target):
    found = float(reliability.reliability(n, half))
    assert 0 < found < 1
    assert reliability.reliability(2 * n, half) > found
    assert reliability.reliability(reliability.size_for(target, half), half) == pytest.approx(target)
    assert reliability.spearman_brown(n, found, target) == pytest.approx(float(reliability.size_for(target, half)))


@given(places)
def test_a_shrunk_share_lies_between_its_own_and_the_mean(rows):
    x, n = rows
    law = reliability.beta_binomial_fit(x, n)
    found, own = reliability.shrunk(x, n, law), x / n
    assert ((found >= np.minimum(own, law.mean) - 1e-12) & (found <= np.maximum(own, law.mean) + 1e-12)).all()
    turned = reliability.beta_binomial_fit(n - x, n)
    assert turned.mean == pytest.approx(1 - law.mean, abs=1e-6)
    if n.sum() > len(n):
        assert reliability.between_variance(x, n) >= 0


@given(shares, shares)
def test_a_size_falls_with_the_difference_and_has_its_power(before, after):
    assume(abs(before - after) > 0.005)
    n = power.size_for_shares(before, after)
    assert n == pytest.approx(float(power.size_for_shares(1 - before, 1 - after)))
    reached = float(power.power_for_shares(before, after, n))
    assert reached >= 0.8 - 1e-9
    assert abs(before - after) > 0.1 or reached < 0.83
    assert power.power_for_shares(before, after, 2 * n) > power.power_for_shares(before, after, n)


@given(shares, st.floats(0.001, 0.999), st.integers(20, 5_000))
def test_luck_is_a_chance_and_turns_round(share, threshold, people):
    for rule in (luck.chance_of_passing, luck.exact_chance_of_passing):
        found = float(rule(share, threshold, people))
        assert 0 <= found <= 1
        assert found == pytest.approx(float(rule(1 - share, 1 - threshold, people, higher_is_better=False)), abs=1e-9)
        assert rule(share, min(threshold + 0.05, 1.0), people) <= found + 1e-12


@given(shares, shares, shares, st.integers(20, 5_000))
def test_what_luck_pays_on_a_linear_scale_is_a_share_and_turns_round(share, floor, target, people):
    assume(abs(floor - target) > 0.01)
    mean, sd = luck.linear_luck(share, floor, target, people)
    assert 0 <= mean <= 1
    assert 0 <= sd <= 0.5 + 1e-9
    turned = luck.linear_luck(1 - share, 1 - floor, 1 - target, people)
    assert tuple(map(float, turned)) == pytest.approx((float(mean), float(sd)), abs=1e-6)
    opposite = luck.linear_luck(share, target, floor, people)  # what one side wins the other loses
    assert float(opposite.mean) == pytest.approx(1 - float(mean), abs=1e-9)


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 1))
def test_the_free_gain_leads_to_the_expected_next_value(observed, mean, r):
    after = float(luck.expected_next(observed, mean, r))
    assert after == pytest.approx(observed + float(luck.free_gain(observed, mean, r)), abs=1e-9)
    assert min(observed, mean) - 1e-9 <= after <= max(observed, mean) + 1e-9


@given(whole, whole, st.integers(1, 100), shares, arrays(float, 6, elements=st.floats(-3_000, 3_000)))
def test_scores_lie_within_0_and_1_and_rise_towards_the_target(floor, target, beyond, at_target, values):
    assume(floor != target)
    sign = 1 if target > floor else -1
    for found in (scales.linear(values, floor, target), scales.cliff(values, target, sign > 0),
                  scales.linear(values, floor, target, target + sign * beyond, at_target),
                  scales.gap_to_goal(scales.gap_closed(values, floor, target))):  # fmt: skip
        assert ((found >= 0) & (found <= 1)).all()
        assert (np.diff(found[np.argsort(sign * values)]) >= 0).all()


@given(whole, whole, arrays(float, 4, elements=st.floats(-3_000, 3_000)))
def test_a_scale_turned_round_scores_the_same(floor, target, values):
    assume(floor != target)
    assert scales.linear(-values, -floor, -target) == pytest.approx(scales.linear(values, floor, target))


@given(*[st.integers(0, 1_000)] * 4)
def test_points_for_attainment_or_improvement_are_whole_from_0_to_10_and_turn_round(value, threshold, benchmark, base):
    assume(threshold != benchmark)
    found = scales.attainment_or_improvement(*(v / 1_000 for v in (value, threshold, benchmark, base)))
    assert all(isinstance(p, int) and 0 <= p <= 10 for p in found)
    turned = scales.attainment_or_improvement(*((1_000 - v) / 1_000 for v in (value, threshold, benchmark, base)))
    assert turned == found


named = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 100), st.floats(0, 1)), min_size=1)


@given(st.integers(0, 10**11), named)
def test_what_is_earned_and_what_is_not_sum_to_the_pool_each_within_a_penny(pool, measures):
    total = sum(w for w, _ in measures.values()) or 1
    weights, scores = {m: w / total for m, (w, _) in measures.items()}, {m: s for m, (_, s) in measures.items()}
    earned, left = scales.pay(pool, weights, scores)
    assert sum(earned.values()) + left == pool
    assert left >= 0
    for name, pence in earned.items():
        assert abs(pence - pool * Fraction(str(weights[name])) * Fraction(str(scores[name]))) < 1


@given(st.integers(0, 10**11), st.integers(1, 12))
def test_a_full_score_on_all_measures_earns_the_whole_pool(pool, measures):
    names = [f"M{n:02}" for n in range(measures)]
    found = scales.pay(pool, dict.fromkeys(names, 1 / measures), dict.fromkeys(names, 1.0))
    assert (sum(found.earned.values()), found.not_earned) == (pool, 0)


@given(st.lists(st.one_of(st.just(np.nan), st.floats(0, 1)), min_size=1, max_size=6), st.data())
def test_what_stands_for_a_missing_score_keeps_weights_and_range(scores, data):
    weights = np.array(data.draw(st.lists(st.integers(1, 50), min_size=len(scores), max_size=len(scores))), dtype=float)
    for rule in ("rescale", "zero", "carry"):
        found, w = scales.without_missing(scores, weights, rule, last=np.full(len(scores), 0.5))
        assert ((found >= 0) & (found <= 1)).all()
        assert w.sum() == pytest.approx(weights.sum() if rule != "rescale" or not np.isnan(scores).all() else 0)


@st.composite
def walks(draw, most=25):
    """Records of people who move as they may, and sometimes as they may not."""
    rows = []
    for person in range(draw(st.integers(1, most))):
        day, state = draw(st.integers(0, 50)), "due"
        for _ in range(draw(st.integers(1, 8))):
            rows.append((person, "M01", state, pd.Timestamp("2026-04-01") + pd.Timedelta(days=day)))
            onward = [s for s in STATES if legal(state, s)] if draw(st.integers(0, 19)) else list(STATES)
            if not onward:
                break
            state, day = draw(st.sampled_from(onward)), day + draw(st.integers(1, 60))
    return pd.DataFrame(rows, columns=["person", "measure", "state", "date"])


@given(walks(), st.randoms(use_true_random=False))
def test_the_loop_neither_makes_nor_loses_people(events, random):
    moved = moves(events)
    found = loop(moved, pd.Timestamp("2028-04-01"), dict.fromkeys(STATES[:-1], 30))
    people = events.groupby("state")["person"].nunique()
    assert all(found.entered[state] == people.get(state, 0) for state in STATES[:-1])
    assert found.now.sum() == events["person"].nunique()
    assert (found.stuck <= found.became["still"]).all()
    assert len(moved) == len(events)
    assert faults(moved)["records"].sum() == (~moved["legal"]).sum()
    shuffled = moves(events.sample(frac=1, random_state=random.randrange(1_000)))
    assert shuffled.equals(moved)


@given(walks())
def test_no_small_count_of_people_leaves_the_loop(events):
    shown = arrows_shown(loop(moves(events), pd.Timestamp("2028-04-01"), dict.fromkeys(STATES[:-1], 30)))
    for column in ("entered", "moved", "closed", "still", "stuck"):
        values = shown[column].dropna().astype(int)
        assert ((values == 0) | (values >= 10)).all()
        assert (values % 5 == 0).all()


@given(*[st.integers(0, 500)] * 4)
@example(0, 0, 1, 0)
def test_a_paired_change_turns_round_and_its_chance_is_a_chance(both, won, back, neither):
    assume(both + won + back + neither > 0)
    one, other = paired(Paired(both, won, back, neither)), paired(Paired(both, back, won, neither))
    assert one.z == -other.z
    assert one.p == other.p
    assert 0 <= one.p <= 1
    assert -1 <= one.change.low <= one.change.high <= 1


@given(parts(), parts())
def test_a_change_between_years_turns_round(one, other):
    there, back = independent(*one, *other), independent(*other, *one)
    assert there.z == pytest.approx(-back.z)
    assert there.p == pytest.approx(back.p)
