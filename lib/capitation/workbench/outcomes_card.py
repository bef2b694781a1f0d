"""The designer of outcome measures on the page: propose, say why, put in force."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation import tables_outcomes
from capitation.contract import ContractResult
from capitation.design.outcome_parts import PaidMeasure
from capitation.errors import InputError
from capitation.signing import Proposal, proposal
from capitation.tables import Table
from capitation.workbench.live import Still
from capitation.workbench.who_bears_panel import button, plain_table

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

NOTHING_PAID = "No measure is paid for that may be shown, so there is nothing to hold against chance."
HEADING = "Which measures tell most"
LOOK_AT = (
    "Every measure that these data count is held against what chance alone does to it in this cohort. Look at why a measure is left "
    "out before asking for it back."
)
SET = tuple(PaidMeasure.model_fields)  # every term of a measure: none of what was there before stays in force
OUT = {"weight": 0.0, "gate": 0.0}  # of a measure that is no longer paid on: it is watched, and nothing hangs on it
NOTHING_FIT = (
    "No measure of these data tells an improvement of that size from chance for this money, so nothing is proposed."
)


STRENGTH = (tables_outcomes.strength, tables_outcomes.correlation)
PROPOSAL = (tables_outcomes.designer, tables_outcomes.published)


def still_designer(workbench: "Workbench") -> Still:
    """What these people can show and the proposal, worked out now."""
    found = [made(workbench.result) for made in (*STRENGTH, *PROPOSAL)]
    return Still(f"<p>{escape(LOOK_AT)}</p>" + "".join(table.html() for table in found if table is not None))


class Designer:
    """The button that says what these people can show, the one that proposes, and the one that puts that in force."""

    def __init__(self, workbench: "Workbench"):
        self.workbench, self.found = workbench, None
        self._strength = button(
            "Hold these measures against chance", "Limits, power, reliability, correlation", self.strength
        )
        self._propose = button("Propose measures", "Hold every measure against chance", self.propose, "is-main")
        self._use = button("Use these measures", "Pay on the measures proposed; Undo takes them back", self.use)
        self._use.disabled = True
        self._said, self._tables = w.HTML(), w.HTML()
        heading = w.HTML(f"<h3>{HEADING}</h3><p class='cw-note'>{escape(LOOK_AT)}</p>")
        self.widget = w.VBox([heading, w.HBox([self._strength, self._propose, self._use]), self._said, self._tables])
        self.widget.add_class("cw-card")
        self.widget.add_class("cw-who-bears")
        workbench.listen(self._follow)

    def strength(self) -> None:
        """Show what these people can tell of the measures in force."""
        self._show(STRENGTH)
        self._say("" if self._tables.value else NOTHING_PAID)

    def propose(self) -> None:
        """Work the proposal out and show it."""
        try:
            self.found = proposal(self.workbench.result)
        except InputError as error:
            self._say(str(error), fault=True)
            return
        self._use.disabled = not self.found.terms.measures
        self._say("" if self.found.terms.measures else NOTHING_FIT)
        self._show(PROPOSAL)

    def _show(self, made: Sequence[Callable[[ContractResult], Table | None]]) -> None:
        tables = [of(self.workbench.result) for of in made]
        self._tables.value = "".join(plain_table(table) for table in tables if table is not None)

    def use(self) -> None:
        """Put the proposed measures in force; those that were there and are not proposed are watched, without weight."""
        if self.found is not None:
            self.workbench.set_apart(changes_of(self.found, self.workbench))
            self._say("These measures are in force; Undo takes them back.")

    def _follow(self) -> None:
        """What was proposed for another contract is not proposed for this one."""
        self.found, self._use.disabled, self._tables.value = None, True, ""

    def _say(self, words: str, fault: bool = False) -> None:
        self._said.value = (
            f'<span role="status" class="{"cw-loss" if fault else ""}">{escape(words)}</span>' if words else ""
        )


def changes_of(found: Proposal, workbench: "Workbench") -> dict[str, Any]:
    """The terms to set for the measures proposed, by path."""
    folder, proposed = "outcomes.measures", found.terms.measures
    left = [name for name in workbench.design.outcomes.measures if name not in proposed]
    gone = {f"{folder}.{name}.{term}": value for name in left for term, value in OUT.items()}
    new = {f"{folder}.{name}.{term}": getattr(of, term) for name, of in proposed.items() for term in SET}
    return gone | new | {"outcomes.phases": list(found.terms.phases)}
