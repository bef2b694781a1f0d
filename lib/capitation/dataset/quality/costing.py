"""Activity times what a unit costs, against the amounts recorded, by year and service (domain reference, row 15)."""

import pandas as pd

from capitation.dataset.engine import Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import Span, behind, exact_sum, frame, safe_groups, spend_in

TOLERANCE = 0.02  # as for the ledger
WITHIN, DEAR, CHEAP = "within tolerance", "recorded above units × unit cost", "recorded below units × unit cost"
NO_UNITS, NO_UNIT_COST, NOT_OVER = "no units", "no unit cost", "the year is not over"
_BY = ["year", "service"]
_SIDES = ("", "units_", "rest_")
_BEHIND = ("people", "whole", "largest")


def costing(meta: Meta, tables: Tables, within: Span) -> pd.DataFrame:
    """A row per year and service of the spend.

    Columns: year, service, units, unit_cost, costed (units times unit cost), recorded (amount of the rows that have
    units), without_units (amount of the rows that have none), difference = recorded / costed - 1, within (missing
    where there is nothing to judge), verdict, source (of the unit cost), shown (whether the amount may be), units_shown
    (whether units and difference may be) and who stands behind, as in `behind`: of all records, and with ``units_``
    and ``rest_`` of those with and without units. Money in the data set's currency.
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
    lines = lines.assign(within=judged, verdict=pd.Series(verdicts, index=lines.index, dtype=object))
    return with_shown(_with_people(lines, spend, has), _BY)


def _with_people(lines: pd.DataFrame, spend: Rows, has: Rows) -> pd.DataFrame:
    for side, rows in {"": spend, "units_": spend.filter(has), "rest_": spend.filter(~has)}.items():
        found = behind(rows, _BY).set_index(_BY).add_prefix(side).reset_index()
        lines = lines.merge(found, how="left", on=_BY)
    return lines.fillna(dict.fromkeys([side + name for side in _SIDES for name in _BEHIND], 0))


def with_shown(lines: pd.DataFrame, beside: list[str]) -> pd.DataFrame:
    """Lines with shown and units_shown, beside the totals of these columns."""
    safe = {side: safe_groups(_of_side(lines, side), beside) for side in _SIDES}
    return lines.assign(shown=safe[""], units_shown=safe[""] & safe["units_"] & safe["rest_"])


def _of_side(lines: pd.DataFrame, side: str) -> pd.DataFrame:
    return lines[_BY].assign(**{name: lines[side + name] for name in _BEHIND})


def by_service(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines of each service together: what is judged of them, or else everything, and how many are out.

    People are at least the most of one line, and the dearest person has at most what the dearest of each have.
    """
    rows = [_of_service(part) for _, part in lines.groupby("service", sort=False)]
    return with_shown(pd.DataFrame(rows), []) if rows else lines


def _of_service(lines: pd.DataFrame) -> dict[str, object]:
    judged = lines.dropna(subset="within")
    part = judged if len(judged) else lines
    names = [side + name for side in _SIDES for name in _BEHIND]
    sums = {name: part[name].max() if name.endswith("people") else part[name].sum() for name in names}
    costed, recorded = float(part["costed"].sum(min_count=1)), float(part["recorded"].sum())
    out = int((~judged["within"].astype(bool)).sum())
    return {"service": part["service"].iloc[0], "year": 0, "units": part["units"].sum(), "costed": costed,
            "recorded": recorded, "without_units": part["without_units"].sum(), "out": out, "judged": len(judged),
            "difference": recorded / costed - 1 if costed > 0 else float("nan"), "verdict": part["verdict"].iloc[-1],
            "source": part["source"].iloc[-1], **sums}  # fmt: skip


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
