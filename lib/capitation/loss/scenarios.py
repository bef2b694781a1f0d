"""Many equally likely years of one cohort, drawn once: what people cost up to any amount, and beyond it, together.

A year is a number of people in each bin of cost. Every question put to the same scenarios meets the same years, so
that a difference between two answers is a difference between the questions. What is stored is the sum of min(x, t) and
the number of people above t for a row of thresholds t, of a size that does not grow with the number of people.
Source: numerics reference, section 3.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

from capitation.loss.cost_sums import CostSums, LineSums
from capitation.loss.rank_remap import knots_of, layer_factors, projections_of
from capitation.loss.ratio import Floats
from capitation.loss.scenario_counts import counts
from capitation.loss.sobol import sobol

Singles = NDArray[np.float32]
Reals = NDArray[Any]  # in either precision
SCENARIOS = 16_384
STEEPEST = 3.0  # slopes over the secant with which a cubic still rises throughout
LITTLE = 0.04  # of all cost
AT_ONCE = 1_024  # scenarios
FEW = 16  # nodes between the least and the most of some amounts
BEYOND = 1.0001  # the last node, over the largest amount


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Years of ``people`` people, each as likely as the others.

    ``node`` (nodes,) are amounts in the data set's currency, 0 first and the last beyond the largest cost;
    ``up_to`` (nodes, scenarios) is Σ min(x, node), in currency, and ``people_above`` (nodes, scenarios) how many cost
    more, both in single precision; ``lines`` (lines, scenarios) are the totals of several lines, which sum to the
    total, empty where none were asked for.
    """

    people: int
    node: Floats
    up_to: Singles
    people_above: Singles
    lines: Floats

    @property
    def count(self) -> int:
        """How many scenarios there are."""
        return self.up_to.shape[1]

    @property
    def total(self) -> Floats:
        """Cost of all people, shape (scenarios,), in currency."""
        return self.up_to[-1].astype(float)

    def below(self, amount: float, factor: float | Floats = 1.0) -> Floats:
        """Σ min(f·x, amount) of each scenario, shape (scenarios,), in currency.

        ``factor`` f moves every cost of a scenario: a number, or one for each of them. f·H(amount/f) with H the cubic
        between nodes that has their slopes, flattened where a scenario has so few people that it would turn down.
        Raises ValueError where ``amount`` is below 0 or not a number, or a factor is not positive and finite.
        """
        f = _checked(amount, factor)
        at = np.minimum(amount / f, self.node[-1])
        return f * (self._at_one(float(at)) if at.ndim == 0 else self._at_each(at))

    def above(self, amount: float, factor: float | Floats = 1.0) -> Floats:
        """Σ (f·x - amount)₊ of each scenario: the total less ``below``, never negative. Shape and errors as there."""
        return np.maximum(self.total * factor - self.below(amount, factor), 0.0)

    def layer_in(self, which: NDArray[np.int64], amounts: tuple[float, float], factor: Floats) -> Floats:
        """Σ of what lies between two amounts of each cost, in the scenarios ``which``, shape (rows, scenarios), and the years
        of ``factor``, (scenarios,); an infinite second amount is no limit.

        In single precision throughout, which halves its time: for sums that are averaged with others.
        """
        low, high = amounts
        f = _checked(low, factor).astype(np.float32)
        upper = self._below_in(which, high / f) if np.isfinite(high) else self.up_to[-1].take(which)
        return np.maximum((upper - self._below_in(which, low / f)) * f, np.float32(0.0))

    def _below_in(self, which: NDArray[np.int64], amount: Reals) -> Reals:
        at = np.minimum(amount, np.float32(self.node[-1]))
        j = self._interval(at)
        here = j * self.count + which
        up_to, people = self.up_to.ravel(), self.people_above.ravel()
        start, end = up_to.take(here), up_to.take(here + self.count)
        past, width = (at - self.node[j]).astype(np.float32), np.diff(self.node)[j].astype(np.float32)
        return _curve(past / width, width, start, end - start, people.take(here), people.take(here + self.count))

    def people_beyond(self, amount: float, factor: float | Floats = 1.0) -> Floats:
        """How many people cost more than ``amount``, between nodes by a line; shape (scenarios,), errors as ``below``."""
        at = np.minimum(amount / _checked(amount, factor), self.node[-1])
        place = self._interval(at)
        v = (at - self.node[place]) / (self.node[place + 1] - self.node[place])
        column = np.arange(self.count)
        return (1 - v) * self.people_above[place, column] + v * self.people_above[place + 1, column]

    def _interval(self, at: Floats) -> NDArray[np.int64]:
        below = _at_or_below(self.node, at) if at.size > FEW else np.searchsorted(self.node, at, side="right")
        return np.clip(below - 1, 0, len(self.node) - 2)

    def _at_one(self, at: float) -> Floats:
        j = int(self._interval(np.asarray(at)))
        ends = (self.up_to[j], self.people_above[j], self.up_to[j + 1], self.people_above[j + 1])
        return _cubic(at - self.node[j], float(self.node[j + 1] - self.node[j]), *ends)

    def _at_each(self, at: Floats, which: NDArray[np.int64] | None = None) -> Floats:
        j = self._interval(at)
        here = j * self.count + (np.arange(self.count) if which is None else which)
        there = here + self.count
        up_to, above = self.up_to.ravel(), self.people_above.ravel()
        ends = (up_to.take(here), above.take(here), up_to.take(there), above.take(there))
        return _cubic(at - self.node[j], self.node[j + 1] - self.node[j], *ends)


