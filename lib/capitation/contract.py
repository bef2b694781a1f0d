"""The settlement of one contract year: the only place that knows the order of the steps.

``settle`` takes a data set and a design and returns what each party pays and receives, clause by clause, for
the year as it happened, and the same for many years drawn by chance. Each step depends only on its own terms,
so that a change of one term repeats only the steps after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.cohort.members import Cohort, select, selecting
from capitation.cohort.profile import Profile
from capitation.cohort.segments import segmentation
from capitation.dataset import LinkedDataset
from capitation.dataset.disclosure import SMALLEST_SHOWN, dominated, may_show_mean, may_show_sum, taken_together
from capitation.dataset.meta import month_name
from capitation.design import ContractDesign, change, parts
from capitation.errors import InputError
from capitation.kept import kept
from capitation.loss.pence import close_to_zero
from capitation.loss.ratio import Floats
from capitation.loss.scenarios import Scenarios
from capitation.outcomes.adjusted import measured_as_usual
from capitation.outcomes.counted import eligible
from capitation.outcomes.library import added
from capitation.outcomes.library.unusable import unusable
from capitation.outcomes.named import entries
from capitation.outcomes.score import Score, earned, measured, score
from capitation.payments import partners
from capitation.payments.partners import Plans
from capitation.price.cells import SEGMENT, Cells, cells_of, further_column
from capitation.price.decomposition import Decomposition, OneYear, decomposition
from capitation.price.late_records import late_of_year
from capitation.price.methods import LEDGER, PROVIDER, Method, benchmark, linked_method, raised_method
from capitation.price.need import Need, need_weights
from capitation.price.need_features import AGE_AND_SEX, NEEDS, PRIOR
from capitation.price.need_judged import Comparison, compared
from capitation.price.need_models import GLM
from capitation.price.path import check_over_years
from capitation.price.person_year import Late, People, Price, base_years, people_of, priced
from capitation.risk.minimum_rate import resolved
from capitation.risk.stop_loss import reads_residual
from capitation.risk.year_cost import (
    History,
    Pool,
    YearCost,
    common_years,
    cost_as_recorded,
    cost_at,
    drawn_years,
    level_with,
    outlook_cost,
)
from capitation.scope.choice import check_providers
from capitation.scope.cover import Scope, cover, covering
from capitation.scope.coverage import Coverage
from capitation.scope.owners import check_streams
from capitation.settlement import ALL_CLAUSES, ContractYear, Line, Settlement, stop_loss_of, without_clauses
from capitation.terms import HOLDER, SUPPLIES, party_label

FEW_DRAWN = 1_024
FEW = 3  # of what is large, so that an open page stays small
FEWEST_TO_MODEL = 200  # person-years of history; a judgement: fewer tell a model of need nothing
QUICK_MODELS = ((GLM, AGE_AND_SEX), (GLM, NEEDS), (GLM, PRIOR))


@dataclass(frozen=True, eq=False)
class ContractResult:
    """Everything about one design on one data set; each step's own result is worked out when first asked for, and kept.

    Asking raises InputError where design and data do not fit together.
    """

    dataset: LinkedDataset
    design: ContractDesign

    @property
    def year(self) -> int:
        """The contract year."""
        return contract_year_of(self.dataset, self.design.outlook)

    @property
    def part_year(self) -> bool:
        """Whether the contract year is part-done in the data."""
        return _is_part_done(self.dataset, self.year)

    def name_of(self, party: str) -> str:
        """A party as people read it: a provider by its label in the data."""
        return str(self.dataset.providers["label"].get(party, party_label(party)))

    @property
    def reserves(self) -> float:
        """The holder's reserves: a share of a whole year's price, in a year that is not over too."""
        months = self.dataset.months_in_last_year if self.part_year else 12
        return self.design.form.reserves * self.price.payment * 12 / months

    @cached_property
    def basis(self) -> "Basis":
        """What the price and the drawn people rest on."""
        return _basis(self.dataset, self.design)

    @cached_property
    def cohort(self) -> Cohort:
        """Who is in."""
        return _cohort(self.dataset, selecting(self.design.cohort))

    @cached_property
    def profile(self) -> Profile:
        """What is said of the cohort in the contract year, from sums over groups of people."""
        return _profile(self.dataset, self.design.cohort, self.year)

    @cached_property
    def scope(self) -> Scope:
        """What is covered."""
        return _scope(self.dataset, self.basis.of_spread)

    @cached_property
    def coverage(self) -> Coverage:
        """What the sum covers in the contract year, and what lies outside it."""
        segments = segmentation(self.design.cohort.scheme, self.dataset.markers)
        return Coverage(self.dataset, self.cohort.conditions, self.scope, self.design.scope, self.year, self.basis.years,
                        segments, self.part_year)  # fmt: skip

    @cached_property
    def price(self) -> Price:
        """The price of a person-year."""
        return _price(self.dataset, self.basis)

    @cached_property
    def growth_parts(self) -> Decomposition | None:
        """What made cost grow from the first to the last base year; None with one year, or a year that can't be split."""
        first, last = self.basis.years[0], self.basis.years[-1]
        if first == last or {first, last} - set(self.scope.safe_years):
            return None
        before, after = (self._year_of_members(year) for year in (first, last))
        return decomposition(before, after)

    def _year_of_members(self, year: int) -> OneYear:
        spent = self.coverage.members_spending(year)
        age_sex, need = (self._by_cell(year, adjust) for adjust in ("age and sex", "age, sex and segment"))
        unit_cost = {str(s): float(c) for s, c in self._unit_costs(year).items()}
        return OneYear(float(age_sex[0].sum()), {s: of.cost for s, of in spent.items()},
                       {s: of.users for s, of in spent.items()}, unit_cost, age_sex, need)  # fmt: skip

    def _by_cell(self, year: int, adjust: str) -> tuple[Floats, Floats]:
        """The exposure and the cost in scope of a year's members by cell of all base years, shapes (cells,)."""
        rows, cells = _cells(self.dataset, self.basis.of_people, adjust)
        mine = self.cohort.members["year"].to_numpy()[rows] == year
        sums = (self.cohort.members["exposure"].to_numpy(dtype=float), self.scope.total)
        exposure, cost = (np.bincount(cells.code[mine], of[rows[mine]], len(cells.names)) for of in sums)
        return exposure.astype(float), cost.astype(float)

    @property
    def cells_of_year(self) -> NDArray[np.object_]:
        """The price cell of each member of the contract year, in the order of their rows."""
        return self.people.now_cells(self.design.price.adjust)

    @cached_property
    def people(self) -> People:
        """Who the price is made from and for."""
        return _people(self.dataset, self.basis.of_people)

    def _unit_costs(self, year: int) -> dict[str, float]:
        costing = self.dataset.quality.costing
        mine = costing[(costing["year"] == year) & costing["unit_cost"].notna()]
        return dict(zip(mine["service"], mine["unit_cost"], strict=True))

    @cached_property
    def methods(self) -> tuple[Method, ...]:
        """Cost per person-year of the last base year by every way to count it that the data allow."""
        year = self.basis.years[-1]
        members = {s: of.cost for s, of in self.coverage.members_spending(year).items()}
        exposure = float(self.cohort.members.loc[self.cohort.members["year"] == year, "exposure"].sum())
        quality = self.dataset.quality
        ledger = (
            quality.ledger.lines if quality.ledger else pd.DataFrame(columns=["year", "service", "ledger", "linked"])
        )
        return (
            linked_method(members, exposure),
            raised_method(LEDGER, members, _factors(ledger, year, "ledger", "linked"), exposure,
                          "the accounts of each service, shared out like the spend that found a person",
                          "the data set has no accounts of these services"),
            raised_method(PROVIDER, members, _factors(quality.costing, year, "costed", "recorded"), exposure,
                          "units of care times what a unit costs", "the data set has no unit costs of these services"),
            benchmark(self.dataset.meta.currency),
        )  # fmt: skip

    @cached_property
    def need_judged(self) -> Comparison | None:
        """How well age and sex, recorded needs and use before tell what people cost in a year not seen; None where no year
        can be judged. It is the contract year; where that is not over or history is one year, the last that allows it."""
        return _quick_need_judged(self.dataset, self.basis.of_need, self.part_year)

    @property
    def need_weights(self) -> Need:
        """The need weights of every member, from the base years."""
        return need_weights(self.cohort.members, self.scope.total, self.basis.years)

    @cached_property
    def pool(self) -> Pool:
        """The base years' person-years that years are drawn from."""
        found, basis = self.price, self.basis.of_spread
        error = found.errors.beyond_chance / found.expected if found.expected else 0.0
        base = self.cohort.members["year"].isin(basis.years).to_numpy()
        predicted = self._predicted[base] if reads_residual(self.design.risk.stop_loss) else None
        return Pool(_history(self.dataset, basis), _people_in(self.dataset, basis), found.exposure, found.expected, error,
                    predicted, self.design.outlook.tail, self.outside_over_inside)  # fmt: skip

    @cached_property
    def outside_over_inside(self) -> float:
        """What the members cost outside the contract that may move in, over their cost in scope, in the base years."""
        return self.scope.outside_over_inside(self.basis.years, self.design.outlook.shift_from)

    @property
    def _predicted(self) -> Floats:
        """What need predicts of each of the members' rows, in currency at the level of the history."""
        return _predicted(self.dataset, self.basis.of_spread)

    @property
    def _predicted_now(self) -> Floats | float:
        """The same of the contract year's members at its expected level; nothing where stop-loss reads cost itself."""
        if not reads_residual(self.design.risk.stop_loss):
            return 0.0
        return self._predicted[(self.cohort.members["year"] == self.year).to_numpy()] * self.pool.level

    @property
    def plan(self) -> Mapping[str, float]:
        """Each partner's share of the yearly sum."""
        return self.plans.shares

    @cached_property
    def plans(self) -> Plans:
        """What is known of the partners before the contract year, with other areas' people of the last base year.

        Raises InputError where payments or tolerances name somebody who is not in the contract.
        """
        shares, past = _shares_and_past(self.dataset, self.basis.of_spread)
        part = self.dataset.months_in_last_year / 12 if self.part_year else 1.0
        known, payments = Plans(shares, past, year_part=part), self.design.payments
        partners.check_partners(known, payments)
        if payments.choice:
            known = self._with_choice(known, self.basis.years[-1])
        if any(partner.localities for partner in payments.partners.values()):
            known = replace(known, people=self._people_of_partners)
        partners.check_tolerances(known, self.design.tolerances.by_partner)
        return known

    def _with_choice(self, plans: Plans, year: int) -> Plans:
        """Plans with providers outside the contract, and what came from other areas in a year, where it may be shown."""
        seen, terms = replace(self.coverage, year=year, part_year=False).shown_flows, self.design.scope
        came = seen.loc[seen["partner"].astype(bool), ["provider", "of_others"]].itertuples(index=False)
        return replace(plans, outside=frozenset(terms.outside_providers) & set(plans.shares),
                       came={str(p): float(cost) for p, cost in came if cost > 0},
                       outflow_price=terms.outflow_price, inflow_price=terms.inflow_price)  # fmt: skip

    @property
    def _people_of_partners(self) -> dict[str, float]:
        """The person-years in each partner's localities in the contract year over those of a usual base year."""
        named = self.design.payments.partners
        return {name: self._people_in(f"payments.partners.{name}.localities", partner.localities)
                for name, partner in named.items()}  # fmt: skip

    def _people_in(self, where: str, localities: Sequence[str]) -> float:
        members = self.cohort.members
        for name in localities:
            if not (members["locality"] == name).any():
                known = ", ".join(map(str, self.dataset.held.values("locality")))
                raise InputError(where, f"no member lives in {name!r}", f"one of {known}")
        mine = members[members["locality"].isin(list(localities)).to_numpy()] if localities else members
        year, exposure = mine["year"].to_numpy(), mine["exposure"].to_numpy(dtype=float)
        if not all(may_show_mean(int((year == y).sum())) for y in (*self.basis.years, self.year)):
            raise InputError(where, "so few members live there that the payment could point at a person",
                             "localities of more people")  # fmt: skip
        usual = float(np.mean([exposure[year == y].sum() for y in self.basis.years]))
        return float(exposure[year == self.year].sum()) / usual

    @cached_property
    def score_before(self) -> Score:
        """The outcomes of the year before."""
        return self._scored(self.basis.years[-1])

    @cached_property
    def score(self) -> Score:
        """The outcomes of the contract year; a part-done year takes over those of the year before."""
        return self.score_before if self.part_year else self._scored(self.year)

    def _scored(self, year: int) -> Score:
        return score(self.outcome_values(year), self.design.outcomes, self.outcome_values(self.basis.years[-1]))

    def outcome_values(self, year: int) -> dict[str, float]:
        """Each outcome measure of the data set among the members of a year whom the library leaves in (`paid_measures`),
        adjusted for who they are if the terms say so; then those supplied as figures, as they are, NaN where the figure of
        the year was left out or is not there."""
        counted = _outcome_values(self.dataset, self.basis.of_spread, self.design.outcomes.adjusted, year)
        return counted | {name: of for name, of in added(self.dataset).values(year).items() if name not in counted}

    @cached_property
    def supplied_measures(self) -> tuple[str, ...]:
        """The measures of the contract that the data set does not count: figures supplied beside it are their values."""
        counted = set(self.cohort.measures.columns.get_level_values(0))
        return tuple(name for name in self.design.outcomes.measures if name not in counted)

    def earned_by(self, won: Score) -> float:
        """The share of the money for outcomes that points won earn in the first contract year."""
        return float(earned(won.share, self.design.outcomes, 1))

    @cached_property
    def in_force(self) -> ContractDesign:
        """The design as settled: in a part-done year without individual stop-loss, which is settled at its end, and with
        the minimum rate that the contract's own rule gives."""
        design = change(self.design, {"risk.stop_loss.on": False}) if self.part_year else self.design
        risk = design.risk
        if not risk.sharing.on or risk.sharing.minimum_rule == "as entered":
            return design
        sharing = resolved(risk.sharing, self.pool.people, self.pool.net_cv(risk.stop_loss))
        return design.model_copy(update={"risk": risk.model_copy(update={"sharing": sharing})})

    @cached_property
    def recorded(self) -> YearCost:
        """The cost of the contract year as it happened."""
        now = self.scope.costs[self.cohort.members["year"] == self.year]
        return cost_as_recorded(now, self.design.risk.stop_loss, self._predicted_now)

    @cached_property
    def settled(self) -> Settlement:
        """The contract year as it happened."""
        plans = self._with_choice(self.plans, self.year) if self.design.payments.choice else self.plans
        year = replace(self.year_ahead, won=self.score, plans=plans)
        return year.settle(self.recorded, charged=self.charged)

    @property
    def year_ahead(self) -> ContractYear:
        """What the contract year is settled under, with the outcomes of the year before."""
        return ContractYear(self.price, self.pool, self.plans, self.score_before, self.in_force)

    @property
    def drawn(self) -> Scenarios:
        """Years drawn from the history, at its level: the same for every price and every clause."""
        chance = _chance(self.design.outlook)
        kept_apart = _few_drawn if chance.replicates <= FEW_DRAWN else _drawn
        return kept_apart(self.dataset, self.basis.of_spread, chance)

    @property
    def outlook_cost(self) -> YearCost:
        """The cost of the drawn years."""
        return _outlook_cost(self)

    @property
    def outlook(self) -> Settlement:
        """The drawn years, settled."""
        return _outlook(self)

    def settle_drawn(self) -> Settlement:
        """`outlook`, worked out anew."""
        return self.year_ahead.settle(self.outlook_cost, self.others, self.charged)

    @cached_property
    def others(self) -> tuple[Floats, ...]:
        """The drawn years' results of the other contracts of a pool, of other people in the same common years."""
        return self.others_at(common_years(self.pool, self.drawn.count, self.design.outlook))

    def others_at(self, factor: Floats) -> tuple[Floats, ...]:
        """The same in years of another ``factor`` on everybody's cost."""
        return self.year_ahead.others(self.drawn, factor, self.charged, self.design.outlook.seed)

    @cached_property
    def charged(self) -> float:
        """What aggregate stop-loss costs beforehand: what it is expected to pay back in the drawn years."""
        aggregate = self.in_force.risk.aggregate_stop_loss
        return self.year_ahead.expected_charge(self.outlook_cost) if aggregate.on and aggregate.charged else 0.0

    @property
    def unprotected(self) -> Settlement:
        """The outlook with every risk clause switched off, on the same drawn years."""
        return _unprotected(self)

    def settle_unprotected(self) -> Settlement:
        """`unprotected`, worked out anew."""
        return replace(self.year_ahead, design=without_clauses(self.in_force)).settle(self.outlook_cost)

    def outlook_of(self, cost: YearCost) -> Settlement:
        """Other years, as ``cost`` says, under the design in force and the outcomes of the year before.

        The other contracts of a pool end these years as they are expected to.
        """
        expected = tuple(np.full_like(cost.total, mine.mean()) for mine in self.others)
        return self.year_ahead.settle(cost, expected, self.charged)

    def settle_at(self, level: float) -> Settlement:
        """The drawn years with everybody's cost times ``level``, a pool's other contracts' too, and no further error of
        the price."""
        chance = self.design.outlook.model_copy(update={"price_error": False})
        factor = common_years(self.pool, self.drawn.count, chance) * max(level, 0.0)
        cost = cost_at(self.pool, self.drawn, factor, self.in_force.risk.stop_loss)
        return self.year_ahead.settle(cost, self.others_at(factor), self.charged)

    @cached_property
    def money_lines(self) -> pd.DataFrame:
        """The settled lines in whole pence: year, step, line, party, pence; each line sums to zero."""
        rows = [
            (self.year, line.step, line.name, party, amount)
            for line in self.settled.lines
            for party, amount in close_to_zero({p: float(f[0]) for p, f in line.flows.items()}, _balance(line)).items()
        ]
        return pd.DataFrame(rows, columns=["year", "step", "line", "party", "pence"])


