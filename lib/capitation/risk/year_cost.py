"""The care cost of one year of the cohort: as it happened, or as many years drawn by chance.

All amounts are arrays of one shape: (1,) for the year that happened, (years drawn,) for an outlook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import may_show_sum
from capitation.design.parts import Outlook, StopLoss
from capitation.loss.bootstrap import PersonBootstrap, common_factor
from capitation.loss.ratio import Floats
from capitation.risk.stop_loss import excess


@dataclass(frozen=True)
class YearCost:
    """Cost of care in scope by provider, and the part of it above the attachment point of stop-loss.

    ``people_above`` counts the people behind that part where it is known: in the year that happened. There
    ``may_show_excess`` says whether it may stand by itself: not when they are few, or most of it is one person's.
    """

    by_provider: Mapping[str, Floats]
    excess: Floats
    people_above: int | None = None
    may_show_excess: bool = True

    @property
    def total(self) -> Floats:
        """Cost of all providers."""
        return np.sum(list(self.by_provider.values()), axis=0)


def cost_as_recorded(costs: pd.DataFrame, terms: StopLoss) -> YearCost:
    """The year that happened, from the members' costs (a row a person, a column a provider)."""
    by_provider = {str(p): np.array([costs[p].sum()]) for p in costs.columns}
    above = excess(costs.to_numpy().sum(axis=1), terms.attachment)
    return YearCost(by_provider, np.array([above.sum()]), int((above > 0).sum()), may_show_sum(above))


@dataclass(frozen=True)
class Pool:
    """The base years' person-years that an outlook draws from, at the contract year's expected level.

    ``costs`` has shape (rows, providers) and ``exposure`` (rows,); ``people`` are drawn for each year and
    their totals scaled to ``person_years``; ``relative_error`` is the price's standard error as a share. ``person``
    (rows,) numbers the people from 0 where they are known.
    """

    providers: tuple[str, ...]
    costs: Floats
    exposure: Floats
    people: int
    person_years: float
    relative_error: float
    person: NDArray[np.int64] | None = None

    @cached_property
    def cost(self) -> Floats:
        """Whole cost of each row."""
        return self.costs.sum(axis=1)

    @cached_property
    def _ordered(self) -> tuple[Floats, Floats]:
        """Costs in rising order, and the sum of those from each place on."""
        rising = np.sort(self.cost)
        return rising, np.append(np.cumsum(rising[::-1])[::-1], 0.0)

    def expected_excess(self, attachment: float, factor: Floats | float = 1.0) -> Floats:
        """Expected Σ (f·C - A)₊ of the contract year with every cost times ``factor`` f; shape of ``factor``."""
        level = np.asarray(attachment / np.maximum(factor, np.finfo(float).tiny))
        rising, from_here = self._ordered
        place = np.searchsorted(rising, level, side="right")
        above = from_here[place] - level * (len(rising) - place)
        return np.asarray(factor * above / self.exposure.sum() * self.person_years)

    def may_show_excess(self, attachment: float) -> bool:
        """Whether what is above ``attachment`` may stand by itself: not of few people, nor mostly of one."""
        above = excess(self.cost, attachment)
        return may_show_sum(above if self.person is None else np.bincount(self.person, weights=above).astype(float))

    def bootstrap(self, outlook: Outlook) -> PersonBootstrap:
        """The draws, the same for every design of this cohort."""
        return PersonBootstrap(len(self.exposure), self.people, outlook.replicates, outlook.seed)


@dataclass(frozen=True)
class PlainDraws:
    """Years drawn person by person before any common factor: by provider and the scale to the exposure."""

    by_provider: Mapping[str, Floats]
    scale: Floats


def draw_people(pool: Pool, outlook: Outlook) -> PlainDraws:
    """The part of an outlook that depends on the people only; the slow part, so it is kept."""
    bootstrap = pool.bootstrap(outlook)
    scale = pool.person_years / bootstrap.totals(pool.exposure)
    by_provider = {p: bootstrap.totals(pool.costs[:, i]) * scale for i, p in enumerate(pool.providers)}
    return PlainDraws(by_provider, scale)


def outlook_cost(pool: Pool, draws: PlainDraws, outlook: Outlook, terms: StopLoss, level: float = 1.0) -> YearCost:
    """Years drawn by chance: people, a shock common to all, the price's own error, and expected savings.

    ``level`` moves every cost; 1 is the expected level.
    """
    error = pool.relative_error if outlook.price_error else 0.0
    factor = (
        common_factor(outlook.replicates, outlook.common_shock, error, outlook.seed) * level * (1 - outlook.savings)
    )
    above = pool.bootstrap(outlook).excess_totals(pool.cost, factor, terms.attachment) * draws.scale
    return YearCost({p: c * factor for p, c in draws.by_provider.items()}, above)
