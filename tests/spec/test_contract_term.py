"""The contract over its years, against the single year and by hand."""

import numpy as np
import pytest

from capitation.contract import settle
from capitation.contract_term import contract_term
from capitation.design import change
from capitation.price_checks import price_path_of
from capitation.terms import HOLDER, RISK_POOL

CALM = {"outlook.common_shock": 0.0, "outlook.price_error": False}
BARE = {**{f"risk.{name}.on": False for name in ("stop_loss", "aggregate_stop_loss", "corridor")}, "payments.partner_share": 0.0,
        "outcomes.withhold": 0.0}  # fmt: skip


@pytest.fixture
def of(rand_hie, quick):
    return lambda changes: settle(rand_hie, change(quick, changes))


def test_the_first_year_of_the_term_has_the_law_of_the_single_year(of):
    result = of(CALM)
    np.testing.assert_allclose(
        np.sort(contract_term(result).holder[0]), np.sort(result.outlook.result(HOLDER)), rtol=1e-9, atol=1e-6
    )


def test_the_price_follows_its_path_and_cost_its_growth(of):
    result = of(
        {**CALM, **BARE, "price.trend": 0.04, "price.path.uplift": 0.01, "payments.block_share": 0.0, "form.years": 3}
    )
    term = contract_term(result)
    path = price_path_of(result).table["price"].to_numpy() * result.price.exposure
    np.testing.assert_allclose(term.price, path)
    mean = result.outlook_cost.total.mean()
    np.testing.assert_allclose(term.holder.mean(axis=1), path - mean * 1.04 ** np.arange(3), rtol=1e-6)


def test_a_bad_year_opens_the_price_of_the_next(of):
    shut = {**CALM, **BARE, "payments.block_share": 0.0, "form.years": 2, "price.discount": 0.1}
    once = {"risk.reopener.on": True, "risk.reopener.beyond": 0.02, "risk.reopener.share": 0.5}
    before, after = contract_term(of(shut)), contract_term(of({**shut, **once}))
    price, result = before.price[0], before.holder[0]
    beyond = np.maximum(-result - 0.02 * price, 0) - np.maximum(result - 0.02 * price, 0)
    np.testing.assert_allclose(after.holder[0], before.holder[0])
    np.testing.assert_allclose(after.holder[1] - before.holder[1], 0.5 * beyond, atol=1e-6)
    assert beyond.any()


def test_years_settled_together_change_when_the_holder_is_paid_and_not_how_much(of):
    pooled = {"risk.pool.on": True, "risk.pool.share": 0.0, "form.years": 4}
    alone, together = (contract_term(of({**CALM, **pooled, "risk.pool.years": n})) for n in (1, 3))
    np.testing.assert_allclose(alone.holder.sum(axis=0), together.holder.sum(axis=0))
    assert together.holder[1].std() < alone.holder[1].std()


def test_a_wrong_price_and_a_shock_that_stays_use_the_reserve_up_more_often(of):
    terms = {**BARE, "payments.block_share": 0.0, "form.reserves": 0.4, "outlook.common_shock": 0.05, "form.years": 5}
    chance = [contract_term(of({**terms, "outlook.shock_stays": stays, "outlook.price_error": wrong})).ruin.probability
              for stays, wrong in ((0.0, False), (1.0, False), (1.0, True))]  # fmt: skip
    assert (np.diff(chance, axis=1) >= 0).all()
    assert chance[0][-1] < chance[1][-1] < chance[2][-1]


def test_the_holder_bears_more_of_its_result_year_by_year_where_the_contract_says_so(of):
    term = contract_term(of({**CALM, **BARE, "payments.block_share": 0.0, "risk.glide": (0, 50, 100), "form.years": 4}))
    spread = term.holder.std(axis=1)
    assert spread[0] == pytest.approx(0, abs=1e-6)
    assert spread[1] == pytest.approx(spread[2] / 2, rel=0.1)


