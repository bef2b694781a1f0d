"""Which published cases a design is, term by term."""

from typing import Any

from capitation.cases.files import presets
from capitation.cases.look import Look
from capitation.cases.preset import Preset
from capitation.cases.roles import is_plain
from capitation.contract import ContractResult
from capitation.errors import InputError


def in_force(result: ContractResult) -> tuple[Preset, ...]:
    """The published cases whose terms, as they stand, are all in the design."""
    return tuple(preset for preset in presets().values() if preset.kind == "case" and _is_in_force(preset, result))


def _is_in_force(preset: Preset, result: ContractResult) -> bool:
    terms = preset.terms_with(preset.on)
    if not all(_same(result.design.value(path), value) for path, value in terms.items() if is_plain(path, value)):
        return False  # at once: partners and services by role take a look at the data
    try:
        return Look(preset, result.dataset, result.design).design.key == result.design.key
    except InputError:
        return False


def _same(now: Any, value: Any) -> bool:
    return tuple(value) == now if isinstance(value, list) else value == now
