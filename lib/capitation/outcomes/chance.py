"""How outcome measures move by chance from the base years to the contract year, among people who are partly the same.

A measure of a year is a ratio of totals over people. Its error is told by each person's influence on it, and so is what
two measures, or two years, have in common. Source: linearisation of a ratio estimator; numerics reference, section 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from capitation.loss.ratio import Floats
from capitation.outcomes.base_years import LEVEL, Course, course

PEOPLE_AT_ONCE = 50_000


@dataclass(frozen=True, eq=False)
class Predicted:
    """The measures of the contract year as the base years tell them, were nothing to change.

    ``value`` (measures,) is expected, in each measure's unit; ``covariance`` (measures, measures) is that of the value of
    the year about it, by chance in people of both years and as base years that disagree tell; ``change`` (measures,
    measures) that of the value less the last base year's; ``last`` (measures,) the last base year's value. NaN in ``value``
    where nobody counted. ``moved``: the measures whose base years disagree, and whether along a line (`base_years`).
    """

    names: tuple[str, ...]
    value: Floats
    covariance: Floats
    last: Floats
    change: Floats
    moved: Mapping[str, str] = field(default_factory=dict)

    @property
    def sd(self) -> Floats:
        """Standard deviation of each measure about what is expected."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def change_sd(self) -> Floats:
        """Standard deviation of each measure's change since the last base year, with nothing changed."""
        return np.sqrt(np.diag(self.change))

    @property
    def correlation(self) -> Floats:
        """Correlation of the measures in the contract year; 1 with itself, 0 where one can't move."""
        sd = self.sd
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.covariance / np.outer(sd, sd)
        return np.where(np.eye(len(sd), dtype=bool), 1.0, np.nan_to_num(found))

    def drawn(self, normal: Floats) -> Floats:
        """Values of the contract year with nothing changed, (draws, measures), from standard normal ``normal`` of that
        shape; never below nothing."""
        at = np.nan_to_num(self.value)
        return np.maximum(at + normal @ _root(self.covariance).T, 0.0)


@dataclass(frozen=True, eq=False)
class Counted:
    """Every person-year's numerators and denominators, (rows, measures), whose they are (``person`` from 0) and when."""

    names: tuple[str, ...]
    numerator: Floats
    denominator: Floats
    person: NDArray[np.int64]
    year: NDArray[np.int64]

    def ratio(self, year: int) -> Floats:
        """Each measure of a year, (measures,); NaN where nobody counts."""
        top, bottom = (of[self.year == year].sum(axis=0) for of in (self.numerator, self.denominator))
        return np.divide(top, bottom, out=np.full(len(self.names), np.nan), where=bottom > 0)


def predicted(counted: Counted, base_years: Sequence[int], size: Floats | None = None, year: int | None = None,
              earlier: Sequence[int] = ()) -> Predicted:  # fmt: skip
    """What the base years tell of the contract ``year``, the next one if None, whose denominators are ``size``, (measures,).

    Expected is the pooled ratio of the base years, each weighing as its denominators, or where they disagree what
    `base_years.course` makes of them and of the years ``earlier`` than they. The error is that of the contract year's own
    people, with a base year's spread at its size, and that of what is expected, less twice what the two have in common
    because people are partly the same: the mean covariance of two base years in a row. Years in which nobody counts for a
    measure tell nothing of it. Without ``size`` the last base year in which anybody counted gives it.
    """
    years = [*earlier, *base_years]
    ratios, bottom = np.array([counted.ratio(y) for y in years]), _denominators(counted, years)
    between = _covariances(counted, years, ratios)
    ahead = [(years[-1] + 1 if year is None else year) - y for y in years]
    courses = _courses(ratios, between, _weights(bottom, len(earlier)), ahead)
    weight, beyond = (
        np.array([c.weight for c in courses]).reshape(-1, len(years)).T,
        np.array([c.beyond for c in courses]),
    )
    value = np.where(weight.any(axis=0), np.nansum(weight * np.nan_to_num(ratios), axis=0), np.nan)
    own = _own(bottom, between, _last_size(bottom) if size is None else size) + np.diag(beyond)
    common = _in_a_row(between, bottom > 0)
    told = _between_weighted(between, weight) + np.diag(beyond * (weight**2).sum(axis=0))
    shared = common * np.outer(weight.sum(axis=0), np.ones(len(value)))
    change = own + between[-1, -1] + np.diag(beyond) - common - common.T
    moved = {name: c.kind for name, c in zip(counted.names, courses, strict=True) if c.kind != LEVEL}
    return Predicted(counted.names, value, _proper(own + told - shared - shared.T), ratios[-1], _proper(change), moved)


def _courses(ratios: Floats, between: Floats, weight: Floats, ahead: Sequence[int]) -> list[Course]:
    """The course of each measure; ``weight`` (years, measures) were its years at one level."""
    return [course(ratios[:, k], between[:, :, k, k], weight[:, k], ahead) for k in range(ratios.shape[1])]


