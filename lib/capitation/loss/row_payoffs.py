"""What some people are owed in each scenario by a rule that reads more of them than their cost.

Scenarios know people by cost alone. A rule that also reads something else of a person (what they were predicted to
cost, say) is met by its mean over the people known between two nodes, times how many of them a scenario has there.
Its mean is that of the rule over the people themselves but for the width of an interval; what differs between people
of one interval is not drawn.
"""

from collections.abc import Callable

import numpy as np

from capitation.loss.ratio import Floats
from capitation.loss.scenarios import Scenarios

LEVELS = 7  # of the factor at which the rule is asked; a line between them


def owed(scenarios: Scenarios, cost: Floats, rule: Callable[[float], Floats], factor: Floats) -> Floats:
    """Σ of the rule over the people of each scenario, shape (scenarios,), in the rule's unit.

    ``cost`` (people,) are those known; ``rule(f)`` what each is owed, (people,), when every cost is multiplied by f;
    ``factor`` (scenarios,) is positive.
    """
    level = np.linspace(factor.min(), factor.max(), LEVELS) if np.ptp(factor) > 0 else factor[:1]
    mean = np.stack([_means(scenarios.node, cost, rule(float(f))) for f in level])
    some = np.flatnonzero(mean.any(axis=0))
    between = scenarios.people_above[some] - scenarios.people_above[some + 1]
    at_level = mean[:, some].astype(np.float32) @ between
    if len(level) == 1:
        return at_level[0].astype(float)
    place = np.clip(np.searchsorted(level, factor, side="right") - 1, 0, LEVELS - 2)
    part = (factor - level[place]) / (level[1] - level[0])
    column = np.arange(scenarios.count)
    return (1 - part) * at_level[place, column] + part * at_level[place + 1, column]


def _means(node: Floats, cost: Floats, amount: Floats) -> Floats:
    """Mean amount of the people between neighbouring nodes, shape (nodes - 1,); where nobody is, that of the last before."""
    place = np.clip(np.searchsorted(node, cost, side="left") - 1, 0, len(node) - 2)
    people, total = (np.bincount(place, weights=w, minlength=len(node) - 1) for w in (np.ones_like(cost), amount))
    known = np.maximum.accumulate(np.where(people > 0, np.arange(len(people)), 0))
    mean = np.divide(total, people, out=np.zeros_like(total), where=people > 0)
    dearer = np.where(people > 0, 0.0, np.where(mean[known] > 0, node[:-1] - node[known], 0.0))
    return mean[known] + dearer
