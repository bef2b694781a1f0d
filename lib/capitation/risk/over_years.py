"""Terms that change from contract year to contract year."""

from collections.abc import Sequence

import numpy as np

from capitation.design.parts import Reopener, StopLoss
from capitation.loss.ratio import Floats


def glide_share(glide: Sequence[int], year: int) -> float:
    """The holder's part of its result in a contract year, from 1; the last holds after, and all where none is given."""
    return glide[min(year, len(glide)) - 1] / 100 if glide else 1.0


def glide_transfer(result: Floats, share: float) -> Floats:
    """What takes ``result`` to the holder's part of it, in currency; the rest is the commissioner's, gain or loss.

    Source: domain reference, row 48; Medicare shared savings, tracks A to E.
    """
    return (share - 1) * result


def attachment_in(terms: StopLoss, year: int) -> float:
    """The attachment point of a contract year, from 1, in currency per person-year: A · (1 + rise)^(year - 1).

    Source: East Sussex Better Together paper, section 10: stop-loss widens as the holder gains skill.
    """
    return terms.attachment * (1 + terms.widening) ** (year - 1)


def reopened(price: Floats | float, result: Floats, terms: Reopener) -> Floats:
    """What a year's result before any clause adds to the next year's price: a loss beyond the limit raises it.

    In currency, shape of ``result``; a gain beyond the limit lowers the price. Source: domain reference, row 75.
    """
    limit = np.multiply(terms.beyond, price)
    return terms.share * (np.clip(result, -limit, limit) - result)
