"""Amounts below nothing: adjustments booked against no record."""

from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.quality.records import exact_sum, frame


def effect_of(evidence: Evidence) -> str:
    """What negative amounts do to the price of the years that have them, put right by leaving them out."""
    spend = evidence.spend
    below = spend.filter(spend.amount < 0)
    found = frame(below.group_by("year").agg(amount=exact_sum(below.amount)))
    if found.empty:
        return ""
    years = [int(year) for year in found["year"]]
    return effect(evidence, years, float(found["amount"].sum()), of=below).words
