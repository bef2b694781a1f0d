"""How fast a change of a risk term is followed: every party's figures, with every mechanism in force, on one thread.

`python -m bench.risk`. Cohorts of 5,000 people, 540,000 and 60 million, drawn from one history of 100,000 person-years;
brute force is the compiled one of `bench.engine`, at equal error of VaR99 less the mean.
"""

import ctypes
import time
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from capitation.board.server import MEMORY
from capitation.design import ContractDesign, change
from capitation.loss.ratio import Floats
from capitation.loss.scenarios import Scenarios
from capitation.outcomes.score import Score
from capitation.payments.partners import Plans
from capitation.price.errors import Errors
from capitation.price.person_year import Price
from capitation.risk.year_cost import History, Pool, common_years, cost_at, drawn_years
from capitation.settlement import ContractYear, Settlement
from capitation.terms import COMMISSIONER, HOLDER

MALLOPT = {"MALLOC_MMAP_THRESHOLD_": -3, "MALLOC_TRIM_THRESHOLD_": -1}  # glibc's malloc.h
SIZES = (5_000, 540_000, 60_000_000)
ROWS, MOVES = 100_000, 400
LEVELS = (0.01, 0.05, 0.5, 0.95, 0.99)
FULL = {
    "risk.sharing.on": True, "risk.sharing.minimum_rate": 0.005, "risk.sharing.quality": "gains and losses",
    "risk.sharing.loss_share": 0.75, "risk.sharing.least_loss_share": 0.4, "risk.profit_limits.on": True,
    "risk.profit_limits.guarantee": -0.05, "risk.pool.on": True, "risk.glide": (80, 100), "risk.aggregate_stop_loss.charged": True,
    "risk.stop_loss.limit": 400_000.0,
    "risk.corridor.gain_bands": (100, 2, 50, 6, 25, 20, 10), "risk.corridor.loss_bands": (100, 2, 50, 6, 20),
    "outlook.ramp.below": 0.02, "outlook.ramp.above": 0.01, "payments.block_share": 0.6, "payments.partner_share": 0.3,
    "outcomes.gate": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class Speed:
    """Seconds of the first build, and milliseconds of each change of a term."""

    people: int
    build: float
    moves: list[float]

    @property
    def slow(self) -> float:
        """The slowest move but one in a hundred."""
        return float(np.quantile(self.moves, 0.99))


def history() -> History:
    """Person-years of four providers, dear ones mostly in the first."""
    rng = np.random.default_rng(1)
    cost = rng.lognormal(6.9, 1.5, ROWS) * (rng.random(ROWS) > 0.077)
    first = np.clip(0.2 + 0.1 * np.log1p(cost / 1_000), 0.1, 0.9)
    rest = rng.dirichlet(np.ones(3), ROWS) * (1 - first)[:, None]
    return History(("a", "b", "c", "d"), cost[:, None] * np.column_stack([first, rest]), np.ones(ROWS))


def figures(settled: Settlement) -> dict[str, Floats]:
    """Mean, chance of a loss and five quantiles of every party's result."""
    parties = {HOLDER: settled.result(HOLDER), COMMISSIONER: settled.result(COMMISSIONER)}
    parties |= {p: settled.result(p) for p in settled.providers}
    return {name: _of(result) for name, result in parties.items()}


def _of(result: Floats) -> Floats:
    rising = np.sort(result)  # quicker than a partition for each level
    places = (np.array(LEVELS) * len(rising)).astype(int)
    return np.append(rising[places], [result.mean(), np.searchsorted(rising, 0.0) / len(rising)])


def speed(people: int, past: History, moves: int = MOVES) -> Speed:
    """Build for so many people, then move the attachment point, the corridor and the shares in turn."""
    design = change(ContractDesign(), FULL)
    start = time.perf_counter()
    drawn = drawn_years(past, people, design.outlook)
    build = time.perf_counter() - start
    pool = Pool(past, people, float(people), past.rate, 0.02)
    moved = [_settings(design, step) for step in range(moves)]
    _ = [_ms(pool, drawn, one) for one in moved[:20]]
    return Speed(people, build, [_ms(pool, drawn, one) for one in moved])


def _settings(design: ContractDesign, step: int) -> ContractDesign:
    terms = [{"risk.stop_loss.attachment": 30_000.0 + 100 * step}, {"risk.sharing.gain_share": 0.5 + step / 1_000},
             {"risk.aggregate_stop_loss.attachment": 1.02 + step / 10_000}]  # fmt: skip
    return change(design, terms[step % 3])


def _ms(pool: Pool, drawn: Scenarios, design: ContractDesign) -> float:
    plan = dict.fromkeys(pool.providers, 1 / len(pool.providers))
    price = Price(
        1, (0,), pool.person_years, {"history": pool.expected}, pool.expected, Errors(*[0.0] * 7), None, None, {}
    )  # type: ignore[arg-type]
    start = time.perf_counter()
    year = ContractYear(price, pool, Plans(plan), Score(0.7, None), design)  # type: ignore[arg-type]
    factor = common_years(pool, drawn.count, design.outlook)
    cost = cost_at(pool, drawn, factor, design.risk.stop_loss)
    charged = year.expected_charge(cost)
    figures(year.settle(cost, year.others(drawn, factor, charged, 1), charged))
    return 1e3 * (time.perf_counter() - start)


def measure(people: int) -> Speed:
    """A cohort of so many people on one thread, with memory as the board has it."""
    for name, value in MEMORY.items():
        ctypes.CDLL(None).mallopt(MALLOPT[name], int(value))
    with threadpool_limits(limits=1):
        return speed(people, history())


def main() -> None:
    """Print the table."""
    table = Table("people", "first build, s", "a term changed, ms, median", "99 %", "at most")
    for found in map(measure, SIZES):
        table.add_row(
            f"{found.people:,}",
            f"{found.build:.2f}",
            f"{np.median(found.moves):.1f}",
            f"{found.slow:.1f}",
            "0.5 s; 5 ms",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
