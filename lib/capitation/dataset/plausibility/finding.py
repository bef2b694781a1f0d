"""Every finding on a data set, the gravest for the price first."""

from datetime import date

from capitation.dataset.engine import Tables
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.plausibility import negatives
from capitation.dataset.plausibility.deprivation_order import reversed_deprivation
from capitation.dataset.plausibility.doubled import doubled_person_years, effect_of_shared
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.future import months_in_the_future
from capitation.dataset.plausibility.joiners import joiners_as_full_years
from capitation.dataset.plausibility.missing_places import missing_places
from capitation.dataset.plausibility.not_searched import reasons
from capitation.dataset.plausibility.paid_twice import records_paid_twice
from capitation.dataset.plausibility.pence import feeds_in_pence
from capitation.dataset.plausibility.price_error import price_errors
from capitation.dataset.plausibility.two_owners import budgets_with_two_owners
from capitation.dataset.plausibility.unsettled import unsettled_months
from capitation.dataset.plausibility.whole_in_pence import whole_in_pence
from capitation.dataset.plausibility.wording import Found, gravest_first


def amounts_in_pence(evidence: Evidence) -> list[Found]:
    """Single feeds first: where one is found it explains what is dear."""
    return feeds_in_pence(evidence) or whole_in_pence(evidence)


SEARCHES = (
    amounts_in_pence,
    doubled_person_years,
    records_paid_twice,
    missing_places,
    unsettled_months,
    price_errors,
    joiners_as_full_years,
    reversed_deprivation,
    budgets_with_two_owners,
)


def findings(meta: Meta, tables: Tables, today: date) -> list[Fault]:
    """Warnings about what rows sound by themselves add up to, each with its effect on the price of a person-year.

    ``tables`` are all tables of the schema, typed, empty where the source has none; ``today`` is the day after
    which nothing can have happened. The largest effect comes first, unknown ones last. Nothing about a person leaves
    the engine. Empty for a sound data set, and for one without spend.
    """
    evidence = Evidence(meta, tables)
    if not evidence.years:
        return []
    found = [one for search in SEARCHES for one in search(evidence)]
    return gravest_first([*found, *months_in_the_future(evidence, today)])


def effect_of_negatives(meta: Meta, tables: Tables) -> str:
    """What amounts below 0 do to the price of a person-year, in words; empty without any, and where few are.

    For the fault of the rule "an amount of at least 0": ``as recorded £1,750 a person-year in 2016/17, put right £1,790: £40
    too little``. Put right means without the negative rows.
    """
    evidence = Evidence(meta, tables)
    return negatives.effect_of(evidence) if evidence.years else ""


def effect_of_shared_pseudonyms(meta: Meta, tables: Tables) -> str:
    """What people who share one ``person_id`` do to the price of a person-year, in words; empty without any.

    For the fault of the key of people. As recorded each of them carries the spend of all; empty where few do.
    """
    evidence = Evidence(meta, tables)
    return effect_of_shared(evidence) if evidence.years else ""


def not_searched(meta: Meta, tables: Tables) -> list[str]:
    """What was not looked for, and why, in plain sentences: no finding of these is no pass. Empty where all was."""
    evidence = Evidence(meta, tables)
    return reasons(evidence) if evidence.years else ["Nothing was looked for: there is no spend."]
