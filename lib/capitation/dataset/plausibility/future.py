"""Months that have not been yet."""

from datetime import date

from capitation.dataset.disclosure import suppress_count
from capitation.dataset.engine import Rows
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import NOT_TOLD, Found, finding, periods_named
from capitation.dataset.quality.records import exact_sum, frame, month_number


def months_in_the_future(evidence: Evidence, today: date) -> list[Found]:
    """Care after ``today``, and records said to have come after it."""
    return [*_care(evidence, today), *_records(evidence, today)]


def _care(evidence: Evidence, today: date) -> list[Found]:
    meta, cells = evidence.meta, evidence.cells
    now = today.year * 12 + today.month - 1 if meta.grain == "month" else meta.year_of(today)
    ahead = cells[cells["month"] > now]
    if ahead.empty:
        return []
    years = sorted({int(year) for year in ahead["year"]})
    when = periods_named(meta, sorted({int(month) for month in ahead["month"]}))
    what = f"{suppress_count(int(ahead['rows'].sum()))} rows are of {when}, after {today:%Y-%m-%d}"
    rows = evidence.spend.filter(_period(evidence) > now)
    told = effect(evidence, years, float(ahead["amount"].sum()), _exposed_after(evidence, today), rows)
    return [finding("spend", meta.grain, what, "no care after today", told)]


def _period(evidence: Evidence) -> Rows:
    spend = evidence.spend
    return month_number(spend.month) if evidence.meta.grain == "month" else spend.year


def _exposed_after(evidence: Evidence, today: date) -> float:
    """Person-years in days after today, were everybody there evenly through their year."""
    meta, window = evidence.meta, evidence.window
    by_year = evidence.person_years.groupby("year")["exposure"].sum()
    ahead = 0.0
    for year, exposed in by_year.items():
        start = max(meta.year_start(int(str(year))), window.start)
        end = min(meta.year_start(int(str(year)) + 1), window.end)
        ahead += float(exposed) * max(0, (end - max(start, today)).days) / (end - start).days
    return ahead


def _records(evidence: Evidence, today: date) -> list[Found]:
    if evidence.meta.grain == "year":
        return []
    spend = evidence.tables["spend"]
    ahead = spend.filter((spend.recorded > today) & (spend.month <= today))
    found = frame(ahead.aggregate(rows=ahead.count(), amount=exact_sum(ahead.amount),
                                  last=month_number(ahead.recorded).max()))  # fmt: skip
    rows = int(found["rows"].iloc[0])
    if not rows:
        return []
    what = f"{suppress_count(rows)} rows are said to have been recorded after {today:%Y-%m-%d}"
    return [finding("spend", "recorded", what, "no record from after today", NOT_TOLD)]
