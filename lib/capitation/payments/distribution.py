"""Who receives which share of a pool of gains, or bears which share of a pool of losses.

The six rules of North West London's whole-systems integrated care toolkit, chapter 10 ("How could risks and savings
be shared?"). A rule takes what it needs to know of each party and returns shares from 0 to 1 that sum to 1.
A rule by weights raises InputError for no parties, a negative weight, or none above zero.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import fsum, isclose, isfinite

import numpy as np

from capitation.errors import InputError
from capitation.loss.pence import pence, to_the_penny
from capitation.loss.ratio import Floats

Shares = dict[str, float]


def by_weight(weights: Mapping[str, float], of_what: str) -> Shares:
    """Shares in the ratio of the weights, called ``of_what`` when they are wrong."""
    for party, weight in weights.items():
        if not (isfinite(weight) and weight >= 0):
            raise InputError(f"gains by {of_what}", f"{party} has {weight:g}", "0 or more")
    total = fsum(weights.values())
    if not total > 0:
        raise InputError(f"gains by {of_what}", "no party has any", "one with more than 0")
    return {party: weight / total for party, weight in weights.items()}


def equal(parties: Sequence[str]) -> Shares:
    """Every party the same."""
    return by_weight(dict.fromkeys(parties, 1.0), "party")


def by_budget(budgets: Mapping[str, float]) -> Shares:
    """In the ratio of each party's budget."""
    return by_weight(budgets, "budget")


def by_equity(stakes: Mapping[str, float]) -> Shares:
    """In the ratio of each party's stake in the company that holds the contract."""
    return by_weight(stakes, "equity")


def by_performance(scores: Mapping[str, float], budgets: Mapping[str, float]) -> Shares:
    """In the ratio of budget times score, scores from 0 up: with equal scores it is by budget.

    A score alone would give a small party with a good score as much as a large one. Raises InputError for a party
    with a score and no budget given.
    """
    for party in scores:
        if party not in budgets:
            raise InputError("gains by performance", f"{party} has a score and no budget", "a budget of each party")
    return by_weight({party: score * budgets[party] for party, score in scores.items()}, "performance")


def falls(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """How much less each party's budget is than before the contract; nothing for one whose budget rose."""
    return {party: max(budget - after.get(party, 0.0), 0.0) for party, budget in before.items()}


def check_shares(shares: Mapping[str, float], name: str = "shares of a pool") -> None:
    """Raises InputError for shares that don't sum to 1, or one below 0."""
    for party, share in shares.items():
        if not share >= 0:
            raise InputError(name, f"{party} has {share:g}", "0 or more")
    total = fsum(shares.values())
    if not isclose(total, 1.0, abs_tol=1e-9):
        raise InputError(name, f"they add up to {total:.6g}", "1")


def shared(pool: int, shares: Mapping[str, float]) -> dict[str, int]:
    """A pool in whole pence, negative for a loss, by shares, to the penny. Raises InputError as ``check_shares``.

    A loss is split as the gain of the same size would be.
    """
    check_shares(shares)
    total = sum(Fraction(share) for share in shares.values())
    split = to_the_penny({party: abs(pool) * Fraction(share) / total for party, share in shares.items()})
    return {party: pence if pool >= 0 else -pence for party, pence in split.items()}


def claims_first(pool: Floats, claims: Mapping[str, float], rest: Mapping[str, float]) -> dict[str, Floats]:
    """A pool, in currency, of any shape, that meets claims before the rest goes by shares, to each party.

    Claims (an investment need, a fall in budget) are met in full, or in their ratio where the pool is too small, so that
    nobody is compensated for more than was lost; a loss meets none and is all borne by the shares of the rest. Raises
    InputError as ``check_shares``.
    """
    check_shares(rest)
    claimed = fsum(claims.values())
    met = np.clip(pool, 0.0, claimed)
    parties = dict.fromkeys([*claims, *rest])
    first = {party: claims.get(party, 0.0) / claimed * met if claimed > 0 else 0.0 for party in parties}
    return {party: first[party] + rest.get(party, 0.0) * (pool - met) for party in parties}


def claims_first_in_pence(pool: int, claims: Mapping[str, float], rest: Mapping[str, float]) -> dict[str, int]:
    """`claims_first` of one pool in whole pence, claims in currency, to the penny. Raises InputError as ``shared``."""
    met = min(max(pool, 0), sum(pence(claim) for claim in claims.values()))
    first = shared(met, by_weight(claims, "claim")) if met else {}
    after = shared(pool - met, rest)
    return {party: first.get(party, 0) + after.get(party, 0) for party in dict.fromkeys([*claims, *rest])}
