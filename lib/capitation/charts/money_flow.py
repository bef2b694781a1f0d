"""The picture of who pays whom: bands from payers on the left to what care costs on the right.

What a party receives meets its bar on the left, what it pays leaves it on the right; where the two differ, what it keeps
or takes from its own reserves closes its balance, to the penny.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once
from capitation.charts.drawing import spec as drawn_spec
from capitation.charts.flow_shape import (
    BESIDE,
    BESIDE_COLUMN,
    HEIGHT,
    KEPT,
    RESERVES,
    Bar,
    Closing,
    Loop,
    Shape,
    Stop,
    Strip,
    flow_shape,
)
from capitation.charts.picture import Picture
from capitation.payments.balance import Ends, Pair, balanced_ends, net_widths, netted
from capitation.terms import COMMISSIONER, HOLDER, MINUS, SUPPLIES, money, party_label
from capitation.theme import AXIS_GREY, COMMISSIONER_GREEN, HOLDER_BLUE, INK, LOSS_RED, PAPER, PARTNER_PURPLE, QUIET

Bands = Mapping[tuple[str, str, str], int]
COLUMN_X = (0.0, 0.31, 0.56, 1.0)  # of the width between the outermost bars
EDGE = 0.05  # of that width, free on both sides for what turns back
STUB = 0.035  # of that width: how far what closes a balance stands out
TURN = 0.045  # of that width: how far what turns back swings out
NARROW = 520  # pixels: below it the words are shorter
SMOOTH = 16  # steps of a curve
BAR = 10  # pixels
CARE = "What care costs"
PARTNER, OTHER = "partner", "other"
COLOURS = {
    COMMISSIONER: COMMISSIONER_GREEN,
    HOLDER: HOLDER_BLUE,
    PARTNER: PARTNER_PURPLE,
    OTHER: AXIS_GREY,
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NOTHING = {"x": 0.5, "y": HEIGHT / 2, "dx": 0, "dy": 0, "align": "center", "room": 1, "weight": "normal", "tone": INK,
           "long": "no payments", "short": "no payments"}  # fmt: skip


def money_flow(
    bands: Bands, labels: Mapping[str, str], partners: Sequence[str], currency: str, finding: str = ""
) -> Picture:
    """Who pays whom: net bands of pence between parties, and what each party keeps or takes from its reserves.

    ``bands`` are pence above 0 by stream, payer and payee, as `payments.balance.links` gives them; ``labels`` names
    parties as people read them; ``partners`` stand in this order. Others than the commissioner, the holder and these
    stand first where they pay on balance and last where they receive. ``finding`` is derived where it is empty.
    """
    flow = _Flow(bands, labels, partners, currency)
    shape = flow_shape(flow.widths, flow.ends, flow.columns)
    data = {
        "rows": [row for strip in shape.strips for row in _band(strip, flow)],
        "bars": [_bar(bar, flow) for bar in shape.bars if not bar.stop.payee],
        "closings": [_closing(c, flow) for c in shape.closings if flow.closes(c.stop.party)],
        "loops": [row for loop in shape.loops for row in _loop(loop, flow)],
        "words": list(_words(shape, flow)) or [NOTHING],
    }
    return Picture("money-flow", finding or flow_finding(bands, labels, partners, currency), flow.in_words(),
                   _flow_spec(currency), data)  # fmt: skip


class _Flow:
    """Net payments with the names and the kinds of who makes them."""

    def __init__(self, bands: Bands, labels: Mapping[str, str], partners: Sequence[str], currency: str):
        self.labels, self.partners, self.currency = labels, partners, currency
        self.streams, self.widths = netted(bands), net_widths(bands)
        self.ends = balanced_ends(bands)
        self.columns = party_columns(self.ends, partners)

    def label(self, party: str) -> str:
        return self.labels.get(party) or (CARE if party == SUPPLIES else party_label(party))

    def kind(self, party: str) -> str:
        return party if party in (COMMISSIONER, HOLDER) else PARTNER if party in self.partners else OTHER

    def closes(self, party: str) -> bool:
        """Whether the party's balance is told: the money of others comes from outside and goes there."""
        return self.kind(party) in (HOLDER, PARTNER)

    def money(self, pence: int, signed: bool = False) -> str:
        return pounds(pence, self.currency, signed)

    def paid(self, pair: Pair) -> str:
        """From whom to whom how much, and for what."""
        streams = self.streams[pair]
        parts = "; ".join(f"{stream} {self.money(pence)}" for stream, pence in streams.items() if pence)
        return f"{self.label(pair[0])} to {self.label(pair[1])} {self.money(sum(streams.values()))} ({parts})"

    def balance(self, party: str) -> str:
        """What a party receives and pays, and what closes the difference."""
        ends = self.ends[party]
        said = f"{self.label(party)}: receives {self.money(ends.received)}, pays {self.money(ends.paid)}"
        return f"{said}, {self.closed(ends)}" if self.closes(party) else said

    def closed(self, ends: Ends) -> str:
        if ends.from_reserves:
            return f"{self.money(ends.from_reserves)} from its own reserves"
        return f"keeps {self.money(ends.kept)}" if ends.kept else "in balance"

    def in_words(self) -> str:
        if not self.streams:
            return "No payments."
        paid = "; ".join(self.paid(pair) for pair in self.streams)
        balances = "; ".join(self.balance(party) for column in self.columns for party in column)
        return (
            f"Net payments between parties, {self.currency} in all. {paid}. What each party is left with. {balances}."
        )


