"""The pictures of partners' cash and of fixed cost that stays behind: what they find, say and draw."""

import pytest

from capitation.charts.cash import balances, level
from capitation.charts.runtime import static_svg
from capitation.charts.stranded import Stranding, stranded
from capitation.errors import InputError
from capitation.payments.cash import CashPath

MONTHS = ("April", "May", "June")
SHORT = CashPath((300_00, -500_00, 100_00), owed=200_00)
SOUND = CashPath((9_000_00, 8_000_00, 7_000_00), owed=0)
SHORTER = CashPath((100_00, 0, -10_000_00), owed=0)
COSTS = {"Charity": 36_500_00, "Hospital": 365_000_00}

HOSPITAL = Stranding("Hospital X", -5e6, (-3e6, -2e6, -1e6), -2.8e6)
TRUST = Stranding("Trust", 1e6, (4e5, 2e5, 0.0), 1e5)


def test_who_runs_lowest_is_named_with_its_month_its_days_and_what_it_has_to_borrow():
    drawn = balances({"Hospital": SOUND, "Charity": SHORT}, MONTHS, "£", COSTS)
    assert drawn.finding == (
        "Charity runs lowest on cash: −£500 at the end of May, short by 5 days of its cost; it has to borrow £500"
    )
    assert "Charity: April £300; May −£500; June £100; lowest in May, short by 5 days of its cost, to borrow £500, £200 " \
           "arrives after the last month." in drawn.alt  # fmt: skip
    assert "Hospital: April £9,000" in drawn.alt


def test_lowest_is_meant_in_days_where_every_partners_cost_is_known_and_in_money_otherwise():
    paths = {"Hospital": SHORTER, "Charity": CashPath((0, -5_000_00, 0), owed=0)}
    assert balances(paths, MONTHS, "£", COSTS).finding.startswith("Charity runs lowest on cash: −£5,000")
    assert balances(paths, MONTHS, "£").finding.startswith("Hospital runs lowest on cash: −£10,000 at the end of June;")
    assert balances(paths, MONTHS, "£", {"Charity": 1}).finding.startswith("Hospital runs lowest on cash: −£10,000")


def test_what_several_partners_have_to_borrow_is_summed():
    finding = balances({"Charity": SHORT, "Hospital": SHORTER}, MONTHS, "£").finding
    assert finding.endswith("; 2 of 2 partners have to borrow, £10,500 together")


def test_where_nobody_is_short_the_finding_says_so():
    finding = balances({"Hospital": SOUND}, MONTHS, "£", COSTS).finding
    assert (
        finding == "Hospital runs lowest on cash: £7,000 at the end of June, 7 days of its cost; nobody has to borrow"
    )


def test_a_strip_has_zero_in_it_and_is_filled_from_the_lowest_to_the_highest():
    assert level(-500_00, SHORT) > level(0, SHORT) > level(100_00, SHORT) > level(300_00, SHORT)
    assert level(0, SOUND) == level(-500_00, SHORT)  # the foot of a strip
    assert level(9_000_00, SOUND) == level(300_00, SHORT)  # its head
    assert level(0, CashPath((0, 0, 0), owed=0)) == level(0, SOUND)


def test_the_lowest_month_is_marked_in_each_partners_strip():
    drawn = balances({"Hospital": SOUND, "Charity": SHORT}, MONTHS, "£", COSTS)
    assert [(s["partner"], s["month"]) for s in drawn.data["strips"]] == [("Hospital", "June"), ("Charity", "May")]
    assert [row["below"] for row in drawn.data["rows"]] == [False] * 4 + [True, False]
    svg = static_svg(drawn)
    assert "lowest −£500, end of May, short by 5 days of its cost; last £100" in svg
    assert "balance at month end, £" in svg
    assert "lowest −£500, May" in static_svg(drawn, 300)


def test_a_path_of_other_months_than_are_named_is_refused():
    with pytest.raises(InputError, match="cash of Charity: 3 months; expected the 2 that are named"):
        balances({"Charity": SHORT}, MONTHS[:2], "£")


@pytest.mark.parametrize("draw", [lambda: balances({}, MONTHS, "£"), lambda: stranded([], "£")])
def test_a_picture_of_nobody_is_drawn_and_says_so(draw):
    assert draw().finding.startswith("No partner’s")
    assert "<svg" in static_svg(draw())


def test_what_stays_behind_is_held_against_the_planned_result():
    assert stranded([TRUST, HOSPITAL], "£").finding == (
        "Hospital X: £3.00m of fixed cost stays behind in year 1 and £1.00m in year 3, against a planned deficit of £2.80m"
    )
    one_year = Stranding("Hospital X", -5e6, (-3e6,), 1e6)
    assert stranded([one_year], "£").finding == (
        "Hospital X: £3.00m of fixed cost stays behind, against a planned surplus of £1.00m"
    )
    assert stranded([Stranding("GPs", 0.0, (-10.0,), 0.0)], "£").finding == (
        "GPs: the result falls by £10, against a planned result of nil"
    )


def test_a_result_without_a_plan_is_held_against_nothing():
    drawn = stranded([Stranding("Hospital X", -5e6, (-3e6,), None)], "£")
    assert drawn.finding == "Hospital X: £3.00m of fixed cost stays behind"
    assert "planned" not in drawn.alt


def test_where_no_result_falls_the_finding_says_so():
    assert stranded([TRUST], "£").finding == "No partner’s result falls as its income changes"


def test_income_and_cost_sum_to_the_first_years_result():
    words = stranded([HOSPITAL, TRUST], "£").alt
    assert "Hospital X: income −£5.00m; cost gone, year 1 +£2.00m; stays, year 1 −£3.00m;" in words
    assert "planned result −£2.80m." in words
    assert "Trust: income +£1.00m; cost added, year 1 −£600k; gained, year 1 +£400k;" in words
    for partner in (HOSPITAL, TRUST):
        assert partner.income_change + partner.cost_effect == pytest.approx(partner.results[0])


def test_every_bar_has_its_amount_beside_it_under_its_partners_name():
    drawn = stranded([HOSPITAL, TRUST], "£")
    assert [row["name"] for row in drawn.data["rows"] if row["name"]] == ["Hospital X", "Trust"]
    svg = static_svg(drawn)
    for said in (
        "Hospital X",
        "−£5.00m",
        "+£2.00m",
        "stays, year 3",
        "planned result",
        "effect on the result, £ a year",
    ):
        assert said in svg


def test_a_partner_without_a_year_is_refused():
    with pytest.raises(InputError, match="stranded cost of Trust: no year; expected at least 1"):
        Stranding("Trust", 0.0, (), 0.0)


def test_pictures_of_other_figures_have_the_same_specification():
    assert balances({"Charity": SHORT}, MONTHS, "£").spec == balances({}, MONTHS, "£", COSTS).spec
    assert stranded([HOSPITAL], "£").spec == stranded([], "£").spec
