"""Published figures worked out again by the rules that the contract itself is settled by."""

from collections.abc import Callable
from math import fsum, prod

import numpy as np

from capitation.design.parts import Corridor, ProfitLimits, Sharing
from capitation.loss.simulation_error import share_of
from capitation.payments.stranded import result_change
from capitation.price.gap import price_gap, yearly_cut
from capitation.price.path import yearly_growth
from capitation.risk.bands import bands_of, kept_of
from capitation.risk.clauses import shares_at, sharing_transfer
from capitation.risk.limits import limits_transfer
from capitation.risk.minimum_rate import medicare_rate

Rule = Callable[..., float]


def gap_share(gap: float, offered: float) -> float:
    """A price gap as a share of what is offered, both in one currency."""
    return price_gap(offered + gap, offered).share


def efficiency(gap: float, offered: float) -> float:
    """What was taken off the expected cost to come to the offer: gap / (offer + gap)."""
    return gap / price_gap(offered + gap, offered).needed


def most_kept(cap: float, turnover: float) -> float:
    """The most a holder keeps of a turnover under a profit cap, a share of it."""
    result = price = np.array([turnover])
    return float((result + limits_transfer(result, price, ProfitLimits(on=True, cap=cap)))[0])


def stranded(income: float, change: float, fixed: float) -> float:
    """What a provider's result changes by when its income and activity change by a share, with so much of its cost fixed."""
    return float(result_change(change * income, change * income, 1.0, fixed))


def kept_in_bands(saved: float, *bands: float) -> float:
    """The holder's part of a saving, both in per cent of the benchmark, by marginal bands: share, up to, share, …"""
    found = bands_of(Corridor(gain_bands=bands), gain=True)
    return 100 * float(kept_of(np.array([saved / 100]), np.array([1.0]), found)[0])


def shared_saving(target: float, actual: float, months: float, share: float, minimum: float) -> float:
    """What a holder is paid of a saving per member-month by gain shares from the first pound."""
    price, result = np.array([target * months]), np.array([(target - actual) * months])
    terms = Sharing(on=True, gain_share=share, minimum_rate=minimum, gain_cap=1.0)
    return float((result + sharing_transfer(result, price, terms))[0])


def loss_share(best: float, score: float, least: float, most: float) -> float:
    """The holder's share of a loss where the best gain share is ``best`` and outcomes score so much, within its limits."""
    terms = Sharing(gain_share=best, loss_share=most, least_loss_share=least, quality="gains and losses")
    return shares_at(terms, score)[1]


CALCULATORS: dict[str, Rule] = {
    "product": lambda *of: prod(of),
    "sum": lambda *of: fsum(of),
    "difference": lambda a, b: a - b,
    "share": lambda part, whole: part / whole,
    "change": lambda after, before: after / before - 1,
    "yearly growth": yearly_growth,
    "yearly cut": yearly_cut,
    "price gap": gap_share,
    "efficiency": efficiency,
    "profit cap": most_kept,
    "stranded": stranded,
    "share of cases": lambda hits, n: share_of(int(hits), int(n)).value,
    "lower limit": lambda hits, n: share_of(int(hits), int(n)).low,
    "upper limit": lambda hits, n: share_of(int(hits), int(n)).high,
    "bands": kept_in_bands,
    "minimum rate": medicare_rate,
    "shared saving": shared_saving,
    "loss share": loss_share,
}
"""The rules a figure may be worked out by, each a function of the numbers it is worked out from."""
