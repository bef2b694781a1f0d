"""How far chance alone may put a measure from where it truly stands: intervals of shares, counts, rates and ratios.

Every function takes one figure or an array of them and returns an ``Interval`` of that shape. A denominator of 0 gives
NaN throughout: nobody was counted, so nothing is known. Source of the formulas, with vectors: measures reference,
section 4; counts below 10 by the exact Poisson limits and from 10 by Byar's, as in public-health practice.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri

from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import inside, numbers, over, parts_of, series, together

EXACT_BELOW = 10  # counts, for which Byar's approximation is not used
DRAWS = 2_000  # of a bootstrap: the limits then move by about a twentieth of the interval's width from seed to seed
LEVEL = 0.95

Kind = Literal["share", "rate", "mean", "ratio"]


class Interval(NamedTuple):
    """A measure and its limits: arrays of one shape, in the measure's unit."""

    value: Floats
    low: Floats
    high: Floats

    def times(self, factor: ArrayLike) -> "Interval":
        """All three multiplied, to state a rate per 1,000 or a ratio per 100."""
        return Interval(*(part * np.asarray(factor, dtype=float) for part in self))


def two_sided(level: float) -> float:
    """z within which a standard normal lies with probability ``level``: 1.959964 for 0.95. Raises InputError."""
    return float(ndtri((1 + inside(level, "level of an interval")) / 2))


def wilson(part: ArrayLike, whole: ArrayLike, level: float = LEVEL) -> Interval:
    """The share part / whole, 0 to 1, with Wilson's limits. 65 of 100: 0.552544 to 0.736358.

    (p + z²/2n ± z√(p(1-p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson, JASA 22 (1927).
    """
    x, n = parts_of(part, whole, "share")
    p, z2 = over(x, n), two_sided(level) ** 2
    z2n = over(np.full_like(n, z2), n)
    centre, width = p + z2n / 2, np.sqrt(z2n * p * (1 - p) + z2n**2 / 4)
    low, high = (centre - width) / (1 + z2n), (centre + width) / (1 + z2n)
    return Interval(p, np.where(x == 0, 0 * p, low), np.where(x == n, 1 + 0 * p, high))


def byar(count: ArrayLike, level: float = LEVEL) -> Interval:
    """A count with Byar's limits, in events. 100: 81.3621 to 121.6279; of no event the lower is 0.

    Low O(1 - 1/9O - z/3√O)³; high the same of O + 1 with + z. Source: Breslow and Day, volume II (1987), page 69.
    """
    o, z = numbers(count, "count", 0), two_sided(level)
    some = np.maximum(o, 1e-300)
    low = some * np.maximum(1 - 1 / (9 * some) - z / (3 * np.sqrt(some)), 0.0) ** 3
    more = o + 1
    high = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    return Interval(o, np.where(o > 0, low, 0.0), high)


def exact_poisson(count: ArrayLike, level: float = LEVEL) -> Interval:
    """A count with the exact Poisson limits, in events. 5: 1.6235 to 11.6683.

    χ²(α/2, 2O)/2 and χ²(1 - α/2, 2O + 2)/2. Source: Garwood, Biometrika 28 (1936).
    """
    o, tail = numbers(count, "count", 0), (1 - inside(level, "level of an interval")) / 2
    low = np.where(o > 0, chdtri(2 * np.maximum(o, 1e-9), 1 - tail) / 2, 0.0)
    return Interval(o, low, chdtri(2 * o + 2, tail) / 2)


def poisson_count(count: ArrayLike, level: float = LEVEL) -> Interval:
    """A count with its limits, in events: exact below 10, Byar's from 10."""
    exact, near = exact_poisson(count, level), byar(count, level)
    few = exact.value < EXACT_BELOW
    return Interval(exact.value, *(np.where(few, e, b) for e, b in zip(exact[1:], near[1:], strict=True)))


def rate(count: ArrayLike, exposure: ArrayLike, per: float = 1.0, level: float = LEVEL) -> Interval:
    """Events per ``per`` of exposure (person-years). 120 in 9,500, per 1,000: 12.6316 (10.4727 to 15.1044)."""
    events = poisson_count(count, level)
    people = numbers(exposure, "exposure", 0)
    _, base = together(events.value, people, what="rate")
    return Interval(*(over(part, base) for part in events)).times(per)


