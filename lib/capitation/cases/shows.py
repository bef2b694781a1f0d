"""What must be seen when a preset is put on a data set, and why: each a sentence with this data set's own figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from capitation.cases.look import Look, holder_mean, years_lost
from capitation.contract import ContractResult
from capitation.contract_term import contract_term
from capitation.form.advice import warnings
from capitation.headline import headline, who_bears
from capitation.money_flow import Stranded, stranded_of
from capitation.payments.partners import by_rule, terms_of
from capitation.payments.stranded import result_change
from capitation.price.gap import PriceGap, price_gap
from capitation.price_checks import gap_of, in_period, unfunded
from capitation.settlement import VAT_LOST, form_cost
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER, percent

OVERSPEND = 0.05  # of the price: the year in which it is told who bears what
GUARANTEED = 0.95  # of income before, the default of the term that Bedfordshire's hospital was refused
HALF_FIXED = 0.5


@dataclass(frozen=True)
class Shown:
    """One thing seen: a sentence, whether it is what the documents tell of, whether it is seen before a year is drawn, and
    whether it is a red flag: something that should stop a contract from being signed."""

    sentence: str
    holds: bool
    before_drawing: bool = False
    red: bool = False


def shown(look: Look) -> tuple[Shown, ...]:
    """Everything that the preset says must be seen, on the data set at hand: first what is seen before any year is drawn.

    Raises InputError where the data lack what it needs.
    """
    found = [one for name in look.preset.shows for one in CHECKS[name](look)]
    return tuple(sorted(found, key=lambda one: not one.before_drawing))


def _ends(look: Look, result: ContractResult) -> str:
    return (f"the holder ends at {look.money(holder_mean(result), signed=True)} on average and loses in "
            f"{years_lost(result):.0f} years of 100")  # fmt: skip


def loses_by_cost_shift(look: Look) -> Iterator[Shown]:
    """The holder's result with care moving in, with nothing moving, and with every switch that takes it into scope."""
    shifted, still = look.result, look.result_with({"outlook.cost_shift": 0.0})
    share = percent(look.design.outlook.cost_shift, 0)
    whole = percent(shifted.outside_over_inside * look.design.outlook.cost_shift)
    yield Shown(f"With {share} of {_left_out(look)} moved in, which adds {whole} to the cost in scope, {_ends(look, shifted)}; had "
                f"nothing moved, {_ends(look, still)}.", holder_mean(shifted) < min(holder_mean(still), 0.0))  # fmt: skip
    for name in look.preset.switches:
        added = look.result_with(switches=(name,))
        without = holder_mean(look.result_with({"outlook.cost_shift": 0.0}, switches=(name,)))
        yield Shown(f"With ‘{name}’ nothing of it is left outside to move in: {_ends(look, added)}, the same as with no shift.",
                    holder_mean(added) == without)  # fmt: skip


def _left_out(look: Look) -> str:
    """The services left outside that cost may move in from, by name."""
    label, scope = look.dataset.services["label"], look.result.scope
    names = [str(label.get(s, s)) for s in scope.left_out if s in (look.design.outlook.shift_from or scope.left_out)]
    return f"the care left outside ({', '.join(names)})"


def each_switch(look: Look) -> Iterator[Shown]:
    """What each switch alone does to the holder, in the first year and over the contract."""
    with_all = look.result
    for name, switch in look.preset.switches.items():
        others = tuple(other for other in look.preset.on if other != name)
        without = look.result_with(switches=others if switch.on else (*look.preset.on, name))
        one, term = (f(with_all) - f(without) for f in (holder_mean, _over_term))
        one, term = (one, term) if switch.on else (-one, -term)
        moved = abs(one) > HALF_PENNY or abs(term) > HALF_PENNY
        if not moved and switch.if_nothing:
            yield Shown(f"‘{name}’ by itself moves nothing of the holder’s. {switch.if_nothing}", True)
            continue
        yield Shown(f"‘{name}’ by itself moves the holder’s expected result by {look.money(one, signed=True)} in the first year and "
                    f"{look.money(term, signed=True)} over {with_all.design.form.years} years.", moved)  # fmt: skip


def _over_term(result: ContractResult) -> float:
    return float(contract_term(result).holder.mean(axis=1).sum())


def profit_cap(look: Look) -> Iterator[Shown]:
    """How often the cap takes something back, and how much is kept at most."""
    limits, result = look.design.risk.profit_limits, look.result
    most = limits.cap * result.price.payment
    kept = result.outlook.result(HOLDER)
    capped = 100 * float(np.mean(kept >= most - HALF_PENNY))
    yield Shown(f"Profit cap: the holder keeps at most {look.money(most)}, {percent(limits.cap)} of the price; in {capped:.0f} "
                "drawn years of 100 what is above it goes back to the commissioner.", bool(kept.max() <= most + HALF_PENNY))  # fmt: skip


