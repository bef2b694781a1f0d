"""Tables as they were found, staged in one DuckDB: nothing is converted or judged here."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import duckdb

from capitation.dataset.faults import Fault
from capitation.dataset.meta import Grain

VERSION_LENGTH = 12


@dataclass(frozen=True)
class Raw:
    """What a source holds, before any check.

    ``columns`` gives each staged table's columns with their DuckDB types; the table itself is
    ``raw.<name>`` in ``db``. ``fields`` is what ``dataset.yaml`` said, ``faults`` what
    could not be read.
    """

    db: duckdb.DuckDBPyConnection
    address: str
    version: str
    fields: Any
    columns: dict[str, dict[str, str]]
    faults: list[Fault] = field(default_factory=list)

    @property
    def grain(self) -> Grain:
        """The grain that the description states; where it states none, the one the spend table suggests."""
        stated = self.fields.get("grain") if isinstance(self.fields, dict) else None
        if stated == "year" or (stated != "month" and "year" in self.columns.get("spend", {})):
            return "year"
        return "month"


def staging() -> duckdb.DuckDBPyConnection:
    """An empty DuckDB in memory with the place for raw tables."""
    db = duckdb.connect()
    db.execute("create schema raw")
    return db


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
