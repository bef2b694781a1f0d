"""Pictures of who is in against who is out, and of how unequal their cost is."""

from typing import Any

import numpy as np
import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec
from capitation.charts.locality_map import locality_map as map_of
from capitation.charts.picture import Picture
from capitation.charts.pyramid import IN, OUT, back_to_back, in_words, pyramid_spec
from capitation.cohort.homogeneity import lorenz
from capitation.cohort.profile import DEPRIVATION, LOCALITY, Profile
from capitation.contract import ContractResult
from capitation.dataset.disclosure import (
    HIDDEN,
    SMALLEST_SHOWN,
    TOTAL,
    dominated,
    largest_possible,
    safe_cells,
    safe_table,
)
from capitation.loss.atoms import Atoms
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, RULE_GREY

TOPS = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90, 1.0)
ALL_CARE = "Cost is of all services, in scope or not, before what clients pay."
ROOM = 1.25  # times the longest bar: so that what is written at its end has a place
FIFTHS = {1: "1, most deprived", 2: "2", 3: "3", 4: "4", 5: "5, least deprived"}


def deprivation(result: ContractResult) -> Picture | None:
    """People in against people out by fifth of deprivation; None where deprivation is not recorded."""
    by = result.profile.coverage(DEPRIVATION).by
    if by.empty:
        return None
    groups = _in_and_out(by)
    return Picture("cohort-deprivation", deprivation_finding(result),
                   f"People by fifth of deprivation. {in_words(groups)}.",
                   pyramid_spec("fifth · share who are in", "people", "190"), {"rows": back_to_back(groups)})  # fmt: skip


def _in_and_out(by: pd.DataFrame) -> list[dict[str, Any]]:
    safe = safe_cells(by[["members", "others"]]).drop(index=TOTAL)
    names = [f"{FIFTHS.get(int(g), str(g))} · {_share(s)}" for g, s in zip(by["group"], shown_shares(by), strict=True)]
    return [{"group": name} | {who: None if pd.isna(n) else int(n) for who, n in ((IN, row["members"]), (OUT, row["others"]))}
            for name, row in zip(names, safe.to_dict("records"), strict=True)]  # fmt: skip


def deprivation_finding(result: ContractResult) -> str:
    """Whether the most deprived are as likely to be in as the least, in a sentence."""
    equity, tolerance = result.profile.coverage(DEPRIVATION), result.design.cohort.tolerance
    if not equity.by["others"].sum():
        return "Everybody is in, whatever their deprivation"
    if equity.ratio is None or np.isnan(shown_shares(equity.by)[[0, -1]]).any():
        return "Too few of the most or the least deprived are in, or out, to compare them"
    ratio, limits = equity.ratio, f"{equity.ratio.low:.2f} to {equity.ratio.high:.2f}"
    if 1 - tolerance <= ratio.low and ratio.high <= 1 + tolerance:
        return f"The most deprived fifth is as likely to be in as the least, to within {percent(tolerance)} ({limits} times)"
    if ratio.low <= 1 <= ratio.high:
        return (f"It can’t be told whether the most deprived fifth is less or more likely to be in than the least: {ratio.value:.2f} "
                f"times, by chance anything from {limits}")  # fmt: skip
    word = "more" if ratio.value > 1 else "less"
    return f"The most deprived fifth is {word} likely to be in than the least: {ratio.value:.2f} times ({limits})"


def shown_shares(by: pd.DataFrame) -> np.ndarray:
    """The share of members by group as it may be shown: NaN where few people are in or out of a group."""
    safe = safe_cells(by[["members", "others"]])
    whole = safe.drop(index=TOTAL)
    hidden = whole[["members", "others"]].isna().any(axis=1).to_numpy()
    return np.where(hidden, np.nan, by["share"].to_numpy(float))


def _share(share: float) -> str:
    return HIDDEN if pd.isna(share) else percent(share)


