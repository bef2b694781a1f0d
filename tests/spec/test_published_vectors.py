"""Vectors of published schemes and papers that the clauses of this version can express.

Not expressible here: the REACH rows beyond the third band (Global at 60 %, Professional above 15 %), because a
corridor has two edges; the Medicare table of minimum rates by size and the local rule for it, the minimum cohort
size, the winner's curse, because no clause uses them. Detectable effects and Spearman-Brown: test_outcome_chance.py.
"""

from statistics import NormalDist

import numpy as np
import pytest

from capitation.design.outcome_parts import Outcomes
from capitation.design.parts import Corridor, Sharing
from capitation.loss.cost_sums import sums_of
from capitation.loss.scenarios import scenarios_of
from capitation.loss.simulation_error import share_of
from capitation.outcomes.score import Score
from capitation.risk.clauses import corridor_transfer, sharing_transfer
from capitation.risk.year_cost import YearCost
from capitation.settlement import _outcome_lines

GLOBAL_2021 = Corridor(inner=0.25, outer=0.35, inner_share=1.0, outer_share=0.5, beyond_share=0.25)
GLOBAL_2026 = Corridor(inner=0.10, outer=0.35, inner_share=1.0, outer_share=0.5, beyond_share=0.25)
PROFESSIONAL = Corridor(inner=0.05, outer=0.10, inner_share=0.5, outer_share=0.35, beyond_share=0.15)
REACH = [
    *((GLOBAL_2021, *row) for row in ((2, 2), (20, 20), (25, 25), (30, 27.5), (35, 30), (40, 31.25), (50, 33.75))),
    *((GLOBAL_2026, *row) for row in ((2, 2), (10, 10), (20, 15), (35, 22.5), (40, 23.75), (50, 26.25))),
    *((PROFESSIONAL, *row) for row in ((2, 1), (5, 2.5), (8, 3.55), (10, 4.25), (12, 4.55), (15, 5))),
]
MEMBER_MONTHS, TARGET = 125_000, 500.0
FOUR_IN_FIVE = {"gain_share": 0.8, "loss_share": 0.8, "gain_cap": 0.05, "loss_cap": 0.05}


def kept(saving, price, terms):
    result, whole = np.float64(saving), np.float64(price)
    transfer = corridor_transfer if isinstance(terms, Corridor) else sharing_transfer
    return float(result + transfer(result, whole, terms))


@pytest.mark.parametrize(("terms", "saved", "keeps"), REACH)
def test_a_reach_participant_keeps_this_many_per_cent_of_the_benchmark(terms, saved, keeps):
    assert kept(saved, 100, terms) == pytest.approx(keeps)
    assert kept(-saved, 100, terms) == pytest.approx(-keeps)


@pytest.mark.parametrize(("minimum_rate", "actual", "pays"), [
    (0.01, 495.50, 0), (0.0, 495.50, 281_250), (0.01, 495.00, 312_500),
])  # fmt: skip
def test_axene_a_saving_below_the_minimum_pays_nothing_and_one_exactly_at_it_pays_from_the_first_dollar(
    minimum_rate, actual, pays
):
    terms = Sharing(minimum_rate=minimum_rate, gain_share=0.5, gain_cap=1.0)
    saving = (TARGET - actual) * MEMBER_MONTHS
    assert kept(saving, TARGET * MEMBER_MONTHS, terms) == pytest.approx(pays)


def test_axene_what_the_holder_does_not_keep_goes_to_the_payer():
    saving, price = np.float64(562_500.0), np.float64(TARGET * MEMBER_MONTHS)
    payer = -float(sharing_transfer(saving, price, Sharing(gain_share=0.5, gain_cap=1.0)))
    assert (payer, float(saving) - payer) == pytest.approx((281_250, 281_250))


@pytest.mark.parametrize(("order", "saved", "keeps"), [
    ("cap then share", 5, 4.0), ("cap then share", 8, 4.0), ("share then cap", 8, 5.0), ("share then cap", 5, 4.0),
])  # fmt: skip
def test_the_order_of_share_and_cap_decides_what_an_80_per_cent_share_under_a_5_per_cent_cap_pays(order, saved, keeps):
    terms = Sharing(cap_order=order, **FOUR_IN_FIVE)
    assert kept(saved, 100, terms) == pytest.approx(keeps)
    assert kept(-saved, 100, terms) == pytest.approx(-keeps)


def test_chance_alone_pays_a_quarter_of_a_per_cent_of_the_budget_under_a_3_9_per_cent_minimum_rate():
    """5,000 people, person CV 2.15, half the saving from the first pound: 0.266 % of budget, in 9.98 % of years."""
    levels = (np.arange(200_000) + 0.5) / 200_000
    saving = 2.15 / np.sqrt(5_000) * np.array([NormalDist().inv_cdf(level) for level in levels])
    terms = Sharing(minimum_rate=0.039, gain_share=0.5, gain_cap=1.0, loss_share=0.0)
    pays = saving + sharing_transfer(saving, np.ones_like(saving), terms)
    assert np.mean(pays) == pytest.approx(0.00266, abs=0.00001)
    assert np.mean(pays > 0) == pytest.approx(0.0998, abs=0.0001)


@pytest.mark.parametrize(("people", "spread"), [(5_000, 0.04243), (10_000, 0.03000)])
def test_the_spread_of_a_year_falls_with_the_root_of_the_people_at_a_person_cv_of_3(people, spread):
    tenth = np.repeat([10.0, 0.0], [1_000, 9_000])  # one person in ten has all the cost: CV 3
    totals = scenarios_of(sums_of(tenth), people).total
    assert totals.std() / totals.mean() == pytest.approx(spread, rel=0.002)


def test_wilson_556_of_1714_lies_between_30_3_and_34_7_per_cent():
    found = share_of(556, 1_714)
    assert [round(100 * v, 1) for v in (found.value, found.low, found.high)] == [32.4, 30.3, 34.7]


def test_one_per_cent_of_ten_million_is_kept_back_as_100_000():
    year = YearCost({"p": np.zeros(1)}, np.zeros(1))
    kept_back, _ = _outcome_lines(10_000_000.0, year, Score(1.0, None), Outcomes(withhold=0.01))
    assert kept_back.flows["holder"] == pytest.approx([-100_000.0])
