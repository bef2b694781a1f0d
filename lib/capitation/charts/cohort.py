"""Pictures of who is in."""

from typing import Any

import numpy as np
import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, spec
from capitation.charts.picture import Picture
from capitation.cohort.profile import AGE, AGE_BAND
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN, ROUNDED_TO, TOTAL, rounded_count, safe_cells, suppress_count
from capitation.theme import AXIS_GREY, HOLDER_BLUE, RULE_GREY

EVERYONE, MEMBERS = "everyone in the data", "members"


def funnel(result: ContractResult) -> Picture:
    """How many people each rule leaves in the contract year."""
    rows = result.cohort.funnel[result.cohort.funnel["year"] == result.year]
    data = [{"rule": r["rule"], "left": rounded_count(r["left"]) or 0, "shown": suppress_count(r["left"]),
             "last": i == len(rows) - 1} for i, r in enumerate(rows.to_dict("records"))]  # fmt: skip
    words = "; ".join(f"{d['rule']}: {d['shown']}" for d in data)
    return Picture("cohort-funnel", _funnel_finding(rows, data), f"People left after each rule. {words}.", _funnel_spec(),
                   {"rows": data})  # fmt: skip


def _funnel_finding(rows: pd.DataFrame, data: list[dict[str, Any]]) -> str:
    removing = rows[rows["removed"] > 0]
    if removing.empty:
        return f"All {data[-1]['shown']} people in the data that year are in"
    worst = removing.sort_values("removed").to_dict("records")[-1]
    return f"{data[-1]['shown']} of {data[0]['shown']} people are in; ‘{worst['rule']}’ leaves out the most"


@drawn_once
def _funnel_spec() -> dict[str, Any]:
    y = alt.Y("rule:N", sort=None, axis=alt.Axis(title=None, labelLimit=260))
    x = alt.X("left:Q", axis=alt.Axis(title="people in the contract year", tickCount=5))
    colour = alt.condition("datum.last", alt.value(HOLDER_BLUE), alt.value(AXIS_GREY))
    bars = chart(y=y, x=x, color=colour).mark_bar()
    text = chart(y=y, x=x, text="shown:N").mark_text(align="left", dx=4)
    return spec(bars + text)


def ages(result: ContractResult) -> Picture:
    """Person-years in the contract year by age, in the cohort against everyone in the data."""
    profile = result.profile
    inside, whole = _by_age(profile.members), _by_age(profile.cells)
    data = _shown_bands(inside, whole)
    finding = f"Members are about {_mean_age(inside):.0f} years old on average, everyone about {_mean_age(whole):.0f}"
    alt_text = "Person-years by five-year age band, members in front of everyone in the data. " + "; ".join(
        f"{d['age']} to {d['to'] - 1}: {_or_hidden(d[MEMBERS])} of {_or_hidden(d[EVERYONE])}" for d in data)  # fmt: skip
    return Picture("cohort-ages", finding, alt_text, _ages_spec(), {"rows": data})


def _by_age(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.assign(age=cells[AGE].astype(int)).groupby("age")[["people", "exposure"]].sum()


def _mean_age(by_age: pd.DataFrame) -> float:
    """Mean age by person-years, everybody taken at the middle of their band."""
    weights = by_age["exposure"].to_numpy(float)
    return (
        float(np.average(by_age.index.to_numpy(float) + AGE_BAND / 2, weights=weights))
        if weights.sum()
        else float("nan")
    )


def _shown_bands(inside: pd.DataFrame, whole: pd.DataFrame) -> list[dict[str, Any]]:
    """Person-years to the nearest 5 of members and of everyone; none where few people are in either, or between."""
    inside = inside.reindex(whole.index, fill_value=0)
    people = pd.DataFrame({MEMBERS: inside["people"], "others": whole["people"] - inside["people"]})
    safe = safe_cells(people).rename(columns={TOTAL: EVERYONE}).drop(index=TOTAL)
    years = pd.DataFrame({MEMBERS: inside["exposure"], EVERYONE: whole["exposure"]})
    shown = ((years / ROUNDED_TO).round() * ROUNDED_TO).where(safe[list(years)].notna())
    return [{"age": int(a), "to": int(a) + AGE_BAND} | {str(who): None if pd.isna(n) else int(n) for who, n in row.items()}
            for a, row in zip(shown.index.to_numpy(), shown.to_dict("records"), strict=True)]  # fmt: skip


def _or_hidden(person_years: int | None) -> str:
    return HIDDEN if person_years is None else f"{person_years:,}"


@drawn_once
def _ages_spec() -> dict[str, Any]:
    x = alt.X("age:Q", bin="binned", axis=alt.Axis(title="age on the index date, years"))
    y = alt.Y("people:Q", stack=None, axis=alt.Axis(title="person-years", tickCount=5))
    colour = alt.Color("who:N", scale=alt.Scale(domain=[EVERYONE, MEMBERS], range=[RULE_GREY, HOLDER_BLUE]),
                       legend=alt.Legend(title=None))  # fmt: skip
    bars = chart(x=x, x2="to:Q", y=y, color=colour).transform_fold([EVERYONE, MEMBERS], as_=["who", "people"])
    return spec(bars.mark_bar())
