"""Scenarios moved a little, so that sums over them have their exact laws: at its rank each scenario takes the quantile.

The laws of Σ min(x, t) + c·(x - t)₊ are known from the cosine series for any t and c. A few of them, in turn and again,
fix the joint law of what people cost below and above any amount far better than the scenarios' own chance would.
Costs of a scenario between two knots move by one factor: nothing becomes negative, and who costs nothing stays so.
Source: sliced transport of Rabin and others (2012), here towards projections that are known exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from capitation.loss.atoms import atoms_of
from capitation.loss.cosine import Law, total_cost_law
from capitation.loss.cost_sums import CostSums
from capitation.loss.monotone import rising_curve
from capitation.loss.ratio import Floats

EXCESS = (0.4, 0.2, 0.1, 0.05, 0.02)  # shares of all cost above the knots
KEPT = (0.0, 0.2, 0.5, 4.0)  # c: how much of the cost above a knot is in the sum
SWEEPS = 4
AMOUNTS, MOST_WAVES = 512, 512  # of an exact law when quantiles are read from it
SURE = 1e-9  # of a probability


@dataclass(frozen=True, eq=False)
class Projection:
    """A sum whose law is known: ``weight`` of the cost in each layer, shape (layers,), and its quantiles (scenarios,)."""

    weight: Floats
    quantiles: Floats


def knots_of(sums: CostSums) -> list[int]:
    """Places of the thresholds between layers, rising: those next to which the shares ``EXCESS`` of all cost are above."""
    cost = sums.all_people @ sums.all_means
    share = 1 - sums.all_people @ sums.all_capped / cost if cost > 0 else np.zeros(len(sums.threshold))
    return sorted({int(np.abs(share - one).argmin()) for one in EXCESS if share[0] >= one})


def layer_factors(layers: Floats, projections: Sequence[Projection]) -> Floats:
    """Factors on the cost in each layer of each scenario, of the shape of ``layers`` (layers, scenarios), near 1."""
    moved = layers.copy()
    for _ in range(SWEEPS):
        for one in projections:
            _move(moved, one)
    return np.divide(moved, layers, out=np.ones_like(layers), where=layers > 0)


def projections_of(sums: CostSums, people: int, knots: Sequence[int], count: int) -> list[Projection]:
    """The sums whose laws are smooth enough to be read, the total last; quantiles at ``count`` mid-ranks."""
    level = (np.arange(count) + 0.5) / count
    asked = [(place, c) for place in range(len(knots)) for c in KEPT] + [(len(knots), 1.0)]
    found = []
    for place, c in asked:
        law = total_cost_law(atoms_of(*_kept(sums, knots[place] if place < len(knots) else None, c)), people)
        if law.width > 0 and law.blur == 0 and len(law.wave) <= MOST_WAVES:
            weight = np.where(np.arange(len(knots) + 1) <= place, 1.0, c)
            found.append(Projection(weight, quantiles(law, level)))
    return found


def quantiles(law: Law, level: Floats) -> Floats:
    """Quantiles of a smooth law at many levels, between its values at ``AMOUNTS`` amounts by their normal scores."""
    amount = law.start + law.width * np.linspace(0, 1, AMOUNTS)
    chance = law.cdf(amount)
    inside = np.flatnonzero((chance > SURE) & (chance < 1 - SURE))
    score, first = np.unique(ndtri(np.maximum.accumulate(chance[inside])), return_index=True)
    return rising_curve(score, amount[inside][first], ndtri(level))


def _kept(sums: CostSums, knot: int | None, c: float) -> tuple[Floats, Floats, Floats]:
    """People, Σy and Σy² of each bin, y = min(x, t) + c·(x - t)₊ with t the threshold ``knot``; y = x without one.

    Exact where no bin has people on both sides of t.
    """
    people, mean = sums.all_people, sums.all_means
    squared = np.append(sums.cost_squared, sums.top_people * sums.top**2)
    variance = np.maximum(squared - people * mean**2, 0.0)
    if knot is not None:
        capped, slope = sums.all_capped[:, knot], np.where(sums.all_above[:, knot] > 0.5, c, 1.0)
        mean, variance = capped + c * (mean - capped), slope**2 * variance
    there = people > 0
    return people[there], (people * mean)[there], (people * mean**2 + variance)[there]


def _move(layers: Floats, to: Projection) -> None:
    """Takes the sum of each scenario to the quantile at its rank, in place: each layer as it goes with the sum."""
    value = to.weight @ layers
    target = np.empty_like(value)
    target[np.argsort(value, kind="stable")] = to.quantiles
    mean = layers.mean(axis=1)
    lean = np.maximum(layers @ (value - value.mean()), 0.0) / np.maximum(mean, np.finfo(float).tiny)
    share = layers * lean[:, None]
    layers += share * ((target - value) / np.maximum(to.weight @ share, np.finfo(float).tiny))
