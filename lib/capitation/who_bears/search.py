"""The search itself: the most of one measure under limits on others, by linear programmes over small steps.

Places are arrays (terms,) from 0 to 1. A measure returns ``[incentive, -premium, room of each limit …]``: all are wanted
high, and a room below nothing is a limit missed. At each place the measures are taken as linear, the best step within
a small box is found by a linear programme, and the box shrinks where the step did not keep its promise. Source:
Griffith and Stewart (1961), successive linear programming; Fletcher and Sainz de la Maza (1989), with an exact penalty.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from capitation.loss.ratio import Floats
from capitation.loss.sobol import sobol

Measure = Callable[[Floats], Floats]
Pairs = tuple[tuple[int, int], ...]
FIRST_BOX, LARGEST_BOX, SMALLEST_BOX = 0.15, 0.3, 0.002
SHRINK, GROW = 0.4, 1.5
SLOPE_STEP = 0.02  # of a term's range: wide enough to see past single years
ENOUGH = 4e-5  # of the aim: less is no improvement
MISS_COSTS = 20.0  # of the aim, for each unit that a limit is missed by, at first
DEARER, DEAREST = 4.0, 640.0  # where limits are missed at the end: what is gained by missing them was worth it
MISSED = 1e-4  # of a limit's unit
APART = 0.15  # of a range: starts closer than this end at the same place


@dataclass(frozen=True, eq=False)
class Aim:
    """What is wanted: ``weight`` (2,) of incentive and of premium saved, and ``least`` (1 + limits,) of premium saved and
    of each room; minus infinity where a limit plays no part."""

    weight: Floats
    least: Floats
    miss_costs: float = MISS_COSTS

    def merit(self, measured: Floats) -> float:
        """How good a place is, less what missed limits cost."""
        return float(self.weight @ measured[:2]) - self.miss_costs * self.missed(measured)

    @property
    def strict(self) -> "Aim":
        """The same with limits that nothing is worth missing."""
        return replace(self, miss_costs=DEAREST)

    def missed(self, measured: Floats) -> float:
        """By how much limits are missed in all."""
        return float(np.maximum(self.least - measured[1:], 0.0).sum())


@dataclass(frozen=True, eq=False)
class Landscape:
    """A measure over so many terms, with the ``pairs`` of which the first is never above the second; every place that was
    measured is kept."""

    measure: Measure
    terms: int
    pairs: Pairs
    places: list[Floats] = field(default_factory=list, repr=False)
    found: list[Floats] = field(default_factory=list, repr=False)

    def at(self, place: Floats) -> Floats:
        """The measures at a place."""
        measured = self.measure(place)
        self.places.append(place)
        self.found.append(measured)
        return measured

    def spread_out(self, count: int, seed: int) -> None:
        """Measure so many places all over the ranges; ``count`` is a power of two."""
        for place in sobol(self.terms, count, seed).T:
            self.at(self.in_order(place))

    def in_order(self, place: Floats) -> Floats:
        """The place with the terms of each pair in order."""
        ordered = place.copy()
        for first, second in self.pairs * len(self.pairs):  # pairs may hang together
            ordered[first], ordered[second] = sorted((ordered[first], ordered[second]))
        return ordered

    def best(self, aim: Aim, count: int) -> list[Floats]:
        """The best places measured so far, no two of them close together."""
        merits = np.array([aim.merit(measured) for measured in self.found])
        chosen: list[Floats] = []
        for number in np.argsort(-merits, kind="stable"):
            place = self.places[number]
            if all(np.abs(place - other).max() > APART for other in chosen):
                chosen.append(place)
            if len(chosen) == count:
                break
        return chosen

    def improved(self, start: Floats, aim: Aim, box: float = FIRST_BOX, steps: int = 20) -> tuple[Floats, Floats]:
        """The place that small linear steps from ``start`` lead to, and its measures; never a worse one."""
        place, measured = self.walked(start, aim, box, steps)
        while aim.missed(measured) > MISSED and aim.miss_costs < DEAREST:
            aim = replace(aim, miss_costs=aim.miss_costs * DEARER)
            place, measured = self._steps(place, measured, aim, box, steps)
        return place, measured

    def walked(self, start: Floats, aim: Aim, box: float = FIRST_BOX, steps: int = 20) -> tuple[Floats, Floats]:
        """The same for the first try; limits may still be missed for what that gains."""
        return self._steps(start, self.at(start), aim, box, steps)

    def _steps(self, place: Floats, measured: Floats, aim: Aim, box: float, steps: int) -> tuple[Floats, Floats]:
        """Step by step; slopes are brought along with what each step met, and measured anew when one fails."""
        slopes, fresh = self._slopes(place, measured, min(SLOPE_STEP, box / 2)), True
        for _ in range(steps):
            there, found, box = self._step(place, measured, slopes, aim, box, fresh)
            if there is not None:
                slopes, fresh = brought_along(slopes, there - place, found - measured), False
                place, measured = there, found
            elif fresh:
                break
            else:
                slopes, fresh = self._slopes(place, measured, min(SLOPE_STEP, box / 2)), True
        return place, measured

    def _slopes(self, place: Floats, measured: Floats, width: float) -> Floats:
        """The change of each measure by each term, (measures, terms), by a step inwards where there is no room outwards."""
        slopes = np.zeros((len(measured), self.terms))
        for term in range(self.terms):
            step = width if self._has_room(place, term, width) else -width
            there = place.copy()
            there[term] += step
            if self._has_room(place, term, step):
                slopes[:, term] = (self.at(there) - measured) / step
        return slopes

    def _has_room(self, place: Floats, term: int, step: float) -> bool:
        there = place[term] + step
        below = all(there <= place[second] for first, second in self.pairs if first == term)
        above = all(there >= place[first] for first, second in self.pairs if second == term)
        return 0 <= there <= 1 and below and above

    def _step(self, place: Floats, measured: Floats, slopes: Floats, aim: Aim, box: float, fresh: bool
              ) -> tuple[Floats | None, Floats, float]:  # fmt: skip
        """The best step that is an improvement, with its measures, and the box for the next; None where none is."""
        merit = aim.merit(measured)
        while box > SMALLEST_BOX:
            there = self.in_order(np.clip(place + linear_step(place, measured, slopes, aim, box, self.pairs), 0.0, 1.0))
            found = self.at(there)
            if aim.merit(found) > merit + ENOUGH:
                return there, found, min(box * GROW, LARGEST_BOX)
            if not fresh:
                break
            box *= SHRINK
        return None, measured, box


def brought_along(slopes: Floats, step: Floats, met: Floats) -> Floats:
    """Slopes (measures, terms) moved as little as makes them meet what a step met. Source: Broyden (1965)."""
    return slopes + np.outer(met - slopes @ step, step) / max(float(step @ step), 1e-12)


def linear_step(place: Floats, measured: Floats, slopes: Floats, aim: Aim, box: float, pairs: Pairs) -> Floats:
    """The step (terms,) within ``box`` that is best where the measures are linear; missed limits cost as in `Aim.merit`."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to import, and needed by a search only

    counts = np.isfinite(aim.least)
    terms, limits = len(place), int(counts.sum())
    rows = np.hstack([-slopes[1:][counts], -np.eye(limits)])
    above: Any = (measured[1:] - aim.least)[counts]
    for first, second in pairs:
        row = np.zeros(terms + limits)
        row[first], row[second] = 1.0, -1.0
        rows, above = np.vstack([rows, row]), np.append(above, place[second] - place[first])
    cost = np.concatenate([-(aim.weight @ slopes[:2]), np.full(limits, aim.miss_costs)])
    low: Any = np.concatenate([np.maximum(-box, -place), np.zeros(limits)])
    high: Any = np.concatenate([np.minimum(box, 1 - place), np.full(limits, np.inf)])
    found = milp(
        cost, constraints=LinearConstraint(rows, -np.inf, above), bounds=Bounds(low, high)
    )  # none whole: linear
    return np.asarray(found.x)[:terms] if found.status == 0 else np.zeros(terms)