def _balance(line: Line) -> str:
    return HOLDER if HOLDER in line.flows else SUPPLIES


def contract_year_of(dataset: LinkedDataset, outlook: parts.Outlook) -> int:
    """The contract year of the design: the last year of the data when it names none."""
    year = outlook.contract_year or dataset.years[-1]
    if year not in dataset.years:
        raise InputError("outlook.contract_year (Contract year)", f"year {year} is not in the data",
                         f"one of {', '.join(map(str, dataset.years[1:]))}, or 0 for the last")  # fmt: skip
    return year


@dataclass(frozen=True)
class Basis:
    """What the price and the drawn years rest on: who, what, how, for which year, from which years before it."""

    cohort: parts.Cohort
    scope: parts.Scope
    price: parts.Price
    year: int
    years: tuple[int, ...]
    scheme: str

    @property
    def of_need(self) -> "Basis":
        """The part of it that a model of need rests on: growth and the lines after it play no part."""
        return replace(self, price=parts.Price(age_bands=self.price.age_bands))

    @property
    def of_spread(self) -> "Basis":
        """The part of it that decides how costs spread about their mean."""
        return replace(self, price=parts.Price(), scheme="")

    @property
    def of_people(self) -> "Basis":
        """The part of it that decides who the price is of; the rest is set to what it is when nothing is said."""
        price = parts.Price(
            adjust=self.price.adjust, age_bands=self.price.age_bands, year_weights=self.price.year_weights
        )
        return replace(self, scope=parts.Scope(), price=price)


