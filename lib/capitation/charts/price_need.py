"""Pictures of need weights: what they were worth in a year they had not seen, and what the contract's cells weigh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from capitation.charts.cohort_people import FIFTHS
from capitation.charts.drawing import ROWS, alt, chart, drawn_once, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.dataset.disclosure import (
    HIDDEN,
    PARTNER_FROM,
    largest_possible,
    may_show_from_squares,
    may_show_mean,
    safe_table,
)
from capitation.price.need_features import NOT_RECORDED
from capitation.price.need_judged import DEPRIVATION, LOCALITY, PRACTICE, TENTH, TENTHS, Comparison, Judged
from capitation.price.need_models import GLM
from capitation.terms import percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, INK, QUIET

Named = Callable[[int], str]
VALUES = ("actual", "predicted", "ratio", "low", "high")
OURS, PUBLISHED = "here, 95 % limits", "England, 2011"
ROW = 22  # height of a row, pixels
TOLD, NOT_TOLD = "limits hold 1.00", "limits do not hold 1.00"
MOST_SHOWN = 2.5  # ratios beyond it are told in words; wide limits are cut there
LEAST_SHOWN = 0.25
MOST_PRACTICES = 10  # of more, those furthest from 1 are shown
NEAR = (0.9, 1.1)  # practices outside are counted


def safe_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Predictive ratios of one kind of group as they may be shown: values of few people, or mostly one's, missing."""
    dearest = largest_possible(table["squares"].to_numpy(float))
    whole = table.assign(largest=dearest, second=0.0)
    safe = safe_table(whole, "people", VALUES, amount="cost", largest="largest", second="second")
    return safe.drop(columns=["largest", "second", "cost", "squares"])


def safe_ratios_of(found: Judged, what: str) -> pd.DataFrame:
    """Predictive ratios of one kind of group as they may be shown beside those of the other kinds."""
    table = found.of(what)
    if what != PRACTICE or table.empty:
        return safe_ratios(table)
    places = safe_ratios(found.of(LOCALITY))
    return _safe_beside(table, places.loc[places["ratio"].isna(), "group"])


def _safe_beside(table: pd.DataFrame, hidden_places: pd.Series) -> pd.DataFrame:
    """Ratios of practices beside those of localities, which are sums of them where nobody goes elsewhere.

    So practices that hide each other lie in one locality; those of a hidden locality are hidden with it. Where that leaves
    one hidden alone, or only small ones together, none is shown.
    """
    with_place = table["within"].isin(hidden_places)
    place = table["within"].mask(with_place, HIDDEN)
    safe = pd.concat([safe_ratios(part) for _, part in table.groupby(place, sort=False)]).sort_index()
    hidden = pd.Series(safe["ratio"].isna().to_numpy() | with_place.to_numpy(), index=safe.index)
    together = table["people"][hidden].groupby(place[hidden])
    alone = (together.size() < 2) | (together.max() < PARTNER_FROM)
    return _without(safe, hidden | bool(alone.any()))


def ratios_listed(found: Judged, what: str) -> pd.DataFrame:
    """The ratios of one kind of group as they are listed: as they may be shown, and of many practices those furthest from 1."""
    safe = safe_ratios_of(found, what)
    shown = _named(safe)
    if what != PRACTICE or len(shown) <= MOST_PRACTICES:
        return safe
    far = shown["ratio"].clip(lower=np.finfo(float).tiny).map(lambda ratio: abs(np.log(ratio)))
    return shown.loc[far.nlargest(MOST_PRACTICES).index].sort_values("ratio", kind="stable")


def practice_words(found: Judged) -> str:
    """How far practices are from what they were expected to cost, or why that is not told."""
    if found.practices < 2:
        return "one practice alone is recorded" if found.practices else "practices are not recorded"
    shown = _named(safe_ratios_of(found, PRACTICE))
    if shown.empty:
        return "no practice may be shown beside the other figures"
    outside = shown[~shown["ratio"].between(*NEAR)]
    beyond = int(((outside["low"] > 1) | (outside["high"] < 1)).sum())
    start = f"{len(outside)} of {len(shown)} practices lie outside {NEAR[0]:.2f} to {NEAR[1]:.2f}"
    return f"{start}, {beyond} of them by more than chance" if len(outside) else start


