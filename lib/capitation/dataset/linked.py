"""How the checked tables become one row per person and year, held in the engine."""

from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import pandas as pd

from capitation.dataset import exposure
from capitation.dataset.budget_owners import with_streams
from capitation.dataset.engine import EXACT, Rows, Tables, distinct, fetch, fetch_one, held
from capitation.dataset.exposure import Window
from capitation.dataset.held_in_engine import PARTS, InEngine
from capitation.dataset.linked_dataset import LinkedDataset
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, month_name, month_start, months_between, next_month
from capitation.dataset.outcome_rows import outcome_rows
from capitation.dataset.raw import short_hash
from capitation.dataset.some_people import people_in_parts
from capitation.dataset.unplaced import covered
from capitation.errors import InputError


def as_at(dataset: LinkedDataset, month: str) -> LinkedDataset:
    """The data set as it would have been at the end of ``month``; see `LinkedDataset.as_at`."""
    end = _end_of(dataset, month)
    if month == dataset.months[1] and not _recorded_from(dataset, end):
        return dataset
    meta = dataset.meta.model_copy(update={"version": short_hash(dataset.meta.version, month)})
    start = month_start(dataset.months[0]) or end
    return replace(linked(meta, _until(meta, dataset.tables, end), Window(start, end)), beside=dataset.beside)


def _recorded_from(dataset: LinkedDataset, end: date) -> bool:
    """Whether records that reached the data on ``end`` or later are in it."""
    if dataset.meta.grain == "year":
        return False
    spend = dataset.tables["spend"]
    recorded: Rows = spend.recorded
    return bool(fetch_one(spend.aggregate(later=spend.count(where=recorded >= end)))["later"])


def _end_of(dataset: LinkedDataset, month: str) -> date:
    first, last = dataset.months
    start = month_start(month)
    if start is None or not first <= month <= last:
        what = "is not a month" if start is None else "is outside the data"
        raise InputError("month", f"'{month}' {what}", f"YYYY-MM from {first} to {last}")
    end = next_month(start)
    if dataset.meta.grain == "year" and end.month != dataset.meta.year_starts_in:
        ends = f"the last month of a year, -{last[-2:]}"
        raise InputError("month", f"'{month}' is inside a year; the data set has years, not months", ends)
    return end


def linked(meta: Meta, tables: Tables, window: Window | None = None) -> LinkedDataset:
    """Link checked tables. ``window`` is the days covered; without it, from the first spend to the last.

    Raises ``InputError`` when no spend is left.
    """
    held_there = _held_in_engine(meta, tables, window)
    window, years = window or covered(meta, tables["spend"]), tuple(map(int, distinct(held_there.spend, "year")))
    return LinkedDataset(
        meta=meta,
        years=years,
        months=(month_name(window.start), month_name(_last_month(window))),
        months_in_last_year=min(MONTHS_IN_YEAR, months_between(meta.year_start(years[-1]), window.end)),
        people=fetch_one(tables["people"].aggregate(n=tables["people"].person_id.nunique()))["n"],
        **_money(held_there.spend, held_there.person_years),
        held=held_there,
        services=_codes(tables["services"]),
        providers=_codes(tables["providers"]),
        budgets=_budgets(tables["budgets"], years),
        tables=tables,
        outcome_rows=outcome_rows(tables["outcomes"]),
    )


def _held_in_engine(meta: Meta, tables: Tables, window: Window | None) -> InEngine:
    lines, groups = held(exposure.service_lines(tables)), people_in_parts(tables["people"])
    spent = (exposure.spend_by_year(meta, some.tables(tables), lines) for some in groups)
    spend = held(next(spent), spent)
    years = tuple(map(int, distinct(spend, "year")))
    if not years:
        raise InputError("spend", "none had been recorded in the months asked for", "a later month, or data with spend")
    window = window or covered(meta, tables["spend"])
    there = (_person_years(meta, some.tables(tables), years, window, some.of(spend)) for some in groups)
    return InEngine(
        meta, tables, held(next(there), there), spend, tables["needs"], tables["outcomes"], _pairs(lines),
        _measures(tables["outcomes"]), tuple(distinct(tables["needs"], "marker")), groups,
    )  # fmt: skip


