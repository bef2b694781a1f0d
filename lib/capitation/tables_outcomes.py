"""Tables about outcomes before signing: each measure, how strong it is, the designer's proposal, and what published shares would
have meant."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.contract import ContractResult, measures_hidden
from capitation.dataset.disclosure import HIDDEN, may_show_mean, rounded_count, suppress_count
from capitation.design.outcome_parts import Outcomes
from capitation.form import measure_advice
from capitation.left_out import left_out, supplied_in_words
from capitation.outcomes.base_years import TREND, UNEVEN
from capitation.outcomes.designer import (
    ALIKE,
    BY_CHANCE,
    FEWEST,
    LARGEST_STAKE,
    MOST,
    SMALLEST_STAKE,
    Considered,
    reach,
)
from capitation.outcomes.library import added, computable, measures_of
from capitation.outcomes.luck import false_signals
from capitation.outcomes.named import Named, called, entries, name_of
from capitation.outcomes.power import ALPHA
from capitation.outcomes.reliability import TO_PAY
from capitation.signing import (
    HALF,
    OfMeasure,
    Proposal,
    Signing,
    most_of,
    of_terms,
    part_for_points,
    proposal,
    signing,
    supplied_ahead,
)
from capitation.signing_strength import OF_CHANGE, Strength, Together, paid_and_shown, strengths, together
from capitation.tables import Table, amount
from capitation.terms import MINUS, percent

POINTS_ARE = "Points are percentage points."
MILLION = 1e6


def before_signing(result: ContractResult) -> Table | None:
    """Each measure with weight before signing; nothing where none is named."""
    found = signing(result)
    if found is None:
        return None
    currency = result.dataset.meta.currency
    hidden = set(measures_hidden(result, result.basis.years[-1]))
    rows = [(_hidden_row if of.name in hidden else _signing_row)(of, called(result.dataset, of.name), currency)
            for of in found.measures if of.share > 0]  # fmt: skip
    notes = (
        "Expected: the base years’ ratio, or where the years before rose or fell by more than chance explains, that line carried "
        "on. Spread: one standard deviation of the contract year’s value, by chance in people and what years moved beyond it. Told "
        f"from chance: the smallest change found in 80 of 100 cases. Verdict: ‘improved’ from half of the points on. {POINTS_ARE}",
        f"Of {currency}{amount(found.at_stake)} a year {currency}{amount(found.unchanged.mean())} would be paid on average with nothing "
        f"changed and {currency}{amount(found.met.mean())} with every target truly met.",
        "A rise too slow, or a shock too rare, for the years before to show is not in it.",
        *_not_drawn(result),
    )
    return Table("outcomes-before", "Each measure before signing", pd.DataFrame(rows), words=("unit",), notes=notes)


def _not_drawn(result: ContractResult) -> list[str]:
    """Supplied measures whose spread nobody knows, in a line."""
    out = supplied_ahead(result).not_drawn
    said = "; ".join(f"{words(result, name)} ({why})" for name, why in out.items())
    for_it = (
        "earns nothing there"
        if result.design.outcomes.missing == "earns nothing"
        else "has its weight taken by the others"
    )
    return [f"Not in the drawn years: {said}; what can’t be drawn {for_it}."] if out else []


def _signing_row(of: OfMeasure, named: Named, currency: str) -> dict[str, str]:
    return {
        "Measure": named.name,
        "unit": named.heading,
        "people": suppress_count(of.people),
        "expected": named.number(of.expected),
        "spread": named.change(of.sd),
        "last year": "–" if np.isnan(of.last) else named.number(of.last),
        "success": named.number(of.wanted),
        "told from chance": named.change(of.found),
        "weight": percent(of.share, 0),
        f"paid, nothing changed, {currency}": f"{amount(of.unchanged)} ± {amount(of.unchanged_sd)}",
        f"paid, target met, {currency}": amount(of.met),
        "‘improved’ by luck": percent(of.luck, 0) if of.already < HALF else f"level earns {percent(of.already, 0)}",
        "success refused": percent(of.refused, 0),
        "gain without doing anything": named.change(of.free) if of.free > 0 else "–",
    }


def _hidden_row(of: OfMeasure, named: Named, currency: str) -> dict[str, str]:
    """A measure of few people keeps its name, unit and weight."""
    row = dict.fromkeys(_signing_row(of, named, currency), HIDDEN)
    return row | {"Measure": named.name, "unit": named.heading, "weight": percent(of.share, 0)}


def words(result: ContractResult, code: str) -> str:
    """A measure's name as people read it."""
    return called(result.dataset, code).name


