"""Tables about risk: what each clause costs whom and does to a bad year, what is left of the next pound, the term, the tail."""

from dataclasses import replace

import numpy as np
import pandas as pd

from capitation.charts.risk import SIDES, cliff_words
from capitation.contract import ContractResult
from capitation.contract_term import contract_term
from capitation.headline import BAD_YEAR, WORST, kept_of_next_pound
from capitation.loss.ratio import Floats
from capitation.parties import PartyRisk, party_risks
from capitation.risk.incentive import silent_levels
from capitation.risk.savings import ramp_share
from capitation.stress import Stressed, menu, reverse_stress, stressed
from capitation.tables import Table, amount
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER, RISK_POOL, money, party_label, percent

NEARLY = 1e-3  # of the price: as far as a reverse stress looks, but for its own step
HALF_SHOWN = 0.0005  # of the price: shown as nothing
NO_REASON = 0.05  # of the next pound: less is no reason to act
FIRST_YEAR = "Of the first contract year: re-basing and a re-opener take their part in later years’ prices."
LEVELS = np.array([-0.10, -0.05, -0.02, 0.0, 0.02, 0.05, 0.10])
FINE = np.linspace(-0.15, 0.15, 301)


def clauses(result: ContractResult) -> Table:
    """Each risk clause in force, in order: what it costs each party on average, and what it does to a bad year."""
    currency = result.dataset.meta.currency
    lines = [line for line in result.outlook.lines if line.step == "risk"]
    left = result.outlook_cost.total * 0.0 + result.price.payment - result.outlook_cost.total
    rows = [{"Clause": "without clauses: price less care", **_moves(np.zeros(1), np.zeros(1), left, left, currency)}]
    for line in lines:
        after = left + line.flows[HOLDER]
        rows.append({"Clause": line.name, **_moves(line.flows.get(COMMISSIONER, np.zeros(1)), line.flows.get(RISK_POOL, np.zeros(1)),
                                                  left, after, currency)})  # fmt: skip
        left = after
    notes = (
        "On average over the drawn years; each clause reads what the one before left. Holder and its partners together, before "
        "outcomes are paid for.",
        f"{result.design.outlook.replicates:,} years are drawn; the mean is exact but for the tail of a single year.",
    )
    return Table("risk-clauses", f"What each clause does, {currency}", pd.DataFrame(rows), notes=notes)


def clause_words(result: ContractResult) -> str:
    """What each clause moves to or from the holder in an average drawn year, in a sentence."""
    currency = result.dataset.meta.currency
    means = {line.name: float(line.flows[HOLDER].mean()) for line in result.outlook.lines if line.step == "risk"}
    moved = [f"{name} {money(mean, currency, signed=True)}" for name, mean in means.items() if abs(mean) >= HALF_PENNY]
    if not moved:
        return "none moves any money on average."
    return f"to the holder in an average year {'; '.join(moved)}."


def _moves(commissioner: Floats, pool: Floats, before: Floats, after: Floats, currency: str) -> dict[str, str]:
    gains = float((after - before).mean()) + 0.0
    return {
        f"commissioner, on average, {currency}": amount(float(commissioner.mean())),
        f"holder, on average, {currency}": amount(gains),
        f"other contracts, on average, {currency}": amount(float(pool.mean())),
        f"1-in-20 year then, {currency}": amount(float(np.quantile(after, BAD_YEAR))),
        f"1-in-100 year then, {currency}": amount(float(np.quantile(after, WORST))),
    }


def incentive(result: ContractResult) -> Table:
    """The share of the next pound saved that each party keeps, at several levels of the year."""
    kept = kept_of_next_pound(result, LEVELS)
    parties = {name: kept[side] for side, name in SIDES.items() if side in kept}
    rows = [{"Care costs": _level(float(level)), **{name: _share(float(shares[place])) for name, shares in parties.items()}}
            for place, level in enumerate(LEVELS)]  # fmt: skip
    return Table("risk-incentive", f"Who keeps the next {result.dataset.meta.currency}1 saved", pd.DataFrame(rows),
                 notes=(silent_words(result), FIRST_YEAR))  # fmt: skip


def _share(kept: float) -> str:
    return percent(kept, 0) if np.isfinite(kept) else "a minimum rate is met or missed"


def _level(deviation: float) -> str:
    if not deviation:
        return "the price"
    return f"{percent(abs(deviation), 0)} {'more' if deviation > 0 else 'less'} than the price"


