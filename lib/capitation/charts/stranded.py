"""The picture of fixed cost that stays with partners when their income goes, against the result they planned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, zero_line
from capitation.charts.drawing import spec as drawn_spec
from capitation.charts.picture import Picture
from capitation.errors import InputError
from capitation.terms import HALF_PENNY, money
from capitation.theme import AXIS_GREY, INK, LOSS_RED, PARTNER_PURPLE, QUIET

ROW = 20  # pixels
INCOME, COST, RESULT, PLANNED = "income", "cost", "result", "planned"
NOBODY = "No partner’s income changes"


@dataclass(frozen=True)
class Stranding:
    """A partner whose yearly income changes, and what its result changes by in each year from then on.

    In the contract's currency a year, signed: less income is negative, and so is a result that falls by cost that stays.
    ``results`` is `payments.stranded.result_path`; ``planned_result`` is None where no plan is known. Raises InputError
    where there is no year.
    """

    partner: str
    income_change: float
    results: tuple[float, ...]
    planned_result: float | None

    def __post_init__(self) -> None:
        if not self.results:
            raise InputError(f"stranded cost of {self.partner}", "no year", "at least 1")

    @property
    def cost_effect(self) -> float:
        """What the change in cost does to the first year's result: positive where cost goes."""
        return self.results[0] - self.income_change


def stranded(partners: Sequence[Stranding], currency: str) -> Picture:
    """The change of income, the cost that goes with it and what stays, year by year, of each partner."""
    data = [row for partner in partners for row in _rows(partner, currency)]
    words = " ".join(_in_words(partner, currency) for partner in partners) or f"{NOBODY}."
    alt_text = f"Effects on each partner’s result, {currency} a year. {words}"
    return Picture("payments-stranded", stranded_finding(partners, currency), alt_text, _stranded_spec(currency),
                   {"rows": data})  # fmt: skip


def stranded_finding(partners: Sequence[Stranding], currency: str) -> str:
    """Whose result falls most in the first year, by how much, and the result it planned, in a sentence."""
    if not partners:
        return NOBODY
    worst = min(partners, key=lambda p: p.results[0])
    if worst.results[0] > -HALF_PENNY:
        return "No partner’s result falls as its income changes"
    stays = money(-worst.results[0], currency)
    what = f"{stays} of fixed cost stays behind" if worst.income_change < 0 else f"the result falls by {stays}"
    return f"{worst.partner}: {what}{_later(worst, currency)}{_planned(worst, currency)}"


def _later(partner: Stranding, currency: str) -> str:
    last = len(partner.results)
    if last == 1 or abs(partner.results[-1] - partner.results[0]) < HALF_PENNY:
        return ""
    left = money(max(-partner.results[-1], 0.0), currency)
    return f" in year 1 and {left} in year {last}"


def _planned(partner: Stranding, currency: str) -> str:
    planned = partner.planned_result
    if planned is None:
        return ""
    if abs(planned) < HALF_PENNY:
        return ", against a planned result of nil"
    return f", against a planned {'deficit' if planned < 0 else 'surplus'} of {money(abs(planned), currency)}"


def _in_words(partner: Stranding, currency: str) -> str:
    rows = [f"{what} {money(amount, currency, signed=True)}" for _, what, amount in _bars(partner)]
    return f"{partner.partner}: {'; '.join(rows)}."


# rows


def _bars(partner: Stranding) -> Iterable[tuple[str, str, float]]:
    """Kind, what it is and its effect on the result, from the top."""
    yield INCOME, "income", partner.income_change
    yield COST, "cost gone, year 1" if partner.cost_effect >= 0 else "cost added, year 1", partner.cost_effect
    for year, result in _first_and_last(partner.results):
        yield RESULT, f"{'gained' if result > 0 else 'stays'}, year {year}", result
    if partner.planned_result is not None:
        yield PLANNED, "planned result", partner.planned_result


def _first_and_last(results: Sequence[float]) -> list[tuple[int, float]]:
    """The first year and the last, from 1: between them fixed cost goes in equal steps."""
    years = list(enumerate(results, 1))
    return years[:1] + years[1:][-1:]


def _rows(partner: Stranding, currency: str) -> list[dict[str, Any]]:
    """The partner's name on a line of its own, then a bar a line; ``row`` is the axis text after a bar's own key."""
    heading = {
        "row": f"{partner.partner}|",
        "name": partner.partner,
        "kind": "",
        "amount": 0.0,
        "falls": False,
        "shown": "",
    }
    bars = [
        {"row": f"{partner.partner}|{what}", "name": "", "kind": kind, "amount": amount, "falls": amount < 0,
         "shown": money(amount, currency, signed=True)}
        for kind, what, amount in _bars(partner)
    ]  # fmt: skip
    return [heading, *bars]


# the drawing


@drawn_once
def _stranded_spec(currency: str) -> dict[str, Any]:
    axis = alt.Axis(title=None, labelExpr="split(datum.value, '|')[1]", ticks=False, domain=False, labelLimit=110)
    y = alt.Y("row:N", sort=None, axis=axis, scale=alt.Scale(paddingInner=0.15, paddingOuter=0))
    scale = alt.Scale(padding=56)  # room for the amounts beside the bars
    x = alt.X(
        "amount:Q", axis=money_axis(f"effect on the result, {currency} a year", currency, tickCount=4), scale=scale
    )
    bars = chart(y=y, x=x, color=_colour()).mark_bar()
    drawn = alt.layer(bars, *_amounts(y, x), _names(y), zero_line("x"))
    return {**drawn_spec(drawn), "height": {"step": ROW}}


def _colour() -> Any:
    """Red where a result falls, purple where it rises; the partner's plan in its colour, what leads there in greys."""
    falls = alt.when("datum.kind == 'result' && datum.falls").then(alt.value(LOSS_RED))
    kinds = alt.Scale(domain=[INCOME, COST, RESULT, PLANNED], range=[QUIET, AXIS_GREY, PARTNER_PURPLE, PARTNER_PURPLE])
    return falls.otherwise(alt.Color("kind:N", scale=kinds, legend=None))


def _amounts(y: Any, x: Any) -> list[Any]:
    text = chart(y=y, x=x, text="shown:N")
    return [
        text.transform_filter("datum.amount < 0").mark_text(align="right", dx=-5),
        text.transform_filter("datum.amount >= 0").mark_text(align="left", dx=5),
    ]


def _names(y: Any) -> Any:
    name = chart(y=y, x=alt.value(0), text="name:N").transform_filter("datum.name != ''")
    return name.mark_text(align="left", fontWeight="bold", color=INK, dx=-100)
