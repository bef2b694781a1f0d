"""The rule builder: further rules of a cohort, one by one, with what the next one would leave before it is applied."""

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation.cohort.columns import columns
from capitation.cohort.members import select
from capitation.dataset.disclosure import SMALLEST_SHOWN, suppress_count
from capitation.dataset.selection import Grouping
from capitation.design import Declaration, change
from capitation.errors import InputError
from capitation.terms import percent

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

SIGNS = {"at least": ">=", "below": "<", "is": "=", "is not": "!="}
FEW_REMOVED = (
    f"It would remove fewer than {SMALLEST_SHOWN} people: whoever sees the figures with it and without it could tell "
    "what these few cost."
)
SUSPICIOUS = 0.02  # of the people before: a rule that leaves fewer may be a slip of the pen


class RulesControl:
    """The further rules in force, each with a button that takes it away, and a line to make the next one from."""

    def __init__(self, workbench: "Workbench", declared: Declaration):
        self.workbench, self.declared = workbench, declared
        whole = {"layout": w.Layout(width="100%")}
        self._known = columns(workbench.dataset, workbench.design.cohort)
        self.column = w.Dropdown(options=list(self._known), description="Column", **whole)
        self.sign = w.Dropdown(options=list(SIGNS), description="is", **whole)
        self.value = w.Combobox(description="Value", placeholder="e.g. 65", ensure_option=False, **whole)
        self.add = w.Button(description="Add this rule", tooltip="Put the rule in force", disabled=True)
        self.preview, self.fault, self.kept = w.HTML(), w.HTML(), w.VBox([])
        note = w.HTML(f"<span title='{escape(declared.source)}'>{escape(declared.meaning)}</span>")
        note.add_class("cw-note")
        self.fault.add_class("cw-error")
        heading = w.HTML(f"<b>{escape(declared.label)}</b>")
        self.box = w.VBox(
            [heading, note, self.kept, self.column, self.sign, self.value, self.preview, self.add, self.fault]
        )
        self.box.add_class("cw-control")
        for part in (self.column, self.sign, self.value):
            part.observe(lambda _: self._look(), "value")
        self.column.observe(lambda _: self._offer(), "value")
        self.add.on_click(lambda _: self._apply([*self._rules, self._next]))
        self._offer()
        workbench.listen(self.follow)
        self.follow()

    @property
    def _rules(self) -> list[str]:
        return list(self.workbench.design.cohort.rules)

    @property
    def _next(self) -> str:
        return f"{self.column.value} {SIGNS[str(self.sign.value)]} {str(self.value.value).strip()}"

    def _offer(self) -> None:
        """The names that the chosen column has."""
        column = self._known[str(self.column.value)]
        names: list[str] = []
        if not column.numeric:
            of = column.of
            names = list(of.labels) if isinstance(of, Grouping) else [
                str(v) for v in self.workbench.dataset.held.values(str(of)) if v]  # fmt: skip
            if self.sign.value not in ("is", "is not"):
                self.sign.value = "is"
        self.value.options = names

    def _look(self) -> None:
        """What the next rule would leave, said before it is applied."""
        if not str(self.value.value).strip():
            self._say("", ready=False)
            return
        try:
            before, after = self._people(self._rules), self._people([*self._rules, self._next])
        except InputError as error:
            self._say(str(error), ready=False, warn=True)
            return
        words = f"It would leave {suppress_count(after)} of {suppress_count(before)} people."
        if after < SMALLEST_SHOWN:
            self._say(f"{words} That is too few, or nobody: is the value as meant?", ready=False, warn=True)
        elif after < SUSPICIOUS * before:
            self._say(f"{words} That is fewer than {percent(SUSPICIOUS, 0)} of them: is the value as meant?", warn=True)
        elif 0 < before - after < SMALLEST_SHOWN:
            self._say(f"{words} {FEW_REMOVED}", warn=True)
        else:
            self._say(words)

    def _people(self, rules: list[str]) -> int:
        """People in the contract year under some rules beside the other terms in force."""
        terms = change(self.workbench.design, {self.declared.path: rules}).cohort
        return select(self.workbench.dataset, terms).people(self.workbench.result.year)

    def _say(self, words: str, ready: bool = True, warn: bool = False) -> None:
        tone = ' class="cw-loss"' if warn else ""
        self.preview.value = f'<span role="status"{tone}>{escape(words)}</span>' if words else ""
        self.add.disabled = not ready

    def _apply(self, rules: list[str]) -> None:
        try:
            self.workbench.set_apart({self.declared.path: rules})
        except InputError as error:
            self.workbench.forget(self.declared.path)
            self.fault.value = f'<span role="alert">{escape(str(error))}</span>'
        else:
            self.fault.value = ""
            self.value.value = ""

    def follow(self) -> None:
        """Show the rules in force."""
        self.kept.children = [self._row(place, rule) for place, rule in enumerate(self._rules)]
        changed = self._rules != list(self.workbench.baseline.cohort.rules)
        (self.box.add_class if changed else self.box.remove_class)("is-changed")
        self._look()

    def _row(self, place: int, rule: str) -> Any:
        less = w.Button(description="Remove", tooltip=f"Take away the rule {rule}")
        less.add_class("is-link")
        less.on_click(lambda _: self._apply([r for n, r in enumerate(self._rules) if n != place]))
        return w.HBox([w.HTML(f"<code>{escape(rule)}</code>"), less])
