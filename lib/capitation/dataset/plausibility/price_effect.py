"""What a fault does to the price of a person-year, in words and money.

The price here is crude: all spend over all person-years of the years concerned, before and after the fault is put
right.
"""

from collections.abc import Collection
from dataclasses import replace

from capitation.dataset.engine import Rows
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.plausibility.wording import NOT_TOLD, Effect, years_in_runs
from capitation.terms import money

SMALLEST_TOLD = 0.005  # currency a person-year


def effect(evidence: Evidence, years: Collection[int], too_much: float = 0.0, too_long: float = 0.0,
           of: Rows | None = None, error: float = 0.0) -> Effect:  # fmt: skip
    """The effect of spend that is ``too_much`` (currency) and exposure that is ``too_long`` (person-years).

    ``of`` are the rows of spend at fault, where it is anybody's: few people, or one who has most of it, hide it. So
    does spend of the years that is of few or mostly of one. ``error`` is the standard error of an estimated ``too_much``.
    """
    spent, exposed = evidence.spent(years), evidence.exposed(years)
    if exposed <= 0 or exposed - too_long <= 0 or not _may_show(evidence, years, of):
        return NOT_TOLD
    right = (spent - too_much) / (exposed - too_long)
    found = effect_between(evidence, years, spent / exposed, right, error / exposed)
    return replace(found, too_much=too_much, too_long=too_long)


def _may_show(evidence: Evidence, years: Collection[int], of: Rows | None) -> bool:
    return evidence.may_show_years(years) and (of is None or evidence.may_show(of))


def effect_between(evidence: Evidence, years: Collection[int], recorded: float, right: float,
                   error: float = 0.0) -> Effect:  # fmt: skip
    """The effect of a price of some years that is ``recorded`` and should be ``right``, with its standard error."""
    meta = evidence.meta
    words = effect_words(recorded, right, meta.currency, years_in_runs(meta, years), evidence.as_found)
    words += f" (standard error {money(error, meta.currency)})" if error else ""
    return Effect(words, recorded - right, (recorded - right) / right if right > 0 else None)


def effect_words(recorded: float, right: float, currency: str, when: str = "", found: str = "as recorded") -> str:
    """``as recorded £1,790 a person-year in 2016/17, put right £1,731: £59 too much``."""
    gap, when = recorded - right, f" in {when}" if when else ""
    if abs(gap) < SMALLEST_TOLD:
        return f"{found} and put right {money(right, currency)} a person-year{when}"
    side = "too much" if gap > 0 else "too little"
    return (f"{found} {money(recorded, currency)} a person-year{when}, put right {money(right, currency)}: "
            f"{money(abs(gap), currency)} {side}")  # fmt: skip
