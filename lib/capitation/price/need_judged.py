"""How good need weights are, always on a year that they have not seen: fitted on the years before, judged on the year after.

Weights share out a year's money; they do not foretell its level, which is the price's business. So predictions are first
brought to the judged year's total, and ``level`` says by how much. Amounts are those of a person-year as it was, not
blown up to a whole year: a person there for e years is expected to cost e times a year's cost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.errors import InputError
from capitation.loss.ratio import Floats, linearised_error, log_interval, ratio_of_totals
from capitation.price.need import Z95, Need, need_weights
from capitation.price.need_features import (
    AGE_AND_SEX,
    FIVE_YEARS,
    NEEDS,
    NOT_RECORDED,
    PRIOR,
    SEGMENT,
    Codes,
    has_needs,
)
from capitation.price.need_models import BOOSTING, GLM, TWEEDIE, TWO_PART, summed

TENTHS: Final = 10
TENTH, PRACTICE, DEPRIVATION, LOCALITY = "tenth of predicted cost", "practice", "deprivation", "locality"
GROUPED_BY: Final = (SEGMENT, DEPRIVATION, LOCALITY, PRACTICE)
SIDE_BY_SIDE: Final = (
    (GLM, AGE_AND_SEX), (GLM, NEEDS), (GLM, PRIOR), (TWO_PART, PRIOR), (TWEEDIE, PRIOR), (BOOSTING, PRIOR),
)  # fmt: skip
PUBLISHED: Final = {AGE_AND_SEX: (0.0373, 0.0366), NEEDS: (0.1264, 0.1223)}
"""R² of single people, estimation and validation. Source: PBRA, BMJ 2011;343:d6608, table 1 (needs: ICD-10 diagnoses)."""
RATIO_COLUMNS: Final = (
    "of",
    "group",
    "people",
    "exposure",
    "actual",
    "predicted",
    "ratio",
    "low",
    "high",
    "cost",
    "squares",
)


@dataclass(frozen=True, eq=False)
class Judged:
    """A model fitted on ``years`` against the cost of ``year``.

    ``r_squared`` is of single people, with its standard error; ``r_squared_fitted`` the same in the years fitted on.
    ``mean_absolute_error`` is in currency per person-year, ``mean`` the cost of one. ``practice_r_squared`` is of practices'
    means, None with fewer than two ``practices``. ``level`` is actual over predicted cost before predictions were brought
    to the year's total. ``ratios`` has of (what groups are of), group, people, exposure, actual and predicted (currency per
    person-year), ratio (actual over predicted) with 95 % limits low and high, and for disclosure control cost and squares
    (Σx, Σx² of the group's people) and within (the locality where most of a practice's people live, else empty).
    """

    model: str
    features: str
    years: tuple[int, ...]
    year: int
    people: int
    exposure: float
    mean: float
    level: float
    r_squared: float
    r_squared_error: float
    r_squared_fitted: float
    mean_absolute_error: float
    practices: int
    practice_r_squared: float | None
    ratios: pd.DataFrame = field(repr=False)

    def of(self, what: str) -> pd.DataFrame:
        """The predictive ratios of one kind of group."""
        return self.ratios[self.ratios["of"] == what].reset_index(drop=True)

    @property
    def published(self) -> tuple[float, float] | None:
        """R² published for such features, estimation and validation; None where there is none."""
        return PUBLISHED.get(self.features)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models side by side, fitted and judged on the same years."""

    judged: tuple[Judged, ...]

    @cached_property
    def table(self) -> pd.DataFrame:
        """model, features, r_squared and its error, r_squared_fitted, practice_r_squared, mean_absolute_error, level,
        published_fitted and published (None where nothing is)."""
        return pd.DataFrame([_row(found) for found in self.judged]).astype(
            {"published": object, "published_fitted": object}
        )


def _row(found: Judged) -> dict[str, Any]:
    names = ("model", "features", "r_squared", "r_squared_error", "r_squared_fitted", "practice_r_squared",
             "mean_absolute_error", "level")  # fmt: skip
    fitted, validated = found.published or (None, None)
    return {name: getattr(found, name) for name in names} | {"published_fitted": fitted, "published": validated}


def compared(members: pd.DataFrame, cost: Floats, years: Sequence[int], year: int, age_bands: tuple[int, ...] = FIVE_YEARS,
             models: Sequence[tuple[str, str]] = SIDE_BY_SIDE) -> Comparison:  # fmt: skip
    """Models side by side: each of ``models`` (model, features) fitted on ``years`` and judged on ``year``; see `judged`.

    Where the data record no need beside age and sex, the model of needs is left out.
    """
    asked = [(model, features) for model, features in models if features != NEEDS or has_needs(members)]
    return Comparison(
        tuple(judged(members, cost, years, year, model, features, age_bands) for model, features in asked)
    )


