"""Tables about outcomes before signing: each measure, the designer's proposal, and what published shares would have meant."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from capitation.contract import ContractResult, measures_hidden
from capitation.dataset.disclosure import HIDDEN, may_show_mean
from capitation.left_out import left_out, supplied_in_words
from capitation.outcomes.designer import Considered
from capitation.signing import (
    OfMeasure,
    Signing,
    ahead_of,
    entries_of,
    measured_people_of,
    of_terms,
    proposal,
    signing,
    supplied_ahead,
)
from capitation.tables import Table, amount
from capitation.terms import percent

PUBLISHED = (
    ("LSHTM case C", 0.01, "under 1 % of £20m", "LSHTM slides"),
    ("LSHTM case B", 0.01, "1 % of £10m", "LSHTM slides"),
    ("ACO REACH", 0.02, "2 % withheld; 5 % in 2026", "domain reference, section 4.2"),
    ("CQUIN, 2016/17", 0.025, "2.5 % of the contract", "Healthcare Financial Management Association, 2016"),
    ("AQC, first two years", 0.10, "a bonus of up to 10 % of the budget", "domain reference, section 4.2"),
    ("Oxfordshire, as signed in 2015", 0.20, "20 % on seven outcomes, phased in to the end of year 2",
     "Health Service Journal 5090754, 5058296"),
)  # fmt: skip
VIRGINIA_MASON = (
    13  # measures, named under value-based purchasing and not as an accountable care contract: ESBT paper, annex D
)


def before_signing(result: ContractResult) -> Table | None:
    """Each paid measure before signing; nothing where none is named."""
    found = signing(result)
    if found is None:
        return None
    currency = result.dataset.meta.currency
    hidden = set(measures_hidden(result, result.basis.years[-1]))
    rows = [_hidden_row(of, currency) if of.name in hidden else _signing_row(of, currency) for of in found.measures]
    notes = (
        "Expected: the base years’ ratio. Spread: one standard deviation of the contract year’s value by chance in people. Told "
        "from chance: the smallest change found in 80 of 100 cases. Verdict: ‘improved’ from half of the points on.",
        f"Of {currency}{amount(found.at_stake)} a year {currency}{amount(found.unchanged.mean())} would be paid on average with nothing "
        f"changed and {currency}{amount(found.met.mean())} with every target truly met. A common shock to a measure is not in the spread.",
        *_not_drawn(result),
    )
    return Table("outcomes-before", "Each measure before signing", pd.DataFrame(rows), notes=notes)


def _not_drawn(result: ContractResult) -> list[str]:
    """Supplied measures whose spread nobody knows, in a line."""
    out = supplied_ahead(result).not_drawn
    said = "; ".join(f"{words(name)} ({why})" for name, why in out.items())
    return [f"Not in the drawn years: {said}. The others share what is at stake there."] if out else []


def _signing_row(of: OfMeasure, currency: str) -> dict[str, str]:
    return {
        "Measure": words(of.name),
        "people": f"{of.people:,}",
        "expected": f"{of.expected:.3g}",
        "spread": f"{of.sd:.2g}",
        "last year": "–" if np.isnan(of.last) else f"{of.last:.3g}",
        "success": f"{of.wanted:.3g}",
        "told from chance": f"{of.found:.2g}",
        "weight": percent(of.share, 0),
        f"paid, nothing changed, {currency}": f"{amount(of.unchanged)} ± {amount(of.unchanged_sd)}",
        f"paid, target met, {currency}": amount(of.met),
        "‘improved’ by luck": percent(of.luck, 0),
        "success refused": percent(of.refused, 0),
        "gain without doing anything": f"{of.free:.2g}" if of.free > 0 else "–",
    }


def _hidden_row(of: OfMeasure, currency: str) -> dict[str, str]:
    """A measure of few people keeps its name and weight."""
    row = dict.fromkeys(_signing_row(of, currency), HIDDEN)
    return row | {"Measure": words(of.name), "weight": percent(of.share, 0)}


def words(code: str) -> str:
    """A measure's code as people read it."""
    return code.replace("_", " ").capitalize()


def designer(result: ContractResult) -> Table:
    """The proposal: which measures, with what weights and scales, and why each other one is out."""
    found, people = proposal(result), measured_people_of(result, ahead_of(result).names, result.basis.years[-1])
    rows = [_considered_row(of, may_show_mean(people[of.name])) for of in found.considered]
    entries = entries_of(result)
    worth = percent(result.design.outcomes.worthwhile, 0)
    notes = [f"Worth paying for: {worth} of a measure’s value, at most half of what is left to win. Signal: that improvement over the "
             "standard deviation of a change by chance; 2.8 is found in 80 of 100 cases.",
             *_compared(signing(result), found.signing), *_beside(found.considered, entries)]  # fmt: skip
    return Table("outcomes-designer", "Measures proposed, and why the others are out", pd.DataFrame(rows), words=("why out",),
                 notes=tuple(notes))  # fmt: skip


