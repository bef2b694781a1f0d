"""Health that lasts and health that passes, death, and care that goes on once it has begun."""

from dataclasses import dataclass

import numpy as np

from capitation.dataset.county import conditions, population
from capitation.dataset.county import parameters as given
from capitation.dataset.county.conditions import Illness
from capitation.dataset.county.months import DAYS_IN_YEAR, LENGTHS, STARTS
from capitation.dataset.county.parameters import MONTHS, Course
from capitation.dataset.county.population import People, at

_MIDDLES = (STARTS[:-1] + LENGTHS / 2) / DAYS_IN_YEAR


@dataclass(frozen=True)
class Health:
    """Standard normal effects: lasting ones of body, mind and the habit of seeking care (people), and the passing
    health of each month (people x months; higher is worse)."""

    body: np.ndarray
    mind: np.ndarray
    seeking: np.ndarray
    passing: np.ndarray


def draw(rng: np.random.Generator, illness: Illness) -> Health:
    """Latent health of everybody: lasting effects, and a first-order autoregression by month."""
    count = len(illness.factors)
    body = rng.standard_normal(count)
    mind = _mixed(rng, illness.factors[:, 1], given.MIND_FROM_FACTOR)
    seeking = np.minimum(_mixed(rng, body, given.SEEKING_FROM_BODY), given.SEEKING_CAP)
    return Health(body, mind, seeking, _passing(rng, count))


def _mixed(rng: np.random.Generator, other: np.ndarray, correlation: float) -> np.ndarray:
    return correlation * other + np.sqrt(1 - correlation**2) * rng.standard_normal(other.size)


def _passing(rng: np.random.Generator, count: int) -> np.ndarray:
    health = rng.standard_normal((MONTHS, count))
    fresh = np.sqrt(1 - given.HEALTH_KEPT**2)
    for month in range(1, MONTHS):
        health[month] = given.HEALTH_KEPT * health[month - 1] + fresh * health[month]
    return np.ascontiguousarray(health.T)


def ages(people: People) -> np.ndarray:
    """People x months: age in the middle of each month, negative before birth."""
    return people.age[:, None] + _MIDDLES


def death_chances(people: People, illness: Illness, health: Health) -> np.ndarray:
    """People x months: the chance of dying in a month, from age, sex, deprivation, conditions and health."""
    age = ages(people)
    young = np.minimum(age - 40, 0) * (given.DEATHS_UNDER_40 - given.DEATHS_PER_YEAR_OF_AGE)
    person = (
        given.FEMALE_DEATHS * people.female
        + given.DEATHS_PER_FIFTH * (given.MIDDLE_FIFTH - people.fifth)
        + given.DEATHS_FROM_BODY * health.body
    )
    log_rate = given.DEATHS_LOG_RATE_AT_70 + given.DEATHS_PER_YEAR_OF_AGE * (age - 70) + young
    log_rate += person[:, None] + conditions.death_weight(illness) + given.DEATHS_FROM_HEALTH * health.passing
    return _winter(np.exp(log_rate) / 12) * (age >= 0)


def _winter(chance: np.ndarray) -> np.ndarray:
    """Deaths are more frequent from December to March, months 8 to 11 of an NHS year."""
    cold = np.arange(MONTHS) % 12 >= 8
    return chance * np.where(cold, 1 + given.WINTER_DEATHS, 1 - given.WINTER_DEATHS / 2)


def near_death(people: People, rise: tuple[float, ...]) -> np.ndarray:
    """People x months: ``rise`` by months to death, the month of death first; 1 earlier and for the living."""
    to_death = people.death_month[:, None] - np.arange(MONTHS)
    known = np.array((*rise, 1.0))
    return known[np.where((to_death < 0) | (to_death > len(rise)), len(rise), to_death)]


def on_course(rng: np.random.Generator, course: Course, people: People, illness: Illness, health: Health) -> np.ndarray:
    """People x months: whether each is in a care that lasts, such as long-term social care."""
    starts = _starts(course, people, illness, health)
    stay = course.kept ** (1 / 12)
    chance = rng.random((MONTHS, len(people)), dtype="float32")
    now = rng.random(len(people)) < np.minimum(12 * course.stock * starts[:, 0], given.MOST_AT_START)
    states = np.empty((MONTHS, len(people)), dtype=bool)
    for month in range(MONTHS):
        now = np.where(now, chance[month] < stay, chance[month] < starts[:, month])
        states[month] = now
    return np.ascontiguousarray(states.T)


def _starts(course: Course, people: People, illness: Illness, health: Health) -> np.ndarray:
    person = np.exp(course.body * health.body - course.body**2 / 2)
    need = conditions.relative_need(illness, course.pathway)
    return at(course.starts, ages(people)) / 12 * need * person[:, None] * near_death(people, course.last_months)


def own_amount(rng: np.random.Generator, count: int, spread: float) -> np.ndarray:
    """What a person's care costs to the mean of the course: lasting, mean 1."""
    return rng.lognormal(-(spread**2) / 2, spread, count)


def dead_or_gone(rng: np.random.Generator, people: People, illness: Illness, health: Health) -> People:
    """The same people, those who die with their day of death."""
    return population.with_deaths(rng, people, death_chances(people, illness, health))
