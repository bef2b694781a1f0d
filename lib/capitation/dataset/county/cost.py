"""What everybody's care costs: units by month that follow need, and skewed amounts for them."""

from dataclasses import dataclass

import numpy as np

from capitation.dataset.county import conditions, population
from capitation.dataset.county import health as states
from capitation.dataset.county import parameters as given
from capitation.dataset.county.conditions import Illness
from capitation.dataset.county.health import Health
from capitation.dataset.county.months import LENGTHS
from capitation.dataset.county.parameters import AGE_KNOTS, CODES, MONTHS, SERVICES, Service
from capitation.dataset.county.population import People, at

_YEAR_OF_MONTH = np.arange(MONTHS) // 12
_GROWTH = (1 + given.VOLUME_GROWTH) ** ((np.arange(MONTHS) - 17.5) / 12)  # 1 in mid-2014/15
_PRICES = np.array(given.PRICE_INDEX)
_PENCE = 100
_SEXED = {"hospital": given.FEMALE_HOSPITAL, "surgery": given.FEMALE_SURGERY}


@dataclass(frozen=True)
class Rows:
    """Spend, one array a column: person and month counted from 0, service (place in ``SERVICES``), units, pence."""

    person: np.ndarray
    month: np.ndarray
    service: np.ndarray
    units: np.ndarray
    pence: np.ndarray
    intense: np.ndarray

    def by_person(self) -> np.ndarray:
        """The places of the rows in order of person, month and service."""
        return np.argsort((self.person * MONTHS + self.month) * len(CODES) + self.service, kind="stable")

    def at(self, places: np.ndarray) -> "Rows":
        """Some of the rows, in the order asked for."""
        return Rows(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Block:
    """All that decides a block's cost: its people with their deaths, their illness and health, and the courses of
    care that last (people x months)."""

    people: People
    illness: Illness
    health: Health
    high_cost: np.ndarray
    long_term: np.ndarray
    continuing: np.ndarray
    emergency_effect: np.ndarray


def spend(rng: np.random.Generator, block: Block) -> tuple[Rows, np.ndarray]:
    """All rows of spend, service by service, and the £ expected of each person in each year (people x years)."""
    present = population.shares_present(block.people)
    needs = {name: conditions.relative_need(block.illness, name) for name in given.PATHWAYS}
    own = states.own_amount(rng, len(block.people), given.HIGH_COST.spread)
    parts, expected = [], np.zeros((len(block.people), given.YEARS))
    for number, service in enumerate(SERVICES):
        if service.rate:
            units = _expected_units(service, block, needs[service.pathway], own) * present
            dear = _dearer(service, block)
            rows, pounds = _counted(rng, number, units, dear, block.high_cost), units * service.unit_cost * dear
        else:
            rows, pounds = _lasting(rng, number, block, present)
        parts.append(rows)
        expected += _by_year(pounds) * _PRICES
    return _joined(parts), expected


def _by_year(by_month: np.ndarray) -> np.ndarray:
    return by_month.reshape(len(by_month), given.YEARS, 12).sum(axis=2)


def _joined(parts: list[Rows]) -> Rows:
    return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__dataclass_fields__))


def _expected_units(service: Service, block: Block, need: np.ndarray, own: np.ndarray) -> np.ndarray:
    """People x months: units expected of somebody present the whole month."""
    people, health = block.people, block.health
    person = service.lasting * getattr(health, service.habit) - service.lasting**2 / 2
    passing = np.exp(service.passing * health.passing - service.passing**2 / 2)
    rate = service.rate * need * passing * np.exp(person)[:, None] * _by_age_and_sex(service, people)
    rate *= states.near_death(people, given.LAST_MONTHS[service.last_months])
    return _special(service, block, rate, own) * _calendar(service)


def _by_age_and_sex(service: Service, people: People) -> np.ndarray:
    """People x months: what age, sex and deprivation do to use, changing once a year."""
    age = people.age[:, None] + np.arange(given.YEARS) + 0.5
    sexed = _SEXED.get(service.pathway, given.FEMALE_FLAT)
    factor = at((AGE_KNOTS, service.by_age), age) * np.where(people.female[:, None], at(sexed, age), 1.0)
    nearer = (given.MIDDLE_FIFTH - people.fifth)[:, None]
    factor *= np.exp(nearer * (service.per_fifth + at(given.PER_FIFTH_BY_AGE, age)))
    return factor.repeat(12, axis=1)


