"""The controls of one partner at a time: how it is paid, what it could lose, and its cash."""

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation.design.declaration import named_declarations
from capitation.design.payment_parts import Partner
from capitation.workbench.controls import WIDE, Control

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

FOLDER = "payments.partners."


class PartnerPanel(w.VBox):
    """A list of the partners in the contract, and the controls of the one that is chosen, made when first chosen."""

    def __init__(self, workbench: "Workbench"):
        self._workbench, self._made = workbench, {}
        self.who = w.Dropdown(description="Partner", layout=WIDE, tooltip="Whose terms are shown")
        self._terms = w.VBox([])
        super().__init__([w.HTML("<h3>Partner by partner</h3>"), self.who, self._terms])
        self._terms.add_class("cw-partner-terms")
        self.follow()
        self.who.observe(lambda _: self._show(), "value")
        workbench.listen(self.follow)
        self._show()

    def follow(self) -> None:
        """Offer the partners of the design in force; the one that is chosen stays while it is there."""
        result = self._workbench.result
        options = [(result.name_of(provider), provider) for provider in result.plans.inside]
        if list(self.who.options) != options:
            chosen = self.who.value
            self.who.options = options
            largest = max(result.plans.inside, key=lambda provider: result.plans.inside[provider])
            self.who.value = chosen if chosen in result.plans.inside else largest

    def _show(self) -> None:
        self._terms.children = self._controls_of(self.who.value) if self.who.value else []

    def _controls_of(self, provider: str) -> list[Any]:
        if provider not in self._made:
            declared = named_declarations(Partner(), FOLDER, provider)
            self._made[provider] = [Control(self._workbench, of).box for of in declared]
        return self._made[provider]
