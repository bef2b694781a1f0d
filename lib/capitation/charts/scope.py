"""Pictures of what is covered."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN
from capitation.scope.coverage import OTHERS
from capitation.scope.leakage import CostShift
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, INK, LOSS_RED, PAPER

FEW_USERS = {True: "services few people use", False: "services few people use, left out"}


def covered(result: ContractResult) -> Picture:
    """The members' cost in the contract year by service line, in scope and out."""
    currency, services = result.dataset.meta.currency, result.dataset.services
    data = [_bar(result, row) for row in _rows(result).to_dict("records")]
    count = len(result.scope.services)
    share = share_covered(result, "what members cost")
    finding = f"{count} of {len(services)} service lines, {share}, are covered"
    words = "; ".join(f"{d['service']} {d['shown']} ({d['why']})" for d in data)
    return Picture("scope-covered", finding, f"Members' cost by service line. {words}.", _covered_spec(currency),
                   {"rows": data})  # fmt: skip


def share_covered(result: ContractResult, of: str) -> str:
    """The covered share in words; without a figure where what is left out is of few people."""
    share = result.scope.shown_share(result.year)
    return "all but what few people use" if share is None else f"{percent(share, 0)} of {of}"


def _bar(result: ContractResult, row: Mapping[Any, Any]) -> dict[str, Any]:
    labels, code = result.dataset.services["label"], row["service"]
    known = not pd.isna(row["cost"])
    return {"service": labels.get(code, code), "cost": float(row["cost"]) if known else None,
            "shown": money(row["cost"], result.dataset.meta.currency) if known else HIDDEN,
            "where": "in" if row["covered"] else "out",
            "why": result.scope.left_out.get(code, "covered" if row["covered"] else "left out")}  # fmt: skip


def _rows(result: ContractResult) -> pd.DataFrame:
    """Services by cost; those that few people use stand together as one bar of what is in and one of what is out."""
    cost = result.scope.by_service.set_index(["year", "service"])["cost"][result.year]
    safe = result.scope.shown_services(result.year)
    few = safe["users"].isna()
    joined = [
        {"service": FEW_USERS[inside], "covered": inside, "cost": cost[hidden["service"]].sum() if known else float("nan")}
        for inside, known in ((True, True), (False, result.year in result.scope.shown_years))
        for hidden in [safe[few & (safe["covered"] == inside)]] if len(hidden)
    ]  # fmt: skip
    shown = safe[~few].fillna({"cost": 0.0}).sort_values("cost", ascending=False)
    return pd.concat([shown[["service", "covered", "cost"]], pd.DataFrame(joined)], ignore_index=True)


@drawn_once
def _covered_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("service:N", sort="-x", axis=alt.Axis(title=None, labelLimit=220))
    x = alt.X("cost:Q", axis=money_axis(f"cost in the contract year, {currency}", currency))
    colour = alt.Color("where:N", scale=alt.Scale(domain=["in", "out"], range=[HOLDER_BLUE, AXIS_GREY]),
                       legend=alt.Legend(title="the contract"))  # fmt: skip
    return spec(chart(y=y, x=x, color=colour).mark_bar())


def _label(result: ContractResult, service: str) -> str:
    return str(result.dataset.services["label"].get(service, service))


def _three_figures(value: float) -> float:
    return float(f"{value:.3g}")


def by_segment(result: ContractResult) -> Picture:
    """What a person-year of each segment costs by service, in scope and out; few people's cells are hidden."""
    found, currency = result.coverage, result.dataset.meta.currency
    data = [_cell(result, str(segment), str(service), float(cost)) for segment, row in found.shown_segment_costs.iterrows()
            for service, cost in row.items()]  # fmt: skip
    words = "; ".join(f"{d['segment']}, {d['service']}: {d['shown']}" for d in data)
    alt_text = f"Cost per person-year by segment and service, {currency}; {HIDDEN} stands for few people. {words}."
    return Picture("scope-segments", _segments_finding(result), alt_text, _segments_spec(currency), {"rows": data})


def _cell(result: ContractResult, segment: str, service: str, cost: float) -> dict[str, Any]:
    hidden = pd.isna(cost)
    return {"segment": segment, "service": _label(result, service), "cost": 0.0 if hidden else _three_figures(cost),
            "where": "in" if service in result.scope.services else "out", "mark": HIDDEN if hidden else "",
            "shown": HIDDEN if hidden else money(cost, result.dataset.meta.currency)}  # fmt: skip


