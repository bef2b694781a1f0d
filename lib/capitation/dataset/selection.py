"""Conditions on person-years: one description that a table in memory and a database both understand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Test = Literal["in", "at least", "below"]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Condition:
    """A test of one column of the person-years table: among the ``values``, or at least or below the one there.

    A missing value meets no condition.
    """

    column: str
    test: Test
    values: tuple[Any, ...]


def meets(frame: pd.DataFrame, conditions: Iterable[Condition]) -> Mask:
    """Which rows of a table in memory meet every condition, shape (rows,)."""
    mask = np.ones(len(frame), dtype=bool)
    for condition in conditions:
        mask &= _meets_one(frame[condition.column], condition)
    return mask


def _meets_one(column: pd.Series, condition: Condition) -> Mask:
    if condition.test == "in":
        return column.isin(condition.values).to_numpy()
    limit = condition.values[0]
    return ((column >= limit) if condition.test == "at least" else (column < limit)).to_numpy()


def predicates(rows: Any, conditions: Iterable[Condition]) -> list[Any]:
    """The same conditions on a database's table (Ibis), one predicate each."""
    return [_predicate(rows[condition.column], condition) for condition in conditions]


def _predicate(column: Any, condition: Condition) -> Any:
    if condition.test == "in":
        return column.isin(condition.values)
    return column >= condition.values[0] if condition.test == "at least" else column < condition.values[0]
