"""Before signing: what is paid for outcomes if nothing changes, if the targets are truly met, and in between.

The values of the contract year are drawn as the base years tell them, with chance in people only, and scored by the
contract's own terms. Whoever wins at least half of a measure's points is taken to be told that it improved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

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
    ``free`` what the last base year being worse than usual gives by itself, for the better.
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


@dataclass(frozen=True, eq=False)
class Signing:
    """What depends on outcomes in a year, currency (``at_stake``), and what is paid of it on each of the draws.

    ``paid`` (ways, draws) at each part of the way (``way``) from nothing changed (0) to success (1) and beyond.
    """

    at_stake: float
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
        """The chance that with nothing changed at least half of what is at stake is paid."""
        return float(np.mean(self.unchanged >= HALF * self.at_stake))

    @property
    def wrongly_low(self) -> float:
        """The chance that with every target truly met less than half of what is at stake is paid."""
        return float(np.mean(self.met < HALF * self.at_stake))

    @property
    def for_success(self) -> float:
        """What true success earns beyond what is paid for nothing, on average."""
        return float(self.met.mean() - self.unchanged.mean())


@kept(4)
def ahead_of(result: ContractResult) -> Predicted:
    """Every outcome measure of the data set, as the base years tell it of the contract year."""
    counted = counted_of(result)
    year = result.basis.years[-1] if result.part_year else result.year
    size = counted.denominator[counted.year == year].sum(axis=0)
    return predicted(counted, result.basis.years, size)


def counted_of(result: ContractResult) -> Counted:
    """The members' numerators and denominators of every outcome measure of the data set."""
    measures, members = result.cohort.measures, result.cohort.members
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
    return of_terms(ahead, terms, terms.withhold * result.price.payment, people)


@dataclass(frozen=True, eq=False)
class SuppliedAhead:
    """The contract's measures that are supplied as figures: as they are expected, and why others are in no distribution."""

    ahead: Predicted
    not_drawn: Mapping[str, str]


@kept(4)
def supplied_ahead(result: ContractResult) -> SuppliedAhead:
    """What the figures of the base years tell of the contract's supplied measures."""
    here, entries, years = added(result.dataset), measures_of(result.dataset), result.basis.years
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
    )


def of_terms(ahead: Predicted, terms: Outcomes, at_stake: float, people: dict[str, int]) -> Signing:
    """`signing` from what is expected of the measures, the terms, and what depends on them, in currency."""
    paid = [terms.measures[name] for name in ahead.names]
    wanted = np.array([wanted_value(float(v), of, terms.worthwhile) for v, of in zip(ahead.value, paid, strict=True)])
    drawn = ahead.drawn(_normal(len(paid)))
    won = np.stack([_points(drawn + part * (wanted - ahead.value), ahead, paid) for part in WAY])
    part = max(performance_part(terms, year) for year in range(1, len(terms.phases) + 2))
    weight = np.array([of.weight for of in paid])
    weight = weight / weight.sum() if weight.sum() > 0 else weight
    open_gate = np.stack([_gates(drawn + way * (wanted - ahead.value), paid) for way in WAY])
    shares = 1 - part + part * (won @ weight if weight.any() else np.ones(won.shape[:2])) * open_gate
    rows = tuple(
        _of(k, name, ahead, wanted, won, weight, at_stake * part, people) for k, name in enumerate(ahead.names)
    )
    return Signing(at_stake, WAY, at_stake * shares, rows, ahead)


def wanted_value(expected: float, terms: PaidMeasure, worthwhile: float) -> float:
    """The value that stands for true success: the target, or where that is reached already a worthwhile step beyond."""
    ahead = terms.target < expected if terms.lower_is_better else terms.target > expected
    return terms.target if ahead else expected * (1 - worthwhile if terms.lower_is_better else 1 + worthwhile)


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
        people: dict[str, int]) -> OfMeasure:  # fmt: skip
    money = at_stake * weight[k] * won[:, :, k]
    better = np.sign(wanted[k] - ahead.value[k])
    return OfMeasure(
        name, people.get(name, 0), float(ahead.value[k]), float(ahead.sd[k]), float(ahead.last[k]), float(wanted[k]),
        POWER * float(ahead.change_sd[k]), float(weight[k]), float(money[UNCHANGED].mean()), float(money[UNCHANGED].std()),
        float(money[MET].mean()), float(np.mean(won[UNCHANGED, :, k] >= HALF)), float(np.mean(won[MET, :, k] < HALF)),
        max(float(better * (ahead.value[k] - ahead.last[k])), 0.0),
    )  # fmt: skip


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
    found = of_terms(_paid_for(ahead, chosen), chosen, terms.withhold * result.price.payment, people) if paid else None
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
