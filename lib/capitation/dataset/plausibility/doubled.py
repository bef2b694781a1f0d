"""Person-years whose spend stands there twice, and people who share one pseudonym."""

from capitation.dataset.disclosure import may_show_mean, suppress_count
from capitation.dataset.engine import Rows, held
from capitation.dataset.faults import Fault
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect, effect_words
from capitation.dataset.plausibility.wording import finding, years_named
from capitation.dataset.quality.records import exact_sum, frame, one_if

LEAST_ROWS = 4  # different rows of a person-year: fewer are twice there by chance now and then
LEAST_SHARE = 0.001  # of the person-years with so many rows: below it, sound flat-rate records can do it


def doubled_person_years(evidence: Evidence) -> list[Fault]:
    """All spend of some person-years twice: every row of theirs has its like."""
    doubled = held(_doubled(evidence))
    found = frame(doubled.group_by("year").agg(people=doubled.count(), twice=doubled.twice.sum(),
                                               amount=exact_sum(doubled.twice * doubled.amount)))  # fmt: skip
    some = found[(found["twice"] >= LEAST_SHARE * found["people"]) & found["twice"].map(may_show_mean)]
    if some.empty:
        return []
    years = [int(year) for year in some["year"]]
    count = suppress_count(int(some["twice"].sum()))
    what = f"all spend of {count} person-years of {years_named(evidence.meta, years)} stands there twice"
    too_much = float(some["amount"].sum()) / 2
    return [finding("spend", "amount", what, "each record once", effect(evidence, years, too_much))]


def _doubled(evidence: Evidence) -> Rows:
    """Person-years with enough rows: amount, and whether each row has its like."""
    spend = evidence.spend
    alike = [
        "person_id",
        "year",
        *(["month"] if evidence.meta.grain == "month" else []),
        "service",
        "provider",
        "amount",
    ]
    rows = spend.group_by(alike).agg(times=spend.count())
    years = rows.group_by(["person_id", "year"]).agg(
        different=rows.count(),
        odd=(rows.times % 2).sum(),
        amount=exact_sum(rows.times * rows.amount),
    )
    return years.filter(years.different >= LEAST_ROWS).mutate(twice=one_if(years.odd == 0))


def shared_pseudonyms(evidence: Evidence) -> list[Fault]:
    """One person_id on people of different sex or year of birth. It keeps a data set from being opened, too."""
    people = evidence.tables["people"]
    ids = people.group_by("person_id").agg(sexes=people.sex.nunique(), births=people.birth_year.nunique())
    shared = ids.filter((ids.sexes > 1) | (ids.births > 1))
    counted = frame(shared.aggregate(ids=shared.count())).iloc[0]
    if not counted["ids"]:
        return []
    spend = evidence.spend.semi_join(shared, "person_id")
    twice = float(frame(spend.aggregate(amount=exact_sum(spend.amount)))["amount"].iloc[0])
    what = f"{suppress_count(int(counted['ids']))} pseudonyms stand for people of different sex or year of birth"
    told = _shared_effect(evidence, twice) if may_show_mean(int(counted["ids"])) else ""
    return [finding("people", "person_id", what, "a pseudonym for each person", told)]


def _shared_effect(evidence: Evidence, twice: float) -> str:
    """Each of the two would carry the spend of both."""
    spent, exposed = evidence.spent(evidence.years), evidence.exposed(evidence.years)
    return effect_words((spent + twice) / exposed, spent / exposed, evidence.meta.currency) if exposed else ""
