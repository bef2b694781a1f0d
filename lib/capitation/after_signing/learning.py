"""The learning loop of the members in the contract year: how far they get, how long it takes, and where they are lost.

Source: measures reference, section 5; the days allowed are judgement but for re-measuring after 3 to 6 months.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from capitation.cohort.members import Cohort
from capitation.contract import ContractResult
from capitation.dataset import LinkedDataset
from capitation.dataset.disclosure import SMALLEST_SHOWN, may_show_mean, rounded_count
from capitation.dataset.meta import month_start, next_month
from capitation.dataset.names import NOW_IN
from capitation.kept import kept
from capitation.outcomes.learning_loop import NEXT, OTHER, STILL, Loop
from capitation.outcomes.loop_counted import FROM, loop_of

ALLOWED: Mapping[str, float] = {
    "due": 56, "measured": 14, "received": 14, "compared": 28, "achieved": 400, "improve": 183, "re-measured": 14,
}  # fmt: skip
SAID = {
    "due": "being due and the test",
    "measured": "the test and its result",
    "received": "the result and its comparison",
    "compared": "a missed target and a new plan",
    "achieved": "the target met and the next test",
    "improve": "a new plan and the next measurement",
    "re-measured": "the next measurement and its comparison",
}
PARTS = ("went on", "in time", "lost")
MET = {"compared": "achieved"}  # who met the target needs no new plan, and can't be lost on the way to one
WHO = {"compared": " who missed the target"}


@dataclass(frozen=True, eq=False)
class Learning:
    """The loop of one measure in a year. ``table`` has a row for each state, in order, as it may be shown: state, entered, went on, in
    time (still there, within the days allowed), lost (stuck for longer, left, died, declined, or moved as nobody may), of
    (those who could be lost: at *compared* who missed the target, elsewhere all), how many went to each next state, and the median
    days that took.

    People to the nearest 5. Where a part of a state's people is 1 to 7 only how many came into it and, where these and the others
    are 8 or more, how many were lost is shown.
    """

    measure: str
    year: int
    loop: Loop = field(repr=False)
    table: pd.DataFrame = field(repr=False)

    @property
    def lost_most(self) -> Mapping[Any, Any] | None:
        """The row of the state at which most are lost, of those shown; None where nobody is seen to be lost."""
        shown = [row for row in self.table.to_dict("records") if row["lost"] > 0]
        return max(shown, key=lambda row: row["lost"], default=None)


def learning(result: ContractResult) -> tuple[Learning, ...]:
    """The loop of every measure of which the data set has events of members of the contract year."""
    return _learning(result.dataset, result.cohort, result.year)


@kept(4)
def _learning(data: LinkedDataset, cohort: Cohort, year: int) -> tuple[Learning, ...]:
    """The same by what decides it alone: no term of an outcome counts the members anew."""
    counts = _counts(data, cohort, year)
    measures = list(dict.fromkeys(counts.loc[counts["became"] != NOW_IN, "measure"]))
    loops = {measure: loop_of(counts, measure, ALLOWED) for measure in measures}
    return tuple(Learning(measure, year, found, shown_table(found)) for measure, found in loops.items())


def _counts(data: LinkedDataset, cohort: Cohort, year: int) -> pd.DataFrame:
    last = month_start(data.months[1])
    covered = next_month(last) - timedelta(days=1) if last else data.days_of(year)[1]
    until = min(data.days_of(year)[1], covered)
    return data.held.loop(cohort.conditions, year, until)


def shown_table(found: Loop) -> pd.DataFrame:
    """What became of those who came into each state, as it may be shown: see `Learning`."""
    return pd.DataFrame([_row(found, state) for state in FROM])


def _row(found: Loop, state: str) -> dict[str, object]:
    ways = NEXT[state]
    counts: Any = found.became.loc[state].to_dict()
    became: dict[str, int] = {str(name): int(n) for name, n in counts.items()}
    went = {way: became[way] for way in ways}
    stuck = int(found.stuck.to_dict()[state])
    parts = {"went on": sum(went.values()), "in time": became[STILL] - stuck,
             "lost": stuck + became["closed"] + became[OTHER]}  # fmt: skip
    everyone = sum(became.values())
    seen, whole = _may_show(*went.values(), *parts.values()), _may_show(parts["lost"], everyone - parts["lost"])
    row: dict[str, object] = {"state": state, "entered": _or_nan(rounded_count(everyone))}
    row |= {
        name: _or_nan(rounded_count(n) if seen or (whole and name == "lost") else None) for name, n in parts.items()
    }
    row |= {"of": _or_nan(_could_be_lost(parts["lost"], everyone, went.get(MET.get(state, ""), 0)))}
    row |= {"to": {way: _or_nan(rounded_count(n) if seen else None) for way, n in went.items()}}
    return row | {"days": _days(found, state, ways, seen)}


def _could_be_lost(lost: int, everyone: int, met: int) -> int | None:
    """Who came into a state and did not meet the target there, as it may be shown: with the others, and beside who was lost."""
    rest = everyone - met
    return rounded_count(rest) if _may_show(met, rest, lost, rest - lost) or not met else None


def _or_nan(people: int | None) -> float:
    return float("nan") if people is None else float(people)


def _may_show(*people: int) -> bool:
    return all(n == 0 or n >= SMALLEST_SHOWN for n in people)


def _days(found: Loop, state: str, ways: tuple[str, ...], seen: bool) -> dict[str, float]:
    """Median days to each next state, of 8 people or more."""
    went, took = (table.loc[state, list(ways)].to_numpy(dtype=float) for table in (found.became, found.days))
    return {way: float(days) if seen and may_show_mean(int(n)) else np.nan
            for way, n, days in zip(ways, went, took, strict=True)}  # fmt: skip


def finding(found: Learning) -> str:
    """Where most people are lost, in one sentence."""
    worst = found.lost_most
    if worst is None:
        return f"{found.measure}: nowhere in the loop are so many people lost that it may be told"
    state = str(worst["state"])
    return (f"{found.measure}: most people are lost between {SAID[state]}: about {lost_words(worst)} wait over "
            f"{ALLOWED[state]:.0f} days, left or died")  # fmt: skip


def lost_words(row: Mapping[Any, Any]) -> str:
    """How many were lost of those who could be, where that may be told."""
    lost, of = float(row["lost"]), float(row["of"])
    return f"{lost:,.0f}" if np.isnan(of) else f"{lost:,.0f} of {of:,.0f}{WHO.get(str(row['state']), '')}"
