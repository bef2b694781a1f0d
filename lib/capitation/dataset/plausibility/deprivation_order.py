"""Fifths of deprivation numbered from the wrong end: need runs the wrong way at equal age and sex.

In England cost and long-term conditions rise with deprivation at every age (Asaria, Doran and Cookson, Journal of
Epidemiology and Community Health 70, 2016; Barnett and others, The Lancet 380, 2012).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.disclosure import may_show_from_squares
from capitation.dataset.engine import Rows
from capitation.dataset.plausibility.evidence import Evidence, in_band, wide_sum
from capitation.dataset.plausibility.price_effect import effect_between
from capitation.dataset.plausibility.wording import NOT_TOLD, Effect, Found, finding
from capitation.dataset.quality.linkage import LEAST_DEPRIVED, MOST_DEPRIVED, Z
from capitation.dataset.quality.records import exact_sum, frame, one_if

CONDITIONS = "conditions"
FIFTHS = 5
LEAST_PEOPLE = 200  # in each fifth
LEAST_IN_CELL = 8  # people of a fifth, age and sex, for a spread to be measured
BEYOND_CHANCE, NOT_CHANCE = 4.0, 2.0  # standard errors of a slope: sure that it is wrong; likely that it is right
MOST_CONDITIONS = 1000  # more are a slip of the pen, and squared too large for a sum
_BY = ["fifth", "band", "sex"]


@dataclass(frozen=True)
class Slope:
    """Change from one fifth to the next less deprived one at equal age and sex, in standard errors."""

    by_fifth: pd.Series
    in_errors: float


def reversed_deprivation(evidence: Evidence) -> list[Found]:
    """Cost or conditions that fall with deprivation beyond chance, while neither rises beyond chance."""
    sums = sums_of(evidence)
    if not enough(sums):
        return []
    cost = _slope(sums, "cost", "cost_squares")
    need = _slope(sums[sums["told"] > 0], "need", "need_squares") if sums["told"].sum() else None
    errors = [slope.in_errors for slope in (cost, need) if slope is not None]
    if max(errors) < BEYOND_CHANCE or min(errors) < -NOT_CHANCE:
        return []
    return [finding("people", "deprivation", _words(cost, need), "1 for the most deprived fifth, 5 for the least",
                    _effect(evidence, sums))]  # fmt: skip


def _words(cost: Slope, need: Slope | None) -> str:
    wrong = [name for name, slope in (("cost", cost), ("conditions", need))
             if slope is not None and slope.in_errors > 0]  # fmt: skip
    verb = "runs" if wrong == ["cost"] else "run"
    return f"{' and '.join(wrong)} {verb} the wrong way at equal age and sex: least in fifth 1, as if 1 were 5"


def _effect(evidence: Evidence, sums: pd.DataFrame) -> Effect:
    """The price at equal age and sex in the fifth called most deprived, which is the least deprived one's."""
    if not all(_may_show(sums[sums["fifth"] == fifth]) for fifth in (MOST_DEPRIVED, LEAST_DEPRIVED)):
        return NOT_TOLD
    found = _standardised(sums, "cost", "cost_squares", "exposure")
    if found.empty:
        return NOT_TOLD
    recorded, right = (float(found["mean"][fifth]) for fifth in (MOST_DEPRIVED, LEAST_DEPRIVED))
    error = math.sqrt(found["variance"][MOST_DEPRIVED] + found["variance"][LEAST_DEPRIVED])
    place, stays = "in the most deprived fifth, at equal age and sex,", "the price of all people stays"
    if abs(recorded - right) < Z * error:
        return Effect(f"{place} unknown: the 95 % interval of the difference holds 0; {stays}")
    told = effect_between(evidence, [_last_whole_year(evidence)], recorded, right, error)
    return Effect(f"{place} {told.words}; {stays}", told.gap)


def _may_show(sums: pd.DataFrame) -> bool:
    people, cost, squares = (float(sums[name].sum()) for name in ("people", "cost", "cost_squares"))
    return may_show_from_squares(int(people), cost, squares)


