"""Who is in: the people who meet the rules as at their index date, in every year of the data alike.

The same rules choose the people of every year, so that a price from earlier years stands for people chosen
in the same way. Every column a rule reads is as at the index date; nothing later can change who is in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.design.parts import Cohort as CohortTerms
from capitation.errors import InputError

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """A rule in words, and the people it keeps."""

    words: str
    keeps: Callable[[pd.DataFrame], Mask]


@dataclass(frozen=True)
class Cohort:
    """The members: rows of the person-years table, one a person and year, and the funnel that led to them.

    ``members`` keeps the row labels of the table; ``funnel`` has year, rule, removed, left (people).
    """

    members: pd.DataFrame
    funnel: pd.DataFrame

    def people(self, year: int) -> int:
        """Members with days in ``year``."""
        return int((self.members["year"] == year).sum())

    def person_years(self, year: int) -> float:
        """Their exposure in ``year``."""
        return float(self.members.loc[self.members["year"] == year, "exposure"].sum())


def rules(terms: CohortTerms, contract_groups: Sequence[str]) -> list[Rule]:
    """The rules in force, in the order applied. ``contract_groups`` counts where the terms name no group."""
    groups = terms.groups or tuple(contract_groups)
    found = [
        groups and Rule(f"in {_names(groups)}", lambda d: np.asarray(d["group"].isin(groups))),
        terms.localities and Rule(f"lives in {_names(terms.localities)}",
                                  lambda d: d["locality"].isin(terms.localities).to_numpy()),
        terms.min_age > 0 and Rule(f"aged {terms.min_age} or over", lambda d: (d["age"] >= terms.min_age).to_numpy()),
        terms.max_age < _OLDEST and Rule(f"aged {terms.max_age} or under",
                                         lambda d: np.floor(d["age"].to_numpy()) <= terms.max_age),
        terms.sex != "any" and Rule(f"{terms.sex}", lambda d: (d["sex"] == terms.sex).to_numpy()),
        terms.need_marker and Rule(f"{terms.need_marker} at least {terms.need_minimum:g}",
                                   lambda d: (d[f"need:{terms.need_marker}"] >= terms.need_minimum).to_numpy()),
        terms.prior_spend_minimum > 0 and Rule(
            f"cost at least {terms.prior_spend_minimum:,.0f} in the year before",
            lambda d: (d["prior_known"] & (d["prior_spend"] >= terms.prior_spend_minimum)).to_numpy()),
        not terms.joiners and Rule("there on the first day of the year", lambda d: ~d["joined"].to_numpy()),
    ]  # fmt: skip
    return [r for r in found if isinstance(r, Rule)]


_OLDEST = CohortTerms.model_fields["max_age"].default


def _names(values: Sequence[str]) -> str:
    return " or ".join(values)


def select(person_years: pd.DataFrame, terms: CohortTerms, contract_groups: Sequence[str] = ()) -> Cohort:
    """The members among ``person_years``. Raises InputError for a name the data do not have."""
    _check_names(person_years, terms)
    keep = np.ones(len(person_years), dtype=bool)
    year = person_years["year"].to_numpy()
    steps = [_counted(year, "everyone in the data", keep, keep)]
    for rule in rules(terms, contract_groups):
        before, keep = keep, keep & rule.keeps(person_years)
        steps.append(_counted(year, rule.words, before, keep))
    return Cohort(person_years[keep], pd.concat(steps, ignore_index=True))


def _counted(year: NDArray[np.int64], words: str, before: Mask, after: Mask) -> pd.DataFrame:
    years = np.unique(year)
    left = np.array([int(after[year == y].sum()) for y in years])
    was = np.array([int(before[year == y].sum()) for y in years])
    return pd.DataFrame({"year": years, "rule": words, "removed": was - left, "left": left})


def _check_names(person_years: pd.DataFrame, terms: CohortTerms) -> None:
    for column, term in (("locality", "localities"), ("group", "groups")):
        known = set(person_years[column].unique())
        for name in getattr(terms, term):
            if name not in known:
                raise InputError(f"cohort.{term}", f"the data set has no {column} {name!r}", _choices(known))
    markers = {c.removeprefix("need:") for c in person_years.columns if c.startswith("need:")}
    if terms.need_marker and terms.need_marker not in markers:
        raise InputError("cohort.need_marker", f"the data set has no marker {terms.need_marker!r}", _choices(markers))


def _choices(known: set[str]) -> str:
    return "one of " + ", ".join(sorted(map(str, known))) if known else "none: the data set has none"
