"""A folder of Parquet or CSV tables with a ``dataset.yaml``."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import yaml

from capitation.dataset import schema
from capitation.dataset.faults import Fault
from capitation.dataset.raw import Raw, columns_of, literal, short_hash, staging, unreadable

DESCRIPTION = "dataset.yaml"
SUFFIXES = (".parquet", ".csv")
# All columns as text, so that a value of the wrong type is counted rather than stumbled over.
CSV_OPTIONS = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''"


def read_folder(folder: Path) -> Raw:
    """Stage the tables of a folder; what can't be read becomes a fault."""
    faults: list[Fault] = []
    fields = _fields(folder / DESCRIPTION, faults)
    db = staging()
    files = {name: file for name in schema.tables("month") if (file := _file(folder, name, faults))}
    columns = {name: found for name, file in files.items() if (found := _stage(db, name, file, faults))}
    return Raw(db, folder.resolve().name, _version(folder, files), fields, columns, faults)


def _fields(file: Path, faults: list[Fault]) -> Any:
    rule = "a YAML file with name, description, source, currency, grain and synthetic"
    if not file.is_file():
        faults.append(Fault(DESCRIPTION, "", 0, (), rule, "the file is missing"))
        return None
    try:
        return yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError):
        faults.append(Fault(DESCRIPTION, "", 0, (), rule, "the file can't be read as YAML"))
        return None


def _file(folder: Path, table: str, faults: list[Fault]) -> Path | None:
    found = [folder / f"{table}{suffix}" for suffix in SUFFIXES if (folder / f"{table}{suffix}").is_file()]
    if len(found) > 1:
        what = f"both {found[0].name} and {found[1].name} are there"
        faults.append(Fault(table, "", 0, (), "one of the two", what))
    return found[0] if found else None


def _stage(db: duckdb.DuckDBPyConnection, table: str, file: Path, faults: list[Fault]) -> dict[str, str]:
    try:
        db.execute(_staging_sql(table, file))
        return columns_of(db, table)
    except duckdb.Error:
        faults.append(unreadable(table, f"{file.name} can't be read"))
        return {}


def _staging_sql(table: str, file: Path) -> str:
    path = literal(str(file))
    if file.suffix == ".parquet":
        return f"create view raw.{table} as select * from read_parquet({path})"
    return f"create table raw.{table} as select * from read_csv({path}, {CSV_OPTIONS})"


def _version(folder: Path, files: dict[str, Path]) -> str:
    read = [file for file in (folder / DESCRIPTION, *files.values()) if file.is_file()]
    return short_hash(*(f"{file.name} {_digest(file)}" for file in sorted(read)))


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