def check_enough_members(result: ContractResult) -> None:
    """Raise InputError when the settled year, or one that its price rests on, could point at a person.

    That is so when few people are members, few of them have any cost in scope, one has most of it, or one measure
    of few people decides by itself what is earned, or what comes back for few people stands with nothing else.
    """
    for year in (*result.price.base_years, result.year):
        _check_year(result, year)
    for year in (result.price.base_years[-1], result.year):
        _check_measures(result, year)
    _check_stop_loss(result)


def check_cohort(result: ContractResult) -> None:
    """The part of `check_enough_members` that sums over the cohort tell, for data of which rows are slow to come by."""
    for year in (*result.basis.years, result.year):
        _check_people(result, year)
    atoms, people = result.profile.atoms, result.profile.people
    largest = float(atoms.size[-1]) if atoms else 0.0
    if not atoms or dominated(largest, largest, atoms.mean * people):
        raise InputError("cohort", f"one member has so much of the cost in {result.dataset.meta.year_name(result.year)} that "
                         "figures could point at a person", "rules that leave more people")  # fmt: skip


def _check_people(result: ContractResult, year: int) -> None:
    if not may_show_mean(result.cohort.people(year)):
        name = result.dataset.meta.year_name(year)
        raise InputError("cohort", f"so few people meet the rules in {name} that figures could point at a person",
                         f"rules that leave at least {SMALLEST_SHOWN} people in every year used")  # fmt: skip