def _considered_row(of: Considered, shown: bool) -> dict[str, str]:
    value, step, found = (f"{x:.3g}" if shown else HIDDEN for x in (of.value, of.step, of.found))
    scale = ("–", "–") if of.left_out else (f"{of.floor:.3g}", f"{of.target:.3g}")
    return {
        "Measure": words(of.name), "expected": value, "worth paying for": step, "told from chance": found,
        "signal": f"{of.signal:.1f}" if shown else HIDDEN, "weight": percent(of.weight / 100, 0) if of.weight else "–",
        "floor": scale[0], "target": scale[1], "why out": of.left_out,
    }  # fmt: skip


def _compared(now: Signing | None, then: Signing | None) -> Sequence[str]:
    """What the present measures and the proposed ones do for the same money."""
    if then is None:
        return [
            "No measure of these data tells an improvement of that size from chance: pay for reporting, or pool more people or years."
        ]
    said = "The measures proposed" if now is None else "The measures in force " + _does(now) + ". Those proposed"
    return [f"{said} {_does(then)}."]


def _does(of: Signing) -> str:
    if not of.at_stake:
        return "pay nothing"
    nothing, success = (percent(paid.mean() / of.at_stake, 0) for paid in (of.unchanged, of.met))
    return f"pay {nothing} of the money for nothing and {success} for success"


def _beside(considered: Sequence[Considered], entries: dict) -> Sequence[str]:
    """What to watch beside each measure proposed."""
    return [f"Beside {words(of.name)}: it can be gamed ({entries[of.name].gaming}), so watch {entries[of.name].balance}."
            for of in considered if not of.left_out and of.name in entries]  # fmt: skip


def published(result: ContractResult) -> Table | None:
    """What published shares of outcome money would have meant for this cohort and its measures; nothing without any."""
    found, currency = signing(result), result.dataset.meta.currency
    if found is None:
        return None
    terms, price = result.design.outcomes, result.price.payment
    rows = []
    for name, share, said, source in PUBLISHED:
        there = of_terms(found.ahead, terms, share * price, {})
        rows.append({
            "Contract": name, "share": percent(share), f"at stake, {currency}": amount(there.at_stake),
            f"paid, nothing changed, {currency}": f"{amount(there.unchanged.mean())} ± {amount(there.unchanged.std())}",
            f"success is worth, {currency}": amount(there.for_success), "what is published": said, "source": source,
        })  # fmt: skip
    each = amount(terms.withhold * price / VIRGINIA_MASON)
    notes = (
        "This contract’s own measures and scales with another share of the price. Where a source says ‘under’ or ‘up to’, the share "
        "is that end.",
        f"Virginia Mason named {VIRGINIA_MASON} measures (ESBT paper, annex D) under value-based purchasing, not as an accountable care "
        f"contract; which they were is in no source seen. Split equally over so many, this contract’s share would put {currency}{each} "
        "on each.",
    )
    title = "What published shares would have meant here"
    return Table("outcomes-published", title, pd.DataFrame(rows), words=("what is published", "source"), notes=notes)


MUCH = 0.10  # of the price: real deals rarely put more on outcomes


def in_words(result: ContractResult) -> list[str]:
    """What a board asks before signing, in sentences, the part each is about before the colon."""
    found, terms = signing(result), result.design.outcomes
    said = [_at_stake(result)]
    if found is not None:
        hidden = set(measures_hidden(result, result.basis.years[-1]))
        said += [_verdicts(found), *_by_itself([of for of in found.measures if of.name not in hidden])]
    if result.score.gate_failed:
        said.append(
            f"Gate: {words(result.score.gate_failed)} did not reach its gate in the settled year, so nothing is earned."
        )
    if terms.phases:
        parts = ", ".join(f"{part} %" for part in terms.phases)
        said.append(
            f"Phases: of the money {parts} depends on points in the years of the contract in turn; the rest is paid for reporting."
        )
    return said + _not_drawn(result) + supplied_in_words(result) + left_out(result)


def _at_stake(result: ContractResult) -> str:
    share, currency = result.design.outcomes.withhold, result.dataset.meta.currency
    much = f"; above {percent(MUCH, 0)} is unusual" if share > MUCH else ""
    how = "kept back" if result.design.outcomes.pays == "part kept back" else "paid on top"
    return f"At stake: {currency}{amount(share * result.price.payment)} a year, {percent(share)} of the price, {how}{much}."


def _verdicts(found: Signing) -> str:
    high, low = (round(100 * of) for of in (found.wrongly_high, found.wrongly_low))
    return (f"Wrong verdicts: at least half of the money is paid in {high} years of 100 in which nothing changed, and less than "
            f"half in {low} of 100 in which every target was truly met.")  # fmt: skip


def _by_itself(measures: Sequence[OfMeasure]) -> list[str]:
    """Measures whose last base year was worse than usual: they come back without anybody doing anything."""
    free = "; ".join(f"{words(of.name)} by {of.free:.2g}" for of in measures if of.free > 0)
    said = f"Comes back by itself: the last base year was worse than usual, so expect better with nothing done: {free}."
    return [said] if free else []
