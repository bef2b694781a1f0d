"""Tables and sentences about outcomes after signing: months, places, people left out, the learning loop."""

import math
from typing import Any

import pandas as pd

from capitation.after_signing import learning as loops
from capitation.after_signing import months, places
from capitation.after_signing.exceptions import USUAL, Exceptions, exceptions
from capitation.charts.outcomes_after import assurance_words, balance_words
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN, suppress_count
from capitation.tables import Table
from capitation.terms import percent

FIXED = (
    "Limits come from the points before the contract and are never set anew by themselves; months of which under 90 % of records "
    "are there are left out."
)


def months_table(result: ContractResult) -> Table | None:
    """Every measure followed by month: its limits, its two icons in words, and what is watched beside it."""
    found = months.followed(result)
    if not found:
        return None
    rows = [_month_row(result, series) for series in found]
    words = ("variation", "assurance", "watched beside it")
    return Table("outcomes-months", "Month by month, per 1,000 members and month", pd.DataFrame(rows), words=words,
                 notes=(FIXED, *_left_out(found)))  # fmt: skip


def _left_out(found: tuple[months.Series, ...]) -> list[str]:
    late = sorted({name for series in found for name in series.left_out})
    return [f"Months not shown, because too few of their records are there yet: {', '.join(late)}."] if late else []


def _month_row(result: ContractResult, series: months.Series) -> dict[str, str]:
    line = series.chart.limits
    return {
        "Measure": series.measure.name,
        "points": f"{len(series.names)} {series.period}s",
        "baseline": f"{series.baseline}",
        "mean": f"{line.mean[0]:.3g}",
        "limits": f"{max(line.low[0], 0):.3g} to {line.high[0]:.3g}",
        "latest": f"{series.chart.values[-1]:.3g}",
        "variation": series.variation,
        "assurance": assurance_words(series),
        "watched beside it": balance_words(result, series).removeprefix("To be watched beside it: "),
    }


def places_table(result: ContractResult) -> Table | None:
    """Every paid measure that may be shown by practice or locality: how places differ, and whether it is fit to pay on there."""
    found = places.all_paid(result)
    if not found:
        return None
    year = result.dataset.meta.year_name(found[0].year)
    notes = (
        "Adjusted for age, sex and deprivation. True spread: standard deviation between places on the scale of the arcsine (shares) or "
        "logarithm, with 95 % limits. Unevenness: how much more chance moves a sum because people have several events: limits are "
        "as much wider. Over 10 % of places outside the limits of chance: suspect the model, not the places.",
    )
    rows = pd.DataFrame([_place_row(of) for of in found])
    return Table("outcomes-places", f"Paid measures by place, {year}", rows, words=("reading",), notes=notes)


def _place_row(of: places.Places) -> dict[str, str]:
    tau, low, high = of.tau
    return {
        "Measure": of.measure.name,
        "by": of.by,
        "places": f"{len(of.table)}",
        "outside, chance alone": f"{of.by_chance.outside}",
        "outside, with spread": f"{of.verdict.outside}",
        "unevenness": f"{of.uneven:.2f}",
        "true spread": f"{tau:.3f} ({low:.3f} to {high:.3f})",
        "reading": f"{places.verdict_words(of)}; {places.reliability_words(of)}.",
    }


def exceptions_table(result: ContractResult) -> Table | None:
    """Who is left out of each measure of which that is to be counted; nothing where no measure of the data set is of that kind."""
    found = exceptions(result)
    if not found:
        return None
    rows = pd.DataFrame([_exception_row(of) for of in found])
    notes = ("Paid is on the value of those counted, in every year alike; that of everybody is shown beside it.",
             f"For comparison: {USUAL}.")  # fmt: skip
    return Table("outcomes-exceptions", "People left out of a measure", rows, words=("why",), notes=notes)


