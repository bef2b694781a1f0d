"""Amounts in whole pence that add up exactly."""

from collections.abc import Mapping

import numpy as np


def pence(amount: float) -> int:
    """``amount`` in whole pence, halves to even."""
    return int(np.rint(100 * amount))


def close_to_zero(flows: Mapping[str, float], balance: str) -> dict[str, int]:
    """``flows`` in whole pence; the party ``balance`` takes what makes them sum to zero.

    The flows must sum to zero before rounding, so that the balance moves by less than a penny a party.
    """
    rounded = {party: pence(amount) for party, amount in flows.items() if party != balance}
    return {**rounded, balance: -sum(rounded.values())}
