"""Activity times what a unit costs, against the amounts recorded, by year and service (domain reference, row 15)."""

import pandas as pd

from capitation.dataset.engine import Tables
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import Span, exact_sum, frame, spend_in

TOLERANCE = 0.02  # as for the ledger
WITHIN, DEAR, CHEAP = "within tolerance", "recorded above units × unit cost", "recorded below units × unit cost"
NO_UNITS, NO_UNIT_COST, NOT_OVER = "no units", "no unit cost", "the year is not over"
_BY = ["year", "service"]


def costing(meta: Meta, tables: Tables, within: Span) -> pd.DataFrame:
    """A row per year and service of the spend.

    Columns: year, service, units, unit_cost, costed (units times unit cost), recorded (amount of the rows that have
    units), without_units (amount of the rows that have none), difference = recorded / costed - 1, within (missing
    where there is nothing to judge), verdict, source (of the unit cost). Money in the data set's currency.
    """
    spend = spend_in(meta, tables, within)
    has = spend.units.notnull()
    sums = spend.group_by(_BY).agg(
        units=exact_sum(has.ifelse(spend.units, 0.0)),
        recorded=exact_sum(has.ifelse(spend.amount, 0.0)),
        without_units=exact_sum(has.ifelse(0.0, spend.amount)),
    )
    prices = frame(tables["unit_costs"].select(*_BY, "unit_cost", "source"))
    lines = frame(sums).merge(prices, how="left", on=_BY).sort_values(_BY, ignore_index=True)
    costed = lines["units"] * lines["unit_cost"]
    lines = lines.assign(costed=costed, difference=lines["recorded"] / costed.where(costed > 0) - 1)
    over = {int(year) for year in lines["year"].unique() if within.whole(meta, int(year))}
    verdicts = [_verdict(row, over) for row in lines.to_dict("records")]
    told = [verdict in (WITHIN, DEAR, CHEAP) for verdict in verdicts]
    judged = pd.array([v == WITHIN if t else None for v, t in zip(verdicts, told, strict=True)], "boolean")
    return lines.assign(within=judged, verdict=pd.Series(verdicts, index=lines.index, dtype=object))


def share_within(lines: pd.DataFrame) -> float:
    """The share of the recorded amounts that stands in lines within tolerance; missing without one to judge."""
    judged = lines.dropna(subset="within")
    whole = float(judged["recorded"].sum())
    return float(judged.loc[judged["within"].astype(bool), "recorded"].sum()) / whole if whole else float("nan")


def _verdict(row: dict, over: set[int]) -> str:
    if not row["units"]:
        return NO_UNITS
    if pd.isna(row["unit_cost"]):
        return NO_UNIT_COST
    if int(row["year"]) not in over:
        return NOT_OVER
    if abs(row["difference"]) <= TOLERANCE:
        return WITHIN
    return DEAR if row["difference"] > 0 else CHEAP
