"""The back-test: each year of the data priced on the years before it and settled on what happened."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from capitation.contract import ContractResult, check_enough_members, settle
from capitation.dataset import LinkedDataset
from capitation.design import ContractDesign, change
from capitation.errors import InputError
from capitation.loss.ratio import Floats, ratio_of_totals
from capitation.terms import COMMISSIONER, HOLDER

INTERVALS = (0.50, 0.80, 0.95)


@dataclass(frozen=True)
class BackTest:
    """The settled years, and why a year could not be settled."""

    results: tuple[ContractResult, ...]
    not_settled: dict[int, str]

    @property
    def whole_years(self) -> tuple[ContractResult, ...]:
        """The settled years that are over: of another one too little is recorded to be held against what was expected."""
        return tuple(result for result in self.results if not result.part_year)

    @cached_property
    def by_year(self) -> pd.DataFrame:
        """A row a year; see ``year_row``."""
        return pd.DataFrame([year_row(r) for r in self.results])

    @property
    def money_lines(self) -> pd.DataFrame:
        """The money lines of all settled years."""
        return pd.concat([r.money_lines for r in self.results], ignore_index=True)


ENOUGH = 1_024  # drawn years for the intervals of a past year's cost: totals are moved to their exact law


def back_test(dataset: LinkedDataset, design: ContractDesign,
              progress: Callable[[int, int], None] = lambda *_: None) -> BackTest:  # fmt: skip
    """Settle every year that has a year before it. A year without members or history is named with the reason.

    So is a year of so few people that its figures could point at one of them.
    """
    results, not_settled = [], {}
    years = dataset.years[1:]
    for done, year in enumerate(years):
        progress(done, len(years))
        try:
            settled = settle(dataset, change(design, {"outlook.contract_year": year, "outlook.replicates": ENOUGH}))
            check_enough_members(settled)
            results.append(settled)
        except InputError as error:
            not_settled[year] = str(error)
    if not results:
        first = next(iter(not_settled.values()), "there is only one year")
        raise InputError("back-test", f"no year can be settled ({first})", "at least one year with history before it")
    return BackTest(tuple(results), not_settled)


def stated(result: ContractResult) -> dict[float, tuple[float, float]]:
    """The intervals of the year's cost stated before it, by level, as shares of expected cost."""
    drawn, expected = result.outlook_cost.total, result.price.expected * result.price.exposure
    ends = {level: np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) / expected for level in INTERVALS}
    return {level: (float(low), float(high)) for level, (low, high) in ends.items()}


def actual_over_expected(result: ContractResult) -> float:
    """Recorded cost over the cost expected before efficiency and margin."""
    return float(result.recorded.total[0]) / (result.price.expected * result.price.exposure or float("nan"))


def by_cell(result: ContractResult) -> pd.DataFrame:
    """Actual over expected of each price cell: cell, people, exposure, actual, expected, ratio, and what the two
    dearest people cost (largest, second). Money in the data set's currency, of the contract year."""
    rows = result.cohort.members["year"].to_numpy() == result.year
    cells = result.cells_of_year
    exposure = result.cohort.members["exposure"].to_numpy(dtype=float)[rows]
    cost = _as_priced(result.scope.total[rows], exposure, result.design.price.shared_above)
    sums = pd.DataFrame({"cell": cells, "cost": cost, "exposure": exposure}).sort_values("cost", ascending=False)
    found = sums.groupby("cell", sort=True)["cost"].agg(
        people="size", actual="sum", largest="max", second=lambda c: c.iloc[1] if len(c) > 1 else 0.0
    )
    found["exposure"] = sums.groupby("cell")["exposure"].sum()
    found["expected"] = found["exposure"] * result.price.cells.set_index("cell")["rate"].reindex(found.index)
    return found.assign(ratio=found["actual"] / found["expected"]).reset_index()


def _as_priced(cost: Floats, exposure: Floats, limit: float) -> Floats:
    """Cost of each row with what lies above ``limit`` shared over everyone, as in the history; 0: as it is."""
    if not limit:
        return cost
    kept = np.minimum(cost, limit)
    return kept + ratio_of_totals(cost - kept, exposure) * exposure


def year_row(result: ContractResult) -> dict[str, float]:
    """One settled year: what was priced, what happened, who got what, and whether the outlook covered it.

    Amounts in the data set's currency, those of the parties as the money lines give them, to the penny.
    ``actual_over_expected`` compares recorded cost with the price before efficiency and margin; ``within_50`` and so
    on say whether recorded cost lies in that interval of the outlook.
    """
    left_with, cost = result.money_lines.groupby("party")["pence"].sum() / 100, float(result.recorded.total[0])
    low_high = {
        level: np.quantile(result.outlook_cost.total, [(1 - level) / 2, (1 + level) / 2]) for level in INTERVALS
    }
    return {
        "year": result.year,
        "person_years": result.price.exposure,
        "price_pppy": result.price.per_person_year,
        "error_pppy": result.price.error,
        "cost_pppy": cost / result.price.exposure,
        "actual_over_expected": actual_over_expected(result),
        "payment": result.price.payment,
        "cost": cost,
        "holder": float(left_with[HOLDER]),
        "partners": float(left_with[result.settled.providers].sum()),
        "commissioner_paid": -float(left_with[COMMISSIONER]),
        "paid_without_contract": cost,
        **{f"within_{level:.0%}".rstrip("%"): bool(lo <= cost <= hi) for level, (lo, hi) in low_high.items()},
        "cost_low_pppy": low_high[0.95][0] / result.price.exposure,
        "cost_high_pppy": low_high[0.95][1] / result.price.exposure,
    }
