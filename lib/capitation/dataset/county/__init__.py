"""A synthetic county in the schema of a linked data set: no person in it is real.

It has the shape of an older English county and is calibrated to published figures (``targets``); every number it
is made from is in ``parameters`` with its source.
"""

from collections.abc import Mapping
from typing import Any

from capitation.dataset.county.writing import faults, make_county

__all__ = ["FAULTS", "make_county"]

FAULTS: Mapping[str, str]


def __getattr__(name: str) -> Any:
    """The faults that can be planted, read when asked for."""
    if name == "FAULTS":
        return faults()
    raise AttributeError(f"module 'capitation.dataset.county' has no attribute {name!r}")
