"""Gaps in the spend: a stray month stretches the years of the whole data set, a lost one leaves a hole."""

from collections.abc import Iterable

from capitation.dataset.engine import Rows, fetch, first_numbers, numbered
from capitation.dataset.faults import Fault
from capitation.dataset.meta import FIRST_YEAR, LAST_YEAR, MONTHS_IN_YEAR, Grain
from capitation.dataset.plausibility.wording import listed

RUNS_NAMED = 3
Run = list[tuple[int, int]]  # periods, numbered without a break, and the rows of spend in each


def gap_faults(grain: Grain, spend: Rows) -> list[Fault]:
    """Spend that a gap of a whole year parts from the rest, and months without spend within the rest."""
    placed = _placed(grain, spend)
    counted = placed.group_by("place").agg(rows=placed.count()).order_by("place")
    runs = _runs(
        [(row["place"], row["rows"]) for row in fetch(counted).to_pylist()], MONTHS_IN_YEAR if grain == "month" else 1
    )
    return [*_stray(grain, placed, runs), *_empty_months(runs)]


def _placed(grain: Grain, spend: Rows) -> Rows:
    """The rows of spend with the number of their period; years out of range have their own fault."""
    spend = numbered(spend)
    year = spend.month.year() if grain == "month" else spend.year
    place = 12 * year + spend.month.month() if grain == "month" else year
    return spend.mutate(place=place).filter(year.between(FIRST_YEAR, LAST_YEAR))


def _runs(periods: Iterable[tuple[int, int]], furthest: int) -> list[Run]:
    """The periods in runs: within a run each is at most ``furthest`` after the one before."""
    runs: list[Run] = []
    for place, rows in periods:
        if runs and place - runs[-1][-1][0] <= furthest:
            runs[-1].append((place, rows))
        else:
            runs.append([(place, rows)])
    return runs


def _stray(grain: Grain, placed: Rows, runs: list[Run]) -> list[Fault]:
    if len(runs) < 2:
        return []
    main = max(runs, key=lambda run: sum(rows for _, rows in run))
    outside = placed.filter(~placed.place.between(main[0][0], main[-1][0]))
    count = sum(rows for run in runs if run is not main for _, rows in run)
    named = _named(grain, [run for run in runs if run is not main])
    what = f"{named} {'is' if len(runs) == 2 and ' to ' not in named else 'are'} a year or more away from the rest of the spend"
    return [Fault("spend", grain, count, first_numbers(outside), "spend without a gap of a year", what)]


def _named(grain: Grain, runs: list[Run]) -> str:
    """The periods of some runs, e.g. ``2030-01 and 2033-04 to 2033-06``, the first few."""
    ends = [(_period(grain, run[0][0]), _period(grain, run[-1][0])) for run in runs]
    named = [first if first == last else f"{first} to {last}" for first, last in ends]
    more = len(named) - RUNS_NAMED
    return listed([*named[:RUNS_NAMED], f"{more} more"] if more > 0 else named)


def _period(grain: Grain, place: int) -> str:
    year, month = divmod(place - 1, MONTHS_IN_YEAR)
    return f"{year:04d}-{month + 1:02d}" if grain == "month" else str(place)


def _empty_months(runs: list[Run]) -> list[Fault]:
    # By year there are none: a year without spend parts two runs.
    empty = sum(run[-1][0] - run[0][0] + 1 - len(run) for run in runs)
    what = f"{empty} month{' has' if empty == 1 else 's have'} no spend between the first and the last"
    return [Fault("spend", "month", 0, (), "spend in every month", what, fatal=False)] if empty else []
