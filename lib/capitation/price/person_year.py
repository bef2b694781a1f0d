"""The price of a person-year: history by cell, trended to the contract year, built up line by line."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.design.parts import Price as PriceTerms
from capitation.errors import InputError
from capitation.loss.ratio import Floats, linearised_error, log_interval, ratio_of_totals

HISTORY, GROWTH, MIX, EFFICIENCY, MARGIN = "history", "growth", "who is in", "efficiency", "margin"
BUILD_UP_LABELS = {
    HISTORY: "Cost in the base years",
    GROWTH: "Growth to the contract year",
    MIX: "Change in who is in",
    EFFICIENCY: "Efficiency asked",
    MARGIN: "Margin for the price's error",
}


@dataclass(frozen=True)
class Price:
    """The price of a person-year in ``contract_year``, in the data set's currency.

    ``build_up`` maps each line to its amount per person-year and sums to ``per_person_year``; ``expected`` is the
    cost expected before efficiency and margin; ``error`` its standard error; ``cells`` has cell, exposure (contract
    year), base_exposure, base_people, rate, and of the base years' trended cost base_cost and what it is of the two
    dearest people, largest and second; ``by_year`` has year, exposure, cost, cost_pppy, error for the base years.
    """

    contract_year: int
    base_years: tuple[int, ...]
    exposure: float
    build_up: dict[str, float]
    expected: float
    error: float
    cells: pd.DataFrame
    by_year: pd.DataFrame

    @property
    def per_person_year(self) -> float:
        """The price: the sum of its lines."""
        return sum(self.build_up.values())

    @property
    def payment(self) -> float:
        """Price × person-years of the contract year."""
        return self.per_person_year * self.exposure

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The price within its own error, price · exp(∓ z·error/price); NaN where the error is not known."""
        error = self.error * (1 + self.build_up[EFFICIENCY] / self.expected) if self.expected else self.error
        return log_interval(self.per_person_year, error, NormalDist().inv_cdf((1 + confidence) / 2))


def base_years(terms: PriceTerms, contract_year: int, with_members: list[int]) -> tuple[int, ...]:
    """The years before ``contract_year`` that set the price. Raises InputError when there is none."""
    if contract_year not in with_members:
        raise InputError("cohort", f"nobody meets the rules in year {contract_year}", "rules that leave somebody in")
    found = tuple(y for y in with_members if contract_year - terms.base_years <= y < contract_year)
    if not found:
        raise InputError("outlook.contract_year", f"year {contract_year} has no year of history with members before it",
                         "a year after one in which somebody meets the rules")  # fmt: skip
    return found


def price_person_year(members: pd.DataFrame, cost: Floats, terms: PriceTerms, contract_year: int,
                      years: tuple[int, ...]) -> Price:  # fmt: skip
    """The price from the members' ``cost`` in the base ``years``, for the members of ``contract_year``.

    ``members`` has person_id, year, exposure, age, sex; ``cost`` is the cost in scope of each row. The contract
    year's costs are not read. Raises InputError when the contract year has no members.
    """
    base = members["year"].isin(years).to_numpy()
    now = (members["year"] == contract_year).to_numpy()
    if not now.any():
        raise InputError("cohort", f"nobody meets the rules in year {contract_year}", "rules that leave somebody in")
    history = _History(members[base], cost[base], terms, contract_year)
    weights = _exposure_by_cell(members[now], terms)
    exposure = float(members.loc[now, "exposure"].sum())
    cells = history.cells(weights)
    expected, error = history.expected(cells.set_index("cell"))
    return Price(contract_year, years, exposure, _build_up(history, expected, error, terms), expected, error, cells,
                 history.by_year())  # fmt: skip


def cell_of(members: pd.DataFrame, terms: PriceTerms) -> pd.Series:
    """The price cell of each row, in words: sex and age band, or everyone."""
    if terms.adjust == "none":
        return pd.Series("everyone", index=members.index)
    starts = np.array(terms.age_bands)
    band = np.searchsorted(starts, members["age"].to_numpy(), side="right") - 1
    words = np.array([f"{a}-{b - 1}" for a, b in pairwise(starts)] + [f"{starts[-1]}+"])
    sex, sexes = pd.factorize(members["sex"])
    cells = np.array([[f"{name} {ages}" for ages in words] for name in sexes], dtype=object)
    return pd.Series(cells[sex, np.maximum(band, 0)], index=members.index, dtype=object)


def _exposure_by_cell(members: pd.DataFrame, terms: PriceTerms) -> pd.Series:
    return members["exposure"].groupby(cell_of(members, terms)).sum()


