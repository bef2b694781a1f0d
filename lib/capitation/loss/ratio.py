"""A cost per unit of exposure as a ratio of totals, with its standard error."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ratio_of_totals(cost: Floats, exposure: Floats) -> float:
    """Σ cost / Σ exposure: never the mean of ratios. Zero where there is no exposure."""
    total = float(np.sum(exposure))
    return float(np.sum(cost)) / total if total > 0 else 0.0


def linearised_error(influence: Floats, unit: NDArray[np.int64]) -> float:
    """Standard error of an estimate from each row's influence on it, rows of one ``unit`` taken together.

    ``influence`` has shape (rows,) in the estimate's own unit; ``unit`` has shape (rows,) and numbers the
    independent units (people) from 0. For a ratio the influence of a row is (x - R·e) / Σe.
    Source: linearisation of a ratio estimator, with the factor n/(n - 1).
    """
    by_unit = np.bincount(unit, weights=influence) if len(unit) else np.zeros(0)
    n = len(by_unit)
    return float(np.sqrt(np.sum(by_unit**2) * n / (n - 1))) if n > 1 else float("nan")


def log_interval(estimate: float, error: float, z: float) -> tuple[float, float]:
    """Lower and upper limit estimate · exp(∓ z·error/estimate): never below zero."""
    if estimate <= 0 or not np.isfinite(error):
        return float("nan"), float("nan")
    width = np.exp(z * error / estimate)
    return float(estimate / width), float(estimate * width)
