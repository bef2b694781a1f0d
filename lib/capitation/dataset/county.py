"""A small synthetic county in the schema of a linked data set: no person in it is real."""

import secrets
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from capitation.dataset import synthetic
from capitation.dataset.synthetic import (
    FIRST_YEAR,
    LOCALITIES,
    MONTHS,
    PROVIDERS,
    SERVICES,
    STARTS_IN,
    YEARS,
    Columns,
)
from capitation.errors import InputError

AT_USUAL_PLACE, REVIEW_DUE_ABOVE = 0.45, 2  # share of deaths; need
MEASURES = ("emergency_admission", "died_at_usual_place", "review_done")


def make_county(people: int, seed: int, out: Path | str) -> Path:
    """Write a synthetic county of ``people`` registered at the start, plus joiners, to the folder ``out``.

    Three NHS years by month from April 2013, in pounds; the same seed gives the same bytes. Returns the
    folder, which appears whole or not at all. Raises ``InputError`` for a county of nobody, or when ``out`` is
    taken.
    """
    out = Path(out)
    _check_request(people, out)
    partial = out.parent / f".{out.name}.{secrets.token_hex(4)}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        _write(partial, people, seed)
        partial.replace(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return out


def _check_request(people: int, out: Path) -> None:
    if people < 1:
        raise InputError("people", f"{people} asked for", "at least 1")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("out", f"'{out.name}' is there and is not an empty folder", "a new or empty folder")


def _write(folder: Path, people: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = synthetic.people(rng, people)
    spend = synthetic.spend(rng, who)
    tables = {
        "people": _people_table(who),
        "spend": _spend_table(spend),
        "needs": _needs_table(rng, who),
        "outcomes": _outcomes_table(rng, who, spend),
        "budgets": _budgets_table(spend),
        **_code_tables(),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd", compression_level=19)
    description = yaml.safe_dump(_description(people, seed), sort_keys=False, allow_unicode=True)
    (folder / "dataset.yaml").write_text(description, "utf-8")


def _description(people: int, seed: int) -> dict[str, object]:
    return {
        "name": "Synthetic county",
        "description": "SYNTHETIC: no person, organisation or amount is real. An older county with "
        "five localities, ten service lines and three NHS years, for demonstration and tests.",
        "source": f"Synthetic: made by this project's county generator, {people} people, seed {seed}",
        "currency": "£",
        "grain": "month",
        "year_starts_in": STARTS_IN,
        "synthetic": True,
        "contract_groups": [],
    }


def _day(month: int) -> date | None:
    """The first day of a month counted from April 2013; None after the end."""
    year, place = divmod(month + STARTS_IN - 1, 12)
    return date(FIRST_YEAR + year, place + 1, 1) if month < MONTHS else None


def _days(months: np.ndarray) -> pa.Array:
    return pa.array([_day(int(month)) for month in months], pa.date32())


def _text(codes: list[str], index: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(index.astype("int32"), pa.array(codes)).cast(pa.string())


def _people_table(who: Columns) -> pa.Table:
    join = [None if month == 0 else _day(int(month)) for month in who["joined"]]
    return pa.table(
        {
            "person_id": who["person"].astype("int32"),
            "birth_year": np.round(FIRST_YEAR + (STARTS_IN - 1) / 12 - who["age"], 2),
            "sex": _text(["male", "female"], who["female"].astype(int)),
            "locality": _text(list(LOCALITIES), who["locality"]),
            "join_date": pa.array(join, pa.date32()),
            "leave_date": _days(who["left"]),
            "death_date": _deaths(who),
        }
    )


def _deaths(who: Columns) -> pa.Array:
    """Mid-month, so that the month of death has spend."""
    days = [_day(int(month)) for month in who["died"]]
    return pa.array([day and day.replace(day=15) for day in days], pa.date32())


def _spend_table(spend: Columns) -> pa.Table:
    starts = pa.array([_day(month) for month in range(MONTHS)], pa.date32())
    return pa.table(
        {
            "person_id": (spend["person"] + 1).astype("int32"),
            "month": starts.take(pa.array(spend["month"])),
            "service": _text([row[0] for row in SERVICES], spend["service"]),
            "provider": _text(list(PROVIDERS), spend["provider"]),
            "amount": spend["amount"],
        }
    )


def _in_year(who: Columns, year: int) -> np.ndarray:
    start = 12 * year
    return np.nonzero((who["joined"] < start + 12) & (np.minimum(who["left"], who["died"] + 1) > start))[0]


def _needs_table(rng: np.random.Generator, who: Columns) -> pa.Table:
    """Conditions (a count) and frailty (0 to 1) of all in a year, as at its start or when they joined."""
    parts = []
    for year in range(YEARS):
        person = _in_year(who, year)
        month = np.maximum(12 * year, who["joined"][person])
        need = who["need"][person, month]
        conditions = rng.poisson(0.75 * need).clip(max=12).astype(float)
        frailty = np.round(np.minimum(0.8, 0.08 * need * rng.uniform(0.6, 1.4, need.size)), 2)
        parts += [
            _needs_rows(person, month, "conditions", conditions),
            _needs_rows(person, month, "frailty", frailty),
        ]
    return pa.concat_tables(parts)


def _needs_rows(person: np.ndarray, month: np.ndarray, marker: str, value: np.ndarray) -> pa.Table:
    return pa.table(
        {
            "person_id": (person + 1).astype("int32"),
            "as_at": _days(month),
            "marker": pa.array([marker] * len(person), pa.string()),
            "value": value,
        }
    )


def _outcomes_table(rng: np.random.Generator, who: Columns, spend: Columns) -> pa.Table:
    """Emergency admissions per person, deaths at the usual place of residence, reviews done of those due."""
    emergency = spend["service"] == [row[0] for row in SERVICES].index("emergency_inpatient")
    parts = []
    for year in range(YEARS):
        person = _in_year(who, year)
        mine = emergency & (spend["month"] // 12 == year)
        stays = np.bincount(spend["person"][mine], minlength=len(who["person"]))[person]
        dead = person[who["died"][person] // 12 == year]
        due = person[who["need"][person, 12 * year] > REVIEW_DUE_ABOVE]
        parts += [
            _outcome_rows(year, MEASURES[0], person, stays),
            _outcome_rows(year, MEASURES[1], dead, rng.random(dead.size) < AT_USUAL_PLACE),
            _outcome_rows(year, MEASURES[2], due, rng.random(due.size) < 0.6 + 0.05 * year),
        ]
    return pa.concat_tables(parts)


def _outcome_rows(year: int, measure: str, person: np.ndarray, events: np.ndarray) -> pa.Table:
    return pa.table(
        {
            "person_id": (person + 1).astype("int32"),
            "year": np.full(person.size, FIRST_YEAR + year),
            "measure": pa.array([measure] * person.size, pa.string()),
            "numerator": events.astype(float),
            "denominator": np.ones(person.size),
        }
    )


def _budgets_table(spend: Columns) -> pa.Table:
    """Budgets that equal what was spent, by year and service."""
    cells = spend["month"] // 12 * len(SERVICES) + spend["service"]
    totals = np.bincount(cells, spend["amount"], minlength=YEARS * len(SERVICES)).round(2)
    commissioners = [row[3] for row in SERVICES] * YEARS
    return pa.table(
        {
            "year": np.repeat(np.arange(YEARS) + FIRST_YEAR, len(SERVICES)),
            "commissioner": pa.array(commissioners),
            "service": pa.array([row[0] for row in SERVICES] * YEARS),
            "amount": totals,
        }
    )


def _code_tables() -> dict[str, pa.Table]:
    services, labels, settings, *_ = zip(*SERVICES, strict=True)
    return {
        "services": pa.table({"service": services, "label": labels, "setting": settings}),
        "providers": pa.table({"provider": list(PROVIDERS), "label": list(PROVIDERS.values())}),
    }
