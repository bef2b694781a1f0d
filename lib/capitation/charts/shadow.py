"""Pictures of the back-test: what the contract would have done in years that happened."""

from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec, zero_line
from capitation.charts.picture import Picture
from capitation.shadow.back_test import BackTest
from capitation.terms import money
from capitation.theme import COMMISSIONER_GREEN, HOLDER_BLUE, INK, PARTNER_PURPLE, RULE_GREY


def price_against_cost(test: BackTest) -> Picture:
    """The price of each settled year against what it cost, with the interval stated beforehand."""
    meta, rows = test.results[0].dataset.meta, test.by_year
    data = [{"year": meta.year_name(int(r["year"])), "price": r["price_pppy"], "cost": r["cost_pppy"], "low": r["cost_low_pppy"],
             "high": r["cost_high_pppy"]} for r in rows.to_dict("records")]  # fmt: skip
    short, inside = int((rows["cost_pppy"] > rows["price_pppy"]).sum()), int(rows["within_95"].sum())
    finding = (f"The price was short in {short} of {len(data)} years; {inside} of {len(data)} "
               "fell within the 95 % interval stated before")  # fmt: skip
    words = "; ".join(
        f"{d['year']}: price {money(d['price'], meta.currency)}, cost {money(d['cost'], meta.currency)}" for d in data
    )
    return Picture("shadow-price", finding, f"Per person-year. {words}.", _price_spec(meta.currency), {"rows": data})


@drawn_once
def _price_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    axis = money_axis(f"{currency} per person-year; band: 95 % interval", currency)
    band = chart(x=x, y=alt.Y("low:Q", axis=axis, scale=alt.Scale(zero=False)), y2="high:Q").mark_bar(
        size=26, color=RULE_GREY
    )
    fold = ["price", "cost"]
    legend = alt.Legend(title=None)
    shape = alt.Shape("what:N", scale=alt.Scale(domain=fold, range=["square", "circle"]), legend=legend)
    colour = alt.Color("what:N", scale=alt.Scale(domain=fold, range=[HOLDER_BLUE, INK]), legend=legend)
    points = chart(x=x, y="value:Q", shape=shape, color=colour)
    points = points.transform_fold(["price", "cost"], as_=["what", "value"]).mark_point(
        filled=True, size=110, opacity=1
    )
    return spec(band + points)


def who_got_what(test: BackTest) -> Picture:
    """Each side's result in every settled year."""
    meta, rows = test.results[0].dataset.meta, test.by_year
    sides = {"Holder": rows["holder"], "Partners": rows["partners"],
             "Commissioner": rows["paid_without_contract"] - rows["commissioner_paid"]}  # fmt: skip
    data = [{"year": meta.year_name(int(y)), "party": side, "amount": float(a)}
            for side, amounts in sides.items() for y, a in zip(rows["year"], amounts, strict=True)]  # fmt: skip
    total = sides["Commissioner"].sum()
    more = "more" if total < 0 else "less"
    finding = (
        f"Over {len(rows)} years the commissioner would have paid {money(abs(total), meta.currency)} {more} than it did"
    )
    words = "; ".join(f"{d['year']} {d['party']} {money(d['amount'], meta.currency)}" for d in data)
    return Picture("shadow-results", finding, words, _results_spec(meta.currency), {"rows": data})


@drawn_once
def _results_spec(currency: str) -> dict[str, Any]:
    names = ["Holder", "Partners", "Commissioner"]
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    y = alt.Y("amount:Q", axis=money_axis(f"against paying for what happened, {currency}", currency))
    colour = alt.Color("party:N", legend=alt.Legend(title=None), scale=alt.Scale(
        domain=names, range=[HOLDER_BLUE, PARTNER_PURPLE, COMMISSIONER_GREEN]))  # fmt: skip
    return spec(chart(x=x, y=y, color=colour, xOffset=alt.XOffset("party:N", sort=names)).mark_bar() + zero_line())
