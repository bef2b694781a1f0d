"""The designer of outcome measures on the page: propose, say why, put in force."""

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation import tables_outcomes
from capitation.errors import InputError
from capitation.signing import Proposal, proposal
from capitation.workbench.live import Still
from capitation.workbench.who_bears_panel import button, plain_table

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

HEADING = "Which measures tell most"
LOOK_AT = (
    "Every measure that these data count is held against what chance alone does to it in this cohort. Look at why a measure is left "
    "out before asking for it back."
)
SET = ("floor", "target", "weight", "scale", "rewards", "gate", "target_share")  # terms of each measure proposed
NOTHING_FIT = "No measure of these data tells an improvement of that size from chance, so nothing is proposed."


def still_designer(workbench: "Workbench") -> Still:
    """The proposal, worked out now."""
    result = workbench.result
    tables = [tables_outcomes.designer(result), tables_outcomes.published(result)]
    return Still(f"<p>{escape(LOOK_AT)}</p>" + "".join(table.html() for table in tables if table is not None))


class Designer:
    """The button that proposes, what it proposes, and the button that puts it in force."""

    def __init__(self, workbench: "Workbench"):
        self.workbench, self.found = workbench, None
        self._propose = button("Propose measures", "Hold every measure against chance", self.propose, "is-main")
        self._use = button("Use these measures", "Pay on the measures proposed; Undo takes them back", self.use)
        self._use.disabled = True
        self._said, self._tables = w.HTML(), w.HTML()
        heading = w.HTML(f"<h3>{HEADING}</h3><p class='cw-note'>{escape(LOOK_AT)}</p>")
        self.widget = w.VBox([heading, w.HBox([self._propose, self._use]), self._said, self._tables])
        self.widget.add_class("cw-card")
        workbench.listen(self._follow)

    def propose(self) -> None:
        """Work the proposal out and show it."""
        try:
            self.found = proposal(self.workbench.result)
        except InputError as error:
            self._say(str(error), fault=True)
            return
        self._use.disabled = not self.found.terms.measures
        self._say("" if self.found.terms.measures else NOTHING_FIT)
        made = (tables_outcomes.designer(self.workbench.result), tables_outcomes.published(self.workbench.result))
        self._tables.value = "".join(plain_table(table) for table in made if table is not None)

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
    gone = {f"{folder}.{name}.weight": 0.0 for name in workbench.design.outcomes.measures if name not in proposed}
    new = {f"{folder}.{name}.{term}": getattr(of, term) for name, of in proposed.items() for term in SET}
    return gone | new
