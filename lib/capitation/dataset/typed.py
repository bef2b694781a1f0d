"""From tables as found to tables of the documented types; what does not convert is left empty and counted.

Tables of files are text or of any type: DuckDB converts them value by value. Tables of a warehouse are typed
already: a column of another type than documented counts as wrong in every row that it fills in.
"""

import duckdb
import ibis
import ibis.expr.datatypes as dt

from capitation.dataset import schema
from capitation.dataset.engine import Rows, Tables
from capitation.dataset.raw import Raw, quoted

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_NUMBER = (*_WHOLE, "UBIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_DAY = ("DATE", "TIMESTAMP")
_TYPES: dict[schema.Kind, str] = {
    "text": "varchar",
    "number": "double",
    "integer": "bigint",
    "date": "date",
    "month": "date",
    "id": "varchar",
}
_IBIS_TYPES: dict[schema.Kind, str] = {
    "text": "string",
    "number": "float64",
    "integer": "int64",
    "date": "date",
    "month": "date",
    "id": "string",
}


def filled(column: str) -> str:
    """The name of the flag beside a typed column: whether the source filled it in.

    An empty column without that flag was left empty; with it, its value is of the wrong type.
    """
    return f"has_{column}"


def flagged_tables(raw: Raw) -> dict[str, Rows]:
    """Every table of the schema with its documented types and flags (`filled`), empty where the source has none."""
    tables = schema.tables(raw.grain)
    if raw.db is None:
        return {name: _in_warehouse(raw, table) for name, table in tables.items()}
    _make_typed_views(raw, raw.db, tables)
    engine = ibis.duckdb.from_connection(raw.db)
    return {name: engine.table(name, database="typed") for name in tables}


def typed_tables(flagged: Tables, raw: Raw) -> dict[str, Rows]:
    """The same tables without flags, and with no group as empty text."""
    return {name: _plain(flagged[name], table) for name, table in schema.tables(raw.grain).items()}


def _plain(found: Rows, table: schema.Table) -> Rows:
    columns = found.select(*(column.name for column in table.columns))
    return columns.mutate(group=columns.group.fill_null("")) if table.name == "people" else columns


def _in_warehouse(raw: Raw, table: schema.Table) -> Rows:
    found, whole_ids = raw.in_place.get(table.name), _ids_are_whole_in_warehouse(raw)
    if found is None:
        some = next(iter(raw.in_place.values()))
        return some.select(**_columns_in_warehouse(None, table, whole_ids)).limit(0)
    return found.select(**_columns_in_warehouse(found, table, whole_ids))


def _ids_are_whole_in_warehouse(raw: Raw) -> bool:
    people = raw.in_place.get("people")
    return people is not None and "person_id" in people.columns and _is_whole(people.person_id.type())


def _columns_in_warehouse(found: Rows | None, table: schema.Table, whole_ids: bool) -> dict[str, Rows]:
    columns: dict[str, Rows] = {}
    for column in table.columns:
        value = found[column.name] if found is not None and column.name in found.columns else None
        kind: schema.Kind = "integer" if column.kind == "id" and whole_ids else column.kind
        columns[column.name] = ibis.null(_IBIS_TYPES[kind]) if value is None else _cast(value, kind)
        columns[filled(column.name)] = ibis.literal(False) if value is None else value.notnull()
    return columns


def _cast(value: Rows, kind: schema.Kind) -> Rows:
    """A warehouse's column as the documented type; empty where its own type is another."""
    found = value.type()
    if kind in ("id", "text"):
        return value.nullif("") if found.is_string() else value.cast("string")
    if kind == "number":
        return finite(value) if found.is_numeric() else ibis.null("float64")
    fits = _is_whole(found) if kind == "integer" else found.is_date() or found.is_timestamp()
    return value.cast(_IBIS_TYPES[kind]) if fits else ibis.null(_IBIS_TYPES[kind])


def finite(value: Rows) -> Rows:
    """A number as a float; empty where it is none (NaN) or infinite."""
    number = value.cast("float64")
    no_number: Rows = number.isnan() | number.isinf()
    return no_number.ifelse(ibis.null("float64"), number)


def _is_whole(found: dt.DataType) -> bool:
    return found.is_integer() or (isinstance(found, dt.Decimal) and found.scale == 0)


def _make_typed_views(raw: Raw, db: duckdb.DuckDBPyConnection, tables: dict[str, schema.Table]) -> None:
    whole_ids = _ids_are_whole_numbers(raw, db)
    db.execute("create schema if not exists typed")
    for table in tables.values():
        db.execute(f"create or replace view typed.{table.name} as {_select(raw, table, whole_ids)}")


def _select(raw: Raw, table: schema.Table, whole_ids: bool) -> str:
    found = raw.columns.get(table.name)
    columns = ", ".join(_column(column, found or {}, whole_ids) for column in table.columns)
    return f"select {columns} from raw.{table.name}" if found else f"select {columns} where false"


def _column(column: schema.Column, found: dict[str, str], whole_ids: bool) -> str:
    kind: schema.Kind = "integer" if column.kind == "id" and whole_ids else column.kind
    name, flag = quoted(column.name), quoted(filled(column.name))
    if column.name not in found:
        return f"null::{_TYPES[kind]} as {name}, false as {flag}"
    # Only text can be filled with nothing; another type is not turned into text to find out.
    text = found[column.name] == "VARCHAR"
    value = _converted(name, kind, found[column.name])
    return f"{value} as {name}, {f'nullif({name}, {chr(39) * 2})' if text else name} is not null as {flag}"


def _converted(name: str, kind: schema.Kind, found: str) -> str:
    text = f"{name}::varchar"
    if kind == "integer":
        return f"{name}::bigint" if found in _WHOLE else _whole_number(text)
    if kind == "number":
        return _finite(f"try_cast({name if found.startswith(_NUMBER) else text} as double)")
    if kind in ("date", "month"):
        return f"{name}::date" if found.startswith(_DAY) else _day(text, kind)
    return f"nullif({text}, '')"


def _whole_number(text: str) -> str:
    return f"case when regexp_full_match({text}, '-?[0-9]+(\\.0+)?') then try_cast({text} as bigint) end"


def _finite(number: str) -> str:
    return f"case when isfinite({number}) then {number} end"


def _day(text: str, kind: schema.Kind) -> str:
    # Dates must be written in full: the engine would also take 13-4-1.
    pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    day = f"case when regexp_matches({text}, '{pattern}') then try_cast({text} as date) end"
    if kind == "date":
        return day
    return (
        f"coalesce({day}, case when regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}') "
        f"then try_cast({text} || '-01' as date) end)"
    )


def _ids_are_whole_numbers(raw: Raw, db: duckdb.DuckDBPyConnection) -> bool:
    found = raw.columns.get("people", {}).get("person_id", "")
    if found.startswith(_NUMBER):
        return True
    if not found:
        return False
    # Codes with leading noughts stay text: 007 and 7 are two people.
    same = "try_cast(person_id::varchar as bigint)::varchar is not distinct from person_id::varchar"
    try:
        row = db.execute(f"select bool_and({same}) from raw.people where person_id is not null").fetchone()
    except duckdb.Error:
        return False  # the check will say that people can't be read
    return bool(row and row[0])
