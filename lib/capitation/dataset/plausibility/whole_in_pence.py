"""A data set wholly in pence, with its unit costs and its ledger: only what care costs elsewhere shows it.

Held against the published mean cost per head in England, NHS care of 2014/15 (Asaria, Doran and Cookson, Journal of
Epidemiology and Community Health 70, 2016): £1,839; a county's brief has £1,731 with social care.
"""

import pandas as pd

from capitation.dataset.plausibility.evidence import Evidence, wide_sum
from capitation.dataset.plausibility.pence import PENCE_IN_POUND, in_pounds
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, years_in_runs
from capitation.dataset.quality.records import exact_sum, frame
from capitation.terms import money

POUNDS = ("£", "GBP")
PUBLISHED_MEAN = 1_839.0  # £ per head
SURELY_PENCE = 20  # times the published mean: no group of so many people costs that in £; judgement
SURELY_POUNDS = 2  # times: at most that, it would be under a fiftieth of the published mean were it in pence; judgement
LEAST_PEOPLE = 100  # with spend in a year: fewer may all be very ill
DEAREST = 250_000.0  # £ a person-year that count: one person's error or misfortune is no data set in pence


def whole_in_pence(evidence: Evidence) -> list[Found]:
    """One finding on the years in which care costs many times what it does anywhere."""
    if evidence.meta.currency not in POUNDS:
        return []
    years = _years(evidence)
    return [_fault(evidence, years)] if years else []


def put_right(evidence: Evidence) -> Evidence:
    """The same data with a hundredth of those years' amounts."""
    return in_pounds(evidence, evidence.spend.year.isin(_years(evidence)))


def _years(evidence: Evidence) -> list[int]:
    dear = [year for year in evidence.years if times_published(evidence, (year,)) > SURELY_PENCE]
    return [year for year in dear if _not_for_few(evidence, year)]


def times_published(evidence: Evidence, years: tuple[int, ...]) -> float:
    """The price of a person-year of some years as a multiple of the published mean; 0 without person-years."""
    exposed = evidence.exposed(years)
    return evidence.spent(years) / exposed / PUBLISHED_MEAN if exposed > 0 else 0.0


def _not_for_few(evidence: Evidence, year: int) -> bool:
    """Whether a year is as dear with nobody counted for more than ``DEAREST``, and of people enough."""
    found = people_with_spend(evidence, year)
    price = float(found["counted"].iloc[0]) / evidence.exposed((year,))
    return int(found["people"].iloc[0]) >= LEAST_PEOPLE and price > SURELY_PENCE * PUBLISHED_MEAN


def people_with_spend(evidence: Evidence, year: int) -> pd.DataFrame:
    """One row: how many people have spend in a year, and their spend up to ``DEAREST`` each (counted)."""
    spend = evidence.spend.filter(evidence.spend.year == year)
    each = spend.group_by("person_id").agg(amount=exact_sum(spend.amount))
    return frame(each.aggregate(people=each.count(), counted=wide_sum(each.amount.clip(upper=DEAREST))))


def _fault(evidence: Evidence, years: list[int]) -> Found:
    when = years_in_runs(evidence.meta, years)
    shown = evidence.may_show_years(years)
    times = f"{times_published(evidence, tuple(years)):,.0f}" if shown else f"over {SURELY_PENCE}"
    what = (f"all amounts of {when} come to {times} times the published {money(PUBLISHED_MEAN, '£')} per head "
            "(England, NHS care, 2014/15): they look like pence")  # fmt: skip
    too_much = evidence.spent(years) * (1 - 1 / PENCE_IN_POUND)
    return finding("spend", "amount", what, f"amounts in {evidence.meta.currency}", effect(evidence, years, too_much))
