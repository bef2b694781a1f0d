"""Laws of whole pence."""

from hypothesis import given
from hypothesis import strategies as st

from capitation.loss.pence import close_to_zero, pence, split_pence

names = st.text("abcdef", min_size=1, max_size=3)
weights = st.dictionaries(names, st.floats(0, 1e6), min_size=1, max_size=8)
pounds = st.floats(-1e9, 1e9)


@given(st.integers(-(10**11), 10**11), weights)
def test_a_split_sums_to_the_whole(total, sizes):
    assert sum(split_pence(total, sizes).values()) == total


@given(st.integers(0, 10**9), weights)
def test_nobody_is_more_than_a_penny_from_the_exact_share(total, sizes):
    whole = sum(sizes.values())
    exact = {n: total * (s / whole if whole else 1 / len(sizes)) for n, s in sizes.items()}
    assert all(abs(p - exact[n]) < 1 + 1e-6 for n, p in split_pence(total, sizes).items())


def test_a_tie_goes_to_the_name_first_in_the_alphabet_whatever_the_order_given():
    assert split_pence(1, {"b": 1.0, "a": 1.0}) == {"a": 1, "b": 0}
    assert split_pence(-1, {"b": 1.0, "a": 1.0}) == {"a": -1, "b": 0}
    assert split_pence(5, {"c": 0.0, "b": 0.0, "a": 0.0}) == {"a": 2, "b": 2, "c": 1}


@given(st.dictionaries(names, pounds, max_size=6), st.floats(-1e9, 1e9))
def test_closed_flows_sum_to_zero_and_the_balance_moves_by_less_than_a_penny_a_party(flows, _):
    flows = {**flows, "balance": -sum(flows.values())}
    closed = close_to_zero(flows, "balance")
    assert sum(closed.values()) == 0
    assert abs(closed["balance"] - 100 * flows["balance"]) <= 0.5 * len(flows) + 1e-3


def test_half_a_penny_goes_to_the_even_penny():
    assert [pence(0.125), pence(0.375), pence(-0.125)] == [12, 38, -12]