def pounds(pence: int, currency: str, signed: bool = False) -> str:
    """An amount in pence as people read it."""
    return money(pence / 100, currency, signed)


def party_columns(ends: Mapping[str, Ends], partners: Sequence[str]) -> tuple[list[str], ...]:
    """Parties from left to right: payers from outside, the holder, partners, what care costs and who else receives."""
    known = (COMMISSIONER, HOLDER, SUPPLIES, *partners)
    others = [party for party in ends if party not in known]
    pay = [party for party in others if ends[party].paid >= ends[party].received]
    first, last = [COMMISSIONER, *pay], [SUPPLIES, *(party for party in others if party not in pay)]
    return tuple([p for p in column if p in ends] for column in (first, [HOLDER], partners, last))


def flow_finding(bands: Bands, labels: Mapping[str, str], partners: Sequence[str], currency: str) -> str:
    """How much of what is paid reaches the partners on balance, and what their care cost, in a sentence."""
    widths, ends = net_widths(bands), balanced_ends(bands)
    there = [party for party in partners if party in ends]
    paid = ends[COMMISSIONER].paid if COMMISSIONER in ends else 0
    cost = sum(widths.get((party, SUPPLIES), 0) - widths.get((SUPPLIES, party), 0) for party in there)
    reached = sum(ends[party].received - ends[party].paid for party in there) + cost
    if not widths:
        return "Nobody pays anybody on balance"
    if not there:
        return f"The commissioner pays {pounds(paid, currency)}; no partner is paid"
    who = labels.get(there[0], there[0]) if len(there) == 1 else f"the {_number(len(there))} partners"
    return _reached(paid, reached, who, currency) + _cost(cost, len(there), currency)


def _reached(paid: int, reached: int, who: str, currency: str) -> str:
    if reached < 0:
        return f"On balance {pounds(-reached, currency)} is paid by {who}"
    said = f"{pounds(reached, currency)} reaches {who}"
    if not paid:
        return said
    of = pounds(paid, currency)
    return f"Of {of}, {said}" if reached <= paid else f"The commissioner pays {of} and {said}"


def _cost(cost: int, partners: int, currency: str) -> str:
    return f"; {'its' if partners == 1 else 'their'} care cost {pounds(cost, currency)}" if cost else ""


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


# rows


def curve(x0: float, y0: float, x1: float, y1: float, steps: int = SMOOTH) -> list[tuple[float, float]]:
    """Points of a cubic curve that leaves and arrives level."""
    middle = (x0 + x1) / 2
    return [_bezier(i / steps, (x0, middle, middle, x1), (y0, y0, y1, y1)) for i in range(steps + 1)]


def turned(x: float, y0: float, y1: float, out: float, steps: int = SMOOTH) -> list[tuple[float, float]]:
    """Points of a curve that swings out sideways from (x, y0) and comes back to (x, y1)."""
    return [_bezier(i / steps, (x, x + out, x + out, x), (y0, y0, y1, y1)) for i in range(steps + 1)]


