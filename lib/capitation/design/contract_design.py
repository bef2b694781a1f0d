"""One contract design: every term of the contract in one frozen value."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import Field, ValidationError

from capitation import terms
from capitation.design import outcome_parts, parts, payment_parts
from capitation.design.declaration import Declaration, Part, declarations, named_declarations
from capitation.design.tolerances import PartnerTolerance, Tolerances
from capitation.errors import InputError


class ContractDesign(Part):
    """A contract for a defined population: who, what, price, risk, payments, outcomes, form, outlook."""

    name: str = "unnamed"
    question: str = "Does the price cover the care, and who bears it if it does not?"
    cohort: parts.Cohort = Field(default_factory=parts.Cohort)
    scope: parts.Scope = Field(default_factory=parts.Scope)
    price: parts.Price = Field(default_factory=parts.Price)
    risk: parts.Risk = Field(default_factory=parts.Risk)
    tolerances: Tolerances = Field(default_factory=Tolerances)
    payments: payment_parts.Payments = Field(default_factory=payment_parts.Payments)
    outcomes: outcome_parts.Outcomes = Field(default_factory=outcome_parts.Outcomes)
    form: parts.Form = Field(default_factory=parts.Form)
    outlook: parts.Outlook = Field(default_factory=parts.Outlook)

    @cached_property
    def key(self) -> str:
        """Eight letters that stand for the terms: the same terms have the same key, whatever the name."""
        return key_of(self.model_dump(mode="json", exclude={"name", "question"}))

    def __hash__(self) -> int:
        return hash((self.name, self.key))

    @cached_property
    def declarations(self) -> dict[str, Declaration]:
        """Every term by its dotted path."""
        return {d.path: d for d in declarations(self)}

    def declares(self, path: str) -> bool:
        """Whether there is a term at ``path``, be it of a partner that the design has not named."""
        return path in self.declarations or (not path.startswith(THERE_WHEN_NAMED) and _of_a_new_one(path) is not None)

    def value(self, path: str) -> Any:
        """The value of the term at ``path``. Raises InputError when there is no such term."""
        self.declaration(path)
        *folders, _ = path.split(".")
        value: Any = self
        for place, name in enumerate(folders):
            default = NAMED.get(".".join(folders[:place]))
            value = value.get(name, default and default()) if isinstance(value, dict) else getattr(value, name)
        return getattr(value, path.rpartition(".")[2])

    def declaration(self, path: str) -> Declaration:
        """The declaration at ``path``. Raises InputError, naming the nearest path, when there is none."""
        found = self.declarations.get(path) or _of_a_new_one(path)
        if found is None:
            raise InputError(path, "there is no such term", _nearest(path, self.declarations))
        return found


NAMED: Mapping[str, type[Part]] = {
    "payments.partners": payment_parts.Partner,
    "payments.schemes": payment_parts.Scheme,
    "tolerances.by_partner": PartnerTolerance,
    "outcomes.measures": outcome_parts.PaidMeasure,
}
"""The parts of which a design holds as many as are named; a term of one that is not named yet may be set."""
THERE_WHEN_NAMED = (
    "outcomes.measures."  # nothing is paid on a measure that is not named; a partner is there all the same
)


def _of_a_new_one(path: str) -> Declaration | None:
    """The declaration of a term of a partner or scheme that the design has not named yet."""
    for folder, part in NAMED.items():
        name = path.removeprefix(f"{folder}.").rpartition(".")[0]
        if path.startswith(f"{folder}.") and name and "." not in name:
            return declared_in(part(), f"{folder}.", name).get(path)
    return None


def declared_in(part: Part, prefix: str, name: str) -> dict[str, Declaration]:
    """The terms of a part that a design holds under ``name``, by path."""
    return {d.path: d for d in named_declarations(part, prefix, name)}


def key_of(content: Any) -> str:
    """The first eight letters of the hash of ``content`` written as JSON in one fixed way."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _nearest(path: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    inside = [p for p in known if p.startswith(f"{path}.")]
    if inside:
        return f"one of its terms, such as {', '.join(inside[:3])}"
    last = path.rpartition(".")[2]
    close = get_close_matches(path, known, 3) or [p for p in known if p.endswith("." + last)][:3]
    return "one of " + ", ".join(close) if close else "a term listed by 'capitation design list --terms'"


