"""Ruin of a reserve over years: against surplus carried on a grid with the ruined taken out, and against known answers."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from capitation.loss.atoms import Atoms
from capitation.loss.cosine import Law, total_cost_law
from capitation.loss.cost_sums import CostSums, sums_in_bins
from capitation.loss.ratio import Floats
from capitation.loss.ruin import Trend, reserve_for, reserves, ruin_by_year, trend_levels, yearly_costs
from capitation.loss.scenarios import scenarios_of

N, YEARS, PATHS = 5_000, 10, 65_536


def sums() -> CostSums:
    """A bell of logarithms of cost up to 200,000, and one person in ten at nothing."""
    size = np.exp(np.linspace(1, np.log(2e5), 61))
    people = np.append(1_000, np.round(9_000 * np.exp(-((np.log(size) - 6.8) ** 2) / 4.5) / 20) + 1)
    edge = np.append(0.5, (size[1:] + size[:-1]) / 2)
    size = np.append(0.0, size)
    return sums_in_bins(edge, people, people * size, people * size**2)


def one_person() -> Atoms:
    return Atoms(sums().all_means, sums().all_people / sums().all_people.sum())


@cache
def law() -> Law:
    return total_cost_law(one_person(), N)


@cache
def cost() -> Floats:
    return scenarios_of(sums(), N, count=PATHS).total


def mean() -> float:
    return N * one_person().mean


def sd() -> float:
    return float(np.sqrt(N)) * one_person().sd


def absorbing(first: float, premium: float, interest: float, years: int, points: int = 2**13) -> Floats:
    """Ruin by year from the density of the surplus on a grid: grown, moved by a year's result, and cut below nothing."""
    top = max(first, 0.0) * (1 + interest) ** years + years * (premium - mean()) + 12 * np.sqrt(years) * sd()
    grid = np.linspace(0, top, points)
    step = grid[1]
    lowest = premium - law().start - law().width
    jump = np.arange(np.floor(lowest / step), np.ceil((premium - law().start) / step) + 1)
    mass_of_jump = law().cdf(premium - (jump - 0.5) * step) - law().cdf(premium - (jump + 0.5) * step)
    ruined, mass = [], split(np.array([first * (1 + interest)]), np.ones(1), step, points)
    for _ in range(years):
        ends = np.convolve(mass, mass_of_jump)
        at = np.arange(len(ends)) + int(jump[0])
        alive = np.where(at == 0, 0.5, at > 0) * ends  # the cell at nothing is half below it
        ruined.append(1 - alive.sum())
        mass = split(at[at >= 0] * step * (1 + interest), alive[at >= 0], step, points)
    return np.array(ruined)


def split(amount: Floats, mass: Floats, step: float, points: int) -> Floats:
    place = np.minimum(amount / step, points - 2.0)
    low = np.floor(place).astype(int)
    return np.bincount(low, mass * (1 - place + low), points) + np.bincount(low + 1, mass * (place - low), points)


@pytest.mark.parametrize("interest", [0.0, 0.04])
@pytest.mark.parametrize("in_sd", [0.5, 1.0, 2.0, 3.0])
def test_ruin_of_independent_years_is_that_of_a_surplus_carried_on_a_grid(in_sd, interest):
    first, premium = in_sd * sd(), 1.005 * mean()
    paths = yearly_costs(cost(), YEARS, seed=2)
    found = ruin_by_year(reserves(first, premium, paths, interest=interest))
    oracle = absorbing(first, premium, interest, YEARS)
    assert (np.abs(found.probability - oracle) < 3.5 * found.error + 1e-4).all()


@pytest.mark.parametrize("persistence", [0.3, 0.7])
def test_ruin_with_people_who_stay_dear_is_that_of_a_chain_of_normal_scores(persistence):
    first, premium = 1.5 * sd(), 1.005 * mean()
    paths = yearly_costs(cost(), 5, persistence=persistence, seed=3)
    found = ruin_by_year(reserves(first, premium, paths))
    oracle = np.array([chained(first, premium, persistence, years) for years in range(1, 6)])
    assert (np.abs(found.probability - oracle) < 3.5 * found.error + 5e-4).all()


def chained(first: float, premium: float, persistence: float, years: int) -> float:
    """Ruin by backward induction over reserve and normal score: equal steps of the score, lines between reserves."""
    z = np.linspace(-6, 6, 241)
    result = premium - np.interp(ndtr(z), law().cdf(at := law().start + law().width * np.linspace(0, 1, 20_001)), at)
    grid = np.linspace(0, first + years * 3 * sd(), 1_500)
    kernel = np.exp(-((z[None, :] - persistence * z[:, None]) ** 2) / (2 * (1 - persistence**2)))
    kernel /= kernel.sum(axis=1, keepdims=True)
    alive = np.ones((len(z), len(grid)))
    for year in range(years):
        after = np.stack(
            [np.where(grid + r < 0, 0.0, np.interp(grid + r, grid, one)) for r, one in zip(result, alive, strict=True)]
        )
        if year == years - 1:
            start = np.exp(-(z**2) / 2)
            soft = [np.interp(first, grid, one) for one in after]
            return 1 - float(start @ soft / start.sum())
        alive = kernel @ after
    raise AssertionError


