"""A paid measure by practice or locality: whether places differ by more than chance, and what is left of it for paying.

Each place's value is adjusted for age, sex and deprivation: observed over expected at the rates by cell of all members of the
year, times the share of all where the measure is a share. Source: measures reference, section 4; the interval of τ²:
Paule and Mandel (1982); Viechtbauer, Statistics in Medicine 26 (2007), by the Q profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtri

from capitation.cohort.members import Cohort
from capitation.contract import ContractResult
from capitation.dataset import LinkedDataset
from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.outcomes import funnel as limits_of
from capitation.outcomes.counted import CELL, PARTS, SQUARES, Measured, counted, shown
from capitation.outcomes.library import Measure, computable, library
from capitation.outcomes.reliability import TO_PAY, reliability, size_for

PLACES = ("practice", "locality")  # the first by which the members are in enough places
UNITS = {"practice": "practices", "locality": "localities"}
FEWEST_PLACES = 5  # fewer tell nothing of how places differ
HALVINGS, WIDEST = 60, 4.0  # of τ², on the scale of the logarithm or arcsine
LEVEL, MANY = 0.95, 1e6


@dataclass(frozen=True, eq=False)
class Places:
    """A measure by place. ``table`` has a row for each place that may be shown: place, people (to the nearest 5), size, value,
    chance and spread (-1 below, 0 within, 1 above the 99.8 % limits by chance alone, and with what places differ by).

    ``size`` is people or expected events, ``value`` a share or observed over expected, ``centre`` that of all. ``hidden`` places
    stand for too few people. ``tau`` is the standard deviation between places' true values on the scale of the arcsine or
    logarithm, with 95 % limits (``spread`` is what widens the limits: of values cut off at the tenth and ninetieth centile, so
    smaller). ``uneven`` is how much more chance moves these sums than if each event came by itself.
    """

    measure: Measure
    by: str
    year: int
    is_share: bool
    centre: float
    table: pd.DataFrame = field(repr=False)
    hidden: int
    spread: limits_of.Spread
    tau: tuple[float, float, float]
    uneven: float

    def limits(self, size: Floats, level: float, with_spread: bool) -> limits_of.Limits:
        """Limits at some sizes."""
        size = size / self.uneven
        if self.is_share:
            if with_spread:
                return limits_of.proportion_limits_with_tau2(self.centre, size, self.spread.tau2, level)
            return limits_of.proportion_limits(self.centre, size, level)
        if with_spread:
            return limits_of.ratio_limits_with_tau2(size, self.spread.tau2, level)
        return limits_of.ratio_limits(size, level)

    @property
    def verdict(self) -> limits_of.Verdict:
        """What the limits with room for what places differ by say."""
        return limits_of.verdict(self.table["spread"].to_numpy())

    @property
    def by_chance(self) -> limits_of.Verdict:
        """What the limits by chance alone say; over 10 % outside makes the model suspect."""
        return limits_of.verdict(self.table["chance"].to_numpy())

    @property
    def usual_size(self) -> float:
        """The size of the middle place."""
        return float(self.table["size"].median())

    def half(self, tau: float) -> float:
        """The people (share) or expected events after which half of what is seen is true difference, for a true spread."""
        scale = 4 if self.is_share else 1  # variance of the arcsine of a share 1/4n, of the logarithm of a ratio 1/E
        return self.uneven / (scale * tau**2) if tau > 0 else float("inf")

    @property
    def reliability(self) -> tuple[float, float, float]:
        """Of the value of the middle place, 0 to 1: for the true spread and its limits."""
        middle, low, high = (float(reliability(self.usual_size, self.half(tau))) for tau in self.tau)
        return middle, low, high

    @property
    def size_to_pay(self) -> float:
        """People or expected events of a place for a reliability of 0.7; infinite where the true spread is 0."""
        half = self.half(self.tau[0])
        return float(size_for(TO_PAY, half)) if np.isfinite(half) else float("inf")


def paid(result: ContractResult) -> dict[str, Measure]:
    """The paid measures that the library knows, by the outcome's name, the heaviest first."""
    terms = result.design.outcomes.measures
    entries = _entries(result.dataset)
    known = sorted(
        (name for name, of in terms.items() if of.weight > 0 and name in entries), key=lambda n: -terms[n].weight
    )
    return {name: entries[name] for name in known}


