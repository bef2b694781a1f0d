"""Last months that hold too little: against the same months a year before, and the run of such ratios before them.

Where the month of recording is told, what was still to come by then is allowed for: only what is short beyond the
usual run-off is found, since completion makes up for the rest.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.meta import MONTHS_IN_YEAR
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, listed, months_named
from capitation.dataset.quality.records import frame, month_number, with_setting
from capitation.terms import percent

LAST_MONTHS = 6  # that can be unsettled: records come within that time, all but a few
LEAST_BEFORE = 9  # ratios of a month to the same a year before, to know how they vary
LEAST_MONTHS = MONTHS_IN_YEAR + LEAST_BEFORE + LAST_MONTHS
FAR = 5  # standard deviations of such ratios
LEAST_SHORT = 0.10  # of what is expected: less is no matter
STILL_FAR, STILL_SHORT = 2, 0.04  # the same for months before one that was found, and for other settings
LEAST_ROWS = 20  # expected in the months found
MEDIAN_LESS_SHARP = np.pi / 2  # the variance of a median to that of a mean, were the ratios normal
TO_SD = 1.4826  # a median distance to a standard deviation, were the ratios normal


@dataclass(frozen=True)
class Short:
    """A setting's last months that hold too little: the share of the expected records, and the amount missing with its
    standard error."""

    setting: str
    months: tuple[int, ...]
    share: float
    missing: float
    error: float

    def words(self) -> str:
        return f"{self.setting} in {months_named(self.months)} ({percent(self.share, 0)} of what was expected)"


def unsettled_months(evidence: Evidence) -> list[Found]:
    """One finding that names the settings, and the last months in which they hold too little."""
    if evidence.meta.grain == "year":
        return []
    shares = _share_by_now(evidence)
    months = range(int(evidence.cells["month"].min()), int(evidence.cells["month"].max()) + 1)
    by_setting = evidence.cells.groupby(["setting", "month"])[["rows", "amount"]].sum().groupby("setting")
    ready = {str(name): _ready(rows.droplevel("setting").reindex(list(months)).fillna(0.0), shares.get(str(name), {}))
             for name, rows in by_setting}  # fmt: skip
    sure = [one for name, rows in ready.items() if (one := _short(name, rows, (FAR, LEAST_SHORT)))]
    if not sure:
        return []
    # Where one setting is short beyond doubt, less is enough to say the same of another, and of as many months.
    months_short = max((one.months for one in sure), key=len)
    found = [name for name, rows in ready.items() if _short(name, rows, (STILL_FAR, STILL_SHORT))]
    return [_fault(evidence, [_weighed(name, ready[name], months_short) for name in found])]


def _ready(series: pd.DataFrame, share_by_now: dict[int, float]) -> pd.DataFrame:
    """Records and amounts by month, grossed up by the usual run-off; without months that can't be there yet."""
    shares = pd.Series(share_by_now, dtype="float64").reindex(series.index).fillna(1.0)
    return series.div(shares, axis=0)[series.index <= max(share_by_now, default=int(series.index[-1]))]


def _short(setting: str, ready: pd.DataFrame, first: tuple[float, float]) -> Short | None:
    """The last months that are short, the last by so many standard deviations and so much; None where there is none."""
    before = _ratios(ready).iloc[:-LAST_MONTHS].dropna()
    if len(before) < LEAST_BEFORE:
        return None
    middle, spread = float(before.median()), _spread(before)
    limits = [middle - max(far * spread, -np.log(1 - short)) for far, short in (first, (STILL_FAR, STILL_SHORT))]
    found = _from_the_end(ready["rows"], *limits)
    return _weighed(setting, ready, found) if _expected(ready, found).sum() >= LEAST_ROWS else None


def _ratios(ready: pd.DataFrame) -> pd.Series:
    """Each month's records to those of the same month a year before, as logarithms."""
    return ready["rows"].where(ready["rows"] > 0).transform(np.log).diff(MONTHS_IN_YEAR)


