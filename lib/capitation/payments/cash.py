"""A partner's cash month by month: small third-sector partners fail for want of cash, not of income.

Amounts are whole pence. Months are contract months from 1, each of 30 days; a balance is that at the end of a month,
after all that arrived and was paid in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import floor

from capitation.design.payment_parts import Partner
from capitation.errors import InputError

DAYS_IN_MONTH = 30  # every month: payment terms are given in days, and 30 days are then one month
DAYS_IN_YEAR = 365

Calendar = Mapping[int, int]  # pence by month


@dataclass(frozen=True)
class CashPath:
    """Balances at the end of each month, and what was due in these months and arrives only after them, in pence."""

    balances: tuple[int, ...]
    owed: int

    @property
    def lowest(self) -> int:
        """The lowest balance."""
        return min(self.balances)

    @property
    def lowest_month(self) -> int:
        """The month, from 1, of the lowest balance; the first of several."""
        return self.balances.index(self.lowest) + 1

    @property
    def overdraft(self) -> int:
        """What has to be borrowed, or paid in advance, for no month to end below zero."""
        return max(-self.lowest, 0)


def instalments(yearly: int, months: Iterable[int] = range(1, 13), year_months: int = 12) -> dict[int, int]:
    """A yearly amount paid in equal parts in these months, and nothing in the others; the parts sum to it.

    Twelfths by default; (1, 4, 7, 10) is quarterly in advance. Odd pence go to the later months. Raises InputError
    for no month, or one that the year doesn't have.
    """
    paid = sorted(set(months))
    if not paid or paid[0] < 1 or paid[-1] > year_months:
        raise InputError("payment calendar", f"instalments in months {paid}", f"some of 1 to {year_months}")
    ends = [yearly * part // len(paid) for part in range(len(paid) + 1)]
    parts = dict(zip(paid, (end - start for start, end in pairwise(ends)), strict=True))
    return {month: parts.get(month, 0) for month in range(1, year_months + 1)}


def by_parts(yearly: int, parts: Sequence[float]) -> dict[int, int]:
    """A yearly amount in pence by month, in the ratio of ``parts``, one a month from 1; the months sum to it.

    Odd pence go to the later months. Raises InputError for no part above nothing.
    """
    whole = sum(map(Fraction, parts))
    if not whole > 0:
        raise InputError("payment calendar", "no month in which anything is paid", "a part above nothing")
    ends = [floor(yearly * part / whole) for part in accumulate(map(Fraction, parts), initial=Fraction(0))]
    return {month: end - start for month, (start, end) in enumerate(pairwise(ends), 1)}


def by_month(calendar: Calendar, months: int, name: str = "payment calendar") -> tuple[int, ...]:
    """The amounts of months 1 to ``months`` in order. Raises InputError for a month missing or one too many."""
    for month in range(1, months + 1):
        if month not in calendar:
            raise InputError(
                name, f"month {month} is missing", f"every month from 1 to {months}, 0 where nothing is paid"
            )
    for month in calendar:
        if not 1 <= month <= months:
            raise InputError(name, f"it has a month {month}", f"months from 1 to {months}")
    return tuple(calendar[month] for month in range(1, months + 1))


def arrival(month: int, terms: Partner) -> int:
    """The month in which the payment of a month arrives: month + (day + days - 1) div 30."""
    return month + (terms.pay_day + terms.pay_days - 1) // DAYS_IN_MONTH


def arrived(due: Sequence[int], terms: Partner) -> tuple[int, ...]:
    """What arrives in each month, of what is due in each; what arrives after the last month is left out."""
    late = arrival(0, terms)
    return tuple(due[month - late] if month >= late else 0 for month in range(len(due)))


def cash_path(opening: int, due: Calendar, cost: Calendar, terms: Partner, months: int = 12) -> CashPath:
    """A partner's balances, with costs paid in the month in which they arise and income when it arrives.

    ``opening`` is its cash when month 1 begins; what was due before then counts if it is in ``opening`` only. Opening
    plus all due less all cost is the last balance plus what is owed. Raises InputError for calendars with a month
    missing.
    """
    planned, paid = by_month(due, months), by_month(cost, months, "cost calendar")
    received = arrived(planned, terms)
    moves = (income - spent for income, spent in zip(received, paid, strict=True))
    return CashPath(tuple(accumulate(moves, initial=opening))[1:], sum(planned) - sum(received))


def days_of_cash(balance: int, yearly_cost: int) -> float:
    """For how many days a balance pays a partner's whole cost: balance / (yearly cost / 365), negative in overdraft.

    Raises InputError for a partner without cost, which has no turnover to be measured by.
    """
    if yearly_cost <= 0:
        raise InputError("days of cash", f"a partner with a yearly cost of {yearly_cost} pence", "more than 0")
    return balance / (yearly_cost / DAYS_IN_YEAR)
