"""What people who come and go do to the cost of a person-year, in pounds. Source: domain reference, row 8."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.sums import MEMBER_CHANGES

STAYED, NO_LONGER, LEFT, DIED, NEWLY, JOINED = MEMBER_CHANGES
WENT, CAME = (NO_LONGER, LEFT, DIED), (NEWLY, JOINED)


@dataclass(frozen=True)
class Turnover:
    """Cost per person-year in the year before and in the year, and what each group moved it by.

    ``groups``: change, year, people, exposure, pppy, effect (money per person-year). The effects sum to after - before.
    """

    before: float
    after: float
    groups: pd.DataFrame


def turnover(changes: pd.DataFrame, year: int) -> Turnover | None:
    """From sums by change and year (exposure, cost); None where either year has no exposure or nobody stayed.

    Those who stayed: their own rise. Each group that came: its share of the year's exposure times how much dearer it
    is than those who stayed; each that went: the same of the year before, with the other sign.
    """
    rows = changes.assign(pppy=changes["cost"] / changes["exposure"].where(changes["exposure"] > 0))
    then, now = rows[rows["year"] == year - 1], rows[rows["year"] == year]
    stayed = [side.loc[side["change"] == STAYED, "pppy"] for side in (then, now)]
    if not all(len(s) and np.isfinite(s.iloc[0]) for s in stayed):
        return None
    was, still = (float(s.iloc[0]) for s in stayed)
    groups = pd.concat([_effects(then, WENT, was, -1.0), _effects(now, CAME, still, 1.0)])
    own = now[now["change"] == STAYED].assign(effect=still - was)
    groups = pd.concat([own, groups], ignore_index=True)[["change", "year", "people", "exposure", "pppy", "effect"]]
    before, after = (float(side["cost"].sum() / side["exposure"].sum()) for side in (then, now))
    return Turnover(before, after, groups)


def _effects(side: pd.DataFrame, kinds: tuple[str, ...], stayed: float, sign: float) -> pd.DataFrame:
    mine = side[side["change"].isin(kinds)]
    share = mine["exposure"] / side["exposure"].sum()
    return mine.assign(effect=sign * share * (mine["pppy"].fillna(stayed) - stayed))
