"""Amounts in whole pence that add up exactly."""

from collections.abc import Mapping
from fractions import Fraction
from math import floor

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


def to_the_penny(amounts: Mapping[str, Fraction], total: int | None = None) -> dict[str, int]:
    """Exact amounts in whole pence that sum to ``total``: by default to what they sum to, which must then be whole.

    Each is rounded down, and the pence left over go to the largest remainders; of equal ones, to the first by name.
    ``total`` lies less than a penny from the sum.
    """
    whole = {party: floor(amount) for party, amount in amounts.items()}
    left = (int(sum(amounts.values())) if total is None else total) - sum(whole.values())
    first = sorted(amounts, key=lambda party: (whole[party] - amounts[party], party))[:left]
    return {party: pence + (party in first) for party, pence in whole.items()}
