"""Whether the base years of a measure agree, and what they tell of the contract year where they do not.

A measure that rose or fell from one base year to the next by more than chance in people explains will go on moving
whether anybody does anything or not. Sources: Cochran's test of homogeneity and the moments of its excess (measures
reference, section 4, over-dispersion); a straight line by generalised least squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr

from capitation.loss.ratio import Floats

LEVEL, TREND, UNEVEN = "level", "trend", "uneven"
BY_CHANCE = 0.05  # years that agree are taken for moved so often
FOR_A_LINE = 3  # years
OF_ITS_OWN = 1e-6  # of a year's variance: years that have all people and outcomes in common still tell two things


@dataclass(frozen=True, eq=False)
class Course:
    """How the contract year is told from the base years: each one's ``weight`` in what is expected, (years,), sum 1, and the
    variance of a single year beyond chance in people (``beyond``), in the measure's unit squared.

    ``kind``: the years agree (level), lie on a line that goes on (trend), or do neither (uneven).
    """

    kind: str
    weight: Floats
    beyond: float = 0.0


def course(ratio: Floats, covariance: Floats, weight: Floats, ahead: Sequence[int]) -> Course:
    """The course of one measure over its base years.

    ``ratio`` (years,), NaN where nobody counted, its ``covariance`` by chance in people (years, years), the ``weight`` of
    each year were all at one level, which may be 0, and how many years the contract year is ``ahead`` of each. Years that
    agree weigh as they did; three or more that rise or fall by more than chance are carried on along a line; what is left
    beyond chance is added.
    """
    there = np.flatnonzero(np.isfinite(ratio) & (np.diag(covariance) > 0))
    if len(there) < 2:
        return Course(LEVEL, weight)
    mine, chance = ratio[there], _with_something_of_its_own(covariance[np.ix_(there, there)])
    flat = np.ones((len(there), 1))
    line = np.column_stack([flat, -np.asarray(ahead, dtype=float)[there]])
    if len(there) >= FOR_A_LINE and _slopes(mine, chance, line):
        return Course(TREND, _placed(_fitted(chance, line)[0], there, len(ratio)), _beyond(mine, chance, line))
    beyond = _beyond(mine, chance, flat)
    return Course(UNEVEN, weight, beyond) if beyond else Course(LEVEL, weight)


def _with_something_of_its_own(covariance: Floats) -> Floats:
    return covariance + OF_ITS_OWN * np.diag(np.diag(covariance))


def _fitted(chance: Floats, design: Floats) -> Floats:
    """What each year's ratio adds to each coefficient, (coefficients, years), by generalised least squares."""
    solved = np.linalg.solve(chance, design)
    return np.asarray(np.linalg.solve(design.T @ solved, solved.T), dtype=float)


def _left(ratio: Floats, chance: Floats, design: Floats) -> Floats:
    return ratio - design @ (_fitted(chance, design) @ ratio)


def _by_chance(ratio: Floats, chance: Floats, design: Floats) -> float:
    """How often chance alone leaves as much around the fit: Cochran's Q against chi-squared."""
    left = _left(ratio, chance, design)
    free = len(ratio) - design.shape[1]
    return float(chdtrc(free, left @ np.linalg.solve(chance, left))) if free else 1.0


def _slopes(ratio: Floats, chance: Floats, line: Floats) -> bool:
    """Whether the line's slope is more than chance explains."""
    slope = _fitted(chance, line)[1]
    size = abs(slope @ ratio) / np.sqrt(slope @ chance @ slope)
    return bool(2 * (1 - ndtr(size)) < BY_CHANCE)


def _beyond(ratio: Floats, chance: Floats, design: Floats) -> float:
    """Variance of a year beyond chance, where chance seldom leaves as much around the fit."""
    return _excess(ratio, chance, design) if _by_chance(ratio, chance, design) < BY_CHANCE else 0.0


def _excess(ratio: Floats, chance: Floats, design: Floats) -> float:
    """Variance of a year beyond chance: what is left around the fit, less what chance leaves, by moments."""
    hat = np.eye(len(ratio)) - design @ _fitted(chance, design)
    left, expected = hat @ ratio, np.trace(hat @ chance @ hat.T)
    return max(float(left @ left - expected) / float(np.trace(hat @ hat.T)), 0.0)


def _placed(weight: Floats, there: np.ndarray, years: int) -> Floats:
    """Weights of some years among all, nothing for the others."""
    found = np.zeros(years)
    found[there] = weight
    return found
