"""Warnings about the measures that a contract pays on: what their entries in the library say against the terms."""

import math
from collections.abc import Iterator, Mapping

from capitation.contract import ContractResult, measured_people, measures_hidden, paid_measures
from capitation.dataset.disclosure import rounded_count
from capitation.design import ContractDesign
from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.outcomes.library import Measure, Measures, added, computable, library, measures_of
from capitation.outcomes.library.named import named
from capitation.outcomes.named import name_of
from capitation.outcomes.supplied_chance import size_of
from capitation.terms import percent

SUM_OFF = 1e-6
MEANT = {"low": "lower is better, yet its target {target:g} is above its floor {floor:g}",
         "high": "higher is better, yet its target {target:g} is below its floor {floor:g}"}  # fmt: skip


def of_terms(design: ContractDesign, known: Measures | None = None) -> list[str]:
    """What can't be meant: a measure paid for getting worse, a share's scale outside 0 to 1, weights that are all 0.

    ``known`` are the measures that entries are looked up in: the library's where none are given.
    """
    outcomes, entries = design.outcomes, _entries(design.outcomes, library() if known is None else known)
    reversed_ = (_reversed(name, outcomes.measures[name], entry) for name, entry in entries.items())
    outside = (_outside(name, outcomes.measures[name], entry) for name, entry in entries.items())
    return [line for line in (*reversed_, *outside, _nothing_weighs(outcomes)) if line]


def of_result(result: ContractResult) -> list[str]:
    """What is allowed but should be known: weights that don't sum to 1, measures to watch only, of too few people, and
    without a measure that would show how they were earned. A line for each kind, with its measures."""
    outcomes, known = result.design.outcomes, measures_of(result.dataset)
    entries = {name: entry for name, entry in _entries(outcomes, known).items() if outcomes.measures[name].weight > 0}
    return [
        *weights_in_words(outcomes),
        *_watched(entries),
        *_too_few(result, entries),
        *_unbalanced(result, entries, known),
    ]


def weights_in_words(outcomes: Outcomes) -> list[str]:
    """What each measure counts for where the weights don't sum to 1; none where they do, or where all are 0."""
    weights = {name: of.weight for name, of in outcomes.measures.items()}
    whole = sum(weights.values())
    if not whole or math.isclose(whole, 1, abs_tol=SUM_OFF):
        return []
    parts = (f"{name} {percent(weight / whole, 0)}" for name, weight in weights.items())
    return [
        f"The weights of the measures sum to {whole:g}, not to 1, so that each counts as its part: {', '.join(parts)}."
    ]


def _entries(outcomes: Outcomes, known: Measures) -> dict[str, Measure]:
    """What is known of each of the contract's measures, those of which nothing is left aside."""
    return {name: entry for name in outcomes.measures if (entry := named(name, known))}


def _called(name: str, entry: Measure) -> str:
    """Its full name, and the one that the contract has for it."""
    return f"{name} ({name_of(entry)})" if name == entry.id else f"{name_of(entry)} ({name})"


def _reversed(name: str, terms: PaidMeasure, entry: Measure) -> str:
    if terms.lower_is_better == (entry.direction == "low"):
        return ""
    meant = MEANT[entry.direction].format(target=terms.target, floor=terms.floor)
    unnamed = " (which it is unless another is named)" if entry.direction == "low" and terms.floor == 0 else ""
    return f"{_called(name, entry)}: {meant}{unnamed}: getting worse is paid for."


def _outside(name: str, terms: PaidMeasure, entry: Measure) -> str:
    scale = {"floor": terms.floor, "target": terms.target, "gate": terms.gate,
             "stretch": terms.stretch if terms.target_share < 1 else 0.0,
             "improvement": terms.improvement if terms.rewards != "attainment" else 0.0}  # fmt: skip
    beyond = [f"its {part} is {value:g}" for part, value in scale.items() if value > 1]
    if entry.kind != "share" or not beyond:
        return ""
    return f"{_called(name, entry)}: a share lies from 0 to 1, but {' and '.join(beyond)}."


def _nothing_weighs(outcomes: Outcomes) -> str:
    if not outcomes.measures or any(of.weight for of in outcomes.measures.values()):
        return ""
    return "The weights of all measures are 0, so that none counts: unless a gate is failed, every point is won, whatever the values."


def _watched(entries: Mapping[str, Measure]) -> Iterator[str]:
    watched = [_called(name, entry) for name, entry in entries.items() if entry.status == "watch"]
    if watched:
        yield f"Money depends on what the measure library has to watch and never to pay on: {', '.join(watched)}."


def _too_few(result: ContractResult, entries: Mapping[str, Measure]) -> Iterator[str]:
    year = result.basis.years[-1] if result.part_year else result.year
    hidden = measures_hidden(result, year)
    values = result.outcome_values(year)
    valued = ((name, entry) for name, entry in entries.items() if not math.isnan(values[name]))
    short = [(name, entry, n) for name, entry in valued if (n := counted(result, name, entry, year)) < entry.least[0]]
    said = [
        f"{_called(name, entry)} {_some(0 if name in hidden else n)} of {_least(entry)}" for name, entry, n in short
    ]
    if said:
        yield f"Fewer are counted than a reliable value rests on, so that chance moves what is paid: {', '.join(said)}."


def counted(result: ContractResult, name: str, entry: Measure, year: int) -> float:
    """How many of what its least is counted in a measure rests on in a year: people, or events for a rate and a ratio.

    Expected events are told by those that happened. NaN where a figure was supplied without telling.
    """
    if name in result.supplied_measures:
        figure = added(result.dataset).by_year.get((name, year))
        return _of_figure(entry, figure) if figure else math.nan
    if entry.kind not in ("rate", "ratio"):
        return measured_people(result, year)[name]
    mine = (result.cohort.members["year"] == year).to_numpy()
    counted_for = paid_measures(result.dataset, result.cohort)
    return float(counted_for[(name, "numerator")].to_numpy(dtype=float)[mine].sum())


def _of_figure(entry: Measure, figure: Mapping[str, float]) -> float:
    if entry.kind != "rate":
        return size_of(entry.kind, figure)
    return figure["value"] * size_of(entry.kind, figure) / entry.per


def _some(number: float) -> str:
    """A count as it may be shown: to the nearest 5, 1 to 7 as few."""
    rounded = rounded_count(max(1, int(number)))
    return "few" if rounded is None else f"{rounded:,}"


def _least(entry: Measure) -> str:
    number, of = entry.least
    return f"{number:,} {of}"


def _unbalanced(result: ContractResult, entries: Mapping[str, Measure], known: Measures) -> Iterator[str]:
    """The measures of which no balancing measure is paid on, counted by the data set or supplied."""
    there = {entry.id for entry in _entries(result.design.outcomes, known).values()}
    there |= {*computable(result.dataset, known), *added(result.dataset).measures_with_figures}
    alone = [(name, entry) for name, entry in entries.items() if not there & set(entry.balance_ids)]
    if alone:
        asked = ", ".join(f"{_called(name, entry)} asks for {_either(entry, known)}" for name, entry in alone)
        yield f"Nothing would show how these are earned, since no balancing measure of theirs is in the contract or in the data: {asked}."


def _either(entry: Measure, known: Measures) -> str:
    return " or ".join(f"‘{name_of(known[short])}’" for short in entry.balance_ids if short in known) or entry.balance
