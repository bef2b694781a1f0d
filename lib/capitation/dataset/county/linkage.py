"""Which provider gave the care, and records that no person could be found for."""

from dataclasses import dataclass

import numpy as np

from capitation.dataset.county import parameters as given
from capitation.dataset.county.cost import Rows
from capitation.dataset.county.parameters import PRICE_INDEX, PROVIDERS, SERVICES, YEARS

_PROVIDERS = tuple(PROVIDERS)
_ODDS = np.array([0.0, *given.UNLINKED_ODDS])  # by fifth, from 1
_RATE = np.array([(1 - service.linked) / service.linked for service in SERVICES])
_UNIT_COST = np.array([service.unit_cost for service in SERVICES])
_PRICE = np.array(PRICE_INDEX)
_CELLS = len(SERVICES) * YEARS


@dataclass(frozen=True)
class Unlinked:
    """Records without a person, one array a column: month, service, provider, fifth, pence."""

    month: np.ndarray
    service: np.ndarray
    provider: np.ndarray
    fifth: np.ndarray
    pence: np.ndarray

    def at(self, places: np.ndarray) -> "Unlinked":
        """Some of the records."""
        return Unlinked(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


def providers_of(rng: np.random.Generator, rows: Rows, district: np.ndarray) -> np.ndarray:
    """The provider (place in ``PROVIDERS``) of each row, from where its person lives."""
    uses_east = rng.random(district.size) < np.array(given.EAST_SHARE)[district]
    own_place = rng.random(district.size)
    chosen = np.zeros(rows.person.size, dtype="int8")
    for number, service in enumerate(SERVICES):
        mine = rows.service == number
        if service.setting == "acute":
            chosen[mine] = _acute(rng, uses_east[rows.person[mine]], _may_go_far(rows, mine, service.code))
        else:
            chosen[mine] = _by_share(service.providers, own_place[rows.person[mine]])
    return chosen


def _may_go_far(rows: Rows, mine: np.ndarray, code: str) -> np.ndarray:
    return rows.intense[mine] & (code == "elective_inpatient")


def _acute(rng: np.random.Generator, east: np.ndarray, far: np.ndarray) -> np.ndarray:
    chance = rng.random(east.size)
    east_or_west = np.where(east ^ (chance < given.CROSSING), "acute_east", "acute_west")
    at = np.where(far & (chance > 1 - given.CENTRE_SHARE), "centre", east_or_west)
    places = {name: _PROVIDERS.index(name) for name in ("acute_east", "acute_west", "centre")}
    return np.select([at == name for name in places], list(places.values()))


def _by_share(providers: tuple[tuple[str, float], ...], place: np.ndarray) -> np.ndarray:
    codes = np.array([_PROVIDERS.index(name) for name, _ in providers])
    ends = np.cumsum([share for _, share in providers])
    return codes[np.minimum(np.searchsorted(ends, place, side="right"), len(codes) - 1)]


def unlinked(rng: np.random.Generator, rows: Rows, provider: np.ndarray, fifth: np.ndarray) -> Unlinked:
    """Records that lost their person, beside the linked rows: as frequent as linkage fails, by service and fifth.

    Each has the month, service, provider and fifth of the row it stands beside, and costs a little less. In no
    year and service do they come to more than ``MOST_UNLINKED`` of the linked spend.
    """
    beside = _stepped(rng, rows, fifth[rows.person])
    month, service = rows.month[beside], rows.service[beside]
    pounds = given.UNLINKED_COST * _UNIT_COST[service] * _PRICE[month // 12] * rows.units[beside]
    pence = np.maximum(np.rint(100 * pounds * rng.lognormal(-0.045, 0.3, beside.size)), 1).astype("int64")
    found = Unlinked(month, service, provider[beside], fifth[rows.person[beside]], pence)
    return found.at(_few_enough(found, np.bincount(_cell(rows.month, rows.service), rows.pence, _CELLS)))


def _cell(month: np.ndarray, service: np.ndarray) -> np.ndarray:
    return service * YEARS + month // 12


def _stepped(rng: np.random.Generator, rows: Rows, fifth: np.ndarray) -> np.ndarray:
    """Places of rows taken at even steps through services and years, so that small counties have the right number."""
    order = np.argsort(_cell(rows.month, rows.service), kind="stable")
    steps = np.cumsum((_RATE[rows.service] * _ODDS[fifth])[order]) + rng.random()
    return order[np.nonzero(np.diff(np.floor(steps), prepend=np.floor(steps[:1])))[0]]


def _few_enough(found: Unlinked, linked: np.ndarray) -> np.ndarray:
    """Which records to keep: of each year and service the first ones, as long as their sum is small enough."""
    cell = _cell(found.month, found.service)
    running = np.cumsum(found.pence)
    before = np.concatenate([[0.0], np.cumsum(np.bincount(cell, found.pence, _CELLS))])[cell]
    return np.nonzero(running - before <= given.MOST_UNLINKED * linked[cell])[0]
