"""Before signing: what is paid for outcomes if nothing changes, if the targets are truly met, and in between.

The values of the contract year are drawn as the years before tell them, with chance in people and what the base years
themselves moved beyond it, and scored by the contract's own terms. Whoever is paid at least half of a measure's points is
taken to be told that it improved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from capitation.cohort.members import Cohort
from capitation.contract import ContractResult, measured_people, paid_measures
from capitation.dataset import LinkedDataset
from capitation.dataset.disclosure import may_show_mean
from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.sobol import sobol
from capitation.outcomes.chance import Counted, Predicted, predicted
from capitation.outcomes.designer import Candidate, Considered, proposed, unknown_spread, with_measures
from capitation.outcomes.library import Measure, added, measures_of
from capitation.outcomes.named import entries
from capitation.outcomes.power import TOLD
from capitation.outcomes.score import passes_gate, performance_part, points
from capitation.outcomes.supplied_chance import figures_ahead, joined

DRAWS = 4_096
WAY = np.linspace(0.0, 1.25, 11)  # of the way from what is expected to what is wanted
UNCHANGED, MET = 0, 8  # places in it
NO_SPREAD = {
    "": "there is no figure of a base year", "share": "the file gives neither denominator nor n",
    "rate": "the file gives neither denominator nor n", "ratio": "the file gives no denominator",
    "mean": "the file gives no sd with its n",
}  # fmt: skip
HALF = 0.5  # of a measure's points: from there on the verdict is that it improved
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class OfMeasure:
    """One measure before signing; amounts in currency, values in the measure's own unit.

    ``expected`` is the contract year's value with nothing changed and ``sd`` its standard deviation by chance; ``wanted`` the
    value that stands for true success; ``found`` the smallest change that is told from chance in 80 of 100 cases; ``luck`` the
    chance that nothing changed and the verdict is that it improved, ``refused`` that it was met and the verdict is not;
    ``already`` the share of its points that the expected value earns by itself, so that luck is not what earns them;
    ``free`` what the last base year being worse than usual gives by itself, for the better, where it is more than chance
    moves a year by; ``moved`` how its base years disagree, or nothing where they agree. A gate that is not reached takes
    what every measure would be paid.
    """

    name: str
    people: int
    expected: float
    sd: float
    last: float
    wanted: float
    found: float
    share: float
    unchanged: float
    unchanged_sd: float
    met: float
    luck: float
    refused: float
    free: float
    already: float
    moved: str


@dataclass(frozen=True, eq=False)
class Signing:
    """What depends on outcomes in a year, currency (``at_stake``), and what is paid of it on each of the draws.

    ``for_points`` is what of it depends on points, the rest being paid for reporting; ``paid`` (ways, draws) at each part of
    the way (``way``) from nothing changed (0) to success (1) and beyond.
    """

    at_stake: float
    for_points: float
    way: Floats
    paid: Floats = field(repr=False)
    measures: tuple[OfMeasure, ...]
    ahead: Predicted = field(repr=False)

    @property
    def unchanged(self) -> Floats:
        """What is paid with nothing changed, (draws,)."""
        return self.paid[UNCHANGED]

    @property
    def met(self) -> Floats:
        """What is paid with every measure at what stands for success, (draws,)."""
        return self.paid[MET]

    @property
    def wrongly_high(self) -> float:
        """The chance that with nothing changed at least half of what depends on points is paid."""
        return float(np.mean(self.of_points(self.unchanged) >= HALF)) if self.for_points else 0.0

    @property
    def wrongly_low(self) -> float:
        """The chance that with every target truly met less than half of what depends on points is paid."""
        return float(np.mean(self.of_points(self.met) < HALF)) if self.for_points else 0.0

    def of_points(self, paid: Floats) -> Floats:
        """The share of what depends on points that is paid."""
        return (paid - (self.at_stake - self.for_points)) / self.for_points

    @property
    def for_success(self) -> float:
        """What true success earns beyond what is paid for nothing, on average."""
        return float(self.met.mean() - self.unchanged.mean())


def ahead_of(result: ContractResult) -> Predicted:
    """Every outcome measure of the data set, as the years before the contract year tell it.

    Where values are adjusted for who is in, improvement is counted from the last base year's adjusted value.
    """
    ahead = _ahead_of(result.dataset, result.cohort, result.basis.years, years_before(result), result.year)
    if not result.design.outcomes.adjusted:
        return ahead
    before = result.outcome_values(result.basis.years[-1])
    return replace(ahead, last=np.array([before[name] for name in ahead.names]))


def years_before(result: ContractResult) -> tuple[int, ...]:
    """Every year of the data up to the last base year: what moves by itself shows in more years than a price rests on."""
    return tuple(year for year in result.dataset.years if year <= result.basis.years[-1])


@kept(4)
def _ahead_of(
    dataset: LinkedDataset, cohort: Cohort, base: tuple[int, ...], before: tuple[int, ...], year: int
) -> Predicted:
    return predicted(_counted(dataset, cohort), base, year=year, earlier=[y for y in before if y < base[0]])


def counted_of(result: ContractResult) -> Counted:
    """The members' numerators and denominators of every outcome measure of the data set, as they are paid on."""
    return _counted(result.dataset, result.cohort)


