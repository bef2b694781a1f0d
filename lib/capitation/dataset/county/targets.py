"""What the county must look like: published figures as bands, each with its statistic over person-years.

A *person-year* is a person with at least one day in the NHS year; *whole-year people* have every day of it.
Year 0 is 2014/15, the price year of the published costs, and year 1 is 2015/16. Cost is linked spend, gross of what
clients pay. *Hospital* is outpatient, A&E and both kinds of inpatient care; *NHS* is all but the two social care
lines. Age, conditions and fifth of deprivation are as on the first day in the year. See ``docs/methods/county.md``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from capitation.dataset.county.parameters import CODES, CONDITIONS, FIRST_DAY, HOSPITAL, SOCIAL, YEARS
from capitation.dataset.sources import read
from capitation.errors import InputError

YEAR_0 = FIRST_DAY.year + 1
ADULT = 18
FLAGS = tuple(condition.name for condition in CONDITIONS)
AGE_BANDS = (0, 5, 15, 25, 35, 45, 55, 65, 70, 75, 80, 85)


# --- person-years -------------------------------------------------------------------------------------------------
def person_years(folder: Path | str) -> pd.DataFrame:
    """One row per person and year with days in it, from a county's files.

    Columns: person_id, year, exposure (share of the year), age, female, fifth, joined, left and died (in the
    year, births not counted as joining), conditions and one flag each, £ by service, emergency ``stays`` and those
    in the twelve months before death (``last_stays``), £ ``total``, ``hospital``, ``nhs`` and ``social``.
    """
    with duckdb.connect() as db:
        db.execute("set enable_progress_bar = false")
        for name in ("people", "spend", "needs"):
            db.execute(f"create view {name} as from read_parquet('{Path(folder) / name}.parquet')")
        rows = db.execute(_years_sql()).df()
    for name, services in {"total": CODES, "hospital": HOSPITAL, "social": SOCIAL}.items():
        rows[name] = rows[list(services)].sum(axis=1)
    return rows.assign(nhs=rows.total - rows.social)


def _years_sql() -> str:
    first, last = FIRST_DAY.year, FIRST_DAY.year + YEARS - 1
    costs = ", ".join(f"coalesce(sum(amount) filter (service = '{code}'), 0) as {code}" for code in CODES)
    marks = ", ".join(f"count(*) filter (marker = '{flag}') as {flag}" for flag in FLAGS)
    mine = "sum(units) filter (where service = 'emergency_inpatient'"
    stays = f"{mine}) as stays, {mine} and month + interval 1 year > death_date) as last_stays"
    return f"""
    with years as (select y as year, make_date(y, 4, 1) as start, make_date(y + 1, 4, 1) as stop
                   from range({first}, {last + 1}) t(y)),
    here as (select *, greatest(start, coalesce(join_date, start)) as since,
                    least(stop, coalesce(leave_date, stop), coalesce(death_date, stop)) as until
             from people, years),
    spent as (select person_id, year(month) - (month(month) < 4)::int as year, {costs}, {stays}
              from spend left join people using (person_id) group by 1, 2),
    known as (select h.person_id, h.year, max(value) filter (marker = 'conditions') as conditions, {marks}
              from here h join needs n on n.person_id = h.person_id and n.as_at <= h.since
              where h.since < h.until group by 1, 2)
    select h.person_id, h.year, (until - since) / (stop - start) as exposure,
           year(since) + (dayofyear(since) - 1) / 365.25 - birth_year as age, sex = 'female' as female,
           deprivation as fifth, coalesce(join_date > start and year(join_date) - birth_year > 1, false) as joined,
           coalesce(leave_date < stop, false) as "left", coalesce(death_date < stop, false) as died,
           k.* exclude (person_id, year), {", ".join(f"coalesce({c}, 0) as {c}" for c in (*CODES, "stays", "last_stays"))}
    from here h join known k using (person_id, year) left join spent s using (person_id, year)
    where since < until order by year, person_id"""


def _year(rows: pd.DataFrame, ahead: int = 0) -> pd.DataFrame:
    return rows[rows.year == YEAR_0 + ahead]


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows.exposure >= 1]


# --- statistics ---------------------------------------------------------------------------------------------------
def mean_cost(rows: pd.DataFrame) -> float:
    """£ per person-year of exposure in year 0, all services."""
    now = _year(rows)
    return float(now.total.sum() / now.exposure.sum())


def top_share(rows: pd.DataFrame, share: float, cost: str = "total") -> float:
    """Share of year 0's cost held by this share of people, the costliest; everybody with days in the year."""
    found = np.sort(_year(rows)[cost].to_numpy())[::-1]
    return float(found[: round(share * found.size)].sum() / found.sum())


