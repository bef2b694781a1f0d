"""The risk mechanisms against published figures and worked examples. T1 to T6 are those of the domain reference, section 6."""

import numpy as np
import pytest

from capitation.design import make_design
from capitation.design.parts import Corridor, Pool, ProfitLimits, Ramp, Reopener, Sharing, StopLoss
from capitation.errors import InputError
from capitation.risk.bands import Bands, bands_of, kept_of
from capitation.risk.clauses import corridor_transfer, shares_at, sharing_transfer
from capitation.risk.incentive import silent_levels
from capitation.risk.limits import limits_transfer
from capitation.risk.minimum_rate import false_pay, local_rate, medicare_rate, paid_for_luck, paid_when_true, resolved
from capitation.risk.over_years import attachment_in, glide_share, glide_transfer, reopened
from capitation.risk.pooling import over_years, pool_transfer
from capitation.risk.savings import double_running_share, saved_share, savings_drawn

REACH = {  # T1: bands confirmed, outputs worked out in the reference
    "Global, 2021 to 2025": ((100, 25, 50, 35, 25, 50, 10),
                             {2: 2, 20: 20, 25: 25, 30: 27.5, 35: 30, 40: 31.25, 50: 33.75, 60: 34.75}),
    "Global, 2026": ((100, 10, 50, 35, 25, 50, 10), {2: 2, 10: 10, 20: 15, 35: 22.5, 40: 23.75, 50: 26.25, 60: 27.25}),
    "Professional": ((50, 5, 35, 10, 15, 15, 5), {2: 1, 5: 2.5, 8: 3.55, 10: 4.25, 12: 4.55, 15: 5, 20: 5.25, 40: 6.25}),
}  # fmt: skip
HUNDRED = np.float64(100.0)


@pytest.mark.parametrize("regime", REACH)
def test_reach_corridors_on_gains_and_on_losses(regime):
    bands, outputs = REACH[regime]
    corridor = Corridor(gain_bands=bands, loss_bands=bands)
    for saved, keeps in outputs.items():
        for sign in (1, -1):
            assert sign * saved + float(
                corridor_transfer(np.float64(sign * saved), HUNDRED, corridor)
            ) == pytest.approx(sign * keeps)


def test_gains_and_losses_may_have_bands_of_their_own_and_those_without_keep_the_plain_ones():
    corridor = Corridor(loss_bands=(0,), inner=0.02, outer=0.06)
    assert float(corridor_transfer(np.float64(-30.0), HUNDRED, corridor)) == 30.0
    assert bands_of(corridor, gain=True) == Bands((0.02, 0.06), (1.0, 0.5, 0.2))
    assert float(kept_of(np.float64(8.0), HUNDRED, bands_of(corridor, gain=True))) == pytest.approx(2 + 2 + 0.4)


TABLE = [  # T2: 42 CFR 425.604(b), table of 83 FR 67816; the ends of each size band, and points inside
    (1, 12.2), (499, 12.2), (500, 12.2), (1_000, 8.7), (3_000, 5.0), (5_000, 3.9), (6_000, 3.6), (7_000, 3.4), (7_500, 3.3),
    (7_999, 3.2), (9_000, 3.1), (10_000, 3.0), (15_000, 2.7), (20_000, 2.5), (50_000, 2.2), (60_000, 2.0), (10**7, 2.0),
    (8_238, 3.18), (13_151, 2.81), (24_494, 2.46),
]  # fmt: skip


@pytest.mark.parametrize(("people", "per_cent"), TABLE)
def test_medicares_minimum_rate_by_size(people, per_cent):
    assert 100 * medicare_rate(people) == pytest.approx(per_cent, abs=0.0051 if people > 7_999 else 0.0005)


@pytest.mark.parametrize(("people", "per_cent"), [
    (500, 12.32), (1_000, 8.71), (3_000, 5.03), (5_000, 3.90), (20_000, 2.50), (50_000, 2.24), (60_000, 2.04),
])  # fmt: skip
def test_the_local_minimum_rate_with_the_national_spread_is_within_0_15_points_of_the_table(people, per_cent):
    assert 100 * local_rate(people, 2.15) == pytest.approx(per_cent, abs=0.005)
    assert abs(local_rate(people, 2.15) - medicare_rate(people)) < 0.0015


def test_the_minimum_rate_follows_the_rule_the_contract_names():
    assert resolved(Sharing(minimum_rate=0.01), 5_000, 3.0).minimum_rate == 0.01
    assert resolved(Sharing(minimum_rule="Medicare's table by size"), 5_000, 3.0).minimum_rate == pytest.approx(0.039)
    own = resolved(Sharing(minimum_rule="the cohort's own spread"), 5_000, 3.0).minimum_rate
    assert own == pytest.approx(0.039 * 3.0 / 2.15, rel=1e-3)
    with pytest.raises(ValueError, match="at least one person"):
        medicare_rate(0)


