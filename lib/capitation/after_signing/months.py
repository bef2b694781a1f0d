"""Measures of the members month by month, with limits from a baseline that is over before the contract begins.

The baseline are the last 12 to 20 points before the contract year. It is fixed by that year: a later month, or ten, moves no
limit. Records that come late are completed as the price completes them; a month of which too little is there is left out.
Source: measures reference, section 4; baseline of 12 to 20 points: NHS England, Making Data Count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from capitation.cohort.members import Cohort
from capitation.contract import ContractResult
from capitation.dataset import LinkedDataset
from capitation.dataset.by_month import DAYS, DEATHS, Month, months_of
from capitation.dataset.disclosure import LARGEST_HIDDEN, dominated, may_show_mean
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.outcomes.control_chart import FEWEST, MOST, Chart, xmr
from capitation.outcomes.control_words import Assurance, Variation, assurance, variation, verdict
from capitation.outcomes.library import Measure, library
from capitation.price.late_records import share_recorded

PER, DAYS_OF_MONTH = 1_000, 365.25 / 12  # members, and days of a month of average length
MONTHS_OF_YEAR, QUARTER = 12, 3
ENOUGH = 0.9  # of a month's records: with fewer it is left out (judgement)
OF_DEATHS = "P04"  # the library's measure of deaths, which the register gives
NAN = float("nan")
YEARLY = "Yearly figures make no control chart: that takes 12 months or quarters before the contract."


@dataclass(frozen=True, eq=False)
class Series:
    """One measure, a point a month or quarter from the first of its baseline; arrays have shape (points,).

    Values are per 1,000 members and month of average length. ``completed`` marks points raised for records to come, ``left_out``
    names months of which too little is there. ``baseline`` is how many points it has; ``target`` the contract's, in the same
    unit, NaN where it has none.
    """

    measure: Measure
    period: str
    names: tuple[str, ...]
    chart: Chart = field(repr=False)
    baseline: int
    completed: tuple[bool, ...]
    left_out: tuple[str, ...]
    target: float

    @property
    def higher_is_better(self) -> bool:
        """The direction that is wanted."""
        return self.measure.direction == "high"

    @property
    def goal(self) -> float | None:
        """The contract's target, where it has one."""
        return None if np.isnan(self.target) else self.target

    @property
    def variation(self) -> Variation:
        """The variation icon, in words."""
        return variation(self.chart, self.higher_is_better)

    @property
    def assurance(self) -> Assurance | None:
        """The assurance icon, in words; None without a target."""
        return None if self.goal is None else assurance(self.chart, self.goal, self.higher_is_better)

    @property
    def verdict(self) -> str:
        """One sentence: whether there is change beyond chance, and where the target lies."""
        return verdict(self.chart, self.goal, self.higher_is_better, "{:.3g}".format, self.period)

    @property
    def first_flagged(self) -> str | None:
        """The first point after the baseline that a rule marks."""
        after = [n for n in np.flatnonzero(self.chart.flagged) if n >= self.baseline]
        return self.names[after[0]] if after else None


@dataclass(frozen=True, eq=False)
class Counts:
    """What is counted of one thing by month, shape (months,): amount, people, the most of one person."""

    amount: Floats
    people: Floats
    largest: Floats

    @property
    def may_show(self) -> bool:
        """Whether every month is of nobody or of 8 people or more, none of them with most of it."""
        few = (self.people > 0) & (self.people <= LARGEST_HIDDEN)
        second = np.minimum(self.largest, self.amount - self.largest)
        one = [dominated(a, b, c) for a, b, c in zip(self.largest, second, self.amount, strict=True) if c > 0]
        return not few.any() and not any(one)

    def by_quarter(self) -> "Counts":
        """Three months at a time. For deaths only: nobody is in two of them."""
        parts = [of.reshape(-1, QUARTER) for of in (self.amount, self.people, self.largest)]
        return Counts(parts[0].sum(axis=1), parts[1].sum(axis=1), parts[2].max(axis=1))


@kept(4)
def followed(result: ContractResult) -> tuple[Series, ...]:
    """Every measure of the library that the data set gives by month and that may be shown, in the library's order."""
    if result.dataset.meta.grain == "year":
        return ()
    found = _followed(result.dataset, result.cohort, result.year)
    return tuple(replace(series, target=_target(result, series.measure)) for series in found)


@kept(4)
def _followed(data: LinkedDataset, cohort: Cohort, year: int) -> tuple[Series, ...]:
    """The same without targets, by what decides it alone: no term of an outcome counts the members anew."""
    months = _months(data, year)
    table = data.held.by_month(cohort.conditions, months[0].name, months[-1].name)
    found = (_series(data, year, library()[short], what, table, months) for short, what in followable(data).items())
    return tuple(series for series in found if series is not None)


