"""Who was in the data when: the days, the index date and what was known on it, as Ibis expressions."""

from dataclasses import dataclass
from datetime import date

import ibis

from capitation.dataset.engine import Rows, Tables
from capitation.dataset.meta import Meta

KEY = ["person_id", "year"]
PENCE = 2
EXACT = "decimal(18, 6)"  # sums of floats depend on the order in which threads finish; sums of decimals don't


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
    return spells.filter(spells.days > 0).mutate(exposure=spells.days / spells.year_days, age=_age(spells))


def _spells(meta: Meta, people: Rows, year: int, window: Window) -> Rows:
    """Everybody's days in one year, half-open; the wrong way round for those who are not in it."""
    start, end = meta.year_start(year), meta.year_start(year + 1)
    first, last = ibis.literal(max(start, window.start)), ibis.literal(min(end, window.end))
    return people.mutate(
        year=ibis.literal(year, "int64"),
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


def spend_by_year(meta: Meta, tables: Tables) -> Rows:
    """Spend of each person, year, service and provider, rounded to the penny."""
    spend = tables["spend"]
    if meta.grain == "month":
        month = spend.month
        spend = spend.mutate(year=(month.year() - (month.month() < meta.year_starts_in).cast("int32")).cast("int64"))
    amount = spend.amount
    sums = spend.group_by([*KEY, "service", "provider"]).agg(amount=amount.cast(EXACT).sum())
    return sums.mutate(amount=sums.amount.round(PENCE).cast("float64"))


def with_year_before(eligible: Rows, spend: Rows) -> Rows:
    """Spend in the year before, and whether the person was in the data then."""
    amount = spend.amount
    before = spend.group_by(KEY).agg(prior_spend=amount.cast(EXACT).sum().cast("float64"))
    before = before.mutate(year=before.year + 1)
    was_in = eligible.select("person_id", year=eligible.year + 1, prior_known=True)
    rows = eligible.left_join(before, KEY).select(*eligible.columns, "prior_spend")
    joined = rows.left_join(was_in, KEY)
    return joined.select(
        *eligible.columns,
        prior_spend=joined.prior_spend.fill_null(0.0),
        prior_known=joined.prior_known.fill_null(False),
    )


def numbered(rows: Rows) -> Rows:
    """Person-years with ``row``, counted from 0 in order of year and person, and ``joined`` in the year."""
    row = ibis.row_number().over(order_by=[rows.year, rows.person_id])
    return rows.mutate(row=row, joined=(rows.join_date > rows.year_start).fill_null(False))


def latest_needs(rows: Rows, needs: Rows) -> Rows:
    """The latest value of each marker on each row's index date: columns row, marker, value."""
    known = rows.select("row", "person_id", "index_date").inner_join(needs, "person_id")
    known = known.filter(known.as_at <= known.index_date)
    newest = ibis.row_number().over(group_by=["row", "marker"], order_by=[known.as_at.desc(), known.value.desc()])
    return known.mutate(newest=newest).filter(ibis._.newest == 0).select("row", "marker", "value")
