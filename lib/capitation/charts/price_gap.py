"""Pictures of whether the price is enough: the bid, the gap that opens, the savings counted on, the cost of the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.price.form_costs import INSIDE, FormCosts
from capitation.price.gap import BidTest, FundingGap, SavingsTest
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, COMMISSIONER_GREEN, HOLDER_BLUE, INK, LOSS_RED, PAPER, QUIET, RULE_GREY

OFFERED, PRICE = "what is offered", "the price worked out here"
VAT, OVERHEAD = "VAT no longer refunded", "overheads"
COST, FUNDING = "cost if nothing changes", "money there is"
THIS = "this contract"
ROOM = 1.8  # of the longest bar: how far the axis goes, for the words beside it
SURE = 0.999  # nearer to certain than this is told as such


def large_axis(title: str, currency: str) -> alt.Axis:
    """An axis of amounts of a whole contract, up to billions, e.g. £1.1bn."""
    text = f"'{currency}' + replace(replace(format(datum.value, '.3~s'), 'M', 'm'), 'G', 'bn')"
    return alt.Axis(title=title, labelExpr=text, tickCount=4, labelOverlap=True)


def bid(test: BidTest, price: float, currency: str, curse: pd.DataFrame | None = None) -> Picture:
    """An offer and the price over the band of what the year may cost, and the lowest of k honest bids (``curse``)."""
    data = [
        _mark(OFFERED, test.bid, "red" if test.reckless else "offer", currency),
        _mark(PRICE, price, "price", currency),
    ]
    for row in [] if curse is None else curse.to_dict("records"):
        data.append(_mark(f"lowest of {row['bidders']:.0f} honest bids", float(row["lowest"]), "curse", currency))
    band = [{"p20": test.p20, "p50": test.p50, "p80": test.p80, "what": PRICE}]
    points = ", ".join(money(v, currency) for v in (test.p20, test.p50, test.p80))
    words = "; ".join(f"{d['what']} {d['shown']}" for d in data)
    return Picture("price-bid", bid_finding(test, currency), f"Cost at P20, P50 and P80: {points}. {words}.",
                   _bid_spec(currency), {"rows": data, "band": band})  # fmt: skip


def _mark(what: str, value: float, kind: str, currency: str) -> dict[str, Any]:
    return {"what": what, "value": value, "kind": kind, "shown": money(value, currency)}


def bid_finding(test: BidTest, currency: str) -> str:
    """How likely the cost is above the offer, and whether it is reckless, in a sentence."""
    chance = test.exceeds.value
    odds = (
        "almost surely"
        if chance > SURE
        else "almost never"
        if chance < 1 - SURE
        else f"in {100 * chance:.0f} years of 100"
    )
    where = ("is reckless, below P20" if test.reckless else "lies between P20 and P80" if test.bid <= test.p80
             else "lies above P80")  # fmt: skip
    return f"An offer of {money(test.bid, currency)} {where}: cost exceeds it {odds}"


@drawn_once
def _bid_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("what:N", sort=None, axis=alt.Axis(title=None, labelLimit=170))
    axis = large_axis(f"{currency} in all; band: P20 to P80 of cost, line: P50", currency)
    scale = alt.Scale(zero=False, padding=30)
    band = chart("band", x=alt.X("p20:Q", axis=axis, scale=scale), x2="p80:Q").mark_rect(color=RULE_GREY, opacity=0.6)
    edges = [chart("band", x=alt.X(f"{end}:Q", scale=scale)).mark_rule(color=AXIS_GREY) for end in ("p20", "p80")]
    middle = chart("band", x=alt.X("p50:Q", scale=scale)).mark_rule(color=INK, strokeWidth=2)
    kinds = alt.Scale(
        domain=["offer", "red", "price", "curse"], range=[COMMISSIONER_GREEN, LOSS_RED, HOLDER_BLUE, AXIS_GREY]
    )
    x = alt.X("value:Q", axis=axis, scale=scale)
    marks = chart(y=y, x=x, color=alt.Color("kind:N", scale=kinds, legend=None)).mark_point(
        filled=True, size=110, opacity=1
    )
    text = chart(y=y, x=x, text="shown:N")
    halo = text.mark_text(dy=-13, stroke=PAPER, strokeWidth=4)
    return spec(band + edges[0] + edges[1] + middle + halo + marks + text.mark_text(dy=-13))


def savings(test: SavingsTest) -> Picture:
    """The yearly cut that the price counts on, beside the published results."""
    data = [{"name": THIS, "yearly": test.yearly, "kind": "this", "shown": _reached(test.share, test.years)}]
    for row in test.results.sort_values("yearly").to_dict("records"):
        kind = "whole population" if row["whole_population"] else "one service"
        data.append({"name": row["name"], "yearly": float(row["yearly"]), "kind": kind,
                     "shown": _reached(row["share"], row["years"])})  # fmt: skip
    room = ROOM * max(d["yearly"] for d in data)
    data = [{**d, "room": room} for d in data]
    words = "; ".join(f"{d['name']} {percent(d['yearly'])} a year ({d['shown']})" for d in data)
    return Picture("price-savings", savings_finding(test), f"{test.verdict} Yearly cut of cost: {words}. {_not_drawn(test)}",
                   _savings_spec(), {"rows": data})  # fmt: skip


def savings_finding(test: SavingsTest) -> str:
    """How many published results saved less than the price counts on, in a sentence."""
    less, n = int((test.results["lies"] == "below").sum()), len(test.results)
    return f"The price counts on a saving of {percent(test.yearly)} a year; {less} of {n} published results saved less"


def _reached(share: float, years: float) -> str:
    return f"{percent(share)} after {years:g} year{'' if years == 1 else 's'}"


def _not_drawn(test: SavingsTest) -> str:
    others = test.table[test.table["lies"] == ""]
    return f"Not drawn, having no figure or being aims: {', '.join(others['name'])}." if len(others) else ""


@drawn_once
def _savings_spec() -> dict[str, Any]:
    y = alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=190))
    x = alt.X("yearly:Q", axis=percent_axis("cut of cost a year", tickCount=5))
    kinds = ["this", "whole population", "one service"]
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=kinds, range=[HOLDER_BLUE, QUIET, AXIS_GREY]))
    bars = chart(y=y, x=x, color=colour).mark_bar()
    words = chart(y=y, x=x, text="shown:N").mark_text(align="left", dx=5)
    return spec(bars + words + chart(y=y, x="room:Q").mark_point(opacity=0))


def form_costs(costs: FormCosts, currency: str, period: str = "a year") -> Picture:
    """VAT and overheads of a year, or of another ``period`` such as ``in the 6 months so far``, by form and holder."""
    rows, one_form = costs.table.to_dict("records"), costs.table["form"].nunique() == 1
    data = [{"form": r["holder"] if one_form else f"{r['form']}, {r['holder']}", "line": line, "amount": float(r[column])}
            for r in rows for line, column in ((VAT, "vat"), (OVERHEAD, "overhead"))]  # fmt: skip
    words = "; ".join(
        f"{r['form']}, {r['holder']}: {money(r['vat'], currency)} and {money(r['overhead'], currency)}" for r in rows
    )
    return Picture("price-form-costs", form_finding(costs, currency, period), f"VAT and overheads {period}. {words}. {costs.caution}",
                   _form_spec(currency), {"rows": data})  # fmt: skip


def form_finding(costs: FormCosts, currency: str, period: str = "a year") -> str:
    """The dearest form against the cheapest, in a sentence."""
    ordered = costs.table.sort_values("total", kind="stable")
    least, most = ordered.iloc[0], ordered.iloc[-1]
    apart = float(most["total"] - least["total"])
    if apart == 0:
        return f"Every form and holder costs the same, {money(float(least['total']), currency)} {period}"
    if costs.table["form"].nunique() == 1:
        return (f"Who holds the contract is worth {money(apart, currency)} {period}, {percent(apart / costs.price)} of the price: "
                f"most with {_a(most['holder'])}, least with {_a(least['holder'])}")  # fmt: skip
    return (f"Form and holder are worth {money(apart, currency)} {period}, {percent(apart / costs.price)} of the price: most for "
            f"{most['form']} with {_a(most['holder'])}, least for {least['form']} with {_a(least['holder'])}")  # fmt: skip


def _a(holder: str) -> str:
    return f"an {holder}" if holder == INSIDE else f"a {holder}"


@drawn_once
def _form_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("form:N", sort=None, axis=alt.Axis(title=None, labelLimit=190))
    x = alt.X("amount:Q", axis=large_axis(f"{currency} in all", currency))
    scale = alt.Scale(domain=[VAT, OVERHEAD], range=[LOSS_RED, AXIS_GREY])
    colour = alt.Color("line:N", scale=scale, legend=alt.Legend(title=None, columns=1))
    return spec(chart(y=y, x=x, color=colour, order=alt.Order("line:N", sort="descending")).mark_bar())


def funding_gap(gap: FundingGap, currency: str, years: Sequence[str]) -> Picture:
    """Cost if nothing changes against the money there is, year by year; ``years`` names today's and those that follow."""
    table = gap.by_year()
    data = [{"year": year, "line": line, "amount": float(row[column])}
            for year, row in zip(years, table.to_dict("records"), strict=True)
            for line, column in ((COST, "cost"), (FUNDING, "funding"))]  # fmt: skip
    words = "; ".join(f"{d['year']} {d['line']} {money(d['amount'], currency)}" for d in data)
    return Picture("price-funding-gap", funding_finding(gap, currency), f"Cost and money by year. {words}.",
                   _funding_spec(currency), {"rows": data})  # fmt: skip


def funding_finding(gap: FundingGap, currency: str) -> str:
    """The gap, a head and as a share, and what would close it, in a sentence."""
    return (f"A gap of {money(gap.gap, currency)} is {money(gap.gap_a_head, currency)} a head, {percent(gap.share)} of today’s "
            f"spend: closing it takes {percent(gap.yearly_efficiency)} off cost in each of {gap.years} years")  # fmt: skip


@drawn_once
def _funding_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    y = alt.Y("amount:Q", axis=large_axis(f"{currency} a year", currency), scale=alt.Scale(zero=False))
    scale = alt.Scale(domain=[COST, FUNDING], range=[LOSS_RED, COMMISSIONER_GREEN])
    colour = alt.Color("line:N", scale=scale, legend=alt.Legend(title=None))
    return spec(chart(x=x, y=y, color=colour).mark_line(strokeWidth=2.5, point=True))