def zero_cost(rows: pd.DataFrame) -> float:
    """Share of whole-year people without any cost in year 0."""
    return float((_whole(_year(rows)).total == 0).mean())


def variation(rows: pd.DataFrame) -> float:
    """Coefficient of variation of whole-year people's cost in year 0."""
    cost = _whole(_year(rows)).total
    return float(cost.std() / cost.mean())


def both_years(rows: pd.DataFrame) -> pd.DataFrame:
    """Year 0's rows of those who were there all year and the whole next year, with ``next`` (£)."""
    later = _whole(_year(rows, 1)).set_index("person_id").total.rename("next")
    return _whole(_year(rows)).join(later, on="person_id", how="inner")


def correlation(rows: pd.DataFrame) -> float:
    """Pearson correlation of cost in years 0 and 1, of people there throughout both."""
    both = both_years(rows)
    return float(both.total.corr(both.next))


def top_kept(rows: pd.DataFrame, share: float = 0.05) -> float:
    """Share of the costliest 5 % of year 0 who are among the costliest 5 % of year 1, survivors of both years."""
    both = both_years(rows)
    top = both.total.rank(ascending=False, method="first") <= share * len(both)
    still = both.next.rank(ascending=False, method="first") <= share * len(both)
    return float(still[top].mean())


def next_year_r2(rows: pd.DataFrame, with_conditions: bool, cost: str = "hospital") -> float:
    """Share of the variance of next year's cost that least squares explain, fitted on even person numbers and
    judged on odd ones. Whole-year people of year 0 with days in year 1; predictors known on its first day: sex by
    twelve age bands, or with them the twelve conditions and their number (as indicators 1, 2, 3, 4 and 5 or more).
    """
    later = _year(rows, 1)
    before = set(_whole(_year(rows)).person_id)
    later = later[later.person_id.isin(before)]
    x, y = _predictors(later, with_conditions), later[cost].to_numpy()
    fit = (later.person_id % 2 == 0).to_numpy()
    weights, *_ = np.linalg.lstsq(x[fit], y[fit])
    error = y[~fit] - x[~fit] @ weights
    return float(1 - error @ error / ((y[~fit] - y[~fit].mean()) ** 2).sum())


def _predictors(rows: pd.DataFrame, with_conditions: bool) -> np.ndarray:
    band = np.searchsorted(AGE_BANDS, rows.age, side="right") - 1
    cell = band.clip(0) * 2 + rows.female.to_numpy()
    columns = [np.eye(2 * len(AGE_BANDS))[cell]]
    if with_conditions:
        count = rows.conditions.to_numpy()
        columns += [
            rows[list(FLAGS)].to_numpy(float),
            *((count == n)[:, None] for n in range(1, 5)),
            (count > 4)[:, None],
        ]
    return np.hstack(columns).astype(float)


def several_conditions(rows: pd.DataFrame) -> float:
    """Share of adults (18 and over) with two or more of the twelve conditions on their first day in year 0."""
    now = _year(rows)
    return float((now[now.age >= ADULT].conditions > 1).mean())


