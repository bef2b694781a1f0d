"""A database that Ibis can open: a DuckDB file is read in place, tables of others are brought over."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import ibis
import yaml

from capitation.dataset import schema
from capitation.dataset.raw import Raw, columns_of, literal, quoted, short_hash, staging
from capitation.errors import InputError

DUCKDB = "duckdb://"
DESCRIPTION = "dataset"  # the table that stands in for dataset.yaml: columns field, value


def read_database(address: str) -> Raw:
    """Stage the tables of a database.

    Raises ``InputError`` when it can't be opened; the message leaves out the path and any password.
    """
    db = staging()
    try:
        found = _attach(db, address) if address.startswith(DUCKDB) else _bring_over(db, address)
    except InputError:
        raise
    except Exception as error:  # every backend has its own family of errors, and they may quote a password
        what = f"the database can't be opened ({type(error).__name__})"
        raise InputError(public_address(address), what, "an address that Ibis can connect to") from None
    columns = {name: columns_of(db, name) for name in found if name != DESCRIPTION}
    return Raw(db, public_address(address), _version(db, found), _fields(db, found), columns)


def public_address(address: str) -> str:
    """A database address without user, password, host or folder."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{Path(parts.path or parts.netloc).name}"


def _wanted(present: list[str]) -> list[str]:
    return [name for name in (DESCRIPTION, *schema.tables("month")) if name in present]


def _attach(db: duckdb.DuckDBPyConnection, address: str) -> list[str]:
    file = Path(address.removeprefix(DUCKDB).partition("?")[0])
    if not file.is_file():
        raise InputError(public_address(address), "there is no such file", "a DuckDB database file")
    db.execute(f"attach {literal(str(file))} as origin (read_only)")
    rows = db.execute(
        "select table_name from duckdb_tables() where database_name = 'origin' "
        "union all select view_name from duckdb_views() where database_name = 'origin'"
    )
    found = _wanted([row[0] for row in rows.fetchall()])
    for name in found:
        db.execute(f"create view raw.{name} as select * from origin.{name}")
    return found


def _bring_over(db: duckdb.DuckDBPyConnection, address: str) -> list[str]:
    origin = ibis.connect(address)
    found = _wanted(list(origin.list_tables()))
    for name in found:
        db.register("incoming", origin.table(name).to_pyarrow())
        db.execute(f"create table raw.{name} as select * from incoming")
        db.unregister("incoming")
    return found


def _fields(db: duckdb.DuckDBPyConnection, found: list[str]) -> Any:
    if DESCRIPTION not in found:
        return None
    try:
        rows = db.execute("select field::varchar, value::varchar from raw.dataset").fetchall()
        return {field: yaml.safe_load(value or "") for field, value in rows}
    except (duckdb.Error, yaml.YAMLError):
        return None


def _version(db: duckdb.DuckDBPyConnection, found: list[str]) -> str:
    return short_hash(*(f"{name} {_digest(db, name)}" for name in sorted(found)))


def _digest(db: duckdb.DuckDBPyConnection, table: str) -> str:
    # A sum over rows does not depend on the order in which the engine returns them.
    columns = ", ".join(f"coalesce({quoted(name)}::varchar, '\\N')" for name in columns_of(db, table))
    row_sum = f"sum(md5_number_lower(concat_ws(chr(31), {columns}))::hugeint)"
    return str(db.execute(f"select count(*), {row_sum} from raw.{quoted(table)}").fetchone())
