"""What made cost per person-year grow between two years of history: who is in, their need, use, prices, cost of a user.

Parts add up to the whole change. By service the change is split with logarithmic means (LMDI, domain reference, row 28):
L(a, b) = (a - b)/ln(a/b); Δ = Σ L·ln(use ratio) + Σ L·ln(cost-per-user ratio). The use that a changed mix of ages and of
needs explains is what the first year's rates give for the later year's people; the rest is use at the same need.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capitation.errors import InputError
from capitation.loss.ratio import Floats

DEMOGRAPHIC, NEED, USE, PRICES, PER_USER = "age and sex", "need", "use", "prices", "cost of a user"
MIX_OF = "who is in"


@dataclass(frozen=True)
class OneYear:
    """One year of the members: ``cost`` and ``users`` by service, ``exposure`` (person-years), unit costs by service
    where the data hold them; exposure and cost by cell of age and sex and by finer cell of need, shapes (cells,)."""

    exposure: float
    cost: Mapping[str, float]
    users: Mapping[str, float]
    unit_cost: Mapping[str, float]
    by_age_sex: tuple[Floats, Floats]
    by_need: tuple[Floats, Floats]

    @property
    def per_person_year(self) -> float:
        """Cost of a person-year."""
        return sum(self.cost.values()) / self.exposure


@dataclass(frozen=True)
class Decomposition:
    """Cost per person-year of two years, and the parts of the difference, which add up to it; in currency."""

    before: float
    after: float
    parts: dict[str, float]

    @property
    def change(self) -> float:
        """The whole difference."""
        return self.after - self.before


def log_mean(a: float, b: float) -> float:
    """The logarithmic mean (a - b)/ln(a/b) of two amounts above 0; a where they are equal."""
    return (a - b) / float(np.log(a / b)) if not np.isclose(a, b, rtol=1e-12) else a


def decomposition(before: OneYear, after: OneYear) -> Decomposition:
    """The parts of the change from one year to another. Raises InputError where a year has no people or no cost.

    A service that nobody used in one of the two years is counted as use whole: nothing tells its price.
    """
    first, last = (_checked(year) for year in (before, after))
    ages = mix_effect(before.by_age_sex, after.by_age_sex)
    needs = mix_effect(before.by_need, after.by_need)
    whole = log_mean(first, last)
    parts: dict[str, float] = dict.fromkeys((DEMOGRAPHIC, NEED, USE, PRICES, PER_USER), 0.0)
    parts[DEMOGRAPHIC] = whole * float(np.log(ages))
    parts[NEED] = whole * float(np.log(needs / ages))
    for service in dict.fromkeys([*before.cost, *after.cost]):
        use, prices, per_user = _of_service(before, after, service)
        parts[USE] += use
        parts[PRICES] += prices
        parts[PER_USER] += per_user
    parts[USE] -= parts[DEMOGRAPHIC] + parts[NEED]
    return Decomposition(first, last, parts)


def mix_effect(before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> float:
    """What the later year's mix of cells costs at the first year's rates, over what the first year's cost.

    Each pair is exposure and cost by cell, shapes (cells,). A cell that nobody was in before has the overall rate.
    """
    exposure, cost = before
    overall = float(cost.sum() / exposure.sum())
    rate = np.divide(cost, exposure, out=np.full(len(cost), overall), where=exposure > 0)
    return float(after[0] @ rate / after[0].sum()) / overall


def _checked(year: OneYear) -> float:
    if year.exposure <= 0 or sum(year.cost.values()) <= 0:
        raise InputError(
            "price", "growth can't be split: a year has nobody, or no cost", "two years with people and cost"
        )
    return year.per_person_year


def _of_service(before: OneYear, after: OneYear, service: str) -> tuple[float, float, float]:
    """Use, prices and cost of a user beyond prices, in currency per person-year; they sum to the service's change."""
    costs = [year.cost.get(service, 0.0) / year.exposure for year in (before, after)]
    users = [year.users.get(service, 0.0) / year.exposure for year in (before, after)]
    if min(costs) <= 0 or min(users) <= 0:
        return costs[1] - costs[0], 0.0, 0.0
    size = log_mean(costs[1], costs[0])
    use = size * float(np.log(users[1] / users[0]))
    units = [year.unit_cost.get(service, 0.0) for year in (before, after)]
    prices = size * float(np.log(units[1] / units[0])) if min(units) > 0 else 0.0
    return use, prices, costs[1] - costs[0] - use - prices
