"""Every finding on a data set, gravest for the price first by kind."""

from datetime import date

from capitation.dataset.engine import Tables
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.plausibility import negatives
from capitation.dataset.plausibility.deprivation_order import reversed_deprivation
from capitation.dataset.plausibility.doubled import doubled_person_years, shared_pseudonyms
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.future import months_in_the_future
from capitation.dataset.plausibility.joiners import joiners_as_full_years
from capitation.dataset.plausibility.missing_places import missing_places
from capitation.dataset.plausibility.pence import feeds_in_pence
from capitation.dataset.plausibility.price_error import price_errors
from capitation.dataset.plausibility.unsettled import unsettled_months

SEARCHES = (
    feeds_in_pence,
    doubled_person_years,
    missing_places,
    unsettled_months,
    price_errors,
    joiners_as_full_years,
    reversed_deprivation,
    shared_pseudonyms,
)


def findings(meta: Meta, tables: Tables, today: date) -> list[Fault]:
    """Warnings about what rows sound by themselves add up to, each with its effect on the price of a person-year.

    ``tables`` are all tables of the schema, typed, empty where the source has none; ``today`` is the day after
    which nothing can have happened. Nothing about a person leaves the engine. Empty for a sound data set, and for
    one without spend.
    """
    evidence = Evidence(meta, tables)
    if not evidence.years:
        return []
    return [*(fault for search in SEARCHES for fault in search(evidence)), *months_in_the_future(evidence, today)]


def effect_of_negatives(meta: Meta, tables: Tables) -> str:
    """What amounts below 0 do to the price of a person-year, in words; empty without any, and where few are.

    For the fault of the rule "an amount of at least 0": ``as recorded £1,750 a person-year, put right £1,790: £40
    too little``. Put right means without the negative rows.
    """
    evidence = Evidence(meta, tables)
    return negatives.effect_of(evidence) if evidence.years else ""
