"""Results kept for their inputs: a step is run again only when its own terms change."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def kept(size: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the last ``size`` results of a pure function of hashable values; its signature stays as it is."""
    return cast("Callable[[Callable[P, R]], Callable[P, R]]", lru_cache(maxsize=size))
