"""Measure the numbers to reach, print them as a table, keep them in bench/results.md with machine and versions."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import board, dataset, engine, frontier, risk

ROOT = Path(__file__).parents[1]
COMMAND = str(Path(sys.executable).parent / "capitation")
RESULTS = ROOT / "bench" / "results.md"
PACKAGES = (
    "voila",
    "jupyterlab",
    "ipywidgets",
    "altair",
    "pandas",
    "numpy",
    "duckdb",
    "ibis-framework",
    "pyspark",
    "papermill",
)
Row = tuple[str, float, float, str]  # what, measured, at most, unit
NO_LIMIT = float("inf")  # measured to be known, with no number to reach


def main() -> None:
    """Run everything; the exit status is 1 when a number is missed."""
    at_size = dataset.measure()
    beside = engine.measure(os.environ.get("CAPITATION_PEERS"))
    rows = [*_report(), *_board(), *_set_up(), *_dataset(at_size), *_risk(beside), *_frontier()]
    table = Table("number", "measured", "at most", "unit", "")
    for what, measured, limit, unit in rows:
        table.add_row(what, f"{measured:,.3g}", _limit(limit), unit, _verdict(measured, limit))
    Console().print(table)
    RESULTS.write_text(_as_text(rows) + _curve(at_size) + _beside(beside), encoding="utf-8")
    sys.exit(int(any(measured > limit for _, measured, limit, _ in rows)))


def _verdict(measured: float, limit: float) -> str:
    if limit == NO_LIMIT:
        return "-"
    return "reached" if measured <= limit else "MISSED"


def _limit(limit: float) -> str:
    return "-" if limit == NO_LIMIT else f"{limit:,.3g}"


def _report() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        seconds = _seconds([COMMAND, "report", "--out", str(out)])
        size = (out / "report.html").stat().st_size / 1e6
    return [("report on rand-hie, whole command", seconds, 20, "s"), ("report.html", size, 3, "MB")]


def _board() -> list[Row]:
    found = board.measure()
    return [
        ("board: request to the last visible chart, prepared, median", statistics.median(found.open_seconds), 2.5, "s"),
        (
            "board: a control's change to every visible chart redrawn, median",
            statistics.median(found.redraw_ms),
            150,
            "ms",
        ),
        ("the same, 95 %", board.percentile(found.redraw_ms, 95), 300, "ms"),
        (
            "scope: a service in or out to every visible chart redrawn, 95 %",
            board.percentile(found.scope_ms, 95),
            100,
            "ms",
        ),
        (
            "risk: a slider to the four charts redrawn, 95 %",
            board.percentile(found.risk_ms, 95),
            100,
            "ms",
        ),
        (
            "payments: a slider to every chart redrawn, every party's figures with them, 95 %",
            board.percentile(found.payments_ms, 95),
            100,
            "ms",
        ),
        (
            "outcomes: a measure's term to every chart redrawn, 95 %",
            board.percentile(found.outcomes_ms, 95),
            100,
            "ms",
        ),
        ("board: memory of an open page's kernel, largest", max(found.page_megabytes), 150, "MB"),
        ("board: kernels left behind by 20 closed pages", found.kernels_left, 0, ""),
        ("board: requests to another host", len(found.asked_outside), 0, ""),
    ]


def _set_up() -> list[Row]:
    """A copy of the committed files, set up from nothing in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if ".venv" not in p)
        seconds = _seconds(["make", "setup"], cwd=clone, env={**os.environ, "PATH": path})
        shutil.rmtree(clone)
    return [("set-up from nothing", seconds, 180, "s")]


