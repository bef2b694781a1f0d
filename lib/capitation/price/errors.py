"""How wrong the price may be, by cause: chance in the past, growth, method, records still to come; and chance in the year itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.loss.ratio import Floats

PROCESS, PARAMETER, TREND, MODEL, LATE = "process", "parameter", "trend", "model", "late records"
LEAST_PAIRS = 30  # people seen in two years running, for a measure of persistence
MOST_PERSISTENCE = 0.5  # person-level costs are less persistent than that; a handful of dear people may seem more so


@dataclass(frozen=True)
class Errors:
    """Standard errors in currency per person-year of the contract year.

    ``parameter``: of history as a sample; ``trend``: of the growth assumed; ``model``: of the choice among ways to
    adjust; ``late``: of records still to come; ``process``: of a year's cost by chance in its people alone.
    ``shared`` is the covariance of ``parameter`` with ``process``: the same people are in both, and who was
    dear stays so. ``persistence`` is the correlation it rests on.
    """

    parameter: float
    trend: float
    model: float
    late: float
    process: float
    shared: float
    persistence: float

    @property
    def of_price(self) -> float:
        """Of the cost expected: everything but the chance of the year itself. NaN where history shows no spread."""
        return float(np.sqrt(self.parameter**2 + self._assumed))

    @property
    def beyond_chance(self) -> float:
        """What is to be added to the chance of the year: the part of the price's error that the year does not repeat.

        Var(cost - price) = process² + parameter² - 2·shared + trend² + model² + late².
        """
        own = max(self.parameter**2 - 2 * self.shared, 0.0) if np.isfinite(self.parameter) else 0.0
        return float(np.sqrt(own + self._assumed))

    @property
    def parts(self) -> dict[str, float]:
        """The variances by cause, of the year's cost against the price; they add up to its whole variance but ``shared``."""
        named = {
            PROCESS: self.process,
            PARAMETER: self.parameter,
            TREND: self.trend,
            MODEL: self.model,
            LATE: self.late,
        }
        return {name: value**2 for name, value in named.items() if np.isfinite(value)}

    @property
    def _assumed(self) -> float:
        return self.trend**2 + self.model**2 + self.late**2


def persistence(residual: Floats, person: NDArray[np.int64], year: NDArray[np.int64]) -> float:
    """How far people's costs beyond their rate repeat a year later: Σ r_t·r_(t+1) / Σ (r_t² + r_(t+1)²)/2.

    Shapes (rows,), one row a person and year. Between 0 and ``MOST_PERSISTENCE``; 0 where few people are seen in
    two years running, which makes intervals wider. Source: lag-1 autocorrelation of residuals about the rate.
    """
    order = np.lexsort((year, person))
    who, when, rest = person[order], year[order], residual[order]
    pair = (who[1:] == who[:-1]) & (when[1:] == when[:-1] + 1)
    before, after = rest[:-1][pair], rest[1:][pair]
    spread = float(before @ before + after @ after) / 2
    if pair.sum() < LEAST_PAIRS or spread <= 0:
        return 0.0
    return float(np.clip(before @ after / spread, 0.0, MOST_PERSISTENCE))


def model_error(estimates: list[float]) -> float:
    """Standard error of the choice among ways to estimate: uniform over their range, (max - min)/√12."""
    return float((max(estimates) - min(estimates)) / np.sqrt(12)) if estimates else 0.0
