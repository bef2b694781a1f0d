"""The learning loop's events as moves from state to state, and counts of them: no row of a person need leave the engine.

due → measured → received → compared → achieved → due, or → improve → re-measured → compared; any → closed. Source: King's
Fund slides and measures reference, section 5. The same in plain tables, for a second opinion: `outcomes.learning_loop`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from capitation.dataset.names import NOT_LEGAL, NOW_IN, STILL_THERE

LOOP_STATES = ("due", "measured", "received", "compared", "achieved", "improve", "re-measured", "closed")
LOOP_NEXT: Mapping[str, tuple[str, ...]] = {
    "due": ("measured",),
    "measured": ("received",),
    "received": ("compared",),
    "compared": ("achieved", "improve"),
    "achieved": ("due",),
    "improve": ("re-measured",),
    "re-measured": ("compared",),
    "closed": (),
}
CLOSED = "closed"  # which follows any other state
WITHIN_A_DAY = ("due", "measured", "received", "re-measured", "compared", "achieved", "improve", "due again", "closed")
OF_PERSON = ["person_id", "measure"]
MOVES = ("person_id", "measure", "state", "date", "place", "next", "days", "legal")
COUNTED = ("measure", "state", "became", "days")
Rows = Any


def placed(events: Rows) -> Rows:
    """The events with ``place``, their order within a day: ``due`` comes first where a test follows that day, and otherwise
    after all else."""
    import ibis

    same_day = ibis.window(group_by=[*OF_PERSON, "date"])
    tested = (events.state == "measured").any().over(same_day)
    order = ibis.cases(*((events.state == state, n) for n, state in enumerate(WITHIN_A_DAY)), else_=len(WITHIN_A_DAY))
    again = (events.state == "due") & ~tested
    return events.mutate(place=again.ifelse(WITHIN_A_DAY.index("due again"), order).cast("int16"))


def with_state_before(events: Rows) -> Rows:
    """The events with ``state_before``, what the same person was in before; empty for the first."""
    import ibis

    rows = placed(events)
    in_order = ibis.window(group_by=OF_PERSON, order_by=[rows.date, rows.place])
    return rows.mutate(state_before=rows.state.lag(1).over(in_order)).drop("place")


def illegal(before: Rows, after: Rows) -> Rows:
    """Whether the loop has no such move; a first event, and a state that the loop does not know, are no moves."""
    import ibis

    known = before.isin(LOOP_STATES) & after.isin(LOOP_STATES)
    ways = [(before == state) & after.isin([*to, CLOSED]) for state, to in LOOP_NEXT.items() if state != CLOSED]
    fine = ibis.or_(*ways)
    return (known & ~fine).fill_null(False)


def moves(events: Rows, until: date) -> Rows:
    """Each event up to and with a day, and what came next by then: the columns ``MOVES``; ``next`` is empty for the last."""
    import ibis

    rows = placed(events.filter(events.date <= ibis.literal(until)))
    in_order = ibis.window(group_by=OF_PERSON, order_by=[rows.date, rows.place])
    rows = rows.mutate(next=rows.state.lead(1).over(in_order), next_date=rows.date.lead(1).over(in_order))
    days = rows.next_date.delta(rows.date, unit="day").cast("int32")
    return rows.mutate(days=days, legal=~illegal(rows.state, rows.next)).select(*MOVES)


def counts(moved: Rows, people: Rows, since: date, until: date) -> Rows:
    """What became of ``people`` by what they came into from ``since``: the columns ``COUNTED`` and people.

    A person counts once in a state, the first time; ``became`` is the next state, still there (``days`` waited by
    ``until``) or not legal. Rows of ``NOW_IN`` count everybody by their last state.
    """
    import ibis

    mine = moved.semi_join(people, "person_id")
    last = mine.filter(mine.next.isnull())
    now = last.select("measure", "state", became=ibis.literal(NOW_IN), days=ibis.literal(0, "int32"))
    period = mine.filter(mine.date >= ibis.literal(since))
    order = ibis.row_number().over(group_by=[*OF_PERSON, "state"], order_by=[period.date, period.place])
    first = period.mutate(nth=order)
    first = first.filter(first.nth == 0)
    waited = ibis.literal(until).cast("date").delta(first.date, unit="day").cast("int32")
    became = first.legal.ifelse(first.next.fill_null(STILL_THERE), NOT_LEGAL)
    went = first.select("measure", "state", became=became, days=first.days.coalesce(waited))
    both: Rows = ibis.union(went, now)
    return both.group_by(list(COUNTED)).agg(people=both.count())


def counts_in_memory(moved: pd.DataFrame, people: pd.Series, since: date, until: date) -> pd.DataFrame:
    """`counts` of moves held in memory; ``people`` are their numbers."""
    mine = _known(moved[moved["person_id"].isin(people)], pd.Timestamp(until))
    last = mine[mine["next"].isna()]
    period = mine[mine["date"] >= pd.Timestamp(since)]
    first = period.drop_duplicates(["person_id", "measure", "state"])
    waited = (pd.Timestamp(until) - first["date"]).dt.days
    became = first["next"].astype(object).fillna(STILL_THERE).where(first["legal"], NOT_LEGAL)
    went = first.assign(became=became, days=first["days"].fillna(waited))
    both = pd.concat([went, last.assign(became=NOW_IN, days=0)])[list(COUNTED)].astype({"days": "int64"})
    return in_order(both.groupby(list(COUNTED)).size().rename("people").reset_index())


def _known(moved: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Moves as they were known at the end of a day."""
    mine = moved[moved["date"] <= until]
    later = (until - mine["date"]).dt.days < mine["days"]
    return mine.assign(next=mine["next"].mask(later), days=mine["days"].mask(later), legal=mine["legal"] | later)


def small(moved: pd.DataFrame) -> pd.DataFrame:
    """Moves as they are held in memory, by person and in order, with plain text."""
    dated = moved.assign(date=pd.to_datetime(moved["date"]), legal=moved["legal"].astype(bool))
    ordered = dated.sort_values([*OF_PERSON, "date", "place"], ignore_index=True).drop(columns="place")
    texts = {name: ordered[name].astype(object).astype("category") for name in ("measure", "state", "next")}
    ids = ordered["person_id"]
    plain = ids.astype(object) if isinstance(ids.dtype, pd.StringDtype) else ids
    return ordered.assign(person_id=plain, **texts)


def in_order(found: pd.DataFrame) -> pd.DataFrame:
    """Counts in one order, whoever counted."""
    texts = {name: found[name].astype(object) for name in ("measure", "state", "became")}
    return (
        found.assign(**texts).astype({"days": "int64", "people": "int64"}).sort_values(list(COUNTED), ignore_index=True)
    )
