"""The exact law of the total cost of many people by a cosine series: no simulation, and no grid of amounts.

Source: numerics reference, section 2 (the COS method of Fang and Oosterlee, 2008).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.loss.atoms import Atoms
from capitation.loss.ratio import Floats

Waves = NDArray[np.complex128]
REACH = 12.0  # standard deviations of the total on either side, and again for each unit of its skewness,
MOST_SKEWED = 3.0  # of which so much is taken
UNSEEN = 1e-8  # the chance of dearer people for whom the window has no room
FADED = 30.0  # a wave of e^-30, 1e-13, is too small to matter
FEWEST, MOST = 8, 64  # 64 to 4,096 waves, as squares
HALVINGS = 54  # of the window, for a quantile


@dataclass(frozen=True, eq=False)
class Law:
    """The law of a total on a window: P(S ≤ y) = t + Σ wave_k · sin(kπt), k = 1, 2, …, with t = (y - start)/width.

    ``start`` and ``width`` are in the data set's currency, ``wave`` has shape (waves,) and no unit. ``blur`` is the
    standard deviation, in currency, of the normal error that the law is smoothed by; 0 where it needs none, and then
    probabilities are good to about 1e-12 for people counted in a data set: the window has no room for what happens
    with a chance below 1e-8. ``width`` is 0 where the total is certain.
    """

    start: float
    width: float
    wave: Floats
    blur: float = 0.0

    def cdf(self, y: float | Floats) -> Floats:
        """P(S ≤ y), shape as ``y``."""
        return 1.0 - self.exceeds(y)

    def exceeds(self, y: float | Floats) -> Floats:
        """P(S > y), shape as ``y``."""
        past = np.asarray(y, dtype=float) - self.start
        if self.width == 0:
            return np.where(past < 0, 1.0, 0.0)
        return self._exceeds(np.clip(past / self.width, 0.0, 1.0))

    def quantile(self, p: float) -> float:
        """The smallest y with P(S ≤ y) ≥ p. Raises ValueError unless 0 < p < 1."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._exceeds(middle) > 1 - _within(p) else (low, middle)
        return self.start + self.width * high

    def tail_mean(self, p: float) -> float:
        """Mean of the dearest 1 - p of totals: q + E(S - q)₊ / (1 - p) with q the quantile. Errors as ``quantile``."""
        q = self.quantile(p)
        t = (q - self.start) / self.width if self.width > 0 else 1.0
        k = np.pi * np.arange(1, len(self.wave) + 1)
        above = (1 - t) ** 2 / 2 - (np.cos(k * t) - np.cos(k)) @ (self.wave / k)
        return q + self.width * max(float(above), 0.0) / (1 - p)

    def _exceeds(self, t: float | Floats) -> Floats:
        k = np.pi * np.arange(1, len(self.wave) + 1)
        return np.clip(1.0 - t - (np.sin(np.multiply.outer(t, k)) * self.wave).sum(axis=-1), 0.0, 1.0)


def total_cost_law(atoms: Atoms, n: int) -> Law:
    """The law of the total cost of ``n`` people drawn independently from ``atoms``; 1 to some 10⁸ people.

    Not accurate: few people. A law that 4,096 waves do not follow (jumps, as of ten people of whom most cost
    nothing, or some tens of people whose costs are very skewed) is smoothed by a normal error, told as ``blur``,
    of at most 0.06 % of the window: 2 % of the standard deviation of the total, or up to a third for a single person
    who may cost hundreds of them. A jump becomes a steep slope about its place. The law of many people whose costs
    are all multiples of one amount is the smooth curve through the middle of the stairs, without a blur.
    Raises ValueError if ``n`` is below 1.
    """
    if n < 1:
        raise ValueError("a total needs at least one person")
    start, width = _window(atoms, n)
    if width <= 0:
        return Law(n * atoms.mean, 0.0, np.zeros(1))
    logarithm, short = _waves(atoms, n, np.pi / width)
    k = np.arange(1, len(logarithm) + 1)
    faded = np.exp(logarithm.real - short * (k / k[-1]) ** 2)
    wave = 2 / (np.pi * k) * faded * np.cos(logarithm.imag - np.pi * k * (start / width))
    return Law(n * atoms.mean + start, width, wave, float(np.sqrt(2 * short)) * width / (np.pi * k[-1]))


def _window(atoms: Atoms, n: int) -> tuple[float, float]:
    """Start, from the mean, and width of the window that holds the law."""
    sd, skewness = np.sqrt(n) * atoms.sd, atoms.skewness / np.sqrt(n)
    seen = n * np.minimum(atoms.weight.cumsum(), atoms.weight[::-1].cumsum()[::-1]) > UNSEEN
    sizes = atoms.size[seen]
    below = _reach(sd, -skewness, atoms.mean - sizes.min(), n * (atoms.mean - atoms.size.min()))
    return -below, below + _reach(sd, skewness, sizes.max() - atoms.mean, n * (atoms.size.max() - atoms.mean))


def _reach(sd: float, skewness: float, extreme: float, most: float) -> float:
    """How far from its mean the total gets on the side to which ``skewness`` leans, one ``extreme`` person among it."""
    usual = REACH * (1 + np.clip(skewness, 0.0, MOST_SKEWED)) * sd
    return float(min(max(usual, extreme + REACH * sd), most))


def _waves(atoms: Atoms, n: int, step: float) -> tuple[Waves, float]:
    """ln φ of the centred total at ``step``, 2·``step``, … until it has faded; and how much the last ones fall short."""
    side = FEWEST
    while True:
        logarithm = n * _log_characteristic(atoms, step, side)
        short = max(0.0, FADED + float(logarithm.real[-(side**2) // 8 :].max()))
        if short == 0 or side == MOST:
            return logarithm, short
        side *= 2


def _log_characteristic(atoms: Atoms, step: float, side: int) -> Waves:
    """ln E exp(iu(X - mean)) at u = ``step`` · (1, 2, …, side² - 1).

    From e - 1, so that nothing is lost where e is close to 1 and is raised to the power of millions; by products
    of ``side`` coarse and ``side`` fine waves: (1 + a)(1 + b) - 1 = ab + a + b.
    Not by ``@``, whose threads wait a hundred times longer for each other than they work when the machine is busy.
    """
    angle = step * (atoms.size - atoms.mean)
    fine = _turned(np.arange(side), angle)
    coarse = _turned(side * np.arange(side), angle)
    weighed = coarse * atoms.weight
    both = np.einsum("ca,fa->cf", weighed, fine)
    less_one = both + weighed.sum(axis=1)[:, None] + (fine * atoms.weight).sum(axis=1)
    z = less_one.ravel()[1:]
    size = np.log1p(np.maximum(2 * z.real + np.abs(z) ** 2, -1 + 1e-16)) / 2
    return size + 1j * np.arctan2(z.imag, 1 + z.real)


def _turned(times: NDArray[np.int64], angle: Floats) -> Waves:
    """exp(i · times · angle) - 1, shape (times, atoms)."""
    turn = np.multiply.outer(times, angle)
    return -2 * np.sin(turn / 2) ** 2 + 1j * np.sin(turn)


def _within(p: float) -> float:
    if not 0 < p < 1:
        raise ValueError(f"a probability lies between 0 and 1, not at {p}")
    return p
