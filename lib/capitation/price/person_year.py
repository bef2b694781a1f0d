"""The price of a person-year: history by cell, brought to the contract year, built up line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.design.parts import Price as PriceTerms
from capitation.errors import InputError
from capitation.loss.ratio import Floats, linearised_error, log_interval, ratio_of_totals
from capitation.loss.small_cells import cell_sums, small_cell_intervals
from capitation.price import growth
from capitation.price.cells import Cells, cells_of
from capitation.price.credibility import Blend, blended
from capitation.price.errors import Errors, model_error, persistence
from capitation.price.need import need_weights

HISTORY, COMPLETION, MIX = "history", "late records", "who is in"
CREDIBILITY, EFFICIENCY, MARGIN = "credibility", "efficiency", "margin"
BUILD_UP_LABELS = {
    HISTORY: "Cost in the base years",
    COMPLETION: "Late records still to come",
    growth.VOLUME: "Growth of volume to the contract year",
    growth.PRICES: "Growth of prices to the contract year",
    growth.NEED: "Growth of need to the contract year",
    growth.POLICY: "Change by policy",
    MIX: "Change in who is in",
    CREDIBILITY: "Small cells borrowing from all",
    EFFICIENCY: "Efficiency asked",
    MARGIN: "Margin for the price's error",
}
SHOWN_IF_ANY = (COMPLETION, growth.NEED, growth.POLICY, CREDIBILITY)  # lines left out where they are nothing
EXPLODES = 10.0  # growth from the base years to the contract year beyond which a trend is taken for a mistake
NEED_WEIGHTS = "need weights"
SIMPLER = ("none", "age and sex")  # ways to adjust that the chosen one is held against


@dataclass(frozen=True)
class Late:
    """Of one base year: ultimate cost over cost recorded, and the standard error of that factor."""

    factor: float = 1.0
    error: float = 0.0


@dataclass(frozen=True)
class Price:
    """The price of a person-year in ``contract_year``, in the data set's currency.

    ``build_up`` maps each line to its amount per person-year and sums to ``per_person_year``; ``expected`` is the
    cost expected before efficiency and margin; ``errors`` how wrong it may be, by cause; ``cells`` has cell, exposure
    (contract year), base_exposure, base_people, rate with 95 % limits low and high, credibility (weight of the cell's
    own rate), and of the base years' trended cost base_cost and what it is of the two dearest people, largest and
    second; ``by_year`` has year, exposure, cost, cost_pppy, error for the base years; ``ways`` the cost expected under each way to adjust.
    """

    contract_year: int
    base_years: tuple[int, ...]
    exposure: float
    build_up: dict[str, float]
    expected: float
    errors: Errors
    cells: pd.DataFrame
    by_year: pd.DataFrame
    ways: dict[str, float]

    @property
    def error(self) -> float:
        """The standard error of ``expected``: history, growth and method together."""
        return self.errors.of_price

    @property
    def per_person_year(self) -> float:
        """The price: the sum of its lines."""
        return sum(self.build_up.values())

    @property
    def payment(self) -> float:
        """Price × person-years of the contract year."""
        return self.per_person_year * self.exposure

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The price within its own error, price · exp(∓ z·error/price); NaN where the error is not known."""
        error = self.error * (1 + self.build_up[EFFICIENCY] / self.expected) if self.expected else self.error
        return log_interval(self.per_person_year, error, NormalDist().inv_cdf((1 + confidence) / 2))


def base_years(terms: PriceTerms, contract_year: int, with_members: list[int]) -> tuple[int, ...]:
    """The years before ``contract_year`` that set the price, never the contract year itself.

    Raises InputError when there is none, or their weights are of another number of years.
    """
    if contract_year not in with_members:
        raise InputError("cohort", f"nobody meets the rules in year {contract_year}", "rules that leave somebody in")
    found = tuple(y for y in with_members if contract_year - terms.base_years <= y < contract_year)
    if not found:
        raise InputError("outlook.contract_year", f"year {contract_year} has no year of history with members before it",
                         "a year after one in which somebody meets the rules")  # fmt: skip
    if terms.year_weights and len(terms.year_weights) < len(found):
        raise InputError("price.year_weights (Weights of the years of history, oldest first)",
                         f"{len(terms.year_weights)} weights for {len(found)} years of history",
                         f"{len(found)} whole numbers that come to 100, or none")  # fmt: skip
    return found


