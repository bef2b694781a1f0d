"""Pictures of what time alone does to a cohort: regression to the mean, comers and goers, who leaves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from capitation.charts.cohort_people import ALL_CARE
from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec, zero_line
from capitation.charts.picture import Picture
from capitation.cohort.regression_to_mean import Persistence, Regression
from capitation.cohort.turnover import STAYED, Turnover
from capitation.contract import ContractResult
from capitation.dataset.disclosure import may_show_from_squares, may_show_mean, taken_together
from capitation.loss.simulation_error import Estimate
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, LOSS_RED

TOGETHER = "few people, taken together"
WITH_STAYERS = "those who stayed and few others, taken together"
OWN_RISE = "everybody’s own rise"
OWN_RISE_IS = (
    "Everybody’s own rise is what the people of the year cost in it against what the same people cost the year before: "
    "they were alive at its start, so that it holds deaths to come and is more than the growth of cost per person-year."
)


def persistence(result: ContractResult) -> Picture | None:
    """The same people, chosen once, in the year before and in the years after: they get better by themselves."""
    found = shown_persistence(result)
    if found is None:
        return None
    data = _followed(result, found)
    words = "; ".join(f"{d['year']}: {percent(d['share'])} of {d['what']}" for d in data)
    return Picture("cohort-persistence", _persistence_finding(result, found), f"Share of the people chosen. {words}. {ALL_CARE}",
                   _persistence_spec(), {"rows": data})  # fmt: skip


def shown_persistence(result: ContractResult) -> Persistence | None:
    """The people followed, where every year of them may be shown; without the outcome where it was counted for few."""
    found = result.profile.persistence
    rows = found.shares.to_dict("records") if found else []
    if found is None or not all(map(may_show_share, rows)):
        return None
    counted = found.outcome and all(none_or_enough(row["outcome"], row["other_outcome"]) for row in rows)
    return found if counted else replace(found, outcome="")


def may_show_share(row: Mapping[Any, Any]) -> bool:
    """Whether one year's share of cost may be shown: neither those chosen nor everybody else are few, or mostly one."""
    sides = [(row[f"{side}people"], row[f"{side}cost"], row[f"{side}squares"]) for side in ("", "other_")]
    return all(people == 0 or may_show_from_squares(int(people), cost, squares) for people, cost, squares in sides)


def none_or_enough(*counts: float) -> bool:
    """Whether counts of events may be told from: each is nothing, or of 8 or more."""
    return all(count == 0 or may_show_mean(round(count)) for count in counts)


def _followed(result: ContractResult, found: Persistence) -> list[dict[str, Any]]:
    kinds = {"cost_share": "all cost"} | ({"outcome_share": _words(found.outcome)} if found.outcome else {})
    return [{"year": result.dataset.meta.year_name(int(row["year"])), "share": float(row[column]), "what": what,
             "chosen": bool(row["year"] == found.chosen_in)}
            for column, what in kinds.items() for row in found.shares.to_dict("records") if np.isfinite(row[column])]  # fmt: skip


def _words(outcome: str) -> str:
    return "all " + outcome.replace("_", " ") + ("" if outcome.endswith("s") else "s")


def _persistence_finding(result: ContractResult, found: Persistence) -> str:
    by_year = found.shares.set_index("year")
    column, what = ("outcome_share", _words(found.outcome)) if found.outcome else ("cost_share", "all cost")
    before, first = (float(by_year[column].get(year, np.nan)) for year in (found.chosen_in - 1, found.chosen_in))
    chosen = f"People chosen at the start of {result.dataset.meta.year_name(found.chosen_in)}"
    if not np.isfinite([before, first]).all():
        return f"{chosen}: what they had of {what} in each year"
    verb = "fell" if first < before else "rose"
    return (f"{chosen} had {percent(before, 0)} of {what} the year before; it {verb} to {percent(first, 0)} "
            "with nobody doing anything")  # fmt: skip


@drawn_once
def _persistence_spec() -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title="year (the larger point: chosen at its start)", labelAngle=0))
    y = alt.Y("share:Q", axis=percent_axis("share of everybody’s", tickCount=5), scale=alt.Scale(zero=True))
    colour = alt.Color("what:N", legend=alt.Legend(title=None), scale=alt.Scale(range=[HOLDER_BLUE, AXIS_GREY]))
    line = chart(x=x, y=y, color=colour).mark_line()
    size = alt.condition("datum.chosen", alt.value(170), alt.value(50))
    return spec(line + chart(x=x, y=y, color=colour, size=size).mark_point(filled=True, opacity=1))


