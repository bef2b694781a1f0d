"""Years, months, lists and effects as a finding names them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import month_named

LEAST_RUN = 3  # years that are named by the first and the last


@dataclass(frozen=True)
class Effect:
    """What a fault does to the price of a person-year: in words, and as the gap (recorded less put right).

    ``moves`` is the gap as a share of the price put right, None where the price of all people stays. Empty and None
    where it is not known, or may not be told. ``too_much`` (currency) and ``too_long`` (person-years) are what it is of.
    """

    words: str = ""
    gap: float | None = None
    moves: float | None = None
    too_much: float = 0.0
    too_long: float = 0.0


NOT_TOLD = Effect()
Found = tuple[Effect, Fault]


def finding(table: str, column: str, what: str, expected: str, effect: Effect) -> Found:
    """A warning without row numbers: what is at fault is no single row. Counts stand in ``what``, rounded."""
    told = {"effect": effect.words, "gap": effect.gap, "moves": effect.moves}
    return effect, Fault(table, column, 0, (), expected, what, fatal=False, **told)


def gravest_first(found: Iterable[Found]) -> list[Fault]:
    """The faults by the size of their gap, the largest first and the unknown last; in their order where equal."""
    return [fault for _, fault in sorted(found, key=lambda one: (one[0].gap is None, -abs(one[0].gap or 0.0)))]


def listed(names: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def years_named(meta: Meta, years: Iterable[int]) -> str:
    """Years as the data set names them, e.g. ``2015/16 and 2016/17``."""
    return listed(meta.year_name(year) for year in sorted(years))


def years_in_runs(meta: Meta, years: Iterable[int]) -> str:
    """Years in runs, e.g. ``2013/14 to 2017/18``; two in a row by each name."""
    name = meta.year_name
    return listed(
        part
        for run in _runs(years)
        for part in ([f"{name(run[0])} to {name(run[-1])}"] if len(run) >= LEAST_RUN else [name(year) for year in run])
    )


def months_named(months: Sequence[int]) -> str:
    """Month numbers in runs, e.g. ``2016-04 to 2016-06 and 2016-09``."""
    ends = ((run[0], run[-1]) for run in _runs(months))
    return listed(month_named(first) + (f" to {month_named(last)}" if last > first else "") for first, last in ends)


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers without a gap between them, together, in order."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def periods_named(meta: Meta, periods: Sequence[int]) -> str:
    """Months, or years where the data set has no months."""
    return months_named(periods) if meta.grain == "month" else years_named(meta, periods)
