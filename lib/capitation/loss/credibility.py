"""Credibility: how much a cell's own history counts, and how much it borrows from all cells.

Source: Bühlmann and Straub, Mitteilungen der Vereinigung schweizerischer Versicherungsmathematiker 70 (1970), in the
unbiased form of Bühlmann and Gisler, A Course in Credibility Theory (2005), chapter 4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.errors import InputError
from capitation.loss.ratio import Floats


@dataclass(frozen=True, eq=False)
class Credibility:
    """The blend of each cell's own rate with everybody's; arrays have shape (cells,), rates the unit of those given.

    ``credibility`` is Z, the weight of the ``own`` rate X, 0 to 1; ``estimate`` is balance · (Z·X + (1 - Z)·overall).
    ``within`` (s²) is the variance of one unit of weight in one year, ``between`` (a) that of cells' true rates.
    ``balance`` is the off-balance factor, so that estimates times weights sum to what was observed: 1 but for rounding,
    because ``overall`` is weighted by Z (Bühlmann and Gisler, theorem 4.5); a plain mean would need it. ``told`` says
    whether there were two cells, one of them in two years: with less, chance can't be told from difference and Z = 1.
    """

    own: Floats
    credibility: Floats
    estimate: Floats
    overall: float
    within: float
    between: float
    balance: float
    told: bool


def buhlmann_straub(rates: Floats, weights: Floats) -> Credibility:
    """The blend from ``rates`` X and ``weights`` w (exposure) by cell and year, shapes (cells, years).

    A cell and year of no weight is not there, whatever its rate; a cell that is never there has Z = 0 and the overall
    rate. s² = Σ w(X - Xᵢ)² / Σ(Tᵢ - 1); a = max(0, [Σ wᵢ(Xᵢ - X̄)² - (I - 1)s²] / [w - Σwᵢ²/w]); Z = wᵢ/(wᵢ + s²/a);
    overall = Σ Z·Xᵢ / Σ Z. With a = 0 every cell has the mean of all. Raises InputError when shapes differ, a weight
    is negative or not a number, a rate with weight is not a number, or nobody is there.
    """
    _check(rates, weights)
    there = weights > 0
    known = np.where(there, rates, 0.0)
    weight = weights.sum(axis=1)
    own = _over((weights * known).sum(axis=1), weight)
    mean = float(weight @ own / weight.sum())
    told = _can_be_told(there)
    within = _within(known, weights, own) if told else 0.0
    between = _between(own, weight, mean, within) if told else 0.0
    z = _z(weight, within, between) if told else (weight > 0).astype(float)
    overall = float(z @ own / z.sum()) if told and z.sum() > 0 else mean
    blend = z * own + (1 - z) * overall
    balance = float(weight @ own / (weight @ blend)) if weight @ blend else 1.0
    own = np.where(weight > 0, own, overall)
    return Credibility(own, z, balance * blend, overall, within, between, balance, told)


def _check(rates: Floats, weights: Floats) -> None:
    if rates.ndim != 2 or rates.shape != weights.shape:
        raise InputError("credibility", f"rates of shape {rates.shape} with weights of shape {weights.shape}",
                         "a rate and a weight for each cell and year")  # fmt: skip
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise InputError("credibility", "a weight is below 0 or not a number", "exposure of each cell and year")
    if not weights.any():
        raise InputError("credibility", "nobody is in any cell in any year", "a cell with people")
    if not np.isfinite(rates[weights > 0]).all():
        raise InputError("credibility", "a rate is not a number", "a rate for each cell and year with people")


def _can_be_told(there: NDArray[np.bool_]) -> bool:
    years = there.sum(axis=1)
    return bool((years > 0).sum() > 1 and years.max() > 1)


def _over(amount: Floats, weight: Floats) -> Floats:
    return np.divide(amount, weight, out=np.zeros(len(weight)), where=weight > 0)


def _within(rates: Floats, weights: Floats, own: Floats) -> float:
    freedom = np.maximum((weights > 0).sum(axis=1) - 1, 0).sum()
    return float((weights * (rates - own[:, None]) ** 2).sum() / freedom)


def _between(own: Floats, weight: Floats, mean: float, within: float) -> float:
    cells, whole = int((weight > 0).sum()), float(weight.sum())
    spread = float(weight @ (own - mean) ** 2) - (cells - 1) * within
    dust = np.finfo(float).eps * float(weight @ own**2)  # what is left of equal rates by rounding
    return spread / (whole - float(weight @ weight) / whole) if spread > dust else 0.0


def _z(weight: Floats, within: float, between: float) -> Floats:
    return _over(weight * between, weight * between + within) if between > 0 else np.zeros(len(weight))
