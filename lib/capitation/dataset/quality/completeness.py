"""How much of each column is filled in."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from capitation.dataset import schema
from capitation.dataset.disclosure import HIDDEN, may_show_mean, suppress_count
from capitation.dataset.engine import Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import frame, one_if
from capitation.terms import percent

# Empty says something in these columns, so that being filled is no merit: never left, still alive, in no group.
EMPTY_HAS_A_MEANING = frozenset({"group", "join_date", "leave_date", "death_date", "client_paid", "recorded"})
OF_PEOPLE = frozenset(
    {"people", "spend", "needs", "outcomes", "absences", "unlinked", "loop_events"}
)  # tables whose rows stand for people
ALMOST = 0.99
FILLED, NOT_GIVEN, NO_ROWS, MAY_BE_EMPTY = "filled", "not given", "no rows", "may be empty"


def completeness(meta: Meta, tables: Tables) -> pd.DataFrame:
    """The share filled in of every column.

    Columns: table, column, rows, filled (rows), share (0 to 1, missing where there are no rows), state:
    ``filled`` counts towards the score, ``may be empty`` does not, since empty has a meaning there, ``not given``
    is an optional column without one value, ``no rows`` stands in a table without rows.
    """
    parts = [_of_table(tables[name], table) for name, table in schema.tables(meta.grain).items()]
    return pd.concat(parts, ignore_index=True)


def share_filled(found: pd.DataFrame) -> float:
    """The mean share filled of the columns that count; missing where there are none."""
    return float(found.loc[found["state"] == FILLED, "share"].mean())


def rows_words(row: Mapping[Any, Any]) -> str:
    """How many rows the table of a column has, as it may be printed: exactly where no row stands for a person."""
    return suppress_count(row["rows"]) if row["table"] in OF_PEOPLE else f"{row['rows']:,}"


def share_words(row: Mapping[Any, Any]) -> str:
    """The share filled in, as it may be printed: of people to the whole per cent, hidden beside few filled or not."""
    filled, empty, share = row["filled"], row["rows"] - row["filled"], row["share"]
    if row["table"] not in OF_PEOPLE or not row["rows"]:
        return "–" if pd.isna(share) else percent(share)
    if not all(count == 0 or may_show_mean(count) for count in (filled, empty)):
        return HIDDEN
    return f"over {percent(ALMOST, 0)}" if ALMOST < share < 1 else percent(share, 0)


def _of_table(rows: Rows, table: schema.Table) -> pd.DataFrame:
    counts = {column.name: _is_filled(rows[column.name], column).sum().fill_null(0) for column in table.columns}
    found = frame(rows.aggregate(all_rows=rows.count(), **counts)).iloc[0]
    return pd.DataFrame([_row(table, column, int(found["all_rows"]), int(found[column.name]))
                         for column in table.columns])  # fmt: skip


def _is_filled(value: Rows, column: schema.Column) -> Rows:
    filled = value.notnull()
    return one_if((filled & (value != "")) if column.kind == "text" else filled)


def _row(table: schema.Table, column: schema.Column, rows: int, filled: int) -> dict[str, object]:
    share = filled / rows if rows else float("nan")
    state = _state(column, rows, filled)
    return {"table": table.name, "column": column.name, "rows": rows, "filled": filled, "share": share, "state": state}


def _state(column: schema.Column, rows: int, filled: int) -> str:
    if not rows:
        return NO_ROWS
    if column.optional and not filled:
        return NOT_GIVEN
    return MAY_BE_EMPTY if column.name in EMPTY_HAS_A_MEANING else FILLED
