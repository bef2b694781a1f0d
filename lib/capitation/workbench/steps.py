"""The steps of the story: what each asks, what it finds in the present design, its pictures and its controls.

The words are made here once, so that notebook, board and report say the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from capitation import tables_outcomes, tables_payments, tables_risk
from capitation.charts import (
    outcomes,
    outcomes_after,
    payments,
    price,
    price_gap,
    price_need,
    price_path,
    quality,
    risk,
    risk_term,
    scope,
    shadow,
)
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.contract_term import contract_term
from capitation.dataset.disclosure import suppress_count
from capitation.dataset.faults import Fault
from capitation.dataset.quality import quality_lines
from capitation.headline import BAD_YEAR, Headline, headline
from capitation.loss.simulation_error import Estimate, quantile_of
from capitation.parties import sizes_of
from capitation.price.form_costs import CAUTION
from capitation.price_checks import (
    bare_path_of,
    bid_of,
    bids_by_bidders,
    curse_of,
    form_costs_of,
    gap_of,
    in_period,
    kept_of,
    model_in_force,
    period_of,
    price_path_of,
    savings_of,
    so_far,
)
from capitation.risk.minimum_rate import false_pay, paid_for_luck
from capitation.settlement import form_cost
from capitation.shadow.back_test import BackTest, back_test
from capitation.tables import rounded_person_years
from capitation.tables_outcomes_after import after_details
from capitation.terms import HALF_PENNY, HOLDER, money, percent
from capitation.workbench.cohort_words import PICTURES, cohort_details
from capitation.workbench.scope_words import scope_details

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

Words = Callable[[ContractResult], str]


@dataclass(frozen=True)
class Step:
    """One step: its question, its finding in one sentence, a summary for the rail, pictures, and term paths.

    A picture is None where the data set tells nothing of what it shows. ``details`` are sentences under the finding;
    ``more`` makes a widget below the pictures.
    """

    key: str
    title: str
    question: str
    look_at: str
    finding: Words
    summary: Words
    pictures: tuple[Callable[[ContractResult], Picture | None], ...]
    terms: tuple[str, ...]
    details: Callable[[ContractResult], list[str]] = lambda _: []
    more: Callable[["Workbench"], Any] | None = None


def _cur(result: ContractResult) -> str:
    return result.dataset.meta.currency


def _year(result: ContractResult) -> str:
    return result.dataset.meta.year_name(result.year)


def _people(result: ContractResult) -> str:
    return suppress_count(result.cohort.people(result.year))


def _bad_cost(result: ContractResult) -> float:
    """How far cost lies above its mean one drawn year in twenty, as a share."""
    total = result.outlook_cost.total
    return quantile_of(total, 1 - BAD_YEAR).value / float(np.mean(total)) - 1


def _found(findings: list[Fault]) -> int:
    return sum(not fault.together for fault in findings)


def _data_finding(result: ContractResult) -> str:
    data = result.dataset
    if not data.findings:
        return f"{quality.score_words(data.quality)}; no fault was found in what the rows add up to."
    first = data.findings[0]
    others = _found(data.findings) - 1
    more = f" (and {others} more)" if others else ""
    effect = f"; {first.effect}" if first.effect else ""
    return f"{quality.score_words(data.quality)}. Before any price is set: {first.where}, {first.seen()}{effect}{more}."


def _data_details(result: ContractResult) -> list[str]:
    data = result.dataset
    made = f"Synthetic: nobody in these data is real; {data.meta.source.removeprefix('Synthetic: ').rstrip('.')}."
    return [
        *([made] if data.meta.synthetic else []),
        *quality_lines(data.quality),
        *(f"Finding: {fault.shown()}" for fault in data.findings),
        *(f"Not looked for: {sentence}" for sentence in data.not_searched),
    ]


def _data_summary(result: ContractResult) -> str:
    score, found = result.dataset.quality.score.value, _found(result.dataset.findings)
    marks = "no score" if np.isnan(score) else f"{score:.0f} of {quality.FULL_MARKS}"
    return f"{marks} · {found or 'no'} finding{'' if found == 1 else 's'}"


def _cohort_finding(result: ContractResult) -> str:
    size = result.profile.size
    people = (f"About {_people(result)} people are in for {_year(result)}, "
              f"{rounded_person_years(result.profile.exposure):,} person-years")  # fmt: skip
    if size is None:
        return f"{people}; nobody among them has any cost."
    verdict = "are enough" if size.enough else "are too few"
    return (f"{people}: they {verdict} for a tolerance of {percent(size.tolerance)}. Chance alone takes the cost of all "
            f"their care {percent(size.reached)} above its mean one year in {1 / size.chance:.0f}; shocks and price errors come "
            "on top.")  # fmt: skip


def _scope_finding(result: ContractResult) -> str:
    share = result.scope.shown_share(result.year)
    if share is None:
        return "All recorded care of the members is covered but for services that few people use."
    if share >= 0.9995:
        return "All recorded care of the members is covered, so none of it can be moved outside the contract."
    return (f"{percent(share, 0)} of what the members cost is covered; the other {percent(1 - share, 0)} "
            "is where cost can move to.")  # fmt: skip


def _price_finding(result: ContractResult) -> str:
    found, currency = result.price, _cur(result)
    low, high = found.interval()
    priced, ends = money(found.per_person_year, currency), f"{money(low, currency)} to {money(high, currency)}"
    short = money((high - found.per_person_year) * found.exposure, currency)
    return (f"A person-year is priced at {priced}; the right price may lie anywhere from {ends} (95 %): on "
            f"{rounded_person_years(found.exposure):,.0f} person-years it may be up to {short} too little from the start.")  # fmt: skip


def _within(result: ContractResult) -> str:
    low, high = (money(end, _cur(result)) for end in result.price.interval())
    return f"{low} to {high}"


def _price_details(result: ContractResult) -> list[str]:
    """What else decides whether the price is enough, in sentences."""
    currency = _cur(result)
    return [
        f"Error: {price.how_wrong_finding(result)}.",
        f"Growth: {price.growth_finding(result)}. {_range_words(result)}",
        f"Other ways to count: {price.ways_finding(result)}.",
        *_need_words(result),
        f"Offer: {price_gap.bid_finding(bid_of(result), currency)}. {_gap_words(result)}",
        f"Honest bids: {_curse_words(result)}",
        f"Savings: {savings_of(result).verdict}",
        f"Form: {_form_words(result)}",
    ]


def _range_words(result: ContractResult) -> str:
    """What growth is thought possible, and whether the growth measured lies outside."""
    terms, measured = result.design.price, result.growth_parts
    likely = (1 + terms.trend) * (1 + terms.growth.need) - 1
    low, high = likely - terms.growth.below, likely + terms.growth.above
    said = f"Between {percent(low, signed=True)} and {percent(high, signed=True)} a year is thought possible"
    if measured is None or low <= price.yearly_growth(result) <= high:
        return f"{said}."
    return f"{said}: the growth measured lies outside, so the range or the data want a second look."


def _need_words(result: ContractResult) -> list[str]:
    found = result.need_judged
    return (
        [f"Need: {price_need.explained_finding(found, result.dataset.meta.year_name)}."]
        if found and explained_picture(result)
        else []
    )


def _gap_words(result: ContractResult) -> str:
    gap, currency = gap_of(result), _cur(result)
    expected = f"the expected cost of {period_of(result)}" + (
        " before savings" if result.design.outlook.savings else ""
    )
    if abs(gap.amount) < 0.5:
        return f"It is {expected}."
    side = "short of" if gap.amount > 0 else "above"
    return (f"It is {money(abs(gap.amount), currency)} {side} {expected}, {_times(abs(gap.share))} the offer: "
            f"{abs(gap.in_cost_sds):.1f} standard deviations of chance, "
            f"{abs(gap.in_price_errors):.1f} of the price’s own error.")  # fmt: skip


def _times(share: float) -> str:
    return f"{percent(share)} of" if share < 10 else f"{share:,.0f} times"


def _curse_words(result: ContractResult) -> str:
    bidders, curse = result.design.price.bid.bidders, curse_of(result)
    if bidders < 2:
        return "one bidder alone is not chosen for being low."
    return (f"of {bidders}, each right on average and as uncertain as this price, the lowest is expected "
            f"{money(curse.shade, _cur(result))} too low; that much has to be added to undo it.")  # fmt: skip


def _form_words(result: ContractResult) -> str:
    form, costs = result.design.form, form_cost(result.price.payment, result.design.form)
    if not costs:
        return f"holder: {form.holder}; no VAT refund is lost, and no cost of running the contract is entered."
    who = "the commissioner pays" if form.funded else "nobody pays, so the holder bears"
    each = " and ".join(f"{money(amount, _cur(result))} for {name}" for name, amount in costs.items())
    return f"{who} {each}, on top of the price. {CAUTION}"


def _risk_finding(result: ContractResult) -> str:
    figures, currency = headline(result), _cur(result)
    return (f"Holder and partners together {_lose_together(figures, currency)}; "
            f"{percent(figures.kept_of_next_pound, 0)} of the next {currency}1 saved stays with those who save it.")  # fmt: skip


def _lose_together(figures: Headline, currency: str) -> str:
    lose, loss = figures.providers_lose.value, -figures.providers_bad_year.value
    if not lose:
        return "lose money in no drawn year"
    least = f"one year in twenty at least {money(loss, currency)}" if loss >= HALF_PENNY else "fewer than one in twenty"
    return f"lose money in {100 * lose:.0f} years of 100, {least}"


def _risk_details(result: ContractResult) -> list[str]:
    """What each clause does and what is left to save for, in sentences."""
    return [
        f"Clauses: {tables_risk.clause_words(result)}",
        f"Reason to save: {tables_risk.silent_words(result)}",
        *_minimum_words(result),
        f"Reverse stress: {tables_risk.reverse_words(result)}",
        "Over the term: told when the year is over, because yearly limits mean nothing in a part of one."
        if result.part_year
        else f"Over the term: {risk_term.reserve_finding(contract_term(result))}.",
    ]


def _minimum_words(result: ContractResult) -> list[str]:
    """The minimum rate in force, and how often chance alone meets it."""
    sharing = result.in_force.risk.sharing
    if not sharing.on or not sharing.minimum_rate:
        return []
    sd = float(result.outlook_cost.total.std()) / result.price.payment
    return [f"Minimum rate: {percent(sharing.minimum_rate)}; with no saving at all chance alone meets it in "
            f"{100 * false_pay(sharing.minimum_rate, sd):.0f} years of 100, which is worth "
            f"{percent(paid_for_luck(sharing.gain_share, sharing.minimum_rate, sd), 2)} of the price, caps and other "
            "clauses apart."]  # fmt: skip


def reserve_picture(result: ContractResult) -> Picture | None:
    """What is left of the holder's reserve over the contract; nothing while the contract year is not over."""
    if result.part_year:
        return None
    return risk_term.reserve(contract_term(result), _cur(result), _contract_years(result))