def strength(result: ContractResult) -> Table | None:
    """Each paid measure's value with limits, what change is found, and what of it is real; nothing without any to show."""
    found = strengths(result)
    if not found:
        return None
    rows = [_strength_row(of, called(result.dataset, of.name)) for of in found]
    worth = percent(result.design.outcomes.worthwhile, 0)
    notes = (
        "Limits: 95 %, by the method that fits: Wilson for shares, Byar (exact below ten) for events, people drawn anew where one "
        "person counts several times.",
        f"Smallest change: found in 80 of 100 cases against the last base year, two-sided at 5 %. Worthwhile: {worth} of the value; "
        f"chance to find it: its power, 80 % is usual. {POINTS_ARE}",
        f"Reliability: what part of what is seen is true and not chance, 0 to 1; {TO_PAY:g} is the rule for paying. {_of_what(found)}",
    )
    title = "Before signing: what these people can show"
    return Table(
        "outcomes-strength", title, pd.DataFrame(rows), words=("unit", "limits by", "reliability of"), notes=notes
    )


def _of_what(found: Sequence[Strength]) -> str:
    """What reliability is of, said for what stands in the table."""
    by_place = sorted({of.of_what for of in found} - {OF_CHANGE})
    said = (
        [f"Of {' or '.join(by_place)}: the part of the spread between them that is true, at the middle one’s size."]
        if by_place
        else []
    )
    if any(of.of_what == OF_CHANGE for of in found):
        said.append("Of the cohort’s change, where too few practices or localities can be compared: the part that would be true of a "
                    "change as large as the worthwhile one, beside what chance alone does to a change.")  # fmt: skip
    return " ".join(said)


def _strength_row(of: Strength, named: Named) -> dict[str, str]:
    limits = "not known" if math.isnan(of.low) else f"{named.number(of.low)} to {named.number(of.high)}"
    return {
        "Measure": named.name,
        "unit": named.heading,
        "last base year": "–" if math.isnan(of.value) else named.number(of.value),
        "95 % limits": limits,
        "limits by": of.limits_by,
        "people": suppress_count(of.people),
        "smallest change found": named.change(of.found),
        "worthwhile change": named.change(of.worthwhile),
        "chance to find it": percent(of.power, 0),
        "people to find it in 80 of 100": _about(of.people_to_find),
        "reliability": f"{of.reliability:.2f}",
        "reliability of": of.of_what,
        f"needed for {TO_PAY:g}": _needed_to_pay(of),
    }


def _needed_to_pay(of: Strength) -> str:
    """The size that 0.7 takes, beside the size there is; in words where none is enough."""
    if math.isinf(of.size_to_pay):
        return "no size: no true difference is seen"
    each = "" if of.of_what == OF_CHANGE else " each"
    return f"{_about(of.size_to_pay)} {of.size_of}{each} (now {rounded_count(round(of.size)) or HIDDEN:,})"


def _about(people: float) -> str:
    """A number of people to two figures: what it takes is an estimate."""
    if not np.isfinite(people):
        return "–"
    if people >= MILLION:
        return "over a million"
    digits = max(int(math.log10(max(people, 1))) - 1, 0)
    return f"{math.ceil(people / 10**digits) * 10**digits:,}"


