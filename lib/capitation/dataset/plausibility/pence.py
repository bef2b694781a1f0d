"""Amounts that came in pence: a hundred times their service's others, units × unit cost, or the ledger."""

import math

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.dataset.engine import Rows
from capitation.dataset.plausibility.evidence import DEAR_LOGS, LOGS, Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, listed, periods_named
from capitation.dataset.quality.records import frame, month_number

PENCE_IN_POUND = 100
AT_MOST_OFF = 3  # times more or less than a hundred times: a typical amount of few rows moves about
FAR = 6  # standard errors of a typical amount
LEAST_SPREAD = 0.5  # of the logarithm of an amount: records that all cost the same say nothing about chance
A_SPAN, MOST_GAIN = 10.0, 20.0  # log-odds: against a span in pence as such; that one month may give, whatever its rows
LOG_HUNDRED = math.log(PENCE_IN_POUND)
LARGEST_PART = 0.5  # of a ledger line, in one row: then it is that row, and no feed
ALL_FEEDS = 0.9  # of all rows, and of all services, in pence: then it is the data set
OTHERS, COSTED, LEDGER = "the others", "units × unit cost", "the ledger"
_FEED = ["service", "provider"]
_BY = [*_FEED, "year", "month"]
_SUMS = ["rows", "amount", "below", *LOGS, *DEAR_LOGS]


def feeds_in_pence(evidence: Evidence) -> list[Found]:
    """One finding for each service of which feeds are, in some periods, a hundred times too large.

    Typical is the geometric mean, which a few very costly rows hardly move. Judged are spans of months of a feed, so
    that a month with few rows goes with its neighbours. One finding for all, where all are.
    """
    cells = _judged(evidence)
    wrong = cells[cells["against"] != ""]
    services = wrong["service"].nunique() / cells["service"].nunique()
    if min(services, wrong["rows"].sum() / cells["rows"].sum()) >= ALL_FEEDS:
        return [_fault(evidence, cells[cells["year"].isin(wrong["year"])], "all services")]
    return [_fault(evidence, rows, _feeds_named(str(service), rows)) for service, rows in wrong.groupby("service")]


def put_right(evidence: Evidence) -> Evidence:
    """The same data with a hundredth of those amounts."""
    cells = _judged(evidence)
    mine = _is_of(evidence, cells[cells["against"] != ""])
    return in_pounds(evidence, mine)


def in_pounds(evidence: Evidence, mine: Rows) -> Evidence:
    """The same data with a hundredth of the amounts that are ``mine``, a condition on spend."""
    spend = evidence.spend
    return evidence.with_spend(
        spend.mutate(amount=mine.ifelse(spend.amount / PENCE_IN_POUND, spend.amount)), "amounts in pence"
    )


def _judged(evidence: Evidence) -> pd.DataFrame:
    """Feeds by month with what each is a hundred times too large ``against``."""
    cells = evidence.cells.groupby(_BY, as_index=False).agg({**dict.fromkeys(_SUMS, "sum"), "largest": "max"})
    return cells.assign(against=_against(evidence, cells))


def _feeds_named(service: str, rows: pd.DataFrame) -> str:
    """One finding for all feeds of a service: of a small one by itself the effect would be few people's."""
    return f"{service} from {listed(sorted({str(provider) for provider in rows['provider']}))}"


def _against(evidence: Evidence, cells: pd.DataFrame) -> pd.Series:
    """Against what each cell is a hundred times too large; empty where it is not."""
    found = pd.Series("", index=cells.index, dtype=object)
    found[_above_ledger(evidence, cells)] = LEDGER
    found[_above(cells, LOGS, _usual_of_service(cells))] = OTHERS
    found[_above(cells, DEAR_LOGS, pd.Series(0.0, index=cells.index))] = COSTED
    return found


def _usual_of_service(cells: pd.DataFrame) -> pd.Series:
    """The typical amount of the usual cell of each cell's service, as a logarithm; missing without one of 8 rows."""
    enough = cells[cells["positive"] >= SMALLEST_SHOWN]
    usual = (enough["logs"] / enough["positive"]).groupby(enough["service"]).median()
    return cells["service"].map(usual)


