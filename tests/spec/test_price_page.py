"""The page about the price: what it says and shows in many designs, and the money lines of the contract's form."""

import json
import re

import pytest

from capitation import tables, tables_price, tables_scope
from capitation.charts import shadow
from capitation.contract import settle
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.errors import InputError
from capitation.form.advice import warnings
from capitation.price_checks import (
    bare_path_of,
    form_costs_of,
    gap_of,
    kept_of,
    plan_of,
    price_path_of,
    savings_of,
    score_growth_of,
)
from capitation.report import story
from capitation.report.summary import cautions
from capitation.shadow.back_test import back_test
from capitation.workbench.steps import headline_tiles, step

NOT_A_FIGURE = re.compile(r"\b(nan|inf|not known|None)\b", re.IGNORECASE)
DESIGNS = {
    "as it stands": {},
    "one year of history": {"price.base_years": 1},
    "need weights": {"price.adjust": "need weights"},
    "segments, small cells borrowing": {"price.adjust": "age, sex and segment", "price.credibility": True},
    "an offer far below": {"price.bid.offered": 100.0, "price.bid.bidders": 12},
    "one bidder": {"price.bid.bidders": 1},
    "re-based every year": {"price.path.ratchet": 1.0, "price.path.pace": 0.01, "price.path.further_discount": 0.05},
    "one contract year": {"form.years": 1},
    "a company, unfunded": {"form.holder": "company or partnership", "form.funded": False, "form.set_up": 0.05, "form.running": 0.01},
    "costs more than before": {"outlook.savings": -0.05, "price.trend": -0.03},
    "a margin": {"price.confidence": 0.95, "price.growth.policy": 0.03, "price.growth.need": 0.01},
}  # fmt: skip


@pytest.fixture(scope="module")
def county(root):
    dataset = open_dataset(str(root / "data_samples" / "county-5000"))
    return dataset, change(read_design(root / "designs" / "county.yaml"), {"outlook.replicates": 1_024})


@pytest.fixture(params=["rand-hie", "county"])
def held(request, rand_hie, quick, county):
    return (rand_hie, quick) if request.param == "rand-hie" else county


@pytest.mark.parametrize("name", DESIGNS)
def test_every_sentence_and_picture_holds_figures(held, name):
    dataset, design = held
    result, page = settle(dataset, change(design, DESIGNS[name])), step("price")
    said = [page.finding(result), page.summary(result), *page.details(result)]
    drawn = [picture for draw in page.pictures if (picture := draw(result)) is not None]
    assert len(drawn) >= 8
    for words in [*said, *(p.finding for p in drawn), *(p.alt for p in drawn)]:
        assert not NOT_A_FIGURE.search(words), words
    for picture in drawn:
        assert "NaN" not in json.dumps(picture.data), picture.name
        assert not picture.finding.endswith(".")


@pytest.mark.parametrize("name", DESIGNS)
def test_every_table_can_be_made(held, name):
    dataset, design = held
    result = settle(dataset, change(design, DESIGNS[name]))
    made = [tables_price.errors(result), tables_price.ways(result), tables_price.path(result), tables_price.form_costs(result),
            tables_price.held_by_cell(result), tables_price.need_models(result), tables_price.need_weights(result),
            tables_price.need_ratios(result)]  # fmt: skip
    assert all(table is not None and len(table.rows) for table in made)
    assert (tables_price.score_growth(result) is None) == (result.design.price.adjust != "need weights")
    assert (tables_price.growth(result) is None) == (len(result.basis.years) < 2)


def test_the_back_test_has_its_table(held):
    assert len(tables_price.held(back_test(*held)).rows) == 3


def test_the_path_starts_at_the_price_and_follows_its_terms(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"price.path.uplift": 0.05, "price.discount": 0.02}))
    prices = price_path_of(result).prices
    assert prices[0] == pytest.approx(result.price.per_person_year)
    assert prices[1] / prices[0] == pytest.approx(1.05)
    assert kept_of(result).table["kept"].eq(1.0).all()


def test_a_price_that_follows_the_holders_cost_leaves_it_little_of_a_saving(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"price.path.ratchet": 1.0, "price.path.uplift": 0.0}))
    kept = kept_of(result).table["kept"].tolist()
    assert kept == sorted(kept)
    assert kept[0] == pytest.approx(1 / 5)
    assert plan_of(result).ratchet is not None
    assert bare_path_of(result).prices[-1] == pytest.approx(result.price.per_person_year)


