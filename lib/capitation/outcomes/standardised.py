"""Measures compared as if everybody had the same mix of people: direct and indirect standardisation; and the gap
between the most and the least deprived.

Source of the formulas, with vectors: measures reference, sections 1 (SII) and 4. Indirectly standardised ratios compare an
area with the reference and never two areas with each other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import above_zero, numbers, over, series, together
from capitation.outcomes.intervals import LEVEL, Interval, poisson_count, ratio, two_sided


def direct(count: ArrayLike, people: ArrayLike, standard: ArrayLike, per: float = 1.0,
           level: float = LEVEL) -> Interval:  # fmt: skip
    """The rate that a standard population would have, per ``per``, with Dobson's limits.

    ``count`` (events), ``people`` (person-years) and ``standard`` (people of the standard population) have shape
    (cells,) of age and sex. DSR = Σwx/n ÷ Σw; V = Σw²x/n² ÷ (Σw)²; limits DSR + √(V/O)·(limit of O - O), not below 0. Without an event
    the limits are NaN. Raises InputError for a cell without people. Source: Dobson and others, Stat Med 10 (1991).
    """
    x, n = numbers(count, "events by cell", 0), above_zero(people, "people by cell")
    w = numbers(standard, "standard population", 0)
    x, n, w = together(x, n, w, what="direct standardisation")
    if not w.sum() > 0:
        raise InputError("standard population", "nobody", "people in some cell")
    w = w / w.sum()
    value, variance, total = float(w @ (x / n)), float(w**2 @ (x / n**2)), float(x.sum())
    scale = np.sqrt(over(np.asarray(variance), np.asarray(total)))
    low, high = (value + scale * (limit - total) for limit in poisson_count(total, level)[1:])
    return Interval(np.asarray(value), np.maximum(low, 0.0), high).times(per)


def expected(exposure: ArrayLike, reference_rate: ArrayLike) -> Floats:
    """Events if each cell had the reference's rate: exposure × rate summed over the last axis.

    ``exposure`` has shape (..., cells), person-years; ``reference_rate`` (cells,), events per person-year.
    """
    people, rates = numbers(exposure, "exposure by cell", 0), numbers(reference_rate, "reference rates", 0)
    if people.ndim < 1 or rates.shape != people.shape[-1:]:
        raise InputError("reference rates", f"{rates.size} rates for exposure of shape {people.shape}", "one a cell")
    return people @ rates


def indirect(count: ArrayLike, people: ArrayLike, reference_rate: ArrayLike, per: float = 1.0,
             level: float = LEVEL) -> Interval:  # fmt: skip
    """Observed over expected events with Byar's limits (exact below 10). ``count`` and ``people`` (..., cells)."""
    return ratio(numbers(count, "events by cell", 0).sum(axis=-1), expected(people, reference_rate), per, level)


class Slope(NamedTuple):
    """A line through the groups' rates over their rank, 0 the most deprived person and 1 the least.

    ``slope`` (SII) is the modelled rate of the least less that of the most deprived, in the rate's unit: below 0 where the
    most deprived have more of it. ``relative`` (RII) is slope / mean rate; ``end_ratio`` the most over the least
    deprived end of the line, NaN where that end is not above 0.
    """

    slope: float
    intercept: float
    relative: float
    end_ratio: float


def slope_index(rates: ArrayLike, people: ArrayLike | None = None) -> Slope:
    """Slope index of inequality of groups in order from the most to the least deprived, weighted by their people.

    Both have shape (groups,); equal weights without ``people``. The rank of a group is the middle of its share of the
    people. Raises InputError for fewer than two groups. Source: Mackenbach and Kunst, Soc Sci Med 44 (1997).
    """
    y, share, rank = _ranked(rates, people)
    mean = float(share @ y)
    slope = float(_slope_weights(share, rank) @ y)
    start = mean - slope * float(share @ rank)
    end = start + slope
    return Slope(slope, start, slope / mean if mean else np.nan, start / end if end > 0 else np.nan)


def slope_interval(
    rates: ArrayLike, errors: ArrayLike, people: ArrayLike | None = None, level: float = LEVEL
) -> Interval:
    """The slope index with limits from the ``errors`` (standard errors) of the groups' rates, all (groups,).

    The slope is Σ c·rate for weights c that the ranks give, so that its variance is Σ c²·error².
    """
    y, share, rank = _ranked(rates, people)
    c = _slope_weights(share, rank)
    error = float(np.sqrt(c**2 @ np.broadcast_to(numbers(errors, "errors of the rates", 0), y.shape) ** 2))
    value, width = float(c @ y), two_sided(level) * error
    return Interval(np.asarray(value), np.asarray(value - width), np.asarray(value + width))


def _ranked(rates: ArrayLike, people: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    y = series(rates, "rates from the most to the least deprived", 2)
    weight = np.ones(len(y)) if people is None else above_zero(people, "people of each group")
    if weight.shape != y.shape:
        raise InputError("people of each group", f"{weight.size} figures for {len(y)} rates", "one a group")
    share = weight / weight.sum()
    return y, share, np.cumsum(share) - share / 2


def _slope_weights(share: Floats, rank: Floats) -> Floats:
    centred = rank - share @ rank
    return share * centred / float(share @ centred**2)


class Gap(NamedTuple):
    """The most deprived group's rate less the least deprived's, and over it."""

    difference: float
    ratio: float


def simple_gap(rates: ArrayLike) -> Gap:
    """The first group against the last, from the most to the least deprived; the ratio is NaN where the last is 0."""
    y = series(rates, "rates from the most to the least deprived", 2)
    return Gap(float(y[0] - y[-1]), float(over(y[0], y[-1])))