def followable(data: LinkedDataset) -> dict[str, str]:
    """What gives each measure of the library by month: the code of a service, or deaths."""
    known = data.services
    found: dict[str, str] = {}
    for short, measure in library().items():
        how = measure.computed
        services = (
            [s for s in how.services if s in known.index and known.at[s, "unit"] == how.service_unit] if how else []
        )
        if services and measure.kind == "rate":
            found[short] = services[0]
    return found | {OF_DEATHS: DEATHS}


def _months(data: LinkedDataset, year: int) -> list[Month]:
    """The months up to the end of a year."""
    return [month for month in months_of(data.meta, *data.months) if month.year <= year]


def _counts(table: pd.DataFrame, what: str, months: Sequence[Month]) -> Counts:
    mine = table[table["what"] == what].set_index("month").reindex([m.name for m in months])
    return Counts(*(mine[name].fillna(0.0).to_numpy(dtype=float) for name in ("amount", "people", "largest")))


def _series(
    data: LinkedDataset, year: int, measure: Measure, what: str, table: pd.DataFrame, months: Sequence[Month]
) -> Series | None:
    share = np.array([_recorded(data, what, month) for month in months])
    there = int(np.argmax(share < ENOUGH)) if (share < ENOUGH).any() else len(months)
    days, counts = _counts(table, DAYS, months), _counts(table, what, months)
    if not counts.amount.any() or not all(map(may_show_mean, days.people)):
        return None
    starts = sum(month.year < year for month in months)
    point = partial(_points, measure, share=share)
    if Counts(*(of[:there] for of in (counts.amount, counts.people, counts.largest))).may_show:
        return point(counts, days, months, there, starts, "month")
    if what != DEATHS or len(months) % QUARTER:
        return None
    quarterly = counts.by_quarter()
    return point(quarterly, days.by_quarter(), months, there, starts, "quarter") if quarterly.may_show else None


def _recorded(data: LinkedDataset, what: str, month: Month) -> float:
    """The share of a month's records that the data have; of deaths all."""
    if what == DEATHS:
        return 1.0
    setting = str(data.services["setting"][what])
    return share_recorded(setting, month.name, data.run_off)


def _points(measure: Measure, counts: Counts, days: Counts, months: Sequence[Month], there: int,
            starts: int, period: str, share: Floats) -> Series | None:  # fmt: skip
    """The series from the first point of its baseline; None where fewer than 12 points come before the contract year."""
    each = QUARTER if period == "quarter" else 1
    before, points = starts // each, there // each
    baseline = min(before, points, MOST)
    if baseline < FEWEST:
        return None
    first = before - baseline
    known = share.reshape(-1, each).min(axis=1)
    values = counts.amount / known / days.amount * DAYS_OF_MONTH * PER
    names = tuple(_name(months, n, each) for n in range(len(months) // each))
    shown = slice(first, points)
    left_out = tuple(month.name for month in months[there:])
    completed = tuple(bool(k < 1) for k in known[shown])
    return Series(measure, period, names[shown], xmr(values[shown], baseline), baseline, completed, left_out, NAN)


def _name(months: Sequence[Month], place: int, each: int) -> str:
    """A month by its name, a quarter by its first month."""
    return months[place * each].name


def _target(result: ContractResult, measure: Measure) -> float:
    """The contract's target of a measure, per 1,000 members and month; NaN where none is named."""
    names = measure.computed.outcomes if measure.computed else ()
    paid = [result.design.outcomes.measures[name] for name in names if name in result.design.outcomes.measures]
    return paid[0].target * PER / MONTHS_OF_YEAR if paid else float("nan")


def of(result: ContractResult, short: str) -> Series | None:
    """The series of one measure by its short name; None where the data give none or it may not be shown."""
    return next((series for series in followed(result) if series.measure.id == short), None)


def partners(result: ContractResult, series: Series) -> tuple[Series, ...]:
    """The balancing measures of a series that are followed too."""
    return tuple(found for short in series.measure.balance_ids if (found := of(result, short)) is not None)


def not_followed(series: Series, known: Sequence[Series]) -> tuple[str, ...]:
    """The names of balancing measures that the data don't give by month."""
    there = {one.measure.id for one in known}
    return tuple(library()[short].name for short in series.measure.balance_ids if short not in there)


def why_none(result: ContractResult) -> str:
    """Why nothing is followed by month, in a sentence; empty where something is."""
    if result.dataset.meta.grain == "year":
        return YEARLY
    return (
        ""
        if followed(result)
        else "Too few months before the contract year, or too few people, to be followed by month."
    )
