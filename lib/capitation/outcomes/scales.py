"""From a measure's value to a score from 0 to 1, from scores to one, and from that to whole pence.

A value that is missing is NaN and is not zero: what stands for it is declared (`without_missing`). Where lower is better a
scale runs from a higher floor to a lower target, so that no value is turned round by hand. Source of the functions, F1 to
F7, with vectors and real schemes: measures reference, section 3.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor as rounded_down
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from capitation.errors import InputError
from capitation.loss.pence import to_the_penny
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import numbers, series

TOP = 10  # points of hospital value-based purchasing at the benchmark
DEAD_BAND = 0.5  # of the gap
BEST, WORST = 1.0, 4.0  # of the NHS Oversight Framework
HALF = Fraction(1, 2)

Missing = Literal["rescale", "zero", "carry"]


def linear(value: ArrayLike, floor: float, target: float, stretch: float | None = None,
           at_target: float = 1.0) -> Floats:  # fmt: skip
    """F1: 0 at the floor, ``at_target`` at the target, linear between; on to 1 at a ``stretch`` beyond it.

    Shape as ``value``; NaN stays NaN. 0.55 from 0.35 to 0.75: 0.5. Raises InputError unless floor, target and stretch
    lie in one direction, or for a score at the target above 1; without a stretch it is 1.
    """
    sign = _direction(floor, target)
    xs, ys = [floor, target], [0.0, 1.0]
    if stretch is not None:
        if not sign * (stretch - target) > 0:
            raise InputError("stretch", f"{stretch:g}", f"a value beyond the target of {target:g}")
        xs, ys = [*xs, stretch], [0.0, float(numbers(at_target, "score at the target", 0, 1)), 1.0]
    return np.interp(sign * _values(value), sign * np.asarray(xs), ys)


def _direction(floor: float, target: float) -> int:
    if not (np.isfinite([floor, target]).all() and floor != target):
        raise InputError("target", f"{target:g} with a floor of {floor:g}", "a target above or below the floor")
    return 1 if target > floor else -1


def _values(value: ArrayLike) -> Floats:
    """Values of any shape, NaN where missing."""
    found = np.asarray(value, dtype=float)
    numbers(found[~np.isnan(found)], "value of a measure")
    return found


def steps(value: ArrayLike, edges: Sequence[float], points: Sequence[float], below: float = 0.0) -> Floats:
    """F2: the points of the last step reached, ``below`` before the first; a value on an edge has reached it.

    ``edges`` rise (higher is better) or fall (lower is better), one for each of ``points``. NaN stays NaN.
    """
    x, ends = _values(value), series(edges, "edges of the steps")
    sign = -1 if len(ends) > 1 and ends[1] < ends[0] else 1
    if (np.diff(sign * ends) <= 0).any() or len(points) != len(ends):
        raise InputError("edges of the steps", f"{len(ends)} edges for {len(points)} points", "one each, in order")
    earned = np.asarray([below, *points], dtype=float)[np.searchsorted(sign * ends, sign * x, side="right")]
    return np.where(np.isnan(x), np.nan, earned)


def cliff(value: ArrayLike, threshold: float, higher_is_better: bool = True) -> Floats:
    """All at the threshold or beyond, nothing short of it. NaN stays NaN. What that pays for chance: `luck`."""
    x, sign = _values(value), 1 if higher_is_better else -1
    return np.where(np.isnan(x), np.nan, (sign * x >= sign * threshold).astype(float))


class Points(NamedTuple):
    """Points for attainment and for improvement, and the higher of them, which counts: 0 to 10."""

    attainment: int
    improvement: int

    @property
    def score(self) -> int:
        """The higher of the two."""
        return max(self)


def attainment_or_improvement(value: float, threshold: float, benchmark: float, base: float) -> Points:
    """F3: points of hospital value-based purchasing for a value against all hospitals and against its own ``base``.

    10 at the benchmark b; from the threshold t, 9(x - t)/(b - t) + 0.5 from 1 to 9; from the base s,
    10(x - s)/(b - s) - 0.5 from 0 to 9. Halves are rounded up in exact decimals: binary numbers give 3 and 4 at 0.70 for
    t 0.65, b 0.80, s 0.60, which is 4 and 5. A base at or beyond the benchmark has no improvement to earn.
    """
    x, t, b, s = (exact(v) for v in (value, threshold, benchmark, base))
    if t == b:
        raise InputError("benchmark", "the same as the threshold", "a benchmark above or below it")
    sign = 1 if b > t else -1
    if sign * x >= sign * b:
        return Points(TOP, _improvement(x, b, s, sign))
    reached = min(max(half_up(9 * (x - t) / (b - t) + HALF), 1), TOP - 1) if sign * x >= sign * t else 0
    return Points(reached, _improvement(x, b, s, sign))


def _improvement(x: Fraction, b: Fraction, s: Fraction, sign: int) -> int:
    if sign * s >= sign * b or sign * x <= sign * s:
        return 0
    return min(max(half_up(10 * (x - s) / (b - s) - HALF), 0), TOP - 1)


def exact(value: float) -> Fraction:
    """A number as the decimal that it is written as, without the error of binary. Raises InputError unless finite."""
    return Fraction(str(float(numbers(value, "value of a measure"))))


def half_up(value: Fraction) -> int:
    """The nearest whole number, a half upwards."""
    return rounded_down(value + HALF)


def gap_closed(value: ArrayLike, start: float, goal: float) -> Floats:
    """The share of the way from ``start`` to ``goal`` that has been gone, below 0 for a way back. NaN stays NaN."""
    _direction(start, goal)
    return (_values(value) - start) / (goal - start)


def gap_to_goal(closed: ArrayLike, dead_band: float = DEAD_BAND) -> Floats:
    """F4: nothing below the dead band, a share of the gap, then linear to 1 at the goal. 75 % closed of a half: 0.5."""
    band = float(numbers(dead_band, "dead band", 0, 1))
    if band == 1:
        return cliff(closed, 1.0)
    return np.clip((_values(closed) - band) / (1 - band), 0.0, 1.0)


def rank_score(rank: ArrayLike, places: int, best: float = BEST, worst: float = WORST) -> Floats:
    """F6: ``best`` for rank 1 to ``worst`` for the last, linear. 34 of 134: 1.7444. Raises InputError below two places."""
    if places < 2:
        raise InputError("ranks", f"{places} places", "2 or more")
    return best + (worst - best) * (numbers(rank, "rank", 1, places) - 1) / (places - 1)


class Gated(NamedTuple):
    """F7: a score before and after the gates, both to be kept."""

    before: float
    after: float


def gated(score: float, passed: Iterable[bool]) -> Gated:
    """Nothing, whatever the score, if any gate is failed."""
    return Gated(score, score if all(passed) else 0.0)


def without_missing(scores: ArrayLike, weights: ArrayLike, rule: Missing,
                    last: ArrayLike | None = None) -> tuple[Floats, Floats]:  # fmt: skip
    """F5: scores and weights with what stands for a missing score (NaN), both of shape (measures,).

    ``rescale``: its weight goes to the others in proportion; ``zero``: it scores 0; ``carry``: its ``last`` score
    counts, and where that is missing too it is rescaled. Weights keep their sum, unless every score is missing: then
    all are 0. Of weights 10, 25, 40, 25 without the last: 13.3, 33.3, 53.3.
    """
    s, w = np.atleast_1d(_values(scores)), np.atleast_1d(numbers(weights, "weights", 0))
    if s.shape != w.shape:
        raise InputError("weights", f"{w.size} for {s.size} scores", "one a measure")
    if rule not in ("rescale", "zero", "carry"):
        raise InputError("missing scores", str(rule), "rescale, zero or carry")
    if rule == "zero":
        return np.nan_to_num(s, nan=0.0), w
    if rule == "carry":
        if last is None:
            raise InputError("missing scores", "nothing to carry forward", "the last scores")
        s = np.where(np.isnan(s), np.broadcast_to(_values(last), s.shape), s)
    there = ~np.isnan(s)
    left = float(w[there].sum())
    return np.nan_to_num(s, nan=0.0), np.where(there, w * (w.sum() / left if left > 0 else 0.0), 0.0)


def weighted(scores: ArrayLike, weights: ArrayLike) -> float:
    """Σ weight·score / Σ weight; NaN where no weight is above 0. Raises InputError for a missing score."""
    s, w = series(scores, "scores"), series(weights, "weights")
    if len(s) != len(w) or (w < 0).any():
        raise InputError("weights", f"{len(w)} for {len(s)} scores", "one a measure, 0 or more")
    return float(w @ s / w.sum()) if w.sum() > 0 else float("nan")


class Pay(NamedTuple):
    """What each measure earns of a pool, and what is left of it, in pence: together the pool."""

    earned: dict[str, int]
    not_earned: int


def pay(pool: int, weights: Mapping[str, float], scores: Mapping[str, float]) -> Pay:
    """Pool × weight × score of each measure in whole pence, by largest remainder; the pool in pence, 0 or more.

    Weights are shares of the pool and sum to 1 or less; what they leave is not earned. The sum of what is earned is the exact sum
    rounded half up. Raises InputError for a score outside 0 to 1, a measure without a score, or weights above 1 in all.
    """
    parts = {name: exact(weight) * _score(name, scores) for name, weight in weights.items()}
    if pool < 0 or any(w < 0 for w in weights.values()) or sum(map(exact, weights.values())) > 1 + Fraction(1, 10**9):
        raise InputError("pay", "a pool or weight below 0, or weights that sum to more than 1", "shares of a pool")
    amounts = {name: pool * part for name, part in parts.items()}
    total = min(half_up(sum(amounts.values(), Fraction(0))), pool)
    return Pay(to_the_penny(amounts, total), pool - total)


def _score(name: str, scores: Mapping[str, float]) -> Fraction:
    if name not in scores:
        raise InputError("pay", f"no score for {name}", "one of each measure that has a weight")
    return exact(float(numbers(scores[name], f"score of {name}", 0, 1)))
