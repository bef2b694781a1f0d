"""A minimum income that the holder guarantees its partners, and that fades over the years of the contract."""

import numpy as np

from capitation.design.payment_parts import Guarantee
from capitation.loss.ratio import Floats


def guaranteed_share(year: int, terms: Guarantee) -> float:
    """The share of planned income guaranteed in a contract year from 1: share · (1 - (year - 1)/years), not below 0."""
    return terms.share * max(1 - (year - 1) / terms.years, 0.0)


def floor(plan: Floats | float, year: int, terms: Guarantee) -> Floats | float:
    """The income below which a partner with this planned income doesn't fall, in the unit of ``plan``."""
    return guaranteed_share(year, terms) * plan


def top_up(income: Floats, plan: Floats | float, year: int, terms: Guarantee) -> Floats:
    """What the holder adds to a partner's income, one figure or drawn years, to bring it to the floor."""
    return np.maximum(floor(plan, year, terms) - income, 0.0)
