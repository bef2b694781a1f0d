"""Tables as they were found: in one DuckDB for files, or where they are for a warehouse. Nothing is judged here."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from capitation.dataset.beside import NOTHING_BESIDE, Beside
from capitation.dataset.engine import Rows
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Grain

VERSION_LENGTH = 12
# What does not fit is written to a private temporary folder, so that memory stays flat as the people grow.
ENGINE_MEMORY, ENGINE_MEMORY_NAME = "300MB", "CAPITATION_ENGINE_MEMORY"


@dataclass(frozen=True)
class Raw:
    """What a source holds, before any check.

    ``columns`` gives each table's columns with their types. Tables of files are ``raw.<name>`` in the DuckDB
    ``db``; tables of a warehouse are ``in_place`` as Ibis tables, and there is no ``db``. ``fields`` is what
    ``dataset.yaml`` said, ``faults`` what could not be read, ``beside`` the texts of files beside a folder's tables.
    """

    db: duckdb.DuckDBPyConnection | None
    address: str
    version: str
    fields: Any
    columns: dict[str, dict[str, str]]
    faults: list[Fault] = field(default_factory=list)
    in_place: Mapping[str, Rows] = field(default_factory=dict)
    beside: Beside = NOTHING_BESIDE

    @property
    def grain(self) -> Grain:
        """The grain that the description states; where it states none, the one the spend table suggests."""
        stated = self.fields.get("grain") if isinstance(self.fields, dict) else None
        if stated == "year" or (stated != "month" and "year" in self.columns.get("spend", {})):
            return "year"
        return "month"


def staging() -> duckdb.DuckDBPyConnection:
    """An empty DuckDB with the place for raw tables; its memory is bounded and its overflow private."""
    db = duckdb.connect()
    overflow = tempfile.TemporaryDirectory(prefix="capitation-", ignore_cleanup_errors=True)
    _overflows.append(overflow)  # removed when the program ends
    db.execute(f"set temp_directory = {literal(overflow.name)}")
    db.execute(f"set memory_limit = {literal(os.environ.get(ENGINE_MEMORY_NAME, ENGINE_MEMORY))}")
    db.execute("create schema raw")
    return db


_overflows: list[tempfile.TemporaryDirectory[str]] = []


def columns_of(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column names and DuckDB types of a staged table."""
    rows = db.execute(f"describe raw.{quoted(table)}").fetchall()
    return {row[0]: row[1] for row in rows}


def quoted(name: str) -> str:
    """A name as DuckDB takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as DuckDB takes it."""
    return "'" + text.replace("'", "''") + "'"


def short_hash(*parts: str) -> str:
    """The first figures of the sha256 over some parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:VERSION_LENGTH]


def unreadable(table: str, what: str) -> Fault:
    """The fault of a table that could not be read; the engine's own message could quote a person's row."""
    return Fault(table, "", 0, (), "a Parquet file, or a UTF-8 CSV file with a header line and commas", what)
