"""All mechanisms in one order, by hand, and what the order must not do. T2 and T6 are those of the domain reference."""

import numpy as np
import pytest

from capitation.contract import settle
from capitation.design import change
from capitation.design.parts import AggregateStopLoss, Corridor, Pool, ProfitLimits, Ramp, Risk, Sharing
from capitation.risk.clauses import sharing_transfer
from capitation.risk.composed import AGGREGATE_CHARGE, GLIDE, LIMITS, POOL, Around, composed
from capitation.risk.limits import limits_transfer
from capitation.risk.minimum_rate import false_pay, local_rate, medicare_rate, paid_for_luck, paid_when_true
from capitation.risk.savings import saved_share, savings_drawn
from capitation.terms import HOLDER

PRICE = np.array([1_000.0])
EVERYTHING = Risk(
    aggregate_stop_loss=AggregateStopLoss(attachment=1.1, commissioner_share=0.8),
    corridor=Corridor(inner=0.02, outer=0.06, inner_share=1.0, outer_share=0.5, beyond_share=0.2),
    sharing=Sharing(on=True, loss_share=0.5, loss_cap=1.0),
    profit_limits=ProfitLimits(on=True, cap=0.075, guarantee=-0.02),
    pool=Pool(on=True, contracts=1, share=0.5),
    glide=(50, 100),
)


def test_every_mechanism_in_the_declared_order_by_hand():
    """Cost 1,300 at a price of 1,000, 10 paid for aggregate stop-loss; the pool's other contract gained 20.

    -300 → charge -310 → 0.8·(300 - 100) = 160 → -150 → corridor leaves 20 + 20 + 18 = 58 → half, 29 → guarantee 20
    → pool: half of (mean 0 less -20) = 10 → -10 → half in the first contract year → -5.
    """
    around = Around(quality=1.0, year=1, charged=10.0, others=(np.array([20.0]),))
    found = {name: float(amount[0]) for name, amount in composed(np.array([-300.0]), PRICE, EVERYTHING, around).items()}
    by_hand = {AGGREGATE_CHARGE: -10, "aggregate stop-loss": 160, "risk corridor": 92, "gain and loss shares": 29,
               LIMITS: 9, POOL: 10, GLIDE: 5}  # fmt: skip
    assert list(found) == list(by_hand)
    assert found == pytest.approx(by_hand)


def test_in_its_second_year_the_holder_bears_all_of_its_result_and_the_line_is_gone():
    assert GLIDE not in composed(np.array([-300.0]), PRICE, EVERYTHING, Around(1.0, year=2, others=(np.array([20.0]),)))


@pytest.mark.parametrize("order", [
    ("aggregate_stop_loss", "corridor", "sharing"), ("aggregate_stop_loss", "sharing", "corridor"),
])  # fmt: skip
def test_aggregate_stop_loss_does_not_protect_its_own_charge(order):
    risk = EVERYTHING.model_copy(update={"order": order})
    result = np.array([-600.0, -300.0, -100.0, 40.0])
    free, charged = (composed(result, np.full(4, 1_000.0), risk, Around(1.0, charged=c)) for c in (0.0, 25.0))
    np.testing.assert_array_equal(free["aggregate stop-loss"], charged["aggregate stop-loss"])
    np.testing.assert_array_equal(charged[AGGREGATE_CHARGE], -25.0)


@pytest.mark.parametrize("attachment", [1.0, 1.02, 1.1])
def test_the_charge_for_aggregate_stop_loss_is_what_it_pays_on_average(rand_hie, quick, attachment):
    terms = {"on": True, "charged": True, "attachment": attachment}
    ahead = settle(rand_hie, change(quick, {f"risk.aggregate_stop_loss.{k}": v for k, v in terms.items()})).outlook
    both = [line.flows[HOLDER].mean() for line in ahead.lines if line.name.startswith("aggregate stop-loss")]
    assert both[1] > 0
    assert sum(both) == pytest.approx(0, abs=1e-9 * ahead.price)


def test_without_a_guarantee_the_holder_bears_a_loss_beyond_the_whole_price():
    result = np.array([-2_500.0, -1_000.0, 20.0])
    assert not limits_transfer(result, np.full(3, 1_000.0), ProfitLimits(on=True, guarantee=-1.0)).any()
    guaranteed = limits_transfer(result, np.full(3, 1_000.0), ProfitLimits(on=True, guarantee=-0.95))
    assert (result + guaranteed).tolist() == [-950.0, -950.0, 20.0]


