"""Laws of the scope: sums come to the whole, net is at most gross, flows balance, engine and memory agree."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitation.contract import settle
from capitation.dataset import open_dataset
from capitation.dataset.budget_owners import owners, several_owners, with_streams
from capitation.design import change, read_design
from capitation.design.parts import Scope as Terms
from capitation.scope import matrix
from capitation.scope.choice import choice_flows
from capitation.scope.cover import cover
from capitation.scope.exclusions import RARE_AND_COSTLY, exclusions, use_of_services
from capitation.scope.leakage import Rate, change_against

SERVICES, PROVIDERS, GROUPS = ("a", "b", "c", "d"), ("x", "y", "z"), ("young", "old")
SETTINGS = {"a": "acute", "b": "acute", "c": "primary", "d": "social"}
pounds = st.floats(0, 10_000).map(lambda v: round(v, 2))
shares = st.floats(0, 1)


@st.composite
def lines(draw: st.DrawFn) -> pd.DataFrame:
    keys = [(m, g, s, p) for m in (True, False) for g in GROUPS for s in SERVICES for p in PROVIDERS]
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    rows = [(*key, amount := draw(pounds), round(draw(shares) * amount, 2), 9) for key in chosen]
    return pd.DataFrame(rows, columns=["member", "group", "service", "provider", "amount", "client_paid", "users"])


insides = st.sets(st.sampled_from(SERVICES))


@given(lines(), insides, st.booleans())
def test_what_is_in_and_out_comes_to_the_whole_by_service_setting_and_group(rows, inside, net):
    whole = float(matrix.paid_for(matrix.members_only(rows), net).sum())
    by_service = matrix.service_matrix(rows, SETTINGS, inside, net)
    for table in (by_service, matrix.setting_matrix(by_service), matrix.coverage_by_group(rows, "group", inside, net)):
        assert table["within"].sum() + table["without"].sum() == pytest.approx(whole, abs=0.01)
        assert table["share"].dropna().between(-1e-9, 1 + 1e-9).all()


@given(lines(), insides)
def test_net_is_at_most_gross_and_the_clients_part_is_the_difference(rows, inside):
    gross, net = (matrix.service_matrix(rows, SETTINGS, inside, taken_off) for taken_off in (False, True))
    assert (net["whole"] <= gross["whole"] + 1e-6).all()
    charged = matrix.gross_and_net(rows)
    assert (charged["net"] <= charged["gross"] + 1e-6).all()
    assert (gross["whole"] - net["whole"]).sum() == pytest.approx(charged["client_paid"].sum(), abs=0.01)


@given(lines(), insides, st.sets(st.sampled_from(PROVIDERS)), shares, shares)
def test_flows_balance_and_every_pound_in_scope_has_a_provider(rows, inside, outside, out_price, in_price):
    terms = Terms(outside_providers=tuple(outside), outflow_price=out_price, inflow_price=in_price)
    flows = choice_flows(rows, inside, terms)
    assert flows["net"].to_numpy() == pytest.approx((flows["in"] - flows["out"]).to_numpy())
    covered = rows[rows["service"].isin(list(inside))]
    assert flows["of_members"].sum() + flows["of_others"].sum() == pytest.approx(
        float(matrix.paid_for(covered, net=True).sum()), abs=0.01
    )
    assert not flows.loc[flows["partner"], "out"].any() and not flows.loc[~flows["partner"], "in"].any()


@given(
    st.lists(st.lists(pounds, min_size=8, max_size=8), min_size=4, max_size=4), st.lists(shares, min_size=8, max_size=8)
)
def test_the_price_of_the_scope_less_what_clients_pay_is_never_above_the_gross_one(columns, paid):
    names = pd.MultiIndex.from_product([SERVICES, ["x"]], names=["service", "provider"])
    costs = pd.DataFrame(np.array(columns).T, columns=names)
    client = pd.DataFrame({("d", "x"): costs["d", "x"] * np.array(paid)})
    year = pd.Series([1] * 4 + [2] * 4)
    net, gross = (cover(costs, year, Terms(net_of_client=on), [1], client) for on in (True, False))
    assert (net.total <= gross.total + 1e-9).all()
    assert gross.total.sum() - net.total.sum() == pytest.approx(client.to_numpy().sum(), abs=1e-6)
    assert cover(costs, year, Terms(), [1]).total == pytest.approx(gross.total)


@given(
    st.lists(st.lists(pounds, min_size=1, max_size=30), min_size=1, max_size=4),
    st.floats(0, 0.05),
    st.floats(0, 10_000),
)
def test_a_service_is_left_out_just_when_it_is_rare_and_costly(costs, share, mean):
    use = use_of_services({name: np.array(cost) for name, cost in zip(SERVICES, costs, strict=False)})
    found = exclusions(use, Terms(rare_share=share, rare_mean=mean))
    rare = (use["frequency"] > 0) & (use["frequency"] < share) & (use["mean"] > mean)
    assert (found["excluded"] == rare).all() and (found["excluded"] == (found["why"] == RARE_AND_COSTLY)).all()


@given(st.floats(1, 1e4), st.floats(1, 1e4), st.floats(-0.2, 0.3))
def test_growth_that_members_share_with_the_others_is_no_shift(members, others, growth):
    rates = [Rate(value, 1.0) for value in (members, members * (1 + growth), others, others * (1 + growth))]
    found = change_against(*rates)
    assert found.value == pytest.approx(0, abs=1e-6) and found.low < 0 < found.high


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.sampled_from("AB"), st.sampled_from(SERVICES), pounds,
                          st.sampled_from(["core", "pool", None])), min_size=1))  # fmt: skip
def test_every_budget_has_an_owner_and_two_are_found(rows):
    budgets = pd.DataFrame(rows, columns=["year", "commissioner", "service", "amount", "stream"])
    found = owners(budgets)
    assert found["amount"].sum() == pytest.approx(budgets["amount"].sum(), abs=0.01)
    pairs = with_streams(budgets).drop_duplicates(["year", "service", "commissioner", "stream"])
    several = pairs.groupby(["year", "service"]).size()
    assert len(several_owners(budgets)) == (several > 1).sum()


def test_the_coverage_is_the_same_from_the_engine_and_from_memory(root):
    there = open_dataset(str(root / "data_samples" / "county-5000"))
    services = ["gp", "prescribing", "community", "emergency_inpatient", "social_care_charged"]
    design = change(
        read_design(root / "designs" / "county.yaml"),
        {"outlook.replicates": 1_024, "scope.services": services, "scope.outside_providers": ["acute_west"]},
    )
    one, other = (settle(data, design).coverage for data in (there, there.without_engine()))
    for name in ("services", "shown_settings", "shown_segments", "shown_segment_costs", "shown_charges", "shown_exclusions",
                 "shown_by_year", "shown_flows", "owners", "shown_paid_twice"):  # fmt: skip
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_dtype=False, rtol=1e-9, obj=name)
    assert one.shift is not None and other.shift is not None
    assert one.shift.without.value == pytest.approx(other.shift.without.value, rel=1e-9)


def test_the_matrix_and_what_is_covered_agree(root):
    data = open_dataset(str(root / "data_samples" / "county-5000"))
    result = settle(data, read_design(root / "designs" / "county.yaml"))
    of_scope = result.scope.by_service
    cost = of_scope[of_scope["year"] == result.year].set_index("service")["cost"]
    whole = result.coverage.services.set_index("service")["whole"]
    pd.testing.assert_series_equal(
        whole.sort_index(), cost.sort_index(), check_names=False, check_index_type=False, rtol=1e-9
    )
