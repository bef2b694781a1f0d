"""The few figures a board reads first, each with its uncertainty, and how the parties share what happens."""

from dataclasses import dataclass

import numpy as np

from capitation.contract import ContractResult
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.simulation_error import Z95, Estimate, quantile_of, share_of
from capitation.risk.year_cost import YearCost
from capitation.settlement import Settlement
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER, RISK_POOL

BAD_YEAR = 0.05  # the 1-in-20 year
WORST = 0.01  # the 1-in-100 year
ROUNDING = 1e-6
NEXT_POUND = 0.001  # of the price: the step over which the share of the next pound is measured


@dataclass(frozen=True)
class Headline:
    """Amounts in the data set's currency for the contract year; shares from 0 to 1.

    ``holder_expected`` carries the price's own error; the others the error of drawing a limited number of years.
    *Providers* are holder and partners together: the clauses share the result between them and the commissioner.
    """

    price: Estimate
    payment: float
    holder_expected: Estimate
    holder_bad_year: Estimate
    holder_loses: Estimate
    holder_ruined: Estimate
    reserves: float
    partners_bad_year: Estimate
    providers_lose: Estimate
    providers_bad_year: Estimate
    unprotected_bad_year: Estimate
    commissioner_bad_year: Estimate
    kept_of_next_pound: float


@kept(16)
def headline(result: ContractResult) -> Headline:
    """The headline figures of one design."""
    ahead = result.outlook
    holder = ahead.result(HOLDER)
    reserves = result.reserves
    return Headline(
        price=Estimate(result.price.per_person_year, *result.price.interval()),
        payment=result.price.payment,
        holder_expected=_expected_with_price_error(result),
        holder_bad_year=quantile_of(holder, BAD_YEAR),
        holder_loses=share_of(int((holder < -HALF_PENNY).sum()), len(holder)),
        holder_ruined=share_of(int((holder < -reserves - HALF_PENNY).sum()), len(holder)),
        reserves=reserves,
        partners_bad_year=quantile_of(ahead.partners_result, BAD_YEAR),
        providers_lose=share_of(int((ahead.providers_result < -HALF_PENNY).sum()), len(holder)),
        providers_bad_year=quantile_of(ahead.providers_result, BAD_YEAR),
        unprotected_bad_year=quantile_of(result.unprotected.providers_result, BAD_YEAR),
        commissioner_bad_year=quantile_of(-ahead.commissioner_extra, BAD_YEAR),
        kept_of_next_pound=float(kept_of_next_pound(result, np.array([0.0]))["providers"][0]),
    )


def _expected_with_price_error(result: ContractResult) -> Estimate:
    """The holder's mean result, and its mean when expected cost is 1.96 standard errors higher or lower."""
    error = Z95 * result.pool.relative_error
    value = float(np.mean(result.outlook.result(HOLDER)))
    limits = [float(np.mean(result.settle_at(1 + e).result(HOLDER))) for e in (-error, error)]
    return Estimate(value, min(value, *limits), max(value, *limits))


def cost_against_price(result: ContractResult, deviations: Floats) -> YearCost:
    """Years whose cost is the price times (1 + deviation), everybody's cost moved alike, by provider as planned."""
    total = result.price.payment * (1 + deviations)
    usual = result.price.expected * result.price.exposure
    factor = total / usual if usual else np.ones_like(total)
    excess = result.pool.expected_excess(result.design.risk.stop_loss, factor)
    return YearCost({p: total * share for p, share in result.plan.items()}, excess)


def who_bears(result: ContractResult, deviations: Floats) -> dict[str, Floats]:
    """Change of each party's result when cost is off the price by each deviation (a share).

    The changes sum to -deviation · price.
    """
    settled = result.outlook_of(cost_against_price(result, deviations))
    at_price = result.outlook_of(cost_against_price(result, np.array([0.0])))
    return {name: there - here for (name, there), here in
            zip(_sides(settled).items(), _sides(at_price).values(), strict=True)}  # fmt: skip


def _sides(settled: Settlement) -> dict[str, Floats]:
    pooled = {RISK_POOL: settled.result(RISK_POOL)} if RISK_POOL in settled.parties else {}
    return {
        HOLDER: settled.result(HOLDER),
        "partners": settled.partners_result,
        COMMISSIONER: settled.result(COMMISSIONER),
        **pooled,
    }


def kept_of_next_pound(result: ContractResult, deviations: Floats) -> dict[str, Floats]:
    """Share of the next pound saved that each side keeps, when cost is off the price by each deviation.

    At a kink (the exact price, a band's edge) it is the mean of the shares on both sides; NaN at a price of zero, and where
    the next pound decides whether a minimum rate is met (`cliffs`): there it is worth far more than itself.
    """
    step = np.full_like(deviations, NEXT_POUND / 2)
    below, above = (_sides(result.outlook_of(cost_against_price(result, deviations + s)))
                    for s in (-step, step))  # fmt: skip
    saved = NEXT_POUND * result.price.payment or float("nan")
    kept = {name: (below[name] - above[name]) / saved for name in below}
    kept["providers"] = kept[HOLDER] + kept["partners"]
    smooth = np.abs(kept["providers"]) <= 1 + ROUNDING
    return {name: np.where(smooth, share, np.nan) for name, share in kept.items()}


def cliffs(result: ContractResult, deviations: Floats) -> list[tuple[float, float]]:
    """Where one more pound saved decides whether a minimum rate is met: the deviation, and what the jump is worth to
    holder and partners together, in currency. ``deviations`` rise in steps; a cliff between two is named at the first."""
    sides = _sides(result.outlook_of(cost_against_price(result, deviations)))
    together = sides[HOLDER] + sides["partners"]
    saved = np.diff(deviations) * result.price.payment
    jump = -np.diff(together)
    found = np.flatnonzero(np.abs(jump) > (1 + ROUNDING) * saved + HALF_PENNY)
    return [(float(deviations[place]), float(jump[place])) for place in found]
