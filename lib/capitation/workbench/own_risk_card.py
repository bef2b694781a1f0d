"""Each party's own risk, and what if one thing goes wrong: tables and a reverse stress on the page, drawn when asked for."""

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation import tables_risk
from capitation.contract import ContractResult
from capitation.errors import InputError
from capitation.tables import Table
from capitation.workbench.live import Still
from capitation.workbench.who_bears_panel import button, plain_table

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

HEADING = "Each party’s own risk, and what if one thing goes wrong"
LOOK_AT = (
    "Look at the small party before the sum of all: who loses the largest part of its turnover, and who has used up its reserves "
    "first. Then ask how far cost has to rise for one party to lose so much."
)
NOT_OVER = (
    "The contract year is not over: losses by year and the stress cases are told when it is, because yearly limits mean nothing "
    "in a part of one."
)
CHANGED = "The design has changed since this was drawn; draw it again."


def _tables(result: ContractResult) -> list[Table]:
    return [table for make in (tables_risk.parties, tables_risk.stress) if (table := make(result)) is not None]


def still_own_risk(workbench: "Workbench") -> Still:
    """The tables, worked out now; their notes hold the reverse stress of the holder's reserves."""
    tables = _tables(workbench.result)
    return Still(
        f"<p>{escape(LOOK_AT)}</p>" + ("".join(table.html() for table in tables) or f"<p>{escape(NOT_OVER)}</p>")
    )


class OwnRisk:
    """The button that draws, the tables, and the question of what has to go wrong."""

    def __init__(self, workbench: "Workbench"):
        self.workbench, self._result, self._offered = workbench, None, None
        self._said, self._tables, self._answer = w.HTML(), w.HTML(), w.HTML()
        self._party = w.Dropdown(options=[], description="Who loses")
        self._loss = w.BoundedFloatText(value=0.0, min=0.0, max=1e12, description="how much")
        for asked in (self._party, self._loss):
            asked.observe(lambda _: self._tell(), "value")
        question = w.HTML("<h4>What has to go wrong for one party to lose so much in one year</h4>")
        self._reverse = w.VBox([question, w.HBox([self._party, self._loss]), self._answer])
        self._reverse.layout.display = "none"
        heading = w.HTML(f"<h3>{HEADING}</h3><p class='cw-note'>{escape(LOOK_AT)}</p>")
        draw = button(
            "Draw", "Work out each party’s risk and the stress cases for the design in force", self.draw, "is-main"
        )
        self.widget = w.VBox([heading, w.HBox([draw]), self._said, self._tables, self._reverse])
        for name in ("cw-card", "cw-who-bears", "cw-own-risk"):
            self.widget.add_class(name)
        workbench.listen(self._clear)

    def draw(self) -> None:
        """Work the tables out for the design in force, and answer the question asked last."""
        self._say("Working it out …")
        try:
            if not self.workbench.settled:
                self.workbench.work_out()
            self._show(self.workbench.result)
        except InputError as error:
            self._clear()
            self._say(str(error), fault=True)

    def _show(self, result: ContractResult) -> None:
        tables = _tables(result)
        self._tables.value = "".join(plain_table(table) for table in tables)
        self._say(f"Of design {self.workbench.design.key}." if tables else NOT_OVER)
        if tables:
            self._offer(result)
            self._result = result
            self._reverse.layout.display = ""
            self._tell()

    def _offer(self, result: ContractResult) -> None:
        """The parties of this design, and the holder's reserves unless the reader has asked for another amount."""
        before, named = self._party.value, tables_risk.who_may_lose(result)
        self._party.options = [(label, party) for party, label in named.items()]
        self._party.value = before if before in named else next(iter(named))
        self._loss.description = f"how much, {result.dataset.meta.currency}"
        if self._loss.value == (self._offered or 0.0):
            self._offered = self._loss.value = round(result.reserves, 2)

    def _tell(self) -> None:
        """Answer the question for the design that was drawn."""
        if self._result is not None and self._party.value is not None:
            words = tables_risk.loss_words(self._result, self._party.value, self._loss.value)
            self._answer.value = f"<p role='status'>{escape(words)}</p>"

    def _clear(self) -> None:
        """What was drawn for another design is not shown for this one."""
        if self._result is not None or self._tables.value or self._said.value:
            self._say(CHANGED)
        self._result, self._tables.value, self._answer.value = None, "", ""
        self._reverse.layout.display = "none"

    def _say(self, words: str, fault: bool = False) -> None:
        mark = 'role="alert" class="cw-loss"' if fault else 'role="status"'
        self._said.value = f"<span {mark}>{escape(words)}</span>"


def risk_cards(workbench: "Workbench") -> Any:
    """What stands below the pictures of the risk step."""
    return w.VBox([workbench.who_bears(), workbench.own_risk()])
