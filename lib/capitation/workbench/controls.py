"""Controls made from the declarations: one a term, each with its unit, its help, its change and its fault."""

import re
from collections.abc import Callable
from html import escape
from itertools import permutations
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np

from capitation import terms
from capitation.design import Declaration
from capitation.design.parts import order_fault
from capitation.errors import InputError
from capitation.workbench.effects import CLAUSE_OFF, why_no_effect
from capitation.workbench.live import chosen

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

TURNOVERS = 3  # a partner's slider ends at so many times what the whole contract pays
NUMBER = re.compile(r"\d{1,3}\.\d{1,3}")
WIDE = w.Layout(width="100%")
PARTS_OF_A_STEP = (1, 20, 1_000)


def control_panel(workbench: "Workbench", paths: tuple[str, ...]) -> w.VBox:
    """The controls of the terms at or under ``paths``, under a heading for each part of the contract."""
    children: list[w.Widget] = []
    part = ""
    for declared in chosen(workbench.design, paths):
        if declared.path.startswith("payments.partners."):
            continue  # one partner at a time, below
        folder = declared.path.rpartition(".")[0]
        if folder != part:
            part = folder
            children.append(w.HTML(f"<h3>{escape(_heading(folder))}</h3>"))
        children.append(_made_for(declared.path)(workbench, declared).box)
    if "payments" in paths:
        from capitation.workbench.partner_controls import PartnerPanel

        children.append(PartnerPanel(workbench))
    panel = w.VBox(children)
    panel.add_class("cw-controls")
    return panel


def _made_for(path: str) -> Callable[..., Any]:
    """The control of a term: made for it alone, or made from its declaration."""
    if path == "cohort.rules":
        from capitation.workbench.rules_control import RulesControl

        return RulesControl
    return Control


def _heading(folder: str) -> str:
    return folder.rpartition(".")[2].replace("_", " ").replace("stop loss", "stop-loss").capitalize()


class Control:
    """One term on the screen. It writes to the workbench; what it shows follows the design in force."""

    def __init__(self, workbench: "Workbench", declared: Declaration):
        self.workbench, self.declared, self.scale = workbench, declared, _scale(declared)
        self.input = _input(workbench, declared)
        self._usual_step: Any = getattr(self.input, "step", None)
        self.note, self.fault, self.no_effect = w.HTML(), w.HTML(), w.HTML()
        self.undo = w.Button(description="", tooltip=f"Take back the change of {declared.label}")
        self.undo.add_class("is-link")
        self.box = w.VBox([self.input, self.note, self.undo, self.fault, self.no_effect])
        for widget, name in (
            (self.box, "control"),
            (self.note, "note"),
            (self.fault, "error"),
            (self.no_effect, "noeffect"),
        ):
            widget.add_class(f"cw-{name}")
        self._following = False
        self.input.observe(self._write, "value")
        self.undo.on_click(lambda _: self._back())
        workbench.listen(self.follow)
        self.follow()

    def _write(self, event: Any) -> None:
        if self._following:
            return
        try:
            self.workbench.set({self.declared.path: self._out(event["new"])})
        except InputError as error:
            self._show_fault(str(error))
        else:
            self._show_fault("")

    def _show_fault(self, fault: str) -> None:
        self.fault.value = f'<span role="alert">{escape(fault)}</span>' if fault else ""
        _show(self.fault, bool(fault))
        (self.box.add_class if fault else self.box.remove_class)("is-wrong")
        if fault:
            self.undo.description = f"back to {self._words(self.workbench.design.value(self.declared.path))}"
            _show(self.undo, True)

    def _back(self) -> None:
        """From a refused value to the one in force; from a changed one to the one opened."""
        if self.declared.path in self.workbench.refused:
            self.workbench.forget(self.declared.path)
            self.follow()
        else:
            self.workbench.reset(self.declared.path)

    def follow(self) -> None:
        """Show the design in force: value, unit, what it was, and why it has no effect; a refused value stays."""
        if self.declared.path in self.workbench.refused:
            return
        value = self.workbench.design.value(self.declared.path)
        was = _before(self.workbench, self.declared.path, value)
        self._following = True
        shown = self._in(value)
        with self.input.hold_sync():
            if isinstance(self.input, w.FloatSlider):
                self.input.max = max(self.input.max, shown)
                self.input.step = _step_of(shown, self.input.min, self._usual_step)
            self.input.value = shown
        self._following = False
        self._show_fault("")
        self._show_was(was, changed=was != value)
        self._show_effect(changed=was != value)

    def _in(self, value: Any) -> Any:
        """The design's value as the widget holds it."""
        if self.declared.kind == "numbers":
            return ", ".join(f"{v:g}" for v in value)
        return _rounded(value * self.scale) if self.declared.kind == "number" else value

    def _out(self, value: Any) -> Any:
        """The widget's value as the design reads it; what a browser sends is checked by the design, not here."""
        if self.declared.kind == "numbers":
            return [_whole(v.strip()) for v in str(value).split(",")] if str(value).strip() else []
        if self.declared.kind == "number":
            return _rounded(value / self.scale)
        return list(value) if isinstance(value, tuple) else value

    def _words(self, value: Any) -> str:
        """A value of the term as people read it."""
        return terms.term_figure(self.declared.path, value, self.declared.unit, self.workbench.dataset.meta.currency)

    def _show_was(self, was: Any, changed: bool) -> None:
        currency = self.workbench.dataset.meta.currency
        meaning = escape(self.declared.meaning)
        unit = escape(terms.unit_words(self.declared.unit, currency))
        text = f"<span title='{escape(self.declared.source)}'>{' · '.join(t for t in (unit, meaning) if t)}</span>"
        if self.note.value != text:
            self.note.value = text
        self.undo.description = f"was {self._words(was)} · undo" if changed else ""
        _show(self.undo, changed)
        (self.box.add_class if changed else self.box.remove_class)("is-changed")

    def _show_effect(self, changed: bool) -> None:
        """Why the term has no effect; those of a clause that is switched off come into sight when it is switched on."""
        reason = why_no_effect(self.workbench.result, self.declared.path)
        self.no_effect.value = f"No effect on these figures: {escape(reason)}." if reason else ""
        _show(self.no_effect, bool(reason))
        _show(self.box, changed or reason != CLAUSE_OFF)


