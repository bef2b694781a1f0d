"""What happened month by month to the members of each year: days in the data, deaths, units of care.

A person counts in a month with the days of it on which they are in the data and not away. A death counts in the month of
the last day lived, so that it falls into a year in which the person has days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset import loop_moves
from capitation.dataset.engine import fetch, fetch_one
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, month_name, month_start, next_month

DAYS, DEATHS = "#days", "#deaths"  # beside the codes of services
EVENTS = ("stay", "attendance", "admission")  # what a service's unit has to be for its units to be followed by month
COLUMNS = ("month", "what", "amount", "people", "largest")
KEY = ["person_id", "year"]
EPOCH = date(1970, 1, 1)
Rows = Any
Tables = Any


@dataclass(frozen=True)
class Month:
    """A month of the data: its name ``YYYY-MM``, its year as the data set has years, its first day and the day after."""

    name: str
    year: int
    start: date
    end: date


def months_of(meta: Meta, first: str, last: str) -> list[Month]:
    """Every month from the first to the last, both ``YYYY-MM``."""
    start, end = month_start(first), month_start(last)
    found: list[Month] = []
    while start is not None and end is not None and start <= end:
        after = next_month(start)
        found.append(Month(month_name(start), meta.year_of(start), start, after))
        start = after
    return found


def counted_by_month(meta: Meta, tables: Tables, members: Rows, months: Sequence[Month]) -> pd.DataFrame:
    """A row for each month and ``what`` of which there was any, ``COLUMNS``; ``members`` are rows of person and year.

    ``amount`` is person-days, deaths or units, ``people`` how many have any, ``largest`` the most of one person. No rows where
    the data set has years, not months.
    """
    if meta.grain == "year":
        return put_together([])
    parts = [
        fetch(rows).to_pandas()
        for rows in (_deaths(meta, tables, members, months), _units(meta, tables, members, months))
    ]
    dated = [part.assign(month=pd.to_datetime(part["month"]).dt.strftime("%Y-%m")) for part in parts]
    by_year = {year: [m for m in months if m.year == year] for year in dict.fromkeys(m.year for m in months)}
    return put_together([*(_days(tables, members, year, mine) for year, mine in by_year.items()), *dated])


def _days(tables: Tables, members: Rows, year: int, months: Sequence[Month]) -> pd.DataFrame:
    mine = members.filter(members.year == year)
    there, away = fetch_one(days_of_year(tables, mine, months)), fetch_one(days_away_of_year(tables, mine, months))
    days, people = ([float(there[f"{name}_{n}"]) for n in range(len(months))] for name in ("days", "people"))
    off = [float(away[f"days_{n}"]) for n in range(len(months))]
    return days_table(np.array(days) - np.array(off), np.array(people), months)


def brought_to_memory(
    meta: Meta, tables: Tables, numbered: Rows, rows: int, months: Sequence[Month], moved: pd.DataFrame
) -> "Followed":
    """What `counted_by_month` is counted from, row by row; ``numbered`` are person, year and row, and ``moved`` the loop's moves."""
    if meta.grain == "year":
        return Followed(meta, np.zeros((0, MONTHS_IN_YEAR), dtype="int16"), pd.DataFrame(), moved)
    days = np.zeros((rows, MONTHS_IN_YEAR), dtype="int16")
    for year in dict.fromkeys(m.year for m in months):
        _add_days(days, meta, tables, numbered.filter(numbered.year == year), [m for m in months if m.year == year])
    happened = [deaths(meta, tables, numbered, months).mutate(what=ibis_literal(DEATHS), units=ibis_literal(1)),
                units(meta, tables, numbered, months)]  # fmt: skip
    frames = [fetch(rows.select("row", "month", "what", "units")).to_pandas() for rows in happened]
    events = pd.concat(frames, ignore_index=True)
    small = events.assign(month=pd.Categorical(pd.to_datetime(events["month"]).dt.strftime("%Y-%m")),
                          what=pd.Categorical(events["what"].astype(object)))  # fmt: skip
    return Followed(meta, days, small.astype({"row": "int32", "units": "float32"}), moved)


def _add_days(days: NDArray[np.int16], meta: Meta, tables: Tables, numbered: Rows, months: Sequence[Month]) -> None:
    """Add the days of each row in a year's months, less those away, in place."""
    places = np.array([_place(meta.year_starts_in, m) for m in months])
    for sign, found in zip((1, -1), days_of_rows(tables, numbered, months), strict=True):
        table = fetch(found).to_pandas()
        np.add.at(days, (table["row"].to_numpy()[:, None], places), sign * table.drop(columns="row").to_numpy("int16"))