def test_an_offer_at_the_price_is_what_is_expected_and_a_lower_one_falls_short(rand_hie, quick):
    result = settle(rand_hie, quick)
    assert gap_of(result).amount == pytest.approx(0, abs=1e-6)
    low = settle(rand_hie, change(quick, {"price.bid.offered": 0.8 * result.price.per_person_year}))
    assert gap_of(low).amount == pytest.approx(0.2 * result.price.payment)


def test_the_score_paid_for_is_held_within_its_cap(county):
    dataset, design = county
    result = settle(dataset, change(design, {"price.adjust": "need weights", "price.score_cap": 0.01}))
    growth = score_growth_of(result)
    assert abs(growth.found[-1] - 1) > 0.01  # else the cap would not be tried
    assert abs(growth.paid[-1] - 1) == pytest.approx(0.01)
    weights = result.price.cells["exposure"] @ result.price.cells["rate"] / result.price.exposure
    overall = result.price.ways["none"]
    assert abs(weights / overall - 1) == pytest.approx(0.01)


FORM = {"form.holder": "company or partnership", "form.vat_behind_trusts": 0.3, "form.vat_by_holder": 0.1, "form.set_up": 0.05,
        "form.running": 0.02, "form.years": 5}  # fmt: skip


def test_lost_vat_and_overheads_are_money_lines_that_balance(rand_hie, quick):
    """A fifth of 40 % of the price is 8 %; 5 % over five years and 2 % a year are 3 %."""
    result = settle(rand_hie, change(quick, FORM))
    lines = result.money_lines[result.money_lines["step"] == "form"]
    assert (lines.groupby("line")["pence"].sum() == 0).all()
    spent = -lines[(lines["party"] == "holder") & ~lines["line"].str.contains("paid by")].set_index("line")["pence"]
    payment = result.price.payment * 100
    assert spent.to_dict() == pytest.approx(
        {"VAT no longer refunded": 0.08 * payment, "setting up and running the contract": 0.03 * payment}, abs=1
    )
    assert lines.loc[lines["party"] == "holder", "pence"].sum() == 0
    assert form_costs_of(result).cost("prime provider", "company or partnership") == pytest.approx(
        0.11 * result.price.payment
    )


def test_unfunded_they_are_the_holders_loss(rand_hie, quick):
    paid, unpaid = (settle(rand_hie, change(quick, {**FORM, "form.funded": funded})) for funded in (True, False))
    before = settle(rand_hie, quick)
    partners = 1 - quick.payments.partner_share
    assert float(paid.settled.result("holder")[0]) == pytest.approx(float(before.settled.result("holder")[0]))
    lost = float(before.settled.result("holder")[0]) - float(unpaid.settled.result("holder")[0])
    assert lost == pytest.approx(partners * 0.11 * before.price.payment)


def test_inside_the_nhs_no_refund_is_lost(rand_hie, quick):
    result = settle(
        rand_hie, change(quick, {**FORM, "form.holder": "NHS body", "form.set_up": 0.0, "form.running": 0.0})
    )
    assert result.money_lines[result.money_lines["step"] == "form"].empty


@pytest.mark.parametrize(("changes", "where"), [
    ({"price.path.uplift": 0.15, "form.years": 20}, "price.path.uplift (Yearly uplift of the price): 15.0% a year comes to 14 times"),
    ({"price.trend": 0.25, "form.years": 20, "price.path.ratchet": 0.1}, "price.trend (Yearly growth of cost): 25.0% a year comes to"),
])  # fmt: skip
def test_a_path_that_explodes_is_refused_before_anything_is_shown(rand_hie, quick, changes, where):
    with pytest.raises(InputError) as refused:
        settle(rand_hie, change(quick, changes))
    assert str(refused.value).startswith(where)


def test_a_history_shorter_than_asked_for_is_said(county):
    dataset, design = county
    result = settle(dataset, change(design, {"price.base_years": 9}))
    words = "The terms ask for 9 years of history; the data hold 4 before 2017/18."
    assert words in cautions(result, back_test(dataset, design))
    assert words not in cautions(settle(dataset, design), back_test(dataset, design))


def test_an_offer_too_low_for_a_cheap_year_is_among_what_to_keep_in_mind(county):
    dataset, design = county
    told = [cautions(settle(dataset, changed), back_test(dataset, design))
            for changed in (design, change(design, {"price.bid.offered": 3_000.0}))]  # fmt: skip
    assert [sum("is reckless, below P20" in words for words in each) for each in told] == [0, 1]