def make_design(content: Mapping[str, Any], where: str = "design") -> ContractDesign:
    """A design from nested plain values, as read from YAML. Raises InputError with the first fault."""
    try:
        return ContractDesign.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        raise _in_contract_words(error, where) from None


def _in_contract_words(error: ValidationError, where: str) -> InputError:
    first = error.errors()[0]
    path = ".".join(str(p) for p in first["loc"])
    known = _declared_with(first["loc"])
    declared = known.get(".".join(str(p) for p in first["loc"] if not isinstance(p, int)))
    label = f"{path} ({declared.label})" if declared else path or "the design"
    place = label if where == "design" else f"{where}: {label}"
    return InputError(place, _fault(first), declared.bounds if declared else _expected(first, path, known))


def _declared_with(loc: Sequence[Any]) -> dict[str, Declaration]:
    """Every declaration, those of the measure, partner or scheme at fault with its own name."""
    known = ContractDesign().declarations
    name = str(loc[2]) if len(loc) > 2 else "measure"
    named = {folder: part() for folder, part in NAMED.items()}
    folder = ".".join(map(str, loc[:2]))
    return {**known, **declared_in(named[folder], f"{folder}.", name)} if folder in named else known


def _fault(first: Any) -> str:
    if first["type"] == "extra_forbidden":
        return "there is no such term"
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    return f"{_short(first['input'])} is not accepted{_per_cent_hint(first['input'])}"


def _per_cent_hint(value: Any) -> str:
    """How a share is written, where somebody wrote it in per cent."""
    number, sign, rest = value.partition("%") if isinstance(value, str) else ("", "", "")
    try:
        return f" ({value.strip()} is written {float(number) / 100:g})" if sign and not rest.strip() else ""
    except ValueError:
        return ""


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _expected(first: Any, path: str, known: Mapping[str, Any]) -> str:
    if first["type"] == "extra_forbidden":
        return _nearest(path, known)
    if first["type"] == "value_error":
        return "terms that agree with each other"
    return str(first["msg"]).lower().removeprefix("input should be ")


def change(design: ContractDesign, changes: Mapping[str, Any]) -> ContractDesign:
    """``design`` with the terms at the dotted paths of ``changes`` set; together valid or not at all."""
    content = design.model_dump(mode="json")
    for path, value in changes.items():
        _set(content, design, path, value)
    return make_design(content)


def _set(content: dict[str, Any], design: ContractDesign, path: str, value: Any) -> None:
    design.declaration(path)
    *folders, last = path.split(".")
    place: Any = content
    for name in folders:
        place = place.setdefault(name, {})
    place[last] = value


@dataclass(frozen=True)
class Change:
    """One term that differs between two designs."""

    path: str
    label: str
    unit: str
    before: Any
    after: Any

    def words(self, currency: str) -> str:
        """The change as people read it, e.g. ``Attachment point £45,000 → £60,000``."""
        before, after = (terms.term_figure(self.path, v, self.unit, currency) for v in (self.before, self.after))
        return f"{self.label} {before} → {after}"


def diff(before: ContractDesign, after: ContractDesign) -> list[Change]:
    """The terms that differ, in the order declared; a measure only one of them has counts as a change."""
    paths = list(dict.fromkeys([*before.declarations, *after.declarations]))
    changes = (_change(p, before, after) for p in paths)
    return [c for c in changes if c.before != c.after]


def _change(path: str, before: ContractDesign, after: ContractDesign) -> Change:
    declared = before.declarations.get(path) or after.declarations[path]
    values = (d.value(path) if d.declares(path) else None for d in (before, after))
    return Change(path, declared.label, declared.unit, *values)
