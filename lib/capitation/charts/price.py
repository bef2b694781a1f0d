"""Pictures of the price of a person-year."""

from itertools import accumulate
from typing import Any

import numpy as np

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.loss.simulation_error import Z95
from capitation.price import growth
from capitation.price.decomposition import DEMOGRAPHIC, PER_USER, PRICES, USE
from capitation.price.decomposition import NEED as NEED_OF
from capitation.price.errors import LATE, MODEL, PARAMETER, PROCESS, TREND
from capitation.price.person_year import COMPLETION, CREDIBILITY, EFFICIENCY, HISTORY, MARGIN, MIX
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, INK

SHOCK = "shock"
SHORT = {
    HISTORY: "Base years", COMPLETION: "Late records", growth.VOLUME: "Volume", growth.PRICES: "Prices",
    growth.NEED: "Need", growth.POLICY: "Policy", MIX: "Who is in", CREDIBILITY: "Borrowed", EFFICIENCY: "Efficiency", MARGIN: "Margin",
}  # fmt: skip


def build_up(result: ContractResult) -> Picture:
    """The price as a waterfall: every bar a line of the build-up."""
    price, currency = result.price, result.dataset.meta.currency
    ends = list(accumulate(price.build_up.values()))
    data = [{"line": SHORT[name], "from": end - amount, "to": end, "top": max(end, end - amount),
             "kind": "start" if name == HISTORY else "change",
             "shown": money(amount, currency, signed=name != HISTORY)}
            for (name, amount), end in zip(price.build_up.items(), ends, strict=True)]  # fmt: skip
    total = price.per_person_year
    data.append({"line": "Price", "from": 0.0, "to": total, "top": total, "kind": "price",
                 "shown": money(total, currency)})  # fmt: skip
    finding = f"A person-year is priced at {money(total, currency)}, {_from_history(price.build_up[HISTORY], total, currency)}"
    words = "; ".join(f"{d['line']} {d['shown']}" for d in data)
    return Picture("price-build-up", finding, f"Build-up of the price per person-year. {words}.",
                   _build_up_spec(currency), {"rows": data})  # fmt: skip


def _from_history(history: float, total: float, currency: str) -> str:
    change = total - history
    return f"{money(abs(change), currency)} {'above' if change >= 0 else 'below'} what the base years cost"


@drawn_once
def _build_up_spec(currency: str) -> dict[str, Any]:
    x = alt.X("line:N", sort=None,
              axis=alt.Axis(title=None, labelAngle=0, labelLimit=110, labelExpr="split(datum.label, ' ')"))  # fmt: skip
    y = alt.Y("from:Q", axis=money_axis(f"{currency} per person-year", currency), scale=alt.Scale(zero=True))
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["start", "change", "price"],
                                                              range=[AXIS_GREY, "#5C4B8A", HOLDER_BLUE]))  # fmt: skip
    bars = chart(x=x, y=y, y2="to:Q", color=colour).mark_bar()
    text = chart(x=x, y="top:Q", text="shown:N").mark_text(dy=-7)
    return spec(bars + text)


def history(result: ContractResult) -> Picture:
    """Cost per person-year of each base year with its error, and the price of the contract year."""
    price, meta = result.price, result.dataset.meta
    data = [
        _point(meta.year_name(int(r["year"])), r["cost_pppy"], r["error"], "recorded")
        for r in price.by_year.to_dict("records")
    ]
    low, high = (end if np.isfinite(end) else price.per_person_year for end in price.interval())
    data.append({"year": meta.year_name(price.contract_year), "value": price.per_person_year, "kind": "price",
                 "low": low, "high": high})  # fmt: skip
    past = [money(f(price.by_year["cost_pppy"]), meta.currency) for f in (min, max)]
    years = f"Past years cost {past[0]} to {past[1]}" if len(price.by_year) > 1 else f"The year before cost {past[0]}"
    finding = f"{years} a person-year; what is priced may cost {money(low, meta.currency)} to {money(high, meta.currency)} (95 %)"
    words = "; ".join(f"{d['year']} {money(d['value'], meta.currency)} ({money(d['low'], meta.currency)} to "
                      f"{money(d['high'], meta.currency)})" for d in data)  # fmt: skip
    return Picture("price-history", finding, f"Cost per person-year with 95 per cent limits. {words}.",
                   _history_spec(meta.currency), {"rows": data})  # fmt: skip


