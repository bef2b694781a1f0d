"""A minimum income that the holder guarantees its partners, and that fades over the years of the contract."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capitation.errors import InputError
from capitation.loss.ratio import Floats


@dataclass(frozen=True)
class IncomeGuarantee:
    """``share`` of the planned income is guaranteed in year 1, and nothing any more after ``years`` years.

    Raises InputError for a share above 1, which would guarantee more than is paid, or below 0, and for no years.
    """

    share: float
    years: int

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError("income guarantee", f"{self.share:.0%} of the payment", "from 0 to 100 %")
        if self.years < 1:
            raise InputError("income guarantee", f"a guarantee over {self.years} years", "at least 1")


def guaranteed_share(year: int, terms: IncomeGuarantee) -> float:
    """The share of planned income guaranteed in a contract year from 1: share · (1 - (year - 1)/years), not below 0."""
    return terms.share * max(1 - (year - 1) / terms.years, 0.0)


def floor(plan: float, year: int, terms: IncomeGuarantee) -> float:
    """The income below which a partner with this planned income doesn't fall, in the unit of ``plan``."""
    return guaranteed_share(year, terms) * plan


def top_up(income: Floats | float, plan: float, year: int, terms: IncomeGuarantee) -> Floats | float:
    """What the holder adds to a partner's income, one figure or drawn years, to bring it to the floor."""
    return np.maximum(floor(plan, year, terms) - income, 0.0)


def floors(plans: Mapping[str, float], payment: float, year: int, terms: IncomeGuarantee) -> dict[str, float]:
    """Each partner's floor. Raises InputError where together they are more than the holder is paid for the year."""
    promised = {partner: floor(plan, year, terms) for partner, plan in plans.items()}
    total = sum(promised.values())
    if total > payment:
        raise InputError(
            "income guarantee", f"{total:,.0f} is guaranteed in year {year}", f"at most {payment:,.0f}, the payment"
        )
    return promised