def _spread(ratios: pd.Series) -> float:
    distance = float((ratios - ratios.median()).abs().median())
    return max(TO_SD * distance, float(ratios.std()))


def _from_the_end(rows: pd.Series, first: float, others: float) -> tuple[int, ...]:
    """The months, from the last backwards without a gap, that fall below the limit of the first, then the others'."""
    found: list[int] = []
    for month in reversed(rows.index[-LAST_MONTHS:]):
        before = float(rows.get(month - MONTHS_IN_YEAR, 0.0))
        if before <= 0 or rows[month] >= before * np.exp(others if found else first):
            break
        found.insert(0, int(month))
    return tuple(found)


def _expected(ready: pd.DataFrame, months: tuple[int, ...]) -> pd.Series:
    """Records that months should hold: those of a year before, grown as months usually are."""
    before = ready["rows"].reindex([month - MONTHS_IN_YEAR for month in months]).fillna(0.0).set_axis(list(months))
    return before * float(np.exp(_ratios(ready).iloc[:-LAST_MONTHS].median()))


def _weighed(setting: str, ready: pd.DataFrame, months: tuple[int, ...]) -> Short:
    """What is missing in some months: the records expected and not there, each at the last settled months' cost."""
    there, expected = ready.loc[list(months), "rows"], _expected(ready, months)
    settled = ready.iloc[:-LAST_MONTHS].iloc[-MONTHS_IN_YEAR:]
    cost = float(settled["amount"].sum() / settled["rows"].sum()) if settled["rows"].sum() else 0.0
    short = float((expected - there).sum())
    return Short(setting, months, float(there.sum() / expected.sum()), short * cost, _error(ready, expected) * cost)


def _error(ready: pd.DataFrame, expected: pd.Series) -> float:
    """The standard error of the records expected: of each month about its growth, and of the growth of all of them."""
    before = _ratios(ready).iloc[:-LAST_MONTHS].dropna()
    of_months, of_growth = (expected**2).sum(), MEDIAN_LESS_SHARP * expected.sum() ** 2 / len(before)
    return float(_spread(before) * np.sqrt(of_months + of_growth))


def _share_by_now(evidence: Evidence) -> dict[str, dict[int, float]]:
    """By setting and month of care, the share of the records that is usually there by now; empty where not told.

    Months of which nothing can be there yet are left out.
    """
    spend = evidence.tables["spend"]
    rows = with_setting(spend.filter(spend.recorded.notnull()), evidence.tables)
    origin = month_number(rows.month)
    rows = rows.mutate(origin=origin, delay=month_number(rows.recorded) - origin)
    found = frame(rows.group_by(["setting", "origin", "delay"]).agg(records=rows.count()))
    now = int((found["origin"] + found["delay"]).max()) if len(found) else 0
    return {str(setting): _shares(part, now) for setting, part in found.groupby("setting")}


def _shares(part: pd.DataFrame, now: int) -> dict[int, float]:
    """How much of the months that are a year old had come after as long as each month has had."""
    wide = part.pivot_table(index="origin", columns="delay", values="records", aggfunc="sum")
    delays = range(int(part["delay"].max()) + 1)
    settled = wide[wide.index <= now - MONTHS_IN_YEAR].reindex(columns=list(delays)).fillna(0.0).sum()
    by_delay = settled.cumsum() / settled.sum() if settled.sum() else settled + 1.0
    first = int(part["origin"].min())
    reached = {month: float(by_delay.iloc[min(now - month, len(delays) - 1)]) for month in range(first, now + 1)}
    return {month: share for month, share in reached.items() if share > 0}


def _fault(evidence: Evidence, short: list[Short]) -> Found:
    months = {month for one in short for month in one.months}
    years = sorted({int(y) for y in evidence.cells.loc[evidence.cells["month"].isin(months), "year"]})
    error = float(np.sqrt(sum(one.error**2 for one in short)))
    told = effect(evidence, years, -sum(one.missing for one in short), error=error)
    what = f"the last months hold too little: {listed(one.words() for one in short)}"
    return finding("spend", "month", what, "months as full as a year before, or the month of recording", told)
