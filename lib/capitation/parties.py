"""Each party's own risk over the contract, in its own terms: against its turnover and its reserves, and who goes first."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation.contract import ContractResult
from capitation.contract_term import ContractTerm, contract_term
from capitation.design.payment_parts import Partner
from capitation.headline import BAD_YEAR, WORST
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.ruin import reserves
from capitation.money_flow import entered_effect
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER


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
    """Commissioner, holder and every partner in the contract; the first year as the outlook has it."""
    term, sizes = contract_term(result), sizes_of(result)
    added = {p: np.array(entered_effect(result, p)) for p in sizes if p != HOLDER}
    gone = {party: _ruined(term.results[party] + _yearly(added, party, term), size[1]) for party, size in sizes.items()}
    first = _first(gone, term.years)
    return tuple(_of(result, party, added, sizes.get(party), gone.get(party), first.get(party))
                 for party in (COMMISSIONER, *sizes))  # fmt: skip


def _yearly(added: Mapping[str, Floats], party: str, term: ContractTerm) -> Floats:
    """What is added to a party's result in each year, (years, 1)."""
    return added.get(party, np.zeros(term.years))[:, None]


def _of(result: ContractResult, party: str, added: Mapping[str, Floats], size: tuple[float, float] | None,
        gone: NDArray[np.int64] | None, first: float | None) -> PartyRisk:  # fmt: skip
    ahead = result.outlook
    own = -ahead.commissioner_extra if party == COMMISSIONER else ahead.result(party)
    of_year = own + (added[party][0] if party in added else 0.0)
    bad, worst = (float(np.quantile(of_year, level)) for level in (BAD_YEAR, WORST))
    lost = max(-bad, 0.0) / size[0] if size and size[0] else None
    years = result.design.form.years
    return PartyRisk(party, size and size[0], size and size[1], float(np.mean(of_year < -HALF_PENNY)), bad, worst, lost,
                     None if gone is None else float(np.mean(gone < years)), first)  # fmt: skip


def sizes_of(result: ContractResult) -> dict[str, tuple[float, float]]:
    """Turnover and reserves of holder and partners, in currency; a partner's turnover is its plan where none is entered."""
    named, payment = result.design.payments.partners, result.price.payment
    sizes = {HOLDER: (payment, result.reserves)}
    for provider, share in result.plans.inside.items():
        terms = named.get(provider, Partner())
        turnover = terms.turnover or share * payment
        sizes[provider] = (turnover, terms.reserves * turnover)
    return sizes


def _ruined(results: Floats, first_reserve: float) -> NDArray[np.int64]:
    """The year, from 0, at whose end a party's reserve is below nothing for the first time, (paths,); the number of years if
    never. ``results`` (years, paths)."""
    below = reserves(first_reserve, 0.0, -results) < -HALF_PENNY
    return np.where(below.any(axis=0), below.argmax(axis=0), len(results))


def _first(gone: dict[str, NDArray[np.int64]], years: int) -> dict[str, float]:
    """The share of paths in which each party is ruined no later than any other; several may be in one year."""
    earliest = np.min(list(gone.values()), axis=0)
    return {party: float(np.mean((year == earliest) & (year < years))) for party, year in gone.items()}
