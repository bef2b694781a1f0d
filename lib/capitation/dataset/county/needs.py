"""Markers of need as records hold them: a row on the day something becomes known, none while nothing changes."""

import numpy as np

from capitation.dataset.county import parameters as given
from capitation.dataset.county.conditions import Illness, deficits_on
from capitation.dataset.county.months import STARTS
from capitation.dataset.county.population import People

MARKERS = ("conditions", "frailty", *(condition.name for condition in given.CONDITIONS))
_FAR = 10_000  # more than the days of the five years: for keys of person and day
Needs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # person, day, marker (place in MARKERS), value


def needs(people: People, illness: Illness, body: np.ndarray) -> Needs:
    """Rows of need by person, day and marker: everybody's number of conditions and frailty on the first day they
    are in the data, a flag for each condition, and whatever changes later."""
    parts = [*_flags(people, illness), _counts(people, illness), *_frailty(people, illness, body)]
    person, day, marker, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((marker, day, person))
    return person[order], day[order], marker[order], value[order]


def _rows(person: np.ndarray, day: np.ndarray, marker: int, value: np.ndarray) -> Needs:
    return person, day, np.full(person.size, marker, "int8"), value.astype(float)


def _flags(people: People, illness: Illness) -> list[Needs]:
    return [_flag(people, illness.onset[:, number], number + 2) for number in range(len(given.CONDITIONS))]


def _flag(people: People, onset: np.ndarray, marker: int) -> Needs:
    ill = np.nonzero(onset < people.end.clip(max=STARTS[-1]))[0]
    return _rows(ill, np.maximum(onset, people.joined)[ill], marker, np.ones(ill.size))


def _counts(people: People, illness: Illness) -> Needs:
    """The number of conditions at the start, and on each day on which it rises."""
    later = (illness.onset > people.joined[:, None]) & (illness.onset < people.end.clip(max=STARTS[-1])[:, None])
    person, column = np.nonzero(later)
    keys = np.concatenate(
        [np.arange(len(people)) * _FAR + people.joined, person * _FAR + illness.onset[person, column]]
    )
    person, day = np.divmod(np.unique(keys), _FAR)
    count = (illness.onset[person] <= day[:, None]).sum(axis=1)
    return _rows(person, day, 0, count)


def _frailty(people: People, illness: Illness, body: np.ndarray) -> list[Needs]:
    """The index at the start, and on each 1 April on which it has changed."""
    before = deficits_on(illness, people, body, people.joined)
    parts = [_rows(np.arange(len(people)), people.joined, 1, _index(before))]
    for day in STARTS[12:-1:12]:
        now = deficits_on(illness, people, body, np.full(len(people), day))
        changed = np.nonzero((people.joined < day) & (people.end > day) & (now != before))[0]
        before = np.where(people.joined < day, now, before)
        parts.append(_rows(changed, np.full(changed.size, day), 1, _index(now[changed])))
    return parts


def _index(deficits: np.ndarray) -> np.ndarray:
    return np.round(deficits / given.DEFICITS, 3)
