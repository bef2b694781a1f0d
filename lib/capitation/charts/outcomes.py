"""Pictures of what is paid for outcomes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult, measures_hidden
from capitation.dataset.disclosure import HIDDEN
from capitation.loss.ratio import Floats
from capitation.outcomes.named import Named, called
from capitation.signing import HALF, HIGH, LOW, OfMeasure, Signing, signing
from capitation.tables import shown_score
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE

BEFORE, SETTLED = "year before", "settled year"


def points(result: ContractResult) -> Picture:
    """Points won on each measure, in the settled year and in the year before."""
    currency, design = result.dataset.meta.currency, result.design
    years = (BEFORE, result.score_before, result.price.base_years[-1]), (SETTLED, result.score, result.year)
    data: list[dict[str, Any]] = [_point(called(result.dataset, str(r["measure"])), when, r["value"], r["points"])
            for when, score, year in years for r in shown_score(result, score, year)]  # fmt: skip
    kept = design.outcomes.withhold * result.price.payment
    finding = (f"{percent(result.score.share, 0)} of the points earn {money(kept * result.earned_by(result.score), currency)} "
               f"of {money(kept, currency)} kept back")  # fmt: skip
    if not data:
        finding = "No measure is named, so nothing depends on outcomes"
    words = "; ".join(f"{d['measure']}, {d['when']}: {d['value']}{_in_words(d['points'])}" for d in data)
    return Picture("outcomes-points", finding, words or "No measures.", _points_spec(), {"rows": data})


def _point(named: Named, when: str, value: float, points: float) -> dict[str, Any]:
    return {"measure": named.name, "when": when} | _shown(named, value, points)


def _shown(named: Named, value: float, points: float) -> dict[str, Any]:
    """Value and points of a bar; a measure of few people has a star and no bar."""
    if pd.isna(points):
        return {"points": None, "value": HIDDEN}
    return {"points": float(points), "value": "–" if pd.isna(value) else named.full(value)}


def _in_words(won: float | None) -> str:
    return "" if won is None else f", {percent(won, 0)} of its points"


def _words(result: ContractResult, code: str) -> str:
    return called(result.dataset, code).name


@drawn_once
def _points_spec() -> dict[str, Any]:
    y = alt.Y("measure:N", sort=None, axis=alt.Axis(title=None, labelLimit=300))
    x = alt.X(
        "points:Q",
        scale=alt.Scale(domain=[0, AND_WORDS]),
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


NOTHING, SUCCESS = "nothing changed", "every target truly met"
BARS = 40  # of a distribution
AND_WORDS = 1.9  # of all points: room for the value and its unit after a bar
ROOM = 1.7  # times a bar: for what is said after it


def before_signing(result: ContractResult) -> Picture | None:
    """How what is paid spreads when nothing changes, and when every target is truly met; None without a paid measure."""
    found = signing(result)
    if found is None or not found.at_stake:
        return None
    currency = result.dataset.meta.currency
    edges = np.linspace(0.0, found.at_stake, BARS + 1)
    data = [row for when, paid in _truths(found) for row in _spread(when, paid, edges)]
    words = "; ".join(_spread_in_words(when, paid, currency) for when, paid in _truths(found))
    return Picture("outcomes-before", before_finding(result), f"Of {money(found.at_stake, currency)} at stake is paid, {words}.",
                   _before_spec(currency), {"rows": data})  # fmt: skip


def _truths(found: Signing) -> tuple[tuple[str, Floats], ...]:
    return (NOTHING, found.unchanged), (SUCCESS, found.met)


def _spread(when: str, paid: Floats, edges: Floats) -> list[dict[str, Any]]:
    share = np.histogram(paid, edges)[0] / len(paid)
    return [{"paid": float(middle), "share": float(part), "when": when}
            for middle, part in zip((edges[1:] + edges[:-1]) / 2, share, strict=True)]  # fmt: skip


def _spread_in_words(when: str, paid: Floats, currency: str) -> str:
    low, high = (money(float(np.quantile(paid, level)), currency) for level in (LOW, HIGH))
    return f"{when}: {money(float(paid.mean()), currency)} on average, nine years of ten from {low} to {high}"


def before_finding(result: ContractResult) -> str:
    """What is paid for nothing and for success, in a sentence."""
    found, currency = signing(result), result.dataset.meta.currency
    if found is None:
        return "No measure is named, so nothing is paid for outcomes"
    nothing, success = (money(paid.mean(), currency) for paid in (found.unchanged, found.met))
    return f"With nothing changed {nothing} of {money(found.at_stake, currency)} is paid on average; true success earns {success}"


@drawn_once
def _before_spec(currency: str) -> dict[str, Any]:
    x = alt.X("paid:Q", axis=money_axis(f"paid for outcomes in a year, {currency}", currency))
    y = alt.Y("share:Q", stack=None, axis=percent_axis("share of drawn years"))
    colour = alt.Color(
        "when:N",
        legend=alt.Legend(title=None),
        scale=alt.Scale(domain=[NOTHING, SUCCESS], range=[AXIS_GREY, HOLDER_BLUE]),
    )
    area = chart(x=x, y=y, color=colour).mark_area(opacity=0.35, interpolate="step")
    return spec(area + chart(x=x, y=y, color=colour).mark_line(interpolate="step", strokeWidth=2))


def on_the_way(result: ContractResult) -> Picture | None:
    """What is paid for any improvement between nothing and success; None without a paid measure."""
    found = signing(result)
    if found is None or not found.at_stake:
        return None
    currency = result.dataset.meta.currency
    low, high = np.quantile(found.paid, [LOW, HIGH], axis=1)
    data = [{"way": float(w), "mean": float(m), "low": float(a), "high": float(b)}
            for w, m, a, b in zip(found.way, found.paid.mean(axis=1), low, high, strict=True)]  # fmt: skip
    gain = money(found.for_success, currency)
    finding = (
        f"True success is worth {gain} more than doing nothing; half of the way earns {_half(found, currency)} of it"
    )
    words = "; ".join(
        f"{percent(d['way'], 0)} of the way: {money(d['mean'], currency)} ({money(d['low'], currency)} to {money(d['high'], currency)})"
        for d in data
    )
    return Picture(
        "outcomes-way",
        finding,
        f"Paid on average, and in nine years of ten. {words}.",
        _way_spec(currency),
        {"rows": data},
    )


def _half(found: Signing, currency: str) -> str:
    half = float(np.interp(0.5, found.way, found.paid.mean(axis=1)) - found.unchanged.mean())
    return money(half, currency)


@drawn_once
def _way_spec(currency: str) -> dict[str, Any]:
    x = alt.X("way:Q", axis=percent_axis("of the way from nothing changed (0) to every target truly met (100 %)"))
    axis = money_axis(f"paid for outcomes in a year, {currency}", currency)
    band = chart(x=x, y=alt.Y("low:Q", axis=axis), y2="high:Q").mark_area(color=HOLDER_BLUE, opacity=0.18)
    return spec(
        band
        + chart(x=x, y=alt.Y("mean:Q")).mark_line(
            color=HOLDER_BLUE, strokeWidth=2.5, point={"filled": True, "color": HOLDER_BLUE}
        )
    )


def by_measure(result: ContractResult) -> Picture | None:
    """What each measure pays for nothing and for success, and how often its verdict is wrong; None without a paid measure.

    A measure of few people is left out.
    """
    found, currency = signing(result), result.dataset.meta.currency
    hidden = set(measures_hidden(result, result.basis.years[-1]))
    shown = [of for of in found.measures if of.share > 0 and of.name not in hidden] if found else []
    if not shown:
        return None
    data = [row for of in shown for row in _of_measure(result, of)]
    words = "; ".join(_measure_in_words(result, of) for of in shown)
    return Picture(
        "outcomes-measures", _measures_finding(result, shown), f"{words}.", _measures_spec(currency), {"rows": data}
    )


def _measures_finding(result: ContractResult, shown: Sequence[OfMeasure]) -> str:
    """Luck is what moves a measure to half of its points; what today's level earns already is said apart."""
    by_luck = [of for of in shown if of.already < HALF]
    if by_luck:
        worst = max(by_luck, key=lambda of: of.luck)
        return f"{_words(result, worst.name)} is called improved in {100 * worst.luck:.0f} years of 100 in which nothing changed"
    most = max(shown, key=lambda of: of.already)
    return f"{_words(result, most.name)} earns {percent(most.already, 0)} of its points at the level expected with nothing changed"


