"""The picture of the contract's whole term: what is left of the holder's reserve, year by year."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec
from capitation.charts.picture import Picture
from capitation.contract_term import ContractTerm
from capitation.terms import money, percent
from capitation.theme import HOLDER_BLUE, INK, LOSS_RED

BAND = (0.05, 0.25, 0.5, 0.75, 0.95)
RARE = 0.0005  # a chance below 1 in 2,000 is not told apart from none


def reserve(term: ContractTerm, currency: str, years: Sequence[str]) -> Picture:
    """Nine paths of ten, half of them, and the middle one, of the holder's reserve; ``years`` names the contract years."""
    points = np.quantile(term.reserve, BAND, axis=1)
    start = np.full(len(BAND), term.first_reserve)
    rows = [_row(name, values) for name, values in zip(("start", *years), [start, *points.T], strict=True)]
    words = "; ".join(
        f"end of {row['year']} {money(row['p5'], currency)} to {money(row['p95'], currency)}" for row in rows[1:]
    )
    alt_text = (
        f"What is left of the holder’s reserve of {money(term.first_reserve, currency)}, nine paths of ten: {words}."
    )
    return Picture("risk-reserve", reserve_finding(term), alt_text, _reserve_spec(currency), {"rows": rows})


def _row(year: str, values: Any) -> dict[str, Any]:
    return {"year": year, **{f"p{round(100 * level)}": float(v) for level, v in zip(BAND, values, strict=True)}}


def reserve_finding(term: ContractTerm) -> str:
    """The chance that the reserve does not last, in a sentence."""
    chance, first = float(term.ruin.probability[-1]), float(term.ruin.probability[0])
    if chance < RARE:
        return f"The holder’s reserve lasts the {_length(term)} in every path drawn"
    said = f"The holder’s reserve is used up within {_length(term)} with a chance of {percent(chance)}"
    return said if term.years == 1 else f"{said}, in the first with {percent(first)}"


def _length(term: ContractTerm) -> str:
    return "year" if term.years == 1 else f"{term.years} years"


@drawn_once
def _reserve_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title="end of contract year", labelAngle=0))
    title = f"holder’s reserve, {currency}"
    low = alt.Y("p5:Q", axis=money_axis(title, currency))
    wide = chart(x=x, y=low, y2="p95:Q").mark_area(color=HOLDER_BLUE, opacity=0.15)
    half = chart(x=x, y=alt.Y("p25:Q"), y2="p75:Q").mark_area(color=HOLDER_BLUE, opacity=0.25)
    middle = chart(x=x, y=alt.Y("p50:Q")).mark_line(color=INK, strokeWidth=2.5, point={"filled": True, "color": INK})
    gone = alt.Chart(alt.NamedData("rows")).mark_rule(color=LOSS_RED, strokeWidth=1.5).encode(y=alt.datum(0))
    return spec(wide + half + middle + gone)