def ibis_literal(value: Any) -> Rows:
    """A value as a column."""
    import ibis

    return ibis.literal(value)


def _place(year_starts_in: int, month: Month) -> int:
    """The place of a month in its year, from 0."""
    return (month.start.month - year_starts_in) % MONTHS_IN_YEAR


def days_of_year(tables: Tables, members: Rows, months: Sequence[Month]) -> Rows:
    """One row: ``days_<n>`` and ``people_<n>`` of the n-th of a year's months, before days away are taken off."""
    spells = _spells(tables, members)
    overlaps = {n: _overlap(spells.start, spells.end, month) for n, month in enumerate(months)}
    sums = {f"days_{n}": overlap.sum().fill_null(0) for n, overlap in overlaps.items()}
    counts = {f"people_{n}": (overlap > 0).ifelse(1, 0).sum().fill_null(0) for n, overlap in overlaps.items()}
    return spells.aggregate(**sums, **counts)


def days_away_of_year(tables: Tables, members: Rows, months: Sequence[Month]) -> Rows:
    """One row: the days away in each of a year's months."""
    away = _away(tables, members)
    return away.aggregate(
        **{f"days_{n}": _overlap(away.start, away.end, m).sum().fill_null(0) for n, m in enumerate(months)}
    )


def days_of_rows(tables: Tables, numbered: Rows, months: Sequence[Month]) -> tuple[Rows, Rows]:
    """``row`` and the days in each of a year's months, and the same of days away, of numbered rows of one year."""
    found = []
    for spells in (_spells(tables, numbered), _away(tables, numbered)):
        found.append(spells.select("row", **{f"days_{n}": _overlap(spells.start, spells.end, m).cast("int16")
                                             for n, m in enumerate(months)}))  # fmt: skip
    return found[0], found[1]


def _spells(tables: Tables, members: Rows) -> Rows:
    """Members with the days, in days since 1970, from ``start`` up to and without ``end`` that they are registered."""
    import ibis

    people = tables["people"].select("person_id", "join_date", "leave_date", "death_date")
    rows = members.inner_join(people, "person_id")
    ever = (_number(ibis.literal(date(1, 1, 1)).cast("date")), _number(ibis.literal(date(2300, 1, 1)).cast("date")))
    start = _number(rows.join_date).fill_null(ever[0])
    end = ibis.least(_number(rows.leave_date).fill_null(ever[1]), _number(rows.death_date).fill_null(ever[1]))
    return rows.mutate(start=start, end=end)


def _away(tables: Tables, members: Rows) -> Rows:
    import ibis

    rows = _spells(tables, members).inner_join(tables["absences"], "person_id")
    return rows.mutate(start=ibis.greatest(rows.start, _number(rows.away_from)),
                       end=ibis.least(rows.end, _number(rows.back_on)))  # fmt: skip


def _number(day: Rows) -> Rows:
    import ibis

    return day.delta(ibis.literal(EPOCH).cast("date"), unit="day").cast("int64")


def _overlap(start: Rows, end: Rows, month: Month) -> Rows:
    import ibis

    first, after = ((day - EPOCH).days for day in (month.start, month.end))
    earliest: Rows = ibis.greatest(start, first)
    return ibis.greatest(0, ibis.least(end, after) - earliest)


def _deaths(meta: Meta, tables: Tables, members: Rows, months: Sequence[Month]) -> Rows:
    dead = deaths(meta, tables, members, months)
    counted = dead.group_by("month").agg(amount=dead.count().cast("float64"), people=dead.count())
    return _labelled(counted.mutate(largest=1), DEATHS)


def deaths(meta: Meta, tables: Tables, members: Rows, months: Sequence[Month]) -> Rows:
    """Members who died, with ``month``, the first day of the month of the last day they lived."""
    import ibis

    from capitation.dataset.exposure import year_of

    people: Rows = tables["people"].filter(lambda t: t.death_date.notnull())
    died: Any = people.death_date
    lived = people.select("person_id", last_day=died.sub(ibis.interval(days=1)))
    within = lived.filter(
        lived.last_day >= ibis.literal(months[0].start), lived.last_day < ibis.literal(months[-1].end)
    )
    dated = within.select(
        "person_id", year=year_of(meta, within.last_day), month=within.last_day.truncate("M").cast("date")
    )
    mine = members.mutate(year=members.year.cast("int64"))
    return mine.inner_join(dated, KEY)


