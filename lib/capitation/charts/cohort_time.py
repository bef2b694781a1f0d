"""Pictures of what time alone does to a cohort: regression to the mean, comers and goers, who leaves; and of risk told."""

from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec, zero_line
from capitation.charts.picture import Picture
from capitation.cohort.regression_to_mean import Persistence
from capitation.cohort.turnover import Turnover
from capitation.contract import ContractResult
from capitation.dataset.disclosure import may_show_from_squares, may_show_mean, taken_together
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, LOSS_RED

TOGETHER = "few people, taken together"


def persistence(result: ContractResult) -> Picture | None:
    """The same people, chosen once, in the year before and in the years after: they get better by themselves."""
    found = result.profile.persistence
    if found is None or not _may_show(found):
        return None
    data = _followed(result, found)
    words = "; ".join(f"{d['year']}: {percent(d['share'])} of {d['what']}" for d in data)
    return Picture("cohort-persistence", _persistence_finding(result, found), f"Share of the people chosen. {words}.",
                   _persistence_spec(), {"rows": data})  # fmt: skip


def _may_show(found: Persistence) -> bool:
    rows = found.shares[found.shares["people"] > 0]
    return all(map(may_show_from_squares, rows["people"], rows["cost"], rows["squares"]))


def _followed(result: ContractResult, found: Persistence) -> list[dict[str, Any]]:
    kinds = {"cost_share": "all cost"} | ({"outcome_share": _words(found.outcome)} if found.outcome else {})
    return [{"year": result.dataset.meta.year_name(int(row["year"])), "share": float(row[column]), "what": what,
             "chosen": bool(row["year"] == found.chosen_in)}
            for column, what in kinds.items() for row in found.shares.to_dict("records")]  # fmt: skip


def _words(outcome: str) -> str:
    return "all " + outcome.replace("_", " ") + ("" if outcome.endswith("s") else "s")


def _persistence_finding(result: ContractResult, found: Persistence) -> str:
    by_year = found.shares.set_index("year")
    column, what = ("outcome_share", _words(found.outcome)) if found.outcome else ("cost_share", "all cost")
    before, first = (float(by_year[column].loc[year]) for year in (found.chosen_in - 1, found.chosen_in))
    name = result.dataset.meta.year_name
    verb = "fell" if first < before else "rose"
    return (f"People chosen at the start of {name(found.chosen_in)} had {percent(before, 0)} of {what} the year before; "
            f"it {verb} to {percent(first, 0)} with nobody doing anything")  # fmt: skip


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
    found = result.profile.regression
    if found is None or found.expected is None:
        return None
    currency = result.dataset.meta.currency
    level = found.now.before * found.now.growth
    rows = [("the year before", found.now.before, None), ("… with everybody’s growth", level, None),
            ("expected with no intervention", found.expected.value, found.expected), ("as it was", found.now.after, None)]  # fmt: skip
    data = [{"what": what, "pppy": value, "low": e.low if e else value, "high": e.high if e else value, "chance": bool(e)}
            for what, value, e in rows]  # fmt: skip
    words = "; ".join(f"{d['what']} {money(d['pppy'], currency)}" for d in data)
    return Picture("cohort-regression", regression_finding(result), f"Cost of a person-year. {words}.",
                   _regression_spec(currency), {"rows": data})  # fmt: skip


def regression_finding(result: ContractResult) -> str:
    """What would be called a saving though nobody did anything; empty where nothing tells."""
    found, currency = result.profile.regression, result.dataset.meta.currency
    if found is None or found.expected is None or found.saving_without_doing_anything is None:
        return ""
    saving = found.saving_without_doing_anything
    limits = f"{money(saving.low, currency, signed=True)} to {money(saving.high, currency, signed=True)}"
    if saving.low <= 0 <= saving.high:
        return f"These rules do not pick people at their worst moment: cost falls by itself by about nothing ({limits})"
    word = "falls" if saving.value > 0 else "rises"
    return (f"With no intervention the cohort’s cost {word} by {money(abs(saving.value), currency)} against the year before "
            f"({limits})")  # fmt: skip


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
    people = float(sum(e for change, e in effects.items() if change != "stayed in"))
    words = "; ".join(f"{d['change']} {money(d['effect'], currency, signed=True)}" for d in data)
    finding = (f"A person-year costs {money(found.after - found.before, currency, signed=True)} against the year before, "
               f"{money(people, currency, signed=True)} of it because people came and went")  # fmt: skip
    return Picture("cohort-turnover", finding, f"Effect on the cost of a person-year. {words}.", _turnover_spec(currency),
                   {"rows": data})  # fmt: skip


