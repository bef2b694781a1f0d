"""Pictures of who bears which risk."""

from typing import Any

import numpy as np

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, percent_axis, spec, zero_line
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.headline import BAD_YEAR, cliffs, headline, kept_of_next_pound, who_bears
from capitation.loss.ratio import Floats
from capitation.loss.simulation_error import quantile_of
from capitation.terms import COMMISSIONER, HOLDER, RISK_POOL, money, percent
from capitation.theme import AXIS_GREY, COMMISSIONER_GREEN, HOLDER_BLUE, INK, LOSS_RED, PARTNER_PURPLE

BINS = 40
WITH, WITHOUT = "with the clauses", "without protection"
BEARING = np.array([-0.12, -0.08, -0.04, 0.04, 0.08, 0.12, 0.16])
NEXT = np.linspace(-0.15, 0.15, 61)
COLOURS = [HOLDER_BLUE, PARTNER_PURPLE, COMMISSIONER_GREEN, AXIS_GREY]
SIDES = {HOLDER: "Holder", "partners": "Partners", COMMISSIONER: "Commissioner", RISK_POOL: "Other contracts"}


def spread(result: ContractResult) -> Picture:
    """What holder and partners end with together in the drawn years, with the clauses in force and without."""
    currency = result.dataset.meta.currency
    protected, bare = result.outlook.providers_result, result.unprotected.providers_result
    low, high = np.quantile(np.concatenate([protected, bare]), [0.002, 0.998])
    edges = np.linspace(low, high, BINS + 1) if high > low else np.linspace(low - 1, low + 1, BINS + 1)
    data = _density(protected, edges, WITH) + _density(bare, edges, WITHOUT)
    loses = headline(result).providers_lose.value
    words = (f"With the clauses holder and partners together lose in {100 * loses:.0f} years of 100; one year in twenty is worse than "
             f"{money(quantile_of(protected, BAD_YEAR).value, currency)}, against "
             f"{money(quantile_of(bare, BAD_YEAR).value, currency)} without protection.")  # fmt: skip
    return Picture("risk-spread", _spread_finding(protected, bare), words, _spread_spec(currency), {"rows": data})


def _density(draws: Floats, edges: Floats, name: str) -> list[dict[str, Any]]:
    share = np.histogram(draws, bins=edges)[0] / len(draws)
    middle = (edges[:-1] + edges[1:]) / 2
    return [{"result": float(m), "share": float(s), "clauses": name} for m, s in zip(middle, share, strict=True)]


def _spread_finding(protected: Floats, bare: Floats) -> str:
    narrower = 1 - protected.std() / bare.std() if bare.std() else 0.0
    if abs(narrower) < 0.01:
        return "The clauses leave the spread of the providers’ year as it is"
    word = "narrow" if narrower > 0 else "widen"
    return f"The clauses {word} the spread of the providers’ year by {percent(abs(narrower), 0)}"


@drawn_once
def _spread_spec(currency: str) -> dict[str, Any]:
    x = alt.X("result:Q", axis=money_axis(f"result of holder and partners together, {currency}", currency))
    y = alt.Y("share:Q", axis=percent_axis("share of drawn years", tickCount=4))
    names = [WITH, WITHOUT]
    colour = alt.Color(
        "clauses:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=names, range=[HOLDER_BLUE, AXIS_GREY])
    )
    dash = alt.StrokeDash(
        "clauses:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=names, range=[[1, 0], [5, 4]])
    )
    lines = chart(x=x, y=y, color=colour, strokeDash=dash).mark_line(interpolate="monotone", strokeWidth=2.5)
    lost = chart(x=x, y=y).mark_area(color=LOSS_RED, opacity=0.2, interpolate="monotone")
    lost = lost.transform_filter(f"datum.clauses === '{WITH}' && datum.result <= 0")
    return spec(lost + lines + zero_line("x"))


def bearing(result: ContractResult) -> Picture:
    """Who bears the difference when care costs more or less than the price."""
    shares = who_bears(result, BEARING)
    price = result.price.payment
    data = [{"cost": percent(float(d), 0, signed=True), "party": SIDES[side], "share": float(s / price)}
            for side, amounts in shares.items() for d, s in zip(BEARING, amounts, strict=True)]  # fmt: skip
    words = "; ".join(
        f"cost {d['cost']}: {d['party']} {percent(d['share'], 1, signed=True)} of the price" for d in data
    )
    return Picture("risk-bearing", _bearing_finding(shares), words, _bearing_spec(",".join(shares)), {"rows": data})


def _bearing_finding(shares: dict[str, Floats]) -> str:
    worst = {side: float(amounts[-1]) for side, amounts in shares.items()}
    most = min(worst, key=lambda side: worst[side])
    part = worst[most] / sum(worst.values())
    return f"When care costs {percent(float(BEARING[-1]), 0)} more, the {SIDES[most].lower()} " + (
        f"bear{'' if most in ('partners', RISK_POOL) else 's'} {percent(part, 0)} of it"
    )


@drawn_once
def _bearing_spec(sides: str) -> dict[str, Any]:
    x = alt.X("cost:N", sort=None, axis=alt.Axis(title="care cost against the price", labelAngle=0))
    y = alt.Y("share:Q", axis=percent_axis("gain or loss, per cent of the price", tickCount=6))
    colour = alt.Color("party:N", legend=alt.Legend(title=None), scale=alt.Scale(
        domain=[SIDES[side] for side in sides.split(",")], range=COLOURS))  # fmt: skip
    return spec(chart(x=x, y=y, color=colour).mark_bar() + zero_line())


def next_pound(result: ContractResult) -> Picture:
    """The share of the next pound saved that stays with holder and partners, by how the year is going."""
    kept = kept_of_next_pound(result, NEXT)["providers"]
    data = [{"cost": float(d), "kept": float(k)} for d, k in zip(NEXT, kept, strict=True) if np.isfinite(k)]
    here = float(kept[len(NEXT) // 2])
    unit = f"{result.dataset.meta.currency}1"
    finding = (f"At the price, {percent(here, 0)} of the next {unit} saved stays with those who save it" if np.isfinite(here) else
               f"At the price, the next {unit} saved decides whether anything is shared")  # fmt: skip
    words = (f"Holder and partners keep between {percent(float(np.nanmin(kept, initial=1.0)), 0)} and "
             f"{percent(float(np.nanmax(kept, initial=0.0)), 0)} of the next {unit} saved while cost is within 15 per cent of the "
             f"price.{cliff_words(result)}")  # fmt: skip
    return Picture("risk-next-pound", finding, words, _next_pound_spec(), {"rows": data})


def cliff_words(result: ContractResult) -> str:
    """Where one more pound saved is worth far more than itself, in a sentence; nothing where it nowhere is."""
    found = cliffs(result, NEXT)
    if not found:
        return ""
    where = " and ".join(
        f"about {percent(at, 1, signed=True)} ({money(worth, result.dataset.meta.currency)})" for at, worth in found
    )
    return f" At a minimum rate, {where} against the price, the next saving decides whether anything is shared."


@drawn_once
def _next_pound_spec() -> dict[str, Any]:
    x = alt.X("cost:Q", axis=percent_axis("care cost against the price"))
    y = alt.Y("kept:Q", axis=percent_axis("share kept by holder and partners", tickCount=5),
              scale=alt.Scale(domainMin=0, domainMax=1, nice=True))  # fmt: skip
    return spec(chart(x=x, y=y).mark_line(interpolate="step", strokeWidth=2.5, color=INK))
