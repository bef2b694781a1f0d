"""Before signing: what is paid for outcomes if nothing changes, if the targets are truly met, and in between.

The values of the contract year are drawn as the years before tell them, with chance in people and what the base years
themselves moved beyond it, and scored by the contract's own terms. Whoever is paid at least half of a measure's points is
taken to be told that it improved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from capitation.cohort.members import Cohort
from capitation.contract import ContractResult, measured_people
from capitation.dataset.disclosure import may_show_mean
from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.sobol import sobol
from capitation.outcomes.chance import Counted, Predicted, predicted
from capitation.outcomes.designer import Candidate, Considered, proposed, with_measures
from capitation.outcomes.library import Measure, added, computable, library, measures_of
from capitation.outcomes.score import passes_gate, performance_part, points
from capitation.outcomes.supplied_chance import joined, predicted_of, told

DRAWS = 4_096
RATHER = ("pay", "report", "watch")
WAY = np.linspace(0.0, 1.25, 11)  # of the way from what is expected to what is wanted
UNCHANGED, MET = 0, 8  # places in it
NO_SPREAD = {
    "": "there is no figure of a base year", "share": "the file gives neither denominator nor n",
    "rate": "the file gives neither denominator nor n", "ratio": "the file gives no denominator",
    "mean": "the file gives no sd with its n",
}  # fmt: skip
HALF = 0.5  # of a measure's points: from there on the verdict is that it improved
POWER = 2.801585  # standard errors that a change has to have to be found in 80 of 100 cases, two-sided at 5 %
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
        return float(np.mean(self._for_points(self.unchanged) >= HALF)) if self.for_points else 0.0

    @property
    def wrongly_low(self) -> float:
        """The chance that with every target truly met less than half of what depends on points is paid."""
        return float(np.mean(self._for_points(self.met) < HALF)) if self.for_points else 0.0

    def _for_points(self, paid: Floats) -> Floats:
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
    ahead = _ahead_of(result.cohort, result.basis.years, years_before(result), result.year)
    if not result.design.outcomes.adjusted:
        return ahead
    before = result.outcome_values(result.basis.years[-1])
    return replace(ahead, last=np.array([before[name] for name in ahead.names]))


def years_before(result: ContractResult) -> tuple[int, ...]:
    """Every year of the data up to the last base year: what moves by itself shows in more years than a price rests on."""
    return tuple(year for year in result.dataset.years if year <= result.basis.years[-1])


@kept(4)
def _ahead_of(cohort: Cohort, base: tuple[int, ...], before: tuple[int, ...], year: int) -> Predicted:
    return predicted(_counted(cohort), base, year=year, earlier=[y for y in before if y < base[0]])


def counted_of(result: ContractResult) -> Counted:
    """The members' numerators and denominators of every outcome measure of the data set."""
    return _counted(result.cohort)


def _counted(cohort: Cohort) -> Counted:
    measures, members = cohort.measures, cohort.members
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
    known = {**entries_of(result), **measures_of(result.dataset)}
    return {name: 1.0 for name, of in known.items() if of.kind == "share"}


@dataclass(frozen=True, eq=False)
class SuppliedAhead:
    """The contract's measures that are supplied as figures: as they are expected, and why others are in no distribution."""

    ahead: Predicted
    not_drawn: Mapping[str, str]


@kept(4)
def supplied_ahead(result: ContractResult) -> SuppliedAhead:
    """What the figures of the base years tell of the contract's supplied measures."""
    here, entries, years = added(result.dataset), measures_of(result.dataset), years_before(result)
    found, not_drawn = {}, {}
    for name in result.supplied_measures:
        figures = [here.by_year[name, year] for year in years if (name, year) in here.by_year]
        kind = entries[name].kind if figures else ""
        of = told(kind, entries[name].per, figures, here.value(name, years[-1])) if figures else None
        if of is None:
            not_drawn[name] = NO_SPREAD[kind]
        else:
            found[name] = of
    return SuppliedAhead(predicted_of(found, {name: here.value(name, years[-1]) for name in found}), not_drawn)


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
    part, weight = _part_for_points(terms), _weights(ahead, terms)
    shares = 1 - part + part * (won @ weight if weight.any() else open_gate)
    already = _points(ahead.value[None, :], ahead, paid)[0]
    rows = tuple(
        _of(k, name, ahead, wanted, won, weight, at_stake * part, people, float(already[k]))
        for k, name in enumerate(ahead.names)
    )
    return Signing(at_stake, at_stake * part, WAY, at_stake * shares, rows, ahead)


def _part_for_points(terms: Outcomes) -> float:
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
        POWER * float(ahead.change_sd[k]), float(weight[k]), float(money[UNCHANGED].mean()), float(money[UNCHANGED].std()),
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
    """What the data set's own measures suggest for the share that is at stake; nothing is paid on where none is fit."""
    ahead, terms = ahead_of(result), result.design.outcomes
    paid, considered = proposed(ahead, candidates(result), terms.worthwhile)
    chosen = with_measures(terms, paid)
    people = measured_people_of(result, ahead.names, result.basis.years[-1])
    money = terms.withhold * result.price.payment
    found = of_terms(_paid_for(ahead, chosen), chosen, money, people, most_of(result)) if paid else None
    return Proposal(chosen, tuple(considered), found)


def candidates(result: ContractResult) -> dict[str, Candidate]:
    """What the library says of each outcome that the data set counts; where it says nothing, what the contract itself does."""
    names = ahead_of(result).names
    people = measured_people_of(result, names, result.basis.years[-1])
    known = entries_of(result)
    found = {name: _candidate(of, people[name]) for name, of in known.items() if name in names}
    own = {name: Candidate(of.lower_is_better, max(of.floor, of.target) <= 1, _few(people[name]))
           for name, of in result.design.outcomes.measures.items() if name in names and name not in found}  # fmt: skip
    return found | own


def entries_of(result: ContractResult) -> dict[str, Measure]:
    """The library's entry of each outcome that the data set counts; of several the one that is rather paid on."""
    entries, found = library(), {}
    for short, source in computable(result.dataset).items():
        if source not in found or RATHER.index(entries[short].status) < RATHER.index(found[source].status):
            found[source] = entries[short]
    return found


def _candidate(of: Measure, people: int) -> Candidate:
    barred = "the library has it to watch, not to pay on" if of.status == "watch" else _few(people)
    return Candidate(of.direction == "low", of.kind == "share", barred)


def _few(people: int) -> str:
    return "" if may_show_mean(people) else "so few people are counted that it could point at them"


def measured_people_of(result: ContractResult, names: Sequence[str], year: int) -> dict[str, int]:
    """How many members of a year each measure of the data set is counted for."""
    now = result.cohort.measures[(result.cohort.members["year"] == year).to_numpy()]
    return {name: int((now[(name, "denominator")] > 0).sum()) for name in names}
