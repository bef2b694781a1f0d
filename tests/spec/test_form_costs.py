"""VAT and overheads by form and holder, in figures that a reader can check by hand."""

import math

import pytest

from capitation.charts.price_gap import form_costs as picture
from capitation.charts.runtime import static_svg
from capitation.errors import InputError
from capitation.price.form_costs import (
    COUNCIL,
    FORMS,
    HOLDERS,
    INSIDE,
    OUTSIDE,
    Overhead,
    Purchases,
    form_costs,
    losing_refund,
    vat_lost,
)
from capitation.price.published import BURTON_VAT, UNITINGCARE

BOUGHT = Purchases(behind_trusts=1_000.0, by_holder=200.0)
SAME = {form: Overhead(set_up=50.0, running=10.0) for form in FORMS}


def test_vat_is_20_per_cent_of_what_loses_its_refund_and_who_holds_decides_what_that_is():
    assert [losing_refund(BOUGHT, holder) for holder in (INSIDE, COUNCIL, OUTSIDE)] == [0.0, 1_000.0, 1_200.0]
    assert [vat_lost(BOUGHT, holder) for holder in (INSIDE, COUNCIL, OUTSIDE)] == pytest.approx([0.0, 200.0, 240.0])


def test_setting_up_is_spread_over_the_years():
    assert Overhead(set_up=50.0, running=10.0).a_year(5) == 20.0
    unitingcare = UNITINGCARE.fact("cost of setting up").value
    assert Overhead(unitingcare, 0.0).a_year(5) == pytest.approx(1.78e6)


def test_every_form_stands_beside_every_holder_with_both_lines_and_their_share_of_the_price():
    costs = form_costs(10_000.0, 5, BOUGHT, SAME)
    assert list(zip(costs.table["form"], costs.table["holder"], strict=True)) == [
        (f, h) for f in FORMS for h in HOLDERS
    ]
    assert (costs.table["vat"] + costs.table["overhead"]).tolist() == pytest.approx(costs.table["total"].tolist())
    assert costs.cost("alliance", OUTSIDE) == pytest.approx(260.0)
    assert costs.table["share"].max() == pytest.approx(0.026)
    assert "tax advice" in costs.caution


def test_burtons_lost_refund_stands_for_about_one_and_a_half_million_of_purchases():
    assert vat_lost(Purchases(1.5e6), OUTSIDE) == pytest.approx(BURTON_VAT.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: form_costs(0.0, 5, BOUGHT, SAME), "form costs: price: 0.0"),
        (lambda: form_costs(1.0, 0, BOUGHT, SAME), "form costs: years: 0; expected at least 1"),
        (lambda: form_costs(1.0, 5, BOUGHT, {}), "form costs: overheads: none given; expected one for each form"),
        (
            lambda: form_costs(1.0, 5, BOUGHT, {"merger": Overhead(0.0, 0.0)}),
            "form costs: form: merger; expected alliance or",
        ),
        (lambda: form_costs(1.0, 5, BOUGHT, {"alliance": Overhead(-1.0, 0.0)}), "form costs: set-up of alliance: -1.0"),
        (
            lambda: form_costs(1.0, 5, BOUGHT, {"alliance": Overhead(0.0, math.nan)}),
            "form costs: running cost of alliance",
        ),
        (lambda: form_costs(1.0, 5, BOUGHT, SAME, ["trust"]), "form costs: holder: trust; expected NHS body or"),
        (lambda: vat_lost(Purchases(-1.0), OUTSIDE), "form costs: purchases behind trusts: -1.0"),
        (lambda: vat_lost(BOUGHT, OUTSIDE, 1.2), "form costs: VAT rate: 1.2"),
    ],
)
def test_nothing_is_taken_as_nothing_by_default(asked, said):
    with pytest.raises(InputError) as refused:
        asked()
    assert str(refused.value).startswith(said)


def test_the_picture_tells_the_dearest_from_the_cheapest_and_carries_the_caution():
    costs = form_costs(10_000.0, 5, BOUGHT, {"alliance": Overhead(0.0, 10.0), "prime provider": Overhead(0.0, 20.0)})
    drawn = picture(costs, "£")
    assert drawn.finding.replace("\xa0", " ") == (
        "Form and holder are worth £250 a year, 2.5 % of the price: most for prime provider with a company or partnership, "
        "least for alliance with an NHS body"
    )
    assert costs.caution in drawn.alt
    assert "VAT no longer refunded" in static_svg(drawn)


def test_where_nothing_differs_the_picture_says_so():
    costs = form_costs(10_000.0, 5, Purchases(0.0), SAME)
    assert picture(costs, "£").finding == "Every form and holder costs the same, £20 a year"
