"""The last limits on what the holder may keep or lose."""

import numpy as np

from capitation.design.parts import ProfitLimits
from capitation.loss.ratio import Floats


def limits_transfer(result: Floats, price: Floats, terms: ProfitLimits) -> Floats:
    """What brings the result between the guarantee and the cap, both shares of the price; nothing when switched off."""
    if not terms.on:
        return np.zeros_like(result)
    return np.clip(result, terms.guarantee * price, terms.cap * price) - result