def _denominators(counted: Counted, years: Sequence[int]) -> Floats:
    """The denominators of each year, (years, measures)."""
    return np.array([counted.denominator[counted.year == y].sum(axis=0) for y in years])


def _last_size(bottom: Floats) -> Floats:
    """The denominators of the last year in which anybody counted, (measures,)."""
    last = len(bottom) - 1 - np.argmax(bottom[::-1] > 0, axis=0)
    return bottom[last, np.arange(bottom.shape[1])]


def _weights(bottom: Floats, earlier: int) -> Floats:
    """Each base year's part of their denominators, (years, measures); nothing for the ``earlier`` ones before them, unless
    nobody counts in the base years."""
    base = np.where(np.arange(len(bottom))[:, None] < earlier, 0.0, bottom)
    bottom = np.where(base.sum(axis=0) > 0, base, bottom)
    whole = bottom.sum(axis=0)
    return np.divide(bottom, whole, out=np.zeros_like(bottom), where=whole > 0)


def _covariances(counted: Counted, years: Sequence[int], ratios: Floats) -> Floats:
    """Covariance of every measure of every base year with every other, (years, years, measures, measures).

    Σ over people of the products of their influences, some people at a time: the rows of many take much room.
    """
    count, many = len(counted.names), len(years) * len(counted.names)
    order = np.argsort(counted.person, kind="stable")
    starts = np.arange(0, int(counted.person.max(initial=-1)) + 1, PEOPLE_AT_ONCE)
    places = np.append(np.searchsorted(counted.person[order], starts), len(order))
    whole = [counted.denominator[counted.year == y].sum(axis=0) for y in years]
    total = np.zeros((many, many))
    for first, start, end in zip(starts, places, places[1:], strict=False):
        rows = order[start:end]
        block = np.hstack([_influence(counted, rows, int(first), *of) for of in zip(years, ratios, whole, strict=True)])
        total += block.T @ block
    return total.reshape(len(years), count, len(years), count).transpose(0, 2, 1, 3)


def _influence(
    counted: Counted, rows: NDArray[np.int64], first: int, year: int, ratio: Floats, whole: Floats
) -> Floats:
    """What some people, numbered from ``first``, add to a year's ratios, (people, measures).

    (numerator - ratio · denominator) / Σ denominator, with the sum (``whole``) over everybody.
    """
    mine = rows[counted.year[rows] == year]
    over = np.where(whole > 0, whole, np.inf)
    part = (counted.numerator[mine] - np.nan_to_num(ratio) * counted.denominator[mine]) / over
    who = counted.person[mine] - first
    sums = [np.bincount(who, column, PEOPLE_AT_ONCE) for column in part.T]
    return np.array(sums, dtype=float).reshape(len(counted.names), PEOPLE_AT_ONCE).T


def _own(bottom: Floats, between: Floats, size: Floats) -> Floats:
    """The covariance of one year's ratios for denominators of ``size``: the base years' mean, each brought to that size."""
    scale = np.sqrt(np.divide(bottom, size, out=np.zeros_like(bottom), where=size > 0))
    each = [between[y, y] * np.outer(of, of) for y, of in enumerate(scale)]
    return _mean_of_those(each, [np.outer(of, of) for of in bottom > 0])


def _in_a_row(between: Floats, there: NDArray[np.bool_]) -> Floats:
    """The mean covariance of a year's ratios (rows) with the next's; nothing with one base year."""
    pairs = range(len(between) - 1)
    if not pairs:
        return np.zeros_like(between[0, 0])
    return _mean_of_those([between[y, y + 1] for y in pairs], [np.outer(there[y], there[y + 1]) for y in pairs])


def _mean_of_those(tables: Sequence[Floats], there: Sequence[NDArray[np.bool_]]) -> Floats:
    """The mean of each entry over the tables in which it is there; nothing where it is in none."""
    number = np.sum(there, axis=0)
    summed = np.sum([np.where(mask, table, 0.0) for mask, table in zip(there, tables, strict=True)], axis=0)
    return summed / np.maximum(number, 1)


def _between_weighted(between: Floats, weight: Floats) -> Floats:
    """The covariance of the pooled ratios."""
    return np.einsum("ym,yzmn,zn->mn", weight, between, weight, optimize=True)


def _proper(covariance: Floats) -> Floats:
    """The nearest symmetric matrix without a negative variance: estimates of differences may lie a little beyond."""
    value, vector = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vector * np.maximum(value, 0.0)) @ vector.T


def _root(covariance: Floats) -> Floats:
    """A matrix whose product with its own transpose is ``covariance``."""
    value, vector = np.linalg.eigh(covariance)
    return vector * np.sqrt(np.maximum(value, 0.0))
