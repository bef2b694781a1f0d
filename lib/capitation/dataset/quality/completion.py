"""What has not reached the data yet: run-off by months of delay, completion factors, and Mack's standard error.

Ultimate = recorded / completion factor; what is still to come (IBNR) = ultimate - recorded. Factors are weighted by
volume; the standard error is Mack's, distribution-free (ASTIN Bulletin 23, 1993), his own rule for the last spread.
Only square triangles are taken: for others the library's error can be wrong (chainladder-python issue 221).
"""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from capitation.dataset.engine import Rows, Tables
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta
from capitation.dataset.quality.records import (
    Span,
    exact_sum,
    frame,
    month_named,
    month_number,
    month_numbers,
    one_if,
    spend_in,
    with_setting,
)
from capitation.errors import InputError

ALL_SETTINGS = "all settings"
TRIANGLE_MONTHS = 24  # months of care that the factors are taken from, and the longest delay they know
LEAST_MONTHS = 4  # fewer give no spread to measure
LATEST_FIRST_DELAY = 3  # months after which something of every month of care must have been recorded
LATEST_SHOWN = 6  # of the latest months, one by one
NOT_BY_MONTH = "the data set has years, not months"
NOT_RECORDED = "spend.recorded is empty"
TOO_SHORT = f"fewer than {LEAST_MONTHS} months of care"
SQUARE = "a square triangle: consecutive months of care, consecutive delays, one cell for each that is over"
BESIDE = ("came_since", "months_left_out", "late", "late_error", "late_came")
_INCREMENT = ["origin", "delay"]


@dataclass(frozen=True)
class RunOff:
    """Mack's chain ladder on one triangle.

    ``factors`` by delay in months: link (to the next delay) and recorded (share of the ultimate that has been
    recorded at that delay, 0 to 1). ``months`` by month of care, ``YYYY-MM``: recorded, completion, ultimate, ibnr,
    error (standard error of the ultimate). ``error`` is the standard error of the sum over all months. Money in
    the unit of the triangle.
    """

    factors: pd.DataFrame = field(repr=False)
    months: pd.DataFrame = field(repr=False)
    recorded: float
    ultimate: float
    error: float

    @property
    def ibnr(self) -> float:
        """The amount still to come."""
        return self.ultimate - self.recorded


@dataclass(frozen=True)
class Completion:
    """Run-off by setting, and of all settings together, as it stood at the end of the last month of care.

    ``settings``: setting, recorded, ultimate, ibnr, error, completion (recorded / ultimate) over the months of the
    triangle; came_since (recorded of them after the last month; 0 where the data end there); months_left_out (the
    latest months of care, of which too little is recorded for the triangle), late (still to come of all months of
    care, those included), late_error, and late_came (recorded of all months after the last one). ``factors``: setting,
    delay, link, recorded. ``latest``: setting, month, recorded, completion, ultimate, ibnr, error of the latest
    months. ``not_told``: why, for each setting without a factor. ``as_at`` is the last month of care.
    """

    as_at: str
    settings: pd.DataFrame
    factors: pd.DataFrame
    latest: pd.DataFrame
    not_told: dict[str, str]

    def share_recorded(self, setting: str, delay: int) -> float:
        """The share recorded at a delay in months: the setting's own, or that of all settings; 1 where not told."""
        for name in (setting, ALL_SETTINGS):
            mine = self.factors[self.factors["setting"] == name]
            if len(mine):
                place = delay - int(mine["delay"].iloc[0])
                return float(mine["recorded"].iloc[min(max(place, 0), len(mine) - 1)])
        return 1.0


def completion(meta: Meta, tables: Tables, within: Span) -> Completion:
    """Run-off of the spend of a span, as recorded by the end of its last month."""
    as_at = month_named(month_numbers(within)[-1])
    why = _why_not(meta, tables, within)
    if why:
        return _put_together(as_at, {}, {}, {ALL_SETTINGS: why})
    sums = frame(_increments(meta, tables, within))
    by_setting = {str(name): rows for name, rows in sums.groupby("setting")} | {ALL_SETTINGS: sums}
    told, not_told, beside = {}, {}, {}
    for setting, rows in by_setting.items():
        try:
            told[setting] = mack(triangle(rows, month_numbers(within)))
            beside[setting] = _beside(rows, month_numbers(within), told[setting])
        except InputError as error:
            not_told[setting] = error.what
    return _put_together(as_at, told, beside, not_told)


