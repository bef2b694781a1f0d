"""Growth from the base years to the contract year: what is assumed of each cause, and how far that may be wrong.

Yearly growth is a product of causes, Π(1 + g) (domain reference, row 28). What people expect is not what was measured:
an elicited range (lowest, likely, highest) gives the error of the trend and is kept apart from the error of the data.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from capitation.design.parts import Price as PriceTerms
from capitation.loss.ratio import Floats

VOLUME, PRICES, NEED, POLICY = "growth of volume", "growth of prices", "growth of need", "policy"
CAUSES = (VOLUME, PRICES, NEED, POLICY)


def trend_factor(trend: float, years: NDArray[np.int64]) -> Floats:
    """(1 + g)^t for each t."""
    return np.power(1 + trend, years)


def causes(terms: PriceTerms) -> dict[str, float]:
    """The yearly growth of each cause but policy; 1 + volume = (1 + trend) / (1 + prices)."""
    prices = terms.growth.prices
    return {VOLUME: (1 + terms.trend) / (1 + prices) - 1, PRICES: prices, NEED: terms.growth.need}


def growth_factors(terms: PriceTerms, years: NDArray[np.int64]) -> dict[str, Floats]:
    """What each cause multiplies cost by in so many ``years``, shape (rows,). Policy is one step, whatever the years."""
    yearly: Mapping[str, float] = causes(terms)
    found = {cause: trend_factor(rate, years) for cause, rate in yearly.items()}
    return {**found, POLICY: np.full(len(years), 1 + terms.growth.policy)}


def growth_factor(terms: PriceTerms, years: NDArray[np.int64]) -> Floats:
    """All causes together, shape (rows,)."""
    return np.prod(list(growth_factors(terms, years).values()), axis=0)


def trend_error(terms: PriceTerms) -> float:
    """Standard error of yearly growth from the elicited range: that of a triangular law about the likely value.

    With the lowest a below and the highest b above it, the mean square distance from the likely value is
    (a² + b² + ab)/18 + ((b - a)/3)² = (a² + b² - ab)/6.
    """
    below, above = terms.growth.below, terms.growth.above
    return float(np.sqrt((below**2 + above**2 - below * above) / 6))
