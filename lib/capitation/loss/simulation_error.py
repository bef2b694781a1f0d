"""How far a figure read from drawn years may be off because only so many years were drawn."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from capitation.loss.ratio import Floats

Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """A figure with the limits within which it lies."""

    value: float
    low: float
    high: float


def quantile_of(draws: Floats, level: float) -> Estimate:
    """The ``level`` quantile of ``draws``; the limits are order statistics (binomial ranks, 95 %)."""
    ordered = np.sort(draws)
    n = len(ordered)
    width = Z95 * np.sqrt(n * level * (1 - level))
    ranks = np.floor(n * level - width), np.ceil(n * level), np.ceil(n * level + width)
    low, middle, high = (int(np.clip(rank - 1, 0, n - 1)) for rank in ranks)
    return Estimate(float(ordered[middle]), float(ordered[low]), float(ordered[high]))


def share_of(hits: int, n: int) -> Estimate:
    """hits/n with Wilson's 95 % limits. Source: Wilson 1927; 556 of 1,714 gives 30.3 to 34.7 %."""
    if n == 0:
        return Estimate(float("nan"), 0.0, 1.0)
    p, z2 = hits / n, Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    width = Z95 * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Estimate(p, max(0.0, min(p, float(centre - width))), min(1.0, max(p, float(centre + width))))
