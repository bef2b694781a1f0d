"""The contract design: every term declared once, changed by name, compared, keyed, kept as text."""

from capitation.design.contract_design import Change, ContractDesign, change, diff, key_of, make_design
from capitation.design.declaration import Declaration
from capitation.design.files import (
    SCENARIOS,
    Scenarios,
    apply_scenario,
    parse_setting,
    read_design,
    read_scenarios,
    write_design,
)

__all__ = [
    "SCENARIOS", "Change", "ContractDesign", "Declaration", "Scenarios", "apply_scenario", "change", "diff", "key_of",
    "make_design", "parse_setting", "read_design", "read_scenarios", "write_design",
]  # fmt: skip
