"""Models of the cost of a person-year: fitted on cells of people alike, which gives the coefficients person by person.

Source: grouped data are sufficient for quasi-likelihoods of exposure-weighted means where all factors are categorical
(McCullagh and Nelder, 1989; Wedderburn, Biometrika 61, 1974). Two parts: Duan and others, JBES 1 (1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.loss.grouped_model import CLOSE, LONGEST_STEP, STEPS, TINY, WIDEST, irls
from capitation.loss.ratio import Floats
from capitation.price.need_features import Codes

GLM, TWO_PART, TWEEDIE, BOOSTING = "one part", "two parts", "Tweedie", "boosted trees"
MODELS: Final = (GLM, TWO_PART, TWEEDIE, BOOSTING)
POISSON: Final = 1.0  # the variance is in proportion to the mean, whatever the factor
TWEEDIE_POWER: Final = 1.5  # variance in proportion to mean^1.5; NUMERICS.md section 9
FEWEST: Final = 50  # rows of a level with a coefficient of its own; a smaller one is taken with the level before
RIDGE: Final = 1e-9  # of all information: levels that say the same stay finite
MOST_CODES: Final = 2**40


@dataclass(frozen=True, eq=False)
class Grouped:
    """Rows put into cells of one level of each factor: ``cell`` (rows,), and by factor each cell's level (cells,)."""

    cell: Codes
    levels: tuple[Codes, ...]

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.levels[0])

    def sums(self, year: Codes, years: int, amount: Floats, rows: NDArray[np.int64]) -> Floats:
        """Sums of an amount of some ``rows``, shape (cells, years); ``amount`` and ``year`` have the shape of these rows."""
        place = self.cell[rows] * years + year
        return summed(place, amount, self.cells * years).reshape(self.cells, years)


def summed(place: Codes, amount: Floats, places: int) -> Floats:
    """Sums of an amount by place, shape (places,)."""
    return np.bincount(place, amount, places).astype(np.float64)


def grouped(codes: Sequence[Codes], sizes: Sequence[int]) -> Grouped:
    """The cells of rows, in order of their levels; each of ``codes`` has shape (rows,)."""
    whole, span = np.zeros(len(codes[0]), dtype=np.int64), 1
    for code, size in zip(codes, sizes, strict=True):
        if span * size > MOST_CODES:
            whole, there = pd.factorize(whole)
            span = len(there)
        whole, span = whole * size + code, span * size
    place, there = pd.factorize(whole)
    first = np.empty(len(there), dtype=np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]
    levels = [code[first] for code in codes]
    order = np.lexsort(levels[::-1])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Grouped(rank[place], tuple(level[order] for level in levels))


@dataclass(frozen=True, eq=False)
class Columns:
    """Where the coefficient of each level stands: by factor an array (levels,), -1 where it is the reference.

    The reference is the level of most people. A level of few people, or of no cost, shares the coefficient of the level before it.
    """

    of: tuple[Codes, ...]
    count: int

    def added(self, beta: Floats, levels: Sequence[Codes]) -> Floats:
        """The linear predictor of rows or cells by their levels, shape as each of ``levels``."""
        points = np.append(beta, 0.0)
        return beta[0] + sum(points[column[level]] for column, level in zip(self.of, levels, strict=True))

    def design(self, levels: Sequence[Codes]) -> Floats:
        """Zeros and ones, shape (cells, columns), the first column ones."""
        found = np.zeros((len(levels[0]), self.count))
        found[:, 0] = 1.0
        for column, level in zip(self.of, levels, strict=True):
            place = column[level]
            found[np.flatnonzero(place >= 0), place[place >= 0]] = 1.0
        return found


def columns_of(levels: Sequence[Codes], sizes: Sequence[int], people: Floats, cost: Floats) -> Columns:
    """Where coefficients stand, from people and cost by cell, shape (cells,)."""
    found, count = [], 1
    for level, size in zip(levels, sizes, strict=True):
        column, count = _factor(summed(level, people, size), summed(level, cost, size), count)
        found.append(column)
    return Columns(tuple(found), count)


def _factor(people: Floats, cost: Floats, start: int) -> tuple[Codes, int]:
    kept = np.flatnonzero((people >= FEWEST) & (cost > 0))
    if not len(kept):
        return np.full(len(people), -1, dtype=np.int64), start
    reference = kept[np.argmax(people[kept])]
    own = np.where(kept == reference, -1, start + np.arange(len(kept)) - (kept > reference))
    nearest = np.maximum(np.searchsorted(kept, np.arange(len(people)), side="right") - 1, 0)
    return own[nearest], start + len(kept) - 1


@dataclass(frozen=True, eq=False)
class Cost:
    """What a model is fitted on, by cell and base year, arrays of shape (cells, years): exposure, cost, and both of users
    (those with any cost); ``people`` are rows."""

    people: Floats
    exposure: Floats
    cost: Floats
    users_exposure: Floats


@dataclass(frozen=True, eq=False)
class LogModel:
    """E[cost per person-year] = exp(sum of coefficients); the last factor is the base year, variance as mean^``power``."""

    columns: Columns
    beta: Floats = field(repr=False)
    power: float

    def rate(self, levels: Sequence[Codes]) -> Floats:
        """Expected cost per person-year by the level of each factor, the year's last."""
        return np.exp(np.clip(self.columns.added(self.beta, levels), -WIDEST, WIDEST))


@dataclass(frozen=True, eq=False)
class TwoParts:
    """The chance of any cost, times the cost of those who have some."""

    columns: Columns
    any_cost: Floats = field(repr=False)
    of_users: LogModel

    def rate(self, levels: Sequence[Codes]) -> Floats:
        """Expected cost per person-year by the level of each factor, the year's last."""
        odds = np.clip(self.columns.added(self.any_cost, levels), -WIDEST, WIDEST)
        return self.of_users.rate(levels) / (1 + np.exp(-odds))


