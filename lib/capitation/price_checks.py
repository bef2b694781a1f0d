"""The price held against other figures: its path over the contract, an offer, honest bids, published savings, other forms.

What each function needs of a result is put together here; the arithmetic is in `capitation.price`.
"""

import pandas as pd

from capitation.contract import ContractResult, need_judged
from capitation.design import parts
from capitation.price.form_costs import FORMS, FormCosts, Overhead, Purchases, form_costs
from capitation.price.gap import (
    BidTest,
    PriceGap,
    SavingsTest,
    WinnersCurse,
    bid_against_drawn,
    curse_by_bidders,
    price_gap,
    savings_against,
    winners_curse,
)
from capitation.price.need import ScoreGrowth, capped_score_growth
from capitation.price.need_features import AGE_AND_SEX, NEEDS
from capitation.price.need_judged import SIDE_BY_SIDE, Comparison, Judged
from capitation.price.path import (
    KeptSavings,
    Pace,
    Plan,
    PricePath,
    Ratchet,
    glide,
    kept_of_savings,
    price_path,
    without_ratchet,
)
from capitation.price.person_year import NEED_WEIGHTS, bootstrap_error
from capitation.risk.savings import double_running_share, saved_share
from capitation.risk.year_cost import moved_in
from capitation.settlement import form_cost


def plan_of(result: ContractResult) -> Plan:
    """What the design says of the price over the years; the holder's own cost grows as expected, less the savings assumed,
    with care that moves in.

    Pace holds later years only: the first is what is settled.
    """
    path, price, years = result.design.price.path, result.price, result.design.form.years
    first = price.per_person_year + result.design.price.discount * price.expected
    savings, ramp = result.design.outlook.savings, result.design.outlook.ramp
    growth = (1 + result.design.price.trend) * (1 + result.design.price.growth.need)
    moved = moved_in(result.outside_over_inside, result.design.outlook)
    left = [
        (1 - saved_share(year, savings, ramp) + double_running_share(year, ramp)) * moved
        for year in range(1, years + 1)
    ]
    own = tuple(price.expected * part * growth**year for year, part in enumerate(left))
    share = result.design.price.discount * price.expected / first if first else 0.0
    return Plan(
        first, years, path.uplift, glide(share, max(share + path.further_discount, 0.0) if years > 1 else share, years),
        Pace(path.pace, path.pace) if path.pace else None, Ratchet(path.ratchet, own) if path.ratchet else None,
    )  # fmt: skip


def price_path_of(result: ContractResult) -> PricePath:
    """The price of a person-year over the years of the contract."""
    return price_path(plan_of(result))


def bare_path_of(result: ContractResult) -> PricePath:
    """The same without re-basing on the holder's cost."""
    return price_path(without_ratchet(plan_of(result)))


def kept_of(result: ContractResult) -> KeptSavings:
    """What the holder keeps of one unit of money saved per person-year, by the year it is first saved in."""
    return kept_of_savings(plan_of(result), min(1.0, result.price.expected / 2))


def offered(result: ContractResult) -> float:
    """What is offered for the year: the bid, or the price itself where none is entered."""
    per_person_year = result.design.price.bid.offered or result.price.per_person_year
    return per_person_year * result.price.exposure


def unfunded(result: ContractResult) -> float:
    """What the form of the contract costs in a year beside care, where the commissioner does not pay for it."""
    form = result.design.form
    return 0.0 if form.funded else sum(form_cost(result.price.payment, form).values())


def gap_of(result: ContractResult) -> PriceGap:
    """What the year is expected to cost, with what the form costs and nobody pays, against what is offered for it."""
    price = result.price
    return price_gap(price.expected * price.exposure + unfunded(result), offered(result), cost_sd=price.errors.process * price.exposure,
                     price_error=price.errors.of_price * price.exposure)  # fmt: skip


def bid_of(result: ContractResult) -> BidTest:
    """What is offered against the drawn years' cost, with what the form costs and nobody pays."""
    return bid_against_drawn(offered(result), result.outlook_cost.total + unfunded(result))


