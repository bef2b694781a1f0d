"""How much of each column is filled in."""

import pandas as pd

from capitation.dataset import schema
from capitation.dataset.engine import Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import frame, one_if

# Empty says something in these columns, so that being filled is no merit: never left, still alive, in no group.
EMPTY_HAS_A_MEANING = frozenset({"group", "join_date", "leave_date", "death_date", "client_paid", "recorded"})
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
