"""Bühlmann-Straub: by hand, against the formulae read word by word, and where there is little to tell from."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.loss.credibility import buhlmann_straub

RATES = np.array([[100.0, 140.0], [200.0, 160.0], [300.0, 300.0]])
WEIGHTS = np.array([[10.0, 10.0], [5.0, 15.0], [10.0, 10.0]])


def direct(rates, weights):
    """The formulae of the reference with loops; every cell there in every year."""
    cells, years = rates.shape
    w_i = [sum(weights[i]) for i in range(cells)]
    x_i = [sum(weights[i][t] * rates[i][t] for t in range(years)) / w_i[i] for i in range(cells)]
    w = sum(w_i)
    mean = sum(w_i[i] * x_i[i] for i in range(cells)) / w
    s2 = sum(weights[i][t] * (rates[i][t] - x_i[i]) ** 2 for i in range(cells) for t in range(years))
    s2 /= cells * (years - 1)
    a = sum(w_i[i] * (x_i[i] - mean) ** 2 for i in range(cells)) - (cells - 1) * s2
    a = max(0.0, a / (w - sum(v * v for v in w_i) / w))
    if a == 0:
        return s2, a, [0.0] * cells, mean, [mean] * cells
    z = [v / (v + s2 / a) for v in w_i]
    mu = sum(z[i] * x_i[i] for i in range(cells)) / sum(z)
    return s2, a, z, mu, [z[i] * x_i[i] + (1 - z[i]) * mu for i in range(cells)]


def test_three_cells_and_two_years_by_hand():
    """Own rates 120, 170, 300 of weight 20 each, mean 590/3.

    s² = [10·20² + 10·20² + 5·30² + 15·10² + 0] / 3 = 14,000/3; Σ w(X - X̄)² = 20·(76.67² + 26.67² + 103.33²) = 345,333.3;
    a = (345,333.3 - 2·4,666.7) / (60 - 20) = 8,400; Z = 20 / (20 + 4,666.7/8,400) = 36/37; weights alike: overall = mean.
    """
    found = buhlmann_straub(RATES, WEIGHTS)
    assert found.own == pytest.approx([120, 170, 300])
    assert (found.within, found.between) == (pytest.approx(14_000 / 3), pytest.approx(8_400))
    assert found.credibility == pytest.approx([36 / 37] * 3)
    assert found.overall == pytest.approx(590 / 3)
    assert found.balance == pytest.approx(1)
    assert found.estimate == pytest.approx([36 / 37 * x + 1 / 37 * 590 / 3 for x in (120, 170, 300)])


@pytest.mark.parametrize("seed", range(20))
def test_the_same_as_the_formulae_read_word_by_word(seed):
    draw = np.random.default_rng(seed)
    weights = draw.uniform(1, 500, (7, 4))
    rates = draw.normal(1_000, 200 * (seed % 3), (7, 1)) + draw.normal(0, 4_000, (7, 4)) / np.sqrt(weights)
    s2, a, z, mu, blend = direct(rates, weights)
    found = buhlmann_straub(rates, weights)
    assert (found.within, found.between, found.overall) == (pytest.approx(s2), pytest.approx(a), pytest.approx(mu))
    assert found.credibility == pytest.approx(z)
    assert found.estimate == pytest.approx(np.array(blend) * found.balance)
    assert (weights.sum(axis=1) * found.estimate).sum() == pytest.approx((weights * rates).sum())


def test_unequal_cells_give_the_total_back_because_the_mean_is_weighted_by_credibility():
    weights = np.array([[1.0, 2.0], [200.0, 210.0], [40.0, 35.0]])
    rates = np.array([[900.0, 100.0], [400.0, 420.0], [600.0, 640.0]])
    found = buhlmann_straub(rates, weights)
    assert found.balance == pytest.approx(1, abs=1e-12)
    assert weights.sum(axis=1) @ found.estimate == pytest.approx((weights * rates).sum())
    towards_plain_mean = found.credibility * found.own + (1 - found.credibility) * found.own.mean()
    assert abs(weights.sum(axis=1) @ towards_plain_mean / (weights * rates).sum() - 1) > 1e-3
    assert found.credibility[0] < found.credibility[2] < found.credibility[1]


def test_cells_that_differ_by_chance_alone_all_have_the_mean():
    rates = np.array([[100.0, 140.0], [140.0, 100.0], [90.0, 150.0]])
    found = buhlmann_straub(rates, np.full((3, 2), 10.0))
    assert found.between == 0
    assert found.credibility.tolist() == [0, 0, 0]
    assert found.estimate == pytest.approx([120] * 3)


def test_rates_all_alike_are_no_difference_by_rounding():
    found = buhlmann_straub(np.full((4, 3), 123.456), np.random.default_rng(1).uniform(1, 9, (4, 3)))
    assert found.estimate == pytest.approx([123.456] * 4)
    assert np.isfinite(found.credibility).all()


def test_steady_cells_that_differ_keep_their_own_rates():
    found = buhlmann_straub(np.array([[100.0, 100.0], [300.0, 300.0]]), np.ones((2, 2)))
    assert found.credibility.tolist() == [1, 1]
    assert found.estimate == pytest.approx([100, 300])


@pytest.mark.parametrize(("rates", "weights"), [
    ([[100.0, 140.0]], [[10.0, 30.0]]),  # one cell
    ([[100.0], [140.0]], [[10.0], [30.0]]),  # one year
    ([[100.0, 0.0], [0.0, 140.0]], [[10.0, 0.0], [0.0, 30.0]]),  # each cell there in one year only
])  # fmt: skip
def test_with_nothing_to_compare_rates_stay_as_they_are(rates, weights):
    found = buhlmann_straub(np.array(rates), np.array(weights))
    assert not found.told
    assert found.credibility.tolist() == [1] * len(rates)
    assert found.estimate == pytest.approx(found.own)


def test_a_cell_that_is_never_there_has_the_overall_rate_and_does_not_count():
    more = buhlmann_straub(np.vstack([RATES, [np.nan, np.nan]]), np.vstack([WEIGHTS, [0.0, 0.0]]))
    found = buhlmann_straub(RATES, WEIGHTS)
    assert more.credibility == pytest.approx([*found.credibility, 0])
    assert more.estimate[:3] == pytest.approx(found.estimate)
    assert more.estimate[3] == pytest.approx(found.overall * found.balance)
    assert np.isfinite(more.own).all()


def test_a_year_that_a_cell_is_not_there_does_not_count():
    """Cell 2 in year 1 only: s² has 1 + 0 + 1 degrees of freedom."""
    weights = np.array([[10.0, 10.0], [20.0, 0.0], [10.0, 10.0]])
    rates = np.array([[100.0, 140.0], [170.0, np.nan], [300.0, 300.0]])
    assert buhlmann_straub(rates, weights).within == pytest.approx(20 * 20**2 / 2)


def test_no_cost_at_all_is_no_rate_and_no_fault():
    assert buhlmann_straub(np.zeros((2, 3)), np.ones((2, 3))).estimate.tolist() == [0, 0]


@pytest.mark.parametrize(("rates", "weights", "says"), [
    (RATES, WEIGHTS[:2], "shape"),
    (RATES, -WEIGHTS, "below 0"),
    (RATES, WEIGHTS * np.nan, "not a number"),
    (RATES * np.nan, WEIGHTS, "a rate is not a number"),
    (RATES, WEIGHTS * 0, "nobody"),
])  # fmt: skip
def test_bad_input_is_one_line(rates, weights, says):
    with pytest.raises(InputError, match=says):
        buhlmann_straub(rates, weights)


def test_the_variances_are_found_on_average():
    """2,000 sets of 12 cells × 3 years with a = 150² and s² = 3,000²: unbiased before a is cut at 0."""
    draw, weights = np.random.default_rng(3), np.random.default_rng(4).uniform(100, 900, (12, 3))
    found = [buhlmann_straub(draw.normal(1_000, 400, (12, 1)) + draw.normal(0, 3_000, (12, 3)) / np.sqrt(weights), weights)
             for _ in range(2_000)]  # fmt: skip
    assert np.mean([f.within for f in found]) == pytest.approx(3_000**2, rel=0.02)
    assert np.mean([f.between for f in found]) == pytest.approx(400**2, rel=0.03)
