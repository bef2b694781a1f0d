"""Where the bars and bands of a money flow stand: as thick as their pence, none upon another.

Money runs from left to right through columns of parties. A band that passes a column has a place of its own there. A
payment against the columns' direction leaves on the right, runs back under everything and arrives on the left, so that
at every bar what comes in stands on the left and what goes out on the right. Heights are pixels from the top.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from capitation.payments.balance import Ends, Pair

HEIGHT = 400.0
LEAST = 1.0  # no band is thinner, however small
BAND, BACK, KEPT, RESERVES = "band", "paid back", "kept", "from own reserves"
TITLE, GAP, BESIDE, PASSING, LANE = 38.0, 8.0, 30.0, 16.0, 17.0  # room for words: above a bar, beside it, on a band
BESIDE_COLUMN = 2  # partners are many: their words stand beside the bar


class Stop(NamedTuple):
    """A party in its column, or where a band from ``party`` to ``payee`` passes a column on its way."""

    column: int
    party: str
    payee: str = ""


class Piece(NamedTuple):
    """One end of a band, or what closes the difference, at one side of a stop; ``other`` is where it leads."""

    kind: str
    payer: str
    payee: str
    pence: int
    other: Stop | None = None


class Sides(NamedTuple):
    """What comes in at a stop and what goes out, from the top; their pence are equal."""

    left: list[Piece]
    right: list[Piece]


class Bar(NamedTuple):
    """A stop as it is drawn, ``height`` pixels down from ``top``, in the middle of ``slot`` pixels that are its own."""

    stop: Stop
    top: float
    height: float
    slot: float


class Strip(NamedTuple):
    """A band between neighbouring stops: ``thick`` pixels, its upper edge from ``start_top`` to ``end_top``."""

    piece: Piece
    start: Stop
    end: Stop
    start_top: float
    end_top: float
    thick: float


class Closing(NamedTuple):
    """What closes a party's balance: kept, on the right, or from its own reserves, on the left."""

    piece: Piece
    stop: Stop
    top: float
    thick: float


class Loop(NamedTuple):
    """A payment back: the middle of its band at the payer, in its lane under the bars, and at the payee."""

    piece: Piece
    start: Stop
    end: Stop
    start_y: float
    lane_y: float
    end_y: float
    thick: float


@dataclass(frozen=True)
class Shape:
    """All that is drawn; ``scale`` is in pixels for a penny, 0 where nothing flows."""

    bars: tuple[Bar, ...]
    strips: tuple[Strip, ...]
    closings: tuple[Closing, ...]
    loops: tuple[Loop, ...]
    sides: dict[Stop, Sides]
    scale: float


def flow_shape(widths: Mapping[Pair, int], ends: Mapping[str, Ends], columns: Sequence[Sequence[str]]) -> Shape:
    """The shape of net payments (pence by payer and payee) between parties that each stand in one of the columns.

    Raises KeyError for a party without a column or without ends.
    """
    sides = sides_of(widths, ends, columns)
    lanes = [piece for side in sides.values() for piece in side.right if piece.kind == BACK]
    scale = _scale(sides, lanes) if widths else 0.0
    bottom = HEIGHT - sum(_thick(lane, scale) + LANE for lane in lanes)
    bars = _bars(sides, scale, bottom)
    ports = {bar.stop: _ports(bar, sides[bar.stop], scale) for bar in bars}
    return Shape(bars, tuple(_strips(ports)), tuple(_closings(ports)), tuple(_loops(ports, bottom)), sides, scale)


# what meets at each bar