def _of_measure(result: ContractResult, of: OfMeasure) -> list[dict[str, Any]]:
    ends = (
        (NOTHING, of.unchanged, _for_nothing(of)),
        (SUCCESS, of.met, f"{percent(of.refused, 0)} refused"),
    )
    return [{"measure": _words(result, of.name), "when": when, "paid": paid, "room": ROOM * paid, "said": said}
            for when, paid, said in ends]  # fmt: skip


def _for_nothing(of: OfMeasure) -> str:
    """How what is paid with nothing changed is come by."""
    return f"{percent(of.luck, 0)} called improved" if of.already < HALF else "earned at the level expected"


def _measure_in_words(result: ContractResult, of: OfMeasure) -> str:
    currency = result.dataset.meta.currency
    return (f"{_words(result, of.name)}: {money(of.unchanged, currency)} for nothing, {money(of.met, currency)} for success, "
            f"{_for_nothing(of)}, success refused {percent(of.refused, 0)}")  # fmt: skip


@drawn_once
def _measures_spec(currency: str) -> dict[str, Any]:
    names = [NOTHING, SUCCESS]
    y = alt.Y("measure:N", sort=None, axis=alt.Axis(title=None, labelLimit=300))
    x = alt.X("paid:Q", axis=money_axis(f"paid on average in a year, {currency}", currency))
    colour = alt.Color(
        "when:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=names, range=[AXIS_GREY, HOLDER_BLUE])
    )
    offset = alt.YOffset("when:N", sort=names)
    bars = chart(y=y, x=x, color=colour, yOffset=offset).mark_bar()
    room = chart(y=y, x="room:Q", yOffset=offset).mark_point(opacity=0)  # for the words after the longest bar
    return spec(bars + room + chart(y=y, x=x, yOffset=offset, text="said:N").mark_text(align="left", dx=4))
