"""The clauses that share the total result between holder and commissioner.

Each takes the holder's result so far (a gain is positive) and the price, both in money, and returns the
transfer to the holder: positive when the commissioner pays. All work elementwise on any shape.
"""

from collections.abc import Callable

import numpy as np

from capitation.design.parts import AggregateStopLoss, Corridor, Risk, Sharing
from capitation.loss.ratio import Floats


def aggregate_stop_loss_transfer(result: Floats, price: Floats, terms: AggregateStopLoss) -> Floats:
    """The commissioner's share of total cost above the attachment: share · (S - a·B)₊ with S = B - result."""
    above = np.maximum(-result - (terms.attachment - 1) * price, 0.0)
    return terms.commissioner_share * above


def corridor_transfer(result: Floats, price: Floats, terms: Corridor) -> Floats:
    """What takes ``result`` to the holder's share of it, each band's share applied marginally."""
    size = np.abs(result)
    inner, outer = terms.inner * price, terms.outer * price
    kept = terms.inner_share * np.minimum(size, inner)
    kept = kept + terms.outer_share * (np.clip(size, inner, outer) - inner)
    kept = kept + terms.beyond_share * (np.maximum(size, outer) - outer)
    return np.sign(result) * kept - result


def sharing_transfer(result: Floats, price: Floats, terms: Sharing) -> Floats:
    """What takes ``result`` to the holder's share of it, above a minimum rate and under caps.

    At or above the minimum rate the share runs from the first pound; below it the holder keeps and owes
    nothing. Sources: Axene (an exact boundary pays), Next Generation ACO (cap, then share).
    """
    size = np.abs(result)
    share = np.where(result >= 0, terms.gain_share, terms.loss_share)
    cap = np.where(result >= 0, terms.gain_cap, terms.loss_cap) * price
    kept = share * np.minimum(size, cap) if terms.cap_order == "cap then share" else np.minimum(share * size, cap)
    kept = np.where(size >= terms.minimum_rate * price * (1 - _ROUNDING), kept, 0.0)
    return np.sign(result) * kept - result


_ROUNDING = 1e-12  # so that a saving of exactly the minimum rate pays although 0.01 has no exact binary form

CLAUSES: dict[str, Callable[..., Floats]] = {
    "aggregate_stop_loss": aggregate_stop_loss_transfer,
    "corridor": corridor_transfer,
    "sharing": sharing_transfer,
}
CLAUSE_LABELS = {
    "aggregate_stop_loss": "aggregate stop-loss",
    "corridor": "risk corridor",
    "sharing": "gain and loss shares",
}


def apply_clauses(result: Floats, price: Floats, terms: Risk) -> dict[str, Floats]:
    """The transfer of each clause in force, in the contract's own order; each reads the result the last one left."""
    transfers: dict[str, Floats] = {}
    for name in terms.order:
        clause = getattr(terms, name)
        if clause.on:
            transfers[name] = CLAUSES[name](result, price, clause)
            result = result + transfers[name]
    return transfers
