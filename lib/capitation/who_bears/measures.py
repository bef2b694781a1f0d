"""What a variant of the contract gives each party, on the drawn years: incentive, premium, bad years.

Variants are settled by the contract's own settlement on the same years, so that the figures are those of the outlook.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from capitation.contract import ContractResult
from capitation.design import ContractDesign
from capitation.design.tolerances import MEAN_OF_WORST
from capitation.headline import BAD_YEAR, NEXT_POUND, ROUNDING, WORST
from capitation.loss.ratio import Floats
from capitation.loss.scenarios import Scenarios
from capitation.price.person_year import HISTORY
from capitation.risk.minimum_rate import resolved
from capitation.risk.year_cost import YearCost, common_years, cost_at
from capitation.settlement import ContractYear, Settlement
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER, PARTY_LABELS

EXCESSES_KEPT = 12
SAVING, AROUND = 0.02, 0.01  # of cost, and of the years: with fewer years, figures that move evenly with the terms


@dataclass(frozen=True, eq=False)
class Figures:
    """What a variant gives: ``incentive`` and ``premium`` are shares, of the next pound and of the price.

    ``bad`` and ``worst`` (parties,) are results in currency one year in twenty and in a hundred, the commissioner's against
    the price, in the order of ``parties``; a loss is negative.
    """

    parties: tuple[str, ...]
    incentive: float
    premium: float
    bad: Floats
    worst: Floats


@dataclass(frozen=True, eq=False)
class Years:
    """Drawn years to settle variants on. ``factor`` (years,) is what everybody's cost is times in each."""

    result: ContractResult
    drawn: Scenarios
    factor: Floats
    parties: tuple[str, ...]
    saving: float = NEXT_POUND
    around: float = 0.0
    _excess: OrderedDict[object, YearCost] = field(default_factory=OrderedDict, repr=False)

    @property
    def count(self) -> int:
        """How many years there are."""
        return self.drawn.count

    def figures(self, design: ContractDesign) -> Figures:
        """What ``design``, a variant that differs in clauses and payments only, gives on these years."""
        settled = self.settled(design)
        price, n = settled.price, self.count
        extra = -settled.result(COMMISSIONER)[:n] - price
        rows = np.stack([-extra if p == COMMISSIONER else settled.result(p)[:n] for p in self.parties])
        bad, worst = _low_ends(rows, self.result.design.tolerances.reads == MEAN_OF_WORST, self.around)
        return Figures(self.parties, self._incentive(settled), float(extra.mean()) / price, bad, worst)

    def settled(self, design: ContractDesign) -> Settlement:
        """The years settled under a variant, and after them the same years with everybody's cost a little less."""
        year = self._year(design)
        cost = self._cost(design)
        aggregate = design.risk.aggregate_stop_loss
        charged = year.expected_charge(self._first(cost)) if aggregate.on and aggregate.charged else 0.0
        others = year.others(self.drawn, self.factor, charged, design.outlook.seed)
        return year.settle(cost, tuple(np.tile(other, 2) for other in others), charged)

    def _year(self, design: ContractDesign) -> ContractYear:
        risk, rule = design.risk, self.result.design.risk.sharing
        if risk.sharing.on and rule.minimum_rule != "as entered":  # its rate looks at what stop-loss leaves
            pool = self.result.pool
            sharing = resolved(risk.sharing, pool.people, pool.net_cv(risk.stop_loss))
            design = design.model_copy(update={"risk": risk.model_copy(update={"sharing": sharing})})
        return replace(self._ahead, design=design)

    @cached_property
    def _ahead(self) -> ContractYear:
        """The contract year with its price in one line: the lines of it that are no variant's take time for nothing."""
        ahead = self.result.year_ahead
        return replace(ahead, price=replace(ahead.price, build_up={HISTORY: ahead.price.per_person_year}))

    def _cost(self, design: ContractDesign) -> YearCost:
        """Cost of the years and of those with less, and what of it stop-loss of the variant protects; the last are kept."""
        terms = design.risk.stop_loss
        key = (terms.on, terms.attachment)
        if key not in self._excess:
            pool = self.result.pool
            both = [cost_at(pool, self.drawn, self.factor * times, terms).excess for times in (1.0, 1 - self.saving)]
            self._excess[key] = YearCost(self._by_provider, np.concatenate(both))
            if len(self._excess) > EXCESSES_KEPT:
                self._excess.popitem(last=False)
        return self._excess[key]

    def _first(self, cost: YearCost) -> YearCost:
        n = self.count
        return YearCost({p: amount[:n] for p, amount in cost.by_provider.items()}, cost.excess[:n])

    @cached_property
    def _by_provider(self) -> dict[str, Floats]:
        without = self.result.design.risk.stop_loss.model_copy(update={"on": False})
        cost = cost_at(self.result.pool, self.drawn, self.factor, without)
        return {p: np.concatenate([a, a * (1 - self.saving)]) for p, a in cost.by_provider.items()}

    @cached_property
    def _saved(self) -> Floats:
        total = np.sum([amount[: self.count] for amount in self._by_provider.values()], axis=0)
        return self.saving * np.maximum(total, HALF_PENNY)

    def _incentive(self, settled: Settlement) -> float:
        """The mean over the years of the share of the next pound saved that holder and partners keep."""
        n = self.count
        others = [settled.result(p) for p in settled.parties if p in PARTY_LABELS and p != HOLDER]
        theirs = -np.sum(others, axis=0)  # what nobody else gets
        share = (theirs[n:] - theirs[:n]) / self._saved
        smooth = np.abs(share) <= 1 + ROUNDING  # a minimum rate met or missed by one pound is no share of it
        return float(share[smooth].mean()) if smooth.any() else 0.0


