"""Tables about payments: who pays whom by stream, each partner's cash, stranded cost, and other ways to pay and to share."""

from collections.abc import Mapping
from typing import get_args

import pandas as pd

from capitation.contract import ContractResult
from capitation.design.payment_parts import Kind, Rule
from capitation.errors import InputError
from capitation.money_flow import Cash, Stranded, average_cost_view, cash_of, monthly_payments, stranded_of
from capitation.payment_options import paid_as, recorded_share, shared_by, shared_pool
from capitation.payments.balance import receipts, totals
from capitation.payments.mechanisms import LOW_VOLUME_LIMIT, LOW_VOLUME_YEARS, activity_suffices, is_low_volume
from capitation.payments.partners import terms_of
from capitation.tables import Table, amount
from capitation.terms import HOLDER, money, percent


def streams(result: ContractResult) -> Table:
    """What each party receives by stream over the settled year; every row sums to nothing."""
    currency, parties = result.dataset.meta.currency, result.settled.in_order
    by_stream: dict[str, list[Mapping[str, int]]] = {}
    for (stream, _), cell in receipts(monthly_payments(result)).items():
        by_stream.setdefault(stream.partition(": ")[0], []).append(cell)
    rows = [_stream_row(result, stream.capitalize(), totals(cells)) for stream, cells in by_stream.items()]
    every = totals(cell for cells in by_stream.values() for cell in cells)
    rows.append(_stream_row(result, "Result", every))
    note = f"In {currency}; positive: the party receives. Every stream balances to the penny in every month."
    columns = ["Stream", *(result.name_of(party) for party in parties)]
    return Table("payments-streams", f"Who pays whom, {result.dataset.meta.year_name(result.year)}, {currency}",
                 pd.DataFrame(rows, columns=columns), notes=(note,))  # fmt: skip


def _stream_row(result: ContractResult, stream: str, received: Mapping[str, int]) -> list[str]:
    return [stream, *(amount(received[p] / 100) if received.get(p) else "–" for p in result.settled.in_order)]


def months(result: ContractResult) -> Table:
    """What each party receives month by month; every row sums to nothing."""
    by_month: dict[int, list[Mapping[str, int]]] = {}
    for (_, month), cell in receipts(monthly_payments(result)).items():
        by_month.setdefault(month, []).append(cell)
    rows = [_stream_row(result, f"{month}", totals(by_month[month])) for month in sorted(by_month)]
    columns = ["Contract month", *(result.name_of(party) for party in result.settled.in_order)]
    later = result.design.payments.settled_after
    note = (f"Planned sums and care in their months; what has to be reckoned first {later} "
            f"{'month' if later == 1 else 'months'} after the year’s end. Care’s cost is spread evenly.")  # fmt: skip
    return Table("payments-months", f"Month by month, {result.dataset.meta.currency}",
                 pd.DataFrame(rows, columns=columns), notes=(note,))  # fmt: skip


def cash(result: ContractResult) -> Table:
    """Each partner's cash: what it starts with, its lowest month, and what it would have to borrow."""
    rows = [_cash_row(result, found) for found in cash_of(result)]
    note = (
        "Cash at the start and payment days are judgements unless entered for the partner; costs are paid as they arise. "
        "What is settled after the year’s end helps no month of it."
    )
    return Table(
        "payments-cash", f"Each partner’s cash, {result.dataset.meta.currency}", pd.DataFrame(rows), notes=(note,)
    )


def _cash_row(result: ContractResult, found: Cash) -> dict[str, str]:
    terms, currency = terms_of(found.partner, result.design.payments), result.dataset.meta.currency
    return {
        "Partner": result.name_of(found.partner),
        "days of cash at the start": f"{terms.cash_days:,.0f}",
        "payment days": f"{terms.pay_days}",
        "lowest at the end of month": f"{found.path.lowest_month}",
        f"lowest, {currency}": amount(found.path.lowest / 100),
        "days of cash then": amount(found.lowest_days),
        f"to borrow, {currency}": amount(found.path.overdraft / 100),
        f"settled after the year, {currency}": amount(found.settled_later / 100),
    }