def _exception_row(of: Exceptions) -> dict[str, str]:
    known = of.found if of.shown else None
    why = (
        f"{of.rule}: the one exclusion that the data tell" if of.found else "the data set doesn’t say who was left out"
    )
    return {
        "Measure": of.measure.name,
        "counted": suppress_count(known.people) if known else HIDDEN if of.found else "–",
        "left out": suppress_count(known.left_out) if known else HIDDEN if of.found else "–",
        "share left out": percent(of.rate) if known else HIDDEN if of.found else "–",
        "value of those counted": f"{known.value:.3g}" if known else HIDDEN if of.found else "–",
        "of everybody": f"{known.all_value:.3g}" if known else HIDDEN if of.found else "–",
        "why": why,
    }


def loop_table(result: ContractResult) -> Table | None:
    """The learning loop state by state; nothing where the data set has no such events."""
    found = loops.learning(result)
    if not found:
        return None
    rows = pd.DataFrame([row for one in found for row in _loop_rows(one)])
    notes = (
        "People who came into a state in the year, each once, to the nearest 5; * stands for few people or what would give them away. "
        "Lost: there for longer than allowed, left, died, declined, or moved as the loop has it not, of those who could be "
        "(at compared: of those who missed the target).",
    )
    group = "measure" if len(found) > 1 else None
    rows = rows if group else rows.drop(columns="measure")
    return Table("outcomes-loop", f"The learning loop, {result.dataset.meta.year_name(result.year)}", rows, group=group,
                 words=("went on to",), notes=notes)  # fmt: skip


def _loop_rows(found: loops.Learning) -> list[dict[str, str]]:
    return [{"State": str(r["state"]), "measure": found.measure, "people": _count(r["entered"]), "went on to": _ways(r),
             "in time": _count(r["in time"]), "lost": _count(r["lost"]), "of": _count(r["of"]), "share lost": _share(r["lost"], r["of"]),
             "days allowed": f"{loops.ALLOWED[str(r['state'])]:.0f}"} for r in found.table.to_dict("records")]  # fmt: skip


def _count(people: float) -> str:
    return HIDDEN if math.isnan(people) else f"{people:,.0f}"


def _share(part: float, whole: float) -> str:
    return HIDDEN if math.isnan(part) or math.isnan(whole) or not whole else percent(part / whole, 0)


def _ways(row: dict[Any, Any]) -> str:
    said = [f"{way} {_count(n)}{_after(row['days'][way])}" for way, n in row["to"].items()]
    return "; ".join(said)


def _after(days: float) -> str:
    return "" if math.isnan(days) else f", median {days:.0f} day{'' if days == 1 else 's'}"


def after_details(result: ContractResult) -> list[str]:
    """What is seen after signing, in sentences: months, places, people left out, the loop."""
    return [*_month_words(result), *_place_words(result), *_exception_words(result), *_loop_words(result)]


def _month_words(result: ContractResult) -> list[str]:
    none = months.why_none(result)
    return [f"Month by month: {none}"] if none else [
        f"Month by month: {series.measure.name}: {series.verdict}. {balance_words(result, series)}"
        for series in months.followed(result) if series.measure.id != months.OF_DEATHS
    ]  # fmt: skip


def _place_words(result: ContractResult) -> list[str]:
    found = places.all_paid(result)
    if not found:
        return ["By place: fewer than five practices or localities may be shown for any paid measure."]
    return [
        f"By {of.by}: {of.measure.name}: {places.verdict_words(of)}; {places.reliability_words(of)}." for of in found
    ]


def _exception_words(result: ContractResult) -> list[str]:
    found = exceptions(result)
    return [f"People not counted: {'; '.join(map(_exception_said, found))}."] if found else [
        "People not counted: the data set has nobody whom the measure library leaves out."
    ]  # fmt: skip


def _exception_said(of: Exceptions) -> str:
    if of.found is None:
        return f"{of.measure.name}: the data set doesn’t say who was left out"
    if not of.shown:
        return f"{of.measure.name}: too few people to be told"
    return (f"{of.measure.name}: {percent(of.rate)} of the register ({of.rule}); {percent(of.found.value)} of those counted are at "
            f"target, which is what may be paid on, and {percent(of.found.all_value)} of everybody")  # fmt: skip


def _loop_words(result: ContractResult) -> list[str]:
    found = loops.learning(result)
    if not found:
        return ["Learning loop: the data set has no events of a learning loop (table loop_events)."]
    return [f"Learning loop: {loops.finding(one)}." for one in found]
