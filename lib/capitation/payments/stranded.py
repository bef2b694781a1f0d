"""Fixed cost that stays with a provider when its income goes.

Changes are signed: less income and less activity are negative. Amounts are in the contract's currency a year, single
figures or arrays of drawn years.
"""

from capitation.design.payment_parts import Partner
from capitation.loss.ratio import Floats


def fixed_share(year: int, terms: Partner) -> float:
    """The share of cost still fixed in a year from 1, that of the change: fixed share · (1 - (year - 1)/years to shed it), not below 0."""
    return terms.fixed_share * max(1 - (year - 1) / terms.fixed_years, 0.0)


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
    income_change: float, activity_change: float, average_cost: float, years: int, terms: Partner
) -> tuple[float, ...]:
    """The change in result in each of the years from the change on, as fixed cost is shed."""
    shares = (fixed_share(year, terms) for year in range(1, years + 1))
    return tuple(float(result_change(income_change, activity_change, average_cost, share)) for share in shares)
