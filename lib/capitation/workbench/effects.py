"""Why a term has no effect on the figures as they stand: in contract words, so that a still picture explains itself."""

from collections.abc import Callable

import numpy as np

from capitation.contract import ContractResult
from capitation.design import ContractDesign
from capitation.price.person_year import NEED_WEIGHTS
from capitation.settlement import form_cost

CLAUSE_OFF = "the clause is switched off"
OF_THE_SEARCH = "the search for terms within each party’s tolerance reads it"


def why_no_effect(result: ContractResult, path: str) -> str:
    """The reason why moving the term at ``path`` changes nothing in the present design; empty when it does."""
    folder, _, name = path.rpartition(".")
    design = result.design
    if folder.startswith("risk.") and name != "on" and not getattr(design.risk, folder.removeprefix("risk.")).on:
        return CLAUSE_OFF
    if path.startswith("payments.partners."):
        return _of_a_partner(result, folder.removeprefix("payments.partners."), name)
    if path.startswith("outcomes.measures."):
        return _of_a_measure(result, folder.removeprefix("outcomes.measures."), name)
    if path.startswith("payments.guarantee.") and name != "on" and not design.payments.guarantee.on:
        return CLAUSE_OFF
    if folder.startswith("tolerances"):
        return OF_THE_SEARCH
    rule = _REASONS.get(path)
    return rule(result) if rule else ""


def _of_a_measure(result: ContractResult, measure: str, name: str) -> str:
    """Terms of a scale that is not in force come into sight when it is."""
    terms = result.design.outcomes.measures.get(measure)
    if terms is None:
        return ""
    off = {
        "steps": terms.scale != "steps", "improvement": terms.rewards == "attainment", "stretch": terms.target_share == 1,
    }  # fmt: skip
    if off.get(name):
        return CLAUSE_OFF
    by_value = name in ("floor", "target", "scale", "target_share")
    return "points are won for improvement only" if by_value and terms.rewards == "improvement" else ""


def _nothing_is_missing(result: ContractResult) -> str:
    values = [result.outcome_values(year) for year in (result.basis.years[-1], result.year)]
    gaps = any(np.isnan(of[name]) for of in values for name in result.design.outcomes.measures)
    return "" if gaps else "every measure has a value"


OF_A_KIND = {
    "rate_above": "marginal rate", "rate_below": "marginal rate", "threshold": "marginal rate",
    "elective_share": "aligned payment", "elective_rate": "aligned payment", "performance_share": "block and performance",
    "localities": "sub-capitation",
}  # fmt: skip
OF_A_RULE = {"equity": "equity", "investment": "investment need", "performance": "performance"}


def _of_a_partner(result: ContractResult, provider: str, name: str) -> str:
    """Terms of a kind of payment, or of a rule, that is not in force come into sight when it is."""
    payments = result.design.payments
    kind = payments.partners[provider].kind if provider in payments.partners else ""
    if OF_A_KIND.get(name, kind) != kind or OF_A_RULE.get(name, payments.rule) != payments.rule:
        return CLAUSE_OFF
    return NO_SHARING if name in OF_A_RULE and not payments.partner_share else ""


def _unless(reason: str, has_effect: Callable[[ContractDesign], bool]) -> Callable[[ContractResult], str]:
    return lambda result: "" if has_effect(result.design) else reason


def _stop_loss_reached(result: ContractResult) -> str:
    """Nobody's cost comes near the attachment point, in the past or in the drawn years; or nothing is paid above it."""
    if result.part_year:
        return "it is settled at the year’s end, and the year is not over"
    if not result.design.risk.stop_loss.commissioner_share:
        return NO_SHARE
    reached = result.pool.dearest > result.design.risk.stop_loss.attachment
    return "" if reached or np.any(result.outlook_cost.excess > 0) else "nobody’s cost reaches the attachment point"


def _share_reached(result: ContractResult) -> str:
    found = _stop_loss_reached(result)
    return "" if found == NO_SHARE else found


def _nobody_pays(result: ContractResult) -> str:
    return "nobody in these data pays for any care" if result.coverage.charges_nothing else ""


def _no_streams(result: ContractResult) -> str:
    return "the data set has no budgets" if result.dataset.budgets.empty else ""


def _nobody_comes(result: ContractResult) -> str:
    return "" if result.coverage.flows["of_others"].any() else "everybody who uses a partner is a member"


