"""Conditions, groupings and scores of person-years: one description that a table in memory and a database both
understand."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Test = Literal["in", "not in", "at least", "above", "below", "up to"]
Link = Literal["logistic", "log"]
Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]
Frame = pd.DataFrame | Mapping[str, Any]  # columns by name


@dataclass(frozen=True)
class Condition:
    """A test of one column of the person-years table, or of a grouping or score made from its columns: among the
    ``values`` or not, or at least, above, below or up to the one there.

    A missing value is not among any values, and meets no other condition.
    """

    column: "str | Grouping | Score"
    test: Test
    values: tuple[Any, ...]

    @property
    def columns(self) -> set[str]:
        """The columns of the table that it reads."""
        return {self.column} if isinstance(self.column, str) else self.column.columns


@dataclass(frozen=True)
class Grouping:
    """People put into groups, each into the first whose conditions they meet, the rest into ``other``.

    Groups of one name are one group, so that a name may stand for this *or* that.
    """

    name: str
    groups: tuple[tuple[str, tuple[Condition, ...]], ...]
    other: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the groups in order, each once, and of the rest. A code is a place in here."""
        return tuple(dict.fromkeys([*(label for label, _ in self.groups), self.other]))

    @property
    def columns(self) -> set[str]:
        """The columns of the table that it reads."""
        return {name for _, conditions in self.groups for c in conditions for name in c.columns}

    def codes(self, frame: Frame) -> Codes:
        """Each row's group of a table in memory, shape (rows,)."""
        place = {label: np.int8(number) for number, label in enumerate(self.labels)}
        rows = len(next(iter(frame.values()))) if isinstance(frame, Mapping) else len(frame)
        found = np.full(rows, place[self.other])
        for label, conditions in reversed(self.groups):
            found[meets(frame, conditions)] = place[label]
        return found

    def expression(self, rows: Any) -> Any:
        """The same code as a column of a database's table (Ibis)."""
        import ibis

        place = {label: number for number, label in enumerate(self.labels)}
        cases = [(ibis.and_(*predicates(rows, conditions)), place[label]) for label, conditions in self.groups]
        other = place[self.other]
        return (ibis.cases(*cases, else_=other) if cases else ibis.literal(other)).cast("int8")


@dataclass(frozen=True)
class Score:
    """A figure of each person-year: the points of the groups it is in, added up and put through the link.

    ``by_year`` holds for each year the intercept and, by grouping, the points of its labels. A year without points
    has no score. Only the columns that the groupings read are looked at.
    """

    name: str
    link: Link
    groupings: tuple[Grouping, ...]
    by_year: tuple[tuple[int, float, tuple[tuple[float, ...], ...]], ...]

    @property
    def columns(self) -> set[str]:
        """The columns of the table that it reads."""
        return {"year", *(name for grouping in self.groupings for name in grouping.columns)}

    def of(self, frame: Frame, codes: Callable[[Grouping], Codes] | None = None) -> NDArray[np.float64]:
        """The score of each row of a table in memory, shape (rows,); NaN where a year has no points."""
        codes = codes or (lambda grouping: grouping.codes(frame))
        year = np.asarray(frame["year"])
        found = np.full(len(year), np.nan)
        for when, intercept, points in self.by_year:
            mine = year == when
            added = sum(np.asarray(p)[codes(g)[mine]] for g, p in zip(self.groupings, points, strict=True))
            found[mine] = _linked(intercept + added, self.link)
        return found

    def expression(self, rows: Any) -> Any:
        """The same as a column of a database's table (Ibis)."""
        import ibis

        cases = [(rows.year == when, self._added(rows, intercept, points)) for when, intercept, points in self.by_year]
        added: Any = ibis.cases(*cases, else_=ibis.null("float64"))
        return added.exp() if self.link == "log" else 1 / (1 + (-added).exp())

    def _added(self, rows: Any, intercept: float, points: tuple[tuple[float, ...], ...]) -> Any:
        import ibis

        added: Any = ibis.literal(intercept)
        for grouping, mine in zip(self.groupings, points, strict=True):
            code = grouping.expression(rows)
            added = added + ibis.cases(*((code == place, value) for place, value in enumerate(mine)), else_=0.0)
        return added


def _linked(added: Any, link: Link) -> Any:
    return np.exp(added) if link == "log" else 1 / (1 + np.exp(-added))


def meets(frame: Frame, conditions: Iterable[Condition], rows: int | None = None) -> Mask:
    """Which rows of a table in memory meet every condition, shape (rows,)."""
    rows = rows if rows is not None else len(next(iter(frame.values())) if isinstance(frame, Mapping) else frame)
    mask = np.ones(rows, dtype=bool)
    for condition in conditions:
        mask &= meets_one(_column(frame, condition.column), condition)
    return mask


def _column(frame: Frame, column: "str | Grouping | Score") -> Any:
    if isinstance(column, str):
        return frame[column]
    return column.of(frame) if isinstance(column, Score) else np.array(column.labels)[column.codes(frame)]


def meets_one(column: Any, condition: Condition) -> Mask:
    """Which values of a column meet a condition, shape (rows,)."""
    if condition.test in ("in", "not in"):
        inside = np.asarray(pd.Series(column).isin(condition.values))
        return inside if condition.test == "in" else ~inside
    return np.asarray(_COMPARED[condition.test](column, condition.values[0]), dtype=bool)


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {"at least": ge, "above": gt, "below": lt, "up to": le}


def predicates(rows: Any, conditions: Iterable[Condition]) -> list[Any]:
    """The same conditions on a database's table (Ibis), one predicate each."""
    return [_predicate(rows, condition) for condition in conditions]


def _predicate(rows: Any, condition: Condition) -> Any:
    column, values = condition.column, condition.values
    if isinstance(column, Grouping):
        value, values = column.expression(rows), tuple(column.labels.index(v) for v in values if v in column.labels)
    else:
        value = rows[column] if isinstance(column, str) else column.expression(rows)
    if condition.test in ("in", "not in"):
        return value.isin(values) if condition.test == "in" else value.isnull() | value.notin(values)
    return _COMPARED[condition.test](value, values[0])


def columns_read(conditions: Iterable[Condition]) -> Iterator[str]:
    """Every column that some conditions read, each once."""
    yield from sorted({name for condition in conditions for name in condition.columns})


def bands(name: str, column: str, edges: tuple[float, ...], labels: tuple[str, ...], unknown: str = "") -> Grouping:
    """Bands of a column that start at ``edges``, one label each; ``unknown`` for what lies below them or is missing."""
    groups = [(label, (Condition(column, "at least", (edge,)),)) for edge, label in zip(edges, labels, strict=True)]
    return Grouping(name, tuple(reversed(groups)), unknown or "not known")
