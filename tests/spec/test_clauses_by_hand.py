"""One worked example a clause, in figures that a reader can check by hand."""

import numpy as np
import pandas as pd
import pytest

from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.design.parts import AggregateStopLoss, Corridor, Risk, Scope, Sharing, StopLoss
from capitation.design.payment_parts import Payments
from capitation.errors import InputError
from capitation.outcomes.score import forfeited, measured, score
from capitation.payments.partners import (
    Plans,
    activity_payment,
    block_payment,
    block_shares,
    passed_on,
    planned_shares,
    shared_result,
)
from capitation.risk.clauses import aggregate_stop_loss_transfer, apply_clauses, corridor_transfer, sharing_transfer
from capitation.risk.stop_loss import charge, excess, recovery
from capitation.risk.year_cost import History, Pool, cost_as_recorded
from capitation.scope.cover import cover

PRICE = np.array([1_000.0])


def test_the_commissioner_pays_90_per_cent_of_one_persons_cost_above_60_000():
    terms = StopLoss(attachment=60_000.0, commissioner_share=0.9)
    above = excess(np.array([50_000.0, 60_000.0, 75_000.0]), terms)
    assert above.tolist() == [0.0, 0.0, 15_000.0]
    assert recovery(above.sum(), terms) == 13_500.0


def test_two_people_below_the_attachment_recover_nothing_although_they_are_above_it_together():
    assert excess(np.array([40_000.0, 40_000.0]), StopLoss(attachment=60_000.0)).sum() == 0.0


def test_stop_loss_reads_a_persons_original_cost_with_all_providers_together():
    costs = pd.DataFrame({"acute": [700.0, 0.0], "community": [500.0, 900.0]})
    year = cost_as_recorded(costs, StopLoss(attachment=1_000.0))
    assert (year.total.tolist(), year.excess.tolist()) == ([2_100.0], [200.0])


def test_the_charge_is_what_the_base_years_would_have_recovered_for_the_person_years_of_the_contract_year():
    history = History(("p",), np.array([[0.0], [500.0], [2_500.0]]), np.array([1.0, 0.5, 0.5]))
    pool = Pool(history, people=4, person_years=4.0, expected=history.rate, relative_error=0.0)
    expected = pool.expected_excess(
        StopLoss(attachment=1_000.0)
    )  # 1,500 above in 2 person-years: 750 each, 3,000 for four
    assert expected == 3_000.0
    assert charge(float(recovery(np.array(expected), StopLoss(commissioner_share=0.9))), StopLoss()) == 2_700.0


def test_aggregate_stop_loss_at_110_per_cent_meets_80_per_cent_of_what_lies_above():
    transfer = aggregate_stop_loss_transfer(np.array([-150.0, -100.0, 50.0]), np.full(3, 1_000.0), AggregateStopLoss())
    assert transfer == pytest.approx([40.0, 0.0, 0.0])  # cost 1,150: 80 % of the 50 above 1,100


def test_a_corridor_applies_each_share_within_its_own_band():
    terms = Corridor(inner=0.02, outer=0.06, inner_share=1.0, outer_share=0.5, beyond_share=0.2)
    loss = np.array([-100.0])  # 20 kept whole, 40 at a half, 40 at a fifth: 48
    assert loss + corridor_transfer(loss, PRICE, terms) == pytest.approx([-48.0])
    assert -loss + corridor_transfer(-loss, PRICE, terms) == pytest.approx([48.0])


def test_gain_and_loss_have_their_own_shares_and_caps():
    terms = Sharing(gain_share=0.5, loss_share=0.25, gain_cap=0.04, loss_cap=0.02)
    results = np.array([60.0, 100.0, -60.0, -100.0])
    left = results + sharing_transfer(results, np.full(4, 1_000.0), terms)
    assert left == pytest.approx([30.0, 40.0, -15.0, -20.0])


def test_below_the_minimum_rate_the_holder_keeps_nothing_and_owes_nothing():
    terms = Sharing(minimum_rate=0.03, gain_share=0.5, loss_share=0.5, gain_cap=1.0, loss_cap=1.0)
    results = np.array([29.99, 30.0, -29.99, -30.0])
    left = results + sharing_transfer(results, np.full(4, 1_000.0), terms)
    assert left == pytest.approx([0.0, 15.0, 0.0, -15.0])


