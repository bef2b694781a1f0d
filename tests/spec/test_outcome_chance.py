"""Reliability, power, paying for luck and regression to the mean: the vectors of the measures reference, section 4, and
those of the domain reference, section 6, T6, that outcome measures use."""

import numpy as np
import pytest
from scipy.special import bdtr

from capitation.errors import InputError
from capitation.outcomes import luck, power, reliability
from capitation.outcomes.reliability import Beta

X, N = [130, 310, 95, 480, 205, 150, 260, 72, 390, 118], [200, 450, 160, 700, 350, 210, 420, 130, 560, 200]
SIX = {"abs": 6e-7}
FOUR = {"abs": 5.1e-5}


def test_beta_binomial_reliability():
    assert reliability.beta_binomial_reliability([50, 100], 13, 7) == pytest.approx([0.714286, 0.833333], **SIX)
    assert reliability.size_for(0.7, reliability.beta_half(13, 7)) == pytest.approx(46.67, abs=0.005)


def test_normal_reliability():
    found = reliability.normal_reliability([50, 200, 1_000], 0.65, 0.03)
    assert found == pytest.approx([0.165138, 0.441718, 0.798226], **SIX)
    assert reliability.size_for(0.7, reliability.normal_half(0.65, 0.03)) == pytest.approx(589.81, abs=0.005)


def test_gamma_poisson_reliability():
    found = reliability.gamma_poisson_reliability([20, 50, 100], 0.0225)
    assert found == pytest.approx([0.310345, 0.529412, 0.692308], **SIX)


def test_beta_binomial_by_maximum_likelihood_and_a_place_shrunk():
    found = reliability.beta_binomial_fit(X, N)
    assert (found.a, found.b) == pytest.approx((80.816, 44.913), abs=5e-4)
    assert X[0] / N[0] == 0.65
    assert reliability.shrunk(X, N, found)[0] == pytest.approx(0.647213, **SIX)


def test_the_fit_is_where_the_likelihood_is_greatest():
    from scipy.special import betaln

    x, n = np.array(X), np.array(N)

    def likelihood(a, b):
        return float((betaln(x + a, n - x + b) - betaln(a, b)).sum())

    found = reliability.beta_binomial_fit(X, N)
    best = likelihood(found.a, found.b)
    for scale in (0.99, 1.01):
        assert likelihood(scale * found.a, found.b) < best
        assert likelihood(found.a, scale * found.b) < best


def test_places_that_differ_by_chance_alone_are_all_the_mean():
    found = reliability.beta_binomial_fit([50, 51, 49], [100, 100, 100])
    assert found == Beta(0.5, np.inf)
    assert reliability.shrunk([50, 51, 49, 0], [100, 100, 100, 0], found) == pytest.approx([0.5] * 4)
    assert reliability.between_variance([50, 51, 49], [100, 100, 100]) == 0
    assert reliability.normal_reliability(100, 0.5, 0.0) == 0


@pytest.mark.parametrize("x", [[0, 0], [10, 10]])
def test_nobody_or_everybody_tells_no_difference(x):
    assert reliability.beta_binomial_fit(x, [10, 10]) == Beta(x[0] / 10, np.inf)
    assert (reliability.beta_binomial_fit([0, 0], [10, 10]).a, reliability.beta_binomial_fit([10, 10], [10, 10]).b) == (
        0,
        0,
    )


def test_the_spread_between_places_is_found_again_in_made_ones():
    generator = np.random.default_rng(7)
    n = generator.integers(100, 400, 3_000)
    x = generator.binomial(n, generator.normal(0.65, 0.03, 3_000))
    assert np.sqrt(reliability.between_variance(x, n)) == pytest.approx(0.03, rel=0.05)


def test_spearman_brown():
    assert reliability.spearman_brown(200, 0.4, 0.4) == pytest.approx(200)
    assert reliability.spearman_brown(200, 0.441718, 0.7) == pytest.approx(589.81, abs=0.01)