def choice_flows(look: Look) -> Iterator[Shown]:
    """What the holder pays for members who go elsewhere, and what comes in for other areas' people."""
    plans = look.result.plans
    out = sum(plans.shares[p] for p in plans.outside) * look.result.price.payment * plans.outflow_price
    came = sum(plans.came.values()) * plans.inflow_price
    where = ", ".join(map(look.label, sorted(plans.outside)))
    brought = (f"{look.money(came)} comes in for other areas’ people at {percent(plans.inflow_price, 0)}" if came else
               "these data show nobody coming from other areas, so nothing comes in")  # fmt: skip
    yield Shown(f"Choice: about {look.money(out)} {in_period(look.result)} goes to {where}, outside the contract, at "
                f"{percent(plans.outflow_price, 0)} of its cost; {brought}.", out > 0)  # fmt: skip


def price_gap_first(look: Look) -> Iterator[Shown]:
    """The gap between the offer and what the year is expected to cost, VAT apart: no year is drawn for it."""
    gap = _without_form(look.result)
    yield Shown(f"Price gap: the price is {look.money(gap.amount)} short of the expected cost of care, {percent(gap.share)} of the "
                f"price, {gap.in_price_errors:.1f} times the price’s own error.",
                gap.too_low, before_drawing=True, red=gap.too_low)  # fmt: skip


def _without_form(result: ContractResult) -> PriceGap:
    """The gap of care alone."""
    whole = gap_of(result)
    return price_gap(whole.needed - unfunded(result), whole.offered, whole.cost_sd, whole.price_error)


def vat_nobody_pays(look: Look) -> Iterator[Shown]:
    """VAT that is no longer refunded and that nobody has put money aside for."""
    lost = form_cost(look.result.price.payment, look.design.form).get(VAT_LOST, 0.0)
    said = any("VAT" in warning for warning in warnings(look.design))
    yield Shown(f"VAT: {look.money(lost)} {in_period(look.result)} is no longer refunded to a holder outside the NHS, and nobody "
                f"pays for it; with setting up, the form costs the holder {look.money(unfunded(look.result))}. The size rests on "
                "the share bought in, which the documents do not give.", said and lost > 0, before_drawing=True, red=said)  # fmt: skip


def no_guarantee(look: Look) -> Iterator[Shown]:
    """No reserve and no parent's guarantee: the first loss is the end."""
    reserves = look.result.reserves
    yield Shown(f"Guarantee: behind the holder stand {look.money(reserves)} of reserves and nobody’s guarantee, so the first loss "
                "ends it.", reserves == 0, before_drawing=True, red=reserves == 0)  # fmt: skip


def loses_from_the_first_day(look: Look) -> Iterator[Shown]:
    """The drawn years only confirm it."""
    yield Shown(f"Drawn years: {_ends(look, look.result)}.", headline(look.result).holder_loses.value > HALF_FIXED)


def stranded_against_deficit(look: Look) -> Iterator[Shown]:
    """What the largest change in activity takes from one partner, against the result it planned."""
    found = min(stranded_of(look.result), key=lambda one: one.first)
    planned, terms = found.planned or 0.0, terms_of(found.partner, look.design.payments)
    half = float(result_change(found.income, found.cost, 1.0, HALF_FIXED))
    yield Shown(f"Stranded: {percent(-terms.activity_change, 0)} less activity takes {look.money(-found.income)} of income from "
                f"{look.label(found.partner)}; with {percent(terms.fixed_share, 0)} of its cost fixed {look.money(-found.first)} is left "
                f"stranded in the first year ({look.money(-half)} with half of it fixed), against a planned deficit of "
                f"{look.money(-planned)}.", found.first < planned < 0, before_drawing=True, red=found.first < planned)  # fmt: skip
    yield _guarantee_refused(look, found)


def _guarantee_refused(look: Look, found: Stranded) -> Shown:
    before = look.result.plans.income_before(found.partner, terms_of(found.partner, look.design.payments))
    topped_up = max(GUARANTEED * before - (before + found.income), 0.0)
    refused = not look.design.payments.guarantee.on
    return Shown(f"Guarantee: a minimum income of {percent(GUARANTEED, 0)} of the year before would have paid it "
                 f"{look.money(topped_up)}; it was refused.", refused and topped_up > 0, before_drawing=True)  # fmt: skip


def nets_to_zero(look: Look) -> Iterator[Shown]:
    """The whole result is shared at the year's end: nothing stays with the holder in any drawn year."""
    ends, result = look.result.outlook.result(HOLDER), look.result
    shared = [line.flows[HOLDER] for line in result.outlook.lines if line.name.startswith("share of the result")]
    over = -np.sum(shared, axis=0)
    low, high = (float(np.quantile(over, level)) for level in (0.05, 0.95))
    yield Shown(f"Netting: in every one of {len(ends):,} drawn years the holder ends at nothing; what is over or under, from "
                f"{look.money(low, signed=True)} to {look.money(high, signed=True)} in nine years of ten, is netted among the partners "
                "after the year’s end.", bool(np.abs(ends).max() < HALF_PENNY))  # fmt: skip


