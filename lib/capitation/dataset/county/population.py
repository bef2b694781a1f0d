"""Who lives in the county, joins it, is born into it and leaves it."""

from dataclasses import dataclass, replace

import numpy as np

from capitation.dataset.county import parameters as given
from capitation.dataset.county.months import DAYS_IN_YEAR, LAST, LENGTHS, NEVER, STARTS
from capitation.dataset.county.parameters import Knots


@dataclass(frozen=True)
class Size:
    """How many people of a block are there at the start, join it later and are born into it."""

    start: int
    joiners: int
    births: int

    @property
    def people(self) -> int:
        """Everybody ever in the block."""
        return self.start + self.joiners + self.births


@dataclass(frozen=True)
class People:
    """One array a column, one place a person: ``age`` on the first day (negative: not yet born), days of joining
    (0: there at the start), leaving and death (``NEVER``: not in these years), district and practice counted
    from 0, fifth of deprivation from 1. ``death_month`` is also known of those who die elsewhere or in the year
    after these five, since care rises before it; past it for the others."""

    age: np.ndarray
    female: np.ndarray
    district: np.ndarray
    fifth: np.ndarray
    practice: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    died: np.ndarray
    death_month: np.ndarray

    def __len__(self) -> int:
        return len(self.age)

    @property
    def end(self) -> np.ndarray:
        """The first day no longer there."""
        return np.minimum(self.left, self.died)


def at(knots: Knots, ages: np.ndarray) -> np.ndarray:
    """The value at each age on straight lines between knots."""
    return np.interp(ages, *knots)


def size(start: int) -> Size:
    """Joiners and births of five years that go with so many people at the start."""
    person_years = start * given.YEARS * given.MEAN_POPULATION
    joiners = round(person_years * given.JOINERS * given.JOINERS_LEVEL)
    return Size(start, joiners, round(person_years * given.BIRTHS))


def practices_by_district(people: int) -> list[list[int]]:
    """The numbers of each district's practices, from 0: about one for 8,000 people."""
    least = 2 if people >= given.TWO_PRACTICES_FROM else 1
    residents = _by_district()
    counts = [max(least, round(people * share / given.PEOPLE_PER_PRACTICE)) for share in residents / residents.sum()]
    ends = np.cumsum(counts)
    return [list(range(end - count, end)) for end, count in zip(ends, counts, strict=True)]


def _by_district() -> np.ndarray:
    found = [sum(sum(row) for (name, _), row in given.POPULATION.items() if name == d) for d in given.DISTRICTS]
    return np.array(found, dtype=float)


def draw(rng: np.random.Generator, number: Size, practices: list[np.ndarray]) -> People:
    """The people of a block, nobody dead yet. ``practices`` are each district's shares by practice number."""
    start = _drawn_cells(rng, number.start, np.ones(len(given.BY_YEAR_OF_AGE)))
    movers = _drawn_cells(rng, number.joiners, _mobility_by_year())
    newborn = _drawn_cells(rng, number.births, _newborn())
    joined = np.concatenate(
        [np.zeros(number.start, int), *(rng.integers(1, LAST, n) for n in (number.joiners, number.births))]
    )
    cells, ages = (np.concatenate(part) for part in zip(start, movers, newborn, strict=True))
    age = np.where(np.arange(number.people) < number.start + number.joiners, ages, 0.0) - joined / DAYS_IN_YEAR
    district, fifth = cells // 5, cells % 5 + 1
    female = rng.random(number.people) < at(given.FEMALE_SHARE, age)
    never = np.full(number.people, NEVER)
    people = People(age, female, district, fifth, _practice(rng, district, practices), joined, never, never, never)
    return replace(people, left=_leaving_days(rng, people))


def _mobility_by_year() -> np.ndarray:
    return at(given.MOBILITY, np.arange(len(given.BY_YEAR_OF_AGE)) + 0.5)


def _newborn() -> np.ndarray:
    return (np.arange(len(given.BY_YEAR_OF_AGE)) == 0).astype(float)