def concentration(result: ContractResult) -> Picture | None:
    """How much of the members' cost the dearest of them have."""
    profile = result.profile
    if profile.atoms is None or not profile.atoms.mean > 0:
        return None
    data = [{"people": share, "cost": cost} for share, cost in _tops(profile.atoms, profile.people)]
    few = [d for d in data if d["people"] < 1]
    finding = (f"The dearest {percent(few[0]['people'], 0)} of members have {percent(few[0]['cost'], 0)} of the cost" if few
               else "Too few members to say how much the dearest of them cost")  # fmt: skip
    words = "; ".join(f"{percent(d['people'], 0)} of people {percent(d['cost'], 0)} of cost" for d in few)
    return Picture("cohort-concentration", finding, f"Cost held by the dearest members. {words}. {ALL_CARE}", _concentration_spec(),
                   {"rows": [{"people": 0.0, "cost": 0.0}, *data]})  # fmt: skip


def _tops(atoms: Atoms, people: int) -> list[tuple[float, float]]:
    """Shares of people, dearest first, and of cost: none that stands for fewer than 8 people, or mostly for one."""
    shares, cost = lorenz(atoms)
    found, before = [], 0.0
    for share in TOPS:
        held = float(1 - np.interp(1 - share, shares, cost))
        dearest = float(atoms.size[-1]) / (people * atoms.mean) if not found else 0.0
        if (share - before) * people >= SMALLEST_SHOWN and not dominated(dearest, dearest, held):
            found.append((share, held))
            before = share
    return found


@drawn_once
def _concentration_spec() -> dict[str, Any]:
    x = alt.X("people:Q", axis=percent_axis("share of members, the dearest first", tickCount=6),
              scale=alt.Scale(domain=[0, 1]))  # fmt: skip
    y = alt.Y("cost:Q", axis=percent_axis("share of their cost", tickCount=6), scale=alt.Scale(domain=[0, 1]))
    curve = chart(x=x, y=y).mark_line(color=HOLDER_BLUE, point=True)
    equal = chart(x=x, y=alt.Y("people:Q")).mark_line(color=AXIS_GREY, strokeDash=[4, 4])
    return spec(equal + curve)


def segments(result: ContractResult) -> Picture | None:
    """Cost of a person-year by segment, and how many people each holds."""
    found = result.profile.homogeneity
    if found is None:
        return None
    currency, safe = result.dataset.meta.currency, safe_segments(result.profile)
    room = ROOM * float(safe["pppy"].max(skipna=True) or 0)
    data = [{"segment": _with_people(r), "pppy": 0.0 if pd.isna(r["pppy"]) else float(r["pppy"]),
             "shown": HIDDEN if pd.isna(r["pppy"]) else money(r["pppy"], currency), "room": room}
            for r in safe.to_dict("records")]  # fmt: skip
    words = "; ".join(f"{d['segment']}: {d['shown']}" for d in data)
    finding = (f"Segments explain {percent(found.r_squared, 0)} of how much members’ costs differ; the rest is within them"
               if np.isfinite(found.r_squared) else "Members’ costs do not differ")  # fmt: skip
    return Picture("cohort-segments", finding, f"Cost of a person-year by segment. {words}. {ALL_CARE}", _segments_spec(currency),
                   {"rows": data})  # fmt: skip


def safe_segments(profile: Profile) -> pd.DataFrame:
    """Members by segment as they may be shown: people to the nearest 5, and neither cost nor spread of few."""
    found = profile.homogeneity
    if found is None:
        return pd.DataFrame(columns=["segment", "people", "pppy", "cv"])
    squares = profile.members.groupby("segment")["cost*cost"].sum().reindex(found.by_segment["segment"]).to_numpy(float)
    table = found.by_segment.assign(largest=largest_possible(squares), second=0.0)
    return safe_table(table, "people", ["pppy", "cost", "cv"], amount="cost", largest="largest", second="second")


def _with_people(row: Any) -> str:
    return f"{row['segment']} · {HIDDEN if pd.isna(row['people']) else format(int(row['people']), ',')} people"


