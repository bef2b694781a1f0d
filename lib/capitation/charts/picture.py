"""A picture: one chart, the finding it shows, and the same in words for those who can't see it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Picture:
    """A chart ready to draw.

    ``name`` is stable (it identifies the chart on a page); ``finding`` is the title, a sentence;
    ``alt`` says what the chart shows in words and figures; ``spec`` is a Vega-Lite specification
    without data whose top-level ``data`` is ``{"name": "rows"}`` (further named sources allowed, each
    a key of ``data``); ``data`` holds the rows of every named source. Two pictures of one ``name``
    have the same ``spec``, so that a live chart only pushes ``data``.
    """

    name: str
    finding: str
    alt: str
    spec: dict[str, Any] = field(repr=False)
    data: dict[str, list[dict[str, Any]]] = field(repr=False)
