"""Results shared with similar contracts, and over the years."""

from collections.abc import Sequence

import numpy as np

from capitation.design.parts import Pool
from capitation.loss.ratio import Floats


def pool_transfer(result: Floats, others: Sequence[Floats], terms: Pool) -> Floats:
    """What the pool pays the holder: every contract puts in a share of its result, and takes out an equal part of all.

    In currency, shape of ``result``; ``others`` are the other contracts' results, of that shape or of one element, in the
    same scenario under the same common shock: a pool evens out chance and nothing else. Over all contracts the
    transfers sum to zero. Source: domain reference, row 46; Bachmann and Bevan (1996).
    """
    everybody = result + sum(others, np.zeros_like(result))
    return terms.share * (everybody / (len(others) + 1) - result)


def over_years(results: Floats, years: int) -> Floats:
    """Each year's result settled in equal parts over ``years`` years from its own on, the rest at the end of the term.

    In currency, shape (contract years, scenarios), as ``results``. From year ``years`` on it is the mean of the last
    ``years`` results, and the last year takes what is open: so the sum over the term stays, which a plain rolling mean
    would change. Who holds what is open must be booked the other way. Source: domain reference, row 46.
    """
    settled = np.zeros_like(results)
    last = len(results) - 1
    for year, amount in enumerate(results):
        for later in range(year, year + years):
            settled[min(later, last)] += amount / years
    return settled
