"""Cohorts at the edge: one person, no cost at all, one case larger than the whole budget. Never a figure that is none."""

import numpy as np
import pytest

from capitation.contract import settle
from capitation.contract_term import contract_term
from capitation.design import ContractDesign, change
from capitation.headline import cliffs, headline, kept_of_next_pound, who_bears
from capitation.outcomes.score import Score
from capitation.payments.partners import Plans
from capitation.price.errors import Errors
from capitation.price.person_year import Price
from capitation.risk.composed import Around
from capitation.risk.year_cost import History, Pool, drawn_years, outlook_cost
from capitation.settlement import settlement

COSTS = {
    "one person": [2_000.0],
    "nobody costs anything": [0.0] * 50,
    "one case larger than the budget": [100.0] * 200 + [5e6],
    "everybody costs the same": [700.0] * 100,
    "two people, one of them free": [0.0, 3_000.0],
}
EVERYTHING = {
    f"risk.{name}.on": True
    for name in ("stop_loss", "aggregate_stop_loss", "corridor", "sharing", "profit_limits", "pool")
}


@pytest.mark.parametrize("people", COSTS)
def test_every_figure_is_a_number_and_the_mean_is_the_expected_cost(people):
    cost = np.array(COSTS[people])
    design = change(ContractDesign(), {**EVERYTHING, "outlook.common_shock": 0.0, "outlook.replicates": 1_024})
    history = History(("only",), cost[:, None], np.ones(len(cost)))
    pool = Pool(history, len(cost), float(len(cost)), history.rate, 0.0)
    drawn = drawn_years(history, len(cost), design.outlook)
    year = outlook_cost(pool, drawn, design.outlook, design.risk.stop_loss)
    assert year.total.mean() == pytest.approx(cost.sum(), rel=1e-3, abs=1e-6)
    assert (year.excess >= 0).all()
    assert (year.excess <= year.total + 1e-6).all()
    price = Price(
        1, (0,), pool.person_years, {"history": pool.expected}, pool.expected, Errors(*[0.0] * 7), None, None, {}
    )
    settled = settlement(
        price, year, pool, Plans({"only": 1.0}), Score(0.5, None), design, Around(0.5, others=(np.zeros(1),))
    )
    for line in settled.lines:
        assert all(np.isfinite(flow).all() for flow in line.flows.values()), line.name


def test_a_history_of_costs_that_differ_by_year_is_brought_to_the_last_years_rate():
    from capitation.risk.year_cost import level_with

    costs, exposure, year = np.array([[100.0], [300.0], [400.0]]), np.array([1.0, 1.0, 2.0]), np.array([1, 1, 2])
    assert level_with(costs, exposure, year)[:, 0].tolist() == [100.0, 300.0, 400.0]
    assert level_with(2 * costs * (year == 1)[:, None] + costs * (year == 2)[:, None], exposure, year)[
        :, 0
    ].tolist() == [100.0, 300.0, 400.0]
    assert level_with(costs * (year == 1)[:, None], exposure, year)[:, 0].tolist() == [100.0, 300.0, 0.0]


def test_with_every_clause_in_force_all_that_a_board_reads_is_a_number(rand_hie, quick):
    result = settle(rand_hie, change(quick, {**EVERYTHING, "risk.reopener.on": True, "risk.glide": (50, 100)}))
    figures = [v for f in vars(headline(result)).values() for v in (vars(f).values() if hasattr(f, "value") else [f])]
    assert np.isfinite(figures).all()
    term = contract_term(result)
    assert all(
        np.isfinite(part).all() for part in (term.holder, term.partners, term.commissioner, term.reserve, term.price)
    )


CALM = {"outlook.common_shock": 0.0, "outlook.price_error": False}


@pytest.mark.parametrize("tail", [True, False])
@pytest.mark.parametrize("attachment", [100.0, 250.0, 500.0, 1_000.0, 4_000.0, 20_000.0])
def test_what_comes_back_on_average_is_what_is_charged_whatever_the_attachment(rand_hie, baseline, attachment, tail):
    terms = {**CALM, "outlook.tail": tail, "risk.stop_loss.attachment": attachment}
    result = settle(rand_hie, change(baseline, terms))
    charged = float(result.pool.expected_excess(result.design.risk.stop_loss))
    assert result.outlook_cost.excess.mean() == pytest.approx(charged, rel=0.005, abs=0.0002 * result.price.payment)


def test_a_rate_from_the_cohorts_own_spread_may_pass_what_may_be_entered(rand_hie, quick):
    own = {"risk.sharing.on": True, "risk.sharing.minimum_rule": "the cohort's own spread", "cohort.min_age": 50}
    assert settle(rand_hie, change(quick, own)).in_force.risk.sharing.minimum_rate > 0.15


def test_a_minimum_rate_is_a_cliff_and_said_to_be_one(rand_hie, quick):
    terms = {
        "risk.sharing.on": True,
        "risk.sharing.minimum_rate": 0.02,
        "risk.corridor.on": False,
        "payments.block_share": 0.0,
    }
    result = settle(rand_hie, change(quick, terms))
    kept = kept_of_next_pound(result, np.linspace(-0.15, 0.15, 301))["providers"]
    assert np.nanmax(kept) <= 1 + 1e-9
    assert {round(at, 2) for at, _ in cliffs(result, np.linspace(-0.15, 0.15, 301))} == {-0.02, 0.02}


def test_who_bears_it_names_the_other_contracts_of_a_pool(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"risk.pool.on": True, "risk.pool.contracts": 20, "risk.pool.share": 1.0}))
    borne = who_bears(result, np.array([-0.1, 0.16]))
    np.testing.assert_allclose(
        np.sum(list(borne.values()), axis=0), [0.1 * result.price.payment, -0.16 * result.price.payment]
    )
    assert abs(borne["risk pool"][1]) > abs(borne["holder"][1])