def _payments_finding(result: ContractResult) -> str:
    ahead, currency = result.outlook, _cur(result)
    block = f"{percent(result.design.payments.block_share, 0)} of the partners’ plans is paid as block"
    turnover = {party: size[0] for party, size in sizes_of(result).items() if party in ahead.providers}
    if not turnover:
        return f"{block}; no partner is in the contract."
    worst = {p: quantile_of(ahead.result(p), BAD_YEAR).value for p in turnover}
    of_turnover = {p: _part(-worst[p], turnover[p]) for p in turnover}
    hardest, dearest = max(of_turnover, key=lambda p: of_turnover[p]), min(worst, key=lambda p: worst[p])
    if worst[dearest] > -HALF_PENNY:
        return f"{block}; one year in twenty no partner ends with a loss."
    ends, of = money(worst[hardest], currency, signed=True), percent(of_turnover[hardest])
    said = f"{block}; hit hardest is {_partner(result, hardest)}: one year in twenty it ends at {ends} or worse, {of} of its turnover"
    if dearest == hardest:
        return f"{said}, which is the largest loss in {currency} too."
    return (f"{said}. The largest loss in {currency} is that of {_partner(result, dearest)}: "
            f"{money(worst[dearest], currency, signed=True)}, {percent(of_turnover[dearest])} of its own.")  # fmt: skip