def _beside(rows: pd.DataFrame, months: range, run_off: RunOff) -> dict[str, float]:
    """What came after the last month; and the latest months of care, which the triangle leaves out.

    Those are expected to cost what the last twelve months of the triangle came to on average, each; their error is
    the spread of these twelve.
    """
    inside = rows["origin"].map(month_named).isin(set(run_off.months["month"]))
    after = rows["origin"] + rows["delay"] > months[-1]
    left_out = rows[~inside & (rows["origin"] > rows.loc[inside, "origin"].max())]
    count = months[-1] - int(rows.loc[inside, "origin"].max())
    year = run_off.months["ultimate"].tail(MONTHS_IN_YEAR)
    expected = max(0.0, count * year.mean() - float(left_out.loc[~after, "amount"].sum()))
    late = run_off.ibnr + expected
    return {
        "came_since": float(rows.loc[inside & after, "amount"].sum()),
        "months_left_out": count,
        "late": late,
        "late_error": float(np.sqrt(run_off.error**2 + count * year.var(ddof=1))),
        "late_came": float(rows.loc[after & (rows["origin"] >= months.start), "amount"].sum()),
    }


def _why_not(meta: Meta, tables: Tables, within: Span) -> str:
    if meta.grain != "month":
        return NOT_BY_MONTH
    spend = tables["spend"]
    told = frame(spend.aggregate(told=one_if(spend.recorded.notnull()).sum().fill_null(0)))["told"].iloc[0]
    if not told:
        return NOT_RECORDED
    return TOO_SHORT if len(month_numbers(within)) < LEAST_MONTHS else ""


def _increments(meta: Meta, tables: Tables, within: Span) -> Rows:
    rows = with_setting(spend_in(meta, tables, within), tables)
    origin = month_number(rows.month)
    rows = rows.mutate(origin=origin, delay=month_number(rows.recorded.coalesce(rows.month)) - origin)
    return rows.group_by(["setting", *_INCREMENT]).agg(amount=exact_sum(rows.amount))


def triangle(increments: pd.DataFrame, months: range) -> pd.DataFrame:
    """The square triangle of what had been recorded by each delay: months of care down, delays in months across.

    ``increments`` has origin (month number), delay (months) and amount, in any order; what is not there is 0.
    ``months`` are consecutive month numbers; nothing recorded after the last counts. Delays start with the first by
    which something of every month of care was recorded, so that the very latest months may be left out. Cells that
    are not over are missing. Raises ``InputError`` where nothing was recorded of a month within three months.
    """
    for first_delay in range(LATEST_FIRST_DELAY + 1):
        origins = range(max(months.start, months.stop - first_delay - TRIANGLE_MONTHS), months.stop - first_delay)
        if len(origins) < LEAST_MONTHS:
            raise InputError("spend.recorded", TOO_SHORT, f"at least {LEAST_MONTHS} months of care")
        grown = _grown(increments, origins, first_delay)
        if (grown.iloc[:, 0] > 0).all():
            return grown
    what = f"a month of care with nothing recorded within {LATEST_FIRST_DELAY} months"
    raise InputError("spend.recorded", what, "something recorded of every month of care")


def _grown(increments: pd.DataFrame, origins: range, first_delay: int) -> pd.DataFrame:
    delay = increments["delay"].clip(lower=first_delay)
    wide = increments.assign(delay=delay).pivot_table(index="origin", columns="delay", values="amount", aggfunc="sum")
    delays = range(first_delay, first_delay + len(origins))
    wide = wide.reindex(index=list(origins), columns=list(delays)).fillna(0.0)
    names = pd.Index([month_named(month) for month in origins])
    return wide.cumsum(axis=1).where(_over(len(origins))).set_axis(names, axis=0)


def _over(size: int) -> np.ndarray:
    """Which cells of a square triangle are over."""
    return np.add.outer(np.arange(size), np.arange(size)) < size


def mack(grown: pd.DataFrame) -> RunOff:
    """Mack's chain ladder on a square triangle of cumulated amounts.

    ``grown``: index of months of care ``YYYY-MM``, columns delays in months; cells not known yet are missing.
    Raises ``InputError`` where it isn't square: months or delays that leave a gap, or a cell too few or too many.
    """
    _check_square(grown)
    import chainladder

    cl: Any = chainladder  # without hints of its own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0 / 0 in delays after which nothing comes
        data = cl.Triangle(_long(grown), origin="care", development="known", columns="amount", cumulative=True)
        fitted: Any = cl.MackChainladder().fit(cl.Development(sigma_interpolation="mack").fit_transform(data))
        error = float(np.nan_to_num(fitted.total_mack_std_err_.values).sum())
        links = np.nan_to_num(fitted.ldf_.values.ravel()[: len(grown) - 1], nan=1.0)  # without the library's tail
        errors = np.nan_to_num(fitted.summary_.to_frame()["Mack Std Err"].to_numpy(dtype="float64"))
    return _run_off(grown, links, errors, error)


