"""Each party's own risk over the contract, in its own terms: against its turnover and its reserves, and who goes first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.contract import ContractResult
from capitation.contract_term import ContractTerm, contract_term
from capitation.design.payment_parts import Partner
from capitation.headline import BAD_YEAR
from capitation.kept import kept
from capitation.loss.ruin import reserves
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER

WORST = 0.01  # the 1-in-100 year


@dataclass(frozen=True)
class PartyRisk:
    """One party in the first contract year, and over the term.

    ``turnover`` and ``reserves`` are in currency a year; None where a party has none that this contract could use up, the
    commissioner. ``loses`` is the chance of a loss, ``bad_year`` and ``worst_year`` the 1-in-20 and 1-in-100 results,
    ``of_turnover`` the 1-in-20 loss over turnover; ``ruined`` the chance that reserves are gone by the end of the term and
    ``first`` that it is the first party of whom that is so.
    """

    party: str
    turnover: float | None
    reserves: float | None
    loses: float
    bad_year: float
    worst_year: float
    of_turnover: float | None
    ruined: float | None
    first: float | None


@kept(8)
def party_risks(result: ContractResult) -> tuple[PartyRisk, ...]:
    """Commissioner, holder and every partner."""
    term, sizes = contract_term(result), sizes_of(result)
    gone = {party: _ruined(term, party, size[1]) for party, size in sizes.items()}
    first = _first(gone, term.years)
    return tuple(_of(result, term, party, sizes.get(party), gone.get(party), first.get(party))
                 for party in (COMMISSIONER, HOLDER, *result.plan))  # fmt: skip


def _of(result: ContractResult, term: ContractTerm, party: str, size: tuple[float, float] | None,
        gone: NDArray[np.int64] | None, first: float | None) -> PartyRisk:  # fmt: skip
    of_year = term.results[party][0]
    against = of_year + result.price.payment if party == COMMISSIONER else of_year  # what it pays beyond the price
    bad, worst = (float(np.quantile(against, level)) for level in (BAD_YEAR, WORST))
    lost = max(-bad, 0.0) / size[0] if size and size[0] else None
    return PartyRisk(party, size and size[0], size and size[1], float(np.mean(against < -HALF_PENNY)), bad, worst, lost,
                     None if gone is None else float(np.mean(gone < term.years)), first)  # fmt: skip


def sizes_of(result: ContractResult) -> dict[str, tuple[float, float]]:
    """Turnover and reserves of holder and partners, in currency; a partner's turnover is its plan where none is entered."""
    named, payment = result.design.payments.partners, result.price.payment
    sizes = {HOLDER: (payment, result.reserves)}
    for provider, share in result.plan.items():
        terms = named.get(provider, Partner())
        turnover = terms.turnover or share * payment
        sizes[provider] = (turnover, terms.reserves * turnover)
    return sizes


def _ruined(term: ContractTerm, party: str, first_reserve: float) -> NDArray[np.int64]:
    """The year, from 0, at whose end a party's reserve is below nothing for the first time; the number of years if never."""
    below = reserves(first_reserve, 0.0, -term.results[party]) < -HALF_PENNY
    return np.where(below.any(axis=0), below.argmax(axis=0), term.years)


def _first(gone: dict[str, NDArray[np.int64]], years: int) -> dict[str, float]:
    """The share of paths in which each party is ruined no later than any other; several may be in one year."""
    earliest = np.min(list(gone.values()), axis=0)
    return {party: float(np.mean((year == earliest) & (year < years))) for party, year in gone.items()}
