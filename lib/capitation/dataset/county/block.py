"""One block of the county: some thousand people and all that happens to them, from one stream of chance."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from capitation.dataset.county import conditions, cost, health, lag, learning, linkage, outcomes, population
from capitation.dataset.county import needs as markers
from capitation.dataset.county import parameters as given
from capitation.dataset.county.linkage import Unlinked
from capitation.dataset.county.months import FIRST_YEAR_AS_NUMBER, LAST, dates, month_dates
from capitation.dataset.county.parameters import CODES, DISTRICTS, FIRST_DAY, PROVIDERS, SEX_CODES, YEARS
from capitation.dataset.county.population import People, Size
from capitation.dataset.loop_moves import LOOP_STATES

CELLS = YEARS * len(CODES)


@dataclass(frozen=True)
class Order:
    """What a block is made from: the county's seed, the block's number, its size and the number of its first
    person, the shares of each district's practices, the practices' effects, and whether truth is asked for."""

    seed: int
    number: int
    size: Size
    first_person: int
    practices: list[np.ndarray]
    effects: outcomes.Effects
    truth: bool


@dataclass(frozen=True)
class Made:
    """A block's tables by name, and its sums by year and service (years x services): pence of linked and of
    unlinked records, and units of linked ones."""

    tables: dict[str, pa.Table]
    linked: np.ndarray
    unlinked: np.ndarray
    units: np.ndarray


def make(order: Order) -> Made:
    """All tables of a block. The same order gives the same rows, wherever and whenever it is made."""
    streams = np.random.default_rng(np.random.SeedSequence(order.seed, spawn_key=(order.number,))).spawn(7)
    county = _living(streams[:3], order)
    rows, expected = cost.spend(streams[3], county)
    people, ill = county.people, county.illness
    provider = linkage.providers_of(streams[4], rows, people.district)
    lost = linkage.unlinked(streams[4], rows, provider, people.fifth)
    by_person = rows.by_person()
    facts = outcomes.Facts(people, ill, order.effects, _stays(rows, len(people)), _need(county))
    years = outcomes.all_years(streams[5], facts)
    tables = {
        "people": people_table(order, people),
        "spend": spend_table(streams[4], order, rows.at(by_person), provider[by_person]),
        "needs": needs_table(order, markers.needs(people, ill, county.health.body)),
        "outcomes": outcomes_table(order, years),
        "loop_events": loop_table(order, learning.events(streams[6], people, ill, years)),
        "unlinked": unlinked_table(lost),
    }
    if order.truth:
        tables["truth"] = truth_table(order, facts, expected)
    return Made(tables, _sums(rows, rows.pence), _sums(lost, lost.pence), _sums(rows, rows.units))


def _living(streams: list[np.random.Generator], order: Order) -> cost.Block:
    people = population.draw(streams[0], order.size, order.practices)
    ill = conditions.draw(streams[1], people)
    state = health.draw(streams[2], ill)
    people = health.dead_or_gone(streams[2], people, ill, state)
    high, long, nhs = (
        health.on_course(streams[2], course, people, ill, state)
        for course in (given.HIGH_COST, given.LONG_TERM, given.CONTINUING)
    )
    return cost.Block(people, ill, state, high, long, nhs, order.effects["emergency_admission"][people.practice])


def _need(county: cost.Block) -> np.ndarray:
    """People x years: logarithm of relative need for hospital care in the middle of the year."""
    return np.log(conditions.relative_need(county.illness, "hospital")[:, 6::12])


def _stays(rows: cost.Rows, people: int) -> np.ndarray:
    mine = rows.service == CODES.index("emergency_inpatient")
    place = rows.person[mine] * YEARS + rows.month[mine] // 12
    return np.bincount(place, rows.units[mine], people * YEARS).astype(int).reshape(people, YEARS)


def _sums(rows: cost.Rows | Unlinked, values: np.ndarray) -> np.ndarray:
    place = rows.month // 12 * len(CODES) + rows.service
    return np.rint(np.bincount(place, values, CELLS)).astype("int64").reshape(YEARS, len(CODES))


def _text(codes: tuple[str, ...], place: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(place.astype("int8")), pa.array(codes))


def practice_code(number: int) -> str:
    """The obviously invented name of a practice, counted from 0."""
    return f"practice {number + 1:02d}"


def people_table(order: Order, people: People) -> pa.Table:
    """The people table; ``order`` numbers its people."""
    names = [practice_code(number) for number in range(len(order.effects["emergency_admission"]))]
    practice = pa.DictionaryArray.from_arrays(pa.array(people.practice.astype("int32")), pa.array(names))
    return pa.table(
        {
            "person_id": _persons(order, np.arange(len(people))),
            "birth_year": np.round(FIRST_YEAR_AS_NUMBER - people.age, 2),
            "sex": _text(SEX_CODES, people.female),
            "locality": _text(DISTRICTS, people.district),
            "practice": practice,
            "deprivation": people.fifth.astype("int8"),
            "join_date": dates(people.joined, people.joined == 0),
            "leave_date": dates(people.left, people.left >= LAST),
            "death_date": dates(people.died, people.died >= LAST),
        }
    )


def _persons(order: Order, place: np.ndarray) -> np.ndarray:
    return (place + order.first_person).astype("int32")


def spend_table(rng: np.random.Generator, order: Order, rows: cost.Rows, provider: np.ndarray) -> pa.Table:
    """The spend table in the order of ``rows``, with the client's part and the month of recording."""
    charged = rows.service == CODES.index("social_care_charged")
    return pa.table(
        {
            "person_id": _persons(order, rows.person),
            "month": month_dates(rows.month),
            "service": _text(CODES, rows.service),
            "provider": _text(tuple(PROVIDERS), provider),
            "amount": rows.pence / 100,
            "units": rows.units,
            "client_paid": pa.array(_client_pence(rng, rows, order.size.people) / 100, mask=~charged),
            "recorded": month_dates(rows.month + lag.months_late(rng, rows.service)),
        }
    )


