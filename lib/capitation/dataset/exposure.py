"""Who was in the data when: the days, the index date and what was known on it, as Ibis expressions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from capitation.dataset.engine import EXACT, Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.names import NEED

KEY = ["person_id", "year"]
PERSON = ("sex", "locality", "practice", "deprivation", "group")
PENCE = 2


@dataclass(frozen=True)
class Window:
    """The days that the data cover, half-open: ``start`` is the first day, ``end`` the day after the last."""

    start: date
    end: date


def eligible_years(meta: Meta, tables: Tables, years: tuple[int, ...], window: Window) -> Rows:
    """One row per person and year with days in it: days, exposure, index date and age on it.

    The index date is the first day of the year on which the person is in the data. Days away don't count.
    """
    spells = ibis.union(*(_spells(meta, tables["people"], year, window) for year in years))
    spells = _less_days_away(spells.filter(spells.spell_from < spells.spell_to), tables["absences"])
    joined = (spells.join_date > spells.year_start).fill_null(False)
    return spells.filter(spells.days > 0).select(
        *KEY, *PERSON, "index_date", exposure=spells.days / spells.year_days, age=_age(spells), joined=joined
    )


def _spells(meta: Meta, people: Rows, year: int, window: Window) -> Rows:
    """Everybody's days in one year, half-open; the wrong way round for those who are not in it."""
    start, end = meta.year_start(year), meta.year_start(year + 1)
    first, last = ibis.literal(max(start, window.start)), ibis.literal(min(end, window.end))
    return people.mutate(
        year=ibis.literal(year, "int16"),
        year_start=ibis.literal(start),
        year_days=ibis.literal((end - start).days, "int64"),
        spell_from=ibis.greatest(first, ibis.coalesce(people.join_date, first)),
        spell_to=ibis.least(last, ibis.coalesce(people.leave_date, last), ibis.coalesce(people.death_date, last)),
    )


def _less_days_away(spells: Rows, absences: Rows) -> Rows:
    away = spells.select(*KEY, "spell_from", "spell_to").inner_join(absences, "person_id")
    start = ibis.greatest(away.spell_from, away.away_from)
    end: Rows = ibis.least(away.spell_to, away.back_on)
    return_day = (away.away_from <= away.spell_from).ifelse(end, ibis.null("date"))
    lost = (
        away.filter(start < end).group_by(KEY).agg(days_away=end.delta(start, unit="day").sum(), back=return_day.max())
    )
    joined = spells.left_join(lost, KEY)
    whole = joined.spell_to.delta(joined.spell_from, unit="day")
    return joined.select(
        *spells.columns,
        days=whole - joined.days_away.fill_null(0),
        index_date=ibis.coalesce(joined.back, joined.spell_from),
    )


def _age(spells: Rows) -> Rows:
    day = spells.index_date
    calendar_year = day.year().cast("int32")
    new_year = ibis.date(calendar_year, 1, 1)
    days_in_year = ibis.date(calendar_year + 1, 1, 1).delta(new_year, unit="day")
    age = calendar_year + day.delta(new_year, unit="day") / days_in_year - spells.birth_year
    return age.clip(lower=0)


def year_of(meta: Meta, day: Rows) -> Rows:
    """The year in which a day lies, as a column."""
    return (day.year() - (day.month() < meta.year_starts_in).cast("int32")).cast("int64")


def spend_with_year(meta: Meta, tables: Tables) -> Rows:
    """The rows of spend with the year they lie in."""
    spend = tables["spend"]
    return spend if meta.grain == "year" else spend.mutate(year=year_of(meta, spend.month))


def service_lines(tables: Tables) -> Rows:
    """Every service and provider that spend names, numbered from 0 in order: columns service, provider, line."""
    pairs = tables["spend"].select("service", "provider").distinct()
    line = ibis.row_number().over(order_by=[pairs.service, pairs.provider])
    return pairs.mutate(line=line.cast("int16"))