def _bezier(t: float, *corners: tuple[float, float, float, float]) -> tuple[float, float]:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (round(sum(w * c for w, c in zip(weights, corner, strict=True)), 4) for corner in corners)
    return x, y


def _band(strip: Strip, flow: _Flow) -> list[dict[str, Any]]:
    payer, payee, thick = strip.piece.payer, strip.piece.payee, strip.thick
    same = {
        "band": f"{payer} {payee} {strip.start.column}",
        "kind": flow.kind(payer),
        "said": flow.paid((payer, payee)),
    }
    x0, x1 = COLUMN_X[strip.start.column], COLUMN_X[strip.end.column]
    points = curve(x0, strip.start_top, x1, strip.end_top)
    return [{**same, "x": x, "y": y, "y2": round(y + thick, 4)} for x, y in points]


def _bar(bar: Bar, flow: _Flow) -> dict[str, Any]:
    party = bar.stop.party
    return {"x": COLUMN_X[bar.stop.column], "y": bar.top, "y2": bar.top + bar.height, "kind": flow.kind(party),
            "said": flow.balance(party)}  # fmt: skip


def _closing(closing: Closing, flow: _Flow) -> dict[str, Any]:
    kind, x = closing.piece.kind, COLUMN_X[closing.stop.column]
    out = STUB if kind == KEPT else -STUB
    return {"x": x, "x2": x + out, "y": closing.top, "y2": closing.top + closing.thick, "closes": kind,
            "said": flow.balance(closing.stop.party)}  # fmt: skip


def _loop(loop: Loop, flow: _Flow) -> list[dict[str, Any]]:
    pair = loop.piece.payer, loop.piece.payee
    same = {"band": " ".join(pair), "thick": loop.thick, "kind": flow.kind(pair[0]), "said": flow.paid(pair)}
    away = turned(COLUMN_X[loop.start.column], loop.start_y, loop.lane_y, TURN)
    home = turned(COLUMN_X[loop.end.column], loop.lane_y, loop.end_y, -TURN)
    return [{**same, "step": i, "x": x, "y": y} for i, (x, y) in enumerate([*away, *home])]


def _words(shape: Shape, flow: _Flow) -> Iterable[dict[str, Any]]:
    for bar in shape.bars:
        if bar.stop.payee:
            yield _passing_words(bar, flow)
        else:
            yield from _bar_words(bar, flow)
    for loop in shape.loops:
        yield _loop_words(loop, flow)


def _bar_words(bar: Bar, flow: _Flow) -> list[dict[str, Any]]:
    """The party's name, and under it what it gets and what closes its balance; on one line where there is room for one."""
    party, beside = bar.stop.party, bar.stop.column == BESIDE_COLUMN
    name, (long, short) = flow.label(party), _amounts(bar.stop, flow)
    tone = LOSS_RED if flow.closes(party) and flow.ends[party].from_reserves else INK
    plain = {**_place(bar), "weight": "normal", "tone": tone}
    if beside and bar.slot < BESIDE:
        return [{**plain, "dy": 0, "long": f"{name}: {long}", "short": f"{short.split(', ')[-1]} {name}"}]
    first = -7 if beside else -24
    heading = {**plain, "dy": first, "long": name, "short": name, "weight": "bold", "tone": INK}
    return [heading, {**plain, "dy": first + 15, "long": long, "short": short}]


def _place(bar: Bar) -> dict[str, Any]:
    """Where a bar's words stand: above its bar, or beside it."""
    column = bar.stop.column
    beside = column == BESIDE_COLUMN
    dx, align = (BAR, "left") if beside else (BAR / 2, "right") if column > BESIDE_COLUMN else (-BAR / 2, "left")
    y = bar.top + bar.height / 2 if beside else bar.top
    return {"x": COLUMN_X[column], "y": y, "dx": dx, "align": align, "room": _room(column)}


def _room(column: int) -> float:
    """How much of the width the words of a column may take; the holder's may reach over the partners' bars."""
    return (0.3, 0.4, 0.38, 0.42)[column]


