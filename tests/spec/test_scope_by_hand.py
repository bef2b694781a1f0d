"""The page about scope worked out by hand, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from capitation.contract import settle
from capitation.dataset.budget_owners import owners
from capitation.design import change, make_design
from capitation.design.parts import Scope as Terms
from capitation.errors import InputError
from capitation.scope import matrix
from capitation.scope.choice import choice_flows
from capitation.scope.cover import cover
from capitation.scope.exclusions import exclusions, use_of_services
from capitation.scope.leakage import cost_shift, rate, shift_sentence
from capitation.scope.owners import paid_twice

LINES = pd.DataFrame(
    [
        (True, "old", "ward", "trust", 900.0, 0.0, 9),
        (True, "old", "home", "homes", 400.0, 100.0, 9),
        (True, "young", "ward", "clinic", 300.0, 0.0, 9),
        (True, "young", "gp", "surgery", 100.0, 0.0, 9),
        (False, "young", "ward", "trust", 500.0, 0.0, 9),
        (False, "young", "ward", "clinic", 200.0, 0.0, 9),
    ],
    columns=["member", "group", "service", "provider", "amount", "client_paid", "users"],
)
SETTINGS = {"ward": "acute", "home": "social care", "gp": "primary care"}


def test_services_by_setting_in_and_out():
    by_service = matrix.service_matrix(LINES, SETTINGS, ["ward", "home"], net=True)
    assert by_service.set_index("service")[["within", "without"]].T.to_dict("list") == {
        "ward": [1_200, 0], "gp": [0, 100], "home": [300, 0],
    }  # fmt: skip
    by_setting = matrix.setting_matrix(by_service).set_index("setting")
    assert by_setting["within"].to_dict() == {"acute": 1_200, "primary care": 0, "social care": 300}
    assert by_setting.loc["primary care", "share"] == 0


def test_a_setting_with_a_hidden_service_has_no_sum():
    hidden = matrix.service_matrix(LINES, SETTINGS | {"gp": "acute"}, ["ward"], net=True)
    hidden.loc[hidden["service"] == "gp", ["within", "without"]] = np.nan
    assert matrix.setting_matrix(hidden).set_index("setting").loc["acute", ["within", "without"]].isna().all()


def test_share_of_each_segments_whole_spend_covered():
    found = matrix.coverage_by_group(LINES, "group", ["ward"], net=True).set_index("group")["share"]
    assert found.to_dict() == {"old": 900 / 1_200, "young": 300 / 400}


def test_cost_of_each_segment_by_service_and_person_year():
    exposure = pd.Series({"old": 3.0, "young": 0.5})
    found = matrix.cost_by_group(LINES, exposure, "group", net=False)
    assert found.loc["old", "ward"] == 300 and found.loc["young", "gp"] == 200 and found.loc["old", "gp"] == 0


def test_charged_social_care_gross_clients_part_and_net():
    assert matrix.gross_and_net(LINES).to_dict("records") == [
        {"service": "home", "gross": 400, "client_paid": 100, "net": 300, "client_share": 0.25}
    ]


def test_the_contract_pays_net_of_clients_where_the_switch_is_on():
    costs = pd.DataFrame({("home", "homes"): [1_000.0] * 10, ("ward", "trust"): [50.0] * 10})
    paid = pd.DataFrame({("home", "homes"): [250.0] * 10})
    year = pd.Series([1] * 10)
    net, gross = (cover(costs, year, Terms(net_of_client=on), [1], paid) for on in (True, False))
    assert net.total.tolist() == [800.0] * 10 and gross.total.tolist() == [1_050.0] * 10
    assert net.by_service.set_index("service").loc["home", ["cost", "client_paid"]].tolist() == [7_500, 2_500]


def test_what_few_people_pay_is_not_told():
    costs = pd.DataFrame({("home", "homes"): [1_000.0] * 10})
    paid = pd.DataFrame({("home", "homes"): [250.0] * 5 + [0.0] * 5})
    found = cover(costs, pd.Series([1] * 10), Terms(), [1], paid).by_service
    assert np.isnan(found["client_paid"].iloc[0])


def test_rare_costly_services_with_frequency_mean_and_the_limit():
    cost = {"often": np.full(100, 20_000.0), "cheap": np.r_[5_000.0, np.zeros(99)], "dear": np.r_[40_000.0, 20_000.0, np.zeros(98)],
            "never": np.zeros(100)}  # fmt: skip
    found = exclusions(use_of_services(cost), Terms(rare_share=0.03, rare_mean=10_000)).set_index("service")
    assert found.loc["dear", ["users", "frequency", "mean", "excluded"]].tolist() == [2, 0.02, 30_000, True]
    assert found["why"].to_dict() == {
        "often": "used by enough people", "cheap": "its users cost less than the limit", "dear": "rare and costly",
        "never": "nobody used it",
    }  # fmt: skip


def test_choice_out_at_100_and_in_at_80_per_cent():
    flows = choice_flows(LINES, ["ward"], Terms(outside_providers=("clinic",))).set_index("provider")
    assert flows.loc["clinic", ["out", "in", "net"]].tolist() == [300, 0, -300]
    assert flows.loc["trust", ["out", "in", "net"]].tolist() == [0, 400, 400]


def _moments(cost: dict[bool, tuple[list[float], list[float]]]) -> pd.DataFrame:
    """A frame as `in_and_out` returns it, of people there for a whole year: outside, inside by member."""
    rows = []
    for member, (without, within) in cost.items():
        numbers = {"exposure": np.ones(len(without)), "within": np.array(within), "without": np.array(without)}
        names = list(numbers)
        products = {f"{a}*{b}": float(numbers[a] @ numbers[b]) for i, a in enumerate(names) for b in names[i:]}
        rows.append(
            {"member": member, "people": len(without), **{n: float(v.sum()) for n, v in numbers.items()}, **products}
        )
    return pd.DataFrame(rows)


def test_the_error_of_a_rate_where_everybody_is_there_all_year_is_that_of_a_mean():
    frame = _moments({True: ([10.0, 20.0, 60.0], [0.0, 0.0, 0.0])})
    found = rate(frame.iloc[0].to_dict(), "without")
    assert found.value == 30
    assert found.error == pytest.approx(np.std([10, 20, 60], ddof=1) / np.sqrt(3))


def test_a_shift_by_hand():
    """Others grow by a tenth; members' outside would be 110 and is 150: 40 a person-year more, 120 in all."""
    before = _moments({True: ([100.0] * 3, [500.0] * 3), False: ([10.0] * 4, [50.0] * 4)})
    after = _moments({True: ([150.0] * 3, [510.0] * 3), False: ([11.0] * 4, [55.0] * 4)})
    found = cost_shift(before, after)
    assert found is not None and found.is_shift
    assert (found.without.value, found.within.value, found.in_all.value) == pytest.approx((40, -40, 120))
    assert found.without.high - found.without.low == pytest.approx(0, abs=1e-6)
    words = shift_sentence(found, "£", "2015/16", "2017/18")
    assert "£40.00 a person-year more" in words or "£40 a person-year more" in words
    assert "£120 in all" in words


