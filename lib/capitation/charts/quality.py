"""Pictures of how good the data are: linkage, the ledger, and how records come in."""

from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.dataset.quality import Quality
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.completion import ALL_SETTINGS
from capitation.dataset.quality.score import FULL_MARKS
from capitation.dataset.quality.sentences import unallocated_words
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, INK, RULE_GREY

DELAYS_SHOWN = 12  # months
SHARE_DIGITS = 3  # of what stands in a picture's data
MOST, OTHERS = "most deprived fifth", "other fifths"
WITHIN, OUT = "within tolerance", "out of tolerance"
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left"]


def parts(quality: Quality) -> Picture:
    """The marks of each part of the score; a part that the data don't tell has none."""
    rows = quality.score.parts
    data = [{"part": r["part"], "marks": _rounded(r["marks"]), "shown": _marks(r["marks"]),
             "weight": f"{r['part']} ({percent(r['weight'], 0)})"} for r in rows.to_dict("records")]  # fmt: skip
    alt_text = "Marks of 100 by part of the score: " + "; ".join(f"{d['part']} {d['shown']}" for d in data) + "."
    return Picture("quality-parts", score_words(quality), alt_text, _parts_spec(), {"rows": data})


def score_words(quality: Quality) -> str:
    """The score in a sentence, never without what it leaves open."""
    told = quality.score.parts.dropna(subset="marks")
    if told.empty:
        return "The data tell nothing that a score could rest on"
    weakest = told.sort_values("marks", kind="stable").iloc[0]
    all_parts = len(quality.score.parts)
    on = f"On the {len(told)} of {all_parts} parts that they tell, the" if len(told) < all_parts else "The"
    marks = weakest["marks"]
    weak = f", least for {str(weakest['part']).lower()} ({marks:.0f})" if marks < FULL_MARKS else ""
    held = ", held down by what was found" if quality.score.value == quality.score.ceiling < FULL_MARKS else ""
    return f"{on} data score {quality.score.value:.0f} of {FULL_MARKS}{held or weak}"


def _rounded(marks: float) -> float:
    return 0.0 if pd.isna(marks) else round(float(marks), 1)


def _marks(marks: float) -> str:
    return "not told" if pd.isna(marks) else f"{marks:.0f}"


@drawn_once
def _parts_spec() -> dict[str, Any]:
    y = alt.Y("weight:N", sort=None, axis=alt.Axis(title=None, labelLimit=200))
    scale = alt.Scale(domain=[0, FULL_MARKS])
    x = alt.X("marks:Q", scale=scale, axis=alt.Axis(title="marks of 100 (in brackets: weight)", tickCount=5))
    bars = chart(y=y, x=x).mark_bar(color=AXIS_GREY)
    text = chart(y=y, x=x, text="shown:N").mark_text(align="left", dx=4)
    return spec(bars + text)


def linkage(quality: Quality) -> Picture | None:
    """The share of records that found their person, by setting and fifth of deprivation; None where not told."""
    found = quality.linkage
    if found is None or not found.total["shown"].iloc[0]:
        return None
    cells = found.cells[found.cells["shown"]].dropna(subset="fifth")
    data = [{"setting": r["setting"], "fifth": f"fifth {r['fifth']}", "who": MOST if r["fifth"] == 1 else OTHERS,
             **{name: round(float(r[name]), SHARE_DIGITS) for name in ("rate", "low", "high")}}
            for r in cells.to_dict("records")]  # fmt: skip
    if not data:
        return None
    worst = found.by_setting[found.by_setting["shown"]].sort_values("rate", kind="stable").iloc[0]
    finding = (f"{percent(found.total['rate'].iloc[0])} of records found their person; "
               f"least{'' if found.by_setting['shown'].all() else ' of those shown'} in {worst['setting']}, "
               f"{percent(worst['rate'])}")  # fmt: skip
    words = "; ".join(f"{d['setting']} {d['fifth']}: {percent(d['rate'])}" for d in data)
    alt_text = f"Share of records linked, with 95 % intervals, by setting and deprivation, 1 most deprived. {words}."
    return Picture("quality-linkage", finding, alt_text, _linkage_spec(), {"rows": data})


@drawn_once
def _linkage_spec() -> dict[str, Any]:
    y = alt.Y("setting:N", axis=alt.Axis(title=None, labelLimit=200))
    offset = alt.YOffset("fifth:N", sort=[f"fifth {n}" for n in range(1, 6)])
    axis = percent_axis("records that found their person; lines: 95 % interval")
    x = alt.X("low:Q", scale=alt.Scale(zero=False), axis=axis)
    scale = alt.Scale(domain=[MOST, OTHERS], range=[INK, AXIS_GREY])
    colour = alt.Color("who:N", scale=scale, legend=alt.Legend(title=None))
    lines = chart(y=y, yOffset=offset, x=x, x2="high:Q", color=colour).mark_rule()
    points = chart(y=y, yOffset=offset, x=alt.X("rate:Q"), color=colour).mark_point(filled=True, size=50, opacity=1)
    return spec(lines + points, height=300)