def _counted(dataset: LinkedDataset, cohort: Cohort) -> Counted:
    measures, members = paid_measures(dataset, cohort), cohort.members
    names = tuple(dict.fromkeys(map(str, measures.columns.get_level_values(0))))
    top, bottom = (measures[[(n, part) for n in names]].to_numpy(dtype=float) for part in ("numerator", "denominator"))
    person = np.unique(members["person_id"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    return Counted(names, top, bottom, person, members["year"].to_numpy())


@kept(8)
def signing(result: ContractResult) -> Signing | None:
    """What the outcomes of the contract are worth before anything has happened; None where no measure is paid for."""
    terms = result.design.outcomes
    ahead = joined(_paid_for(ahead_of(result), terms), supplied_ahead(result).ahead)
    if not ahead.names:
        return None
    people = measured_people(result, result.basis.years[-1])
    return of_terms(ahead, terms, terms.withhold * result.price.payment, people, most_of(result))


def most_of(result: ContractResult) -> dict[str, float]:
    """The most that a measure can be, where it is a share: 1."""
    return {name: 1.0 for name, of in entries(result.dataset).items() if of.kind == "share"}


@dataclass(frozen=True, eq=False)
class SuppliedAhead:
    """The contract's measures that are supplied as figures: as they are expected, and why others are in no distribution."""

    ahead: Predicted
    not_drawn: Mapping[str, str]


@kept(4)
def supplied_ahead(result: ContractResult) -> SuppliedAhead:
    """What the figures of the base years tell of the contract's supplied measures."""
    here, known, years = added(result.dataset), measures_of(result.dataset), years_before(result)
    ahead = figures_ahead(here, known, result.supplied_measures, years)
    out = [name for name in result.supplied_measures if name not in ahead.names]
    there = {name: any((name, year) in here.by_year for year in years) for name in out}
    return SuppliedAhead(ahead, {name: NO_SPREAD[known[name].kind if there[name] else ""] for name in out})


def _paid_for(ahead: Predicted, terms: Outcomes) -> Predicted:
    """The measures on which money depends and for which somebody counted."""
    mine = [k for k, name in enumerate(ahead.names) if name in terms.measures and np.isfinite(ahead.value[k])]
    pick = np.ix_(mine, mine)
    return Predicted(
        tuple(ahead.names[k] for k in mine),
        ahead.value[mine],
        ahead.covariance[pick],
        ahead.last[mine],
        ahead.change[pick],
        ahead.moved,
    )


def of_terms(ahead: Predicted, terms: Outcomes, at_stake: float, people: Mapping[str, int],
             most: Mapping[str, float] | None = None) -> Signing:  # fmt: skip
    """`signing` from what is expected of the measures, the terms, and what depends on them, in currency.

    ``people`` are counted for each measure; ``most`` is the most that a measure can be, where there is such a value.
    """
    paid, bound = [terms.measures[name] for name in ahead.names], most or {}
    wanted = np.array(
        [
            wanted_value(float(v), of, terms.worthwhile, float(before), bound.get(name, np.inf))
            for name, v, before, of in zip(ahead.names, ahead.value, ahead.last, paid, strict=True)
        ]
    )
    drawn = ahead.drawn(_normal(len(paid)))
    on_the_way = [drawn + way * (wanted - ahead.value) for way in WAY]
    open_gate = np.stack([_gates(values, paid) for values in on_the_way])
    won = np.stack([_points(values, ahead, paid) for values in on_the_way]) * open_gate[:, :, None]
    part, weight = part_for_points(terms), _weights(ahead, terms)
    shares = 1 - part + part * (won @ weight if weight.any() else open_gate)
    already = _points(ahead.value[None, :], ahead, paid)[0]
    rows = tuple(
        _of(k, name, ahead, wanted, won, weight, at_stake * part, people, float(already[k]))
        for k, name in enumerate(ahead.names)
    )
    return Signing(at_stake, at_stake * part, WAY, at_stake * shares, rows, ahead)


def part_for_points(terms: Outcomes) -> float:
    """The largest part of the money that depends on points in any year of the contract."""
    return max(performance_part(terms, year) for year in range(1, len(terms.phases) + 2))


def _weights(ahead: Predicted, terms: Outcomes) -> Floats:
    """Each measure's part of the points. One that can't be drawn keeps its part, and earns nothing here, unless the contract
    leaves out what has no value."""
    weight = np.array([terms.measures[name].weight for name in ahead.names])
    counted = terms.measures if terms.missing == "earns nothing" else ahead.names
    whole = sum(terms.measures[name].weight for name in counted)
    return weight / whole if whole > 0 else weight


def wanted_value(
    expected: float, terms: PaidMeasure, worthwhile: float, last: float = np.nan, most: float = np.inf
) -> float:
    """The value that stands for true success, never more than the ``most`` that the measure can be.

    What earns all: the target, or the improvement on the ``last`` base year where that is what is rewarded. Where that is no
    better than what is expected, or the last year, a worthwhile step beyond them.
    """
    sign = -1 if terms.lower_is_better else 1
    start = sign * np.fmax(sign * expected, sign * last)
    improves = terms.rewards == "improvement" and np.isfinite(last)
    goal = last + sign * terms.improvement if improves else terms.target
    wanted = goal if sign * goal > sign * start else start * (1 + sign * worthwhile)
    return float(np.clip(wanted, 0.0, most))


@kept(4)
def _normal(measures: int) -> Floats:
    """Standard normal draws, (draws, measures), the same for every design."""
    from scipy.special import ndtri

    return ndtri(sobol(measures, DRAWS, 8).T)


def _points(values: Floats, ahead: Predicted, paid: list[PaidMeasure]) -> Floats:
    """Points won on each draw, (draws, measures)."""
    return np.column_stack([points(values[:, k], of, float(ahead.last[k])) for k, of in enumerate(paid)])


def _gates(values: Floats, paid: list[PaidMeasure]) -> Floats:
    """Whether every gate is passed on each draw, (draws,), 0 or 1."""
    return np.all([passes_gate(values[:, k], of) for k, of in enumerate(paid)], axis=0).astype(float)


def _of(k: int, name: str, ahead: Predicted, wanted: Floats, won: Floats, weight: Floats, at_stake: float,
        people: Mapping[str, int], already: float) -> OfMeasure:  # fmt: skip
    money = at_stake * weight[k] * won[:, :, k]
    better = np.sign(wanted[k] - ahead.value[k])
    return OfMeasure(
        name, people.get(name, 0), float(ahead.value[k]), float(ahead.sd[k]), float(ahead.last[k]), float(wanted[k]),
        TOLD * float(ahead.change_sd[k]), float(weight[k]), float(money[UNCHANGED].mean()), float(money[UNCHANGED].std()),
        float(money[MET].mean()), float(np.mean(won[UNCHANGED, :, k] >= HALF)), float(np.mean(won[MET, :, k] < HALF)),
        _free(float(better * (ahead.value[k] - ahead.last[k])), float(ahead.sd[k])), already, ahead.moved.get(name, ""),
    )  # fmt: skip


def _free(gain: float, by_chance: float) -> float:
    """What comes back by itself, unless a year moves by as much by chance."""
    return gain if gain > by_chance else 0.0


@dataclass(frozen=True, eq=False)
class Proposal:
    """Measures, weights and scales that give the most signal per pound, why each other measure is out, and what they do."""

    terms: Outcomes
    considered: tuple[Considered, ...]
    signing: Signing | None


@kept(4)
def proposal(result: ContractResult) -> Proposal:
    """What the measures that the data set counts, and those supplied as figures, suggest for the share that is at stake;
    nothing is paid on where none is fit."""
    ahead, terms = considered_ahead(result), result.design.outcomes
    found = proposed(ahead, candidates(result), terms.worthwhile, terms.withhold)
    chosen = with_measures(terms, found)
    people = {name: of.people for name, of in candidates(result).items()}
    money = terms.withhold * result.price.payment
    paid = of_terms(_paid_for(ahead, chosen), chosen, money, people, most_of(result)) if found.paid else None
    return Proposal(chosen, found.considered + _not_considered(result), paid)


def _not_considered(result: ContractResult) -> tuple[Considered, ...]:
    """Measures with figures of which the file doesn't say how sure they are."""
    given, known, year = added(result.dataset), entries(result.dataset), result.basis.years[-1]
    names = [
        name for name in given.measures_with_figures if name not in considered_ahead(result).names and name in known
    ]
    return tuple(
        unknown_spread(name, given.value(name, year), given.people(name, year), _no_spread(result, name))
        for name in names
    )


def _no_spread(result: ContractResult, name: str) -> str:
    given = added(result.dataset)
    there = any((name, year) in given.by_year for year in years_before(result))
    return NO_SPREAD[entries(result.dataset)[name].kind if there else ""]


@kept(4)
def considered_ahead(result: ContractResult) -> Predicted:
    """Every measure that may be paid on: those that the data set counts, and those whose figures say how sure they are."""
    counted, given = ahead_of(result), added(result.dataset)
    names = [name for name in given.measures_with_figures if name not in counted.names]
    return joined(counted, figures_ahead(given, entries(result.dataset), names, result.basis.years))


def candidates(result: ContractResult) -> dict[str, Candidate]:
    """What the library says of each measure that may be paid on; where it says nothing, what the contract itself does."""
    names, known = considered_ahead(result).names, entries(result.dataset)
    people = people_considered(result)
    year = result.dataset.meta.year_name(result.basis.years[-1])
    found = {name: _candidate(known[name], people[name], year) for name in names if name in known}
    own = {name: Candidate(of.lower_is_better, max(of.floor, of.target) <= 1, people[name], _few(people[name], year))
           for name, of in result.design.outcomes.measures.items() if name in names and name not in found}  # fmt: skip
    return found | own


def people_considered(result: ContractResult) -> dict[str, int]:
    """How many people of the last base year stand behind each measure that may be paid on."""
    year, counted = result.basis.years[-1], ahead_of(result).names
    supplied = [name for name in considered_ahead(result).names if name not in counted]
    figures = {name: added(result.dataset).people(name, year) for name in supplied}
    return measured_people_of(result, counted, year) | figures


def _candidate(of: Measure, people: int, year: str) -> Candidate:
    barred = "the library has it to watch, not to pay on" if of.status == "watch" else _few(people, year)
    return Candidate(of.direction == "low", of.kind == "share", people, barred)


def _few(people: int, year: str) -> str:
    if not people:
        return f"no data in {year}, the last base year"
    return "" if may_show_mean(people) else "so few people are counted that it could point at them"


def measured_people_of(result: ContractResult, names: Sequence[str], year: int) -> dict[str, int]:
    """How many members of a year each measure of the data set is counted for."""
    now = paid_measures(result.dataset, result.cohort)[(result.cohort.members["year"] == year).to_numpy()]
    return {name: int((now[(name, "denominator")] > 0).sum()) for name in names}
