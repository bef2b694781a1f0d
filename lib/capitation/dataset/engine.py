"""Results kept inside the engine while they are needed, and results brought out of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import pandas as pd
import pyarrow as pa

# Ibis tables: their columns are attributes, which Ibis's own type hints do not know.
Rows = Any
Tables = Mapping[str, Rows]

_numbers = count(1)


@contextmanager
def kept(expression: Rows) -> Iterator[Rows]:
    """The rows of an expression, computed once and held in the engine until the block ends.

    Ibis's own ``cache`` is not used: with current releases of its SQL writer it fails to drop what it cached
    (ibis issue 12101), so that a month's replay would fill the memory.
    """
    engine = expression.get_backend()
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


def distinct(table: Rows, column: str) -> list[Any]:
    """The values of a column, each once, sorted."""
    return sorted(table.select(column).distinct().to_pyarrow()[column].to_pylist())
