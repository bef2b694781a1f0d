"""The picture of how well risk was told beforehand, by band of risk of which enough people were and were not dear."""

from typing import Any

import numpy as np
import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.cohort.risk_score import TENTHS, Stratification
from capitation.contract import ContractResult
from capitation.dataset.disclosure import may_show_from_squares, may_show_mean
from capitation.terms import percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE

_SUMMED = ("people", "events", "expected", "cost", "squares")


def risk_told(result: ContractResult) -> Picture | None:
    """How well risk was told beforehand, by tenth of everybody in the data, in a year that the score had not seen."""
    found, bands = result.profile.stratification, shown_bands(result)
    if found is None or bands.empty:
        return None
    data = [{"band": row["band"], "what": what, "share": round(float(row[what]), 3)}
            for row in bands.to_dict("records") for what in ("predicted", "observed")]  # fmt: skip
    words = "; ".join(f"{_named(d['band'])} {d['what']} {percent(d['share'])}" for d in data)
    note = (
        " Tenths with few people who were, or were not, among the dearest are taken together."
        if len(bands) < TENTHS
        else ""
    )
    return Picture("cohort-risk", _finding(result, found, bands), f"Chance of being among the dearest 5 in 100. {words}.{note}",
                   _spec(), {"rows": data})  # fmt: skip


def _named(band: str) -> str:
    return f"tenth{'s' if ' to ' in band else ''} {band}"


def _finding(result: ContractResult, found: Stratification, bands: pd.DataFrame) -> str:
    name, first = result.dataset.meta.year_name, bands.iloc[0]
    held = (
        ""
        if pd.isna(first["cost_share"])
        else f"held {percent(first['cost_share'], 0)} of the cost of {name(found.year)} and "
    )
    who = "The tenth" if first["band"] == "1" else f"The tenths {first['band']}"
    return (f"{who} at highest risk {held}had {first['lift']:.1f} times the usual share of the dearest "
            f"(c {found.c:.2f}; learnt from {name(found.learnt_from)})")  # fmt: skip


def shown_bands(result: ContractResult) -> pd.DataFrame:
    """Bands of risk as they may be shown: band ("1", "8 to 10"), people, predicted, observed, lift, cost_share (missing
    where one person has most of the cost). No rows where not even two bands are of enough people."""
    found = result.profile.stratification
    empty = pd.DataFrame(columns=["band", "people", "predicted", "observed", "lift", "cost_share"])
    if found is None:
        return empty
    parts = taken_together_by_risk(found.tenths)
    return _told(parts, found.tenths) if len(parts) > 1 else empty


def taken_together_by_risk(tenths: pd.DataFrame) -> pd.DataFrame:
    """Neighbouring tenths in one band until 8 people of it were among the dearest and 8 were not, from the highest
    risk down; what is left at the end joins the last band. Columns: band and the sums."""
    parts: list[dict[str, Any]] = []
    for row in tenths.to_dict("records"):
        if parts and not _enough(parts[-1]):
            parts[-1] = _joined(parts[-1], row)
        else:
            parts.append({"from": row["tenth"], "to": row["tenth"], **{name: row[name] for name in _SUMMED}})
    if len(parts) > 1 and not _enough(parts[-1]):
        parts[-2:] = [_joined(parts[-2], parts[-1] | {"tenth": parts[-1]["to"]})]
    bands = [f"{p['from']:g}" if p["from"] == p["to"] else f"{p['from']:g} to {p['to']:g}" for p in parts]
    return pd.DataFrame(parts).assign(band=bands) if parts and _enough(parts[-1]) else pd.DataFrame()


def _enough(part: dict[str, Any]) -> bool:
    """A cell on the edge of two tenths is shared out, so that the events of a tenth need not be a whole number."""
    return all(may_show_mean(int(np.floor(n + 1e-9))) for n in (part["events"], part["people"] - part["events"]))


def _joined(one: dict[str, Any], other: dict[Any, Any]) -> dict[str, Any]:
    return one | {"to": other["tenth"]} | {name: one[name] + other[name] for name in _SUMMED}


def _told(parts: pd.DataFrame, tenths: pd.DataFrame) -> pd.DataFrame:
    overall = tenths["events"].sum() / tenths["people"].sum()
    observed, share = parts["events"] / parts["people"], parts["cost"] / (tenths["cost"].sum() or 1.0)
    safe = [may_show_from_squares(int(n), cost, squares) for n, cost, squares in
            zip(parts["people"], parts["cost"], parts["squares"], strict=True)]  # fmt: skip
    return parts[["band", "people"]].assign(predicted=parts["expected"] / parts["people"], observed=observed,
                                            lift=observed / overall, cost_share=share.where(np.array(safe)))  # fmt: skip


@drawn_once
def _spec() -> dict[str, Any]:
    x = alt.X(
        "band:N", sort=None, axis=alt.Axis(title="tenth of everybody in the data, the highest risk first", labelAngle=0)
    )
    y = alt.Y("share:Q", axis=percent_axis("among the dearest 5 in 100", tickCount=5))
    kinds = ["predicted", "observed"]
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=kinds, range=[AXIS_GREY, HOLDER_BLUE]), legend=alt.Legend(title=None)
    )
    return spec(chart(x=x, y=y, color=colour, xOffset=alt.XOffset("what:N", sort=kinds)).mark_bar())