def _partner(result: ContractResult, name: str) -> str:
    return str(result.dataset.providers["label"].get(name, name))


def _payments_details(result: ContractResult) -> list[str]:
    """Beyond the pictures: what is advised where records are poor, what is guaranteed, and by which rule partners share."""
    return [
        *(f"Records: {said}" for said in tables_payments.recording(result)),
        f"Shared result: {tables_payments.sharing_words(result)}",
        f"Minimum income: {tables_payments.guarantee_words(result)}",
        f"Patients’ choice: {tables_payments.choice_words(result)}",
    ]


def _outcomes_finding(result: ContractResult) -> str:
    kept, currency = result.design.outcomes.withhold * result.price.payment, _cur(result)
    count = len(result.design.outcomes.measures)
    if not count:
        return "No measure is named: nothing is paid for outcomes."
    before, won = (money(kept * result.earned_by(of), currency) for of in (result.score_before, result.score))
    if result.part_year:
        return (f"{money(kept, currency)} depends on {count} measures, which are not counted for {_year(result)} yet; with the "
                f"results of the year before {before} of it would be earned.")  # fmt: skip
    return (f"{money(kept, currency)} depends on {count} measures; with the results of {_year(result)} {won} of it would be "
            f"earned, with those of the year before {before}.")  # fmt: skip


