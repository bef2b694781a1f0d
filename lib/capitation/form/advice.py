"""What the form of the contract calls for: plain warnings about its terms, each with its reason."""

from capitation.design import ContractDesign
from capitation.form.measure_advice import of_terms
from capitation.outcomes.library import Measures
from capitation.terms import percent

SHORTEST = 3  # years; East Sussex paper, sections 8 and 10: contracts under 3-5 years are too short for prevention
NHS_BODY = "NHS body"
UNUSUAL_WITHHOLD = 0.10  # outcome money in published deals is mostly 1 to 5 %, at most 10 %


def warnings(design: ContractDesign, measures: Measures | None = None) -> list[str]:
    """Terms that are allowed but that experience speaks against, in words.

    ``measures`` are those that the contract's are looked up in, a data set's own among them: the library's unless given.
    """
    found = [
        design.form.years < SHORTEST
        and f"A contract of {design.form.years} years is too short for prevention to pay back (under {SHORTEST}).",
        design.outcomes.withhold > UNUSUAL_WITHHOLD
        and f"{percent(design.outcomes.withhold, 0)} of the price depends on outcomes; above 10 % is unusual.",
        design.outcomes.withhold > 0 and not design.outcomes.measures
        and "Money is kept back for outcomes but no measure is named, so all of it is earned.",
        design.cohort.prior_spend_minimum > 0
        and "People are chosen for high cost in the year before: their cost falls by itself, without any care.",
        design.payments.block_share == 1 and not design.payments.block_providers
        and "All care is paid as block: the partners bear all of the risk and the holder none of it.",
        design.form.holder != NHS_BODY and not design.form.funded and design.form.vat_behind_trusts + design.form.vat_by_holder > 0
        and f"A {design.form.holder} holds the contract and nobody pays for the VAT that is no longer refunded: it is the holder’s loss "
        "from the first day.",
        design.risk.stop_loss.on and not design.risk.stop_loss.charged
        and "Stop-loss is free to the holder: the commissioner pays these costs in the price and again in recoveries.",
    ]  # fmt: skip
    return [w for w in found if isinstance(w, str)] + of_terms(design, measures)
