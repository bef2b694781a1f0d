"""Pictures after signing: measures month by month, places beside each other, and the learning loop."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from capitation.after_signing import learning as loops
from capitation.after_signing import months, places
from capitation.charts.drawing import alt, chart, drawn_once, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.outcomes.control_words import reached
from capitation.outcomes.funnel import ALERT, WARNING
from capitation.terms import percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, INK, LOSS_RED, QUIET, RULE_GREY

CHANCE = "chance"
RULES = {
    "outside": "outside a limit",
    "run": "seven on one side",
    "trend": "seven in one direction",
    "close": "two of three near a limit",
}
SHAPES = {CHANCE: "circle", "outside a limit": "diamond", "seven on one side": "square", "seven in one direction": "triangle-up",
          "two of three near a limit": "cross"}  # fmt: skip
BETTER, WORSE = "better", "worse"
KINDS = {CHANCE: AXIS_GREY, BETTER: HOLDER_BLUE, WORSE: LOSS_RED}
GRID = 60  # sizes at which limits are drawn
MET, WENT, IN_TIME, LOST, NOT_LOST, FEW = (
    "target met",
    "went on",
    "still there in time",
    "lost",
    "not lost",
    "parts of few people",
)
PARTS = {MET: "#A9CBB3", WENT: HOLDER_BLUE, IN_TIME: AXIS_GREY, NOT_LOST: "#9DB8D2", LOST: LOSS_RED, FEW: RULE_GREY}
LEGIBLE = 0.05  # of the longest bar: a shorter part has no figure in it
TARGET = "#8A5A00"  # a target, and places outside the limits of chance alone


def by_month(short: str) -> Callable[[ContractResult], Picture | None]:
    """The picture of one measure by month, by its short name in the library."""
    return lambda result: control(result, short)


def control(result: ContractResult, short: str) -> Picture | None:
    """A measure month by month against limits from its baseline; None where the data give none or it may not be shown."""
    series = months.of(result, short)
    if series is None:
        return None
    rows = _points(series)
    start = [{"month": name} for name in series.names[series.baseline : series.baseline + 1]]
    aims = [] if series.goal is None else [{"month": series.names[0], "target": series.goal}]
    data: dict[str, list[dict[str, Any]]] = {"rows": rows, "start": start, "aims": aims}
    said = f"{series.measure.name}: {_lower(series.verdict)}"
    return Picture(f"outcomes-month-{short}", said, _control_alt(result, series), _control_spec(), data)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _plain(name: str) -> str:
    """A name inside a sentence: an abbreviation stays as it is."""
    return name if name[:2].isupper() or name[1:2].isupper() else _lower(name)


def _points(series: months.Series) -> list[dict[str, Any]]:
    shown, line = series.chart, series.chart.limits
    warn_low, warn_high = line.warnings
    goal = series.goal
    return [
        {"month": name, "value": float(shown.values[n]), "mean": float(line.mean[n]), "low": max(float(line.low[n]), 0.0),
         "high": float(line.high[n]), "warn_low": max(float(warn_low[n]), 0.0), "warn_high": float(warn_high[n]),
         "target": goal, "rule": _rule(series, n), "kind": _kind(series, n)}
        for n, name in enumerate(series.names)
    ]  # fmt: skip


def _rule(series: months.Series, n: int) -> str:
    return next((words for name, words in RULES.items() if getattr(series.chart, name)[n]), CHANCE)


def _kind(series: months.Series, n: int) -> str:
    if not series.chart.flagged[n]:
        return CHANCE
    up = series.chart.values[n] > series.chart.limits.mean[n]
    return BETTER if up == series.higher_is_better else WORSE


def _control_alt(result: ContractResult, series: months.Series) -> str:
    line = series.chart.limits
    low, high = max(float(line.low[0]), 0.0), float(line.high[0])
    span = f"Per 1,000 members a month, {series.names[0]} to {series.names[-1]}"
    limits = f"Mean {line.mean[0]:.3g}, limits {low:.3g} to {high:.3g} from the {series.baseline} {series.period}s before the contract"
    said = f"{span}. {limits}, never set anew by themselves. Variation: {series.variation}."
    first = f" First marked {series.period} since: {series.first_flagged}." if series.first_flagged else ""
    return f"{said}{first} {assurance_words(series)} {balance_words(result, series)}"


def assurance_words(series: months.Series) -> str:
    """What the contract's target is to what the process does by itself, in a sentence."""
    if series.goal is None or series.assurance is None:
        return "The contract names no target for it."
    often = reached(series.chart, series.goal, series.higher_is_better)
    return f"Assurance: {series.assurance}; the target was reached in {often} of {len(series.names)} {series.period}s."


