"""The engine that holds the tables: results kept in it, and the one way out of it, where rows are counted.

The engine's libraries are imported where they are used: a page that only looks at results never loads them.
"""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from capitation.dataset.faults import ROWS_NAMED
from capitation.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

# Ibis tables: their columns are attributes, which Ibis's own type hints do not know.
Rows = Any
Tables = Mapping[str, Rows]

ANSWERS = "a database that lets its tables be read and answers to the end; nothing was written"
EXACT = "decimal(18, 6)"  # sums of floats depend on the order in which threads finish; sums of decimals don't
WIDE = "decimal(38, 4)"  # sums of sums, and squares
NUMBERED = ("duckdb",)  # engines whose tables have an order, so that a row has a number
_numbers = count(1)
_watching: "list[list[Fetched]]" = []
OF_PEOPLE = ("person_id", "row")  # a column that makes each row one person's


class Fetched(NamedTuple):
    """One result that left an engine."""

    rows: int
    columns: tuple[str, ...]

    @property
    def of_people(self) -> bool:
        """Whether its rows are people's and not sums over them."""
        return any(column in self.columns for column in OF_PEOPLE)


@contextmanager
def results_fetched() -> Iterator[list[Fetched]]:
    """A list of every result that left an engine inside the block, as it goes."""
    seen: list[Fetched] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


def fetch(expression: Rows) -> "pa.Table":
    """The rows of an expression, out of the engine. There is no other way out.

    Raises ``InputError`` when a database refuses or disappears; a fault of a file stays DuckDB's own error.
    """
    import duckdb

    try:
        found = _brought_out(expression)
    except (duckdb.Error, InputError, KeyboardInterrupt):
        raise
    except Exception as error:  # every backend has its own family of errors, and they may quote a row
        raise refused(expression.get_backend().name, error) from None
    for seen in _watching:
        seen.append(Fetched(found.num_rows, tuple(found.column_names)))
    return found


def _brought_out(expression: Rows) -> "pa.Table":
    engine = expression.get_backend()
    if engine.name != "pyspark":
        return expression.to_pyarrow()
    # Ibis goes by way of pandas, which is slow and loses whole numbers beside missing ones.
    found = engine._session.sql(engine.compile(expression)).toArrow()
    return found.cast(expression.schema().to_pyarrow())


def refused(engine: str, error: Exception) -> InputError:
    """The error of a database that refused or disappeared, without its own words: they may quote a row."""
    return InputError(f"database ({engine})", f"it refused or stopped answering ({named(error)})", ANSWERS)


def named(error: Exception) -> str:
    """The class of a database's error, and its SQLSTATE where it has one: enough to look it up, and no row in it."""
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__}, SQLSTATE {state}" if state else type(error).__name__


def fetch_one(expression: Rows) -> dict[str, Any]:
    """The first row of an expression as a dictionary."""
    return fetch(expression).to_pylist()[0]


def held(expression: Rows, more: Iterable[Rows] = ()) -> Rows:
    """The rows of expressions, computed once, one after the other, and held in the engine until no longer used.

    ``more`` may be made one by one: the next is asked for when the one before it is done.

    DuckDB and PostgreSQL hold them in a temporary table, Spark in its cache; with any other engine they are
    computed each time. Ibis's own ``cache`` is not used: with current releases of its SQL writer it fails to drop
    what it cached (ibis issue 12101), so that a month's replay would fill the memory.
    """
    import duckdb

    engine = expression.get_backend()
    hold = _HOLD.get(engine.name)
    if hold is None:
        return _together(expression, more)
    name = f"held_{next(_numbers)}"
    try:
        table = hold(engine, name, expression, more)
    except (duckdb.Error, InputError):
        raise
    except Exception as error:
        raise refused(engine.name, error) from None
    weakref.finalize(table.op(), _let_go, engine, name)  # shared by every expression made from the table
    return table


def _together(expression: Rows, more: Iterable[Rows]) -> Rows:
    import ibis

    others = list(more)
    return ibis.union(expression, *others) if others else expression


def _hold_in_temporary_table(engine: Any, name: str, expression: Rows, more: Iterable[Rows]) -> Rows:
    _run(engine, f"create temp table {name} as {engine.compile(expression)}")
    for one in more:
        _run(engine, f"insert into {name} {engine.compile(one)}")
    return engine.table(name, database=_TEMPORARY.get(engine.name))


def _run(engine: Any, sql: str) -> None:
    cursor = engine.raw_sql(sql)
    if engine.name == "postgres":
        cursor.close()
        engine.con.commit()


def _hold_in_cache(engine: Any, name: str, expression: Rows, more: Iterable[Rows]) -> Rows:
    expression = _together(expression, more)
    engine._session.sql(engine.compile(expression)).cache().createOrReplaceTempView(name)
    return engine.table(name)


_TEMPORARY = {"duckdb": "temp.main"}
_HOLD = {"duckdb": _hold_in_temporary_table, "postgres": _hold_in_temporary_table, "pyspark": _hold_in_cache}


def _let_go(engine: Any, name: str) -> None:
    with suppress(Exception):  # the engine may be gone before its tables
        if engine.name == "pyspark":
            engine._session.catalog.uncacheTable(name)
            engine._session.catalog.dropTempView(name)
        else:
            _run(engine, f"drop table {name}")


def with_categories(table: "pa.Table", columns: tuple[str, ...]) -> pd.DataFrame:
    """A table in pandas, with the named columns as sorted categories where they are text."""
    frame = table.to_pandas(strings_to_categorical=True)
    for column in columns:
        if isinstance(frame[column].dtype, pd.CategoricalDtype):
            frame[column] = frame[column].cat.reorder_categories(sorted(frame[column].cat.categories))
    return frame


def distinct(table: Rows, column: str) -> list[Any]:
    """The values of a column, each once, sorted, without the missing one."""
    values = fetch(table.select(column).distinct())[column].to_pylist()
    return sorted(value for value in values if value is not None)


def numbered(rows: Rows) -> Rows:
    """The rows of a table as found with ``row_number`` from 1, where the engine's tables have an order."""
    import ibis

    return rows.mutate(row_number=ibis.row_number() + 1) if rows.get_backend().name in NUMBERED else rows


def first_numbers(rows: Rows) -> tuple[int, ...]:
    """The numbers of the first few of `numbered` rows; none where the engine's tables have no order."""
    if "row_number" not in rows.columns:
        return ()
    first = rows.select("row_number").order_by("row_number").limit(ROWS_NAMED)
    return tuple(fetch(first)["row_number"].to_pylist())