def spend_by_year(meta: Meta, tables: Tables, lines: Rows) -> Rows:
    """Spend of each person, year and service line, rounded to the penny: ``amount``, and ``known``, as much of it as had
    reached the data by the first day of the next year. Narrow: it is the longest table held."""
    spend = spend_with_year(meta, tables)
    numbered = spend.inner_join(lines, ["service", "provider"])
    narrow = numbered.select("person_id", "line", year=numbered.year.cast("int16"), amount=numbered.amount.cast(EXACT),
                             late=_came_later(meta, numbered))  # fmt: skip
    sums = narrow.group_by([*KEY, "line"]).agg(amount=narrow.amount.sum(), known=narrow.amount.sum(where=~narrow.late))
    exact = {n: sums[n].cast(EXACT).round(PENCE).cast("float64") for n in ("amount", "known")}
    return sums.mutate(amount=exact["amount"], known=exact["known"].fill_null(0.0))


def _came_later(meta: Meta, spend: Rows) -> Rows:
    """Whether a record reached the data after the year that its care lies in; one without a month is taken as known."""
    if meta.grain == "year":
        return ibis.literal(False)
    next_year = ibis.date(spend.year.cast("int32") + 1, meta.year_starts_in, 1)
    return (spend.recorded >= next_year).fill_null(False)


def paid_by_year(meta: Meta, tables: Tables, lines: Sequence[Mapping[str, Any]]) -> Rows:
    """What people paid themselves, by person, year and service line (columns person_id, year, line, paid)."""
    spend = spend_with_year(meta, tables)
    paid: Rows = spend.filter(spend.client_paid > 0)
    here = [(paid.service == one["service"]) & (paid.provider == one["provider"]) for one in lines]
    number = ibis.cases(*zip(here, (one["line"] for one in lines), strict=True), else_=-1).cast("int16")
    numbered = paid.select("person_id", year=paid.year.cast("int16"), line=number, paid=paid.client_paid.cast(EXACT))
    sums = numbered.group_by([*KEY, "line"]).agg(paid=numbered.paid.sum())
    return sums.mutate(paid=sums.paid.cast(EXACT).round(PENCE).cast("float64"))


def units_by_year(meta: Meta, tables: Tables) -> Rows:
    """Units of care that were recorded, by person, year and service (columns person_id, year, service, units)."""
    spend = spend_with_year(meta, tables)
    counted: Rows = spend.filter(spend.units.notnull())
    narrow = counted.select("person_id", "service", "units", year=counted.year.cast("int16"))
    return narrow.group_by([*KEY, "service"]).agg(units=narrow.units.sum())


def with_year_before(eligible: Rows, spend: Rows) -> Rows:
    """Person-years with what was known on their year's first day of their spend in the year before, and whether they
    were in the data then."""
    before = spend.group_by(KEY).agg(prior_spend=spend.known.cast(EXACT).sum().cast("float64"))
    before = before.mutate(year=(before.year + 1).cast("int16"))
    was_in = eligible.select("person_id", year=(eligible.year + 1).cast("int16"), prior_known=ibis.literal(True))
    rows = _left_join(_left_join(eligible, before), was_in)
    return rows.mutate(prior_spend=rows.prior_spend.fill_null(0.0), prior_known=rows.prior_known.fill_null(False))


def _left_join(rows: Rows, other: Rows) -> Rows:
    joined = rows.left_join(other, KEY, rname="other_{name}")
    return joined.drop(*(name for name in joined.columns if name.startswith("other_")))


def with_needs(rows: Rows, needs: Rows, markers: Sequence[str]) -> Rows:
    """Person-years with a column per marker: the latest value known on the index date, empty where there is none."""
    if not markers:
        return rows
    known = rows.select(*KEY, "index_date").inner_join(needs, "person_id")
    known = known.filter(known.as_at <= known.index_date)
    latest = {NEED + marker: known.value.argmax(known.as_at, where=known.marker == marker) for marker in markers}
    return _left_join(rows, known.group_by(KEY).agg(**latest))


def latest_needs(rows: Rows, needs: Rows) -> Rows:
    """The latest value of each marker on each row's index date: columns row, marker, value."""
    known = rows.select("row", "person_id", "index_date").inner_join(needs, "person_id")
    known = known.filter(known.as_at <= known.index_date)
    return known.group_by(["row", "marker"]).agg(value=known.value.argmax(known.as_at))
