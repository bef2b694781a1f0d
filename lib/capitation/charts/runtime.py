"""The chart code as one file for the browser, and charts as SVG for reports.

The file holds vega-embed, Vega-Lite, Vega and ``draw.js``, bundled by vl-convert: no network, no npm. It is
built once into the user's cache and named after the hash of what went into it.
"""

import hashlib
import os
import re
import tempfile
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from capitation.charts.picture import Picture
from capitation.theme import themed

TEMPLATE_STATIC = Path("voila", "templates", "capitation", "static")
REPORT_WIDTH = 640
_VEGA_ROLES = re.compile(r' (?:role|aria-roledescription|aria-label)="[^"]*"')


@cache
def bundle_name() -> str:
    """The file's name: the same inputs always give the same one."""
    made_of = "\0".join((version("vl-convert-python"), _draw_source()))
    return f"charts-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.js"


def cache_root() -> Path:
    """The folder to add to ``JUPYTER_PATH`` so that Voila serves the bundle beside the template.

    ``CAPITATION_CACHE`` names another place than the user's cache folder.
    """
    place = os.environ.get("CAPITATION_CACHE")
    return (Path(place) if place else user_cache_path("capitation")) / "jupyter"


def bundle_path() -> Path:
    """The bundle, built now if this version of it does not exist yet (about a second)."""
    path = cache_root() / TEMPLATE_STATIC / bundle_name()
    if not path.exists():
        write_whole(path, _build())
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it appears complete or not at all, whoever else writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)


def static_svg(picture: Picture, width: int = REPORT_WIDTH) -> str:
    """The picture as an SVG element that says in words what it shows; ``width`` in pixels.

    The finding is the ``<title>``, the text alternative the ``<desc>`` and the accessible name.
    """
    import vl_convert

    spec = {**themed(picture.spec), "datasets": picture.data}
    if spec.get("width") == "container":
        spec["width"] = width
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return _described(svg, picture)


def _described(svg: str, picture: Picture) -> str:
    start, rest = _VEGA_ROLES.sub("", svg).split(">", 1)
    words = f"<title>{escape(picture.finding)}</title><desc>{escape(picture.alt)}</desc>"
    return f'{start} role="img" aria-label="{escape(picture.alt)}">{words}{rest}'


def _build() -> str:
    import vl_convert

    return vl_convert.javascript_bundle(_draw_source())


def _draw_source() -> str:
    return Path(__file__).with_name("draw.js").read_text(encoding="utf-8")
