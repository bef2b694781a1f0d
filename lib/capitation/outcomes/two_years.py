"""A share in two years: as if its people were others each year, and as what it mostly is, the same people twice."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtr

from capitation.errors import InputError
from capitation.outcomes.checked import parts_of
from capitation.outcomes.intervals import LEVEL, Interval, two_sided


class Change(NamedTuple):
    """A change of a share, after less before, with its limits, z, and the two-sided chance p of as much by luck."""

    change: Interval
    z: float
    p: float


def independent(before: ArrayLike, people_before: ArrayLike, after: ArrayLike, people_after: ArrayLike,
                level: float = LEVEL) -> Change:  # fmt: skip
    """The change if no person counted in both years; z with the pooled share. 1,900 and 1,980 of 3,000: z 2.1606, p 0.0307.

    Raises InputError where nobody was counted. Source: measures reference, section 5.
    """
    (x1, n1), (x2, n2) = (map(float, parts_of(x, n, "share of a year"))
                          for x, n in ((before, people_before), (after, people_after)))  # fmt: skip
    if not (n1 and n2):
        raise InputError("share of a year", "nobody was counted", "people in both years")
    p1, p2, pooled = x1 / n1, x2 / n2, (x1 + x2) / (n1 + n2)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    z = float((p2 - p1) / error) if error else 0.0
    width = two_sided(level) * np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    return Change(_interval(p2 - p1, p2 - p1, width), z, float(2 * ndtr(-abs(z))))


class Paired(NamedTuple):
    """People counted in both years by whether they were at target: in both, won, fallen back, in neither."""

    both: int
    won: int
    fallen_back: int
    neither: int

    @property
    def people(self) -> int:
        """All of them."""
        return sum(self)


def paired_table(before: pd.Series, after: pd.Series) -> Paired:
    """People with a result in both years, from whether each was at target, indexed by person. Raises InputError for a person twice."""
    for year in (before, after):
        if not year.index.is_unique:
            raise InputError("same people in two years", "a person has two results in a year", "one a person and year")
    people = before.index.intersection(after.index)
    was, now = before.loc[people].to_numpy(dtype=bool), after.loc[people].to_numpy(dtype=bool)
    return Paired(*(int(n.sum()) for n in (was & now, ~was & now, was & ~now, ~was & ~now)))


def at_target(moved: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Whether each person's last comparison of a year found the target reached, indexed by person; from moves of one measure.

    From ``start`` up to and without ``end``. Who was not compared is not there.
    """
    told = moved[moved["state"].isin(["achieved", "improve"]) & (moved["date"] >= start) & (moved["date"] < end)]
    last = told.drop_duplicates("person", keep="last").set_index("person")["state"]
    return last.eq("achieved")


def paired(table: Paired, level: float = LEVEL) -> Change:
    """The change of the same people: McNemar's z = (won - fallen back)/√(both), p from the exact binomial of those who moved.

    Limits with one person added to each kind of move. Raises InputError for nobody. Sources: McNemar, Psychometrika 12
    (1947); Bonett and Price, British Journal of Mathematical and Statistical Psychology 65 (2012).
    """
    if table.people < 1 or min(table) < 0:
        raise InputError("same people in two years", f"{table.people} people", "1 or more")
    moved, n = table.won + table.fallen_back, table.people
    z = (table.won - table.fallen_back) / np.sqrt(moved) if moved else 0.0
    p = min(1.0, 2 * float(bdtr(min(table.won, table.fallen_back), moved, 0.5))) if moved else 1.0
    up, down = (table.won + 1) / (n + 2), (table.fallen_back + 1) / (n + 2)
    width = two_sided(level) * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    value = (table.won - table.fallen_back) / n
    return Change(_interval(value, up - down, width), float(z), p)


def _interval(value: float, middle: float, width: float) -> Interval:
    """A change of a share with limits about ``middle``, from -1 to 1."""
    low, high = (np.clip(middle + side * width, -1.0, 1.0) for side in (-1, 1))
    return Interval(np.asarray(value), low, high)
