"""Person-years that stay in the engine: what is asked of them is worked out there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pandas as pd

from capitation.dataset import exposure, loop_moves
from capitation.dataset.by_month import Followed, brought_to_memory, counted_by_month, last_day, months_of
from capitation.dataset.engine import EXACT, Rows, Tables, distinct, fetch, fetch_one, held, with_categories
from capitation.dataset.histories import histories
from capitation.dataset.linked_dataset import NEED, Chosen, Steps
from capitation.dataset.meta import Meta
from capitation.dataset.selection import Condition, columns_read, predicates
from capitation.dataset.some_people import SomePeople, people_in_parts
from capitation.dataset.summary import AGE_BAND, SUMMED, Summary, in_engine, merged
from capitation.dataset.sums_in_engine import SumsInEngine

TEXTS = ("person_id", "sex", "locality", "practice", "group")
NUMBERS = {"exposure": "float64", "age": "float64", "prior_spend": "float64", "deprivation": "float64"}

WITH_HISTORIES_AT_ONCE = 100_000  # people: their rows are wide
PARTS = ("denominator", "numerator")
SERVICE_LINE, PART = ["service", "provider"], ["measure", "part"]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class InEngine:
    """``person_years``, ``spend`` (person_id, year, line, amount), ``needs`` and ``outcomes`` as Ibis tables.

    ``lines`` are the pairs of service and provider, ``parts`` of measure and numerator or denominator, that rows
    brought out have a column for; ``markers`` are the needs, looked
    up for the rows that are asked for. ``groups`` are the people, so many at a time. ``tables`` are the checked tables.
    """

    meta: Meta
    tables: Tables = field(repr=False)
    person_years: Rows = field(repr=False)
    spend: Rows = field(repr=False)
    needs: Rows = field(repr=False)
    outcomes: Rows = field(repr=False)
    lines: Pairs
    parts: Pairs
    markers: tuple[str, ...]
    groups: tuple[SomePeople, ...] = (SomePeople(),)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the person-years table."""
        return (*self.person_years.columns, *(NEED + marker for marker in self.markers))

    @property
    def outcomes_counted(self) -> tuple[str, ...]:
        """The outcomes that the data count, by name."""
        return tuple(dict.fromkeys(measure for measure, _ in self.parts))

    @property
    def sums(self) -> SumsInEngine:
        """Sums over the person-years by group."""
        return self._sums

    @cached_property
    def _sums(self) -> SumsInEngine:
        return SumsInEngine(self.histories, self._spend_and_paid, self.lines)

    @cached_property
    def histories(self) -> Rows:
        """Person-years with every need and with what came before and after them, held when first asked for."""
        known = (self._histories_of(some) for some in people_in_parts(self.tables["people"], WITH_HISTORIES_AT_ONCE))
        return held(next(known), known)

    def _histories_of(self, some: SomePeople) -> Rows:
        rows, tables = some.of(self.person_years), some.tables(self.tables)
        told = histories(self.meta, tables, rows, some.of(self.spend), self.outcomes_counted)
        return exposure.with_needs(told, some.of(self.needs), self.markers).drop("index_date")

    @cached_property
    def _paid(self) -> Rows:
        """What clients paid: person_id, year, line, paid. Few services charge anything."""
        lines = [{"service": s, "provider": p, "line": n} for n, (s, p) in enumerate(self.lines)]
        return held(exposure.paid_by_year(self.meta, self.tables, lines))

    @property
    def _spend_and_paid(self) -> Rows:
        both = self.spend.left_join(self._paid, [*exposure.KEY, "line"], rname="other_{name}")
        return both.select(*exposure.KEY, "line", "amount", client_paid=both.paid.fill_null(0.0))

    def values(self, column: str) -> list[Any]:
        """The values of a column, each once, sorted."""
        if column not in self._values:
            self._values[column] = distinct(self.person_years, column)
        return self._values[column]

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        return {}

    def left_after(self, steps: Steps) -> pd.DataFrame:
        """People left by year after each step."""
        rows = self._with_columns_of([condition for conditions in steps for condition in conditions])
        counts: dict[str, Rows] = {}
        so_far: list[Condition] = []
        for place, conditions in enumerate(steps):
            so_far = [*so_far, *conditions]
            counts[str(place)] = rows.count(where=ibis.and_(*predicates(rows, so_far)))
        found = fetch(rows.group_by("year").agg(**counts).order_by("year")).to_pandas().set_index("year")
        return found.astype("int64").set_axis(range(len(steps)), axis=1)

    def by_age(self, year: int) -> pd.DataFrame:
        """Everybody in a year by age band."""
        rows = self.person_years.filter(self.person_years.year == year)
        banded = rows.select("exposure", age=((rows.age / AGE_BAND).floor() * AGE_BAND).cast("int64"))
        counted = banded.group_by("age").agg(people=banded.count(), exposure=banded.exposure.sum())
        return fetch(counted.order_by("age")).to_pandas().set_index("age")

    def chosen(self, conditions: Sequence[Condition]) -> Chosen:
        """The person-years that meet every condition, with their costs by line and their outcomes."""
        rows = self._meeting(conditions)
        place = ibis.row_number().over(order_by=[rows.year, rows.person_id])
        rows = held(rows.mutate(row=place))
        people = _person_years(rows, self.needs, self.markers)
        costs = _costs(rows, self.spend, self.lines, len(people))
        measures = _measures(rows, self.outcomes, self.parts, len(people))
        return Chosen(people, _in_columns(costs, SERVICE_LINE, self.lines), _in_columns(measures, PART, self.parts))

    def client_paid(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """What people paid themselves, of those who meet every condition."""
        rows = self._numbered(conditions)
        length = int(fetch_one(rows.aggregate(n=rows.count()))["n"])
        paid = _costs(rows, self._paid.rename(amount="paid"), self.lines, length)
        charged = [bool(row.any()) for row in paid]
        pairs = tuple(pair for pair, some in zip(self.lines, charged, strict=True) if some)
        return _in_columns(paid[charged], SERVICE_LINE, pairs)

    @cached_property
    def _services_with_units(self) -> tuple[str, ...]:
        spend = self.tables["spend"]
        return tuple(distinct(spend.filter(spend.units.notnull()), "service"))

    def services_with_units(self) -> tuple[str, ...]:
        """The services that record units of care, by code."""
        return self._services_with_units

    def units(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """The units of care of those who meet every condition: a column a service that records them."""
        rows, services = self._numbered(conditions), self._services_with_units
        length = int(fetch_one(rows.aggregate(n=rows.count()))["n"])
        long = rows.inner_join(exposure.units_by_year(self.meta, self.tables), exposure.KEY)
        found = with_categories(fetch(long.select("row", "service", "units")), ("service",))
        wide = _wide(found["row"], _places(found["service"], services), found["units"], (len(services), length), 0.0)
        return pd.DataFrame(wide.T, columns=pd.Index(services, name="service"), copy=False)

    def _numbered(self, conditions: Sequence[Condition]) -> Rows:
        """Person, year and the place of the row, of those who meet every condition."""
        rows = self._meeting(conditions)
        return rows.select(*exposure.KEY, row=ibis.row_number().over(order_by=[rows.year, rows.person_id]))

    def by_month(self, conditions: Sequence[Condition], first: str, last: str) -> pd.DataFrame:
        """What happened to those who meet every condition, month by month."""
        members = self._meeting(conditions).select(*exposure.KEY)
        return counted_by_month(self.meta, self.tables, members, months_of(self.meta, first, last))

    def loop(self, conditions: Sequence[Condition], year: int, until: date) -> pd.DataFrame:
        """What became of those who meet every condition in a year in the learning loop."""
        rows = self._meeting(conditions)
        people = rows.filter(rows.year == year).select("person_id")
        moved = loop_moves.moves(self.tables["loop_events"], until)
        return loop_moves.in_order(
            fetch(loop_moves.counts(moved, people, self.meta.year_start(year), until)).to_pandas()
        )

    def followed(self, first: str, last: str) -> Followed:
        """What `by_month` and `loop` are counted from, of everybody, to be held in memory."""
        months = months_of(self.meta, first, last)
        rows = self._numbered(())
        length = int(fetch_one(rows.aggregate(n=rows.count()))["n"])
        moved = fetch(loop_moves.moves(self.tables["loop_events"], last_day(months))).to_pandas()
        return brought_to_memory(self.meta, self.tables, rows, length, months, loop_moves.small(moved))

    def everyone_s_histories(self) -> pd.DataFrame:
        """The columns of histories of everybody, rows by year and person."""
        rows = self.histories
        mine = [name for name in rows.columns if name not in self.person_years.columns and not name.startswith(NEED)]
        return with_categories(fetch(rows.order_by("year", "person_id").select(*mine)), ("ending",))

    def summary(self, conditions: Sequence[Condition], services: Sequence[str] = ()) -> Summary:
        """The cells and atoms of their cost on some services, summed where the rows are."""
        lines = [number for number, (service, _) in enumerate(self.lines) if service in services]
        spend = self.spend.filter(self.spend.line.isin(lines)) if services else self.spend
        return merged([self._summary_of(some, conditions, spend) for some in self.groups])

    def _summary_of(self, some: SomePeople, conditions: Sequence[Condition], spend: Rows) -> Summary:
        rows = some.of(self._meeting(conditions))
        spend = some.of(spend).semi_join(rows.select(*exposure.KEY), exposure.KEY)
        totals = spend.group_by(exposure.KEY).agg(cost=spend.amount.cast(EXACT).sum().cast("float64"))
        with_cost = rows.left_join(totals, exposure.KEY)
        narrow = with_cost.select(*SUMMED, cost=with_cost.cost.fill_null(0.0))
        return in_engine(held(narrow), fetch)  # asked twice: for the cells and for the atoms

    def _meeting(self, conditions: Sequence[Condition]) -> Rows:
        rows = self._with_columns_of(conditions)
        met = rows.filter(predicates(rows, conditions)) if conditions else rows
        return met.select(*self.person_years.columns)

    def _with_columns_of(self, conditions: Sequence[Condition]) -> Rows:
        """The person-years with the columns that the conditions ask for."""
        asked = set(columns_read(conditions))
        needs = [marker for marker in self.markers if NEED + marker in asked]
        if asked - set(self.person_years.columns) - {NEED + marker for marker in needs}:
            return _with_index_date(self.histories, self.person_years)
        return exposure.with_needs(self.person_years, self.needs, needs)


def _with_index_date(rows: Rows, person_years: Rows) -> Rows:
    dates = person_years.select(*exposure.KEY, "index_date")
    return rows.inner_join(dates, exposure.KEY)


def _person_years(rows: Rows, needs: Rows, markers: Sequence[str]) -> pd.DataFrame:
    found = with_categories(fetch(rows.order_by("row").drop("row", "index_date")), TEXTS)
    if not markers:
        return found.astype({"year": "int16", **NUMBERS})
    latest = with_categories(fetch(exposure.latest_needs(rows, needs)), ("marker",))
    place = _places(latest["marker"], markers)
    known = _wide(latest["row"], place, latest["value"], (len(markers), len(found)), np.nan)
    columns = {NEED + marker: column for marker, column in zip(markers, known, strict=True)}
    return found.astype({"year": "int16", **NUMBERS}).assign(**columns)


def _places(names: pd.Series, order: Sequence[str]) -> np.ndarray:
    """Where each of a column of categories stands in ``order``."""
    found = {name: number for number, name in enumerate(order)}
    return np.array([found[str(name)] for name in names.cat.categories], dtype="int64")[names.cat.codes]


def _wide(row: pd.Series, place: np.ndarray, value: pd.Series, shape: tuple[int, int], empty: float) -> np.ndarray:
    """Long rows as a table (places, rows), with ``empty`` where there is none."""
    wide = np.full(shape, empty)
    wide[place, row.to_numpy(dtype="int64")] = value.to_numpy(dtype="float64")
    return wide


def _in_columns(wide: np.ndarray, keys: list[str], pairs: Pairs) -> pd.DataFrame:
    """A table (pairs, rows) with a column for each pair, not copied."""
    return pd.DataFrame(wide.T, columns=pd.MultiIndex.from_tuples(pairs, names=keys), copy=False)


def _costs(rows: Rows, spend: Rows, lines: Pairs, length: int) -> np.ndarray:
    """Spend of each line and row, shape (lines, rows)."""
    long = rows.select("row", *exposure.KEY).inner_join(spend, exposure.KEY)
    found = fetch(long.select("row", "line", value=long.amount)).to_pandas()
    return _wide(found["row"], found["line"].to_numpy(), found["value"], (len(lines), length), 0.0)


def _measures(rows: Rows, outcomes: Rows, parts: Pairs, length: int) -> np.ndarray:
    """Denominator and numerator of each measure and row, shape (parts, rows); the parts of a measure side by side."""
    long = rows.select("row", *exposure.KEY).inner_join(outcomes, exposure.KEY)
    found = with_categories(fetch(long.select("row", "measure", *PARTS)), ("measure",))
    measures = tuple(dict.fromkeys(measure for measure, _ in parts))
    place, shape = _places(found["measure"], measures), (len(measures), length)
    wide = [_wide(found["row"], place, found[part], shape, 0.0) for part in PARTS]
    return np.stack(wide, axis=1).reshape(len(parts), length)
