"""A factor common to all, and an error of the price, in the law of a total."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from capitation.loss.atoms import Atoms
from capitation.loss.cosine import Law, total_cost_law
from capitation.loss.systemic import (
    common_factors,
    factor_nodes,
    mean_of,
    mixed_law,
    over_the_factor,
    spread_with,
    stop_loss_premium,
)  # fmt: skip

SIZES = [5_000, 540_000]


def skewed() -> Atoms:
    size = np.exp(np.linspace(1, 13, 61))
    weight = 0.9 * np.exp(-((np.log(size) - 6.8) ** 2) / (2 * 1.5**2))
    weight *= 0.9 / weight.sum()
    return Atoms(np.append(0.0, size), np.append(0.1, weight))


@cache
def law_of(n: int) -> Law:
    return total_cost_law(skewed(), n)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("share", [0.9, 1.0, 1.05, 1.3])
def test_a_stop_loss_premium_is_the_probability_of_exceeding_summed_from_there_on(n, share):
    law, y = law_of(n), share * n * skewed().mean
    by_hand = integrate.quad(lambda x: float(law.exceeds(x)), max(y, law.start), law.start + law.width, limit=400)[0]
    by_hand += max(law.start - y, 0.0)
    assert stop_loss_premium(law, y) == pytest.approx(by_hand, rel=1e-7, abs=1e-6 * law.width)


def test_a_stop_loss_premium_far_below_is_the_mean_less_the_retention_and_far_above_nothing():
    law, mean = law_of(5_000), 5_000 * skewed().mean
    assert mean_of(law) == pytest.approx(mean, rel=1e-9)
    assert stop_loss_premium(law, [-1e6, 0.0, 1e12]) == pytest.approx([mean + 1e6, mean, 0.0], rel=1e-9, abs=1e-3)
    certain = total_cost_law(Atoms(np.array([10.0]), np.ones(1)), 5)
    assert (stop_loss_premium(certain, [20.0, 60.0]).tolist(), mean_of(certain)) == ([30.0, 0.0], 50.0)


@given(st.floats(0.01, 0.99))
def test_the_mean_of_the_tail_is_the_quantile_and_the_premium_above_it(p):
    law = law_of(5_000)
    q = law.quantile(p)
    assert law.tail_mean(p) == pytest.approx(q + float(stop_loss_premium(law, q)) / (1 - p), rel=1e-9)


@pytest.mark.parametrize("n", [5_000, 50_000, 540_000])
def test_64_and_128_nodes_agree_and_16_do_not_at_half_a_million(n):
    law, p = law_of(n), 0.99  # NUMERICS pitfall 8
    q16, q64, q128 = (over_the_factor(law, *factor_nodes(0.02, k)).quantile(p) for k in (16, 64, 128))
    margin = q128 - mean_of(law)
    assert abs(q64 - q128) < 1e-3 * margin
    assert (abs(q16 - q128) > 0.01 * margin) == (n == 540_000)


@pytest.mark.parametrize("n", [50_000, 540_000, 5_000_000])
@pytest.mark.parametrize("p", [0.01, 0.5, 0.99, 0.999])
def test_summing_over_the_factor_and_over_the_total_give_the_same(n, p):
    law = law_of(n)
    z = np.linspace(-8, 8, 2_001)  # a rule of its own: equal steps
    fine = over_the_factor(law, np.exp(0.02 * z - 0.02**2 / 2), stats.norm.pdf(z) / stats.norm.pdf(z).sum())
    coarse = mixed_law(law, 0.02, nodes=2)  # so few nodes that it sums over the total
    assert coarse.quantile(p) == pytest.approx(fine.quantile(p), abs=2e-4 * (fine.quantile(0.99) - fine.mean))
    assert coarse.tail_mean(p) == pytest.approx(fine.tail_mean(p), abs=2e-4 * (fine.quantile(0.99) - fine.mean))


def test_sixty_million_people_are_their_factor():
    law = law_of(60_000_000)
    mixed, mean = mixed_law(law, 0.02), mean_of(law)
    spread = np.sqrt(0.02**2 + np.log1p((skewed().cv / np.sqrt(6e7)) ** 2))
    for p in (0.01, 0.5, 0.99):
        lognormal = stats.lognorm(spread, scale=mean * np.exp(-(spread**2) / 2)).ppf(p)
        assert mixed.quantile(p) == pytest.approx(lognormal, rel=1e-5)


@pytest.mark.parametrize("n", SIZES)
def test_the_mixed_law_is_that_of_simulated_factors(n):
    law, rng = law_of(n), np.random.default_rng(5)
    mixed = mixed_law(law, 0.03, price_error=0.01)
    at = np.linspace(law.start, law.start + law.width, 4_001)
    total = np.interp(rng.random(400_000), law.cdf(at), at)
    drawn = total * np.exp(0.03 * rng.standard_normal(len(total)) - 0.03**2 / 2)
    drawn *= 1 + 0.01 * rng.standard_normal(len(total))  # a normal error of the price, nearly the lognormal one
    margin = mixed.quantile(0.99) - mixed.mean
    for p in (0.01, 0.5, 0.9, 0.99):
        assert mixed.quantile(p) == pytest.approx(np.quantile(drawn, p), abs=0.012 * margin)
    assert mixed.stop_loss(mixed.quantile(0.9)) == pytest.approx(
        np.maximum(drawn - mixed.quantile(0.9), 0).mean(), rel=0.03
    )
    assert float(mixed.stop_loss(0.0)) == pytest.approx(mixed.mean, rel=1e-9)


@pytest.mark.parametrize("n", [5_000, 540_000, 60_000_000])
def test_a_factor_leaves_the_mean_and_widens_the_rest(n):
    law = law_of(n)
    plain, mixed, wider = (mixed_law(law, s) for s in (0.0, 0.02, 0.05))
    assert plain.quantile(0.99) == pytest.approx(law.quantile(0.99), rel=1e-9)
    assert [one.mean for one in (mixed, wider)] == pytest.approx([mean_of(law)] * 2, rel=1e-7)
    assert plain.tail_mean(0.99) < mixed.tail_mean(0.99) < wider.tail_mean(0.99)
    assert plain.quantile(0.01) > mixed.quantile(0.01) > wider.quantile(0.01)


def test_a_certain_total_with_a_factor_is_lognormal():
    mixed = mixed_law(total_cost_law(Atoms(np.array([10.0]), np.ones(1)), 5), 0.1)
    assert mixed.quantile(0.99) == pytest.approx(stats.lognorm(0.1, scale=50 * np.exp(-0.005)).ppf(0.99), rel=1e-9)
    nothing = total_cost_law(Atoms(np.zeros(1), np.ones(1)), 5)
    with pytest.raises(ValueError, match="above nothing"):
        mixed_law(nothing, 0.1)


def test_a_price_error_adds_to_the_factor_in_squares():
    assert spread_with(0.03, 0.04) == pytest.approx(0.05, rel=3e-4)
    assert (spread_with(0.0, 0.0), spread_with(0.02, 0.0)) == (0.0, 0.02)
    for bad in ((-0.1, 0.0), (0.1, float("nan")), (float("inf"), 0.0)):
        with pytest.raises(ValueError, match="at least 0"):
            spread_with(*bad)


def test_factors_of_scenarios_have_the_lognormal_law_in_an_order_of_their_own():
    factor = common_factors(16_384, 0.02, seed=1)
    assert factor.mean() == pytest.approx(1, rel=1e-12)
    assert np.log(factor).std() == pytest.approx(0.02, rel=1e-3)
    assert abs(np.corrcoef(factor[1:], factor[:-1])[0, 1]) < 0.03
    assert factor.tobytes() == common_factors(16_384, 0.02, seed=1).tobytes()


@pytest.mark.parametrize("p", [0.0, 1.0, float("nan")])
def test_a_level_that_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        mixed_law(law_of(5_000), 0.02).quantile(p)