def balance_words(result: ContractResult, series: months.Series) -> str:
    """The balancing measures: what those followed say, and which are not followed."""
    beside = months.partners(result, series)
    said = [f"{one.measure.name}: {_lower(one.verdict)}" for one in beside]
    rest = months.not_followed(series, beside)
    missing = (
        [f"not followed by month here, or of too few people: {' and '.join(_plain(name) for name in rest)}"]
        if rest
        else []
    )
    return f"To be watched beside it: {'; '.join([*said, *missing])}."


@drawn_once
def _control_spec() -> dict[str, Any]:
    x = alt.X("month:O", sort=None, axis=alt.Axis(title=None, labelAngle=0, labelOverlap="greedy", labelSeparation=12))
    axis = alt.Axis(title="per 1,000 members a month", tickCount=5)
    y = {name: alt.Y(f"{name}:Q", axis=axis, scale=alt.Scale(zero=False)) for name in
         ("value", "mean", "low", "high", "warn_low", "warn_high", "target")}  # fmt: skip
    layers: Any = [*_limit_lines(x, y), *_contract_start(x), *_months_drawn(x, y), _target_name(x, y)]
    return spec(alt.layer(*layers), height=250)


def _limit_lines(x: Any, y: dict[str, Any]) -> list[Any]:
    """Limits, warning lines, the mean and the target."""
    styles = {
        "low": (INK, [6, 4], 1.2), "high": (INK, [6, 4], 1.2), "warn_low": (AXIS_GREY, [2, 3], 1),
        "warn_high": (AXIS_GREY, [2, 3], 1), "mean": (INK, [1, 0], 1), "target": (TARGET, [10, 3], 2),
    }  # fmt: skip
    return [chart(x=x, y=y[name]).mark_line(color=colour, strokeDash=dash, strokeWidth=width)
            for name, (colour, dash, width) in styles.items()]  # fmt: skip


def _contract_start(x: Any) -> list[Any]:
    words = chart("start", x=x, y=alt.value(-6)).mark_text(align="center", color=QUIET, text="contract begins")
    return [chart("start", x=x).mark_rule(color=QUIET, strokeWidth=1), words]


def _months_drawn(x: Any, y: dict[str, Any]) -> list[Any]:
    """The months as points, by rule in shape and by meaning in colour, joined by a line."""
    rules, kinds = (alt.Scale(domain=list(of), range=list(of.values())) for of in (SHAPES, KINDS))
    shape = alt.Shape("rule:N", scale=rules, legend=alt.Legend(title=None, orient="bottom", columns=2))
    colour = alt.Color("kind:N", scale=kinds, legend=alt.Legend(title=None))
    marks = chart(x=x, y=y["value"], shape=shape, color=colour).mark_point(filled=True, size=80, opacity=1)
    return [chart(x=x, y=y["value"]).mark_line(color=AXIS_GREY, strokeWidth=1.5), marks]


def _target_name(x: Any, y: dict[str, Any]) -> Any:
    return chart("aims", x=x, y=y["target"]).mark_text(align="left", dy=-7, color=TARGET, text="target")


