"""A result of which some parts are others than were worked out: to see what is done with them."""

from dataclasses import replace
from typing import Any, TypeVar

Result = TypeVar("Result")


def altered(result: Result, **parts: Any) -> Result:
    """A copy of a result that works its parts out when asked, with these parts known already."""
    copy = replace(result)  # type: ignore[type-var]
    copy.__dict__.update(parts)
    return copy