def _client_pence(rng: np.random.Generator, rows: cost.Rows, people: int) -> np.ndarray:
    low, high = given.CLIENT_SHARE
    share = np.where(rng.random(people) < given.FREE_CLIENTS, 0.0, rng.uniform(low, high, people))
    return np.floor(rows.pence * share[rows.person])


def needs_table(order: Order, found: markers.Needs) -> pa.Table:
    """The needs table."""
    person, day, marker, value = found
    text = _text(markers.MARKERS, marker)
    return pa.table({"person_id": _persons(order, person), "as_at": dates(day), "marker": text, "value": value})


def outcomes_table(order: Order, years: list[outcomes.YearRows]) -> pa.Table:
    """The outcomes table by year and measure."""
    names = tuple(given.MEASURES)
    measure = np.concatenate([np.full(rows.person.size, names.index(rows.measure)) for rows in years])
    year = np.concatenate([np.full(rows.person.size, FIRST_DAY.year + rows.year) for rows in years])
    return pa.table(
        {
            "person_id": _persons(order, np.concatenate([rows.person for rows in years])),
            "year": year.astype("int16"),
            "measure": _text(names, measure),
            "numerator": np.concatenate([rows.numerator for rows in years]),
            "denominator": np.concatenate([rows.denominator for rows in years]),
        }
    )


def loop_table(order: Order, found: learning.Events) -> pa.Table:
    """The events of the learning loop."""
    person, state, day = found
    return pa.table(
        {
            "person_id": _persons(order, person),
            "measure": _text((given.LOOP_MEASURE,), np.zeros(person.size)),
            "state": _text(LOOP_STATES, state),
            "date": dates(day),
        }
    )


def unlinked_table(lost: Unlinked) -> pa.Table:
    """The records that no person was found for."""
    return pa.table(
        {
            "month": month_dates(lost.month),
            "service": _text(CODES, lost.service),
            "provider": _text(tuple(PROVIDERS), lost.provider),
            "deprivation": lost.fifth.astype("int8"),
            "amount": lost.pence / 100,
        }
    )


def truth_table(order: Order, facts: outcomes.Facts, expected: np.ndarray) -> pa.Table:
    """Each person-year's relative need for hospital care and expected cost in £, which no real data would show."""
    person, year = np.nonzero(expected > 0)
    return pa.table(
        {
            "person_id": _persons(order, person),
            "year": (FIRST_DAY.year + year).astype("int16"),
            "need": np.exp(facts.need[person, year]).round(3),
            "expected_cost": expected[person, year].round(2),
        }
    )