class _History:
    """The base years' rows, each cost trended from its own year to the contract year."""

    def __init__(self, rows: pd.DataFrame, cost: Floats, terms: PriceTerms, contract_year: int):
        self.rows, self.cost = rows, cost
        self.exposure = rows["exposure"].to_numpy(dtype=float)
        self.trended = cost * trend_factor(terms.trend, contract_year - rows["year"].to_numpy())
        self.person: NDArray[np.int64] = pd.factorize(rows["person_id"])[0].astype(np.int64)
        self.cell, self.names = pd.factorize(cell_of(rows, terms).to_numpy(), sort=True)
        self.overall = ratio_of_totals(self.trended, self.exposure)

    def rates(self) -> pd.DataFrame:
        """Trended cost and exposure of each cell, their ratio, and the cost of the two dearest people."""
        sums = pd.DataFrame({"base_cost": self._by_cell(self.trended), "base_exposure": self._by_cell(self.exposure)},
                            index=self.names).join(self._people())  # fmt: skip
        sums = sums[sums["base_exposure"] > 0]
        return sums.assign(rate=sums["base_cost"] / sums["base_exposure"])

    def _by_cell(self, amount: Floats) -> Floats:
        return np.bincount(self.cell, amount, len(self.names)).astype(float)

    def _people(self) -> pd.DataFrame:
        """How many people each cell has, and the trended cost of the dearest and the second dearest of them."""
        each, place = np.unique(self.cell * (self.person.max(initial=0) + 1) + self.person, return_inverse=True)
        cost, cell = np.bincount(place, self.trended), each // (self.person.max(initial=0) + 1)
        order = np.lexsort((-cost, cell))
        people = np.bincount(cell, minlength=len(self.names))
        first = np.cumsum(people) - people
        ranked = np.append(cost[order], 0.0)
        second = np.where(people > 1, ranked[np.minimum(first + 1, len(cost))], 0.0)
        return pd.DataFrame({"base_people": people, "largest": ranked[first], "second": second}, index=self.names)

    def cells(self, weights: pd.Series) -> pd.DataFrame:
        """Each cell's rate, and the contract year's exposure; a cell without history has the overall rate."""
        table = self.rates().join(weights.rename("exposure"), how="outer")
        filled = table.fillna({"rate": self.overall}).fillna(0.0)
        columns = ["cell", "exposure", "base_exposure", "base_people", "rate", "base_cost", "largest", "second"]
        return filled.rename_axis("cell").reset_index()[columns]

    def expected(self, cells: pd.DataFrame) -> tuple[float, float]:
        """Expected cost per person-year Σ E_c·R_c / Σ E_c of ``cells``, and its linearised standard error by person.

        One person alone in a cell shows no spread, so such a cell is measured against the overall rate.
        """
        share = cells["exposure"] / cells["exposure"].sum()
        known = cells["base_exposure"] > 0
        missing = float(share[~known].sum())
        per_exposure = (share[known] / cells.loc[known, "base_exposure"]).reindex(self.names).to_numpy()[self.cell]
        rate = cells["rate"].where(cells["base_people"] > 1, self.overall).reindex(self.names).to_numpy()[self.cell]
        influence = per_exposure * (self.trended - rate * self.exposure)
        influence += missing * (self.trended - self.overall * self.exposure) / self.exposure.sum()
        return float((share * cells["rate"]).sum()), linearised_error(influence, self.person)

    def by_year(self) -> pd.DataFrame:
        """Each base year's own cost per person-year, not trended, with its standard error."""
        return pd.DataFrame([self._year(y) for y in np.unique(self.rows["year"])])

    def _year(self, year: int) -> dict[str, float]:
        now = (self.rows["year"] == year).to_numpy()
        cost, exposure = self.cost[now], self.exposure[now]
        rate = ratio_of_totals(cost, exposure)
        people = pd.factorize(self.person[now])[0].astype(np.int64)
        error = linearised_error((cost - rate * exposure) / exposure.sum(), people)
        return {"year": int(year), "exposure": exposure.sum(), "cost": cost.sum(), "cost_pppy": rate, "error": error}


def trend_factor(trend: float, years: NDArray[np.int64]) -> Floats:
    """(1 + g)^t for each t."""
    return np.power(1 + trend, years)


def _build_up(history: _History, expected: float, error: float, terms: PriceTerms) -> dict[str, float]:
    """The lines of the price, each the difference that one step makes."""
    untrended = ratio_of_totals(history.cost, history.exposure)
    margin = NormalDist().inv_cdf(terms.confidence) * error
    return {
        HISTORY: untrended,
        GROWTH: history.overall - untrended,
        MIX: expected - history.overall,
        EFFICIENCY: 0.0 - terms.discount * expected,
        MARGIN: margin if np.isfinite(margin) else 0.0,
    }
