"""Person-years that stay in the engine: what is asked of them is worked out there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd

from capitation.dataset import exposure
from capitation.dataset.engine import EXACT, Rows, distinct, fetch, held, with_categories
from capitation.dataset.linked_dataset import NEED, Chosen, Steps
from capitation.dataset.selection import Condition, predicates
from capitation.dataset.some_people import SomePeople
from capitation.dataset.summary import AGE_BAND, Summary, in_engine, merged

TEXTS = ("person_id", "sex", "locality", "practice", "group")
NUMBERS = {"exposure": "float64", "age": "float64", "prior_spend": "float64", "deprivation": "float64"}

PARTS = ("denominator", "numerator")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class InEngine:
    """``person_years``, ``spend`` (person_id, year, line, amount), ``needs`` and ``outcomes`` as Ibis tables.

    ``lines`` are the pairs of service and provider, ``parts`` of measure and numerator or denominator, that rows
    brought out have a column for; ``markers`` are the needs, looked
    up for the rows that are asked for. ``groups`` are the people, so many at a time.
    """

    person_years: Rows = field(repr=False)
    spend: Rows = field(repr=False)
    needs: Rows = field(repr=False)
    outcomes: Rows = field(repr=False)
    lines: Pairs
    parts: Pairs
    markers: tuple[str, ...]
    groups: tuple[SomePeople, ...] = (SomePeople(),)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the person-years table."""
        return (*self.person_years.columns, *(NEED + marker for marker in self.markers))

    def values(self, column: str) -> list[Any]:
        """The values of a column, each once, sorted."""
        return distinct(self.person_years, column)

    def left_after(self, steps: Steps) -> pd.DataFrame:
        """People left by year after each step."""
        rows = self._with_needs_of([condition for conditions in steps for condition in conditions])
        counts: dict[str, Rows] = {}
        so_far: list[Condition] = []
        for place, conditions in enumerate(steps):
            so_far = [*so_far, *conditions]
            counts[str(place)] = rows.count(where=ibis.and_(*predicates(rows, so_far)))
        found = fetch(rows.group_by("year").agg(**counts).order_by("year")).to_pandas().set_index("year")
        return found.astype("int64").set_axis(range(len(steps)), axis=1)

    def by_age(self, year: int) -> pd.DataFrame:
        """Everybody in a year by age band."""
        rows = self.person_years.filter(self.person_years.year == year)
        banded = rows.select("exposure", age=((rows.age / AGE_BAND).floor() * AGE_BAND).cast("int64"))
        counted = banded.group_by("age").agg(people=banded.count(), exposure=banded.exposure.sum())
        return fetch(counted.order_by("age")).to_pandas().set_index("age")

    def chosen(self, conditions: Sequence[Condition]) -> Chosen:
        """The person-years that meet every condition, with their costs by line and their outcomes."""
        rows = self._meeting(conditions)
        place = ibis.row_number().over(order_by=[rows.year, rows.person_id])
        rows = held(rows.mutate(row=place))
        people = _person_years(rows, self.needs, self.markers)
        costs = _wide(_costs(rows, self.spend, self.lines), ["service", "provider"], self.lines, len(people))
        measures = _wide(_measures(rows, self.outcomes), ["measure", "part"], self.parts, len(people))
        return Chosen(people, costs, measures)

    def summary(self, conditions: Sequence[Condition], services: Sequence[str] = ()) -> Summary:
        """The cells and atoms of their cost on some services, summed where the rows are."""
        lines = [number for number, (service, _) in enumerate(self.lines) if service in services]
        spend = self.spend.filter(self.spend.line.isin(lines)) if services else self.spend
        return merged([self._summary_of(some, conditions, spend) for some in self.groups])

    def _summary_of(self, some: SomePeople, conditions: Sequence[Condition], spend: Rows) -> Summary:
        rows = some.of(self._meeting(conditions))
        spend = some.of(spend).semi_join(rows.select(*exposure.KEY), exposure.KEY)
        totals = spend.group_by(exposure.KEY).agg(cost=spend.amount.cast(EXACT).sum().cast("float64"))
        with_cost = rows.left_join(totals, exposure.KEY)
        return in_engine(with_cost.mutate(cost=with_cost.cost.fill_null(0.0)), fetch)

    def _meeting(self, conditions: Sequence[Condition]) -> Rows:
        rows = self._with_needs_of(conditions)
        met = rows.filter(predicates(rows, conditions)) if conditions else rows
        return met.select(*self.person_years.columns)

    def _with_needs_of(self, conditions: Sequence[Condition]) -> Rows:
        """The person-years with the columns of need that the conditions ask for."""
        asked = {condition.column for condition in conditions}
        return exposure.with_needs(self.person_years, self.needs, [m for m in self.markers if NEED + m in asked])


def _person_years(rows: Rows, needs: Rows, markers: Sequence[str]) -> pd.DataFrame:
    found = with_categories(fetch(rows.order_by("row").drop("row", "index_date")), TEXTS)
    by_marker = _by_name(exposure.latest_needs(rows, needs), "marker") if markers else {}
    columns = {NEED + marker: _placed(by_marker.get(marker), len(found), np.nan) for marker in markers}
    return found.astype({"year": "int16", **NUMBERS}).assign(**columns)


def _wide(by_pair: Mapping[Any, pd.DataFrame], keys: list[str], pairs: Pairs, length: int) -> pd.DataFrame:
    """Long rows (row, value) of each pair of keys as one column per pair; 0 where there is none."""
    columns = [_placed(by_pair.get(pair), length) for pair in pairs]
    wide = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(length))
    return wide.set_axis(pd.MultiIndex.from_tuples(pairs, names=keys), axis=1)


def _placed(part: pd.DataFrame | None, length: int, default: float = 0.0) -> np.ndarray:
    column = np.full(length, default)
    if part is not None:
        column[part["row"].to_numpy(dtype="int64")] = part["value"].to_numpy(dtype="float64")
    return column


def _costs(rows: Rows, spend: Rows, lines: Pairs) -> dict[tuple[str, str], pd.DataFrame]:
    long = rows.select("row", *exposure.KEY).inner_join(spend, exposure.KEY)
    found = fetch(long.select("row", "line", value=long.amount)).to_pandas()
    return {lines[int(number)]: part for number, part in found.groupby("line")}


def _measures(rows: Rows, outcomes: Rows) -> dict[tuple[str, str], pd.DataFrame]:
    long = rows.select("row", *exposure.KEY).inner_join(outcomes, exposure.KEY)
    by_measure = _by_name(long.select("row", "measure", *PARTS), "measure")
    return {
        (measure, part): found[["row", part]].set_axis(["row", "value"], axis=1)
        for measure, found in by_measure.items()
        for part in PARTS
    }


def _by_name(long: Rows, name: str) -> dict[str, pd.DataFrame]:
    """Long rows apart by a column of names, which are kept as numbers on the way: they are many."""
    found = with_categories(fetch(long), (name,))
    return {str(one): part for one, part in found.groupby(name, observed=True)}