def _named(safe: pd.DataFrame) -> pd.DataFrame:
    """The groups that have a name and may be shown."""
    return safe[safe["ratio"].notna() & (safe["group"] != NOT_RECORDED)]


def _without(safe: pd.DataFrame, hidden: pd.Series) -> pd.DataFrame:
    return safe.assign(**{column: safe[column].mask(hidden) for column in ("people", *VALUES)})


def safe_weights(cells: pd.DataFrame) -> pd.DataFrame:
    """Weights by cell as they may be shown: those of few people, now or in the base years, missing."""
    dearest = largest_possible(cells["squares"].to_numpy(float))
    whole = cells.assign(largest=dearest, second=0.0, known=cells["base_people"])
    by_cost = safe_table(whole, "known", ["weight"], amount="cost", largest="largest", second="second")
    now = safe_table(by_cost, "people", ["weight", "exposure"])
    return now.drop(columns=["largest", "second", "known", "cost", "squares", "base_people"])


def tenths(found: Judged, name: Named = str) -> Picture | None:
    """Actual over predicted cost by tenth of predicted cost; None where a tenth has few people or mostly one's cost."""
    table = found.of(TENTH)
    if not all(map(may_show_from_squares, table["people"], table["cost"], table["squares"])):
        return None
    data = [_point(row) for row in table.to_dict("records")]
    words = "; ".join(f"tenth {d['group']}: {d['shown']}" for d in data)
    return Picture("price-need-tenths", _tenths_finding(found, data, name),
                   f"Actual over predicted cost by tenth of predicted cost, with 95 per cent limits. {words}.", _tenths_spec(),
                   {ROWS: data})  # fmt: skip


def _point(row: dict[Any, Any]) -> dict[str, Any]:
    ratio, low, high = (float(row[c]) for c in ("ratio", "low", "high"))
    ends = [float(np.clip(v, LEAST_SHOWN, MOST_SHOWN)) for v in (ratio, low, high)]
    return {"of": str(row["of"]), "group": str(row["group"]), "ratio": ends[0], "low": ends[1], "high": ends[2],
            "told": TOLD if low <= 1 <= high else NOT_TOLD, "shown": f"{ratio:.2f} ({low:.2f} to {high:.2f})"}  # fmt: skip


def _tenths_finding(found: Judged, data: Sequence[dict[str, Any]], name: Named) -> str:
    right = sum(d["told"] == TOLD for d in data)
    last = found.of(TENTH)["ratio"].iloc[-1]
    return (f"Weights learnt from {_years(found, name)} were right within chance in {right} of {TENTHS} tenths of {name(found.year)}; "
            f"the tenth expected to be dearest cost {last:.2f} of what was expected")  # fmt: skip


def _years(found: Judged, name: Named) -> str:
    first, last = name(found.years[0]), name(found.years[-1])
    return first if len(found.years) == 1 else f"{first} to {last}"


def _one(axis: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(ROWS)).mark_rule(color=INK).encode(**{axis: alt.datum(1)})


def _told() -> alt.Color:
    return alt.Color("told:N", scale=alt.Scale(domain=[TOLD, NOT_TOLD], range=[AXIS_GREY, INK]),
                     legend=alt.Legend(title=None))  # fmt: skip


@drawn_once
def _tenths_spec() -> dict[str, Any]:
    x = alt.X(
        "group:O", sort=None, axis=alt.Axis(title="tenth of person-years, the least expected cost first", labelAngle=0)
    )
    axis = alt.Axis(title="actual over predicted, 95 % limits", format=".2f", tickCount=6)
    scale = alt.Scale(zero=False, nice=True)
    limits = chart(x=x, y=alt.Y("low:Q", axis=axis, scale=scale), y2="high:Q", color=_told()).mark_rule(size=2)
    points = chart(x=x, y=alt.Y("ratio:Q", axis=axis, scale=scale), color=_told()).mark_point(
        filled=True, size=80, opacity=1
    )
    return spec(_one("y") + limits + points)


