"""Every finding on a data set, the gravest for the price first."""

from datetime import date

from capitation.dataset.engine import Tables
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.plausibility import doubled, negatives, paid_twice, pence
from capitation.dataset.plausibility import whole_in_pence as whole
from capitation.dataset.plausibility.deprivation_order import reversed_deprivation
from capitation.dataset.plausibility.doubled import doubled_person_years, effect_of_shared
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.future import months_in_the_future
from capitation.dataset.plausibility.joiners import joiners_as_full_years
from capitation.dataset.plausibility.missing_places import missing_places
from capitation.dataset.plausibility.not_searched import reasons
from capitation.dataset.plausibility.paid_twice import records_paid_twice
from capitation.dataset.plausibility.pence import feeds_in_pence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.price_error import price_errors
from capitation.dataset.plausibility.two_owners import budgets_with_two_owners
from capitation.dataset.plausibility.unsettled import unsettled_months
from capitation.dataset.plausibility.whole_in_pence import whole_in_pence
from capitation.dataset.plausibility.wording import Effect, Found, gravest_first

# Faults that come first, since they distort what others are estimated from: each with how it is put right.
FIRST = (
    (feeds_in_pence, pence.put_right),
    (whole_in_pence, whole.put_right),
    (doubled_person_years, doubled.put_right),
    (records_paid_twice, paid_twice.put_right),
)
SEARCHES = (
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
    which nothing can have happened. The largest effect comes first, unknown ones last, and at the end what those that
    are told come to together. Nothing about a person leaves the engine. Empty for a sound data set, and for one
    without spend.
    """
    evidence = Evidence(meta, tables)
    if not evidence.years:
        return []
    found, rest = _first(evidence)
    found += [one for search in SEARCHES for one in search(rest)]
    found += months_in_the_future(rest, today)
    return [*gravest_first(found), *_together(evidence, [effect for effect, _ in found if effect.moves])]


def _first(evidence: Evidence) -> tuple[list[Found], Evidence]:
    """What comes first, and the data with it put right; with few people's left as it is, which would be told else."""
    found, rest = [], evidence
    for search, put_right in FIRST:
        some = search(rest)
        found += some
        rest = put_right(rest) if some and all(effect.words for effect, _ in some) else rest
    return found, rest


def _together(evidence: Evidence, effects: list[Effect]) -> list[Fault]:
    if len(effects) < 2:
        return []
    too_much, too_long = sum(one.too_much for one in effects), sum(one.too_long for one in effects)
    told = effect(evidence, evidence.years, too_much, too_long)
    what = f"everything found put right, as far as its effect is told ({len(effects)} findings)"
    return [
        Fault("spend", "amount", 0, (), "none of them", what, False, told.words, told.gap, told.moves, together=True)
    ]


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