def funnel(result: ContractResult, name: str = "") -> Picture | None:
    """A paid measure (unless another outcome is named, the first that may be shown) by practice or locality, within limits."""
    found = places.places(result, name) if name else next(iter(places.all_paid(result)), None)
    if found is None:
        return None
    rows = [{"place": r["place"] if r["chance"] else "", "size": _size(float(r["size"])), "value": float(r["value"]),
             "outside": _where(int(r["chance"]), int(r["spread"]))} for r in found.table.to_dict("records")]  # fmt: skip
    return Picture("outcomes-funnel", f"{found.measure.name}: {_lower(places.verdict_words(found))}", _funnel_alt(result, found),
                   _funnel_spec(), {"rows": rows, "curves": _curves(found)})  # fmt: skip


INSIDE, BY_CHANCE, BEYOND = "within the limits", "outside those of chance", "outside both"


def _where(chance: int, spread: int) -> str:
    return BEYOND if spread else BY_CHANCE if chance else INSIDE


def _size(size: float) -> float:
    return float(5 * round(size / 5)) if size >= 5 else round(size, 1)


def _curves(found: places.Places) -> list[dict[str, Any]]:
    sizes = found.table["size"].to_numpy(dtype=float)
    grid = np.linspace(max(sizes.min() * 0.6, 1.0), sizes.max() * 1.1, GRID)
    kinds = {
        "99.8 %, chance alone": (ALERT, False),
        "95 %, chance alone": (WARNING, False),
        "99.8 %, with spread": (ALERT, True),
    }
    drawn = {name: found.limits(grid, level, with_spread) for name, (level, with_spread) in kinds.items()}
    return [{"limit": name, "size": float(size), "low": float(low), "high": float(high), "centre": found.centre}
            for name, of in drawn.items() for size, low, high in zip(grid, of.low, of.high, strict=True)]  # fmt: skip


def _funnel_alt(result: ContractResult, found: places.Places) -> str:
    unit = "share" if found.is_share else "observed over expected"
    hidden = f" {found.hidden} not drawn: few people." if found.hidden else ""
    year = result.dataset.meta.year_name(found.year)
    return (f"{found.measure.name} by {found.by}, {year}, {unit} adjusted for age, sex and deprivation, {found.centre:.3g} of all. "
            f"{len(found.table)} places.{hidden} Outside 99.8 % limits: {found.by_chance.outside} by chance alone, {found.verdict.outside} "
            f"with room for what places differ by. {places.reliability_words(found)}.")  # fmt: skip


@drawn_once
def _funnel_spec() -> dict[str, Any]:
    title = "people counted (of a share), or expected events"
    x = alt.X("size:Q", axis=alt.Axis(title=title, tickCount=6), scale=alt.Scale(zero=False, nice=False))
    centre = chart("curves", x=x, y="centre:Q").mark_line(color=INK, strokeWidth=1)
    text = chart(x=x, y="value:Q", text="place:N").mark_text(align="left", dx=8, color=INK)
    layers: Any = [*_funnel_limits(x), centre, _places_drawn(x), text]
    return spec(alt.layer(*layers), height=250)


def _funnel_limits(x: Any) -> list[Any]:
    """Both sides of the limits by chance and of those with spread beyond it."""
    axis = alt.Axis(title="adjusted share, or observed ÷ expected", tickCount=5)
    names = ["99.8 %, chance alone", "95 %, chance alone", "99.8 %, with spread"]
    dashes = alt.Scale(domain=names, range=[[6, 3], [2, 3], [1, 0]])
    dash = alt.StrokeDash(
        "limit:N", scale=dashes, legend=alt.Legend(title=None, orient="bottom", columns=2, symbolSize=300)
    )
    sides = (alt.Y(f"{side}:Q", axis=axis, scale=alt.Scale(zero=False)) for side in ("low", "high"))
    return [chart("curves", x=x, y=y, strokeDash=dash).mark_line(color=AXIS_GREY, strokeWidth=1.5) for y in sides]


def _places_drawn(x: Any) -> Any:
    """The places, in colour and shape by whether they lie outside."""
    kinds, legend = [INSIDE, BY_CHANCE, BEYOND], alt.Legend(title=None)
    colour = alt.Color("outside:N", scale=alt.Scale(domain=kinds, range=[HOLDER_BLUE, TARGET, LOSS_RED]), legend=legend)
    shape = alt.Shape("outside:N", scale=alt.Scale(domain=kinds, range=["circle", "square", "diamond"]), legend=legend)
    return chart(x=x, y="value:Q", color=colour, shape=shape).mark_point(filled=True, size=110, opacity=1)