@pytest.mark.parametrize(("people", "published"), [(8_238, 3.17), (13_151, 2.81), (24_494, 2.46)])
def test_published_minimum_rates_of_2024_are_within_a_hundredth_of_a_point_of_medicares_table(people, published):
    """T2: Medicare shared savings, results of 2024."""
    assert 100 * medicare_rate(people) == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize(("low", "high", "at_low", "at_high"), [
    (500, 1_000, 12.2, 8.7), (1_000, 3_000, 8.7, 5.0), (3_000, 5_000, 5.0, 3.9), (5_000, 6_000, 3.9, 3.6),
    (6_000, 7_000, 3.6, 3.4), (7_000, 8_000, 3.4, 3.2), (8_000, 9_000, 3.2, 3.1), (9_000, 10_000, 3.1, 3.0),
    (10_000, 15_000, 3.0, 2.7), (15_000, 20_000, 2.7, 2.5), (20_000, 50_000, 2.5, 2.2), (50_000, 60_000, 2.2, 2.0),
])  # fmt: skip
def test_every_band_of_medicares_table_at_its_ends_and_its_middle(low, high, at_low, at_high):
    """T2: 42 CFR 425.604(b), table of 83 FR 67816, linear inside a band; a band ends one person before the next."""
    rates = [100 * medicare_rate(people) for people in (low, (low + high) / 2, high - 1)]
    last = at_high + (at_low - at_high) / (high - low)
    assert rates == pytest.approx([at_low, (at_low + at_high) / 2, last])


@pytest.mark.parametrize("rule", [medicare_rate, lambda people: local_rate(people, 3.0)])
@pytest.mark.parametrize("people", [0, 0.5, -1, float("nan")])
def test_no_rate_is_given_for_less_than_a_person(rule, people):
    with pytest.raises(ValueError, match="at least one person"):
        rule(people)


def test_where_nothing_happens_by_chance_nothing_is_paid_for_luck():
    assert (false_pay(0.02, 0.0), paid_for_luck(0.5, 0.02, 0.0)) == (0.0, 0.0)
    assert (paid_when_true(0.02, 0.02, 0.0), paid_when_true(0.019, 0.02, 0.0)) == (1.0, 0.0)


def test_chance_alone_under_the_clause_itself_is_the_closed_formula_beyond_an_empty_minimum():
    """Section 5, point 6 at a minimum rate of 0: a share of σ/√2π, worked through the clause on mid-ranks."""
    sd = 0.03
    saving = np.sort(savings_drawn(1, 0.0, Ramp(below=0.3, above=0.3), 65_536, 1)) / 0.3 * 1.2815515655446004 * sd
    pays = saving + sharing_transfer(
        saving, np.ones_like(saving), Sharing(gain_share=0.5, gain_cap=1.0, loss_share=0.0)
    )
    assert pays.mean() == pytest.approx(paid_for_luck(0.5, 0.0, sd), rel=1e-4)
    assert false_pay(0.0, sd) == 0.5


@pytest.mark.parametrize(
    ("quality", "saved", "keeps"), [(0.8, 10, 6.0), (0.4, 10, 3.0), (1.0, 40, 20.0), (0.4, 80, 20.0)]
)
def test_medicares_enhanced_track_multiplies_by_quality_before_its_cap_on_gains(quality, saved, keeps):
    """42 CFR 425.610, section 4.2: up to 75 % of a gain, times quality, at most 20 % of benchmark."""
    enhanced = Sharing(
        quality="gains and losses", gain_share=0.75, gain_cap=0.20, loss_share=0.75, least_loss_share=0.4
    )
    gain = np.array([float(saved)])
    assert (gain + sharing_transfer(gain, np.array([100.0]), enhanced, quality)).tolist() == pytest.approx([keeps])


def test_optimism_comes_off_savings_and_never_softens_what_turns_out_dearer():
    ramp = Ramp(below=0.06, above=0.02, optimism=0.5)
    drawn = savings_drawn(1, 0.04, ramp, 16_384, 1)
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx([-0.02, 0.02, 0.03], abs=1e-4)
    assert saved_share(1, 0.04, ramp) == pytest.approx(0.02)


def test_savings_drawn_are_kept_and_can_not_be_changed_by_who_asks():
    drawn = savings_drawn(2, 0.05, Ramp(below=0.02), 64, 7)
    with pytest.raises(ValueError, match="read-only"):
        drawn += 1.0
    assert savings_drawn(2, 0.05, Ramp(below=0.02), 64, 7) is drawn
