"""Pictures of what is covered."""

from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.dataset.disclosure import taken_together
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE

FEW_USERS = "services few people use"


def covered(result: ContractResult) -> Picture:
    """The members' cost in the contract year by service line, in scope and out."""
    labels, currency = result.dataset.services["label"], result.dataset.meta.currency
    rows = result.scope.by_service
    rows = rows[rows["year"] == result.year].sort_values("cost", ascending=False)
    rows = _few_taken_together(rows)
    data = [{"service": labels.get(r["service"], r["service"]), "cost": float(r["cost"]), "where": "in" if r["covered"] else "out",
             "why": result.scope.left_out.get(r["service"], "covered")} for r in rows.to_dict("records")]  # fmt: skip
    share, count = result.scope.covered_share(result.year), len(result.scope.services)
    finding = f"{count} of {len(data)} service lines, {percent(share, 0)} of what members cost, are covered"
    words = "; ".join(f"{d['service']} {money(d['cost'], currency)} ({d['why']})" for d in data)
    return Picture("scope-covered", finding, f"Members' cost by service line. {words}.", _covered_spec(currency),
                   {"rows": data})  # fmt: skip


def _few_taken_together(rows: pd.DataFrame) -> pd.DataFrame:
    """Services that few people use stand together as one bar, so that no amount points at a person."""
    few = rows["service"].isin(taken_together(dict(zip(rows["service"], rows["users"], strict=True))))
    if not few.any():
        return rows
    joined = {
        "service": FEW_USERS,
        "cost": rows.loc[few, "cost"].sum(),
        "covered": bool(rows.loc[few, "covered"].any()),
    }
    return pd.concat([rows[~few], pd.DataFrame([joined])], ignore_index=True)


@drawn_once
def _covered_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("service:N", sort="-x", axis=alt.Axis(title=None, labelLimit=220))
    x = alt.X("cost:Q", axis=money_axis(f"cost in the contract year, {currency}", currency))
    colour = alt.Color("where:N", scale=alt.Scale(domain=["in", "out"], range=[HOLDER_BLUE, AXIS_GREY]),
                       legend=alt.Legend(title="the contract"))  # fmt: skip
    return spec(chart(y=y, x=x, color=colour).mark_bar())
