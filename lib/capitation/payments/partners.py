"""What the holder pays its partners, and what they share of the result."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from capitation.design.parts import Payments
from capitation.errors import InputError
from capitation.loss.ratio import Floats


def planned_shares(base_cost: pd.DataFrame) -> dict[str, float]:
    """Each provider's share of the yearly sum: its share of the base years' cost in scope."""
    totals = base_cost.sum()
    whole = totals.sum()
    return {str(p): float(t / whole) if whole > 0 else 1 / len(totals) for p, t in totals.items()}


def block_shares(providers: Mapping[str, float], terms: Payments) -> dict[str, float]:
    """The share of each provider's plan (``providers``) that is paid as block. Raises InputError for an unknown one.

    A provider without a plan, because it gave no care in the base years, is paid by activity.
    """
    for name in terms.block_providers:
        if name not in providers:
            raise InputError(
                "payments.block_providers", f"no provider {name!r} in scope", "one of " + ", ".join(providers)
            )
    chosen = terms.block_providers or tuple(providers)
    return {p: terms.block_share if p in chosen and plan > 0 else 0.0 for p, plan in providers.items()}


def block_payment(plan: Floats, share: float) -> Floats:
    """The fixed part: its share of the plan whatever the activity."""
    return share * plan


def activity_payment(cost: Floats, share: float) -> Floats:
    """The part that follows activity, at the recorded cost of the care."""
    return (1 - share) * cost


def passed_on(transfers: Floats, plan_share: float, share: float) -> Floats:
    """What a partner receives of the risk payments: as it bears the risk of its block, by plan."""
    return transfers * plan_share * share


def partner_gain(result: Floats, plan_share: float, terms: Payments) -> Floats:
    """A partner's share of the holder's result, by plan."""
    return terms.partner_share * plan_share * np.asarray(result)