def _point(year: str, value: float, error: float, kind: str) -> dict[str, Any]:
    width = Z95 * error if error == error else 0.0  # noqa: PLR0124  (not a number has no width)
    return {"year": year, "value": value, "low": value - width, "high": value + width, "kind": kind}


@drawn_once
def _history_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    axis = money_axis(f"{currency} per person-year, with 95 % limits", currency)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=["recorded", "price"], range=[INK, HOLDER_BLUE]),
                       legend=alt.Legend(title=None))  # fmt: skip
    limits = chart(x=x, y=alt.Y("low:Q", axis=axis, scale=alt.Scale(zero=False)), y2="high:Q", color=colour).mark_rule(
        size=2
    )
    points = chart(x=x, y=alt.Y("value:Q", axis=axis), color=colour).mark_point(filled=True, size=90, opacity=1)
    return spec(limits + points)


ERROR_WORDS = {
    PROCESS: "chance in the year itself", PARAMETER: "history is a sample", TREND: "growth is a guess",
    MODEL: "other ways to adjust", LATE: "records still to come", SHOCK: "a shock common to everyone",
}  # fmt: skip


def how_wrong(result: ContractResult) -> Picture:
    """The standard errors of the year's cost against the price, by cause."""
    currency, found = result.dataset.meta.currency, errors_by_cause(result)
    data = _with_room([{"cause": ERROR_WORDS[name], "value": error, "shown": f"± {money(error, currency)}",
                        "kind": "of the year" if name in (PROCESS, SHOCK) else "of the price"}
                       for name, error in found.items() if error])  # fmt: skip
    words = "; ".join(f"{d['cause']} {d['shown']}" for d in data)
    lasting = result.price.errors.persistence
    note = f" Of what somebody costs beyond the rate, {percent(lasting, 0)} is there a year later." if lasting else ""
    return Picture("price-how-wrong", how_wrong_finding(result),
                   f"Standard errors, {currency} per person-year, by cause; their squares add up. {words}.{note}",
                   _how_wrong_spec(currency), {"rows": data})  # fmt: skip


def how_wrong_finding(result: ContractResult) -> str:
    """The largest cause of error of the price, and how much of all variance is the price's own, in a sentence."""
    found, price = errors_by_cause(result), result.price
    whole = sum(error**2 for error in found.values())
    own = {name: error for name, error in found.items() if name not in (PROCESS, SHOCK)}
    worst = max(own, key=lambda name: own[name])
    share = sum(error**2 for error in own.values()) / whole if whole else 0.0
    width = price.error / price.expected if price.expected else float("nan")
    return (f"The price may be wrong by {percent(width)} (one standard error), mostly because {ERROR_WORDS[worst]}; "
            f"that is {percent(share, 0)} of all that can make the year differ")  # fmt: skip


def errors_by_cause(result: ContractResult) -> dict[str, float]:
    """Standard errors per person-year by cause, the shock common to everyone among them."""
    shock = result.design.outlook.common_shock * result.price.expected
    return {name: float(variance) ** 0.5 for name, variance in result.price.errors.parts.items()} | {SHOCK: shock}


@drawn_once
def _how_wrong_spec(currency: str) -> dict[str, Any]:
    kinds = alt.Scale(domain=["of the price", "of the year"], range=[HOLDER_BLUE, AXIS_GREY])
    colour = alt.Color("kind:N", scale=kinds, legend=alt.Legend(title=None))
    return _bars_with_words("cause", f"standard error, {currency} per person-year", currency, colour, 200)


def growth_parts(result: ContractResult) -> Picture | None:
    """What made cost grow in the base years, by cause; nothing where one year is all there is."""
    found, meta = result.growth_parts, result.dataset.meta
    if found is None:
        return None
    data = _with_room([{"cause": GROWTH_WORDS[name], "value": amount, "shown": money(amount, meta.currency, signed=True),
                        "kind": "rises" if amount >= 0 else "falls"} for name, amount in found.parts.items()])  # fmt: skip
    first, last = (meta.year_name(result.basis.years[place]) for place in (0, -1))
    words = "; ".join(f"{d['cause']} {d['shown']}" for d in data)
    ends = f"{first} {money(found.before, meta.currency)}, {last} {money(found.after, meta.currency)}"
    return Picture("price-growth", growth_finding(result), f"What moved cost per person-year, {ends}. {words}.",
                   _growth_spec(meta.currency), {"rows": data})  # fmt: skip


