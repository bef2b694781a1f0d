"""A database that Ibis can open: read where it is. Only the tables of a SQLite file are brought over to DuckDB."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import ibis
import yaml

from capitation.dataset import schema
from capitation.dataset.engine import EXACT, Rows, fetch, fetch_one, named
from capitation.dataset.faults import Fault
from capitation.dataset.raw import Raw, columns_of, literal, quoted, short_hash, staging
from capitation.dataset.typed import finite
from capitation.errors import InputError
from capitation.plain_yaml import load_yaml

DUCKDB, SPARK = "duckdb://", "pyspark://"
FILES = ("sqlite", "file", "duckdb")  # connecting to a file that is not there would make an empty one
DESCRIPTION = "dataset"  # the table that stands in for dataset.yaml: columns field, value
DESCRIPTION_FILE = "dataset.yaml"
REFUSALS = (  # what is said, classes of SQLSTATE, and words of drivers that give none
    ("the login was refused", ("28",), ("authentication failed", "no password supplied", "access denied", "role \"")),
    ("there is no such database", ("3D",), ("unknown database", "database \"")),
    ("the server can't be reached", ("08",), ("connection refused", "could not translate host", "failed to resolve host",
                                              "timeout expired", "no route to host", "connection timed out")),
    ("the file is damaged, or no database of this kind", (), ("not a valid", "not a database", "malformed", "corrupt")),
)  # fmt: skip
OPENS = "an address that Ibis can connect to"


def read_database(address: str) -> Raw:
    """The tables of a database, in place; of SQLite, staged in DuckDB.

    Raises ``InputError`` when it can't be opened; the message leaves out the path and any password.
    """
    try:
        return _staged(address) if urlsplit(address).scheme in FILES else _in_place(address)
    except InputError:
        raise
    except ImportError:
        raise _no_driver(address) from None
    except Exception as error:  # every backend has its own family of errors, and they may quote a password
        raise InputError(public_address(address), f"{_why_not(error)} ({named(error)})", OPENS) from None


def _why_not(error: Exception) -> str:
    """Why a database can't be opened, in plain words: by SQLSTATE, else by what such messages have in common."""
    state, text = getattr(error, "sqlstate", None) or "", str(error).lower()
    known = (why for why, states, signs in REFUSALS if state[:2] in states or any(sign in text for sign in signs))
    return next(known, "the database can't be opened")


def public_address(address: str) -> str:
    """A database address without user, password, host or folder."""
    try:
        parts = urlsplit(address)
    except ValueError:  # e.g. a bracket without its other half
        return f"{address.partition('://')[0]}://"
    return f"{parts.scheme}://{Path(parts.path or parts.netloc).name}"


def _no_driver(address: str) -> InputError:
    kind = urlsplit(address).scheme.replace("postgresql", "postgres")
    extra = {"pyspark": "capitation[spark]", "postgres": "capitation[postgres]"}.get(kind, f"ibis-framework[{kind}]")
    expected = f"the package {extra}: pip install '{extra}'"
    return InputError(public_address(address), f"the driver for {kind} is not installed", expected)


def _wanted(present: list[str]) -> list[str]:
    return [name for name in (DESCRIPTION, *schema.tables("month")) if name in present]


def _staged(address: str) -> Raw:
    db = staging()
    found = _attach(db, address) if address.startswith(DUCKDB) else _bring_over(db, address)
    columns = {name: columns_of(db, name) for name in found if name != DESCRIPTION}
    faults: list[Fault] = []
    fields = _fields(_rows_of_description(db, found, faults), faults)
    return Raw(db, public_address(address), _version(db, found), fields, columns, faults)


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
    _check_is_there(address, Path(parts.netloc + parts.path))
    origin = ibis.connect(address)
    found = _wanted(list(origin.list_tables()))
    for name in found:
        db.register("incoming", origin.table(name).to_pyarrow())
        db.execute(f"create table raw.{name} as select * from incoming")
        db.unregister("incoming")
    return found


def _in_place(address: str) -> Raw:
    tables = _spark_tables(address) if address.startswith(SPARK) else _tables_of(ibis.connect(address))
    if not tables:
        raise InputError(public_address(address), "none of the documented tables is there", OPENS + ", with its schema")
    faults: list[Fault] = []
    columns = {name: _types(table) for name, table in tables.items() if name != DESCRIPTION}
    fields = _fields(_described(tables, faults), faults)
    version = short_hash(*(f"{name} {_fingerprint_of(name, table)}" for name, table in sorted(tables.items())))
    in_place = {name: table for name, table in tables.items() if name != DESCRIPTION}
    return Raw(None, public_address(address), version, fields, columns, faults, in_place)


def _tables_of(engine: Any) -> dict[str, Rows]:
    return {name: engine.table(name) for name in _wanted(list(engine.list_tables()))}