def places(result: ContractResult, name: str) -> Places | None:
    """A measure, by its outcome's name, by place in the latest year that counts it; None where too few places may be shown."""
    year = result.basis.years[-1] if result.part_year else result.year
    return _by_place(result.dataset, result.cohort, name, year)


@kept(16)
def _by_place(data: LinkedDataset, cohort: Cohort, name: str, year: int) -> Places | None:
    """The same by what decides it alone: no term of an outcome counts the members anew."""
    measure = _entries(data).get(name)
    by = next((place for place in PLACES if _number_of(cohort, place, year) >= FEWEST_PLACES), None)
    if measure is None or by is None or measure.kind not in ("share", "rate"):
        return None
    members: Any = cohort  # its tables are made when first asked for
    return by_place(measure, name, members, by, year)


def by_place(measure: Measure, name: str, members: Measured, by: str, year: int) -> Places | None:
    """A measure of some members by a column of theirs; None where fewer than five places may be shown."""
    table = counted(measure, name, members, [year], (by, *CELL))
    table = table[table[by].notna() & (table["denominator"] > 0)]
    counts = table.groupby(by, observed=True)[list(PARTS)].sum().assign(left_out=0.0, left_out_with_event=0.0)
    safe = shown(measure, counts.reset_index())  # who is left out is not shown by place
    may = safe["people"].notna().to_numpy()
    if int(may.sum()) < FEWEST_PLACES:
        return None
    return _places(
        measure, by, year, _compared(table, by), may, safe["people"], unevenness(table, measure.kind == "share")
    )


@kept(4)
def _entries(data: LinkedDataset) -> dict[str, Measure]:
    """What the library says of each outcome of the data set; of two entries the first."""
    return {source: library()[short] for short, source in reversed(computable(data).items())}


def _number_of(cohort: Cohort, by: str, year: int) -> int:
    members = cohort.members
    return int(members.loc[members["year"] == year, by].nunique()) if by in members.columns else 0


