"""Laws of points, withhold and gate."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.outcomes.score import forfeited, points, score

levels = st.floats(0, 1_000)


@st.composite
def measures(draw):
    floor, target = draw(levels), draw(levels)
    assume(abs(floor - target) > 1e-6)
    return PaidMeasure(floor=floor, target=target, weight=draw(st.floats(0, 100)))


@given(measures(), st.floats(-2_000, 2_000))
def test_points_lie_between_nothing_and_all(terms, value):
    assert 0 <= points(value, terms) <= 1


@given(measures(), st.floats(-2_000, 2_000), st.floats(-2_000, 2_000))
def test_a_value_nearer_the_target_side_never_earns_fewer_points(terms, one, other):
    worse, better = sorted([one, other], reverse=terms.target < terms.floor)
    assert points(worse, terms) <= points(better, terms)


@given(measures())
def test_the_floor_earns_nothing_and_the_target_all(terms):
    assert (points(terms.floor, terms), points(terms.target, terms)) == (0.0, 1.0)


@given(st.dictionaries(st.sampled_from("abcd"), measures(), max_size=4), st.data())
def test_the_score_lies_between_the_worst_and_the_best_measure(terms, data):
    values = {name: data.draw(levels) for name in terms}
    found = score(values, Outcomes(measures=terms))
    counted = [points(values[n], t) for n, t in terms.items() if t.weight > 0]
    assert min(counted, default=1.0) - 1e-9 <= found.share <= max(counted, default=1.0) + 1e-9


def test_a_measure_that_nobody_counts_towards_earns_nothing():
    assert points(float("nan"), PaidMeasure(floor=0.0, target=1.0)) == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1).map(np.array), st.floats(0, 1), st.floats(0, 1))
def test_the_gate_takes_gains_only_and_only_from_a_score_below_it(result, won, gate):
    given_up = forfeited(result, won, Outcomes(gate=gate))
    if won >= gate:
        assert not given_up.any()
    else:
        assert (result - given_up == np.minimum(result, 0)).all()


def test_a_score_exactly_at_the_gate_passes():
    assert forfeited(np.array([100.0]), 0.3, Outcomes(gate=0.3)) == pytest.approx([0.0])
