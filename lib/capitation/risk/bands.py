"""Marginal bands: each share applies within its own band only."""

from dataclasses import dataclass

import numpy as np

from capitation.design.parts import Corridor
from capitation.loss.ratio import Floats


@dataclass(frozen=True)
class Bands:
    """Where bands end, as rising shares of the price, and the holder's share in each: one more than edges."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]


def kept_of(size: Floats, price: Floats, bands: Bands) -> Floats:
    """What the holder keeps of a gain, or bears of a loss, of ``size`` (not negative): Σ over bands of share · part in it.

    In the unit of ``price``, shape of ``size``. Source: domain reference, row 42, marginal bands.
    """
    kept = bands.shares[0] * size
    for edge, below, above in zip(bands.edges, bands.shares, bands.shares[1:], strict=False):
        kept = kept + (above - below) * np.maximum(size - edge * price, 0.0)
    return kept


def bands_of(corridor: Corridor, gain: bool) -> Bands:
    """The bands of gains or losses: their own where given, in per cent share, edge, share …; else those of both."""
    own = corridor.gain_bands if gain else corridor.loss_bands
    if own:
        return Bands(tuple(e / 100 for e in own[1::2]), tuple(s / 100 for s in own[::2]))
    return Bands((corridor.inner, corridor.outer), (corridor.inner_share, corridor.outer_share, corridor.beyond_share))
