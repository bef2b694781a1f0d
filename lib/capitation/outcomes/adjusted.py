"""Outcome measures adjusted for who is in: observed over expected, at the level of the base years."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.loss.ratio import Floats


def measured_as_usual(
    measures: pd.DataFrame, members: pd.DataFrame, base_years: Sequence[int], of_year: int, age_bands: Sequence[int]
) -> dict[str, float]:
    """Each measure of one year's members, were they as the base years' were by age, sex and deprivation.

    Observed over expected, times the base years' own ratio; expected are the base years' ratios by cell, summed over the
    year's denominators. A cell without anybody in the base years is expected to be as all. NaN where nobody counts.
    Source: indirect standardisation (measures reference, section 4).
    """
    cell, year = _cells(members, age_bands), members["year"].to_numpy()
    base, now = np.isin(year, list(base_years)), year == of_year
    names = dict.fromkeys(measures.columns.get_level_values(0))
    parts = {
        n: (measures[(n, "numerator")].to_numpy(float), measures[(n, "denominator")].to_numpy(float)) for n in names
    }
    return {str(n): _as_usual(*of, cell, base, now) for n, of in parts.items()}


def _as_usual(
    top: Floats, bottom: Floats, cell: NDArray[np.int64], base: NDArray[np.bool_], now: NDArray[np.bool_]
) -> float:
    """One measure; ``top`` and ``bottom`` its numerator and denominator, (rows,)."""
    usual = float(top[base].sum() / bottom[base].sum()) if bottom[base].sum() > 0 else float("nan")
    over = expected_over(top, bottom, cell, base, now)
    return float(top[now].sum() / over * usual) if over > 0 else float("nan")


def expected_over(
    top: Floats, bottom: Floats, cell: NDArray[np.int64], base: NDArray[np.bool_], now: NDArray[np.bool_]
) -> float:
    """The numerator expected of the rows ``now``: the rates by cell of the rows ``base`` times their denominators."""
    cells = int(cell.max(initial=0)) + 1
    had, counted = (np.bincount(cell[base], of[base], cells) for of in (top, bottom))
    everybody = had.sum() / counted.sum() if counted.sum() > 0 else 0.0
    rate = np.divide(had, counted, out=np.full(cells, everybody), where=counted > 0)
    return float((rate[cell[now]] * bottom[now]).sum())


def _cells(members: pd.DataFrame, age_bands: Sequence[int]) -> NDArray[np.int64]:
    """The number of each row's age band, sex and deprivation together, from 0."""
    band = np.searchsorted(np.asarray(age_bands), members["age"].to_numpy(), side="right")
    sex, fifth = (pd.factorize(members[name], use_na_sentinel=False)[0] for name in ("sex", "deprivation"))
    cell = (band * (sex.max(initial=0) + 1) + sex) * (fifth.max(initial=0) + 1) + fifth
    return np.unique(cell, return_inverse=True)[1].astype(np.int64)