@pytest.mark.parametrize("years", [1, 3, 10])
def test_the_same_year_again_and_again_is_ruin_where_one_year_takes_its_share(years):
    first, premium = 2 * sd(), 1.005 * mean()
    found = ruin_by_year(reserves(first, premium, yearly_costs(cost(), YEARS, persistence=1.0)))
    exact = float(law().exceeds(premium + first / years))
    assert found.probability[years - 1] == pytest.approx(exact, abs=3.5 * found.error[years - 1] + 1e-4)


def test_years_that_hang_together_ruin_more_often():
    first, premium = 2 * sd(), 1.005 * mean()
    last = [
        ruin_by_year(reserves(first, premium, yearly_costs(cost(), 5, persistence=p))).probability[-1]
        for p in (0, 0.3, 0.6, 0.9)
    ]
    assert (np.diff(last) > 0).all()
    walks = [
        ruin_by_year(reserves(first, premium, yearly_costs(cost(), 5, trend=Trend(0.01, p)))).probability[-1]
        for p in (0, 0.5, 1)
    ]
    assert (np.diff(walks) > 0).all()


@pytest.mark.parametrize("persistence", [0.0, 0.4, 0.9])
def test_every_year_has_the_law_of_one_year_and_neighbours_the_correlation_asked_for(persistence):
    paths = yearly_costs(cost(), 4, persistence=persistence)
    for year in paths:
        np.testing.assert_array_equal(np.sort(year), np.sort(cost()))
    score = np.argsort(np.argsort(paths, axis=1), axis=1)
    rank = 6 / np.pi * np.arcsin(persistence / 2)  # Spearman of a Gaussian copula
    assert np.corrcoef(score[1], score[2])[0, 1] == pytest.approx(rank, abs=0.015)


@pytest.mark.parametrize(
    ("persistence", "growth"), [(0.0, [1, 1, 1, 1]), (0.5, [1, 1.25, 1.3125, 1.328125]), (1.0, [1, 2, 3, 4])]
)
def test_the_level_of_cost_strays_as_its_trend_says(persistence, growth):
    levels = trend_levels(PATHS, 4, Trend(0.02, persistence), seed=1)
    np.testing.assert_allclose(levels.mean(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.log(levels).var(axis=1), 0.02**2 * np.array(growth), rtol=0.02)


def test_a_reserve_by_hand():
    cost_ = np.array([[60.0, 140.0], [100.0, 90.0]])
    left = reserves(20.0, [100.0, 110.0], cost_, interest=0.1)
    np.testing.assert_allclose(left, [[62.0, -18.0], [78.2, 0.2]])
    found = ruin_by_year(left)
    assert found.probability.tolist() == [0.5, 0.5]  # a ruined one stays so, though money comes back
    np.testing.assert_allclose(found.error, np.sqrt(0.25 / 2))


def test_the_error_is_that_of_so_many_paths():
    paths = [yearly_costs(cost()[: 4_096 * 16].reshape(16, -1)[k], 3, seed=k) for k in range(16)]
    found = [ruin_by_year(reserves(sd(), 1.005 * mean(), one)) for one in paths]
    spread = np.std([one.probability[-1] for one in found])
    assert spread == pytest.approx(found[0].error[-1], rel=0.6)
    assert all((one.low <= one.probability).all() and (one.probability <= one.high).all() for one in found)


@given(st.floats(0.01, 0.5), st.floats(0, 0.05))
def test_the_reserve_for_a_chance_of_ruin_has_that_chance(chance, interest):
    paths, premium = yearly_costs(cost()[:2_048], 5, seed=4), 1.002 * mean()
    need = reserve_for(chance, premium, paths, interest=interest)
    assert ruin_by_year(reserves(need * (1 + 1e-9), premium, paths, interest=interest)).probability[-1] <= chance
    if need > 0:
        assert (
            ruin_by_year(reserves(need * 0.999, premium, paths, interest=interest)).probability[-1]
            >= chance - 2 / 2_048
        )


@pytest.mark.parametrize("ask", [
    lambda: yearly_costs([1.0], 0), lambda: yearly_costs([1.0], 2, persistence=1.1), lambda: Trend(-0.1),
    lambda: Trend(0.1, 2.0), lambda: reserves(np.nan, 1.0, np.ones((2, 2))), lambda: reserves(1.0, 1.0, np.ones((2, 2)), interest=-1),
    lambda: reserve_for(0.0, 1.0, np.ones((2, 2))),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(ask):
    with pytest.raises(ValueError, match=r"year|spread|finite|between"):
        ask()
