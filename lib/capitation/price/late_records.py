"""What is still to come of the base years' records when a price is set: ultimate = recorded / completion factor."""

from collections.abc import Mapping

import numpy as np

from capitation.dataset.meta import MONTHS_IN_YEAR
from capitation.dataset.quality.completion import ALL_SETTINGS, Completion
from capitation.price.person_year import Late

TRIFLE = 1e-4  # of a setting's cost: less is no line of a price


def late_of_year(cost: Mapping[str, float], first_month: str, found: Completion) -> Late:
    """Ultimate over recorded of one year, from its ``cost`` by setting and its ``first_month``, ``YYYY-MM``.

    Months of care weigh alike. The error is that of the records to come, in the ratio in which Mack's stands to them.
    Nothing is added where the data tell no delay, or hold what came after their last month.
    """
    recorded = sum(cost.values())
    if recorded <= 0 or not len(found.factors):
        return Late()
    open_share, error = _outstanding(found)
    end, start = _month_number(found.as_at), _month_number(first_month)
    delays = [end - month for month in range(start, start + MONTHS_IN_YEAR)]
    missing = {name: open_share * (1 - np.mean([found.share_recorded(name, d) for d in delays])) for name in cost}
    if max(missing.values()) < TRIFLE:
        return Late()
    factor = sum(amount / (1 - missing[name]) for name, amount in cost.items()) / recorded
    return Late(float(factor), float((factor - 1) * error))


def share_recorded(setting: str, month: str, found: Completion) -> float:
    """The share of a month's records (``YYYY-MM``) of a setting that the data have, 0 to 1; 1 where they tell no delay."""
    if not len(found.factors):
        return 1.0
    missing = 1 - found.share_recorded(setting, _month_number(found.as_at) - _month_number(month))
    left = _outstanding(found)[0] * missing
    return 1 - left if left >= TRIFLE else 1.0


def _outstanding(found: Completion) -> tuple[float, float]:
    """The share of what was late that has not come since, and the error of what is late as a share of it."""
    whole = found.settings[found.settings["setting"] == ALL_SETTINGS].to_dict("records")[0]
    late = float(whole["late"])
    if late <= 0:
        return 0.0, 0.0
    return float(np.clip(1 - whole["late_came"] / late, 0, 1)), float(whole["late_error"]) / late


def _month_number(month: str) -> int:
    year, number = map(int, month.split("-"))
    return MONTHS_IN_YEAR * year + number
