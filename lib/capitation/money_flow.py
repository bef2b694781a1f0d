"""The money of the settled year between the parties: month by month, each partner's cash, and cost that is left stranded.

Source of the months: what is planned is paid in twelfths or by the contract's own calendar; what has to be reckoned first
is paid some months after the year has ended (Medicare shared savings: three).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from capitation.contract import ContractResult
from capitation.design.payment_parts import Partner
from capitation.kept import kept
from capitation.payments.balance import Payment, check_balanced, check_parties, links, receipts
from capitation.payments.cash import DAYS_IN_YEAR, Calendar, CashPath, by_parts, cash_path, days_of_cash
from capitation.payments.kinds import AT_SETTLEMENT, PLANNED, care_of, paid
from capitation.payments.partners import terms_of
from capitation.payments.stranded import result_change, result_path
from capitation.terms import HOLDER, SUPPLIES

MONTHS = 12


@dataclass(frozen=True)
class Cash:
    """A partner's month-end balances over the year, its yearly cost, and what is settled after the year's end, pence."""

    partner: str
    path: CashPath
    yearly_cost: int
    settled_later: int

    @property
    def lowest_days(self) -> float:
        """For how many days its lowest balance pays its cost; below nothing in overdraft."""
        return days_of_cash(self.path.lowest, self.yearly_cost)


@dataclass(frozen=True)
class Stranded:
    """What the contract does to one partner's income and cost in its first year, and over the years; in currency.

    ``income`` and ``cost`` are changes against the year before the contract; ``path`` what its result changes by in each
    contract year as fixed cost is shed; ``planned`` its planned result before, None where none is entered; ``said``
    whether the change in activity was entered, or is that of the data.
    """

    partner: str
    income: float
    cost: float
    path: tuple[float, ...]
    planned: float | None
    said: bool

    @property
    def first(self) -> float:
        """The change in its result in the first year; below nothing is cost left stranded."""
        return self.path[0]


@kept(8)
def monthly_payments(result: ContractResult) -> tuple[Payment, ...]:
    """Every payment of the settled year, in whole pence, care's cost included; they balance in every stream and month.

    Raises InputError where one would leave the contract.
    """
    due = {(line.step, line.name): line.due for line in result.settled.lines}
    payments = [payment for (step, line), flows in result.money_lines.groupby(["step", "line"], sort=False)
                for payment in _of_line(str(line), dict(zip(flows["party"], flows["pence"], strict=True)),
                                        _months(result, due[str(step), str(line)]))]  # fmt: skip
    check_parties(payments, result.settled.in_order)
    check_balanced(receipts(payments))
    return tuple(payments)


def _of_line(line: str, flows: Mapping[str, int], months: Callable[[int], dict[int, int]]) -> list[Payment]:
    """A line's payments: every other party's with the one that balances it."""
    hub = HOLDER if HOLDER in flows else SUPPLIES
    return [_payment(line, month, party, hub, pence)
            for party, yearly in flows.items() if party != hub
            for month, pence in months(int(yearly)).items() if pence]  # fmt: skip


def _payment(line: str, month: int, party: str, hub: str, received: int) -> Payment:
    payer, payee = (hub, party) if received > 0 else (party, hub)
    return Payment(line, month, payer, payee, abs(received))


def _months(result: ContractResult, due: str) -> Callable[[int], dict[int, int]]:
    """How the yearly amount of a line that is due so is spread over months."""
    terms = result.design.payments
    length = result.dataset.months_in_last_year if result.part_year else MONTHS
    if due == AT_SETTLEMENT:
        return lambda yearly: {length + terms.settled_after: yearly}
    calendar = terms.calendar if terms.calendar and length == MONTHS and due == PLANNED else (1.0,) * length
    return lambda yearly: by_parts(yearly, calendar)


def flow_bands(result: ContractResult) -> dict[tuple[str, str, str], int]:
    """Pence of the year by stream, payer and payee: the bands of a picture of who pays whom.

    A stream is a line of the settlement without the partner's name.
    """
    return links(payment._replace(stream=payment.stream.partition(": ")[0]) for payment in monthly_payments(result))


def cash_of(result: ContractResult) -> tuple[Cash, ...]:
    """Each partner's cash over the settled year. A partner without cost has none to run out of and is left out."""
    payments = monthly_payments(result)
    return tuple(
        found for partner in result.settled.providers
        if (found := _cash(partner, [p for p in payments if partner in (p.payer, p.payee)], result)) is not None
    )  # fmt: skip


