"""What a measure pays for chance alone: passed thresholds, points on a scale, improvement that comes by itself.

``share`` is the true share p, ``people`` those counted; chance is normal with s = √(p(1 - p)/n) unless said to be exact.
Where lower is better both are taken from 1. Source of the formulas, with vectors: measures reference, section 4.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrc, ndtr, ndtri

from capitation.errors import InputError
from capitation.loss.order_statistics import lowest_of_normal
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import above_zero, inside, numbers

DECIMALS = 9  # of a threshold times people: 66.99999999999999 of 100 is 67
ONE_SIDED = 0.025  # of a two-sided 5 %


def standard_error(share: ArrayLike, people: ArrayLike) -> Floats:
    """s = √(p(1 - p)/n), in shares."""
    p = inside(share, "true share")
    return np.sqrt(p * (1 - p) / above_zero(people, "people"))


def chance_of_passing(
    share: ArrayLike, threshold: ArrayLike, people: ArrayLike, higher_is_better: bool = True
) -> Floats:
    """The chance that the observed share reaches a threshold, 1 - Φ((T - p)/s). p 0.65, T 0.67, n 500: 0.1742."""
    sign = 1 if higher_is_better else -1
    t = numbers(threshold, "threshold", 0, 1)
    return ndtr(sign * (inside(share, "true share") - t) / standard_error(share, people))


def exact_chance_of_passing(
    share: ArrayLike, threshold: ArrayLike, people: ArrayLike, higher_is_better: bool = True
) -> Floats:
    """The same by the binomial law: the chance of at least T·n successes. p 0.65, T 0.67, n 500: 0.1868."""
    p, t = numbers(share, "true share", 0, 1), numbers(threshold, "threshold", 0, 1)
    n = np.asarray(np.round(numbers(people, "people", 1)), dtype=np.int64)
    p, t = (p, t) if higher_is_better else (1 - p, 1 - t)
    needed = np.ceil(np.round(t * n, DECIMALS))
    return np.where(needed > 0, bdtrc(np.maximum(needed - 1, 0), n, p), 1.0)


def chance_of_change(share: ArrayLike, change: ArrayLike, people: ArrayLike) -> Floats:
    """The chance that one year looks better than another by ``change`` or more, both of so many people and nothing changed."""
    return ndtr(-numbers(change, "change", -1, 1) / (np.sqrt(2) * standard_error(share, people)))


class Luck(NamedTuple):
    """Mean and standard deviation of the share of a measure's money that is earned, 0 to 1."""

    mean: Floats
    sd: Floats


def linear_luck(share: ArrayLike, floor: ArrayLike, target: ArrayLike, people: ArrayLike) -> Luck:
    """What a linear scale from ``floor`` (nothing) to ``target`` (all) pays; a target below the floor means lower is better.

    E = (G(L) - G(U))/(U - L) with G(k) = E(X - k)₊ = sφ((k - p)/s) + (p - k)(1 - Φ((k - p)/s)), and E of the square
    by the second moments of the same. p = L = 0.65, U = 0.75, n 500: 0.085097.
    """
    p, s = inside(share, "true share"), standard_error(share, people)
    low, high = numbers(floor, "floor", 0, 1), numbers(target, "target", 0, 1)
    if (low == high).any():
        raise InputError("target", "the same as the floor", "a target above or below it")
    sign, width = np.sign(high - low), np.abs(high - low)
    g_low, h_low = _excess(sign * (p - low), s)
    g_high, h_high = _excess(sign * (p - high), s)
    mean = (g_low - g_high) / width
    square = (h_low - h_high - 2 * width * g_high) / width**2
    return Luck(np.clip(mean, 0.0, 1.0), np.sqrt(np.maximum(square - mean**2, 0.0)))