def _one_year(result: ContractResult) -> str:
    return "there is one year of history only" if len(result.basis.years) < 2 else ""


def _nothing_to_move(result: ContractResult) -> str:
    """Why no care can move in: all is covered already, or what is left out is of few people."""
    chosen, left_out = result.design.outlook.shift_from, result.scope.left_out
    if not left_out:
        return "every service is in scope, so nothing is left outside to move in"
    if chosen and not set(chosen) & set(left_out):
        return "the services it would move in from are in scope already"
    return "" if result.outside_over_inside else "what is left out is of so few people that it may not be shown"


def _no_shift(result: ContractResult) -> str:
    if not result.design.outlook.cost_shift:
        return "no care is taken to move in"
    return "every service is in scope, so nothing is left outside to move in" if not result.scope.left_out else ""


def _by_need(result: ContractResult) -> str:
    return "need weights have no rates of single cells" if result.design.price.adjust == NEED_WEIGHTS else ""


def _nothing_to_borrow(result: ContractResult) -> str:
    return _by_need(result) or _one_year(result) or ("there is one cell only" if len(result.price.cells) < 2 else "")


def _inside_the_nhs(result: ContractResult) -> str:
    return "an NHS body holds the contract: refunds go on" if result.design.form.holder == "NHS body" else ""


def _holder_buys_with_refund(result: ContractResult) -> str:
    if result.design.form.holder == "council":
        return "a council's own refunds go on"
    return _inside_the_nhs(result)


def _nothing_is_lost(result: ContractResult) -> str:
    form = result.design.form
    return "" if form_cost(1.0, form) else "no VAT is lost and running the contract costs nothing"


def _own_bands(result: ContractResult) -> str:
    corridor = result.design.risk.corridor
    return "gains and losses have bands of their own" if corridor.gain_bands and corridor.loss_bands else ""


def _no_minimum(result: ContractResult) -> str:
    return "" if result.in_force.risk.sharing.minimum_rate > 0 else "there is no minimum rate"


def _nothing_planned_by_block(result: ContractResult) -> str:
    payments = result.design.payments
    said = [payments.partners[p].kind for p in result.plans.inside if p in payments.partners]
    own = [kind for kind in said if kind != "as the block share says"]
    return "every partner has a kind of payment of its own" if len(own) == len(result.plans.inside) else ""


def _no_choice(result: ContractResult) -> str:
    plans = result.plans if result.design.payments.choice else None
    if plans is None or plans.outside or plans.came:
        return ""
    return "no provider is outside the contract and nobody from other areas is treated, or too few to be shown"


NO_SHARING = "partners share nothing of the result"
ONE_YEAR = _unless("the contract has one year", lambda d: d.form.years > 1)
NO_SHARE = "its share is nothing"


def _is_ramped(design: ContractDesign) -> bool:
    outlook = design.outlook
    return bool(outlook.savings or outlook.ramp.above or outlook.ramp.below or outlook.ramp.double_running)


def _equal_shares(result: ContractResult) -> str:
    corridor = result.design.risk.corridor
    shares = {corridor.inner_share, corridor.outer_share, corridor.beyond_share}
    return _own_bands(result) or ("every band has the same share" if len(shares) == 1 else "")