def test_a_month_before_anything_of_its_year_was_recorded_says_which_year_is_settled(county):
    dataset, design = county
    dataset = dataset.as_at("2017-04")
    told = cautions(settle(dataset, design), back_test(dataset, design))
    assert "Nothing of 2017/18 had reached the data by the end of 2017-04: no figure here is of 2017/18." in told


def test_with_savings_the_offer_is_held_against_cost_before_them(rand_hie, quick):
    said = step("price").details(settle(rand_hie, change(quick, {"outlook.savings": 0.1})))
    assert any("the expected cost of the year before savings" in words for words in said)


def test_a_year_that_is_not_over_is_held_against_nothing(county):
    dataset, design = county
    test = back_test(dataset.as_at(f"{dataset.years[-1]}-09"), design)
    assert test.results[-1].part_year
    assert [r.year for r in test.whole_years] == [r.year for r in test.results[:-1]]
    assert tables_price.held_by_cell(test.results[-1]) is None
    drawn = shadow.held(test)
    assert drawn is not None
    assert {row["year"] for row in drawn.data["rows"]} == {dataset.meta.year_name(r.year) for r in test.whole_years}


FORM_COSTS = {"form.holder": "council", "form.vat_by_holder": 0.1, "form.set_up": 0.05}


@pytest.fixture(scope="module")
def half_year(county):
    dataset, design = county
    dataset = dataset.as_at(f"{dataset.years[-1]}-09")
    return settle(dataset, change(design, FORM_COSTS)), back_test(dataset, design)


def test_amounts_of_six_months_are_not_said_to_be_of_a_year(half_year):
    """Headings, titles, tiles, sentences and pictures of a year that is half over name the months that the amounts are of."""
    result, test = half_year
    months, name = "6 months so far", result.dataset.meta.year_name(result.year)
    assert f"£ for the {months}" in tables.build_up(result).rows.columns
    assert tables_price.form_costs(result).title == f"What form and holder cost in the {months}"
    assert tables.money_lines(result).title == f"Money lines of {name}, {months}, £"
    assert f"{name}, {months}, settled, £" in tables.parties(result).rows.columns
    assert tables_scope.services(result).title.endswith(f"{name}, {months}, £")
    assert headline_tiles(result)[0].note.endswith(f"for the {months}")
    assert f"of the {months}" in story.answer(result)
    page = step("price")
    drawn = [picture for draw in page.pictures if (picture := draw(result)) is not None]
    told = json.dumps([*page.details(result), *([p.finding, p.alt] for p in drawn)])
    assert f"in the {months}" in told
    assert not re.search(r"£[\d,.]+[km]? a year|cost of the year|for the year\b", told)
    past = tables.back_test(test).rows
    assert past["Year"].tolist()[-1] == f"{name}, {months}"
    assert past["within 95 % interval"].tolist()[-1] == "not over"
    assert " of 3 years that are over; " in shadow.price_against_cost(test).finding


def test_amounts_of_a_year_that_is_over_are_of_the_year(county):
    dataset, design = county
    result = settle(dataset, change(design, FORM_COSTS))
    assert "£ for the year" in tables.build_up(result).rows.columns
    assert tables_price.form_costs(result).title == "What form and holder cost a year"
    assert headline_tiles(result)[0].note.endswith("for the year")
    assert "so far" not in story.answer(result) + tables.money_lines(result).title


def test_what_nobody_funds_is_needed_and_warned_of(rand_hie, quick):
    design = change(
        quick, {"form.holder": "company or partnership", "form.vat_behind_trusts": 0.9, "form.funded": False}
    )
    result = settle(rand_hie, design)
    assert gap_of(result).amount == pytest.approx(0.18 * result.price.payment)
    assert any("VAT that is no longer refunded" in words for words in warnings(design))


def test_efficiency_asked_is_a_saving_that_is_counted_on(rand_hie, quick):
    asked = savings_of(settle(rand_hie, change(quick, {"price.discount": 0.1, "price.path.further_discount": 0.05})))
    assert asked.share == pytest.approx(0.15)
    assert savings_of(settle(rand_hie, change(quick, {"outlook.savings": -0.1}))).share == 0


def test_pace_holds_later_years_and_never_the_one_settled(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"price.path.pace": 0.005, "price.path.uplift": 0.05}))
    prices = price_path_of(result).prices
    assert prices[0] == pytest.approx(result.price.per_person_year)
    assert prices[1] / prices[0] == pytest.approx(1.005)
