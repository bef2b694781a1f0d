"""Whole years drawn person by person, with common random numbers.

Every design of one cohort meets the same drawn people and the same common shock, so that a difference
between two designs is a difference between the designs and not between two sets of dice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from capitation.loss.ratio import Floats

_FITS_16_BITS = 2**16
DRAWN_AT_ONCE = 4_000_000  # person-years held at once: 16 MB of row numbers


@dataclass(frozen=True)
class PersonBootstrap:
    """``years`` years, each of ``people`` rows drawn with replacement from ``rows`` rows."""

    rows: int
    people: int
    years: int
    seed: int

    def chunks(self) -> Iterator[NDArray[np.integer]]:
        """Row numbers drawn, shape (some years, people); all chunks together have ``years`` rows."""
        if self.people * self.years <= DRAWN_AT_ONCE:
            yield _all_at_once(self)
        else:
            yield from self._drawn()

    def _drawn(self) -> Iterator[NDArray[np.integer]]:
        at_once = max(1, DRAWN_AT_ONCE // self.people)
        for first in range(0, self.years, at_once):
            generator = np.random.default_rng([self.seed, first])
            count = min(at_once, self.years - first)
            yield generator.integers(0, self.rows, size=(count, self.people), dtype=np.int32)

    def totals(self, values: Floats) -> Floats:
        """Sum of ``values`` (shape (rows,)) over the people of each year; shape (years,)."""
        return np.concatenate([values[drawn].sum(axis=1) for drawn in self.chunks()])

    def excess_totals(self, values: Floats, factor: Floats, attachment: float) -> Floats:
        """Σ (factor·value - attachment)₊ over the people of each year; ``factor`` has shape (years,).

        Only rows that can reach the attachment point in the worst year are looked at.
        """
        reach = np.flatnonzero(values * float(factor.max(initial=1.0)) > attachment)
        if not len(reach):
            return np.zeros(self.years)
        found = np.concatenate([_excess(chunk, values, reach, self.rows) for chunk in self._offsets()])
        return _sum_by_year(found, factor, attachment, self.years)

    def _offsets(self) -> Iterator[tuple[int, NDArray[np.integer]]]:
        first = 0
        for drawn in self.chunks():
            yield first, drawn
            first += len(drawn)


def _excess(chunk: tuple[int, NDArray[np.integer]], values: Floats, reach: NDArray[np.int64], rows: int) -> Floats:
    """Pairs (year, value) of the drawn rows that can reach the attachment point; shape (found, 2)."""
    first, drawn = chunk
    high = np.zeros(rows, dtype=bool)
    high[reach] = True
    year, place = np.nonzero(high[drawn])
    return np.column_stack([year + first, values[drawn[year, place]]]).astype(np.float64)


def _sum_by_year(found: Floats, factor: Floats, attachment: float, years: int) -> Floats:
    year = found[:, 0].astype(np.int64)
    above = np.maximum(found[:, 1] * factor[year] - attachment, 0.0)
    return np.bincount(year, weights=above, minlength=years).astype(np.float64)


@lru_cache(maxsize=4)
def _all_at_once(bootstrap: PersonBootstrap) -> NDArray[np.integer]:
    drawn = np.concatenate(list(bootstrap._drawn()))
    return drawn.astype(np.uint16) if bootstrap.rows <= _FITS_16_BITS else drawn


def common_factor(years: int, spread: float, mean_error: float, seed: int) -> Floats:
    """One factor on everyone's cost for each drawn year: a shock of mean 1 times an error of the price.

    The shock is lognormal with standard deviation about ``spread`` (exp(σz - σ²/2)); ``mean_error`` is the
    standard error of the expected cost as a share of it. The same ``seed`` gives the same years.
    """
    z = np.random.default_rng([seed, 2**31]).standard_normal((2, years))
    shock = np.exp(spread * z[0] - spread**2 / 2)
    return shock * np.maximum(1 + mean_error * z[1], 0.0)
