"""The back-test over many cases: did cost fall into the intervals stated before as often as they say?

A case is a data set, a cohort and a year that was priced on the years before it alone. Cases of one population overlap:
years share people, cohorts share years; so limits by cases alone would be too narrow and are not given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.contract import ContractResult
from capitation.dataset import LinkedDataset
from capitation.design import ContractDesign
from capitation.errors import InputError
from capitation.shadow.back_test import INTERVALS, actual_over_expected, back_test, stated


@dataclass(frozen=True)
class Case:
    """One year of one cohort on one data set: what happened over what was expected, and the intervals stated before."""

    dataset: str
    cohort: str
    year: int
    years_of_history: int
    person_years: float
    ratio: float
    intervals: Mapping[float, tuple[float, float]]

    @classmethod
    def of(cls, dataset: str, cohort: str, result: ContractResult) -> "Case":
        """The case of one settled year."""
        return cls(dataset, cohort, result.year, len(result.basis.years), result.price.exposure,
                   actual_over_expected(result), stated(result))  # fmt: skip

    def inside(self, level: float) -> bool:
        """Whether cost fell into the interval of that level."""
        low, high = self.intervals[level]
        return low <= self.ratio <= high


def cases_of(name: str, cohort: str, dataset: LinkedDataset, design: ContractDesign) -> list[Case]:
    """Every year of a data set that a design can be priced and settled on; none where no year can."""
    try:
        found = back_test(dataset, design)
    except InputError:
        return []
    return [Case.of(name, cohort, result) for result in found.whole_years]


def cases_of_designs(name: str, dataset: LinkedDataset, designs: Mapping[str, ContractDesign],
                     progress: Callable[[int, int], None] = lambda *_: None) -> list[Case]:  # fmt: skip
    """The cases of several designs, by name."""
    cases: list[Case] = []
    for done, (cohort, design) in enumerate(designs.items()):
        progress(done, len(designs))
        cases += cases_of(name, cohort, dataset, design)
    return cases


def coverage(cases: Iterable[Case], group: Callable[[Case], str] = lambda _: "all") -> pd.DataFrame:
    """How often cost fell inside: a row per group with cases, mean ratio, and the share inside at each level."""
    rows: dict[str, list[Case]] = {}
    for case in cases:
        rows.setdefault(group(case), []).append(case)
    return pd.DataFrame([_row(name, some) for name, some in rows.items()])


def _row(name: str, cases: list[Case]) -> dict[str, object]:
    inside = {
        f"inside {100 * level:.0f} %": float(np.mean([case.inside(level) for case in cases])) for level in INTERVALS
    }
    return {"group": name, "cases": len(cases), "mean ratio": float(np.mean([case.ratio for case in cases])), **inside}
