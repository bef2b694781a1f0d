"""Who lives in the synthetic county and what their care costs: lasting need, and skewed cost that follows."""

import numpy as np

FIRST_YEAR, YEARS, MONTHS, STARTS_IN = 2013, 3, 36, 4
FEMALE_SHARE, OLDEST, COST_PER_PERSON_YEAR, GROWTH_PER_YEAR = 0.51, 95, 1_700, 0.03
JOIN_SHARE, LEAVE_SHARE, DEATHS_PER_MONTH = 0.15, 0.13, 0.0005  # over the three years; deaths at need 1
NEED_SPREAD, NEED_DRIFT, COST_SPREAD = 1.05, 0.25, 1.15  # standard deviations of logarithms
NEED_RISE, NEED_FROM_AGE = 0.028, 45  # need doubles about every 25 years
LOCALITIES = {"North": 0.22, "South": 0.24, "East": 0.18, "West": 0.21, "Coast": 0.15}
PROVIDERS = {
    "gp": "GP practices",
    "acute": "Acute trust",
    "community": "Community trust",
    "mental": "Mental health trust",
    "council": "Council-arranged care",
    "voluntary": "Voluntary sector",
    "centre": "Specialised centre",
}
# service, label, setting, commissioner, provider, another provider and its share, share of spend,
# chance of a month with spend at need 1, power of need
SERVICES = (
    ("gp", "GP care", "primary care", "NHS England", "gp", "gp", 0.0, 0.09, 0.22, 0.5),
    (
        "prescribing",
        "Prescribing",
        "primary care",
        "Clinical commissioning group",
        "gp",
        "gp",
        0.0,
        0.10,
        0.28,
        0.9,
    ),
    (
        "outpatient",
        "Outpatient",
        "acute",
        "Clinical commissioning group",
        "acute",
        "acute",
        0.0,
        0.12,
        0.09,
        0.8,
    ),
    ("a_and_e", "A&E", "acute", "Clinical commissioning group", "acute", "acute", 0.0, 0.03, 0.03, 0.8),
    (
        "emergency_inpatient",
        "Emergency inpatient",
        "acute",
        "Clinical commissioning group",
        "acute",
        "acute",
        0.0,
        0.20,
        0.007,
        1.2,
    ),
    (
        "elective_inpatient",
        "Elective inpatient",
        "acute",
        "Clinical commissioning group",
        "acute",
        "acute",
        0.0,
        0.12,
        0.009,
        0.8,
    ),
    (
        "community",
        "Community care",
        "community",
        "Clinical commissioning group",
        "community",
        "voluntary",
        0.15,
        0.09,
        0.03,
        1.2,
    ),
    (
        "mental_health",
        "Mental health",
        "mental health",
        "Clinical commissioning group",
        "mental",
        "voluntary",
        0.10,
        0.09,
        0.015,
        0.6,
    ),
    (
        "social_care",
        "Social care",
        "social care",
        "County council",
        "council",
        "voluntary",
        0.15,
        0.11,
        0.01,
        1.6,
    ),
    ("specialised", "Specialised care", "acute", "NHS England", "centre", "centre", 0.0, 0.05, 0.0003, 1.0),
)

Columns = dict[str, np.ndarray]


def people(rng: np.random.Generator, registered: int) -> Columns:
    """Everyone ever registered: age in April 2013, months in the county (half-open), need by month."""
    count = registered + round(registered * JOIN_SHARE)
    age = OLDEST * rng.beta(1.35, 1.45, count)  # older than England: about a quarter are 65 or over
    joined = np.where(np.arange(count) < registered, 0, rng.integers(1, MONTHS, count))
    need = _need(rng, age)
    died = _first_month(rng.random((count, MONTHS)) < DEATHS_PER_MONTH * need**1.2, joined)
    left = np.where(rng.random(count) < LEAVE_SHARE, rng.integers(1, MONTHS, count), MONTHS)
    left = np.where(left > joined, left, MONTHS)
    return {
        "person": np.arange(1, count + 1),
        "age": age,
        "female": rng.random(count) < FEMALE_SHARE,
        "locality": rng.choice(len(LOCALITIES), count, p=list(LOCALITIES.values())),
        "joined": joined,
        "left": left,
        "died": np.where(died < left, died, MONTHS),
        "need": need,
    }


def _need(rng: np.random.Generator, age: np.ndarray) -> np.ndarray:
    """People x months: need, about 1 in the middle of life; it lasts, and drifts a little by year."""
    lasting = rng.normal(0, NEED_SPREAD, age.size)
    drift = NEED_DRIFT * rng.normal(0, 1, (age.size, YEARS)).cumsum(axis=1).repeat(MONTHS // YEARS, axis=1)
    older = NEED_RISE * (age[:, None] + np.arange(MONTHS) / 12 - NEED_FROM_AGE)
    return np.exp(older + lasting[:, None] + drift - NEED_SPREAD**2 / 2)


def _first_month(happens: np.ndarray, joined: np.ndarray) -> np.ndarray:
    after = happens & (np.arange(MONTHS) > joined[:, None])
    return np.where(after.any(axis=1), after.argmax(axis=1), MONTHS)


def spend(rng: np.random.Generator, who: Columns) -> Columns:
    """Rows of spend: person (index), month, service, provider, amount in whole pence."""
    months = np.arange(MONTHS)
    present = (months >= who["joined"][:, None]) & (months < np.minimum(who["left"], who["died"] + 1)[:, None])
    parts = [_of_service(rng, who, present, number) for number in range(len(SERVICES))]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((rows["service"], rows["person"], rows["month"]))
    return {name: column[order] for name, column in rows.items()}


def _of_service(rng: np.random.Generator, who: Columns, present: np.ndarray, number: int) -> Columns:
    _, _, _, _, provider, other, other_share, share, chance, power = SERVICES[number]
    weight = who["need"] ** power
    used = present & (rng.random(present.shape) < np.minimum(0.95, chance * weight))
    person, month = np.nonzero(used)
    size = rng.lognormal(0, COST_SPREAD, person.size) * (1 + GROWTH_PER_YEAR) ** (month / 12)
    total = COST_PER_PERSON_YEAR * share * present.sum() / 12
    amount = np.maximum(0.01, np.round(size * total / max(size.sum(), 1.0), 2))
    codes = list(PROVIDERS)
    elsewhere = rng.random(person.size) < other_share
    return {
        "person": person,
        "month": month,
        "service": np.full(person.size, number),
        "provider": np.where(elsewhere, codes.index(other), codes.index(provider)),
        "amount": amount,
    }
