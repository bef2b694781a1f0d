"""The presets that come with the package, as texts: each is read whole and checked before anything of it is shown."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml
from pydantic import ValidationError

from capitation.cases.figures import check_figure
from capitation.cases.preset import Preset
from capitation.cases.roles import unresolved
from capitation.cases.shows import CHECKS
from capitation.design import ContractDesign, change
from capitation.errors import InputError
from capitation.kept import kept
from capitation.plain_yaml import load_yaml

PACKAGE = "capitation.cases"
FOLDERS = {"case": "published", "form": "forms"}
BLOCKS = "blocks.yaml"
Blocks = dict[str, dict[str, Any]]


@kept(1)
def presets() -> Mapping[str, Preset]:
    """Every preset by its short name (the file's): published cases first, then forms. Raises InputError for a bad text."""
    blocks = read_blocks(_text(BLOCKS))
    return {
        entry.name.removesuffix(".yaml"): read_preset(entry.read_text(encoding="utf-8"), entry.name, blocks)
        for folder in FOLDERS.values()
        for entry in sorted(files(PACKAGE).joinpath(folder).iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".yaml")
    }


def find(name: str) -> Preset:
    """The preset of a name or short name, in capitals or not. Raises InputError where there is none."""
    known = presets()
    for short, preset in known.items():
        if name.strip().lower() in (short, preset.name.lower()):
            return preset
    raise InputError(f"cases {name}", "there is no such case or form", "one of " + ", ".join(known))


def _text(name: str) -> str:
    return files(PACKAGE).joinpath(name).read_text(encoding="utf-8")


def read_blocks(text: str) -> Blocks:
    """Named blocks of terms that presets use."""
    return {name: dict(terms) for name, terms in _mapping(text, BLOCKS).items()}


def read_preset(text: str, where: str, blocks: Blocks) -> Preset:
    """A preset from its text, blocks put in. Raises InputError, one line, for an unknown term, a missing source and the like."""
    content = _mapping(text, where)
    try:
        preset = Preset.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        raise _fault(error, where) from None
    whole = preset.model_copy(update={"terms": _with_blocks(preset, where, blocks)})
    _check(whole, where)
    return whole


def _mapping(text: str, where: str) -> Mapping[str, Any]:
    try:
        content = load_yaml(text)
    except yaml.YAMLError as error:
        raise InputError(where, str(getattr(error, "problem", None) or "not YAML"), "a preset in YAML") from None
    if not isinstance(content, Mapping):
        raise InputError(where, "holds nothing", "a preset in YAML")
    return content


def _fault(error: ValidationError, where: str) -> InputError:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    missing = {"missing": "it is missing", "extra_forbidden": "there is no such entry"}
    expected = str(first["msg"]).lower().removeprefix("input should be ")
    return InputError(f"{where}: {place}", missing.get(first["type"], f"{first['input']!r} is not accepted"), expected)


def _with_blocks(preset: Preset, where: str, blocks: Blocks) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    for name in preset.uses:
        if name not in blocks:
            raise InputError(f"{where}: uses", f"there is no block {name!r}", "one of " + ", ".join(blocks))
        terms |= blocks[name]
    return terms | preset.terms


def _check(preset: Preset, where: str) -> None:
    for figure in preset.figures:
        check_figure(figure, where)
    for name in preset.shows:
        if name not in CHECKS:
            raise InputError(f"{where}: shows", f"there is no check {name!r}", "one of " + ", ".join(CHECKS))
    for path in preset.why:
        if path not in preset.terms_with(tuple(preset.switches)):
            raise InputError(f"{where}: why", f"{path} is not among its terms", "a term of the preset")
    for on in ((), preset.on, tuple(preset.switches)):
        _check_terms(preset.terms_with(on), where)


def _check_terms(terms: Mapping[str, Any], where: str) -> None:
    try:
        change(ContractDesign(), unresolved(terms))
    except InputError as error:
        raise InputError(f"{where}: {error.where}", error.what, error.expected) from None