def _amounts(stop: Stop, flow: _Flow) -> tuple[str, str]:
    """What is told of a party's money, and the same in fewer words."""
    ends = flow.ends[stop.party]
    if not flow.closes(stop.party):
        pays = ends.paid > ends.received
        amount = flow.money(ends.paid if pays else ends.received)
        return (f"pays {amount}" if pays else amount), amount
    got = flow.money(ends.received)
    if not (ends.kept or ends.from_reserves):
        return got, got
    amount = flow.money(ends.kept or ends.from_reserves)
    sign = "+" if ends.kept else MINUS
    return f"gets {got}, {f'keeps {amount}' if ends.kept else f'{amount} short'}", f"{got}, {sign}{amount}"


def _passing_words(bar: Bar, flow: _Flow) -> dict[str, Any]:
    payer, payee = bar.stop.party, bar.stop.payee
    amount = flow.money(flow.widths[payer, payee])
    return {"x": COLUMN_X[bar.stop.column], "y": bar.top + bar.height / 2, "dx": 0, "dy": 0, "align": "left",
            "room": _room(bar.stop.column), "weight": "normal", "tone": INK,
            "long": f"{amount} to {flow.label(payee)}", "short": amount}  # fmt: skip


def _loop_words(loop: Loop, flow: _Flow) -> dict[str, Any]:
    said = f"{flow.label(loop.piece.payer)} to {flow.label(loop.piece.payee)} {flow.money(loop.piece.pence)}"
    return {"x": COLUMN_X[loop.end.column], "y": loop.lane_y - loop.thick / 2, "dx": 0, "dy": -8, "align": "left",
            "room": 1 - COLUMN_X[loop.end.column], "weight": "normal", "tone": INK,
            "long": f"\N{LEFTWARDS ARROW} {said}", "short": f"\N{LEFTWARDS ARROW} {said}"}  # fmt: skip


# the drawing


def _sides() -> tuple[Any, Any]:
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-EDGE, 1 + EDGE], nice=False, zero=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, HEIGHT], reverse=True, nice=False, zero=False))
    return x, y


@drawn_once
def _flow_spec(currency: str) -> dict[str, Any]:
    x, y = _sides()
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())))
    bands = chart(x=x, y=y, y2="y2:Q", detail="band:N", color=colour, tooltip="said:N").mark_area(opacity=0.4)
    thick = alt.StrokeWidth("thick:Q", scale=None, legend=None)
    back = chart("loops", x=x, y=y, detail="band:N", order="step:Q", color=colour, strokeWidth=thick, tooltip="said:N")
    back = back.mark_line(opacity=0.55, strokeDash=[7, 3], strokeCap="butt", strokeJoin="round")
    bars = chart("bars", x=x, y=y, y2="y2:Q", color=colour, tooltip="said:N").mark_rule(strokeWidth=BAR)
    return drawn_spec(bands + back + _ends(x, y, currency) + bars + _texts(x, y, 3) + _texts(x, y, 0), int(HEIGHT))


def _ends(x: Any, y: Any, currency: str) -> Any:
    legend = alt.Legend(title=f"{currency} in all, a band as wide as its amount", titleLimit=0, symbolType="square")
    fill = alt.Fill("closes:N", legend=legend, scale=alt.Scale(domain=[KEPT, RESERVES], range=[QUIET, LOSS_RED]))
    return chart("closings", x=x, x2="x2:Q", y=y, y2="y2:Q", fill=fill, tooltip="said:N").mark_rect()


def _texts(x: Any, y: Any, edge: int) -> Any:
    """The words, or with an ``edge`` of so many pixels the light ground they stand on."""
    placed = chart("words", x=x, y=y, text="told:N").transform_calculate(
        told=f"width < {NARROW} ? datum.short : datum.long"
    )
    of_row = {name: alt.ExprRef(f"datum.{name}") for name in ("align", "dx", "dy")}
    look = {"baseline": "middle", "fontWeight": alt.ExprRef("datum.weight"), "limit": alt.ExprRef("datum.room * width")}
    if edge:
        look |= {"stroke": PAPER, "strokeWidth": edge, "strokeOpacity": 0.8, "strokeJoin": "round"}
    return placed.mark_text(**of_row, **look, color=alt.ExprRef("datum.tone"))
