"""Designs as text: YAML in and out, named overrides, and scenarios as lists of overrides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from capitation.design.contract_design import ContractDesign, change, make_design
from capitation.design.declaration import Part
from capitation.errors import InputError
from capitation.plain_yaml import load_yaml

SCENARIOS = "scenarios.yaml"


class Scenarios(Part):
    """Named overrides of terms, and named scenarios that apply several of them in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    overrides: dict[str, dict[str, Any]] = {}
    scenarios: dict[str, list[str]] = {}


def read_design(path: Path) -> ContractDesign:
    """The design in the YAML file ``path``; its name is the file's unless it gives one."""
    content = _read_mapping(path, "a contract design in YAML")
    return make_design({"name": path.stem, **content}, where=path.name)


def write_design(design: ContractDesign) -> str:
    """``design`` as YAML text that reads back to the same key."""
    return yaml.safe_dump(design.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def read_scenarios(path: Path) -> Scenarios:
    """The overrides and scenarios in ``path``; none when there is no such file."""
    if not path.exists():
        return Scenarios()
    try:
        return TypeAdapter(Scenarios).validate_python(_read_mapping(path, "overrides and scenarios in YAML"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        raise InputError(f"{path.name}: {place}", first["msg"].lower(), "overrides: and scenarios:") from None


def apply_scenario(design: ContractDesign, name: str, known: Scenarios) -> ContractDesign:
    """``design`` with a scenario's overrides, or one override, applied in order."""
    for override in known.scenarios.get(name, [name]):
        if override not in known.overrides:
            choices = ", ".join([*known.scenarios, *known.overrides]) or "none are defined"
            raise InputError(f"scenario {name}", f"there is no override named {override}", f"one of: {choices}")
        design = change(design, known.overrides[override])
    return design


def parse_setting(text: str) -> tuple[str, Any]:
    """``PATH=VALUE`` from the command line as a dotted path and a plain value."""
    path, equals, value = text.partition("=")
    if not (path and equals):
        raise InputError(f"--set {text}", "this is no setting", "PATH=VALUE, e.g. risk.corridor.inner=0.03")
    try:
        return path.strip(), load_yaml(value)
    except yaml.YAMLError:
        raise InputError(
            f"--set {path}", f"{value!r} can't be read", "a number, true, false, a word or a [list]"
        ) from None


def _read_mapping(path: Path, expected: str) -> Mapping[str, Any]:
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"the file can't be read ({_reason(error)})", expected) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise InputError(str(path), f"{line}{problem}", expected) from None
    if not isinstance(content, Mapping):
        raise InputError(str(path), "holds no terms", expected)
    return content


def _reason(error: Exception) -> str:
    return (error.strerror or "not readable") if isinstance(error, OSError) else "not text"
