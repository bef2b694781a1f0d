"""The care cost of one year of the cohort: as it happened, or as many years drawn by chance.

All amounts are arrays of one shape: (1,) for the year that happened, (years drawn,) for an outlook.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import may_show_sum
from capitation.design.parts import Outlook, StopLoss
from capitation.kept import kept
from capitation.loss.cost_sums import CostSums, LineSums, line_sums_of, sums_of
from capitation.loss.ratio import Floats
from capitation.loss.row_payoffs import owed
from capitation.loss.scenarios import Scenarios, scenarios_of
from capitation.loss.systemic import common_factors, spread_with
from capitation.loss.tail import Spliced, lines_with_tail, spliced
from capitation.risk.savings import double_running_share, savings_drawn
from capitation.risk.stop_loss import excess

NO_COST = 1e-9  # a factor for nothing at all
APART = 128  # of the dearest people, kept one by one: what a tail is fitted to


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

    @cached_property
    def total(self) -> Floats:
        """Cost of all providers."""
        return np.sum(list(self.by_provider.values()), axis=0)


def cost_as_recorded(costs: pd.DataFrame, terms: StopLoss, predicted: Floats | float = 0.0) -> YearCost:
    """The year that happened, from the members' costs (a row a person, a column a provider) and predicted costs."""
    by_provider = {str(p): np.array([costs[p].sum()]) for p in costs.columns}
    above = excess(costs.to_numpy().sum(axis=1), terms, predicted)
    return YearCost(by_provider, np.array([above.sum()]), int((above > 0).sum()), may_show_sum(above))


@dataclass(frozen=True, eq=False)
class History:
    """The base years' person-years, every year's costs at one level, so that they tell of spread and not of growth.

    ``costs`` has shape (rows, providers), in currency of the last of the years, and ``exposure`` (rows,); ``person``
    (rows,) numbers the people from 0 where they are known.
    """

    providers: tuple[str, ...]
    costs: Floats
    exposure: Floats
    person: NDArray[np.int64] | None = None

    @cached_property
    def cost(self) -> Floats:
        """Whole cost of each row."""
        return self.costs.sum(axis=1)

    @property
    def rate(self) -> float:
        """Cost per person-year."""
        return float(self.cost.sum() / self.exposure.sum())

    @cached_property
    def ordered(self) -> tuple[Floats, Floats]:
        """Costs in rising order, and the sum of those from each place on."""
        rising = np.sort(self.cost)
        return rising, np.append(np.cumsum(rising[::-1])[::-1], 0.0)

    def excess(self, level: Floats) -> Floats:
        """Σ (C - level)₊ over the rows, shape of ``level``."""
        rising, from_here = self.ordered
        place = np.searchsorted(rising, level, side="right")
        return from_here[place] - level * (len(rising) - place)

    def excess_with_tail(self, level: Floats) -> Floats:
        """The same with people dearer than any seen; up to where the fitted law starts nothing differs."""
        fit = self.tail.fit
        if fit is None:
            return self.excess(level)
        apart, people = self.tail.sums.top, self.tail.sums.top_people
        beyond = np.maximum(apart - level[..., None], 0.0) @ people
        return np.where(level <= fit.threshold, self.excess(level), beyond)

    @cached_property
    def sums(self) -> CostSums:
        """What is kept of the rows for drawing years."""
        return sums_of(self.cost, dearest=APART)

    @cached_property
    def tail(self) -> Spliced:
        """The same with people dearer than any seen."""
        return spliced(self.sums)

    def lines(self, tail: bool) -> LineSums:
        """The providers' parts, in the bins of ``sums`` or of those with a tail."""
        found = line_sums_of(self.providers, self.costs, dearest=APART)
        return lines_with_tail(found, self.sums, self.tail) if tail else found


