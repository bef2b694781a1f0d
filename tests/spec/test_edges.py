"""The edges: one person, no cost, no history, nobody left. A figure, or one line that says why there is none."""

import numpy as np
import pytest

from capitation.contract import settle
from capitation.design import ContractDesign, change, make_design
from capitation.errors import InputError
from capitation.headline import headline
from capitation.settlement import without_clauses
from capitation.shadow.back_test import back_test

SMALL = make_design({"price": {"base_years": 1}, "outlook": {"replicates": 1_024}})
REFUSED = {
    "a contract year with nothing before it": ({"outlook.contract_year": 1}, "year 1 has no year of history"),
    "a contract year that is not in the data": ({"outlook.contract_year": 99}, "year 99 is not in the data"),
    "spend in the year before asked of the first base year": (
        {"outlook.contract_year": 2, "cohort.prior_spend_minimum": 1_000.0},
        "no year of history with members",
    ),
    "rules that nobody meets": ({"cohort.min_age": 110}, "'aged 110 or over' leaves nobody in study year 5"),
    "a locality that is not there": (
        {"cohort.localities": ["Mars"]},
        "the data set has no locality 'Mars'; expected one of",
    ),
    "a group that is not there": ({"cohort.groups": ["list"]}, "the data set has no group 'list'"),
    "a marker that is not there": (
        {"cohort.need_marker": "frailty"},
        "no marker 'frailty'; expected one of conditions",
    ),
    "a service that is not there": (
        {"scope.services": ["dental"]},
        "the data set has no service 'dental'; expected one of",
    ),
    "a partner that is not there": (
        {"payments.block_providers": ["trust"]},
        "no provider 'trust' in scope: a payment to it would leave the contract; expected one of",
    ),
    "a partner out of scope": (
        {"payments.block_providers": ["hospitals"], "scope.services": ["drugs"]},
        "no provider 'hospitals' in scope",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_settled_is_refused_in_one_line(rand_hie, quick, case):
    changes, words = REFUSED[case]
    with pytest.raises(InputError) as refused:
        settle(rand_hie, change(quick, changes))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_scope_with_every_service_rare_and_costly_is_refused(by_hand):
    rare = change(SMALL, {"scope.services": ["acute"], "scope.rare_share": 0.05, "scope.rare_mean": 0.0})
    people = [(str(n), 1950, "female", "North", "", "", "") for n in range(40)]
    dataset = by_hand(
        people=people, needs=[], outcomes=[],
        spend=[("0", 2013, "acute", "hospital", "900"), ("1", 2013, "primary", "surgery", "5"),
               ("0", 2014, "acute", "hospital", "9")],
    )  # fmt: skip
    with pytest.raises(InputError, match="no service is left in scope"):
        settle(dataset, rare)


def test_one_year_of_data_is_refused(by_hand, hand_rows):
    dataset = by_hand(spend=hand_rows["spend"][:2], outcomes=[])
    with pytest.raises(InputError, match="no year of history"):
        settle(dataset, SMALL)
    with pytest.raises(InputError, match="there is only one year"):
        back_test(dataset, SMALL)


def test_one_person_is_settled_and_the_error_of_the_price_is_said_to_be_unknown(by_hand, hand_rows):
    result = settle(by_hand(people=hand_rows["people"][:1], needs=[], outcomes=[],
                            spend=[r for r in hand_rows["spend"] if r[0] == "A"]), SMALL)  # fmt: skip
    found = headline(result)
    assert np.isnan([found.price.low, found.price.high]).all()
    assert found.price.value == pytest.approx(1_500 * 1.03)
    assert (result.money_lines.groupby("line")["pence"].sum() == 0).all()


def test_a_population_that_costs_nothing_has_no_price(by_hand, hand_rows):
    free = by_hand(spend=[(*row[:4], "0.00") for row in hand_rows["spend"]])
    with pytest.raises(
        InputError, match="nobody in the base years has any cost in scope; expected services that members use"
    ):
        settle(free, SMALL)


def test_a_data_set_without_outcomes_pays_back_all_that_is_kept_back(by_hand):
    result = settle(by_hand(outcomes=[]), SMALL)
    outcomes = result.money_lines.query("step == 'outcomes' and party == 'holder'")["pence"]
    assert outcomes.sum() == 0
    assert outcomes.abs().sum() > 0


def test_a_contract_with_measures_on_a_data_set_without_any_is_refused(by_hand):
    design = make_design({"outcomes": {"measures": {"falls": {}}}})
    with pytest.raises(InputError, match="the data set has no outcome measures"):
        settle(by_hand(outcomes=[]), design)


def test_an_attachment_point_of_zero_hands_over_the_share_of_all_cost(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"risk.stop_loss.attachment": 0.0}))
    np.testing.assert_allclose(result.outlook_cost.excess, result.outlook_cost.total)


def test_a_holder_that_passes_everything_on_is_not_said_to_lose_by_a_rounding_of_sums(rand_hie, quick):
    nothing_kept = {"payments.block_share": 1.0, "outcomes.withhold": 0.0, "payments.partner_share": 0.0}
    found = headline(settle(rand_hie, change(quick, {**nothing_kept, "form.reserves": 0.0})))
    assert (found.holder_loses.value, found.holder_ruined.value) == (0.0, 0.0)


def test_a_contract_without_its_clauses_is_another_contract_with_another_key(baseline):
    assert len(baseline.key) == 8
    bare = without_clauses(baseline)
    assert bare.key != baseline.key
    assert [getattr(bare.risk, c).on for c in ("stop_loss", *bare.risk.order)] == [False] * 4
    assert bare.key == change(bare, {}).key


def test_a_back_test_names_the_years_that_cannot_be_settled(rand_hie, quick):
    tested = back_test(rand_hie, change(quick, {"cohort.prior_spend_minimum": 500.0}))
    assert [r.year for r in tested.results] == [3, 4, 5]
    assert "no year of history" in tested.not_settled[2]


def test_a_default_design_settles_on_the_real_data(rand_hie):
    assert settle(rand_hie, ContractDesign()).price.contract_year == 5