def _outcomes_details(result: ContractResult) -> list[str]:
    """Beyond the pictures: how much is at stake, how often the verdict is wrong, what comes back by itself, gates and phases."""
    return tables_outcomes.in_words(result)


def _outcomes_and_after(result: ContractResult) -> list[str]:
    """What is said before signing, and after."""
    return [*_outcomes_details(result), *after_details(result)]


def tested(result: ContractResult) -> BackTest:
    """The back-test of the same design on the same data."""
    return back_test(result.dataset, result.design)


def _shadow_finding(result: ContractResult) -> str:
    rows, currency = tested(result).by_year, _cur(result)
    worst, best = (money(float(f(rows["holder"])), currency, signed=True) for f in (min, max))
    part = so_far(tested(result).results[-1])
    years = f"{len(rows)} years that happened{f' (of the last, {part})' if part else ''}"
    return (f"In {years} the holder would have ended between {worst} and {best}; "
            "the commissioner would have paid "
            f"{money(rows['commissioner_paid'].sum(), currency)} for care that cost {money(rows['cost'].sum(), currency)}.")  # fmt: skip


def bid_picture(result: ContractResult) -> Picture:
    """What is offered, and the lowest of several honest bids, over what the year may cost."""
    lowest = bids_by_bidders(result) if result.design.price.bid.bidders > 1 else None
    return price_gap.bid(bid_of(result), result.price.payment, _cur(result), lowest)


def explained_picture(result: ContractResult) -> Picture | None:
    """How much each model of need tells of a year not seen."""
    found = result.need_judged
    return price_need.explained(found, result.dataset.meta.year_name) if found else None


def tenths_picture(result: ContractResult) -> Picture | None:
    """Actual over predicted cost by tenth of predicted cost."""
    found = model_in_force(result)
    return price_need.tenths(found, result.dataset.meta.year_name) if found else None


def groups_picture(result: ContractResult) -> Picture | None:
    """Actual over predicted cost by segment, deprivation and place."""
    found = model_in_force(result)
    return price_need.groups(found, result.dataset.meta.year_name) if found else None


def _contract_years(result: ContractResult) -> list[str]:
    return [result.dataset.meta.year_name(result.year + n) for n in range(result.design.form.years)]


