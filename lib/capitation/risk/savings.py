"""Savings as they come: late, by and by, with old and new side by side, and less than was hoped."""

from statistics import NormalDist

import numpy as np
from scipy.special import ndtri

from capitation.design.parts import Ramp
from capitation.kept import kept
from capitation.loss.ratio import Floats

Z90 = NormalDist().inv_cdf(0.9)


def ramp_share(year: int, ramp: Ramp) -> float:
    """How much of the saving is there in a contract year, from 1."""
    return float(np.clip((year - ramp.delay) / ramp.years_to_full, 0.0, 1.0))


def saved_share(year: int, savings: float, ramp: Ramp) -> float:
    """The expected saving of a contract year, of expected cost; optimism is taken off savings only."""
    return ramp_share(year, ramp) * (savings * (1 - ramp.optimism) if savings > 0 else savings)


def double_running_share(year: int, ramp: Ramp) -> float:
    """What old and new side by side cost in a contract year, of expected cost."""
    return ramp.double_running if ramp_share(year, ramp) < 1 else 0.0


@kept(32)
def savings_drawn(year: int, savings: float, ramp: Ramp, scenarios: int, seed: int) -> Floats:
    """The saving of each scenario, (scenarios,): two half-normals about the expected one, 10 and 90 % as entered."""
    expected = saved_share(year, savings, ramp)
    if not (ramp.below or ramp.above):
        return np.full(scenarios, expected)
    z = ndtri((np.random.default_rng([seed, 17]).permutation(scenarios) + 0.5) / scenarios)
    apart = np.where(z < 0, ramp.below, ramp.above) * z / Z90
    return expected + ramp_share(year, ramp) * (1 - ramp.optimism) * apart
