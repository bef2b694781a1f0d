"""Two people and a joiner, settled by hand to the penny.

2013: A costs 1,500.00 at the hospital and B 500.00 at the surgery: 1,000 a person-year. Grown by 10 % the expected
cost is 1,100, less 5 % efficiency 1,045; for 2.6 person-years (C is there 219 of 365 days) 2,717.00.
2014: A costs 2,000.00, B 300.00 and C 400.00: 2,700.00.
"""

import pytest

from capitation.contract import settle
from capitation.design import make_design
from capitation.headline import headline

DESIGN = {
    "price": {"base_years": 1, "adjust": "none", "trend": 0.1, "discount": 0.05},
    "risk": {
        "stop_loss": {"attachment": 1000, "commissioner_share": 0.9},
        "corridor": {"inner": 0.02, "outer": 0.04, "inner_share": 1, "outer_share": 0.5, "beyond_share": 0.2},
    },
    "payments": {"block_share": 0.4, "partner_share": 0.2},
    "outcomes": {"withhold": 0.04, "gate": 0.5, "measures": {"reviewed": {"floor": 0.5, "target": 0.75}}},
    "outlook": {"replicates": 1_024},
}
HOLDER_LINES = {
    "Cost in the base years": 2600_00,
    # A tenth, of which prices 1 %: 2,600 · (1.1 / 1.01 - 1), and 1 % of what that makes.
    "Growth of volume to the contract year": 231_68,
    "Growth of prices to the contract year": 28_32,
    "Change in who is in": 0,
    "Efficiency asked": -143_00,
    "Margin for the price's error": 0,
    # A's 1,650 is 650 above 1,000: 325 a person-year, 845 for 2.6; 90 % of it.
    "individual stop-loss: recovery less charge": 900_00 - 760_50,  # one person: not shown apart
    "aggregate stop-loss": 0,
    # The result 2,717.00 - 760.50 - 2,700.00 + 900.00 = 156.50 is 5.76 % of the price: 54.34 kept whole, 54.34 at a
    # half, the other 47.82 at a fifth: 91.074 kept, 65.426 handed over.
    "risk corridor": -65_43,
    "given up at the quality gate": 0,
    "withhold kept back": -108_68,
    # Two of three reviewed: two thirds of the way from 0.5 to 0.75 in points.
    "withhold earned": 72_45,
    "block: hospital": -815_10,
    "activity: hospital": -1200_00,
    # Risk payments -760.50 + 900.00 - 65.426 = 74.074; three quarters of the plan, 40 % on a block.
    "risk payments passed on: hospital": -22_22,
    "block: surgery": -271_70,
    "activity: surgery": -420_00,
    "risk payments passed on: surgery": -7_41,
    # The holder is left with 18.4177; a fifth of it goes to the partners, 3 to 1.
    "share of the result: hospital": -2_76,
    "share of the result: surgery": -92,
}


@pytest.fixture
def result(by_hand):
    return settle(by_hand(), make_design(DESIGN))


def test_the_holders_lines_are_the_ones_worked_out_by_hand(result):
    lines = result.money_lines
    holder = lines[lines["party"] == "holder"].set_index("line")["pence"].to_dict()
    assert holder == HOLDER_LINES


def test_the_partners_are_left_with_what_they_receive_less_what_care_cost(result):
    lines = result.money_lines
    left = lines.groupby("party")["pence"].sum()
    assert left["hospital"] == 815_10 + 1200_00 + 22_22 + 2_76 - 2000_00
    assert left["surgery"] == 271_70 + 420_00 + 7_41 + 92 - 700_00
    assert left["supplies"] == 2700_00
    assert left.sum() == 0


def test_the_price_is_1045_a_person_year_for_2_6_person_years(result):
    assert result.price.per_person_year == pytest.approx(1_045.0)
    assert result.price.payment == pytest.approx(2_717.0)
    assert (result.price.contract_year, result.price.base_years) == (2014, (2013,))


def test_the_score_is_two_thirds_now_and_was_full_the_year_before(result):
    assert result.score.share == pytest.approx(2 / 3)
    assert result.score_before.share == 1.0


def test_below_the_gate_the_gain_left_after_the_corridor_is_given_up(by_hand):
    tighter = {**DESIGN, "outcomes": {**DESIGN["outcomes"], "gate": 0.7}}
    lines = settle(by_hand(), make_design(tighter)).money_lines
    given_up = lines[lines["line"] == "given up at the quality gate"].set_index("party")["pence"]
    assert given_up.to_dict() == {"commissioner": 91_07, "holder": -91_07}


def test_a_partner_new_in_the_contract_year_is_paid_for_its_care(by_hand, hand_rows):
    spend = [*hand_rows["spend"][:-1], ("C", 2014, "primary", "newcomer", "400.00")]
    whole_block = make_design({**DESIGN, "payments": {"block_share": 1.0}})
    dataset = by_hand(spend=spend, providers=[*hand_rows["providers"], ("newcomer", "New")])
    lines = settle(dataset, whole_block).money_lines
    newcomer = lines[lines["party"] == "newcomer"]
    assert newcomer.set_index("line")["pence"]["activity: newcomer"] == 400_00
    assert newcomer["pence"].sum() == 0


def test_the_headline_price_lies_within_its_interval(result):
    found = headline(result).price
    assert found.low < found.value < found.high
