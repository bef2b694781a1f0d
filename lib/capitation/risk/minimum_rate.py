"""Minimum saving and loss rates: below them chance is not told from skill, and nothing is paid or owed."""

from statistics import NormalDist

import numpy as np

from capitation.design.parts import Sharing

NORMAL = NormalDist()
FLOOR = 0.02
PEOPLE = (1, 500, 1_000, 3_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 15_000, 20_000, 50_000, 60_000)
RATES = (0.122, 0.122, 0.087, 0.050, 0.039, 0.036, 0.034, 0.032, 0.031, 0.030, 0.027, 0.025, 0.022, 0.020)
SIZES, LEVELS = (5_000, 20_000, 50_000), (0.90, 0.95, 0.99)


def medicare_rate(people: float) -> float:
    """The minimum saving rate for so many people, a line between the ends of a size band.

    A share of the price. Below 500 people the rule says only that it is no less than this, 12.2 %.
    Source: 42 CFR 425.604(b), as in the domain reference, T2. Raises ValueError below one person.
    """
    _check(people)
    return float(np.interp(people, PEOPLE, RATES))


def local_rate(people: float, cv: float) -> float:
    """z·CV/√N, not under 2 %: one-sided 90 % up to 5,000 people, 95 % at 20,000, 99 % from 50,000, z by a line between.

    A share of the price; ``cv`` is a person's standard deviation of yearly cost over its mean. Can pass any rate that a
    contract would name when few people are members. Source: domain reference, T2. Raises ValueError below one person.
    """
    _check(people)
    z = np.interp(people, SIZES, [NORMAL.inv_cdf(level) for level in LEVELS])
    return max(float(z * cv / np.sqrt(people)), FLOOR)


def _check(people: float) -> None:
    if not people >= 1:
        raise ValueError("a minimum rate needs at least one person")


def resolved(terms: Sharing, people: float, cv: float) -> Sharing:
    """The terms with the minimum rate that their own rule gives for so many people and this CV of a person's cost.

    Raises ValueError below one person, where the rule looks at size.
    """
    if terms.minimum_rule == "as entered":
        return terms
    rate = medicare_rate(people) if terms.minimum_rule.startswith("Medicare") else local_rate(people, cv)
    return terms.model_copy(update={"minimum_rate": rate})


def false_pay(rate: float, sd: float) -> float:
    """How often chance alone saves at least the minimum rate: 1 - Φ(rate/sd), both shares of the price.

    Source: domain reference, row 43.
    """
    return paid_when_true(0.0, rate, sd)


def paid_for_luck(share: float, rate: float, sd: float) -> float:
    """Expected payment for no saving at all, of the price: share · sd · φ(rate/sd), from the first pound, no cap.

    Nothing where ``sd``, the spread of a year's cost as a share of the price, is 0. Source: domain reference, section 5,
    point 6.
    """
    return share * sd * NORMAL.pdf(rate / sd) if sd else 0.0


def paid_when_true(saving: float, rate: float, sd: float) -> float:
    """How often a true saving is paid for: Φ((saving - rate)/sd), all shares of the price.

    Without spread always or never; a saving of exactly the rate is paid. Source: domain reference, section 5, point 6.
    """
    return NORMAL.cdf((saving - rate) / sd) if sd else float(saving >= rate)
