"""Person-years whose spend stands there more than once, and people who share one pseudonym."""

import ibis
import pandas as pd

from capitation.dataset.disclosure import may_show_mean, suppress_count
from capitation.dataset.engine import Rows, fetch_one, held
from capitation.dataset.plausibility.evidence import Evidence, wide_sum
from capitation.dataset.plausibility.price_effect import effect, effect_between
from capitation.dataset.plausibility.wording import Found, finding, years_named
from capitation.dataset.quality.records import exact_sum, frame

LEAST_ROWS = 4  # different rows of a person-year: fewer are twice there by chance now and then
LEAST_SHARE = 0.001  # of the person-years with so many rows: below it, sound flat-rate records can do it
MOST_COPIES = 12  # looked for
TIMES = {2: "twice", 3: "three times", 4: "four times"}


def doubled_person_years(evidence: Evidence) -> list[Found]:
    """All spend of some person-years twice or more often: every row of theirs is there as often, or a multiple."""
    found = by_year(evidence)
    twice = found[found["copies"] > 1].groupby("year")["people"].sum()
    of = found.groupby("year")["people"].sum().reindex(twice.index)
    years = [int(y) for y in twice.index[(twice >= LEAST_SHARE * of) & twice.map(may_show_mean).astype(bool)]]
    if not years:
        return []
    some = found[found["year"].isin(years) & (found["copies"] > 1)]
    named = f"{suppress_count(int(some['people'].sum()))} person-years of {years_named(evidence.meta, years)}"
    what = f"all spend of {named} stands there {_how_often(some)}"
    too_much = float((some["amount"] * (1 - 1 / some["copies"])).sum())
    told = effect(evidence, years, too_much, of=_of_years(evidence, years))
    return [finding("spend", "amount", what, "each record once", told)]


def put_right(evidence: Evidence) -> Evidence:
    """The same data with those records counted once."""
    years, spend = _person_years(evidence), evidence.spend
    rows = spend.left_join(years.select("person_id", "year", "copies"), ["person_id", "year"])
    times = rows.copies.coalesce(1)
    return evidence.with_spend(
        rows.mutate(amount=rows.amount / times, units=rows.units / times), "records counted once"
    )


def _of_years(evidence: Evidence, years: list[int]) -> Rows:
    """The person-years found, with what is too much of each."""
    rows = _person_years(evidence)
    rows = rows.filter((rows.copies > 1) & rows.year.isin(years))
    return rows.select("person_id", amount=rows.amount * (1 - 1 / rows.copies))


def _how_often(some: pd.DataFrame) -> str:
    """As often as most are, so that a pair that is there by chance four times is no matter."""
    usual = some.groupby("copies")["people"].sum()
    often = int(str(usual.idxmax()))
    return TIMES.get(often, f"{often} times") if usual.max() > usual.sum() / 2 else "more than once"


def by_year(evidence: Evidence) -> pd.DataFrame:
    """Person-years with enough rows by year and how often all of theirs are there: people, amount."""
    rows = held(_person_years(evidence))
    return frame(rows.group_by(["year", "copies"]).agg(people=rows.count(), amount=wide_sum(rows.amount)))


def _person_years(evidence: Evidence) -> Rows:
    """Person-years with enough rows: amount, and copies, the greatest divisor of how often each row is there."""
    spend = evidence.spend
    month = ["month"] if evidence.meta.grain == "month" else []
    rows = spend.group_by(["person_id", "year", *month, "service", "provider", "amount"]).agg(times=spend.count())
    divisors = range(2, MOST_COPIES + 1)
    years = rows.group_by(["person_id", "year"]).agg(
        different=rows.count(), amount=wide_sum(rows.times * rows.amount),
        **{f"not_by_{n}": (rows.times % n).sum() for n in divisors},
    )  # fmt: skip
    copies = ibis.literal(1, "int64")
    for n in divisors:
        copies = (years[f"not_by_{n}"] == 0).ifelse(n, copies)
    return years.filter(years.different >= LEAST_ROWS).select("person_id", "year", "amount", copies=copies)


def effect_of_shared(evidence: Evidence) -> str:
    """What one person_id on people of different sex or year of birth does to the price; empty without, or of few."""
    people = evidence.tables["people"]
    ids = people.group_by("person_id").agg(sexes=people.sex.nunique(), births=people.birth_year.nunique())
    shared = ids.filter((ids.sexes > 1) | (ids.births > 1))
    spend = evidence.spend.semi_join(shared, "person_id")
    nobody = not fetch_one(spend.aggregate(rows=spend.count()))["rows"]
    if nobody or not (evidence.may_show(spend) and evidence.may_show_years(evidence.years)):
        return ""
    return _shared_effect(evidence, float(frame(spend.aggregate(amount=exact_sum(spend.amount)))["amount"].iloc[0]))


def _shared_effect(evidence: Evidence, twice: float) -> str:
    """Each of the two would carry the spend of both."""
    spent, exposed = evidence.spent(evidence.years), evidence.exposed(evidence.years)
    if exposed <= 0:
        return ""
    return effect_between(evidence, evidence.years, (spent + twice) / exposed, spent / exposed).words
