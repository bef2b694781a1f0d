"""Sums over person-years by group: what pages about cohort and scope are made from, so that no row has to leave.

Every sum is of numbers of each person-year (``NUMBERS``) or of products of two of them, which is what ratios of
totals and their linearised errors need. Source: numerics reference, section 8.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Final, Protocol

import pandas as pd

from capitation.dataset.selection import Condition, Grouping, Score

NUMBERS: Final = ("exposure", "cost", "prior_exposure", "prior_cost")
MEMBER: Final = "member"
PERSON: Final = "#person"
EXPOSURE: Final = "#exposure"
KNOWN: Final = (
    "cost_known"  # summed where it is asked for, without products: as much of cost as was known at the year's end
)
ALL_SUMS: Final = (*NUMBERS, *(f"{a}*{b}" for a, b in combinations_with_replacement(NUMBERS, 2)))
Conditions = Sequence[Condition]
By = Sequence[Grouping | str]

BINS_PER_DECADE: Final = 64  # of cost: bins 3.7 % wide
SMALLEST: Final = 0.01  # of cost: bin 0 starts here; bin -1 is no cost
FIRST_BIN: Final = -2 * BINS_PER_DECADE
MEMBER_CHANGES: Final = ("stayed in", "no longer meets the rules", "left", "died", "newly meets the rules", "joined")


def pairs_of(numbers: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of numbers whose products are summed, each once, squares included. A sum is named ``one*other``."""
    return list(combinations_with_replacement(numbers, 2))


class Sums(Protocol):
    """Sums of the person-years of a data set. ``conditions`` say who counts as a member."""

    def cells(self, year: int, conditions: Conditions, by: By, event: Condition | None = None,
              scores: Sequence[Score] = (), sums: Sequence[str] = ALL_SUMS) -> pd.DataFrame:  # fmt: skip
        """Everybody in a year by whether they are members and by the labels of ``by`` (columns: the names).

        Columns: people, ``events`` (who meet ``event``), the numbers and products named by ``sums``, and for
        each score its sum weighted by exposure, under its name.
        """
        ...

    def atoms(self, year: int, conditions: Conditions) -> pd.DataFrame:
        """The members' cost in a year by bin of cost: bin, people, cost, cost_squared. Bin -1 is no cost."""
        ...

    def lines(self, year: int, conditions: Conditions, by: By) -> pd.DataFrame:
        """Spend of everybody in a year by member, the labels of ``by`` and service line: columns service, provider,
        amount, client_paid, users (people with spend on it)."""
        ...

    def users(self, year: int, conditions: Conditions, by: By) -> pd.DataFrame:
        """Who had any spend in a year, by member, the labels of ``by`` and service: service, users, largest and
        second (what the two dearest people spent)."""
        ...

    def users_together(self, year: int, conditions: Conditions, by: By, services: Sequence[str]) -> pd.DataFrame:
        """The members who had any spend in a year on some services taken together, by the labels of ``by``: users, amount,
        largest and second (what the two dearest people spent)."""
        ...

    def follow(self, year: int, conditions: Conditions, outcome: str = "") -> pd.DataFrame:
        """The members of a year, in every year of the data: a row per year and whether they were chosen in ``year``.

        Columns: year, member, people, exposure, cost, their products, and how often an ``outcome`` was counted.
        """
        ...

    def changes(self, year: int, conditions: Conditions) -> pd.DataFrame:
        """How the members of the year before became those of ``year``: rows ``change`` (of ``MEMBER_CHANGES``) and
        ``year``; people, exposure and cost of that year. Who stayed in has a row in both."""
        ...

    def products(self, year: int, conditions: Conditions, net: bool) -> pd.DataFrame:
        """The products of every two of what each person has in a year, summed by member: columns member, one, other,
        product. They have ``PERSON`` (1), ``EXPOSURE`` and, under its name, what they spent on each service, ``net`` of what they
        paid. The product of a thing and ``PERSON`` is its sum."""
        ...

    def cut(self, year: int, share: float, of: str = "cost") -> float:
        """The cost, or as much of it as was known, above which the dearest ``share`` of a year's people lie."""
        ...