def _check_year(result: ContractResult, year: int) -> None:
    _check_people(result, year)
    name, members = result.dataset.meta.year_name(year), result.cohort.members
    of_year = members.index[(members["year"] == year).to_numpy()]
    if not may_show_sum(result.scope.costs.loc[of_year].to_numpy(dtype=float).sum(axis=1)):
        raise InputError("scope", f"the cost in scope in {name} is of so few people, or so much of it of one, that "
                         "figures could point at a person",
                         f"services used by at least {SMALLEST_SHOWN} members, none with most of the cost")  # fmt: skip


def _check_measures(result: ContractResult, year: int) -> None:
    paid = [name for name, terms in result.design.outcomes.measures.items() if terms.weight > 0]
    few = [name for name in measures_hidden(result, year) if name in paid]
    if len(few) == 1 and measured_people(result, year)[few[0]]:
        raise InputError(f"outcomes.measures.{few[0]}", "so few people are measured, or are counted or not counted in it, in "
                         f"{result.dataset.meta.year_name(year)} that what is earned could point at a person",
                         f"a measure with at least {SMALLEST_SHOWN} members on either side, or two of few")  # fmt: skip


def _check_stop_loss(result: ContractResult) -> None:
    """What comes back for few people is in one line with the charge and the clauses: these must be worth something."""
    together = [float(line.flows[HOLDER][0]) for line in result.settled.lines if line.name == ALL_CLAUSES]
    back, paid = stop_loss_of(result.recorded, result.pool, result.in_force.risk.stop_loss)
    if together and dominated(float(back[0]), 0.0, float(back[0]) + paid + abs(together[0] - float(back[0]) + paid)):
        raise InputError("risk.stop_loss", "individual stop-loss pays for so few people in "
                         f"{result.dataset.meta.year_name(result.year)}, with nothing charged and no other clause at "
                         "work, that it could point at them",
                         f"an attachment point with at least {SMALLEST_SHOWN} people above it, or no individual stop-loss")  # fmt: skip


