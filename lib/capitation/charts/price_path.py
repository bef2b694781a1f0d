"""Pictures of the price over the years: with and without re-basing, and what the holder keeps of what it saves."""

from collections.abc import Sequence
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.price.path import KeptSavings, PricePath
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, COMMISSIONER_GREEN, HOLDER_BLUE, INK

PRICE, WITHOUT, COST = "price", "price without re-basing", "the holder’s own cost"
KEPT, LOST = "stays with the holder", "lost as the price follows"
SAME = 0.0005  # of the price: less is no difference that a line could show


def price_path(path: PricePath, bare: PricePath, currency: str, years: Sequence[str]) -> Picture:
    """The price of each year, beside the same plan without re-basing (``bare``); ``years`` names them."""
    data = _line(PRICE, path.prices, years)
    if path.plan.ratchet:
        data += _line(WITHOUT, bare.prices, years) + _line(COST, path.plan.ratchet.cost, years)
    words = "; ".join(f"{d['year']} {d['line']} {money(d['value'], currency)}" for d in data)
    return Picture("price-path", path_finding(path, bare, currency, years), f"Price of a person-year by year. {words}.",
                   _path_spec(currency), {"rows": data})  # fmt: skip


def _line(line: str, values: Any, years: Sequence[str]) -> list[dict[str, Any]]:
    return [{"year": year, "line": line, "value": float(value)} for year, value in zip(years, values, strict=True)]


def path_finding(path: PricePath, bare: PricePath, currency: str, years: Sequence[str]) -> str:
    """Where the price goes, and what re-basing and the pace of change do to it, in a sentence."""
    first, last = float(path.prices[0]), float(path.prices[-1])
    if len(years) == 1:
        return f"A person-year is priced at {money(first, currency)} in {years[0]}, the only year of the contract"
    goes = f"The price of a person-year goes from {money(first, currency)} in {years[0]} to {money(last, currency)} in {years[-1]}"
    return goes + _rebasing(path, bare, currency) + _pace(path, years)


def _rebasing(path: PricePath, bare: PricePath, currency: str) -> str:
    if path.plan.ratchet is None:
        return f", {percent(path.growth, signed=True)} a year; it is not re-based"
    apart = float(path.prices[-1] - bare.prices[-1])
    if abs(apart) < SAME * float(bare.prices[-1]):
        return "; re-basing makes no difference to it"
    return f"; re-basing on the holder’s cost {'takes' if apart < 0 else 'adds'} {money(abs(apart), currency)} of that"


def _pace(path: PricePath, years: Sequence[str]) -> str:
    held = path.held_back
    return f" (held by the pace of change in {len(held)} of {len(years)} years)" if held else ""


@drawn_once
def _path_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    y = alt.Y("value:Q", axis=money_axis(f"{currency} per person-year", currency), scale=alt.Scale(zero=False))
    legend = alt.Legend(title=None)
    colour = alt.Color("line:N", sort=None, scale=alt.Scale(range=[HOLDER_BLUE, INK, AXIS_GREY]), legend=legend)
    dash = alt.StrokeDash("line:N", sort=None, scale=alt.Scale(range=[[1, 0], [5, 4], [2, 2]]), legend=legend)
    point = {"filled": True, "size": 50, "strokeDash": [1, 0]}
    return spec(chart(x=x, y=y, color=colour, strokeDash=dash).mark_line(strokeWidth=2.5, point=point))


def kept_savings(kept: KeptSavings, years: Sequence[str]) -> Picture:
    """The share of each pound saved that stays with the holder over the contract, by the year it is first saved in."""
    shares = kept.table["kept"].tolist()
    data = [{"year": year, "part": part, "share": share} for year, stays in zip(years, shares, strict=True)
            for part, share in ((KEPT, float(stays)), (LOST, 1 - float(stays)))]  # fmt: skip
    words = "; ".join(f"{year} {percent(stays, 0)}" for year, stays in zip(years, shares, strict=True))
    sort = "made in every year from then on" if kept.lasting else "made in that year alone"
    return Picture("price-kept", kept_finding(kept, years), f"Share kept of a saving {sort}, by its first year. {words}.",
                   _kept_spec(), {"rows": data})  # fmt: skip


def kept_finding(kept: KeptSavings, years: Sequence[str]) -> str:
    """What re-basing leaves of a saving, in a sentence."""
    shares = kept.table["kept"].tolist()
    if all(abs(share - 1) < SAME for share in shares):
        return "The holder keeps all of what it saves: no later price looks at its cost"
    sort = "that lasts, " if kept.lasting else "made once, "
    return (f"Of a saving {sort}the holder keeps {percent(shares[0], 0)} over the contract if it begins in {years[0]} and "
            f"{percent(shares[-1], 0)} if in {years[-1]}")  # fmt: skip


@drawn_once
def _kept_spec() -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title="year in which the saving is first made", labelAngle=0))
    y = alt.Y("share:Q", axis=percent_axis("share of what is saved to the end", tickCount=5))
    scale = alt.Scale(domain=[KEPT, LOST], range=[HOLDER_BLUE, COMMISSIONER_GREEN])
    colour = alt.Color("part:N", scale=scale, legend=alt.Legend(title=None))
    return spec(chart(x=x, y=y, color=colour, order=alt.Order("part:N", sort="descending")).mark_bar())