def _spark_tables(address: str) -> dict[str, Rows]:
    """Tables of a Spark catalogue's database (``pyspark://database``) or a folder (``pyspark:///folder``)."""
    from pyspark.sql import SparkSession

    parts = urlsplit(address)
    builder: Any = SparkSession.builder.config("spark.ui.showConsoleProgress", "false")
    for name, value in parse_qsl(parts.query):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # its log quotes rows
    engine = ibis.pyspark.connect(session)
    if parts.path.strip("/"):
        return _spark_folder(engine, session, Path(parts.path))
    if parts.netloc:
        session.catalog.setCurrentDatabase(parts.netloc)
    return _tables_of(engine)


def _spark_folder(engine: Any, session: Any, folder: Path) -> dict[str, Rows]:
    files = {name: folder / f"{name}.parquet" for name in schema.tables("month")}
    files = {name: file for name, file in files.items() if file.exists()}
    for name, file in files.items():
        _show_to_spark(session, file, _view(folder, name))
    described = folder / DESCRIPTION_FILE
    tables = {name: engine.table(_view(folder, name)) for name in files}
    if tables and described.is_file():
        fields: Any = load_yaml(described.read_text("utf-8"))
        rows = [(str(field), yaml.safe_dump(value, default_flow_style=True)) for field, value in fields.items()]
        session.createDataFrame(rows, "field string, value string").createOrReplaceTempView(_view(folder, DESCRIPTION))
        tables[DESCRIPTION] = engine.table(_view(folder, DESCRIPTION))
    return tables


def _show_to_spark(session: Any, file: Path, view: str) -> None:
    try:
        session.read.parquet(file.as_uri()).createOrReplaceTempView(view)
    except Exception as error:  # its words quote paths
        raise InputError(file.name, f"the file can't be read ({named(error)})", "a whole Parquet file") from None


def _view(folder: Path, table: str) -> str:
    return f"capitation_{short_hash(str(folder))}_{table}"


def _types(table: Rows) -> dict[str, str]:
    return {name: str(kind) for name, kind in table.schema().items()}


def _described(tables: Mapping[str, Rows], faults: list[Fault]) -> list[tuple[str, str]] | None:
    if DESCRIPTION not in tables:
        return None
    found = tables[DESCRIPTION]
    if not {"field", "value"} <= set(found.columns):
        faults.append(_description_fault("the table dataset can't be read"))
        return None
    rows = fetch(found.select(found.field.cast("string"), found.value.cast("string"))).to_pylist()
    return [(row["field"], row["value"]) for row in rows]


def _rows_of_description(
    db: duckdb.DuckDBPyConnection, found: list[str], faults: list[Fault]
) -> list[tuple[str, str]] | None:
    if DESCRIPTION not in found:
        return None
    try:
        return db.execute("select field::varchar, value::varchar from raw.dataset").fetchall()
    except duckdb.Error:
        faults.append(_description_fault("the table dataset can't be read"))
        return None


def _fields(rows: list[tuple[str, str]] | None, faults: list[Fault]) -> Any:
    """The fields that the table dataset gives; none where it has a fault."""
    if rows is None:
        return None
    try:
        if len({field for field, _ in rows}) == len(rows):
            return {field: load_yaml(value or "") for field, value in rows}
        what = "a field of the table dataset stands twice"
    except yaml.YAMLError:
        what = "the table dataset can't be read"
    faults.append(_description_fault(what))
    return None


def _description_fault(what: str) -> Fault:
    rule = "a table dataset with the columns field and value, each field once, values as in YAML"
    return Fault("dataset.yaml", "", 0, (), rule, what)


def _version(db: duckdb.DuckDBPyConnection, found: list[str]) -> str:
    return short_hash(*(f"{name} {_digest(db, name)}" for name in sorted(found)))


def _digest(db: duckdb.DuckDBPyConnection, table: str) -> str:
    # A sum over rows does not depend on the order in which the engine returns them.
    columns = ", ".join(f"coalesce({quoted(name)}::varchar, '\\N')" for name in columns_of(db, table))
    row_sum = f"sum(md5_number_lower(concat_ws(chr(31), {columns}))::hugeint)"
    return str(db.execute(f"select count(*), {row_sum} from raw.{quoted(table)}").fetchone())


def _fingerprint_of(name: str, table: Rows) -> str:
    """The same, with the table named when its rows can't be read."""
    try:
        return _fingerprint(table)
    except InputError as error:
        raise InputError(f"{error.where}, table {name}", error.what, error.expected) from None


def _fingerprint(table: Rows) -> str:
    """Rows, and of each column its filled values, its sum or its ends: no two engines have a hash in common."""
    facts: dict[str, Rows] = {"rows": table.count()}
    for place, name in enumerate(table.columns):
        column = table[name]
        facts[f"filled_{place}"] = column.count()
        if column.type().is_numeric():
            facts[f"sum_{place}"] = finite(column).cast(EXACT).sum()
        elif not column.type().is_boolean():
            facts |= {f"least_{place}": column.cast("string").min(), f"most_{place}": column.cast("string").max()}
    return str([_plain(value) for value in fetch_one(table.aggregate(**facts)).values()])


def _plain(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
