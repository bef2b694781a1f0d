"""How many people fall into each bin of cost in each scenario, from evenly spread points rather than from plain chance.

Everybody is parted into the dear and the cheap, and each part again, until each bin is alone: bins - 1 binomial numbers
that leave the counts summing to the number of people. The points are turned so that the first of them, which are the
most evenly spread, move what is asked for most.
Source: numerics reference, section 3; for the turning Imai and Tan, Journal of Computational Finance 10 (2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, ndtr, ndtri

from capitation.loss.ratio import Floats

COUNTED = 40  # people expected on the smaller side of a part: more are drawn by a curve, fewer are counted one by one
TABLE = 128  # people in a part up to whom levels are read from a table
HIGHEST = 1 - 2.0**-24  # of a chance
TINY = 1e-12
STEPPED = 0.3  # variance of a count at which steps take away half of what a normal number explains of it, or about that
AT_ONCE = 1_024  # scenarios
AXES = 2  # directions that the first points move
ASKED = 12  # sums from which they are found
ROUNDING = 1e-9  # of what the first direction moves, squared


@dataclass(frozen=True)
class Part:
    """Bins ``first`` to ``last``, of ``weight`` together, of which those before ``middle`` are met with ``chance``."""

    first: int
    middle: int
    last: int
    weight: float
    chance: float


def counts(weight: Floats, dear: Floats, sums: Floats, people: int, uniform: Floats) -> Floats:
    """People in each bin, shape (bins, scenarios), of ``people`` in all; whole numbers where few are expected.

    ``weight`` (bins,) are the chances of bins and ``dear`` (bins,) their mean cost, falling; ``sums`` (bins, columns) is
    what a person of each bin adds to the sums that matter; ``uniform`` has shape (bins - 1, scenarios).
    """
    tree = parted(weight, weight * (dear**2 + TINY))
    normal = _turned(_sensitivity(weight, sums, tree, people), uniform)
    number = np.empty((len(weight), uniform.shape[1]))
    number[0] = people
    for part, z in zip(tree, normal, strict=True):  # a part's people stand at its first bin until it is parted
        trials = number[part.first]
        met = binomial(z, trials, part.chance, people * part.weight)
        np.subtract(trials, met, out=number[part.middle])
        number[part.first] = met
    return number


def parted(weight: Floats, heavy: Floats) -> list[Part]:
    """The parts in the order in which they are drawn, bins - 1 of them: either side of each has half of its Σ ``heavy``."""
    waiting, parts = [(0, len(weight))], []
    for first, last in waiting:
        if last - first > 1:
            middle = first + _half(heavy[first:last])
            whole = float(weight[first:last].sum())
            parts.append(Part(first, middle, last, whole, min(float(weight[first:middle].sum()) / whole, 1.0)))
            waiting += [(first, middle), (middle, last)]
    return parts


def _half(heavy: Floats) -> int:
    summed = np.cumsum(heavy)
    return 1 + min(int(np.searchsorted(summed, summed[-1] / 2)), len(heavy) - 2)


def binomial(normal: Floats, trials: Floats, chance: float, people: float) -> Floats:
    """Binomial numbers at the levels Φ(``normal``), shape as ``trials``, of which ``people`` are expected.

    Where many are expected a number is not whole: it has the mean, variance, skewness and kurtosis of the binomial.
    """
    if people * min(chance, 1 - chance) > COUNTED:
        return np.clip(trials * chance + _skewed(normal, trials, chance), 0.0, trials)
    if chance > 0.5:
        return trials - binomial(-normal, trials, 1 - chance, people)
    whole = np.floor(trials)
    return (_looked_up if whole.max() <= TABLE else _counted)(ndtr(normal), whole, chance)


def _skewed(z: Floats, trials: Floats, chance: float) -> Floats:
    """How far a binomial number lies from its mean at the level Φ(z), by Cornish and Fisher to the fourth cumulant."""
    variance = trials * (chance * (1 - chance))
    third, fourth = 1 - 2 * chance, 1 - 6 * chance * (1 - chance)
    square = z * z
    bend = (square - 3) * (fourth / 24) - (2 * square - 5) * (third**2 / 36)
    return np.sqrt(variance) * z + (square - 1) * (third / 6) + z * bend / np.sqrt(np.maximum(variance, 1.0))


def _looked_up(level: Floats, trials: Floats, chance: float) -> Floats:
    """As ``_counted``, from a table of all numbers of trials."""
    most = int(trials.max()) + 1
    k, n = np.arange(most)[None, :], np.arange(most)[:, None]
    table = np.where(k < n, bdtr(np.minimum(k, n), n, chance), 1.0) + n
    return np.minimum(np.searchsorted(table.ravel(), level + trials) - trials * most, trials)


def _counted(level: Floats, trials: Floats, chance: float) -> Floats:
    """The smallest k with P(binomial ≤ k) ≥ ``level``, counted up from nobody."""
    number = np.zeros_like(level)
    mass = np.exp(trials * np.log1p(-min(chance, HIGHEST)))
    more = np.flatnonzero(level > mass)
    level, trials, mass, odds = level[more] - mass[more], trials[more], mass[more], chance / max(1 - chance, 1e-300)
    k = 0
    while len(more):
        k += 1
        mass = mass * (np.maximum(trials - k + 1, 0) / k * odds)
        number[more] = k
        still = (level > mass) & (k < trials)
        more, level, trials, mass = more[still], (level - mass)[still], trials[still], mass[still]
    return number


def _sensitivity(weight: Floats, sums: Floats, tree: list[Part], people: int) -> Floats:
    """How far the normal number of each part moves the sums, to first order, shape (bins - 1, columns).

    A person more among the dear is one fewer among the cheap. Few people move by steps, of which a normal number
    explains less.
    """
    below = np.append(0.0, np.cumsum(weight))
    summed = np.vstack([np.zeros(sums.shape[1]), np.cumsum(weight[:, None] * sums, axis=0)])
    first, middle, last = (
        np.array([getattr(part, name) for part in tree], dtype=np.int64) for name in ("first", "middle", "last")
    )
    dear = (summed[middle] - summed[first]) / (below[middle] - below[first])[:, None]
    cheap = (summed[last] - summed[middle]) / (below[last] - below[middle])[:, None]
    variance = np.array([people * part.weight * part.chance * (1 - part.chance) for part in tree])
    return (variance / np.sqrt(variance + STEPPED))[:, None] * (dear - cheap)


def _turned(sensitivity: Floats, uniform: Floats) -> Floats:
    """Independent normal numbers, (bins - 1, scenarios): those of the first uniform ones move most of what is asked for.

    The next ones move single parts, in the order of what those move. By reflections, which take a part to a direction.
    """
    size = np.linalg.norm(sensitivity, axis=1)
    order = np.argsort(-size, kind="stable")
    turned = np.empty_like(uniform)
    for part, level in zip(order, uniform, strict=True):
        ndtri(level, out=turned[part])
    if len(uniform) <= AXES or not size.any():
        return turned
    mirrors: list[Floats] = []
    for axis, part in zip(_axes(sensitivity).T, order, strict=False):
        mirrors.append(_mirror(_reflected(axis.copy(), mirrors), int(part)))
    for first in range(0, turned.shape[1], AT_ONCE):
        _reflected(turned[:, first : first + AT_ONCE], mirrors[::-1])
    return turned


def _reflected(what: Floats, mirrors: Sequence[Floats]) -> Floats:
    """Each column of ``what`` reflected in turn, in place."""
    for mirror in mirrors:
        what -= np.multiply.outer(2 * mirror, mirror @ what)
    return what


def _mirror(axis: Floats, part: int) -> Floats:
    """The unit vector whose reflection takes the direction of ``part`` to ``axis``; nothing where they are the same."""
    between = axis.copy()
    between[part] -= 1
    length = float(np.linalg.norm(between))
    return between / length if length > TINY else np.zeros_like(axis)


def _axes(sensitivity: Floats) -> Floats:
    """The directions in which the sums move most, each sum counting alike, shape (bins - 1, at most AXES), orthonormal."""
    some = sensitivity[:, np.unique(np.linspace(0, sensitivity.shape[1] - 1, ASKED).round().astype(int))]
    scaled = some / np.maximum(np.linalg.norm(some, axis=0), TINY)
    value, vector = np.linalg.eigh(scaled.T @ scaled)
    kept = np.flatnonzero(value > ROUNDING * value[-1])[: -AXES - 1 : -1]
    return scaled @ vector[:, kept] / np.sqrt(value[kept])
