"""Amounts that came in pence: a hundred times their service's others, units × unit cost, or the ledger."""

import math

import ibis
import pandas as pd

from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.dataset.engine import Rows
from capitation.dataset.plausibility.evidence import DEAR_LOGS, LOGS, Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, periods_named
from capitation.dataset.quality.records import frame, month_number

PENCE_IN_POUND = 100
AT_MOST_OFF = 3  # times more or less than a hundred times: a typical amount of few rows moves about
FAR = 6  # standard errors of a typical amount
LARGEST_PART = 0.5  # of a ledger line, in one row: then it is that row, and no feed
ALL_FEEDS = 0.9  # of all rows, and of all services, in pence: then it is the data set
OTHERS, COSTED, LEDGER = "the others", "units × unit cost", "the ledger"
_FEED = ["service", "provider"]
_BY = [*_FEED, "year", "month"]
_SUMS = ["rows", "amount", "below", *LOGS, *DEAR_LOGS]


def feeds_in_pence(evidence: Evidence) -> list[Found]:
    """One finding for each service and provider whose amounts are, in some periods, a hundred times too large.

    Typical is the geometric mean, which a few very costly rows hardly move. One finding for all, where all are.
    """
    cells = evidence.cells.groupby(_BY, as_index=False).agg({**dict.fromkeys(_SUMS, "sum"), "largest": "max"})
    cells = cells.assign(against=_against(evidence, cells))
    wrong = cells[cells["against"] != ""]
    services = wrong["service"].nunique() / cells["service"].nunique()
    if min(services, wrong["rows"].sum() / cells["rows"].sum()) >= ALL_FEEDS:
        return [_fault(evidence, cells[cells["year"].isin(wrong["year"])], "all services")]
    return [_fault(evidence, rows, f"{service} from {provider}") for (service, provider), rows in wrong.groupby(_FEED)]


def _against(evidence: Evidence, cells: pd.DataFrame) -> pd.Series:
    """Against what each cell is a hundred times too large; empty where it is not."""
    found = pd.Series("", index=cells.index, dtype=object)
    found[_above_ledger(evidence, cells)] = LEDGER
    found[_above_others(cells)] = OTHERS
    found[_above_unit_cost(cells, _BY) | _above_unit_cost(cells, [*_FEED, "year"], few=True)] = COSTED
    return _few_with_the_others(cells, found)


def _few_with_the_others(cells: pd.DataFrame, found: pd.Series) -> pd.Series:
    """Cells with too few rows to be judged are as the others of their feed and year, where all of those are wrong."""
    judged = cells["positive"] >= SMALLEST_SHOWN
    year = cells[[*_FEED, "year"]].assign(against=found)
    wrong = year[judged].groupby([*_FEED, "year"])["against"].agg(lambda part: part.iloc[0] if all(part) else "")
    like = year.merge(wrong.rename("like").reset_index(), how="left", on=[*_FEED, "year"])["like"]
    return found.where(judged | (found != ""), pd.Series(like.to_numpy(), index=found.index).fillna(""))


def _above_others(cells: pd.DataFrame) -> pd.Series:
    """Cells whose typical amount is a hundred times that of the usual cell of their service."""
    enough = cells[cells["positive"] >= SMALLEST_SHOWN]
    off, error = _typical(enough, LOGS, enough["service"])
    usual = off.groupby(enough["service"]).transform("median")
    return _a_hundredfold(off - usual, error).reindex(cells.index, fill_value=False)


def _above_unit_cost(cells: pd.DataFrame, by: list[str], few: bool = False) -> pd.Series:
    """Cells whose typical amount is a hundred times units × unit cost; of ``few`` rows a period, all of a year."""
    sums = cells.groupby(by)[list(DEAR_LOGS)].transform("sum").assign(service=cells["service"])
    if few:
        most = cells.groupby(by)["positive"].transform("max")
        sums = sums[most < SMALLEST_SHOWN]
    sums = sums[sums["costed"] >= SMALLEST_SHOWN]
    off, error = _typical(sums, DEAR_LOGS, sums["service"])
    return _a_hundredfold(off, error).reindex(cells.index, fill_value=False)


def _typical(cells: pd.DataFrame, names: tuple[str, str, str], service: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The mean of the logarithms, and its standard error at the service's spread within cells."""
    count, logs, squares = (cells[name] for name in names)
    typical = logs / count
    spread = (squares / count - typical**2).clip(lower=0) * count
    pooled = spread.groupby(service).transform("sum") / count.groupby(service).transform("sum")
    return typical, (pooled / count) ** 0.5


def _a_hundredfold(off: pd.Series, error: pd.Series) -> pd.Series:
    near = (off - math.log(PENCE_IN_POUND)).abs() <= math.log(AT_MOST_OFF)
    return near & (off > FAR * error)


def _above_ledger(evidence: Evidence, cells: pd.DataFrame) -> pd.Series:
    """Cells without units of years and services that are a hundred times their ledger, and not for one row."""
    ledger = frame(evidence.tables["ledger"].select("year", "service", ledger="amount"))
    lines = cells.groupby(["year", "service"], as_index=False).agg(
        {"amount": "sum", "largest": "max", "positive": "sum", "costed": "sum"}
    )
    lines = lines.merge(ledger, on=["year", "service"])
    ratio = lines["amount"] / lines["ledger"].where(lines["ledger"] > 0)
    many = (lines["largest"] <= LARGEST_PART * lines["amount"]) & (lines["positive"] >= SMALLEST_SHOWN)
    far = ratio.between(PENCE_IN_POUND / AT_MOST_OFF, PENCE_IN_POUND * AT_MOST_OFF) & many & (lines["costed"] == 0)
    wrong = pd.MultiIndex.from_frame(lines.loc[far, ["year", "service"]])
    return pd.Series(pd.MultiIndex.from_frame(cells[["year", "service"]]).isin(wrong), index=cells.index)


def _fault(evidence: Evidence, rows: pd.DataFrame, feed: str) -> Found:
    too_much = float(rows["amount"].sum()) * (1 - 1 / PENCE_IN_POUND)
    when = periods_named(evidence.meta, sorted({int(month) for month in rows["month"]}))
    against = " and ".join(sorted({str(name) for name in rows["against"] if name}))
    what = f"amounts of {feed} in {when} are about 100 times {against}: they look like pence"
    years = sorted({int(year) for year in rows["year"]})
    told = effect(evidence, years, too_much, of=_spend_of(evidence, rows))
    return finding("spend", "amount", what, f"amounts in {evidence.meta.currency}", told)


def _spend_of(evidence: Evidence, rows: pd.DataFrame) -> Rows:
    """The rows of spend of these feeds and periods."""
    spend = evidence.spend
    period = month_number(spend.month) if evidence.meta.grain == "month" else spend.year
    feeds = rows.groupby(_FEED)["month"]
    mine = [(spend.service == service) & (spend.provider == provider) & period.isin(sorted({int(m) for m in months}))
            for (service, provider), months in feeds]  # fmt: skip
    return spend.filter(ibis.or_(*mine))