def price_person_year(members: pd.DataFrame, cost: Floats, terms: PriceTerms, contract_year: int,
                      years: tuple[int, ...], late: Mapping[int, Late] | None = None) -> Price:  # fmt: skip
    """The price from the members' ``cost`` in the base ``years``, for the members of ``contract_year``.

    ``members`` has person_id, year, exposure, age, sex and what the price is adjusted for; ``cost`` is the cost in
    scope of each row. The contract year's costs are not read. Raises InputError when the contract year has no
    members, a base year no exposure, all cost is zero, or growth explodes.
    """
    return priced(people_of(members, terms, contract_year, years), cost, terms, late or {})


@dataclass(frozen=True, eq=False)
class Mix:
    """One way to adjust: the base rows' cells, the contract year's, and the contract year's exposure of each cell."""

    base: Cells
    now: NDArray[np.int64]
    exposure: Floats


@dataclass(frozen=True, eq=False)
class People:
    """Who a price is made from and for: all that it needs beside cost, so that it is worked out once for every scope.

    ``base`` and ``now`` are places of the members' rows; the other arrays have the base rows' shape (rows,), weighted
    by year where the design weights years. ``returns`` says whether a base row's person is there in the contract year;
    ``rows`` are the members' rows of the base years and then of the contract year.
    """

    contract_year: int
    years: tuple[int, ...]
    base: NDArray[np.int64]
    year: NDArray[np.int64]
    weight: Floats
    exposure: Floats
    person: NDArray[np.int64]
    returns: NDArray[np.bool_]
    now_exposure: Floats = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    ways: Mapping[str, Mix] = field(repr=False)

    @property
    def whole_exposure(self) -> float:
        """Person-years of the contract year."""
        return float(self.now_exposure.sum())

    def now_cells(self, adjust: str) -> NDArray[np.object_]:
        """The cell of each row of the contract year."""
        mix = self.ways[adjust]
        return mix.base.names[mix.now]


def people_of(members: pd.DataFrame, terms: PriceTerms, contract_year: int, years: tuple[int, ...]) -> People:
    """The people of the base years and of the contract year; see `price_person_year`."""
    year = members["year"].to_numpy(dtype=np.int64)
    base, now = np.flatnonzero(np.isin(year, years)), np.flatnonzero(year == contract_year)
    if contract_year in years:
        raise InputError(
            "outlook.contract_year", f"year {contract_year} would be priced on itself", "earlier base years"
        )
    if not len(now):
        raise InputError("cohort", f"nobody meets the rules in year {contract_year}", "rules that leave somebody in")
    exposure = members["exposure"].to_numpy(dtype=float)
    weight = _year_weights(year[base], exposure[base], terms.year_weights, years)
    everyone = np.concatenate([base, now])
    rows = members.iloc[everyone]
    person = pd.factorize(rows["person_id"])[0].astype(np.int64)
    ways = {way: _way(rows, len(base), exposure[now], way, terms.age_bands)
            for way in dict.fromkeys((*SIMPLER, terms.adjust))}  # fmt: skip
    return People(contract_year, years, base, year[base], weight, weight * exposure[base], person[: len(base)],
                  np.isin(person[: len(base)], person[len(base) :]), exposure[now], rows, ways)  # fmt: skip


def _year_weights(
    year: NDArray[np.int64], exposure: Floats, weights: tuple[int, ...], years: tuple[int, ...]
) -> Floats:
    """What each row counts for, so that years weigh as asked and all exposure stays what it is; shape (rows,)."""
    by_year = {y: float(exposure[year == y].sum()) for y in years}
    empty = [str(y) for y, there in by_year.items() if there <= 0]
    if empty:
        raise InputError("people", f"nobody has any days in year {', '.join(empty)}", "days in every year of history")
    if not weights:
        return np.ones(len(year))
    asked = dict(zip(years, weights[-len(years) :], strict=True))
    whole = sum(by_year.values()) / sum(asked.values())
    return np.array([asked[int(y)] * whole / by_year[int(y)] for y in year])


def _way(rows: pd.DataFrame, base: int, exposure: Floats, adjust: str, bands: tuple[int, ...]) -> "Mix":
    cells = cells_of(rows, adjust, bands)
    now = cells.code[base:]
    return Mix(Cells(cells.code[:base], cells.names), now, _summed(now, exposure, len(cells.names)))