def _segments_finding(result: ContractResult) -> str:
    shown = [(float(cost), str(segment), str(service)) for segment, row in result.coverage.shown_segment_costs.iterrows()
             for service, cost in row.items() if cost > 0]  # fmt: skip
    if not shown:
        return "Too few people stand behind the care of each segment to show what it costs"
    cost, segment, service = max(shown)
    return (f"Most of what may be shown goes on {_label(result, service)} for ‘{segment}’: "
            f"{money(cost, result.dataset.meta.currency)} a person-year")  # fmt: skip


def segment_shares(result: ContractResult) -> Picture:
    """How much of each segment's whole spend is covered; segments of few people outside stand together."""
    found = result.coverage.shown_segments
    names = [str(name) for name in found[result.coverage.segments.name]]
    data = [{"segment": name, "share": 0.0 if pd.isna(share) else round(float(share), 3),
             "shown": HIDDEN if pd.isna(share) else percent(share)}
            for name, share in zip(names, found["share"], strict=True)]  # fmt: skip
    words = "; ".join(f"{d['segment']}: {d['shown']}" for d in data)
    few = f" {HIDDEN}: few people, or mostly one, stand behind what is left out; these segments are taken together." if (
        found["share"].isna().any()) else ""  # fmt: skip
    return Picture("scope-segment-shares", segment_shares_finding(result), f"Covered of each segment’s whole spend. {words}.{few}",
                   _shares_spec(), {"rows": data})  # fmt: skip


def segment_shares_finding(result: ContractResult) -> str:
    """Of whose care least is covered, and how many segments can't be told apart."""
    found, name = result.coverage.shown_segments, result.coverage.segments.name
    if not result.scope.left_out:
        return "All care of every segment is covered"
    told, hidden = found.dropna(subset="share"), int(found["share"].isna().sum())
    if told.empty:
        return "Too few people stand behind what is left out of each segment to show its share"
    least = told.sort_values("share").iloc[0]
    apart = f"; {hidden} segments can’t be told apart, for want of people" if hidden else ""
    if least["share"] > ALL:
        return f"What is left out is less than 1 in 2,000 of the cost of any segment shown{apart}"
    return f"Least is covered of the care of {_quoted(str(least[name]))}: {percent(least['share'])} of what it costs{apart}"


ALL = 0.9995


def _quoted(segment: str) -> str:
    return segment if segment == OTHERS else f"‘{segment}’"


@drawn_once
def _shares_spec() -> dict[str, Any]:
    y = alt.Y("segment:N", sort=None, axis=alt.Axis(title=None, labelLimit=180))
    x = alt.X(
        "share:Q",
        axis=percent_axis("share of whole spend covered", tickCount=5),
        scale=alt.Scale(domain=[0, 1]),
    )
    text = chart(y=y, x=x, text="shown:N").mark_text(align="right", dx=-6, color=PAPER)
    told = text.transform_filter("datum.share > 0")
    hidden = chart(y=y, x=x, text="shown:N").transform_filter("datum.share == 0").mark_text(align="left", dx=4)
    return spec(chart(y=y, x=x).mark_bar(color=HOLDER_BLUE) + told + hidden)


@drawn_once
def _segments_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("segment:N", sort=None, axis=alt.Axis(title=None, labelLimit=180))
    x = alt.X("service:N", sort=None, axis=alt.Axis(title=None, labelAngle=-40, labelLimit=150))
    size = alt.Size("cost:Q", scale=alt.Scale(range=[0, 900]),
                    legend=alt.Legend(title=f"{currency} per person-year", tickCount=3))  # fmt: skip
    colour = alt.Color("where:N", scale=alt.Scale(domain=["in", "out"], range=[HOLDER_BLUE, AXIS_GREY]),
                       legend=alt.Legend(title="the contract"))  # fmt: skip
    marks = chart(y=y, x=x, size=size, color=colour).mark_square(opacity=1)
    return spec(marks + chart(y=y, x=x, text="mark:N").mark_text(), height=260)


LINES = ("members, outside", "everybody else, outside", "members, inside", "everybody else, inside")


