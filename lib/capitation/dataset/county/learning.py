"""The learning loop of HbA1c: people with diabetes are tested, told, compared with the target, and something is changed.

Who is at target in a year is what the year's outcome says of them, so that loop and outcome tell one story.
"""

from collections.abc import Sequence

import numpy as np

from capitation.dataset.county import parameters as given
from capitation.dataset.county.conditions import Illness
from capitation.dataset.county.months import LAST, STARTS
from capitation.dataset.county.outcomes import YearRows
from capitation.dataset.county.parameters import YEARS, Way
from capitation.dataset.county.population import People
from capitation.dataset.loop_moves import LOOP_STATES

_NAMES = tuple(condition.name for condition in given.CONDITIONS)
_DUE, _MEASURED, _RECEIVED, _COMPARED, _ACHIEVED, _IMPROVE, _AGAIN, _CLOSED = range(len(LOOP_STATES))
_SIMPLE = {
    _DUE: _MEASURED,
    _MEASURED: _RECEIVED,
    _RECEIVED: _COMPARED,
    _ACHIEVED: _DUE,
    _IMPROVE: _AGAIN,
    _AGAIN: _COMPARED,
}
Events = tuple[np.ndarray, np.ndarray, np.ndarray]  # person (place), state (place in LOOP_STATES), day


def events(rng: np.random.Generator, people: People, illness: Illness, years: Sequence[YearRows]) -> Events:
    """Every state that somebody with diabetes came into, by person and day. No two of a person are of one day."""
    person, day, end = _start(rng, people, illness)
    at_target = _at_target(rng, len(people), years)
    state, found = np.full(person.size, _DUE), [(person, np.full(person.size, _DUE), day)]
    while person.size:
        after, then = _moved(rng, person, state, day, at_target)
        there = then < end[person]
        person, state, day = person[there], after[there], then[there]
        found.append((person, state, day))
    found.append(_closed(rng, people, found[0][0], end))
    who, what, when = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((when, who))
    return who[order], what[order], when[order]


def _start(rng: np.random.Generator, people: People, illness: Illness) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who has diabetes while there, the day of their first test due, and everybody's last day."""
    onset, end = illness.onset[:, _NAMES.index("diabetes")], people.end.clip(max=LAST)
    known = np.maximum(onset, people.joined)
    wait = np.where(known <= 0, STARTS[12], given.LOOP_NEWLY_DUE) * rng.random(len(people))
    first = np.floor(np.maximum(known, 0) + wait)
    mine = np.nonzero((onset < end) & (first < end))[0]
    return mine, first[mine].astype("int64"), end


def _at_target(rng: np.random.Generator, count: int, years: Sequence[YearRows]) -> np.ndarray:
    """People x years: whether the year's outcome has them at target; by chance where it does not count them."""
    mine = [rows for rows in years if rows.measure == given.LOOP_FROM]
    usual = sum(rows.numerator.sum() for rows in mine) / max(sum(rows.person.size for rows in mine), 1)
    found = rng.random((count, YEARS)) < usual
    for rows in mine:
        found[rows.person, rows.year] = rows.numerator > 0
    return found


def _moved(
    rng: np.random.Generator, person: np.ndarray, state: np.ndarray, day: np.ndarray, at_target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What each person comes into next, and when."""
    year = (np.searchsorted(STARTS, day, side="right") - 1).clip(0, 12 * YEARS - 1) // 12
    met = at_target[person, year]
    after = np.array([_SIMPLE.get(s, 0) for s in range(len(LOOP_STATES))])[state]
    after = np.where(state == _COMPARED, np.where(met, _ACHIEVED, _IMPROVE), after)
    wait = np.ones(person.size)
    for place, name in enumerate(LOOP_STATES):
        mine = state == place
        if name in given.LOOP_WAYS:
            wait[mine] = _days(rng, given.LOOP_WAYS[name], int(mine.sum()))
    missed = (state == _COMPARED) & ~met
    wait[missed] = _days(rng, given.LOOP_WAYS["target missed"], int(missed.sum()))
    return after, day + np.maximum(np.rint(wait), 1).astype("int64")


def _days(rng: np.random.Generator, way: Way, count: int) -> np.ndarray:
    late = np.where(rng.random(count) < way.missed, way.made_up_after, 0.0)
    return way.days * np.exp(way.spread * rng.standard_normal(count)) + late


def _closed(rng: np.random.Generator, people: People, mine: np.ndarray, end: np.ndarray) -> Events:
    """Leavers and dead whose record says so, on their last day."""
    said = rng.random(mine.size) < given.LOOP_CLOSED
    gone = mine[said & (people.end[mine] < LAST)]
    return gone, np.full(gone.size, _CLOSED), end[gone].astype("int64")
