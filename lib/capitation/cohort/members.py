"""Who is in: the people who meet the rules as at their index date, in every year of the data alike.

The same rules choose the people of every year, so that a price from earlier years stands for people chosen
in the same way. Every column a rule reads is as at the index date; nothing later can change who is in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from capitation.cohort.columns import SEGMENT, condition
from capitation.dataset import LinkedDataset
from capitation.dataset.linked_dataset import NEED, Chosen, PersonYears
from capitation.dataset.selection import Condition
from capitation.design.parts import Cohort as CohortTerms
from capitation.errors import InputError

EVERYONE = "everyone in the data"


@dataclass(frozen=True)
class Rule:
    """A rule in words, and the conditions that the people it keeps meet."""

    words: str
    keeps: tuple[Condition, ...]


@dataclass(frozen=True, eq=False)
class Cohort:
    """The members and the funnel that led to them; their rows, one a person and year, come when they are asked for.

    ``conditions`` are what members meet; ``funnel`` has year, rule, removed, left (people); ``without`` are measures and
    years that can't be used: nobody counts for them.
    """

    held: PersonYears = field(repr=False)
    conditions: tuple[Condition, ...]
    funnel: pd.DataFrame
    without: frozenset[tuple[str, int]] = frozenset()

    @cached_property
    def _chosen(self) -> Chosen:
        return self.held.chosen(self.conditions)

    @cached_property
    def members(self) -> pd.DataFrame:
        """A row a member and year; see `Chosen`. ``costs``, ``measures``, ``units`` and ``client_paid`` have the same rows."""
        return self._chosen.person_years

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Their cost (columns service, provider)."""
        return self._chosen.costs

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Their outcomes (columns measure, part)."""
        found = self._chosen.measures
        return _emptied(found, self.members["year"], self.without) if self.without else found

    @cached_property
    def client_paid(self) -> pd.DataFrame:
        """What they paid themselves, of the columns of ``costs`` that charge anything."""
        return self.held.client_paid(self.conditions)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Their units of care (a column a service that records them)."""
        return self.held.units(self.conditions)

    @cached_property
    def _left(self) -> pd.Series:
        return self.funnel.groupby("year")["left"].last()

    @property
    def years(self) -> list[int]:
        """The years with members, in order."""
        return [int(year) for year in self._left.index[self._left > 0]]

    def people(self, year: int) -> int:
        """Members with days in ``year``."""
        return int(self._left.get(year, 0))

    def check_somebody(self, year: int, name: str) -> None:
        """Raise InputError when nobody is left in a year, with the rule after which nobody was."""
        steps = self.funnel[self.funnel["year"] == year]
        empty = steps.loc[steps["left"] == 0, "rule"]
        if len(empty) and not self.people(year):
            raise InputError(
                "cohort", f"'{empty.iloc[0]}' leaves nobody in {name}", "rules that leave at least 8 people"
            )

    def person_years(self, year: int) -> float:
        """Their exposure in ``year``."""
        return float(self.members.loc[self.members["year"] == year, "exposure"].sum())


def _emptied(measures: pd.DataFrame, year: pd.Series, without: Iterable[tuple[str, int]]) -> pd.DataFrame:
    """The measures of members, with nothing counted of these in these years."""
    found = measures.copy()
    for name, of_year in without:
        found.loc[(year == of_year).to_numpy(), found.columns.get_level_values(0) == name] = 0.0
    return found


def rules(terms: CohortTerms, contract_groups: Sequence[str]) -> list[Rule]:
    """The rules in force, in the order applied. ``contract_groups`` counts where the terms name no group."""
    groups = terms.groups or tuple(contract_groups)
    found = [
        groups and _rule(f"in {_names(groups)}", ("group", "in", groups)),
        terms.localities and _rule(f"lives in {_names(terms.localities)}", ("locality", "in", terms.localities)),
        terms.min_age > 0 and _rule(f"aged {terms.min_age} or over", ("age", "at least", (terms.min_age,))),
        terms.max_age < _OLDEST and _rule(f"aged {terms.max_age} or under", ("age", "below", (terms.max_age + 1,))),
        terms.sex != "any" and _rule(f"{terms.sex}", ("sex", "in", (terms.sex,))),
        terms.need_marker and _rule(f"{terms.need_marker} at least {terms.need_minimum:g}",
                                    (NEED + terms.need_marker, "at least", (terms.need_minimum,))),
        terms.prior_spend_minimum > 0 and _rule(
            f"cost at least {terms.prior_spend_minimum:,.0f} in the year before",
            ("prior_known", "in", (True,)), ("prior_spend", "at least", (terms.prior_spend_minimum,))),
        not terms.joiners and _rule("there on the first day of the year", ("joined", "in", (False,))),
    ]  # fmt: skip
    return [r for r in found if isinstance(r, Rule)]


_OLDEST = CohortTerms.model_fields["max_age"].default


def _rule(words: str, *conditions: tuple[str, Any, tuple[Any, ...]]) -> Rule:
    return Rule(words, tuple(Condition(*condition) for condition in conditions))


def _names(values: Sequence[str]) -> str:
    return " or ".join(values)


def selecting(terms: CohortTerms) -> CohortTerms:
    """Only the terms that decide who is in, so that nobody is looked up again when others change."""
    aside = {"tolerance", "tolerance_chance"} | (set() if any(map(_asks_segment, terms.rules)) else {"scheme"})
    return terms.model_copy(update={name: CohortTerms.model_fields[name].default for name in aside})


def _asks_segment(rule: str) -> bool:
    return SEGMENT in rule


def all_rules(dataset: LinkedDataset, terms: CohortTerms) -> list[Rule]:
    """Every rule in force, the further ones last. Raises InputError for a name the data do not have, and for a rule
    that can't be read or looks into the future."""
    _check_names(dataset, terms)
    further = [Rule(text.strip(), condition(text, dataset, terms)) for text in terms.rules]
    return [*rules(terms, dataset.meta.contract_groups), *further]


def select(dataset: LinkedDataset, terms: CohortTerms) -> Cohort:
    """The members of a data set. Raises InputError as `all_rules` does."""
    in_force = all_rules(dataset, terms)
    left = dataset.held.left_after([(), *(rule.keeps for rule in in_force)])
    conditions = tuple(condition for rule in in_force for condition in rule.keeps)
    return Cohort(dataset.held, conditions, _funnel(left, [EVERYONE, *(rule.words for rule in in_force)]))


def _funnel(left: pd.DataFrame, words: Sequence[str]) -> pd.DataFrame:
    steps = [
        pd.DataFrame({"year": left.index, "rule": word, "removed": left[max(n - 1, 0)] - left[n], "left": left[n]})
        for n, word in enumerate(words)
    ]
    return pd.concat(steps, ignore_index=True)


def _check_names(dataset: LinkedDataset, terms: CohortTerms) -> None:
    for column, term in (("locality", "localities"), ("group", "groups")):
        named = getattr(terms, term)
        known = dataset.held.values(column) if named else []
        for name in named:
            if name not in known:
                raise InputError(f"cohort.{term}", f"the data set has no {column} {name!r}", _choices(known))
    if terms.need_marker and terms.need_marker not in dataset.markers:
        what = f"the data set has no marker {terms.need_marker!r}"
        raise InputError("cohort.need_marker", what, _choices(dataset.markers))


def _choices(known: Sequence[str]) -> str:
    return "one of " + ", ".join(sorted(map(str, known))) if known else "none: the data set has none"
