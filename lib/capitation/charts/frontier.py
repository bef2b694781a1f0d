"""Pictures of who could bear what: incentive against premium, and how much of each party's tolerance is used."""

from collections.abc import Sequence
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, percent_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.terms import COMMISSIONER, HOLDER, percent
from capitation.theme import AXIS_GREY, INK, LOSS_RED, party_colours
from capitation.who_bears.frontier import Frontier, Point, rooms_of
from capitation.who_bears.limits import PREMIUM, Limit, limit_words, party_words

BEST, NOW, PROPOSED = "best terms at each premium", "terms now", "terms proposed"
MOST_SHOWN = 3.0  # times a tolerance; what is further off is drawn there, and said in the words
NAMES = 3  # at most so many parties are named in a title


def frontier_picture(result: ContractResult, found: Frontier) -> Picture:
    """What of the next pound saved holder and partners keep, against the premium: the best terms, those now, those proposed."""
    rows = [_row(point, BEST) for point in found.points]
    rows += [_row(found.now, NOW)] + ([_row(found.answer, PROPOSED)] if found.answer else [])
    points = "; ".join(
        f"{percent(p.figures.premium, 2, signed=True)} keeps {percent(p.figures.incentive)}" for p in found.points
    )
    limits = "; ".join(limit_words(result, limit) for limit in found.limits)
    words = (f"Premium, as a share of the price, and what of the next saving stays with holder and partners. Now: "
             f"{percent(found.now.figures.premium, 2, signed=True)} keeps {percent(found.now.figures.incentive)}. Best terms within the "
             f"tolerances: {points}. Tolerances: {limits}.")  # fmt: skip
    return Picture("who-bears-frontier", frontier_finding(result, found), words, _frontier_spec(), {"rows": rows})


def _row(point: Point, which: str) -> dict[str, Any]:
    return {"premium": point.figures.premium, "incentive": point.figures.incentive, "which": which}


def frontier_finding(result: ContractResult, found: Frontier) -> str:
    """What was found, in a sentence."""
    if found.answer is None:
        return "The search was stopped before any terms were found"
    unit, best, now = f"{result.dataset.meta.currency}1", found.answer.figures, found.now.figures
    said = (f"Within every tolerance other terms keep {percent(best.incentive, 0)} of the next {unit} saved, at a premium of "
            f"{percent(best.premium)} of the price")  # fmt: skip
    return f"{said}; those now keep {percent(now.incentive, 0)} at {percent(now.premium)}{_broken(result, found)}"


def _broken(result: ContractResult, found: Frontier) -> str:
    """Whose tolerance the design as it is does not keep."""
    missed = [limit for limit, _ in found.missed(found.now)]
    names = [_in_a_sentence(result, limit) for limit in missed if limit.party != PREMIUM]
    if not missed:
        return ""
    if not names:
        return ", a premium above its limit"
    shown = names if len(names) <= NAMES else [*names[: NAMES - 1], f"{len(names) - NAMES + 1} others"]
    return f", and ask more of {_listed(shown)} than they can bear"


@drawn_once
def _frontier_spec() -> dict[str, Any]:
    x = alt.X("premium:Q", axis=percent_axis("premium: paid by the commissioner beyond the price on average, per cent of the price"),
              scale=alt.Scale(zero=False, padding=24))  # fmt: skip
    y = alt.Y("incentive:Q", axis=percent_axis("next saving kept by holder and partners, per cent", tickCount=5),
              scale=alt.Scale(zero=False, padding=20))  # fmt: skip
    domain = [BEST, NOW, PROPOSED]
    shape = alt.Shape(
        "which:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=domain, range=["circle", "diamond", "square"])
    )
    colour = alt.Color(
        "which:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=domain, range=[AXIS_GREY, LOSS_RED, INK])
    )
    size = alt.Size("which:N", legend=None, scale=alt.Scale(domain=domain, range=[45, 150, 150]))
    line = chart(x=x, y=y).mark_line(color=AXIS_GREY, strokeWidth=2).transform_filter(f"datum.which === '{BEST}'")
    dots = chart(x=x, y=y, shape=shape, color=colour, size=size).mark_point(filled=True, opacity=1)
    names = [_name(x, y, which, align) for which, align in ((NOW, "left"), (PROPOSED, "right"))]
    return spec(alt.layer(line, dots, *names), height=260)