def scenarios_of(sums: CostSums, people: int, *, count: int = SCENARIOS, seed: int = 0,
                 lines: LineSums | None = None) -> Scenarios:  # fmt: skip
    """Scenarios of ``people`` people drawn independently from those of ``sums``; the same seed gives the same years.

    ``count`` is a power of two. Counts of people in bins come from scrambled Sobol points and sum to ``people``
    (`scenario_counts`). Costs between knots are then moved by a factor near 1 in each scenario, so that sums of known
    law have it (`rank_remap`), and from node to node to their exact means. With ``lines`` their totals are drawn as
    well: the mean of each line in each bin, and normal noise within bins from points of their own. Raises ValueError
    for fewer than one person, a count that is no power of two, or lines in other bins than the sums.
    """
    _check_build(sums, people, count, lines)
    bins = _Bins.of(sums)
    parts = len(bins.weight) - 1
    with threadpool_limits(limits=1):  # more threads wait longer for each other than they save on a machine in use
        uniform = sobol(parts + (len(lines.names) if lines else 0), count, seed)
        number = counts(bins.weight, bins.capped[:, -1], bins.dearest_sums, people, uniform[:parts])
        up_to, above = _moved(sums, people, bins, number)
        totals = _line_totals(bins, lines, number, uniform[parts:], up_to[-1], seed) if lines else None
    return Scenarios(people, bins.node, up_to, above,
                     np.zeros((0, count)) if totals is None else totals)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Bins:
    """Bins in order of mean cost, the dearest first: Σ weight = 1; per person ``capped`` and ``above``, (bins, nodes)."""

    node: Floats
    weight: Floats
    capped: Floats
    above: Floats
    order: NDArray[np.int64]

    @property
    def dearest_sums(self) -> Floats:
        """``capped`` at the nodes above which little cost lies, shape (bins, those): what the first points should move."""
        summed = self.weight @ self.capped
        return self.capped[:, summed >= (1 - LITTLE) * summed[-1]]

    @classmethod
    def of(cls, sums: CostSums) -> "_Bins":
        people, mean = sums.all_people, sums.all_means
        there = np.flatnonzero(people > 0)
        order = there[np.argsort(-mean[there], kind="stable")]
        node = np.concatenate([[0.0], sums.threshold, [max(BEYOND * sums.largest, 1.0 + sums.threshold[-1])]])
        none, some = np.zeros_like(mean), (mean > 0).astype(float)
        capped = np.column_stack([none, sums.all_capped, mean])
        above = np.column_stack([some, sums.all_above, none])
        return cls(node, people[order] / people.sum(), capped[order], above[order], order)


def _cubic(past: float | Floats, width: float | Floats, start: Singles, slope: Singles, end: Singles,
           end_slope: Singles) -> Floats:  # fmt: skip
    """The cubic with these ends and slopes at ``past`` of ``width``; it rises where the ends do."""
    return _curve(past / width, width, start, end.astype(float) - start, slope, end_slope)


def _at_or_below(node: Floats, at: Floats) -> NDArray[np.int64]:
    """How many nodes lie at or below each amount. Amounts that lie close together meet few nodes, counted one by one."""
    first, last = np.searchsorted(node, [at.min(), at.max()], side="right")
    if last - first > FEW:
        return np.searchsorted(node, at, side="right")
    count = np.full(at.shape, first)
    for one in node[first:last]:
        count += at >= one
    return count