def regression(result: ContractResult) -> Picture | None:
    """Cost of a person-year before, as expected with no intervention, and as it was."""
    found = shown_regression(result)
    if found is None or found.expected is None:
        return None
    currency = result.dataset.meta.currency
    level = found.now.before * found.now.growth
    rows = [("the year before", found.now.before, None), (f"… with {OWN_RISE}", level, None),
            ("expected with no intervention", found.expected.value, found.expected), ("as it was", found.now.after, None)]  # fmt: skip
    data = [{"what": what, "pppy": value, "low": e.low if e else value, "high": e.high if e else value, "chance": bool(e)}
            for what, value, e in rows]  # fmt: skip
    words = "; ".join(f"{d['what']} {money(d['pppy'], currency)}" for d in data)
    return Picture("cohort-regression", regression_finding(result), f"Cost of a person-year. {words}. {OWN_RISE_IS} {ALL_CARE}",
                   _regression_spec(currency), {"rows": data})  # fmt: skip


def shown_regression(result: ContractResult) -> Regression | None:
    """Regression to the mean, where this year's figures and those it is learnt from may be shown."""
    found = result.profile.regression
    return found if found and all(fall.may_show for fall in (found.now, *found.earlier)) else None


def regression_finding(result: ContractResult) -> str:
    """What would be called a saving though nobody did anything; empty where nothing tells."""
    found, currency = shown_regression(result), result.dataset.meta.currency
    if found is None or found.saving_without_doing_anything is None or found.change is None:
        return ""
    saving, tolerance = found.saving_without_doing_anything, result.design.cohort.tolerance
    whole = found.now.before * found.now.growth * result.profile.exposure
    if saving.low <= 0 <= saving.high:
        return _not_told(saving, tolerance, whole, currency)
    word = "less" if saving.value > 0 else "more"
    plain = "rises" if found.change.value > 0 else "falls"
    near, far = sorted(abs(v) for v in (saving.low, saving.high))
    return (f"With nobody doing anything the cohort’s cost comes to {money(abs(saving.value), currency)} {word} than {OWN_RISE} "
            f"would make it ({money(near, currency)} to {money(far, currency)}); against the year before it {plain} by "
            f"{money(abs(found.change.value), currency)}")  # fmt: skip


def _not_told(saving: Estimate, tolerance: float, whole: float, currency: str) -> str:
    """Limits on both sides of nothing: near enough to nothing, or too wide to say."""
    less, more = money(saving.high, currency), money(-saving.low, currency)
    if max(saving.high, -saving.low) <= tolerance * whole:
        return (f"With nobody doing anything the cohort’s cost keeps to {OWN_RISE} within {percent(tolerance)}: between {less} less "
                f"and {more} more")  # fmt: skip
    return (f"It can’t be told whether these rules pick people at their worst moment: with nobody doing anything cost may come to "
            f"{less} less or {more} more than {OWN_RISE} would make it")  # fmt: skip


@drawn_once
def _regression_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("what:N", sort=None, axis=alt.Axis(title=None, labelLimit=240))
    x = alt.X("pppy:Q", axis=money_axis(f"{currency} per person-year; line: 95 % limits", currency, tickCount=5))
    colour = alt.condition("datum.chance", alt.value(HOLDER_BLUE), alt.value(AXIS_GREY))
    limits = chart(y=y, x=alt.X("low:Q"), x2="high:Q").transform_filter("datum.chance").mark_rule(strokeWidth=3)
    return spec(chart(y=y, x=x, color=colour).mark_bar() + limits)


def turnover(result: ContractResult) -> Picture | None:
    """What comers and goers do to the cost of a person-year."""
    found = result.profile.turnover
    if found is None:
        return None
    effects = shown_effects(found)
    if effects is None:
        return None
    currency = result.dataset.meta.currency
    data = [{"change": change, "effect": effect} for change, effect in effects.items()]
    words = "; ".join(f"{d['change']} {money(d['effect'], currency, signed=True)}" for d in data)
    return Picture("cohort-turnover", turnover_finding(result), f"Effect on the cost of a person-year. {words}. {ALL_CARE}",
                   _turnover_spec(currency), {"rows": data})  # fmt: skip


def turnover_finding(result: ContractResult) -> str:
    """How much of the change in the cost of a person-year is of people who came and went; empty where nothing tells."""
    found, currency = result.profile.turnover, result.dataset.meta.currency
    effects = shown_effects(found) if found else None
    if found is None or effects is None:
        return ""
    whole = f"A person-year costs {money(found.after - found.before, currency, signed=True)} against the year before"
    if STAYED not in effects:
        return f"{whole}; too few people stayed in to say how much of it is of those who came and went"
    came_and_went = sum(effect for change, effect in effects.items() if change != STAYED)
    return (f"{whole}: {money(effects[STAYED], currency, signed=True)} of those who stayed, "
            f"{money(came_and_went, currency, signed=True)} because people came and went")  # fmt: skip


