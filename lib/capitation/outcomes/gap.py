"""A measure by fifth of deprivation: the modelled gap (M46) and the level of the most deprived (P22)."""

import numpy as np
import pandas as pd

from capitation.outcomes.standardised import Slope, slope_index

FIFTH = "deprivation"
MOST = 1


def gap_over_fifths(table: pd.DataFrame) -> Slope | None:
    """The slope of a measure over the rank of deprivation, from the rows of `counted` by ``deprivation``.

    Per one, weighted by the people counted; people without a fifth are left aside. None with fewer than two fifths counted.
    """
    fifths = _fifths(table)
    if len(fifths) < 2:
        return None
    return slope_index((fifths["numerator"] / fifths["denominator"]).to_numpy(), fifths["people"].to_numpy())


def level_of_the_most_deprived(table: pd.DataFrame) -> float:
    """The measure in the most deprived fifth, per one; NaN where nobody there was counted."""
    mine = _fifths(table)
    mine = mine[mine[FIFTH] == MOST]
    return float((mine["numerator"] / mine["denominator"]).iloc[0]) if len(mine) else np.nan


def _fifths(table: pd.DataFrame) -> pd.DataFrame:
    """The fifths counted, from the most to the least deprived."""
    return table[table[FIFTH].notna() & (table["denominator"] > 0)].sort_values(FIFTH)
