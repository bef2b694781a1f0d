"""From tables as found to tables of the documented types; what does not convert is left empty and counted."""

import duckdb
import ibis

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


def make_typed_views(raw: Raw) -> dict[str, schema.Table]:
    """Create ``typed.<table>`` for every table of the schema, empty where the source has none.

    Beside each column stands ``has:<column>``: whether the source filled it in. An empty column without that
    flag was left empty; with it, its value is of the wrong type.
    """
    tables = schema.tables(raw.grain)
    whole_ids = _ids_are_whole_numbers(raw)
    raw.db.execute("create schema typed")
    for table in tables.values():
        raw.db.execute(f"create view typed.{table.name} as {_select(raw, table, whole_ids)}")
    return tables


def typed_tables(raw: Raw) -> Tables:
    """The typed views as Ibis tables, with no group as empty text."""
    connection = ibis.duckdb.from_connection(raw.db)
    return {
        name: _table(connection.table(name, database="typed"), table)
        for name, table in schema.tables(raw.grain).items()
    }


def _table(found: Rows, table: schema.Table) -> Rows:
    columns = found.select(*(column.name for column in table.columns))
    return columns.mutate(group=columns.group.fill_null("")) if table.name == "people" else columns


def _select(raw: Raw, table: schema.Table, whole_ids: bool) -> str:
    found = raw.columns.get(table.name)
    columns = ", ".join(_column(column, found or {}, whole_ids) for column in table.columns)
    return f"select {columns} from raw.{table.name}" if found else f"select {columns} where false"


def _column(column: schema.Column, found: dict[str, str], whole_ids: bool) -> str:
    kind: schema.Kind = "integer" if column.kind == "id" and whole_ids else column.kind
    name, flag = quoted(column.name), quoted(f"has:{column.name}")
    if column.name not in found:
        return f"null::{_TYPES[kind]} as {name}, false as {flag}"
    value = _converted(name, kind, found[column.name])
    return f"{value} as {name}, nullif({name}::varchar, '') is not null as {flag}"


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


def _ids_are_whole_numbers(raw: Raw) -> bool:
    found = raw.columns.get("people", {}).get("person_id", "")
    if found.startswith(_NUMBER):
        return True
    if not found:
        return False
    # Codes with leading noughts stay text: 007 and 7 are two people.
    same = "try_cast(person_id::varchar as bigint)::varchar is not distinct from person_id::varchar"
    try:
        row = raw.db.execute(f"select bool_and({same}) from raw.people where person_id is not null").fetchone()
    except duckdb.Error:
        return False  # the check will say that people can't be read
    return bool(row and row[0])
