"""A folder of Parquet or CSV tables with a ``dataset.yaml``."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import yaml

from capitation.dataset import schema
from capitation.dataset.beside import digests_of, read_beside
from capitation.dataset.faults import Fault
from capitation.dataset.raw import Raw, columns_of, literal, short_hash, staging, unreadable
from capitation.plain_yaml import load_yaml

DESCRIPTION = "dataset.yaml"
SUFFIXES = (".parquet", ".csv")
# All columns as text, so that a value of the wrong type is counted rather than stumbled over.
CSV_OPTIONS = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''"


def read_folder(folder: Path) -> Raw:
    """Stage the tables of a folder; what can't be read becomes a fault."""
    faults: list[Fault] = []
    digests: dict[str, str] = {}
    fields = _fields(folder / DESCRIPTION, digests, faults)
    db = staging()
    files = {name: file for name in schema.tables("month") if (file := _file(folder, name, faults))}
    columns = {name: found for name, file in files.items() if (found := _stage(db, name, file, digests, faults))}
    beside = read_beside(folder)
    digests |= digests_of(beside)
    version = short_hash(*(f"{name} {digests[name]}" for name in sorted(digests)))
    return Raw(db, folder.resolve().name, version, fields, columns, faults, beside=beside)


def _fields(file: Path, digests: dict[str, str], faults: list[Fault]) -> Any:
    rule = "a YAML file with name, description, source, currency, grain and synthetic"
    try:
        content = file.read_bytes()
        digests[file.name] = hashlib.sha256(content).hexdigest()
        return load_yaml(content.decode("utf-8"))
    except FileNotFoundError:
        what = "the file is missing"
    except OSError:
        what = "the file can't be read"
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"the file can't be read as YAML{_reason(error)}"
    faults.append(Fault(DESCRIPTION, "", 0, (), rule, what))
    return None


def _reason(error: Exception) -> str:
    """Line and problem of a fault in YAML, in brackets."""
    if not isinstance(error, yaml.MarkedYAMLError) or not error.problem:
        return ""
    line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
    return f" ({line}{error.problem})"


def _file(folder: Path, table: str, faults: list[Fault]) -> Path | None:
    found = [file for suffix in SUFFIXES if (file := folder / f"{table}{suffix}").exists()]
    if len(found) > 1:
        what = f"both {found[0].name} and {found[1].name} are there"
        faults.append(Fault(table, "", 0, (), "one of the two", what))
    return found[0] if found else None


def _stage(
    db: duckdb.DuckDBPyConnection, table: str, file: Path, digests: dict[str, str], faults: list[Fault]
) -> dict[str, str]:
    try:
        digests[file.name] = _digest(file)
        db.execute(_staging_sql(table, file))
        return columns_of(db, table)
    except (duckdb.Error, OSError):
        faults.append(unreadable(table, f"{file.name} can't be read"))
        return {}


def _staging_sql(table: str, file: Path) -> str:
    path = literal(str(file))
    if file.suffix == ".parquet":
        return f"create view raw.{table} as select * from read_parquet({path})"
    return f"create table raw.{table} as select * from read_csv({path}, {CSV_OPTIONS})"


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