def measures_hidden(result: ContractResult, year: int) -> list[str]:
    """The measures of the contract whose value and points may not be shown, because few people were measured, or counted, or not.

    The share of all points is published, so that another paid measure is hidden with a single one.
    """
    people, terms = fewest_people(result, year), result.design.outcomes.measures
    paid = {name: n for name, n in people.items() if terms[name].weight > 0}
    together = taken_together(paid, lambda names: len(names) > 1 or may_show_mean(paid[names[0]]))
    return [name for name, n in people.items() if name in together or not may_show_mean(n)]


def measured_people(result: ContractResult, year: int) -> dict[str, int]:
    """How many members of a year each measure of the contract is counted for; of a supplied one how many its figure says."""
    counted, supplied = _people_counted(result.dataset, result.cohort, year), result.supplied_measures
    return {name: added(result.dataset).people(name, year) if name in supplied else counted[name][0]
            for name in result.design.outcomes.measures}  # fmt: skip


def fewest_people(result: ContractResult, year: int) -> dict[str, int]:
    """The fewest members of a year that stand behind each measure's value: measured, with an event, or, of a share, without one.

    Nobody on a side says nothing of anybody; 0 where nobody is measured. Of a supplied measure how many its figure says.
    """
    counted, people = _people_counted(result.dataset, result.cohort, year), measured_people(result, year)
    return {name: min((n for n in counted.get(name, (of,)) if n), default=0) for name, of in people.items()}


