"""An interval for the cost per unit of exposure of a cell of few people, whose costs are heavy-tailed.

A small cell's own spread misleads: the rare dear people that make it are mostly not in the cell, and where they are
missing both the cost and its error come out too low. The spread relative to the mean is much alike over the cells of
a cohort, so it is pooled over them. A cell is trusted at once where it shows more spread than the cohort, and only as
its people grow many where it shows less. How often such intervals hold the truth is measured by `bench.intervals`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from capitation.loss.ratio import Floats

CREDIBLE = 2_000  # people of which half is believed that they vary less than the cohort: a kurtosis of 600, τ² of 0.3
STEADY = 200  # people at the cohort's rate that are added to a cell when cells are put on one scale
MOST_REMOVED = 0.5  # of a squared rate as its own error, which few people cannot tell from the rate


@dataclass(frozen=True, eq=False)
class CellSums:
    """Sums over the people of each cell; all of shape (cells,).

    A person is one unit, with all rows of theirs added up first. ``people`` counts them, ``exposure`` is Σe
    (person-years), ``cost`` Σx (currency); then Σe², Σe·x, Σx². Raises ValueError where a sum is negative or not
    finite, or where people are without exposure or exposure and cost without people.
    """

    people: Floats
    exposure: Floats
    cost: Floats
    exposure_squared: Floats
    exposure_cost: Floats
    cost_squared: Floats

    def __post_init__(self) -> None:
        sums = np.stack(list(vars(self).values()))
        if not (np.isfinite(sums) & (sums >= 0)).all():
            raise ValueError("the sums of a cell must be finite and not negative")
        if ((self.people > 0) != (self.exposure > 0)).any() or self.cost[self.people == 0].any():
            raise ValueError("a cell has people without exposure, or exposure or cost without people")

    @property
    def ratio(self) -> Floats:
        """Σx / Σe, currency per unit of exposure; 0 in a cell of nobody."""
        return _share(self.cost, self.exposure)


def cell_sums(cell: NDArray[np.int64], exposure: ArrayLike, cost: ArrayLike, cells: int) -> CellSums:
    """Sums of people by cell. ``cell`` (0 to ``cells`` - 1), ``exposure`` and ``cost`` have shape (people,)."""
    e, x = np.asarray(exposure, dtype=float), np.asarray(cost, dtype=float)
    terms = (np.ones_like(e), e, x, e * e, e * x, x * x)
    return CellSums(*(np.bincount(cell, weights=term, minlength=cells).astype(float) for term in terms))


def pooled_relative_variance(cells: CellSums) -> float:
    """The variance of a person's cost about its cell's rate, over the square of the mean cost of its cell; no unit.

    k² = Σ w·s² / Σ w·(m² - s²/n): s² is a cell's variance of x - R·e, m its cost per person, and m² - s²/n does not
    count chance in m. w = (n - 1)/m̃² puts cells on one scale, m̃ being m with ``STEADY`` people at the cohort's mean
    added. Raises ValueError where nobody costs anything or no cell has two people.
    """
    n, s2, m = cells.people, _variance(cells), _share(cells.cost, cells.people)
    if not (cells.cost.any() and (n > 1).any()):
        raise ValueError("no cell has a cost and two people: there is no spread to pool")
    scale = (cells.cost + STEADY * cells.cost.sum() / n.sum()) / (n + STEADY)
    weight = np.maximum(n - 1, 0) / scale**2
    certain = np.maximum(m**2 - _share(s2, n), (1 - MOST_REMOVED) * m**2)
    return float(weight @ s2 / (weight @ certain))


def relative_variances(cells: CellSums, pooled: float | Floats | None = None) -> Floats:
    """The relative variance k² to be used for each cell, shape (cells,): see `pooled_relative_variance`.

    Where the cell's own s²/m² is the larger, that; else Z·own + (1 - Z)·pooled with Z = n/(n + ``CREDIBLE``). A
    cell of nobody, of one person or without a cost has the pooled. ``pooled`` is taken from these cells unless given.
    """
    shared = pooled_relative_variance(cells) if pooled is None else pooled
    own = _share(_variance(cells), _share(cells.cost, cells.people) ** 2)
    trust = np.where(own > shared, 1.0, cells.people / (cells.people + CREDIBLE))
    trust = np.where((cells.people > 1) & (cells.cost > 0), trust, 0.0)
    return trust * own + (1 - trust) * shared


def relative_errors(cells: CellSums, pooled: float | Floats | None = None) -> Floats:
    """Standard error of each cell's ratio as a share of it, √(k²/n), shape (cells,). A cell of nobody: that of one."""
    return np.sqrt(relative_variances(cells, pooled) / np.maximum(cells.people, 1))


def small_cell_intervals(
    cells: CellSums, level: float = 0.95, pooled: float | Floats | None = None
) -> tuple[Floats, Floats]:
    """Lower and upper limit of each cell's cost per unit of exposure, both of shape (cells,), currency; always finite.

    R·exp(t²/2 ∓ z·t) with t² = ln(1 + k²/n): cost over its expectation is taken for lognormal with mean 1 and the
    variance k²/n of `relative_variances`. With many people this is the linearised interval on the log scale. A cell
    of nobody has the interval of one person at the cohort's ratio. One with people and no cost reaches from 0 to
    the upper limit of its size at the cohort's ratio. R itself may lie below a narrow interval of a few people, because
    few people mostly cost less than the mean of many (t > 2z). ``pooled`` as in `relative_variances`, a number or by cell.
    Raises ValueError unless 0 < level < 1, and where there is no spread to pool.
    """
    if not 0 < level < 1:
        raise ValueError("the level of an interval lies between 0 and 1")
    t = np.sqrt(np.log1p(relative_errors(cells, pooled) ** 2))
    z = float(ndtri((1 + level) / 2))
    middle = np.where(cells.cost > 0, cells.ratio, cells.cost.sum() / cells.exposure.sum()) * np.exp(t**2 / 2)
    low = np.where((cells.cost > 0) | (cells.people == 0), middle * np.exp(-z * t), 0.0)
    return low, middle * np.exp(z * t)


def _variance(cells: CellSums) -> Floats:
    """Σ(x - R·e)² / (n - 1), shape (cells,), currency²; 0 in a cell of fewer than two people."""
    rate = cells.ratio
    squares = cells.cost_squared - 2 * rate * cells.exposure_cost + rate**2 * cells.exposure_squared
    return _share(np.maximum(squares, 0.0), np.maximum(cells.people - 1, 0))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0)