def _above(cells: pd.DataFrame, names: tuple[str, str, str], usual: pd.Series) -> pd.Series:
    """Cells in a span of months of their feed that lies a hundred times above what is usual."""
    count, logs, squares = (cells[name] for name in names)
    typical = logs / count.where(count > 0)
    spread = ((squares - count * typical**2).clip(lower=0)).groupby(cells["service"]).sum()
    variance = (spread / count.groupby(cells["service"]).sum()).clip(lower=LEAST_SPREAD**2)
    off = typical - usual
    sums = pd.DataFrame({"rows": count.where(off.notna(), 0), "off": off.fillna(0.0),
                         "variance": cells["service"].map(variance).fillna(1.0)})  # fmt: skip
    hits = pd.concat([_spans(sums.loc[feed.index]) for _, feed in cells.sort_values("month").groupby(_FEED)])
    return _few_with_the_others(cells, sums, hits.reindex(cells.index, fill_value=False))


def _few_with_the_others(cells: pd.DataFrame, sums: pd.DataFrame, hits: pd.Series) -> pd.Series:
    """Also cells of few rows nearer to a hundred times than to once, in months in which their service is in pence."""
    months = cells[hits].groupby("service")["month"]
    first, last = (cells["service"].map(end) for end in (months.min(), months.max()))
    in_time = (cells["month"] >= first) & (cells["month"] <= last)
    return hits | (in_time & sums["rows"].between(1, SMALLEST_SHOWN - 1) & (sums["off"] > LOG_HUNDRED / 2))


def _spans(feed: pd.DataFrame) -> pd.Series:
    """The months of a feed, in order, that lie in a span in pence."""
    gain = feed["rows"] * (feed["off"] - LOG_HUNDRED / 2) * LOG_HUNDRED / feed["variance"]
    inside = pd.Series(likeliest_spans(gain.clip(-MOST_GAIN, MOST_GAIN).to_numpy()), index=feed.index)
    number = (inside != inside.shift()).cumsum()
    sure = {n: _a_hundredfold(span) for n, span in feed[inside].groupby(number[inside])}
    return inside & number.map(sure).eq(True)


def likeliest_spans(gain: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which months are in spans, so that their ``gain`` in log-likelihood less ``A_SPAN`` for each span is most.

    Exact, by dynamic programming over the two states of each month, as Viterbi's algorithm.
    """
    out, within, entered, left = 0.0, -np.inf, [], []
    for more in gain:
        entered.append(out - A_SPAN > within)
        left.append(within > out)
        out, within = max(out, within), max(within, out - A_SPAN) + more
    inside, states = within > out, np.zeros(len(gain), dtype=bool)
    for place in reversed(range(len(gain))):
        states[place] = inside
        inside = not entered[place] if inside else left[place]
    return states


def _a_hundredfold(span: pd.DataFrame) -> bool:
    """Whether the rows of a span are enough, and typically a hundred times too large beyond chance."""
    rows = float(span["rows"].sum())
    if rows < SMALLEST_SHOWN:
        return False
    off = float((span["rows"] * span["off"]).sum()) / rows
    error = float((span["rows"] * span["variance"]).sum()) ** 0.5 / rows
    return abs(off - LOG_HUNDRED) <= math.log(AT_MOST_OFF) and off > FAR * error


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
    told = effect(evidence, years, too_much, of=evidence.spend.filter(_is_of(evidence, rows)))
    return finding("spend", "amount", what, f"amounts in {evidence.meta.currency}", told)


def _is_of(evidence: Evidence, rows: pd.DataFrame) -> Rows:
    """Whether a row of spend is of these feeds and periods."""
    spend = evidence.spend
    period = month_number(spend.month) if evidence.meta.grain == "month" else spend.year
    feeds = rows.groupby(_FEED)["month"]
    mine = [(spend.service == service) & (spend.provider == provider) & period.isin(sorted({int(m) for m in months}))
            for (service, provider), months in feeds]  # fmt: skip
    return ibis.or_(*mine)
