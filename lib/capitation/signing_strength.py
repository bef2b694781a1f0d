"""How strong each paid measure is before signing: its value with limits, what change is found, what of it is real.

Everything is of the cohort's own people of the last base year. Where the members are in enough practices or localities,
reliability is the part of the spread between these that is true; elsewhere it is the part that would be true of a change as
large as one worth paying for, beside what chance alone does to a change. Source: measures reference, section 4.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from capitation.after_signing.places import UNITS, places
from capitation.cohort.members import Cohort
from capitation.contract import ContractResult, measures_hidden, paid_measures
from capitation.dataset import LinkedDataset
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.outcomes.designer import needed
from capitation.outcomes.intervals import Interval, interval_for, two_sided
from capitation.outcomes.library import added
from capitation.outcomes.luck import false_signals
from capitation.outcomes.named import SHARE, entries
from capitation.outcomes.power import ALPHA, TOLD
from capitation.outcomes.reliability import TO_PAY, spearman_brown
from capitation.outcomes.supplied_chance import Figure, size_of, variance
from capitation.signing import OfMeasure, Signing, signing

GROUPS = 400  # of people, drawn together by the bootstrap where there are more: as good, and much faster
SEED = 6
WILSON, BYAR, EXACT, DRAWN, NORMAL = "Wilson", "Byar", "exact", "bootstrap of people", "normal"
NO_INTERVAL = "not known"
EXACT_BELOW = 10  # events, for which the limits are exact
OF_CHANGE = "the cohort’s change"

Members = NDArray[np.int64]


@dataclass(frozen=True)
class Strength:
    """One paid measure; values and changes in the unit that the contract has it in.

    ``value`` with ``low`` and ``high`` is of the last base year, ``limits_by`` the method; ``worthwhile`` the change worth
    paying for, ``found`` the smallest found in 80 of 100 cases and ``power`` the chance that the worthwhile one is; ``people``
    are counted, and ``people_to_find`` what it takes for that power to be 80 %. ``reliability``, 0 to 1, is of ``of_what``
    (practices, localities, or the cohort's change), each of ``size`` ``size_of``; ``size_to_pay`` is what 0.7 takes, infinite
    where no true difference is seen.
    """

    name: str
    people: int
    value: float
    low: float
    high: float
    limits_by: str
    worthwhile: float
    found: float
    power: float
    people_to_find: float
    reliability: float
    of_what: str
    size: float
    size_of: str
    size_to_pay: float


@dataclass(frozen=True, eq=False)
class Together:
    """The paid measures beside each other: ``correlation`` (measures, measures) by chance in people, and what it does.

    ``sd`` is the standard deviation of what is paid with nothing changed, currency, and ``sd_apart`` what it would be if
    measures had nothing in common; ``false_signal`` the chance that at least one is called changed with none changed.
    """

    names: tuple[str, ...]
    correlation: Floats
    sd: float
    sd_apart: float
    false_signal: float

    @property
    def most_alike(self) -> tuple[str, str, float] | None:
        """The two that move together most, either way; None with fewer than two."""
        pairs = [(a, b) for a in range(len(self.names)) for b in range(a)]
        if not pairs:
            return None
        a, b = max(pairs, key=lambda pair: abs(self.correlation[pair]))
        return self.names[b], self.names[a], float(self.correlation[a, b])


def paid_and_shown(result: ContractResult, found: Signing) -> list[OfMeasure]:
    """The measures with weight that may be shown."""
    hidden = set(measures_hidden(result, result.basis.years[-1]))
    return [of for of in found.measures if of.share > 0 and of.name not in hidden]


@kept(4)
def strengths(result: ContractResult) -> tuple[Strength, ...]:
    """Every paid measure that may be shown, as it stands before signing; none where nothing is paid for."""
    found = signing(result)
    return tuple(_strength(result, of) for of in paid_and_shown(result, found)) if found else ()


@kept(4)
def together(result: ContractResult) -> Together | None:
    """The paid measures beside each other; None with fewer than two."""
    found = signing(result)
    shown = [of.name for of in paid_and_shown(result, found)] if found else []
    if found is None or len(shown) < 2:
        return None
    mine = [found.ahead.names.index(name) for name in shown]
    apart = math.sqrt(sum(of.unchanged_sd**2 for of in found.measures))
    false = float(false_signals(len(shown), ALPHA))
    return Together(
        tuple(shown), found.ahead.correlation[np.ix_(mine, mine)], float(found.unchanged.std()), apart, false
    )


def _strength(result: ContractResult, of: OfMeasure) -> Strength:
    limits, by = _interval(result, of.name)
    step = worthwhile_step(result, of)
    reliability, of_what, size, unit, to_pay = _reliability(result, of, step)
    return Strength(
        of.name, of.people, float(limits.value), float(limits.low), float(limits.high), by, step, of.found,
        chance_to_find(step, of.found), needed(of.people, of.found, step), reliability, of_what, size, unit, to_pay,
    )  # fmt: skip


def worthwhile_step(result: ContractResult, of: OfMeasure) -> float:
    """The change worth paying for, as the contract's terms have it: a share of the value."""
    return result.design.outcomes.worthwhile * abs(of.expected)


def chance_to_find(step: float, found: float) -> float:
    """The chance that a change is told from none, two-sided at 5 %, where ``found`` is what is told in 80 of 100 cases.

    Φ(step/sd − 1.96), sd the standard deviation of a change by chance: ``found`` over 2.8016. 0.8 where the two are equal;
    certain where chance moves nothing.
    """
    return float(ndtr(step * TOLD / found - two_sided(1 - ALPHA))) if found > 0 else float(step > 0)


def _interval(result: ContractResult, name: str) -> tuple[Interval, str]:
    """The value of the last base year with the limits that fit, and by what method."""
    year, known = result.basis.years[-1], entries(result.dataset)
    if name in result.supplied_measures:
        figure = added(result.dataset).by_year.get((name, year))
        return _of_figure(known[name].kind, known[name].per, figure) if figure else _unknown(float("nan"))
    kind = known[name].kind if name in known else ""
    return _counted_interval(result.dataset, result.cohort, name, year, kind)


@kept(64)
def _counted_interval(dataset: LinkedDataset, cohort: Cohort, name: str, year: int, kind: str) -> tuple[Interval, str]:
    """The same of what is counted; kept, because no term of the outcomes moves it."""
    here = (cohort.members["year"] == year).to_numpy()
    mine = paid_measures(dataset, cohort)[here]
    top, bottom = (mine[(name, part)].to_numpy(dtype=float) for part in ("numerator", "denominator"))
    return fitting(kind, top, bottom, _in_order(cohort.members.loc[here, "person_id"].to_numpy()))


def fitting(kind: str, numerator: Floats, denominator: Floats, person: Members) -> tuple[Interval, str]:
    """The interval that fits what is counted of each person of a year, and its name.

    A share in which each person counts once: Wilson. A rate of which nobody has more than one event: Byar, exact below ten. All
    else, such as several stays of one person, which are not independent: bootstrap of people.
    """
    mine = denominator > 0
    top, bottom, who = numerator[mine], denominator[mine], person[mine]
    once = len(np.unique(who)) == len(who) and bool(np.isin(top, (0.0, 1.0)).all())
    if kind == SHARE and once and bool((bottom == 1).all()):
        return interval_for("share", top, bottom), WILSON
    if kind == "rate" and once:
        return interval_for("rate", top, bottom), EXACT if top.sum() < EXACT_BELOW else BYAR
    return interval_for("ratio", top, bottom, _in_groups(who), seed=SEED), DRAWN


def _in_order(person: Any) -> Members:
    """People numbered from 0."""
    return np.unique(person, return_inverse=True)[1].astype(np.int64)


def _in_groups(person: Members) -> Members:
    """Who is drawn with whom: each person alone, or where there are many one of some hundred groups at random."""
    who = _in_order(person)
    people = int(who.max(initial=-1)) + 1
    if people <= GROUPS:
        return who
    return np.random.default_rng(SEED).permutation(people)[who] % GROUPS


def _of_figure(kind: str, per: int, figure: Figure) -> tuple[Interval, str]:
    """The limits of a supplied figure by what its file says of how many it rests on; not known where it says nothing."""
    value, size = figure["value"], size_of(kind, figure)
    if math.isnan(variance(kind, per, figure)):
        return _unknown(value)
    if kind == SHARE:
        return interval_for("share", value * size, size), WILSON
    if kind == "mean":
        width = two_sided(1 - ALPHA) * math.sqrt(variance(kind, per, figure))
        return Interval(*(np.asarray(value + way * width) for way in (0, -1, 1))), NORMAL
    events = value * size / per
    return interval_for("rate", events, size, per=per), EXACT if events < EXACT_BELOW else BYAR


def _unknown(value: float) -> tuple[Interval, str]:
    none = np.asarray(np.nan)
    return Interval(np.asarray(value), none, none), NO_INTERVAL


def _reliability(result: ContractResult, of: OfMeasure, step: float) -> tuple[float, str, float, str, float]:
    """Reliability, what it is of, the size of each, in what, and the size that 0.7 takes."""
    found = None if of.name in result.supplied_measures else places(result, of.name)
    if found is None:
        real = of_change(step, of.found)
        return real, OF_CHANGE, of.people, "people", _size_to_pay(of.people, real)
    unit = "people" if found.is_share else "expected events"
    real, _, _ = found.reliability
    return real, UNITS[found.by], found.usual_size, unit, _size_to_pay(found.usual_size, real)


def of_change(step: float, found: float) -> float:
    """What of a change seen would be true, if true changes were as large as ``step`` (one standard deviation): step²/(step² + sd²)."""
    sd = found / TOLD
    return step**2 / (step**2 + sd**2) if step or sd else 0.0


def _size_to_pay(size: float, real: float) -> float:
    if real >= 1:
        return 0.0
    return float(spearman_brown(size, real, TO_PAY)) if real > 0 and size > 0 else math.inf
