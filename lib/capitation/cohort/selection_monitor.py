"""Does the cohort lose its costly people? Predicted cost of those who leave against those who stay.

A holder paid by age and sex gains whenever somebody leaves whose predicted cost is above what is paid for them. With
no selection those who leave are like those who stay *at equal age and sex*. Source: domain reference, row 11.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.names import DIED, LEFT, THERE
from capitation.loss.simulation_error import Z95, Estimate

ENDINGS = (THERE, LEFT, DIED)


@dataclass(frozen=True)
class Selection:
    """``groups``: ending, people, exposure, predicted and paid per person-year, their ratio. ``gain`` is what the
    holder gains (+) or loses for each year of those who left being gone: Σ(predicted - paid), money a year, with the
    95 % limits within which it would fall by chance about that figure. ``ratio`` is predicted over paid of those who left.
    """

    groups: pd.DataFrame
    gain: Estimate
    ratio: Estimate

    @property
    def found(self) -> bool:
        """Whether those who left differ by more than chance."""
        return not self.gain.low <= 0 <= self.gain.high


def selection(cells: pd.DataFrame) -> Selection | None:
    """From the members' cells by age, sex, ending and everything that prediction looks at: people, exposure,
    exposure*exposure, ``predicted`` (Σ exposure · predicted cost). None where nobody left.

    Paid is the mean prediction at equal age and sex. A year gone is counted whole, whenever somebody left. Were those who
    leave drawn at random, Σ(predicted - paid) over them would have mean 0 and variance Σ(predicted - paid)².
    """
    rows = cells[(cells["exposure"] > 0) & cells["predicted"].notna()]
    rate = rows["predicted"] / rows["exposure"]
    by = rows.groupby(["age", "sex"])
    paid = by["predicted"].transform("sum") / by["exposure"].transform("sum")
    rows = rows.assign(rate=rate, paid=paid, gap=rate - paid)
    left = rows[rows["ending"] == LEFT]
    if not left["people"].sum():
        return None
    gain, width = float((left["people"] * left["gap"]).sum()), Z95 * _spread(left)
    paid_whole = float((left["people"] * left["paid"]).sum())
    ratio = Estimate(*(1 + g / paid_whole for g in (gain, gain - width, gain + width)))
    return Selection(_groups(rows), Estimate(gain, gain - width, gain + width), ratio)


def _spread(left: pd.DataFrame) -> float:
    return float(np.sqrt((left["people"] * left["gap"] ** 2).sum()))


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    weighted = rows.assign(predicted_whole=rows["people"] * rows["rate"], paid_whole=rows["people"] * rows["paid"])
    sums = weighted.groupby("ending")[["people", "exposure", "predicted_whole", "paid_whole"]].sum()
    sums = sums.reindex([e for e in ENDINGS if e in sums.index]).reset_index()
    return sums.assign(predicted=sums["predicted_whole"] / sums["people"], paid=sums["paid_whole"] / sums["people"],
                       ratio=sums["predicted_whole"] / sums["paid_whole"])[
        ["ending", "people", "exposure", "predicted", "paid", "ratio"]]  # fmt: skip
