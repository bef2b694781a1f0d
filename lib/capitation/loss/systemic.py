"""A factor common to everybody's cost, and an error of the price, mixed into the law of a total.

θ·S with θ = exp(σz - σ²/2), z standard normal, so that E θ = 1, and S the total of independent people. Neither a factor
common to all nor an error of the price shrinks with the number of people.
Source: numerics reference, section 4; stop-loss of a lognormal amount: Black and Scholes (1973), with no interest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log1p, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from capitation.loss.cosine import Law
from capitation.loss.ratio import Floats

NODES = 128  # of Gauss-Hermite
GAP = 0.5  # of the standard deviation of a total: the most by which the totals at neighbouring nodes may differ
CELLS = 1_024  # of the window of a law whose total is narrower than the gaps between nodes
CLOSE = 1e-12  # of the largest total, for a quantile
MOST_NODES = 256  # that can be had without overflow
WIDEST = 12.0  # standard deviations of the factor beyond which nothing is looked for


def mean_of(law: Law) -> float:
    """The mean of a total, in its currency."""
    if law.width == 0:
        return law.start
    k = np.arange(1, len(law.wave) + 1)
    return law.start + law.width * float(0.5 - ((1 - np.cos(np.pi * k)) / (np.pi * k)) @ law.wave)


def stop_loss_premium(law: Law, retention: ArrayLike) -> Floats:
    """E(S - retention)₊ in closed form, currency, shape as ``retention``: what is above it on average.

    width·[(1 - t)²/2 - Σ wave_k·(cos kπt - cos kπ)/(kπ)] with t = (retention - start)/width.
    """
    y = np.asarray(retention, dtype=float)
    if law.width == 0:
        return np.maximum(law.start - y, 0.0)
    past = (y - law.start) / law.width
    t = np.clip(past, 0.0, 1.0)
    k = np.pi * np.arange(1, len(law.wave) + 1)
    turned = ((np.cos(np.multiply.outer(t, k)) - np.cos(k)) * (law.wave / k)).sum(axis=-1)
    inside = law.width * np.maximum((1 - t) ** 2 / 2 - turned, 0.0)
    return inside + law.width * np.maximum(t - past, 0.0)


def spread_with(spread: float, price_error: float) -> float:
    """σ of a factor that is both: a systemic one of σ ``spread`` times a price whose standard error, as a share, is given.

    √(σ² + ln(1 + e²)): the price's error is lognormal too, with mean 1 and standard deviation e.
    Raises ValueError unless both are at least 0 and finite.
    """
    if not (0 <= spread < np.inf and 0 <= price_error < np.inf):
        raise ValueError(f"a spread and a standard error are at least 0 and finite, not {spread} and {price_error}")
    return sqrt(spread**2 + log1p(price_error**2))


@dataclass(frozen=True, eq=False)
class Mixture:
    """A law mixed of laws of known probability and stop-loss, all of one kind: what is asked of `Law`, of θ·S.

    ``exceeds_each`` and ``premium_each`` give P(> y) and E(· - y)₊ of y, shape as y; ``low`` and ``high`` enclose it.
    """

    mean: float
    low: float
    high: float
    exceeds_each: Callable[[Floats], Floats]
    premium_each: Callable[[Floats], Floats]

    def exceeds(self, y: ArrayLike) -> Floats:
        """P(θS > y), shape as ``y``."""
        return self.exceeds_each(np.asarray(y, dtype=float))

    def cdf(self, y: ArrayLike) -> Floats:
        """P(θS ≤ y), shape as ``y``."""
        return 1.0 - self.exceeds(y)

    def stop_loss(self, y: ArrayLike) -> Floats:
        """E(θS - y)₊, currency, shape as ``y``."""
        return self.premium_each(np.asarray(y, dtype=float))

    def quantile(self, p: float) -> float:
        """The smallest y with P(θS ≤ y) ≥ p. Raises ValueError unless 0 < p < 1."""
        if not 0 < p < 1:
            raise ValueError(f"a probability lies between 0 and 1, not at {p}")
        if self.high <= self.low:
            return self.high
        from scipy.optimize import root_scalar  # 12 MB that no page needs

        ends = (self.low, self.high)
        return root_scalar(lambda y: float(self.exceeds(y)) - (1 - p), bracket=ends, xtol=CLOSE * self.high).root

    def tail_mean(self, p: float) -> float:
        """Mean of the dearest 1 - p: q + E(θS - q)₊/(1 - p). Errors as ``quantile``."""
        q = self.quantile(p)
        return q + float(self.stop_loss(q)) / (1 - p)


def mixed_law(law: Law, spread: float, *, price_error: float = 0.0, nodes: int = NODES) -> Mixture:
    """The law of the total with a systemic factor of σ ``spread`` and a price error (its standard error as a share).

    By Gauss-Hermite over the factor, while totals at neighbouring nodes lie closer than half a standard deviation of
    the total of independent people. Where they do not, as of millions of people, over that total instead: a sum
    of lognormal laws. Errors as ``spread_with``; ValueError as well for a total that may be below nothing.
    """
    sigma = spread_with(spread, price_error)
    if sigma > 0 and law.width > 0 and _gap(sigma, nodes) * mean_of(law) > GAP * _sd(law):
        return _over_the_total(law, sigma)
    if law.width == 0 and sigma > 0:
        return _lognormal(np.array([law.start]), np.ones(1), sigma)
    return over_the_factor(law, *factor_nodes(sigma, nodes))


def factor_nodes(spread: float, nodes: int = NODES) -> tuple[Floats, Floats]:
    """Factors and weights of Gauss-Hermite, both (nodes,); one factor of 1 without a spread.

    Raises ValueError unless there are from 1 to 256 nodes.
    """
    if not 1 <= nodes <= MOST_NODES:
        raise ValueError(f"from 1 to {MOST_NODES} nodes, not {nodes}")
    if spread == 0:
        return np.ones(1), np.ones(1)
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    likely = weight > weight.max() * 1e-18
    factor, share = np.exp(spread * z[likely] - spread**2 / 2), weight[likely] / weight[likely].sum()
    return factor / (share @ factor), share


def over_the_factor(law: Law, factor: Floats, weight: Floats) -> Mixture:
    """P(θS > y) = Σ weight · P(S > y/θ), for factors that are few: shapes (nodes,)."""

    def exceeds(y: Floats) -> Floats:
        return law.exceeds(np.divide.outer(y, factor)) @ weight

    def premium(y: Floats) -> Floats:
        return stop_loss_premium(law, np.divide.outer(y, factor)) @ (weight * factor)

    ends = np.multiply.outer([law.start, law.start + law.width], factor)
    return Mixture(float(weight @ factor) * mean_of(law), float(ends.min()), float(ends.max()), exceeds, premium)


def _over_the_total(law: Law, sigma: float) -> Mixture:
    edge = law.start + law.width * np.linspace(0, 1, CELLS + 1)
    above, premium = law.exceeds(edge), stop_loss_premium(law, edge)
    weight = np.maximum(-np.diff(above), 0.0)
    cost = premium[:-1] - premium[1:] + edge[:-1] * above[:-1] - edge[1:] * above[1:]
    there = weight > 1e-15
    mean = np.clip(cost[there] / weight[there], edge[:-1][there], edge[1:][there])
    return _lognormal(mean, weight[there] / weight[there].sum(), sigma)


def _lognormal(mean: Floats, weight: Floats, sigma: float) -> Mixture:
    """A mixture of lognormal laws of the same σ, with the means and weights given, shapes (cells,)."""
    if mean.min() <= 0:
        raise ValueError("a factor is on totals above nothing")

    def level(y: Floats) -> Floats:
        return np.log(np.divide.outer(np.maximum(y, np.finfo(float).tiny), mean)) / sigma

    def exceeds(y: Floats) -> Floats:
        return ndtr(-level(y) - sigma / 2) @ weight

    def premium(y: Floats) -> Floats:
        z = level(y)
        return np.where(
            y > 0, ndtr(sigma / 2 - z) @ (weight * mean) - y * (ndtr(-z - sigma / 2) @ weight), weight @ mean - y
        )

    reach = np.exp(np.array([-WIDEST, WIDEST]) * sigma - sigma**2 / 2)
    return Mixture(float(weight @ mean), float(mean.min() * reach[0]), float(mean.max() * reach[1]), exceeds, premium)


def _gap(sigma: float, nodes: int) -> float:
    """The share by which factors at neighbouring nodes in the middle differ."""
    return sigma * np.pi / sqrt(nodes + 0.5)


def _sd(law: Law) -> float:
    """From E(S - y)₊ integrated: Var S = 2∫E(S - y)₊ dy - (mean - start)², by the midpoint rule over the window."""
    y = law.start + law.width * (np.arange(CELLS) + 0.5) / CELLS
    second = 2 * law.width * float(stop_loss_premium(law, y).mean())
    return sqrt(max(second - (mean_of(law) - law.start) ** 2, 0.0))


def common_factors(count: int, spread: float, seed: int) -> Floats:
    """A factor for each of ``count`` scenarios, mean 1 exactly: mid-ranks of the lognormal law in random order."""
    rank = np.random.default_rng([seed, 7]).permutation(count)
    factor = np.exp(spread * ndtri((rank + 0.5) / count))
    return factor / factor.mean()
