"""How every chart and page looks: a colour for each party, the typeface, the Vega configuration.

Colour means a party; red is kept for loss, greys for what is not the point. Every text colour has a
contrast of at least 4.5 to 1 against white, every mark at least 3 to 1 (held by a test).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from capitation.terms import COMMISSIONER, HOLDER, OTHER_AREAS, RISK_POOL, SUPPLIES

HOLDER_BLUE: Final = "#005EB8"
PARTNER_PURPLE: Final = "#5C4B8A"
COMMISSIONER_GREEN: Final = "#00703C"
LOSS_RED: Final = "#B3420E"
INK: Final = "#212B32"
QUIET: Final = "#4C6272"
AXIS_GREY: Final = "#768692"
RULE_GREY: Final = "#D8DDE0"
PAPER: Final = "#FFFFFF"

FONT: Final = 'Arial, "Liberation Sans", sans-serif'

PARTY_COLOURS: Final = {
    HOLDER: HOLDER_BLUE,
    COMMISSIONER: COMMISSIONER_GREEN,
    SUPPLIES: AXIS_GREY,
    RISK_POOL: QUIET,
    OTHER_AREAS: "#6E5B3A",
    "partners": PARTNER_PURPLE,
}
PROVIDER_COLOURS: Final = (PARTNER_PURPLE, "#007F86", "#8A5A00", "#AE2573", "#3E6990", "#6B6B00")


def party_colour(party: str) -> str:
    """The colour that stands for a party on every chart; a provider by name always has the same one.

    Two providers by name may share a colour: `party_colours` keeps those of one chart apart.
    """
    return PARTY_COLOURS.get(party) or PROVIDER_COLOURS[crc32(party.encode()) % len(PROVIDER_COLOURS)]


def party_colours(parties: Sequence[str]) -> dict[str, str]:
    """A colour for each party of one chart: the contract's parties have theirs, providers the next free one."""
    providers = [party for party in parties if party not in PARTY_COLOURS]
    turn = {party: PROVIDER_COLOURS[i % len(PROVIDER_COLOURS)] for i, party in enumerate(providers)}
    return {party: turn.get(party) or party_colour(party) for party in parties}


def style_sheet() -> str:
    """The style sheet of the board's page and of the panels in a notebook."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def vega_config() -> dict[str, Any]:
    """The Vega-Lite ``config`` of every chart, live or in a report."""
    return {
        "aria": False,
        "background": PAPER,
        "font": FONT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "view": {"stroke": None, "continuousHeight": 200, "discreteHeight": 200},
        "axis": _axis(),
        "legend": {"labelColor": INK, "titleColor": QUIET, "labelFontSize": 12, "titleFontSize": 12, "orient": "top"},
        "header": {"labelColor": INK, "titleColor": QUIET, "labelFontSize": 12},
        "title": {"color": INK, "fontSize": 15, "anchor": "start"},
        "text": {"color": INK, "fontSize": 12},
        "range": {"category": [HOLDER_BLUE, COMMISSIONER_GREEN, *PROVIDER_COLOURS]},
        "mark": {"color": HOLDER_BLUE},
    }


def _axis() -> dict[str, Any]:
    return {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "domainColor": AXIS_GREY,
        "tickColor": AXIS_GREY,
        "gridColor": RULE_GREY,
        "gridOpacity": 0.6,
    }


def themed(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification with the house configuration under its own ``config``, which wins."""
    return {**spec, "config": {**vega_config(), **spec.get("config", {})}}
