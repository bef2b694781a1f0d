"""Who falls ill with what and when: a Gaussian copula with two shared factors, logistic margins, no recovery."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from capitation.dataset.county import parameters as given
from capitation.dataset.county.months import DAYS_IN_YEAR, month_of
from capitation.dataset.county.parameters import CONDITIONS, MONTHS, Condition
from capitation.dataset.county.population import People, at

_GRID = np.linspace(-7, 7, 1401)
_UPPER_TAIL = np.array([NormalDist().cdf(-z) for z in _GRID])
_LATE = 10**7  # days: an onset that nobody lives to see


@dataclass(frozen=True)
class Illness:
    """``onset``: people x conditions, days from the first day (negative: before); ``factors``: people x 2."""

    onset: np.ndarray
    factors: np.ndarray


def draw(rng: np.random.Generator, people: People) -> Illness:
    """The day on which each person gets each condition, if they live to see it."""
    factors = rng.standard_normal((len(people), 2))
    columns = [_onset_days(rng, people, factors, condition) for condition in CONDITIONS]
    return Illness(np.stack(columns, axis=1), factors)


def _onset_days(rng: np.random.Generator, people: People, factors: np.ndarray, condition: Condition) -> np.ndarray:
    own = np.sqrt(1 - sum(loading**2 for loading in condition.latent))
    latent = factors @ np.array(condition.latent) + own * rng.standard_normal(len(people))
    rarer = np.interp(latent, _GRID, _UPPER_TAIL)  # share of people with a stronger disposition
    years = onset_age(condition, rarer, people.fifth) - people.age
    return np.where(years < _LATE / DAYS_IN_YEAR, years * DAYS_IN_YEAR, _LATE).astype("int32")


def onset_age(condition: Condition, rarer: np.ndarray, fifth: np.ndarray) -> np.ndarray:
    """Age at which a person gets a condition: where its logistic margin reaches the share ``rarer``.

    That share of people has a stronger disposition. Infinite above the ceiling; never before birth.
    """
    nearer = (given.MIDDLE_FIFTH - fifth) / 4  # from -1/2, least deprived, to 1/2
    ceiling = condition.ceiling * (1 + condition.steeper * nearer)
    reached = rarer / ceiling
    with np.errstate(divide="ignore", invalid="ignore"):
        age = condition.middle - condition.earlier * nearer + condition.scale * np.log(reached / (1 - reached))
    return np.where(reached < 1, np.maximum(age, 0.0), np.inf)


def relative_need(illness: Illness, pathway: str) -> np.ndarray:
    """People x months: need on a pathway, 1 without conditions; each adds its own from its onset on."""
    place = given.PATHWAYS.index(pathway)
    return 1 + _from_onset(illness, [condition.need[place] for condition in CONDITIONS])


def death_weight(illness: Illness) -> np.ndarray:
    """People x months: what conditions add to the logarithm of the death rate."""
    return _from_onset(illness, [condition.deaths for condition in CONDITIONS])


def _from_onset(illness: Illness, weights: list[float]) -> np.ndarray:
    steps = np.zeros((len(illness.onset), MONTHS))
    for number, weight in enumerate(weights):
        month = np.maximum(month_of(illness.onset[:, number]), 0)
        ill = np.nonzero((month < MONTHS) & (weight != 0))[0]
        steps[ill, month[ill]] += weight
    return np.cumsum(steps, axis=1)


def count_on(illness: Illness, day: np.ndarray) -> np.ndarray:
    """How many conditions each person has on a day of their own."""
    return (illness.onset <= day[:, None]).sum(axis=1)


def deficits_on(illness: Illness, people: People, body: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Deficits of the electronic frailty index, 0 to 36, on a day of each person's own."""
    by_age = at(given.DEFICITS_BY_AGE, people.age + day / DAYS_IN_YEAR)
    strength = np.exp(given.DEFICITS_SPREAD * body)
    deficits = by_age * strength + given.DEFICITS_PER_CONDITION * count_on(illness, day)
    return np.minimum(np.floor(deficits), given.DEFICITS).astype(int)
