"""Need weights: what a person-year is expected to cost beside the average one, by what was known on its index date.

A model is fitted on the base years' costs and never sees the contract year's. How good it is: see `need_judged`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.errors import InputError
from capitation.loss.ratio import Floats, ratio_of_totals
from capitation.price.need_features import FIVE_YEARS, NEEDS, Codes, Feature, features_of
from capitation.price.need_models import (
    BOOSTING,
    GLM,
    MODELS,
    Cost,
    Grouped,
    LogModel,
    TwoParts,
    boosted,
    fit_cells,
    grouped,
    sandwich,
)

CAP: Final = 0.03  # of score growth over an agreement. Source: MSSP (42 CFR 425.605) and REACH, DOMAIN.md row 29
YEAR: Final = "year"
Z95: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The columns that are worked with, shape (rows,) each; ``base`` are places of the base years' rows."""

    year: Codes
    exposure: Floats
    cost: Floats
    base: NDArray[np.int64]
    years: tuple[int, ...]
    person: pd.Series = field(repr=False)

    @property
    def base_year(self) -> Codes:
        """The place of each base row's year among the base years."""
        return np.searchsorted(self.years, self.year[self.base])

    @cached_property
    def base_person(self) -> Codes:
        """The base rows' people, numbered from 0."""
        return pd.factorize(self.person.iloc[self.base])[0].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Need:
    """Expected cost of every row of the members, at the level of the last base year, and what it weighs.

    ``predicted`` (rows,) is in the data set's currency per person-year; ``mean`` its exposure-weighted mean over the base
    rows, so that weights average 1 there. ``age_and_sex`` is each row's place in ``age_and_sex_names``.
    """

    model: str
    features: tuple[Feature, ...]
    years: tuple[int, ...]
    predicted: Floats
    mean: float
    age_and_sex: Codes
    age_and_sex_names: NDArray[np.object_]
    _rows: _Rows = field(repr=False)
    _codes: tuple[Codes, ...] = field(repr=False)
    _fitted: LogModel | TwoParts | None = field(repr=False)

    @cached_property
    def weight(self) -> Floats:
        """Expected cost over the base population's mean, shape (rows,): Σ e·w / Σ e = 1 over the base rows."""
        return self.predicted / self.mean

    def mean_weight(self, year: int) -> float:
        """The exposure-weighted mean weight of a year's members: the score of that year's population."""
        now = self._rows.year == year
        return ratio_of_totals(self.weight[now] * self._rows.exposure[now], self._rows.exposure[now])

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Of a model of one part: feature, level, people, estimate (of log cost), error, low, high (95 %), shared.

        ``people`` are base rows, levels of nobody left out; the reference level has estimate and error 0. Errors are sandwich
        errors with the person as the unit. ``shared``: a small level has its neighbour's coefficient. Empty for other models.
        """
        if not isinstance(self._fitted, LogModel):
            return pd.DataFrame(columns=pd.Index(COEFFICIENT_COLUMNS))
        rows = self._rows
        levels = [*(code[rows.base] for code in self._codes), rows.base_year]
        covariance = sandwich(self._fitted, levels, rows.cost[rows.base], rows.exposure[rows.base], rows.base_person)
        named = [(f.name, f.labels) for f in self.features] + [(YEAR, tuple(map(str, self.years)))]
        return pd.concat([_coefficients(name, labels, level, column, self._fitted.beta, covariance) for (name, labels), level, column
                          in zip(named, levels, self._fitted.columns.of, strict=True)], ignore_index=True)  # fmt: skip


COEFFICIENT_COLUMNS: Final = ("feature", "level", "people", "estimate", "error", "low", "high", "shared")


def _coefficients(name: str, labels: Sequence[str], level: Codes, column: Codes, beta: Floats,
                  covariance: Floats) -> pd.DataFrame:  # fmt: skip
    estimate = np.where(column >= 0, beta[column], 0.0)
    error = np.where(column >= 0, np.sqrt(np.maximum(np.diag(covariance), 0.0))[column], 0.0)
    people = np.bincount(level, minlength=len(labels))
    columns = (name, labels, people, estimate, error, estimate - Z95 * error, estimate + Z95 * error, column)
    table = pd.DataFrame(dict(zip(COEFFICIENT_COLUMNS, columns, strict=True)))
    there = table[table["people"] > 0]
    return there.assign(shared=there["shared"].duplicated(keep=False))


def need_weights(members: pd.DataFrame, cost: Floats, years: Sequence[int], model: str = GLM, features: str = NEEDS,
                 age_bands: tuple[int, ...] = FIVE_YEARS) -> Need:  # fmt: skip
    """The need weights of all ``members`` by a model of the base ``years``' costs.

    ``members`` has person_id, year, exposure, age, sex, ``need:`` markers, prior_spend, prior_known and perhaps segment;
    ``cost`` (rows,) is the cost in scope of each row, of which only the base years' is read. ``features`` is one of
    ``FEATURE_SETS``, ``model`` one of ``MODELS``. Growth of cost between base years is a factor of its own.
    Raises InputError when shapes differ, an amount is no number, a base year has no exposure, or all cost is zero.
    """
    if model not in MODELS:
        raise InputError("price.need", f"there is no model {model!r}", "one of " + "; ".join(MODELS))
    rows = _rows_of(members, cost, years)
    looked_at = features_of(members.iloc[rows.base], features, age_bands)
    codes = tuple(feature.codes(members) for feature in looked_at)
    cells = grouped(codes, [len(f.labels) for f in looked_at])
    if model == BOOSTING:
        fitted, predicted = None, _by_trees(members, rows, looked_at, codes)
    else:
        fitted = fit_cells(cells, [len(f.labels) for f in looked_at], _seen(cells, rows), model)
        last = np.full(cells.cells, len(rows.years) - 1)
        predicted = fitted.rate([*cells.levels, last])[cells.cell]
    exposure = rows.exposure[rows.base]
    mean = ratio_of_totals(predicted[rows.base] * exposure, exposure)
    names, place = _age_and_sex(looked_at, codes)
    return Need(model, looked_at, rows.years, predicted, mean, place, names, rows, codes, fitted)


def _rows_of(members: pd.DataFrame, cost: Floats, years: Sequence[int]) -> _Rows:
    exposure, cost = members["exposure"].to_numpy(dtype=float), np.asarray(cost, dtype=float)
    if cost.shape != exposure.shape:
        raise InputError(
            "price.need", f"costs of shape {cost.shape} for {len(exposure)} person-years", "a cost for each"
        )
    year, chosen = members["year"].to_numpy(dtype=np.int64), tuple(sorted(int(y) for y in years))
    base = np.flatnonzero(np.isin(year, chosen))
    if not np.isfinite(cost[base]).all() or not np.isfinite(exposure).all() or (exposure < 0).any():
        raise InputError(
            "price.need", "a cost or an exposure is not a number, or exposure is below 0", "amounts and days"
        )
    _check_years(year, exposure, chosen)
    if not cost[base].sum() > 0:
        raise InputError("scope", "nobody in the base years has any cost in scope", "services that members use")
    return _Rows(year, exposure, cost, base, chosen, members["person_id"])


def _check_years(year: Codes, exposure: Floats, years: tuple[int, ...]) -> None:
    if not years:
        raise InputError("price.base_years", "there is no year of history to learn need from", "a year or more")
    empty = [str(y) for y in years if not exposure[year == y].sum() > 0]
    if empty:
        raise InputError("people", f"nobody has any days in year {', '.join(empty)}", "days in every year of history")


def _seen(cells: Grouped, rows: _Rows) -> Cost:
    exposure, cost = rows.exposure[rows.base], rows.cost[rows.base]
    amounts = (np.ones(len(cost)), exposure, cost, exposure * (cost != 0))
    return Cost(*(cells.sums(rows.base_year, len(rows.years), amount, rows.base) for amount in amounts))


def _by_trees(members: pd.DataFrame, rows: _Rows, looked_at: tuple[Feature, ...], codes: tuple[Codes, ...]) -> Floats:
    """Trees see numbers as they are and names by place; each base year's cost is brought to the last one's level first."""
    seen = np.column_stack([_number(members, f, code) for f, code in zip(looked_at, codes, strict=True)])
    exposure, place = rows.exposure[rows.base], rows.base_year
    level = np.bincount(place, rows.cost[rows.base]) / np.bincount(place, exposure)
    there = exposure > 0
    rate = (rows.cost[rows.base] * (level[-1] / np.where(level > 0, level, np.inf))[place])[there] / exposure[there]
    return boosted(seen[rows.base][there], rate, exposure[there], seen)


def _number(members: pd.DataFrame, feature: Feature, code: Codes) -> Floats:
    if feature.values:
        return code.astype(float)
    number = members[feature.column].to_numpy(dtype=float)
    return np.where(members[feature.known].to_numpy(dtype=bool), number, np.nan) if feature.known else number


def _age_and_sex(looked_at: tuple[Feature, ...], codes: tuple[Codes, ...]) -> tuple[NDArray[np.object_], Codes]:
    age, sex = looked_at[0].labels, looked_at[1].labels
    names = np.array([f"{s} {a}" for s in sex for a in age], dtype=object)
    return names, codes[1] * len(age) + codes[0]


def weights_by_cell(need: Need, contract_year: int, cell: Codes | None = None,
                    names: Sequence[str] | None = None) -> pd.DataFrame:  # fmt: skip
    """The contract's weights: cell, weight, exposure, people of the contract year, base_people, and cost and squares of theirs.

    ``cell`` (rows,) is each member row's place in ``names``; without them the cells are by age and sex, those of the
    contract year. ``cost`` and ``squares`` are Σx and Σx² of the base people's cost, for disclosure control. Raises InputError when
    nobody is there in the contract year, or in a cell that was named.
    """
    rows = need._rows
    now = np.flatnonzero((rows.year == contract_year) & (rows.exposure > 0))
    if not len(now):
        raise InputError("cohort", f"nobody meets the rules in year {contract_year}", "rules that leave somebody in")
    place = need.age_and_sex if cell is None else cell
    named = list(need.age_and_sex_names if names is None else names)
    table = _cell_table(need, place, named, now)
    empty = table.loc[table["people"] == 0, "cell"]
    if names is not None and len(empty):
        raise InputError("price.adjust", f"nobody is in the cell '{empty.iloc[0]}' in year {contract_year}",
                         "cells with people, or wider ones")  # fmt: skip
    return table[table["people"] > 0].reset_index(drop=True)


def _cell_table(need: Need, place: Codes, names: list[str], now: NDArray[np.int64]) -> pd.DataFrame:
    rows, cells = need._rows, len(names)
    exposure, cost = np.bincount(place[now], rows.exposure[now], cells), rows.cost[rows.base]
    weighed = np.bincount(place[now], rows.exposure[now] * need.weight[now], cells)
    base_cell, base_cost = _people_by_cell(rows, place, cost)
    return pd.DataFrame({
        "cell": names, "weight": np.divide(weighed, exposure, out=np.zeros(cells), where=exposure > 0),
        "exposure": exposure, "people": np.bincount(place[now], minlength=cells),
        "base_people": np.bincount(base_cell, minlength=cells), "cost": np.bincount(base_cell, base_cost, cells),
        "squares": np.bincount(base_cell, base_cost**2, cells),
    })  # fmt: skip


def _people_by_cell(rows: _Rows, place: Codes, cost: Floats) -> tuple[Codes, Floats]:
    """Each base person and cell once: the cell, and the person's cost there in all base years."""
    people = int(rows.base_person.max()) + 1
    each, pairs = pd.factorize(place[rows.base] * people + rows.base_person)
    return pairs // people, np.bincount(each, cost).astype(np.float64)


