"""Pictures of the back-test: what the contract would have done in years that happened."""

from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec, zero_line
from capitation.charts.picture import Picture
from capitation.price_checks import so_far, year_and_period
from capitation.shadow.back_test import BackTest, actual_over_expected, stated
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, COMMISSIONER_GREEN, HOLDER_BLUE, INK, PARTNER_PURPLE, RULE_GREY


def held(test: BackTest) -> Picture | None:
    """What each year cost as a share of what was expected, over the intervals stated before it; None before one is over."""
    if not test.whole_years:
        return None
    meta = test.results[0].dataset.meta
    bands = [{"year": meta.year_name(r.year), "what": BAND.format(100 * level), "low": low, "high": high}
             for r in test.whole_years for level, (low, high) in sorted(stated(r).items(), reverse=True)]  # fmt: skip
    marks = [{"year": meta.year_name(r.year), "what": what, "value": value} for r in test.whole_years
             for what, value in ((PRICE, r.price.per_person_year / r.price.expected), (COST, actual_over_expected(r)))]  # fmt: skip
    words = "; ".join(f"{d['year']}: {d['what']} {percent(d['value'], 0)} of what was expected" for d in marks)
    stated_80 = "; ".join(
        f"{d['year']} {percent(d['low'], 0)} to {percent(d['high'], 0)}" for d in bands if d["what"] == BAND.format(80)
    )
    told = f"Each year priced on the years before it alone. {words}. 80 % intervals: {stated_80}."
    return Picture("shadow-held", held_finding(test), told, _held_spec(), {"rows": marks, "bands": bands})


BAND, PRICE, COST = "{:.0f} % interval", "price", "cost"


def held_finding(test: BackTest) -> str:
    """In how many years cost fell into the 80 % interval, and in how many the price was short, in a sentence."""
    rows = _over(test)
    inside, short, years = int(rows["within_80"].sum()), int((rows["cost_pppy"] > rows["price_pppy"]).sum()), len(rows)
    return (
        f"In {inside} of {years} years cost fell into the 80 % interval stated before; in {short} the price was short"
    )


@drawn_once
def _held_spec() -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    axis, scale = percent_axis("cost, of what was expected"), alt.Scale(zero=False)
    names = [BAND.format(level) for level in (95, 80, 50)]
    greys = alt.Scale(domain=names, range=[RULE_GREY, "#B1BAC1", AXIS_GREY])
    legend = alt.Legend(title="stated before", symbolType="square")
    bands = [
        chart("bands", x=x, y=alt.Y("low:Q", axis=axis, scale=scale), y2="high:Q",
              color=alt.Color("what:N", scale=greys, sort=None, legend=legend))
        .transform_filter(f"datum.what == '{name}'").mark_bar(size=size)
        for name, size in zip(names, (46, 36, 26), strict=True)
    ]  # fmt: skip
    both = alt.Scale(domain=[PRICE, COST], range=[HOLDER_BLUE, INK])
    shapes = alt.Scale(domain=[PRICE, COST], range=["diamond", "circle"])
    marks = chart(x=x, y=alt.Y("value:Q", scale=scale), fill=alt.Fill("what:N", scale=both, legend=alt.Legend(title=None)),
                  shape=alt.Shape("what:N", scale=shapes, legend=alt.Legend(title=None)))  # fmt: skip
    return spec(bands[0] + bands[1] + bands[2] + marks.mark_point(opacity=1, size=110, stroke="white"), height=240)


def price_against_cost(test: BackTest) -> Picture:
    """The price of each settled year against what it cost, with the interval stated beforehand."""
    meta = test.results[0].dataset.meta
    data = [{"year": year_and_period(result), "price": r["price_pppy"], "cost": r["cost_pppy"], "low": r["cost_low_pppy"],
             "high": r["cost_high_pppy"]}
            for result, r in zip(test.results, test.by_year.to_dict("records"), strict=True)]  # fmt: skip
    words = "; ".join(
        f"{d['year']}: price {money(d['price'], meta.currency)}, cost {money(d['cost'], meta.currency)}" for d in data
    )
    return Picture(
        "shadow-price", _short_finding(test), f"Per person-year. {words}.", _price_spec(meta.currency), {"rows": data}
    )


def _short_finding(test: BackTest) -> str:
    """In how many of the years that are over the price was short and the interval held, in a sentence."""
    rows = _over(test)
    if rows.empty:
        return "No year is over that the price could be held against"
    short, inside, years = int((rows["cost_pppy"] > rows["price_pppy"]).sum()), int(rows["within_95"].sum()), len(rows)
    which = "years" if years == len(test.results) else "years that are over"
    return f"The price was short in {short} of {years} {which}; {inside} of {years} fell within the 95 % interval stated before"


def _over(test: BackTest) -> pd.DataFrame:
    """A row for each year that is over."""
    return test.by_year[[not result.part_year for result in test.results]]


def _year_axis() -> Any:
    """A year that is not over in two lines."""
    return alt.Axis(title=None, labelAngle=0, labelExpr="split(datum.label, ', ')")


@drawn_once
def _price_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=_year_axis())
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
    data = [{"year": year_and_period(result), "party": side, "amount": float(a)}
            for side, amounts in sides.items() for result, a in zip(test.results, amounts, strict=True)]  # fmt: skip
    total = sides["Commissioner"].sum()
    more = "more" if total < 0 else "less"
    finding = f"Over {years_words(test)} the commissioner would have paid {money(abs(total), meta.currency)} {more} than it did"
    words = "; ".join(f"{d['year']} {d['party']} {money(d['amount'], meta.currency)}" for d in data)
    return Picture("shadow-results", finding, words, _results_spec(meta.currency), {"rows": data})


def years_words(test: BackTest) -> str:
    """How many years were settled, and of how many months the last is, e.g. ``4 years (of the last, 6 months so far)``."""
    count, part = len(test.results), so_far(test.results[-1])
    return f"{count} year{'' if count == 1 else 's'}{f' (of the last, {part})' if part else ''}"


@drawn_once
def _results_spec(currency: str) -> dict[str, Any]:
    names = ["Holder", "Partners", "Commissioner"]
    x = alt.X("year:N", sort=None, axis=_year_axis())
    y = alt.Y("amount:Q", axis=money_axis(f"against paying for what happened, {currency}", currency))
    colour = alt.Color("party:N", legend=alt.Legend(title=None), scale=alt.Scale(
        domain=names, range=[HOLDER_BLUE, PARTNER_PURPLE, COMMISSIONER_GREEN]))  # fmt: skip
    return spec(chart(x=x, y=y, color=colour, xOffset=alt.XOffset("party:N", sort=names)).mark_bar() + zero_line())
