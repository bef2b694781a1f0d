"""What every chart is drawn with: named data, axes with units, colours by party.

Altair builds each specification once; it is kept on disk, so that a page that finds it there never loads Altair.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, wraps
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capitation import theme
from capitation.charts.runtime import cache_root, write_whole

if TYPE_CHECKING:
    import altair as alt
else:

    class _WhenAsked:
        """Altair, imported when a specification has to be built."""

        def __getattr__(self, name: str) -> Any:
            # Its schema checks pull in a slow parser of internet addresses that no chart needs (1.3 s of import).
            sys.modules.setdefault("rfc3987_syntax", None)
            return getattr(import_module("altair"), name)

    alt = _WhenAsked()

Spec = dict[str, Any]
HEIGHT = 210
ROWS = "rows"


def drawn_once(build: Callable[..., Spec]) -> Callable[..., Spec]:
    """Keep what ``build`` (of texts such as the currency) makes, under the hash of everything it is made from."""
    source = Path(inspect.getfile(build)).read_text(encoding="utf-8")

    @lru_cache
    @wraps(build)
    def kept(*arguments: str) -> Spec:
        path = _place(build.__name__, source, *arguments)
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
        made = build(*arguments)
        with suppress(OSError):  # a full or closed cache costs time, nothing else
            write_whole(path, json.dumps(made))
        return made

    return kept


def _place(name: str, *made_of: str) -> Path:
    ours = [Path(file).read_text(encoding="utf-8") for file in (__file__, theme.__file__)]
    mark = hashlib.sha256("\0".join([version("altair"), *ours, *made_of]).encode()).hexdigest()[:16]
    return cache_root().parent / "specifications" / f"{name.strip('_')}-{mark}.json"


def chart(data: str = ROWS, **encodings: Any) -> alt.Chart:
    """An empty chart on the named data."""
    return alt.Chart(alt.NamedData(data)).encode(**encodings)


def spec(drawn: alt.TopLevelMixin, height: int = HEIGHT) -> dict[str, Any]:
    """The specification of a chart as wide as its place on the page, without data."""
    drawn = drawn.properties(width="container", height=height)  # type: ignore[attr-defined]
    content = drawn.to_dict(context={"pre_transform": False})
    content.setdefault("data", {"name": ROWS})
    content.pop("config", None)
    return content


def money_axis(title: str, currency: str, **options: Any) -> alt.Axis:
    """An axis of amounts, e.g. £1.2m, with its unit in the title."""
    text = (
        f"(datum.value < 0 ? '\N{MINUS SIGN}' : '') + '{currency}' + "
        "replace(format(abs(datum.value), '.3~s'), 'M', 'm')"
    )
    return alt.Axis(title=title, labelExpr=text, tickCount=options.pop("tickCount", 6), **options)


def percent_axis(title: str, **options: Any) -> alt.Axis:
    """An axis of shares shown in per cent."""
    text = "(datum.value < 0 ? '\N{MINUS SIGN}' : '') + format(abs(datum.value) * 100, '.3~f') + ' %'"
    return alt.Axis(title=title, labelExpr=text, **options)


def zero_line(axis: str = "y") -> alt.Chart:
    """A line at zero across the chart."""
    rule = alt.Chart(alt.NamedData(ROWS)).mark_rule(color="#212B32")
    return rule.encode(**{axis: alt.datum(0)})
