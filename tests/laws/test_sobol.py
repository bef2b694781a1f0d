"""Laws of the points that years are drawn from, and of the curve that quantiles are read from, beside scipy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator
from scipy.stats import norm, qmc

from capitation.loss.monotone import rising_curve
from capitation.loss.ratio import Floats
from capitation.loss.sobol import BITS, MOST, directions, net, sobol

steps = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=30)


def in_order(points: Floats) -> Floats:
    """The points, (dimensions, count), by their first coordinate, then their second and so on: a set of them."""
    return points[:, np.lexsort(points[::-1])]


@pytest.mark.parametrize(("dimensions", "doublings"), [(1, 5), (2, 10), (7, 3), (40, 14), (MOST, 7)])
def test_points_that_are_not_scrambled_are_those_of_scipy(dimensions, doublings):
    ours = net(directions(dimensions, doublings), np.zeros(dimensions, dtype=np.uint32)) / 2.0**BITS
    theirs = qmc.Sobol(dimensions, scramble=False).random_base2(doublings).T
    np.testing.assert_array_equal(in_order(ours), in_order(theirs))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [2, 64, 4_096])
def test_each_dimension_has_one_point_in_each_of_as_many_intervals(count, seed):
    place = np.floor(np.sort(sobol(MOST, count, seed)) * count)
    np.testing.assert_array_equal(place, np.broadcast_to(np.arange(count), place.shape))


@pytest.mark.parametrize("seed", range(3))
def test_the_first_two_dimensions_have_one_point_in_each_box_of_any_shape(seed):
    doublings = 10  # the first two dimensions are a (0, 2)-sequence: Sobol (1967)
    first, second = sobol(2, 2**doublings, seed)
    for halved in range(doublings + 1):
        box = np.floor(first * 2**halved) * 2 ** (doublings - halved) + np.floor(second * 2 ** (doublings - halved))
        assert len(np.unique(box)) == 2**doublings


def test_points_lie_within_their_bounds_and_seeds_spread_them_evenly():
    found = np.array([sobol(3, 2, seed) for seed in range(2_000)])
    assert (found > 0).all()
    assert (found < 1).all()
    np.testing.assert_allclose(found.mean(axis=0), 0.5, atol=4 * np.sqrt(1 / 12 / 2_000))
    np.testing.assert_allclose((found**2).mean(axis=0), 1 / 3, atol=4 * 0.3 / np.sqrt(2_000))


def test_dimensions_are_not_correlated_more_than_those_of_scipy():
    def most(points: Floats) -> float:
        return float(np.abs(np.corrcoef(norm.ppf(points)) - np.eye(len(points))).max())

    theirs = [most(qmc.Sobol(226, rng=np.random.default_rng(seed)).random(4_096).T) for seed in range(3)]
    assert np.mean([most(sobol(226, 4_096, seed)) for seed in range(3)]) < 1.3 * np.mean(theirs)


def test_a_sum_is_known_ten_times_better_than_by_chance():
    square = [np.mean(np.sum(sobol(8, 1_024, seed), axis=0) ** 2) for seed in range(20)]
    by_chance = np.sqrt(8 / 12) * 8 / 32  # 2·mean·sd/√1,024
    assert np.std(square) < by_chance / 10
    assert np.mean(square) == pytest.approx(16 + 8 / 12, abs=by_chance / 20)


def test_the_same_seed_gives_the_same_points_and_another_others():
    one, same, other = (sobol(20, 64, seed) for seed in (4, 4, 5))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_fewer_dimensions_or_none_are_points_too():
    assert sobol(0, 16, 1).shape == (0, 16)
    assert sobol(1, 1, 1).shape == (1, 1)


@pytest.mark.parametrize(
    ("dimensions", "count", "why"),
    [(MOST + 1, 16, "up to 1,024 dimensions"), (3, 1_000, "power of two"), (3, 0, "power of two")],
)
def test_points_that_cannot_be_had_are_refused(dimensions, count, why):
    with pytest.raises(ValueError, match=why):
        sobol(dimensions, count, 0)


# The curve


@given(steps, st.integers(0, 99))
def test_the_curve_is_that_of_scipy(widths, seed):
    rng = np.random.default_rng(seed)
    x = np.cumsum([-100.0, *widths])
    y = np.cumsum([5.0, *rng.lognormal(0, 3, len(widths))])
    at = np.append(rng.uniform(x[0], x[-1], 200), x)
    np.testing.assert_allclose(rising_curve(x, y, at), PchipInterpolator(x, y)(at), rtol=1e-9, atol=1e-9)


@given(steps, steps)
def test_the_curve_rises_and_goes_through_its_points(widths, rises):
    both = min(len(widths), len(rises))
    x, y = (np.cumsum([0.0, *one[:both]]) for one in (widths, rises))
    np.testing.assert_allclose(rising_curve(x, y, x), y, rtol=1e-9)
    assert np.diff(rising_curve(x, y, np.linspace(0, x[-1], 500))).min() >= -1e-9 * y[-1]


def test_two_points_are_a_line_and_the_curve_goes_on_beyond_its_ends():
    np.testing.assert_allclose(
        rising_curve(np.array([1.0, 3.0]), np.array([0.0, 4.0]), np.array([0.0, 2.0, 4.0])), [-2, 2, 6]
    )
    x, y, at = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 4.0, 9.0]), np.array([-0.1, 4.2])
    np.testing.assert_allclose(rising_curve(x, y, at), PchipInterpolator(x, y)(at), rtol=1e-12)
