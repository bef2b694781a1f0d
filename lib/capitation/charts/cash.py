"""The picture of each partner's cash at the end of every month: who runs lowest, when, and what has to be borrowed."""

from collections.abc import Mapping, Sequence
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once
from capitation.charts.drawing import spec as drawn_spec
from capitation.charts.picture import Picture
from capitation.errors import InputError
from capitation.payments.cash import CashPath, days_of_cash
from capitation.terms import money
from capitation.theme import AXIS_GREY, INK, LOSS_RED, PARTNER_PURPLE, QUIET, RULE_GREY

STRIP = 76  # pixels for a partner
WORDS_SHARE = 0.34  # of a strip, at its top, for the partner's name and what is told of it
FOOT = 0.1  # of a strip, free at its bottom
NARROW = 520  # pixels: below it the words are shorter
NOBODY = "No partner’s cash is known"


def balances(
    paths: Mapping[str, CashPath], months: Sequence[str], currency: str, yearly_costs: Mapping[str, int] | None = None
) -> Picture:
    """Balances at month end of each partner (by label), in a strip each, the lowest month marked.

    ``months`` names the contract months in order. ``yearly_costs`` are pence by label; where they are given, balances
    are told in days of cash too. Raises InputError for a path of more or fewer months.
    """
    for partner, path in paths.items():
        _check_months(partner, path, months)
    days = {p: _days(path, (yearly_costs or {}).get(p, 0)) for p, path in paths.items()}
    data = {
        "rows": [row for partner, path in paths.items() for row in _line(partner, path, months, currency)],
        "strips": [_strip(partner, path, months, days[partner], currency) for partner, path in paths.items()],
    }
    return Picture("payments-cash", cash_finding(paths, months, currency, yearly_costs),
                   _in_words(paths, months, days, currency), _cash_spec(currency), data)  # fmt: skip


def _check_months(partner: str, path: CashPath, months: Sequence[str]) -> None:
    if len(path.balances) != len(months):
        raise InputError(f"cash of {partner}", f"{len(path.balances)} months", f"the {len(months)} that are named")


def _days(path: CashPath, yearly_cost: int) -> float | None:
    return days_of_cash(path.lowest, yearly_cost) if yearly_cost > 0 else None


def cash_finding(
    paths: Mapping[str, CashPath], months: Sequence[str], currency: str, yearly_costs: Mapping[str, int] | None = None
) -> str:
    """Who runs lowest, in which month, and what has to be borrowed, in a sentence.

    Lowest in days of cash where every partner's cost is known, else in money.
    """
    if not paths:
        return NOBODY
    days = {p: _days(path, (yearly_costs or {}).get(p, 0)) for p, path in paths.items()}
    known = {p: d for p, d in days.items() if d is not None}
    worst = (
        min(known, key=lambda p: known[p]) if len(known) == len(paths) else min(paths, key=lambda p: paths[p].lowest)
    )
    path = paths[worst]
    low = f"{money(path.lowest / 100, currency)} at the end of {months[path.lowest_month - 1]}"
    said = f"{worst} runs lowest on cash: {low}{_days_words(days[worst], ', ')}"
    return said + _borrowed(paths, worst, currency)


def _borrowed(paths: Mapping[str, CashPath], worst: str, currency: str) -> str:
    """What the partner that runs lowest has to borrow, and all of them where others must too."""
    short = [p for p, path in paths.items() if path.overdraft]
    if not short:
        return "; nobody has to borrow"
    total = sum(path.overdraft for path in paths.values())
    if short == [worst]:
        return f"; it has to borrow {money(total / 100, currency)}"
    return f"; {len(short)} of {len(paths)} partners have to borrow, {money(total / 100, currency)} together"


def _days_words(days: float | None, before: str) -> str:
    if days is None:
        return ""
    count = f"{abs(days):.0f}" if abs(days) >= 1.5 else f"{abs(days):.1f}"
    short = "short by " if days < 0 and float(count) else ""
    return f"{before}{short}{count} days of its cost"


def _in_words(
    paths: Mapping[str, CashPath], months: Sequence[str], days: Mapping[str, float | None], currency: str
) -> str:
    said = [_partner_in_words(p, path, months, days[p], currency) for p, path in paths.items()]
    return " ".join([f"Balances at the end of each contract month, {currency}.", *said]) if said else f"{NOBODY}."


