"""Person-level cost against the accounts: what no person carries, by year and service.

Person-level cost and what is unallocated make the ledger; the unallocated is to be within 2 % (domain reference,
section 2 and row 16).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.engine import Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import (
    Span,
    behind,
    exact_sum,
    frame,
    safe_groups,
    spend_in,
    unlinked_in,
    with_behind,
)

TOLERANCE = 0.02
WITHIN, SHORT, OVER = "within tolerance", "too much is with no person", "people carry more than the ledger"
NOT_IN_LEDGER, NOT_OVER = "not in the ledger", "the year is not over"
EVERY_YEAR, EVERY_SERVICE = -1, "all services"
_BY = ["year", "service"]
_PARTS = ["ledger", "linked", "unlinked", "unlinked_records", "later"]


@dataclass(frozen=True)
class Reconciliation:
    """Ledger lines and their totals.

    ``lines`` has a row per year and service, ``by_year`` one per whole year, ``total`` one for all whole years.
    Columns: ledger, linked (with a person), unlinked (without one), unlinked_records (how many these are), later (estimated still to come
    from run-off), all in the data set's currency; unallocated = ledger - linked; share = unallocated / ledger;
    unexplained = unallocated - unlinked - later; settled_share = (unallocated - later) / ledger, the share that the
    verdict judges; within (True or False; missing where there is nothing to judge) and verdict, in words; from an
    engine also people (with spend), and shown and unlinked_shown: whether the amounts, and the unlinked one, may be.
    """

    lines: pd.DataFrame
    by_year: pd.DataFrame
    total: pd.DataFrame

    def share_within(self) -> float:
        """The share of the ledger that stands in lines within tolerance; missing without a line to judge."""
        judged = self.lines.dropna(subset="within")
        whole = float(judged["ledger"].sum())
        return float(judged.loc[judged["within"].astype(bool), "ledger"].sum()) / whole if whole else float("nan")


def reconciliation(
    meta: Meta, tables: Tables, within: Span, later: pd.DataFrame | None = None
) -> Reconciliation | None:
    """The ledger of a span against its records; None where the data set has no ledger.

    ``later`` gives by year and service the amount estimated still to come (`Completion.still_to_come`).
    """
    ledger = frame(tables["ledger"].select(*_BY, ledger="amount"))
    if ledger.empty:
        return None
    spend, lost = spend_in(meta, tables, within), unlinked_in(meta, tables, within)
    linked = spend.group_by(_BY).agg(linked=exact_sum(spend.amount))
    unlinked = lost.group_by(_BY).agg(unlinked=exact_sum(lost.amount), unlinked_records=lost.count())
    lines = ledger.merge(frame(linked), how="outer", on=_BY).merge(frame(unlinked), how="outer", on=_BY)
    lines = lines.merge(_by_line(later), how="left", on=_BY)
    over = {int(year) for year in lines["year"].unique() if within.whole(meta, int(year))}
    found = reconciled(lines.sort_values(_BY, ignore_index=True), over)
    counted = spend.semi_join(tables["ledger"], _BY)
    return _with_shown(found, behind(spend, _BY), counted.filter(counted.year.isin(sorted(over))))


def _with_shown(found: Reconciliation, people: pd.DataFrame, counted: Rows) -> Reconciliation:
    """The same with ``shown`` and ``unlinked_shown``; ``counted`` are the records that the totals are of."""
    lines = with_behind(found.lines, people, _BY)
    by_year = with_behind(found.by_year, behind(counted, ["year"]), ["year"])
    total = with_behind(found.total, behind(counted).assign(year=EVERY_YEAR), ["year"])
    return Reconciliation(_shown(lines, _BY), _shown(by_year, []), _shown(total, []))


def _shown(lines: pd.DataFrame, beside: list[str]) -> pd.DataFrame:
    records = lines[["year"]].assign(people=lines["unlinked_records"], whole=0.0, largest=0.0)
    shown = safe_groups(lines, beside)
    unlinked = safe_groups(records, beside[:1])
    return lines.assign(shown=shown, unlinked_shown=shown & unlinked)


def _by_line(later: pd.DataFrame | None) -> pd.DataFrame:
    rows = pd.DataFrame(columns=pd.Index([*_BY, "later"])) if later is None else later
    return rows.astype({"year": "int64", "later": "float64"}).groupby(_BY)["later"].sum().reset_index()


def reconciled(lines: pd.DataFrame, over: set[int]) -> Reconciliation:
    """Lines of year, service, ledger, linked, unlinked, unlinked_records and later, with their totals and verdicts.

    ``over`` are the years whose every month is there.
    """
    lines = lines.fillna({"linked": 0.0, "unlinked": 0.0, "unlinked_records": 0, "later": 0.0})
    judged = lines[lines["year"].isin(over) & lines["ledger"].notna()]
    by_year = judged.groupby("year", as_index=False)[_PARTS].sum().assign(service=EVERY_SERVICE)
    total = by_year[_PARTS].sum().to_frame().T.assign(year=EVERY_YEAR, service=EVERY_SERVICE)
    return Reconciliation(*(_compared(part, over | {EVERY_YEAR}) for part in (lines, by_year, total)))


def _compared(lines: pd.DataFrame, over: set[int]) -> pd.DataFrame:
    unallocated = lines["ledger"] - lines["linked"]
    whole = lines["ledger"].where(lines["ledger"] > 0)
    found = lines[[*_BY, *_PARTS]].assign(
        unallocated=unallocated,
        share=unallocated / whole,
        unexplained=unallocated - lines["unlinked"] - lines["later"],
        settled_share=(unallocated - lines["later"]) / whole,
    )
    verdicts = [_verdict(int(y), share, over) for y, share in zip(found["year"], found["settled_share"], strict=True)]
    judged = [verdict in (WITHIN, SHORT, OVER) for verdict in verdicts]
    within = pd.array([v == WITHIN if j else None for v, j in zip(verdicts, judged, strict=True)], "boolean")
    return found.assign(within=within, verdict=pd.Series(verdicts, index=found.index, dtype=object))


def _verdict(year: int, share: float, over: set[int]) -> str:
    if year not in over:
        return NOT_OVER
    if np.isnan(share):
        return NOT_IN_LEDGER
    if abs(share) <= TOLERANCE:
        return WITHIN
    return SHORT if share > 0 else OVER
