"""Who owns each service's budget: exactly one commissioner and stream in every year, or the same care is paid twice."""

import pandas as pd

CORE = "core"  # the stream of a budget that names none
OWNER = ["commissioner", "stream"]


def with_streams(budgets: pd.DataFrame) -> pd.DataFrame:
    """Budgets with a stream in every row."""
    stream = budgets["stream"].fillna(CORE) if "stream" in budgets else CORE
    return budgets.assign(stream=stream)


def owners(budgets: pd.DataFrame) -> pd.DataFrame:
    """A row a year and service: ``owners`` (how many), ``named`` (each with its stream), amount (of all of them)."""
    each = with_streams(budgets).groupby(["year", "service", *OWNER], as_index=False)["amount"].sum()
    named = [
        f"{commissioner} ({stream})" for commissioner, stream in zip(each["commissioner"], each["stream"], strict=True)
    ]
    grouped = each.assign(named=named).groupby(["year", "service"], as_index=False)
    return grouped.agg(owners=("named", "size"), named=("named", " and ".join), amount=("amount", "sum"))


def several_owners(budgets: pd.DataFrame) -> pd.DataFrame:
    """The rows of `owners` with more than one."""
    found = owners(budgets)
    return found[found["owners"] > 1].reset_index(drop=True)