def test_chance_alone_pays_in_ten_years_of_a_hundred_a_quarter_of_a_per_cent_of_the_budget():
    """T6: 5,000 people, CV 2.15, half of a saving from the first pound, minimum rate 3.9 %: 9.98 %, and 0.266 %."""
    sd = 2.15 / np.sqrt(5_000)
    assert 100 * false_pay(0.039, sd) == pytest.approx(9.98, abs=0.01)
    assert 100 * paid_for_luck(0.5, 0.039, sd) == pytest.approx(0.266, abs=0.001)
    assert paid_when_true(0.039, 0.039, sd) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("quality", "loss_per_cent"), [(0.80, 40), (1.0, 40), (0.7385, 44.61), (0.60, 55), (0.40, 70), (0.0, 75)]
)
def test_medicares_enhanced_track_loses_less_the_better_its_quality(quality, loss_per_cent):
    """42 CFR 425.610: loss rate 1 - 0.75 × quality, from 40 to 75 %; T: 40, 44.61, 55, 70 %."""
    enhanced = Sharing(quality="gains and losses", gain_share=0.75, loss_share=0.75, least_loss_share=0.40)
    gain, loss = shares_at(enhanced, quality)
    assert (100 * gain, 100 * loss) == pytest.approx((75 * quality, loss_per_cent), abs=0.005)


def test_quality_in_gains_alone_leaves_losses_as_they_are():
    terms = Sharing(quality="gains", gain_share=0.5, loss_share=0.3, gain_cap=1.0, loss_cap=1.0)
    assert float(10 + sharing_transfer(np.float64(10.0), HUNDRED, terms, 0.4)) == pytest.approx(2.0)
    assert float(-10 + sharing_transfer(np.float64(-10.0), HUNDRED, terms, 0.4)) == pytest.approx(-3.0)


def test_basic_track_e_shares_from_the_first_pound_and_caps_its_loss():
    """42 CFR 425.605(d): half of a gain up to 10 % of benchmark, 30 % of a loss whatever the quality, at most 4 %."""
    basic = Sharing(minimum_rate=0.02, gain_share=0.5, gain_cap=0.10, loss_share=0.3, loss_cap=0.04)
    kept = [
        float(r + sharing_transfer(np.float64(r), HUNDRED, basic)) for r in (1.9, 2.0, 6.0, 30.0, -1.9, -10.0, -20.0)
    ]
    assert kept == pytest.approx([0.0, 1.0, 3.0, 10.0, 0.0, -3.0, -4.0])


def test_beyond_the_minimum_rate_only_and_on_gains_only():
    terms = Sharing(minimum_rate=0.02, from_first_pound=False, minimum_on_losses=False, gain_share=0.5, loss_share=0.5)
    kept = [float(r + sharing_transfer(np.float64(r), HUNDRED, terms)) for r in (1.0, 2.0, 6.0, -1.0)]
    assert kept == pytest.approx([0.0, 0.0, 2.0, -0.5])


def test_next_generation_caps_first_then_shares():
    """T4: 80 % share, 5 % cap: a saving of 5 % or more pays 4 %; sharing first, 8 % pays 5 %."""
    for saved, order, pays in ((5, "cap then share", 4.0), (8, "cap then share", 4.0), (8, "share then cap", 5.0)):
        terms = Sharing(gain_share=0.8, gain_cap=0.05, cap_order=order)
        assert float(saved + sharing_transfer(np.float64(saved), HUNDRED, terms)) == pytest.approx(pays)


def test_axene_exactly_the_minimum_rate_pays_and_money_is_conserved():
    """T3: target $500, 125,000 member-months, half from the first dollar: $281,250, $0, $312,500."""
    price = np.float64(500 * 125_000.0)
    for rate, actual, pays in ((0.01, 495.50, 0), (0.0, 495.50, 281_250), (0.01, 495.0, 312_500)):
        saving = np.float64((500 - actual) * 125_000)
        payer = -sharing_transfer(saving, price, Sharing(minimum_rate=rate, gain_share=0.5, gain_cap=1.0))
        assert float(saving - payer) == pytest.approx(pays)


def test_kinzigtals_saving_is_of_all_insured_and_seven_per_cent_of_their_norm_cost():
    """2013: norm cost €75.5m, actual €70.0m: €5.5m, 7.3 % (T5), whoever enrolled; no part of it comes from who did."""
    enrolled, others = np.array([20.0, 18.4]), np.array([55.5, 51.6])  # norm and actual, €m: any split gives the same
    norm, actual = enrolled + others
    assert (round(norm - actual, 9), round(100 * (norm - actual) / norm, 1)) == (5.5, 7.3)
    whole = Sharing(gain_share=1.0, gain_cap=1.0)
    assert float(norm - actual + sharing_transfer(np.float64(norm - actual), np.float64(norm), whole)) == pytest.approx(
        5.5
    )


