"""Stress tests: what one thing going wrong does to each party, and how much has to go wrong to lose so much.

Each case moves the drawn years, the same ones as the outlook's, under the design in force. Sizes are judgements to be
replaced by the parties' own, but for those with a source.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capitation.contract import ContractResult
from capitation.design.declaration import JUDGEMENT
from capitation.headline import BAD_YEAR, cost_against_price
from capitation.loss.ratio import Floats
from capitation.risk.year_cost import YearCost, common_years, cost_at
from capitation.settlement import ContractYear, Settlement
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER, percent

FURTHEST = 1.0  # of the price: no rise of cost beyond it is looked for
CLOSE = 1e-5  # of the price


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong: everybody's cost times ``cost``, the largest partner's care times ``dearer``, or other terms
    of how savings come (``ramp``)."""

    name: str
    says: str
    source: str = JUDGEMENT
    cost: float = 1.0
    dearer: float = 1.0
    ramp: tuple[tuple[str, float | int], ...] = ()


@dataclass(frozen=True)
class Stressed:
    """What a case does: mean results in currency, the chance that the holder's reserves are lost, and its 1-in-20 year."""

    case: Case
    holder: float
    partners: float
    commissioner: float
    holder_bad_year: float
    reserves_lost: float


def menu(result: ContractResult) -> tuple[Case, ...]:
    """Twelve cases, sized for this contract where its own figures say how large they are."""
    error = result.pool.relative_error
    delay, largest = result.design.outlook.ramp.delay + 2, _largest(result)
    label = result.dataset.providers["label"].get(largest, largest)
    return (
        Case("As expected", "nothing goes wrong"),
        Case("Pay award", "pay costs 2 % more than the price holds", "domain reference, section 5, point 11", cost=1.02),
        Case("Bad winter", "everybody’s cost 3 % higher for a year", cost=1.03),
        Case("Pandemic year", "everybody’s cost 10 % higher for a year", cost=1.10),
        Case("New drug", "a new treatment adds 1 % to all cost", cost=1.01),
        Case("Growth", "two points more growth a year than assumed, over the years from history to the contract year",
             cost=1.02 ** max(result.year - max(result.basis.years), 1)),
        Case("Price wrong", f"expected cost one standard error ({percent(error)}) higher than priced", "the price’s own error",
             cost=1 + error),
        Case("Price short by 20 %", "the gap of UnitingCare’s first year", "domain reference, section 4.2: about £30m on £152m", cost=1.2),
        Case("Savings two years late", "the first saving comes two years after it was planned", ramp=(("delay", delay),)),
        Case("No saving comes", "none of the savings assumed is made", "vanguards: few savings were proven", ramp=(("optimism", 1.0),)),
        Case("The largest partner leaves", f"the care of {label} is bought elsewhere for 15 % more", dearer=1.15),
        Case("A locality’s records are wrong", f"{percent(_of_a_locality(result), 0)} of the people cost 10 % more than was recorded",
             cost=1 + 0.1 * _of_a_locality(result)),
    )  # fmt: skip


def _largest(result: ContractResult) -> str:
    inside = result.plans.inside
    return max(inside, key=lambda provider: inside[provider])


def _of_a_locality(result: ContractResult) -> float:
    """The share of the members of the contract year who live in the locality that has most of them."""
    members = result.cohort.members
    places = members.loc[members["year"] == result.year, "locality"].value_counts(normalize=True)
    return float(places.iloc[0]) if len(places) else 0.0


def stressed(result: ContractResult, cases: Sequence[Case]) -> list[Stressed]:
    """Every case on the same drawn years."""
    return [_told(result, case, _settled(result, case)) for case in cases]


def _settled(result: ContractResult, case: Case) -> Settlement:
    chance = result.design.outlook
    if case.ramp:
        chance = chance.model_copy(update={"ramp": chance.ramp.model_copy(update=dict(case.ramp))})
    factor = common_years(result.pool, result.drawn.count, chance) * case.cost
    cost = cost_at(result.pool, result.drawn, factor, result.in_force.risk.stop_loss)
    if case.dearer != 1:
        largest = _largest(result)
        dearer = {p: amount * case.dearer if p == largest else amount for p, amount in cost.by_provider.items()}
        cost = YearCost(dearer, cost.excess)  # what one person costs above the limit is left as it was
    leaves = case.dearer != 1 and len(result.plans.inside) > 1  # of one partner alone the care is dearer where it is
    year = _without(result, _largest(result)) if leaves else result.year_ahead
    return year.settle(cost, result.others_at(factor), result.charged)


def _without(result: ContractResult, partner: str) -> ContractYear:
    """The year ahead with a partner outside: its care is bought at what it costs there, and it bears and shares nothing."""
    plans = result.plans
    return replace(result.year_ahead, plans=replace(plans, outside=plans.outside | {partner}, outflow_price=1.0))


def _told(result: ContractResult, case: Case, settled: Settlement) -> Stressed:
    holder: Floats = settled.result(HOLDER)
    return Stressed(
        case, float(holder.mean()), float(settled.partners_result.mean()), float(settled.result(COMMISSIONER).mean()),
        float(np.quantile(holder, BAD_YEAR)), float(np.mean(holder < -result.reserves - HALF_PENNY)),
    )  # fmt: skip


def reverse_stress(result: ContractResult, loss: float, party: str = HOLDER) -> float | None:
    """By how much of the price care has to cost more than the price for ``party`` to lose ``loss``, in currency; None where
    no rise up to the whole price does. Everybody's cost moves alike; by halving."""
    if _result_at(result, FURTHEST, party) > -loss:
        return None
    low, high = -FURTHEST, FURTHEST
    while high - low > CLOSE:
        middle = (low + high) / 2
        low, high = (low, middle) if _result_at(result, middle, party) <= -loss else (middle, high)
    return high


def _result_at(result: ContractResult, deviation: float, party: str) -> float:
    settled = result.outlook_of(cost_against_price(result, np.array([deviation])))
    return float((settled.result(party) if party != "partners" else settled.partners_result)[0])
