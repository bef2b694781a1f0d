"""The cost of one person as a few hundred amounts with their weights, whatever the number of people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from capitation.loss.ratio import Floats

ROUNDING = 1e-13  # of the mean square: a variance so small is what sums of equal costs leave


@dataclass(frozen=True, eq=False)
class Atoms:
    """A person costs ``size`` (currency, rising) with probability ``weight``; both of shape (atoms,), Σ weight = 1."""

    size: Floats
    weight: Floats

    @property
    def mean(self) -> float:
        """Expected cost of a person, in the data set's currency."""
        return float(self.weight @ self.size)

    @property
    def sd(self) -> float:
        """Standard deviation of a person's cost, in the data set's currency."""
        return float(np.sqrt(self.weight @ (self.size - self.mean) ** 2))

    @property
    def cv(self) -> float:
        """Standard deviation as a share of the mean; 0 where nobody costs anything."""
        return self.sd / self.mean if self.mean > 0 else 0.0

    @property
    def skewness(self) -> float:
        """Third central moment over sd³; 0 where everybody costs the same."""
        return float(self.weight @ ((self.size - self.mean) / self.sd) ** 3) if self.sd > 0 else 0.0


def atoms_of(people: ArrayLike, cost: ArrayLike, cost_squared: ArrayLike) -> Atoms:
    """Atoms with the mean and the variance of people counted in bins of cost.

    ``people``, ``cost`` (Σx) and ``cost_squared`` (Σx²) have shape (bins,). A bin is two atoms, its mean ± its
    standard deviation with half its people each, or nothing and Σx²/Σx where the lower would be negative; a bin of
    one person, or of people who cost the same, is one atom. Mean and variance are exact, the third moment nearly.
    Atoms may lie a little outside their bin. A variance that rounding alone may leave counts as none.
    Raises ValueError if there is nobody, or if a figure is negative, not finite, or a cost of nobody.
    Source: numerics reference, section 1; the split at nothing keeps Σx and Σx².
    """
    count, total, squared = _checked(people, cost, cost_squared)
    mean, second = total / count, squared / count
    varied = (count > 1) & (mean > 0)
    variance = second - mean**2
    sd = np.sqrt(variance, where=varied & (variance > ROUNDING * second), out=np.zeros_like(mean))
    above = np.divide(second, mean, where=sd > mean, out=mean + sd)
    share = np.divide(mean, above, where=sd > mean, out=np.full_like(mean, 0.5))
    return _merged(np.append(np.maximum(mean - sd, 0.0), above), np.append(count * (1 - share), count * share))


def _checked(*sums: ArrayLike) -> tuple[Floats, ...]:
    arrays = [np.asarray(one, dtype=float) for one in sums]
    if not all(np.isfinite(one).all() and (one >= 0).all() for one in arrays):
        raise ValueError("people, cost and cost squared of a bin must be finite and not negative")
    anybody = arrays[0] > 0
    if not anybody.any():
        raise ValueError("a cohort of nobody has no cost")
    if any(one[~anybody].any() for one in arrays):
        raise ValueError("a bin without people has a cost")
    return tuple(one[anybody] for one in arrays)


def _merged(size: Floats, count: Floats) -> Atoms:
    """Equal sizes taken together, in rising order."""
    sizes, place = np.unique(size, return_inverse=True)
    together = np.bincount(place, weights=count)
    return Atoms(sizes, together / together.sum())
