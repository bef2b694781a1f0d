"""Pictures of who is in."""

from typing import Any

import numpy as np
import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, spec
from capitation.charts.picture import Picture
from capitation.charts.pyramid import IN, OUT, back_to_back, in_words, pyramid_spec
from capitation.cohort.profile import AGE, AGE_BAND, OLDEST_BAND
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN, ROUNDED_TO, TOTAL, rounded_count, safe_cells, suppress_count
from capitation.dataset.sums import MEMBER
from capitation.theme import AXIS_GREY, HOLDER_BLUE


def funnel(result: ContractResult) -> Picture:
    """How many people each rule removes and leaves in the contract year."""
    rows = result.cohort.funnel[result.cohort.funnel["year"] == result.year]
    whole = rounded_count(rows["left"].iloc[0]) or 0
    data = [{"rule": r["rule"], "left": rounded_count(r["left"]) or 0, "shown": _counts(r, first=i == 0),
             "last": i == len(rows) - 1, "room": ROOM * whole} for i, r in enumerate(rows.to_dict("records"))]  # fmt: skip
    words = "; ".join(f"{d['rule']}: {d['shown']}" for d in data)
    return Picture("cohort-funnel", _funnel_finding(rows), f"People removed and left by each rule. {words}.", _funnel_spec(),
                   {"rows": data})  # fmt: skip


ROOM = 1.4  # times the longest bar: so that what is written at its end has a place


def _counts(row: dict[Any, Any], first: bool) -> str:
    left = suppress_count(row["left"])
    return left if first else f"{left} left, {suppress_count(row['removed'])} removed"


def _funnel_finding(rows: pd.DataFrame) -> str:
    steps = rows.to_dict("records")
    removing = [r for r in steps if r["removed"] > 0]
    if not removing:
        return f"All {suppress_count(steps[-1]['left'])} people in the data that year are in"
    worst = max(removing, key=lambda r: r["removed"])
    return (f"{suppress_count(steps[-1]['left'])} of {suppress_count(steps[0]['left'])} people are in; ‘{worst['rule']}’ leaves out the "
            f"most, {suppress_count(worst['removed'])}")  # fmt: skip


@drawn_once
def _funnel_spec() -> dict[str, Any]:
    y = alt.Y("rule:N", sort=None, axis=alt.Axis(title=None, labelLimit=260))
    x = alt.X("left:Q", axis=alt.Axis(title="people left in the contract year", tickCount=5))
    colour = alt.condition("datum.last", alt.value(HOLDER_BLUE), alt.value(AXIS_GREY))
    bars = chart(y=y, x=x, color=colour).mark_bar()
    text = chart(y=y, x=x, text="shown:N").mark_text(align="left", dx=4)
    return spec(bars + text + chart(y=y, x=alt.X("room:Q")).mark_point(opacity=0))


def ages(result: ContractResult) -> Picture:
    """Person-years in the contract year by age, of people in against people out."""
    profile = result.profile
    groups = _shown_bands(profile.cells)
    inside, outside = profile.mean_ages
    out = "nobody is out" if profile.cells[MEMBER].all() else f"people out {_about(outside)}"
    finding = f"People in are {_about(inside)} years old on average, {out}"
    return Picture("cohort-ages", finding, f"Person-years by age on the index date. {in_words(groups)}.",
                   pyramid_spec("age on the index date, years", "person-years", "300"), {"rows": back_to_back(groups)})  # fmt: skip


def _about(age: float | None) -> str:
    return HIDDEN if age is None else f"{age:.0f}"


def _shown_bands(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Person-years by band, the oldest first, to the nearest 5; None where few people are in or out of a band."""
    by = cells.assign(age=cells[AGE].astype(int), who=np.where(cells[MEMBER], IN, OUT)).groupby(["age", "who"])
    people, years = (
        by[what].sum().unstack(fill_value=0).reindex(columns=[IN, OUT], fill_value=0) for what in ("people", "exposure")
    )
    shown = safe_cells(people).drop(index=TOTAL)[[IN, OUT]].notna()
    rounded = ((years / ROUNDED_TO).round() * ROUNDED_TO).where(shown)
    rows = [{"group": _named(int(str(age)))} | {str(who): None if pd.isna(n) else int(n) for who, n in row.items()}
            for age, row in rounded.iterrows()]  # fmt: skip
    return rows[::-1]


def _named(age: int) -> str:
    return f"{age} and over" if age >= OLDEST_BAND else f"{age} to {age + AGE_BAND - 1}"
