"""A map of localities, coloured by a share: the shapes stand in the specification, only the shares travel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import cos, radians
from textwrap import wrap
from typing import Any

from capitation.charts.drawing import alt, drawn_once, spec
from capitation.charts.picture import Picture
from capitation.charts.runtime import cache_root
from capitation.dataset.boundaries import ATTRIBUTION, Polygons, middle, outlines
from capitation.dataset.disclosure import HIDDEN
from capitation.terms import percent
from capitation.theme import HOLDER_BLUE, INK, PAPER, QUIET

HEIGHT = 300
LEAST_BLUE = "#E8F1FA"
HIDDEN_GREY = "#C1C9CE"  # neither the palest blue nor one in the middle
FEW = "too few to show"
LINE_LENGTH = 58  # of the attribution, so that it fits the narrowest card


def locality_map(name: str, shares: Mapping[str, float | None], finding: str, of: str) -> Picture | None:
    """Localities coloured by a share (None: hidden); None where no boundary of any of them is known.

    ``of`` says what it is a share of. Localities without a known boundary are named in the words.
    """
    known = outlines(tuple(sorted(shares)), cache_root().parent / "outlines")
    if not known:
        return None
    rows = [
        {"place": place, "share": _shown(share), "shown": f"{place}\n{_words(share)}"}
        for place, share in shares.items()
    ]
    words = "; ".join(f"{place} {_words(share)}" for place, share in shares.items())
    missing = sorted(set(shares) - set(known))
    note = f" Not on the map: {', '.join(missing)}." if missing else ""
    return Picture(name, finding, f"Map of localities by {of}. {words}.{note} {ATTRIBUTION}.",
                   _spec(json.dumps(_shapes(known)), of, ATTRIBUTION), {"rows": rows})  # fmt: skip


def _shown(share: float | None) -> float | None:
    """No finer than the words: an exact share gives away the counts it is of."""
    return None if share is None else round(share, 3)


def _words(share: float | None) -> str:
    return HIDDEN if share is None else percent(share)


def _shapes(known: Mapping[str, Polygons]) -> list[dict[str, Any]]:
    """The outlines as shapes on a plane: degrees of longitude as long as those of latitude are in these parts."""
    latitude = sum(middle(polygons)[1] for polygons in known.values()) / len(known)
    narrow = cos(radians(latitude))
    return [_shape(place, polygons, narrow) for place, polygons in sorted(known.items())]


def _shape(place: str, polygons: Polygons, narrow: float) -> dict[str, Any]:
    coordinates = [[[[round(x * narrow, 4), y] for x, y in ring] for ring in polygon] for polygon in polygons]
    x, y = middle(polygons)
    return {"type": "Feature", "properties": {"place": place}, "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
            "x": round(x * narrow, 4), "y": round(y, 4)}  # fmt: skip


@drawn_once
def _spec(shapes: str, of: str, source: str) -> dict[str, Any]:
    features = json.loads(shapes)
    names = [{"place": f["properties"]["place"], "x": f["x"], "y": f["y"]} for f in features]
    drawn = alt.layer(*_areas(features, of), *_labels(names))
    return spec(drawn.project(type="identity", reflectY=True).properties(title=_source(source)), HEIGHT)


def _areas(features: list[dict[str, Any]], of: str) -> list[alt.Chart]:
    """The shapes of hidden shares in grey, those with a share in their blue."""
    shapes = alt.Chart(alt.Data(values=features))
    told = "isValid(datum.value) ? format(datum.value * 100, '.1f') + ' %' : ''"  # all may be hidden
    legend = alt.Legend(title=of, labelExpr=told, gradientLength=160)
    colour = alt.Color("share:Q", scale=alt.Scale(range=[LEAST_BLUE, HOLDER_BLUE], zero=False), legend=legend)
    ground = shapes.mark_geoshape(stroke=INK, strokeWidth=1).encode(fill=_hidden())
    ground = ground.transform_lookup("properties.place", _values()).transform_filter("!isValid(datum.share)")
    ground = ground.transform_calculate(hidden=f"'{HIDDEN} {FEW}'")
    areas = shapes.mark_geoshape(stroke=INK, strokeWidth=1).encode(color=colour)
    return [ground, areas.transform_lookup("properties.place", _values())]


def _hidden() -> alt.Fill:
    """The grey of a hidden share, and what it stands for: always in the legend, which a live chart must not resize."""
    scale = alt.Scale(domain=[f"{HIDDEN} {FEW}"], range=[HIDDEN_GREY])
    return alt.Fill("hidden:N", scale=scale, legend=alt.Legend(title=None, symbolType="square"))


def _labels(names: list[dict[str, Any]]) -> list[alt.Chart]:
    """Name over share in the middle of each shape: a light edge, then the ink."""
    placed = alt.Chart(alt.Data(values=names)).encode(longitude="x:Q", latitude="y:Q", text="shown:N")
    placed = placed.transform_lookup("place", _values())
    words = {"fontWeight": "bold", "lineBreak": "\n", "dy": -7}
    edge = placed.mark_text(**words, stroke=PAPER, strokeWidth=3, strokeOpacity=0.85, strokeJoin="round")
    return [edge, placed.mark_text(**words, color=INK)]


def _values() -> alt.LookupData:
    return alt.LookupData(alt.NamedData("rows"), "place", ["share", "shown"])


def _source(source: str) -> alt.TitleParams:
    """Whose boundaries they are, in small type below the map: the licence asks that it is seen."""
    return alt.TitleParams(wrap(source, LINE_LENGTH), orient="bottom", anchor="start", offset=8,
                           fontSize=11, fontWeight="normal", color=QUIET)  # fmt: skip
