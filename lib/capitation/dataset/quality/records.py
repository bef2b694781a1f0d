"""The records that count: spend and unlinked records of the months asked for, each with its year and setting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from capitation.dataset.disclosure import safe_table
from capitation.dataset.engine import EXACT, WIDE, Rows, Tables, fetch
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


def behind(rows: Rows, by: Sequence[str] = ()) -> pd.DataFrame:
    """Who stands behind the amounts of groups of rows: what decides whether they may be shown.

    Columns: ``by``, people (with an amount), whole (the sum of what each person has, signs left out) and largest
    (the dearest person's part of it), whole and largest in currency. One row for all when ``by`` is empty.
    """
    each = rows.group_by([*by, "person_id"]).agg(part=rows.amount.cast(EXACT).sum().abs())
    found = {"people": one_if(each.part > 0).sum().fill_null(0), "whole": each.part.cast(WIDE).sum().cast("float64").fill_null(0.0),
             "largest": each.part.max().cast("float64").fill_null(0.0)}  # fmt: skip
    return frame(each.group_by(list(by)).agg(**found) if by else each.aggregate(**found))


def may_show_amounts(rows: Rows) -> bool:
    """Whether the sum of all these amounts may be shown: nobody's, or of 8 people or more and not mostly of one."""
    found = behind(rows)
    return not int(found["people"].iloc[0]) or bool(safe_groups(found).iloc[0])


def with_behind(lines: pd.DataFrame, found: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Lines with the columns of `behind`, 0 where nobody stands behind one."""
    return lines.merge(found, how="left", on=list(by)).fillna({"people": 0, "whole": 0.0, "largest": 0.0})


def safe_groups(lines: pd.DataFrame, beside: Sequence[str] = ()) -> pd.Series:
    """Whether the amounts of each line may be shown beside the totals of every column of ``beside``, and of all.

    ``lines`` has the columns of `behind`. A line hidden beside one total is hidden beside the others, and takes
    others with it there.
    """
    hidden = pd.Series(False, index=lines.index)
    groups = [index for column in beside for index in lines.groupby(column).groups.values()] or [lines.index]
    while True:
        before = hidden.copy()
        for index in groups:
            hidden[index] |= _hidden(lines.loc[index], hidden[index])
        if before.equals(hidden):
            return ~hidden


def _hidden(lines: pd.DataFrame, already: pd.Series) -> pd.Series:
    """Which lines of one total are hidden; of the second dearest person no more is known than that it's no dearer."""
    whole, largest = lines["whole"], lines["largest"].where(~already, lines["whole"])
    second = np.minimum(largest, whole - largest)
    table = pd.DataFrame(
        {"people": lines["people"].astype("int64"), "whole": whole, "largest": largest, "second": second}
    )
    safe = safe_table(table.assign(seen=1.0), "people", ["seen"], amount="whole", largest="largest", second="second")
    return safe["seen"].isna() & (table["people"] > 0)


def with_setting(rows: Rows, tables: Tables) -> Rows:
    """The rows of known services with the setting of each."""
    return rows.inner_join(tables["services"].select("service", "setting"), "service")


def exact_sum(values: Rows) -> Rows:
    """A sum that is the same whatever the order of its parts; 0 of none."""
    return values.cast(EXACT).sum().cast("float64").fill_null(0.0)


def labels(tables: Tables) -> dict[str, str]:
    """The name of each service as people read it."""
    rows = frame(tables["services"].select("service", "label"))
    return {str(code): str(code if pd.isna(label) else label) for code, label in rows.itertuples(index=False)}


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