_NO_FIGURE = "no figure here depends on it; it is named in the warnings and the report"
_REASONS: dict[str, Callable[[ContractResult], str]] = {
    "risk.stop_loss.attachment": _stop_loss_reached,
    "risk.stop_loss.commissioner_share": _share_reached,
    "risk.stop_loss.limit": _stop_loss_reached,
    "risk.stop_loss.charged": _stop_loss_reached,
    "risk.stop_loss.widening": ONE_YEAR,
    "risk.corridor.inner": _equal_shares,
    "risk.corridor.outer": _equal_shares,
    "risk.aggregate_stop_loss.attachment": _unless(
        NO_SHARE, lambda d: d.risk.aggregate_stop_loss.commissioner_share > 0
    ),
    "risk.pool.contracts": _unless(NO_SHARE, lambda d: d.risk.pool.share > 0),
    "risk.sharing.loss_cap": _unless(NO_SHARE, lambda d: d.risk.sharing.loss_share > 0),
    "risk.sharing.gain_cap": _unless(NO_SHARE, lambda d: d.risk.sharing.gain_share > 0),
    "risk.order": _unless(
        "corridor and shares are not both in force",
        lambda d: d.risk.corridor.on and d.risk.sharing.on,
    ),
    "outcomes.gate_on_loss": _unless("there is no quality gate", lambda d: d.outcomes.gate > 0),
    "risk.corridor.inner_share": _own_bands,
    "risk.corridor.outer_share": _own_bands,
    "risk.corridor.beyond_share": _own_bands,
    "risk.sharing.minimum_rate": _unless(
        "the rate comes from the rule below", lambda d: d.risk.sharing.minimum_rule == "as entered"
    ),
    "risk.sharing.minimum_on_losses": _no_minimum,
    "risk.sharing.from_first_pound": _no_minimum,
    "risk.sharing.quality": _unless("no measure is named, so every point is won", lambda d: bool(d.outcomes.measures)),
    "risk.sharing.least_loss_share": _unless(
        "outcomes do not change the share of losses", lambda d: d.risk.sharing.quality == "gains and losses"
    ),
    "risk.pool.years": ONE_YEAR,
    "risk.reopener.on": ONE_YEAR,
    "risk.reopener.beyond": ONE_YEAR,
    "risk.reopener.share": ONE_YEAR,
    "outlook.shock_stays": ONE_YEAR,
    "outlook.cost_shift": _nothing_to_move,
    "outlook.shift_from": _no_shift,
    "outlook.ramp.optimism": _unless(
        "no savings are expected",
        lambda d: d.outlook.savings > 0 or d.outlook.ramp.above > 0 or d.outlook.ramp.below > 0,
    ),
    "outlook.ramp.delay": _unless("no savings are expected and nothing runs side by side", _is_ramped),
    "outlook.ramp.years_to_full": _unless("no savings are expected and nothing runs side by side", _is_ramped),
    "outlook.ramp.double_running": _unless(
        "the saving is there in full from the first year",
        lambda d: d.outlook.ramp.delay > 0 or d.outlook.ramp.years_to_full > 1,
    ),
    "cohort.need_minimum": _unless("no need marker is chosen", lambda d: bool(d.cohort.need_marker)),
    "scope.net_of_client": _nobody_pays,
    "scope.pooled_streams": _no_streams,
    "scope.outflow_price": _unless(
        "no provider is named as outside the contract", lambda d: bool(d.scope.outside_providers)
    ),
    "scope.inflow_price": _nobody_comes,
    "scope.rare_mean": _unless("the rule for rare services is switched off", lambda d: d.scope.rare_share > 0),
    "price.year_weights": _one_year,
    "price.shared_above": _by_need,
    "price.path.uplift": _unless("the contract has one year", lambda d: d.form.years > 1),
    "price.path.further_discount": _unless("the contract has one year", lambda d: d.form.years > 1),
    "price.path.ratchet": _unless("the contract has one year", lambda d: d.form.years > 1),
    "price.path.pace": _unless("the contract has one year", lambda d: d.form.years > 1),
    "price.score_cap": _unless("it needs need weights", lambda d: d.price.adjust == NEED_WEIGHTS),
    "price.credibility": _nothing_to_borrow,
    "price.age_bands": _unless("the price is not adjusted for age and sex", lambda d: d.price.adjust != "none"),
    "payments.block_share": _nothing_planned_by_block,
    "payments.rule": _unless(NO_SHARING, lambda d: d.payments.partner_share > 0),
    "payments.choice": _no_choice,
    "payments.guarantee.years": ONE_YEAR,
    "payments.calendar": lambda r: "the year is not over" if r.part_year else "",
    "payments.recorded_needed": lambda r: "" if r.dataset.quality.ledger else "the data set has no accounts",
    "payments.block_providers": _unless("no share of any plan is paid as block", lambda d: d.payments.block_share > 0),
    "outcomes.missing": _nothing_is_missing,
    "outcomes.worthwhile": lambda _: "it moves what success means and what the designer proposes, and no money",
    "outcomes.withhold": _unless(
        "no measure is named, so all of it is earned back", lambda d: bool(d.outcomes.measures)
    ),
    "outcomes.gate": _unless("no measure is named, so every point is won", lambda d: bool(d.outcomes.measures)),
    "form.vat_behind_trusts": _inside_the_nhs,
    "form.vat_by_holder": _holder_buys_with_refund,
    "form.funded": _nothing_is_lost,
    "form.kind": lambda _: _NO_FIGURE,
}
