"""Figures as arrays of numbers, or one line that says which of them can't be."""

import numpy as np
from numpy.typing import ArrayLike

from capitation.errors import InputError
from capitation.loss.ratio import Floats


def numbers(values: ArrayLike, what: str, low: float = -np.inf, high: float = np.inf) -> Floats:
    """``values`` as floats of the same shape, each from ``low`` to ``high``. Raises InputError called ``what``."""
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(what, "not numbers", _between(low, high)) from None
    bad = found[~(np.isfinite(found) & (found >= low) & (found <= high))]
    if bad.size:
        raise InputError(what, f"{bad.flat[0]:g}", _between(low, high))
    return found


def above_zero(values: ArrayLike, what: str) -> Floats:
    """``values`` as floats, each above 0. Raises InputError."""
    found = numbers(values, what)
    if not (found > 0).all():
        raise InputError(what, f"{found[found <= 0].flat[0]:g}", "numbers above 0")
    return found


def inside(values: ArrayLike, what: str) -> Floats:
    """Shares strictly between 0 and 1. Raises InputError."""
    found = numbers(values, what)
    if not ((found > 0) & (found < 1)).all():
        raise InputError(what, f"{found[(found <= 0) | (found >= 1)].flat[0]:g}", "a share between 0 and 1")
    return found


def parts_of(part: ArrayLike, whole: ArrayLike, what: str) -> tuple[Floats, Floats]:
    """How many of how many, in one shape: 0 or more, and no more than there are. Raises InputError."""
    x, n = together(numbers(part, what, 0), numbers(whole, f"{what}, out of", 0), what=what)
    if (x > n).any():
        raise InputError(what, f"{x[x > n].flat[0]:g} of {n[x > n].flat[0]:g}", "a part of the whole")
    return x, n


def together(*arrays: Floats, what: str) -> list[Floats]:
    """The arrays in one shape. Raises InputError where they don't fit each other."""
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise InputError(what, f"figures of shapes {shapes}", "as many of each") from None


def series(values: ArrayLike, what: str, least: int = 1) -> Floats:
    """A series of numbers, shape (points,), of at least so many. Raises InputError."""
    found = numbers(values, what)
    if found.ndim != 1 or len(found) < least:
        raise InputError(what, f"{found.size} points", f"a series of {least} or more")
    return found


def over(part: Floats, whole: Floats) -> Floats:
    """part / whole; NaN where the whole is 0, because nobody was counted."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole != 0)


def _between(low: float, high: float) -> str:
    if np.isinf(low) and np.isinf(high):
        return "numbers"
    return f"numbers from {low:g} to {high:g}" if np.isfinite(high) else f"numbers of {low:g} or more"
