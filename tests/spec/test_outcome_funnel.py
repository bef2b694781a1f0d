"""Funnel limits and spread beyond chance: the vectors of the measures reference, section 4."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.outcomes import funnel
from capitation.outcomes.funnel import Limits

O, E = [52, 88, 40, 130, 61, 95, 150, 33, 70, 112], [48, 70, 50, 110, 60, 104, 120, 42, 68, 125]  # noqa: E741
X, N = [130, 310, 95, 480, 205, 150, 260, 72, 390, 118], [200, 450, 160, 700, 350, 210, 420, 130, 560, 200]


@pytest.mark.parametrize(("people", "level", "low", "high"), [
    (50, 0.998, 0.4244, 0.8377), (50, 0.95, 0.5046, 0.7701), (200, 0.998, 0.5413, 0.7493), (200, 0.95, 0.5807, 0.7130),
])  # fmt: skip
def test_limits_of_a_share_by_interpolated_binomial(people, level, low, high):
    assert tuple(map(float, funnel.proportion_limits(0.65, people, level))) == pytest.approx((low, high), abs=5e-5)


def test_limits_of_a_ratio_by_interpolated_poisson():
    assert tuple(map(float, funnel.ratio_limits(100))) == pytest.approx((0.7007, 1.3180), abs=5e-5)
    assert tuple(map(float, funnel.ratio_limits(100, 0.95))) == pytest.approx((0.8037, 1.1958), abs=5e-5)


def test_spread_of_ratios_beyond_chance():
    found = funnel.ratio_spread(O, E)
    assert (found.low, found.high) == pytest.approx((-1.564404, 1.967605), abs=5e-7)
    assert found.phi == pytest.approx(1.823761, abs=5e-7)
    assert found.tau2 == pytest.approx(0.0130869, abs=5e-8)


@pytest.mark.parametrize(("expected", "plain", "phi", "tau2"), [
    (50, (0.6460, 1.5481), (0.5542, 1.8043), (0.5700, 1.7544)), (100, (0.7342, 1.3621), (0.6588, 1.5179), (0.6253, 1.5993)),
])  # fmt: skip
def test_limits_of_a_ratio_with_room_for_spread(expected, plain, phi, tau2):
    spread = funnel.ratio_spread(O, E)
    assert funnel.ratio_limits_with_phi(expected, 1.0) == pytest.approx(plain, abs=5.1e-5)
    assert funnel.ratio_limits_with_phi(expected, spread.phi) == pytest.approx(phi, abs=5.1e-5)
    assert funnel.ratio_limits_with_tau2(expected, spread.tau2) == pytest.approx(tau2, abs=5.1e-5)


def test_spread_of_shares_and_limits_with_room_for_it():
    found, theta = funnel.proportion_spread(X, N), sum(X) / sum(N)
    assert theta == pytest.approx(0.653846, abs=5e-7)
    assert found.phi == pytest.approx(3.213851, abs=6e-7)
    assert found.tau2 == pytest.approx(0.00196448, abs=5e-9)
    assert funnel.proportion_limits_with_tau2(theta, 200, found.tau2) == pytest.approx((0.4812, 0.8078), abs=5e-5)
    assert funnel.proportion_limits_with_tau2(theta, 200, 0.0) == pytest.approx((0.5471, 0.7533), abs=5e-5)
    assert funnel.proportion_limits_with_phi(theta, 200, 0.5) == pytest.approx((0.5471, 0.7533), abs=5e-5)


def test_places_that_differ_less_than_by_chance_have_no_spread():
    assert funnel.ratio_spread([50, 50, 50], [50, 50, 50]).tau2 == 0


def test_a_place_without_events_counts_as_half_of_one():
    assert np.isfinite(funnel.ratio_spread([0, 10, 12], [9, 10, 11]))[0]


def test_places_outside_are_told_by_side_and_a_place_on_the_limit_is_inside():
    limits = Limits(np.array([0.5]), np.array([0.7]))
    assert list(funnel.outside([0.4, 0.5, 0.6, 0.7, 0.8, np.nan], limits)) == [-1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(("flags", "suspect", "words"), [
    ([0, 0], False, "None of 2 places lies outside the 99.8 % limits: they differ no more than chance explains"),
    ([1] + 9 * [0], False, "1 of 10 places lies outside the 99.8 % limits"),
    ([1, -1] + 8 * [0], True, "2 of 10 places lie outside the 99.8 % limits: so many that the model of the measure is to be "
                              "suspected, not the places"),
])  # fmt: skip
def test_more_than_a_tenth_outside_puts_the_model_in_doubt(flags, suspect, words):
    found = funnel.verdict(flags)
    assert (found.suspect_the_model, found.words) == (suspect, words)


@pytest.mark.parametrize(("target", "people"), [(0.0, 1), (1.0, 1), (0.001, 5), (0.999, 5), (0.5, 1)])
def test_limits_at_the_edges_hold_the_target(target, people):
    low, high = funnel.proportion_limits(target, people)
    assert 0 <= low <= target <= high <= 1


@pytest.mark.parametrize("call", [
    lambda: funnel.proportion_limits(1.2, 10), lambda: funnel.proportion_limits(0.5, 0), lambda: funnel.ratio_limits(0),
    lambda: funnel.ratio_limits(1, 1.0), lambda: funnel.ratio_spread([1], [1]), lambda: funnel.proportion_spread([2, 1], [1, 1]),
    lambda: funnel.verdict([]), lambda: funnel.ratio_spread([1, 1], [1, 0]),
])  # fmt: skip
def test_what_cannot_be_is_said(call):
    with pytest.raises(InputError):
        call()