def per_1000(rows: pd.DataFrame, event: str) -> float:
    """Deaths, joiners or leavers per 1,000 person-years, all five years."""
    return float(1_000 * rows[event].sum() / rows.exposure.sum())


def _pppy(rows: pd.DataFrame, cost: str = "nhs") -> float:
    return float(rows[cost].sum() / rows.exposure.sum())


def oldest_to_middle(rows: pd.DataFrame) -> float:
    """NHS cost per person-year at 85 and over to that at 45 to 64, year 0."""
    now = _year(rows)
    return _pppy(now[now.age >= 85]) / _pppy(now[now.age.between(45, 65, inclusive="left")])


def most_to_least_deprived(rows: pd.DataFrame) -> float:
    """NHS cost per person-year at 45 to 64, most to least deprived fifth, all five years."""
    middle = rows[rows.age.between(45, 65, inclusive="left")]
    return _pppy(middle[middle.fifth == 1]) / _pppy(middle[middle.fifth == 5])


def service_share(rows: pd.DataFrame, *services: str) -> float:
    """Share of year 0's cost that these services take."""
    now = _year(rows)
    return float(now[list(services)].to_numpy().sum() / now.total.sum())


def social_care_users(rows: pd.DataFrame) -> float:
    """Share of adults with any social care cost in year 0."""
    adults = _year(rows)
    adults = adults[adults.age >= ADULT]
    return float((adults.social > 0).mean())


def share_of(rows: pd.DataFrame, who: pd.Series, cost: str) -> float:
    """Share of year 0's cost that falls to some of the people."""
    now = _year(rows)
    return float(now[cost][who].sum() / now[cost].sum())


def older_share(rows: pd.DataFrame) -> float:
    """Share of NHS cost of those aged 65 and over."""
    return share_of(rows, _year(rows).age >= 65, "nhs")


def several_conditions_share(rows: pd.DataFrame, cost: str) -> float:
    """Share of adults' cost of those with two or more conditions."""
    now = _year(rows)
    adults = now.age >= ADULT
    return share_of(rows, adults & (now.conditions > 1), cost) / share_of(rows, adults, cost)


def decedents_share(rows: pd.DataFrame) -> float:
    """Share of year 0's hospital cost of people who died in it."""
    return share_of(rows, _year(rows).died, "hospital")


def last_year_of_life(rows: pd.DataFrame) -> float:
    """Share of year 0's emergency stays that fall in somebody's last twelve months of life."""
    now = _year(rows)
    return float(now.last_stays.sum() / now.stays.sum())


# --- targets ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Target:
    """A statistic, the band it should lie in, and where the band comes from."""

    name: str
    low: float
    high: float
    basis: str
    statistic: Callable[[pd.DataFrame], float]


BRIEF = "£935m for 540,000 people, indicative 2014/15"
IFS = "Institute for Fiscal Studies W15/21: .32"
HF5 = "Health Foundation WP7: top 5 % about half"
PBRA = "Dixon, BMJ 2011: {}"
ASARIA = "Asaria, cost per head 2014/15: {}"
COUNTY = "State of the County 2019, East Sussex: {}"
HF2018 = "Health Foundation 2018: {}"
JUDGED = "judgement"

