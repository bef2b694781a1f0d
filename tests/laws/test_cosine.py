"""Laws of the total cost of many people by a cosine series."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from capitation.loss.atoms import Atoms, atoms_of
from capitation.loss.cosine import Law, total_cost_law

amounts = st.one_of(st.just(0.0), st.floats(0.01, 1e7))
bins = st.lists(st.tuples(st.integers(1, 10**6), amounts, st.floats(0, 2)), min_size=1, max_size=12)
numbers = st.sampled_from([1, 2, 7, 100, 5_000, 540_000, 60_000_000])
levels = st.floats(0.001, 0.999)
ACCURATE = 1e-11  # of a probability
SMEAR = 0.003  # of the window: three times the most by which a jump is smoothed


@st.composite
def people(draw) -> Atoms:
    """Any cohort: up to a dozen bins, of people, mean and coefficient of variation."""
    count, mean, cv = np.array(draw(bins), dtype=float).T
    return atoms_of(count, count * mean, count * mean**2 * (1 + cv**2))


def skewed() -> Atoms:
    """Mean about 3,000 and skewness about 17: a bell of 61 logarithms of cost, and one person in ten at nothing."""
    size = np.exp(np.linspace(1, 13, 61))
    weight = 0.9 * np.exp(-((np.log(size) - 6.8) ** 2) / (2 * 1.5**2))
    weight *= 0.9 / weight.sum()
    return Atoms(np.append(0.0, size), np.append(0.1, weight))


def points(law: Law) -> np.ndarray:
    """Amounts over the window and some way beyond either end."""
    return law.start + (law.width or 1.0) * np.linspace(-0.1, 1.1, 500)


@given(people(), numbers)
def test_the_probability_never_falls_and_goes_from_nothing_to_one(atoms, n):
    law = total_cost_law(atoms, n)
    chance = law.cdf(points(law))
    assert np.diff(chance).min() >= -ACCURATE
    assert chance[0] == pytest.approx(0, abs=ACCURATE)
    assert chance[-1] == pytest.approx(1, abs=ACCURATE)
    np.testing.assert_allclose(chance + law.exceeds(points(law)), 1, rtol=0, atol=1e-15)


@given(people(), numbers, levels)
def test_the_quantile_is_where_the_probability_reaches_its_level(atoms, n, level):
    law = total_cost_law(atoms, n)
    y, step = law.quantile(level), 1e-9 * law.width + 1e-12 * abs(law.start)
    assert law.cdf(y + step) >= level - ACCURATE
    assert law.cdf(y - step - 1e-9) <= level + ACCURATE


@given(people(), numbers, levels, levels)
def test_a_higher_level_has_a_higher_quantile_and_a_dearer_tail(atoms, n, one, other):
    law = total_cost_law(atoms, n)
    low, high = sorted((one, other))
    assert law.quantile(low) <= law.quantile(high)
    assert law.tail_mean(low) <= law.tail_mean(high) + 1e-9 * law.width


@given(people(), numbers, levels)
def test_the_mean_of_the_tail_lies_between_its_quantile_and_the_dearest_total(atoms, n, level):
    law = total_cost_law(atoms, n)
    assert law.quantile(level) <= law.tail_mean(level) <= law.start + law.width * (1 + 1e-9)


@given(people(), numbers)
def test_the_law_has_the_mean_of_so_many_people_but_for_the_smoothing_of_jumps(atoms, n):
    law = total_cost_law(atoms, n)
    if law.width == 0:
        assert law.start == n * atoms.mean
        return
    k = np.pi * np.arange(1, len(law.wave) + 1)  # ∫ P(S > y), by hand
    mean = law.start + law.width * (0.5 - ((1 - np.cos(k)) / k) @ law.wave)
    assert mean == pytest.approx(n * atoms.mean, rel=0, abs=SMEAR * law.width)


@pytest.mark.parametrize("n", [100, 5_000, 50_000, 540_000, 60_000_000])
def test_the_spread_is_the_root_of_the_number_of_people_times_the_spread_of_one(n):
    law, atoms = total_cost_law(skewed(), n), skewed()
    past = law.width * (np.arange(5_000) + 0.5) / 5_000
    chance = law.exceeds(law.start + past)
    mean, mean_square = law.width * chance.mean(), 2 * law.width * (past * chance).mean()
    assert law.start + mean == pytest.approx(n * atoms.mean, rel=1e-8)
    assert np.sqrt(mean_square - mean**2) == pytest.approx(np.sqrt(n) * atoms.sd, rel=1e-5)


@pytest.mark.parametrize("level", [0.000001, 0.0001, 0.01, 0.5, 0.9, 0.99, 0.9999, 0.999999])
def test_sixty_million_people_are_normal_but_for_their_skewness(level):
    n, atoms = 60_000_000, skewed()
    z, skewness = NormalDist().inv_cdf(level), atoms.skewness / np.sqrt(n)
    in_sd = (total_cost_law(atoms, n).quantile(level) - n * atoms.mean) / (np.sqrt(n) * atoms.sd)
    assert in_sd == pytest.approx(z + skewness * (z**2 - 1) / 6, abs=1e-4)


def test_one_person_has_the_law_of_the_amounts_they_may_cost():
    law = total_cost_law(Atoms(np.array([0.0, 100.0, 1000.0]), np.array([0.6, 0.3, 0.1])), 1)
    assert law.cdf(np.array([-1.0, 50.0, 500.0, 1_001.0])) == pytest.approx([0, 0.6, 0.9, 1], abs=1e-9)
    assert [law.quantile(p) for p in (0.3, 0.75, 0.95)] == pytest.approx([0, 100, 1000], abs=SMEAR * law.width)
    assert law.tail_mean(0.9) == pytest.approx(1000, abs=10 * SMEAR * law.width)


@pytest.mark.parametrize("n", [2, 10, 40])
def test_a_few_people_who_cost_something_or_nothing_are_a_binomial(n):
    law = total_cost_law(Atoms(np.array([0.0, 100.0]), np.array([0.7, 0.3])), n)
    count = np.arange(n + 1)
    choose = np.cumprod(np.append(1.0, (n - count[:-1]) / count[1:]))
    chance = np.cumsum(choose * 0.3**count * 0.7 ** (n - count))
    np.testing.assert_allclose(law.cdf(100.0 * count + 50), chance, rtol=0, atol=1e-9)


def test_many_people_who_cost_something_or_nothing_are_a_curve_through_the_middle_of_the_stairs():
    n, count = 5_000, np.arange(400, 601, 10)
    law = total_cost_law(Atoms(np.array([0.0, 100.0]), np.array([0.9, 0.1])), n)
    np.testing.assert_allclose(law.cdf(100.0 * count + 50), stats.binom.cdf(count, n, 0.1), rtol=0, atol=5e-5)
    assert law.blur == 0


def test_a_law_says_by_how_much_its_jumps_are_smoothed():
    two_amounts = Atoms(np.array([0.0, 100.0]), np.array([0.7, 0.3]))
    jumpy = total_cost_law(two_amounts, 10)
    assert 0 < jumpy.blur < 0.0007 * jumpy.width
    slope = jumpy.cdf(300 + jumpy.blur * np.array([-1.0, 0.0, 1.0]))
    normal = NormalDist().cdf(1) - 0.5
    np.testing.assert_allclose(np.diff(slope), normal * stats.binom.pmf(3, 10, 0.3), rtol=1e-6)
    assert [total_cost_law(skewed(), n).blur for n in (1_000, 540_000)] == [0, 0]


def test_one_huge_person_in_a_county_turns_up_as_often_as_a_rare_event_should():
    n, cheap, huge = 540_000, 1_000.0, 1e9
    law = total_cost_law(Atoms(np.array([cheap, huge]), np.array([1 - 1 / n, 1 / n])), n)
    turned_up = law.cdf(n * cheap + huge * np.array([0.5, 1.5, 2.5, 3.5]))
    poisson = np.exp(-1) * np.cumsum([1, 1, 1 / 2, 1 / 6])
    assert turned_up == pytest.approx(poisson, abs=1e-6)  # a binomial of 540,000 is so near a Poisson law


@pytest.mark.parametrize("chance", [1e-2, 1e-4, 1e-6])
def test_a_huge_person_whom_few_cohorts_have_is_in_the_tail_as_often(chance):
    n, cheap, huge = 10_000, 1_000.0, 1e9
    law = total_cost_law(Atoms(np.array([cheap, huge]), np.array([1 - chance / n, chance / n])), n)
    for share in (0.3, 0.6, 0.9):
        assert law.exceeds(n * cheap + share * huge) == pytest.approx(1 - np.exp(-chance), rel=1e-4)


@pytest.mark.parametrize(("cost", "n"), [(0.0, 1), (0.0, 60_000_000), (813.0, 1), (813.0, 5_000)])
def test_where_everybody_costs_the_same_the_total_is_certain(cost, n):
    law, total = total_cost_law(atoms_of([40], [40 * cost], [40 * cost**2]), n), n * cost
    assert law.cdf(np.array([total - 1, total, total + 1])).tolist() == [0, 1, 1]
    assert [law.quantile(0.01), law.quantile(0.99), law.tail_mean(0.99)] == [total, total, total]


@given(people(), numbers, st.floats(0.01, 1_000))
def test_the_law_follows_the_unit_of_money(atoms, n, factor):
    law, other = total_cost_law(atoms, n), total_cost_law(Atoms(factor * atoms.size, atoms.weight), n)
    assert other.quantile(0.9) == pytest.approx(factor * law.quantile(0.9), rel=1e-9, abs=1e-9 * factor * law.width)


@given(people(), st.integers(1, 10**6))
def test_the_same_people_have_the_same_law_to_the_last_digit(atoms, n):
    one, other = total_cost_law(atoms, n), total_cost_law(atoms, n)
    assert (one.start, one.width, one.wave.tobytes()) == (other.start, other.width, other.wave.tobytes())


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 1.1, float("nan")])
def test_a_level_that_is_no_probability_is_refused(level):
    law = total_cost_law(skewed(), 100)
    for figure in (law.quantile, law.tail_mean):
        with pytest.raises(ValueError, match="between 0 and 1"):
            figure(level)


@pytest.mark.parametrize("n", [0, -3])
def test_a_total_of_nobody_is_refused(n):
    with pytest.raises(ValueError, match="at least one person"):
        total_cost_law(skewed(), n)
