"""How many people it takes: the exact law and the sizes from it against sums known otherwise.

Oracles: the sum of exponential costs is exactly Gamma; brute-force simulation with a seed; published vectors.
"""

from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from capitation.loss import minimum_size
from capitation.loss.atoms import Atoms, atoms_of
from capitation.loss.cosine import total_cost_law
from capitation.loss.minimum_size import (
    TWO_SIDED,
    exact_size,
    normal_power_size,
    normal_size,
    normal_tolerance,
    one_sided,
    tolerance_at,
)

NOTHING, SIGMA, MEDIAN = 0.077, 1.44, 1_157.0  # a cost of 0, or lognormal,
RARE, DEAREST = 2.34e-5, 797_000.0  # or this: CV and skewness of the test population of the numerics reference
EDGES = np.geomspace(1e-4, 40, 64 * 5)  # of exponential costs with mean 1: some 57 bins a decade
DRAWS = 1_000_000
LEVELS = (0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.995)
CASES = [(0.02, 0.1), (0.05, 0.1), (0.05, 0.05), (0.05, 0.01), (0.1, 0.1), (0.1, 0.05), (0.1, 0.01)]


@cache
def exponential() -> Atoms:
    """Costs exponential with mean 1: the moments of a bin are steps of Gamma laws."""
    edges = np.concatenate([[0.0], EDGES, [np.inf]])
    people, cost, squared = (m * np.diff(stats.gamma.cdf(edges, a)) for a, m in ((1, 1), (2, 1), (3, 2)))
    there = people > 1e-15
    return atoms_of(people[there] * 1e18, cost[there] * 1e18, squared[there] * 1e18)


@cache
def skewed(cap: float = np.inf) -> Atoms:
    """The skewed cost in 64 bins a decade, each with its exact moments; above one in a hundred million, one bin.

    With a ``cap``, the part of each person's cost up to it.
    """
    top = min(cap, MEDIAN * np.exp(SIGMA * stats.norm.isf(1e-8)))
    edges = np.concatenate([[0.0], np.geomspace(1, top, round(64 * np.log10(top)) + 1), [np.inf]])
    with np.errstate(divide="ignore"):
        z = np.log(edges / MEDIAN) / SIGMA
    people, cost, squared = ((1 - NOTHING - RARE) * MEDIAN**k * np.exp((k * SIGMA) ** 2 / 2) * np.diff(stats.norm.cdf(z - k * SIGMA))
                             for k in range(3))  # fmt: skip
    if np.isfinite(cap):
        cost[-1], squared[-1] = cap * people[-1], cap**2 * people[-1]
    dearest = min(cap, DEAREST)
    sums = ([NOTHING, *people, RARE], [0, *cost, RARE * dearest], [0, *squared, RARE * dearest**2])
    return atoms_of(*(1e12 * np.array(one) for one in sums))