def correlation(result: ContractResult) -> Table | None:
    """How the paid measures move together by chance, two by two; nothing with fewer than two."""
    found = together(result)
    if found is None:
        return None
    names = [words(result, name) for name in found.names]
    numbers = [f"{k + 1}" for k in range(len(names))]
    rows = [
        {"Measure": f"{numbers[k]} {name}"} | {n: _pair(found, k, j) for j, n in enumerate(numbers)}
        for k, name in enumerate(names)
    ]
    return Table(
        "outcomes-correlation",
        "Do the paid measures move together?",
        pd.DataFrame(rows),
        notes=_alike_notes(result, found),
    )


def _pair(found: Together, k: int, j: int) -> str:
    return "–" if j == k else _correlated(found.correlation[k, j]) if j < k else ""


def _correlated(value: float) -> str:
    return f"{MINUS if round(value, 2) < 0 else ''}{abs(value):.2f}"


def _alike_notes(result: ContractResult, found: Together) -> tuple[str, ...]:
    currency, alike = result.dataset.meta.currency, found.most_alike
    most = (
        f"Most alike: {words(result, alike[0])} and {words(result, alike[1])}, {_correlated(alike[2])}. "
        if alike
        else ""
    )
    return (
        f"Correlation of the contract year’s values by chance in people: 0, nothing in common; 1, the same; above {ALIKE:g} two measures "
        f"are one. {most}",
        f"With nothing changed what is paid for all of them spreads by {currency}{amount(found.sd)} (one standard deviation); it "
        f"would be {currency}{amount(found.sd_apart)} if they had nothing in common. At least one of {len(found.names)} is called "
        f"changed in {round(100 * found.false_signal)} years of 100 in which none is, counted as if they were independent.",
    )


def designer(result: ContractResult) -> Table:
    """The proposal: which measures, with what weights and scales, what to watch beside each, and why each other one is out."""
    found = proposal(result)
    rows = [_considered_row(result, of) for of in found.considered]
    outcomes = result.design.outcomes
    notes = [f"Worth paying for: {percent(outcomes.worthwhile, 0)} of a measure’s value, at most half of what is left to win. Signal: that "
             f"improvement over the standard deviation of a change by chance; 2.8 is found in 80 of 100 cases. {POINTS_ARE}",
             _stakes_words(result, found), *_compared(result, found), *_beside(result, found.considered)]  # fmt: skip
    return Table("outcomes-designer", "Measures proposed, and why the others are out", pd.DataFrame(rows),
                 words=("unit", "watch beside it", "why out"), notes=tuple(notes))  # fmt: skip


def _considered_row(result: ContractResult, of: Considered) -> dict[str, str]:
    named, shown = called(result.dataset, of.name), may_show_mean(of.people)
    hidden = HIDDEN if of.people else "–"
    scale = ("–", "–") if of.left_out else (named.number(of.floor), named.number(of.target))
    return {
        "Measure": named.name, "unit": named.heading,
        "expected": _known(named.number, of.value) if shown else hidden,
        "worth paying for": _known(named.change, of.step) if shown else hidden,
        "told from chance": _known(named.change, of.found) if shown else hidden,
        "signal": _known("{:.1f}".format, of.signal) if shown else hidden,
        "weight": percent(of.weight / 100) if of.weight else "–",
        "floor": scale[0], "target": scale[1],
        "watch beside it": "–" if of.left_out else _pairs(result, of.name), "why out": _why_out(result, of),
    }  # fmt: skip


def _known(write, value: float) -> str:
    return "–" if math.isnan(value) else write(value)