def sums_of(evidence: Evidence) -> pd.DataFrame:
    """By fifth, band of ages and sex, in the last year whose months are all there: people, person-years, cost, need."""
    year = _last_whole_year(evidence)
    people = evidence.eligible.filter((evidence.eligible.year == year) & evidence.eligible.deprivation.notnull())
    people = people.mutate(band=in_band(people.age), fifth=people.deprivation)
    spend = evidence.spend.filter(evidence.spend.year == year)
    cost = spend.group_by("person_id").agg(cost=exact_sum(spend.amount))
    rows = people.left_join(cost, "person_id").select("person_id", *_BY, "exposure", "cost")
    rows = rows.left_join(_need(evidence, people), "person_id").select(*_BY, "exposure", "cost", "need")
    rows = rows.mutate(cost=rows.cost.fill_null(0.0), told=one_if(rows.need.notnull()))
    return frame(rows.group_by(_BY).agg(
        people=rows.count(), exposure=exact_sum(rows.exposure),
        cost=wide_sum(rows.cost), cost_squares=wide_sum(rows.cost * rows.cost),
        told=rows.told.sum(), need=wide_sum(rows.need), need_squares=wide_sum(rows.need * rows.need),
    ))  # fmt: skip


def _need(evidence: Evidence, people: Rows) -> Rows:
    """Each person's number of conditions, the latest known on the index date."""
    needs = evidence.tables["needs"]
    known = people.select("person_id", "index_date", row="person_id").inner_join(
        needs.filter(needs.marker == CONDITIONS), "person_id"
    )
    known = known.filter(known.as_at <= known.index_date)
    latest = known.group_by("person_id").agg(as_at=known.as_at.max())
    found = known.inner_join(latest, ["person_id", "as_at"])
    return found.group_by("person_id").agg(need=found.value.max().clip(0, MOST_CONDITIONS))


def _last_whole_year(evidence: Evidence) -> int:
    meta, window = evidence.meta, evidence.window
    whole = [y for y in evidence.years if window.start <= meta.year_start(y) and meta.year_start(y + 1) <= window.end]
    return whole[-1] if whole else evidence.years[-1]


def enough(sums: pd.DataFrame) -> bool:
    """Whether each fifth has people enough."""
    people = sums.groupby("fifth")["people"].sum()
    return len(people) == FIFTHS and int(people.min()) >= LEAST_PEOPLE


def _slope(sums: pd.DataFrame, value: str, squares: str) -> Slope:
    """The slope over the fifths of standardised means."""
    found = _standardised(sums, value, squares, "people")
    if found.empty:
        return Slope(pd.Series(dtype="float64"), 0.0)
    place = np.arange(FIFTHS) - (FIFTHS - 1) / 2
    spread = float(np.sqrt((place**2 * found["variance"].to_numpy()).sum()))
    return Slope(found["mean"], float((place * found["mean"].to_numpy()).sum()) / spread if spread else 0.0)


def _standardised(sums: pd.DataFrame, value: str, squares: str, per: str) -> pd.DataFrame:
    """By fifth: directly standardised mean ``per`` person or exposure, each cell weighing as in the whole population,
    and the variance of that mean. Empty where no cell has all fifths."""
    cells = sums[sums["people"] >= LEAST_IN_CELL]
    cells = cells[cells.groupby(["band", "sex"])["fifth"].transform("nunique") == FIFTHS]
    weight = cells.groupby(["band", "sex"])[per].transform("sum") / cells[per].sum()
    mean = cells[value] / cells["people"]
    variance = (cells[squares] / cells["people"] - mean**2).clip(lower=0) / (cells["people"] - 1)
    each = cells["people"] / cells[per]
    found = pd.DataFrame({"mean": weight * mean * each, "variance": (weight * each) ** 2 * variance})
    return found.groupby(cells["fifth"]).sum()