def silent_words(result: ContractResult) -> str:
    """Where nobody who gives the care gains by saving, in a sentence."""
    silent = silent_levels(FINE, kept_of_next_pound(result, FINE)["providers"], NO_REASON)
    if not silent:
        return (f"Within 15 % of the price holder and partners keep more than {percent(NO_REASON, 0)} of the next saving everywhere."
                f"{cliff_words(result)}")  # fmt: skip
    where = " and ".join(
        f"from {percent(low, 1, signed=True)} to {percent(high, 1, signed=True)}" for low, high in silent
    )
    return (f"Holder and partners keep less than {percent(NO_REASON, 0)} of the next saving where care costs {where} against the "
            f"price: nobody who gives the care gains by saving there.{cliff_words(result)}")  # fmt: skip


def term(result: ContractResult) -> Table | None:
    """Every contract year: the price, what holder and partners end with, and the chance that the reserve is gone.

    Nothing while the contract year is not over.
    """
    if result.part_year:  # yearly limits mean nothing in a part of one
        return None
    found, currency = contract_term(result), result.dataset.meta.currency
    rows = [_of_year(result, year, currency) for year in range(found.years)]
    notes = (
        f"{found.holder.shape[1]:,} paths. Chance in a year and the next hang together by {found.alike:.2f}: people who "
        "are dear stay dear. "
        "A price that is wrong is wrong in every year; a common shock stays in part.",
        "Outcomes are those of the year before in every year. Reserves are not topped up and earn no interest.",
    )
    return Table("risk-term", f"The contract year by year, {currency}", pd.DataFrame(rows), notes=notes)


def _of_year(result: ContractResult, year: int, currency: str) -> dict[str, str]:
    found = contract_term(result)
    holder, partners = found.holder[year], found.partners[year]
    return {
        "Year": result.dataset.meta.year_name(result.year + year),
        f"price paid, {currency}": amount(float(found.price[year])),
        f"holder, mean, {currency}": amount(float(holder.mean())),
        f"holder, 1-in-20 year, {currency}": amount(float(np.quantile(holder, BAD_YEAR))),
        f"holder, 1-in-100 year, {currency}": amount(float(np.quantile(holder, WORST))),
        f"partners, mean, {currency}": amount(float(partners.mean())),
        "reserve used up by then": f"{percent(float(found.ruin.probability[year]))} ± {percent(1.96 * float(found.ruin.error[year]))}",
    }


def tail(result: ContractResult) -> Table | None:
    """The law of people dearer than any seen: where it starts, and how heavy it is; nothing where no tail is counted."""
    fit, level, currency = result.pool.history.tail.fit, result.pool.level, result.dataset.meta.currency
    if fit is None or not result.design.outlook.tail:
        return None
    years = result.pool.people / len(result.pool.history.exposure)
    rows = [
        ("Costs are taken from a fitted law above", f"{currency}{amount(fit.threshold * level)}"),
        ("People above it in the history", f"{fit.people}"),
        (
            "Shape of the tail (0: exponential; from 1 on the mean is infinite)",
            f"{fit.shape:.2f}{' (held)' if fit.limited else ''}",
        ),
        ("How often so many people fit as badly by chance", percent(fit.p_value, 0)),
        ("People dearer than any seen, expected in a contract year", f"{result.pool.history.tail.beyond * years:.2f}"),
    ]
    note = "Expected cost does not change by it; what lies far out does. A fit to some hundred people is no knowledge of the far tail."
    return Table(
        "risk-tail", "People dearer than any seen", pd.DataFrame(rows, columns=["Fact", "value"]), notes=(note,)
    )


def stress(result: ContractResult) -> Table | None:
    """What one thing going wrong does to each party; nothing while the contract year is not over."""
    if result.part_year:
        return None
    currency = result.dataset.meta.currency
    usual, *others = stressed(result, menu(result))
    rows = [
        _stress_row(usual, currency, ""),
        *(_stress_row(found, currency, _no_effect(result, found, usual)) for found in others),
    ]
    notes = (f"{reverse_words(result)}", "Mean results over the same drawn years, under the design in force. "
             "Sizes without a source are judgements, to be replaced by the parties’ own.")  # fmt: skip
    return Table("risk-stress", f"What if one thing goes wrong, {currency}", pd.DataFrame(rows), notes=notes,
                 words=("what is assumed", "source"))  # fmt: skip


def _no_effect(result: ContractResult, found: Stressed, usual: Stressed) -> str:
    """Why a case leaves every party as it was; empty where it does not."""
    if replace(found, case=usual.case) != usual:
        return ""
    outlook, case = result.design.outlook, found.case
    if not case.ramp:
        return f"no effect: {'the figure is nothing here' if case.cost == case.dearer == 1 else 'others bear it'}"
    if not (outlook.savings or outlook.ramp.above or outlook.ramp.below):
        return "no effect: no saving is assumed"
    if not ramp_share(1, outlook.ramp):
        return "no effect: no saving is assumed in the first contract year"
    return "no effect: all that is hoped for is taken off as optimism already"


