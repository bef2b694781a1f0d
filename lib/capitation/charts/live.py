"""A picture that redraws in the browser when its data change: JupyterLab and the board alike."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from capitation.charts.picture import Picture
from capitation.charts.runtime import bundle_name, bundle_path
from capitation.theme import themed


class LiveChart(anywidget.AnyWidget):
    """One chart with its finding as heading and its text alternative in words.

    Give it the next `Picture` with `show`: only the data travel unless the specification changed, and only
    the newest picture is drawn when they come faster than the browser draws. A chart that can't be seen is
    drawn when it can.
    """

    _esm = Path(__file__).with_name("live.js").read_text(encoding="utf-8")

    bundle = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    payload = traitlets.Dict().tag(sync=True)

    def __init__(self, picture: Picture, **widget_options: Any):
        super().__init__(
            bundle=bundle_name(), spec=themed(picture.spec), payload=_payload(picture, 0), **widget_options
        )
        self._picture = picture
        self.on_msg(_answer)

    @property
    def picture(self) -> Picture:
        """The picture shown last."""
        return self._picture

    def show(self, picture: Picture, serial: int | None = None) -> int:
        """Draw another picture of the same name; returns the serial number the page marks when it is drawn.

        ``serial`` numbers the change, so that several charts can say that they show the same one; without
        it each chart counts its own.
        """
        if picture.name != self._picture.name:
            raise ValueError(f"this chart shows {self._picture.name!r}, not {picture.name!r}")
        number: int = self.payload["serial"] + 1 if serial is None else serial
        with self.hold_sync():
            self._show_spec(picture)
            self.payload = _payload(picture, number)
        self._picture = picture
        return number

    def _show_spec(self, picture: Picture) -> None:
        if picture.spec is not self._picture.spec and picture.spec != self._picture.spec:
            self.spec = themed(picture.spec)


def _payload(picture: Picture, serial: int) -> dict[str, Any]:
    return {
        "serial": serial,
        "name": picture.name,
        "finding": picture.finding,
        "alt": picture.alt,
        "data": picture.data,
    }


def _answer(chart: LiveChart, content: dict[str, Any], _buffers: object) -> None:
    """Send the chart code to a page that found no file of it (JupyterLab)."""
    if content.get("ask") == "bundle":
        chart.send({"bundle": chart.bundle}, buffers=[bundle_path().read_bytes()])