def path_picture(result: ContractResult) -> Picture:
    """The price over the years of the contract."""
    return price_path.price_path(price_path_of(result), bare_path_of(result), _cur(result), _contract_years(result))


def kept_picture(result: ContractResult) -> Picture:
    """What the holder keeps of a saving."""
    return price_path.kept_savings(kept_of(result), _contract_years(result))


def forms_picture(result: ContractResult) -> Picture:
    """VAT and overheads by holder."""
    return price_gap.form_costs(form_costs_of(result, every_form=False), _cur(result), in_period(result))


STEPS: tuple[Step, ...] = (
    Step(
        "data", "Data", "Can these records carry a price?",
        "Look at what is missing before what is there: care that found no person, or comes late, is money that no price holds.",
        _data_finding, _data_summary,
        (lambda r: quality.parts(r.dataset.quality), lambda r: quality.linkage(r.dataset.quality),
         lambda r: quality.ledger(r.dataset.quality), lambda r: quality.run_off(r.dataset.quality)), (),
        _data_details,
    ),
    Step(
        "cohort", "Cohort", "Who is in, and are they enough?",
        "Look at the rule that leaves out the most people, at how much chance alone moves the cost of those left, and at what "
        "they would cost next year if nobody did anything.",
        _cohort_finding, lambda r: f"{_people(r)} people · {_year(r)}",
        tuple(PICTURES.values()), ("cohort", "outlook.contract_year"), cohort_details,
    ),
    Step(
        "scope", "Scope", "Which care does the sum cover?",
        "Look at what is left out: care outside the contract is where cost moves to.",
        _scope_finding,
        lambda r: (f"{len(r.scope.services)} of {len(r.dataset.services)} service lines · "
                   f"{scope.share_covered(r, 'cost')}"),
        (scope.covered, scope.segment_shares, scope.by_segment, scope.leakage, scope.flows, scope.excluded),
        ("scope", "outlook.cost_shift", "outlook.shift_from"), scope_details,
    ),
    Step(
        "price", "Price", "What does a person-year cost, and how wrong may that be?",
        "Look at the limits before the figure: a price below cost has ended more contracts than bad luck.",
        _price_finding,
        lambda r: f"{money(r.price.per_person_year, _cur(r))} a person-year ({_within(r)})",
        (price.how_wrong, price.build_up, price.history, price.growth_parts, price.ways_to_count,
         explained_picture, tenths_picture, groups_picture, bid_picture,
         path_picture, kept_picture, lambda r: price_gap.savings(savings_of(r)), forms_picture),
        ("price", "outlook.savings", "form.holder", "form.years", "form.vat_behind_trusts", "form.vat_by_holder", "form.set_up",
         "form.running", "form.funded"), _price_details,
    ),
    Step(
        "risk", "Risk", "Who bears it if care costs more than the price?",
        "Look at the left tail of the year, and whether saving still pays.",
        _risk_finding,
        lambda r: f"providers’ 1-in-20 year {money(headline(r).providers_bad_year.value, _cur(r), signed=True)}",
        (risk.spread, risk.bearing, risk.next_pound, reserve_picture),
        ("risk", "tolerances", "form.reserves", "form.years", "outlook.savings", "outlook.ramp", "outlook.cost_shift",
         "outlook.common_shock", "outlook.shock_stays", "outlook.price_error", "outlook.tail"), _risk_details,
        lambda workbench: workbench.risk_cards(),
    ),
    Step(
        "payments", "Payments", "Who pays whom, and who is left short?",
        "Look for a partner whose payment falls short of the care it gives: that is where contracts break.",
        _payments_finding,
        lambda r: f"{len(r.plan)} partners · {percent(r.design.payments.block_share, 0)} block",
        (payments.partners_paid, payments.results, payments.flow, payments.cash, payments.stranded), ("payments",),
        _payments_details,
    ),
    Step(
        "outcomes", "Outcomes", "What is paid for results?",
        "Look at how much is paid when nothing changes, before you look at what success earns.",
        _outcomes_finding,
        lambda r: f"{percent(r.design.outcomes.withhold)} on {len(r.design.outcomes.measures)} measures",
        (outcomes.before_signing, outcomes.on_the_way, outcomes.by_measure, outcomes.points,
         *outcomes_after.PICTURES), ("outcomes",),
        _outcomes_and_after, lambda workbench: workbench.designer(),
    ),
    Step(
        "shadow", "Past years", "Would it have held in years that happened?",
        "Look at whether what happened fell inside the interval stated before, and who would have got what.",
        _shadow_finding, lambda r: f"{len(r.dataset.years) - 1} years to settle",
        (lambda r: shadow.held(tested(r)), lambda r: shadow.price_against_cost(tested(r)), lambda r: shadow.who_got_what(tested(r))),
        ("price.base_years", "price.trend", "form.kind", "form.years", "outlook.price_error", "outlook.replicates", "outlook.seed"),
    ),
)  # fmt: skip


