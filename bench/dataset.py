"""The data at size: making a county, linking it beside DuckDB alone, how both grow, and the same job on Spark."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import cohort, linking, price

ROOT = Path(__file__).parents[1]
MADE = 540_000
COUNTY = 650_000  # 36 months of it are 22 million rows of spend
SMALLER, TIMES, PAIRS = (10_000, 100_000), 8, 3  # 5.2 million people: ten times 540,000


@dataclass
class Found:
    """Seconds and megabytes, by what was done."""

    making: tuple[float, float] = (0.0, 0.0)
    ours: list[linking.Found] = field(default_factory=list)
    duckdb: list[linking.Found] = field(default_factory=list)
    checked: linking.Found = field(default_factory=dict)
    curve: list[tuple[str, int, linking.Found]] = field(default_factory=list)
    cohort_page: list[float] = field(default_factory=list)
    minimum_size: float = 0.0
    price: dict[str, float] = field(default_factory=dict)
    spend_rows: int = 0

    @property
    def ratio(self) -> float:
        """Time beside DuckDB alone: the median over pairs run one after the other."""
        pairs = zip(self.ours, self.duckdb, strict=True)
        return statistics.median(ours["seconds"] / theirs["seconds"] for ours, theirs in pairs)

    @property
    def ratio_checked(self) -> float:
        """Time with every check, beside DuckDB alone, which checks nothing."""
        return self.checked["seconds"] / statistics.median(run["seconds"] for run in self.duckdb)

    @property
    def megabytes(self) -> float:
        """The most memory that linking the county took."""
        return max(run["megabytes"] for run in self.ours)

    @property
    def growth_of_memory(self) -> float:
        """Memory at ten times the county, as a multiple of the county's."""
        by_size = {people: run["megabytes"] for way, people, run in self.curve if way == "in-engine"}
        return by_size[COUNTY * TIMES] / by_size[COUNTY]


def measure() -> Found:
    """Everything, in a folder that is removed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = Found(making=_make(MADE, folder / "made"))
        found.cohort_page, found.minimum_size = cohort.run(folder / "made")
        found.price = price.run(folder / "made")
        shutil.rmtree(folder / "made")
        county = _made_and_cut(COUNTY, folder)
        found.spend_rows = linking.rows_in(county / "spend.parquet")
        for _ in range(PAIRS):
            found.ours.append(linking.run("ours", county))
            found.duckdb.append(linking.run("duckdb", county))
        _check_same(found)
        found.checked = linking.run("checked", county)
        found.curve = _curve(folder, county)
    return found


def _curve(folder: Path, county: Path) -> list[tuple[str, int, linking.Found]]:
    sizes = {people: _made_and_cut(people, folder) for people in SMALLER} | {COUNTY: county}
    rows = [("in-engine", people, linking.run("in-engine", at)) for people, at in sizes.items()]
    large = linking.tenfold(county, folder / "large", TIMES)
    rows.append(("in-engine", COUNTY * TIMES, linking.run("in-engine", large)))
    rows.append(("duckdb, summary only", COUNTY * TIMES, linking.run("duckdb-summary", large)))
    return [*rows, *(("spark", people, linking.run("spark", at)) for people, at in sizes.items())]


def _made_and_cut(people: int, folder: Path) -> Path:
    whole = folder / f"whole-{people}"
    _make(people, whole)
    made = linking.cut(whole, folder / f"county-{people}")
    shutil.rmtree(whole)
    return made


def _make(people: int, out: Path) -> tuple[float, float]:
    """Seconds, and the memory in MB of the command and its workers together, each at its most."""
    command = [str(Path(sys.executable).parent / "capitation"), "dataset", "make-county", "--people", str(people),
               "--seed", "1", "--out", str(out)]  # fmt: skip
    start = time.monotonic()
    megabytes = _most_memory(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
    return time.monotonic() - start, megabytes


def _most_memory(running: "subprocess.Popen[bytes]") -> float:
    """Waits for the command; the most memory in MB that it and its workers held at one moment."""
    most, top = 0.0, psutil.Process(running.pid)
    while running.poll() is None:
        with suppress(psutil.Error):
            most = max(most, sum(p.memory_info().rss for p in (top, *top.children(recursive=True))) / 2**20)
        time.sleep(0.2)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, running.args)
    return most


def _check_same(found: Found) -> None:
    """The two ways must have done the same work."""
    for ours, theirs in zip(found.ours, found.duckdb, strict=True):
        assert ours["rows"] == theirs["rows"]
        for amount in ("exposure", "cost", "prior"):
            assert abs(ours[amount] - theirs[amount]) < 0.01 + 1e-9 * theirs[amount], amount
