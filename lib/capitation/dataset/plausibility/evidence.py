"""What the findings are drawn from: sums over people, made once in the engine, and the price of a person-year.

No row of a person leaves the engine: what comes out are sums by month, service, provider and locality, and by year,
age, sex, locality and fifth.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import ibis
import pandas as pd

from capitation.dataset import exposure
from capitation.dataset.engine import WIDE, Rows, Tables, distinct, held
from capitation.dataset.exposure import Window
from capitation.dataset.meta import Meta, next_month
from capitation.dataset.plausibility.wording import listed
from capitation.dataset.quality.records import (
    exact_sum,
    frame,
    may_show_amounts,
    month_number,
    one_if,
    with_setting,
    year_of,
)

AGES = (18, 45, 65, 75, 85)  # where a band of ages begins
CELL = ["year", "month", "service", "setting", "provider", "locality"]
PLACE = ["year", "locality", "band"]
LOGS = ("positive", "logs", "squares")
DEAR_LOGS = ("costed", "dear_logs", "dear_squares")
_PLAIN = ["year", "service", "setting", "provider", "locality", "amount"]
_PLACES = 9  # of logarithms: their sums depend on the order of the rows beyond


@dataclass(frozen=True)
class Evidence:
    """A data set's sums, each worked out when first asked for. ``put_right`` names faults that were there and no
    longer are, so that the effect of another one is not theirs too."""

    meta: Meta
    tables: Tables = field(repr=False)
    put_right: tuple[str, ...] = ()
    _shown: dict[tuple[int, ...], bool] = field(default_factory=dict, repr=False, compare=False)

    @property
    def as_found(self) -> str:
        """How the data stand: as recorded, or with what put right."""
        return f"with {listed(self.put_right)} put right" if self.put_right else "as recorded"

    def with_spend(self, spend: Rows, put_right: str) -> "Evidence":
        """The same with other spend, in which a fault is put right."""
        tables = {**self.tables, "spend": held(spend.select(*self.tables["spend"].columns))}
        return Evidence(self.meta, tables, (*self.put_right, put_right))

    @cached_property
    def spend(self) -> Rows:
        """Spend with its year."""
        return year_of(self.meta, self.tables["spend"])

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The years with spend, in order."""
        return tuple(int(year) for year in distinct(self.spend, "year"))

    @cached_property
    def window(self) -> Window:
        """The days that the spend covers."""
        if self.meta.grain == "year":
            return Window(self.meta.year_start(self.years[0]), self.meta.year_start(self.years[-1] + 1))
        spend = self.tables["spend"]
        ends = frame(spend.aggregate(first=spend.month.min(), last=spend.month.max())).iloc[0]
        first, last = (pd.Timestamp(day).date() for day in ends)
        return Window(first, next_month(last))

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Spend by year, month (number; the year itself where there are no months), service, setting, provider and
        locality: rows, amount, largest, below (rows under 0), and number, sum and sum of squares of the logarithms
        of the amounts above 0 and of their ratios to units × unit cost."""
        people = self.tables["people"]
        place = people.group_by("person_id").agg(locality=people.locality.max())
        rows = with_setting(self.spend, self.tables).left_join(place, "person_id")
        rows = rows.left_join(self.tables["unit_costs"].select("year", "service", "unit_cost"), ["year", "service"])
        month = month_number(rows.month) if self.meta.grain == "month" else rows.year
        costed = rows.units.fill_null(0.0) * rows.unit_cost.fill_null(0.0)
        rows = rows.select(*_PLAIN, month=month, log=_log(rows.amount), dear=_log(rows.amount) - _log(costed))
        sums = rows.group_by(CELL).agg(
            rows=rows.count(), amount=exact_sum(rows.amount), largest=rows.amount.max(),
            below=one_if(rows.amount < 0).sum(), **_of_logs(rows.log, LOGS), **_of_logs(rows.dear, DEAR_LOGS),
        )  # fmt: skip
        places = dict.fromkeys([*LOGS[1:], *DEAR_LOGS[1:]], _PLACES)
        return frame(sums).sort_values(CELL, ignore_index=True).round(places)

    @cached_property
    def eligible(self) -> Rows:
        """People by year, held in the engine: exposure, age, sex, locality, deprivation, index date."""
        return held(exposure.eligible_years(self.meta, self.tables, self.years, self.window))

    @cached_property
    def person_years(self) -> pd.DataFrame:
        """Columns: year, locality, band (of ages), people, exposure (person-years)."""
        rows = self.eligible.mutate(band=in_band(self.eligible.age))
        sums = rows.group_by(PLACE).agg(people=rows.count(), exposure=exact_sum(rows.exposure))
        return frame(sums).sort_values(PLACE, ignore_index=True)

    @cached_property
    def users(self) -> pd.DataFrame:
        """People with spend, by year, locality, band of ages, service and setting: people, amount, squares (of amounts)."""
        spend = self.spend.group_by(["person_id", "year", "service"]).agg(amount=exact_sum(self.spend.amount))
        people = self.eligible.select("person_id", "year", "locality", band=in_band(self.eligible.age))
        rows = with_setting(spend.inner_join(people, ["person_id", "year"]), self.tables)
        by = [*PLACE, "service", "setting"]
        sums = {"amount": wide_sum(rows.amount), "squares": wide_sum(rows.amount * rows.amount)}
        return frame(rows.group_by(by).agg(people=rows.count(), **sums))

    def may_show(self, rows: Rows) -> bool:
        """Whether the sum of these rows' amounts may be shown: of 8 people or more, and not mostly of one."""
        return may_show_amounts(rows)

    def may_show_years(self, years: Iterable[int]) -> bool:
        """The same of all spend of some years."""
        key = tuple(sorted(years))
        if key not in self._shown:
            self._shown[key] = self.may_show(self.spend.filter(self.spend.year.isin(key)))
        return self._shown[key]

    def spent(self, years: Iterable[int]) -> float:
        """All spend of some years, in the data set's currency."""
        return float(self.cells.loc[self.cells["year"].isin(list(years)), "amount"].sum())

    def exposed(self, years: Iterable[int]) -> float:
        """All person-years of some years."""
        return float(self.person_years.loc[self.person_years["year"].isin(list(years)), "exposure"].sum())


def in_band(age: Rows) -> Rows:
    """The number of the band of ages that an age is in, from 0."""
    return sum(one_if(age >= start) for start in AGES)


def wide_sum(values: Rows) -> Rows:
    """A sum of amounts that are sums themselves, or squares, the same whatever the order; 0 of none."""
    return values.cast(WIDE).sum().cast("float64").fill_null(0.0)


def _log(values: Rows) -> Rows:
    """The logarithm of what is above 0, else nothing."""
    return (values > 0).ifelse(values, ibis.null("float64")).ln()


def _of_logs(logs: Rows, names: tuple[str, str, str]) -> dict[str, Rows]:
    """Number, sum and sum of squares, under these names."""
    sums = (logs.count(), logs.sum().fill_null(0.0), (logs * logs).sum().fill_null(0.0))
    return dict(zip(names, sums, strict=True))