def _check_square(grown: pd.DataFrame) -> None:
    size, delays = grown.shape
    months = pd.PeriodIndex(grown.index, freq="M").to_timestamp()
    numbers = np.asarray(MONTHS_IN_YEAR * months.year + months.month)
    faults = {
        "it has fewer than two months of care": size < 2,
        f"it has {size} months of care and {delays} delays": size != delays,
        "its delays leave a gap": bool((np.diff(grown.columns.to_numpy()) != 1).any()),
        "its months of care leave a gap": bool((np.diff(numbers) != 1).any()),
    }
    what = next((words for words, found in faults.items() if found), "")
    if not what and (grown.notna().to_numpy() != _over(size)).any():
        what = "it has a cell too few or too many"
    if what:
        raise InputError("run-off triangle", what, SQUARE)


def _long(grown: pd.DataFrame) -> pd.DataFrame:
    row, place = np.nonzero(grown.notna().to_numpy())
    care = pd.PeriodIndex(grown.index, freq="M")[row]
    known = pd.PeriodIndex([month + int(late) for month, late in zip(care, place, strict=True)], freq="M")
    amounts = grown.to_numpy(dtype="float64")[row, place]
    return pd.DataFrame({"care": care.to_timestamp(), "known": known.to_timestamp(), "amount": amounts})


def _run_off(grown: pd.DataFrame, links: np.ndarray, errors: np.ndarray, error: float) -> RunOff:
    size = len(grown)
    to_go = np.append(np.cumprod(links[::-1])[::-1], 1.0)  # from each delay to the ultimate
    latest = grown.to_numpy(dtype="float64")[np.arange(size), size - 1 - np.arange(size)]
    ultimate = latest * to_go[::-1]
    months = pd.DataFrame({"month": list(grown.index), "recorded": latest, "completion": 1 / to_go[::-1],
                           "ultimate": ultimate, "ibnr": ultimate - latest, "error": errors})  # fmt: skip
    factors = pd.DataFrame({"delay": list(grown.columns), "link": np.append(links, 1.0), "recorded": 1 / to_go})
    return RunOff(factors, months, float(latest.sum()), float(ultimate.sum()), error)


def _put_together(
    as_at: str, told: dict[str, RunOff], beside: dict[str, dict[str, float]], not_told: dict[str, str]
) -> Completion:
    rows = [(name, run.recorded, run.ultimate, run.ibnr, run.error, run.recorded / run.ultimate,
             *(beside[name][column] for column in BESIDE)) for name, run in told.items()]  # fmt: skip
    names = ("setting", "recorded", "ultimate", "ibnr", "error", "completion", *BESIDE)
    latest = {name: run.months.tail(LATEST_SHOWN) for name, run in told.items()}
    return Completion(
        as_at=as_at,
        settings=pd.DataFrame(rows, columns=pd.Index(names)),
        factors=_stacked({name: run.factors for name, run in told.items()}, ("delay", "link", "recorded")),
        latest=_stacked(latest, ("month", "recorded", "completion", "ultimate", "ibnr", "error")),
        not_told=not_told,
    )


def _stacked(parts: dict[str, pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    rows = [part.assign(setting=name)[["setting", *columns]] for name, part in parts.items()]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=pd.Index(["setting", *columns]))


def still_to_come(meta: Meta, tables: Tables, within: Span, found: Completion) -> pd.DataFrame:
    """What is in the data and what is estimated still to come, as far as records reach, by month and service.

    Columns: year, service, month (number), amount (in the data) and later (still to come), in the data set's
    currency. Empty where no factor is told.
    """
    names = ["year", "service", "month", "amount", "later"]
    if found.factors.empty:
        return pd.DataFrame(columns=pd.Index(names))
    spend = tables["spend"]
    reach = frame(spend.aggregate(last=month_number(spend.recorded.coalesce(spend.month)).max()))["last"].iloc[0]
    rows = with_setting(spend_in(meta, tables, within), tables)
    rows = rows.mutate(month=month_number(rows.month))
    sums = frame(rows.group_by(["year", "service", "setting", "month"]).agg(amount=exact_sum(rows.amount)))
    known = [found.share_recorded(setting, int(reach) - int(month))
             for setting, month in zip(sums["setting"], sums["month"], strict=True)]  # fmt: skip
    return sums.assign(later=sums["amount"] * (1 / np.array(known) - 1))[names]