def stranded(result: ContractResult) -> Table:
    """What the contract does to each partner's income and cost, with the cost that stays shown and hidden."""
    rows = [_stranded_row(result, found) for found in stranded_of(result)]
    notes = (
        "Change in result: change in income less the cost that goes with the change in care. By average cost, as if no cost "
        "were fixed, what is stranded does not show.",
        "Change in care is that of the data against the last base year, unless entered for the partner; the fixed share is a "
        "judgement unless entered.",
    )
    return Table("payments-stranded", f"Income, cost that goes and cost that stays, {result.dataset.meta.currency} a year",
                 pd.DataFrame(rows), notes=notes)  # fmt: skip


def _stranded_row(result: ContractResult, found: Stranded) -> dict[str, str]:
    terms = terms_of(found.partner, result.design.payments)
    after = "–" if found.planned is None else amount(found.planned + found.first)
    return {
        "Partner": result.name_of(found.partner),
        "income": amount(found.income),
        "care, at its full cost": amount(found.cost),
        "fixed share": percent(terms.fixed_share, 0),
        "result, first year": amount(found.first),
        "result, last year of the contract": amount(found.path[-1]),
        "result by average cost": amount(average_cost_view(found)),
        "planned result": "none entered" if found.planned is None else amount(found.planned),
        "planned result with it": after,
    }


def kinds(result: ContractResult) -> Table:
    """What every kind of payment would have paid each partner in the settled year, beside what its care cost."""
    currency = result.dataset.meta.currency
    rows = [_kind_row(result, kind) for kind in get_args(Kind)]
    cost = {result.name_of(p): amount(float(result.recorded.by_provider[p][0])) for p in result.plans.inside}
    note = (
        "Before risk payments, shares of the result and the minimum income; rates and parts as entered for the partner. "
        f"In force: {'; '.join(_in_force(result))}."
    )
    every = pd.DataFrame([{"Kind of payment": "Cost of the care given", **cost}, *rows])
    title = f"What each kind of payment would have paid, {currency}"
    return Table("payments-kinds", title, every, notes=(note, *_low_volume_not(result), *recording(result)))


def _kind_row(result: ContractResult, kind: str) -> dict[str, str]:
    paid_to = {result.name_of(p): _paid_as(result, p, kind) for p in result.plans.inside}
    return {"Kind of payment": kind.capitalize(), **paid_to}


def _paid_as(result: ContractResult, provider: str, kind: str) -> str:
    try:
        return amount(paid_as(result, provider, kind))
    except InputError:
        return "not possible"


def _low_volume_not(result: ContractResult) -> tuple[str, ...]:
    """Why a low-volume block is not possible, in a sentence; none where every partner could have one."""
    past = {p: result.plans.past[p][-LOW_VOLUME_YEARS:] for p in result.plans.inside}
    if not past:
        return ()
    years = min(len(costs) for costs in past.values())
    if years < LOW_VOLUME_YEARS:
        return (f"Low-volume block: not possible with {years} base {'year' if years == 1 else 'years'}, since it is the average "
                f"of {LOW_VOLUME_YEARS}.",)  # fmt: skip
    above = [result.name_of(p) for p, costs in past.items() if not is_low_volume(costs)]
    limit = money(LOW_VOLUME_LIMIT, result.dataset.meta.currency)
    return (f"Low-volume block: not possible above {limit} a year on average: {', '.join(above)}.",) if above else ()


def _in_force(result: ContractResult) -> list[str]:
    return [f"{result.name_of(p)} {terms_of(p, result.design.payments).kind}" for p in result.plans.inside]