def _name(x: Any, y: Any, which: str, align: Any) -> Any:
    """The name of a point above it."""
    text = chart(x=x, y=y, text=alt.Text("which:N")).mark_text(dy=-16, align=align, color=INK)
    return text.transform_filter(f"datum.which === '{which}'")


def tolerances_picture(result: ContractResult, found: Frontier) -> Picture:
    """How much of what each party can bear its bad year takes, now and under the terms proposed."""
    pairs = [(NOW, found.now), *([(PROPOSED, found.answer)] if found.answer else [])]
    rows = [_used_row(result, limit, which, point) for which, point in pairs for limit in found.limits]
    said = "; ".join(f"{row['party']}, {row['which']}: {percent(row['exact'], 0)}" for row in rows)
    colours = party_colours([limit.party for limit in found.limits])
    names = [party_words(result, limit.party) for limit in found.limits]
    colour = [INK if limit.party == PREMIUM else colours[limit.party] for limit in found.limits]
    return Picture("who-bears-tolerances", _tolerances_finding(result, found), f"Part of each tolerance that is used. {said}.",
                   _tolerances_spec("|".join(names), "|".join(colour)), {"rows": rows})  # fmt: skip


def used(limit: Limit, point: Point) -> float:
    """What a point takes of a tolerance, 1 where all of it; nothing where the party gains. Tolerances of nothing count as a
    penny's."""
    room = rooms_of(point.figures, [limit])[0]
    whole = limit.share if limit.party == PREMIUM else limit.allowed / limit.base
    return max(0.0, (whole - room) / max(whole, 1e-6))


def _used_row(result: ContractResult, limit: Limit, which: str, point: Point) -> dict[str, Any]:
    exact = used(limit, point)
    return {"party": party_words(result, limit.party), "which": which, "used": min(exact, MOST_SHOWN), "exact": exact}


def _tolerances_finding(result: ContractResult, found: Frontier) -> str:
    if found.answer is None:
        return frontier_finding(result, found)
    if not found.binding:
        return "No tolerance stops more incentive: the terms are at the ends of their ranges"
    limits = [binding.limit for binding in found.binding]
    bear = [_in_a_sentence(result, limit) for limit in limits if limit.party != PREMIUM]
    said = [f"what {_listed(bear)} can bear"] if bear else []
    said += ["what the commissioner may pay on average"] if any(limit.party == PREMIUM for limit in limits) else []
    return f"What stops more incentive is {' and '.join(said)}"


def _in_a_sentence(result: ContractResult, limit: Limit) -> str:
    name = party_words(result, limit.party).lower()
    return f"the {name}" if limit.party in (HOLDER, COMMISSIONER) else name


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@drawn_once
def _tolerances_spec(names: str, colours: str) -> dict[str, Any]:
    parties, shades = names.split("|"), colours.split("|")
    x = alt.X("used:Q", axis=percent_axis(f"part of its tolerance used, per cent (drawn up to {MOST_SHOWN * 100:.0f})"),
              scale=alt.Scale(domainMin=0))  # fmt: skip
    y = alt.Y("party:N", sort=parties, axis=alt.Axis(title=None))
    colour = alt.Color("party:N", legend=None, scale=alt.Scale(domain=parties, range=shades))
    shape = alt.Shape(
        "which:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=[NOW, PROPOSED], range=["diamond", "square"])
    )
    dots = chart(x=x, y=y, color=colour, shape=shape).mark_point(filled=True, opacity=1, size=130)
    line = chart(x=x, y=y, color=colour).mark_line(strokeWidth=2, opacity=0.5)
    whole = alt.Chart(alt.NamedData("rows")).mark_rule(color=INK, strokeDash=[4, 3]).encode(x=alt.datum(1))
    return spec(line + dots + whole, height=30 * len(parties) + 20)