def outcome_money(look: Look) -> Iterator[Shown]:
    """What depends on outcomes, against what chance moves."""
    kept, chance = _outcome_money_and_chance(look)
    yield Shown(_outcome_words(look, kept, chance), kept > 0)


def tiny_outcome_money(look: Look) -> Iterator[Shown]:
    """The same where it has to be seen that outcomes move less than chance does."""
    kept, chance = _outcome_money_and_chance(look)
    yield Shown(_outcome_words(look, kept, chance), 0 < kept < chance / 2)


def _outcome_money_and_chance(look: Look) -> tuple[float, float]:
    """What is kept back for outcomes, and the standard deviation of a year's cost, currency."""
    return look.design.outcomes.withhold * look.result.price.payment, float(look.result.outlook_cost.total.std())


def _outcome_words(look: Look, kept: float, chance: float) -> str:
    ratio = f", {chance / kept:,.1f} times as much" if kept else ""
    return (f"Outcome money: {look.money(kept)} {in_period(look.result)} hangs on outcomes, {percent(look.design.outcomes.withhold)} of "
            f"the price; a year’s cost has a standard deviation of {look.money(chance)}{ratio}.")  # fmt: skip


def collective_share(look: Look) -> Iterator[Shown]:
    """Each partner's share of the result of all together."""
    payments, payment = look.design.payments, look.result.price.payment
    _, shares = by_rule(payments.rule, look.result.plans, payments, payment)
    each = ", ".join(f"{look.label(p)} {percent(share)}" for p, share in sorted(shares.items(), key=lambda s: -s[1]))
    yield Shown(f"Collective share: of every gain or loss {percent(payments.partner_share, 0)} is the partners’, by {payments.rule}: "
                f"{each}.", abs(sum(shares.values()) - 1) < 1e-9)  # fmt: skip


def who_bears_what(look: Look) -> Iterator[Shown]:
    """Who bears a year that costs more than the price."""
    at = {name: float(change[0]) for name, change in who_bears(look.result, np.array([OVERSPEND])).items()}
    whole = OVERSPEND * look.result.price.payment
    says = ", ".join(f"{name} {percent(-at[name] / whole, 0)}" for name in (HOLDER, "partners", COMMISSIONER))
    yield Shown(f"Who bears it: of care that costs {percent(OVERSPEND, 0)} more than the price: {says}.",
                abs(sum(at.values()) + whole) < 1)  # fmt: skip


def form_and_vat(look: Look) -> Iterator[Shown]:
    """What the holder's legal form costs."""
    form, payment = look.design.form, look.result.price.payment
    lost = form_cost(payment, form).get(VAT_LOST, 0.0)
    says = (
        f"{look.money(lost)} of VAT {in_period(look.result)} is no longer refunded" if lost else "no VAT refund is lost"
    )
    yield Shown(
        f"Holder: with {_article(form.holder)} as holder {says}.",
        (form.holder != "NHS body") == (lost > 0),
        before_drawing=True,
    )


def _article(holder: str) -> str:
    return f"{'an' if holder[0] in 'NAEIOU' else 'a'} {holder}"


def everybody_counts(look: Look) -> Iterator[Shown]:
    """The saving is counted over everybody, so that choosing people gains nothing."""
    cohort, people = look.design.cohort, look.result.cohort.people(look.result.year)
    open_to_all = not (cohort.prior_spend_minimum or cohort.need_marker or cohort.rules)
    yield Shown("Unit of account: the saving is that of all members, enrolled by anybody or not; no rule chooses them by earlier cost "
                "or need, so there is nothing to gain by selection.", open_to_all and people > 0, before_drawing=True)  # fmt: skip


CHECKS: dict[str, Callable[[Look], Iterator[Shown]]] = {
    "loses by cost shift": loses_by_cost_shift,
    "each switch": each_switch,
    "profit cap": profit_cap,
    "choice flows": choice_flows,
    "price gap": price_gap_first,
    "VAT": vat_nobody_pays,
    "no guarantee": no_guarantee,
    "loses from the first day": loses_from_the_first_day,
    "stranded against planned deficit": stranded_against_deficit,
    "nets to zero": nets_to_zero,
    "outcome money": outcome_money,
    "tiny outcome money": tiny_outcome_money,
    "collective share": collective_share,
    "who bears it": who_bears_what,
    "form and VAT": form_and_vat,
    "everybody counts": everybody_counts,
}
"""What a preset may say must be seen, by name."""