def _step_of(value: float, low: float, usual: float) -> float:
    """The usual step of a slider, or as fine a part of it as a value between steps needs: a browser moves a value onto the
    steps of its slider, and sends that back."""
    fits = (usual / parts for parts in PARTS_OF_A_STEP if _is_whole((value - low) * parts / usual))
    return next(fits, usual / PARTS_OF_A_STEP[-1])


def _is_whole(count: float) -> bool:
    return abs(count - round(count)) < 1e-6


def _whole(text: str) -> int | float | str:
    """A number as it was typed; what is none is left for the design to refuse."""
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text


def _rounded(value: float) -> float:
    """Ten figures: a slider in the browser returns 0.07 as 0.07000000000000001."""
    return float(f"{value:.10g}")


def _before(workbench: "Workbench", path: str, now: Any) -> Any:
    return workbench.baseline.value(path) if workbench.baseline.declares(path) else now


def _show(widget: w.DOMWidget, shown: bool) -> None:
    widget.layout.display = "" if shown else "none"


def _input(workbench: "Workbench", declared: Declaration) -> Any:
    build = _INPUTS[declared.kind]
    if workbench.names(declared.path):
        build = _one_of_names if declared.kind == "text" else _several_names
    if declared.path == "scope.services":
        build = _services
    widget = build(workbench, declared)
    widget.tooltip = f"{declared.meaning or declared.label} ({declared.path})"
    return widget


def _switch(_: "Workbench", declared: Declaration) -> w.Checkbox:
    return w.Checkbox(description=declared.label, indent=False, layout=WIDE)


def _choice(_: "Workbench", declared: Declaration) -> w.Dropdown:
    return w.Dropdown(options=list(declared.choices), description=declared.label, layout=WIDE)


def _one_of_names(workbench: "Workbench", declared: Declaration) -> w.Dropdown:
    options = [(name or "no rule", name) for name in workbench.names(declared.path)]
    return w.Dropdown(options=options, description=declared.label, layout=WIDE)


def _several_names(workbench: "Workbench", declared: Declaration) -> w.SelectMultiple:
    options = [(workbench.label(declared.path, name), name) for name in workbench.names(declared.path)]
    return w.SelectMultiple(options=options, rows=min(6, max(2, len(options))), description=declared.label, layout=WIDE)