def _calendar(service: Service) -> np.ndarray:
    winter = np.tile(given.WINTER, given.YEARS) if service.code in given.WINTRY else np.ones(MONTHS)
    return _GROWTH * winter


def _special(service: Service, block: Block, rate: np.ndarray, own: np.ndarray) -> np.ndarray:
    """What the high-cost class, long-term care and the practice add to the rate of some services."""
    if service.code in given.HIGH_COST_UNITS:
        rate += block.high_cost * (given.HIGH_COST_UNITS[service.code] * own[:, None])
    if service.code == "social_care":
        rate *= np.where(block.long_term, given.LONG_TERM_REABLEMENT, 1.0)
    if service.code == "emergency_inpatient":
        rate *= np.exp(block.emergency_effect)[:, None]
    return rate


def _dearer(service: Service, block: Block) -> np.ndarray:
    """People x months: what a unit costs to the usual; stays are longer in the last months of life."""
    last = given.LAST_STAYS_COST if service.code == "emergency_inpatient" else (1.0,)
    return states.near_death(block.people, last)


def _counted(
    rng: np.random.Generator, number: int, expected: np.ndarray, dear: np.ndarray, high_cost: np.ndarray
) -> Rows:
    units = rng.poisson(expected).astype("int32")
    person, month = np.nonzero(units)
    counts = units[person, month]
    pence = _in_pence(_priced(rng, SERVICES[number], counts) * dear[person, month] * _PRICES[_YEAR_OF_MONTH[month]])
    return _rows(number, person, month, counts, pence, high_cost[person, month])


def _rows(
    number: int, person: np.ndarray, month: np.ndarray, units: np.ndarray, pence: np.ndarray, intense: np.ndarray
) -> Rows:
    return Rows(person, month, np.full(person.size, number, "int8"), units, pence, intense)


def _priced(rng: np.random.Generator, service: Service, units: np.ndarray) -> np.ndarray:
    """£ of 2014/15 of so many units: skewed about the unit cost, less so the more units there are."""
    spread = service.spread / np.sqrt(units)
    usual = (service.unit_cost - _tail_mean(service)) / (1 - _tail_share(service))
    pounds = usual * units * np.exp(spread * rng.standard_normal(units.size) - spread**2 / 2)
    long = rng.random(units.size) < _tail_share(service)
    pounds[long] = _long_stays(rng, int(long.sum()))
    return pounds


def _in_pence(pounds: np.ndarray) -> np.ndarray:
    return np.maximum(np.rint(pounds * _PENCE), 1).astype("int64")


def _tail_share(service: Service) -> float:
    return given.TAIL_SHARE if service.code in given.TAILED else 0.0


def _tail_mean(service: Service) -> float:
    """£ that the long tail adds to the mean cost of a stay."""
    low, cap, shape = given.TAIL_FROM, given.TAIL_CAP, given.TAIL_SHAPE
    mean = low * (shape - (low / cap) ** (shape - 1)) / (shape - 1)
    return _tail_share(service) * mean


def _long_stays(rng: np.random.Generator, count: int) -> np.ndarray:
    """£ of stays in the capped Pareto tail."""
    return np.minimum(given.TAIL_FROM * rng.random(count) ** (-1 / given.TAIL_SHAPE), given.TAIL_CAP)


def _lasting(rng: np.random.Generator, number: int, block: Block, present: np.ndarray) -> tuple[Rows, np.ndarray]:
    """Long-term and continuing care: days of care in every month, at the person's own daily cost."""
    service = SERVICES[number]
    course, state = (
        (given.LONG_TERM, block.long_term)
        if service.code == "social_care_charged"
        else (given.CONTINUING, block.continuing)
    )
    own = states.own_amount(rng, len(block.people), course.spread)
    person, month = np.nonzero(state & (present > 0))
    days = np.maximum(np.rint(present[person, month] * LENGTHS[month]), 1).astype("int32")
    wobble = np.exp(service.spread * rng.standard_normal(days.size) - service.spread**2 / 2)
    pounds = service.unit_cost * own[person] * days * wobble * _GROWTH[month]
    expected = state * present * LENGTHS * (service.unit_cost * own[:, None] * _GROWTH)
    pence = _in_pence(pounds * _PRICES[_YEAR_OF_MONTH[month]])
    return _rows(number, person, month, days, pence, np.zeros(days.size, bool)), expected
