"""Each party's share of a joint gain by what it contributes: the Shapley value.

A coalition is a frozenset of parties; its value is what these parties would have saved without the others. Source:
Shapley, L. S. (1953), "A value for n-person games", Contributions to the Theory of Games II.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, combinations
from math import factorial

from capitation.errors import InputError

Coalition = frozenset[str]
Value = Callable[[Coalition], float]

MOST_PARTIES = 10  # 1,024 coalitions: nobody can say what each of more would have saved


def coalitions(parties: Sequence[str]) -> Iterator[Coalition]:
    """Every coalition of the parties, from nobody to all of them."""
    sizes = range(len(parties) + 1)
    return map(frozenset, chain.from_iterable(combinations(parties, size) for size in sizes))


def listed(values: Mapping[Coalition, float]) -> Value:
    """The value of a coalition from a list; nobody's is 0. It raises InputError for a coalition that isn't listed."""

    def value(coalition: Coalition) -> float:
        if coalition and coalition not in values:
            raise InputError("Shapley", f"no saving for {' with '.join(sorted(coalition))}", "one for every coalition")
        return values.get(coalition, 0.0)

    return value


def of_schemes(schemes: Sequence[tuple[Coalition, float]]) -> Value:
    """The value of a coalition from schemes, each of which saves its amount if all the parties that it needs are in."""
    return lambda coalition: sum(saving for needed, saving in schemes if needed <= coalition)


def shapley(parties: Sequence[str], value: Value) -> dict[str, Fraction]:
    """Each party's Shapley value, exact: the mean, over every order of joining, of what it adds when it joins.

    Σ |S|! (n - |S| - 1)! / n! · (v(S + party) - v(S)) over the coalitions S without it. The values sum to that of
    all, whatever the order of the parties. Raises InputError for more than ten parties, a party named twice, or a
    value of nobody that is not 0.
    """
    _check(parties, value)
    worth = {coalition: Fraction(value(coalition)) for coalition in coalitions(parties)}
    return {party: _mean_addition(party, parties, worth) for party in parties}


def _mean_addition(party: str, parties: Sequence[str], worth: Mapping[Coalition, Fraction]) -> Fraction:
    n = len(parties)
    others = coalitions([other for other in parties if other != party])
    added = (_orders(len(s), n) * (worth[s | {party}] - worth[s]) for s in others)
    return sum(added, Fraction(0)) / factorial(n)


def _orders(before: int, n: int) -> int:
    """In how many orders of ``n`` parties a given set of so many comes just before a given party."""
    return factorial(before) * factorial(n - before - 1)


def _check(parties: Sequence[str], value: Value) -> None:
    if not 1 <= len(parties) <= MOST_PARTIES:
        raise InputError("Shapley", f"{len(parties)} parties", f"from 1 to {MOST_PARTIES}")
    if len(set(parties)) < len(parties):
        raise InputError("Shapley", "a party is named twice", "each party once")
    if value(frozenset()) != 0:
        raise InputError("Shapley", f"nobody saves {value(frozenset()):g}", "0")
