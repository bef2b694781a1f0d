"""A PostgreSQL server and a Spark session for the tests, filled with the tables of a folder."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import yaml

SPARK_OPTIONS = "spark.master=local[2]&spark.ui.enabled=false&spark.sql.shuffle.partitions=2&spark.log.level=OFF"
TYPES = {"BIGINT": "bigint", "INTEGER": "integer", "DOUBLE": "double precision", "DATE": "date", "VARCHAR": "text",
         "SMALLINT": "smallint", "TINYINT": "smallint"}  # fmt: skip


def spark_address(folder: Path) -> str:
    return f"pyspark://{folder.resolve()}?{SPARK_OPTIONS}"


def why_no_spark() -> str:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "PySpark is not installed: pip install 'capitation[spark]'"
    return "" if shutil.which("java") else "Spark needs Java: apt-get install default-jre-headless"


def why_no_postgres() -> str:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed: pip install 'capitation[postgres]'"
    if _binaries() is None:
        return "PostgreSQL's server is not installed: apt-get install postgresql"
    return "" if os.geteuid() or _postgres_user() else "PostgreSQL does not run as root, and there is no user postgres"


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def _postgres_user() -> str | None:
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else None


class Postgres:
    """A server of its own, on a free port of this computer, with nothing kept afterwards."""

    def __init__(self, folder: Path):
        self.folder, self.port, self.user = folder, _free_port(), "tester"
        self._as = {"user": "postgres"} if os.geteuid() == 0 else {}
        binaries = _binaries()
        assert binaries is not None
        self._run([binaries / "initdb", "-D", folder / "data", "-U", self.user, "-A", "trust", "--no-sync"])
        command = [binaries / "postgres", "-D", folder / "data", "-p", self.port, "-k", folder, "-c", "fsync=off"]
        self.server = subprocess.Popen(list(map(str, command)), cwd=folder, stderr=subprocess.DEVNULL, **self._as)
        self._wait(binaries)

    def _run(self, command: list[object]) -> None:
        subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd=self.folder, **self._as)

    def _wait(self, binaries: Path) -> None:
        ready = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", self.port, "-t", "1"]
        for _ in range(30):
            if subprocess.run(list(map(str, ready)), capture_output=True, check=False).returncode == 0:
                return
        raise RuntimeError("PostgreSQL did not start")

    @property
    def address(self) -> str:
        return f"postgres://{self.user}@127.0.0.1:{self.port}/postgres"

    def load(self, folder: Path) -> None:
        """The tables of a folder of Parquet, and its dataset.yaml as the table dataset."""
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            for file in sorted(folder.glob("*.parquet")):
                _copy(connection, file)
            connection.execute("create table dataset (field text, value text)")
            for field, value in yaml.safe_load((folder / "dataset.yaml").read_text("utf-8")).items():
                text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
                connection.execute("insert into dataset values (%s, %s)", (field, text))

    def stop(self) -> None:
        self.server.send_signal(signal.SIGINT)  # does not wait for whoever is still connected
        self.server.wait(10)

    def kill(self) -> None:
        """The server is gone at once, as when a machine fails."""
        self.server.kill()
        self.server.wait(10)


def _copy(connection: object, file: Path) -> None:
    db = duckdb.connect()
    columns = db.execute(f"describe select * from '{file}'").fetchall()
    declared = ", ".join(f'"{name}" {TYPES.get(kind, "text")}' for name, kind, *_ in columns)
    connection.execute(f'create table "{file.stem}" ({declared})')  # pyright: ignore[reportAttributeAccessIssue]
    with tempfile.NamedTemporaryFile(suffix=".csv") as made:
        db.execute(f"copy (select * from '{file}') to '{made.name}' (header false, nullstr '\\N')")
        copied = f"copy \"{file.stem}\" from stdin (format csv, null '\\N')"
        with connection.cursor().copy(copied) as into:  # pyright: ignore[reportAttributeAccessIssue]
            into.write(Path(made.name).read_bytes())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = Postgres(folder)
        try:
            yield server
        finally:
            server.stop()
