"""How many people it takes to see a change, and what change so many people show.

Two-sided 5 % and power 80 % unless said otherwise. Sizes are of each period or arm and not rounded. Source of the
formulas, with vectors: measures reference, section 4; Fleiss, Statistical Methods for Rates and Proportions (1981).
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import above_zero, inside, numbers

ALPHA, POWER = 0.05, 0.8


def multiplier(alpha: float = ALPHA, power: float = POWER) -> float:
    """z_α + z_β: how many standard errors a change must be to be seen. 2.801585 for 5 % and 80 %."""
    return _z(alpha) + float(ndtri(inside(power, "power")))


def _z(alpha: float) -> float:
    return float(-ndtri(inside(alpha, "chance of a false alarm") / 2))


TOLD = multiplier()
"""Standard errors that a change has to have to be told from chance in 80 of 100 cases, two-sided at 5 %."""


def size_for_shares(before: ArrayLike, after: ArrayLike, alpha: float = ALPHA, power: float = POWER) -> Floats:
    """People in each of two periods to tell one share from another. 0.65 from 0.70: 1,376.30.

    (z_α√(2p̄q̄) + z_β√(p₁q₁ + p₂q₂))² / Δ². Raises InputError for equal shares.
    """
    p1, p2 = inside(before, "share before"), inside(after, "share after")
    pooled, apart = _errors(p1, p2)
    root = _z(alpha) * pooled + float(ndtri(inside(power, "power"))) * apart
    return (root / _difference(p1, p2)) ** 2


def power_for_shares(before: ArrayLike, after: ArrayLike, people: ArrayLike, alpha: float = ALPHA) -> Floats:
    """The chance to see a change from one share to another with so many people in each period. 0.65, 0.68, 1,000: 0.2953.

    Φ(|Δ|/√((p₁q₁ + p₂q₂)/n) - z_α), the wrong side left out. At the size of `size_for_shares`, which takes the error under
    no change to be pooled, this is a little more than its power.
    """
    p1, p2 = inside(before, "share before"), inside(after, "share after")
    error = _errors(p1, p2)[1] / np.sqrt(above_zero(people, "people"))
    return ndtr(np.abs(p2 - p1) / error - _z(alpha))


def _errors(p1: Floats, p2: Floats) -> tuple[Floats, Floats]:
    """Standard error times √n if there is no change, and if there is."""
    mean = (p1 + p2) / 2
    return np.sqrt(2 * mean * (1 - mean)), np.sqrt(p1 * (1 - p1) + p2 * (1 - p2))


def _difference(one: Floats, other: Floats) -> Floats:
    difference = np.abs(one - other)
    if not difference.all():
        raise InputError("change to be seen", "none", "two figures that differ")
    return difference


def detectable_change(share: ArrayLike, people: ArrayLike, alpha: float = ALPHA, power: float = POWER) -> Floats:
    """The least change of a share that two periods of so many people show, (z_α + z_β)√(2pq/n), in shares. 0.65, 1,000: 0.059760."""
    return np.sqrt(2) * detectable_from_target(share, people, alpha, power)


def detectable_from_target(share: ArrayLike, people: ArrayLike, alpha: float = ALPHA, power: float = POWER) -> Floats:
    """The same against a fixed target, (z_α + z_β)√(pq/n). 0.65, 1,000: 0.042257."""
    p = inside(share, "share")
    return multiplier(alpha, power) * np.sqrt(p * (1 - p) / above_zero(people, "people"))


def size_for_rates(before: ArrayLike, after: ArrayLike, alpha: float = ALPHA, power: float = POWER) -> Floats:
    """Person-years in each period to tell one rate from another: (z_α + z_β)²(λ₁ + λ₂)/Δ². 0.10 from 0.09: 14,912.87."""
    one, other = numbers(before, "rate before", 0), numbers(after, "rate after", 0)
    return multiplier(alpha, power) ** 2 * (one + other) / _difference(one, other) ** 2


def detectable_rate_change(
    rate: ArrayLike, person_years: ArrayLike, alpha: float = ALPHA, power: float = POWER
) -> Floats:
    """The least relative change of a rate between two periods, (z_α + z_β)√(2/(λT)). 0.10, 20,000: 0.08859."""
    events = above_zero(rate, "rate") * above_zero(person_years, "person-years")
    return multiplier(alpha, power) * np.sqrt(2 / events)


def inflated(people: ArrayLike, factor: ArrayLike) -> Floats:
    """A size times φ or a `design_effect`, neither of which may be below 1."""
    return above_zero(people, "people") * numbers(factor, "inflation of a size", 1)


def design_effect(cluster: ArrayLike, icc: ArrayLike) -> Floats:
    """1 + (m - 1)·ICC for clusters of ``cluster`` people. 50 and 0.02: 1.98. Source: Kish, Survey Sampling (1965)."""
    return 1 + (numbers(cluster, "people in a cluster", 1) - 1) * numbers(icc, "intra-cluster correlation", 0, 1)
