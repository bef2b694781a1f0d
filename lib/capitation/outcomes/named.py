"""What a measure is called and how its figures are written: the one place, for tables, pictures and sentences alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from capitation.dataset import LinkedDataset
from capitation.kept import kept
from capitation.outcomes.library import Measure, added, computable, library, measures_of
from capitation.outcomes.library.named import RATHER
from capitation.terms import percent

SHARE = "share"


@dataclass(frozen=True)
class Named:
    """A measure's name and unit. ``factor`` brings a value as the contract has it to the unit, 1,000 for ``per 1,000``."""

    name: str
    unit: str = ""
    factor: float = 1.0
    is_share: bool = False

    def number(self, value: float) -> str:
        """A value without its unit, which a column of its own gives; a share with its ``%``."""
        return percent(value) if self.is_share else _three_figures(self.factor * value)

    def change(self, value: float) -> str:
        """A difference of two values; of shares in percentage points."""
        return f"{100 * value:.1f} points" if self.is_share else _three_figures(self.factor * value)

    def full(self, value: float) -> str:
        """A value with its unit, for a sentence."""
        return self.number(value) if self.is_share else f"{self.number(value)} {self.unit}".strip()

    def full_change(self, value: float) -> str:
        """A difference with its unit, for a sentence."""
        return f"{100 * value:.1f} percentage points" if self.is_share else f"{self.change(value)} {self.unit}".strip()

    @property
    def heading(self) -> str:
        """The unit as a table's column says it."""
        return "per cent" if self.is_share else self.unit or "as in the contract"


def _three_figures(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@kept(8)
def entries(dataset: LinkedDataset) -> Mapping[str, Measure]:
    """The library's entry of each outcome that the data set counts, by the outcome's name, and of each measure supplied as
    figures, by its short name; of several entries the one that is rather paid on, a local one only where there is no other."""
    counted = _best(dataset, {**library(), **added(dataset).local})
    local = {name: of for name, of in measures_of(dataset).items() if of.data_mode == "supplied"}
    return {**local, **counted, **_best(dataset, library())}


def _best(dataset: LinkedDataset, known: Mapping[str, Measure]) -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for short, source in computable(dataset, known).items():
        if source not in found or RATHER.index(known[short].status) < RATHER.index(found[source].status):
            found[source] = known[short]
    return found


def called(dataset: LinkedDataset, code: str) -> Named:
    """The measure of that name in a contract; its own code in words where no library has it."""
    of = entries(dataset).get(code)
    if of is None:
        return Named(code.replace("_", " ").capitalize())
    supplied = of.data_mode == "supplied"  # its figures are in the unit already
    return Named(name_of(of), of.unit, 1.0 if supplied else float(of.per), of.kind == SHARE)


def name_of(of: Measure) -> str:
    """A measure's name, without the data set that an entry of one data set is for."""
    return of.name.rpartition(", ")[0] if of.origin == "data set" else of.name
