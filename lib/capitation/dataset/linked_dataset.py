"""The linked data set as the rest of the workbench sees it: one row per person and year.

Nothing here needs the engine that holds the tables, so that a page which only looks at the rows stays small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from capitation.dataset.beside import NOTHING_BESIDE, Beside
from capitation.dataset.by_month import Followed, nothing_followed
from capitation.dataset.meta import Meta
from capitation.dataset.outcome_rows import OutcomeRows
from capitation.dataset.selection import Condition, meets
from capitation.dataset.summary import AGE_BAND, Summary, summarised
from capitation.dataset.sums import Sums
from capitation.dataset.sums_in_memory import SumsInMemory, from_tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from capitation.dataset.faults import Fault
    from capitation.dataset.quality import Quality
    from capitation.dataset.quality.completion import Completion

NEED = "need:"
PENCE = 2
Steps = Sequence[Sequence[Condition]]


@dataclass(frozen=True, eq=False)
class Chosen:
    """The person-years that meet some conditions, in three tables of the same rows, by year and person_id.

    ``person_years``: ``exposure`` is in person-years; ``age`` in years on the index date, the first day of the year
    on which the person is in the data; ``prior_spend`` in the data set's currency; ``need:<marker>`` is the latest
    value known on the index date. Nothing later than the index date touches any column but ``exposure``.
    ``costs`` has the columns (service, provider), ``measures`` (measure, numerator or denominator).
    """

    person_years: pd.DataFrame
    costs: pd.DataFrame
    measures: pd.DataFrame


class PersonYears(Protocol):
    """Where the person-years are: in the engine that holds the data, or in memory."""

    @property
    def sums(self) -> Sums:
        """Sums over them by group."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the person-years table."""
        ...

    @property
    def outcomes_counted(self) -> tuple[str, ...]:
        """The outcomes that the data count, by name."""
        ...

    def values(self, column: str) -> list[Any]:
        """The values of a column, each once, sorted."""
        ...

    def left_after(self, steps: Steps) -> pd.DataFrame:
        """People left by year (rows) after each step (columns from 0), every step's conditions on top of the last."""
        ...

    def by_age(self, year: int) -> pd.DataFrame:
        """Everybody in a year by age band (its lowest age): people, exposure."""
        ...

    def chosen(self, conditions: Sequence[Condition]) -> Chosen:
        """The person-years that meet every condition: the one way in which rows of people leave the engine."""
        ...

    def client_paid(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """What people paid themselves: the rows of ``chosen``, the columns of its costs that charge anything."""
        ...

    def services_with_units(self) -> tuple[str, ...]:
        """The services that record units of care, by code."""
        ...

    def units(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """Units of care: the rows of ``chosen``, a column for each of ``services_with_units``."""
        ...

    def by_month(self, conditions: Sequence[Condition], first: str, last: str) -> pd.DataFrame:
        """What happened to the members of each year in each month from ``first`` to ``last``, ``YYYY-MM``: see `by_month`."""
        ...

    def loop(self, conditions: Sequence[Condition], year: int, until: date) -> pd.DataFrame:
        """What became by a day of a year's members in the learning loop, from what they came into in the year: see `loop_moves`."""
        ...

    def summary(self, conditions: Sequence[Condition], services: Sequence[str] = ()) -> Summary:
        """The cells and atoms of their cost on some services (none named: on all)."""
        ...


@dataclass(frozen=True, eq=False)
class LinkedDataset:
    """People, their spend, need and outcomes by year, ready for the steps.

    ``held`` is where the person-years are; see `Chosen` for what comes out of it. ``people`` is how many the data
    know, with days or without. ``placed_spend`` is all money in the person-years' costs; ``unplaced_spend`` is money
    of ``unplaced_people`` in years in which they have no days: it is in no row.
    ``budgets`` has year, commissioner, service, amount, stream. ``months`` are the first and last month covered, ``YYYY-MM``.
    ``tables`` are the same facts as Ibis tables, with days as dates; none where the data set was taken `without_engine`.
    ``beside`` has the texts of supplied figures and local measures, which a folder may hold; ``outcome_rows`` what rows of
    outcomes there are by measure and year.
    """

    meta: Meta
    years: tuple[int, ...]
    months: tuple[str, str]
    months_in_last_year: int
    people: int
    placed_spend: float
    unplaced_spend: float
    unplaced_people: int
    held: PersonYears = field(repr=False)
    services: pd.DataFrame = field(repr=False)
    providers: pd.DataFrame = field(repr=False)
    budgets: pd.DataFrame = field(repr=False)
    tables: Mapping[str, "ir.Table"] = field(repr=False)
    beside: Beside = field(default=NOTHING_BESIDE, repr=False)
    outcome_rows: Mapping[tuple[str, int], OutcomeRows] = field(default_factory=dict, repr=False)

    @cached_property
    def everyone(self) -> Chosen:
        """Every person-year, in memory: for small data sets."""
        return self.held.chosen(())

    @property
    def person_years(self) -> pd.DataFrame:
        """Every person-year; see `Chosen`."""
        return self.everyone.person_years

    @property
    def costs(self) -> pd.DataFrame:
        """Every person-year's costs; see `Chosen`."""
        return self.everyone.costs

    @property
    def measures(self) -> pd.DataFrame:
        """Every person-year's outcomes; see `Chosen`."""
        return self.everyone.measures

    @property
    def markers(self) -> tuple[str, ...]:
        """The markers of need, by name."""
        return tuple(name.removeprefix(NEED) for name in self.held.columns if name.startswith(NEED))

    @property
    def outcomes_counted(self) -> tuple[str, ...]:
        """The outcomes that the data count, by name."""
        return self.held.outcomes_counted

    def days_of(self, year: int) -> tuple[date, date]:
        """The first and the last day of a year."""
        return self.meta.year_start(year), self.meta.year_start(year + 1) - timedelta(days=1)

    @cached_property
    def quality(self) -> "Quality":
        """How good the data are, as at their last month; findings hold the score down."""
        from capitation.dataset.quality import quality_of

        return quality_of(self.meta, self.tables, self.months).held_down_by(self.findings)

    @cached_property
    def run_off(self) -> "Completion":
        """What has not reached the data yet, as at their last month: of `quality`, or by itself, which is quicker."""
        from capitation.dataset.quality.completion import completion
        from capitation.dataset.quality.records import span

        known = self.__dict__.get("quality")
        return known.completion if known else completion(self.meta, self.tables, span(self.months))

    @cached_property
    def findings(self) -> "list[Fault]":
        """What rows that are sound by themselves add up to that can't be right, with its effect on the price."""
        from capitation.dataset.plausibility import findings
        from capitation.dataset.unplaced import unplaced_faults

        today = date.today()  # care of a month that is not over is a finding
        return [*findings(self.meta, self.tables, today), *unplaced_faults(self.meta, self.tables)]

    @cached_property
    def not_searched(self) -> list[str]:
        """What could not be looked for, because too few people are there, in plain sentences."""
        from capitation.dataset.plausibility import not_searched

        return not_searched(self.meta, self.tables)

    @cached_property
    def spend_may_be_shown(self) -> bool:
        """Whether all spend together may be told: it is of 8 people or more, and not mostly of one."""
        from capitation.dataset.quality.records import may_show_amounts

        return may_show_amounts(self.tables["spend"])

    def as_at(self, month: str) -> "LinkedDataset":
        """The data set as it would have been at the end of ``YYYY-MM``: nothing later is in it.

        Records that reached the data later are not in it either. Outcomes come when their year is over, so a
        part-done year has none; its budgets stay.
        Raises ``InputError`` for a month that is malformed or outside the data, and, where the data set has
        years and not months, for any but the last month of a year.
        """
        from capitation.dataset.linked import as_at

        return as_at(self, month)

    def without_engine(self, held: PersonYears | None = None) -> "LinkedDataset":
        """The same without the engine's tables and kinds of text: readable where the engine is not loaded.

        ``held`` is where the person-years are then; in memory unless given.
        """
        frames = {name: with_plain_text(getattr(self, name)) for name in ("services", "providers", "budgets")}
        apart = replace(self, tables={}, held=held or self._in_memory(), **frames)
        # measured here: there it can't be
        apart.__dict__.update(
            quality=with_plain_text(self.quality), findings=self.findings, not_searched=self.not_searched
        )
        return apart

    def _in_memory(self) -> "InMemory":
        in_engine: Any = self.held
        told = with_plain_text(in_engine.everyone_s_histories())
        paid, units = (with_plain_text(table) for table in (in_engine.client_paid(()), in_engine.units(())))
        followed = with_plain_text(in_engine.followed(*self.months))
        return InMemory(with_plain_text(self.everyone), told, paid, units.astype("float32"), followed)


@dataclass(frozen=True, eq=False)
class InMemory:
    """Person-years held as tables in memory. ``histories`` has what came before and after each row of them, ``paid``
    what they paid themselves, ``care`` the units of care by service, ``followed`` what happened month by month."""

    rows: Chosen
    histories: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    paid: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    care: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    followed: Followed = field(default_factory=nothing_followed, repr=False)

    @property
    def sums(self) -> SumsInMemory:
        """Sums over them by group."""
        return self._sums

    @cached_property
    def _sums(self) -> SumsInMemory:
        costs = self.rows.costs
        paid = self._paid.reindex(columns=costs.columns, fill_value=0.0)
        return from_tables(self._told, costs, paid)

    @property
    def _paid(self) -> pd.DataFrame:
        return self.paid if len(self.paid.columns) else self.rows.costs.iloc[:, :0]

    def client_paid(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """What people paid themselves, of those who meet every condition."""
        return self._paid[meets(self._told, conditions)].reset_index(drop=True)

    def services_with_units(self) -> tuple[str, ...]:
        """The services that record units of care, by code."""
        return tuple(map(str, self.care.columns))

    def units(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """Units of care of those who meet every condition."""
        care = self.care if len(self.care.columns) else self.rows.costs.iloc[:, :0]
        return care[meets(self._told, conditions)].reset_index(drop=True)

    def by_month(self, conditions: Sequence[Condition], first: str, last: str) -> pd.DataFrame:
        """What happened to those who meet every condition, month by month."""
        year = self.rows.person_years["year"].to_numpy(dtype="int64")
        return self.followed.by_month(np.asarray(meets(self._told, conditions)), year, first, last)

    def loop(self, conditions: Sequence[Condition], year: int, until: date) -> pd.DataFrame:
        """What became of those who meet every condition in a year in the learning loop."""
        here = meets(self._told, conditions) & (self._told["year"] == year).to_numpy()
        return self.followed.loop(self._told.loc[here, "person_id"], year, until)

    @cached_property
    def _told(self) -> pd.DataFrame:
        """The person-years with their histories beside them."""
        return pd.concat([self.rows.person_years, self.histories], axis=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the person-years table."""
        return tuple(self.rows.person_years.columns)

    @property
    def outcomes_counted(self) -> tuple[str, ...]:
        """The outcomes that the data count, by name."""
        return tuple(dict.fromkeys(str(measure) for measure, _ in self.rows.measures.columns))

    def values(self, column: str) -> list[Any]:
        """The values of a column, each once, sorted."""
        return sorted(self.rows.person_years[column].dropna().unique())

    def left_after(self, steps: Steps) -> pd.DataFrame:
        """People left by year after each step."""
        people = self._told
        left = np.ones(len(people), dtype=bool)
        counts = {}
        for place, conditions in enumerate(steps):
            left &= meets(people, conditions)
            counts[place] = left.copy()
        return pd.DataFrame(counts).groupby(people["year"].to_numpy()).sum().rename_axis("year")

    def by_age(self, year: int) -> pd.DataFrame:
        """Everybody in a year by age band."""
        return counted_by_age(self.rows.person_years[self.rows.person_years["year"] == year])

    def chosen(self, conditions: Sequence[Condition]) -> Chosen:
        """The person-years that meet every condition."""
        if not conditions:
            return self.rows
        mask = meets(self._told, conditions)
        return Chosen(*(getattr(self.rows, name)[mask].reset_index(drop=True) for name in Chosen.__dataclass_fields__))

    def summary(self, conditions: Sequence[Condition], services: Sequence[str] = ()) -> Summary:
        """The cells and atoms of their cost on some services."""
        rows = self.chosen(conditions)
        inside = rows.costs.columns.get_level_values(0).isin(services) if services else slice(None)
        return summarised(rows.person_years, rows.costs.loc[:, inside].to_numpy().sum(axis=1).round(PENCE))


def counted_by_age(people: pd.DataFrame) -> pd.DataFrame:
    """People and exposure by age band of ``AGE_BAND`` years, indexed by its lowest age."""
    band = (people["age"] // AGE_BAND * AGE_BAND).astype(int).rename("age")
    grouped = people.groupby(band)["exposure"]
    return pd.DataFrame({"people": grouped.size(), "exposure": grouped.sum()})


def with_plain_text(found: Any) -> Any:
    """A table, or a record with tables in it, without the engine's kinds of text."""
    if is_dataclass(found) and not isinstance(found, type):
        return replace(found, **{f.name: with_plain_text(getattr(found, f.name)) for f in fields(found)})
    return _plain_frame(found) if isinstance(found, pd.DataFrame) else found


def _plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    columns = [_plain_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
    plain = pd.DataFrame(dict(enumerate(columns)), index=_plain_index(frame.index))
    plain.columns = _plain_index(frame.columns)
    return plain


def _plain_column(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        categories: Any = _plain_index(column.cat.categories)
        plain = column.cat.rename_categories(categories)
    else:
        plain = column.astype(object) if isinstance(column.dtype, pd.StringDtype) else column
    return plain.set_axis(_plain_index(column.index), axis=0)


def _plain_index(index: pd.Index) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        levels: Any = [_plain_index(level) for level in index.levels]
        return index.set_levels(levels)
    return index.astype(object) if isinstance(index.dtype, pd.StringDtype) else index