def ratio(observed: ArrayLike, expected: ArrayLike, per: float = 1.0, level: float = LEVEL) -> Interval:
    """Events observed over those expected, which counts as known. 60 for 48, per 100: 125 (95.3828 to 160.9025)."""
    return rate(observed, expected, per, level)


def bootstrap_ratio(numerator: ArrayLike, denominator: ArrayLike, unit: ArrayLike | None = None,
                    stratum: ArrayLike | None = None, *, seed: int, draws: int = DRAWS,
                    level: float = LEVEL) -> Interval:  # fmt: skip
    """Σ numerator / Σ denominator with percentile limits, units drawn with replacement within each stratum.

    All have shape (rows,). Rows of one ``unit`` (a person, a practice) are drawn together; by default each row is one.
    ``stratum`` (a locality) is the group within which as many units are drawn as it has; a unit in two strata counts as
    two. Many units may first be put into some hundred groups at random, each then a unit: as good, and much faster.
    The same seed gives the same limits. One unit has no spread: NaN limits. Raises InputError for no rows or fewer than 2
    draws. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    x, d, strata = _units(numerator, denominator, unit, stratum)
    if draws < 2:
        raise InputError("bootstrap", f"{draws} draws", "2 or more")
    value = over(x.sum(), d.sum())
    if len(x) < 2:
        return Interval(value, np.asarray(np.nan), np.asarray(np.nan))
    generator = np.random.default_rng(seed)
    drawn = sum(_drawn_totals(x[s], d[s], draws, generator) for s in strata)
    ratios = over(*np.asarray(drawn).T)
    known = ratios[np.isfinite(ratios)]
    tails = ((1 - level) / 2, (1 + level) / 2) if inside(level, "level of an interval") else ()
    low, high = np.quantile(known, tails) if len(known) else (np.nan, np.nan)
    return Interval(value, np.asarray(low), np.asarray(high))


def _units(numerator: ArrayLike, denominator: ArrayLike, unit: ArrayLike | None,
           stratum: ArrayLike | None) -> tuple[Floats, Floats, list[NDArray[np.int64]]]:  # fmt: skip
    """Totals of each unit, and the units of each stratum by their place."""
    x, d = series(numerator, "bootstrap: numerator"), series(denominator, "bootstrap: denominator")
    names = [np.arange(len(x)) if unit is None else np.asarray(unit), np.zeros(len(x)) if stratum is None else stratum]
    if len(d) != len(x) or any(len(np.asarray(name)) != len(x) for name in names):
        raise InputError("bootstrap", "series of different lengths", "a numerator, denominator and unit for each row")
    codes = [np.unique(np.asarray(name), return_inverse=True)[1] for name in names]
    pairs, place = np.unique(np.stack(codes), axis=1, return_inverse=True)
    groups = [np.flatnonzero(pairs[1] == s) for s in range(int(pairs[1].max()) + 1)]
    totals = (np.bincount(place, weights=row).astype(float) for row in (x, d))
    return next(totals), next(totals), groups


def _drawn_totals(x: Floats, d: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Totals of as many units as there are, drawn with replacement: shape (draws, 2)."""
    both = np.stack([x, d], axis=1)
    return np.stack([both[generator.integers(0, len(x), len(x))].sum(axis=0) for _ in range(draws)])


def interval_for(kind: Kind, numerator: ArrayLike, denominator: ArrayLike, unit: ArrayLike | None = None,
                 stratum: ArrayLike | None = None, *, per: float = 1.0, seed: int = 0,
                 level: float = LEVEL) -> Interval:  # fmt: skip
    """The interval that fits a measure, of totals over rows of one unit or of many.

    A ``share`` (people, each counted once): Wilson. A ``rate`` of events over exposure: exact or Byar. A ``mean``
    or ``ratio`` (scores, bed-days, several spells a person): bootstrap of units. Raises InputError for another kind.
    """
    if kind in ("mean", "ratio"):
        rows = np.atleast_1d(numerator), np.atleast_1d(denominator)
        return bootstrap_ratio(*rows, unit, stratum, seed=seed, level=level).times(per)
    x, n = np.sum(numbers(numerator, "numerator")), np.sum(numbers(denominator, "denominator"))
    if kind == "share":
        return wilson(x, n, level).times(per)
    if kind == "rate":
        return rate(x, n, per, level)
    raise InputError("kind of measure", str(kind), "share, rate, mean or ratio")
