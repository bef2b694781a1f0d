"""A measure counted among members: numerator, denominator and exposure by cell or group, as at some years.

Two denominators are kept: of the people a measure counts, which may be paid on, and of everybody registered, those left
out by an exclusion included, which is shown beside it. Source: measures reference, sections 1 and 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import ROUNDED_TO, SMALLEST_SHOWN, rounded_count, safe_table
from capitation.dataset.names import NEED
from capitation.outcomes.library.computable import UNITS
from capitation.outcomes.library.measure import Computed, Measure

AGE_BAND = "age band"
CELL = (AGE_BAND, "sex", "deprivation")
AGE_BANDS = (0, 5, 18, 45, 65, 75, 85)  # lowest ages: the bands of the population table in the data reference, 3a
HALF = 0.5  # of the part of a year that the data cover
PARTS = ("people", "with_event", "exposure", "numerator", "denominator",
         "all_numerator", "all_denominator", "left_out", "left_out_with_event")  # fmt: skip
SQUARES = (
    "numerator_squares",
    "product",
    "denominator_squares",
)  # of those counted, person by person: how uneven people are
Mask = NDArray[np.bool_]


class Measured(Protocol):
    """Members, their outcomes and their units of care: three tables of the same rows. A cohort is one."""

    @property
    def members(self) -> pd.DataFrame:
        """A row a member and year."""
        ...

    @property
    def measures(self) -> pd.DataFrame:
        """Outcomes (columns measure, part)."""
        ...

    @property
    def units(self) -> pd.DataFrame:
        """Units of care (a column a service)."""
        ...


@dataclass(frozen=True)
class Value:
    """A measure of some people. ``people`` are those counted, ``with_event`` those of them with a numerator above 0.

    ``numerator`` and ``denominator`` (person-years, people or what the data count against) leave out the ``left_out``;
    ``all_numerator`` and ``all_denominator`` don't. ``exposure`` is in person-years of those counted.
    """

    people: int
    with_event: int
    exposure: float
    numerator: float
    denominator: float
    all_numerator: float
    all_denominator: float
    left_out: int
    left_out_with_event: int

    @property
    def value(self) -> float:
        """Numerator over denominator, per one; NaN where nobody was counted: missing is not 0."""
        return _over(self.numerator, self.denominator)

    @property
    def all_value(self) -> float:
        """The same of everybody registered."""
        return _over(self.all_numerator, self.all_denominator)


def _over(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else float("nan")


def counted(
    measure: Measure, source: str, of: Measured, years: Sequence[int], by: Sequence[str] = CELL,
    age_bands: Sequence[int] = AGE_BANDS,
) -> pd.DataFrame:  # fmt: skip
    """A row for each group of ``by`` (columns of the members, or ``age band`` by its lowest age) with the ``PARTS`` and the
    sums over people of numerator², numerator · denominator and denominator² (``SQUARES``).

    ``source`` is what `computable` says gives the measure. A year in which the data set does not count the outcome has no
    rows. People who joined, left or died count by the measure's part-year rule. Raises ``ValueError`` for a measure that
    the data set doesn't give by itself.
    """
    how = measure.computed
    if how is None or how.of_parent:
        raise ValueError(f"{measure.id} is not counted from rows: it is supplied, or worked out from another measure")
    rows = _rows(measure, how, source, of, years)
    keys = {name: _bands(rows, age_bands) if name == AGE_BAND else rows[name] for name in by}
    if not keys:
        return rows[[*PARTS, *SQUARES]].sum().to_frame().T
    groups = rows[[*PARTS, *SQUARES]].groupby([keys[name].rename(name) for name in by], dropna=False, observed=True)
    return groups.sum().reset_index()


def value(measure: Measure, source: str, of: Measured, years: Sequence[int]) -> Value:
    """The measure of all members of some years together; see `counted`."""
    return total(counted(measure, source, of, years, ()))


def total(table: pd.DataFrame) -> Value:
    """The sum of a table that `counted` made."""
    whole = table[list(PARTS)].sum()
    counts = {name: int(whole[name]) for name in ("people", "with_event", "left_out", "left_out_with_event")}
    return Value(**{**{name: float(whole[name]) for name in PARTS}, **counts})


def eligible(of: Measured, entries: Mapping[str, Measure]) -> pd.DataFrame:
    """The members' outcomes with nothing of those whom an entry of the library leaves out: what may be paid on.

    ``entries`` are by the outcome's name. An outcome of which the library excludes nobody, or whose marker the data lack, stays
    as it is; of the others the entry's ages and part-year rule hold too.
    """
    measures, members = of.measures, of.members
    known = set(measures.columns.get_level_values(0))
    out = {
        name: mask
        for name, entry in entries.items()
        if name in known and (mask := _not_eligible(entry, name, of)) is not None
    }
    if not out:
        return measures
    aside = pd.DataFrame(
        {(name, part): out[str(name)] for name, part in measures.columns if name in out}, index=members.index
    )
    changed = measures.copy()
    changed[list(aside.columns)] = measures[list(aside.columns)].mask(aside, 0.0)
    return changed


def _not_eligible(measure: Measure, name: str, of: Measured) -> Mask | None:
    """Whom an entry leaves out; None where it excludes nobody whom the data can tell."""
    how = measure.computed
    if how is None or how.excluded_by is None or NEED + how.excluded_by.marker not in of.members.columns:
        return None
    registered = _registered(how, of.members, of.measures[name]["denominator"].to_numpy(float))
    return ~registered | _left_out(how, of.members)


def _bands(rows: pd.DataFrame, starts: Sequence[int]) -> pd.Series:
    place = np.searchsorted(np.asarray(starts), rows["age"].to_numpy(), side="right") - 1
    return pd.Series(np.asarray(starts)[np.maximum(place, 0)], index=rows.index)


def _rows(measure: Measure, how: Computed, source: str, of: Measured, years: Sequence[int]) -> pd.DataFrame:
    """The members of some years with the parts of each; shape (members, columns of the members, ``PARTS`` and ``SQUARES``)."""
    members = of.members
    events, against = _events(source, of)
    here = members["year"].isin(_counted_in(members["year"], against, years)).to_numpy()
    members, events, against = members[here], events[here], against[here]
    registered = _registered(how, members, against)
    out = registered & _left_out(how, members)
    bottom = members["exposure"].to_numpy(float) if measure.kind == "rate" else against
    return members.assign(**_parts(members["exposure"].to_numpy(float), events, bottom, registered, out))


def _events(source: str, of: Measured) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is counted of each member, and against what as the data set has it."""
    if source.startswith(UNITS):
        units = of.units[source.removeprefix(UNITS)].to_numpy(float)
        return units, of.members["exposure"].to_numpy(float)
    parts = of.measures[source]
    return parts["numerator"].to_numpy(float), parts["denominator"].to_numpy(float)


