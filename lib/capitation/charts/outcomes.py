"""Pictures of what is paid for outcomes."""

from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN
from capitation.tables import shown_score
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE

BEFORE, SETTLED = "year before", "settled year"


def points(result: ContractResult) -> Picture:
    """Points won on each measure, in the settled year and in the year before."""
    currency, design = result.dataset.meta.currency, result.design
    years = (BEFORE, result.score_before, result.price.base_years[-1]), (SETTLED, result.score, result.year)
    data: list[dict[str, Any]] = [{"measure": _words(str(r["measure"])), "when": when} | _shown(r["value"], r["points"])
            for when, score, year in years for r in shown_score(result, score, year)]  # fmt: skip
    kept = design.outcomes.withhold * result.price.payment
    finding = (f"{percent(result.score.share, 0)} of the points earn {money(kept * result.earned_by(result.score), currency)} "
               f"of {money(kept, currency)} kept back")  # fmt: skip
    if not data:
        finding = "No measure is named, so nothing depends on outcomes"
    words = "; ".join(f"{d['measure']}, {d['when']}: {d['value']}{_in_words(d['points'])}" for d in data)
    return Picture("outcomes-points", finding, words or "No measures.", _points_spec(), {"rows": data})


def _shown(value: float, points: float) -> dict[str, Any]:
    """Value and points of a bar; a measure of few people has a star and no bar."""
    if pd.isna(points):
        return {"points": None, "value": HIDDEN}
    return {"points": float(points), "value": f"{value:.3g}"}


def _in_words(won: float | None) -> str:
    return "" if won is None else f", {percent(won, 0)} of its points"


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()


@drawn_once
def _points_spec() -> dict[str, Any]:
    y = alt.Y("measure:N", sort=None, axis=alt.Axis(title=None, labelLimit=200))
    x = alt.X(
        "points:Q",
        scale=alt.Scale(domain=[0, 1.1]),
        axis=percent_axis("share of the measure’s points won", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    names = [BEFORE, SETTLED]
    colour = alt.Color(
        "when:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=names, range=[AXIS_GREY, HOLDER_BLUE])
    )
    offset = alt.YOffset("when:N", sort=names)
    bars = chart(y=y, x=x, color=colour, yOffset=offset).mark_bar()
    text = chart(y=y, x=x, yOffset=offset, text="value:N").mark_text(align="left", dx=4)
    return spec(bars + text)
