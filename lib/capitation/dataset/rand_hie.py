"""The RAND Health Insurance Experiment: real spend, read in place from an installed package."""

import hashlib
import io
from datetime import date, timedelta
from importlib import resources

import numpy as np
import pandas as pd
import pyarrow as pa

from capitation.dataset.raw import VERSION_LENGTH, Raw, columns_of, staging
from capitation.errors import InputError

ADDRESS = "rand-hie"
FILE = "datasets/randhie/src/randhie.csv"
SHA256 = "fe64f3c8e987779daa6052dd756d9ce277e025330f5549126c7c2f6a3c9c5541"
LAST_STUDY_YEAR = 5
FREE_PLAN, COST_SHARING = "free plan", "cost-sharing plans"

SERVICES = (  # service, column of the file, label, setting, provider, provider's label
    ("outpatient", "outpdol", "Outpatient", "outpatient", "clinics", "Outpatient clinics"),
    ("drugs", "drugdol", "Drugs", "prescribing", "pharmacies", "Pharmacies"),
    ("supplies", "suppdol", "Supplies", "appliances", "suppliers", "Suppliers of appliances"),
    (
        "mental_health",
        "mentdol",
        "Mental health, outpatient",
        "mental health",
        "mental_clinics",
        "Mental health clinics",
    ),
    ("inpatient", "inpdol", "Inpatient", "acute", "hospitals", "Hospitals"),
)
FIELDS = {
    "name": "RAND Health Insurance Experiment",
    "description": "Real spend of 5,912 people at six sites over one to five study years, 1974-82, in 1970s "
    "US dollars as recorded (not converted, price base not documented). Plans were assigned at random; "
    "the free plan is closest to care free at use. Ages 0 to 64; no deaths, social care or community care.",
    "source": "RAND Corporation's public-domain data, as shipped with the statsmodels package",
    "currency": "$",
    "grain": "year",
    "year_starts_in": 1,
    "synthetic": False,
    "contract_groups": [FREE_PLAN],
    "year_label": "study year {year}",
}

# disea is 100 x count / 29 or / 23, by which form the person answered; imputed means have more decimals.
LONG_FORM, SHORT_FORM = 0.29, 0.23
OBSERVED_WITHIN, WHOLE_WITHIN = 0.001, 0.03


def read_rand_hie() -> Raw:
    """Stage the study in the schema of a linked data set.

    Raises ``InputError`` when the file is missing or is not, byte for byte, the one this was written for.
    """
    rows = _rows(_checked_bytes())
    db = staging()
    for name, table in _tables(rows).items():
        db.register("incoming", pa.Table.from_pandas(table, preserve_index=False))
        db.execute(f"create table raw.{name} as select * from incoming")
        db.unregister("incoming")
    columns = {name: columns_of(db, name) for name in _TABLES}
    return Raw(db, ADDRESS, SHA256[:VERSION_LENGTH], FIELDS, columns)


def _checked_bytes() -> bytes:
    where, expected = (
        f"{ADDRESS} (statsmodels {FILE})",
        f"the file with sha256 {SHA256} (statsmodels 0.15 has it)",
    )
    try:
        content = resources.files("statsmodels").joinpath(FILE).read_bytes()
    except (ModuleNotFoundError, OSError):
        raise InputError(where, "the file is missing", expected) from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise InputError(where, f"the file has sha256 {found}", expected)
    return content


def _rows(content: bytes) -> pd.DataFrame:
    """One row per person and study year, with the names of the schema where it has them."""
    rows = pd.read_csv(io.BytesIO(content)).rename(columns={"zper": "person_id"})
    return rows.sort_values(["person_id", "year"], ignore_index=True)