def groups(found: Judged, name: Named = str) -> Picture | None:
    """Actual over predicted cost by segment, deprivation, place and practice; None where no group may be shown.

    The finding counts every group that may be shown; of many practices those furthest from 1 are drawn.
    """
    kinds = [what for what in dict.fromkeys(found.ratios["of"]) if what != TENTH]
    data = [point for what in kinds for point in _points(ratios_listed(found, what))]
    if not data:
        return None
    words = "; ".join(f"{d['group']}: {d['shown']}" for d in data)
    every = [point for what in kinds for point in _points(safe_ratios_of(found, what))]
    return Picture("price-need-groups", _groups_finding(found, every, name),
                   f"Actual over predicted cost by group, with 95 per cent limits. {words}.", _groups_spec(), {ROWS: data})  # fmt: skip


def _points(ratios: pd.DataFrame) -> list[dict[str, Any]]:
    return [{**_point(row), "group": group_words(str(row["of"]), str(row["group"]))}
            for row in ratios.to_dict("records") if not pd.isna(row["ratio"])]  # fmt: skip


def group_words(what: str, group: str) -> str:
    """A group in words that stand alone, e.g. ``deprivation: 1, most`` or ``practice: G81001``."""
    if what == DEPRIVATION and group.isdigit():
        return f"{what}: {FIFTHS.get(int(group), group)}"
    unnamed = what in (DEPRIVATION, PRACTICE) or group == NOT_RECORDED
    return f"{what}: {group}" if unnamed and not group.startswith(what) else group


def _groups_finding(found: Judged, every: Sequence[dict[str, Any]], name: Named) -> str:
    wrong = [d for d in every if d["told"] == NOT_TOLD]
    start = f"Weights learnt from {_years(found, name)} were right within chance for"
    if not wrong:
        return f"{start} all {len(every)} groups in {name(found.year)}; {practice_words(found)}"
    worst = max(wrong, key=lambda d: abs(np.log(d["ratio"])))
    cost = f"‘{worst['group']}’ cost {worst['ratio']:.2f} of what was expected"
    right = f"{len(every) - len(wrong)} of {len(every)} groups in {name(found.year)}"
    return f"{start} {right}; {cost}; {practice_words(found)}"


@drawn_once
def _groups_spec() -> dict[str, Any]:
    y = alt.Y("group:N", sort=None, axis=alt.Axis(title=None, labelLimit=170))
    axis = alt.Axis(title="actual over predicted, 95 % limits", format=".2f", tickCount=6)
    scale = alt.Scale(zero=False, nice=True)
    limits = chart(y=y, x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q", color=_told()).mark_rule(size=2)
    points = chart(y=y, x=alt.X("ratio:Q", axis=axis, scale=scale), color=_told()).mark_point(
        filled=True, size=80, opacity=1
    )
    return spec(_one("x") + limits + points, cast(int, alt.Step(ROW)))


def explained(found: Comparison, name: Named = str) -> Picture | None:
    """How much of single people's cost each model tells in a year not seen, beside what was published."""
    if not found.judged or not all(may_show_mean(j.people) for j in found.judged):
        return None
    data = [row for judged in found.judged for row in _explained(judged)]
    words = "; ".join(f"{d['model']}, {d['what']} {d['shown']}" for d in data)
    return Picture("price-need-explained", explained_finding(found, name),
                   f"Share of the variance of single people’s cost explained. {words}.", _explained_spec(), {ROWS: data})  # fmt: skip


def model_words(model: str, features: str) -> str:
    """A model in words: what it looks at, and how where it is not the plain one."""
    return features if model == GLM else f"{features} ({model})"


def _explained(judged: Judged) -> list[dict[str, Any]]:
    model, width = model_words(judged.model, judged.features), 1.96 * judged.r_squared_error
    ours = {"model": model, "what": OURS, "r2": judged.r_squared, "low": judged.r_squared - width,
            "high": judged.r_squared + width, "shown": percent(judged.r_squared)}  # fmt: skip
    if judged.published is None:
        return [ours]
    told = judged.published[1]
    return [ours, {"model": model, "what": PUBLISHED, "r2": told, "low": told, "high": told, "shown": percent(told)}]


def explained_finding(found: Comparison, name: Named = str) -> str:
    """How much the plainest and the best model tell of the year not seen, in a sentence."""
    first, best = found.judged[0], max(found.judged, key=lambda j: j.r_squared)
    start = f"Of differences between people’s cost in {name(first.year)}, {first.features} tell {percent(first.r_squared, 0)}"
    beside = f" (published: {percent(first.published[1], 0)})" if first.published else ""
    if best is first:
        return f"{start}{beside}; no other model tells more"
    return f"{start}{beside}, {model_words(best.model, best.features)} {percent(best.r_squared, 0)}"


@drawn_once
def _explained_spec() -> dict[str, Any]:
    y = alt.Y("model:N", sort=None, axis=alt.Axis(title=None, labelLimit=200))
    axis = percent_axis("variance explained (R²), year not seen", tickCount=5)
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=[OURS, PUBLISHED], range=[HOLDER_BLUE, INK]), legend=alt.Legend(title=None)
    )
    shape = alt.Shape("what:N", scale=alt.Scale(domain=[OURS, PUBLISHED], range=["circle", "diamond"]))
    limits = chart(y=y, x=alt.X("low:Q", axis=axis), x2="high:Q").transform_filter(alt.datum.what == OURS)
    points = chart(y=y, x=alt.X("r2:Q", axis=axis), color=colour, shape=shape).mark_point(
        filled=True, size=100, opacity=1
    )
    return spec(limits.mark_rule(size=2, color=HOLDER_BLUE) + points, cast(int, alt.Step(ROW + 8)))