def level_with(costs: Floats, exposure: Floats, year: NDArray[np.int64]) -> Floats:
    """``costs`` (rows, providers) of several years with every year's brought to the last one's rate per person-year."""
    rate = {int(y): float(costs[year == y].sum() / exposure[year == y].sum()) for y in np.unique(year)}
    last = next((rate[y] for y in sorted(rate, reverse=True) if rate[y] > 0), 0.0)
    factor = {y: last / r if r > 0 else 1.0 for y, r in rate.items()}
    return costs * np.vectorize(factor.__getitem__, otypes=[float])(year)[:, None] if len(year) else costs


@dataclass(frozen=True, eq=False)
class Pool:
    """The history that an outlook draws from, at the contract year's expected level.

    ``people`` are drawn for each year and their totals brought to ``person_years``; ``expected`` is the expected cost
    of a person-year in currency, ``relative_error`` the price's standard error as a share. ``predicted`` (rows,) is what
    each row of the history was expected to cost at its level, where stop-loss reads cost above that. ``tail``: whether
    people dearer than any seen are counted in what is expected too. ``outside`` is what members cost outside the
    contract that may move in, over what they cost in it.
    """

    history: History
    people: int
    person_years: float
    expected: float
    relative_error: float
    predicted: Floats | None = field(default=None, repr=False)
    tail: bool = True
    outside: float = 0.0

    @property
    def providers(self) -> tuple[str, ...]:
        """Who gives the care."""
        return self.history.providers

    @cached_property
    def level(self) -> float:
        """Expected cost over that of the history; 0 where nothing was ever spent."""
        return self.expected / self.history.rate if self.history.rate else 0.0

    @cached_property
    def scale(self) -> float:
        """What brings people drawn from the history to the person-years of the contract year."""
        return self.person_years * len(self.history.exposure) / (self.people * float(self.history.exposure.sum()))

    def net_cv(self, terms: StopLoss) -> float:
        """A person's standard deviation over the mean, of the cost that is left after individual stop-loss."""
        cost = self.history.cost * self.level
        net = cost - terms.commissioner_share * self.residual(terms, 1.0) if terms.on else cost
        return float(net.std() / net.mean()) if net.any() else 0.0

    @property
    def dearest(self) -> float:
        """The dearest person-year of the history at the expected level."""
        return float(self.history.ordered[0].max(initial=0.0)) * self.level

    def expected_excess(self, terms: StopLoss, factor: Floats | float = 1.0) -> Floats:
        """Expected Σ of what is protected of each person's cost, every cost times ``factor``; shape of ``factor``."""
        if self.predicted is not None:
            return self._expected_residual(terms, np.asarray(factor, dtype=float))
        above = self._above(terms.attachment, factor)
        return above - self._above(terms.attachment + terms.limit, factor) if terms.limit else above

    def _above(self, attachment: float, factor: Floats | float) -> Floats:
        """Expected Σ (f·C - A)₊ of the contract year."""
        moved = np.asarray(factor, dtype=float) * self.level
        level = np.asarray(attachment / np.maximum(moved, NO_COST))
        above = self.history.excess_with_tail(level) if self.tail else self.history.excess(level)
        return np.asarray(moved * above / self.history.exposure.sum() * self.person_years)

    def residual(self, terms: StopLoss, factor: float) -> Floats:
        """What is protected of each row of the history, every cost times ``factor``; shape (rows,)."""
        predicted = 0.0 if self.predicted is None else self.predicted * self.level
        return excess(self.history.cost * (factor * self.level), terms, predicted)

    def _expected_residual(self, terms: StopLoss, factor: Floats) -> Floats:
        share = self.person_years / self.history.exposure.sum()
        return np.array([self.residual(terms, float(f)).sum() for f in factor.ravel()]).reshape(factor.shape) * share

    def may_show_excess(self, terms: StopLoss) -> bool:
        """Whether what is protected may stand by itself: not of few people, nor mostly of one."""
        above, person = self.residual(terms, 1.0), self.history.person
        return may_show_sum(above if person is None else np.bincount(person, weights=above).astype(float))