def sides_of(
    widths: Mapping[Pair, int], ends: Mapping[str, Ends], columns: Sequence[Sequence[str]]
) -> dict[Stop, Sides]:
    """Both sides of every stop, in the order in which stops stand in their columns."""
    stops = {party: Stop(column, party) for column, parties in enumerate(columns) for party in parties}
    used = sorted({stops[party].column for pair in widths for party in pair})
    sides: dict[Stop, Sides] = {
        stop: Sides([], []) for party, stop in stops.items() if party in ends and ends[party].through
    }
    for (payer, payee), pence in widths.items():
        _join(sides, _way(stops[payer], stops[payee], used), payer, payee, pence)
    for party in ends:
        _close(sides, stops[party], ends[party])
    return _in_order(sides)


def _way(start: Stop, end: Stop, used: Sequence[int]) -> list[Stop]:
    """The stops on the way, both ends included; two where it runs back or within a column."""
    passed = (column for column in used if start.column < column < end.column)
    return [start, *(Stop(column, start.party, end.party) for column in passed), end]


def _join(sides: dict[Stop, Sides], way: Sequence[Stop], payer: str, payee: str, pence: int) -> None:
    kind = BAND if way[0].column < way[-1].column else BACK
    for start, end in pairwise(way):
        for stop in (start, end):
            sides.setdefault(stop, Sides([], []))
        sides[start].right.append(Piece(kind, payer, payee, pence, end))
        sides[end].left.append(Piece(kind, payer, payee, pence, start))


def _close(sides: dict[Stop, Sides], stop: Stop, ends: Ends) -> None:
    if ends.kept:
        sides[stop].right.append(Piece(KEPT, stop.party, "", ends.kept))
    if ends.from_reserves:
        sides[stop].left.append(Piece(RESERVES, "", stop.party, ends.from_reserves))


def _in_order(sides: dict[Stop, Sides]) -> dict[Stop, Sides]:
    """Parties before what passes; at a side bands by where they lead, then what is paid back, then what closes."""
    stops = sorted(sides, key=lambda stop: (stop.column, stop.payee != ""))
    place = {stop: i for i, stop in enumerate(stops)}
    kinds = [BAND, BACK, KEPT, RESERVES]

    def turn(piece: Piece) -> tuple[int, int]:
        return kinds.index(piece.kind), place[piece.other] if piece.other else 0

    return {stop: Sides(*(sorted(side, key=turn) for side in sides[stop])) for stop in stops}


# how large


def _scale(sides: Mapping[Stop, Sides], lanes: Sequence[Piece]) -> float:
    """The largest scale at which every column fits, with the lanes under it."""
    back = [(lane.pence, LEAST) for lane in lanes]
    return min(_column_scale({s: sides[s] for s in column}, back) for column in _by_column(sides).values())


def _column_scale(sides: Mapping[Stop, Sides], back: Sequence[tuple[int, float]]) -> float:
    odd = sum(LEAST * max(len(left), len(right)) for left, right in sides.values())  # bands thicker than their pence
    room = HEIGHT - odd - LANE * len(back) - sum(_heads(list(sides)))
    return fill([*((_through(sides[stop]), _least(stop)) for stop in sides), *back], room)


def fill(items: Sequence[tuple[int, float]], room: float) -> float:
    """The largest scale for which the sum of max(scale · pence, least) is no more than ``room``.

    ``items`` are pence above 0 and the least pixels of each. Where the least alone take more than half of the room
    they count for less, so that something is left for the pence.
    """
    least = squeezed([low for _, low in items], room / 2)
    smallest = sorted(zip([pence for pence, _ in items], least, strict=True), key=lambda item: -item[1] / item[0])
    pence_left, room_left = sum(pence for pence, _ in items), room
    for pence, low in smallest:
        if room_left / pence_left * pence >= low:
            break
        pence_left, room_left = pence_left - pence, room_left - low
    return room_left / pence_left


def squeezed(sizes: Sequence[float], limit: float) -> list[float]:
    """The sizes, each made smaller by the same factor where they sum to more than ``limit``."""
    factor = min(1.0, limit / sum(sizes)) if sum(sizes) else 1.0
    return [size * factor for size in sizes]


