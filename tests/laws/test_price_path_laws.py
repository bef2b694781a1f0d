"""Laws of the price over the years, of the price gap and of the lowest bid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitation.errors import InputError
from capitation.price.form_costs import COUNCIL, INSIDE, OUTSIDE, Purchases, vat_lost
from capitation.price.gap import bid_against_drawn, funding_gap, lowest_of, price_gap, savings_against, winners_curse
from capitation.price.path import Pace, Plan, Ratchet, compounding, glide, kept_of_savings, price_path, without_ratchet

share = st.floats(0, 1).map(lambda v: round(v, 3))
small = st.floats(0, 0.2).map(lambda v: round(v, 3))
amount = st.floats(100.0, 10_000.0)
years = st.integers(1, 10)
uplifts = st.floats(-0.1, 0.1)
paces = st.builds(Pace, small, small, st.none() | amount)
any_pace = st.none() | paces


@st.composite
def plans(draw, weight=share, uplift=uplifts, discounts=True, pace=any_pace):
    n = draw(years)
    first = draw(amount)
    cost = st.lists(st.floats(0.5, 1.5), min_size=n, max_size=n).map(lambda ratio: tuple(first * r for r in ratio))
    given_back = draw(st.lists(small, min_size=n, max_size=n).map(tuple)) if discounts else ()
    ratchet = Ratchet(draw(weight), draw(cost), draw(st.booleans()))
    return Plan(first, n, draw(uplift), given_back, draw(pace), ratchet)


@given(amount, years)
def test_a_price_without_uplift_discount_and_re_basing_is_flat(first, n):
    assert price_path(Plan(first, n)).prices.tolist() == [first] * n


@given(plans())
def test_the_lines_of_every_year_sum_to_its_price_and_to_the_next_benchmark(plan):
    table = price_path(plan).table
    np.testing.assert_allclose(table[["benchmark", "discount", "pace"]].sum(axis=1), table["price"], rtol=1e-9)
    grown = table["benchmark"].shift() + table["uplift"] + table["rebased"]
    np.testing.assert_allclose(table["benchmark"].iloc[1:], grown.iloc[1:], rtol=1e-9)


@given(plans(pace=paces))
def test_the_price_never_moves_by_more_than_the_pace_of_change_allows(plan):
    prices = price_path(plan).prices
    paid = np.append([plan.pace.paid_before] if plan.pace.paid_before else [], prices)
    moves = paid[1:] / paid[:-1]
    assert (moves <= 1 + plan.pace.up + 1e-12).all()
    assert (moves >= 1 - plan.pace.down - 1e-12).all()


@given(plans(pace=paces))
def test_pace_only_ever_holds_the_price_between_where_it_was_and_where_it_should_be(plan):
    table = price_path(plan).table
    target = table["benchmark"] + table["discount"]
    before = table["price"].shift(fill_value=plan.pace.paid_before or target.iloc[0])
    low, high = np.minimum(before, target), np.maximum(before, target)
    assert ((table["price"] >= low * (1 - 1e-12)) & (table["price"] <= high * (1 + 1e-12))).all()


@given(plans(weight=st.just(0.0)))
def test_with_no_weight_on_the_holders_cost_there_is_no_re_basing_and_all_of_a_saving_is_kept(plan):
    np.testing.assert_allclose(price_path(plan).prices, price_path(without_ratchet(plan)).prices, rtol=1e-12)
    np.testing.assert_allclose(kept_of_savings(plan).table["kept"], 1.0, atol=1e-9)


@given(plans(weight=st.just(1.0), uplift=st.just(0.0), discounts=False, pace=st.none()))
def test_fully_re_based_a_lasting_saving_leaves_only_one_years_worth(plan):
    left = np.arange(plan.years, 0, -1)
    np.testing.assert_allclose(kept_of_savings(plan).table["kept"], 1 / left, atol=1e-9)


@given(plans(discounts=False, pace=st.none()), st.booleans())
def test_a_saving_of_the_last_year_is_always_kept_whole(plan, lasting):
    assert kept_of_savings(plan, lasting=lasting).table["kept"].iloc[-1] == 1.0


@given(plans(uplift=st.just(0.0), pace=st.none()), share)
def test_the_more_the_price_follows_the_holders_cost_the_less_of_a_saving_it_keeps(plan, other):
    low, high = sorted([plan.ratchet.weight, other])
    kept = [kept_of_savings(Plan(plan.first, plan.years, 0.0, plan.discounts, None, Ratchet(w, plan.ratchet.cost)))
            for w in (low, high)]  # fmt: skip
    assert (kept[1].table["kept"] <= kept[0].table["kept"] + 1e-9).all()


@given(small, small, st.integers(2, 20))
def test_a_glide_begins_and_ends_where_it_says_in_equal_steps(first, last, n):
    path = glide(first, last, n)
    assert (path[0], path[-1]) == pytest.approx((first, last))
    np.testing.assert_allclose(np.diff(path), (last - first) / (n - 1), atol=1e-12)


@given(st.floats(0.001, 0.5), years)
def test_a_compounding_discount_rises_every_year_and_never_reaches_the_whole(yearly, n):
    path = np.array(compounding(yearly, n))
    assert (np.diff(path) > 0).all()
    assert (path < 1).all()


@given(st.floats(1.3, 1e300), st.integers(4, 20))
def test_a_trend_that_explodes_is_always_refused(uplift, n):
    with pytest.raises(InputError):
        price_path(Plan(1_000.0, n, uplift))


@given(st.integers(1, 500))
def test_the_more_honest_bids_the_lower_the_lowest(bidders):
    assert lowest_of(bidders + 1) > lowest_of(bidders)


@given(amount, st.floats(0.1, 100.0), st.integers(1, 50))
def test_the_shade_brings_the_lowest_bid_back_to_the_cost(mean, sd, bidders):
    curse = winners_curse(mean, sd, bidders)
    assert curse.lowest + curse.shade == pytest.approx(mean)


@given(amount, amount, st.floats(0.1, 500.0), st.floats(0.1, 500.0))
def test_the_gap_and_the_offer_sum_to_what_is_needed_and_all_its_measures_agree_in_sign(needed, offered, sd, error):
    gap = price_gap(needed, offered, sd, error)
    assert gap.offered + gap.amount == pytest.approx(needed)
    assert np.sign(gap.amount) == np.sign(gap.share) == np.sign(gap.in_cost_sds) == np.sign(gap.in_price_errors)
    assert (gap.chance_of_loss >= 0.5) == (gap.amount >= 0) or gap.chance_of_loss == 0.5


@given(st.lists(amount, min_size=2, max_size=60).map(np.array), amount, amount)
def test_a_higher_bid_is_never_exceeded_more_often_and_no_reckless_one_is_exceeded_in_fewer_than_four_of_five(
    costs, one, other
):
    low, high = (bid_against_drawn(b, costs) for b in sorted([one, other]))
    assert high.exceeds.value <= low.exceeds.value
    assert low.p20 <= low.p50 <= low.p80
    assert not low.reckless or low.exceeds.value >= 0.8


@given(st.floats(0, 0.9), st.floats(0.5, 20))
def test_every_published_result_lies_on_one_side_of_an_assumed_saving(saved, n):
    test = savings_against(saved, n)
    below = test.results["yearly"] < test.yearly
    assert ((test.results["lies"] == "below") == below).all()
    assert test.verdict.endswith(".")


@given(amount, amount, amount, years, st.floats(-0.1, 0.1))
def test_the_yearly_efficiency_closes_the_gap_and_the_growth_opens_it(spend, people, missing, n, growth):
    gap = funding_gap(spend, people, missing, n, growth)
    assert gap.cost_later * (1 - gap.yearly_efficiency) ** n == pytest.approx(gap.funding_later)
    assert gap.by_year()["gap"].iloc[-1] == pytest.approx(missing)
    assert gap.a_head * people == pytest.approx(spend)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_holder_inside_the_nhs_never_loses_more_vat_than_a_council_nor_a_council_than_a_company(trusts, own):
    bought = Purchases(trusts, own)
    lost = [vat_lost(bought, holder) for holder in (INSIDE, COUNCIL, OUTSIDE)]
    assert lost == sorted(lost)
    assert lost[0] == 0