def ladder(cells: pd.DataFrame, name: str) -> Picture | None:
    """Weights of the contract's cells, lightest first, each as wide as its share of person-years; ``name`` of the year.

    None where no cell may be shown.
    """
    safe = safe_weights(cells)
    shown = safe[safe["weight"].notna() & (safe["people"].fillna(0) > 0)].sort_values("weight", kind="stable")
    if shown.empty:
        return None
    upto = np.append(0.0, np.cumsum(shown["exposure"].to_numpy(float))) / float(cells["exposure"].sum())
    ends = {str(shown["cell"].iloc[0]), str(shown["cell"].iloc[-1])}
    data = [{"cell": str(cell), "weight": float(weight), "from": float(a), "to": float(b), "end": str(cell) in ends,
             "label": f"{cell}: {weight:.2f}"}
            for cell, weight, a, b in zip(shown["cell"], shown["weight"], upto, upto[1:], strict=False)]  # fmt: skip
    words = "; ".join(f"{d['cell']} {d['weight']:.2f}" for d in data)
    return Picture("price-need-ladder", _ladder_finding(data, name), f"Need weight by cell, lightest first. {words}.",
                   _ladder_spec(), {ROWS: data})  # fmt: skip


def _ladder_finding(data: Sequence[dict[str, Any]], name: str) -> str:
    light, heavy = data[0], data[-1]
    if len(data) == 1:
        return f"One cell may be shown in {name}: {light['cell']}, which weighs {light['weight']:.2f}"
    return (f"A person-year in {name} weighs from {light['weight']:.2f} ({light['cell']}) to {heavy['weight']:.2f} "
            f"({heavy['cell']}), where the average of the base years weighs 1")  # fmt: skip


@drawn_once
def _ladder_spec() -> dict[str, Any]:
    x = alt.X("from:Q", axis=percent_axis("share of person-years, lightest cells first", tickCount=6),
              scale=alt.Scale(domain=[0, 1]))  # fmt: skip
    y = alt.Y(
        "weight:Q",
        axis=alt.Axis(title="weight (1 = average cost)", format=".2~f", tickCount=5),
        scale=alt.Scale(zero=True),
    )
    zero = alt.Y2Datum(0)
    bars = chart(x=x, x2="to:Q", y=y, y2=zero).mark_rect(color=HOLDER_BLUE, stroke="white", strokeWidth=1)
    text = chart(x=alt.X("to:Q"), y=y, text="cell:N").transform_filter("datum.end && datum.from > 0.5")
    return spec(bars + _one("y") + text.mark_text(dy=-7, align="right", color=QUIET))
