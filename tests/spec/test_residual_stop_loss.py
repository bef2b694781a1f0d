"""Stop-loss on cost above what need predicts: by hand, and in drawn years against people drawn one by one."""

import numpy as np
import pytest
from tests.person_bootstrap import drawn_totals

from capitation.contract import settle
from capitation.design import change
from capitation.design.parts import StopLoss
from capitation.loss.cost_sums import sums_of
from capitation.loss.row_payoffs import owed
from capitation.loss.scenarios import scenarios_of
from capitation.risk.stop_loss import excess

RESIDUAL = {"risk.stop_loss.reads": "cost above what need predicts", "risk.stop_loss.attachment": 1_000.0}


def test_by_hand_a_dear_person_who_was_predicted_dear_is_no_surprise():
    cost, predicted = np.array([50_000.0, 50_000.0, 100.0]), np.array([45_000.0, 1_000.0, 500.0])
    terms = StopLoss(attachment=10_000.0)
    assert excess(cost, terms, predicted).tolist() == [0.0, 39_000.0, 0.0]
    assert excess(cost, terms).tolist() == [40_000.0, 40_000.0, 0.0]
    assert excess(cost, StopLoss(attachment=10_000.0, limit=25_000.0), predicted).tolist() == [0.0, 25_000.0, 0.0]


def test_the_drawn_years_owe_what_people_drawn_one_by_one_are_owed():
    rng = np.random.default_rng(3)
    need = rng.gamma(0.5, 2_000, 6_000)
    cost = need * rng.lognormal(-0.5, 1.0, 6_000)
    terms = StopLoss(attachment=5_000.0)
    factor = np.exp(0.05 * np.random.default_rng(4).standard_normal(16_384))
    drawn = owed(scenarios_of(sums_of(cost), 3_000), cost, lambda f: excess(f * cost, terms, need), factor)
    brute = drawn_totals(
        np.column_stack([excess(f * cost, terms, need) for f in (0.95, 1.0, 1.05)]), 3_000, 4_000, seed=1
    )
    exact = 3_000 * np.mean([excess(f * cost, terms, need).mean() for f in factor[:2_000]])
    assert drawn.mean() == pytest.approx(exact, rel=0.01)
    assert drawn.std() == pytest.approx(np.hypot(brute[:, 1].std(), (brute[:, 2] - brute[:, 0]).mean() / 2), rel=0.1)


def test_the_charge_is_what_drawn_years_pay_back_and_less_than_on_cost_itself(rand_hie, baseline):
    calm = {"outlook.common_shock": 0.0, "outlook.price_error": False, "outlook.tail": False}
    residual = settle(rand_hie, change(baseline, {**RESIDUAL, **calm}))
    plain = settle(rand_hie, change(baseline, {**calm, "risk.stop_loss.attachment": 1_000.0}))
    terms = residual.design.risk.stop_loss
    assert residual.outlook_cost.excess.mean() == pytest.approx(float(residual.pool.expected_excess(terms)), rel=0.03)
    assert residual.outlook_cost.excess.mean() < 0.95 * plain.outlook_cost.excess.mean()
    now = residual.scope.total[(residual.cohort.members["year"] == residual.year).to_numpy()]
    assert 0 < residual.recorded.excess[0] < np.clip(now - 1_000, 0, None).sum()
