"""Price gap, bids and savings: published cases, and figures that a reader can check by hand."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from capitation.charts.price_gap import bid as bid_picture
from capitation.charts.price_gap import funding_gap as funding_picture
from capitation.charts.price_gap import savings as savings_picture
from capitation.charts.runtime import static_svg
from capitation.errors import InputError
from capitation.price.gap import (
    bid_against_drawn,
    bid_against_normal,
    curse_by_bidders,
    east_sussex,
    funding_gap,
    lowest_of,
    price_gap,
    savings_against,
    winners_curse,
    yearly_cut,
)
from capitation.price.published import CONFIRMED, EAST_SUSSEX, EXPLAINED, SAVINGS, STATED, UNITINGCARE, WORKED_OUT


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def test_unitingcares_first_year_was_short_by_a_fifth_of_its_price():
    price, missing = (UNITINGCARE.fact(f).value for f in ("price of year 1", "price gap of year 1"))
    gap = price_gap(price + missing, price, cost_sd=0.02 * price)  # chance for 30,000 people and more: below 2 %
    assert gap.amount == 30e6
    assert gap.share == pytest.approx(0.197, abs=5e-4)
    assert gap.in_cost_sds == pytest.approx(9.87, abs=0.01)
    assert gap.too_low


def test_the_published_ratios_follow_from_the_figures_beside_them():
    assert UNITINGCARE.fact("gap against the price").value == pytest.approx(0.197, abs=5e-4)
    assert UNITINGCARE.fact("bid against the highest price").value == pytest.approx(-0.035, abs=5e-4)
    assert UNITINGCARE.fact("savings against the bid").value == pytest.approx(0.245, abs=5e-4)
    assert EAST_SUSSEX.fact("gap against the spend").value == pytest.approx(0.214, abs=5e-4)
    assert round(EAST_SUSSEX.fact("spend per head").value) == 1_731


def test_every_published_figure_says_where_it_comes_from_and_how_sure_it_is():
    facts = [*UNITINGCARE.facts, *EAST_SUSSEX.facts, *SAVINGS, *EXPLAINED]
    assert all(fact.source and fact.mark in (STATED, CONFIRMED, WORKED_OUT) for fact in facts)


def test_one_persons_cost_is_explained_to_4_per_cent_by_age_and_sex_and_12_with_diagnoses():
    by_model = {model.model: (model.estimation, model.validation) for model in EXPLAINED}
    assert by_model["age and sex"] == (0.0373, 0.0366)
    assert by_model["age, sex and diagnoses"] == (0.1264, 0.1223)


def test_a_gap_is_told_in_pounds_as_a_share_and_in_both_kinds_of_spread():
    gap = price_gap(needed=1_050.0, offered=1_000.0, cost_sd=30.0, price_error=40.0)
    assert (gap.amount, gap.share) == (50.0, 0.05)
    assert gap.in_cost_sds == pytest.approx(50 / 30)
    assert gap.in_price_errors == pytest.approx(50 / 40)
    assert gap.chance_of_loss == pytest.approx(NormalDist().cdf(1.0))  # spread √(30² + 40²) = 50: one of them
    assert gap.too_low


def test_an_offer_at_what_is_needed_loses_every_other_year_and_is_not_too_low():
    gap = price_gap(1_000.0, 1_000.0, 30.0, 40.0)
    assert gap.chance_of_loss == 0.5
    assert not gap.too_low


def test_where_no_spread_is_known_the_gap_has_no_measure_in_it_and_decides_alone():
    gap = price_gap(1_001.0, 1_000.0)
    assert math.isnan(gap.in_cost_sds)
    assert math.isnan(gap.in_price_errors)
    assert gap.chance_of_loss == 1.0
    assert price_gap(1_000.0, 1_001.0).chance_of_loss == 0.0


def test_a_bid_is_held_against_the_20th_50th_and_80th_of_100_drawn_years():
    costs = np.arange(1.0, 101.0)
    test = bid_against_drawn(19.0, costs)
    assert (test.p20, test.p50, test.p80) == (20.0, 50.0, 80.0)
    assert (test.mean, test.result) == (50.5, -31.5)
    assert test.exceeds.value == 0.81
    assert test.exceeds.low < 0.81 < test.exceeds.high
    assert test.reckless
    assert not bid_against_drawn(20.0, costs).reckless


def test_a_bid_of_the_mean_of_a_normal_cost_is_exceeded_every_other_year():
    test = bid_against_normal(100.0, 100.0, 10.0)
    assert test.exceeds.value == 0.5
    assert (test.p20, test.p50, test.p80) == pytest.approx((91.584, 100.0, 108.416), abs=1e-3)
    assert bid_against_normal(91.5, 100.0, 10.0).reckless
    assert bid_against_normal(91.5, 100.0, 10.0).in_sds == pytest.approx(-0.85)


def test_a_bid_3_5_per_cent_low_is_1_7_to_3_5_standard_deviations_below():
    bid = 1 + UNITINGCARE.fact("bid against the highest price").value
    assert bid_against_normal(bid, 1.0, 0.02).in_sds == pytest.approx(-1.73, abs=0.01)
    assert bid_against_normal(bid, 1.0, 0.01).in_sds == pytest.approx(-3.46, abs=0.01)


@pytest.mark.parametrize(("bidders", "c"), [(1, 0.0), (2, 0.5642), (3, 0.8463), (5, 1.1630)])
def test_the_lowest_of_k_honest_bids_lies_as_published_below_the_cost(bidders, c):
    assert lowest_of(bidders) == pytest.approx(c, abs=5e-5)


def test_the_quadrature_is_exact_where_the_value_is_known_in_closed_form():
    assert lowest_of(2) == pytest.approx(1 / math.sqrt(math.pi), abs=1e-12)
    assert lowest_of(3) == pytest.approx(1.5 / math.sqrt(math.pi), abs=1e-12)


def test_the_winner_of_five_bids_with_an_error_of_2_pounds_bids_2_33_too_little_and_the_shade_undoes_it():
    curse = winners_curse(100.0, 2.0, 5)
    assert curse.lowest == pytest.approx(97.674, abs=1e-3)
    assert curse.lowest + curse.shade == 100.0
    assert curse_by_bidders(100.0, 2.0, [2, 5])["lowest"].tolist() == pytest.approx([98.872, 97.674], abs=1e-3)


def test_drawn_bids_bear_the_winners_curse_out():
    bids = np.random.default_rng(7).normal(100.0, 2.0, (200_000, 3))
    assert bids.min(axis=1).mean() == pytest.approx(winners_curse(100.0, 2.0, 3).lowest, abs=0.01)  # error 0.0034


def test_a_cut_of_10_per_cent_twice_saves_19_per_cent():
    assert yearly_cut(0.19, 2) == pytest.approx(0.10)


def test_unitingcares_savings_ask_more_of_each_year_than_any_whole_population_has_shown():
    test = savings_against(UNITINGCARE.fact("savings against the bid").value, 5)
    lies = test.results.set_index("name")["lies"].to_dict()
    assert lies == {"Alternative Quality Contract, Massachusetts": "below", "Gesundes Kinzigtal": "below",
                    "Milton Keynes, substance misuse": "above"}  # fmt: skip
    assert plain(test.verdict) == (
        "The price counts on 5.5 % a year, more than any whole population here has shown (most: Alternative Quality "
        "Contract, Massachusetts, 1.7 %). Milton Keynes, substance misuse did as much, in one service."
    )


def test_savings_within_and_below_the_reference_class_are_told_as_such():
    assert "within what whole populations have shown" in savings_against(0.06, 4).verdict
    assert "no more than every published result" in savings_against(0.01, 4).verdict
    assert "no published result" in savings_against(0.01, 4, [s for s in SAVINGS if s.kind == "aim"]).verdict


def test_aims_and_what_was_not_shown_stand_beside_the_results_and_count_for_nothing():
    test = savings_against(0.05, 5)
    assert set(test.results["kind"]) == {"result"}
    assert {"aim", "not shown"} <= set(test.table["kind"])


def test_east_sussex_by_2017_18():
    gap = east_sussex()
    assert gap.share == pytest.approx(0.214, abs=5e-4)
    assert round(gap.a_head) == 1_731
    assert round(gap.gap_a_head) == 370
    assert gap.cost_later == 1_135e6
    assert round(gap.cost_a_head_later) == 2_102
    assert gap.cost_growth == pytest.approx(0.0667, abs=5e-5)
    assert 935e6 * (1 + gap.cost_growth) ** 3 == pytest.approx(1_135e6)
    assert gap.saving == pytest.approx(200 / 1_135)
    assert gap.yearly_efficiency == pytest.approx(0.0626, abs=5e-5)
    assert 1_135e6 * (1 - gap.yearly_efficiency) ** 3 == pytest.approx(935e6)


def test_east_sussex_a_year_later_or_with_more_money():
    assert east_sussex(4).yearly_efficiency == pytest.approx(0.0473, abs=5e-5)
    richer = east_sussex(3, funding_growth=0.02)
    assert richer.cost_later - richer.funding_later == pytest.approx(200e6)
    assert richer.cost_growth > east_sussex().cost_growth
    assert richer.by_year()["gap"].iloc[[0, -1]].tolist() == pytest.approx([0.0, 200e6], abs=1e-3)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: price_gap(0.0, 1.0), "price gap: needed: 0.0; expected an amount above 0"),
        (lambda: price_gap(1.0, math.inf), "price gap: offered: inf"),
        (lambda: price_gap(1.0, 1.0, -1.0), "price gap: sd of cost: -1.0"),
        (lambda: price_gap(1.0, 1.0, 0.0, math.nan), "price gap: error of the price: nan"),
        (lambda: bid_against_drawn(1.0, np.array([1.0])), "bid test: drawn costs: 1; expected at least 2 years"),
        (lambda: bid_against_drawn(1.0, np.array([1.0, np.nan])), "bid test: drawn costs: some are not finite"),
        (lambda: bid_against_drawn(0.0, np.array([1.0, 2.0])), "bid test: bid: 0.0"),
        (lambda: bid_against_normal(1.0, 1.0, 0.0), "bid test: standard deviation: 0.0"),
        (lambda: winners_curse(1.0, 0.1, 0), "winner's curse: bidders: 0; expected at least 1"),
        (lambda: winners_curse(-1.0, 0.1, 2), "winner's curse: mean: -1.0"),
        (lambda: savings_against(1.0, 5), "savings: share: 1.0; expected a share above -1 and below 1"),
        (lambda: savings_against(0.1, 0), "savings: years: 0; expected a number above 0"),
        (lambda: funding_gap(1.0, 0.0, 1.0, 3), "funding gap: people: 0.0"),
        (lambda: east_sussex(0), "funding gap: years: 0; expected at least 1"),
        (lambda: east_sussex(3, -1.0), "funding gap: growth: -1.0"),
    ],
)
def test_what_can_not_be_is_refused_in_a_line(asked, said):
    with pytest.raises(InputError) as refused:
        asked()
    assert str(refused.value).startswith(said)


def test_the_picture_of_a_reckless_bid_says_so_and_shows_the_lowest_of_honest_ones():
    test = bid_against_normal(152e6, 182e6, 4e6)
    drawn = bid_picture(test, 182e6, "£", curse_by_bidders(182e6, 3e6, [2, 3, 5]))
    assert drawn.finding == "An offer of £152m is reckless, below P20: cost exceeds it almost surely"
    assert "lowest of 3 honest bids £179m" in drawn.alt
    assert "lowest of 3 honest bids" in static_svg(drawn)


def test_the_pictures_of_other_bids_say_where_they_lie():
    within, above = (bid_picture(bid_against_normal(b, 182e6, 4e6), 182e6, "£").finding for b in (182e6, 190e6))
    assert within.endswith("lies between P20 and P80: cost exceeds it in 50 years of 100")
    assert above.endswith("lies above P80: cost exceeds it in 2 years of 100")


def test_the_picture_of_savings_counts_the_published_results_and_names_what_is_not_drawn():
    drawn = savings_picture(savings_against(0.245, 5))
    assert plain(drawn.finding) == "The price counts on a saving of 5.5 % a year; 2 of 3 published results saved less"
    assert "Vanguards, England" in drawn.alt
    assert "Gesundes Kinzigtal" in static_svg(drawn)


def test_the_picture_of_east_sussex_tells_the_gap_a_head():
    drawn = funding_picture(east_sussex(), "£", ["2014/15", "2015/16", "2016/17", "2017/18"])
    assert plain(drawn.finding) == ("A gap of £200m is £370 a head, 21.4 % of today’s spend: closing it takes 6.3 % off cost in "
                                    "each of 3 years")  # fmt: skip
    assert "£1.1bn" in static_svg(drawn)