def simulated(n: int, years: int, seed: int) -> np.ndarray:
    """Total cost of ``n`` people in each of so many years, person by person."""
    rng = np.random.default_rng(seed)
    at_once = max(1, DRAWS // n)
    totals = []
    for start in range(0, years, at_once):
        shape = (min(at_once, years - start), n)
        cost = MEDIAN * np.exp(SIGMA * rng.standard_normal(shape, dtype=np.float32))
        kind = rng.random(shape)
        cost[kind < NOTHING], cost[kind >= 1 - RARE] = 0.0, DEAREST
        totals.append(cost.sum(axis=1, dtype=float))
    return np.concatenate(totals)


def chance_above(atoms: Atoms, n: int, tolerance: float) -> float:
    return float(total_cost_law(atoms, n).exceeds(n * atoms.mean * (1 + tolerance)))


# the law


def test_the_skewed_law_has_the_moments_of_the_formula_and_a_skewness_of_about_35():
    lognormal = 1 - NOTHING - RARE
    mean = lognormal * MEDIAN * np.exp(SIGMA**2 / 2) + RARE * DEAREST
    square = lognormal * MEDIAN**2 * np.exp(2 * SIGMA**2) + RARE * DEAREST**2
    assert (skewed().mean, skewed().cv) == pytest.approx((mean, np.sqrt(square / mean**2 - 1)), rel=1e-9)
    assert (skewed().mean, skewed().cv, skewed().skewness) == pytest.approx((3_026, 3.015, 35.5), rel=0.01)


@pytest.mark.parametrize("n", [20, 1_000, 50_000, 1_000_000])
@pytest.mark.parametrize("level", LEVELS)
def test_exponential_costs_sum_to_a_gamma_law(n, level):
    margin = stats.gamma.ppf(0.99, n) - n
    law, quantile = total_cost_law(exponential(), n), stats.gamma.ppf(level, n)
    assert law.quantile(level) == pytest.approx(quantile, rel=0, abs=1e-4 * margin)
    assert law.cdf(quantile) == pytest.approx(level, rel=0, abs=1e-4)
    dearest = n * stats.gamma.sf(quantile, n + 1) / (1 - level)
    assert law.tail_mean(level) == pytest.approx(dearest, rel=0, abs=1e-4 * margin)


@pytest.mark.parametrize("n", [100, 5_000, 540_000])
@pytest.mark.parametrize("chance", [1e-4, 1e-6])
def test_the_thin_tails_of_exponential_costs_are_those_of_their_gamma_law(n, chance):
    """Not for millions of people: there scipy's own lower tail is off (a third at 60 million and 1e-6)."""
    law = total_cost_law(exponential(), n)
    assert float(law.exceeds(stats.gamma.isf(chance, n))) == pytest.approx(chance, rel=2e-5)
    assert float(law.cdf(stats.gamma.ppf(chance, n))) == pytest.approx(chance, rel=2e-5)


@pytest.mark.parametrize(("n", "years"), [(50, 40_000), (500, 20_000)])
def test_a_skewed_cost_with_people_at_nothing_agrees_with_simulation_within_its_standard_error(n, years):
    totals, law = simulated(n, years, seed=20), total_cost_law(skewed(), n)
    for level in LEVELS:
        below = np.mean(totals <= law.quantile(level))
        assert below == pytest.approx(level, rel=0, abs=3 * np.sqrt(level * (1 - level) / years))
    in_tail = totals[totals > law.quantile(0.9)]
    assert in_tail.mean() == pytest.approx(law.tail_mean(0.9), abs=4 * in_tail.std() / np.sqrt(len(in_tail)))


# the size


@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.01, 0.001])
@pytest.mark.parametrize("tolerance", [0.03, 0.05, 0.1, 0.3])
def test_the_exact_size_is_that_of_a_scan_of_every_number_of_people(tolerance, alpha):
    n = np.arange(1, 4 * normal_size(1.0, tolerance, one_sided(alpha)) + 1)
    too_small = n[stats.gamma.sf(n * (1 + tolerance), n) > alpha]
    assert exact_size(exponential(), tolerance, alpha) == too_small[-1] + 1