def _units(meta: Meta, tables: Tables, members: Rows, months: Sequence[Month]) -> Rows:
    each = units(meta, tables, members, months)
    each = each.group_by(["month", "what", *KEY]).agg(units=each.units.sum())
    found = each.group_by(["month", "what"]).agg(
        amount=each.units.sum(), people=each.count(), largest=each.units.max().cast("float64")
    )
    return found.select(*COLUMNS)


def units(meta: Meta, tables: Tables, members: Rows, months: Sequence[Month]) -> Rows:
    """The members' records of services whose units are followed: members' columns, month, ``what`` (service) and units."""
    import ibis

    from capitation.dataset.exposure import year_of

    services = tables["services"].filter(lambda t: t.unit.isin(EVENTS)).select("service")
    spend = tables["spend"].semi_join(services, "service")
    spend = spend.filter(spend.units > 0, spend.month >= ibis.literal(months[0].start),
                         spend.month < ibis.literal(months[-1].end))  # fmt: skip
    dated = spend.select("person_id", "month", what=spend.service, units=spend.units, year=year_of(meta, spend.month))
    mine = members.mutate(year=members.year.cast("int64"))
    return mine.inner_join(dated, KEY)


def _labelled(found: Rows, what: str) -> Rows:
    import ibis

    return found.mutate(what=ibis.literal(what)).select(*COLUMNS)


def days_table(days: NDArray[np.float64], people: NDArray[np.float64], months: Sequence[Month]) -> pd.DataFrame:
    """Person-days and people of each month as rows of ``COLUMNS``; ``days`` and ``people`` have shape (months,)."""
    names = [month.name for month in months]
    longest = [float((month.end - month.start).days) for month in months]
    return pd.DataFrame(
        {"month": names, "what": DAYS, "amount": days, "people": people.astype("int64"), "largest": longest}
    )


def put_together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All parts in one order: a row for each month and ``what`` of which there was any."""
    found = pd.concat([pd.DataFrame(columns=pd.Index(COLUMNS)), *(p for p in parts if len(p))], ignore_index=True)[
        list(COLUMNS)
    ]
    texts = {name: found[name].astype(object) for name in ("month", "what")}
    kinds = {"amount": "float64", "people": "int64", "largest": "float64"}
    return found.assign(**texts).astype(kinds).sort_values(["what", "month"], ignore_index=True)


@dataclass(frozen=True, eq=False)
class Followed:
    """What `counted_by_month` and the learning loop are counted from where person-years are held in memory.

    ``days`` (rows, 12): days in each month of the row's year; ``events``: row, month
    (``YYYY-MM``), what, units; ``moves``: see `loop_moves.moves`.
    """

    meta: Meta | None
    days: NDArray[np.int16] = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    moves: pd.DataFrame = field(repr=False)

    def by_month(self, mask: NDArray[np.bool_], year: NDArray[np.int64], first: str, last: str) -> pd.DataFrame:
        """`counted_by_month` of the rows of ``mask``; ``year`` is that of each row."""
        if self.meta is None or self.meta.grain == "year":
            return put_together([])
        months = months_of(self.meta, first, last)
        mine = [self.days[mask & (year == m.year), _place(self.meta.year_starts_in, m)] for m in months]
        days, people = (np.array([of(d) for d in mine], dtype=float) for of in (np.sum, np.count_nonzero))
        known = self.events["month"].isin([m.name for m in months]).to_numpy()
        events = self.events[mask[self.events["row"].to_numpy()] & known]
        each = events.groupby(["month", "what", "row"], observed=True)["units"].sum().reset_index()
        sums = each.groupby(["month", "what"], observed=True)["units"].agg(amount="sum", people="size", largest="max")
        return put_together([days_table(days, people, months), sums.reset_index()])

    def loop(self, people: pd.Series, year: int, until: date) -> pd.DataFrame:
        """`loop_moves.counts` of people, by their numbers."""
        if self.meta is None:
            return loop_moves.in_order(pd.DataFrame(columns=pd.Index([*loop_moves.COUNTED, "people"])))
        return loop_moves.counts_in_memory(self.moves, people, self.meta.year_start(year), until)


def nothing_followed() -> Followed:
    """Of a data set whose months are not held."""
    none = pd.DataFrame()
    return Followed(None, np.zeros((0, MONTHS_IN_YEAR), dtype="int16"), none, none)


def last_day(months: Sequence[Month]) -> date:
    """The last day that the months cover."""
    return months[-1].end - timedelta(days=1)
