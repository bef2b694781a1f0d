"""The contract over all its years: every party's result year by year, the holder's reserve, and its ruin.

A year of the term is one of the drawn years, settled under that year's terms. Years hang together in three ways: people
who are ill stay ill, a common shock stays in part, and a price that is wrong is wrong in every year.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from capitation.contract import ContractResult, Settlement, settlement
from capitation.design import ContractDesign, change
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.ruin import Ruin, Trend, reserves, ruin_by_year, trend_levels, yearly_ranks
from capitation.loss.scenarios import Scenarios
from capitation.loss.systemic import common_factors, spread_with
from capitation.price.growth import POLICY, growth_factors
from capitation.price.person_year import Price
from capitation.price_checks import price_path_of
from capitation.risk.composed import Around
from capitation.risk.over_years import attachment_in, reopened
from capitation.risk.pooling import over_years
from capitation.risk.savings import double_running_share, savings_drawn
from capitation.risk.year_cost import Pool, YearCost, cost_in_order
from capitation.terms import COMMISSIONER, HOLDER

MOST_ALIKE = 0.99  # of one year's chance and the next's
ALIKE_TO = 3  # decimals: more would draw new paths at every move of a price
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ContractTerm:
    """``holder``, ``partners`` and ``commissioner`` are results, shape (years, paths), in the data set's currency.

    ``price`` (years,) is what is paid before re-opening, ``alike`` the correlation of chance in a year and the next.
    """

    holder: Floats
    partners: Floats
    commissioner: Floats
    price: Floats
    alike: float
    first_reserve: float

    @property
    def years(self) -> int:
        """How many years the contract runs."""
        return len(self.price)

    @cached_property
    def reserve(self) -> Floats:
        """What is left of the holder's reserve at each year's end, (years, paths), currency."""
        return reserves(self.first_reserve, 0.0, -self.holder)

    @cached_property
    def ruin(self) -> Ruin:
        """The chance that the reserve has been used up by the end of each year."""
        return ruin_by_year(self.reserve)


@kept(3)
def contract_term(result: ContractResult) -> ContractTerm:
    """Every year of the contract under the design in force, on as many paths as years are drawn."""
    return _Paths(result).term


class _Paths:
    """The paths of one design: which drawn year each path meets in each contract year, and at what level."""

    def __init__(self, result: ContractResult):
        self.result, self.outlook, self.form = result, result.design.outlook, result.design.form
        self.alike = _alike(result)
        drawn, years = result.drawn, self.form.years
        self.order, self.place = _orders(drawn, years, round(self.alike, ALIKE_TO), self.outlook.seed)
        error = result.pool.relative_error if self.outlook.price_error else 0.0
        self.level = _levels(
            drawn.count, years, self.outlook.common_shock, self.outlook.shock_stays, error, self.outlook.seed
        )

    @property
    def term(self) -> ContractTerm:
        settled = self._settled()
        holder = np.stack([one.result(HOLDER) for one in settled])
        pooled = self.result.design.risk.pool
        return ContractTerm(
            over_years(holder, pooled.years) if pooled.on else holder,
            np.stack([one.partners_result for one in settled]),
            np.stack([one.result(COMMISSIONER) for one in settled]),
            np.array([one.price for one in settled]), self.alike, self.form.reserves * self.result.price.payment,
        )  # fmt: skip

    def _settled(self) -> list[Settlement]:
        found: list[Settlement] = []
        added: Floats | float = 0.0
        for year, ratio in enumerate(price_path_of(self.result).table["price"] / self.result.price.per_person_year, 1):
            price, pool, design = self._year(year, float(ratio))
            cost = self._cost(year, pool, design)
            found.append(settlement(price, cost, pool, self.result.plan, self.result.score_before, design,
                                    self._around(year), added))  # fmt: skip
            again = design.risk.reopener
            added = reopened(price.payment, price.payment - cost.total, again) if again.on else 0.0
        return found

    def _year(self, year: int, ratio: float) -> tuple[Price, Pool, ContractDesign]:
        """Price, expected cost and terms of one contract year."""
        price, pool, design = self.result.price, self.result.pool, self.result.in_force
        causes = growth_factors(design.price, np.array([year - 1]))
        grown = float(
            np.prod([factor[0] for cause, factor in causes.items() if cause != POLICY])
        )  # a step, made already
        widened = {"risk.stop_loss.attachment": attachment_in(design.risk.stop_loss, year)}
        return (replace(price, build_up={name: amount * ratio for name, amount in price.build_up.items()}),
                replace(pool, expected=pool.expected * grown),
                change(design, widened) if design.risk.stop_loss.widening else design)  # fmt: skip

    def _cost(self, year: int, pool: Pool, design: ContractDesign) -> YearCost:
        saved = savings_drawn(year, self.outlook.savings, self.outlook.ramp, self.level.shape[1], self.outlook.seed)
        factor = self.level[year - 1] * (1 - saved + double_running_share(year, self.outlook.ramp))
        return cost_in_order(pool, self.result.drawn, factor, design.risk.stop_loss, self.order[year - 1],
                             self.place[year - 1])  # fmt: skip

    def _around(self, year: int) -> Around:
        """Other contracts of a pool end each year as they may end the first: the holder's paths meet them in any order."""
        others = tuple(_shuffled(mine, year) for mine in self.result.others)
        return Around(self.result.score_before.share, year, self.result.charged, others)


def _shuffled(amount: Floats, year: int) -> Floats:
    return amount if year == 1 else np.random.default_rng([29, year]).permutation(amount)


def _alike(result: ContractResult) -> float:
    """The correlation of chance in two years in a row: that of a person's, times the share of people who stay."""
    stay = float(np.mean(result.people.returns)) if len(result.people.returns) else 0.0
    return float(np.clip(result.price.errors.persistence * stay, 0.0, MOST_ALIKE))


@kept(4)
def _orders(drawn: Scenarios, years: int, alike: float, seed: int) -> tuple[Places, Places]:
    """The drawn year that each path meets in each contract year, (years, paths), and the other way round."""
    order = np.argsort(drawn.total, kind="stable")[yearly_ranks(drawn.count, years, alike, seed)]
    return order, np.argsort(order, axis=1)


@kept(4)
def _levels(paths: int, years: int, shock: float, stays: float, error: float, seed: int) -> Floats:
    """What everybody's cost is times in each year of each path, (years, paths): the shocks, and the price's own error."""
    return trend_levels(paths, years, Trend(shock, stays), seed) * common_factors(
        paths, spread_with(0.0, error), seed + 1
    )
