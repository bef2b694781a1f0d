"""One owner for every budget, and care in scope that a stream outside the contract pays for as well.

Sources: domain reference, row 25 (tag the funding stream, exactly one owner) and row 23 (the same unit in block and
capitation).
"""

from collections.abc import Collection, Mapping

import pandas as pd

from capitation.dataset.budget_owners import owners, several_owners, with_streams
from capitation.errors import InputError

__all__ = ["budget_streams", "check_streams", "owners", "paid_twice", "several_owners"]


def budget_streams(budgets: pd.DataFrame) -> list[str]:
    """The funding streams of the budgets, by name."""
    return sorted(map(str, with_streams(budgets)["stream"].unique())) if len(budgets) else []


def check_streams(named: Collection[str], budgets: pd.DataFrame) -> None:
    """Raise InputError for a pooled stream that no budget is in."""
    known = budget_streams(budgets)
    for name in named:
        if name not in known:
            raise InputError("scope.pooled_streams", f"no budget is in a stream {name!r}",
                             "one of " + ", ".join(known) if known else "none: the data set has no budgets")  # fmt: skip


def paid_twice(budgets: pd.DataFrame, year: int, inside: Collection[str], pooled: Collection[str],
               members_share: Mapping[str, float]) -> pd.DataFrame:  # fmt: skip
    """Budgets of services in scope that stand in a stream not paid into the contract's sum (``pooled``; none
    named: all are taken to be, so that nothing is found because nothing was looked for).

    ``members_share`` is the members' share of each service's spend. Columns: service, commissioner, stream, budget, and
    amount: the members' part, which both the sum and the stream would pay.
    """
    of_year = with_streams(budgets)
    apart = ~of_year["stream"].isin(list(pooled)) if pooled else pd.Series(False, index=of_year.index)
    found = of_year[(of_year["year"] == year) & of_year["service"].isin(list(inside)) & apart]
    share = found["service"].map(dict(members_share)).fillna(0.0).astype(float)
    columns = ["service", "commissioner", "stream", "budget", "amount"]
    return (
        found.rename(columns={"amount": "budget"})
        .assign(amount=found["amount"] * share)[columns]
        .reset_index(drop=True)
    )
