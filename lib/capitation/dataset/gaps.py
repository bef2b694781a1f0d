"""Gaps in the spend: a stray month stretches the years of the whole data set, a lost one leaves a hole."""

from collections.abc import Iterable

import duckdb

from capitation.dataset.faults import ROWS_NAMED, Fault
from capitation.dataset.meta import FIRST_YEAR, LAST_YEAR, MONTHS_IN_YEAR
from capitation.dataset.raw import Raw

Run = list[tuple[int, int]]  # periods, numbered without a break, and the rows of spend in each


def gap_faults(raw: Raw) -> list[Fault]:
    """Spend that a gap of a whole year parts from the rest, and months without spend within the rest."""
    if raw.grain not in raw.columns.get("spend", {}):
        return []
    try:
        runs = _runs(_periods(raw), MONTHS_IN_YEAR if raw.grain == "month" else 1)
        return [*_stray(raw, runs), *_empty_months(runs)]
    except duckdb.Error:
        return []  # the unreadable table has its own fault already


def _numbered(raw: Raw) -> str:
    """The rows of spend with the number of their period; years out of range have their own fault."""
    year, place = ("year(month)", "12 * year(month) + month(month)") if raw.grain == "month" else ("year", "year")
    rows = f"(select *, row_number() over () as row_number, {place} as place from typed.spend)"
    return f"{rows} where {year} between {FIRST_YEAR} and {LAST_YEAR}"


def _periods(raw: Raw) -> Run:
    return raw.db.execute(f"select place, count(*) from {_numbered(raw)} group by 1 order by 1").fetchall()


def _runs(periods: Iterable[tuple[int, int]], furthest: int) -> list[Run]:
    """The periods in runs: within a run each is at most ``furthest`` after the one before."""
    runs: list[Run] = []
    for place, rows in periods:
        if runs and place - runs[-1][-1][0] <= furthest:
            runs[-1].append((place, rows))
        else:
            runs.append([(place, rows)])
    return runs


def _stray(raw: Raw, runs: list[Run]) -> list[Fault]:
    if len(runs) < 2:
        return []
    main = max(runs, key=lambda run: sum(rows for _, rows in run))
    outside = f"{_numbered(raw)} and place not between {main[0][0]} and {main[-1][0]}"
    sql = f"select count(*), list(row_number order by row_number)[:{ROWS_NAMED}] from {outside}"
    count, first = raw.db.execute(sql).fetchone() or (0, ())
    what = "it is a year or more away from the rest of the spend"
    return [Fault("spend", raw.grain, count, tuple(first), "spend without a gap of a year", what)]


def _empty_months(runs: list[Run]) -> list[Fault]:
    # By year there are none: a year without spend parts two runs.
    empty = sum(run[-1][0] - run[0][0] + 1 - len(run) for run in runs)
    what = f"{empty} month{' has' if empty == 1 else 's have'} no spend between the first and the last"
    return [Fault("spend", "month", 0, (), "spend in every month", what, fatal=False)] if empty else []
