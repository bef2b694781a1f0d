"""Whether places differ by more than chance: limits that narrow with size, and room for what every place differs by.

Source of the formulas, with vectors: measures reference, section 4. Limits: Spiegelhalter, Stat Med 24 (2005). Spread
beyond chance: as NHS England's SHMI and FunnelPlotR have it, winsorised at the tenth and ninetieth centile; τ² of
DerSimonian and Laird (1986).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, pdtr

from capitation.loss.ratio import Floats
from capitation.outcomes.checked import above_zero, inside, numbers, parts_of, series
from capitation.outcomes.intervals import two_sided

ALERT, WARNING = (
    0.998,
    0.95,
)  # of places that differ by chance alone, these shares lie within the outer and inner limits
WINSORISED = 0.1  # at either end
TOO_MANY = 0.1  # outside the outer limits: then suspect the model rather than the places
HALF_AN_EVENT = 0.5  # stands for none, whose logarithm there is not

Law = Callable[[NDArray[np.int64]], Floats]


class Limits(NamedTuple):
    """Lower and upper control limit, in the measure's unit, one for each place."""

    low: Floats
    high: Floats


def proportion_limits(target: ArrayLike, people: ArrayLike, level: float = ALERT) -> Limits:
    """Limits of a share about ``target`` for places of so many people: interpolated binomial, 0 to 1.

    θ 0.65, 50 people, 99.8 %: 0.4244 to 0.8377. Raises InputError for a target outside 0 to 1 or fewer than one.
    """
    theta, n = numbers(target, "funnel: target", 0, 1), numbers(people, "funnel: people", 1)
    size = np.asarray(np.round(n), dtype=np.int64)
    counts = _two_tails(lambda k: bdtr(k, size, theta), size, np.broadcast_shapes(theta.shape, n.shape), level)
    low, high = (np.clip(count / size, 0.0, 1.0) for count in counts)
    return Limits(np.minimum(low, theta), np.maximum(high, theta))


def ratio_limits(expected: ArrayLike, level: float = ALERT) -> Limits:
    """Limits of observed over expected events about 1: interpolated Poisson. E 100, 99.8 %: 0.7007 to 1.3180."""
    e = above_zero(expected, "funnel: expected events")
    most = np.asarray(np.ceil(e + 40 * np.sqrt(e) + 40), dtype=np.int64)  # 40 standard deviations
    counts = _two_tails(lambda k: pdtr(k, e), most, e.shape, level)
    low, high = (np.maximum(count / e, 0.0) for count in counts)
    return Limits(np.minimum(low, 1.0), np.maximum(high, 1.0))


def _two_tails(law: Law, most: NDArray[np.int64], shape: tuple[int, ...], level: float) -> tuple[Floats, Floats]:
    tail = (1 - float(inside(level, "level of the limits"))) / 2
    low, high = (_interpolated(law, p, np.broadcast_to(most, shape)) for p in (tail, 1 - tail))
    return low, high


def _interpolated(law: Law, p: float, most: NDArray[np.int64]) -> Floats:
    """r - (F(r) - p)/(F(r) - F(r - 1)), with r the smallest count for which F(r) ≥ p, found by halving."""
    few, enough = np.full(most.shape, -1), most.copy()
    while (enough - few > 1).any():
        middle = (few + enough + 1) // 2
        reached = (law(middle) >= p) | (middle >= enough)
        few, enough = np.where(reached, few, middle), np.where(reached, np.minimum(middle, enough), enough)
    at, before = law(enough), np.where(enough > 0, law(np.maximum(enough - 1, 0)), 0.0)
    step = np.where(at > before, at - before, 1.0)
    return enough - (at - p) / step


class Spread(NamedTuple):
    """How much more places differ than by chance.

    ``phi`` (φ) is the mean of squared z, 1 by chance alone; ``tau2`` (τ²) the variance of places' true values on the scale of
    the logarithm (ratios) or the arcsine (shares), never below 0; ``low`` and ``high`` are where z was cut off.
    """

    phi: float
    tau2: float
    low: float
    high: float


def ratio_spread(observed: ArrayLike, expected: ArrayLike) -> Spread:
    """Spread of ratios, both of shape (places,): z = √E·ln(O/E), weights E. No event counts as half of one."""
    e = above_zero(series(expected, "funnel: expected events", 2), "funnel: expected events")
    o, e = np.broadcast_arrays(numbers(observed, "funnel: observed events", 0), e)
    return _spread(np.sqrt(e) * np.log(np.maximum(o, HALF_AN_EVENT) / e), e)


