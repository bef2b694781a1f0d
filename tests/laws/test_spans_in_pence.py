"""Spans of months in pence: the likeliest by trying all, and the whole of a small feed."""

from itertools import groupby, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from capitation.dataset.plausibility.pence import A_SPAN, likeliest_spans

gains = st.lists(st.floats(-20, 20), min_size=1, max_size=9)


def worth(states: tuple[bool, ...] | list[bool], gain: list[float]) -> float:
    spans = sum(inside for inside, _ in groupby(states))
    return sum(g for g, inside in zip(gain, states, strict=True) if inside) - A_SPAN * spans


@given(gains)
def test_no_other_spans_are_likelier(gain: list[float]) -> None:
    found = likeliest_spans(np.array(gain))
    best = max(worth(states, gain) for states in product([False, True], repeat=len(gain)))
    assert abs(worth(list(found), gain) - best) < 1e-6


def test_a_month_that_says_little_goes_with_its_neighbours() -> None:
    assert list(likeliest_spans(np.array([-20, 20, 20, -3, 20, 20, -20.0]))) == [False, *[True] * 5, False]
