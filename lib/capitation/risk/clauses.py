"""The clauses that share the total result between holder and commissioner.

Each takes the holder's result so far (a gain is positive) and the price, both in money, and returns the
transfer to the holder: positive when the commissioner pays. All work elementwise on any shape.
"""

from collections.abc import Callable

import numpy as np

from capitation.design.parts import AggregateStopLoss, Corridor, Risk, Sharing
from capitation.loss.ratio import Floats
from capitation.risk.bands import bands_of, kept_of


def aggregate_stop_loss_transfer(result: Floats, price: Floats, terms: AggregateStopLoss) -> Floats:
    """The commissioner's share of total cost above the attachment: share · (S - a·B)₊ with S = B - result.

    In currency, shape of ``result``; never negative. Source: domain reference, row 41.
    """
    above = np.maximum(-result - (terms.attachment - 1) * price, 0.0)
    return terms.commissioner_share * above


def corridor_transfer(result: Floats, price: Floats, terms: Corridor) -> Floats:
    """What takes ``result`` to the holder's share of it, each band's share applied marginally.

    In currency, shape of ``result``; against the result's sign. Source: domain reference, row 42.
    """
    gain = kept_of(np.maximum(result, 0.0), price, bands_of(terms, gain=True))
    return gain - kept_of(np.maximum(-result, 0.0), price, bands_of(terms, gain=False)) - result


def sharing_transfer(result: Floats, price: Floats, terms: Sharing, quality: float = 1.0) -> Floats:
    """What takes ``result`` to the holder's share of it, above a minimum rate and under caps.

    At or above the minimum rate the share runs from the first pound, or from that rate; below it the holder keeps and
    owes nothing. ``quality`` is the share of outcome points won. Sources: Axene (an exact boundary pays), Next
    Generation ACO (cap, then share), 42 CFR 425.605 and 425.610 (quality in the share of gains and of losses).
    """
    gain_share, loss_share = shares_at(terms, quality)
    gain = _shared(np.maximum(result, 0.0), price, terms, gain_share, terms.gain_cap, terms.minimum_rate)
    minimum = terms.minimum_rate if terms.minimum_on_losses else 0.0
    loss = _shared(np.maximum(-result, 0.0), price, terms, loss_share, terms.loss_cap, minimum)
    return gain - loss - result


def shares_at(terms: Sharing, quality: float) -> tuple[float, float]:
    """The holder's shares of a gain and of a loss, 0 to 1, when so much of the outcome points (0 to 1) is won.

    Outcomes multiply the share of a gain; the share of a loss is then one less that, from the least to the most agreed.
    Source: 42 CFR 425.610, where a loss rate is 1 - 0.75 · quality held in 40 to 75 %.
    """
    if terms.quality == "no part":
        return terms.gain_share, terms.loss_share
    gain = terms.gain_share * quality
    if terms.quality == "gains":
        return gain, terms.loss_share
    return gain, min(max(1 - gain, terms.least_loss_share), terms.loss_share)


def _shared(size: Floats, price: Floats, terms: Sharing, share: float, cap: float, minimum: float) -> Floats:
    """The holder's part of a gain or loss of ``size``, not negative."""
    shared = size if terms.from_first_pound else np.maximum(size - minimum * price, 0.0)
    kept = (
        share * np.minimum(shared, cap * price)
        if terms.cap_order == "cap then share"
        else np.minimum(share * shared, cap * price)
    )
    return kept * (size >= minimum * price * (1 - _ROUNDING))


_ROUNDING = 1e-12  # so that a saving of exactly the minimum rate pays although 0.01 has no exact binary form

AGGREGATE = "aggregate_stop_loss"
CLAUSES: dict[str, Callable[..., Floats]] = {
    AGGREGATE: aggregate_stop_loss_transfer,
    "corridor": corridor_transfer,
    "sharing": sharing_transfer,
}
CLAUSE_LABELS = {
    AGGREGATE: "aggregate stop-loss",
    "corridor": "risk corridor",
    "sharing": "gain and loss shares",
}


def apply_clauses(
    result: Floats, price: Floats, terms: Risk, quality: float = 1.0, charged: float = 0.0
) -> dict[str, Floats]:
    """The transfer of each clause in force, in the contract's own order; each reads the result the last one left.

    ``charged`` is what aggregate stop-loss costs beforehand, in currency; the clauses after it read a result less by so
    much. It reads cost without its own charge: else it would pay a part of the charge back, and the charge, which is
    what it pays on average, would be too low.
    """
    transfers: dict[str, Floats] = {}
    for name in terms.order:
        clause = getattr(terms, name)
        if clause.on:
            more = (quality,) if name == "sharing" else ()
            transfers[name] = CLAUSES[name](result, price, clause, *more)
            result = result + transfers[name] - (charged if name == AGGREGATE else 0.0)
    return transfers
