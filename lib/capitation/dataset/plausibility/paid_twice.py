"""Records alike in person, month, service, units and amount under two providers: the same care, paid for twice."""

import ibis
import pandas as pd

from capitation.dataset.disclosure import may_show_mean, suppress_count
from capitation.dataset.engine import Rows
from capitation.dataset.plausibility.doubled import LEAST_SHARE
from capitation.dataset.plausibility.evidence import Evidence, wide_sum
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, years_named
from capitation.dataset.quality.records import frame
from capitation.dataset.some_people import SomePeople, people_in_parts

AT_ONCE = 60_000  # people: each piece of their care is held to be compared
EVERYBODY = SomePeople()


def records_paid_twice(evidence: Evidence) -> list[Found]:
    """A finding for each service of which records of 8 people or more stand there under more than one provider."""
    return [_finding(evidence, str(service), rows) for service, rows in _named(evidence).groupby("service")]


def _named(evidence: Evidence) -> pd.DataFrame:
    found = alike_by_service(evidence)
    return found[(found["records"] >= LEAST_SHARE * found["of"]) & found["people"].map(may_show_mean).astype(bool)]


def _finding(evidence: Evidence, service: str, rows: pd.DataFrame) -> Found:
    years = [int(y) for y in rows["year"]]
    what = (f"about {suppress_count(int(rows['records'].sum()))} records of {service} in {years_named(evidence.meta, years)} "
            "stand there under more than one provider, alike in person, time, units and amount")  # fmt: skip
    told = effect(evidence, years, float(rows["amount"].sum()), of=_of_service(evidence, service, years))
    return finding("spend", "provider", what, "each piece of care paid once", told)


def put_right(evidence: Evidence) -> Evidence:
    """The same data with the first provider's record of each such piece of care only."""
    spend, found = evidence.spend, _named(evidence)
    month = ["month"] if evidence.meta.grain == "month" else []
    alike = ibis.window(group_by=["person_id", "year", *month, "service", "units", "amount"])
    rows = spend.mutate(first=(spend.amount > 0).ifelse(spend.provider.min().over(alike), spend.provider))
    years = [(str(service), [int(y) for y in part["year"]]) for service, part in found.groupby("service")]
    mine = ibis.or_(*((rows.service == service) & rows.year.isin(of) for service, of in years))
    return evidence.with_spend(rows.filter(~mine | (rows.provider == rows["first"])), "care paid once")


def _of_service(evidence: Evidence, service: str, years: list[int]) -> Rows:
    """The pieces found, with what was paid beyond the first."""
    rows = _pieces(evidence)
    rows = rows.filter((rows.providers > 1) & (rows.service == service) & rows.year.isin(years))
    return rows.select("person_id", amount=rows.amount * (rows.providers - 1))


def alike_by_service(evidence: Evidence) -> pd.DataFrame:
    """By service and year: records that stand there again under another provider, their people, what they come to
    beyond the first (amount), and how many records there are (``of``)."""
    parts = [_alike(evidence, some) for some in people_in_parts(evidence.tables["people"], AT_ONCE)]
    found = pd.concat(parts).groupby(["service", "year"], as_index=False).sum()
    return found[found["records"] > 0].reset_index(drop=True)


def _alike(evidence: Evidence, some: SomePeople) -> pd.DataFrame:
    pieces = _pieces(evidence, some)
    more = pieces.providers - 1
    found = pieces.group_by(["service", "year"]).agg(
        records=more.sum(), people=pieces.person_id.nunique(where=more > 0), amount=wide_sum(pieces.amount * more),
        of=pieces.providers.sum(),
    )  # fmt: skip
    return frame(found)


def _pieces(evidence: Evidence, some: SomePeople = EVERYBODY) -> Rows:
    spend = some.of(evidence.spend.filter(evidence.spend.amount > 0))
    month = ["month"] if evidence.meta.grain == "month" else []
    piece = ["person_id", "year", *month, "service", "units", "amount"]
    # one after the other: counts of different values do not fit into the engine's memory
    by_provider = spend.group_by([*piece, "provider"]).agg(rows=spend.count())
    return by_provider.group_by(piece).agg(providers=by_provider.count())