@dataclass(frozen=True, eq=False)
class ScoreGrowth:
    """Growth of a population's score since the first year, as found and as paid for, shape (years,), the first 1.0."""

    found: Floats
    paid: Floats
    cap: float

    @property
    def cut(self) -> Floats:
        """What the cap takes off (or, below it, adds, negative) of the score, as a share of the first year's."""
        return self.found - self.paid


def capped_score_growth(
    scores: Sequence[float], region: Sequence[float] | None = None, cap: float = CAP
) -> ScoreGrowth:
    """Growth of the mean score over an agreement, held within ± ``cap`` of the ``region``'s growth (of none: of 1).

    ``scores`` and ``region`` have one mean weight a year, the year before the agreement first. The cap is on the growth since
    then, not on each year's, so that coding can't creep. Source: MSSP and REACH, ± 3 %; DOMAIN.md row 29 and section 5,
    point 10. Raises InputError for a score that is not above zero, other numbers of years, or a cap below 0.
    """
    score = np.asarray(scores, dtype=float)
    other = np.ones(len(score)) if region is None else np.asarray(region, dtype=float)
    if not len(score) or score.shape != other.shape:
        raise InputError("price.need", f"{len(score)} scores for {len(other)} of the region", "one of each a year")
    if not ((score > 0) & (other > 0) & np.isfinite(score) & np.isfinite(other)).all() or not cap >= 0:
        raise InputError(
            "price.need", "a score is not above 0, or the cap is below 0", "mean scores, and a cap such as 0.03"
        )
    found, level = score / score[0], other / other[0]
    return ScoreGrowth(found, level * np.clip(found / level, 1 - cap, 1 + cap), cap)
