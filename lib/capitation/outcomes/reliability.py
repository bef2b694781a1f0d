"""How much of what a measure shows of places is a true difference, and how much is chance.

Reliability R is the share of the variance of observed values that lies between places' true ones, 0 to 1; 0.7 is the
usual rule for paying. In every model R = n / (n + k), with k the people after whom half is signal. Source of the formulas, with
vectors: measures reference, section 4; domain reference, section 5, point 7; Adams, RAND TR-653 (2009).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma

from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.outcomes.checked import above_zero, inside, numbers, parts_of, series

TO_PAY = 0.7  # the rule
WIDEST = (-15.0, 20.0)  # of ln(a + b), within which the likelihood is searched
HALVINGS = 60


def reliability(n: ArrayLike, half_at: ArrayLike) -> Floats:
    """n / (n + k): for places of ``n`` people, where ``half_at`` is k. 0 where k is infinite: all is chance."""
    size = numbers(n, "reliability: people", 0)
    k = np.asarray(half_at, dtype=float)
    if not (k > 0).all():
        raise InputError("reliability: people for half", "0 or fewer", "more than 0")
    return size / (size + k)


def size_for(target: ArrayLike, half_at: ArrayLike) -> Floats:
    """People for a reliability of ``target``: k·R/(1 - R), not rounded. 0.7 of k = 20: 46.67."""
    r = inside(target, "reliability: target")
    return np.asarray(half_at, dtype=float) * r / (1 - r)


def beta_half(a: ArrayLike, b: ArrayLike) -> Floats:
    """k of shares whose true values follow Beta(a, b): a + b."""
    return above_zero(a, "beta: a") + above_zero(b, "beta: b")


def normal_half(share: ArrayLike, between_sd: ArrayLike) -> Floats:
    """k of shares about ``share`` whose true values have that standard deviation: p(1 - p)/σ²; infinite for none."""
    p, sd = inside(share, "reliability: share"), numbers(between_sd, "reliability: spread between places", 0)
    return np.where(sd > 0, p * (1 - p) / np.where(sd > 0, sd, 1.0) ** 2, np.inf)


def gamma_half(variance: ArrayLike) -> Floats:
    """k, in expected events, of O/E ratios whose true values follow a gamma with mean 1 and this variance: 1/v."""
    v = numbers(variance, "reliability: variance of the ratios", 0)
    return np.where(v > 0, 1 / np.where(v > 0, v, 1.0), np.inf)


def beta_binomial_reliability(n: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """n / (n + a + b). a 13, b 7, n 50: 0.714286."""
    return reliability(n, beta_half(a, b))


def normal_reliability(n: ArrayLike, share: ArrayLike, between_sd: ArrayLike) -> Floats:
    """σb² / (σb² + p(1 - p)/n). p 0.65, σb 0.03, n 200: 0.441718."""
    return reliability(n, normal_half(share, between_sd))


def gamma_poisson_reliability(expected: ArrayLike, variance: ArrayLike) -> Floats:
    """E / (E + 1/v), of ``expected`` events. v 0.0225, E 50: 0.529412."""
    return reliability(expected, gamma_half(variance))


def spearman_brown(n: ArrayLike, found: ArrayLike, target: ArrayLike) -> Floats:
    """People for a reliability of ``target`` where ``n`` people give ``found``: n·Rt(1 - R)/(R(1 - Rt)).

    Source: Spearman, and Brown, British Journal of Psychology 3 (1910).
    """
    r = inside(found, "reliability found")
    return size_for(target, above_zero(n, "reliability: people") * (1 - r) / r)


class Beta(NamedTuple):
    """The law of places' true shares, Beta(mean·size, (1 - mean)·size); ``size`` a + b is infinite where all is chance."""

    mean: float
    size: float

    @property
    def a(self) -> float:
        """a, infinite where all is chance."""
        return self.mean * self.size if self.mean else 0.0

    @property
    def b(self) -> float:
        """b, infinite where all is chance."""
        return (1 - self.mean) * self.size if self.mean < 1 else 0.0


def beta_binomial_fit(part: ArrayLike, people: ArrayLike) -> Beta:
    """a and b by maximum likelihood from places' counts, both of shape (places,).

    The score in ln(a + b) along the best mean for each, set to 0 by halving. Where shares differ no more than by
    chance (Tarone's score is not above 0) a + b is infinite. Places with nobody tell nothing. Raises InputError for fewer
    than two places. Source: Tarone, Biometrika 66 (1979).
    """
    x, n = _places(part, people)
    p = float(x.sum() / n.sum())
    if p in (0.0, 1.0) or _tarone(x, n, p) <= 0:
        return Beta(p, np.inf)
    log_size = _root(lambda s: _score_of_size(x, n, _best_mean(x, n, np.exp(s)), np.exp(s)), *WIDEST)
    return Beta(_best_mean(x, n, np.exp(log_size)), float(np.exp(log_size)))


def _places(part: ArrayLike, people: ArrayLike) -> tuple[Floats, Floats]:
    x, n = parts_of(series(part, "counts by place", 2), series(people, "people by place", 2), "counts by place")
    there = n > 0
    if there.sum() < 2:
        raise InputError("counts by place", f"{there.sum()} places with people", "two or more")
    return x[there], n[there]


def _tarone(x: Floats, n: Floats, p: float) -> float:
    """Twice the derivative of the log likelihood in 1/(a + b), where that is 0 and the mean is the share of all."""
    return float((x * (x - 1) / p + (n - x) * (n - x - 1) / (1 - p) - n * (n - 1)).sum())


def _best_mean(x: Floats, n: Floats, size: float) -> float:
    """The mean of greatest likelihood for this a + b: its score falls throughout."""

    def score(mean: float) -> float:
        a, b = mean * size, (1 - mean) * size
        return float((digamma(x + a) - digamma(a) - digamma(n - x + b) + digamma(b)).sum())

    return _root(score, 1e-12, 1 - 1e-12)


def _score_of_size(x: Floats, n: Floats, mean: float, size: float) -> float:
    a, b = mean * size, (1 - mean) * size
    by_a, by_b = digamma(x + a) - digamma(a), digamma(n - x + b) - digamma(b)
    return float((mean * by_a + (1 - mean) * by_b - digamma(n + size) + digamma(size)).sum())


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a function comes down to 0, by halving."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def shrunk(part: ArrayLike, people: ArrayLike, law: Beta) -> Floats:
    """Each place's share drawn towards the mean by its reliability: R·x/n + (1 - R)·mean; a place of nobody has the mean."""
    x, n = parts_of(part, people, "counts by place")
    r = reliability(n, law.size)
    return r * x / np.maximum(n, 1) + (1 - r) * law.mean


def between_variance(part: ArrayLike, people: ArrayLike) -> float:
    """σb² of places' true shares by moments, both of shape (places,); never below 0.

    (Σ n(p - p̄)² - (I - 1)s²) / (N - Σn²/N), s² = Σ x(1 - x/n) / (N - I). Raises InputError for fewer than two
    places, or none with two people. Source: Bühlmann and Gisler (2005), chapter 4.
    """
    x, n = _places(part, people)
    places, everybody = len(n), float(n.sum())
    if not everybody > places:
        raise InputError("counts by place", "one person each", "a place of two or more")
    share, mean = x / n, x.sum() / everybody
    within = float((x * (1 - share)).sum()) / (everybody - places)
    spread = float(n @ (share - mean) ** 2) - (places - 1) * within
    return max(0.0, spread / (everybody - float(n @ n) / everybody))
