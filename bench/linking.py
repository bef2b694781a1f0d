"""From Parquet to a cohort's person-year table and summary: this project beside DuckDB alone, and on Spark.

``python -m bench.linking WAY FOLDER`` runs one way once in a process of its own and prints seconds, peak memory in
MB and what came out, so that the ways can be held against each other.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
OLD_AGE = 65
FIRST_YEARS = (2013, 2014, 2015)
SPARK_OPTIONS = "spark.master=local[2]&spark.ui.enabled=false&spark.driver.memory=4g&spark.sql.shuffle.partitions=8"
Found = dict[str, float]


def ours(folder: Path) -> Found:
    """Linked, the cohort's table in memory, and its summary."""
    return _in_memory(_linked(str(folder)))


def ours_checked(folder: Path) -> Found:
    """As people open it: every rule checked first, then linked, the cohort's table in memory, and its summary."""
    from capitation.dataset import open_dataset

    return _in_memory(open_dataset(str(folder)))


def _in_memory(data: object) -> Found:
    table, summary = data.held.chosen(_cohort()), data.held.summary(_cohort())  # type: ignore[attr-defined]
    return _facts(len(table.person_years), table.person_years["exposure"].sum(), table.costs.to_numpy().sum(),
                  table.person_years["prior_spend"].sum(), len(summary.cells))  # fmt: skip


def ours_in_engine(folder: Path) -> Found:
    """Linked and summarised; no row of a person leaves the engine."""
    return _summed(_linked(str(folder)))


def ours_on_spark(folder: Path) -> Found:
    """The same on Spark, which holds the tables."""
    return _summed(_linked(f"pyspark://{folder.resolve()}?{SPARK_OPTIONS}"))


def _summed(data: object) -> Found:
    cells = data.held.summary(_cohort()).cells  # type: ignore[attr-defined]
    return _facts(cells["people"].sum(), cells["exposure"].sum(), cells["cost"].sum(), 0.0, len(cells))


def _linked(address: str) -> object:
    from capitation.dataset.checking import meta_of
    from capitation.dataset.linked import linked
    from capitation.dataset.sources import read
    from capitation.dataset.typed import flagged_tables, typed_tables

    raw = read(address)
    return linked(meta_of(raw), typed_tables(flagged_tables(raw), raw))


def _cohort() -> tuple[object, ...]:
    from capitation.dataset.selection import Condition

    return (Condition("age", "at least", (OLD_AGE,)),)


def duckdb_alone(folder: Path) -> Found:
    """The same tables by one person who writes SQL, with DuckDB's own settings."""
    db = _by_hand(folder)
    table, needs = db.execute(TABLE).df(), db.execute(NEEDS).df()
    cells, atoms = db.execute(CELLS).df(), db.execute(ATOMS).df()
    assert len(needs)
    assert len(atoms)
    lines = [name for name in table.columns if "|" in name]
    return _facts(len(table), table["exposure"].sum(), table[lines].sum().sum(), table["prior_spend"].sum(), len(cells))


def duckdb_summary(folder: Path) -> Found:
    """The summary alone by hand, with the memory that this project gives DuckDB."""
    from capitation.dataset.raw import ENGINE_MEMORY

    with tempfile.TemporaryDirectory() as overflow:
        db = _by_hand(folder, f"set memory_limit = '{ENGINE_MEMORY}'; set temp_directory = '{overflow}'")
        cells = db.execute(CELLS).df()
        assert len(db.execute(ATOMS).df())
        return _facts(cells.iloc[:, 4].sum(), cells.iloc[:, 5].sum(), cells.iloc[:, 7].sum(), 0.0, len(cells))


def _by_hand(folder: Path, settings: str = "") -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute(settings or "select 1")
    for table in ("people", "spend", "needs"):
        db.execute(f"create view {table} as select * from read_parquet('{folder / table}.parquet')")
    db.execute(SPEND)
    years = " union all ".join(PERSON_YEARS.format(year=year) for year in FIRST_YEARS)
    db.execute(f"create temp table py as {years}")
    db.execute(COHORT.format(age=OLD_AGE))
    return db


SPEND = """create temp table spent as
    select person_id, year(month) - (month(month) < 4)::int as year, service || '|' || provider as line, sum(amount) as amount,
    coalesce(sum(amount) filter (recorded is null or recorded < make_date(year + 1, 4, 1)), 0) as known
    from spend group by all"""
PERSON_YEARS = """select person_id, {year} as year, sex, locality, practice, deprivation, birth_year,
    greatest(date '{year}-04-01', coalesce(join_date, date '{year}-04-01')) as index_date,
    least(make_date({year} + 1, 4, 1), leave_date, death_date) - index_date as days,
    days / (make_date({year} + 1, 4, 1) - date '{year}-04-01') as exposure,
    greatest(0, year(index_date) + (index_date - make_date(year(index_date), 1, 1)) /
        (make_date(year(index_date) + 1, 1, 1) - make_date(year(index_date), 1, 1)) - birth_year) as age
    from people where days > 0"""
