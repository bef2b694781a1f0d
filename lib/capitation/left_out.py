"""What of the outcomes could not be scored, and why, in sentences; the rest is scored all the same."""

import math
from collections.abc import Iterator

from capitation.contract import ContractResult
from capitation.dataset.beside import FIGURES
from capitation.outcomes.library import added, measures_of
from capitation.outcomes.score import NO_VALUE

MOST_SAID = 12  # sentences: `capitation dataset check` says them all
THEN = {
    "earns nothing": "it earns nothing",
    "is left out": "the other measures’ weights take its place",
    "keeps the year before": "the value of the year before is kept, if there is one",
}


def left_out(result: ContractResult) -> list[str]:
    """A sentence for each paid measure without a value, and for all else of the supplied figures and local measures that
    could not be used; each starts with ``Left out:``. None where everything was scored."""
    missing = list(_missing(result))
    said = {why for _, _, why in missing} | {f"{FIGURES}: {name} {year}: {why}" for name, year, why in missing}
    paid = [
        f"Left out: {where}: {why}; {THEN[result.design.outcomes.missing]}."
        for where, why in _together(result, missing)
    ]
    shown = [*paid, *(f"Left out: {line}." for line in added(result.dataset).lines() if line not in said)]
    more = len(shown) - MOST_SAID
    return shown if more <= 0 else [*shown[:MOST_SAID], f"Left out: {more} more; capitation dataset check lists them."]


def _missing(result: ContractResult) -> Iterator[tuple[str, str, str]]:
    """Measure, year and reason of each value that the score lacks, in the settled year and the year before."""
    years = [result.basis.years[-1]] if result.part_year else [result.basis.years[-1], result.year]
    for name in result.design.outcomes.measures:
        for year in years:
            if math.isnan(result.outcome_values(year).get(name, 0.0)):
                yield name, result.dataset.meta.year_name(year), _why(result, name, year)


def _why(result: ContractResult, name: str, year: int) -> str:
    return added(result.dataset).why(name, year) if name in result.supplied_measures else NO_VALUE


def _together(result: ContractResult, missing: list[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Each measure with the years that lack its value for one reason, and the reason."""
    for name, why in dict.fromkeys((name, why) for name, _, why in missing):
        years = [year for other, year, reason in missing if (other, reason) == (name, why)]
        yield f"{_called(result, name)}, {' and '.join(years)}", why


def _called(result: ContractResult, name: str) -> str:
    """A supplied measure's short name with its full one; the plain code of one that the data set counts."""
    entry = measures_of(result.dataset).get(name) if name in result.supplied_measures else None
    return f"{name} ({entry.name})" if entry else name.replace("_", " ").capitalize()


def supplied_in_words(result: ContractResult) -> list[str]:
    """Which of the contract's measures are figures that somebody supplied, in a sentence; none where all are counted."""
    names = [_called(result, name) for name in result.supplied_measures]
    counted = (
        "; every other measure is computed from the data set"
        if len(names) < len(result.design.outcomes.measures)
        else ""
    )
    return [f"Supplied as figures: {', '.join(names)}{counted}."] if names else []