def test_alziras_profit_is_capped_at_seven_and_a_half_per_cent_of_turnover():
    """T5: 7.5 % × €121.03m = €9,077,250."""
    price, limits = np.float64(121_030_000.0), ProfitLimits(on=True)
    assert float(20e6 + limits_transfer(np.float64(20e6), price, limits)) == pytest.approx(9_077_250)
    assert float(limits_transfer(np.float64(5e6), price, limits)) == 0.0
    guaranteed = ProfitLimits(on=True, cap=0.075, guarantee=-0.02)
    assert float(-9e6 + limits_transfer(np.float64(-9e6), price, guaranteed)) == pytest.approx(-0.02 * 121_030_000)


def test_a_pool_of_four_contracts_by_hand():
    """Half of each result goes in: 40 of the holder's 80; 60 + 0 + -20 + 40 = 80 of all; a quarter, 20, comes back."""
    others = [np.array([120.0]), np.array([0.0]), np.array([-40.0])]
    assert pool_transfer(np.array([80.0]), others, Pool(on=True, share=0.5)).tolist() == [-20.0]


def test_a_year_is_settled_in_three_parts_and_the_rest_at_the_end_of_the_term():
    results = np.array([[30.0], [0.0], [-60.0], [90.0]])
    assert over_years(results, 3)[:, 0].tolist() == [10.0, 10.0, 10.0 - 20.0, 90.0 - 40.0]
    np.testing.assert_array_equal(over_years(results, 1), results)


def test_the_glide_path_and_the_widening_attachment():
    assert [glide_share((0, 50, 100), year) for year in (1, 2, 3, 4)] == [0.0, 0.5, 1.0, 1.0]
    assert glide_share((), 3) == 1.0
    assert glide_transfer(np.array([-80.0]), 0.5).tolist() == [40.0]
    assert attachment_in(StopLoss(attachment=40_000.0, widening=0.25), 3) == 62_500


def test_the_price_is_reopened_by_what_lies_beyond_and_both_ways():
    terms = Reopener(on=True, beyond=0.05, share=0.5)
    assert reopened(100.0, np.array([-25.0, -5.0, 3.0, 9.0]), terms).tolist() == pytest.approx([10.0, 0.0, 0.0, -2.0])


def test_savings_come_late_and_by_and_by_and_cost_twice_meanwhile():
    ramp = Ramp(delay=1, years_to_full=2, optimism=0.25, double_running=0.01)
    assert [saved_share(year, 0.08, ramp) for year in (1, 2, 3, 4)] == pytest.approx([0.0, 0.03, 0.06, 0.06])
    assert [double_running_share(year, ramp) for year in (1, 2, 3)] == [0.01, 0.01, 0.0]
    assert saved_share(3, -0.08, ramp) == -0.08  # more cost is no saving to be optimistic about


def test_drawn_savings_have_the_percentiles_that_were_elicited():
    drawn = savings_drawn(1, 0.05, Ramp(below=0.06, above=0.02), 16_384, 1)
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx([-0.01, 0.05, 0.07], abs=1e-4)
    assert (savings_drawn(1, 0.05, Ramp(), 8, 1) == 0.05).all()


def test_levels_at_which_nobody_gains_by_saving():
    level, share = np.array([-0.1, -0.05, 0.0, 0.05, 0.1]), np.array([0.0, 0.04, 0.5, 0.9, 0.01])
    assert silent_levels(level, share, 0.05) == [(-0.1, -0.05), (0.1, 0.1)]
    assert silent_levels(level, np.ones(5), 0.05) == []


BAD = {
    "bands that overlap": ({"corridor": {"gain_bands": [100, 6, 50, 2, 0]}}, "the bands overlap: they end at 6, 2 %"),
    "a hole between bands": ({"corridor": {"loss_bands": [100, 6, 50, 10]}}, "the bands leave a hole: no share is given above 10 %"),
    "a share above one": ({"corridor": {"loss_bands": [120]}}, "the shares 120 % are not all from 0 to 100 %"),
    "a plain share above one": ({"sharing": {"gain_share": 1.2}}, r"\(Holder's share of a gain\): 1.2 is not accepted"),
    "an attachment below zero": ({"stop_loss": {"attachment": -1.0}}, r"\(Attachment point\): -1.0 is not accepted"),
    "a cap below the guarantee": ({"profit_limits": {"on": True, "cap": 0.01, "guarantee": 0.02}},
                                  "the cap 0.01 is below the guaranteed result 0.02"),
    "an order that the regime forbids": ({"order": ["sharing", "aggregate_stop_loss", "corridor"]},
                                         "aggregate stop-loss reads total cost, so it can't come after clauses"),
    "a least loss share above the loss share": ({"sharing": {"quality": "gains and losses", "loss_share": 0.2, "least_loss_share": 0.4}},
                                                "the least share of a loss 0.4 is above the share of a loss 0.2"),
    "a part of the result above one": ({"glide": [50, 130]}, "the parts 50, 130 % are not all from 0 to 100 %"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_terms_that_make_no_sense_are_refused_in_contract_words(fault):
    terms, words = BAD[fault]
    with pytest.raises(InputError, match=words):
        make_design({"risk": terms})