def shown_effects(found: Turnover) -> dict[str, float] | None:
    """The effect of each group on the cost of a person-year; groups of few people in one sum; None if too few in all."""
    people = found.groups.groupby("change")["people"].sum()
    effects = found.groups.groupby("change", sort=False)["effect"].sum()
    together = taken_together({str(change): int(n) for change, n in people.items()})
    if together and not may_show_mean(int(people[together].sum())):
        return None
    shown = {str(change): float(effect) for change, effect in effects.items() if change not in together}
    return shown | ({TOGETHER: float(effects[together].sum())} if together else {})


@drawn_once
def _turnover_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("change:N", sort=None, axis=alt.Axis(title=None, labelLimit=240))
    x = alt.X("effect:Q", axis=money_axis(f"effect on a person-year, {currency}", currency, tickCount=5))
    colour = alt.condition("datum.effect > 0", alt.value(LOSS_RED), alt.value(HOLDER_BLUE))
    return spec(chart(y=y, x=x, color=colour).mark_bar() + zero_line("x"))


def risk_told(result: ContractResult) -> Picture | None:
    """How well risk was told beforehand, by tenth of everybody in the data, in a year that the score had not seen."""
    found = result.profile.stratification
    if found is None or not may_show_mean(int(found.tenths["people"].min())):
        return None
    name, data = result.dataset.meta.year_name, []
    for row in found.tenths.to_dict("records"):
        data += [
            {"tenth": int(row["tenth"]), "what": what, "share": float(row[what])} for what in ("predicted", "observed")
        ]
    first = found.tenths.iloc[0]
    words = "; ".join(f"tenth {d['tenth']} {d['what']} {percent(d['share'])}" for d in data)
    finding = (f"The tenth at highest risk held {percent(first['cost_share'], 0)} of the cost of {name(found.year)} and "
               f"{first['lift']:.1f} times its share of the dearest (c {found.c:.2f}; learnt from {name(found.learnt_from)})")  # fmt: skip
    return Picture(
        "cohort-risk", finding, f"Chance of being among the dearest 5 in 100. {words}.", _risk_spec(), {"rows": data}
    )


@drawn_once
def _risk_spec() -> dict[str, Any]:
    x = alt.X("tenth:O", axis=alt.Axis(title="tenth of everybody in the data, the highest risk first", labelAngle=0))
    y = alt.Y("share:Q", axis=percent_axis("among the dearest 5 in 100", tickCount=5))
    kinds = ["predicted", "observed"]
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=kinds, range=[AXIS_GREY, HOLDER_BLUE]), legend=alt.Legend(title=None)
    )
    return spec(chart(x=x, y=y, color=colour, xOffset=alt.XOffset("what:N", sort=kinds)).mark_bar())


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
    return Picture("cohort-selection", selection_finding(result), f"Cost of a person-year by who left. {words}.",
                   _selection_spec(currency), {"rows": data})  # fmt: skip


def selection_finding(result: ContractResult) -> str:
    """Whether the cohort loses its costly people, in a sentence; empty where few left."""
    found, currency = result.profile.selection, result.dataset.meta.currency
    if found is None or not all(map(may_show_mean, found.groups["people"])):
        return ""
    limits = f"{money(found.gain.low, currency, signed=True)} to {money(found.gain.high, currency, signed=True)}"
    if not found.found:
        return f"Those who left were no dearer than paid for, within chance ({limits} a year)"
    word = "dearer" if found.gain.value > 0 else "cheaper"
    return (f"Those who left were {word} than paid for: their going is worth {money(found.gain.value, currency, signed=True)} a "
            f"year to the holder ({limits})")  # fmt: skip


@drawn_once
def _selection_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("group:N", sort=None, axis=alt.Axis(title=None))
    x = alt.X("pppy:Q", axis=money_axis(f"{currency} per person-year", currency, tickCount=5))
    kinds = ["predicted", "paid"]
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=kinds, range=[HOLDER_BLUE, AXIS_GREY]), legend=alt.Legend(title=None)
    )
    return spec(chart(y=y, x=x, color=colour, yOffset=alt.YOffset("what:N", sort=kinds)).mark_bar())
