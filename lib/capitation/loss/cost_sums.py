"""What is kept of people's costs: counts and sums in bins, and the dearest people one by one. Rows are not needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from capitation.loss.ratio import Floats

DEAREST = 64  # people kept one by one
LOWEST_THRESHOLD = 1_000.0  # currency, and so many thresholds up to the largest cost,
THRESHOLDS = 160
FINER = 24  # edges below the lowest threshold, from a thousandth of it: nobody asks for sums up to those


@dataclass(frozen=True, eq=False)
class CostSums:
    """People counted in bins of cost, with what their costs up to each threshold sum to.

    ``threshold`` (thresholds,) rises from above 0, in currency. By bin ``people``, ``cost`` Σx, ``cost_squared`` Σx²,
    all (bins,), and ``capped`` Σ min(x, t), ``above`` people with x > t, both (bins, thresholds). The dearest stand
    apart: ``top`` (dearest,) are their costs and ``top_people`` how many each stands for, 1 where they are data.
    Raises ValueError where shapes differ, figures are negative or not finite, or nobody is there.
    Source: numerics reference, sections 1 and 3.
    """

    threshold: Floats
    people: Floats
    cost: Floats
    cost_squared: Floats
    capped: Floats
    above: Floats
    top: Floats
    top_people: Floats

    def __post_init__(self) -> None:
        _check(self)

    def __add__(self, other: "CostSums") -> "CostSums":
        """The sums of both together. Raises ValueError unless they have the same thresholds and bins."""
        if not np.array_equal(self.threshold, other.threshold) or self.capped.shape != other.capped.shape:
            raise ValueError("only sums in the same bins can be added")
        added = ("people", "cost", "cost_squared", "capped", "above")
        sums = {name: getattr(self, name) + getattr(other, name) for name in added}
        tops = {name: np.append(getattr(self, name), getattr(other, name)) for name in ("top", "top_people")}
        return CostSums(self.threshold, **sums, **tops)

    @property
    def all_people(self) -> Floats:
        """People of each bin, then of each of the dearest, shape (bins + dearest,)."""
        return np.append(self.people, self.top_people)

    @property
    def all_means(self) -> Floats:
        """Mean cost, in the same order and shape; 0 in a bin of nobody."""
        return np.append(_each(self.cost, self.people), self.top)

    @property
    def all_capped(self) -> Floats:
        """Mean of min(x, t), shape (bins + dearest, thresholds)."""
        return np.vstack([_each(self.capped, self.people[:, None]), np.minimum(self.top[:, None], self.threshold)])

    @property
    def all_above(self) -> Floats:
        """Share of people with x > t, in the same shape."""
        return np.vstack([_each(self.above, self.people[:, None]), (self.top[:, None] > self.threshold).astype(float)])

    @property
    def largest(self) -> float:
        """The largest cost that is known: of the dearest, or the mean of the dearest bin."""
        return float(self.all_means[self.all_people > 0].max())


def thresholds_to(largest: float, mean: float, count: int = THRESHOLDS) -> Floats:
    """``count`` amounts in geometric steps up to the largest cost: from a thousand, a quarter of the mean or a twentieth
    of the largest, whichever is least."""
    lowest = min(LOWEST_THRESHOLD, mean / 4, largest / 20) if largest > 0 else LOWEST_THRESHOLD
    return np.geomspace(lowest, max(largest, 2 * lowest), count + 1)[:-1]


def sums_in_bins(edge: ArrayLike, people: ArrayLike, cost: ArrayLike, cost_squared: ArrayLike, *, top: ArrayLike = (),
                 threshold: ArrayLike | None = None) -> CostSums:  # fmt: skip
    """Sums from bins alone: where thresholds are edges a bin lies wholly below or above, so that nothing else is needed.

    ``edge`` (edges,) rises; ``people``, ``cost`` and ``cost_squared`` have shape (edges + 1,), the first bin below the
    first edge. ``top`` are the costs of people who are in no bin; ``threshold`` some of the edges, all unless given.
    People at an edge may be counted on either side; above it they count as more than it costs.
    Raises ValueError as `CostSums`, and where a threshold is no edge.
    """
    edges, dear = np.asarray(edge, dtype=float), np.sort(np.asarray(top, dtype=float))
    chosen = edges if threshold is None else np.asarray(threshold, dtype=float)
    if not np.isin(chosen, edges).all():
        raise ValueError("every threshold is an edge of a bin")
    count, total, squared = (np.asarray(one, dtype=float) for one in (people, cost, cost_squared))
    if not count.shape == total.shape == squared.shape == (len(edges) + 1,):
        raise ValueError("a figure for each bin: one below the first edge, and one above each edge")
    over = np.append(-np.inf, edges)[:, None] >= chosen
    capped = np.where(over, count[:, None] * chosen, total[:, None])
    return CostSums(
        chosen, count, total, squared, capped, np.where(over, count[:, None], 0.0), dear, np.ones(len(dear))
    )


def sums_of(amounts: ArrayLike, *, thresholds: int = THRESHOLDS, dearest: int = DEAREST) -> CostSums:
    """Sums of costs that are at hand, shape (people,): for tests, and for cohorts in memory."""
    rising = np.sort(np.asarray(amounts, dtype=float))
    rest, top = np.split(rising, [max(len(rising) - dearest, 0)])
    chosen = thresholds_to(rising[-1], float(rising.mean()), thresholds)
    edge = default_edges(chosen)
    place = np.searchsorted(edge, rest, side="left")
    sums = (np.bincount(place, weights=w, minlength=len(edge) + 1) for w in (np.ones_like(rest), rest, rest**2))
    return sums_in_bins(edge, *sums, top=top, threshold=chosen)


def default_edges(threshold: Floats) -> Floats:
    """Edges of bins: nothing itself, some below the first threshold, and all thresholds."""
    return np.concatenate([[0.0], np.geomspace(threshold[0] / 1_000, threshold[0], FINER, endpoint=False), threshold])


@dataclass(frozen=True, eq=False)
class LineSums:
    """Costs of several lines of the people of `CostSums`, in the same bins of total cost.

    ``means`` (bins + dearest, lines) is the mean cost of a person of the bin on each line; ``within`` (lines, lines) the
    covariance of a person's lines about the means of their bin, over all people. ``names`` has one for each line.
    """

    names: Sequence[str]
    means: Floats
    within: Floats


def line_sums(names: Sequence[str], people: ArrayLike, cost: ArrayLike, products: ArrayLike) -> LineSums:
    """From sums: ``people`` (bins + dearest,), ``cost`` (bins + dearest, lines) and ``products`` Σ x·x′ (lines, lines)."""
    count, total = np.asarray(people, dtype=float), np.asarray(cost, dtype=float)
    means = _each(total, count[:, None])
    return LineSums(tuple(names), means, (np.asarray(products, dtype=float) - means.T @ total) / count.sum())


def line_sums_of(names: Sequence[str], amounts: ArrayLike, *, thresholds: int = THRESHOLDS,
                 dearest: int = DEAREST) -> LineSums:  # fmt: skip
    """Lines of costs that are at hand, shape (people, lines), in the bins that `sums_of` has for their totals."""
    x = np.asarray(amounts, dtype=float)
    x = x[np.argsort(x.sum(axis=1), kind="stable")]
    total = x.sum(axis=1)
    edge = default_edges(thresholds_to(total[-1], float(total.mean()), thresholds))
    rest = max(len(total) - dearest, 0)
    place = np.append(np.searchsorted(edge, total[:rest], side="left"), len(edge) + 1 + np.arange(len(total) - rest))
    bins = len(edge) + 1 + len(total) - rest
    cost = np.column_stack([np.bincount(place, weights=line, minlength=bins) for line in x.T])
    return line_sums(names, np.bincount(place, minlength=bins), cost, x.T @ x)


def _each(total: Floats, people: Floats) -> Floats:
    return np.divide(total, people, out=np.zeros_like(total, dtype=float), where=people > 0)


def _check(sums: CostSums) -> None:
    bins, wide = sums.people.shape, (len(sums.people), len(sums.threshold))
    if not (sums.cost.shape == sums.cost_squared.shape == bins and sums.capped.shape == sums.above.shape == wide):
        raise ValueError("a figure for each bin, and for each bin and threshold")
    if not all(np.isfinite(one).all() and (one >= 0).all() for one in vars(sums).values()):
        raise ValueError("people, costs and thresholds are finite and not negative")
    if len(sums.threshold) == 0 or sums.threshold[0] <= 0 or (np.diff(sums.threshold) <= 0).any():
        raise ValueError("thresholds rise from above nothing")
    if not sums.all_people.sum() > 0:
        raise ValueError("a cohort of nobody has no cost")
