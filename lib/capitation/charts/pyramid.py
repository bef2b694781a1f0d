"""People in against people out, back to back by group: who is in to the right, who is out to the left."""

from collections.abc import Mapping, Sequence
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, spec
from capitation.dataset.disclosure import HIDDEN
from capitation.theme import AXIS_GREY, HOLDER_BLUE

IN, OUT = "in", "out"


def back_to_back(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows to draw from groups with ``group``, ``in`` and ``out`` (None: hidden)."""
    return [{"group": g["group"], "who": who, "people": sign * (g[who] or 0), "mark": HIDDEN if g[who] is None else ""}
            for g in groups for who, sign in ((OUT, -1), (IN, 1))]  # fmt: skip


def in_words(groups: Sequence[Mapping[str, Any]]) -> str:
    """The same in words."""
    return "; ".join(f"{g['group']}: {_shown(g[IN])} in, {_shown(g[OUT])} out" for g in groups)


def _shown(count: int | None) -> str:
    return HIDDEN if count is None else f"{count:,}"


@drawn_once
def pyramid_spec(of: str, unit: str, height: str) -> dict[str, Any]:
    """``of`` heads the groups, ``unit`` is what is counted, ``height`` of the chart in points."""
    y = alt.Y("group:N", sort=None, axis=alt.Axis(title=of, labelLimit=200))
    count = alt.Axis(
        title=f"{unit}: out to the left, in to the right", labelExpr="format(abs(datum.value), ',')", tickCount=6
    )
    kinds = alt.Scale(domain=[OUT, IN], range=[AXIS_GREY, HOLDER_BLUE])
    bars = chart(
        y=y,
        x=alt.X("people:Q", stack=None, axis=count),
        color=alt.Color("who:N", scale=kinds, legend=alt.Legend(title=None)),
    )
    marks = [chart(y=y, x=alt.X("people:Q"), text="mark:N").transform_filter(f"datum.who == '{who}'").mark_text(dx=dx)
             for who, dx in ((OUT, -8), (IN, 8))]  # fmt: skip
    return spec(bars.mark_bar() + marks[0] + marks[1], height=int(height))
