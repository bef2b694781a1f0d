"""Results kept inside the engine while they are needed, and results brought out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

_numbers = count(1)


@contextmanager
def kept(expression: ir.Table) -> Iterator[ir.Table]:
    """The rows of an expression, computed once and held in the engine until the block ends.

    Ibis's own ``cache`` is not used: with current releases of its SQL writer it fails to drop what it cached
    (ibis issue 12101), so that a month's replay would fill the memory.
    """
    engine: Any = expression.get_backend()
    name = f"kept_{next(_numbers)}"
    engine.raw_sql(f"create temp table {name} as {engine.compile(expression)}")
    try:
        yield engine.table(name, database="temp.main")
    finally:
        engine.raw_sql(f"drop table {name}")


def with_categories(table: pa.Table, columns: tuple[str, ...]) -> pd.DataFrame:
    """A table in pandas, with the named columns as sorted categories where they are text."""
    frame = table.to_pandas(strings_to_categorical=True)
    for column in columns:
        if isinstance(frame[column].dtype, pd.CategoricalDtype):
            frame[column] = frame[column].cat.reorder_categories(sorted(frame[column].cat.categories))
    return frame


def distinct(table: ir.Table, column: str) -> list[Any]:
    """The values of a column, each once, sorted."""
    return sorted(table.select(column).distinct().to_pyarrow()[column].to_pylist())