def drawn_years(history: History, people: int, outlook: Outlook) -> Scenarios:
    """Years of ``people`` people drawn from the history; the slow part of an outlook, the same for every price."""
    sums = history.tail.sums if outlook.tail else history.sums
    return scenarios_of(sums, people, count=outlook.replicates, seed=outlook.seed, lines=history.lines(outlook.tail))


def outlook_cost(pool: Pool, drawn: Scenarios, outlook: Outlook, terms: StopLoss, level: float = 1.0) -> YearCost:
    """Years drawn by chance: people, a shock common to all, the price's own error, and expected savings.

    ``level`` moves every cost; 1 is the expected level.
    """
    return cost_at(pool, drawn, common_years(pool, drawn.count, outlook) * level, terms)


def common_years(pool: Pool, years: int, outlook: Outlook) -> Floats:
    """What everybody's cost is times in each drawn year, shape (years,): a common shock, the price's error, savings, and
    care that moves in."""
    error = pool.relative_error if outlook.price_error else 0.0
    shock = _shocks(years, spread_with(outlook.common_shock, error), outlook.seed)
    saved = savings_drawn(1, outlook.savings, outlook.ramp, years, outlook.seed)
    return shock * (1 - saved + double_running_share(1, outlook.ramp)) * moved_in(pool.outside, outlook)


def moved_in(outside: float, outlook: Outlook) -> float:
    """What everybody's cost in scope is times when care from outside moves in: 1 + share · outside/inside.

    Source: domain reference, section 4.1, Alzira I, and section 5, point 5.
    """
    return 1 + outlook.cost_shift * outside


@kept(8)
def _shocks(years: int, spread: float, seed: int) -> Floats:
    return common_factors(years, spread, seed)


def cost_in_order(pool: Pool, drawn: Scenarios, factor: Floats, terms: StopLoss, order: NDArray[np.int64],
                  place: NDArray[np.int64]) -> YearCost:  # fmt: skip
    """The drawn years' people in another ``order``, (years,), under the same ``factor`` of each year.

    ``place`` is where each drawn year stands in it: the order's own argsort.
    """
    cost = cost_at(pool, drawn, factor[place], terms)
    return YearCost({p: amount[order] for p, amount in cost.by_provider.items()}, cost.excess[order])


def cost_at(pool: Pool, drawn: Scenarios, factor: Floats, terms: StopLoss) -> YearCost:
    """The drawn years with everybody's cost times ``factor``, (years,), over the expected level."""
    moved = np.maximum(factor * pool.level, NO_COST)
    by_provider = dict(zip(pool.providers, drawn.lines * (moved * pool.scale), strict=True))
    above = _protected(pool, drawn, terms, moved) * pool.scale if terms.on else np.zeros_like(moved)
    return YearCost(by_provider, above)


def cost_of_others(
    pool: Pool, drawn: Scenarios, factor: Floats, terms: StopLoss, orders: NDArray[np.int64]
) -> YearCost:
    """Years of other people, in ``orders`` of the drawn years, shape (contracts, years), under the same ``factor``.

    All amounts have that shape, in single precision; providers are taken together.
    """
    moved = np.maximum(factor * pool.level, NO_COST)
    total = {"all": drawn.up_to[-1].take(orders) * (moved * pool.scale).astype(np.float32)}
    if not terms.on:
        return YearCost(total, np.zeros_like(total["all"]))
    if pool.predicted is not None:
        each = [cost_in_order(pool, drawn, factor, terms, order, np.argsort(order)).excess for order in orders]
        return YearCost(total, np.stack(each))
    limit = terms.attachment + terms.limit if terms.limit else np.inf
    return YearCost(total, drawn.layer_in(orders, (terms.attachment, limit), moved) * np.float32(pool.scale))


def _protected(pool: Pool, drawn: Scenarios, terms: StopLoss, factor: Floats) -> Floats:
    if pool.predicted is not None:
        return owed(drawn, pool.history.cost, lambda f: pool.residual(terms, f / max(pool.level, NO_COST)), factor)
    above = drawn.above(terms.attachment, factor)
    return above - drawn.above(terms.attachment + terms.limit, factor) if terms.limit else above