def exact_linear_luck(share: float, floor: float, target: float, people: int) -> Luck:
    """The same by the binomial law, of one measure: n + 1 chances. p 0.65, L 0.60, U 0.75, n 500: sd 0.140886."""
    if floor == target:
        raise InputError("target", "the same as the floor", "a target above or below it")
    p, n = float(numbers(share, "true share", 0, 1)), int(numbers(people, "people", 1))
    count = np.arange(n + 1)
    chance = np.diff(bdtr(count, n, p), prepend=0.0)
    points = np.clip((count / n - floor) / (target - floor), 0.0, 1.0)
    mean = float(chance @ points)
    return Luck(np.asarray(mean), np.sqrt(chance @ (points - mean) ** 2))


def _excess(above: Floats, s: Floats) -> tuple[Floats, Floats]:
    """E(Z)₊ and E(Z)₊² of Z normal with mean ``above`` and standard deviation ``s``."""
    d = above / s
    density, below = np.exp(-(d**2) / 2) / np.sqrt(2 * np.pi), ndtr(d)
    return s * density + above * below, (above**2 + s**2) * below + above * s * density


def threshold_luck(share: ArrayLike, threshold: ArrayLike, people: ArrayLike, higher_is_better: bool = True) -> Luck:
    """What a threshold pays, all or nothing, by the exact binomial chance of passing."""
    chance = exact_chance_of_passing(share, threshold, people, higher_is_better)
    return Luck(chance, np.sqrt(chance * (1 - chance)))


def sd_of_pay(sd: ArrayLike, measures: ArrayLike, correlation: ArrayLike = 0.0) -> Floats:
    """The standard deviation of what several measures pay together, in the unit of ``sd``, one measure's.

    sd·√(m(1 + (m - 1)ρ)): it grows with the correlation ρ, which is at least -1/(m - 1). Raises InputError below that.
    """
    m, each = numbers(measures, "measures", 1), numbers(sd, "standard deviation of a measure's pay", 0)
    factor = 1 + (m - 1) * numbers(correlation, "correlation of measures", -1, 1)
    if (factor < 0).any():
        raise InputError("correlation of measures", "less than so many measures can have", "-1/(measures - 1) or more")
    return each * np.sqrt(m * factor)


def false_signals(measures: ArrayLike, chance: float = ONE_SIDED) -> Floats:
    """The chance of at least one false signal among independent measures, 1 - (1 - α)^m. 10 at 2.5 %: 0.2237."""
    return 1 - (1 - numbers(chance, "chance of a false signal", 0, 1)) ** numbers(measures, "measures", 0)


def expected_next(observed: ArrayLike, mean: ArrayLike, reliability: ArrayLike) -> Floats:
    """The next value if nobody does anything: μ + R(observed - μ), in the measure's unit. 0.58 about 0.65, R 0.441718: 0.619080."""
    m, r = numbers(mean, "mean"), numbers(reliability, "reliability", 0, 1)
    return m + r * (numbers(observed, "observed value") - m)


def free_gain(observed: ArrayLike, mean: ArrayLike, reliability: ArrayLike) -> Floats:
    """The rise with no action, (1 - R)(μ - observed); below 0 for one that is above the mean."""
    m, r = numbers(mean, "mean"), numbers(reliability, "reliability", 0, 1)
    return (1 - r) * (m - numbers(observed, "observed value"))


def worst_share(share: ArrayLike) -> Floats:
    """How far the worst such share of places lies below the mean, in standard deviations: φ(z)/share. A tenth: 1.754983."""
    part = inside(share, "share of the worst places")
    return np.exp(-(ndtri(part) ** 2) / 2) / np.sqrt(2 * np.pi) / part


def worst_of(k: int) -> float:
    """e_k: how far the worst of k lies below the mean, in standard deviations. 5, 10, 20: 1.162964, 1.538753, 1.867475."""
    if k < 1:
        raise InputError("worst of so many", f"{k}", "1 or more")
    return lowest_of_normal(k)


def free_gain_of_worst(places: int, sd: ArrayLike, reliability: ArrayLike) -> Floats:
    """The rise with no action of the worst of so many, (1 - R)·sd·e_k; ``sd`` is that of observed values."""
    return free_gain(-worst_of(places) * numbers(sd, "spread of observed values", 0), 0.0, reliability)
