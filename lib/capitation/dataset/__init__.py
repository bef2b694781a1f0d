"""The linked data set: schema, sources, check, disclosure control and the synthetic county.

What needs the engine is imported when first asked for: a page that only looks at the rows never loads it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from capitation.dataset.faults import Fault
from capitation.dataset.linked_dataset import LinkedDataset
from capitation.dataset.meta import Meta

if TYPE_CHECKING:
    from capitation.dataset.checking import check
    from capitation.dataset.county import make_county
    from capitation.dataset.opening import open_dataset

__all__ = ["Fault", "LinkedDataset", "Meta", "check", "make_county", "open_dataset"]

_WITH_ENGINE = {"check": "checking", "make_county": "county", "open_dataset": "opening"}


def __getattr__(name: str) -> Any:
    """A function that needs the engine."""
    if name in _WITH_ENGINE:
        return getattr(import_module(f"capitation.dataset.{_WITH_ENGINE[name]}"), name)
    raise AttributeError(f"module 'capitation.dataset' has no attribute {name!r}")