def test_the_multiplier():
    assert power.multiplier() == pytest.approx(2.801585, **SIX)
    assert power.multiplier() ** 2 == pytest.approx(7.848880, **SIX)


def test_people_to_tell_two_shares_apart():
    assert power.size_for_shares(0.65, 0.70) == pytest.approx(1_376.30, abs=0.005)
    assert power.size_for_shares(0.16, 0.14) == pytest.approx(5_002.48, abs=0.005)
    assert power.power_for_shares(0.65, 0.68, 1_000) == pytest.approx(0.2953, **FOUR)


def test_what_so_many_people_show():
    assert power.detectable_change(0.65, [500, 1_000, 3_000]) == pytest.approx([0.084513, 0.059760, 0.034502], **SIX)
    assert power.detectable_from_target(0.65, 1_000) == pytest.approx(0.042257, **SIX)


def test_rates():
    assert power.size_for_rates(0.10, 0.09) == pytest.approx(14_912.87, abs=0.005)
    found = 100 * power.detectable_rate_change(0.10, [5_000, 20_000, 50_000, 100_000])
    assert found == pytest.approx([17.718, 8.859, 5.603, 3.962], abs=1e-3)


def test_inflation():
    assert power.design_effect(50, 0.02) == pytest.approx(1.98)
    assert power.inflated(1_376.30, power.design_effect(50, 0.02)) == pytest.approx(2_725.07, abs=0.005)
    assert power.inflated(100, 1.823761) == pytest.approx(182.3761)


@pytest.mark.parametrize(("people", "normal", "exact"), [
    (100, 0.3375, 0.3803), (500, 0.1742, 0.1868), (2_000, 0.0304, 0.0316),
])  # fmt: skip
def test_the_chance_of_passing_a_threshold_above_the_truth(people, normal, exact):
    assert luck.chance_of_passing(0.65, 0.67, people) == pytest.approx(normal, **FOUR)
    assert luck.exact_chance_of_passing(0.65, 0.67, people) == pytest.approx(exact, **FOUR)


def test_no_worse_pays_about_half_the_time():
    assert luck.chance_of_passing(0.65, 0.65, 500) == 0.5
    assert luck.exact_chance_of_passing(0.65, 0.65, 500) == pytest.approx(0.5, abs=0.03)


def test_a_change_between_two_noisy_years():
    assert luck.chance_of_change(0.65, 0.02, [500, 2_000]) == pytest.approx([0.2537, 0.0924], **FOUR)


def test_what_a_linear_scale_pays_for_chance():
    found = luck.linear_luck(0.65, 0.65, 0.75, [100, 500, 2_000]).mean
    assert found == pytest.approx([0.187169, 0.085097, 0.042549], **SIX)
    assert 1_000_000 * found[1] == pytest.approx(85_097, abs=0.5)
    large = luck.linear_luck(0.65, 0.65, 0.75, 20_000).mean
    assert large == pytest.approx(0.39894 * luck.standard_error(0.65, 20_000) / 0.1, rel=1e-4)


def test_the_spread_of_what_ten_measures_pay():
    linear = 100_000 * luck.exact_linear_luck(0.65, 0.60, 0.75, 500).sd
    cliff = 100_000 * luck.threshold_luck(0.65, 0.65, 500).sd
    assert luck.sd_of_pay(linear, 10) == pytest.approx(44_552, abs=0.5)
    assert luck.sd_of_pay(cliff, 10) == pytest.approx(157_980, abs=0.5)
    assert luck.sd_of_pay(linear, 10, 0.3) == pytest.approx(85_697, abs=0.5)
    assert luck.linear_luck(0.65, 0.60, 0.75, 500).sd == pytest.approx(linear / 100_000, rel=1e-3)