def loop(result: ContractResult) -> Picture | None:
    """How far the people of a learning loop get, and where they are lost; None where the data set has no such events."""
    found = next(iter(loops.learning(result)), None)
    if found is None or found.table["entered"].isna().all():
        return None
    rows = _with_labels([row for r in found.table.to_dict("records") for row in _bars(r)])
    year = result.dataset.meta.year_name(found.year)
    words = "; ".join(_state_words(r) for r in found.table.to_dict("records") if not _none(r["entered"]))
    return Picture("outcomes-loop", loops.finding(found), f"Members who came into each state in {year}, and what became of them. {words}.",
                   _loop_spec(), {"rows": rows})  # fmt: skip


def _bars(row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """The parts of one state's people that may be shown."""
    met = 0.0 if _none(row["of"]) or _none(row["entered"]) else max(float(row["entered"]) - float(row["of"]), 0.0)
    parts = {
        MET: met,
        WENT: max(row["went on"] - met, 0.0) if not _none(row["went on"]) else row["went on"],
        IN_TIME: row["in time"],
        LOST: row["lost"],
    }
    missing = [name for name, n in parts.items() if _none(n)]
    if not _none(row["lost"]) and missing:
        rest = max(float(row["entered"] or 0) - met - float(row["lost"]), 0.0)
        parts = {MET: met, LOST: row["lost"], NOT_LOST: rest}
    elif missing:
        parts = {FEW: row["entered"]}
    return [{"state": row["state"], "part": name, "people": float(n)} for name, n in parts.items()
            if not _none(n) and n > 0]  # fmt: skip


def _with_labels(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the figure to be written into each part, where there is room."""
    longest = max((row["people"] for row in rows), default=0.0)
    return [{**row, "label": f"{row['people']:,.0f}" if row["people"] >= LEGIBLE * longest else ""} for row in rows]


def _none(value: float) -> bool:
    return math.isnan(value)


def _state_words(row: Mapping[Any, Any]) -> str:
    said = f"{row['state']}: {row['entered']:,.0f} people"
    if not _none(row["lost"]):
        share = "" if _none(row["of"]) else f" ({percent(row['lost'] / max(row['of'], 1), 0)})"
        said += f", {loops.lost_words(row)} lost{share}"
    days = [f"{to} after {n:.0f} day{'' if n == 1 else 's'} (median)" for to, n in row["days"].items() if not _none(n)]
    return ", ".join([said, *days])


@drawn_once
def _loop_spec() -> dict[str, Any]:
    y = alt.Y("state:N", sort=None, axis=alt.Axis(title=None, labelLimit=160))
    x = alt.X("people:Q", stack="zero", axis=alt.Axis(title="people who came into the state in the year", tickCount=6))
    order = list(PARTS)
    colour = alt.Color(
        "part:N", scale=alt.Scale(domain=order, range=list(PARTS.values())), legend=alt.Legend(title=None, columns=3)
    )
    place = alt.Order("place:Q")
    bars = (
        chart(y=y, x=x, color=colour, order=place).transform_calculate(place=f"indexof({order}, datum.part)").mark_bar()
    )
    seen = chart(y=y, x=alt.X("people:Q", stack="zero", bandPosition=0.5), order=place, text="label:N")
    text = seen.transform_calculate(place=f"indexof({order}, datum.part)").mark_text(fontSize=11)
    tone = alt.condition(f"datum.part == '{WENT}' || datum.part == '{LOST}'", alt.value("white"), alt.value(INK))
    return spec(bars + text.encode(color=tone), height=250)


PICTURES: tuple[Callable[[ContractResult], Picture | None], ...] = (
    by_month("M11"), by_month(months.OF_DEATHS), by_month("M12"), funnel, loop,
)  # fmt: skip
"""Measures with their balancing measures beside them, places, and the loop: the order on a page."""
