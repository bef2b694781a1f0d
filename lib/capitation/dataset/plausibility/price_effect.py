"""What a fault does to the price of a person-year, in words and money.

The price here is crude: all spend over all person-years of the years concerned, before and after the fault is put
right.
"""

from collections.abc import Collection

from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.wording import NOT_TOLD, Effect, years_in_runs
from capitation.terms import money

SMALLEST_TOLD = 0.005  # currency a person-year


def effect(evidence: Evidence, years: Collection[int], too_much: float = 0.0, too_long: float = 0.0,
           people: int | None = None) -> Effect:  # fmt: skip
    """The effect of spend that is ``too_much`` (currency) and exposure that is ``too_long`` (person-years).

    ``people`` are those whose spend it is, where it is anybody's: few hide it.
    """
    spent, exposed = evidence.spent(years), evidence.exposed(years)
    if exposed <= 0 or exposed - too_long <= 0 or not (people is None or may_show_mean(people)):
        return NOT_TOLD
    return effect_between(evidence, years, spent / exposed, (spent - too_much) / (exposed - too_long))


def effect_between(evidence: Evidence, years: Collection[int], recorded: float, right: float) -> Effect:
    """The effect of a price of some years that is ``recorded`` and should be ``right``."""
    meta = evidence.meta
    return Effect(effect_words(recorded, right, meta.currency, years_in_runs(meta, years)), recorded - right)


def effect_words(recorded: float, right: float, currency: str, when: str = "") -> str:
    """``as recorded £1,790 a person-year in 2016/17, put right £1,731: £59 too much``."""
    gap, when = recorded - right, f" in {when}" if when else ""
    if abs(gap) < SMALLEST_TOLD:
        return f"as recorded and put right {money(right, currency)} a person-year{when}"
    side = "too much" if gap > 0 else "too little"
    return (f"as recorded {money(recorded, currency)} a person-year{when}, put right {money(right, currency)}: "
            f"{money(abs(gap), currency)} {side}")  # fmt: skip