def curse_of(result: ContractResult) -> WinnersCurse:
    """The lowest of several honest bids, each as uncertain as the price."""
    price = result.price
    mean, error = price.expected * price.exposure, price.errors.of_price * price.exposure
    return winners_curse(mean, error, result.design.price.bid.bidders)


def bids_by_bidders(result: ContractResult) -> pd.DataFrame:
    """The same for each number of bidders up to the design's; see `curse_by_bidders`."""
    price = result.price
    mean, error = price.expected * price.exposure, price.errors.of_price * price.exposure
    some = sorted({2, 3, 5, result.design.price.bid.bidders} - {1})
    return curse_by_bidders(mean, error, [k for k in some if k <= max(result.design.price.bid.bidders, 2)])


def so_far(result: ContractResult) -> str:
    """The months of the contract year that are in the data, e.g. ``6 months so far``; empty when it is over."""
    months = result.dataset.months_in_last_year
    return f"{months} month{'' if months == 1 else 's'} so far" if result.part_year else ""


def period_of(result: ContractResult) -> str:
    """What amounts of the contract year are of: ``the year``, or ``the 6 months so far`` while it is not over."""
    return f"the {so_far(result)}" if result.part_year else "the year"


def in_period(result: ContractResult) -> str:
    """How amounts of the contract year are said: ``a year``, or ``in the 6 months so far`` while it is not over."""
    return f"in {period_of(result)}" if result.part_year else "a year"


def year_and_period(result: ContractResult) -> str:
    """The contract year's name, and its months while it is not over, e.g. ``2017/18, 6 months so far``."""
    return ", ".join(words for words in (result.dataset.meta.year_name(result.year), so_far(result)) if words)


def every_model_of(result: ContractResult) -> Comparison | None:
    """Every model of need side by side, boosted trees too, which take some seconds; see `ContractResult.need_judged`."""
    return need_judged(result, SIDE_BY_SIDE)


def score_growth_of(result: ContractResult) -> ScoreGrowth:
    """The population's need score in the contract year over that of the base years, as found and as paid for."""
    return capped_score_growth([1.0, result.need_weights.mean_weight(result.year)], cap=result.design.price.score_cap)


def model_in_force(result: ContractResult) -> Judged | None:
    """The model that the price follows, judged in a year not seen: of recorded needs with need weights, else of age and sex."""
    found = result.need_judged
    by_features = {judged.features: judged for judged in found.judged} if found else {}
    wanted = NEEDS if result.design.price.adjust == NEED_WEIGHTS else AGE_AND_SEX
    return by_features.get(wanted) or by_features.get(AGE_AND_SEX)


def bootstrap_of(result: ContractResult, draws: int = 300) -> float:
    """The sampling error of the price by drawing people again; see `bootstrap_error`."""
    return bootstrap_error(result.people, result.scope.total, result.design.price, draws, result.design.outlook.seed)


def savings_of(result: ContractResult) -> SavingsTest:
    """What is to be saved by the end, by the holder's assumption and by the efficiency the price asks, against published
    results; care that is expected to cost more counts as no saving."""
    price, years = result.design.price, result.design.form.years
    asked = price.discount + (max(price.path.further_discount, -price.discount) if years > 1 else 0.0)
    return savings_against(max(result.design.outlook.savings, asked, 0.0), years)


def form_costs_of(result: ContractResult, every_form: bool = True) -> FormCosts:
    """VAT and overheads by form and holder, with the purchases and overheads of the design.

    The overheads entered stand for every form, as nothing published tells them apart; so a picture needs the design's
    own form only, with every holder.
    """
    form, payment = result.design.form, result.price.payment
    overhead = Overhead(form.set_up * payment, form.running * payment)
    forms = FORMS if every_form else (form.kind,)
    return form_costs(payment, form.years, _purchases(form, payment), dict.fromkeys(forms, overhead))


def _purchases(form: parts.Form, payment: float) -> Purchases:
    return Purchases(form.vat_behind_trusts * payment, form.vat_by_holder * payment)