def step(key: str) -> Step:
    """The step of that key."""
    return next(s for s in STEPS if s.key == key)


@dataclass(frozen=True)
class Tile:
    """One figure with its name, its uncertainty or consequence, and whether it is a loss or a gain."""

    label: str
    value: str
    note: str
    tone: str = ""


def headline_tiles(result: ContractResult) -> tuple[Tile, ...]:
    """The figures a board reads first: the price, and what each side can expect and fear."""
    figures, currency = headline(result), _cur(result)
    return (
        Tile("Price of a person-year", money(figures.price.value, currency),
             f"{money(figures.price.low, currency)} to {money(figures.price.high, currency)} (95 %) · "
             f"{money(figures.payment, currency)} for {period_of(result)}"),
        _amount_tile("Holder’s expected result", figures.holder_expected, currency, "price error", ""),
        _amount_tile("Holder’s 1-in-20 year", figures.holder_bad_year, currency, "draws",
                     f"{percent(_part(-figures.holder_bad_year.value, figures.reserves), 0)} of its reserves"),
        _amount_tile("Partners’ 1-in-20 year", figures.partners_bad_year, currency, "draws",
                     _protection(figures, currency)),
        _amount_tile("Commissioner’s 1-in-20 year", figures.commissioner_bad_year, currency, "draws",
                     _on_top(figures.commissioner_bad_year.value, figures.payment)),
    )  # fmt: skip


def _amount_tile(label: str, found: Estimate, currency: str, source: str, consequence: str) -> Tile:
    limits = f"{money(found.low, currency, signed=True)} to {money(found.high, currency, signed=True)} ({source})"
    note = " · ".join(words for words in (limits, consequence) if words)
    return Tile(label, money(found.value, currency, signed=True), note, _tone(found.value))


def _protection(figures: Headline, currency: str) -> str:
    better = figures.providers_bad_year.value - figures.unprotected_bad_year.value
    word = "better" if better >= 0 else "worse"
    return f"with the holder {money(abs(better), currency)} {word} than unprotected"


def _on_top(amount: float, price: float) -> str:
    return f"{'paid beyond' if amount < 0 else 'returned from'} the price, {percent(_part(abs(amount), price))} of it"


def _tone(amount: float) -> str:
    return "loss" if amount < 0 else "gain" if amount > 0 else ""


def _part(amount: float, of: float) -> float:
    return max(0.0, amount) / of if of > 0 else 0.0


def contract_finding(result: ContractResult) -> str:
    """The answer to the contract's question in one sentence: finding, uncertainty, consequence."""
    figures, currency = headline(result), _cur(result)
    loses = figures.holder_loses
    verdict = "covers" if figures.holder_expected.value > -HALF_PENNY else "does not cover"
    start = f"At {money(figures.price.value, currency)} a person-year the sum {verdict} the holder’s costs on average"
    if bool(np.all(np.abs(result.outlook.result(HOLDER)) < HALF_PENNY)):
        return f"{start}; it bears nothing: whatever care costs, others gain or lose by it."
    return (f"{start}; it loses in {100 * loses.value:.0f} years of 100 ({100 * loses.low:.0f} to {100 * loses.high:.0f}), and one "
            f"year in twenty {_consequence(figures.holder_bad_year.value, figures.reserves, currency)}.")  # fmt: skip


