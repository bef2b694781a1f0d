"""Drawn years against exact results, with fixed seeds and tolerances that can fail."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.person_bootstrap import drawn_totals

from capitation.contract import settle
from capitation.design import change
from capitation.loss.simulation_error import quantile_of, share_of
from capitation.risk.stop_loss import excess


def test_the_outlook_is_that_of_people_drawn_one_by_one(rand_hie, baseline):
    result = settle(
        rand_hie, change(baseline, {"outlook.tail": False, "outlook.common_shock": 0.0, "outlook.price_error": False})
    )
    pool, terms = result.pool, result.design.risk.stop_loss
    cost = pool.history.costs * pool.level
    parts = np.column_stack([cost, excess(cost.sum(axis=1), terms)])
    brute = drawn_totals(parts, pool.people, 3_000, seed=3) * pool.scale
    total, back = brute[:, :-1].sum(axis=1), brute[:, -1]
    for drawn, one_by_one in ((result.outlook_cost.total, total), (result.outlook_cost.excess, back)):
        assert drawn.std() == pytest.approx(one_by_one.std(), rel=0.06)
        assert stats.ks_2samp(drawn, one_by_one).statistic < 0.035
    assert np.corrcoef(result.outlook_cost.total, result.outlook_cost.excess)[0, 1] == pytest.approx(
        np.corrcoef(total, back)[0, 1], abs=0.03)  # fmt: skip
    for provider, one_by_one in zip(pool.providers, brute.T, strict=False):
        drawn = result.outlook_cost.by_provider[provider]
        assert drawn.mean() == pytest.approx(one_by_one.mean(), rel=0.01)
        assert drawn.std() == pytest.approx(one_by_one.std(), rel=0.08)


@given(st.integers(0, 10_000), st.floats(0.01, 0.99))
def test_a_quantile_lies_within_its_limits(seed, level):
    draws = np.random.default_rng(seed).normal(size=200)
    found = quantile_of(draws, level)
    assert found.low <= found.value <= found.high
    assert np.mean(draws <= found.value) >= level - 1e-9


def test_the_limits_of_a_quantile_hold_the_true_one_about_95_times_in_100():
    truth, rng = NormalDist().inv_cdf(0.05), np.random.default_rng(7)
    found = [quantile_of(rng.normal(size=1_000), 0.05) for _ in range(1_500)]
    assert 0.935 <= np.mean([f.low <= truth <= f.high for f in found]) <= 0.975


@given(st.integers(1, 5_000), st.floats(0, 1))
def test_a_share_lies_within_its_limits_and_they_within_nothing_and_all(n, part):
    found = share_of(round(part * n), n)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_share_of_nobody_is_not_known():
    found = share_of(0, 0)
    assert np.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)