def shown_effects(found: Turnover) -> dict[str, float] | None:
    """The effect of each group on the cost of a person-year; groups of few people in one sum; None if too few in all.

    Those who stayed are kept apart from comers and goers, unless they or the comers and goers are too few for that.
    """
    people = {str(change): int(n) for change, n in found.groups.groupby("change")["people"].sum().items()}
    effects = found.groups.groupby("change", sort=False)["effect"].sum()
    together = _together(people)
    if together and not may_show_mean(sum(people[change] for change in together)):
        return None
    shown = {str(change): float(effect) for change, effect in effects.items() if change not in together}
    name = WITH_STAYERS if STAYED in together else TOGETHER
    return shown | ({name: float(effects[together].sum())} if together else {})


def _together(people: Mapping[str, int]) -> list[str]:
    """The groups that may only be shown in one sum; those who stayed are in it only where it can't be helped."""
    moving = taken_together({change: n for change, n in people.items() if change != STAYED})
    enough = not moving or may_show_mean(sum(people[change] for change in moving))
    return moving if enough and may_show_mean(people.get(STAYED, 0)) else taken_together(people)


@drawn_once
def _turnover_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("change:N", sort=None, axis=alt.Axis(title=None, labelLimit=240))
    x = alt.X("effect:Q", axis=money_axis(f"effect on a person-year, {currency}", currency, tickCount=5))
    colour = alt.condition("datum.effect > 0", alt.value(LOSS_RED), alt.value(HOLDER_BLUE))
    return spec(chart(y=y, x=x, color=colour).mark_bar() + zero_line("x"))


def selection(result: ContractResult) -> Picture | None:
    """Predicted cost against what is paid, of those who stayed, left and died; None where few left."""
    found = result.profile.selection
    if found is None or not all(map(may_show_mean, found.groups["people"])):
        return None
    currency = result.dataset.meta.currency
    names = {"there": "stayed", "left": "left", "died": "died"}
    data = [{"group": names[str(r["ending"])], "what": what, "pppy": float(r[what])}
            for r in found.groups.to_dict("records") for what in ("predicted", "paid")]  # fmt: skip
    words = "; ".join(f"{d['group']} {d['what']} {money(d['pppy'], currency)}" for d in data)
    return Picture("cohort-selection", selection_finding(result), f"Cost of a person-year by who left. {words}. {ALL_CARE}",
                   _selection_spec(currency), {"rows": data})  # fmt: skip


def selection_finding(result: ContractResult) -> str:
    """Whether the cohort loses its costly people, in a sentence; empty where few left."""
    found, currency = result.profile.selection, result.dataset.meta.currency
    if found is None or not all(map(may_show_mean, found.groups["people"])):
        return ""
    limits = f"{money(found.gain.low, currency, signed=True)} to {money(found.gain.high, currency, signed=True)}"
    if not found.found:
        return _selection_not_told(found.ratio, result.design.cohort.tolerance)
    word = "dearer" if found.gain.value > 0 else "cheaper"
    return (f"Those who left were {word} than paid for: their going is worth {money(found.gain.value, currency, signed=True)} a "
            f"year to the holder ({limits})")  # fmt: skip


def _selection_not_told(ratio: Estimate, tolerance: float) -> str:
    """Limits on both sides of 1: near enough to it, or too wide to say."""
    limits = f"{ratio.low:.2f} to {ratio.high:.2f}"
    if 1 - tolerance <= ratio.low and ratio.high <= 1 + tolerance:
        return f"Those who left cost what was paid for them, to within {percent(tolerance)} ({limits} times)"
    return (f"It can’t be told whether those who left were dearer than paid for: {ratio.value:.2f} times what is paid, and chance "
            f"alone makes that anything from {limits}")  # fmt: skip


@drawn_once
def _selection_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("group:N", sort=None, axis=alt.Axis(title=None))
    x = alt.X("pppy:Q", axis=money_axis(f"{currency} per person-year", currency, tickCount=5))
    kinds = ["predicted", "paid"]
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=kinds, range=[HOLDER_BLUE, AXIS_GREY]), legend=alt.Legend(title=None)
    )
    return spec(chart(y=y, x=x, color=colour, yOffset=alt.YOffset("what:N", sort=kinds)).mark_bar())
