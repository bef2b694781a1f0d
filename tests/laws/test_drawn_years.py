"""Drawn years against exact results, with fixed seeds and tolerances that can fail."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitation.loss import bootstrap
from capitation.loss.bootstrap import PersonBootstrap, common_factor
from capitation.loss.simulation_error import quantile_of, share_of

SKEWED = np.random.default_rng(5).lognormal(5, 1.5, 900)


def test_drawn_totals_have_the_exact_mean_and_spread():
    draws = PersonBootstrap(rows=900, people=1_500, years=4_000, seed=3)
    totals = draws.totals(SKEWED)
    exact_mean, exact_sd = 1_500 * SKEWED.mean(), np.sqrt(1_500) * SKEWED.std()
    assert abs(totals.mean() - exact_mean) < 4 * exact_sd / np.sqrt(4_000)
    assert totals.std(ddof=1) == pytest.approx(exact_sd, rel=0.05)  # 4 standard errors of a standard deviation


def test_years_drawn_are_independent_of_each_other():
    totals = PersonBootstrap(rows=900, people=300, years=4_000, seed=4).totals(SKEWED)
    assert abs(np.corrcoef(totals[:-1], totals[1:])[0, 1]) < 4 / np.sqrt(4_000)


def test_excess_totals_equal_brute_force():
    draws = PersonBootstrap(rows=900, people=70, years=50, seed=1)
    factor = common_factor(50, 0.1, 0.05, 1)
    drawn = np.concatenate(list(draws.chunks()))
    brute = np.maximum(SKEWED[drawn] * factor[:, None] - 400, 0).sum(axis=1)
    np.testing.assert_allclose(draws.excess_totals(SKEWED, factor, 400.0), brute)


def test_excess_is_nothing_above_the_dearest_person_and_everything_at_zero():
    draws, factor = PersonBootstrap(rows=900, people=70, years=50, seed=1), np.full(50, 0.5)
    assert not draws.excess_totals(SKEWED, factor, float(SKEWED.max())).any()
    np.testing.assert_allclose(draws.excess_totals(SKEWED, factor, 0.0), 0.5 * draws.totals(SKEWED))


def test_years_too_many_to_hold_at_once_are_drawn_in_parts_with_the_same_laws(monkeypatch):
    monkeypatch.setattr(bootstrap, "DRAWN_AT_ONCE", 7 * 70 + 3)
    draws = PersonBootstrap(rows=900, people=70, years=50, seed=2)
    parts = list(draws.chunks())
    assert [len(part) for part in parts] == [7] * 7 + [1]
    drawn, factor = np.concatenate(parts), common_factor(50, 0.1, 0.0, 2)
    assert len(np.unique(drawn, axis=0)) == 50
    np.testing.assert_allclose(draws.totals(SKEWED), SKEWED[drawn].sum(axis=1))
    brute = np.maximum(SKEWED[drawn] * factor[:, None] - 400, 0).sum(axis=1)
    np.testing.assert_allclose(draws.excess_totals(SKEWED, factor, 400.0), brute)


def test_more_people_than_can_be_held_at_once_are_drawn_a_year_at_a_time(monkeypatch):
    monkeypatch.setattr(bootstrap, "DRAWN_AT_ONCE", 10)
    assert PersonBootstrap(rows=900, people=70, years=3, seed=9).totals(np.ones(900)).tolist() == [70.0] * 3


def test_the_same_seed_draws_the_same_people_and_another_seed_others():
    one, same, other = (PersonBootstrap(900, 70, 50, seed).totals(SKEWED) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_the_common_factor_has_mean_one_and_the_spread_declared():
    factor = common_factor(40_000, 0.15, 0.04, 1)
    assert factor.mean() == pytest.approx(1.0, abs=4 * 0.155 / 200)  # exp(0.15²/2) - 1 would be 0.011
    assert factor.std() == pytest.approx(np.hypot(0.15, 0.04), rel=0.03)


def test_no_shock_and_no_error_leave_every_year_as_it_is():
    assert (common_factor(50, 0.0, 0.0, 1) == 1.0).all()


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