def _services(workbench: "Workbench", declared: Declaration) -> w.VBox:
    from capitation.workbench.scope_matrix import ScopeMatrix

    return ScopeMatrix(workbench, declared)


def _text(_: "Workbench", declared: Declaration) -> w.Text:
    return w.Text(description=declared.label, continuous_update=False, layout=WIDE)


def _order(_: "Workbench", declared: Declaration) -> w.Dropdown:
    allowed = (order for order in permutations(declared.choices) if not (order and order_fault(order)))
    options = [(", then ".join(n.replace("_", " ") for n in order), order) for order in allowed]
    return w.Dropdown(options=options, description=declared.label, layout=WIDE)


def _whole_number(workbench: "Workbench", declared: Declaration) -> w.IntSlider | w.IntText:
    if declared.high is None or declared.high > 20_000:
        return w.IntText(description=declared.label, layout=WIDE)
    if declared.path == "outlook.contract_year":
        return _year(workbench, declared)
    return w.IntSlider(min=int(declared.low or 0), max=int(declared.high), step=int(declared.step or 1),
                       description=declared.label, layout=WIDE, readout_format=",d")  # fmt: skip


def _year(workbench: "Workbench", declared: Declaration) -> Any:
    meta = workbench.dataset.meta
    years = [(meta.year_name(y), y) for y in workbench.dataset.years[1:]]
    return w.Dropdown(options=[("the last in the data", 0), *years], description=declared.label, layout=WIDE)


def _number(workbench: "Workbench", declared: Declaration) -> w.FloatSlider:
    value, scale = float(workbench.design.value(declared.path)), _scale(declared)
    shown = _shown_high(workbench, declared, value)
    low, high = (_rounded(scale * v) for v in (max(declared.low or 0.0, -shown), shown))
    return w.FloatSlider(value=_rounded(scale * value), min=low, max=high,
                         step=_rounded(scale * declared.step) if declared.step else (high - low) / 100,
                         readout_format=_format(declared, workbench.dataset.meta.currency), description=declared.label,
                         layout=WIDE)  # fmt: skip


def _format(declared: Declaration, currency: str) -> str:
    if declared.unit.startswith((terms.SHARE, terms.PRICE_MULTIPLE)):
        return ".1f"
    if declared.unit.startswith(terms.MONEY):
        return "$,.0f" if currency == "$" else ",.0f"
    return ",.0f" if (declared.step or 0) >= 1 else ",.3f" if declared.step == 0.005 else ",.1f"


def _shown_high(workbench: "Workbench", declared: Declaration, value: float) -> float:
    """The slider's end: the term's bound, or for money and measures what these data can reach, if lower."""
    bound = declared.high if declared.high is not None else max(1.0, 2 * value)
    if declared.unit.startswith(terms.MONEY):
        return min(bound, _rounded_up(max(2 * abs(value), _largest_amount(workbench, declared.path))))
    return bound if bound < 1_000 else min(bound, _rounded_up(max(2.5 * value, 0.1)))


def _largest_amount(workbench: "Workbench", path: str) -> float:
    """About the largest amount of its kind: what a partner may turn over, or what the dearest person-year costs."""
    if path.startswith("payments.") and workbench.at_once:
        return TURNOVERS * workbench.result.price.payment
    return _dearest(workbench)


def _dearest(workbench: "Workbench") -> float:
    """About what the dearest person-year costs."""
    if workbench.at_once:
        return workbench.result.pool.dearest
    return workbench.dataset.held.sums.cut(workbench.result.year, 1e-5)


def _rounded_up(value: float) -> float:
    size = 10 ** np.floor(np.log10(max(value, 1e-9)))
    return float(np.ceil(value / size) * size)


def _scale(declared: Declaration) -> float:
    """Shares are shown, and typed, in per cent."""
    return 100.0 if declared.unit.startswith((terms.SHARE, terms.PRICE_MULTIPLE)) else 1.0


_INPUTS: dict[str, Callable[..., Any]] = {
    "switch": _switch, "choice": _choice, "list": _order, "text": _text, "numbers": _text,
    "whole number": _whole_number, "number": _number,
}  # fmt: skip
