"""Money is neither made nor lost: every line of every settlement sums to zero, to the penny."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.contract import result_of, settle
from capitation.design import change
from capitation.design.parts import order_fault
from capitation.headline import cost_against_price, kept_of_next_pound, who_bears
from capitation.risk.year_cost import YearCost
from capitation.settlement import form_cost
from capitation.terms import COMMISSIONER, HOLDER, SUPPLIES

share = st.floats(0, 1).map(lambda v: round(v, 3))
switch = st.booleans()
MONEY_TERMS = {
    "risk.stop_loss.on": switch,
    "risk.stop_loss.charged": switch,
    "risk.stop_loss.attachment": st.floats(0, 20_000),
    "risk.stop_loss.commissioner_share": share,
    "risk.aggregate_stop_loss.on": switch,
    "risk.aggregate_stop_loss.attachment": st.floats(1, 2),
    "risk.corridor.on": switch,
    "risk.corridor.inner": st.floats(0, 0.05),
    "risk.corridor.outer": st.floats(0.05, 0.5),
    "risk.corridor.beyond_share": share,
    "risk.sharing.on": switch,
    "risk.sharing.minimum_rate": st.floats(0, 0.15),
    "risk.sharing.cap_order": st.sampled_from(["share then cap", "cap then share"]),
    "risk.order": st.permutations(["aggregate_stop_loss", "corridor", "sharing"]).filter(
        lambda o: not order_fault(tuple(o))
    ),
    "payments.block_share": share,
    "payments.block_providers": st.lists(st.sampled_from(["hospitals", "clinics", "suppliers"]), unique=True),
    "payments.partner_share": share,
    "outcomes.withhold": st.floats(0, 0.5),
    "outcomes.gate": share,
    "price.discount": st.floats(0, 0.1),
    "price.trend": st.floats(-0.1, 0.25),
    "price.confidence": st.floats(0.5, 0.99),
    "price.adjust": st.sampled_from(
        ["none", "age and sex", "age, sex and segment", "age, sex and locality", "need weights"]
    ),
    "price.credibility": switch,
    "price.shared_above": st.floats(0, 1_000),
    "price.growth.need": st.floats(-0.02, 0.02),
    "price.growth.policy": st.floats(-0.05, 0.05),
    "form.holder": st.sampled_from(["NHS body", "council", "company or partnership"]),
    "form.vat_behind_trusts": share,
    "form.running": st.floats(0, 0.2),
    "form.funded": switch,
    "outlook.contract_year": st.sampled_from([2, 3, 4, 5]),
    "outlook.savings": st.floats(-0.2, 0.3),
}
changes = st.dictionaries(st.sampled_from(sorted(MONEY_TERMS)), st.none(), max_size=12).flatmap(
    lambda chosen: st.fixed_dictionaries({path: MONEY_TERMS[path] for path in chosen})
)
provider_costs = st.lists(st.floats(0, 1e6), min_size=5, max_size=5)
deviations = np.array([-0.4, -0.1, -0.03, -0.001, 0.0, 0.001, 0.03, 0.1, 0.4])


@settings(max_examples=40)
@given(changes=changes)
def test_every_line_of_a_real_settlement_sums_to_zero_to_the_penny(rand_hie, quick, changes):
    result = settle(rand_hie, change(quick, changes))
    lines = result.money_lines
    assert (lines.groupby(["year", "step", "line"])["pence"].sum() == 0).all()
    assert lines["pence"].dtype.kind == "i"
    drawn = [np.sum(list(line.flows.values()), axis=0) for line in result.outlook.lines]
    np.testing.assert_allclose(drawn, 0, atol=1e-6)


@settings(max_examples=40)
@given(changes=changes)
def test_the_parties_results_sum_to_what_care_cost_and_the_holder_pays_partners_in_full(rand_hie, quick, changes):
    result = settle(rand_hie, change(quick, changes))
    settled, cost = result.settled, result.recorded.total
    cost = cost + sum(form_cost(result.price.payment, result.design.form).values())  # paid beside care
    np.testing.assert_allclose(settled.result(SUPPLIES), cost)
    left = settled.result(COMMISSIONER) + settled.result(HOLDER) + settled.partners_result
    np.testing.assert_allclose(left, -cost, rtol=1e-9)
    assert settled.commissioner_extra == pytest.approx(-settled.result(COMMISSIONER) - settled.price)


@settings(max_examples=40)
@given(changes=changes, costs=provider_costs, excess_share=share)
def test_any_year_at_all_is_settled_to_zero(rand_hie, quick, changes, costs, excess_share):
    result = settle(rand_hie, change(quick, changes))
    by_provider = {p: np.array([c]) for p, c in zip(result.pool.providers, costs, strict=True)}
    year = YearCost(by_provider, np.array([excess_share * sum(costs)]))
    for line in result.outlook_of(year).lines:
        assert np.sum(list(line.flows.values())) == pytest.approx(0, abs=1e-6)


@settings(max_examples=40)
@given(changes=changes)
def test_who_bears_a_deviation_sums_to_the_deviation(rand_hie, quick, changes):
    result = settle(rand_hie, change(quick, changes))
    borne = np.sum(list(who_bears(result, deviations).values()), axis=0)
    np.testing.assert_allclose(borne, -deviations * result.price.payment, atol=1e-6 * result.price.payment)
    np.testing.assert_allclose(cost_against_price(result, deviations).total, result.price.payment * (1 + deviations))


@settings(max_examples=40)
@given(changes=changes)
def test_the_next_pound_saved_is_kept_by_somebody(rand_hie, quick, changes):
    kept = kept_of_next_pound(settle(rand_hie, change(quick, changes)), deviations)
    np.testing.assert_allclose(kept[HOLDER] + kept["partners"] + kept[COMMISSIONER], 1.0)
    np.testing.assert_allclose(kept["providers"], kept[HOLDER] + kept["partners"])


@settings(max_examples=20)
@given(changes=changes)
def test_two_designs_of_one_cohort_and_price_meet_the_same_drawn_years(rand_hie, quick, changes):
    kept_apart = {p: v for p, v in changes.items() if p.startswith(("risk", "payments", "outcomes"))}
    one, other = settle(rand_hie, quick), settle(rand_hie, change(quick, kept_apart))
    np.testing.assert_array_equal(one.outlook_cost.total, other.outlook_cost.total)


def test_a_price_change_alone_scales_the_drawn_years_and_leaves_their_order(rand_hie, quick):
    steep = change(quick, {"price.trend": 0.1, "outlook.price_error": False})
    level = change(quick, {"outlook.price_error": False})
    one, other = (settle(rand_hie, design).outlook_cost.total for design in (level, steep))
    assert np.corrcoef(one, other)[0, 1] > 0.99


@settings(max_examples=20)
@given(changes=changes)
def test_the_lines_of_the_price_sum_to_the_price(rand_hie, quick, changes):
    price = settle(rand_hie, change(quick, changes)).price
    assert sum(price.build_up.values()) == pytest.approx(price.per_person_year)
    discount, margin = changes.get("price.discount", 0.0), price.build_up["margin"]
    assert price.per_person_year == pytest.approx((1 - discount) * price.expected + margin)


def test_the_same_design_settles_to_the_same_figures_whatever_was_settled_before(rand_hie, quick):
    result_of.cache_clear()
    first = settle(rand_hie, quick)
    settle(rand_hie, change(quick, {"outlook.seed": 2}))
    result_of.cache_clear()
    again = settle(rand_hie, quick)
    np.testing.assert_array_equal(first.outlook.result(HOLDER), again.outlook.result(HOLDER))
    assert first.money_lines.equals(again.money_lines)


def test_the_outlook_has_the_expected_cost_and_the_charge_its_expected_recovery(rand_hie, baseline):
    result = settle(rand_hie, change(baseline, {"outlook.tail": False}))
    drawn, recovered = result.outlook_cost.total, result.outlook_cost.excess
    expected = result.price.expected * result.price.exposure
    assert drawn.mean() == pytest.approx(expected, rel=2e-3)
    charged = result.pool.expected_excess(result.design.risk.stop_loss)
    assert recovered.mean() == pytest.approx(charged, rel=0.02)


def test_the_history_holds_every_base_year_at_one_level_whatever_growth_is_expected(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"price.trend": 0.2}))
    history, years = (
        result.pool.history,
        result.cohort.members["year"][result.cohort.members["year"].isin(result.basis.years)],
    )
    rates = [history.cost[years == y].sum() / history.exposure[years == y].sum() for y in result.basis.years]
    np.testing.assert_allclose(rates, rates[-1])
    assert history.rate * result.pool.level == pytest.approx(result.price.expected)
    assert result.drawn is settle(rand_hie, quick).drawn