def test_the_closed_form_agrees_with_the_binomial_law():
    exact, normal = luck.exact_linear_luck(0.65, 0.60, 0.75, 5_000), luck.linear_luck(0.65, 0.60, 0.75, 5_000)
    assert normal == pytest.approx((float(exact.mean), float(exact.sd)), rel=1e-3)


def test_at_least_one_false_signal():
    assert luck.false_signals([10, 45]) == pytest.approx([0.2237, 0.6800], **FOUR)


def test_regression_to_the_mean():
    r = float(reliability.normal_reliability(200, 0.65, 0.03))
    assert luck.expected_next(0.58, 0.65, r) == pytest.approx(0.619080, **SIX)
    assert 100 * luck.free_gain(0.58, 0.65, r) == pytest.approx(3.91, abs=0.005)
    worst = 0.65 - luck.worst_share(0.1) * 0.03 / np.sqrt(r)
    assert luck.worst_share(0.1) == pytest.approx(1.754983, **SIX)
    assert worst == pytest.approx(0.570782, **SIX)
    assert luck.expected_next(worst, 0.65, r) == pytest.approx(0.615008, **SIX)
    assert 100 * luck.free_gain(worst, 0.65, r) == pytest.approx(4.42, abs=0.005)


@pytest.mark.parametrize(("k", "e", "gain"), [(5, 1.162964, 2.93), (10, 1.538753, 3.88), (20, 1.867475, 4.71)])
def test_the_worst_of_k_gains_by_itself(k, e, gain):
    r = float(reliability.normal_reliability(200, 0.65, 0.03))
    assert luck.worst_of(k) == pytest.approx(e, **SIX)
    assert 100 * luck.free_gain_of_worst(k, 0.03 / np.sqrt(r), r) == pytest.approx(gain, abs=0.005)


@pytest.mark.parametrize(("k", "c"), [(2, 0.5642), (3, 0.8463), (5, 1.1630)])
def test_the_worst_of_k_is_the_lowest_of_k(k, c):
    assert luck.worst_of(k) == pytest.approx(c, **FOUR)
    assert luck.worst_of(1) == 0


def test_a_threshold_is_reached_with_the_decimal_that_is_written():
    """0.29 of 100 people is 28.999999999999996 in binary, and 0.07 of 100 is 7.000000000000001."""
    for t, needed in ((0.29, 29), (0.07, 7)):
        assert luck.exact_chance_of_passing(t, t, 100) == pytest.approx(1 - float(bdtr(needed - 1, 100, t)))


@pytest.mark.parametrize("call", [
    lambda: reliability.size_for(1.0, 20), lambda: reliability.beta_half(0, 1), lambda: reliability.reliability(10, 0),
    lambda: reliability.beta_binomial_fit([1], [2]), lambda: reliability.beta_binomial_fit([1, 0], [2, 0]),
    lambda: reliability.between_variance([1, 0], [1, 1]), lambda: reliability.spearman_brown(0, 0.5, 0.7),
    lambda: power.size_for_shares(0.5, 0.5), lambda: power.size_for_shares(0.5, 1.5), lambda: power.multiplier(alpha=0),
    lambda: power.detectable_change(0.5, 0), lambda: power.inflated(10, 0.9), lambda: power.design_effect(0, 0.1),
    lambda: power.size_for_rates(0.1, 0.1), lambda: power.detectable_rate_change(0, 5),
    lambda: luck.chance_of_passing(0.0, 0.5, 10), lambda: luck.linear_luck(0.5, 0.6, 0.6, 10),
    lambda: luck.exact_linear_luck(0.5, 0.6, 0.6, 10), lambda: luck.sd_of_pay(1, 10, -0.5), lambda: luck.worst_of(0),
    lambda: luck.worst_share(1.0), lambda: luck.expected_next(1, 1, 2), lambda: luck.false_signals(-1),
])  # fmt: skip
def test_what_cannot_be_is_said(call):
    with pytest.raises(InputError):
        call()
