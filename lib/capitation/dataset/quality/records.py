"""The records that count: spend and unlinked records of the months asked for, each with its year and setting."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from capitation.dataset.engine import EXACT, Rows, Tables, fetch
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, month_start, next_month
from capitation.errors import InputError


@dataclass(frozen=True)
class Span:
    """The months looked at, half-open: ``start`` is the first day, ``end`` the day after the last."""

    start: date
    end: date

    def whole(self, meta: Meta, year: int) -> bool:
        """Whether every month of a year is in the span."""
        return self.start <= meta.year_start(year) and meta.year_start(year + 1) <= self.end


def span(months: tuple[str, str]) -> Span:
    """The span from the first to the last month, each ``YYYY-MM``. Raises ``InputError`` for anything else."""
    first, last = (month_start(month) for month in months)
    if first is None or last is None or first > last:
        raise InputError("months", f"'{months[0]}' to '{months[1]}' is no run of months", "two months YYYY-MM in order")
    return Span(first, next_month(last))


def year_of(meta: Meta, rows: Rows) -> Rows:
    """The rows with the year they are of, named by the calendar year it starts in."""
    if meta.grain == "year":
        return rows
    before = one_if(rows.month.month() < meta.year_starts_in)
    return rows.mutate(year=rows.month.year().cast("int64") - before)


def spend_in(meta: Meta, tables: Tables, within: Span) -> Rows:
    """Spend on the care of the span, whenever it was recorded, with its year."""
    return year_of(meta, _in_span(meta, tables["spend"], within))


def unlinked_in(meta: Meta, tables: Tables, within: Span) -> Rows:
    """Records of the span that no person could be found for, with their year."""
    return year_of(meta, _in_span(meta, tables["unlinked"], within))


def _in_span(meta: Meta, rows: Rows, within: Span) -> Rows:
    if meta.grain == "month":
        return rows.filter((rows.month >= within.start) & (rows.month < within.end))
    first = meta.year_of(within.start)
    last = meta.year_of(within.end) - (within.end.month == meta.year_starts_in)
    return rows.filter(rows.year.between(first, last))


def people_by_line(meta: Meta, tables: Tables, within: Span) -> pd.DataFrame:
    """People with spend by year and service: few of them hide a line's amounts. Columns: year, service, people."""
    spend = spend_in(meta, tables, within)
    return frame(spend.group_by(["year", "service"]).agg(people=spend.person_id.nunique()))


def with_setting(rows: Rows, tables: Tables) -> Rows:
    """The rows of known services with the setting of each."""
    return rows.inner_join(tables["services"].select("service", "setting"), "service")


def exact_sum(values: Rows) -> Rows:
    """A sum that is the same whatever the order of its parts; 0 of none."""
    return values.cast(EXACT).sum().cast("float64").fill_null(0.0)


def frame(expression: Rows) -> pd.DataFrame:
    """A small result, out of the engine, with text as plain objects."""
    found = fetch(expression).to_pandas()
    texts = [name for name in found if isinstance(found[name].dtype, pd.StringDtype)]
    return found.astype(dict.fromkeys(texts, object))


def one_if(condition: Rows) -> Rows:
    """1 where a condition holds, else 0; not every engine makes a number of a truth value."""
    return condition.ifelse(1, 0).cast("int64")


def month_number(day: Rows) -> Rows:
    """Months since year 0, of a date column."""
    return MONTHS_IN_YEAR * day.year().cast("int64") + day.month().cast("int64") - 1


def month_numbers(within: Span) -> range:
    """The month numbers of a span."""
    return range(*(MONTHS_IN_YEAR * day.year + day.month - 1 for day in (within.start, within.end)))


def month_named(number: int) -> str:
    """A month number as ``YYYY-MM``."""
    year, month = divmod(number, MONTHS_IN_YEAR)
    return f"{year:04d}-{month + 1:02d}"
