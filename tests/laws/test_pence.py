"""Laws of whole pence."""

from hypothesis import given
from hypothesis import strategies as st

from capitation.loss.pence import close_to_zero, pence

names = st.text("abcdef", min_size=1, max_size=3)
pounds = st.floats(-1e9, 1e9)


@given(st.dictionaries(names, pounds, max_size=6), st.floats(-1e9, 1e9))
def test_closed_flows_sum_to_zero_and_the_balance_moves_by_less_than_a_penny_a_party(flows, _):
    flows = {**flows, "balance": -sum(flows.values())}
    closed = close_to_zero(flows, "balance")
    assert sum(closed.values()) == 0
    assert abs(closed["balance"] - 100 * flows["balance"]) <= 0.5 * len(flows) + 1e-3


def test_half_a_penny_goes_to_the_even_penny():
    assert [pence(0.125), pence(0.375), pence(-0.125)] == [12, 38, -12]
