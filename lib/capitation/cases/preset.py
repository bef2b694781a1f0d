"""What a preset holds: a published case or a form of contract, as one text says it."""

from typing import Any, Literal

from pydantic import Field

from capitation.design.declaration import Part
from capitation.price.published import CONFIRMED, STATED, WORKED_OUT

Mark = Literal["SD", "C", "A"]  # a figure known from memory alone has no mark here and can't be read
MARKS: dict[str, str] = {"SD": STATED, "C": CONFIRMED, "A": WORKED_OUT}
"""How sure a figure is, in words, by the domain reference's marks."""
SHORT_MARKS: dict[str, str] = {"SD": "stated", "C": "confirmed", "A": "worked out"}
"""The same in a word or two, where `MARKS` stand beside."""


class Said(Part):
    """One sentence of what happened, with its source and how sure it is."""

    says: str = Field(min_length=1)
    mark: Mark
    source: str = Field(min_length=1)


class Figure(Part):
    """One published figure; where the suite can work it out, ``by`` names the rule and ``of`` what it is worked out from.

    ``unit`` of a share is ``share``; ``to`` is how far a figure worked out may lie from the one published, because that is
    rounded.
    """

    what: str = Field(min_length=1)
    value: float
    unit: str
    mark: Mark
    source: str = Field(min_length=1)
    year: str = ""
    by: str = ""
    of: tuple[float, ...] = ()
    to: float = Field(0.0, ge=0)


class Switch(Part):
    """Some terms that can be put on or off by themselves; ``on`` says whether they are part of the preset as it stands.

    ``if_nothing`` is why they may move nothing of the holder's.
    """

    says: str = Field(min_length=1)
    on: bool = True
    if_nothing: str = ""
    terms: dict[str, Any] = Field(min_length=1)


class Preset(Part):
    """A published case or a form of contract.

    ``uses`` names blocks of terms that come first; ``terms`` are dotted paths and values, relative or by the role of a partner
    or service where a data set decides; ``why`` says of a term where it comes from; ``no_figure`` is what the documents do not
    give, ``shows`` the checks of what must be seen.
    """

    name: str = Field(min_length=1)
    kind: Literal["case", "form"]
    where: str = ""
    question: str = Field(min_length=1)
    happened: tuple[Said, ...] = Field(min_length=1)
    uses: tuple[str, ...] = ()
    terms: dict[str, Any] = Field(default_factory=dict)
    why: dict[str, str] = Field(default_factory=dict)
    switches: dict[str, Switch] = Field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    no_figure: tuple[str, ...] = Field(min_length=1)
    shows: tuple[str, ...] = Field(min_length=1)

    @property
    def on(self) -> tuple[str, ...]:
        """The switches that are part of it as it stands."""
        return tuple(name for name, switch in self.switches.items() if switch.on)

    def terms_with(self, switches: tuple[str, ...]) -> dict[str, Any]:
        """Its terms with these switches put on, later ones last."""
        found = dict(self.terms)
        for name, switch in self.switches.items():
            if name in switches:
                found |= switch.terms
        return found
