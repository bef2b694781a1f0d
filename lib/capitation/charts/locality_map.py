"""A map of localities, coloured by a share: the shapes stand in the specification, only the shares travel."""

import json
from collections.abc import Mapping
from math import cos, radians
from typing import Any

from capitation.charts.drawing import alt, drawn_once, spec
from capitation.charts.picture import Picture
from capitation.charts.runtime import cache_root
from capitation.dataset.boundaries import ATTRIBUTION, Polygons, middle, outlines
from capitation.dataset.disclosure import HIDDEN
from capitation.terms import percent
from capitation.theme import HOLDER_BLUE, INK, PAPER, RULE_GREY

HEIGHT = 300
LEAST_BLUE = "#D6E4F3"


def locality_map(name: str, shares: Mapping[str, float | None], finding: str, of: str) -> Picture | None:
    """Localities coloured by a share (None: hidden); None where no boundary of any of them is known.

    ``of`` says what it is a share of. Localities without a known boundary are named in the words.
    """
    known = outlines(tuple(sorted(shares)), cache_root().parent / "outlines")
    if not known:
        return None
    rows = [{"place": place, "share": share, "shown": f"{place} {_words(share)}"} for place, share in shares.items()]
    words = "; ".join(str(row["shown"]) for row in rows)
    missing = sorted(set(shares) - set(known))
    note = f" Not on the map: {', '.join(missing)}." if missing else ""
    return Picture(name, finding, f"Map of localities by {of}. {words}.{note} {ATTRIBUTION}.",
                   _spec(json.dumps(_shapes(known)), of), {"rows": rows})  # fmt: skip


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
def _spec(shapes: str, of: str) -> dict[str, Any]:
    features = json.loads(shapes)
    drawn, named = alt.Data(values=features), alt.Data(values=[{"place": f["properties"]["place"], "x": f["x"], "y": f["y"]}
                                                               for f in features])  # fmt: skip
    values = alt.LookupData(alt.NamedData("rows"), "place", ["share", "shown"])
    scale = alt.Scale(range=[LEAST_BLUE, HOLDER_BLUE], zero=False)
    legend = alt.Legend(title=of, format=".1%", gradientLength=160)
    ground = alt.Chart(drawn).mark_geoshape(fill=RULE_GREY, stroke=INK, strokeWidth=1)
    areas = alt.Chart(drawn).mark_geoshape(stroke=INK, strokeWidth=1)
    areas = areas.encode(color=alt.Color("share:Q", scale=scale, legend=legend))  # a hidden share leaves the ground
    labels = alt.Chart(named).mark_text(
        fontWeight="bold", stroke=PAPER, strokeWidth=3, strokeOpacity=0.85, strokeJoin="round"
    )
    inked = alt.Chart(named).mark_text(fontWeight="bold", color=INK)
    layers = [
        ground,
        areas.transform_lookup("properties.place", values),
        *(
            text.encode(longitude="x:Q", latitude="y:Q", text="shown:N").transform_lookup("place", values)
            for text in (labels, inked)
        ),
    ]
    return spec(alt.layer(*layers).project(type="identity", reflectY=True), HEIGHT)
