"""Prospective or retrospective: people taken on the index date, or those still there at the year's end.

A list taken at the end leaves out who died or left, whose cost is high in their last months, and so looks cheap. It
is shown beside the cohort and never used to choose it. Source: domain reference, row 2.
"""

from dataclasses import dataclass

import pandas as pd

from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.names import THERE


@dataclass(frozen=True)
class Attribution:
    """People and cost per person-year of the cohort as chosen (``prospective``) and of those of it still there at the
    year's end (``retrospective``); money."""

    people: int
    still_there: int
    prospective: float
    retrospective: float

    @property
    def difference(self) -> float:
        """What attribution at the end would add to the cost of a person-year."""
        return self.retrospective - self.prospective


def attribution(members: pd.DataFrame) -> Attribution | None:
    """From the members' sums by ending; None where nobody is still there, or so few went that they could be told."""
    still = members[members["ending"] == THERE]
    went = int(members["people"].sum() - still["people"].sum())
    if not still["exposure"].sum() > 0 or not may_show_mean(went):
        return None
    whole, part = (float(rows["cost"].sum() / rows["exposure"].sum()) for rows in (members, still))
    return Attribution(int(members["people"].sum()), int(still["people"].sum()), whole, part)