def proportion_spread(part: ArrayLike, people: ArrayLike) -> Spread:
    """Spread of shares, both of shape (places,): z = (asin√p - asin√θ)·2√n, θ the share of all, weights 4n."""
    x, n = parts_of(part, above_zero(series(people, "funnel: people", 2), "funnel: people"), "funnel: share")
    z = (np.arcsin(np.sqrt(x / n)) - np.arcsin(np.sqrt(x.sum() / n.sum()))) * 2 * np.sqrt(n)
    return _spread(z, 4 * n)


def _spread(z: Floats, weight: Floats) -> Spread:
    """φ = Σz²/n of winsorised z; τ² = (nφ - (n - 1))/(Σw - Σw²/Σw), 0 if nφ < n - 1."""
    low, high = np.quantile(z, [WINSORISED, 1 - WINSORISED])
    n, squares = len(z), float((np.clip(z, low, high) ** 2).sum())
    tau2 = max(0.0, squares - (n - 1)) / float(weight.sum() - weight @ weight / weight.sum())
    return Spread(squares / n, tau2, float(low), float(high))


def ratio_limits_with_phi(expected: ArrayLike, phi: float, level: float = ALERT) -> Limits:
    """Limits of a ratio widened by φ, exp(±z√(φ/E)); never narrower than chance. They vanish for large places."""
    e = above_zero(expected, "funnel: expected events")
    return _ratio_limits(np.sqrt(max(float(numbers(phi, "funnel: phi", 0)), 1.0) / e), level)


def ratio_limits_with_tau2(expected: ArrayLike, tau2: float, level: float = ALERT) -> Limits:
    """Limits of a ratio with τ² added, exp(±z√(1/E + τ²)): to be preferred, for τ² does not vanish with size."""
    e = above_zero(expected, "funnel: expected events")
    return _ratio_limits(np.sqrt(1 / e + numbers(tau2, "funnel: tau squared", 0)), level)


def _ratio_limits(error: Floats, level: float) -> Limits:
    z = two_sided(level)
    return Limits(np.exp(-z * error), np.exp(z * error))


def proportion_limits_with_phi(target: ArrayLike, people: ArrayLike, phi: float, level: float = ALERT) -> Limits:
    """Limits of a share widened by φ on the arcsine scale; never narrower than chance."""
    n = numbers(people, "funnel: people", 1)
    return _arcsine_limits(target, np.sqrt(max(float(numbers(phi, "funnel: phi", 0)), 1.0) / (4 * n)), level)


def proportion_limits_with_tau2(target: ArrayLike, people: ArrayLike, tau2: float, level: float = ALERT) -> Limits:
    """Limits of a share with τ² added, sin²(asin√θ ± z√(1/4n + τ²)), 0 to 1: to be preferred."""
    n = numbers(people, "funnel: people", 1)
    return _arcsine_limits(target, np.sqrt(1 / (4 * n) + numbers(tau2, "funnel: tau squared", 0)), level)


def _arcsine_limits(target: ArrayLike, error: Floats, level: float) -> Limits:
    middle, z = np.arcsin(np.sqrt(numbers(target, "funnel: target", 0, 1))), two_sided(level)
    low, high = (np.sin(np.clip(middle + side * z * error, 0.0, np.pi / 2)) ** 2 for side in (-1, 1))
    return Limits(low, high)


def outside(values: ArrayLike, limits: Limits) -> NDArray[np.int64]:
    """Which places lie below (-1), within (0) or above (1) their limits, shape as ``values``; NaN lies within."""
    found = np.asarray(values, dtype=float)
    return (found > limits.high).astype(np.int64) - (found < limits.low)


class Verdict(NamedTuple):
    """How many of all places lie outside, their share, whether the model is to be suspected, and that in words."""

    outside: int
    places: int
    share: float
    suspect_the_model: bool
    words: str


def verdict(flags: ArrayLike, level: float = ALERT) -> Verdict:
    """What `outside` says of all places together. Raises InputError for no places."""
    sides = series(flags, "funnel: places")
    out, places = int((sides != 0).sum()), len(sides)
    suspect = out > TOO_MANY * places
    return Verdict(out, places, out / places, suspect, _words(out, places, level, suspect))


def _words(out: int, places: int, level: float, suspect: bool) -> str:
    limits = f"the {100 * level:g} % limits"
    if out == 0:
        return f"None of {places} places lies outside {limits}: they differ no more than chance explains"
    said = f"{out} of {places} places {'lies' if out == 1 else 'lie'} outside {limits}"
    return f"{said}: so many that the model of the measure is to be suspected, not the places" if suspect else said
