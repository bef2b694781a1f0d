"""The price over the years, in figures that a reader can check by hand."""

import math

import pytest

from capitation.charts.price_path import kept_savings
from capitation.charts.price_path import price_path as picture
from capitation.charts.runtime import static_svg
from capitation.errors import InputError
from capitation.price.path import (
    Pace,
    Plan,
    Ratchet,
    compounding,
    glide,
    kept_of_savings,
    price_path,
    without_ratchet,
    yearly_growth,
)
from capitation.price.published import ALZIRA

YEARS = ("2016/17", "2017/18", "2018/19")


def prices(plan: Plan) -> list[float]:
    return price_path(plan).prices.tolist()


def test_an_uplift_of_10_per_cent_takes_1_000_to_1_100_and_1_210():
    path = price_path(Plan(1_000.0, 3, 0.10))
    assert path.prices.tolist() == pytest.approx([1_000.0, 1_100.0, 1_210.0])
    assert path.table["uplift"].tolist() == pytest.approx([0.0, 100.0, 110.0])
    assert path.growth == pytest.approx(0.10)


def test_each_year_may_have_its_own_uplift():
    assert prices(Plan(1_000.0, 3, (0.10, -0.50))) == pytest.approx([1_000.0, 1_100.0, 550.0])


def test_a_discount_glides_evenly_from_2_to_4_per_cent():
    assert glide(0.02, 0.04, 3) == pytest.approx((0.02, 0.03, 0.04))
    path = price_path(Plan(1_000.0, 3, discounts=glide(0.02, 0.04, 3)))
    assert path.prices.tolist() == pytest.approx([980.0, 970.0, 960.0])
    assert path.table["discount"].tolist() == pytest.approx([-20.0, -30.0, -40.0])


def test_the_same_cut_every_year_compounds():
    assert compounding(0.10, 3) == pytest.approx((0.10, 0.19, 0.271))  # 1 - 0.9, 1 - 0.81, 1 - 0.729


def test_the_pace_of_change_takes_three_years_from_900_to_a_target_of_1_000():
    plan = Plan(1_000.0, 4, pace=Pace(up=0.04, down=0.0, paid_before=900.0))
    path = price_path(plan)
    assert path.prices.tolist() == pytest.approx([936.0, 973.44, 1_000.0, 1_000.0])  # 900 · 1.04, · 1.04 again, there
    assert path.table["pace"].tolist() == pytest.approx([-64.0, -26.56, 0.0, 0.0])
    assert path.held_back == (1, 2)


def test_the_pace_of_change_also_holds_a_fall():
    plan = Plan(800.0, 3, pace=Pace(up=0.0, down=0.10, paid_before=1_000.0))
    assert prices(plan) == pytest.approx([900.0, 810.0, 800.0])


def test_half_re_based_the_next_benchmark_lies_half_way_to_the_holders_cost():
    plan = Plan(1_000.0, 3, 0.10, ratchet=Ratchet(0.5, (900.0, 900.0, 900.0)))
    path = price_path(plan)
    assert path.table["benchmark"].tolist() == pytest.approx(
        [1_000.0, 1_000.0, 1_000.0]
    )  # 0.5 · 900 + 0.5 · 1,000 · 1.1
    assert path.table["rebased"].tolist() == pytest.approx([0.0, -100.0, -100.0])
    assert prices(without_ratchet(plan)) == pytest.approx([1_000.0, 1_100.0, 1_210.0])


def test_the_holders_cost_may_be_taken_on_by_the_uplift_before_it_counts():
    plan = Plan(1_000.0, 2, 0.10, ratchet=Ratchet(1.0, (900.0, 900.0), trended=True))
    assert prices(plan) == pytest.approx([1_000.0, 990.0])


def test_fully_re_based_a_lasting_saving_is_kept_for_one_year_of_those_that_are_left():
    plan = Plan(1_000.0, 4, ratchet=Ratchet(1.0, (950.0,) * 4))
    found = kept_of_savings(plan, saving=10.0)
    assert found.table["saved"].tolist() == [40.0, 30.0, 20.0, 10.0]
    assert found.table["lost"].tolist() == pytest.approx([30.0, 20.0, 10.0, 0.0])
    assert found.table["kept"].tolist() == pytest.approx([1 / 4, 1 / 3, 1 / 2, 1.0])


def test_half_re_based_a_saving_made_once_comes_off_the_price_by_a_half_a_quarter_and_an_eighth():
    plan = Plan(1_000.0, 4, ratchet=Ratchet(0.5, (950.0,) * 4))
    found = kept_of_savings(plan, saving=8.0, lasting=False)
    assert found.table["lost"].tolist() == pytest.approx([4.0 + 2.0 + 1.0, 4.0 + 2.0, 4.0, 0.0])
    assert found.table["kept"].tolist() == pytest.approx([1 / 8, 1 / 4, 1 / 2, 1.0])


def test_a_limit_on_the_price_can_let_the_holder_keep_what_re_basing_would_take():
    plan = Plan(1_000.0, 2, pace=Pace(0.0, 0.0), ratchet=Ratchet(1.0, (900.0, 900.0)))
    assert kept_of_savings(plan).table["kept"].tolist() == [1.0, 1.0]  # the price may not move at all


