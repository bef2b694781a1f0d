"""The clauses that read the total result, in the order in which a year is settled.

Aggregate stop-loss, corridor and shares in the contract's own order; the profit cap and the guarantee; the pool with
similar contracts; the holder's part by contract year. Each reads the result that the one before left. Individual
stop-loss has been settled before, on each person's own cost; the quality gate comes after.
Source of the order: domain reference, section 2; published settlement rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from capitation.design.parts import Risk
from capitation.loss.ratio import Floats
from capitation.risk.clauses import AGGREGATE, CLAUSE_LABELS, apply_clauses
from capitation.risk.limits import limits_transfer
from capitation.risk.over_years import glide_share, glide_transfer
from capitation.risk.pooling import pool_transfer

AGGREGATE_CHARGE = "aggregate stop-loss: charge"
LIMITS = "profit cap and guaranteed result"
POOL = "pool with similar contracts"
GLIDE = "commissioner's part by contract year"


@dataclass(frozen=True, eq=False)
class Around:
    """What a settlement needs beside the result: outcomes won, the contract year, and the other contracts of a pool.

    ``charged`` is what aggregate stop-loss costs beforehand, in currency; ``others`` the results of the other
    contracts where they are pooled and known, each of the result's shape: without them a pool is settled later.
    """

    quality: float
    year: int = 1
    charged: float = 0.0
    others: Sequence[Floats] = ()


def composed(result: Floats, price: Floats, terms: Risk, around: Around) -> dict[str, Floats]:
    """The transfer to the holder of each clause in force by its name, in currency, shape of ``result``; see the module.

    ``result`` is the holder's after individual stop-loss, a gain positive.
    """
    found = before_the_pool(result, price, terms, around)
    left = result + sum(found.values())
    if terms.pool.on and around.others:
        found[POOL] = pool_transfer(left, around.others, terms.pool)
        left = left + found[POOL]
    part = glide_share(terms.glide, around.year)
    if part < 1:
        found[GLIDE] = glide_transfer(left, part)
    return found


def before_the_pool(result: Floats, price: Floats, terms: Risk, around: Around) -> dict[str, Floats]:
    """The clauses that need nobody else's result, in order; as `composed`."""
    found: dict[str, Floats] = {}
    for name, amount in apply_clauses(result, price, terms, around.quality, around.charged).items():
        if name == AGGREGATE and around.charged:
            found[AGGREGATE_CHARGE] = np.full_like(result, -around.charged)
        found[CLAUSE_LABELS[name]] = amount
    if terms.profit_limits.on:
        found[LIMITS] = limits_transfer(result + sum(found.values()), price, terms.profit_limits)
    return found