def _consequence(bad_year: float, reserves: float, currency: str) -> str:
    if bad_year > -HALF_PENNY:
        return "it still ends without a loss"
    if -bad_year > reserves:
        return f"loses more than its reserves of {money(reserves, currency)}"
    return f"loses {money(-bad_year, currency)} or more, within its reserves of {money(reserves, currency)}"


GLOSSARY = {
    "Person-year": "One person counted for one whole year; someone there for half a year counts a half.",
    "Holder, partners, commissioner": "The holder takes the yearly sum and answers for the care; partners give the care; "
    "the commissioner pays the sum.",
    "1-in-20 year, 1-in-100 year": "One year in twenty, or in a hundred, is at least this bad for that party.",
    "Next pound": "One more pound saved on care; the share of it that a party keeps is its reason to save.",
    "Turnover": "All that a party is paid in a year for all its work; what this contract plans to pay it where none is entered.",
    "Ruin": "Reserves are used up: losses since the start are larger than what was put aside for them.",
    "Tolerance": "What a party can bear: the largest loss in a 1-in-20 year that it accepts.",
    "Premium": "What the commissioner pays beyond the price in an average year so that others bear less; below nothing, it "
    "gets money back.",
    "Frontier": "The best terms at each premium: none keep more of the next pound with those who save it, within every tolerance.",
    "Price error": "The price rests on a sample of past years, on assumed growth and on a way to adjust; the limits show how "
    "far it may be off.",
    "P20, P50, P80": "In 20, 50 or 80 years of 100 the year costs less than this.",
    "Standard deviation, standard error": "How far a figure usually lies from its mean: of what happens, and of an estimate.",
    "R², variance explained": "The share of the differences between people’s costs that a model tells: 0 none, 100 % all.",
    "Benchmark, re-basing": "The price before efficiency; setting it again by what care cost the holder.",
    "Need weight": "What somebody is expected to cost over the average: 1.2 is a fifth more.",
    "Segment": "A group of people by their gravest need; everybody is in exactly one.",
    "Draws": "Many years are drawn by chance from the people of past years; the limits show what so few draws leave open.",
    "Unprotected": "The same years with stop-loss, corridor and shares switched off.",
    "Stop-loss": "The commissioner bears part of cost above a limit: of one person (individual) or of everybody (aggregate).",
    "Corridor": "Bands around the price in which holder and commissioner share a gain or loss in fixed shares.",
    "Common shock": "A bad or good year for everybody at once, such as a hard winter; size does not even it out.",
    "Withhold": "A part of the price kept back and earned by results.",
    "Plan": "A partner’s share of the yearly sum: what its care cost in past years over what all care cost.",
    "Block, activity": "A fixed sum whatever care is given; or so much for each piece of care.",
    "Marginal rate": "Care beyond plan, or short of it, is paid for at part of its price.",
    "Sub-capitation": "A partner is paid a sum for each person it answers for, whatever care they use.",
    "Low-volume block": "A fixed sum for little care: the average of the last three years, up to a limit of the NHS Payment Scheme.",
    "Minimum income": "The holder tops a partner’s income up to a part of its plan; that part fades over the years.",
    "Aligned payment": "A fixed part, and elective care (planned in advance) by what is done.",
    "Stranded cost": "Fixed cost that stays with a partner when care and income move elsewhere.",
    "Shapley value": "What a partner adds to a joint saving, on average over every order in which partners could join.",
    "Days of cash": "For how many days a partner’s cash pays all its cost.",
    "Floor, target, stretch": "Nothing is earned at the floor, the target’s share at the target, all at the stretch.",
    "Gate": "A level that has to be reached before anything is earned, or before a gain is kept.",
    "Paid for luck": "Paid though nothing changed: chance alone moved the measure.",
    "Told from chance": "So large a change is found in 80 of 100 cases; a smaller one mostly looks like chance.",
}
