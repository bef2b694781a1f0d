"""A measure month by month: what the process does by itself, and what it doesn't.

Limits come from a fixed baseline, never from all points: a change that goes into its own limits hides itself. They are
set anew only by a decision that is named. Source of formulas and rules, with vectors: measures reference, section 4; the rules as in
NHS England's Making Data Count, as coded in NHSRplotthedots; Laney, Quality Engineering 14 (2002).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import above_zero, parts_of, series

FEWEST, MOST = 12, 20  # points of a baseline
RUN = 7  # points on one side of the mean, or rising, or falling
CLOSE_OF = 3  # points in a row, two of them in the outer third
SIGMAS = 3  # from the mean of a p-chart to a limit
OUTER = 2 / 3  # of the way from the mean to a limit: where the outer third begins
RANGE_PER_SIGMA = 1.128  # of two points: the mean moving range over the standard deviation
PER_RANGE = 2.66  # 3 / 1.128, as published
LARGEST_RANGE = 3.267  # times the mean range
ROUNDING = 1e-12  # of the largest figure: two values nearer than that are the same

Signs = NDArray[np.int64]  # -1, 0 or 1 for each point


class Limits(NamedTuple):
    """Mean and control limits of one baseline, in the measure's unit: numbers, or one for each point of a p-chart.

    ``width`` is how far the limits lie from the mean before a share's are cut off at 0 and 1; ``mean_range`` the mean moving
    range (NaN for a p-chart).
    """

    mean: Floats
    low: Floats
    high: Floats
    width: Floats
    mean_range: float = float("nan")

    @property
    def largest_range(self) -> float:
        """The largest moving range that chance explains, 3.267 times the mean one."""
        return LARGEST_RANGE * self.mean_range

    @property
    def sigma(self) -> float:
        """The standard deviation of single values, the mean moving range / 1.128."""
        return self.mean_range / RANGE_PER_SIGMA

    @property
    def warnings(self) -> tuple[Floats, Floats]:
        """Lower and upper warning line: two thirds of the way to the limits, where the outer third begins."""
        return self.mean - OUTER * self.width, self.mean + OUTER * self.width

    def of_points(self, first: int, end: int) -> "Limits":
        """The limits of some points, up to and without ``end``."""
        part = slice(first, end)
        return Limits(self.mean[part], self.low[part], self.high[part], self.width[part], self.mean_range)


NOT_KNOWN = np.asarray(np.nan)
NONE_YET = Limits(NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)


def xmr_limits(baseline: ArrayLike, drop_large_ranges: bool = False) -> Limits:
    """Limits of single values, mean ± 2.66 times the mean moving range of ``baseline``, shape (points,).

    With ``drop_large_ranges`` those above 3.267 times their mean are left out once. Raises InputError below two points.
    """
    x = series(baseline, "baseline of a control chart", 2)
    ranges = np.abs(np.diff(x))
    if drop_large_ranges:
        ranges = ranges[ranges <= LARGEST_RANGE * ranges.mean()]
    mean, width = np.asarray(x.mean()), np.asarray(PER_RANGE * ranges.mean())
    return Limits(mean, mean - width, mean + width, width, float(ranges.mean()))


def p_limits(part: ArrayLike, people: ArrayLike, baseline: int | None = None) -> Limits:
    """Limits of shares of so many people each, p̄ ± 3√(p̄(1 - p̄)/n), 0 to 1; p̄ of the first ``baseline`` points or all.

    For few people: where they are thousands, limits by chance alone are far too narrow; then `laney_limits`.
    """
    x, n = _shares(part, people)
    return _p_limits(x, n, baseline, 1.0)


def laney_limits(part: ArrayLike, people: ArrayLike, baseline: int | None = None) -> Limits:
    """Laney's p′ limits: those of a p-chart times σz, the mean |difference of neighbours' z| / 1.128 of the baseline."""
    x, n = _shares(part, people, 2)
    return _p_limits(x, n, baseline, laney_sigma(x[:baseline], n[:baseline]))


def laney_sigma(part: ArrayLike, people: ArrayLike) -> float:
    """σz: 1 where months differ by chance alone. 0 where everybody or nobody is counted."""
    x, n = _shares(part, people, 2)
    p = x.sum() / n.sum()
    z = (x / n - p) / np.sqrt(p * (1 - p) / n) if 0 < p < 1 else np.zeros(len(x))
    return float(np.abs(np.diff(z)).mean() / RANGE_PER_SIGMA)


def _shares(part: ArrayLike, people: ArrayLike, least: int = 1) -> tuple[Floats, Floats]:
    n = above_zero(series(people, "people of a control chart", least), "people of a control chart")
    x = series(part, "points of a control chart", least)
    if len(x) != len(n):
        raise InputError("points of a control chart", f"{len(x)} for {len(n)} figures of people", "as many of each")
    return parts_of(x, n, "points of a control chart")


def _p_limits(x: Floats, n: Floats, baseline: int | None, sigma_z: float) -> Limits:
    p = x[:baseline].sum() / n[:baseline].sum()
    width = SIGMAS * np.sqrt(p * (1 - p) / n) * sigma_z
    return Limits(np.full(len(n), p), np.maximum(p - width, 0.0), np.minimum(p + width, 1.0), width)


@dataclass(frozen=True)
class Rebase:
    """A decision to set limits anew: from which point (0 the first), and what was decided, by whom and when."""

    at: int
    decision: str


@dataclass(frozen=True, eq=False)
class Chart:
    """A series with its limits and what the rules found; arrays have shape (points,).

    ``values`` in the measure's unit, ``limits`` for each point, NaN where the baseline has too few points. ``outside``, ``run``,
    ``trend`` and ``close`` are the four rules: -1 below or falling, 1 above or rising, for every member of a run; 0 elsewhere.
    ``rebased`` are the decisions after which the limits were set anew.
    """

    values: Floats
    limits: Limits
    outside: Signs
    run: Signs
    trend: Signs
    close: Signs
    rebased: tuple[Rebase, ...] = ()

    @property
    def told(self) -> bool:
        """Whether there are points enough for limits."""
        return bool(np.isfinite(self.limits.mean).all())

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """The points that some rule marks: a change beyond chance."""
        return (self.outside != 0) | (self.run != 0) | (self.trend != 0) | (self.close != 0)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that mark the latest point."""
        names = ("outside", "run", "trend", "close")
        return tuple(name for name in names if getattr(self, name)[-1])


