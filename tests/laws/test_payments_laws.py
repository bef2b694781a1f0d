"""Laws of what partners are paid, share and hold in cash."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitation.design.payment_parts import Guarantee, Partner
from capitation.payments import distribution, mechanisms
from capitation.payments.balance import Payment, check_balanced, ends, links, monthly, receipts, totals, unbalanced
from capitation.payments.cash import arrival, by_month, cash_path, instalments
from capitation.payments.guarantee import floor, top_up
from capitation.payments.shapley import coalitions, listed, of_schemes, shapley
from capitation.payments.stranded import result_change, result_path

PARTIES = ("commissioner", "holder", "hospital", "community", "charity")
pounds = st.floats(0, 1e7)
rates = st.floats(0, 1)
pence = st.integers(-(10**12), 10**12)
names = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True)

payments = st.lists(
    st.builds(
        lambda stream, month, pair, amount: Payment(stream, month, *pair, amount),
        st.sampled_from(("block", "activity", "gain")),
        st.integers(1, 12),
        st.permutations(PARTIES).map(lambda order: tuple(order[:2])),
        pence,
    ),
    max_size=40,
)


@st.composite
def weighted(draw):
    """Weights of one to six parties, not all of them zero."""
    parties = draw(names)
    weights = draw(st.lists(st.integers(0, 10**9), min_size=len(parties), max_size=len(parties)).filter(any))
    return dict(zip(parties, map(float, weights), strict=True))


@st.composite
def games(draw):
    """Two to five parties and a value of every coalition, which need not make sense."""
    parties = draw(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=5, unique=True))
    sets = [s for s in coalitions(parties) if s]
    values = draw(st.lists(st.floats(-1e6, 1e6), min_size=len(sets), max_size=len(sets)))
    return parties, dict(zip(sets, values, strict=True))


# payments balance


@given(payments)
def test_every_party_month_and_stream_balances_to_the_penny(rows):
    cells = receipts(rows)
    check_balanced(cells)
    by_party = totals(cells.values())
    assert sum(by_party.values()) == 0
    for party, received in by_party.items():
        assert received == sum(p.pence for p in rows if p.payee == party) - sum(
            p.pence for p in rows if p.payer == party
        )


@given(payments.filter(bool), st.integers(-100, 100).filter(bool), st.data())
def test_a_wrong_penny_anywhere_is_found(rows, wrong, data):
    cells = receipts(rows)
    cell = data.draw(st.sampled_from(sorted(cells)))
    party = data.draw(st.sampled_from(sorted(cells[cell])))
    cells[cell][party] += wrong
    assert unbalanced(cells) == {cell: wrong}


@given(payments)
def test_the_bands_of_the_picture_end_on_what_each_party_receives(rows):
    bands = links(rows)
    assert all(width > 0 for width in bands.values())
    received = {party: amount for party, amount in totals(receipts(rows).values()).items() if amount}
    assert {party: amount for party, amount in ends(bands).items() if amount} == received


@given(st.integers(0, 10**11), st.sets(st.integers(1, 12), min_size=1))
def test_instalments_sum_to_the_year_and_differ_by_a_penny(yearly, months):
    paid = [p.pence for p in monthly("block", "holder", "charity", yearly, months)]
    parts = [part for month, part in instalments(yearly, months).items() if month in months]
    assert sum(paid) == sum(parts) == yearly
    assert max(parts) - min(parts) <= 1


# mechanisms


@given(pounds, pounds, pounds, rates, rates, rates, pounds)
def test_more_activity_never_earns_less_and_at_most_its_price(plan, planned, actual, above, below, threshold, more):
    paid, later = (mechanisms.marginal_rate(plan, planned, a, above, below, threshold) for a in (actual, actual + more))
    assert -1e-6 <= later - paid <= more + 1e-6


@given(pounds, pounds, pounds)
def test_a_block_and_payment_by_activity_are_ends_of_the_marginal_rate(plan, planned, actual):
    assert mechanisms.marginal_rate(plan, planned, actual, 0, 0) == mechanisms.block(plan, actual)
    full = mechanisms.marginal_rate(planned, planned, actual, 1, 1)
    assert full == pytest.approx(mechanisms.activity(actual), rel=1e-9, abs=1e-6)


@given(pounds, pounds, pounds, rates)
def test_on_plan_the_aligned_payment_is_the_plan_at_any_rate(fixed, planned, actual, rate):
    assert mechanisms.aligned_payment(fixed, planned, planned, rate) == fixed + planned
    assert mechanisms.aligned_payment(fixed, planned, actual) == pytest.approx(fixed + actual, rel=1e-9, abs=1e-6)


@given(st.lists(st.floats(0, 1.5e6), min_size=3, max_size=3))
def test_a_low_volume_block_is_within_the_three_years(values):
    assert min(values) - 1e-6 <= mechanisms.low_volume_block(values, limit=1.6e6) <= max(values) + 1e-6


@given(pounds, rates, st.lists(rates, min_size=1, max_size=5).map(np.array))
def test_performance_pay_moves_what_is_paid_within_the_block_only(plan, share, scores):
    paid = np.asarray((1 - share) * plan + mechanisms.performance_pay(plan, share, scores))
    assert ((paid >= (1 - share) * plan - 1e-6) & (paid <= plan + 1e-6)).all()


# guarantee and fixed cost


@given(pounds, rates, st.integers(1, 10), st.integers(1, 12), pounds)
def test_the_guarantee_never_rises_over_the_years_and_is_never_more_than_the_payment(plan, share, years, year, income):
    terms = Guarantee(share=share, years=years)
    assert 0 <= floor(plan, year + 1, terms) <= floor(plan, year, terms) <= plan
    assert top_up(income, plan, year + 1, terms) <= top_up(income, plan, year, terms)
    assert floor(plan, years + 1, terms) == 0


@given(pounds, rates, st.integers(1, 10), st.integers(1, 12), pounds, pounds)
def test_a_partner_is_never_left_below_the_floor_and_earns_no_less_by_earning_more(
    plan, share, years, year, income, more
):
    terms = Guarantee(share=share, years=years)
    kept, later = (i + float(top_up(i, plan, year, terms)) for i in (income, income + more))
    assert kept >= floor(plan, year, terms) - 1e-6
    assert later >= kept - 1e-6


@given(pounds, pounds, rates, rates)
def test_the_more_is_fixed_the_more_is_stranded(income, lost, one, other):
    less, more = sorted((one, other))
    assert result_change(-income, -lost, 1.0, more) <= result_change(-income, -lost, 1.0, less) + 1e-6


@given(pounds, rates, st.integers(1, 6))
def test_stranded_cost_is_shed_in_time_when_income_falls_by_the_whole_cost(lost, share, years):
    path = result_path(-lost, -lost, 1.0, years + 1, Partner(fixed_share=share, fixed_years=years))
    assert all(now <= later + 1e-6 for now, later in pairwise(path))
    assert path[0] == pytest.approx(-share * lost, rel=1e-9, abs=1e-6)
    assert path[-1] == 0


# shares of a pool


@given(weighted(), weighted())
def test_each_of_the_six_rules_gives_all_of_the_pool(weights, others):
    budgets = {party: others.get(party, 1.0) + 1.0 for party in weights}
    rules = [
        distribution.equal(list(weights)),
        distribution.by_budget(weights),
        distribution.by_equity(weights),
        distribution.by_performance(weights, budgets),
    ]
    for shares in rules:
        assert list(shares) == list(weights)
        distribution.check_shares(shares)


@given(weighted(), pence)
def test_a_pool_is_shared_to_the_penny_each_within_one_of_its_share_whatever_the_order(weights, pool):
    shares = distribution.by_budget(weights)
    got = distribution.shared(pool, shares)
    assert sum(got.values()) == pool
    exact = sum(map(Fraction, shares.values()))
    assert all(abs(got[p] - pool * Fraction(share) / exact) < 1 for p, share in shares.items())
    assert distribution.shared(pool, dict(reversed(shares.items()))) == got
    assert distribution.shared(-pool, shares) == {party: -amount for party, amount in got.items()}


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10**9), max_size=6), weighted(), pence)
def test_claims_are_met_to_the_penny_and_in_full_where_the_pool_reaches(claims, weights, pool):
    shares = distribution.by_budget(weights)
    pounds_claimed = {party: claim / 100 for party, claim in claims.items()}
    got = distribution.claims_first_in_pence(pool, pounds_claimed, shares)
    assert sum(got.values()) == pool
    if pool >= sum(claims.values()):
        assert all(got[party] >= claim for party, claim in claims.items())
    drawn = distribution.claims_first(np.array([pool / 100]), pounds_claimed, shares)
    assert {p: float(a[0]) for p, a in drawn.items()} == pytest.approx(
        {p: a / 100 for p, a in got.items()}, abs=0.02, rel=1e-9
    )


# the Shapley value


@given(games(), pence, st.randoms(use_true_random=False))
def test_shapley_values_sum_to_the_saving_and_shares_to_the_pool_and_both_ignore_order(game, pool, random):
    parties, values = game
    got = shapley(parties, listed(values))
    assert sum(got.values()) == Fraction(values[frozenset(parties)])
    shuffled = random.sample(parties, len(parties))
    assert shapley(shuffled, listed(values)) == got
    if min(got.values()) >= 0 and sum(got.values()):
        shares = [distribution.by_weight({p: float(v) for p, v in of.items()}, "Shapley value")
                  for of in (got, shapley(shuffled, listed(values)))]  # fmt: skip
        split = [distribution.shared(pool, one) for one in shares]
        assert sum(split[0].values()) == pool
        assert split[0] == split[1]


@given(games())
def test_who_adds_nothing_gets_nothing_and_two_who_add_the_same_get_the_same(game):
    parties, values = game
    first, second = parties[:2]

    def without_first(coalition):
        return listed(values)(coalition - {first})

    def alike(coalition):
        return listed(values)(frozenset(second if p == first else p for p in coalition))

    assert shapley(parties, without_first)[first] == 0
    got = shapley(parties, alike)
    assert got[first] == got[second]


@given(games(), games())
def test_the_values_of_two_savings_together_are_the_sums_of_their_values(game, other):
    parties, values = game
    others = {s: other[1].get(s, 0.0) for s in values}
    both = shapley(parties, lambda s: Fraction(listed(values)(s)) + Fraction(listed(others)(s)))
    apart = [shapley(parties, listed(v)) for v in (values, others)]
    assert both == {party: apart[0][party] + apart[1][party] for party in parties}


@given(
    st.lists(st.tuples(st.frozensets(st.sampled_from("abcd"), min_size=1), st.integers(-(10**6), 10**6)), max_size=6)
)
def test_a_scheme_is_split_equally_by_those_it_needs(schemes):
    expected = {p: sum(Fraction(saving, len(needed)) for needed, saving in schemes if p in needed) for p in "abcd"}
    assert shapley("abcd", of_schemes(schemes)) == expected


@given(st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=4))
def test_parties_that_save_apart_keep_their_own(savings):
    own = dict(zip("abcd", savings, strict=True))
    value = of_schemes([(frozenset(party), saving) for party, saving in own.items()])
    assert shapley("abcd", value) == own


# cash

calendars = st.lists(st.integers(0, 10**9), min_size=12, max_size=12).map(lambda amounts: dict(enumerate(amounts, 1)))
terms_of_payment = st.builds(Partner, pay_day=st.integers(1, 30), pay_days=st.integers(0, 180))


@given(pence, calendars, calendars, terms_of_payment)
def test_opening_cash_and_all_due_less_all_cost_is_the_last_balance_and_what_is_owed(opening, due, cost, terms):
    path = cash_path(opening, due, cost, terms)
    assert opening + sum(due.values()) - sum(cost.values()) == path.balances[-1] + path.owed
    assert path.balances[path.lowest_month - 1] == path.lowest == min(path.balances)


@given(pence, calendars, calendars, terms_of_payment, st.integers(0, 60))
def test_later_payment_never_leaves_more_cash_in_any_month(opening, due, cost, terms, later):
    soon, late = (
        cash_path(opening, due, cost, t)
        for t in (terms, Partner(pay_day=terms.pay_day, pay_days=terms.pay_days + later))
    )
    best = cash_path(opening, due, cost, Partner(pay_day=1, pay_days=0))
    assert all(a >= b >= c for a, b, c in zip(best.balances, soon.balances, late.balances, strict=True))


@given(pence, calendars, calendars, terms_of_payment)
def test_with_the_overdraft_as_opening_cash_no_month_ends_below_zero(opening, due, cost, terms):
    path = cash_path(opening, due, cost, terms)
    assert cash_path(opening + path.overdraft, due, cost, terms).lowest >= 0


@given(pence, calendars, calendars, terms_of_payment)
def test_the_balances_are_what_comes_of_adding_up_day_by_day(opening, due, cost, terms):
    paid_on = {30 * (month - 1) + terms.pay_day + terms.pay_days: amount for month, amount in due.items()}
    expected = [
        opening + sum(a for day, a in paid_on.items() if day <= 30 * m) - sum(by_month(cost, 12)[:m])
        for m in range(1, 13)
    ]
    assert list(cash_path(opening, due, cost, terms).balances) == expected
    assert arrival(1, terms) == -(-(terms.pay_day + terms.pay_days) // 30)
