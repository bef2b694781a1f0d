"""Joiners of part of a year recorded as there from its first day: their person-years are too many."""

import math
from datetime import date

import pandas as pd

from capitation.dataset.disclosure import SMALLEST_SHOWN, suppress_count
from capitation.dataset.meta import Meta
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, years_named
from capitation.dataset.quality.records import frame

OFTEN = 6  # standard deviations of a Poisson count: a thousand data sets don't do it by chance
TIMES = 3  # as many as on other first days of months, at least
# More of all people than this on the first day of the data is a way of saying "before the data start".
STOCK_SHARE = 0.2


def joiners_as_full_years(evidence: Evidence) -> list[Found]:
    """Too many people joining on the first day of a year, against the first days of other months."""
    if evidence.meta.grain == "year":
        return []  # where spend is by year, people may well be enrolled by year
    joined = _joined(evidence)
    excess = {year: more for year in evidence.years if (more := _excess(evidence, joined, year)) > 0}
    if not excess:
        return []
    too_long = sum(more * _half_a_year(evidence, year) for year, more in excess.items())
    what = (f"about {suppress_count(round(sum(excess.values())))} more people than on other days joined on the first "
            f"day of {years_named(evidence.meta, excess)}: part-year joiners are recorded as full years")  # fmt: skip
    told = effect(evidence, tuple(excess), too_long=too_long)
    return [finding("people", "join_date", what, "the day on which each person joined", told)]


def _joined(evidence: Evidence) -> pd.Series:
    """People by the day they joined, from the first day of the data on."""
    people, window = evidence.tables["people"], evidence.window
    days = people.filter((people.join_date >= window.start) & (people.join_date < window.end))
    found = frame(days.group_by("join_date").agg(people=days.count()))
    return pd.Series(found["people"].to_numpy(), index=pd.DatetimeIndex(found["join_date"]), dtype="int64")


def _excess(evidence: Evidence, joined: pd.Series, year: int) -> float:
    """How many more than expected joined on a year's first day; 0 when chance would do."""
    first = pd.Timestamp(evidence.meta.year_start(year))
    on_first = int(joined.get(first, 0))
    if on_first < SMALLEST_SHOWN or _is_stock(evidence, first.date(), on_first):
        return 0.0
    usual = _usual(evidence.meta, joined, year)
    enough = on_first > TIMES * usual and on_first - usual > OFTEN * math.sqrt(usual + 1)
    return on_first - usual if enough else 0.0


def _is_stock(evidence: Evidence, first: date, on_first: int) -> bool:
    everyone = evidence.person_years.groupby("year")["people"].sum()
    return first == evidence.window.start and on_first > STOCK_SHARE * float(everyone.iloc[0])


def _usual(meta: Meta, joined: pd.Series, year: int) -> float:
    """Joiners on the first day of each other month of the year, on average."""
    days = pd.DatetimeIndex(joined.index)
    mine = (days > pd.Timestamp(meta.year_start(year))) & (days < pd.Timestamp(meta.year_start(year + 1)))
    others = pd.date_range(meta.year_start(year), meta.year_start(year + 1), freq="MS", inclusive="neither")
    return float(joined[mine & days.isin(others)].sum()) / len(others)


def _half_a_year(evidence: Evidence, year: int) -> float:
    """The part of a year by which a full year is too long for somebody who joined on any of its days."""
    start, end = evidence.meta.year_start(year), evidence.meta.year_start(year + 1)
    last = min(end, evidence.window.end)
    return (last - start).days / (end - start).days / 2
