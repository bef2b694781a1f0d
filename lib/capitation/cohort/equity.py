"""Who is in and who is out, by deprivation, place and segment. Source: domain reference, row 10."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.loss.simulation_error import Z95, Estimate

MOST, LEAST = 1, 5  # fifths of deprivation


@dataclass(frozen=True)
class Equity:
    """``by``: group, members, others, share (members of all). ``ratio`` is the share in the most deprived fifth over
    that in the least with its 95 % interval; None where deprivation is not recorded or a fifth is empty."""

    by: pd.DataFrame
    ratio: Estimate | None


def coverage(cells: pd.DataFrame, column: str) -> Equity:
    """Members and others by a column of the cells (``member``, people, the column)."""
    known = cells[cells[column].notna()]
    people = (
        known.groupby([column, "member"])["people"].sum().unstack("member").reindex(columns=[True, False]).fillna(0)
    )
    by = pd.DataFrame({"group": people.index, "members": people[True].to_numpy("int64"),
                       "others": people[False].to_numpy("int64")})  # fmt: skip
    return Equity(by.assign(share=by["members"] / (by["members"] + by["others"])),
                  _ratio(by) if column == "deprivation" else None)  # fmt: skip


def _ratio(by: pd.DataFrame) -> Estimate | None:
    """Ratio of two shares, interval on the logarithm. Source: Katz and others, Biometrics 34 (1978)."""
    sides = by.set_index("group")
    if not {MOST, LEAST} <= set(sides.index) or not (sides.loc[[MOST, LEAST], "members"] > 0).all():
        return None
    (a, b), (c, d) = (sides.loc[fifth, ["members", "others"]].to_numpy(float) for fifth in (MOST, LEAST))
    ratio = (a / (a + b)) / (c / (c + d))
    width = Z95 * np.sqrt(max(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d), 0.0))
    return Estimate(float(ratio), float(ratio * np.exp(-width)), float(ratio * np.exp(width)))