def leakage(result: ContractResult) -> Picture:
    """Growth of cost per person-year outside the contract and inside it, of members and of everybody else."""
    found, meta = result.coverage.shown_by_year, result.dataset.meta
    data = [row for (side, where), rows in found.groupby(["side", "where"], sort=False)
            for row in _growth(f"{side}, {where}side", rows, meta.year_name, meta.currency)]  # fmt: skip
    words = "; ".join(f"{d['line']} {d['year']}: {d['shown']}" for d in data)
    alt_text = f"Cost per person-year by year against the first year shown, in per cent. {words}."
    return Picture("scope-leakage", leakage_finding(result), alt_text, _leakage_spec(), {"rows": data})


def _growth(line: str, rows: pd.DataFrame, year_name: Any, currency: str) -> list[dict[str, Any]]:
    first = float(rows["cost"].iloc[0])
    return [] if first <= 0 else [
        {"line": line, "year": year_name(int(year)), "share": round(float(cost) / first, 3), "shown": money(cost, currency)}
        for year, cost in zip(rows["year"], rows["cost"], strict=True)
    ]  # fmt: skip


def leakage_finding(result: ContractResult) -> str:
    """What the cost-shift test says, short enough for a title; or why there is none."""
    shift, coverage = result.coverage.shift, result.coverage
    if not result.scope.left_out:
        return "All care is inside the contract, so none can be moved out of it"
    if shift is None:
        return "No test of shifted cost: " + (
            "the year is not over"
            if coverage.part_year
            else "too few people to compare, inside or outside the contract"
        )
    return _shift_words(shift, result.dataset.meta.currency, result.dataset.meta.year_name(coverage.base_years[0]))


def _shift_words(shift: CostShift, currency: str, since: str) -> str:
    outside = shift.without
    side = "more" if outside.value >= 0 else "less"
    limits = f"{money(outside.low, currency, signed=True)} to {money(outside.high, currency, signed=True)}"
    told = "" if shift.is_shift or outside.high < 0 else ", which chance alone can do"
    return (f"Since {since} care outside costs members {money(abs(outside.value), currency)} a person-year {side} than others’ "
            f"growth explains ({limits}){told}")  # fmt: skip


@drawn_once
def _leakage_spec() -> dict[str, Any]:
    x = alt.X("year:O", axis=alt.Axis(title=None, labelAngle=0))
    y = alt.Y("share:Q", scale=alt.Scale(zero=False), axis=percent_axis("cost per person-year against the first year"))
    colour = alt.Color("line:N", scale=alt.Scale(domain=LINES, range=[INK, AXIS_GREY, HOLDER_BLUE, HOLDER_BLUE]),
                       legend=alt.Legend(title=None, columns=2, labelLimit=220))  # fmt: skip
    dashes = alt.StrokeDash(
        "line:N", scale=alt.Scale(domain=LINES, range=[[1, 0], [4, 3], [1, 0], [4, 3]]), legend=None
    )
    shape = alt.Shape("line:N", scale=alt.Scale(domain=LINES, range=["diamond", "circle", "square", "triangle-up"]),
                      legend=alt.Legend(title=None, columns=2, labelLimit=220))  # fmt: skip
    lines = chart(x=x, y=y, color=colour, strokeDash=dashes).mark_line()
    return spec(lines + chart(x=x, y=y, color=colour, shape=shape).mark_point(filled=True, size=55, opacity=1))


NEIGHBOURS = "members’ neighbours among them"
NOBODY_ELSE = "everybody in the data is in the cohort, so that nobody comes from outside it"


def flows(result: ContractResult) -> Picture:
    """What patients' choice costs and brings the holder's side, by provider."""
    shown, currency = result.coverage.shown_flows, result.dataset.meta.currency
    labels = result.dataset.providers["label"]
    data = [{"provider": str(labels.get(r["provider"], r["provider"])), "net": _three_figures(r["net"]),
             "shown": money(r["net"], currency, signed=True), "way": "in" if r["partner"] else "out"}
            for r in shown.sort_values("net").to_dict("records")]  # fmt: skip
    words = "; ".join(f"{d['provider']} {d['shown']}" for d in data)
    return Picture("scope-flows", flows_finding(result),
                   f"Money of patients’ choice by provider: out for members at providers outside, in for others at partners. {words}.",
                   _flows_spec(currency), {"rows": data})  # fmt: skip