def _money(spend: Rows, rows: Rows) -> dict[str, Any]:
    """Spend with a person-year to stand in, and that without."""
    unplaced = _sums(spend.anti_join(rows.select(*exposure.KEY), exposure.KEY), people=True)
    placed = round(_sums(spend)["total"] - unplaced["total"], exposure.PENCE)
    return {"placed_spend": placed, "unplaced_spend": unplaced["total"], "unplaced_people": int(unplaced["people"])}


def _person_years(meta: Meta, tables: Tables, years: tuple[int, ...], window: Window, spend: Rows) -> Rows:
    eligible = held(exposure.eligible_years(meta, tables, years, window))
    return exposure.with_year_before(eligible, spend)


def _pairs(lines: Rows) -> tuple[tuple[str, str], ...]:
    return tuple((pair["service"], pair["provider"]) for pair in fetch(lines.order_by("line")).to_pylist())


def _measures(outcomes: Rows) -> tuple[tuple[str, str], ...]:
    return tuple((measure, part) for measure in distinct(outcomes, "measure") for part in PARTS)


def _last_month(window: Window) -> date:
    before = window.end.month == 1
    return date(window.end.year - before, MONTHS_IN_YEAR if before else window.end.month - 1, 1)


def _sums(spend: Rows, people: bool = False) -> dict[str, float]:
    """The total of some spend, and how many people it is of when asked for."""
    asked = {"total": spend.amount.cast(EXACT).sum().cast("float64").fill_null(0.0)}
    counted = {"people": spend.person_id.nunique()} if people else {}
    return fetch_one(spend.aggregate(**asked, **counted))


def _codes(table: Rows) -> pd.DataFrame:
    code = table.columns[0]
    return fetch(table.order_by(code)).to_pandas().set_index(code)


def _budgets(table: Rows, years: tuple[int, ...]) -> pd.DataFrame:
    mine = table.filter(table.year.isin(years))
    return with_streams(fetch(mine.order_by(["year", "commissioner", "service", "stream"])).to_pandas())


def _until(meta: Meta, tables: Tables, end: date) -> Tables:
    """The tables without anything from ``end`` on, and without records that reached the data from then on."""
    done = meta.year_of(end)
    people, spend, needs, absences = (tables[name] for name in ("people", "spend", "needs", "absences"))
    known = people.filter(people.join_date.isnull() | (people.join_date < end))
    return {
        **tables,
        "people": known.mutate(
            leave_date=(known.leave_date < end).ifelse(known.leave_date, ibis.null("date")),
            death_date=(known.death_date < end).ifelse(known.death_date, ibis.null("date")),
        ),
        "spend": spend.filter(spend.year < done) if meta.grain == "year" else _recorded(spend, end),
        "unlinked": _before(meta, tables["unlinked"], end, done),
        "needs": needs.filter(needs.as_at < end),
        "outcomes": tables["outcomes"].filter(tables["outcomes"].year < done),
        "ledger": tables["ledger"].filter(tables["ledger"].year < done),
        "unit_costs": tables["unit_costs"].filter(tables["unit_costs"].year <= done),
        "absences": absences.filter(absences.away_from < end),
        "loop_events": tables["loop_events"].filter(tables["loop_events"].date < end),
    }


def _recorded(spend: Rows, end: date) -> Rows:
    recorded: Rows = ibis.coalesce(spend.recorded, spend.month)
    return spend.filter(spend.month < end, recorded < end)


def _before(meta: Meta, table: Rows, end: date, done: int) -> Rows:
    return table.filter(table.month < end if meta.grain == "month" else table.year < done)
