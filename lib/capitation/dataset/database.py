"""A database that Ibis can open: a DuckDB file is read in place, tables of others are brought over."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import ibis
import yaml

from capitation.dataset import schema
from capitation.dataset.faults import Fault
from capitation.dataset.raw import Raw, columns_of, literal, quoted, short_hash, staging
from capitation.errors import InputError
from capitation.plain_yaml import load_yaml

DUCKDB = "duckdb://"
FILES = ("sqlite", "file", "duckdb")  # connecting to a file that is not there would make an empty one
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
    except ImportError:
        raise _no_driver(address) from None
    except Exception as error:  # every backend has its own family of errors, and they may quote a password
        what = f"the database can't be opened ({type(error).__name__})"
        raise InputError(public_address(address), what, "an address that Ibis can connect to") from None
    columns = {name: columns_of(db, name) for name in found if name != DESCRIPTION}
    faults: list[Fault] = []
    fields = _fields(db, found, faults)
    return Raw(db, public_address(address), _version(db, found), fields, columns, faults)


def public_address(address: str) -> str:
    """A database address without user, password, host or folder."""
    try:
        parts = urlsplit(address)
    except ValueError:  # e.g. a bracket without its other half
        return f"{address.partition('://')[0]}://"
    return f"{parts.scheme}://{Path(parts.path or parts.netloc).name}"


def _no_driver(address: str) -> InputError:
    kind = urlsplit(address).scheme.replace("postgresql", "postgres")
    expected = f"the package ibis-framework[{kind}]: pip install 'ibis-framework[{kind}]'"
    return InputError(public_address(address), f"the driver for {kind} is not installed", expected)


def _wanted(present: list[str]) -> list[str]:
    return [name for name in (DESCRIPTION, *schema.tables("month")) if name in present]


def _attach(db: duckdb.DuckDBPyConnection, address: str) -> list[str]:
    file = Path(address.removeprefix(DUCKDB).partition("?")[0])
    _check_is_there(address, file)
    db.execute(f"attach {literal(str(file))} as origin (read_only)")
    rows = db.execute(
        "select table_name from duckdb_tables() where database_name = 'origin' "
        "union all select view_name from duckdb_views() where database_name = 'origin'"
    )
    found = _wanted([row[0] for row in rows.fetchall()])
    for name in found:
        db.execute(f"create view raw.{name} as select * from origin.{name}")
    return found


def _check_is_there(address: str, file: Path) -> None:
    if not file.is_file():
        raise InputError(public_address(address), "there is no such file", "an existing database file")


def _bring_over(db: duckdb.DuckDBPyConnection, address: str) -> list[str]:
    parts = urlsplit(address)
    if parts.scheme in FILES:
        _check_is_there(address, Path(parts.netloc + parts.path))
    origin = ibis.connect(address)
    found = _wanted(list(origin.list_tables()))
    for name in found:
        db.register("incoming", origin.table(name).to_pyarrow())
        db.execute(f"create table raw.{name} as select * from incoming")
        db.unregister("incoming")
    return found


def _fields(db: duckdb.DuckDBPyConnection, found: list[str], faults: list[Fault]) -> Any:
    if DESCRIPTION not in found:
        return None
    try:
        rows = db.execute("select field::varchar, value::varchar from raw.dataset").fetchall()
        if len({field for field, _ in rows}) == len(rows):
            return {field: load_yaml(value or "") for field, value in rows}
        what = "a field of the table dataset stands twice"
    except (duckdb.Error, yaml.YAMLError):
        what = "the table dataset can't be read"
    rule = "a table dataset with the columns field and value, each field once, values as in YAML"
    faults.append(Fault("dataset.yaml", "", 0, (), rule, what))
    return None


def _version(db: duckdb.DuckDBPyConnection, found: list[str]) -> str:
    return short_hash(*(f"{name} {_digest(db, name)}" for name in sorted(found)))


def _digest(db: duckdb.DuckDBPyConnection, table: str) -> str:
    # A sum over rows does not depend on the order in which the engine returns them.
    columns = ", ".join(f"coalesce({quoted(name)}::varchar, '\\N')" for name in columns_of(db, table))
    row_sum = f"sum(md5_number_lower(concat_ws(chr(31), {columns}))::hugeint)"
    return str(db.execute(f"select count(*), {row_sum} from raw.{quoted(table)}").fetchone())
