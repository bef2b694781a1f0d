"""What of the outcomes could not be scored, and why, in sentences; the rest is scored all the same."""

import math
from collections.abc import Iterator

from capitation.contract import ContractResult, measured_people
from capitation.dataset.beside import FIGURES
from capitation.outcomes.library import added
from capitation.outcomes.library.unusable import unusable, why_no_value
from capitation.outcomes.named import called

MOST_SAID = 12  # sentences: `capitation dataset check` says them all
NO_BASE = "its denominator is 0 in the base years, so that it can’t be adjusted"
NO_IMPROVEMENT = {
    "attainment": "the settled year does not need it",
    "improvement": "improvement can’t be told, so it earns nothing",
    "the better of both": "improvement can’t be told, so only the value reached counts",
}


def left_out(result: ContractResult) -> list[str]:
    """A sentence for each paid measure without a value, and for all else of the outcomes, the supplied figures and the local
    measures that could not be used; each starts with ``Left out:``. None where everything was scored."""
    missing = list(_missing(result))
    said = {why for _, _, why in missing} | {f"{FIGURES}: {name} {year}: {why}" for name, year, why in missing}
    paid = [f"Left out: {where}: {why}; {then}." for where, why, then in _together(result, missing)]
    others = [*_unpaid(result), *(line for line in added(result.dataset).lines() if line not in said)]
    shown = [*paid, *(f"Left out: {line}." for line in others)]
    more = len(shown) - MOST_SAID
    return shown if more <= 0 else [*shown[:MOST_SAID], f"Left out: {more} more; capitation dataset check lists them."]


def _years(result: ContractResult) -> list[int]:
    """The year before and the settled year; a part-done year is scored by the year before."""
    return [result.basis.years[-1]] if result.part_year else [result.basis.years[-1], result.year]


def _missing(result: ContractResult) -> Iterator[tuple[str, str, str]]:
    """Measure, year and reason of each value that the score lacks, in the settled year and the year before."""
    for name in result.design.outcomes.measures:
        for year in _years(result):
            if math.isnan(result.outcome_values(year).get(name, 0.0)):
                yield name, result.dataset.meta.year_name(year), _why(result, name, year)


def _unpaid(result: ContractResult) -> Iterator[str]:
    """Measures that the data set counts, and the contract does not pay on, which can't be used in the scored years."""
    rules, name_of = unusable(result.dataset), result.dataset.meta.year_name
    mine = [key for key in rules if key[0] not in result.design.outcomes.measures and key[1] in _years(result)]
    for name, why in dict.fromkeys((name, rules[name, year]) for name, year in mine):
        years = [name_of(year) for other, year in mine if other == name and rules[other, year] == why]
        yield f"{_called(result, name)}, {' and '.join(years)}: {why}"


def _why(result: ContractResult, name: str, year: int) -> str:
    if name in result.supplied_measures:
        return added(result.dataset).why(name, year)
    adjusted_to_nothing = measured_people(result, year)[name] > 0
    return NO_BASE if adjusted_to_nothing else why_no_value(result.dataset, name, year)


def _together(result: ContractResult, missing: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Each measure with the years that lack its value for one reason, the reason, and what follows."""
    settled = result.dataset.meta.year_name(_years(result)[-1])
    without = {(name, year) for name, year, _ in missing}
    for name, why in dict.fromkeys((name, why) for name, _, why in missing):
        years = [year for other, year, reason in missing if (other, reason) == (name, why)]
        then = (
            _then(result, name, without) if settled in years else _then_before(result, name, (name, settled) in without)
        )
        yield f"{_called(result, name)}, {' and '.join(years)}", why, then


def _then(result: ContractResult, name: str, without: set[tuple[str, str]]) -> str:
    """What follows where the scored year has no value."""
    outcomes, years = result.design.outcomes, [result.dataset.meta.year_name(year) for year in _years(result)]
    if outcomes.missing == "is left out":
        others = [n for n, of in outcomes.measures.items() if of.weight > 0 and (n, years[-1]) not in without]
        return (
            "the other measures’ weights take its place" if others else "no other measure counts, so every point is won"
        )
    if outcomes.missing == "keeps the year before" and (name, years[0]) not in without:
        return "the value of the year before is kept"
    if outcomes.measures[name].gate:
        return "its gate is failed, so nothing is earned on any measure"
    return "it earns nothing"


def _then_before(result: ContractResult, name: str, both: bool) -> str:
    """What follows where the year before has no value: for the settled year, which may have one, and for the drawn years,
    which take the points of the year before."""
    outcomes, terms = result.design.outcomes, result.design.outcomes.measures[name]
    settled = "" if both else f"{NO_IMPROVEMENT[terms.rewards]}; "
    left = outcomes.missing == "is left out"
    drawn = "it is left out" if left else "its gate is failed" if terms.gate else "it earns nothing"
    return f"{settled}in the drawn years, which take the points of the year before, {drawn}"


def _called(result: ContractResult, name: str) -> str:
    """A measure's full name; of a supplied one after its short name, by which the files and the contract know it."""
    full = called(result.dataset, name).name
    return f"{name} ({full})" if name in result.supplied_measures and full != name else full


def supplied_in_words(result: ContractResult) -> list[str]:
    """Which of the contract's measures are figures that somebody supplied, in a sentence; none where all are counted."""
    names = [_called(result, name) for name in result.supplied_measures]
    counted = (
        "; every other measure is computed from the data set"
        if len(names) < len(result.design.outcomes.measures)
        else ""
    )
    return [f"Supplied as figures: {', '.join(names)}{counted}."] if names else []