def test_alziras_second_price_grew_by_9_2_per_cent_a_year_and_its_payments_are_as_published():
    first, second, third = (fact.value for fact in ALZIRA.facts[:3])
    assert yearly_growth(second, third, 3) == pytest.approx(0.092, abs=5e-4)
    assert ALZIRA.fact("yearly growth 2003 to 2006").value == yearly_growth(second, third, 3)
    assert [p * ALZIRA.fact("people").value for p in (first, second, third)] == [49_980_000, 92_855_000, 121_030_000]
    path = price_path(Plan(second, 4, yearly_growth(second, third, 3)))
    assert path.prices[-1] == pytest.approx(third)


def test_growth_over_no_year_is_not_known():
    assert math.isnan(price_path(Plan(1_000.0, 1)).growth)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (lambda: Plan(1_000.0, 0), "price path: years: 0; expected at least 1"),
        (lambda: Plan(0.0, 3), "price path: first price: 0.0; expected an amount above 0"),
        (lambda: Plan(math.nan, 3), "price path: first price: nan"),
        (lambda: Plan(1_000.0, 3, -1.0), "price path: uplift: -1.0; expected a share above -1"),
        (
            lambda: Plan(1_000.0, 3, (0.1,)),
            "price path: uplift: 1 of them; expected one, or one for each of years 2 to 3",
        ),
        (lambda: Plan(1_000.0, 3, discounts=(0.1,)), "price path: discounts: 1 of them"),
        (lambda: Plan(1_000.0, 1, discounts=(1.0,)), "price path: discount: 1.0; expected a share from 0 to below 1"),
        (lambda: Plan(1_000.0, 3, pace=Pace(-0.1, 0.1)), "price path: pace up"),
        (lambda: Plan(1_000.0, 3, pace=Pace(0.1, 1.1)), "price path: pace down"),
        (lambda: Plan(1_000.0, 3, pace=Pace(0.1, 0.1, 0.0)), "price path: paid before"),
        (lambda: Plan(1_000.0, 2, ratchet=Ratchet(1.1, (1.0, 1.0))), "price path: ratchet weight"),
        (lambda: Plan(1_000.0, 2, ratchet=Ratchet(1.0, (1.0,))), "price path: holder's cost: 1 of them"),
        (lambda: Plan(1_000.0, 2, ratchet=Ratchet(1.0, (math.nan, 1.0))), "price path: holder's cost: nan"),
        (lambda: glide(0.0, 0.1, 0), "price path: years: 0"),
        (lambda: compounding(0.1, 0), "price path: years: 0"),
        (lambda: kept_of_savings(Plan(1_000.0, 2), 0.0), "price path: saving: 0.0"),
        (lambda: kept_of_savings(Plan(1_000.0, 2, ratchet=Ratchet(1.0, (5.0, 5.0))), 6.0), "price path: saving: 6.0"),
    ],
)
def test_a_plan_that_can_not_be_is_refused_in_a_line(plan, said):
    with pytest.raises(InputError) as refused:
        plan()
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("uplift", [1.0, 1e300])
def test_a_trend_that_explodes_is_refused_with_the_year_in_which_it_does(uplift):
    with pytest.raises(InputError, match=r"price path: uplift: the price of year \d is .* times the first year's"):
        price_path(Plan(1_000.0, 5, uplift))


def test_costs_that_explode_are_refused_as_well_when_the_price_follows_them():
    with pytest.raises(InputError, match="the price of year 2 is 50 times"):
        price_path(Plan(1_000.0, 2, ratchet=Ratchet(1.0, (50_000.0, 0.0))))


def test_the_picture_says_what_re_basing_takes_off_the_last_price():
    plan = Plan(1_000.0, 3, 0.10, ratchet=Ratchet(0.5, (900.0,) * 3))
    drawn = picture(price_path(plan), price_path(without_ratchet(plan)), "£", YEARS)
    assert drawn.finding == ("The price of a person-year goes from £1,000 in 2016/17 to £1,000 in 2018/19; re-basing on the "
                             "holder’s cost takes £210 of that")  # fmt: skip
    assert "2018/19 price without re-basing £1,210" in drawn.alt
    assert "price without re-basing" in static_svg(drawn)


def test_the_picture_of_a_price_that_is_not_re_based_says_so_and_which_years_the_pace_held():
    path = price_path(Plan(1_000.0, 3, pace=Pace(0.04, 0.0, 900.0)))
    drawn = picture(path, path, "£", YEARS)
    assert drawn.finding.endswith("a year; it is not re-based (held by the pace of change in 2 of 3 years)")
    assert {row["line"] for row in drawn.data["rows"]} == {"price"}


def test_the_picture_of_savings_names_the_share_kept_from_the_first_and_the_last_year():
    plan = Plan(1_000.0, 3, ratchet=Ratchet(1.0, (950.0,) * 3))
    drawn = kept_savings(kept_of_savings(plan), YEARS)
    assert "keeps 33 % over the contract if it begins in 2016/17 and 100 % if in 2018/19" in drawn.finding.replace(
        "\xa0", " "
    )
    all_kept = kept_savings(kept_of_savings(Plan(1_000.0, 3)), YEARS)
    assert all_kept.finding == "The holder keeps all of what it saves: no later price looks at its cost"
    assert "share of what is saved" in static_svg(drawn)
