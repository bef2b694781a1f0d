"""Laws of the risk clauses."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capitation.design.parts import (
    RISK_CLAUSES,
    AggregateStopLoss,
    Corridor,
    Risk,
    Sharing,
    StopLoss,
    order_fault,
)
from capitation.loss.pence import pence
from capitation.risk.clauses import aggregate_stop_loss_transfer, apply_clauses, corridor_transfer, sharing_transfer
from capitation.risk.stop_loss import charge, excess, recovery

PRICE = np.float64(1_000.0)
share = st.floats(0, 1).map(lambda v: round(v, 3))
half = st.floats(0, 0.5).map(lambda v: round(v, 3))
results = st.floats(-2_000, 2_000)
aggregates = st.builds(AggregateStopLoss, attachment=st.floats(1, 2), commissioner_share=share)
costs = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).map(np.array)


@st.composite
def corridors(draw):
    inner, outer = sorted([draw(half), draw(half)])
    return Corridor(inner=inner, outer=outer, inner_share=draw(share), outer_share=draw(share),
                    beyond_share=draw(share))  # fmt: skip


sharings = st.builds(
    Sharing, on=st.just(True), minimum_rate=st.floats(0, 0.15), gain_share=share, loss_share=share, gain_cap=share,
    loss_cap=share, cap_order=st.sampled_from(["share then cap", "cap then share"]),
)  # fmt: skip
risks = st.builds(
    Risk, aggregate_stop_loss=aggregates, corridor=corridors(), sharing=sharings,
    order=st.permutations(list(RISK_CLAUSES)).map(tuple).filter(lambda order: not order_fault(order)),
)  # fmt: skip


def kept(result, terms):
    return result + corridor_transfer(result, PRICE, terms)


@given(corridors(), results, results)
def test_what_a_corridor_leaves_never_falls_as_the_result_rises_and_has_no_jump(terms, one, other):
    low, high = np.float64(min(one, other)), np.float64(max(one, other))
    step = kept(high, terms) - kept(low, terms)
    assert -1e-9 <= step <= (high - low) + 1e-9


@given(corridors(), results)
def test_a_corridor_leaves_no_more_than_the_result_and_on_the_same_side(terms, result):
    left = kept(np.float64(result), terms)
    assert abs(left) <= abs(result) + 1e-9
    assert left * result >= -1e-9


@given(corridors(), results)
def test_a_corridor_treats_gain_and_loss_alike(terms, result):
    assert kept(np.float64(-result), terms) == pytest.approx(-kept(np.float64(result), terms))


@given(sharings, results)
def test_gain_and_loss_shares_leave_no_more_than_the_result_and_no_more_than_the_cap(terms, result):
    left = result + sharing_transfer(np.float64(result), PRICE, terms)
    cap = PRICE * (terms.gain_cap if result >= 0 else terms.loss_cap)
    assert abs(left) <= min(abs(result), cap) + 1e-9
    assert left * result >= -1e-9


@given(sharings, results)
def test_capping_first_never_leaves_the_holder_with_more_than_sharing_first(terms, result):
    orders = [terms.model_copy(update={"cap_order": o}) for o in ("cap then share", "share then cap")]
    first, last = (abs(result + sharing_transfer(np.float64(result), PRICE, t)) for t in orders)
    assert first <= last + 1e-9


@given(aggregates, results)
def test_aggregate_stop_loss_pays_only_above_its_attachment_and_never_makes_a_loss_a_gain(terms, result):
    transfer = aggregate_stop_loss_transfer(np.float64(result), PRICE, terms)
    assert transfer >= 0
    assert (transfer == 0) or (-result > (terms.attachment - 1) * PRICE)
    assert transfer <= max(-result, 0)


@given(costs, st.floats(0, 1e6), st.floats(0, 1e6), share)
def test_recovery_never_rises_with_the_attachment_point(cost, one, other, commissioner_share):
    low, high = (StopLoss(attachment=a, commissioner_share=commissioner_share) for a in sorted([one / 2, other / 2]))
    paid = [recovery(excess(cost, t).sum(), t) for t in (low, high)]
    assert paid[1] <= paid[0]
    assert 0 <= paid[0] <= cost.sum() + 1e-6


@given(st.floats(0, 1e6), share)
def test_the_charge_is_the_expected_recovery_when_charged_and_nothing_otherwise(expected, commissioner_share):
    assert charge(expected, StopLoss(commissioner_share=commissioner_share)) == expected
    assert charge(expected, StopLoss(charged=False)) == 0
    assert charge(expected, StopLoss(on=False)) == 0


@given(risks, st.lists(results, min_size=1, max_size=5).map(np.array))
def test_the_clauses_run_in_the_declared_order_each_on_what_the_last_one_left(terms, result):
    price, left = np.full_like(result, PRICE), result
    by_name = {
        "aggregate_stop_loss": lambda r: aggregate_stop_loss_transfer(r, price, terms.aggregate_stop_loss),
        "corridor": lambda r: corridor_transfer(r, price, terms.corridor),
        "sharing": lambda r: sharing_transfer(r, price, terms.sharing),
    }
    transfers = apply_clauses(result, price, terms)
    assert list(transfers) == list(terms.order)
    for name in terms.order:
        np.testing.assert_array_equal(transfers[name], by_name[name](left))
        left = left + by_name[name](left)


@given(risks, results)
def test_with_one_clause_in_force_the_order_does_not_matter(terms, result):
    one = terms.model_copy(update={"corridor": terms.corridor.model_copy(update={"on": False}),
                                   "sharing": terms.sharing.model_copy(update={"on": False})})  # fmt: skip
    other = one.model_copy(update={"order": one.order[::-1]})
    given_result, price = np.array([result]), np.array([PRICE])
    assert apply_clauses(given_result, price, one) == apply_clauses(given_result, price, other)


def test_with_two_clauses_in_force_the_order_moves_money():
    loss, price = np.array([-300.0]), np.array([1_000.0])
    first = Risk(
        aggregate_stop_loss=AggregateStopLoss(on=False), sharing=Sharing(on=True, loss_share=0.5, loss_cap=0.05)
    )
    last = first.model_copy(update={"order": ("aggregate_stop_loss", "sharing", "corridor")})
    left = [300 - sum(float(t[0]) for t in apply_clauses(loss, price, terms).values()) for terms in (first, last)]
    # Corridor first: 20 + 0.5*40 + 0.2*240 = 88; half is 44, under the cap of 50.
    # Shares first: half is 150, capped at 50; the corridor leaves 20 + 0.5*30 = 35.
    assert [round(v, 9) for v in left] == [44.0, 35.0]


@given(risks, results, st.floats(0.01, 1e4))
def test_the_clauses_do_not_depend_on_the_unit_of_money(terms, result, factor):
    assume(abs(abs(result) - terms.sharing.minimum_rate * PRICE) > 1e-6)
    one = sum(t[0] for t in apply_clauses(np.array([result]), np.array([PRICE]), terms).values())
    other = sum(t[0] for t in apply_clauses(np.array([factor * result]), np.array([factor * PRICE]), terms).values())
    assert other == pytest.approx(factor * one, abs=1e-6 * factor) or pence(other) == pence(factor * one)