TERMS = {
    "a pool": {"risk.pool.on": True, "risk.pool.contracts": 2, "risk.pool.years": 3},
    "everything": {
        **{f"risk.{name}.on": True for name in ("sharing", "profit_limits", "pool", "reopener")}, "risk.pool.years": 2,
        "risk.aggregate_stop_loss.charged": True, "risk.stop_loss.widening": 0.3, "risk.glide": (50, 100),
        "outlook.savings": 0.05, "outlook.ramp.delay": 1, "outlook.ramp.years_to_full": 2, "outlook.ramp.double_running": 0.02,
        "payments.block_share": 0.7, "payments.partner_share": 0.3, "form.running": 0.01,
    },
}  # fmt: skip


@pytest.mark.parametrize("which", TERMS)
@pytest.mark.parametrize("years", [1, 3, 20])
def test_every_year_of_the_term_sums_to_nothing_over_all_parties(of, which, years):
    term = contract_term(of({**TERMS[which], "form.years": years}))
    assert term.years == years
    np.testing.assert_allclose(np.sum(list(term.results.values()), axis=0), 0, atol=1e-5)
    assert all(np.isfinite(result).all() for result in term.results.values())


def test_a_pools_other_contracts_live_in_the_same_years_as_the_holder(of):
    shock = {
        **BARE,
        "payments.block_share": 0.0,
        "outlook.common_shock": 0.1,
        "outlook.price_error": False,
        "form.years": 3,
    }
    pooled = {**shock, "risk.pool.on": True, "risk.pool.share": 1.0, "risk.pool.contracts": 20}
    alone, together = of(shock), of(pooled)
    assert contract_term(together).holder[0].std() == pytest.approx(together.outlook.result(HOLDER).std(), rel=0.03)
    price = alone.price.payment  # a pool of 21 leaves the common shock of a tenth, and little else
    assert together.outlook.result(HOLDER).std() > 0.09 * price
    assert contract_term(together).holder[-1].mean() == pytest.approx(
        contract_term(alone).holder[-1].mean(), abs=0.01 * price
    )


def test_a_reopened_price_reaches_the_partners_on_block(of):
    block = {
        **CALM,
        "payments.block_share": 1.0,
        "payments.partner_share": 0.0,
        "form.years": 2,
        "price.discount": 0.1,
        "outcomes.withhold": 0.0,
    }
    opened = {"risk.reopener.on": True, "risk.reopener.beyond": 0.0, "risk.reopener.share": 1.0}
    before, after = contract_term(of(block)), contract_term(of({**block, **opened}))
    assert after.partners[1].mean() > before.partners[1].mean()
    assert abs(after.holder[1].mean() - before.holder[1].mean()) < 0.01 * before.price[0]


def test_the_charge_for_aggregate_stop_loss_follows_the_years(of):
    terms = {
        "risk.aggregate_stop_loss.attachment": 1.0,
        "risk.corridor.on": False,
        "form.years": 6,
        "price.trend": 0.06,
    }
    free, charged = (contract_term(of({**terms, "risk.aggregate_stop_loss.charged": on})) for on in (False, True))
    cost = (free.commissioner - charged.commissioner).mean(axis=1)
    assert (np.diff(-cost) > 0).all()


def test_no_saving_at_all_rebases_the_price_on_no_saving(of):
    terms = {"price.path.ratchet": 0.5, "outlook.savings": 0.2, "form.years": 4}
    hopeful, sober = of(terms), of({**terms, "outlook.ramp.optimism": 1.0})
    assert price_path_of(sober).table["price"].iloc[-1] > 1.05 * price_path_of(hopeful).table["price"].iloc[-1]


def test_the_year_that_happened_holds_no_pool_money(of):
    result = of({"risk.pool.on": True})
    assert RISK_POOL not in result.settled.parties
    assert RISK_POOL in result.outlook.parties