def _stress_row(found: Stressed, currency: str, no_effect: str) -> dict[str, str]:
    return {
        "Case": found.case.name,
        "what is assumed": f"{found.case.says}; {no_effect}" if no_effect else found.case.says,
        f"holder, {currency}": amount(found.holder),
        f"partners, {currency}": amount(found.partners),
        f"commissioner, {currency}": amount(found.commissioner),
        f"holder’s 1-in-20 year, {currency}": amount(found.holder_bad_year),
        "reserves lost": percent(found.reserves_lost),
        "source": found.case.source,
    }


def reverse_words(result: ContractResult) -> str:
    """How far care has to cost more than the price to use the holder's reserves up in one year, in a sentence."""
    rise = reverse_stress(result, result.reserves)
    if rise is None:
        return "No rise of cost up to twice the price uses the holder’s reserves up in one year: other parties bear it."
    return f"The holder’s reserves are used up in one year when care costs {percent(rise, 1, signed=True)} against the price."


PARTNERS = "partners"  # together


def who_may_lose(result: ContractResult) -> dict[str, str]:
    """Of whom a reverse stress can be asked, with their names."""
    together = {PARTNERS: "Partners together"} if len(result.plans.inside) > 1 else {}
    return {HOLDER: party_label(HOLDER), **together, **{p: result.name_of(p) for p in result.plans.inside},
            COMMISSIONER: party_label(COMMISSIONER)}  # fmt: skip


def loss_words(result: ContractResult, party: str, loss: float) -> str:
    """How far care has to cost more than the price for a party to lose so much in one year, in a sentence.

    ``loss`` is in currency; the commissioner's is what it pays beyond the price.
    """
    if loss < HALF_PENNY:
        return "Enter a loss above nothing."
    name, lost = who_may_lose(result)[party], money(loss, result.dataset.meta.currency)
    pays, verb = party == COMMISSIONER, "lose" if party == PARTNERS else "loses"
    what = f"pays {lost} beyond the price" if pays else f"{verb} {lost}"
    rise = reverse_stress(result, loss + result.outlook.price if pays else loss, party)
    if rise is None:
        return f"{name}: no rise of cost up to twice the price takes so much as {lost}; other parties bear it."
    if rise <= -1 + NEARLY:
        return f"{name} {what} or more in one year whatever care costs."
    if abs(rise) < HALF_SHOWN:
        return f"{name} {what} in one year when care costs just the price."
    side = "more" if rise > 0 else "less"
    already = "already " if rise < 0 else ""
    return f"{name} {what} in one year {already}when care costs {percent(abs(rise))} {side} than the price."


def parties(result: ContractResult) -> Table | None:
    """Each party's own risk: against its turnover and its reserves, and who goes first; nothing while the year is not over."""
    if result.part_year:
        return None
    currency = result.dataset.meta.currency
    rows = [_party_row(result, found, currency) for found in party_risks(result)]
    years = result.design.form.years
    notes = (
        f"Loss and bad years are of {result.dataset.meta.year_name(result.year)}, the commissioner’s against the price. Reserves that are "
        f"used up, and who is first, are over {years} {'year' if years == 1 else 'years'}; several may be first together.",
        "What is entered for a partner counts: the result planned of all its work, and care moved to or away from it with the fixed "
        "cost that stays.",
        "A partner’s turnover is what this contract is planned to pay it, and its reserves 5 % of that, unless entered under "
        "payments.partners in the design.",
    )
    return Table("risk-parties", f"Each party’s own risk, {currency}", pd.DataFrame(rows), notes=notes)


def _party_row(result: ContractResult, found: PartyRisk, currency: str) -> dict[str, str]:
    return {
        "Party": result.name_of(found.party),
        f"turnover, {currency}": "–" if found.turnover is None else amount(found.turnover),
        f"reserves, {currency}": "–" if found.reserves is None else amount(found.reserves),
        "loses in": f"{100 * found.loses:.0f} years of 100",
        f"1-in-20 year, {currency}": amount(found.bad_year),
        f"1-in-100 year, {currency}": amount(found.worst_year),
        "1-in-20 loss of turnover": "–" if found.of_turnover is None else percent(found.of_turnover),
        "reserves used up": "–" if found.ruined is None else percent(found.ruined),
        "first to go": "–" if found.first is None else percent(found.first),
    }