def _tables(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {name: make(rows) for name, make in _TABLES.items()}


def _people(rows: pd.DataFrame) -> pd.DataFrame:
    first, last = _first_and_last(rows)
    return pd.DataFrame(
        {
            "person_id": first.person_id,
            "birth_year": first.year - first.xage,
            "sex": np.where(first.female == 1, "female", "male"),
            "locality": "site " + first.site.astype(str),
            "group": np.where(first.coins == 0, FREE_PLAN, COST_SHARING),
            "join_date": _first_day(first.year),
            "leave_date": pd.Series(list(map(_leave_date, last.year, last.time)), dtype="str"),
            "death_date": pd.Series(None, index=first.index, dtype="str"),
        }
    )


def _first_and_last(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    by_person = rows.groupby("person_id")
    return by_person.head(1).reset_index(drop=True), by_person.tail(1).reset_index(drop=True)


def _first_day(year: pd.Series) -> pd.Series:
    return year.map("{:04d}-01-01".format)


def _days_in_year(year: int) -> int:
    # Study year 4 is a leap year of the calendar that carries the study years.
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _leave_date(year: int, share_of_year: float) -> str | None:
    """The day after the last one in the study; None for those who stayed to its end."""
    if year == LAST_STUDY_YEAR and share_of_year == 1:
        return None
    days = round(share_of_year * _days_in_year(year))
    return (date(year, 1, 1) + timedelta(days=days)).isoformat()


def _absences(rows: pd.DataFrame) -> pd.DataFrame:
    """Twelve people were out of the study for a whole year between two years in it."""
    year_before = rows.groupby("person_id").year.shift()
    back = rows[(rows.year - year_before) > 1]
    return pd.DataFrame(
        {
            "person_id": back.person_id,
            "away_from": _first_day((year_before[back.index] + 1).astype(int)),
            "back_on": _first_day(back.year),
        }
    )


def _spend(rows: pd.DataFrame) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "person_id": rows.person_id,
                "year": rows.year,
                "service": service,
                "provider": provider,
                "amount": rows[column],
            }
        )
        for service, column, _, _, provider, _ in SERVICES
    ]
    return pd.concat(parts, ignore_index=True)


def conditions(disea: pd.Series) -> pd.Series:
    """Chronic conditions at baseline, indexed as ``disea``; missing where the file has an imputed mean.

    Source: the data reference, section 1: 100 x count / 29 or / 23; values with more decimals are imputed.
    """
    long_form, short_form = LONG_FORM * disea, SHORT_FORM * disea
    is_long = (long_form - long_form.round()).abs() < WHOLE_WITHIN
    observed = (disea - disea.round(1)).abs() < OBSERVED_WITHIN
    return long_form.where(is_long, short_form).round().where(observed)


def _needs(rows: pd.DataFrame) -> pd.DataFrame:
    first, _ = _first_and_last(rows)
    needs = pd.DataFrame(
        {
            "person_id": first.person_id,
            "as_at": _first_day(first.year),
            "marker": "conditions",
            "value": conditions(first.disea),
        }
    )
    return needs.dropna(subset="value")


def _outcomes(rows: pd.DataFrame) -> pd.DataFrame:
    measures = {
        "admissions": (rows.totadm, rows.time),
        "seen_by_doctor": (rows.mdvis > 0, 1),
        "mental_health_contact": (rows.mentvis > 0, 1),
    }
    parts = [
        pd.DataFrame(
            {
                "person_id": rows.person_id,
                "year": rows.year,
                "measure": measure,
                "numerator": numerator.astype(float),
                "denominator": denominator,
            }
        )
        for measure, (numerator, denominator) in measures.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _services(_: pd.DataFrame) -> pd.DataFrame:
    listed = [(service, label, setting) for service, _, label, setting, _, _ in SERVICES]
    return pd.DataFrame(listed, columns=["service", "label", "setting"])


def _providers(_: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([row[4:] for row in SERVICES], columns=["provider", "label"])


_TABLES = {
    "people": _people,
    "spend": _spend,
    "needs": _needs,
    "outcomes": _outcomes,
    "absences": _absences,
    "services": _services,
    "providers": _providers,
}