@drawn_once
def _segments_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("segment:N", sort=None, axis=alt.Axis(title=None, labelLimit=300))
    x = alt.X("pppy:Q", axis=money_axis(f"{currency} per person-year", currency, tickCount=5))
    text = chart(y=y, x=x, text="shown:N").mark_text(align="left", dx=4)
    return spec(
        chart(y=y, x=x).mark_bar(color=HOLDER_BLUE) + text + chart(y=y, x=alt.X("room:Q")).mark_point(opacity=0),
        height=230,
    )


def size_curve(result: ContractResult) -> Picture | None:
    """What tolerance so many people give, with the cohort on it."""
    size = result.profile.size
    if size is None:
        return None
    people, exact, normal = size.curve
    rows = [
        {"people": float(n), "exact": float(e), "normal": float(m)}
        for n, e, m in zip(people, exact, normal, strict=True)
    ]
    here = {"people": float(_to_five(size.people)), "reached": size.reached, "tolerance": size.tolerance}
    verdict = "enough" if size.enough else "too few"
    finding = (f"About {_to_five(size.people):,} members are {verdict}: chance alone exceeds the mean by {percent(size.reached)} "
               f"one year in {1 / size.chance:.0f}; {percent(size.tolerance)} needs {size.exact:,}")  # fmt: skip
    words = f"The normal formula would ask for {size.normal:,} people, the exact law for {size.exact:,}. {ALL_CARE}"
    return Picture("cohort-size", finding, f"Tolerance by number of people, one year in {1 / size.chance:.0f}. {words}",
                   _size_spec(), {"rows": rows, "here": [here]})  # fmt: skip


def _to_five(people: int) -> int:
    return max(5, 5 * round(people / 5))


@drawn_once
def _size_spec() -> dict[str, Any]:
    x = alt.X(
        "people:Q", scale=alt.Scale(type="log"), axis=alt.Axis(title="people (logarithmic)", format="~s", tickCount=5)
    )
    y = alt.Y(
        "share:Q",
        scale=alt.Scale(type="log"),
        axis=percent_axis("cost above its mean by chance", values=[0.01, 0.03, 0.1, 0.3, 1]),
    )
    kinds = {"exact": HOLDER_BLUE, "normal": AXIS_GREY}
    colour = alt.Color(
        "law:N", scale=alt.Scale(domain=list(kinds), range=list(kinds.values())), legend=alt.Legend(title=None)
    )
    lines = chart(x=x, y=y, color=colour).transform_fold(list(kinds), as_=["law", "share"]).mark_line()
    wanted = chart("here", y=alt.Y("tolerance:Q", scale=alt.Scale(type="log"))).mark_rule(
        color=RULE_GREY, strokeWidth=2
    )
    point = chart("here", x=x, y=alt.Y("reached:Q", scale=alt.Scale(type="log"))).mark_point(
        filled=True, size=140, color=HOLDER_BLUE
    )
    return spec(wanted + lines + point)


def locality_map(result: ContractResult) -> Picture | None:
    """Share of people in the cohort by locality, on a map; None where no boundary is known."""
    by = result.profile.coverage(LOCALITY).by
    shares = {str(g): None if pd.isna(s) else float(s) for g, s in zip(by["group"], shown_shares(by), strict=True)}
    return map_of("cohort-map", shares, _map_finding(shares), "share of people who are in")


def _map_finding(shares: dict[str, float | None]) -> str:
    told = {place: share for place, share in shares.items() if share is not None}
    if len(told) < 2:
        return "Too few people are in or out to compare localities"
    most, least = max(told, key=lambda p: told[p]), min(told, key=lambda p: told[p])
    inside = [place for place, share in told.items() if share > 0]
    if percent(told[most]) == percent(told[least]):
        return f"In every locality shown {percent(told[most])} of people are in"
    if len(inside) < len(told):
        return f"Only people of {' and '.join(inside)} are in: {', '.join(percent(told[p]) for p in inside)} of them"
    return (f"The largest share of people are in where they live in {most} ({percent(told[most])}), the smallest in {least} "
            f"({percent(told[least])})")  # fmt: skip
