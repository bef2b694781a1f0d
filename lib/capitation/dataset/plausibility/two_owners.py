"""Budgets of which two commissioners or streams say that they pay for the same service in the same year."""

from collections.abc import Mapping
from typing import Any

from capitation.dataset.budget_owners import several_owners
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.wording import NOT_TOLD, Found, finding
from capitation.dataset.quality.records import frame
from capitation.terms import money


def budgets_with_two_owners(evidence: Evidence) -> list[Found]:
    """A finding for each year and service with more than one owner. No price rests on budgets, so none has an effect."""
    budgets = evidence.tables["budgets"]
    found = several_owners(frame(budgets.select("year", "commissioner", "service", "amount", "stream")))
    return [_finding(evidence, row) for row in found.to_dict("records")]


def _finding(evidence: Evidence, row: Mapping[Any, Any]) -> Found:
    meta = evidence.meta
    amount = money(float(row["amount"]), meta.currency)
    what = (f"the budget of {row['service']} in {meta.year_name(int(row['year']))}, {amount}, has {row['owners']} owners: "
            f"{row['named']}")  # fmt: skip
    return finding("budgets", "stream", what, "exactly one commissioner and stream for each service and year", NOT_TOLD)
