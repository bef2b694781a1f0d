"""The learning loop of a measure, person by person: tested, told, compared with the target, and something changed.

due → measured → received → compared → achieved → due, or → improve → re-measured → compared; any → closed. Records are
one row a state entered, with columns ``person``, ``measure``, ``state`` and ``date``; a move that is not in the list is a
data error and is counted as one. Source: King's Fund slides and measures reference, section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.disclosure import SMALLEST_SHOWN, TOTAL, may_show_mean, rounded_count, safe_cells
from capitation.dataset.loop_moves import LOOP_NEXT, LOOP_STATES, WITHIN_A_DAY
from capitation.dataset.names import NOT_LEGAL, STILL_THERE
from capitation.errors import InputError
from capitation.outcomes.checked import over

STATES, NEXT = LOOP_STATES, LOOP_NEXT
COLUMNS = ("person", "measure", "state", "date")
STILL, OTHER = STILL_THERE, NOT_LEGAL  # what became of a person who did not move, or moved as nobody may


def legal(before: str, after: str) -> bool:
    """Whether a person may go from one state to another: as the loop has it, or to closed from any other."""
    return after in NEXT[before] or (after == "closed" and before != "closed")


def moves(events: pd.DataFrame) -> pd.DataFrame:
    """Each record with what came next: person, measure, state, date, ``next``, ``days`` until it, ``legal``.

    ``next`` is missing and ``days`` NaN for the last record of a person, which is no error. Records of one day are taken
    in the order of the loop, whatever order they are given in. Raises InputError for a column or value missing, or an
    unknown state.
    """
    rows = _in_order(_checked(events))
    same = rows["person"].eq(rows["person"].shift(-1)) & rows["measure"].eq(rows["measure"].shift(-1))
    after = rows["state"].shift(-1).where(same)
    days = (rows["date"].shift(-1) - rows["date"]).dt.total_seconds() / 86_400  # seconds in a day
    pairs = {f"{a} {b}" for a in STATES for b in STATES if legal(a, b)}
    fine = ~same | (rows["state"] + " " + after.fillna("")).isin(pairs)
    return rows.assign(next=after, days=days.where(same), legal=fine)


def _checked(events: pd.DataFrame) -> pd.DataFrame:
    for column in COLUMNS:
        if column not in events:
            raise InputError("learning loop", f"no column {column}", ", ".join(COLUMNS))
        if events[column].isna().any():
            raise InputError(
                "learning loop", f"{column} is missing in {int(events[column].isna().sum())} rows", "a value"
            )
    unknown = sorted(set(events["state"].astype(str)) - set(STATES))
    if unknown:
        raise InputError("learning loop", f"a state {unknown[0]!r}", "one of " + ", ".join(STATES))
    rows = events[list(COLUMNS)].reset_index(drop=True)
    return rows.assign(state=rows["state"].astype(str), date=pd.to_datetime(rows["date"]))


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """By person, measure and date; within a day ``due`` comes first where a test follows, and otherwise after all else."""
    key = ["person", "measure", "date"]
    tested = pd.MultiIndex.from_frame(rows.loc[rows["state"] == "measured", key])
    again = (rows["state"] == "due") & ~pd.MultiIndex.from_frame(rows[key]).isin(tested)
    place = rows["state"].where(~again, "due again").map({state: n for n, state in enumerate(WITHIN_A_DAY)})
    return rows.assign(place=place).sort_values([*key, "place"], ignore_index=True).drop(columns="place")


def faults(moved: pd.DataFrame) -> pd.DataFrame:
    """Moves that are data errors: measure, state, next, records; the most frequent first."""
    wrong = moved[~moved["legal"]].groupby(["measure", "state", "next"]).size().rename("records").reset_index()
    return wrong.sort_values(["records", "measure", "state", "next"], ascending=[False, True, True, True],
                             ignore_index=True)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Loop:
    """What became of the people of one measure; indexed by the state they were in, all but closed.

    ``became`` counts people by what came after the first time that they entered a state in the period: the next states,
    ``closed``, ``still`` (there at the end) and ``not legal``; each row sums to the people who entered it. ``days`` is the
    median until they moved on, ``stuck`` of those still there how many have been for longer than allowed. ``now`` counts everybody
    by their last state.
    """

    became: pd.DataFrame
    days: pd.DataFrame
    stuck: pd.Series
    now: pd.Series

    @property
    def entered(self) -> pd.Series:
        """People who entered a state in the period."""
        return self.became.sum(axis=1)

    @property
    def lost(self) -> pd.Series:
        """People of each state who did not go on in the loop: closed, stuck, or moved as nobody may."""
        return self.became["closed"] + self.became[OTHER] + self.stuck

    @property
    def lost_most_at(self) -> str | None:
        """The state at which most people are lost; None where nobody is."""
        return str(self.lost.idxmax()) if self.lost.max() > 0 else None


def loop(moved: pd.DataFrame, until: pd.Timestamp, allowed: Mapping[str, float] | None = None,
         since: pd.Timestamp | None = None) -> Loop:  # fmt: skip
    """What had become by ``until`` of the people of one measure who entered its states from ``since``, from `moves`.

    A person counts once in each state, however often they go round: for the second year, begin ``since`` with it.
    ``allowed`` is the days that a state may take; a person still there for longer is stuck. In a state that isn't named
    nobody is stuck. Raises InputError for several measures, records after ``until``, or an unknown state in ``allowed``.
    """
    _check_loop(moved, until, allowed or {})
    period = moved if since is None else moved[moved["date"] >= since]
    first = period.drop_duplicates(["person", "state"])
    ended = first["next"].fillna(STILL).where(first["legal"], OTHER)
    states = list(STATES[:-1])
    became = pd.crosstab(first["state"], ended).reindex(index=states, columns=[*STATES, STILL, OTHER], fill_value=0)
    days = first.assign(ended=ended).pivot_table(index="state", columns="ended", values="days", aggfunc="median")
    waited = (until - first["date"]).dt.days > first["state"].map(dict(allowed or {})).astype(float)
    stuck = (waited & (ended == STILL)).groupby(first["state"]).sum().reindex(states, fill_value=0).astype("int64")
    now = moved.drop_duplicates("person", keep="last")["state"].value_counts().reindex(list(STATES), fill_value=0)
    return Loop(became, days.reindex(index=states, columns=became.columns), stuck, now)


def _check_loop(moved: pd.DataFrame, until: pd.Timestamp, allowed: Mapping[str, float]) -> None:
    if moved.empty or moved["measure"].nunique() > 1:
        raise InputError("learning loop", f"{moved['measure'].nunique()} measures", "the moves of one measure")
    if moved["date"].max() > until:
        raise InputError("learning loop", f"a record of {moved['date'].max().date()}", f"none after {until.date()}")
    for state in set(allowed) - set(STATES[:-1]):
        raise InputError("learning loop: days allowed", f"a state {state!r}", "one of " + ", ".join(STATES[:-1]))


def arrows(found: Loop) -> pd.DataFrame:
    """Each arrow of the loop: state, next, entered, moved, ``conversion``, ``median_days``, ``stuck``, ``share_stuck``, closed, still.

    Conversion and the share stuck are of those who entered the state; NaN where nobody did.
    """
    states = [(a, b) for a in STATES[:-1] for b in NEXT[a]]
    table = pd.DataFrame(states, columns=["state", "next"])
    table["moved"] = [int(found.became.to_numpy()[_cell(a, b)]) for a, b in states]
    table["median_days"] = [float(found.days.to_numpy()[_cell(a, b)]) for a, b in states]
    for name, counts in (("entered", found.entered), ("stuck", found.stuck), ("closed", found.became["closed"]),
                         ("still", found.became[STILL])):  # fmt: skip
        table[name] = table["state"].map(counts)
    return _with_shares(table)


def _cell(state: str, to: str) -> tuple[int, int]:
    return STATES.index(state), STATES.index(to)


def _with_shares(table: pd.DataFrame) -> pd.DataFrame:
    """The shares of those who entered a state, at most 1; NaN where nobody did or a count is hidden."""
    for share, part in (("conversion", "moved"), ("share_stuck", "stuck")):
        some, all_of_them = (table[c].to_numpy(dtype=float, na_value=np.nan) for c in (part, "entered"))
        table[share] = np.minimum(over(some, all_of_them), 1.0)
    return table


def arrows_shown(found: Loop) -> pd.DataFrame:
    """`arrows` as they may leave: 1 to 7 people and what would give them away missing, other counts to the nearest 5.

    Counts of what became of people are hidden as one table with its totals (`safe_cells`); conversions and shares are those
    of the counts shown, a median needs 8 people, and who is stuck is shown where that, and the rest still there, may be.
    Neighbouring states share people: all that hides a small loss between two of them is that both are rounded.
    """
    table, cells = arrows(found), safe_cells(found.became)
    many = table["moved"].map(may_show_mean)
    for column, to in (("entered", TOTAL), ("closed", "closed"), ("still", STILL)):
        table[column] = table["state"].map(cells[to]).astype("Int64")
    shown = cells.stack()
    table["moved"] = pd.Series(
        [shown.get(pair, pd.NA) for pair in zip(table["state"], table["next"], strict=True)], dtype="Int64"
    )
    table["stuck"] = table["state"].map(_stuck_shown(found, cells[STILL])).astype("Int64")
    table["median_days"] = table["median_days"].where(many & table["moved"].notna())
    return _with_shares(table)


def _stuck_shown(found: Loop, still: pd.Series) -> pd.Series:
    """People stuck as a part of those still there; missing where either part is small, or those still there are hidden."""
    parts = pd.DataFrame({"stuck": found.stuck, "waiting": found.became[STILL] - found.stuck})
    small = parts.isin(range(1, SMALLEST_SHOWN)).any(axis=1) | still.reindex(parts.index).isna()
    return parts["stuck"].map(rounded_count).astype("Int64").mask(small)
