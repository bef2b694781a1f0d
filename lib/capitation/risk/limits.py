"""The last limits on what the holder may keep or lose."""

import numpy as np

from capitation.design.parts import ProfitLimits
from capitation.loss.ratio import Floats

NO_GUARANTEE = -1.0  # the lowest that the term takes: a loss beyond the whole price is then the holder's too


def limits_transfer(result: Floats, price: Floats, terms: ProfitLimits) -> Floats:
    """What brings the result between the guarantee and the cap, both shares of the price; nothing when switched off.

    In currency, shape of ``result``. Sources: Alzira, profit capped at 7.5 % of turnover and the excess returned;
    domain reference, row 45.
    """
    if not terms.on:
        return np.zeros_like(result)
    least = terms.guarantee * price if terms.guarantee > NO_GUARANTEE else -np.inf
    return np.clip(result, least, terms.cap * price) - result
