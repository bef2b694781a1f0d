"""Which published cases a design is, term by term."""

from capitation.cases.files import presets
from capitation.cases.look import Look
from capitation.cases.preset import Preset
from capitation.contract import ContractResult
from capitation.errors import InputError


def in_force(result: ContractResult) -> tuple[Preset, ...]:
    """The published cases whose terms, as they stand, are all in the design."""
    return tuple(preset for preset in presets().values() if preset.kind == "case" and _is_in_force(preset, result))


def _is_in_force(preset: Preset, result: ContractResult) -> bool:
    try:
        return Look(preset, result.dataset, result.design).design.key == result.design.key
    except InputError:
        return False
