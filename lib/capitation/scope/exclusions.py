"""Rare and costly services: how often each is used in the base years, at what mean, and which limit leaves it out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.design.parts import Scope as ScopeTerms

RARE_AND_COSTLY = "rare and costly"
RULE_OFF, UNUSED, USED_OFTEN, NOT_COSTLY = (
    "the rule is switched off", "nobody used it", "used by enough people", "its users cost less than the limit",
)  # fmt: skip


def use_of_services(cost: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """How often each service is used in the base years, from each member row's cost of it.

    Columns: service, users (person-years with cost), frequency (share of all person-years), mean (of users, currency).
    """
    rows = [_use(service, each) for service, each in cost.items()]
    return pd.DataFrame(rows, columns=["service", "users", "frequency", "mean"])


def _use(service: str, cost: NDArray[np.float64]) -> tuple[str, int, float, float]:
    users = cost[cost > 0]
    return service, len(users), len(users) / max(len(cost), 1), float(users.mean()) if len(users) else 0.0


def exclusions(use: pd.DataFrame, terms: ScopeTerms) -> pd.DataFrame:
    """Every service of ``use`` with ``excluded`` and ``why``: the limit that leaves it out, or the one that keeps it in.

    Rare: used by fewer than the rare share of person-years; costly: at a mean of its users above the limit; both
    count. Source: domain reference, row 20 (frequency < f and mean > m).
    """
    why = [_why(frequency, mean, terms) for frequency, mean in zip(use["frequency"], use["mean"], strict=True)]
    return use.assign(excluded=[reason == RARE_AND_COSTLY for reason in why], why=why)


def _why(frequency: float, mean: float, terms: ScopeTerms) -> str:
    if terms.rare_share <= 0:
        return RULE_OFF
    if frequency == 0:
        return UNUSED
    if frequency >= terms.rare_share:
        return USED_OFTEN
    return RARE_AND_COSTLY if mean > terms.rare_mean else NOT_COSTLY