@pytest.mark.parametrize(
    ("tolerance", "alpha", "years"), [(0.2, 0.05, 20_000), (0.2, 0.1, 20_000), (0.3, 0.01, 30_000)]
)
def test_in_simulated_years_the_exact_size_exceeds_its_tolerance_as_often_as_allowed(tolerance, alpha, years):
    n = exact_size(skewed(), tolerance, alpha)
    for people in (n, n // 2, 2 * n):
        above = np.mean(simulated(people, years, seed=21) > (1 + tolerance) * people * skewed().mean)
        if people == n:
            assert above == pytest.approx(alpha, rel=0, abs=3 * np.sqrt(alpha * (1 - alpha) / years))
        else:
            assert (above > alpha) == (people < n)


def test_five_thousand_people_exceed_the_mean_by_a_tenth_twice_as_often_as_the_normal_formula_says():
    n, years = 5_000, 6_000
    exact = chance_above(skewed(), n, 0.1)
    assert exact == pytest.approx(0.0185, abs=0.0005)  # as in the reference, for its own population
    normal = 1 - NormalDist().cdf(0.1 / normal_tolerance(skewed().cv, n, 1))
    assert exact / normal == pytest.approx(2, abs=0.2)
    above = np.mean(simulated(n, years, seed=22) > 1.1 * n * skewed().mean)
    assert above == pytest.approx(exact, rel=0, abs=3 * np.sqrt(exact * (1 - exact) / years))
    assert above > normal + 4 * np.sqrt(normal * (1 - normal) / years)


def test_the_normal_size_is_too_small_where_exceeding_is_rare_and_too_large_where_it_is_not():
    atoms = skewed()
    ratio = {case: exact_size(atoms, *case) / normal_size(atoms.cv, case[0], one_sided(case[1])) for case in CASES}
    assert 1.10 < ratio[0.05, 0.01] < 1.25
    assert 1.25 < ratio[0.1, 0.01] < 1.40
    assert 0.95 < ratio[0.1, 0.1] < 0.99
    assert abs(ratio[0.02, 0.1] - 1) < 0.03


@pytest.mark.parametrize(("tolerance", "alpha"), CASES)
def test_with_costs_capped_the_normal_power_size_is_right_to_a_fifth_of_a_per_cent_or_four_people(tolerance, alpha):
    atoms = skewed(cap=100_000)
    exact, z = exact_size(atoms, tolerance, alpha), one_sided(alpha)
    assert normal_power_size(atoms.cv, atoms.skewness, tolerance, z) == pytest.approx(exact, rel=0.002, abs=4)
    assert exact < 0.64 * exact_size(skewed(), tolerance, alpha)
    assert exact > normal_size(atoms.cv, tolerance, z)


@pytest.mark.parametrize("atoms", [exponential, skewed], ids=["exponential", "skewed"])
@pytest.mark.parametrize(("tolerance", "alpha"), CASES)
def test_the_exact_size_reaches_the_tolerance_and_one_person_less_does_not(atoms, tolerance, alpha):
    n = exact_size(atoms(), tolerance, alpha)
    assert tolerance_at(atoms(), n, alpha) <= tolerance < tolerance_at(atoms(), n - 1, alpha)
    assert chance_above(atoms(), n, tolerance) <= alpha < chance_above(atoms(), n - 1, tolerance)


@pytest.mark.parametrize("alpha", [0.1, 0.01])
@pytest.mark.parametrize("n", [3_000, 50_000, 540_000])
def test_the_exact_size_for_the_tolerance_of_a_cohort_is_that_cohort(n, alpha):
    assert exact_size(skewed(), tolerance_at(skewed(), n, alpha), alpha) == pytest.approx(n, abs=1)


@pytest.mark.parametrize("n", [5_000, 540_000])
def test_the_tolerance_of_exponential_costs_is_the_quantile_of_their_gamma_law(n):
    assert tolerance_at(exponential(), n, 0.05) == pytest.approx(stats.gamma.isf(0.05, n) / n - 1, rel=1e-4)


def test_few_people_within_the_tolerance_by_accident_are_not_the_answer():
    rare = Atoms(np.array([100.0, 100_000.0]), np.array([0.999, 0.001]))
    n = exact_size(rare, 0.1, 0.1)
    assert chance_above(rare, 50, 0.1) < 0.1 < chance_above(rare, n - 1, 0.1)  # most cohorts of 50 have no dear person
    assert n > 10_000


def test_where_four_times_the_normal_size_is_too_small_the_search_goes_further():
    rare, tolerance, alpha = Atoms(np.array([100.0, 100_000.0]), np.array([0.999, 0.001])), 10.0, 1e-6
    widest = 4 * normal_size(rare.cv, tolerance, one_sided(alpha))
    n = exact_size(rare, tolerance, alpha)
    assert chance_above(rare, widest, tolerance) > alpha
    assert n > widest
    assert chance_above(rare, n, tolerance) <= alpha < chance_above(rare, n - 1, tolerance)


def test_the_search_works_out_few_laws(monkeypatch):
    asked = []
    monkeypatch.setattr(minimum_size, "total_cost_law", lambda atoms, n: asked.append(n) or total_cost_law(atoms, n))
    for case in CASES:
        exact_size(skewed(), *case)
    assert len(asked) <= 9 * len(CASES)


def test_where_everybody_costs_the_same_one_person_is_enough():
    for cost in (0.0, 813.0):
        atoms = atoms_of([40], [40 * cost], [40 * cost**2])
        assert exact_size(atoms, 0.05, 0.01) == 1
        assert normal_size(atoms.cv, 0.05, 2.0) == normal_power_size(atoms.cv, atoms.skewness, 0.05, 2.0) == 1
        assert tolerance_at(atoms, 10, 0.01) == pytest.approx(0, abs=1e-12)


# published vectors


@pytest.mark.parametrize(("tolerance", "z", "size"), [
    (0.05, TWO_SIDED, 13_830), (0.02, TWO_SIDED, 86_436), (0.02, one_sided(0.025), 86_433),
])  # fmt: skip
def test_the_normal_size_of_a_person_cv_of_3_as_tables_have_it(tolerance, z, size):
    assert normal_size(3.0, tolerance, z) == size


@pytest.mark.parametrize(("n", "per_cent"), [
    (5_000, 4.243), (10_000, 3.000), (30_000, 1.732), (100_000, 0.949), (540_000, 0.408),
])  # fmt: skip
def test_the_cv_of_a_total_falls_with_the_root_of_the_number_of_people(n, per_cent):
    assert 100 * normal_tolerance(3.0, n, 1) == pytest.approx(per_cent, abs=0.0005)


def test_a_minimum_rate_of_3_9_per_cent_pays_5_000_people_by_chance_in_9_98_per_cent_of_years():
    z = 0.039 / normal_tolerance(2.15, 5_000, 1)
    assert 1 - NormalDist().cdf(z) == pytest.approx(0.0998, abs=0.00005)
    windfall = 0.5 * (0.039 * 0.0998 + normal_tolerance(2.15, 5_000, 1) * (NormalDist().pdf(z) - z * 0.0998))
    assert windfall == pytest.approx(0.00266, abs=0.00001)


@pytest.mark.parametrize(("n", "alpha", "per_cent"), [
    (500, 0.1, 12.32), (1_000, 0.1, 8.71), (3_000, 0.1, 5.03), (5_000, 0.1, 3.90), (20_000, 0.05, 2.50),
    (50_000, 0.01, 2.24), (60_000, 0.01, 2.04),
])  # fmt: skip
def test_a_local_minimum_rate_is_the_one_sided_normal_tolerance_of_a_person_cv_of_2_15(n, alpha, per_cent):
    assert 100 * normal_tolerance(2.15, n, one_sided(alpha)) == pytest.approx(per_cent, abs=0.005)


def test_a_detectable_effect_is_2_802_standard_errors():
    assert one_sided(0.025) + one_sided(0.2) == pytest.approx(2.802, abs=0.0005)


def test_a_twentieth_of_people_at_9_789_and_the_rest_at_487_have_a_cv_of_2_129_and_half_the_cost():
    atoms = atoms_of([95, 5], [95 * 487, 5 * 9_789], [95 * 487**2, 5 * 9_789**2])
    assert atoms.cv == pytest.approx(2.129, abs=0.0005)
    assert atoms.weight[-1] * atoms.size[-1] / atoms.mean == pytest.approx(0.514, abs=0.0005)


@pytest.mark.parametrize(("tolerance", "alpha", "normal", "power"), [
    (0.02, 0.1, 37_327, 38_465), (0.02, 0.01, 123_000, 130_752), (0.05, 0.05, 9_839, 11_022), (0.1, 0.1, 1_493, 1_715),
    (0.1, 0.01, 4_920, 6_397),
])  # fmt: skip
def test_the_formulas_give_the_sizes_of_a_cost_of_cv_3_015_and_skewness_35_5(tolerance, alpha, normal, power):
    z = one_sided(alpha)
    assert normal_size(3.015, tolerance, z) == pytest.approx(normal, rel=3e-4)  # the figures' rounding
    assert normal_power_size(3.015, 35.5, tolerance, z) == pytest.approx(power, rel=1e-3)


# bad figures


@pytest.mark.parametrize("alpha", [0.0, 1e-10, 0.5, 0.9, -0.1, float("nan")])
def test_a_chance_that_the_law_cannot_tell_is_refused(alpha):
    for figure in (lambda: exact_size(exponential(), 0.05, alpha), lambda: tolerance_at(exponential(), 100, alpha)):
        with pytest.raises(ValueError, match="chance of exceeding"):
            figure()


@pytest.mark.parametrize(("cv", "tolerance", "z"), [(-1, 0.05, 2), (3, 0, 2), (3, -0.05, 2), (3, 0.05, 0)])
def test_a_negative_spread_and_no_tolerance_are_refused(cv, tolerance, z):
    with pytest.raises(ValueError, match="needed"):
        normal_size(cv, tolerance, z)
    with pytest.raises(ValueError, match="needed"):
        normal_power_size(cv, 1.0, tolerance, z)


def test_a_cohort_of_nobody_and_no_tolerance_have_no_exact_figure():
    with pytest.raises(ValueError, match="at least one person"):
        tolerance_at(exponential(), 0, 0.05)
    with pytest.raises(ValueError, match="at least one person"):
        normal_tolerance(3.0, 0, 1.0)
    with pytest.raises(ValueError, match="needed"):
        exact_size(exponential(), 0.0, 0.05)
