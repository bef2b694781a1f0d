"""Other ways to pay the partners and to share the result of the settled year, and whether records bear paying by activity."""

import numpy as np

from capitation.contract import ContractResult
from capitation.loss.pence import pence
from capitation.payments.distribution import claims_first_in_pence
from capitation.payments.kinds import care_of, paid
from capitation.payments.partners import by_rule, terms_of
from capitation.settlement import SHARE
from capitation.terms import HOLDER


def paid_as(result: ContractResult, provider: str, kind: str) -> float:
    """What a kind of payment would have paid a partner in the settled year, before risk and sharing, in currency.

    Raises InputError where the kind is not possible for it.
    """
    plans, payments = result.plans, result.design.payments
    plan, given = np.array([plans.shares[provider] * result.price.payment]), result.recorded.by_provider[provider]
    care = care_of(provider, plans, payments, plan, given, result.score.share)
    streams = paid(care, terms_of(provider, payments).model_copy(update={"kind": kind}))
    return float(sum(amount[0] for amount in streams.values()))


def shared_pool(result: ContractResult) -> float:
    """What the partners share of the holder's result of the settled year, in currency; a loss is below nothing."""
    return -sum(float(line.flows[HOLDER][0]) for line in result.settled.lines if line.name.startswith(SHARE))


def shared_by(result: ContractResult, rule: str) -> dict[str, int]:
    """What each partner would receive of it under a rule, in pence that sum to it. Raises InputError where a rule has nothing
    to go by."""
    claims, shares = by_rule(rule, result.plans, result.design.payments, result.price.payment)
    return claims_first_in_pence(pence(shared_pool(result)), claims, shares)


def recorded_share(result: ContractResult, provider: str) -> float | None:
    """The share of the accounts of a partner's services that was found in people's records in the last base year.

    None where the data set has no accounts of them.
    """
    ledger, year = result.dataset.quality.ledger, result.basis.years[-1]
    if ledger is None:
        return None
    lines, of_year = result.coverage.lines, ledger.lines[ledger.lines["year"] == year]
    services = lines.loc[(lines["provider"] == provider).to_numpy(), "service"].unique()
    mine = of_year[of_year["service"].isin(services) & (of_year["ledger"] > 0)]
    whole = float(mine["ledger"].sum())
    return float(mine["linked"].sum()) / whole if whole > 0 else None
