"""Amounts in whole pence that add up exactly."""

from collections.abc import Mapping

import numpy as np


def pence(amount: float) -> int:
    """``amount`` in whole pence, halves to even."""
    return int(np.rint(100 * amount))


def split_pence(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """``total`` pence split in the ratio of ``weights``, to the penny, by largest remainder.

    A tie goes to the name first in the alphabet. Without any weight the split is equal.
    """
    names = sorted(weights)
    sizes = np.array([weights[n] for n in names], dtype=float)
    sizes = sizes if sizes.sum() > 0 else np.ones(len(names))
    exact = abs(total) * sizes / sizes.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: abs(total) - int(whole.sum())]] += 1
    return {n: int(np.sign(total)) * int(w) for n, w in zip(names, whole, strict=True)}


def close_to_zero(flows: Mapping[str, float], balance: str) -> dict[str, int]:
    """``flows`` in whole pence; the party ``balance`` takes what makes them sum to zero.

    The flows must sum to zero before rounding, so that the balance moves by less than a penny a party.
    """
    rounded = {party: pence(amount) for party, amount in flows.items() if party != balance}
    return {**rounded, balance: -sum(rounded.values())}
