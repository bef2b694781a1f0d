"""The exact law of the total cost of many people by a cosine series: no simulation, and no grid of amounts.

Source: numerics reference, section 2 (the COS method of Fang and Oosterlee, 2008).
"""

from dataclasses import dataclass

import numpy as np

from capitation.loss.atoms import Atoms
from capitation.loss.ratio import Floats

REACH = 12.0  # standard deviations of the total on either side, and again for each unit of its skewness,
MOST_SKEWED = 3.0  # of which so much is taken
DEAREST = 2  # people as extreme as can be for whom there is room besides
FADED = 30.0  # a wave of e^-30, 1e-13, is too small to matter
FEWEST, MOST = 8, 64  # 64 to 4,096 waves, as squares
HALVINGS = 54  # of the window, for a quantile


@dataclass(frozen=True, eq=False)
class Law:
    """The law of a total on a window: P(S ≤ y) = t + Σ wave_k · sin(kπt), k = 1, 2, …, with t = (y - start)/width.

    ``start`` and ``width`` are in the data set's currency, ``wave`` has shape (waves,) and no unit. Probabilities
    are good to about 1e-12; nothing is said of tails thinner than that.
    """

    start: float
    width: float
    wave: Floats

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
        return np.clip(1.0 - t - np.sin(np.multiply.outer(t, k)) @ self.wave, 0.0, 1.0)


def total_cost_law(atoms: Atoms, n: int) -> Law:
    """The law of the total cost of ``n`` people drawn independently from ``atoms``; 1 to some 10⁸ people.

    Not accurate: jumps. Where few people, or costs of few sizes, leave a law that 4,096 waves do not follow, it is
    smoothed by a normal error of 0.06 to 0.1 % of the window (2 % of the standard deviation, or more if one person
    can cost hundreds of them), so that a jump is a steep slope about the right place. The law of many people whose
    costs are all multiples of one amount is a smooth curve through the middle of the stairs.
    Raises ValueError if ``n`` is below 1.
    """
    if n < 1:
        raise ValueError("a total needs at least one person")
    start, width = _window(atoms, n)
    if width <= 0:
        return Law(n * atoms.mean, 0.0, np.zeros(1))
    logarithm = _faded(atoms, n, np.pi / width)
    k = np.arange(1, len(logarithm) + 1)
    wave = 2 / (np.pi * k) * np.exp(logarithm - 1j * np.pi * k * (start / width)).real
    return Law(n * atoms.mean + start, width, wave)


def _window(atoms: Atoms, n: int) -> tuple[float, float]:
    """Start, from the mean, and width of the window that holds the law."""
    sd, skewness = np.sqrt(n) * atoms.sd, atoms.skewness / np.sqrt(n)
    below = _reach(n, sd, -skewness, atoms.mean - atoms.size.min())
    return -below, below + _reach(n, sd, skewness, atoms.size.max() - atoms.mean)


def _reach(n: int, sd: float, skewness: float, extreme: float) -> float:
    """How far a total can be from its mean on the side to which it is skewed by ``skewness``."""
    usual = (REACH + REACH * np.clip(skewness, 0.0, MOST_SKEWED)) * sd
    return float(np.clip(max(usual, DEAREST * extreme + REACH * sd), 0.0, n * extreme))


def _faded(atoms: Atoms, n: int, step: float) -> np.ndarray:
    """ln φ of the centred total at ``step``, 2·``step``, …: as many waves as it takes to fade, or made to fade."""
    side = FEWEST
    while True:
        logarithm = n * _log_characteristic(atoms, step, side)
        short = FADED + logarithm.real[-(side * side) // 8 :].max()
        if short <= 0 or side == MOST:
            k = np.arange(1, len(logarithm) + 1)
            return logarithm - max(short, 0.0) * (k / k[-1]) ** 2
        side *= 2


def _log_characteristic(atoms: Atoms, step: float, side: int) -> np.ndarray:
    """ln E exp(iu(X - mean)) at u = ``step`` · (1, 2, …, side² - 1).

    From e - 1, so that nothing is lost where e is close to 1 and is raised to the power of millions; by products
    of ``side`` coarse and ``side`` fine waves: (1 + a)(1 + b) - 1 = ab + a + b.
    """
    angle = step * (atoms.size - atoms.mean)
    fine = _turned(np.arange(side), angle)
    coarse = _turned(side * np.arange(side), angle)
    less_one = (coarse * atoms.weight) @ fine.T + (coarse @ atoms.weight)[:, None] + fine @ atoms.weight
    z = less_one.ravel()[1:]
    size = np.log1p(np.maximum(2 * z.real + np.abs(z) ** 2, -1 + 1e-16)) / 2
    return size + 1j * np.arctan2(z.imag, 1 + z.real)


def _turned(times: np.ndarray, angle: Floats) -> np.ndarray:
    """exp(i · times · angle) - 1, shape (times, atoms)."""
    turn = np.multiply.outer(times, angle)
    return -2 * np.sin(turn / 2) ** 2 + 1j * np.sin(turn)


def _within(p: float) -> float:
    if not 0 < p < 1:
        raise ValueError(f"a probability lies between 0 and 1, not at {p}")
    return p