def judged(members: pd.DataFrame, cost: Floats, years: Sequence[int], year: int, model: str = GLM, features: str = NEEDS,
           age_bands: tuple[int, ...] = FIVE_YEARS) -> Judged:  # fmt: skip
    """The model of ``years`` against ``year``, which must come after them.

    ``members`` and ``cost`` as in `need_weights`; further ``practice``, ``deprivation``, ``locality`` and ``segment`` where
    there. Raises InputError as that does, when the year is not after the others, or nobody or no cost is in it.
    """
    _check_year(members, cost, years, year)
    return judged_need(need_weights(members, cost, years, model, features, age_bands), members, cost, year, features)


def _check_year(members: pd.DataFrame, cost: Floats, years: Sequence[int], year: int) -> None:
    if not len(years) or year <= max(years):
        raise InputError("price.need", f"a model of years {', '.join(map(str, years)) or 'none'} would be judged on year {year}",
                         "a year after those it is fitted on")  # fmt: skip
    now = (members["year"] == year).to_numpy()
    if not members["exposure"].to_numpy(dtype=float)[now].sum() > 0:
        raise InputError("people", f"nobody has any days in year {year}", "a year with people to judge on")
    if not np.isfinite(cost[now]).all() or not cost[now].sum() > 0:
        raise InputError("scope", f"cost of year {year} is nothing or not a number", "services that members use")