def xmr(values: ArrayLike, baseline: int = FEWEST, rebased: Sequence[Rebase] = (),
        drop_large_ranges: bool = False) -> Chart:  # fmt: skip
    """The chart of single values with limits from the first ``baseline`` points (12 to 20) and again after each re-basing.

    A series shorter than 12 points has no limits yet; one shorter than its baseline has those of the points there are.
    Raises InputError for another baseline, a re-basing without a decision, or one with fewer than 12 points to come.
    """
    x = series(values, "points of a control chart")
    starts = _starts(len(x), baseline, rebased)
    stages = [x[a:b] for a, b in zip(starts, [*starts[1:], len(x)], strict=True)]
    found = [xmr_limits(s[:baseline], drop_large_ranges) if len(s) >= FEWEST else NONE_YET for s in stages]
    return _chart(x, _joined(found, [len(s) for s in stages]), starts, rebased)


def p_chart(part: ArrayLike, people: ArrayLike, baseline: int = FEWEST, rebased: Sequence[Rebase] = (),
            laney: bool = False) -> Chart:  # fmt: skip
    """The chart of shares of so many people a point, by `laney_limits` or `p_limits`. Baselines and errors as `xmr`."""
    x, n = _shares(part, people)
    starts, limits = _starts(len(x), baseline, rebased), laney_limits if laney else p_limits
    stages = [slice(a, b) for a, b in zip(starts, [*starts[1:], len(x)], strict=True)]
    found = [limits(x[s], n[s], baseline) if len(x[s]) >= FEWEST else NONE_YET for s in stages]
    return _chart(x / n, _joined(found, [len(x[s]) for s in stages]), starts, rebased)


