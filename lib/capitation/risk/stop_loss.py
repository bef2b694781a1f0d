"""Individual stop-loss: one person's cost above the attachment point is shared with the commissioner."""

import numpy as np

from capitation.design.parts import StopLoss
from capitation.loss.ratio import Floats


def excess(cost: Floats, terms: StopLoss, predicted: Floats | float = 0.0) -> Floats:
    """min((C - Ĉ - A)₊, L) for each person-year, read from the original cost C; a limit L of 0 is none.

    ``predicted`` Ĉ is what a person was expected to cost, where the contract reads cost above it; else 0.
    """
    return np.clip(cost - predicted - terms.attachment, 0.0, terms.limit or None)


def reads_residual(terms: StopLoss) -> bool:
    """Whether the clause reads cost above what need predicts."""
    return terms.reads != "cost"


def recovery(total_excess: Floats, terms: StopLoss) -> Floats:
    """What the commissioner pays back for the excess of the whole cohort."""
    return terms.commissioner_share * total_excess if terms.on else np.zeros_like(total_excess)


def charge(expected_recovery: float, terms: StopLoss) -> float:
    """What the holder pays for this protection: the recovery expected from the base years."""
    return expected_recovery if terms.on and terms.charged else 0.0
