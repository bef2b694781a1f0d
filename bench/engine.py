"""The engine beside compiled brute force and the public packages aggregate and gemact, on the same cohorts, in one run.

`python -m bench.engine [--peers PYTHON]`; PYTHON is an interpreter that has aggregate and gemact, which this project
does not (`uv venv V && uv pip install --python V/bin/python aggregate gemact`). Errors are of VaR99 - mean, as shares of
it. Fixed seeds: the same errors each time. Source of the rules: numerics reference, section 13.
"""

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numba
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.stats import norm

from capitation.loss.atoms import Atoms, atoms_of
from capitation.loss.cosine import total_cost_law
from capitation.loss.cost_sums import sums_of
from capitation.loss.scenarios import Scenarios, scenarios_of
from capitation.loss.systemic import common_factors

Floats = NDArray[np.float64]
PEERS = Path(__file__).with_name("engine_peers.py")
SIZES = (5_000, 50_000, 540_000)
PEOPLE, COSTLESS = 540_000, 0.077
MEAN, CV = 3_000.0, 3.0  # of people with some cost, lognormal
ATTACHMENTS, SHARE = (40_000.0, 50_000.0, 73_000.0), 0.8
SEEDS, MOVES, BRUTE_DRAWS = 6, 400, 400_000_000
CLOSE_ENOUGH = 1e-3  # of the margin: the error at which peers are timed
Row = tuple[str, ...]


@cache
def population() -> Floats:
    """Costs of 540,000 people: mid-quantiles of a lognormal law, and nothing for one in thirteen."""
    spread = np.sqrt(np.log1p(CV**2))
    with_cost = round(PEOPLE * (1 - COSTLESS))
    level = (np.arange(with_cost) + 0.5) / with_cost
    return np.append(np.zeros(PEOPLE - with_cost), np.exp(np.log(MEAN) - spread**2 / 2 + spread * norm.ppf(level)))


def fine_atoms(cost: Floats, bins: int = 4_000) -> Atoms:
    """People in so many bins that what is asked for is exact to 1e-6."""
    place = np.searchsorted(np.geomspace(0.01, cost.max() * 1.01, bins), cost)
    return atoms_of(*(np.bincount(place, w) for w in (np.ones_like(cost), cost, cost**2)))


@cache
def few_atoms() -> Atoms:
    """What the engine itself keeps: some two hundred bins and the dearest people."""
    sums = sums_of(population())
    squared = np.append(sums.cost_squared, sums.top_people * sums.top**2)
    return atoms_of(sums.all_people, sums.all_people * sums.all_means, squared)


@cache
def margin(n: int, attachment: float, kept: float) -> tuple[float, float]:
    """Mean and VaR99 of Σ min(x, a) + kept·(x - a)₊, exact."""
    net = np.minimum(population(), attachment) + kept * np.maximum(population() - attachment, 0)
    law = total_cost_law(fine_atoms(net), n)
    return n * float(net.mean()), law.quantile(0.99)


def density_at(n: int, attachment: float, kept: float) -> float:
    """Density of the same sum at its VaR99, per unit of currency."""
    net = np.minimum(population(), attachment) + kept * np.maximum(population() - attachment, 0)
    law, near = total_cost_law(fine_atoms(net), n), 0.01 * np.sqrt(n) * float(net.std())
    y = law.quantile(0.99)
    return float(law.cdf(y + near) - law.cdf(y - near)) / (2 * near)


@numba.njit(parallel=True, cache=True)
def brute(
    cost: NDArray[np.float32], people: int, simulations: int, attachment: float, kept: float, seed: int
) -> Floats:
    """Net cost of simulated years, every person drawn; a generator of its own for each year (splitmix64)."""
    out = np.empty(simulations)
    n = np.uint64(len(cost))
    for s in numba.prange(simulations):
        state = np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(s) * np.uint64(0xA0761D6478BD642F)
        state = (state ^ (state >> np.uint64(29))) * np.uint64(0xE7037ED1A0B428DB)
        low, high = 0.0, 0.0
        for _ in range(people):
            state += np.uint64(0x9E3779B97F4A7C15)
            z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x = cost[((z >> np.uint64(32)) * n) >> np.uint64(32)]
            low += min(x, attachment)
            high += max(x - attachment, 0.0)
        out[s] = low + kept * high
    return out


@dataclass(frozen=True)
class Measured:
    """Seconds, and the error as a share of VaR99 - mean."""

    seconds: float
    error: float


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Median time."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return median(spent)


