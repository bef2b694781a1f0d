"""The county's calendar: days and months counted from 1 April 2013, and their dates."""

from datetime import date

import numpy as np
import pyarrow as pa

from capitation.dataset.county.parameters import FIRST_DAY, MONTHS, STARTS_IN

EPOCH = (FIRST_DAY - date(1970, 1, 1)).days
DAYS_IN_YEAR = 365.25


def _month_start(month: int) -> int:
    year, place = divmod(month + STARTS_IN - 1, 12)
    return (date(FIRST_DAY.year + year, place + 1, 1) - FIRST_DAY).days


STARTS = np.array([_month_start(month) for month in range(MONTHS + 1)], dtype="int32")  # 61 days: of each month, end
LENGTHS = np.diff(STARTS)
LAST = int(STARTS[-1])  # the day after the five years
FIRST_YEAR_AS_NUMBER = FIRST_DAY.year + 90 / 365  # 1 April 2013, the birth year of somebody born on it
NEVER = 10**8  # a day that does not come


def month_of(day: np.ndarray) -> np.ndarray:
    """The month of each day; -1 before the first and 60 after the last."""
    return np.searchsorted(STARTS, day, side="right") - 1


def dates(day: np.ndarray, empty: np.ndarray | None = None) -> pa.Array:
    """Days as dates; ``empty`` marks those left blank."""
    filled = day if empty is None else np.where(empty, 0, day)
    return pa.array((filled + EPOCH).astype("int32"), pa.int32(), mask=empty).view(pa.date32())


def month_dates(month: np.ndarray) -> pa.Array:
    """Months, which may lie after the five years, as the dates of their first days."""
    later = np.array([_month_start(m) for m in range(MONTHS + 14)], dtype="int32")
    return dates(later[month])
