"""How a term of the contract is declared: once, with label, unit, bounds, step and source.

The one declaration gives validation, the control, the label, the documentation row and the report caption.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from capitation import terms

JUDGEMENT = "judgement, to be replaced by the parties' own figure"


class Part(BaseModel):
    """One part of a contract design: frozen, strict, nothing unknown accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True)


def term(
    default: Any,
    label: str,
    *,
    unit: str = terms.NONE,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    source: str = JUDGEMENT,
    meaning: str = "",
) -> Any:
    """Declare one term. ``low`` and ``high`` are inclusive; ``meaning`` is what a newcomer reads first."""
    extra = {"unit": unit, "step": step, "source": source, "low": low, "high": high}
    return Field(default, title=label, ge=low, le=high, description=meaning, json_schema_extra=extra)


@dataclass(frozen=True)
class Declaration:
    """A term as declared, with its dotted path in the design."""

    path: str
    label: str
    kind: Literal["number", "whole number", "switch", "choice", "list", "text", "numbers"]
    unit: str
    low: float | None
    high: float | None
    step: float | None
    source: str
    meaning: str
    default: Any
    choices: tuple[Any, ...] = ()

    @property
    def bounds(self) -> str:
        """What the term accepts, in words, e.g. ``a number from 0 to 0.2``."""
        if self.choices:
            names = [str(choice) for choice in self.choices]
            start = "a list of " if self.kind == "list" else "one of "
            return start + ("; " if any("," in name for name in names) else ", ").join(names)
        words = _KIND_WORDS[self.kind]
        if self.low is not None and self.high is not None:
            return f"{words} from {_plain(self.low)} to {_plain(self.high)}"
        return words


def _plain(bound: float) -> str:
    return f"{bound:,.0f}" if float(bound).is_integer() else f"{bound:g}"


_KIND_WORDS = {
    "number": "a number",
    "whole number": "a whole number",
    "switch": "true or false",
    "choice": "one of the choices",
    "list": "a list of names",
    "text": "a text",
    "numbers": "a list of numbers",
}


def declarations(part: Part, prefix: str = "") -> Iterator[Declaration]:
    """Every term of ``part`` and of the parts inside it, in the order declared."""
    for name, info in type(part).model_fields.items():
        value, path = getattr(part, name), f"{prefix}{name}"
        if isinstance(value, Part):
            yield from declarations(value, f"{path}.")
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from named_declarations(inner, f"{path}.", key)
        elif info.title:
            yield _declaration(path, info)


def named_declarations(part: Part, prefix: str, name: str) -> Iterator[Declaration]:
    """Every term of a part that a design holds under ``name`` beside others of its kind."""
    return (_of(name, declared) for declared in declarations(part, f"{prefix}{name}."))


def _of(key: str, declared: Declaration) -> Declaration:
    """The declaration of a term of the part named ``key``, with that name in its label."""
    return replace(declared, label=f"{key.replace('_', ' ').capitalize()}: {declared.label.lower()}")


def _declaration(path: str, info: FieldInfo) -> Declaration:
    extra: Any = info.json_schema_extra
    kind, choices = _kind(info.annotation)
    return Declaration(
        path=path, label=info.title or path, kind=kind, choices=choices, meaning=info.description or "",
        default=info.default, **extra,
    )  # fmt: skip


def _kind(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        if get_origin(inner) is Literal:
            return "list", get_args(inner)
        return ("numbers" if inner in (int, float) else "list"), ()
    return {bool: "switch", int: "whole number", float: "number"}.get(annotation, "text"), ()