def _why_out(result: ContractResult, of: Considered) -> str:
    """Why a measure is out; one that chance hides says what these people tell, and how many it would take."""
    if of.like:
        return f"it moves with {words(result, of.like)}, which tells more"
    if of.left_out != BY_CHANCE or math.isnan(of.needed):
        return of.left_out
    named = called(result.dataset, of.name)
    tell = f"{suppress_count(of.people)} people tell a change of {named.full_change(of.found)} from chance"
    return (f"{tell}, not of {named.change(of.step)}: that takes about {_about(of.needed)}")  # fmt: skip


def _pairs(result: ContractResult, name: str) -> str:
    """The balancing measures of a measure, and whether these data have them."""
    of = entries(result.dataset).get(name)
    if of is None:
        return "none is known: name one before paying on it"
    known, given = measures_of(result.dataset), added(result.dataset)
    here = {*computable(result.dataset, known), *given.measures_with_figures}
    pairs = [f"{name_of(known[short])} ({'counted here' if short in here else 'not in these data'})"
             for short in of.balance_ids if short in known]  # fmt: skip
    return "; ".join(pairs) or of.balance


def _stakes_words(result: ContractResult, found: Proposal) -> str:
    """What the money at risk carries, and what to do with the rest of it where too few measures are fit."""
    share, count = result.design.outcomes.withhold, len(found.terms.measures)
    rule = (f"Each measure carries {percent(SMALLEST_STAKE, 2)} of the price or more (as in CQUIN 2022/23, at most five of 0.25 %: less is "
            f"not worth its paperwork) and {percent(LARGEST_STAKE, 0)} or less (judgement), so {percent(share)} at risk pays for at most "
            f"{reach(share)}.")  # fmt: skip
    if not count:
        return rule
    part = part_for_points(found.terms)
    few = (
        f" {FEWEST} to {MOST} are advised; {count} of these data {'is' if count == 1 else 'are'} fit: pool people or years for more."
        if count < FEWEST
        else ""
    )
    rest = (
        f" So {percent(part, 0)} of the money depends on points, and the rest is paid for reporting every measure."
        if part < 1
        else ""
    )
    return rule + few + rest


def _compared(result: ContractResult, found: Proposal) -> Sequence[str]:
    """What the present measures and the proposed ones do for the same money."""
    now, then = signing(result), found.signing
    if then is None:
        return [
            "No measure of these data tells an improvement of that size from chance for this money: pay for reporting, or pool more "
            "people or years."
        ]
    said = "The measures proposed"
    if now is not None:
        said = f"The measures in force {_does(now)}. Those proposed"
    return [f"{said} {_does(then)}."]


def _does(of: Signing) -> str:
    """What is paid for nothing and for success, of what depends on points; and what is paid for reporting before that."""
    if not of.for_points:
        return "pay nothing for points"
    part = of.for_points / of.at_stake
    nothing, success = (percent(of.of_points(paid).mean(), 0) for paid in (of.unchanged, of.met))
    if part == 1:
        return f"pay {nothing} of the money for nothing and {success} for success"
    return f"pay {percent(1 - part, 0)} of the money for reporting and of the rest {nothing} for nothing and {success} for success"


def _beside(result: ContractResult, considered: Sequence[Considered]) -> Sequence[str]:
    """How each measure proposed can be gamed, and what shows it."""
    known = entries(result.dataset)
    return [f"{words(result, of.name)} can be gamed ({known[of.name].gaming}), so watch {known[of.name].balance} beside it."
            for of in considered if not of.left_out and of.name in known]  # fmt: skip


@dataclass(frozen=True)
class Published:
    """What a contract published of its outcome money: ``share`` of its price, None where none is, and how many ``measures``.

    ``end`` says that the share is the end of a range; ``equal`` that measures weighed the same; ``on_top`` that it was a bonus.
    """

    name: str
    share: float | None
    said: str
    not_applied: str
    source: str
    measures: int | None = None
    end: str = ""
    equal: bool = False
    on_top: bool = False


