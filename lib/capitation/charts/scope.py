"""Pictures of what is covered."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE

FEW_USERS = {True: "services few people use", False: "services few people use, left out"}


def covered(result: ContractResult) -> Picture:
    """The members' cost in the contract year by service line, in scope and out."""
    currency, services = result.dataset.meta.currency, result.dataset.services
    data = [_bar(result, row) for row in _rows(result).to_dict("records")]
    count = len(result.scope.services)
    share = share_covered(result, "what members cost")
    finding = f"{count} of {len(services)} service lines, {share}, are covered"
    words = "; ".join(f"{d['service']} {d['shown']} ({d['why']})" for d in data)
    return Picture("scope-covered", finding, f"Members' cost by service line. {words}.", _covered_spec(currency),
                   {"rows": data})  # fmt: skip


def share_covered(result: ContractResult, of: str) -> str:
    """The covered share in words; without a figure where what is left out is of few people."""
    share = result.scope.shown_share(result.year)
    return "all but what few people use" if share is None else f"{percent(share, 0)} of {of}"


def _bar(result: ContractResult, row: Mapping[Any, Any]) -> dict[str, Any]:
    labels, code = result.dataset.services["label"], row["service"]
    known = not pd.isna(row["cost"])
    return {"service": labels.get(code, code), "cost": float(row["cost"]) if known else None,
            "shown": money(row["cost"], result.dataset.meta.currency) if known else HIDDEN,
            "where": "in" if row["covered"] else "out",
            "why": result.scope.left_out.get(code, "covered" if row["covered"] else "left out")}  # fmt: skip


def _rows(result: ContractResult) -> pd.DataFrame:
    """Services by cost; those that few people use stand together as one bar of what is in and one of what is out."""
    cost = result.scope.by_service.set_index(["year", "service"])["cost"][result.year]
    safe = result.scope.shown_services(result.year)
    few = safe["users"].isna()
    joined = [
        {"service": FEW_USERS[inside], "covered": inside, "cost": cost[hidden["service"]].sum() if known else float("nan")}
        for inside, known in ((True, True), (False, result.year in result.scope.shown_years))
        for hidden in [safe[few & (safe["covered"] == inside)]] if len(hidden)
    ]  # fmt: skip
    shown = safe[~few].fillna({"cost": 0.0}).sort_values("cost", ascending=False)
    return pd.concat([shown[["service", "covered", "cost"]], pd.DataFrame(joined)], ignore_index=True)


@drawn_once
def _covered_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("service:N", sort="-x", axis=alt.Axis(title=None, labelLimit=220))
    x = alt.X("cost:Q", axis=money_axis(f"cost in the contract year, {currency}", currency))
    colour = alt.Color("where:N", scale=alt.Scale(domain=["in", "out"], range=[HOLDER_BLUE, AXIS_GREY]),
                       legend=alt.Legend(title="the contract"))  # fmt: skip
    return spec(chart(y=y, x=x, color=colour).mark_bar())
