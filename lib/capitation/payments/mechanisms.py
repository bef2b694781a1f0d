"""What the holder pays a partner for a year's care under each kind of sub-contract.

Amounts are in the contract's currency a year: single figures, or arrays of drawn years of one shape. Activity is
valued at unit prices. Source of the kinds: NHS Payment Scheme 2025/26 and its guidance on provider payment mechanisms.
"""

from collections.abc import Sequence

import numpy as np

from capitation.errors import InputError
from capitation.loss.ratio import Floats

LOW_VOLUME_LIMIT = 1_500_000.0  # £ a year: NHS Payment Scheme 2025/26, "normally £1.5m or less"; £0.5m in 2023/25
LOW_VOLUME_YEARS = 3  # the same: a rolling average over three years
API_RATE = 1.0  # NHS Payment Scheme 2023/25 and 2025/26: elective activity at 100 % of unit prices; 75 % in 2022/23


def block(plan: float, actual: Floats | float) -> Floats | float:
    """The planned sum whatever the activity, in the shape of ``actual``."""
    return plan + 0 * actual


def activity(actual: Floats | float, rate: float = 1.0) -> Floats | float:
    """Activity at so much of its unit prices."""
    return rate * actual


def marginal_rate(
    plan: Floats | float,
    planned: Floats | float,
    actual: Floats | float,
    rate_above: float,
    rate_below: float,
    threshold: float = 0.0,
) -> Floats | float:
    """The plan, and part of the price of activity that is further off plan than ``threshold``.

    plan + rate_above · (actual - (1 + threshold) · planned)₊ - rate_below · ((1 - threshold) · planned - actual)₊
    ``planned`` and ``actual`` are values of activity; the threshold is a share of ``planned``, the rates of unit price.
    """
    above = np.maximum(actual - (1 + threshold) * planned, 0.0)
    below = np.maximum((1 - threshold) * planned - actual, 0.0)
    return plan + rate_above * above - rate_below * below


def cost_and_volume(plan: Floats | float, planned: Floats | float, actual: Floats | float) -> Floats | float:
    """Fixed up to the planned volume, then the full price of every unit beyond it."""
    return marginal_rate(plan, planned, actual, rate_above=1.0, rate_below=0.0)


def sub_capitation(price: Floats | float, person_years: Floats | float) -> Floats | float:
    """A price per person-year for the people whom the partner answers for."""
    return price * person_years


def aligned_payment(
    fixed: float, elective_planned: Floats | float, elective_actual: Floats | float, rate: float = API_RATE
) -> Floats | float:
    """Aligned payment and incentive (API): a fixed element, and elective activity that follows what was done.

    fixed + planned + rate · (actual - planned), which at the rate of 100 % is fixed + actual.
    """
    return fixed + elective_planned + rate * (elective_actual - elective_planned)


def is_low_volume(values: Sequence[float], limit: float = LOW_VOLUME_LIMIT) -> bool:
    """Whether the yearly values of a relationship are on average at most ``limit`` (LVA)."""
    return sum(values) / len(values) <= limit


def low_volume_block(values: Sequence[float], limit: float = LOW_VOLUME_LIMIT) -> float:
    """A low-volume relationship's block (LVA): the average of the last three years' values.

    Raises InputError unless there are three years, or where the average is above the limit.
    """
    if len(values) != LOW_VOLUME_YEARS:
        raise InputError("low-volume block", f"{len(values)} years of activity", f"{LOW_VOLUME_YEARS}")
    if not is_low_volume(values, limit):
        raise InputError(
            "low-volume block", f"{sum(values) / len(values):,.0f} a year on average", f"at most {limit:,.0f}"
        )
    return sum(values) / len(values)


def performance_pay(plan: Floats | float, share: float, score: Floats | float) -> Floats | float:
    """What a score from 0 to 1 earns of the part of the plan that is paid for performance.

    Raises InputError for a share or a score that is not from 0 to 1.
    """
    for name, value in (("share", share), ("score", score)):
        if not np.all((np.asarray(value) >= 0) & (np.asarray(value) <= 1)):
            raise InputError("pay for performance", f"a {name} of {np.asarray(value).tolist()}", "from 0 to 1")
    return share * plan * score


def activity_suffices(recorded: float, needed: float) -> bool:
    """Whether the recorded share of activity is enough to pay by it; if not, block with pay for performance."""
    return recorded >= needed
