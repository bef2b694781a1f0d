"""How many people it takes for chance to stay within a tolerance, and what tolerance so many people give.

Chance only: independent people whose law of cost is known. Shocks common to all, and errors of the price, do not
shrink with the number of people and are not in here. One-sided: P(total > (1 + tolerance) · mean) ≤ alpha, with
``one_sided(alpha)`` as z of the formulas. Two-sided, as published tables have it: z = ``TWO_SIDED``.
Source: numerics reference, section 7; domain reference, T6 and section 5, point 6.
"""

from collections.abc import Callable
from functools import cache
from math import ceil, log, nan, sqrt
from statistics import NormalDist

from capitation.loss.atoms import Atoms
from capitation.loss.cosine import total_cost_law

TWO_SIDED = 1.96  # 95 % either way, as rounded in the published tables
THINNEST = 1e-9  # the smallest chance that the law of a total tells
ROUNDING = 1e-12  # 86,436.00000000001 people are 86,436
WIDEST = 4  # times the normal formula: where the search begins


def one_sided(alpha: float) -> float:
    """z exceeded by a standard normal with probability ``alpha``. Raises ValueError unless 1e-9 ≤ alpha < 0.5."""
    if not THINNEST <= alpha < 0.5:
        raise ValueError(f"the chance of exceeding the tolerance must be from 1e-9 to below 0.5, not {alpha}")
    return NormalDist().inv_cdf(1 - alpha)


def normal_size(cv: float, tolerance: float, z: float) -> int:
    """People by the normal formula, (z·cv/tolerance)² rounded up. CV 3, ±5 %, z = 1.96: 13,830.

    ``tolerance`` is a share of the expected cost, ``cv`` of one person. Too few where costs are skewed and alpha is
    small. Raises ValueError unless cv ≥ 0, tolerance > 0 and z > 0.
    """
    _check(cv, tolerance, z)
    return _people((z * cv / tolerance) ** 2)


def normal_power_size(cv: float, skewness: float, tolerance: float, z: float) -> int:
    """People by the normal-power formula, √N = [z + √(z² + 4kg(z² - 1)/6)]/(2k), k = tolerance/cv, g = ``skewness``.

    Good to 0.2 % or a few people where a stop-loss caps the cost, to some 10 % without. 1 where any number will do
    by the formula. Errors as ``normal_size``.
    """
    _check(cv, tolerance, z)
    root = z**2 + 4 * tolerance * skewness * (z**2 - 1) / (6 * cv) if cv > 0 else -1.0
    return _people(((z + sqrt(root)) * cv / (2 * tolerance)) ** 2) if root >= 0 else 1


def exact_size(atoms: Atoms, tolerance: float, alpha: float) -> int:
    """The size N with P(S > (1 + tolerance)·mean) ≤ alpha at N and > alpha at N - 1, from the exact law.

    The chance need not fall with every person: few people whose cost is very skewed exceed the mean seldom, and it
    goes up and down by steps where costs have few sizes. The answer is the crossing next below four times the
    normal size (more, until the chance there is at most alpha), as halvings of the size find it, so that a cohort
    of the size told or larger is within the tolerance; a smaller cohort may be so by accident. 1 if none is too small.
    Raises ValueError unless tolerance > 0 and 1e-9 ≤ alpha < 0.5.
    """
    enough = WIDEST * normal_size(atoms.cv, tolerance, one_sided(alpha))

    @cache
    def over(n: int) -> float:
        chance = float(total_cost_law(atoms, n).exceeds(n * atoms.mean * (1 + tolerance)))
        return log(max(chance, ROUNDING) / alpha)

    while over(enough) > 0:
        enough *= 2
    return _crossing(over, enough)


def tolerance_at(atoms: Atoms, n: int, alpha: float) -> float:
    """Share of the expected cost by which the total of ``n`` people is exceeded with probability ``alpha``, exactly.

    0 where nobody costs anything. Raises ValueError unless n ≥ 1 and 1e-9 ≤ alpha < 0.5.
    """
    one_sided(alpha)
    law, expected = total_cost_law(atoms, n), n * atoms.mean
    return law.quantile(1 - alpha) / expected - 1 if expected > 0 else 0.0


def normal_tolerance(cv: float, n: int, z: float) -> float:
    """Share of the expected cost that chance moves the total of ``n`` people by, z·cv/√n; z = 1 gives its CV.

    Raises ValueError unless cv ≥ 0, n ≥ 1 and z > 0.
    """
    _check(cv, 1.0, z)
    if n < 1:
        raise ValueError("a cohort has at least one person")
    return z * cv / sqrt(n)


def _crossing(over: Callable[[int], float], enough: int) -> int:
    """The size at which ``over`` comes down to 0, searched for from ``enough`` downwards by halves; 1 if none."""
    few = enough
    while few > 1:
        few, enough = few // 2, few
        if over(few) > 0:
            return _between(over, few, enough)
    return 1


def _between(over: Callable[[int], float], few: int, enough: int) -> int:
    """False position in ln N until the ends are neighbours; an end that stays twice counts half (Illinois)."""
    above, below, last = over(few), over(enough), nan
    while enough - few > 1:
        n = round(few * (enough / few) ** (above / (above - below)))
        n = min(max(n, few + 1), enough - 1)
        if (value := over(n)) > 0:
            few, above, below = n, value, below / 2 if last > 0 else below
        else:
            enough, below, above = n, value, above / 2 if last <= 0 else above
        last = value
    return enough


def _check(cv: float, tolerance: float, z: float) -> None:
    if not (cv >= 0 and tolerance > 0 and z > 0):
        raise ValueError(f"needed: cv ≥ 0, tolerance > 0 and z > 0, not {cv}, {tolerance} and {z}")


def _people(n: float) -> int:
    return max(1, ceil(n * (1 - ROUNDING)))
