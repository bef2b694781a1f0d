"""Terms that change from contract year to contract year."""

from collections.abc import Sequence

import numpy as np

from capitation.design.parts import Reopener, StopLoss
from capitation.loss.ratio import Floats


def glide_share(glide: Sequence[int], year: int) -> float:
    """The holder's part of its result in a contract year, from 1; the last holds after, and all where none is given."""
    return glide[min(year, len(glide)) - 1] / 100 if glide else 1.0


def glide_transfer(result: Floats, share: float) -> Floats:
    """What takes ``result`` to the holder's part of it."""
    return (share - 1) * result


def attachment_in(terms: StopLoss, year: int) -> float:
    """The attachment point of a contract year, from 1."""
    return terms.attachment * (1 + terms.widening) ** (year - 1)


def reopened(price: Floats | float, result: Floats, terms: Reopener) -> Floats:
    """What a year's result before any clause adds to the next year's price: a loss beyond the limit raises it."""
    beyond = np.maximum(np.abs(result) - terms.beyond * np.asarray(price), 0.0)
    return -np.sign(result) * terms.share * beyond