def judged_need(need: Need, members: pd.DataFrame, cost: Floats, year: int, features: str) -> Judged:
    """Weights already made against ``year``; see `judged`."""
    exposure = members["exposure"].to_numpy(dtype=float)
    when = members["year"].to_numpy()
    now = np.flatnonzero((when == year) & (exposure > 0))
    seen = _told(cost[now], exposure[now], need.weight[now])
    before = np.flatnonzero(np.isin(when, need.years) & (exposure > 0))
    error = seen.cost - seen.predicted
    practices = _practices(members, now)
    return Judged(
        model=need.model, features=features, years=need.years, year=year, people=len(now), exposure=float(seen.exposure.sum()),
        mean=seen.mean, level=seen.cost.sum() / float(need.predicted[now] @ exposure[now]), r_squared=seen.r_squared,
        r_squared_error=seen.r_squared_error, r_squared_fitted=_told(cost[before], exposure[before], need.weight[before]).r_squared,
        mean_absolute_error=float(np.abs(error).sum() / seen.exposure.sum()), practices=_how_many(practices),
        practice_r_squared=_of_practices(seen, practices), ratios=_ratios(seen, members, now),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Told:
    """What was told of some person-years and what came, shape (rows,): amounts, not rates; they have one total."""

    cost: Floats
    exposure: Floats
    predicted: Floats

    @property
    def mean(self) -> float:
        return ratio_of_totals(self.cost, self.exposure)

    @property
    def _squares(self) -> tuple[Floats, Floats]:
        return (self.cost - self.predicted) ** 2, (self.cost - self.mean * self.exposure) ** 2

    @property
    def r_squared(self) -> float:
        """1 - Σ(c - p)² / Σ(c - e·mean)²; 0 where nobody differs from the mean."""
        left, whole = (float(squares.sum()) for squares in self._squares)
        return 1 - left / whole if whole > 0 else 0.0

    @property
    def r_squared_error(self) -> float:
        """Standard error by linearisation, one person-year a person."""
        left, whole = self._squares
        total = float(whole.sum())
        influence = (left - (1 - self.r_squared) * whole) / total if total > 0 else np.zeros(len(left))
        return linearised_error(influence, np.arange(len(left))) if len(left) > 1 else 0.0


def _told(cost: Floats, exposure: Floats, weight: Floats) -> _Told:
    predicted = exposure * weight
    return _Told(cost, exposure, predicted * (cost.sum() / predicted.sum()))


def _practices(members: pd.DataFrame, now: NDArray[np.int64]) -> Codes:
    """Each judged row's practice, -1 where there is none, shape (rows,)."""
    if PRACTICE not in members.columns:
        return np.full(len(now), -1, dtype=np.int64)
    return pd.factorize(members[PRACTICE].iloc[now])[0].astype(np.int64)


def _how_many(practice: Codes) -> int:
    return int(practice.max(initial=-1)) + 1


def _of_practices(seen: _Told, practice: Codes) -> float | None:
    """R² of practices' mean costs, weighted by exposure."""
    there = practice >= 0
    count = _how_many(practice)
    if count < 2:
        return None
    amounts = (seen.cost, seen.exposure, seen.predicted)
    cost, exposure, predicted = (summed(practice[there], amount[there], count) for amount in amounts)
    actual, told, mean = cost / exposure, predicted / exposure, ratio_of_totals(cost, exposure)
    spread = float(exposure @ (actual - mean) ** 2)
    return 1 - float(exposure @ (actual - told) ** 2) / spread if spread > 0 else None


def _ratios(seen: _Told, members: pd.DataFrame, now: NDArray[np.int64]) -> pd.DataFrame:
    tables = [_of_groups(TENTH, [str(n) for n in range(1, TENTHS + 1)], _tenths(seen))]
    groups = {what: (place, names) for what, place, names in _groups(members, now)}
    tables += [_of_groups(what, names, _by_group(seen, place, len(names))) for what, (place, names) in groups.items()]
    ratios = pd.concat(tables, ignore_index=True)
    return ratios.assign(within=_within(ratios, groups))


def _within(ratios: pd.DataFrame, groups: Mapping[str, tuple[Codes, list[str]]]) -> list[str]:
    """For each ratio of a practice the locality where most of its people live; empty for other ratios and without places."""
    if not {PRACTICE, LOCALITY} <= groups.keys():
        return [""] * len(ratios)
    (practice, names), (place, places) = groups[PRACTICE], groups[LOCALITY]
    living = np.zeros((len(names), len(places)), dtype=np.int64)
    np.add.at(living, (practice, place), 1)
    most = {name: places[place] for name, place in zip(names, living.argmax(axis=1), strict=True)}
    return [most[group] if what == PRACTICE else "" for what, group in zip(ratios["of"], ratios["group"], strict=True)]


def _groups(members: pd.DataFrame, now: NDArray[np.int64]) -> Iterator[tuple[str, Codes, list[str]]]:
    """What ratios are given by: the name, each row's place, the groups' names in order."""
    for what in GROUPED_BY:
        if what in members.columns:
            place, values = pd.factorize(members[what].iloc[now], sort=True)
            names = [f"{v:g}" if isinstance(v, float) else str(v) for v in values]
            if len(names) > 1:
                yield what, np.where(place < 0, len(names), place), [*names, NOT_RECORDED]


def _parts(seen: _Told) -> list[Floats]:
    """What is summed by group: people, exposure, cost, predicted, and the squares and product of the last two."""
    cost, told = seen.cost, seen.predicted
    return [np.ones(len(cost)), seen.exposure, cost, told, cost**2, told**2, cost * told]


def _by_group(seen: _Told, place: Codes, groups: int) -> Floats:
    return np.array([summed(place, part, groups) for part in _parts(seen)])


def _tenths(seen: _Told) -> Floats:
    """Sums by tenths of exposure in order of predicted cost; people alike on an edge are shared out in proportion."""
    _, place = np.unique(seen.predicted / seen.exposure, return_inverse=True)
    sums = _by_group(seen, place.ravel(), int(place.max()) + 1)
    upto = np.column_stack([np.zeros(len(sums)), np.cumsum(sums, axis=1)])
    edges = np.linspace(0, upto[1, -1], TENTHS + 1)
    return np.array([np.diff(np.interp(edges, upto[1], total)) for total in upto])


def _of_groups(what: str, names: list[str], sums: Floats) -> pd.DataFrame:
    rows = [
        _ratio(what, name, *map(float, column)) for name, column in zip(names, sums.T, strict=True) if column[1] > 0
    ]
    return pd.DataFrame(rows, columns=pd.Index(RATIO_COLUMNS))


def _ratio(what: str, name: str, people: float, exposure: float, cost: float, told: float, cost2: float, told2: float,
           both: float) -> tuple[object, ...]:  # fmt: skip
    """One group's row; limits by the linearised ratio on the log scale, without end where the group tells none."""
    ratio = cost / told if told > 0 else 0.0
    spread = max(cost2 - 2 * ratio * both + ratio**2 * told2, 0.0)
    error = np.sqrt(spread * people / (people - 1)) / told if people > 1 and told > 0 else np.nan
    low, high = log_interval(ratio, error, Z95)
    limits = (low, high) if np.isfinite(low) else (0.0, np.inf)
    return what, name, max(round(people), 1), exposure, cost / exposure, told / exposure, ratio, *limits, cost, cost2