def fit_cells(cells: Grouped, sizes: Sequence[int], seen: Cost, model: str) -> LogModel | TwoParts:
    """The model of cost by cell and year; ``sizes`` are how many levels each factor has, the year not among them."""
    years = seen.cost.shape[1]
    there = np.flatnonzero(seen.exposure.ravel() > 0)
    levels = [*(level[there // years] for level in cells.levels), there % years]
    flat = Cost(*(getattr(seen, name).ravel()[there] for name in Cost.__dataclass_fields__))
    columns = columns_of(levels, [*sizes, years], flat.people, flat.cost)
    design = columns.design(levels)
    if model == TWO_PART:
        return _two_parts(columns, design, flat)
    power = TWEEDIE_POWER if model == TWEEDIE else POISSON
    return LogModel(columns, _log_fit(design, flat.cost, flat.exposure, power), power)


def _two_parts(columns: Columns, design: Floats, seen: Cost) -> TwoParts:
    chance = _logistic_fit(design, seen.users_exposure, seen.exposure)
    users = seen.users_exposure > 0
    amount = _log_fit(design[users], seen.cost[users], seen.users_exposure[users], POISSON)
    return TwoParts(columns, chance, LogModel(columns, amount, POISSON))


def _logistic_fit(design: Floats, events: Floats, weight: Floats) -> Floats:
    level = events.sum() / weight.sum()
    if not (events < weight).any():  # everybody has some cost: the chance is 1
        return np.append(WIDEST, np.zeros(design.shape[1] - 1))
    return irls(design, events, weight, "logistic", _ridge(design, weight.sum() * level * (1 - level)))


def _log_fit(design: Floats, total: Floats, weight: Floats, power: float) -> Floats:
    ridge = _ridge(design, weight.sum() * (total.sum() / weight.sum()) ** (2 - power))
    return (
        irls(design, total, weight, "log", ridge)
        if power == POISSON
        else _scored(design, total / weight, weight, power, ridge)
    )


def _ridge(design: Floats, information: float) -> Floats:
    return np.append(0.0, np.full(design.shape[1] - 1, RIDGE * information))


def _scored(design: Floats, mean: Floats, weight: Floats, power: float, ridge: Floats) -> Floats:
    """Coefficients by Fisher scoring of the quasi-likelihood with variance mean^power / weight."""
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(weight @ mean / weight.sum())
    for _ in range(STEPS):
        fitted = np.exp(np.clip(design @ beta, -WIDEST, WIDEST))
        slope = weight * fitted ** (2 - power)
        gradient = design.T @ (weight * (mean - fitted) * fitted ** (1 - power)) - ridge * beta
        step = np.linalg.solve((design.T * slope) @ design + np.diag(ridge + TINY * slope.sum()), gradient)
        beta = beta + step * min(1.0, LONGEST_STEP / max(np.abs(step).max(), TINY))
        if np.abs(step).max() < CLOSE:
            break
    return beta


def sandwich(model: LogModel, levels: Sequence[Codes], cost: Floats, exposure: Floats, person: Codes) -> Floats:
    """The covariance of coefficients with the person as the unit, shape (columns, columns).

    ``levels`` are the level of each factor of the rows fitted on, shape (rows,) each as ``cost``; ``person`` numbers people
    from 0. Source: B⁻¹ M B⁻¹ with M = n/(n - 1) · Σ over people of their scores' squares (Huber 1967; Liang and Zeger 1986).
    """
    rate, people = model.rate(levels), int(person.max()) + 1
    score = (cost - exposure * rate) * rate ** (1 - model.power)
    scores = np.zeros((people, model.columns.count))
    scores[:, 0] = summed(person, score, people)
    for column, level in zip(model.columns.of, levels, strict=True):
        _add_scores(scores, column[level], score, person)
    bread = np.linalg.pinv(_information(model, levels, exposure * rate ** (2 - model.power)))
    return bread @ (scores.T @ scores) @ bread * people / max(people - 1, 1)


def _add_scores(scores: Floats, place: Codes, score: Floats, person: Codes) -> None:
    first, last = int(place[place >= 0].min(initial=scores.shape[1])), int(place.max(initial=-1))
    if last < 0:
        return
    width, mine = last - first + 1, place >= 0
    flat = person[mine] * width + place[mine] - first
    scores[:, first : last + 1] += summed(flat, score[mine], len(scores) * width).reshape(len(scores), width)


def _information(model: LogModel, levels: Sequence[Codes], slope: Floats) -> Floats:
    cells = grouped(levels, [len(column) for column in model.columns.of])
    design = model.columns.design(cells.levels)
    return (design.T * summed(cells.cell, slope, cells.cells)) @ design


def boosted(base: Floats, rate: Floats, exposure: Floats, everyone: Floats) -> Floats:
    """Expected cost per person-year of ``everyone`` (rows, columns) by boosted trees of the ``base`` rows' rates.

    Poisson deviance, weighted by exposure, brought to the base rows' total; no chance in it. scikit-learn is loaded here.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    trees = HistGradientBoostingRegressor(
        loss="poisson", learning_rate=0.05, max_iter=150, max_leaf_nodes=15, min_samples_leaf=200, random_state=0,
    ).set_params(early_stopping=False)  # fmt: skip
    trees.fit(base, np.maximum(rate, 0.0), sample_weight=exposure)
    level = exposure @ rate / (exposure @ trees.predict(base))
    return trees.predict(everyone) * level