TARGETS = (
    Target("mean cost, £", 1731 * 0.99, 1731 * 1.01, BRIEF, mean_cost),
    Target("top 1 % share", 0.17, 0.26, JUDGED, lambda rows: top_share(rows, 0.01)),
    Target("top 5 % share", 0.46, 0.54, HF5, lambda rows: top_share(rows, 0.05)),
    Target("top 10 % share", 0.60, 0.70, JUDGED, lambda rows: top_share(rows, 0.10)),
    Target("hospital: top 1 % share", 0.25, 0.36, IFS, lambda rows: top_share(rows, 0.01, "hospital")),
    Target("without cost", 0.04, 0.15, JUDGED, zero_cost),
    Target("coefficient of variation", 2.2, 3.5, JUDGED, variation),
    Target("correlation with next year", 0.35, 0.60, JUDGED, correlation),
    Target("top 5 % kept next year", 0.28, 0.45, "Arch Dis Child 107:346, ages 0 to 24: .29", top_kept),
    Target("hospital R2: age, sex", 0.03, 0.05, PBRA.format(".037"), lambda rows: next_year_r2(rows, False)),
    Target("hospital R2: with conditions", 0.09, 0.14, PBRA.format(".122"), lambda rows: next_year_r2(rows, True)),
    Target("adults with 2+ conditions", 0.22, 0.28, HF2018.format("1 in 4, of 36 conditions"), several_conditions),
    Target("deaths per 1,000", 10.5, 12, COUNTY.format("11.3"), lambda rows: per_1000(rows, "died")),
    Target("85+ to 45-64 cost", 2.7, 3.4, ASARIA.format("3.1"), oldest_to_middle),
    Target("most to least deprived, 45-64", 1.6, 1.75, ASARIA.format("1.68"), most_to_least_deprived),
    Target("share: prescribing", 0.07, 0.12, "England 2014/15", lambda rows: service_share(rows, "prescribing")),
    Target("share: GP care", 0.08, 0.11, "England 2014/15", lambda rows: service_share(rows, "gp")),
    Target("share: social care", 0.15, 0.21, "England 2014/15", lambda rows: service_share(rows, *SOCIAL)),
    Target("share: mental health", 0.07, 0.11, "England 2014/15", lambda rows: service_share(rows, "mental_health")),
    Target("share: acute", 0.42, 0.52, JUDGED, lambda rows: service_share(rows, *HOSPITAL)),
    Target("adults with social care", 0.018, 0.025, COUNTY.format("2.1 %"), social_care_users),
    Target("joiners per 1,000", 60, 68, COUNTY.format("64"), lambda rows: per_1000(rows, "joined")),
    Target("leavers per 1,000", 49, 57, COUNTY.format("53"), lambda rows: per_1000(rows, "left")),
    Target("65+ share of NHS cost", 0.47, 0.53, ASARIA.format(".499"), older_share),
    Target("2+ conditions: hospital share", 0.50, 1, HF2018.format("over .55"),
           lambda rows: several_conditions_share(rows, "hospital")),
    Target("2+ conditions: drugs share", 0.70, 1, HF2018.format("over .75"),
           lambda rows: several_conditions_share(rows, "prescribing")),
    Target("decedents' share of hospital", 0.08, 0.18, JUDGED, decedents_share),
    Target("emergency stays in last year of life", 0.12, 0.18, "Nuffield Trust 2014: about .15", last_year_of_life),
)  # fmt: skip


def of_synthetic(folder: Path) -> pd.DataFrame:
    """The same, of a folder that says that nobody in it is real. Raises ``InputError`` for any other.

    The statistics are exact, also of few people, so they are not for real ones.
    """
    expected = "a folder that 'capitation dataset make-county' made"
    fields = read(str(folder)).fields
    if not isinstance(fields, dict) or fields.get("synthetic") is not True:
        raise InputError("folder", f"'{folder.name}' does not say that it is synthetic", expected)
    try:
        return report(folder)
    except (duckdb.Error, KeyError, ZeroDivisionError, ValueError):
        what = f"'{folder.name}' lacks tables, years or people that the figures need"
        raise InputError("folder", what, expected) from None


def report(folder: Path | str) -> pd.DataFrame:
    """Every target of a county on file: name, value, low, high, hit, basis."""
    rows = person_years(folder)
    table = pd.DataFrame([(t.name, t.statistic(rows), t.low, t.high, t.basis) for t in TARGETS])
    table.columns = pd.Index(["name", "value", "low", "high", "basis"])
    return table.assign(hit=table.value.between(table.low, table.high))
