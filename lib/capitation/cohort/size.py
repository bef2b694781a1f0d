"""Is the cohort large enough for chance to stay within the tolerance?"""

from dataclasses import dataclass

import numpy as np

from capitation.loss.atoms import Atoms
from capitation.loss.minimum_size import (
    exact_size,
    normal_power_size,
    normal_size,
    normal_tolerance,
    one_sided,
    tolerance_at,
)
from capitation.loss.ratio import Floats

CURVE_FROM, CURVE_TO, CURVE_POINTS = 0.05, 20.0, 9  # times the cohort


@dataclass(frozen=True)
class Size:
    """``people`` members against what the tolerance needs: ``exact`` from the law of total cost, ``normal`` and
    ``normal_power`` by the closed formulas; ``reached`` is the tolerance that the members give, exactly.

    ``curve``: sizes, and the exact and the normal tolerance at each, arrays of one shape.
    """

    people: int
    cv: float
    tolerance: float
    chance: float
    exact: int
    normal: int
    normal_power: int
    reached: float
    curve: tuple[Floats, Floats, Floats]

    @property
    def enough(self) -> bool:
        """Whether chance stays within the tolerance."""
        return self.reached <= self.tolerance


def size(atoms: Atoms, people: int, tolerance: float, chance: float) -> Size:
    """Chance alone: total cost above (1 + tolerance) times its mean at most ``chance`` of years (shares).

    Source: numerics reference, section 7.
    """
    z = one_sided(chance)
    sizes = np.unique(np.geomspace(CURVE_FROM, CURVE_TO, CURVE_POINTS) * people).round().clip(1).astype(int)
    exact = np.array([tolerance_at(atoms, int(n), chance) for n in sizes])
    normal = np.array([normal_tolerance(atoms.cv, int(n), z) for n in sizes])
    return Size(people, atoms.cv, tolerance, chance, exact_size(atoms, tolerance, chance),
                normal_size(atoms.cv, tolerance, z), normal_power_size(atoms.cv, atoms.skewness, tolerance, z),
                tolerance_at(atoms, people, chance), (sizes.astype(float), exact, normal))  # fmt: skip