def ledger(quality: Quality) -> Picture | None:
    """How far each line of the ledger is from what people carry, against the tolerance; None where not told."""
    found = quality.ledger
    if found is None or not found.total["shown"].iloc[0]:
        return None
    lines = found.lines.dropna(subset="within")
    shown, names = lines[lines["shown"]], quality.labels
    if shown.empty:
        return None
    data = [{"service": names.get(r["service"], r["service"]), "year": str(r["year"]),
             "share": round(float(r["settled_share"]), SHARE_DIGITS), "verdict": WITHIN if r["within"] else OUT,
             "low": -ledgers.TOLERANCE, "high": ledgers.TOLERANCE} for r in shown.to_dict("records")]  # fmt: skip
    total, out = found.total.iloc[0], int((~lines["within"].astype(bool)).sum())
    whole = unallocated_words(float(total["share"]), f"the {money(total['ledger'], quality.currency)} in the accounts")
    finding = (f"{whole[0].upper()}{whole[1:]}; "
               f"{out or 'none'} of {len(lines)} lines {'are' if out > 1 else 'is'} out of tolerance")  # fmt: skip
    words = "; ".join(f"{d['service']} {d['year']}: {percent(d['share'], signed=True)}" for d in data)
    alt_text = f"Share of each ledger line that no person carries, tolerance {percent(ledgers.TOLERANCE, 0)}. {words}."
    return Picture("quality-ledger", finding, alt_text, _ledger_spec(), {"rows": data})


@drawn_once
def _ledger_spec() -> dict[str, Any]:
    y = alt.Y("service:N", axis=alt.Axis(title=None, labelLimit=200))
    axis = percent_axis("of the ledger with no person, run-off allowed for; band: tolerance")
    band = chart(y=y, x=alt.X("low:Q", axis=axis), x2="high:Q").mark_bar(color=RULE_GREY, height=16)
    scale = alt.Scale(domain=[WITHIN, OUT], range=[AXIS_GREY, INK])
    legend = alt.Legend(title=None)
    points = chart(
        y=y, x="share:Q", color=alt.Color("verdict:N", scale=scale, legend=legend),
        shape=alt.Shape("verdict:N", scale=alt.Scale(domain=[WITHIN, OUT], range=["circle", "diamond"]), legend=legend),
    ).mark_point(filled=True, size=60, opacity=1)  # fmt: skip
    return spec(band + points, height=300)


def run_off(quality: Quality) -> Picture | None:
    """The share of the final cost recorded by months of delay, by setting; None where not told."""
    found = quality.completion
    settings = found.settings.loc[found.settings["shown"].astype(bool), "setting"]
    factors = found.factors[(found.factors["delay"] <= DELAYS_SHOWN) & found.factors["setting"].isin(settings)]
    if factors.empty:
        return None
    data = factors[["setting", "delay", "recorded"]].to_dict("records")
    first = factors.groupby("setting")["recorded"].first()
    slowest, delay = str(first.idxmin()), int(factors["delay"].min())
    months = (
        "in the month of care" if delay == 0 else f"{delay} month{'s' if delay > 1 else ''} after the month of care"
    )
    finding = f"{percent(first.min(), 0)} of the cost of {slowest} is there {months}{', in other settings more' if len(first) > 1 else ''}"
    words = "; ".join(_curve_words(str(name), rows) for name, rows in factors.groupby("setting"))
    alt_text = f"Share of the final cost recorded by delay in months. {words}."
    return Picture("quality-run-off", finding, alt_text, _run_off_spec(), {"rows": [_plain(row) for row in data]})


def _curve_words(setting: str, rows: pd.DataFrame) -> str:
    shares = ", ".join(percent(share) for share in rows["recorded"])
    first = int(rows["delay"].iloc[0])
    return f"{setting} from {first} month{'' if first == 1 else 's'}: {shares}"


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    weight = "all" if row["setting"] == ALL_SETTINGS else "one"
    return {"setting": row["setting"], "delay": int(row["delay"]), "recorded": round(float(row["recorded"]), SHARE_DIGITS),
            "weight": weight}  # fmt: skip


@drawn_once
def _run_off_spec() -> dict[str, Any]:
    x = alt.X("delay:Q", axis=alt.Axis(title="months after the month of care", tickMinStep=1))
    y = alt.Y("recorded:Q", scale=alt.Scale(zero=False), axis=percent_axis("of the final cost recorded"))
    colour = alt.Color("weight:N", scale=alt.Scale(domain=["all", "one"], range=[INK, AXIS_GREY]), legend=None)
    lines = chart(x=x, y=y, detail="setting:N", color=colour).mark_line(strokeWidth=1)
    shape = alt.Shape("setting:N", scale=alt.Scale(range=_SHAPES), legend=alt.Legend(title=None, columns=4))
    points = chart(x=x, y=y, shape=shape, color=colour).mark_point(filled=True, size=55, opacity=1)
    return spec(lines + points)