def _thick(piece: Piece, scale: float) -> float:
    return max(scale * piece.pence, LEAST)


def _through(sides: Sides) -> int:
    return sum(piece.pence for piece in sides.left)


def _least(stop: Stop) -> float:
    return PASSING if stop.payee else BESIDE if stop.column == BESIDE_COLUMN else LEAST


def _heads(stops: Sequence[Stop]) -> list[float]:
    """Pixels kept free above each stop of a column, no more than a third of the height in all.

    Every column begins with room for words, so that no words beside a bar meet those above the next column's.
    """
    heads = [GAP if stop.payee or stop.column == BESIDE_COLUMN else TITLE for stop in stops[1:]]
    return squeezed([TITLE, *heads], HEIGHT / 3)


# where


def _by_column(stops: Iterable[Stop]) -> dict[int, list[Stop]]:
    columns: dict[int, list[Stop]] = defaultdict(list)
    for stop in stops:
        columns[stop.column].append(stop)
    return columns


def _bars(sides: Mapping[Stop, Sides], scale: float, bottom: float) -> tuple[Bar, ...]:
    return tuple(
        bar for stops in _by_column(sides).values() for bar in _stacked(stops, [sides[s] for s in stops], scale, bottom)
    )


def _stacked(stops: Sequence[Stop], sides: Sequence[Sides], scale: float, bottom: float) -> list[Bar]:
    """A column's stops one under the other from the top, none below ``bottom``; a bar is in the middle of its slot."""
    heights = [max(sum(_thick(piece, scale) for piece in side) for side in both) for both in sides]
    heads, spare = _heads(stops), [max(_least(s) - h, 0.0) for s, h in zip(stops, heights, strict=True)]
    spare = squeezed(spare, max(bottom - sum(heads) - sum(heights), 0.0))
    slots = [sum(parts) for parts in zip(heads, heights, spare, strict=True)]
    tops = accumulate(slots, initial=0.0)
    placed = zip(stops, tops, heads, spare, heights, strict=False)
    return [Bar(stop, top + head + extra / 2, height, height + extra) for stop, top, head, extra, height in placed]


Ports = dict[tuple[Piece, str], tuple[Stop, float, float]]  # a piece and its side: the stop, the upper edge, how thick


def _ports(bar: Bar, sides: Sides, scale: float) -> Ports:
    ports: Ports = {}
    for name, side in zip(Sides._fields, sides, strict=True):
        thick = [_thick(piece, scale) for piece in side]
        for piece, top, size in zip(side, accumulate(thick, initial=bar.top), thick, strict=False):
            ports[piece, name] = (bar.stop, top, size)
    return ports


def _strips(ports: Mapping[Stop, Ports]) -> Iterable[Strip]:
    for start in ports.values():
        for (piece, side), (stop, top, thick) in start.items():
            if piece.kind == BAND and side == "right" and piece.other:
                _, end_top, _ = ports[piece.other][piece._replace(other=stop), "left"]
                yield Strip(piece, stop, piece.other, top, end_top, thick)


def _closings(ports: Mapping[Stop, Ports]) -> Iterable[Closing]:
    for of_stop in ports.values():
        for (piece, _), (stop, top, thick) in of_stop.items():
            if piece.kind in (KEPT, RESERVES):
                yield Closing(piece, stop, top, thick)


def _loops(ports: Mapping[Stop, Ports], lanes_top: float) -> Iterable[Loop]:
    """Each payment back in a lane of its own, under the words on it."""
    for start in ports.values():
        for (piece, side), (stop, top, thick) in start.items():
            if piece.kind == BACK and side == "right" and piece.other:
                _, end_top, _ = ports[piece.other][piece._replace(other=stop), "left"]
                lane_y = lanes_top + LANE + thick / 2
                yield Loop(piece, stop, piece.other, top + thick / 2, lane_y, end_top + thick / 2, thick)
                lanes_top += LANE + thick