def test_a_clause_that_is_off_makes_no_transfer():
    off = Risk(aggregate_stop_loss=AggregateStopLoss(on=False), corridor=Corridor(on=False))
    assert apply_clauses(np.array([-500.0]), PRICE, off) == {}
    assert recovery(np.array([500.0]), StopLoss(on=False)).tolist() == [0.0]


def test_points_run_evenly_from_floor_to_target_and_weigh_as_declared():
    terms = Outcomes(measures={"falls": PaidMeasure(floor=0.20, target=0.10, weight=2.0),
                               "reviews": PaidMeasure(floor=0.50, target=0.90, weight=1.0)})  # fmt: skip
    won = score({"falls": 0.15, "reviews": 0.95}, terms)
    assert won.by_measure["points"].tolist() == pytest.approx([0.5, 1.0])
    assert won.share == pytest.approx((2 * 0.5 + 1 * 1.0) / 3)


def test_a_contract_without_measures_earns_all_that_is_kept_back():
    assert score({}, Outcomes()).share == 1.0


def test_a_measure_the_data_do_not_have_is_refused_by_name():
    with pytest.raises(InputError, match=r"outcomes\.measures\.falls: the data set has no such measure; expected none"):
        score({}, Outcomes(measures={"falls": PaidMeasure()}))


def test_a_measure_is_a_ratio_of_totals_of_the_members_of_one_year():
    parts = pd.MultiIndex.from_product([["falls"], ["numerator", "denominator"]])
    rows = pd.DataFrame([[1, 0.5], [0, 1.0], [9, 1.0]], columns=parts)
    assert measured(rows, pd.Series([1, 1, 2]), 1) == {"falls": pytest.approx(1 / 1.5)}
    assert np.isnan(measured(rows, pd.Series([1, 1, 2]), 3)["falls"])


def test_below_the_gate_the_holder_gives_up_its_gain_and_keeps_its_loss():
    assert forfeited(np.array([80.0, -80.0]), 0.49, Outcomes(gate=0.5)).tolist() == [80.0, 0.0]
    assert forfeited(np.array([80.0, -80.0]), 0.49, Outcomes(gate=0.5, gate_on_loss=0.25)).tolist() == [80.0, 20.0]


def test_a_partner_with_80_per_cent_block_bears_80_per_cent_of_its_volume_and_of_the_risk_payments():
    paid = block_payment(600.0, 0.8) + activity_payment(np.array([700.0]), 0.8) + passed_on(np.array([50.0]), 0.6, 0.8)
    assert paid == pytest.approx([480.0 + 140.0 + 24.0])


def test_partners_off_the_block_list_are_paid_by_activity_alone():
    assert block_shares({"a": 0.5, "b": 0.5}, Payments(block_providers=("a",), block_share=0.8)) == {"a": 0.8, "b": 0.0}


def test_a_partner_that_gave_no_care_in_the_base_years_has_no_plan_and_is_paid_by_activity():
    assert block_shares({"old": 1.0, "new": 0.0}, Payments(block_share=1.0)) == {"old": 1.0, "new": 0.0}


def test_plans_follow_the_base_years_cost_and_are_equal_where_there_is_none():
    assert planned_shares(pd.DataFrame({"a": [100.0, 200.0], "b": [100.0, 0.0]})) == {"a": 0.75, "b": 0.25}
    assert planned_shares(pd.DataFrame({"a": [0.0], "b": [0.0]})) == {"a": 0.5, "b": 0.5}


def test_partners_share_a_result_in_the_ratio_of_their_plans_losses_included():
    shares = shared_result(0.4 * np.array([1_000.0, -200.0]), Plans({"a": 0.75, "b": 0.25}), Payments(), 100.0)
    gain = shares["a"]
    assert gain == pytest.approx([300.0, -60.0])


def test_a_service_used_by_few_at_great_cost_is_left_out_on_the_base_years_alone():
    columns = pd.MultiIndex.from_tuples([("care", "p"), ("rare", "q")], names=["service", "provider"])
    costs = pd.DataFrame([[10.0, 0.0]] * 99 + [[10.0, 50_000.0]] + [[10.0, 50_000.0]] * 100, columns=columns)
    year = pd.Series([1] * 100 + [2] * 100)
    scope = cover(costs, year, Scope(rare_share=0.02, rare_mean=10_000.0), [1])
    assert (scope.services, scope.left_out) == (("care",), {"rare": "rare and costly"})
    assert scope.covered_share(1) == pytest.approx(1_000 / 51_000)
    assert cover(costs, year, Scope(rare_share=0.01, rare_mean=10_000.0), [1]).left_out == {}
