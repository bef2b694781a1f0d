"""A small charity's cash over one year, checked by hand, and calendars that are refused."""

import pytest

from capitation.design import ContractDesign, change
from capitation.design.payment_parts import Partner
from capitation.errors import InputError
from capitation.payments.cash import (
    CashPath,
    arrival,
    by_month,
    cash_path,
    days_of_cash,
    instalments,
)

POUND = 100
INCOME = instalments(120_000 * POUND)  # £10,000 a month
# £9,500 a month, and £13,000 in July and in December (months 4 and 9 of a contract year that begins in April)
COST = {month: (13_000 if month in (4, 9) else 9_500) * POUND for month in range(1, 13)}
OPENING = 12_000 * POUND


IN_ADVANCE = Partner(pay_day=1, pay_days=0)


def terms(day=30, days=30):
    return Partner(pay_day=day, pay_days=days)


def pounds(path: CashPath) -> list[float]:
    return [balance / POUND for balance in path.balances]


def test_one_year_of_a_charity_paid_30_days_after_the_month_by_hand():
    """Nothing arrives in month 1, then £10,000 a month.

    12,000 - 9,500 = 2,500; + 500 = 3,000; + 500 = 3,500; - 3,000 = 500; + 500 four times = 2,500; - 3,000 = -500;
    + 500 three times = 1,000. The lowest is month 9, £500 short.
    """
    path = cash_path(OPENING, INCOME, COST, terms(day=30, days=30))
    assert pounds(path) == [2_500, 3_000, 3_500, 500, 1_000, 1_500, 2_000, 2_500, -500, 0, 500, 1_000]
    assert (path.lowest_month, path.lowest, path.overdraft) == (9, -500 * POUND, 500 * POUND)
    assert path.owed == 10_000 * POUND


def test_the_same_year_paid_60_days_after_the_month_is_short_from_the_second_month():
    path = cash_path(OPENING, INCOME, COST, terms(days=60))
    assert pounds(path)[:4] == [2_500, -7_000, -6_500, -9_500]
    assert (path.lowest_month, path.overdraft, path.owed) == (9, 10_500 * POUND, 20_000 * POUND)


def test_the_same_year_paid_in_advance_is_never_short():
    path = cash_path(OPENING, INCOME, COST, IN_ADVANCE)
    assert pounds(path) == [
        12_500,
        13_000,
        13_500,
        10_500,
        11_000,
        11_500,
        12_000,
        12_500,
        9_500,
        10_000,
        10_500,
        11_000,
    ]
    assert (path.lowest_month, path.overdraft, path.owed) == (9, 0, 0)


def test_the_lowest_month_of_each_of_three_partners_by_hand():
    """The charity as above: month 9. The two others begin with nothing and are paid 12,000 a year.

    The practice, paid each month in advance, spends 1,000 a month and 2,000 in month 3: 0, 0, -1,000 from there on. The
    hospital, paid on the 15th with 30 days, is a month behind: -1,000 in month 1, and 500 less in each of months 5, 6.
    """
    income = instalments(12_000)
    practice = {month: 2_000 if month == 3 else 1_000 for month in range(1, 13)}
    hospital = {month: 1_500 if month in (5, 6) else 1_000 for month in range(1, 13)}
    paths = {
        "charity": cash_path(OPENING, INCOME, COST, terms(day=30, days=30)),
        "practice": cash_path(0, income, practice, IN_ADVANCE),
        "hospital": cash_path(0, income, hospital, terms(day=15, days=30)),
    }
    assert {partner: path.lowest_month for partner, path in paths.items()} == {
        "charity": 9,
        "practice": 3,
        "hospital": 6,
    }
    assert paths["hospital"].balances == (*(-1_000,) * 4, -1_500, *(-2_000,) * 7)


def test_quarters_in_advance_need_no_opening_cash():
    quarterly = instalments(120_000 * POUND, (1, 4, 7, 10))
    assert [quarterly[m] // POUND for m in (1, 2, 3, 4)] == [30_000, 0, 0, 30_000]
    assert pounds(cash_path(0, quarterly, COST, IN_ADVANCE))[:4] == [20_500, 11_000, 1_500, 18_500]


@pytest.mark.parametrize(
    ("day", "days", "month"),
    [(30, 0, 1), (30, 1, 2), (30, 30, 2), (30, 31, 3), (1, 0, 1), (1, 29, 1), (1, 30, 2), (15, 15, 1), (15, 16, 2)],
)
def test_the_month_in_which_the_payment_of_month_1_arrives(day, days, month):
    assert arrival(1, terms(day, days)) == month


def test_a_partner_that_starts_without_cash_is_lowest_just_before_its_first_payment():
    path = cash_path(0, instalments(1_200), instalments(1_200), terms(days=90))
    assert path.balances[:5] == (-100, -200, -300, -300, -300)
    assert path.lowest_month == 3


def test_instalments_sum_to_the_penny():
    parts = instalments(100)
    assert sum(parts.values()) == 100
    assert set(parts.values()) == {8, 9}


def test_days_of_cash():
    assert days_of_cash(10_000 * POUND, 365_000 * POUND) == 10
    assert days_of_cash(-500 * POUND, 365_000 * POUND) == -0.5


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: cash_path(0, {m: 1 for m in range(1, 13) if m != 7}, COST, IN_ADVANCE),
         "payment calendar: month 7 is missing; expected every month from 1 to 12, 0 where nothing is paid"),
        (lambda: cash_path(0, INCOME, {1: 5}, IN_ADVANCE),
         "cost calendar: month 2 is missing; expected every month from 1 to 12, 0 where nothing is paid"),
        (lambda: by_month({1: 5, 2: 5, 3: 5}, 2), "payment calendar: it has a month 3; expected months from 1 to 2"),
        (lambda: instalments(100, ()), "payment calendar: instalments in months []; expected some of 1 to 12"),
        (lambda: instalments(100, (0, 6)), "payment calendar: instalments in months [0, 6]; expected some of 1 to 12"),
        (lambda: change(ContractDesign(), {"payments.partners.charity.pay_day": 31}),
         "payments.partners.charity.pay_day (Charity: day on which it is due to be paid): 31 is not accepted; "
         "expected a whole number from 1 to 30"),
        (lambda: change(ContractDesign(), {"payments.partners.charity.pay_days": -1}),
         "payments.partners.charity.pay_days (Charity: payment days): -1 is not accepted; "
         "expected a whole number from 0 to 360"),
        (lambda: change(ContractDesign(), {"payments.calendar": [10.0] * 11}),
         "payments.calendar (Part of the year’s payment by month): month 12 is missing: 11 parts for 12 months; "
         "expected a list of numbers"),
        (lambda: change(ContractDesign(), {"payments.calendar": [9.0] * 12}),
         "payments.calendar (Part of the year’s payment by month): the parts add up to 108 %, not 100 %; "
         "expected a list of numbers"),
        (lambda: days_of_cash(100, 0), "days of cash: a partner with a yearly cost of 0 pence; expected more than 0"),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_right_is_refused(wrong, said):
    with pytest.raises(InputError) as refused:
        wrong()
    assert str(refused.value) == said