def _low_ends(rows: Floats, means: bool, around: float) -> tuple[Floats, Floats]:
    """The 1-in-20 and 1-in-100 ends of each row, shapes (rows,): the quantile, for 1-in-20 the mean of those ``around`` it
    or, where ``means``, of all beyond it."""
    count = rows.shape[1]
    first, last = (max(round((BAD_YEAR + side) * count), 1) for side in (-around, around))
    low = np.sort(_lowest(rows, max(last, int(BAD_YEAR * (count - 1)) + 2)), axis=1)
    bad, worst = (_quantile(low, level, count) for level in (BAD_YEAR, WORST))
    if means:
        bad = low[:, : max(round(BAD_YEAR * count), 1)].mean(axis=1)
    elif last > first:
        bad = low[:, first:last].mean(axis=1)
    return bad, worst


def _lowest(rows: Floats, count: int) -> Floats:
    return np.partition(rows, count - 1, axis=1)[:, :count] if count < rows.shape[1] else rows


def _quantile(rising: Floats, level: float, count: int) -> Floats:
    """The same as `numpy.quantile` of rows of which only the lowest are there."""
    at = level * (count - 1)
    below = int(at)
    return rising[:, below] + (at - below) * (rising[:, below + 1] - rising[:, below])


def all_years(result: ContractResult, parties: Sequence[str]) -> Years:
    """Every drawn year of the outlook."""
    factor = common_years(result.pool, result.drawn.count, result.design.outlook)
    return Years(result, result.drawn, factor, tuple(parties))


def fewer_years(every: Years, count: int) -> Years:
    """``count`` of the same years, evenly spaced in order of cost, so that their quantiles are close to those of all."""
    order = np.argsort(every.result.outlook_cost.total, kind="stable")
    step = max(every.count // count, 1)
    which = np.sort(order[step // 2 :: step])
    return Years(every.result, _some(every.drawn, which), every.factor[which], every.parties, SAVING, AROUND)


def _some(drawn: Scenarios, which: NDArray[np.int64]) -> Scenarios:
    """The scenarios ``which``."""
    up_to, above, lines = (np.ascontiguousarray(a[:, which]) for a in (drawn.up_to, drawn.people_above, drawn.lines))
    return replace(drawn, up_to=up_to, people_above=above, lines=lines)
