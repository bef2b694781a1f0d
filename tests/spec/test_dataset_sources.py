"""The ways to a data set: a folder of Parquet or CSV files, a database, and addresses that lead nowhere."""

import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from capitation.dataset import check, open_dataset
from capitation.dataset.schema import tables
from capitation.errors import InputError

SAMPLE = Path(__file__).parents[2] / "data_samples" / "county-5000"


@pytest.fixture(scope="module")
def sample():
    return open_dataset(str(SAMPLE))


def names() -> list[str]:
    return [name for name in tables("month") if (SAMPLE / f"{name}.parquet").exists()]


def same(one, other) -> None:
    pd.testing.assert_frame_equal(one.person_years, other.person_years, check_dtype=False)
    pd.testing.assert_frame_equal(one.costs, other.costs)
    pd.testing.assert_frame_equal(one.measures, other.measures)


def test_csv_gives_what_parquet_gives(tmp_path, sample):
    for name in names():
        sql = f"copy (from '{SAMPLE / name}.parquet') to '{tmp_path / name}.csv' (header)"
        duckdb.sql(sql)
    (tmp_path / "dataset.yaml").write_bytes((SAMPLE / "dataset.yaml").read_bytes())
    same(open_dataset(str(tmp_path)), sample)


def fill(execute) -> None:
    execute("create table dataset (field varchar, value varchar)")
    for field, value in yaml.safe_load((SAMPLE / "dataset.yaml").read_text("utf-8")).items():
        execute("insert into dataset values (?, ?)", [field, yaml.safe_dump(value, allow_unicode=True)])


def test_a_duckdb_file_gives_what_the_folder_gives(tmp_path, sample):
    with duckdb.connect(str(tmp_path / "county.duckdb")) as db:
        for name in names():
            db.execute(f"create table {name} as from '{SAMPLE / name}.parquet'")
        fill(db.execute)
    opened = open_dataset(f"duckdb://{tmp_path}/county.duckdb")
    same(opened, sample)
    assert opened.meta.address == "duckdb://county.duckdb"
    assert opened.meta.version == open_dataset(f"duckdb://{tmp_path}/county.duckdb").meta.version


def test_tables_of_another_database_are_brought_over(tmp_path, sample):
    db = sqlite3.connect(tmp_path / "county.sqlite")
    for name in names():
        frame = pd.read_parquet(SAMPLE / f"{name}.parquet", dtype_backend="pyarrow")
        dates = [column for column in frame if "date" in str(frame[column].dtype)]
        frame.astype(dict.fromkeys(dates, "string")).to_sql(name, db, index=False)
    fill(db.execute)
    db.commit()
    db.close()
    same(open_dataset(f"sqlite://{tmp_path}/county.sqlite"), sample)


def test_the_version_changes_with_the_data_and_not_with_the_place(tmp_path, sample):
    for file in SAMPLE.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert open_dataset(str(tmp_path)).meta.version == sample.meta.version
    text = (tmp_path / "dataset.yaml").read_text("utf-8").replace("Synthetic county", "Synthetic shire")
    (tmp_path / "dataset.yaml").write_text(text, "utf-8")
    assert open_dataset(str(tmp_path)).meta.version != sample.meta.version


def test_an_address_that_leads_nowhere_is_refused_with_what_would_do():
    with pytest.raises(InputError, match="'nowhere' is no data set and no folder; expected rand-hie, a folder"):
        open_dataset("nowhere")


@pytest.mark.parametrize(
    "address", ["duckdb:///secret/x.duckdb", "postgres://me:secret@127.0.0.1:1/x", "foo://secret@x/x"]
)
def test_a_database_that_can_t_be_opened_is_refused_without_its_password_or_path(address):
    with pytest.raises(InputError) as error:
        open_dataset(address)
    assert "secret" not in str(error.value)


def test_the_data_set_tells_no_machine_path(sample):
    assert "/" not in sample.meta.address
    assert str(SAMPLE.parent) not in repr(sample)


@pytest.mark.parametrize("scheme", ["sqlite", "file", "duckdb", "SQLITE"])
def test_a_database_file_that_is_not_there_is_refused_and_not_made(tmp_path, scheme):
    with pytest.raises(InputError, match="there is no such file; expected an existing database file"):
        check(f"{scheme}://{tmp_path}/nothere.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_its_driver_is_refused_with_the_package_to_install(monkeypatch):
    def fail(_):
        raise ImportError("no driver, at secret")

    monkeypatch.setattr("ibis.connect", fail)
    with pytest.raises(InputError) as error:
        open_dataset("postgresql://me:secret@host/x")
    assert str(error.value) == (
        "postgresql://x: the driver for postgres is not installed; "
        "expected the package capitation[postgres]: pip install 'capitation[postgres]'"
    )


def test_an_address_with_half_a_bracket_is_refused():
    with pytest.raises(InputError, match="can't be opened"):
        open_dataset("postgres://[x/y")


def test_an_address_too_long_for_a_folder_is_refused():
    with pytest.raises(InputError, match="no data set and no folder"):
        open_dataset("x" * 5_000)


def test_a_folder_that_may_not_be_looked_into_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InputError, match="can't be read; expected leave to read the folder"):
        open_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [("grain", "year", "a field of the table dataset stands twice"), ("x", "2020-13-45", "can't be read")],
)
def test_a_description_in_a_database_is_read_as_strictly_as_a_file(tmp_path, field, value, what):
    with duckdb.connect(str(tmp_path / "county.duckdb")) as db:
        fill(db.execute)
        db.execute("insert into dataset values (?, ?)", [field, value])
    lines = [fault.line() for fault in check(f"duckdb://{tmp_path}/county.duckdb")]
    assert any(line.startswith("dataset.yaml: ") and what in line for line in lines), lines


class Refused(Exception):
    def __init__(self, words: str, sqlstate: str | None = None):
        super().__init__(words)
        self.sqlstate = sqlstate


REFUSALS = {
    "the login was refused": [
        Refused("secret", "28P01"), Refused('connection failed: FATAL:  password authentication failed for user "secret"')
    ],
    "there is no such database": [Refused("secret", "3D000"), Refused('FATAL:  database "secret" does not exist')],
    "the server can't be reached": [
        Refused("secret", "08006"), Refused('connection to server at "secret", port 1 failed: Connection refused')
    ],
    "the file is damaged, or no database of this kind": [Refused("secret.db: file is not a database")],
    "the database can't be opened": [Refused("secret")],
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSALS)
def test_refusals_are_told_apart_without_the_drivers_words(why, monkeypatch):
    for error in REFUSALS[why]:

        def refuse(_, error=error):
            raise error

        monkeypatch.setattr("capitation.dataset.database._in_place", refuse)
        with pytest.raises(InputError) as said:
            open_dataset("postgres://somebody:secret@host/county")
        state = f", SQLSTATE {error.sqlstate}" if error.sqlstate else ""
        assert said.value.what == f"{why} (Refused{state})"
        assert "secret" not in str(said.value)


def test_a_database_file_that_is_none_is_called_damaged(tmp_path):
    (tmp_path / "garbage.duckdb").write_bytes(b"garbage" * 1000)
    with pytest.raises(InputError, match="the file is damaged, or no database of this kind"):
        open_dataset(f"duckdb://{tmp_path}/garbage.duckdb")