def priced(people: People, cost: Floats, terms: PriceTerms, late: Mapping[int, Late]) -> Price:
    """The price for some people from the cost of each of their rows, the contract year's not read."""
    spent = people.weight * cost[people.base]
    if not spent.any():
        raise InputError("scope", "nobody in the base years has any cost in scope", "services that members use")
    history = _History(people, spent, terms, late)
    chosen = history.ways[terms.adjust]
    expected = chosen.expected
    errors = history.errors(chosen)
    return Price(people.contract_year, people.years, people.whole_exposure,
                 _build_up(history, chosen, errors.of_price, terms), expected, errors, chosen.table(), history.by_year(),
                 {way: found.expected for way, found in history.ways.items()})  # fmt: skip


def bootstrap_error(people: People, cost: Floats, terms: PriceTerms, draws: int, seed: int) -> float:
    """Standard error of the expected cost by a Poisson bootstrap of people: each counts 0, 1, 2 … times, 1 on average.

    A second way to the linearised error of `Errors.parameter`. Need weights are not learnt anew: they are drawn as cells.
    """
    rng, persons = np.random.default_rng([seed, 5]), int(people.person.max(initial=0)) + 1
    plain = terms.model_copy(update={"adjust": "age and sex"}) if terms.adjust == NEED_WEIGHTS else terms
    found = [
        _drawn_again(people, cost, plain, rng.poisson(1.0, persons)[people.person].astype(float)) for _ in range(draws)
    ]
    return float(np.std(found, ddof=1))


def _drawn_again(people: People, cost: Floats, terms: PriceTerms, times: Floats) -> float:
    drawn = replace(people, weight=people.weight * times, exposure=people.exposure * times,
                    ways={terms.adjust: people.ways[terms.adjust]})  # fmt: skip
    return _History(drawn, drawn.weight * cost[people.base], terms, {}).ways[terms.adjust].expected


class _History:
    """The base years' costs, completed and brought to the contract year."""

    def __init__(self, people: People, spent: Floats, terms: PriceTerms, late: Mapping[int, Late]):
        self.people, self.spent, self.terms, self.late = people, spent, terms, late
        self.ahead = people.contract_year - people.year
        factor = {y: late.get(y, Late()).factor for y in people.years}
        self.completed = (
            spent * np.array([factor[int(y)] for y in people.years])[np.searchsorted(people.years, people.year)]
        )
        self.causes = growth.growth_factors(terms, self.ahead)
        whole = np.prod(list(self.causes.values()), axis=0)
        if not np.isfinite(whole).all() or whole.max() > EXPLODES:
            raise InputError("price.trend (Yearly growth of cost)", f"cost would grow {whole.max():,.0f}-fold to the contract year",
                             f"growth and years of history that come to less than {EXPLODES:.0f}-fold")  # fmt: skip
        self.trended = self.completed * whole
        self.overall = self.per_year(self.trended)
        self.ways = {way: (_ByNeed if way == NEED_WEIGHTS else _Way)(self, mix) for way, mix in people.ways.items()}

    def per_year(self, amount: Floats) -> float:
        """Of an amount of each row, the ratio of totals to exposure."""
        return ratio_of_totals(amount, self.people.exposure)

    def errors(self, chosen: "_Way") -> Errors:
        """How wrong the chosen way may be, by cause."""
        people, influence = self.people, chosen.influence
        residual = (self.trended - chosen.expected_of_rows) / people.weight
        lasting = persistence(residual, people.person, people.year)
        spread = float(residual @ residual) / len(residual)
        return Errors(
            parameter=linearised_error(influence, people.person),
            trend=chosen.expected * self._mean_years_ahead() * growth.trend_error(self.terms) / (1 + self.terms.trend),
            model=model_error([way.expected for way in self.ways.values()]),
            late=chosen.expected * self._late_error(),
            process=float(np.sqrt(spread * len(people.now_exposure))) / people.whole_exposure,
            shared=lasting * float(influence[people.returns] @ residual[people.returns]) / people.whole_exposure,
            persistence=lasting,
        )  # fmt: skip

    def _mean_years_ahead(self) -> float:
        return float(self.trended @ self.ahead / self.trended.sum()) if self.trended.any() else 0.0

    def _late_error(self) -> float:
        """Of the whole, as a share; years taken as independent."""
        parts = [(self.trended[self.people.year == y].sum(), late.error / late.factor) for y, late in self.late.items()]
        return float(np.sqrt(sum((amount * error) ** 2 for amount, error in parts)) / self.trended.sum())

    def by_year(self) -> pd.DataFrame:
        """Each base year's own cost per person-year, not trended, with its standard error."""
        return pd.DataFrame([self._year(y) for y in self.people.years])

    def _year(self, year: int) -> dict[str, float]:
        now = self.people.year == year
        weight = self.people.weight[now]
        cost, exposure = self.completed[now] / weight, self.people.exposure[now] / weight
        rate = ratio_of_totals(cost, exposure)
        people = pd.factorize(self.people.person[now])[0].astype(np.int64)
        error = linearised_error((cost - rate * exposure) / exposure.sum(), people)
        return {"year": int(year), "exposure": exposure.sum(), "cost": cost.sum(), "cost_pppy": rate, "error": error}