def flows_finding(result: ContractResult) -> str:
    """What choice costs and what care for people who are not members brings; 'at least' where a provider can't be shown."""
    shown, currency, found = result.coverage.shown_flows, result.dataset.meta.currency, result.coverage.flows
    least = "" if len(shown) == len(found) else "at least "
    came = (f"partners’ care for people who are not in the cohort, {NEIGHBOURS}, comes to {least}{money(shown['in'].sum(), currency)}"
            if found["of_others"].to_numpy().any() else NOBODY_ELSE)  # fmt: skip
    if not result.design.scope.outside_providers:
        return f"No provider is named as outside the contract; {came}"
    return f"Members’ choice of providers outside costs {least}{money(shown['out'].sum(), currency)}; {came}"


@drawn_once
def _flows_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("provider:N", sort=None, axis=alt.Axis(title=None, labelLimit=220))
    x = alt.X("net:Q", axis=money_axis(f"for others, less for members, {currency}", currency, tickCount=3))
    colour = alt.Color("way:N", scale=alt.Scale(domain=["in", "out"], range=[HOLDER_BLUE, LOSS_RED]),
                       legend=alt.Legend(title="money goes"))  # fmt: skip
    return spec(chart(y=y, x=x, color=colour).mark_bar())


def excluded(result: ContractResult) -> Picture:
    """How often each service is used in the base years, what its users cost, and the limits of the rule."""
    found, currency, terms = result.coverage.shown_exclusions, result.dataset.meta.currency, result.design.scope
    rows = found[(found["users"] > 0) & found["mean"].notna()].to_dict("records")
    limits = {"rare": terms.rare_share or None}
    data = [{"service": f"{_label(result, r['service'])} · {money(_three_figures(r['mean']), currency)}",
             "frequency": _three_figures(r["frequency"]), "what": _LEFT_OUT if r["excluded"] else _KEPT, **limits}
            for r in sorted(rows, key=lambda r: r["frequency"])]  # fmt: skip
    words = "; ".join(f"{d['service']} a user, {percent(d['frequency'])} of person-years" for d in data)
    return Picture("scope-excluded", excluded_finding(result),
                   f"Use in the base years and mean cost of users by service. {words}.", _excluded_spec(), {"rows": data})  # fmt: skip


_LEFT_OUT, _KEPT = "left out", "kept in"


def excluded_finding(result: ContractResult) -> str:
    """Which services the rule for rare and costly ones leaves out, in a sentence."""
    terms, currency, found = result.design.scope, result.dataset.meta.currency, result.coverage.exclusions
    if terms.rare_share <= 0:
        return "No service is left out as rare and costly: the rule is switched off"
    rule = (
        f"used by under {percent(terms.rare_share)} of person-years at over {money(terms.rare_mean, currency)} a user"
    )
    names = [_label(result, str(s)) for s in found.loc[found["excluded"].astype(bool), "service"]]
    return f"Rare and costly, so left out: {', '.join(names)} ({rule})" if names else f"No service is {rule}"


_TICKS = [0.0001, 0.001, 0.01, 0.1, 1]  # far enough apart for their labels


@drawn_once
def _excluded_spec() -> dict[str, Any]:
    axis = percent_axis("of person-years (line: rare)", values=_TICKS)
    x = alt.X("frequency:Q", scale=alt.Scale(type="log", nice=True), axis=axis)
    y = alt.Y("service:N", sort=None, axis=alt.Axis(title=None, labelLimit=220))
    kinds = alt.Scale(domain=[_KEPT, _LEFT_OUT], range=[HOLDER_BLUE, AXIS_GREY])
    shapes = alt.Scale(domain=[_KEPT, _LEFT_OUT], range=["circle", "diamond"])
    legend = alt.Legend(title=None)
    points = chart(x=x, y=y, color=alt.Color("what:N", scale=kinds, legend=legend),
                   shape=alt.Shape("what:N", scale=shapes, legend=legend)).mark_point(filled=True, size=90, opacity=1)  # fmt: skip
    return spec(points + chart(x=alt.X("rare:Q")).mark_rule(color=INK, strokeDash=[4, 3]), height=280)
