"""The contract over all its years: every party's result year by year, the holder's reserve, and its ruin.

A year of the term is one of the drawn years, settled under that year's terms. Years hang together in three ways: people
who are ill stay ill, a common shock stays in part, and a price that is wrong is wrong in every year.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from capitation.contract import ContractResult
from capitation.design import ContractDesign
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.ruin import Ruin, Trend, reserves, ruin_by_year, trend_levels, yearly_ranks
from capitation.loss.scenarios import Scenarios
from capitation.loss.systemic import common_factors, spread_with
from capitation.price.growth import POLICY, growth_factors
from capitation.price_checks import price_path_of
from capitation.risk.over_years import attachment_in, reopened
from capitation.risk.pooling import over_years
from capitation.risk.savings import double_running_share, savings_drawn
from capitation.risk.year_cost import cost_in_order, moved_in
from capitation.settlement import ContractYear, Settlement
from capitation.terms import COMMISSIONER, HOLDER, PARTY_LABELS

MOST_ALIKE = 0.99  # of one year's chance and the next's
ALIKE_TO = 3  # decimals: more would draw new paths at every move of a price
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ContractTerm:
    """``results`` of each party, shape (years, paths), in the data set's currency; they sum to nothing in every year.

    ``price`` (years,) is what is paid on average, re-opening included; ``alike`` the correlation of chance in a year and
    the next.
    """

    results: Mapping[str, Floats]
    price: Floats
    alike: float
    first_reserve: float

    @property
    def holder(self) -> Floats:
        """What the holder is left with."""
        return self.results[HOLDER]

    @cached_property
    def partners(self) -> Floats:
        """What the partners are left with together."""
        return np.sum([result for party, result in self.results.items() if party not in PARTY_LABELS], axis=0)

    @property
    def commissioner(self) -> Floats:
        """What the commissioner is left with: the price it pays, below nothing."""
        return self.results[COMMISSIONER]

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
        settled, price = self._settled()
        results = {party: np.stack([one.result(party) for one in settled]) for party in settled[-1].parties}
        pooled = self.result.design.risk.pool
        if pooled.on and pooled.years > 1:
            results = _over_years(results, pooled.years)
        return ContractTerm(results, np.array(price), self.alike, self.result.reserves)

    def _settled(self) -> tuple[list[Settlement], list[float]]:
        """Each year's settlement, and what is paid for it on average."""
        found: list[Settlement] = []
        price: list[float] = []
        added: Floats | float = 0.0
        for number, ratio in enumerate(
            price_path_of(self.result).table["price"] / self.result.price.per_person_year, 1
        ):
            year = self._year(number, float(ratio))
            factor = self._factor(number)
            terms, place = year.design.risk, number - 1
            cost = cost_in_order(
                year.pool, self.result.drawn, factor, terms.stop_loss, self.order[place], self.place[place]
            )
            aggregate = terms.aggregate_stop_loss
            charged = year.expected_charge(cost) if aggregate.on and aggregate.charged else 0.0
            others = year.others(self.result.drawn, factor, charged, self.outlook.seed)
            found.append(year.settle(cost, others, charged, added))
            price.append(found[-1].price + float(np.mean(added)))
            payment = year.price.payment
            added = reopened(payment, payment - cost.total, terms.reopener) if terms.reopener.on else 0.0
        return found, price

    def _year(self, number: int, ratio: float) -> ContractYear:
        """Price, expected cost and terms of one contract year."""
        ahead = self.result.year_ahead
        causes = growth_factors(ahead.design.price, np.array([number - 1]))
        grown = float(np.prod([factor[0] for cause, factor in causes.items() if cause != POLICY]))  # that step is made
        return replace(
            ahead, number=number, design=_in_year(ahead.design, number),
            price=replace(ahead.price, build_up={name: amount * ratio for name, amount in ahead.price.build_up.items()}),
            pool=replace(ahead.pool, expected=ahead.pool.expected * grown), plans=ahead.plans.grown(grown),
        )  # fmt: skip

    def _factor(self, number: int) -> Floats:
        """What everybody's cost is times on each path of a contract year."""
        saved = savings_drawn(number, self.outlook.savings, self.outlook.ramp, self.level.shape[1], self.outlook.seed)
        moved = moved_in(self.result.pool.outside, self.outlook)
        return self.level[number - 1] * (1 - saved + double_running_share(number, self.outlook.ramp)) * moved


def _in_year(design: ContractDesign, number: int) -> ContractDesign:
    """The design with the attachment point of a contract year, which no one entered and no bound of entry holds."""
    risk = design.risk
    moved = risk.stop_loss.model_copy(update={"attachment": attachment_in(risk.stop_loss, number)})
    return design.model_copy(update={"risk": risk.model_copy(update={"stop_loss": moved})})


def _over_years(results: Mapping[str, Floats], years: int) -> dict[str, Floats]:
    """The holder's results settled over years, with the commissioner."""
    moved = over_years(results[HOLDER], years) - results[HOLDER]
    return {**results, HOLDER: results[HOLDER] + moved, COMMISSIONER: results[COMMISSIONER] - moved}


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
