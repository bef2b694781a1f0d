"""Savings as they come: late, by and by, with old and new side by side, and less than was hoped."""

from statistics import NormalDist

import numpy as np
from scipy.special import ndtri

from capitation.design.parts import Ramp
from capitation.kept import kept
from capitation.loss.ratio import Floats

MOST = 0.9  # of expected cost
Z90 = NormalDist().inv_cdf(0.9)


def ramp_share(year: int, ramp: Ramp) -> float:
    """How much of the saving is there in a contract year, from 1: nothing before the delay is over, then evenly."""
    return float(np.clip((year - ramp.delay) / ramp.years_to_full, 0.0, 1.0))


def less_optimism(savings: Floats | float, ramp: Ramp) -> Floats:
    """What is left of savings hoped for, shares of expected cost; extra cost, a saving below 0, is left as it is."""
    return np.where(np.greater(savings, 0), savings * (1 - ramp.optimism), savings)


def saved_share(year: int, savings: float, ramp: Ramp) -> float:
    """The expected saving of a contract year, from 1, as a share of expected cost; optimism is taken off savings only.

    Source: domain reference, row 50, and section 5, point 13.
    """
    return ramp_share(year, ramp) * float(less_optimism(savings, ramp))


def double_running_share(year: int, ramp: Ramp) -> float:
    """What old and new side by side cost in a contract year, from 1, as a share of expected cost."""
    return ramp.double_running if ramp_share(year, ramp) < 1 else 0.0


@kept(32)
def savings_drawn(year: int, savings: float, ramp: Ramp, scenarios: int, seed: int) -> Floats:
    """The saving of each scenario as a share of expected cost, (scenarios,), read-only; the same for the same seed.

    At full ramp, before optimism: savings + below · z/1.2816 where z < 0, savings + above · z/1.2816 elsewhere, z standard
    normal. So one draw in ten lies below savings - below, half below savings, one in ten above savings + above; the mean
    is off by (above - below)/(1.2816 · √2π). No draw saves more than nine tenths.
    Optimism comes off each draw that is a saving. The z are mid-ranks in a
    seeded order, free of sampling noise, and the same in every year: who saves little goes on saving little.
    Source: two half-normals joined at the median; domain reference, row 50.
    """
    if not (ramp.below or ramp.above):
        return _fixed(np.full(scenarios, saved_share(year, savings, ramp)))
    z = _scores(scenarios, seed)
    drawn = savings + np.where(z < 0, ramp.below, ramp.above) * z / Z90
    return _fixed(ramp_share(year, ramp) * np.minimum(less_optimism(drawn, ramp), MOST))


@kept(4)
def _scores(scenarios: int, seed: int) -> Floats:
    return _fixed(ndtri((np.random.default_rng([seed, 17]).permutation(scenarios) + 0.5) / scenarios))


def _fixed(amounts: Floats) -> Floats:
    """The same array, read-only: what is kept for others must not be changed by one of them."""
    amounts.setflags(write=False)
    return amounts
