"""Every payment between parties, by stream and month, and the proof that it all balances to the penny."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from capitation.errors import InputError
from capitation.payments.cash import instalments

Receipts = dict[str, int]  # what each party receives, in pence; negative where it pays


class Payment(NamedTuple):
    """So many whole pence of a stream, paid in a month from 1; negative is paid back, by the payee to the payer."""

    stream: str
    month: int
    payer: str
    payee: str
    pence: int


def monthly(stream: str, payer: str, payee: str, yearly: int, months: Iterable[int] = range(1, 13)) -> list[Payment]:
    """A yearly amount in pence as payments in these months, equal but for odd pence. Errors as ``instalments``."""
    return [Payment(stream, m, payer, payee, part) for m, part in instalments(yearly, months).items() if part]


def check_parties(payments: Iterable[Payment], parties: Collection[str]) -> None:
    """Raises InputError for a payment by or to somebody outside the contract, to oneself, or not in whole pence."""
    for payment in payments:
        where = f"payments, {payment.stream}, month {payment.month}"
        for role, party in (("from", payment.payer), ("to", payment.payee)):
            if party not in parties:
                raise InputError(
                    where, f"a payment {role} {party!r}, who is outside the contract", "one of " + ", ".join(parties)
                )
        if payment.payer == payment.payee:
            raise InputError(where, f"{payment.payer} pays itself", "two parties")
        if not isinstance(payment.pence, int):
            raise InputError(where, f"{payment.pence!r} pence", "whole pence")


def receipts(payments: Iterable[Payment]) -> dict[tuple[str, int], Receipts]:
    """What each party receives on balance in each stream and month."""
    cells: dict[tuple[str, int], Receipts] = defaultdict(dict)
    for stream, month, payer, payee, pence in payments:
        cell = cells[stream, month]
        cell[payer] = cell.get(payer, 0) - pence
        cell[payee] = cell.get(payee, 0) + pence
    return dict(cells)


def unbalanced(cells: Mapping[tuple[str, int], Mapping[str, int]]) -> dict[tuple[str, int], int]:
    """The streams and months whose receipts don't sum to zero over the parties, with their sums in pence."""
    sums = {cell: sum(parties.values()) for cell, parties in cells.items()}
    return {cell: total for cell, total in sums.items() if total}


def check_balanced(cells: Mapping[tuple[str, int], Mapping[str, int]]) -> None:
    """Raises InputError that names the first stream and month that doesn't balance."""
    for (stream, month), pence in unbalanced(cells).items():
        raise InputError(f"payments, {stream}, month {month}", f"the parties' amounts sum to {pence / 100:.2f}", "0.00")


def totals(cells: Iterable[Mapping[str, int]]) -> Receipts:
    """What each party receives in all of these streams and months together."""
    total: Counter[str] = Counter()
    for parties in cells:
        total.update(parties)
    return dict(total)


def links(payments: Iterable[Payment]) -> dict[tuple[str, str, str], int]:
    """(stream, from, to) and pence above zero over all months: the bands of a Sankey picture.

    What is paid back is set off against what was paid; a band that is negative then runs the other way.
    """
    widths: Counter[tuple[str, str, str]] = Counter()
    for stream, _, payer, payee, pence in payments:
        forward = payer < payee
        widths[(stream, payer, payee) if forward else (stream, payee, payer)] += pence if forward else -pence
    return {(s, a, b) if w > 0 else (s, b, a): abs(w) for (s, a, b), w in widths.items() if w}


def ends(bands: Mapping[tuple[str, str, str], int]) -> Receipts:
    """What each party receives on balance by the bands: it must be what it receives by the payments."""
    return totals({payer: -width, payee: width} for (_, payer, payee), width in bands.items())


Pair = tuple[str, str]  # payer, payee


def netted(bands: Mapping[tuple[str, str, str], int]) -> dict[Pair, dict[str, int]]:
    """Who pays whom on balance of all streams between the two, and the pence of each stream.

    A stream that runs the other way is negative. Two who pay each other the same stand in either order, and sum to zero.
    """
    pairs: dict[Pair, Counter[str]] = defaultdict(Counter)
    for (stream, payer, payee), pence in bands.items():
        first, second = sorted((payer, payee))
        pairs[first, second][stream] += pence if payer == first else -pence
    return dict(_forwards(pair, streams) for pair, streams in pairs.items())


def _forwards(pair: Pair, streams: Mapping[str, int]) -> tuple[Pair, dict[str, int]]:
    if sum(streams.values()) >= 0:
        return pair, dict(streams)
    return (pair[1], pair[0]), {stream: -pence for stream, pence in streams.items()}


def net_widths(bands: Mapping[tuple[str, str, str], int]) -> dict[Pair, int]:
    """Pence above zero from payer to payee, all streams between the two set off against each other."""
    sums = {pair: sum(streams.values()) for pair, streams in netted(bands).items()}
    return {pair: pence for pair, pence in sums.items() if pence}


class Ends(NamedTuple):
    """What a party receives and pays by bands netted per pair, in pence, and what closes the difference.

    ``received + from_reserves == paid + kept``, and at most one of what closes it is above zero.
    """

    received: int
    paid: int

    @property
    def kept(self) -> int:
        """What comes in beyond what goes out."""
        return max(self.received - self.paid, 0)

    @property
    def from_reserves(self) -> int:
        """What goes out beyond what comes in."""
        return max(self.paid - self.received, 0)

    @property
    def through(self) -> int:
        """What goes through the party, its closing end included."""
        return max(self.received, self.paid)


def balanced_ends(bands: Mapping[tuple[str, str, str], int]) -> dict[str, Ends]:
    """Both ends of every party, which balance; over all parties what is kept comes from others' reserves."""
    received, paid = Counter[str](), Counter[str]()
    for (payer, payee), pence in net_widths(bands).items():
        paid[payer] += pence
        received[payee] += pence
    named = dict.fromkeys(party for _, *pair in bands for party in pair)
    return {party: Ends(received[party], paid[party]) for party in named}
