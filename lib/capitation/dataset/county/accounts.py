"""Budgets, the accounts they are held against, and unit costs: tables of the whole county, from its sums."""

import numpy as np
import pyarrow as pa

from capitation.dataset.budget_owners import CORE
from capitation.dataset.county import parameters as given
from capitation.dataset.county.parameters import ASSUMED, CODES, FIRST_DAY, SERVICES, YEARS

_YEARS = np.repeat(np.arange(YEARS) + FIRST_DAY.year, len(CODES)).astype("int16")
_CODES = list(CODES) * YEARS
_PENCE = 100


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(given.MOST_PEOPLE, 2)))


def tables(seed: int, linked: np.ndarray, unlinked: np.ndarray, units: np.ndarray) -> dict[str, pa.Table]:
    """Budgets, ledger and unit costs of a county with these sums (years x services): pence linked to people,
    pence of records without a person, units linked."""
    rng = _rng(seed)
    overhead = np.floor(linked * rng.uniform(*given.OVERHEAD, linked.shape)).astype("int64")
    planned = np.rint(linked * (1 + rng.uniform(*given.PLANNED, linked.shape))).astype("int64")
    return {
        "budgets": budgets_table(planned),
        "ledger": ledger_table(linked + unlinked + overhead),
        "unit_costs": unit_costs_table(linked, units),
    }


def budgets_table(pence: np.ndarray) -> pa.Table:
    """What each commissioner set aside, from pence by year and service."""
    commissioners = [service.commissioner for service in SERVICES] * YEARS
    amount = pence.ravel() / _PENCE
    streams = [given.STREAMS.get(code, CORE) for code in CODES] * YEARS
    return pa.table(
        {"year": _YEARS, "commissioner": commissioners, "service": _CODES, "amount": amount, "stream": streams}
    )


def ledger_table(pence: np.ndarray) -> pa.Table:
    """What the accounts say was spent, from pence by year and service."""
    return pa.table({"year": _YEARS, "service": _CODES, "amount": pence.ravel() / _PENCE})


def unit_costs_table(linked: np.ndarray, units: np.ndarray) -> pa.Table:
    """Published unit costs at the prices of each year where there are some, else the mean cost of the records."""
    rows = [_unit_cost(linked[y, s], units[y, s], y, s) for y in range(YEARS) for s in range(len(CODES))]
    cost, source = zip(*rows, strict=True)
    return pa.table({"year": _YEARS, "service": _CODES, "unit_cost": cost, "source": source})


def _unit_cost(pence: int, units: int, year: int, service: int) -> tuple[float, str]:
    line, price = SERVICES[service], given.PRICE_INDEX[year]
    published = round(line.unit_cost * price, 2)
    if line.source != ASSUMED:
        return published, f"{line.source}; 2014/15 price moved by the {given.PRICE_INDEX_NAME}"
    return (round(float(pence) / float(units) / _PENCE, 2), line.source) if units else (published, line.source)
