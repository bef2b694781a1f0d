"""What a person-year costs by other ways to count it, side by side: none of them is the price, all should be near it."""

from collections.abc import Mapping
from dataclasses import dataclass

from capitation.price.published import EAST_SUSSEX


@dataclass(frozen=True)
class Method:
    """One way to count: what it gives per person-year, None where the data can't tell, and what it rests on or lacks.

    A benchmark is of other people, so it checks nothing.
    """

    name: str
    per_person_year: float | None
    says: str
    of_these_people: bool = True


SPEND, LEDGER, PROVIDER, BENCHMARK = (
    "Commissioners’ spend, linked",
    "Commissioners’ accounts",
    "Providers’ cost",
    "Benchmark",
)


def linked_method(members: Mapping[str, float], exposure: float) -> Method:
    """What was recorded of the members, ``members`` by service, over their person-years ``exposure``: a ratio of totals."""
    return Method(SPEND, sum(members.values()) / exposure, "cost recorded of each member: what the price rests on")


def raised_method(name: str, members: Mapping[str, float], factor: Mapping[str, float], exposure: float, says: str,
                  lacks: str) -> Method:  # fmt: skip
    """The members' cost with each service times ``factor``: what another source says of everybody's over what was linked.

    Services without a factor count as recorded. None, and what it ``lacks``, where no service has one.
    """
    known = [service for service, amount in members.items() if amount > 0 and service in factor]
    if not known:
        return Method(name, None, lacks)
    whole = sum(amount * factor.get(service, 1.0) for service, amount in members.items())
    there = f"; {len(members) - len(known)} of {len(members)} services as recorded" if len(known) < len(members) else ""
    return Method(name, whole / exposure, says + there)


def benchmark(currency: str) -> Method:
    """What a head cost elsewhere, in the same currency: a published figure, never part of the price."""
    if currency != EAST_SUSSEX.currency:
        return Method(BENCHMARK, None, f"nothing published in {currency} is on file", of_these_people=False)
    says = "East Sussex, everybody and nearly all care, 2014/15: £935 million for 540,000 people (paper of 2015); not of these people"
    return Method(BENCHMARK, EAST_SUSSEX.fact("spend per head").value, says, of_these_people=False)