def _partner_in_words(partner: str, path: CashPath, months: Sequence[str], days: float | None, currency: str) -> str:
    line = "; ".join(f"{m} {money(b / 100, currency)}" for m, b in zip(months, path.balances, strict=True))
    lowest = f"lowest in {months[path.lowest_month - 1]}{_days_words(days, ', ')}"
    owed = f", {money(path.owed / 100, currency)} arrives after the last month" if path.owed else ""
    return f"{partner}: {line}; {lowest}, to borrow {money(path.overdraft / 100, currency)}{owed}."


# rows


def level(balance: int, path: CashPath) -> float:
    """Where a balance stands in its partner's strip, from 0 at the top to 1; zero is always in it."""
    low, high = min(path.lowest, 0), max(*path.balances, 0)
    up = (balance - low) / (high - low) if high > low else 0.0
    return 1 - FOOT - up * (1 - FOOT - WORDS_SHARE)


def _line(partner: str, path: CashPath, months: Sequence[str], currency: str) -> list[dict[str, Any]]:
    return [
        {"partner": partner, "month": month, "level": level(balance, path), "below": balance < 0,
         "said": f"{partner}, end of {month}: {money(balance / 100, currency)}"}
        for month, balance in zip(months, path.balances, strict=True)
    ]  # fmt: skip


def _strip(partner: str, path: CashPath, months: Sequence[str], days: float | None, currency: str) -> dict[str, Any]:
    """A partner's zero line, its lowest month, and what is told of it."""
    lowest, month = money(path.lowest / 100, currency), months[path.lowest_month - 1]
    last = money(path.balances[-1] / 100, currency)
    return {"partner": partner, "zero": level(0, path), "month": month, "level": level(path.lowest, path),
            "top": 0.0, "head": WORDS_SHARE / 2, "tone": LOSS_RED if path.lowest < 0 else QUIET,
            "long": f"lowest {lowest}, end of {month}{_days_words(days, ', ')}; last {last}",
            "short": f"lowest {lowest}, {month}"}  # fmt: skip


# the drawing


@drawn_once
def _cash_spec(currency: str) -> dict[str, Any]:
    title = [f"balance at month end, {currency}; the grey line is zero;", "each partner on a scale of its own"]
    axis = alt.Axis(title=title, titleLimit=0, titleAnchor="start", labelAngle=0, labelOverlap=True, domain=False)
    x = alt.X("month:N", sort=None, axis=axis, scale=alt.Scale(type="point", padding=0.3))
    y = alt.Y("partner:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    drawn = alt.layer(*_rules(y), *_lines(x, y), *_texts(y))
    return {**drawn_spec(drawn), "height": {"step": STRIP}}


def _at(field: str) -> Any:
    """Where in its strip a mark stands, by a field from 0 to 1."""
    return alt.YOffset(f"{field}:Q", scale=alt.Scale(domain=[0, 1], nice=False, zero=False))


def _rules(y: Any) -> list[Any]:
    edge = chart("strips", y=y, yOffset=_at("top")).mark_rule(color=RULE_GREY)
    return [edge, chart("strips", y=y, yOffset=_at("zero")).mark_rule(color=AXIS_GREY, strokeWidth=1.5)]


def _lines(x: Any, y: Any) -> list[Any]:
    """The balances, red where below zero, and a ring round the lowest."""
    of_month = chart(x=x, y=y, yOffset=_at("level"), detail="partner:N", tooltip="said:N")
    below = alt.Color("below:N", legend=None, scale=alt.Scale(domain=[False, True], range=[PARTNER_PURPLE, LOSS_RED]))
    lowest = chart("strips", x=x, y=y, yOffset=_at("level"), stroke=alt.Stroke("tone:N", scale=None))
    return [
        of_month.mark_line(color=PARTNER_PURPLE, strokeWidth=2),
        of_month.encode(color=below).mark_point(filled=True, size=36, opacity=1),
        lowest.mark_point(filled=False, size=150, strokeWidth=2, opacity=1),
    ]


def _texts(y: Any) -> list[Any]:
    """The partner on the left of its strip's top, what is told of it on the right."""
    head = chart("strips", y=y, yOffset=_at("head"))
    name = head.encode(x=alt.value(0), text="partner:N")
    told = head.transform_calculate(told=f"width < {NARROW} ? datum.short : datum.long")
    told = told.encode(x=alt.value("width"), text="told:N", color=alt.Color("tone:N", scale=None))
    limit = alt.ExprRef(f"width * (width < {NARROW} ? 0.5 : 0.4)")
    return [
        name.mark_text(align="left", baseline="middle", fontWeight="bold", color=INK, limit=limit),
        told.mark_text(align="right", baseline="middle"),
    ]
