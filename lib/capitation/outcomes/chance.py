"""How outcome measures move by chance from the base years to the contract year, among people who are partly the same.

A measure of a year is a ratio of totals over people. Its error is told by each person's influence on it, and so is what
two measures, or two years, have in common. Source: linearisation of a ratio estimator; numerics reference, section 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.loss.ratio import Floats

PEOPLE_AT_ONCE = 50_000


@dataclass(frozen=True, eq=False)
class Predicted:
    """The measures of the contract year as the base years tell them, were nothing to change.

    ``value`` (measures,) is expected, in each measure's unit; ``covariance`` (measures, measures) is that of the value of
    the year about it, by chance in people of both years; ``change`` (measures, measures) that of the value less the last
    base year's; ``last`` (measures,) the last base year's value. NaN in ``value`` where nobody counted.
    """

    names: tuple[str, ...]
    value: Floats
    covariance: Floats
    last: Floats
    change: Floats

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


def predicted(counted: Counted, base_years: Sequence[int], size: Floats) -> Predicted:
    """What the base years tell of the contract year, whose denominators are ``size``, (measures,).

    Expected is the pooled ratio of the base years, each weighing as its denominators. The error is that of the contract
    year's own people, with a base year's spread at its size, and that of the pooled ratio, less twice what the two have in
    common because people are partly the same: the mean covariance of two base years in a row.
    """
    years = list(base_years)
    ratios = np.array([counted.ratio(y) for y in years])
    weight = _weights(counted, years)
    between = _covariances(counted, years, ratios)
    value = np.where(weight.sum(axis=0) > 0, np.nansum(weight * np.nan_to_num(ratios), axis=0), np.nan)
    own = _own(counted, years, between, size)
    common = _in_a_row(between)
    pooled = _between_weighted(between, weight)
    shared = common * np.outer(weight.sum(axis=0), np.ones(len(value)))
    last = ratios[-1]
    change = own + between[-1, -1] - common - common.T
    return Predicted(counted.names, value, _proper(own + pooled - shared - shared.T), last, _proper(change))


def _weights(counted: Counted, years: Sequence[int]) -> Floats:
    """Each base year's part of all denominators, (years, measures)."""
    bottom = np.array([counted.denominator[counted.year == y].sum(axis=0) for y in years])
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


def _own(counted: Counted, years: Sequence[int], between: Floats, size: Floats) -> Floats:
    """The covariance of one year's ratios for denominators of ``size``: the base years' mean, each brought to that size."""
    found = []
    for place, year in enumerate(years):
        bottom = counted.denominator[counted.year == year].sum(axis=0)
        scale = np.sqrt(np.divide(bottom, size, out=np.zeros_like(bottom), where=size > 0))
        found.append(between[place, place] * np.outer(scale, scale))
    return np.mean(found, axis=0)


def _in_a_row(between: Floats) -> Floats:
    """The mean covariance of a year's ratios (rows) with the next's; nothing with one base year."""
    pairs = [between[y, y + 1] for y in range(len(between) - 1)]
    return np.mean(pairs, axis=0) if pairs else np.zeros_like(between[0, 0])


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
