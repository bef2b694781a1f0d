"""Laws of atoms: the cost of one person, told by counts, sums and sums of squares in bins."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitation.loss.atoms import Atoms, atoms_of
from capitation.loss.ratio import Floats

EDGES = np.append(0.0, np.geomspace(1, 1e7, 57))  # a bin of nothing to 1, and eight bins a decade
EXACT = 1e-12  # relative
amounts = st.one_of(st.just(0.0), st.just(10.0), st.floats(0.01, 9e6))  # 10 lies at an edge, time and again
costs = st.lists(amounts, min_size=1, max_size=60).map(np.array)


def in_bins(cost: Floats) -> tuple[Floats, Floats, Floats]:
    """People, cost and cost squared of each bin; a cost at an edge belongs to the bin above it."""
    place = np.searchsorted(EDGES, cost, side="right")
    sums = (np.bincount(place, weights=w, minlength=len(EDGES) + 1) for w in (np.ones_like(cost), cost, cost**2))
    people, total, squared = sums
    return people, total, squared


def mean_and_variance(cost: Floats) -> tuple[float, float]:
    """In fractions, without any rounding."""
    exact = [Fraction(float(x)) for x in cost]
    mean = sum(exact, Fraction(0)) / len(exact)
    return float(mean), float(sum(((x - mean) ** 2 for x in exact), Fraction(0)) / len(exact))


@given(costs)
def test_the_mean_and_the_variance_of_people_are_exact(cost):
    mean, variance = mean_and_variance(cost)
    atoms = atoms_of(*in_bins(cost))
    assert atoms.mean == pytest.approx(mean, rel=EXACT, abs=0)
    assert atoms.sd**2 == pytest.approx(variance, rel=EXACT, abs=EXACT * mean**2)


@given(st.integers(0, 10_000))
def test_many_people_of_skewed_cost_keep_mean_and_variance_and_nearly_the_skewness(seed):
    rng = np.random.default_rng(seed)
    cost = rng.lognormal(7, 1.3, 5_000) * (rng.random(5_000) < 0.9)
    mean, variance = mean_and_variance(cost)
    atoms = atoms_of(*in_bins(cost))
    assert (atoms.mean, atoms.sd**2) == pytest.approx((mean, variance), rel=EXACT)
    assert atoms.cv == pytest.approx(np.sqrt(variance) / mean, rel=EXACT)
    assert atoms.skewness == pytest.approx(np.mean((cost - mean) ** 3) / variance**1.5, rel=0.01)


@given(costs)
def test_no_amount_is_negative_or_twice_there_and_the_weights_sum_to_one(cost):
    atoms = atoms_of(*in_bins(cost))
    assert atoms.size[0] >= 0
    assert (np.diff(atoms.size) > 0).all()
    assert (atoms.weight > 0).all()
    assert atoms.weight.sum() == pytest.approx(1, rel=EXACT)


@given(st.dictionaries(st.integers(0, len(EDGES) - 1), st.integers(1, 10**6), min_size=1))
def test_people_who_cost_the_same_within_their_bin_are_counted_to_the_last_one(people_at):
    cost, people = EDGES[list(people_at)], np.array(list(people_at.values()))
    atoms = atoms_of(people, people * cost, people * cost**2)
    rising = np.argsort(cost)
    np.testing.assert_allclose(atoms.size, cost[rising], rtol=EXACT)
    np.testing.assert_allclose(atoms.weight * people.sum(), people[rising], rtol=EXACT)


@given(st.integers(2, 10**6), st.floats(1.0, 1e6), st.floats(0.001, 0.99))
def test_the_people_of_a_bin_are_shared_evenly_between_its_two_amounts(people, mean, cv):
    atoms = atoms_of([people], [people * mean], [people * mean**2 * (1 + cv**2)])
    np.testing.assert_allclose(atoms.weight, [0.5, 0.5], rtol=EXACT)
    np.testing.assert_allclose(atoms.size, [mean * (1 - cv), mean * (1 + cv)], rtol=1e-7)


@given(st.integers(2, 10**6), st.floats(1.0, 1e6), st.floats(1.001, 30.0))
def test_a_bin_more_varied_than_its_mean_is_nothing_and_one_dearer_amount(people, mean, cv):
    atoms = atoms_of([people], [people * mean], [people * mean**2 * (1 + cv**2)])
    assert atoms.size == pytest.approx([0.0, mean * (1 + cv**2)])
    assert (atoms.mean, atoms.cv) == pytest.approx((mean, cv), rel=1e-9)


@given(costs, costs)
def test_the_bins_of_two_cohorts_added_are_the_bins_of_their_union(one, other):
    added = atoms_of(*(a + b for a, b in zip(in_bins(one), in_bins(other), strict=True)))
    union = atoms_of(*in_bins(np.concatenate([one, other])))
    assert (added.mean, added.sd) == pytest.approx((union.mean, union.sd), rel=1e-9, abs=1e-9)
    at = np.append(EDGES, 1e8)
    np.testing.assert_allclose(expected_above(added, at), expected_above(union, at), rtol=1e-6, atol=1e-6)


@given(costs, st.integers(2, 1_000))
def test_every_person_counted_several_times_changes_nothing(cost, times):
    one, many = atoms_of(*in_bins(cost)), atoms_of(*(times * sums for sums in in_bins(cost)))
    assert (many.mean, many.sd) == pytest.approx((one.mean, one.sd), rel=1e-9, abs=1e-9)


def test_people_at_an_edge_may_be_counted_on_either_side_of_it_without_a_change_of_mean_or_variance():
    below, above = np.array([4.0, 9.0]), np.array([12.0, 40.0])
    ties = np.array([10.0, 10.0, 10.0])
    sides = [(np.append(below, ties), above), (below, np.append(ties, above))]
    lower, upper = (atoms_of(*(np.array([f(c) for c in bins]) for f in (len, np.sum, squares))) for bins in sides)
    assert (lower.mean, lower.sd) == pytest.approx((upper.mean, upper.sd), rel=EXACT)
    assert not np.array_equal(lower.size, upper.size)


def test_people_who_all_cost_nothing_are_one_amount_of_nothing():
    atoms = atoms_of([70], [0], [0])
    assert (atoms.size.tolist(), atoms.weight.tolist()) == ([0.0], [1.0])
    assert (atoms.mean, atoms.sd, atoms.cv, atoms.skewness) == (0, 0, 0, 0)


@pytest.mark.parametrize("cost", [0.1, 813.37, 1e9])
def test_one_person_is_one_amount(cost):
    atoms = atoms_of([0, 1, 0], [0, cost, 0], [0, cost**2, 0])
    assert (atoms.size.tolist(), atoms.weight.tolist(), atoms.sd) == ([cost], [1.0], 0)


def test_one_person_is_one_amount_though_the_square_was_rounded_to_pence():
    atoms = atoms_of([1], [0.14], [0.02])
    assert (atoms.size.tolist(), atoms.weight.tolist()) == ([0.14], [1.0])


@given(st.integers(1, 10**8), st.floats(0.01, 1e9))
def test_people_who_all_cost_the_same_are_one_amount_whatever_rounding_left_of_their_variance(people, cost):
    atoms = atoms_of([people], [people * cost], [people * cost**2 * (1 + 1e-15)])
    assert (len(atoms.size), atoms.sd, atoms.skewness) == (1, 0, 0)


def test_one_huge_person_stays_one_person_of_that_cost():
    atoms = atoms_of([539_999, 1], [1e9, 1e8], [5e12, 1e16])
    assert atoms.size[-1] == 1e8
    assert atoms.weight[-1] * 540_000 == pytest.approx(1, rel=EXACT)


@pytest.mark.parametrize(("sums", "why"), [
    (([], [], []), "nobody"),
    (([0], [0], [0]), "nobody"),
    (([1, 0], [5, 5], [25, 25]), "without people"),
    (([1, 0], [5, 0], [25, 25]), "without people"),
    (([-1], [5], [25]), "not negative"),
    (([1], [-5], [25]), "not negative"),
    (([1], [5], [np.inf]), "finite"),
    (([1], [np.nan], [25]), "finite"),
])  # fmt: skip
def test_figures_that_no_cohort_can_have_are_refused(sums, why):
    with pytest.raises(ValueError, match=why):
        atoms_of(*sums)


def squares(cost: Floats) -> float:
    return float(cost @ cost)


def expected_above(atoms: Atoms, amounts: Floats) -> Floats:
    """Expected cost of a person above each amount: tells two laws apart, and does not jump with their sizes."""
    return np.maximum(atoms.size - amounts[:, None], 0.0) @ atoms.weight