def _cash(partner: str, payments: Iterable[Payment], result: ContractResult) -> Cash | None:
    mine = list(payments)
    length = result.dataset.months_in_last_year if result.part_year else MONTHS
    due, later = _due([p for p in mine if SUPPLIES not in (p.payer, p.payee)], partner, length)
    cost, _ = _due([p for p in mine if SUPPLIES in (p.payer, p.payee)], SUPPLIES, length)
    yearly = sum(cost.values()) * MONTHS // length
    if yearly <= 0:
        return None
    terms = terms_of(partner, result.design.payments)
    opening = round(terms.cash_days * yearly / DAYS_IN_YEAR)
    return Cash(partner, cash_path(opening, due, cost, terms, length), yearly, later)


def _due(payments: Iterable[Payment], party: str, months: int) -> tuple[Calendar, int]:
    """What a party is due in each month of the year on balance, and after it."""
    due, later = dict.fromkeys(range(1, months + 1), 0), 0
    for payment in payments:
        pence = payment.pence if payment.payee == party else -payment.pence
        if payment.month > months:
            later += pence
        else:
            due[payment.month] += pence
    return due, later


def stranded_of(result: ContractResult) -> tuple[Stranded, ...]:
    """What the contract does to each partner's income and cost against the year before it."""
    return tuple(_stranded(result, partner, plan) for partner, plan in result.plans.inside.items() if plan > 0)


def _stranded(result: ContractResult, partner: str, plan: float) -> Stranded:
    terms, plans = terms_of(partner, result.design.payments), result.plans
    before = plans.past[partner][-1]
    given = before * (1 + terms.activity_change) if terms.activity_change else _given(result, partner)
    income = _income(result, partner, plan, given, terms) - plans.income_before(partner, terms)
    activity = given - before
    path = result_path(income, activity, 1.0, result.design.form.years, terms)
    return Stranded(partner, income, activity, path, terms.planned_result or None, bool(terms.activity_change))


def entered_effect(result: ContractResult, partner: str) -> tuple[float, ...]:
    """What the terms entered for a partner add to its result in each contract year, in currency: the result planned of all its
    work, and care moved to or away from it, with the income that goes with it and the cost that stays.

    Nothing where neither is entered: the settlement has its care as recorded.
    """
    terms = terms_of(partner, result.design.payments)
    given, plan = result.plans.past[partner][-1], result.plans.shares[partner]
    moved = terms.activity_change * given
    income = _income(result, partner, plan, given + moved, terms) - _income(result, partner, plan, given, terms)
    years = result.design.form.years
    return tuple(terms.planned_result + change for change in result_path(income, moved, 1.0, years, terms))


def _given(result: ContractResult, partner: str) -> float:
    """What its care cost in the contract year; as expected while that is not over."""
    if result.part_year:
        return result.plans.past[partner][-1]
    return float(result.recorded.by_provider[partner][0])


def _income(result: ContractResult, partner: str, plan: float, given: float, terms: Partner) -> float:
    """What it is paid for so much care under its kind of payment, before risk and shares of the result."""
    payments, plans = result.design.payments, result.plans
    whole_year = result.price.payment * (MONTHS / result.dataset.months_in_last_year if result.part_year else 1)
    care = care_of(
        partner, plans, payments, np.array([plan * whole_year]), np.array([given]), result.score_before.share, 1.0
    )
    return float(sum(amount[0] for amount in paid(care, terms).values()))


def average_cost_view(found: Stranded) -> float:
    """What the change in result would be if no cost were fixed: the view by average cost, which hides what is stranded."""
    return float(result_change(found.income, found.cost, 1.0, 0.0))