PUBLISHED = (
    Published("LSHTM case C", 0.01, "adult care, £20m, a joint venture not signed: under 1 % (under £200,000), still negotiated",
              "a share below 1 %: which is not published", "LSHTM slides", end="under "),
    Published("LSHTM case B", 0.01, "mental health, £10m, a signed alliance: 1 % (£100,000)",
              "its measures and scales: not published", "LSHTM slides"),
    Published("CQUIN, 2022/23", 0.0125, "1.25 %, at most five indicators of equal weight, paid before and clawed back",
              "the clawback, paused for 2024/25 as out of proportion to the money", "hfma.org.uk, 2022 and 2024", 5, equal=True),
    Published("ACO REACH", 0.02, "2 % withheld on four measures; 5 % in 2026",
              "what is earned halves where the improvement test fails", "naacos.com; legalclarity.org", 4),
    Published("CQUIN, 2016/17", 0.025, "2.5 % of the contract", "its many local measures: not listed in one source", "hfma.org.uk, 2016"),
    Published("AQC, years 1 and 2", 0.10, "a bonus of up to 10 % of the budget on 64 measures",
              "from year 3 quality sets the share of gains and of losses instead: by how much is not published (the term "
              "‘Outcomes change the share of’ of the risk step does it)", "gerardcambon.net; PMC3548447", 64, "up to ", on_top=True),
    Published("Oxfordshire, as signed in 2015", 0.20, "20 % on seven outcomes (£7m of £35m a year), phased in to the end of year 2",
              "the phases: the parts by year are not published, so the row is of year 3 on", "Health Service Journal 5090754, 5058296", 7),
    Published("Virginia Mason", None, "13 measures under value-based purchasing, not an accountable care contract",
              "which measures, and what money: in no source seen. The row is this contract’s own share, split over so many",
              "ESBT paper, annex D", 13),
)  # fmt: skip


def published(result: ContractResult) -> Table | None:
    """What published shares of outcome money would have meant for this cohort and its measures; nothing without any."""
    found = signing(result)
    if found is None:
        return None
    rows = [_published_row(result, found, of) for of in PUBLISHED]
    notes = (
        "This contract’s own measures and scales with another share of the price, at equal weights where that is published. On each: "
        "split equally over as many measures as that contract had. False call: at least one of so many is called changed by chance "
        "though none is (two-sided at 5 %, as if independent).",
    )
    title = "What published shares would have meant here"
    return Table("outcomes-published", title, pd.DataFrame(rows),
                 words=("what is published", "not applied in the row", "source"), notes=notes)  # fmt: skip


def _published_row(result: ContractResult, found: Signing, of: Published) -> dict[str, str]:
    currency, terms, price = result.dataset.meta.currency, result.design.outcomes, result.price.payment
    share = terms.withhold if of.share is None else of.share
    there = of_terms(found.ahead, _equal(terms) if of.equal else terms, share * price, {}, most_of(result))
    each, end = there.at_stake / of.measures if of.measures else math.nan, of.end
    return {
        "Contract": of.name,
        "share": "none published" if of.share is None else end + percent(share, 2 if share < 0.02 else 1),
        "measures there": f"{of.measures}" if of.measures else "–",
        f"at stake, {currency}": f"{end}{amount(there.at_stake)}{', on top' if of.on_top else ''}",
        f"on each, {currency}": end + amount(each) if of.measures else "–",
        f"paid, nothing changed, {currency}": f"{end}{amount(there.unchanged.mean())} ± {amount(there.unchanged.std())}",
        f"success is worth, {currency}": end + amount(there.for_success),
        "false call": percent(float(false_signals(of.measures, ALPHA)), 0) if of.measures else "–",
        "what is published": of.said, "not applied in the row": of.not_applied, "source": of.source,
    }  # fmt: skip


def _equal(terms: Outcomes) -> Outcomes:
    """The terms with every measure that has weight at the same one."""
    same = {name: of.model_copy(update={"weight": 1.0 if of.weight else 0.0}) for name, of in terms.measures.items()}
    return terms.model_copy(update={"measures": same})