def brute_force(n: int, error: float) -> tuple[Measured, float, float]:
    """The time that it takes to come as near as ``error``; its spread over the true one (1); and its bias in standard errors.

    Simulations needed: p(1 - p)/(f·e·margin)², f the density at VaR99; the time of as many, from a part of them.
    """
    a = ATTACHMENTS[1]
    mean, var99 = margin(n, a, 1 - SHARE)
    cost = population().astype(np.float32)
    brute(cost, 10, 10, a, 1 - SHARE, 1)
    count = max(BRUTE_DRAWS // n, 500)
    start = time.perf_counter()
    found = brute(cost, n, count, a, 1 - SHARE, 7)
    spent = (time.perf_counter() - start) / count
    net = np.minimum(population(), a) + (1 - SHARE) * np.maximum(population() - a, 0)
    sd = np.sqrt(n) * net.std()
    density = density_at(n, a, 1 - SHARE)
    one = np.sqrt(0.99 * 0.01) / density / (var99 - mean)  # error of one simulation
    off = (np.quantile(found, 0.99) - var99) / (var99 - mean) / (one / np.sqrt(count))
    return Measured(spent * (one / error) ** 2, error), float(found.std() / sd), float(off)


def cosine(n: int) -> Measured:
    """One exact law and its VaR99 from the atoms the engine keeps."""
    mean, var99 = margin(n, 1e12, 1.0)
    atoms = few_atoms()
    found = total_cost_law(atoms, n).quantile(0.99)
    return Measured(seconds(lambda: total_cost_law(atoms, n).quantile(0.99), 15), abs(found - var99) / (var99 - mean))


def matrix(n: int) -> tuple[float, list[Scenarios]]:
    """Time of a build, and the scenarios of several seeds."""
    sums, spent, found = sums_of(population()), [], []
    for seed in range(SEEDS):
        start = time.perf_counter()
        found.append(scenarios_of(sums, n, seed=seed))
        spent.append(time.perf_counter() - start)
    return median(spent), found


def errors(n: int, found: list[Scenarios]) -> dict[str, float]:
    """Root mean square over seeds and attachments, shares of the margin unless said."""
    off: dict[str, list[float]] = {k: [] for k in ("total", "result", "mean", "above", "correlation")}
    mean, var99 = margin(n, 1e12, 1.0)
    for one in found:
        off["total"].append((np.quantile(one.total, 0.99) - var99) / (var99 - mean))
        for a in ATTACHMENTS:
            low, high = np.minimum(population(), a), np.maximum(population() - a, 0)
            expected, net99 = margin(n, a, 1 - SHARE)
            net = one.below(a) + (1 - SHARE) * one.above(a)
            off["result"].append((np.quantile(net, 0.99) - net99) / (net99 - expected))
            off["mean"].append(net.mean() / expected - 1)
            off["above"].append(one.above(a).mean() / (n * high.mean()) - 1)
            off["correlation"].append(np.corrcoef(one.below(a), one.above(a))[0, 1] - np.corrcoef(low, high)[0, 1])
    return {k: float(np.sqrt(np.mean(np.square(v)))) for k, v in off.items()}


def moves(one: Scenarios) -> tuple[float, float, float]:
    """Milliseconds of a move: a factor for each scenario, a banded payoff, three quantiles. Median, 99 %, 99 % of CPU time.

    On a machine that others use the clock counts their turns too; the time of the process does not.
    """
    factor = common_factors(one.count, 0.02, 1)
    budget = float(one.total.mean())
    spent, worked = [], []
    for a in np.linspace(30_000, 90_000, MOVES):
        start, working = time.perf_counter(), time.process_time()
        kept = one.below(float(a), factor)
        above = one.total * factor - kept
        result = budget - kept - (1 - SHARE) * above
        result = np.where(np.abs(result) < 0.02 * budget, 0.5, 0.8) * result
        np.quantile(result, (0.01, 0.5, 0.99))
        spent.append(1_000 * (time.perf_counter() - start))
        worked.append(1_000 * (time.process_time() - working))
    return float(np.median(spent)), float(np.quantile(spent, 0.99)), float(np.quantile(worked, 0.99))


def peers(interpreter: str | None) -> dict[str, list[dict[str, float]]]:
    """What aggregate and gemact found, by package; empty where there is no interpreter that has them."""
    if interpreter is None:
        return {}
    asked = {"sizes": SIZES, "mean": MEAN, "cv": CV, "costless": COSTLESS}
    done = subprocess.run([interpreter, str(PEERS), json.dumps(asked)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@cache
def lognormal_margin(n: int) -> tuple[float, float]:
    """Mean and VaR99 for the lognormal law itself, which the packages solve: bins with its exact moments."""
    spread = np.sqrt(np.log1p(CV**2))
    middle = np.log(MEAN) - spread**2 / 2
    edge = np.linspace(middle - 9 * spread, middle + 9 * spread, 6_001)

    def moment(k: int) -> Floats:
        whole = np.exp(k * middle + k**2 * spread**2 / 2)
        z = (edge - middle) / spread - k * spread
        return whole * np.where(z[1:] > 0, -np.diff(norm.sf(z)), np.diff(norm.cdf(z)))

    people = (1 - COSTLESS) * 1e12
    sums = [np.append(first, people * moment(k)) for k, first in ((0, COSTLESS * 1e12), (1, 0.0), (2, 0.0))]
    atoms = atoms_of(*sums)
    return n * atoms.mean, total_cost_law(atoms, n).quantile(0.99)


def peer_rows(found: dict[str, list[dict[str, float]]], exact: dict[int, Measured]) -> list[Row]:
    """A row for each package, size and grid: what it took, what it missed, and how far that is from ours."""
    rows = []
    for package, runs in found.items():
        for run in runs:
            n = int(run["people"])
            mean, var99 = lognormal_margin(n)
            error = abs(run["var99"] - run["mean"] - (var99 - mean)) / (var99 - mean)
            rows.append((package, f"{n:,}", f"2^{int(run['log2'])}", f"{1_000 * run['seconds']:,.0f}",
                         f"{100 * (run['mean'] / mean - 1):+.4f}", f"{100 * error:.4f}",
                         f"{run['seconds'] / exact[n].seconds:,.0f}", "yes" if error < CLOSE_ENOUGH else "no"))  # fmt: skip
    return rows


@dataclass
class Found:
    """What was measured: worst over sizes, or at 540,000 people; ``tables`` as title, head and rows."""

    cosine_error: float = 0.0
    result_error: float = 0.0
    build: float = 0.0
    move_over_brute: float = 0.0
    tables: list[tuple[str, Row, list[Row]]] = field(default_factory=list)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peers", default=os.environ.get("CAPITATION_PEERS"), help="an interpreter that has aggregate and gemact"
    )
    interpreter = parser.parse_args().peers
    for title, head, rows in measure(interpreter).tables:
        show(title, head, rows)
    if interpreter is None:
        Console().print("aggregate and gemact: not measured, no interpreter given (--peers)")


def measure(interpreter: str | None) -> Found:
    """The engine beside brute force, and beside the packages where there is an interpreter that has them."""
    told = Found()
    ours, accuracy, exact = [], [], {}
    for n in SIZES:
        build, found = matrix(n)
        off = errors(n, found)
        exact[n] = cosine(n)
        p50, p99, cpu99 = moves(found[0])
        simulated, spread, bias = brute_force(n, off["result"])
        told.cosine_error, told.result_error = (
            max(told.cosine_error, exact[n].error),
            max(told.result_error, off["result"]),
        )
        told.build, told.move_over_brute = max(told.build, build), p50 / 1_000 / simulated.seconds
        ours.append((f"{n:,}", f"{simulated.seconds:.1f}", f"{build:.2f}", f"{p50:.2f}", f"{p99:.2f}", f"{cpu99:.2f}",
                     f"{1_000 * exact[n].seconds:.2f}",
                     f"{simulated.seconds / build:,.0f}", f"{1_000 * simulated.seconds / p50:,.0f}",
                     f"{simulated.seconds / exact[n].seconds:,.0f}", f"{spread:.4f}", f"{bias:+.1f}"))  # fmt: skip
        accuracy.append((f"{n:,}", f"{100 * exact[n].error:.5f}", *(f"{100 * off[k]:.4f}" for k in ("total", "result", "mean", "above")),
                         f"{off['correlation']:.4f}"))  # fmt: skip
    said = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, " + ", ".join(
        f"{p} {version(p)}" for p in ("numpy", "scipy", "numba")
    )
    told.tables.append((f"Time at equal error of VaR99 - mean. {said}", ("people", "brute s", "build s", "move ms p50", "p99", "p99 CPU",
         "cosine ms", "brute/build",
         "brute/move", "brute/cosine", "brute sd / true", "brute bias, se"), ours))  # fmt: skip
    told.tables.append((f"Errors, % of the margin (mean and above: % of themselves), RMS of {SEEDS} seeds", ("people",
         "cosine VaR99", "total VaR99", "result p1", "result mean", "above mean", "correlation"), accuracy))  # fmt: skip
    if answer := peers(interpreter):
        versions = answer.pop("versions")
        told.tables.append((f"Packages on the lognormal law: {versions}", ("package", "people", "grid", "ms", "mean, %",
             "VaR99 - mean off, %", "over cosine ms", f"within {100 * CLOSE_ENOUGH:.1f} %"), peer_rows(answer, exact)))  # fmt: skip
    return told


def show(title: str, head: Row, rows: list[Row]) -> None:
    """A table on the screen."""
    table = Table(*head, title=title)
    for row in rows:
        table.add_row(*row)
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
