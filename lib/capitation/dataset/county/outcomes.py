"""Outcomes of each year: chances that follow need, and practices that do better or worse by a known amount."""

from dataclasses import dataclass

import numpy as np

from capitation.dataset.county import parameters as given
from capitation.dataset.county.conditions import Illness, count_on
from capitation.dataset.county.months import STARTS
from capitation.dataset.county.parameters import MEASURES, YEARS
from capitation.dataset.county.population import People

_NAMES = tuple(condition.name for condition in given.CONDITIONS)
Effects = dict[str, np.ndarray]


@dataclass(frozen=True)
class YearRows:
    """One measure in one year: people (places), events, and what they are counted against."""

    measure: str
    year: int
    person: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray


@dataclass(frozen=True)
class Facts:
    """What outcomes hang on: people, illness, effects by practice, stays (people x years), logarithm of need
    (people x years)."""

    people: People
    illness: Illness
    effects: Effects
    stays: np.ndarray
    need: np.ndarray


def effects(seed: int, practices: int) -> Effects:
    """Each practice's effect on each measure, in log-odds: normal, of the spread declared; the seed decides."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(given.MOST_PEOPLE, 1)))
    return {name: measure.practices * rng.standard_normal(practices) for name, measure in MEASURES.items()}


def all_years(rng: np.random.Generator, facts: Facts) -> list[YearRows]:
    """Every measure of every year."""
    return [rows for year in range(YEARS) for rows in _of_year(rng, facts, year)]


def _of_year(rng: np.random.Generator, facts: Facts, year: int) -> list[YearRows]:
    here, exposure = _here(facts.people, year)
    stays = facts.stays[here, year].astype(float)
    discharged, older = stays > 0, facts.people.age[here] + year >= given.OLDER_FROM
    admitted = here[discharged]
    return [
        YearRows("emergency_admission", year, here, stays, exposure),
        YearRows("acs_admission", year, here, _of_stays(rng, facts, "acs_admission", here, year), exposure),
        _readmissions(rng, facts, admitted, year),
        YearRows("falls_admission_65", year, here[older], _of_stays(rng, facts, "falls_admission_65", here[older], year), exposure[older]),
        _yes_or_no(rng, facts, "diabetes_control", _with(facts, here, "diabetes", year), year),
        _yes_or_no(rng, facts, "blood_pressure_control", _with(facts, here, "hypertension", year), year),
        _yes_or_no(rng, facts, "died_at_usual_place", here[_dies(facts.people, here, year)], year),
        _yes_or_no(rng, facts, "review_done", _due_review(facts, here, year), year),
        _delays(rng, facts, admitted, year),
    ]  # fmt: skip


def _here(people: People, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Those with days in the year, and the part of it that they are there."""
    start, end = STARTS[12 * year], STARTS[12 * year + 12]
    days = np.minimum(people.end, end) - np.maximum(people.joined, start)
    here = np.nonzero(days > 0)[0]
    return here, np.round(days[here] / (end - start), 4)


def _index_day(people: People, year: int) -> np.ndarray:
    return np.maximum(people.joined, STARTS[12 * year])


def _chance(facts: Facts, name: str, person: np.ndarray, year: int, more: np.ndarray | float = 0.0) -> np.ndarray:
    measure, practice = MEASURES[name], facts.people.practice[person]
    odds = measure.log_odds + measure.need * facts.need[person, year] + measure.per_year * year
    return 1 / (1 + np.exp(-(odds + facts.effects[name][practice] + more)))


def _yes_or_no(rng: np.random.Generator, facts: Facts, name: str, person: np.ndarray, year: int) -> YearRows:
    met = rng.random(person.size) < _chance(facts, name, person, year)
    return YearRows(name, year, person, met.astype(float), np.ones(person.size))


def _of_stays(rng: np.random.Generator, facts: Facts, name: str, person: np.ndarray, year: int) -> np.ndarray:
    """How many of a person's emergency stays are of the kind measured."""
    return rng.binomial(facts.stays[person, year], _chance(facts, name, person, year)).astype(float)


def _readmissions(rng: np.random.Generator, facts: Facts, admitted: np.ndarray, year: int) -> YearRows:
    again = _of_stays(rng, facts, "readmission_30d", admitted, year)
    return YearRows("readmission_30d", year, admitted, again, facts.stays[admitted, year].astype(float))


def _delays(rng: np.random.Generator, facts: Facts, admitted: np.ndarray, year: int) -> YearRows:
    """Days that patients waited to leave hospital, against their emergency stays."""
    older = facts.people.age[admitted] + year >= given.OLDER_FROM
    chance = _chance(facts, "delayed_days", admitted, year, given.DELAY_OLDER * older)
    stays = facts.stays[admitted, year]
    delayed = rng.binomial(stays, chance)
    days = np.where(delayed > 0, delayed + rng.poisson((given.DELAY_DAYS - 1) * delayed), 0)
    return YearRows("delayed_days", year, admitted, days.astype(float), stays.astype(float))


def _with(facts: Facts, here: np.ndarray, condition: str, year: int) -> np.ndarray:
    onset = facts.illness.onset[here, _NAMES.index(condition)]
    return here[onset <= _index_day(facts.people, year)[here]]


def _dies(people: People, here: np.ndarray, year: int) -> np.ndarray:
    return people.died[here] < STARTS[12 * year + 12]


def _due_review(facts: Facts, here: np.ndarray, year: int) -> np.ndarray:
    known = count_on(facts.illness, _index_day(facts.people, year))
    return here[known[here] >= given.REVIEW_DUE_FROM]