class _Way:
    """One way to adjust: rates by cell, for the contract year's mix of cells.

    A cell that nobody was in before has the overall rate. Cost of a person-year above ``shared_above`` is shared over
    all exposure. One person alone in a cell shows no spread, so such a cell's error is measured against the overall rate.
    """

    def __init__(self, history: _History, mix: Mix):
        now = mix.exposure
        self.history, self.code, self.names, self.now = history, mix.base.code, mix.base.names, now
        self.share = now / now.sum()
        self.exposure = self._sum(history.people.exposure)
        self.known = self.exposure > 0
        by_need = history.terms.adjust == NEED_WEIGHTS  # then cells only stand beside, plain
        limit = 0.0 if by_need else history.terms.shared_above
        self.kept = np.minimum(history.trended, limit * history.people.weight) if limit else history.trended
        self.excess = history.per_year(history.trended - self.kept)
        self.own = self._rates(self.kept) + self.excess
        self.blend = self._blend() if history.terms.credibility and not by_need else Blend(np.ones(len(now)), self.own)
        self.rate = self.blend.estimate
        self.expected = float(self.share @ self.rate)

    def _sum(self, amount: Floats) -> Floats:
        return _summed(self.code, amount, len(self.names))

    def _rates(self, amount: Floats) -> Floats:
        overall = self.history.per_year(amount)
        return np.divide(self._sum(amount), self.exposure, out=np.full(len(self.names), overall), where=self.known)

    def _blend(self) -> Blend:
        """Cells' rates by year, blended by how steady they have been."""
        people, cells = self.history.people, len(self.names)
        place = self.code + cells * np.searchsorted(people.years, people.year)
        shape = (len(people.years), cells)
        exposure, cost = (_summed(place, of, cells * shape[0]).reshape(shape).T for of in (people.exposure, self.kept))
        return blended(cost, exposure, self.own, self.excess)

    @cached_property
    def people(self) -> NDArray[np.int64]:
        """How many people each cell has."""
        return np.bincount(self._pairs[0], minlength=len(self.names))

    @cached_property
    def _pairs(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Each person and cell once: the cell, the trended cost there and the exposure."""
        size = int(self.history.people.person.max(initial=0)) + 1
        place, each = pd.factorize(self.code * size + self.history.people.person)
        cost, exposure = (_summed(place, of, len(each)) for of in (self.history.trended, self.history.people.exposure))
        return each // size, cost, exposure

    @property
    def expected_of_rows(self) -> Floats:
        """The cost expected of each base row, shape (rows,)."""
        return self.rate[self.code] * self.history.people.exposure

    @cached_property
    def influence(self) -> Floats:
        """What each base row adds to ``expected`` beyond its cell's rate, shape (rows,)."""
        history, exposure = self.history, self.history.people.exposure
        rate = np.where(self.people > 1, self.own, history.overall)[self.code]
        counted = self.share * self.blend.own  # the rest of a cell's rate is that of all cells
        per_exposure = np.divide(counted, self.exposure, out=np.zeros(len(self.share)), where=self.known)[self.code]
        influence = per_exposure * (history.trended - rate * exposure)
        missing = float(self.share[self.known] @ (1 - self.blend.own)[self.known]) + float(
            self.share[~self.known].sum()
        )
        return influence + missing * (history.trended - history.overall * exposure) / exposure.sum()

    def _limits(self) -> tuple[Floats, Floats]:
        """95 % limits of each cell's rate, those of its own history taken in by the weight that its own rate has.

        Not known where no cell has two people, which shows no spread at all.
        """
        cell, cost, exposure = self._pairs
        if self.people.max() < 2:
            nothing = np.full(len(self.names), np.nan)
            return nothing, nothing
        low, high = small_cell_intervals(cell_sums(cell, exposure, cost, len(self.names)))
        raw = np.divide(
            self._sum(self.history.trended),
            self.exposure,
            out=np.full(len(low), self.history.overall),
            where=self.known,
        )
        raw = np.where(raw > 0, raw, 1.0)
        ends = [self.rate * np.power(np.maximum(end, 0.0) / raw, self.blend.own) for end in (low, high)]
        return np.minimum(ends[0], self.rate), np.maximum(ends[1], self.rate)

    def table(self) -> pd.DataFrame:
        """The cells of `Price`."""
        cell, cost, _ = self._pairs
        largest, second = two_dearest(cell, cost, len(self.names))
        low, high = self._limits()
        return pd.DataFrame({
            "cell": self.names, "exposure": self.now, "base_exposure": self.exposure, "base_people": self.people,
            "rate": self.rate, "credibility": self.blend.own, "base_cost": self._sum(self.history.trended),
            "low": low, "high": high,
            "largest": largest, "second": second,
        })  # fmt: skip


def paid_score(found: float, cap: float) -> float:
    """The mean need weight paid for: the one found, held within ``cap`` of history's, which is 1 (MSSP, REACH)."""
    return float(np.clip(found, 1 - cap, 1 + cap))


def two_dearest(cell: NDArray[np.int64], cost: Floats, cells: int) -> tuple[Floats, Floats]:
    """The largest and the second largest ``cost`` of each cell, 0 where there is none; shapes (cells,)."""
    largest, second = np.zeros(cells), np.zeros(cells)
    np.maximum.at(largest, cell, cost)
    top = cost == largest[cell]
    np.maximum.at(second, cell[~top], cost[~top])
    return largest, np.where(np.bincount(cell[top], minlength=cells) > 1, largest, second)


class _ByNeed(_Way):
    """The overall rate times the need weights of the people who are there, from a model of history's cost.

    Weights average 1 over history, as it is weighted here, so history's total stays what it was. Cells are those of age
    and sex, with the mean weight of their people in the contract year, or of history where there are none.
    """

    def __init__(self, history: _History, mix: Mix):
        super().__init__(history, mix)
        weight, people = _need_weights(history), history.people
        base = len(people.base)
        level = ratio_of_totals(weight[:base] * people.exposure, people.exposure)
        self.weight, weight_now = weight[:base] / level, weight[base:] / level
        before = np.divide(
            self._sum(self.weight * people.exposure), self.exposure, out=np.ones(len(self.now)), where=self.known
        )
        now = _summed(mix.now, weight_now * people.now_exposure, len(self.now))
        mean = np.divide(now, self.now, out=before, where=self.now > 0)
        mean *= paid_score(float(self.share @ mean), history.terms.score_cap) / float(self.share @ mean)
        self.own = self.rate = history.overall * mean
        self.blend = Blend(np.zeros(len(mean)), self.rate)
        self.expected = float(self.share @ self.rate)

    def _limits(self) -> tuple[Floats, Floats]:
        nothing = np.full(len(self.names), np.nan)  # the model's coefficients have errors, its cells have not
        return nothing, nothing

    @property
    def expected_of_rows(self) -> Floats:
        return self.history.overall * self.history.people.exposure * self.weight

    @cached_property
    def influence(self) -> Floats:
        exposure = self.history.people.exposure
        return self.expected / self.history.overall * (self.history.trended - self.expected_of_rows) / exposure.sum()


def _need_weights(history: _History) -> Floats:
    """The need weight of each row of the base years and then of the contract year, whose cost is not read."""
    people = history.people
    cost = np.concatenate([history.spent / people.weight, np.zeros(len(people.now_exposure))])
    return need_weights(people.rows, cost, people.years).weight


def _summed(place: NDArray[np.int64], amount: Floats, places: int) -> Floats:
    return np.bincount(place, amount, places).astype(np.float64)


def _build_up(history: _History, chosen: _Way, error: float, terms: PriceTerms) -> dict[str, float]:
    """The lines of the price, each the difference that one step makes."""
    recorded, completed = history.per_year(history.spent), history.per_year(history.completed)
    lines = {HISTORY: recorded, COMPLETION: completed - recorded}
    level, amount = completed, history.completed
    for cause, factor in history.causes.items():
        amount = amount * factor
        lines[cause], level = history.per_year(amount) - level, history.per_year(amount)
    own = float(chosen.share @ chosen.own)
    margin = NormalDist().inv_cdf(terms.confidence) * error
    lines |= {MIX: own - level, CREDIBILITY: chosen.expected - own, EFFICIENCY: 0.0 - terms.discount * chosen.expected,
              MARGIN: margin if np.isfinite(margin) else 0.0}  # fmt: skip
    return {name: amount for name, amount in lines.items() if amount or name not in SHOWN_IF_ANY}
