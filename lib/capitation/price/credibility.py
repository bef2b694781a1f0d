"""Small cells borrow from all cells: a cell's own rate counts by how steady it has been over the years of history."""

from dataclasses import dataclass

import numpy as np

from capitation.loss.credibility import buhlmann_straub
from capitation.loss.ratio import Floats


@dataclass(frozen=True, eq=False)
class Blend:
    """The weight of each cell's own rate (0 to 1) and the rate it leads to; shapes (cells,)."""

    own: Floats
    estimate: Floats


def blended(cost: Floats, exposure: Floats, own: Floats, excess: float) -> Blend:
    """Rates by Bühlmann and Straub from ``cost`` and ``exposure`` by cell and year, shapes (cells, years).

    ``own`` is each cell's rate by itself, with ``excess`` of it shared over everyone, which nothing changes. With one
    year, or one cell, there is nothing to compare: the rates stay as they are. The history's total stays what it was.
    """
    there = exposure.sum(axis=1) > 0
    if exposure.shape[1] < 2 or there.sum() < 2:
        return Blend(np.ones(len(own)), own)
    found = buhlmann_straub(
        np.divide(cost[there], exposure[there], out=np.zeros_like(cost[there]), where=exposure[there] > 0),
        exposure[there],
    )
    weight, estimate = np.zeros(len(own)), own.copy()
    weight[there], estimate[there] = found.credibility, found.estimate + excess
    return Blend(weight, estimate)