COHORT = """create temp table cohort as
    with totals as (select person_id, year, sum(amount) as amount, sum(known) as known from spent group by all)
    select py.*, coalesce(before.known, 0) as prior_spend, coalesce(now.amount, 0) as cost, was.person_id is not null as prior_known
    from py left join totals before on before.person_id = py.person_id and before.year = py.year - 1
    left join totals now on now.person_id = py.person_id and now.year = py.year
    left join py was on was.person_id = py.person_id and was.year = py.year - 1
    where py.age >= {age}"""
TABLE = """with wide as (pivot (select spent.* exclude (known) from spent semi join cohort using (person_id, year))
    on line using sum(amount) group by person_id, year)
    select * from cohort left join wide using (person_id, year) order by year, person_id"""
NEEDS = """select person_id, year, marker, arg_max(value, as_at) as value from cohort join needs using (person_id)
    where as_at <= index_date group by all"""
CELLS = """select year, sex, floor(age / 5) * 5 as band, locality, count(*), sum(exposure), sum(exposure * exposure),
    sum(cost), sum(cost * cost), sum(cost * exposure) from cohort group by 1, 2, 3, 4"""
ATOMS = """select year, floor(7 * ln(greatest(cost, 0.5))) as bin, count(*), sum(cost), sum(cost * cost) from cohort group by 1, 2"""


def _facts(rows: float, exposure: float, cost: float, prior: float, cells: float) -> Found:
    return {
        "rows": int(rows),
        "exposure": float(exposure),
        "cost": float(cost),
        "prior": float(prior),
        "cells": int(cells),
    }


WAYS: dict[str, Callable[[Path], Found]] = {
    "ours": ours, "checked": ours_checked, "in-engine": ours_in_engine, "spark": ours_on_spark, "duckdb": duckdb_alone,
    "duckdb-summary": duckdb_summary,
}  # fmt: skip


def run(way: str, folder: Path) -> Found:
    """One way, once, in a process of its own: seconds, megabytes and what came out."""
    command = [sys.executable, "-m", "bench.linking", way, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def main(way: str, folder: Path) -> None:
    """Imports are not counted: each way needs its own once, whatever the size."""
    _warm(way)
    start = time.monotonic()
    found = WAYS[way](folder)
    seconds = time.monotonic() - start
    print(json.dumps({"seconds": seconds, "megabytes": _most_memory(), **found}))


def _most_memory() -> float:
    """The most memory this process has held, in MB; unlike ``ru_maxrss`` without that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _warm(way: str) -> None:
    import pandas as pd

    pd.DataFrame()
    if way != "duckdb":
        import ibis

        import capitation.dataset.checking
        import capitation.dataset.linked
        import capitation.dataset.opening

        assert ibis.duckdb  # its compiler is imported when first named
        assert capitation.dataset.opening
        assert capitation.dataset.linked
    if way == "spark":
        from pyspark.sql import SparkSession

        from capitation.dataset.database import read_database

        assert SparkSession
        assert read_database


def cut(county: Path, out: Path) -> Path:
    """A county of the project's generator cut to its first three years of spend."""
    out.mkdir()
    for file in county.glob("*.parquet"):
        until = f" where month < date '{FIRST_YEARS[-1] + 1}-04-01'" if file.stem in ("spend", "unlinked") else ""
        _copy(f"select * from '{file}'{until}", out / file.name)
    (out / "dataset.yaml").write_bytes((county / "dataset.yaml").read_bytes())
    return out


def rows_in(file: Path) -> int:
    """How many rows a Parquet file has."""
    return int(duckdb.sql(f"select count(*) from '{file}'").fetchall()[0][0])


def tenfold(folder: Path, out: Path, times: int = 10) -> Path:
    """The same people ``times`` over under new numbers: what grows is the number, not the kind, of people."""
    out.mkdir()
    most = int(duckdb.sql(f"select max(person_id) from '{folder / 'people.parquet'}'").fetchall()[0][0])
    for file in folder.glob("*.parquet"):
        of_people = "person_id" in duckdb.sql(f"select * from '{file}'").columns
        copies = f"select * replace (person_id + copy * {most + 1} as person_id) from '{file}', range({times}) t(copy)"  # type: ignore[index]
        _copy(copies if of_people else f"select * from '{file}'", out / file.name, of_people)
    (out / "dataset.yaml").write_bytes((folder / "dataset.yaml").read_bytes())
    return out


def _copy(query: str, to: Path, drop_copy: bool = False) -> None:
    query = f"select * exclude (copy) from ({query})" if drop_copy else query
    duckdb.sql(f"copy ({query}) to '{to}' (format parquet, compression zstd)")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
