"""Amounts that came in pence: about a hundred times the others of their service."""

import math

import numpy as np
import pandas as pd

from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.dataset.faults import Fault
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import finding, periods_named

PENCE_IN_POUND = 100
AT_MOST_OFF = 3  # times more or less than a hundred times: a typical amount of few rows moves about
FAR = 6  # standard errors of a typical amount
_BY = ["service", "provider", "month"]
_SUMS = ["rows", "amount", "positive", "logs", "squares"]


def feeds_in_pence(evidence: Evidence) -> list[Fault]:
    """One finding for each service and provider whose typical amount is, in some periods, a hundred times too large.

    Typical is the geometric mean, which a few very costly rows hardly move.
    """
    cells = evidence.cells.groupby(["year", *_BY], as_index=False)[_SUMS].sum()
    cells = cells[cells["positive"] >= SMALLEST_SHOWN]
    found = [_of_service(rows) for _, rows in cells.groupby("service")]
    wrong = pd.concat(found) if found else cells
    return [_fault(evidence, str(service), str(provider), rows)
            for (service, provider), rows in wrong.groupby(["service", "provider"])]  # fmt: skip


def _of_service(cells: pd.DataFrame) -> pd.DataFrame:
    """The periods and providers of one service whose typical amount stands out by a hundred."""
    typical = cells["logs"] / cells["positive"]
    spread = (cells["squares"] / cells["positive"] - typical**2).clip(lower=0)
    usual = float(typical.median())
    error = np.sqrt(float(np.average(spread, weights=cells["positive"])) / cells["positive"])
    off = typical - usual
    near = (off - math.log(PENCE_IN_POUND)).abs() <= math.log(AT_MOST_OFF)
    return cells[near & (off > FAR * error)]


def _fault(evidence: Evidence, service: str, provider: str, rows: pd.DataFrame) -> Fault:
    too_much = float(rows["amount"].sum()) * (1 - 1 / PENCE_IN_POUND)
    when = periods_named(evidence.meta, [int(month) for month in rows["month"]])
    what = f"amounts of {service} from {provider} in {when} are about 100 times the others: they look like pence"
    years = sorted({int(year) for year in rows["year"]})
    expected = f"amounts in {evidence.meta.currency}"
    return finding("spend", "amount", what, expected, effect(evidence, years, too_much))