def test_with_everybody_in_there_is_nobody_to_compare_with():
    one = _moments({True: ([1.0, 2.0], [1.0, 2.0])})
    assert cost_shift(one, one) is None


BUDGETS = pd.DataFrame(
    [
        (2017, "Group", "ward", 1_000.0, "core"),
        (2017, "Council", "home", 400.0, "Better Care Fund"),
        (2017, "Group", "home", 100.0, None),
        (2016, "Council", "home", 300.0, "Better Care Fund"),
    ],
    columns=["year", "commissioner", "service", "amount", "stream"],
)


def test_one_owner_for_every_service_and_year():
    found = owners(BUDGETS).set_index(["year", "service"])
    assert found["owners"].to_dict() == {(2016, "home"): 1, (2017, "home"): 2, (2017, "ward"): 1}
    assert found.loc[(2017, "home"), "named"] == "Council (Better Care Fund) and Group (core)"
    assert found.loc[(2017, "home"), "amount"] == 500


def test_a_service_in_scope_that_a_stream_outside_the_sum_pays_for_is_paid_twice():
    found = paid_twice(BUDGETS, 2017, ["ward", "home"], ["core"], {"home": 0.5})
    assert found.to_dict("records") == [
        {"service": "home", "commissioner": "Council", "stream": "Better Care Fund", "budget": 400, "amount": 200}
    ]
    assert paid_twice(BUDGETS, 2017, ["ward", "home"], [], {}).empty
    assert paid_twice(BUDGETS, 2017, ["ward"], ["core"], {}).empty


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scope.outside_providers": ["nowhere"]}, "scope.outside_providers: the data set has no provider 'nowhere'"),
        ({"scope.pooled_streams": ["core"]}, "scope.pooled_streams: no budget is in a stream 'core'"),
        ({"scope.services": ["magic"]}, "scope.services: the data set has no service 'magic'"),
    ],
)
def test_a_name_that_the_data_do_not_have_is_refused_before_anything_is_settled(by_hand, changes, told):
    design = make_design({"price": {"base_years": 1}, "outlook": {"replicates": 1_024}})
    with pytest.raises(InputError) as refused:
        settle(by_hand(), change(design, changes))
    assert told in str(refused.value)