def _counted_in(year: pd.Series, against: NDArray[np.float64], years: Sequence[int]) -> list[int]:
    """The years asked for in which the data set counts at all: one that is not over has no outcomes."""
    sums = pd.Series(against).groupby(year.to_numpy()).sum()
    return [int(y) for y in years if sums.get(y, 0.0) > 0]


def _registered(how: Computed, members: pd.DataFrame, against: NDArray[np.float64]) -> Mask:
    """Who counts by age and by the part of the year that they are there."""
    age = members["age"].to_numpy(float)
    ages = (age >= how.ages_from) & (age < how.ages_below)
    if how.part_year == "person-years":
        return ages
    there = ages & (against > 0)
    if how.part_year == "at least half the year":
        whole = members.groupby("year")["exposure"].transform("max").to_numpy(float)
        there &= members["exposure"].to_numpy(float) >= HALF * whole
    return there


def _left_out(how: Computed, members: pd.DataFrame) -> Mask:
    """Whom an exclusion leaves out; nobody where the data set lacks its marker."""
    column = NEED + how.excluded_by.marker if how.excluded_by else ""
    if how.excluded_by is None or column not in members.columns:
        return np.zeros(len(members), dtype=bool)
    return (members[column] > how.excluded_by.above).to_numpy(dtype=bool)


def _parts(
    exposure: NDArray[np.float64],
    events: NDArray[np.float64],
    against: NDArray[np.float64],
    registered: Mask,
    out: Mask,
) -> dict[str, NDArray[np.float64]]:
    mine, happened = registered & ~out, events > 0
    top, below = events * mine, against * mine
    return {
        "people": mine.astype(float), "with_event": (mine & happened).astype(float), "exposure": exposure * mine,
        "numerator": top, "denominator": below,
        "all_numerator": events * registered, "all_denominator": against * registered,
        "left_out": out.astype(float), "left_out_with_event": (out & happened).astype(float),
        "numerator_squares": top * top, "product": top * below, "denominator_squares": below * below,
    }  # fmt: skip


def observed_and_expected(now: pd.DataFrame, base: pd.DataFrame, by: Sequence[str] = CELL) -> tuple[float, float]:
    """The numerator of ``now``, and what it would be at the rates by cell of ``base``; both tables of `counted`.

    A cell that nobody of the base is in is expected to be as all of the base. NaN expected where the base counts nobody.
    Source: indirect standardisation, measures reference, section 4.
    """
    rates = base.assign(rate=base["numerator"] / base["denominator"].where(base["denominator"] > 0))
    beside = now.merge(rates[[*by, "rate"]], how="left", on=list(by))
    everybody = total(base).value
    expected = (beside["rate"].fillna(everybody) * beside["denominator"]).sum(skipna=False)
    return float(now["numerator"].sum()), float(expected)


def may_be_shown(measure: Measure, found: Value) -> bool:
    """Whether a value stands for enough people with the event, without it, and left out."""
    return all(count >= SMALLEST_SHOWN for count in _counts(measure, found) if count) and found.people > 0


def _counts(measure: Measure, found: Value) -> tuple[int, ...]:
    without = found.people - found.with_event if measure.kind == "share" else 0
    out_without = found.left_out - found.left_out_with_event if measure.kind == "share" else 0
    return found.people, found.with_event, without, found.left_out, found.left_out_with_event, out_without


def shown(measure: Measure, table: pd.DataFrame) -> pd.DataFrame:
    """A table of `counted` as it may be published: groups, people, exposure, numerator, denominator, value, all_value.

    A group is hidden where 1 to 7 people stand behind any of its counts, and the next smallest with it; the others' counts
    are to the nearest 5. Values are per one, of the counts as they are.
    """
    found = [total(table.iloc[[place]]) for place in range(len(table))]
    fewest = [min((n for n in _counts(measure, one) if n), default=0) for one in found]
    sums = {name: [_to_five(getattr(v, name)) for v in found] for name in ("exposure", "numerator", "denominator")}
    values = {**sums, "value": [v.value for v in found], "all_value": [v.all_value for v in found]}
    safe = safe_table(
        table.drop(columns=[*PARTS, *SQUARES], errors="ignore").assign(people=fewest, **values), "people", list(values)
    )
    hidden = safe["people"].isna().to_numpy()
    people = [None if h else rounded_count(v.people) for h, v in zip(hidden, found, strict=True)]
    return safe.assign(people=pd.array(people, "Int64"))


def _to_five(amount: float) -> float:
    return float(ROUNDED_TO * np.floor(amount / ROUNDED_TO + HALF))
