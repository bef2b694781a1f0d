"""Individual stop-loss: one person's cost above the attachment point is shared with the commissioner."""

import numpy as np

from capitation.design.parts import StopLoss
from capitation.loss.ratio import Floats


def excess(cost: Floats, attachment: float) -> Floats:
    """(C - A)₊ for each person-year, read from the original cost."""
    return np.maximum(cost - attachment, 0.0)


def recovery(total_excess: Floats, terms: StopLoss) -> Floats:
    """What the commissioner pays back for the excess of the whole cohort."""
    return terms.commissioner_share * total_excess if terms.on else np.zeros_like(total_excess)


def charge(expected_recovery: float, terms: StopLoss) -> float:
    """What the holder pays for this protection: the recovery expected from the base years."""
    return expected_recovery if terms.on and terms.charged else 0.0
