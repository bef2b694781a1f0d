"""How often the price's own interval holds the truth, on drawn populations whose true cost is known."""

import numpy as np
import pandas as pd

from capitation.design.parts import Growth
from capitation.design.parts import Price as PriceTerms
from capitation.price.person_year import price_person_year

PEOPLE, POPULATIONS, TRUE_COST = 500, 250, 1_000.0
TERMS = PriceTerms(trend=0.0, growth=Growth(below=0.0, above=0.0), age_bands=(0, 40))  # growth is known to be none


def drawn(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Two base years and a contract year of people whose need lasts: mean cost 1,000 in every cell, CV about 2."""
    lasting = rng.gamma(0.5, 2.0, PEOPLE)
    person, year = np.repeat(np.arange(PEOPLE), 3), np.tile([1, 2, 3], PEOPLE)
    exposure = np.where(rng.random(person.size) < 0.1, rng.uniform(0.1, 1, person.size), 1.0)
    cost = TRUE_COST * exposure * lasting[person] * rng.gamma(2.0, 0.5, person.size)
    members = pd.DataFrame({"person_id": person, "year": year, "exposure": exposure,
                            "age": rng.uniform(0, 80, PEOPLE)[person],
                            "sex": rng.choice(["female", "male"], PEOPLE)[person]})  # fmt: skip
    return members, cost


def coverage(merge_rows_of_a_person: bool) -> float:
    rng, hits = np.random.default_rng(11), 0
    for _ in range(POPULATIONS):
        members, cost = drawn(rng)
        units = members if merge_rows_of_a_person else members.assign(person_id=np.arange(len(members)))
        low, high = price_person_year(units, cost, TERMS, 3, (1, 2)).interval(0.95)
        hits += low <= TRUE_COST <= high
    return hits / POPULATIONS


def test_the_95_per_cent_interval_holds_the_truth_about_as_often_as_it_says():
    """Nominal 95 %; four standard errors of 250 draws are 5.5 points, and skewed cost loses a point or two."""
    assert 0.90 <= coverage(merge_rows_of_a_person=True) <= 0.985


def test_taking_each_year_of_a_person_for_a_new_person_would_claim_too_much():
    assert coverage(merge_rows_of_a_person=False) < 0.90
