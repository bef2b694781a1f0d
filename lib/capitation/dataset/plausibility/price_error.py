"""A service whose amounts disagree with units × unit cost and, in the same direction, with the ledger."""

from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding
from capitation.dataset.quality import costing as costs
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.records import Span
from capitation.terms import percent

LEAST, LARGEST = 0.03, 0.50  # of units × unit cost: nearer may be chance, further off is something else, such as pence
LEFT_OVER = 0.01  # of the ledger: what may be left to explain once units × unit cost stand in for the amounts


def price_errors(evidence: Evidence) -> list[Found]:
    """One finding for each year and service that units × unit cost would bring back into the ledger.

    Either alone may be chance (costs vary about their unit cost) or missing records; both together are a price.
    Lines with amounts below 0 are left out: those have their own fault.
    """
    within = Span(evidence.window.start, evidence.window.end)
    ledger = ledgers.reconciliation(evidence.meta, evidence.tables, within)
    if ledger is None:
        return []
    costed = costs.costing(evidence.meta, evidence.tables, within)
    both = costed.merge(ledger.lines, on=["year", "service"], suffixes=("_costed", "_ledger"))
    dear = (both["verdict_costed"] == costs.DEAR) & (both["verdict_ledger"] == ledgers.OVER)
    cheap = (both["verdict_costed"] == costs.CHEAP) & (both["verdict_ledger"] == ledgers.SHORT)
    left = both["unexplained"] + both["recorded"] - both["costed"]
    explains = (left.abs() <= LEFT_OVER * both["ledger"]) & both["difference"].abs().between(LEAST, LARGEST)
    rows = both[(dear | cheap) & explains].to_dict("records")
    below = _with_negatives(evidence)
    return [_fault(evidence, row) for row in rows if (int(row["year"]), row["service"]) not in below]


def _with_negatives(evidence: Evidence) -> set[tuple[int, str]]:
    """Years and services that have amounts below 0."""
    cells = evidence.cells[evidence.cells["below"] > 0]
    return {(int(year), str(service)) for year, service in zip(cells["year"], cells["service"], strict=True)}


def _fault(evidence: Evidence, row: dict) -> Found:
    year, too_much = int(row["year"]), float(row["recorded"] - row["costed"])
    rows = evidence.spend.filter((evidence.spend.year == year) & (evidence.spend.service == row["service"]))
    by, ledger = _by(row) if evidence.may_show(rows) else ("", "")
    side = "above" if too_much > 0 else "below"
    what = (f"{row['service']} in {evidence.meta.year_name(year)} is {by}{side} units × unit cost "
            f"and {ledger}{side} the ledger")  # fmt: skip
    told = effect(evidence, [year], too_much, of=rows)
    return finding("spend", "amount", what, "amounts that units × unit cost and the ledger both bear out", told)


def _by(row: dict) -> tuple[str, str]:
    """By how much of either, with a space after it; with the ledger, which is published, it gives the amount."""
    return f"{percent(abs(row['difference']))} ", f"{percent(abs(row['settled_share']))} "
