"""The learning loop from counts by what became of people and after how many days, as the data set gives them.

The same as `learning_loop.loop` of the events themselves, which need not leave the engine. Source: measures reference, section 5.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from capitation.dataset.names import NOW_IN
from capitation.outcomes.learning_loop import OTHER, STATES, STILL, Loop

FROM = list(STATES[:-1])
TO = [*STATES, STILL, OTHER]


def loop_of(counts: pd.DataFrame, measure: str, allowed: Mapping[str, float]) -> Loop:
    """The loop of one measure. ``counts`` has measure, state, became, days and people; ``allowed`` days a state may take."""
    mine = counts[(counts["measure"] == measure).to_numpy()]
    now = mine[mine["became"] == NOW_IN].groupby("state")["people"].sum()
    went = mine[mine["became"] != NOW_IN]
    became = went.pivot_table(index="state", columns="became", values="people", aggfunc="sum", fill_value=0)
    whole = became.reindex(index=FROM, columns=TO, fill_value=0).astype("int64")
    return Loop(whole, _medians(went), _stuck(went, allowed), now.reindex(list(STATES), fill_value=0).astype("int64"))


def _medians(went: pd.DataFrame) -> pd.DataFrame:
    """Median days by state and what came next."""
    each = went.loc[went.index.repeat(went["people"])]
    found = each.pivot_table(index="state", columns="became", values="days", aggfunc="median")
    return found.reindex(index=FROM, columns=TO).drop(columns=[STILL]).assign(**{STILL: np.nan})[TO]


def _stuck(went: pd.DataFrame, allowed: Mapping[str, float]) -> pd.Series:
    limit = went["state"].map(dict(allowed)).astype(float)
    late = went[(went["became"] == STILL) & (went["days"] > limit)]
    return late.groupby("state")["people"].sum().reindex(FROM, fill_value=0).astype("int64")