@kept(16)
def _people_counted(dataset: LinkedDataset, cohort: Cohort, year: int) -> dict[str, tuple[int, int, int]]:
    """Of each outcome of the data set how many members of a year are measured, have an event, and, of a share, have none."""
    now = paid_measures(dataset, cohort)[(cohort.members["year"] == year).to_numpy()]
    rates = {name for name, of in entries(dataset).items() if of.kind == "rate"}
    found: dict[str, tuple[int, int, int]] = {}
    for name in dict.fromkeys(map(str, now.columns.get_level_values(0))):
        top, bottom = (now[(name, part)].to_numpy(dtype=float) for part in ("numerator", "denominator"))
        people, happened = bottom > 0, (bottom > 0) & (top > 0)
        is_share = name not in rates and bool((top <= bottom).all())
        without = int(people.sum() - happened.sum()) if is_share else 0
        found[name] = (int(people.sum()), int(happened.sum()), without)
    return found


@kept(16)
def result_of(dataset: LinkedDataset, design: ContractDesign) -> ContractResult:
    """The result of a design on a data set, nothing of it worked out yet. The last few are kept, so that every view
    of one design shares one."""
    return ContractResult(dataset, design)


def settle(dataset: LinkedDataset, design: ContractDesign) -> ContractResult:
    """The result of a design, settled: InputError is raised where design and data do not fit together.

    The outlook is drawn when first asked for: people of a new cohort or scope take it some tenths of a second.
    """
    result = result_of(dataset, design)
    _ = result.settled
    return result