def _compared(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Each place's observed, expected and denominator: the rates by cell of all places times its own people."""
    cells = table.groupby(list(CELL), dropna=False, observed=True)[["numerator", "denominator"]].sum().reset_index()
    rates = cells.assign(rate=cells["numerator"] / cells["denominator"]).drop(columns=["numerator", "denominator"])
    beside = table.merge(rates, how="left", on=list(CELL))
    beside = beside.assign(expected=beside["rate"] * beside["denominator"])
    return beside.groupby(by, observed=True)[["numerator", "expected", "denominator"]].sum()


def unevenness(table: pd.DataFrame, is_share: bool) -> float:
    """How much more chance moves a sum than if each event came by itself: 1, or more where people have several of them.

    Σ(x - rate · n)² over people, with the rate of their cell, over what independent events give: the expected number (rates,
    Poisson) or Σ rate(1 - rate)n (shares, binomial). Of a share that counts each person once it is 1.
    """
    cells = table.groupby(list(CELL), dropna=False, observed=True)[["numerator", "denominator", *SQUARES]].sum()
    rate = cells["numerator"] / cells["denominator"]
    seen = cells["numerator_squares"] - 2 * rate * cells["product"] + rate**2 * cells["denominator_squares"]
    alone = float((rate * (1 - rate if is_share else 1) * cells["denominator"]).sum())
    return max(float(seen.sum()) / alone, 1.0) if alone > 0 else 1.0


def _places(measure: Measure, by: str, year: int, sums: pd.DataFrame, may: NDArray[np.bool_], people: pd.Series,
            uneven: float = 1.0) -> Places:  # fmt: skip
    observed, expected, size = (sums[c].to_numpy(dtype=float) for c in ("numerator", "expected", "denominator"))
    is_share = measure.kind == "share"
    centre = observed.sum() / size.sum() if is_share else 1.0
    value = np.divide(observed, expected, out=np.full(len(sums), np.nan), where=expected > 0) * centre
    value = np.clip(value, 0.0, 1.0) if is_share else value
    size = size if is_share else expected
    alone = size[may] / uneven  # as many independent events or people tell as much
    spread = _spread(value[may], alone, is_share)
    table = pd.DataFrame({"place": sums.index.astype(str), "people": people.to_numpy(), "size": size, "value": value})[
        may
    ]
    tau = _tau(value[may], alone, is_share)
    found = Places(measure, by, year, is_share, float(centre), table, int((~may).sum()), spread, tau, uneven)
    sides = {name: limits_of.outside(table["value"], found.limits(table["size"].to_numpy(), limits_of.ALERT, name == "spread"))
             for name in ("chance", "spread")}  # fmt: skip
    return Places(**{**vars(found), "table": table.assign(**sides).reset_index(drop=True)})


def _spread(value: Floats, size: Floats, is_share: bool) -> limits_of.Spread:
    """How much places differ beyond chance, of values cut off, for the limits."""
    return (limits_of.proportion_spread if is_share else limits_of.ratio_spread)(value * size, size)


def _tau(value: Floats, size: Floats, is_share: bool) -> tuple[float, float, float]:
    """τ and its limits by the Q profile: the τ² at which Σ w(y - ȳ)² is as large as it is on average, and in 2.5 and 97.5 of 100 cases."""
    y = np.arcsin(np.sqrt(value)) if is_share else np.log(np.maximum(value, limits_of.HALF_AN_EVENT / size))
    error, more = 1 / (4 * size) if is_share else 1 / size, len(y) - 1
    tail = (1 - LEVEL) / 2
    wanted = (float(more), float(chdtri(more, tail)), float(chdtri(more, 1 - tail)))
    middle, low, high = (float(np.sqrt(_profile(y, error, q))) for q in wanted)
    return middle, low, high


def _profile(y: Floats, error: Floats, wanted: float) -> float:
    """The τ² at which Q comes down to a value, by halving; 0 where it is below from the start."""
    low, high = 0.0, WIDEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _q(y, error + middle) > wanted else (low, middle)
    return low if _q(y, error) > wanted else 0.0


def _q(y: Floats, variance: Floats) -> float:
    weight = 1 / variance
    return float(weight @ (y - weight @ y / weight.sum()) ** 2)


def verdict_words(found: Places) -> str:
    """Whether places differ by more than chance, by name where they may be named, in one sentence."""
    unit, said = UNITS[found.by], found.by_chance
    if said.outside == 0:
        return f"None of {said.places} {unit} lies outside the 99.8 % limits{_together(found)}"
    out = f"{said.outside} of {said.places} {unit} {'lies' if said.outside == 1 else 'lie'} outside the 99.8 % limits"
    if not said.suspect_the_model:
        return f"{out}: {_named(found.table, 'chance')}"
    names = _named(found.table, "spread")
    beyond = f"beyond what {unit} usually differ by: {names}" if names else f"none is unusual among {unit} that differ"
    return f"{out} of chance, so many that the model is to be suspected; {beyond}"


def _together(found: Places) -> str:
    """What no place outside the limits means: little where the spread may still be one that is fit to pay on."""
    unit, (_, low, high) = UNITS[found.by], found.tau
    if low > 0:
        return f", but the {unit} together differ by more than chance explains"
    if found.reliability[2] >= TO_PAY:
        return f", but {len(found.table)} {unit} of this size can’t tell whether they differ: the true spread may be {high:.3f}"
    return ": they differ no more than chance explains"


def _named(table: pd.DataFrame, column: str) -> str:
    out = table[table[column] != 0]
    return ", ".join(f"{r['place']} ({'above' if r[column] > 0 else 'below'})" for r in out.to_dict("records"))


def reliability_words(found: Places) -> str:
    """What part of what is seen at this level is true difference, and the size at which it may be paid on."""
    unit = "people counted" if found.is_share else "expected events"
    middle, low, high = found.reliability
    here = (
        f"reliability {middle:.2f} ({low:.2f} to {high:.2f}) at a {found.by} of {_rounded(found.usual_size):,} {unit}"
    )
    if not np.isfinite(found.size_to_pay):
        return f"{here}; the best estimate of the true spread is none, so that no size can be named for {TO_PAY:g}, the rule for paying"
    need = f"{found.size_to_pay:,.0f}" if found.size_to_pay < MANY else "over a million"
    return f"{here}; {TO_PAY:g}, the rule for paying, takes about {need}"


def _rounded(size: float) -> int:
    return int(5 * round(size / 5)) if size >= SMALLEST_SHOWN else round(size)


def all_paid(result: ContractResult) -> Sequence[Places]:
    """Every paid measure that may be shown by place, the heaviest first."""
    found = (places(result, name) for name in paid(result))
    return tuple(one for one in found if one is not None)
