"""What a fault does to the price of a person-year, in words and money.

The price here is crude: all spend over all person-years of the years concerned, before and after the fault is put
right.
"""

from collections.abc import Collection

from capitation.dataset.plausibility.evidence import Evidence
from capitation.terms import money

SMALLEST_TOLD = 0.005  # currency a person-year


def effect(evidence: Evidence, years: Collection[int], too_much: float = 0.0, too_long: float = 0.0) -> str:
    """The effect of spend that is ``too_much`` (currency) and exposure that is ``too_long`` (person-years)."""
    spent, exposed = evidence.spent(years), evidence.exposed(years)
    if exposed <= 0 or exposed - too_long <= 0:
        return ""
    return effect_words(spent / exposed, (spent - too_much) / (exposed - too_long), evidence.meta.currency)


def effect_words(recorded: float, right: float, currency: str) -> str:
    """``as recorded £1,790 a person-year, put right £1,731: £59 too much``."""
    gap = recorded - right
    if abs(gap) < SMALLEST_TOLD:
        return f"as recorded and put right {money(right, currency)} a person-year"
    side = "too much" if gap > 0 else "too little"
    return (f"as recorded {money(recorded, currency)} a person-year, put right {money(right, currency)}: "
            f"{money(abs(gap), currency)} {side}")  # fmt: skip