def _basis(dataset: LinkedDataset, design: ContractDesign) -> Basis:
    year = contract_year_of(dataset, design.outlook)
    rebased = design.price.path.ratchet > 0  # only then do later prices look at cost
    check_over_years(design.price.path.uplift, design.price.trend if rebased else 0.0, design.form.years)
    who = selecting(design.cohort)
    cohort = _cohort(dataset, who)
    cohort.check_somebody(year, dataset.meta.year_name(year))
    years = base_years(design.price, year, cohort.years)
    return Basis(who, _covering(dataset, design.scope), design.price, year, years, design.cohort.scheme)


def _covering(dataset: LinkedDataset, scope: parts.Scope) -> parts.Scope:
    """The terms of the scope that decide what is covered; those that name what the data have not are refused."""
    check_providers(scope.outside_providers, list(dataset.providers.index))
    check_streams(scope.pooled_streams, dataset.budgets)
    return covering(scope)


def _is_part_done(dataset: LinkedDataset, year: int) -> bool:
    """A part-done year has no outcomes yet, and yearly limits mean nothing in it."""
    return year == dataset.years[-1] and dataset.months_in_last_year < 12


def _chance(outlook: parts.Outlook) -> parts.Outlook:
    """Only the terms that decide which years are drawn, so that they are kept when others change."""
    return parts.Outlook(replicates=outlook.replicates, seed=outlook.seed, tail=outlook.tail)


@kept(FEW)
def _outlook_cost(result: ContractResult) -> YearCost:
    return outlook_cost(result.pool, result.drawn, result.design.outlook, result.design.risk.stop_loss)


@kept(FEW)
def _outlook(result: ContractResult) -> Settlement:
    return result.settle_drawn()


@kept(FEW)
def _unprotected(result: ContractResult) -> Settlement:
    return result.settle_unprotected()


@kept(16)
def _cohort(dataset: LinkedDataset, cohort: parts.Cohort) -> Cohort:
    return replace(select(dataset, cohort), without=frozenset(unusable(dataset)))


@kept(16)
def _profile(dataset: LinkedDataset, terms: parts.Cohort, year: int) -> Profile:
    who = _cohort(dataset, selecting(terms))
    return Profile(
        dataset.held, who.conditions, terms, year, tuple(who.years), dataset.markers, dataset.outcomes_counted
    )


@kept(16)
def _scope(dataset: LinkedDataset, basis: Basis) -> Scope:
    cohort = _cohort(dataset, basis.cohort)
    return cover(cohort.costs, cohort.members["year"], basis.scope, basis.years, cohort.client_paid)


@kept(16)
def _price(dataset: LinkedDataset, basis: Basis) -> Price:
    return priced(
        _people(dataset, basis.of_people), _scope(dataset, basis.of_spread).total, basis.price, _late(dataset, basis)
    )


def _factors(lines: pd.DataFrame, year: int, other: str, linked: str) -> dict[str, float]:
    """What another source says of each service in a year over what was linked, where it says anything."""
    mine = lines[(lines["year"] == year) & (lines[other] > 0) & (lines[linked] > 0)]
    return {str(s): float(a / b) for s, a, b in zip(mine["service"], mine[other], mine[linked], strict=True)}


@kept(16)
def _quick_need_judged(dataset: LinkedDataset, basis: Basis, part_year: bool) -> Comparison | None:
    return _judged(dataset, basis, part_year, QUICK_MODELS)


def need_judged(result: ContractResult, models: Sequence[tuple[str, str]]) -> Comparison | None:
    """Models of need, each a way to model and what it looks at, judged out of time; see `ContractResult.need_judged`."""
    return _judged(result.dataset, result.basis.of_need, result.part_year, models)


def _judged(
    dataset: LinkedDataset, basis: Basis, part_year: bool, models: Sequence[tuple[str, str]]
) -> Comparison | None:
    years, year = (basis.years[:-1], basis.years[-1]) if part_year else (basis.years, basis.year)
    if not years:
        return None
    members = _cohort(dataset, basis.cohort).members
    if int(members["year"].isin(years).sum()) < FEWEST_TO_MODEL:
        return None
    with_segment = members.assign(segment=_segments(dataset, members, basis.scheme))
    return compared(with_segment, _scope(dataset, basis.of_spread).total, years, year, basis.price.age_bands, models)


