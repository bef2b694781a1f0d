"""Years, months and lists as a finding names them."""

from collections.abc import Iterable, Sequence

from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import month_named


def finding(table: str, column: str, what: str, expected: str, effect: str) -> Fault:
    """A warning without row numbers: what is at fault is no single row. Counts stand in ``what``, rounded."""
    return Fault(table, column, 0, (), expected, what, fatal=False, effect=effect)


def listed(names: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def years_named(meta: Meta, years: Iterable[int]) -> str:
    """Years as the data set names them, e.g. ``2015/16 and 2016/17``."""
    return listed(meta.year_name(year) for year in sorted(years))


def months_named(months: Sequence[int]) -> str:
    """Month numbers in runs, e.g. ``2016-04 to 2016-06 and 2016-09``."""
    runs: list[list[int]] = []
    for month in sorted(months):
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return listed(month_named(r[0]) + (f" to {month_named(r[-1])}" if len(r) > 1 else "") for r in runs)


def periods_named(meta: Meta, periods: Sequence[int]) -> str:
    """Months, or years where the data set has no months."""
    return months_named(periods) if meta.grain == "month" else years_named(meta, periods)