def _with_room(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With ``end`` and ``start``: how far the axis has to go for the words beside the bars."""
    low, high = (f((d["value"] for d in data), default=0.0) for f in (min, max))
    room = 0.2 * (max(high, 0.0) - min(low, 0.0))
    return [{**d, "start": min(low, 0.0) - (room if low < 0 else 0.0), "end": max(high, 0.0) + room} for d in data]


def _bars_with_words(y: str, title: str, currency: str, colour: Any, height: int) -> dict[str, Any]:
    """Bars from zero, with what each shows written at its end."""
    place = alt.Y(f"{y}:N", sort=None, axis=alt.Axis(title=None, labelLimit=220))
    x = alt.X("value:Q", axis=money_axis(title, currency))
    bars = chart(y=place, x=x, color=colour).mark_bar()
    ends = [chart(y=place, x=alt.X(f"{end}:Q")).mark_point(opacity=0, size=0) for end in ("start", "end")]
    right = chart(y=place, x=x, text="shown:N").transform_filter("datum.value >= 0").mark_text(align="left", dx=4)
    left = chart(y=place, x=x, text="shown:N").transform_filter("datum.value < 0").mark_text(align="right", dx=-4)
    return spec(bars + ends[0] + ends[1] + right + left, height=height)


GROWTH_WORDS = {
    DEMOGRAPHIC: "Age and sex", NEED_OF: "Need", USE: "Use at the same need", PRICES: "Unit prices", PER_USER: "Cost of a user",
}  # fmt: skip


def yearly_growth(result: ContractResult) -> float:
    """The yearly growth of cost per person-year from the first to the last base year; not a number with one."""
    found, years = result.growth_parts, result.basis.years
    return (found.after / found.before) ** (1 / (years[-1] - years[0])) - 1 if found else float("nan")


def growth_finding(result: ContractResult) -> str:
    """How fast cost grew, the largest cause, and what the design assumes, in a sentence."""
    found = result.growth_parts
    if found is None:
        return "One year of history tells no growth"
    largest = max(found.parts, key=lambda name: abs(found.parts[name]))
    assumed = (1 + result.design.price.trend) * (1 + result.design.price.growth.need) - 1
    return (f"Measured: cost grew {percent(yearly_growth(result), signed=True)} a year, mostly by {GROWTH_WORDS[largest].lower()}; "
            f"assumed from now on: {percent(assumed, signed=True)}")  # fmt: skip


@drawn_once
def _growth_spec(currency: str) -> dict[str, Any]:
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["rises", "falls"], range=["#5C4B8A", AXIS_GREY]))
    return _bars_with_words("cause", f"what it moved, {currency} per person-year", currency, colour, 180)


def ways_to_count(result: ContractResult) -> Picture:
    """Cost per person-year of the last base year by other sources, and of the contract year by other ways to adjust."""
    currency = result.dataset.meta.currency
    counted = [(m.name, m.says, m.per_person_year) for m in result.methods]
    data = _with_room(
        [
            {"way": name, "value": value, "shown": money(value, currency)}
            for name, _, value in counted
            if value is not None
        ]
    )
    words = "; ".join(f"{name}: {says}" if value is None else f"{name}: {money(value, currency)} ({says})"
                      for name, says, value in counted)  # fmt: skip
    year = result.dataset.meta.year_name(result.basis.years[-1])
    return Picture("price-ways", ways_finding(result), f"A person-year of {year} counted in several ways. {words}.",
                   _ways_spec(currency), {"rows": data})  # fmt: skip


def ways_finding(result: ContractResult) -> str:
    """How far other ways to count lie from what the price rests on, in a sentence."""
    first, *others = [m for m in result.methods if m.per_person_year is not None and m.of_these_people]
    year = result.dataset.meta.year_name(result.basis.years[-1])
    if not others or not first.per_person_year:
        return f"Only the cost recorded of members tells what a person-year of {year} cost: nothing here checks it"
    apart = {m.name: (m.per_person_year or 0.0) / first.per_person_year - 1 for m in others}
    worst = max(apart, key=lambda name: abs(apart[name]))
    return f"Counted from other sources a person-year of {year} differs by {percent(abs(apart[worst]))} at most ({worst.lower()})"


@drawn_once
def _ways_spec(currency: str) -> dict[str, Any]:
    return _bars_with_words("way", f"{currency} per person-year", currency, alt.value(AXIS_GREY), 130)
