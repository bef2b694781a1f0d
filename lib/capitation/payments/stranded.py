"""Fixed cost that stays with a provider when its income goes.

Changes are signed: less income and less activity are negative. Amounts are in the contract's currency a year, single
figures or arrays of drawn years.
"""

from dataclasses import dataclass

from capitation.errors import InputError
from capitation.loss.ratio import Floats


@dataclass(frozen=True)
class FixedCost:
    """``share`` of the cost of activity stays in the year in which the activity goes; it is shed over ``years`` years.

    Raises InputError for a share that is not from 0 to 1, and for no years.
    """

    share: float
    years: int

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError("fixed cost", f"a share of {self.share:g}", "from 0 to 1")
        if self.years < 1:
            raise InputError("fixed cost", f"shed over {self.years} years", "at least 1")


def fixed_share(year: int, terms: FixedCost) -> float:
    """The share of cost still fixed in a year from 1, that of the change: share · (1 - (year - 1)/years), not below 0."""
    return terms.share * max(1 - (year - 1) / terms.years, 0.0)


def cost_change(activity_change: Floats | float, average_cost: float, fixed: float) -> Floats | float:
    """What a change in activity does to cost: its marginal cost, average_cost · (1 - fixed), for each unit."""
    return average_cost * (1 - fixed) * activity_change


def result_change(
    income_change: Floats | float, activity_change: Floats | float, average_cost: float, fixed: float
) -> Floats | float:
    """What a provider's result changes by when income and activity move; negative is cost left stranded.

    ΔI - mc·ΔQ, with mc the marginal cost of a unit. With nothing fixed it is the view by average cost. Source: domain
    reference, row 52.
    """
    return income_change - cost_change(activity_change, average_cost, fixed)


def result_path(
    income_change: float, activity_change: float, average_cost: float, years: int, terms: FixedCost
) -> tuple[float, ...]:
    """The change in result in each of the years from the change on, as fixed cost is shed."""
    shares = (fixed_share(year, terms) for year in range(1, years + 1))
    return tuple(float(result_change(income_change, activity_change, average_cost, share)) for share in shares)


def share_of_turnover(amount: Floats | float, turnover: float) -> Floats | float:
    """An amount as a share of a partner's yearly income from all its work. Raises InputError where it has none."""
    if not turnover > 0:
        raise InputError("turnover", f"a partner with a turnover of {turnover:,.0f}", "more than 0")
    return amount / turnover
