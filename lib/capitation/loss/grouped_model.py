"""Generalised linear models of people counted in cells: the same coefficients as person by person, from sums.

Every factor has a coefficient for each level but its first. Source: grouped data are sufficient where all factors
are categorical (McCullagh and Nelder, 1989); iteratively reweighted least squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from capitation.loss.ratio import Floats

Link = Literal["logistic", "log"]
STEPS, CLOSE, TINY = 100, 1e-9, 1e-14
RIDGE = 1e-4  # of all information: a level that nobody is in, or to whom nothing happened, stays finite
LONGEST_STEP = 2.0  # of a coefficient
WIDEST = 30.0  # of a linear predictor: e^30


@dataclass(frozen=True)
class GroupedModel:
    """``intercept``, and by factor the coefficient of each of its levels, the first one's 0."""

    link: Link
    intercept: float
    coefficients: tuple[Floats, ...]

    def predict(self, codes: Sequence[NDArray[np.integer]]) -> Floats:
        """The mean of cells given by the level of each factor; each of ``codes`` has shape (cells,)."""
        added = self.intercept + sum(c[code] for c, code in zip(self.coefficients, codes, strict=True))
        return _mean(np.asarray(added), self.link)


def fit(codes: Sequence[NDArray[np.integer]], levels: Sequence[int], total: Floats, weight: Floats,
        link: Link) -> GroupedModel:  # fmt: skip
    """The model of Σ response ``total`` of each cell per unit of its ``weight`` (people or exposure).

    ``codes`` name each cell's level of each factor, ``levels`` how many there are. Logistic: quasi-binomial; log:
    quasi-Poisson, so that fitted totals equal those observed. Raises ValueError when nobody is there or nothing happened.
    """
    if not weight.sum() > 0 or not total.sum() > 0:
        raise ValueError("a model needs people and something that happened to some of them")
    design, level = _design(codes, levels), float(total.sum() / weight.sum())
    information = weight.sum() * (level if link == "log" else level * (1 - level))
    ridge = np.full(design.shape[1], RIDGE * information)
    ridge[0] = 0.0
    beta = irls(design, total, weight, link, ridge)
    ends = np.cumsum([1, *(n - 1 for n in levels)])
    parts = [np.concatenate([[0.0], beta[a:b]]) for a, b in pairwise(ends)]
    return GroupedModel(link, float(beta[0]), tuple(parts))


def _design(codes: Sequence[NDArray[np.integer]], levels: Sequence[int]) -> Floats:
    columns = [np.ones(len(codes[0]))]
    columns += [(code == level).astype(float) for code, n in zip(codes, levels, strict=True) for level in range(1, n)]
    return np.column_stack(columns)


def irls(design: Floats, total: Floats, weight: Floats, link: Link, ridge: Floats) -> Floats:
    """Coefficients of a weighted model of ``total``/``weight`` with shape (cells,) on ``design`` (cells, columns)."""
    beta = np.zeros(design.shape[1])
    level = total.sum() / weight.sum()
    beta[0] = np.log(level) if link == "log" else np.log(level / max(1 - level, 1e-12))
    for _ in range(STEPS):
        mean = _mean(design @ beta, link)
        slope = weight * (mean if link == "log" else mean * (1 - mean))
        gradient = design.T @ (total - weight * mean) - ridge * beta
        step = np.linalg.solve((design.T * slope) @ design + np.diag(ridge + TINY * slope.sum()), gradient)
        beta = beta + step * min(1.0, LONGEST_STEP / max(np.abs(step).max(), TINY))
        if np.abs(step).max() < CLOSE:
            break
    return beta


def _mean(added: Floats, link: Link) -> Floats:
    added = np.clip(added, -WIDEST, WIDEST)
    return np.exp(added) if link == "log" else 1 / (1 + np.exp(-added))


@dataclass(frozen=True)
class Calibration:
    """How predicted chances agree with what happened: ``intercept`` (0) at slope 1, ``slope`` (1), standard errors."""

    intercept: float
    intercept_error: float
    slope: float
    slope_error: float


def calibration(predicted: Floats, events: Floats, people: Floats) -> Calibration:
    """Calibration in the large and calibration slope of chances, cells of one chance each, shape (cells,).

    The slope is the coefficient of the log-odds predicted in a logistic model of what happened; the intercept that of
    a model with the slope held at 1. Source: Cox, Biometrika 45 (1958); Steyerberg, Clinical Prediction Models (2019).
    """
    odds = np.log(predicted / (1 - predicted))
    design = np.column_stack([np.ones(len(odds)), odds])
    both = irls(design, events, people, "logistic", np.zeros(2))
    shift = _shift(odds, events, people)
    return Calibration(shift, float(_error(design[:, :1], odds + shift, people)[0]), float(both[1]),
                       float(_error(design, design @ both, people)[1]))  # fmt: skip


def _shift(odds: Floats, events: Floats, people: Floats) -> float:
    shift = 0.0
    for _ in range(STEPS):
        mean = _mean(odds + shift, "logistic")
        step = float((events - people * mean).sum() / (people * mean * (1 - mean)).sum())
        shift += float(np.clip(step, -LONGEST_STEP, LONGEST_STEP))
        if abs(step) < CLOSE:
            break
    return shift


def _error(design: Floats, odds: Floats, people: Floats) -> Floats:
    mean = _mean(odds, "logistic")
    information = (design.T * (people * mean * (1 - mean))) @ design
    return np.sqrt(np.diag(np.linalg.inv(information)))


def c_statistic(predicted: Floats, events: Floats, people: Floats) -> float:
    """The chance that somebody to whom it happened had a higher prediction than somebody to whom it did not, ties half.

    Shapes (cells,). NaN where it happened to all or none. Source: Hanley and McNeil, Radiology 143 (1982).
    """
    _, place = np.unique(predicted, return_inverse=True)
    yes, no = np.bincount(place, events), np.bincount(place, people - events)
    below = np.cumsum(no) - no
    pairs = yes.sum() * no.sum()
    return float((yes * (below + no / 2)).sum() / pairs) if pairs > 0 else float("nan")