def _curve(
    v: float | Reals, width: float | Reals, start: Singles, rise: Reals, slope: Singles, end_slope: Singles
) -> Reals:
    """The cubic at the part ``v`` of its width, from its rise, in the precision of that."""
    first = np.minimum(slope * width, STEEPEST * rise)
    last = np.minimum(end_slope * width, STEEPEST * rise)
    bend = first + last - 2 * rise
    return start + v * (first + v * (rise - first - bend + v * bend))


def _moved(sums: CostSums, people: int, bins: _Bins, number: Floats) -> tuple[Singles, Singles]:
    """Σ min(x, node) and people above, both (nodes, scenarios), brought near their exact laws and to their exact means.

    By steps from node to node, so that neither turns back, and what is nothing stays nothing.
    """
    knots = knots_of(sums)
    starts = np.array([0, *(1 + k for k in knots)])
    layer = np.searchsorted(starts, np.arange(len(bins.node) - 1), side="right") - 1
    rise, fall, expected = np.diff(bins.capped, axis=1).T, -np.diff(bins.above, axis=1).T, bins.weight * people
    layers = np.add.reduceat(_to_mean(rise, number.mean(axis=1), expected), starts, axis=0) @ number
    factors = layer_factors(layers, projections_of(sums, people, knots, number.shape[1]))
    met = (number @ factors.T / number.shape[1]).T[layer]
    rise, fall = (_to_mean(step, met, expected) for step in (rise, fall))
    return _summed(rise, fall[::-1], number, factors, layer, people)


def _to_mean(steps: Floats, met: Floats, expected: Floats) -> Floats:
    """What a person of each bin adds at each step, (steps, bins), over what was ``met`` so that it has its exact mean."""
    mean = (steps * met).sum(axis=1)
    return steps * np.divide(steps @ expected, mean, out=np.ones_like(mean), where=mean > 0)[:, None]


def _summed(rise: Floats, fall: Floats, number: Floats, factors: Floats, layer: NDArray[np.int64],
            people: int) -> tuple[Singles, Singles]:  # fmt: skip
    """The steps summed from either end, some scenarios at a time so that they stay in the processor's memory."""
    up_to, above = np.zeros((2, len(rise) + 1, number.shape[1]), dtype=np.float32)
    for first in range(0, number.shape[1], AT_ONCE):
        some = slice(first, first + AT_ONCE)
        moved = factors[:, some][layer]
        up_to[1:, some] = np.cumsum((rise @ number[:, some]) * moved, axis=0)
        above[-2::-1, some] = np.minimum(np.cumsum((fall @ number[:, some]) * moved[::-1], axis=0), people)
    return up_to, above


def _with_mean(rows: Floats, exact: Floats) -> Floats:
    """Each row brought to its exact mean in place, unless there is nothing in it."""
    mean = rows.mean(axis=1)
    rows *= np.divide(exact, mean, out=np.ones_like(mean), where=mean > 0)[:, None]
    return rows


def _line_totals(bins: _Bins, lines: LineSums, number: Floats, uniform: Floats, total: Floats, seed: int) -> Floats:
    """Totals of lines, shape (lines, scenarios), at their exact means but for the little that is moved to sum to total."""
    means, order = lines.means[bins.order], np.random.default_rng([seed, 5]).permutation(number.shape[1])
    people = number.sum(axis=0)
    noise = _root(lines.within) @ ndtri(uniform[:, order]) * np.sqrt(people)
    summed = _with_mean(means.T @ number, means.T @ bins.weight * people[0])
    drawn = np.maximum(summed + noise, 0.0)
    return drawn * (total / np.maximum(drawn.sum(axis=0), np.finfo(float).tiny))


def _root(covariance: Floats) -> Floats:
    """A symmetric square root."""
    value, vector = np.linalg.eigh(covariance)
    return (vector * np.sqrt(np.maximum(value, 0.0))) @ vector.T


def _checked(amount: float, factor: float | Floats) -> Floats:
    f = np.asarray(factor, dtype=float)
    if not amount >= 0:
        raise ValueError(f"an amount is at least nothing, not {amount}")
    if not (np.isfinite(f).all() and (f > 0).all()):
        raise ValueError("a factor on cost is positive and finite")
    return f


def _check_build(sums: CostSums, people: int, count: int, lines: LineSums | None) -> None:
    if people < 1:
        raise ValueError("a total needs at least one person")
    if count < 2 or count & (count - 1):
        raise ValueError(f"the number of scenarios is a power of two, not {count}")
    if lines is not None and lines.means.shape[0] != len(sums.all_people):
        raise ValueError("lines are summed in the same bins as cost, the dearest people among them")