def _dataset(found: dataset.Found) -> list[Row]:
    seconds, megabytes = found.making
    return [
        (f"cohort page, {dataset.MADE:,} people: a rule to every figure and chart, median", statistics.median(found.cohort_page),
         0.5, "s"),
        ("the same, slowest of 8 rules", max(found.cohort_page), 0.5, "s"),
        ("exact minimum size, its atoms", found.minimum_size, 0.1, "s"),
        (f"price of {found.price['cells in cells']:.0f} cells, {dataset.MADE:,} people, once the person-year table exists",
         found.price["cells"], 3, "s"),
        ("the same by need weights, their model included", found.price["need"], 3, "s"),
        (f"make-county, {dataset.MADE:,} people, five years, whole command", seconds, 180, "s"),
        ("the same, memory with its workers", megabytes, 6_000, "MB"),
        (f"{found.spend_rows / 1e6:.0f} million spend rows to cohort table and summary, beside DuckDB alone",
         found.ratio, 1.5, "×"),
        ("the same, memory", found.megabytes, 1_000, "MB"),
        ("the same with every check", found.ratio_checked, NO_LIMIT, "×"),
        (f"memory at {dataset.TIMES} times the people", found.growth_of_memory, 1.25, "×"),
    ]  # fmt: skip


def _risk(beside: engine.Found) -> list[Row]:
    found = [risk.measure(people) for people in risk.SIZES]
    return [
        ("a risk term changed to every party's figures, every mechanism, 99 %, slowest of 5,000 to 60 million people",
         max(one.slow for one in found), 5, "ms"),
        ("first build of the engine for a cohort, slowest", max(beside.build, *(one.build for one in found[1:])), 0.5, "s"),
        ("cosine series: error of VaR99 - mean against all people one by one", beside.cosine_error, 1e-4, ""),
        ("scenarios: error of the result's 1st percentile, of mean - 1st percentile", 100 * beside.result_error, 0.5, "%"),
        ("a term changed over brute force at equal error, 540,000 people", beside.move_over_brute, 1e-3, "×"),
    ]  # fmt: skip


def _frontier() -> list[Row]:
    found = frontier.measure()
    return [
        (f"who could bear what: {found.points} points, {found.terms} terms, {found.parties} parties, every point on all drawn years",
         found.seconds, 5, "s"),
        (f"the same, the first of a process ({found.tried:,} variants)", found.first, NO_LIMIT, "s"),
        ("kept of the next pound within the tolerances by the answer", found.incentive, NO_LIMIT, ""),
        ("the same by a grid of three levels of each term", found.grid, NO_LIMIT, ""),
        ("the same by a random search of as many variants", found.random, NO_LIMIT, ""),
    ]  # fmt: skip


def _beside(found: engine.Found) -> str:
    """The engine, brute force and the public packages on the same problem."""
    lines = []
    for title, head, rows in found.tables:
        lines += ["", f"## {title}", "", *(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))]
    return "\n".join(lines) + "\n"


def _curve(found: dataset.Found) -> str:
    """How time and memory grow: from Parquet to the cohort's person-years and summary, 36 months of spend."""
    pairs = [("ours, rows in pandas", dataset.COUNTY, run) for run in found.ours]
    pairs += [("DuckDB alone, rows in pandas", dataset.COUNTY, run) for run in found.duckdb]
    lines = [f"| {way} | {people:,} | {run['seconds']:,.1f} | {run['megabytes']:,.0f} |"
             for way, people, run in [*pairs, *found.curve]]  # fmt: skip
    head = ["", "## From Parquet to a cohort's person-year table and summary, 36 months of spend", "",
            "In-engine: no row of a person leaves the engine. Spark: local mode, memory of its Java not counted.", "",
            "| way | people | s | MB |", "|---|---|---|---|"]  # fmt: skip
    return "\n".join([*head, *lines]) + "\n"


def _seconds(command: list[str], **options: object) -> float:
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **{"cwd": ROOT, **options})  # type: ignore[call-overload]
    return time.monotonic() - start


def _as_text(rows: list[Row]) -> str:
    lines = [f"| {w} | {m:,.3g} | {_limit(n)} | {u} | {_verdict(m, n)} |" for w, m, n, u in rows]
    versions = ", ".join(f"{p} {version(p)}" for p in PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    head = ["# Numbers to reach, as measured by `make bench`", "", f"{machine}. {versions}.", "",
            "| number | measured | at most | unit | |", "|---|---|---|---|---|"]  # fmt: skip
    return "\n".join([*head, *lines]) + "\n"


if __name__ == "__main__":
    main()