def _starts(points: int, baseline: int, rebased: Sequence[Rebase]) -> list[int]:
    if not FEWEST <= baseline <= MOST:
        raise InputError("baseline of a control chart", f"{baseline} points", f"{FEWEST} to {MOST}")
    starts = [0, *(r.at for r in rebased)]
    for place, r in enumerate(rebased):
        if not r.decision.strip():
            raise InputError(f"limits set anew at point {r.at}", "no decision is named", "what was decided and by whom")
        if r.at - starts[place] < FEWEST or points - r.at < FEWEST:
            raise InputError(f"limits set anew at point {r.at}", f"too few of {points} points before or after it",
                             f"{FEWEST} for each baseline")  # fmt: skip
    return starts


def _joined(stages: Sequence[Limits], lengths: Sequence[int]) -> Limits:
    """The limits of every point, and the mean range of the last baseline."""

    def line(name: str) -> Floats:
        return np.concatenate([np.broadcast_to(getattr(s, name), n) for s, n in zip(stages, lengths, strict=True)])

    return Limits(line("mean"), line("low"), line("high"), line("width"), stages[-1].mean_range)


def _chart(x: Floats, limits: Limits, starts: Sequence[int], rebased: Sequence[Rebase]) -> Chart:
    """The four rules within each stage: no run goes across a re-basing."""
    ends = [*starts[1:], len(x)]
    parts = [rules_of(x[a:b], limits.of_points(a, b)) for a, b in zip(starts, ends, strict=True)]
    return Chart(x, limits, *(np.concatenate(rule) for rule in zip(*parts, strict=True)), rebased=tuple(rebased))


def rules_of(values: Floats, limits: Limits) -> tuple[Signs, Signs, Signs, Signs]:
    """Outside a limit; 7 on one side of the mean; 7 rising or falling; 2 of 3 in the outer third. All shape (points,).

    Two of three: all three on one side of the mean, and only the close ones are marked; a point beyond the limit is not
    close. A tie breaks a trend, a point on the mean a run. Nothing is marked where the limits are NaN.
    """
    dust = ROUNDING * float(np.abs(values).max(initial=0.0))
    side = _sign(values - limits.mean, dust)
    outside = (values > limits.high + dust).astype(np.int64) - (values < limits.low - dust)
    low, high = limits.warnings
    close = np.where(outside == 0, (values > high + dust).astype(np.int64) - (values < low - dust), 0)
    steps = _runs(_sign(np.diff(values), dust), RUN - 1)
    trend = np.where(np.isfinite(limits.mean), _either(steps), 0)
    return outside, _runs(side, RUN), trend, _two_of_three(close, side)


def _sign(difference: Floats, dust: float) -> Signs:
    return (difference > dust).astype(np.int64) - (difference < -dust)


def _runs(signs: Signs, least: int) -> Signs:
    """The signs in unbroken runs of at least so many of one kind, 0 elsewhere."""
    if not len(signs):
        return signs
    starts = np.flatnonzero(np.diff(signs, prepend=signs[0] + 2))
    lengths = np.diff(starts, append=len(signs))
    return np.where(np.repeat(lengths, lengths) >= least, signs, 0)


def _either(steps: Signs) -> Signs:
    """Points that a marked step leads to or from; one between two trends belongs to the later."""
    before, after = np.append(0, steps), np.append(steps, 0)
    return np.where(after != 0, after, before)


def _two_of_three(close: Signs, side: Signs) -> Signs:
    marked = np.zeros(len(side), dtype=bool)
    for first in range(len(side) - CLOSE_OF + 1):
        window = slice(first, first + CLOSE_OF)
        same = abs(side[window].sum()) == CLOSE_OF
        marked[window] |= same and np.count_nonzero(close[window]) >= CLOSE_OF - 1
    return np.where(marked, close, 0)