@kept(16)
def _cells(dataset: LinkedDataset, basis: Basis, adjust: str) -> tuple[NDArray[np.int64], Cells]:
    """The places of the base years' rows, and their cells."""
    members = _cohort(dataset, basis.cohort).members
    rows = np.flatnonzero(members["year"].isin(basis.years).to_numpy())
    mine = members.iloc[rows]
    if further_column(adjust) == SEGMENT:
        mine = mine.assign(segment=_segments(dataset, mine, basis.scheme))
    return rows, cells_of(mine, adjust, basis.price.age_bands)


@kept(16)
def _people(dataset: LinkedDataset, basis: Basis) -> People:
    cohort, terms = _cohort(dataset, basis.cohort), basis.price
    members = cohort.members
    if further_column(terms.adjust) == SEGMENT:
        members = members.assign(segment=_segments(dataset, members, basis.scheme))
    return people_of(members, terms, basis.year, basis.years)


def _segments(dataset: LinkedDataset, members: pd.DataFrame, scheme: str) -> pd.Series:
    segments = segmentation(scheme, dataset.markers)
    codes = segments.codes({str(name): members[name] for name in members.columns})
    return pd.Series(np.array(segments.labels, dtype=object)[codes], index=members.index, dtype="category")


def _late(dataset: LinkedDataset, basis: Basis) -> dict[int, Late]:
    """What is still to come of each base year, where the data tell."""
    if dataset.meta.grain == "year":
        return {}
    rows = _scope(dataset, basis.of_spread).by_service
    covered = rows[rows["covered"]].assign(setting=lambda r: r["service"].map(dataset.services["setting"]))
    cost = covered.groupby(["year", "setting"])["cost"].sum()
    return {year: late_of_year({str(setting): float(amount) for setting, amount in cost[year].items()},
                               month_name(dataset.meta.year_start(year)), dataset.run_off)
            for year in basis.years}  # fmt: skip


@kept(16)
def _shares_and_past(dataset: LinkedDataset, basis: Basis) -> tuple[dict[str, float], dict[str, tuple[float, ...]]]:
    """Each partner's share of the yearly sum, and what its care cost in each base year."""
    year = _cohort(dataset, basis.cohort).members["year"]
    costs = _scope(dataset, basis).costs[year.isin(basis.years)]
    by_year = costs.groupby(year[year.isin(basis.years)]).sum()
    return partners.planned_shares(costs), {str(p): tuple(map(float, by_year[p])) for p in costs.columns}


@kept(16)
def _outcome_values(dataset: LinkedDataset, basis: Basis, adjusted: bool, year: int) -> dict[str, float]:
    cohort = _cohort(dataset, basis.cohort)
    measures = paid_measures(dataset, cohort)
    if adjusted:
        return measured_as_usual(measures, cohort.members, basis.years, year, basis.price.age_bands)
    return measured(measures, cohort.members["year"], year)


@kept(4)
def paid_measures(dataset: LinkedDataset, cohort: Cohort) -> pd.DataFrame:
    """The members' outcomes as they are paid on, in every year alike: without those whom the library leaves out."""
    members: Any = cohort  # its tables are made when first asked for
    return eligible(members, entries(dataset))


@kept(16)
def _history(dataset: LinkedDataset, basis: Basis) -> History:
    members = _cohort(dataset, basis.cohort).members
    base = members["year"].isin(basis.years).to_numpy()
    mine, costs = members[base], _scope(dataset, basis.of_spread).costs[base]
    exposure = mine["exposure"].to_numpy(dtype=float)
    level = level_with(costs.to_numpy(), exposure, mine["year"].to_numpy())
    return History(tuple(costs.columns), level, exposure, pd.factorize(mine["person_id"])[0].astype(np.int64))


@kept(4)
def _predicted(dataset: LinkedDataset, basis: Basis) -> Floats:
    members = _cohort(dataset, basis.cohort).members
    need = need_weights(members, _scope(dataset, basis).total, basis.years)
    return need.predicted * members["exposure"].to_numpy(dtype=float)


@kept(8)
def _few_drawn(dataset: LinkedDataset, basis: Basis, chance: parts.Outlook) -> Scenarios:
    """Few years take little room, and past years that are settled with few do not push out those of the design."""
    return drawn_years(_history(dataset, basis), _people_in(dataset, basis), chance)


@kept(2)
def _drawn(dataset: LinkedDataset, basis: Basis, chance: parts.Outlook) -> Scenarios:
    return drawn_years(_history(dataset, basis), _people_in(dataset, basis), chance)


def _people_in(dataset: LinkedDataset, basis: Basis) -> int:
    return int((_cohort(dataset, basis.cohort).members["year"] == basis.year).sum())