def recording(result: ContractResult) -> tuple[str, ...]:
    """Which partners' care is recorded well enough to pay by it, in sentences."""
    needed = result.design.payments.recorded_needed
    shares = {p: recorded_share(result, p) for p in result.plans.inside}
    poor = [f"{result.name_of(p)} ({percent(share, 0)})" for p, share in shares.items()
            if share is not None and not activity_suffices(share, needed)]  # fmt: skip
    unknown = [result.name_of(p) for p, share in shares.items() if share is None]
    said = []
    if poor:
        said.append(f"Too little of their care is recorded to pay by it (less than {percent(needed, 0)} of the accounts): "
                    f"{', '.join(poor)}. A block with a part for performance is advised.")  # fmt: skip
    if unknown and len(unknown) < len(shares):
        said.append(f"There are no accounts to judge the records of {', '.join(unknown)} by.")
    if len(unknown) == len(shares):
        said.append("The data set has no accounts: whether care is recorded well enough to pay by it is not known.")
    return tuple(said)


def rules(result: ContractResult) -> Table:
    """How partners would share their part of the holder's result under each rule, to the penny."""
    currency, payments = result.dataset.meta.currency, result.design.payments
    pool = money(shared_pool(result), currency)
    rows = [_rule_row(result, rule) for rule in get_args(Rule)]
    note = (
        f"Shared by the partners: {percent(payments.partner_share, 0)} of the holder’s result of the settled year, "
        f"{pool}. In force: by {payments.rule}. What a rule goes by (stakes, investment, performance, schemes) "
        "is entered for the partners in the design."
    )
    return Table("payments-rules", f"Who would receive what, by rule, {currency}", pd.DataFrame(rows), words=("why not",),
                 notes=(note,))  # fmt: skip


def _rule_row(result: ContractResult, rule: str) -> dict[str, str]:
    names = {p: result.name_of(p) for p in result.plans.inside}
    try:
        parts = shared_by(result, rule)
    except InputError as error:
        cells, why = dict.fromkeys(names.values(), "–"), f"{error.where}: {error.what}"
    else:
        cells, why = {name: amount(parts[p] / 100) for p, name in names.items()}, ""
    return {"Rule": rule.capitalize(), **cells, "why not": why}


def sharing_words(result: ContractResult) -> str:
    """By which rule partners share how much of the result, in a sentence."""
    payments = result.design.payments
    if not payments.partner_share:
        return "partners share nothing of the holder’s result; it is all the holder’s."
    return (
        f"partners share {percent(payments.partner_share, 0)} of the holder’s result; the rule goes by {payments.rule}."
    )


def guarantee_words(result: ContractResult) -> str:
    """What partners are guaranteed, and what that cost the holder in the settled year, in a sentence."""
    terms, currency = result.design.payments.guarantee, result.dataset.meta.currency
    if not terms.on:
        return "none: a partner that loses activity loses its income at once."
    cost = sum(float(line.flows[p][0]) for line in result.settled.lines if line.name.startswith("income guarantee")
               for p in line.flows if p != HOLDER)  # fmt: skip
    return (f"{percent(terms.share, 0)} of each partner’s plan in the first year, gone after {terms.years} "
            f"{'year' if terms.years == 1 else 'years'}; in the settled year it cost the holder {money(cost, currency)}.")  # fmt: skip


def choice_words(result: ContractResult) -> str:
    """What patients' choice cost and brought in the settled year, in a sentence."""
    if not result.design.payments.choice:
        return "told in the scope step, not settled: no line of money depends on it."
    currency = result.dataset.meta.currency
    out, came = (_lines_of(result, name) for name in ("patients’ choice", "other areas pay"))
    return (f"providers outside were paid {money(out, currency)} for members, and other areas paid {money(came, currency)} for "
            "their people.")  # fmt: skip


def _lines_of(result: ContractResult, name: str) -> float:
    """What the holder paid or received in lines of a name."""
    return sum(abs(float(line.flows[HOLDER][0])) for line in result.settled.lines if line.name.startswith(name))
