"""How long the search for who could bear what takes, and what a grid and a random search find in as many tries.

`python -m bench.frontier`. The real data set without appliances: eight terms, and six parties (commissioner, holder, four
partners), on one thread; the search on 1,024 of the drawn years, its points checked on all 16,384. Grid (three levels of
each term) and random search settle as many variants on the same 1,024 years, and their best are checked on all.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from capitation.contract import ContractResult, settle
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.loss.ratio import Floats
from capitation.who_bears.frontier import SEARCHED, Frontier, rooms_of, searched
from capitation.who_bears.measures import all_years, fewer_years
from capitation.who_bears.moving import moving
from capitation.who_bears.search import Landscape

BASELINE = Path(__file__).parents[1] / "designs" / "baseline.yaml"
SIX_PARTIES = {"scope.services": ["drugs", "inpatient", "mental_health", "outpatient"]}
LEVELS = (
    0.1,
    0.4,
    1.0,
)  # of each term's range; with others, such as 0, 0.5 and 1, no variant of the grid keeps the tolerances
CHECKED = (
    40  # of the best variants of a grid or random search, on all years: the first that keeps the tolerances counts
)


@dataclass(frozen=True)
class Found:
    """Seconds of the search, how many variants it settled and points it found; the most incentive kept by each way."""

    parties: int
    terms: int
    seconds: float
    first: float
    tried: int
    points: int
    incentive: float
    grid: float
    random: float


def six_parties() -> ContractResult:
    """The contract that is measured, its years drawn."""
    result = settle(open_dataset("rand-hie"), change(read_design(BASELINE), SIX_PARTIES))
    _ = result.outlook
    return result


def measure() -> Found:
    """One search, and the other ways with as many tries; the first search of a process imports the linear programmes."""
    with threadpool_limits(limits=1):
        result = six_parties()
        start = time.perf_counter()
        found = searched(result)
        first = time.perf_counter() - start
        start = time.perf_counter()
        found = searched(result)
        seconds = time.perf_counter() - start
        assert found.answer is not None
        terms = len(found.answer.terms)
        grid, random = (_best(result, found, places) for places in (_grid(terms), _random(terms, found.tried)))
    return Found(
        len(found.limits) - 1,
        terms,
        seconds,
        first,
        found.tried,
        len(found.points),
        found.answer.figures.incentive,
        grid,
        random,
    )


def _grid(terms: int) -> Iterator[Floats]:
    return (np.array(place) for place in product(LEVELS, repeat=terms))


def _random(terms: int, count: int) -> Iterator[Floats]:
    rng = np.random.default_rng(5)
    return (rng.random(terms) for _ in range(count))


def _best(result: ContractResult, found: Frontier, places: Iterable[Floats]) -> float:
    """The most incentive of variants that keep every tolerance; nothing where none does."""
    moved, every = moving(result), all_years(result, [limit.party for limit in found.limits[:-1]])
    some, land = fewer_years(every, SEARCHED), Landscape(lambda _: np.zeros(3), len(moved.paths), moved.ordered)
    designs = [moved.design(moved.values(land.in_order(place))) for place in places]
    tried = [(some.figures(design), design) for design in designs]
    kept = [(f.incentive, number) for number, (f, _) in enumerate(tried) if min(rooms_of(f, found.limits)) >= 0]
    for _, number in sorted(kept, reverse=True)[:CHECKED]:
        figures = every.figures(tried[number][1])
        if min(rooms_of(figures, found.limits)) >= 0:
            return figures.incentive
    return 0.0


def main() -> None:
    """Print the table."""
    found = measure()
    table = Table("way", "variants settled", "seconds", "most incentive within the tolerances")
    table.add_row(f"search: {found.points} points, {found.terms} terms, {found.parties} parties", f"{found.tried:,}",
                  f"{found.seconds:.1f} (first {found.first:.1f})", f"{found.incentive:.3f}")  # fmt: skip
    table.add_row("grid, three levels of each term", f"{len(LEVELS) ** found.terms:,}", "", f"{found.grid:.3f}")
    table.add_row("random", f"{found.tried:,}", "", f"{found.random:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