def _cell_weights(by_year: np.ndarray) -> np.ndarray:
    """Weights of (district and fifth) x single year of age: 25 x 91, of the people by age times ``by_year``."""
    single = np.array(given.BY_YEAR_OF_AGE, dtype=float)
    band = np.searchsorted(given.BAND_STARTS, np.arange(len(single)), side="right") - 1
    within = single / np.bincount(band, single)[band]
    keys = [(district, fifth) for district in given.DISTRICTS for fifth in range(1, 6)]
    bands = np.array([given.POPULATION.get(key, (0,) * len(given.BAND_STARTS)) for key in keys], dtype=float)
    return bands[:, band] * within * by_year


def _drawn_cells(rng: np.random.Generator, count: int, by_year: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cell (district times 5 and fifth) and age in years of ``count`` people, in random order.

    Drawn at even steps through the cells, so that every block has the county's shape.
    """
    weights = _cell_weights(by_year).ravel()
    steps = (np.arange(count) + rng.random()) / max(count, 1) * weights.sum()
    place = np.minimum(np.searchsorted(np.cumsum(weights), steps, side="right"), weights.size - 1)
    place = rng.permutation(place)
    cell, year = np.divmod(place, len(given.BY_YEAR_OF_AGE))
    return cell, _age_within(rng, year)


def _age_within(rng: np.random.Generator, year: np.ndarray) -> np.ndarray:
    beyond = rng.exponential(given.YEARS_BEYOND_90, year.size)
    oldest = year == len(given.BY_YEAR_OF_AGE) - 1
    return np.minimum(year + np.where(oldest, beyond, rng.random(year.size)), given.OLDEST)


def _practice(rng: np.random.Generator, district: np.ndarray, practices: list[np.ndarray]) -> np.ndarray:
    chance, chosen = rng.random(district.size), np.zeros(district.size, dtype="int32")
    for number, shares in enumerate(practices):
        mine = district == number
        chosen[mine] = np.searchsorted(np.cumsum(shares), chance[mine] * shares.sum(), side="right")
    return chosen


def _leaving_days(rng: np.random.Generator, people: People) -> np.ndarray:
    """Leaving days at a rate that follows mobility by age; nobody leaves in the month of joining."""
    middle = (STARTS[:-1] + LENGTHS / 2) / DAYS_IN_YEAR
    rate = given.LEAVERS * given.LEAVERS_LEVEL * at(given.MOBILITY, people.age[:, None] + middle) / 12
    after = STARTS[:-1] > people.joined[:, None]
    month = first_month(rng, np.where(after | (people.joined[:, None] == 0), rate, 0.0))
    return _day_in(rng, month, earliest=0, joined=people.joined)


def first_month(rng: np.random.Generator, chance: np.ndarray) -> np.ndarray:
    """The first month, by person, in which an event with these chances by month comes; 60 if it does not."""
    survived = np.cumsum(-np.log1p(-np.minimum(chance, 0.999)), axis=1)
    return (survived <= rng.exponential(size=len(chance))[:, None]).sum(axis=1)


def _day_in(rng: np.random.Generator, month: np.ndarray, earliest: int, joined: np.ndarray) -> np.ndarray:
    inside = np.minimum(month, len(LENGTHS) - 1)
    day = STARTS[inside] + earliest + (rng.random(month.size) * (LENGTHS[inside] - earliest)).astype(int)
    return np.where(month < len(LENGTHS), np.maximum(day, joined + 1), NEVER)


def with_deaths(rng: np.random.Generator, people: People, chance: np.ndarray) -> People:
    """The same people with days of death, from the chance of dying by month; one year more is looked ahead.

    Nobody dies on the first of a month, so that the month of death has days in it. Somebody who has left before
    is not known to have died, and the dead don't leave.
    """
    since = np.clip((STARTS[1:] - people.joined[:, None]) / LENGTHS, 0.0, 1.0)
    month = first_month(rng, np.concatenate([chance * since, chance[:, -12:]], axis=1))
    died = _day_in(rng, month, earliest=1, joined=people.joined)
    first = died < people.left
    return replace(
        people,
        died=np.where(first, died, NEVER),
        left=np.where(first, NEVER, people.left),
        death_month=month,
    )


def shares_present(people: People) -> np.ndarray:
    """People x months: the share of the month's days on which the person is there."""
    start = np.maximum(people.joined[:, None], STARTS[:-1])
    end = np.minimum(people.end[:, None], STARTS[1:])
    return np.clip((end - start) / LENGTHS, 0.0, None)
