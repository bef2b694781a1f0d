"""How alike the members are: within segments, between them, and how much of the cost few people hold."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.loss.atoms import Atoms
from capitation.loss.ratio import Floats


@dataclass(frozen=True)
class Homogeneity:
    """``by_segment``: segment, people, exposure, cost, pppy (cost per person-year), cv, largest shares left to `Atoms`.

    ``r_squared`` is the share of the variance of a person's cost that lies between segments; ``gini`` and ``top``
    (share of people → share of cost) are of all members.
    """

    by_segment: pd.DataFrame
    r_squared: float
    gini: float
    top: dict[float, float]


TOPS = (0.01, 0.05, 0.10)


def homogeneity(by_segment: pd.DataFrame, atoms: Atoms) -> Homogeneity:
    """From sums by segment (segment, people, exposure, cost, cost*cost) and the members' atoms of cost.

    R² = between-segment sum of squares / whole sum of squares of a person's cost in the year. Source: domain reference, row 5.
    """
    n, x, xx = (by_segment[c].to_numpy(float) for c in ("people", "cost", "cost*cost"))
    mean = x / n
    variance = np.maximum(xx / n - mean**2, 0.0)
    cv = np.divide(np.sqrt(variance), mean, where=mean > 0, out=np.full_like(mean, np.nan))
    exposure = by_segment["exposure"].to_numpy(float)
    table = by_segment[["segment", "people", "exposure", "cost"]].assign(pppy=x / exposure, cv=cv)
    return Homogeneity(table, between(n, x, xx), gini(atoms), {share: top_share(atoms, share) for share in TOPS})


def between(people: Floats, cost: Floats, cost_squared: Floats) -> float:
    """Share of the sum of squares about the mean that lies between groups, shapes (groups,). NaN without any spread."""
    whole = cost_squared.sum() - cost.sum() ** 2 / people.sum()
    inside = (cost_squared - cost**2 / people).sum()
    return float(1 - inside / whole) if whole > 0 else float("nan")


def lorenz(atoms: Atoms) -> tuple[Floats, Floats]:
    """Share of people and of cost, from those who cost least on; both from 0 to 1."""
    people = np.append(0.0, np.cumsum(atoms.weight))
    cost = np.append(0.0, np.cumsum(atoms.weight * atoms.size))
    return people, cost / cost[-1] if cost[-1] > 0 else people


def top_share(atoms: Atoms, share: float) -> float:
    """Share of the cost that the dearest ``share`` of people hold."""
    people, cost = lorenz(atoms)
    return float(1 - np.interp(1 - share, people, cost))


def gini(atoms: Atoms) -> float:
    """Gini coefficient of cost: 0 where everybody costs the same, towards 1 where one person has all of it."""
    people, cost = lorenz(atoms)
    return float(1 - np.sum(np.diff(people) * (cost[1:] + cost[:-1])))
