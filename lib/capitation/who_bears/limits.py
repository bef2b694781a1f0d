"""What each party can bear, in the data set's currency, from the tolerances of a design."""

from dataclasses import dataclass

from capitation.contract import ContractResult
from capitation.parties import sizes_of
from capitation.terms import COMMISSIONER, HALF_PENNY, HOLDER, SHARE, figure

PREMIUM = "premium"
PRICE = "the price"


@dataclass(frozen=True)
class Limit:
    """The most that ``party`` may lose one year in twenty, or that is paid beyond the price on average (`PREMIUM`).

    ``share`` is the tolerance as entered, of ``of`` (words); ``allowed`` the same in currency, and ``base`` the currency
    that a miss is measured in shares of.
    """

    party: str
    path: str
    share: float
    of: str
    allowed: float
    base: float


def limits_of(result: ContractResult) -> tuple[Limit, ...]:
    """The limits of the parties in the order in which people read them, the premium last."""
    terms, price = result.design.tolerances, result.price.payment
    reserves = result.reserves
    return (
        Limit(COMMISSIONER, "tolerances.commissioner", terms.commissioner, PRICE, terms.commissioner * price, price),
        Limit(HOLDER, "tolerances.holder", terms.holder, "its reserves", terms.holder * reserves, price),
        *_of_partners(result),
        Limit(PREMIUM, "tolerances.premium", terms.premium, PRICE, terms.premium * price, price),
    )


def _of_partners(result: ContractResult) -> list[Limit]:
    """Those in the contract: a provider outside it bears nothing of it."""
    sizes = sizes_of(result)
    return [_of_partner(result, partner, sizes[partner][0]) for partner in result.plans.inside]


def _of_partner(result: ContractResult, partner: str, turnover: float) -> Limit:
    terms = result.design.tolerances
    own = terms.by_partner.get(partner)
    path, share = (
        (f"tolerances.by_partner.{partner}.loss", own.loss) if own else ("tolerances.partners", terms.partners)
    )
    base = turnover if turnover > HALF_PENNY else result.price.payment
    return Limit(partner, path, share, "its turnover", share * turnover, base)


def limit_words(result: ContractResult, limit: Limit) -> str:
    """The limit in contract words, e.g. ``Holder: loses at most 50 % of its reserves one year in twenty``."""
    share = figure(limit.share, SHARE, "")
    if limit.party == PREMIUM:
        return f"Premium: at most {share} of the price on average"
    if limit.party == COMMISSIONER:
        return f"Commissioner: pays at most {share} of the price beyond it one year in twenty"
    return f"{party_words(result, limit.party)}: loses at most {share} of {limit.of} one year in twenty"


def party_words(result: ContractResult, party: str) -> str:
    """A party's name as people read it."""
    if party == PREMIUM:
        return "Premium"
    return result.name_of(party)