MUCH = 0.10  # of the price: real deals rarely put more on outcomes


def in_words(result: ContractResult) -> list[str]:
    """What a board asks before signing, in sentences, the part each is about before the colon."""
    found, said = signing(result), [_at_stake(result)]
    if found is not None:
        said += [_verdicts(found), *_can_be_told(result), *_moves(result, found), *_by_itself(result, found)]
    if result.score.gate_failed:
        failed = words(result, result.score.gate_failed)
        said.append(f"Gate: {failed} did not reach its gate in the settled year, so nothing is earned.")
    said += _phases(result.design.outcomes)
    return [*said, *_not_drawn(result), *supplied_in_words(result), *left_out(result), *_to_check(result)]


def _phases(terms: Outcomes) -> list[str]:
    parts = ", ".join(f"{part} %" for part in terms.phases)
    said = f"Phases: of the money {parts} depends on points in the years of the contract in turn; the rest is paid for reporting."
    return [said] if parts else []


def _to_check(result: ContractResult) -> list[str]:
    """What the measure library has to say against the terms."""
    advice = [*measure_advice.of_terms(result.design, measures_of(result.dataset)), *measure_advice.of_result(result)]
    return [f"To check: {line}" for line in advice]


def _at_stake(result: ContractResult) -> str:
    share, currency = result.design.outcomes.withhold, result.dataset.meta.currency
    much = f"; above {percent(MUCH, 0)} is unusual" if share > MUCH else ""
    how = "kept back" if result.design.outcomes.pays == "part kept back" else "paid on top"
    return f"At stake: {currency}{amount(share * result.price.payment)} a year, {percent(share)} of the price, {how}{much}."


def _verdicts(found: Signing) -> str:
    high, low = (round(100 * of) for of in (found.wrongly_high, found.wrongly_low))
    return (f"Wrong verdicts: at least half of the money for points is paid in {high} years of 100 in which nothing changed, and "
            f"less than half in {low} of 100 in which every target was truly met.")  # fmt: skip


def _can_be_told(result: ContractResult) -> list[str]:
    """What these people can tell of each measure, in a sentence."""
    each = "; ".join(_told(called(result.dataset, of.name), of) for of in strengths(result))
    return [f"What can be told: {each}. The rule for paying is a reliability of {TO_PAY:g}."] if each else []


def _told(named: Named, of: Strength) -> str:
    return (f"{named.name}, a change of {named.full_change(of.worthwhile)} is found in {round(100 * of.power)} of 100 cases, "
            f"reliability {of.reliability:.2f} ({of.of_what})")  # fmt: skip


def _moves(result: ContractResult, found: Signing) -> list[str]:
    """Measures whose years before disagree by more than chance explains: nobody need do anything for them to move."""
    moved = {
        kind: [words(result, of.name) for of in paid_and_shown(result, found) if of.moved == kind]
        for kind in (TREND, UNEVEN)
    }
    said = {TREND: "rising or falling from year to year by more than chance explains, and expected to go on",
            UNEVEN: "uneven between years by more than chance explains, so that the spread is wider"}  # fmt: skip
    each = "; ".join(f"{said[kind]}: {', '.join(names)}" for kind, names in moved.items() if names)
    return [f"Moves by itself: {each}."] if each else []


def _by_itself(result: ContractResult, found: Signing) -> list[str]:
    """Measures whose last base year was worse than usual: they come back without anybody doing anything."""
    free = "; ".join(_free(called(result.dataset, of.name), of) for of in paid_and_shown(result, found) if of.free > 0)
    said = f"Comes back by itself: the last base year was worse than the years before tell, so expect better with nothing done: {free}."
    return [said] if free else []


def _free(named: Named, of: OfMeasure) -> str:
    return f"{named.name} by {named.full_change(of.free)}"
