"""How the checked tables become one row per person and year."""

from contextlib import ExitStack
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from capitation.dataset import exposure
from capitation.dataset.engine import Rows, Tables, distinct, kept, with_categories
from capitation.dataset.exposure import Window
from capitation.dataset.linked_dataset import LinkedDataset
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, month_name, month_start, months_between, next_month
from capitation.dataset.raw import short_hash
from capitation.errors import InputError

PERSON_YEAR_COLUMNS = (
    "person_id",
    "year",
    "exposure",
    "age",
    "sex",
    "locality",
    "group",
    "joined",
    "prior_spend",
    "prior_known",
)
TEXTS = ("person_id", "sex", "locality", "group")
NEED = "need:"


def as_at(dataset: LinkedDataset, month: str) -> LinkedDataset:
    """The data set as it would have been at the end of ``month``; see `LinkedDataset.as_at`."""
    end = _end_of(dataset, month)
    if month == dataset.months[1]:
        return dataset
    meta = dataset.meta.model_copy(update={"version": short_hash(dataset.meta.version, month)})
    start = month_start(dataset.months[0]) or end
    return linked(meta, _until(meta, dataset.tables, end), Window(start, end))


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
    with ExitStack() as held:
        spend = held.enter_context(kept(exposure.spend_by_year(meta, tables)))
        if not distinct(spend, "year"):
            raise InputError("spend", "there is none in the months asked for", "at least one row")
        window = window or covered(meta, tables)
        years = _years(spend)
        eligible = held.enter_context(kept(exposure.eligible_years(meta, tables, years, window)))
        rows = held.enter_context(kept(exposure.numbered(exposure.with_year_before(eligible, spend))))
        return _linked(meta, tables, window, spend, rows)


def _years(spend: Rows) -> tuple[int, ...]:
    return tuple(int(year) for year in distinct(spend, "year"))


def _linked(meta: Meta, tables: Tables, window: Window, spend: Rows, rows: Rows) -> LinkedDataset:
    years, people = _years(spend), _person_years(rows, tables)
    return LinkedDataset(
        meta=meta,
        years=years,
        months=(month_name(window.start), month_name(_last_month(window))),
        months_in_last_year=min(MONTHS_IN_YEAR, months_between(meta.year_start(years[-1]), window.end)),
        unplaced_spend=_unplaced(spend, rows),
        person_years=people,
        costs=_costs(rows, spend, len(people)),
        measures=_measures(rows, tables, len(people)),
        services=_codes(tables["services"]),
        providers=_codes(tables["providers"]),
        budgets=_budgets(tables["budgets"], years),
        tables=tables,
    )


def covered(meta: Meta, tables: Tables) -> Window:
    """The days from the first period with spend to the last."""
    period = tables["spend"][meta.grain]
    ends = tables["spend"].aggregate(first=period.min(), last=period.max()).to_pyarrow().to_pylist()[0]
    if meta.grain == "year":
        return Window(meta.year_start(ends["first"]), meta.year_start(ends["last"] + 1))
    return Window(ends["first"], next_month(ends["last"]))


def _last_month(window: Window) -> date:
    before = window.end.month == 1
    return date(window.end.year - before, MONTHS_IN_YEAR if before else window.end.month - 1, 1)


def _person_years(rows: Rows, tables: Tables) -> pd.DataFrame:
    found = rows.order_by("row").select(*PERSON_YEAR_COLUMNS).to_pyarrow()
    frame = with_categories(found, TEXTS)
    frame["year"] = frame["year"].astype("int16")
    needs = exposure.latest_needs(rows, tables["needs"]).to_pandas()
    for marker in distinct(tables["needs"], "marker"):
        known = needs[needs.marker == marker]
        frame[NEED + marker] = _placed(known.row, known.value, len(frame), np.nan)
    return frame


def _placed(row: pd.Series, value: pd.Series, length: int, default: float) -> np.ndarray:
    column = np.full(length, default)
    column[row.to_numpy(dtype="int64")] = value.to_numpy(dtype="float64")
    return column


def _wide(long: pd.DataFrame, keys: list[str], length: int) -> pd.DataFrame:
    """Long rows (row, two key columns, value) as one column per pair of keys; 0 where there is none."""
    pairs: dict[Any, np.ndarray] = {
        pair: _placed(part.row, part.value, length, 0.0) for pair, part in long.groupby(keys, observed=True, sort=True)
    }
    columns = pd.MultiIndex.from_arrays([[pair[i] for pair in pairs] for i in range(len(keys))], names=keys)
    return pd.DataFrame(dict(enumerate(pairs.values())), index=pd.RangeIndex(length)).set_axis(columns, axis=1)


def _costs(rows: Rows, spend: Rows, length: int) -> pd.DataFrame:
    long = rows.select("row", *exposure.KEY).inner_join(spend, exposure.KEY)
    found = long.select("row", "service", "provider", value=long.amount).to_pyarrow()
    return _wide(with_categories(found, ("service", "provider")), ["service", "provider"], length)


def _measures(rows: Rows, tables: Tables, length: int) -> pd.DataFrame:
    long = rows.select("row", *exposure.KEY).inner_join(tables["outcomes"], exposure.KEY)
    found = long.select("row", "measure", "numerator", "denominator").to_pandas()
    stacked = found.melt(["row", "measure"], ["numerator", "denominator"], var_name="part")
    return _wide(stacked, ["measure", "part"], length)


def _unplaced(spend: Rows, rows: Rows) -> float:
    left_over = spend.anti_join(rows, exposure.KEY)
    total = left_over.amount.cast(exposure.EXACT).sum().cast("float64").to_pyarrow().as_py()
    return total or 0.0


def _codes(table: Rows) -> pd.DataFrame:
    code = table.columns[0]
    return table.order_by(code).to_pandas().set_index(code)


def _budgets(table: Rows, years: tuple[int, ...]) -> pd.DataFrame:
    mine = table.filter(table.year.isin(years))
    return mine.order_by(["year", "commissioner", "service"]).to_pandas()


def _until(meta: Meta, tables: Tables, end: date) -> Tables:
    """The tables without anything from ``end`` on."""
    done = meta.year_of(end)
    people, spend, needs, absences = (tables[name] for name in ("people", "spend", "needs", "absences"))
    known = people.filter(people.join_date.isnull() | (people.join_date < end))
    return {
        **tables,
        "people": known.mutate(
            leave_date=(known.leave_date < end).ifelse(known.leave_date, ibis.null("date")),
            death_date=(known.death_date < end).ifelse(known.death_date, ibis.null("date")),
        ),
        "spend": spend.filter(spend.month < end if meta.grain == "month" else spend.year < done),
        "needs": needs.filter(needs.as_at < end),
        "outcomes": tables["outcomes"].filter(tables["outcomes"].year < done),
        "absences": absences.filter(absences.away_from < end),
    }
