"""Services by setting with the money in and out, each with a box to tick: the control of what is covered.

It looks like any other input to `Control`: a ``value`` that is read and written, a ``description``, a ``tooltip``.
"""

from html import escape
from math import isnan
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import traitlets

from capitation.dataset.disclosure import HIDDEN
from capitation.design import Declaration
from capitation.terms import money

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

LAST_ONE = "At least one service stays in: without any there is no contract."


class ScopeMatrix(w.VBox):
    """Every service under its setting: a box that puts it in or takes it out, and what members cost there.

    ``value`` is the services in, in their order; empty stands for all of them.
    """

    value = traitlets.Tuple()
    description = traitlets.Unicode()
    tooltip = traitlets.Unicode(None, allow_none=True)  # stays here: a box with one has no view in the browser

    def __init__(self, workbench: "Workbench", declared: Declaration):
        self._workbench, self._following = workbench, False
        services = workbench.dataset.services
        self._settings = {str(code): str(setting) for code, setting in services["setting"].items()}
        self.boxes = {
            str(code): w.Checkbox(description=str(label), indent=False) for code, label in services["label"].items()
        }
        self.amounts = {code: w.HTML() for code in self.boxes}
        self._sums = {setting: w.HTML() for setting in dict.fromkeys(self._settings.values())}
        self.said = w.HTML()
        for box in self.boxes.values():
            box.add_class("cw-tick")
            box.observe(self._ticked, "value")
        super().__init__(
            [w.HTML(f"<b>{escape(declared.label)}</b>"), *self._rows(), self.said], description=declared.label
        )
        self.add_class("cw-matrix")
        self.observe(lambda _: self._show(), "value")
        workbench.listen(self.follow)
        self._show()
        self.follow()

    def _rows(self) -> list[w.Widget]:
        rows: list[w.Widget] = []
        for setting, sums in self._sums.items():
            rows.append(sums)
            for code, box in self.boxes.items():
                if self._settings[code] == setting:
                    row = w.HBox([box, self.amounts[code]])
                    row.add_class("cw-service")
                    rows.append(row)
        return rows

    def _ticked(self, _: Any) -> None:
        if self._following:
            return
        ticked = tuple(code for code, box in self.boxes.items() if box.value)
        self.said.value = "" if ticked else f'<span role="alert">{LAST_ONE}</span>'
        if not ticked:
            self._show()
            return
        self.value = () if len(ticked) == len(self.boxes) else ticked

    def _show(self) -> None:
        """Tick what is in."""
        self._following = True
        for code, box in self.boxes.items():
            box.value = not self.value or code in self.value
        self._following = False

    def follow(self) -> None:
        """Say what members cost in the design in force: in or out, and why what is ticked may be out all the same."""
        result, currency = self._workbench.result, self._workbench.dataset.meta.currency
        for row in result.coverage.shown_services.to_dict("records"):
            where = "in" if row["service"] in result.scope.services else "out"
            why = result.scope.left_out.get(row["service"], "")
            rare = f", {why}" if why and self.boxes[row["service"]].value else ""
            _say(self.amounts[row["service"]], f"{_or_hidden(row['whole'], currency)} {where}{rare}")
        for row in result.coverage.shown_settings.to_dict("records"):
            both = " · ".join(
                f"{_or_hidden(row[part], currency)} {where}" for part, where in (("within", "in"), ("without", "out"))
            )
            _say(self._sums[row["setting"]], f"<h4>{escape(row['setting'].capitalize())} <span>{both}</span></h4>")


def _or_hidden(amount: float, currency: str) -> str:
    return HIDDEN if isnan(amount) else money(amount, currency)


def _say(where: w.HTML, text: str) -> None:
    if where.value != text:
        where.value = text
