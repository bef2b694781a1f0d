"""The summary of a cohort's person-years: cells and atoms, whose size does not grow with the population.

Counts, sums and sums of squares add, so that summaries of years, areas or files merge exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

CELL = ["year", "sex", "age", "locality"]
SUMMED = ("year", "sex", "age", "locality", "exposure")  # read of each person-year, with its cost
AGE_BAND = 5  # years
ATOMS, SMALLEST, LARGEST = 96, 1, 1_000_000  # bins of cost, in the data set's currency
EDGES = tuple(int(edge) for edge in np.unique(np.geomspace(SMALLEST, LARGEST, ATOMS).round()))
SUMS = ("people", "exposure", "exposure_squared", "cost", "cost_squared", "cost_exposure")


@dataclass(frozen=True, eq=False)
class Summary:
    """Cost in scope of the person-years chosen.

    ``cells``: a row per year, sex, age band (its lowest age) and locality, with the columns ``SUMS``: person-years
    counted, Σe, Σe², Σx, Σx², Σxe; what a ratio of totals and its linearised error need. ``atoms``: a row per year
    and bin of cost (0: no cost; n: from the n-th edge of ``EDGES``) with people, cost, cost_squared.
    Source: numerics reference, sections 1 and 8.
    """

    cells: pd.DataFrame
    atoms: pd.DataFrame


def summarised(people: pd.DataFrame, cost: np.ndarray) -> Summary:
    """The summary of person-years in memory; ``cost`` has shape (rows,)."""
    exposure = people["exposure"].to_numpy(dtype=float)
    rows = people[["year", "sex", "locality"]].assign(
        age=(people["age"] // AGE_BAND * AGE_BAND).astype(int), bin=np.searchsorted(EDGES, cost, side="right"), people=1,
        exposure=exposure, exposure_squared=exposure**2, cost=cost, cost_squared=cost**2, cost_exposure=cost * exposure,
    )  # fmt: skip
    return Summary(_in_order(rows.groupby(CELL, observed=True)[list(SUMS)].sum().reset_index(), CELL),
                   rows.groupby(["year", "bin"])[["people", "cost", "cost_squared"]].sum().reset_index())  # fmt: skip


def in_engine(rows: Any, fetched: Any) -> Summary:
    """The summary of person-years in an engine: an Ibis table with a column ``cost``; ``fetched`` brings rows out."""
    rows = rows.select("year", "sex", "locality", "exposure", "cost",
                       age=((rows.age / AGE_BAND).floor() * AGE_BAND).cast("int64"),
                       bin=rows.cost.bucket(EDGES, include_under=True, include_over=True))  # fmt: skip
    cost, exposure = rows.cost, rows.exposure
    exact = cost.cast("decimal(18, 2)").sum().cast("float64")
    cells = rows.group_by(CELL).agg(
        people=rows.count(), exposure=exposure.sum(), exposure_squared=(exposure * exposure).sum(), cost=exact,
        cost_squared=(cost * cost).sum(), cost_exposure=(cost * exposure).sum(),
    )  # fmt: skip
    atoms = rows.group_by(["year", "bin"]).agg(people=rows.count(), cost=exact, cost_squared=(cost * cost).sum())
    return Summary(_in_order(fetched(cells).to_pandas(), CELL), _in_order(fetched(atoms).to_pandas(), ["year", "bin"]))


def merged(summaries: Sequence[Summary]) -> Summary:
    """The summary of everybody from those of different people: counts, sums and squares add."""
    if len(summaries) == 1:
        return summaries[0]
    cells = pd.concat([one.cells for one in summaries]).groupby(CELL, observed=True)[list(SUMS)].sum()
    atoms = pd.concat([one.atoms for one in summaries]).groupby(["year", "bin"]).sum()
    return Summary(cells.reset_index(), atoms.reset_index())


def _in_order(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    return frame.astype(dict.fromkeys({"sex", "locality"} & set(frame.columns), str)).sort_values(
        list(keys), ignore_index=True
    )
