"""Years in a row: costs that stay high because people stay ill and because trend stays, a reserve, and its ruin.

U_y = U_{y-1}·(1 + i) + P_y - R_y from a first reserve U_0; ruin when U_y is below nothing at the end of a year, for
good. Source: numerics reference, section 5; normal scores that are autoregressive: a Gaussian copula of years.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from capitation.loss.ratio import Floats

Z95 = 1.959964


@dataclass(frozen=True)
class Trend:
    """How far the level of cost, the same for all, strays from what was expected, in logarithms.

    ``spread`` is the standard deviation of a year's news, ``persistence`` how much of last year's distance stays: 0
    years of their own, between an autoregression, 1 a random walk. Raises ValueError unless 0 ≤ persistence ≤ 1 and the
    spread is at least 0.
    """

    spread: float = 0.0
    persistence: float = 0.0

    def __post_init__(self) -> None:
        if not (self.spread >= 0 and 0 <= self.persistence <= 1):
            raise ValueError("a trend's spread is at least 0 and its persistence from 0 to 1")


@dataclass(frozen=True, eq=False)
class Ruin:
    """Chance that the reserve has been used up by the end of each year, shape (years,), with its standard error.

    ``error`` is that of drawing so many paths and no more: √(p(1 - p)/paths). ``low`` and ``high`` are Wilson's 95 %.
    """

    probability: Floats
    error: Floats
    low: Floats
    high: Floats


def yearly_costs(cost: ArrayLike, years: int, *, persistence: float = 0.0, trend: Trend | None = None,
                 seed: int = 0) -> Floats:  # fmt: skip
    """Cost in each year of as many paths as there are scenarios, shape (years, scenarios), currency.

    ``cost`` (scenarios,) is one year's; every year holds each scenario once, so that its law is that of one year.
    ``persistence`` ρ is the correlation of a year with the next one in normal scores, as of people who stay dear: that
    of a person's costs of two years times the share of people who stay. 0: years independent; 1: the same year again.
    Raises ValueError unless 0 ≤ ρ ≤ 1 and there is a year.
    """
    rising = np.sort(np.asarray(cost, dtype=float))
    levels = trend_levels(len(rising), years, trend or Trend(), seed)
    return rising[yearly_ranks(len(rising), years, persistence, seed)] * levels


def yearly_ranks(paths: int, years: int, persistence: float, seed: int = 0) -> NDArray[np.int64]:
    """Places in rising order of cost, each once a year, shape (years, paths); ``persistence`` as in `yearly_costs`."""
    if years < 1 or not 0 <= persistence <= 1:
        raise ValueError("there is at least one year, and persistence is from 0 to 1")
    return _ranks(paths, years, persistence, np.random.default_rng([seed, 11]))


def trend_levels(paths: int, years: int, trend: Trend, seed: int) -> Floats:
    """The level of cost in each year over what was expected, shape (years, paths), mean 1 exactly in every year."""
    if trend.spread == 0:
        return np.ones((years, paths))
    news = _scores(paths, years, np.random.default_rng([seed, 13]))
    level = np.empty_like(news)
    level[0] = news[0]
    for year in range(1, years):
        level[year] = trend.persistence * level[year - 1] + news[year]
    factor = np.exp(trend.spread * level)
    return factor / factor.mean(axis=1, keepdims=True)


def reserves(first: float, premium: ArrayLike, cost: Floats, *, interest: float = 0.0) -> Floats:
    """What is left at the end of each year, shape (years, paths), currency; below nothing it is borrowed at ``interest``.

    ``premium`` is a number or has one for each year, paid at its end with the cost. Raises ValueError unless all is
    finite and interest is above -1.
    """
    paid = np.broadcast_to(np.asarray(premium, dtype=float), len(cost))
    if not (np.isfinite(first) and np.isfinite(paid).all() and np.isfinite(cost).all() and interest > -1):
        raise ValueError("reserve, premium and cost are finite, and interest is above -1")
    left, year_end = np.full(cost.shape[1], float(first)), np.empty_like(cost)
    for year, (income, spent) in enumerate(zip(paid, cost, strict=True)):
        left = left * (1 + interest) + income - spent
        year_end[year] = left
    return year_end


def ruin_by_year(year_end: Floats) -> Ruin:
    """The chance of ruin by the end of each year from `reserves`, shape (years, paths)."""
    ruined = np.logical_or.accumulate(year_end < 0, axis=0)
    p, paths = ruined.mean(axis=1), year_end.shape[1]
    z2 = Z95**2 / paths
    centre, width = (p + z2 / 2) / (1 + z2), np.sqrt(p * (1 - p) * z2 + z2**2 / 4) / (1 + z2)
    return Ruin(p, np.sqrt(p * (1 - p) / paths), np.maximum(centre - width, 0.0), np.minimum(centre + width, 1.0))


def reserve_for(chance: float, premium: ArrayLike, cost: Floats, *, interest: float = 0.0) -> float:
    """The first reserve with which ruin by the last year has at most this ``chance``, currency; 0 if none is needed.

    From the paths themselves: the least that each would have needed, brought to the first day by interest.
    """
    if not 0 < chance < 1:
        raise ValueError(f"a chance lies between 0 and 1, not at {chance}")
    without = reserves(0.0, premium, cost, interest=interest)
    discount = (1 + interest) ** -np.arange(1.0, len(cost) + 1)
    needed = np.sort(np.maximum(-(without * discount[:, None]).min(axis=0), 0.0))
    return float(needed[-1 - int(np.floor(chance * len(needed)))])


def _scores(paths: int, years: int, rng: np.random.Generator) -> Floats:
    """Normal scores of mid-ranks in an order of its own each year, shape (years, paths)."""
    score = ndtri((np.arange(paths) + 0.5) / paths)
    return np.stack([score[rng.permutation(paths)] for _ in range(years)])


def _ranks(paths: int, years: int, persistence: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places in rising order of cost, each once a year, shape (years, paths)."""
    news = _scores(paths, years, rng)
    score, ranks = news[0], np.empty((years, paths), dtype=np.int64)
    for year in range(years):
        score = score if year == 0 else persistence * score + np.sqrt(1 - persistence**2) * news[year]
        ranks[year, np.argsort(score, kind="stable")] = np.arange(paths)
    return ranks
