"""What is earned for outcomes: points on each measure's scale, gates, phases, and what is given up below the quality gate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.errors import InputError
from capitation.loss.ratio import Floats

AT_EDGE = 1e-9  # of a scale: a value that is at its edge but for rounding is at it


@dataclass(frozen=True)
class Score:
    """The points won: ``share`` of those possible, and each measure's value, points (0 to 1) and weight.

    ``gate_failed`` names the first measure whose gate was not reached: then nothing is won, whatever the points.
    """

    share: float
    by_measure: pd.DataFrame
    gate_failed: str = ""


def measured(measures: pd.DataFrame, year: pd.Series, of_year: int) -> dict[str, float]:
    """Each measure's numerator over denominator among the members of one year; NaN where nobody counts."""
    now = measures[(year == of_year).to_numpy()].sum()
    names = dict.fromkeys(measures.columns.get_level_values(0))
    return {n: _ratio(now[(n, "numerator")], now[(n, "denominator")]) for n in names}


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else float("nan")


def attained(value: Floats, terms: PaidMeasure) -> Floats:
    """Share of a measure's points won by a value, any shape: 0 at the floor, what the target earns there, 1 at the stretch."""
    way = (value - terms.floor) / (terms.target - terms.floor)
    at_target = terms.target_share * _scaled(way, terms)
    if terms.target_share == 1:
        return at_target
    beyond = np.clip((value - terms.target) / (terms.stretch - terms.target), 0.0, 1.0)
    return at_target + (1 - terms.target_share) * beyond


def _scaled(way: Floats, terms: PaidMeasure) -> Floats:
    """What is earned on the way from floor (0) to target (1)."""
    way = np.clip(way, 0.0, 1.0)
    if terms.scale == "cliff":
        return np.where(way >= 1 - AT_EDGE, 1.0, 0.0)
    return np.floor(way * terms.steps + AT_EDGE) / terms.steps if terms.scale == "steps" else way


def improved(value: Floats, before: float, terms: PaidMeasure) -> Floats:
    """Share of a measure's points won by the change since the year before, in the wanted direction, any shape."""
    better = (before - value) if terms.lower_is_better else (value - before)
    return np.clip(better / terms.improvement, 0.0, 1.0)


def points(value: Floats | float, terms: PaidMeasure, before: float = float("nan")) -> Floats:
    """Share of a measure's points won, any shape; none where there is no value, or no value before to improve on."""
    value = np.asarray(value, dtype=float)
    for_value = attained(value, terms)
    for_change = improved(value, before, terms)
    won = {
        "attainment": for_value,
        "improvement": for_change,
        "the better of both": np.fmax(for_value, for_change),
    }[terms.rewards]
    return np.nan_to_num(won, nan=0.0)


def passes_gate(value: Floats | float, terms: PaidMeasure) -> NDArray[np.bool_]:
    """Whether a value reaches the measure's gate, any shape; always where there is none, never without a value."""
    value = np.asarray(value, dtype=float)
    if not terms.gate:
        return np.ones(value.shape, dtype=bool)
    return value <= terms.gate if terms.lower_is_better else value >= terms.gate


def score(values: Mapping[str, float], terms: Outcomes, before: Mapping[str, float] | None = None) -> Score:
    """The score on the measures of the contract. Without measures everything is earned.

    ``before`` are the values of the last base year, which improvement is counted from. Raises InputError for a measure
    that the data do not have.
    """
    for name in terms.measures:
        if name not in values:
            known = "one of " + ", ".join(values) if values else "none: the data set has no outcome measures"
            raise InputError(f"outcomes.measures.{name}", "the data set has no such measure", known)
    then = before or {}
    mine = {name: _value(name, values, then, terms) for name in terms.measures}
    rows = [
        _row(name, values[name], mine[name], then.get(name, float("nan")), paid)
        for name, paid in terms.measures.items()
    ]
    table = pd.DataFrame(rows, columns=["measure", "value", "floor", "target", "weight", "points"])
    failed = next((name for name, paid in terms.measures.items() if not _passes(mine[name], paid, terms)), "")
    return Score(0.0 if failed else _share(table, terms), table, failed)


def _passes(value: float, paid: PaidMeasure, terms: Outcomes) -> bool:
    """Whether a measure's gate is passed; one that is left out for want of a value has none."""
    return bool(passes_gate(value, paid)) or (np.isnan(value) and terms.missing == "is left out")


def _value(name: str, values: Mapping[str, float], before: Mapping[str, float], terms: Outcomes) -> float:
    """The value that is scored: where there is none, that of the year before if the contract says so."""
    missing = np.isnan(values[name]) and terms.missing == "keeps the year before"
    return before.get(name, float("nan")) if missing else values[name]


def _row(name: str, value: float, scored: float, before: float, paid: PaidMeasure) -> dict[str, float | str]:
    return {"measure": name, "value": value, "floor": paid.floor, "target": paid.target, "weight": paid.weight,
            "points": float(points(scored, paid, before))}  # fmt: skip


def _share(table: pd.DataFrame, terms: Outcomes) -> float:
    counted = table[table["value"].notna()] if terms.missing == "is left out" else table
    possible = counted["weight"].sum()  # where nothing counts, nothing stands in the way of what is at stake
    return float((counted["points"] * counted["weight"]).sum() / possible) if possible > 0 else 1.0


def earned(share: Floats | float, terms: Outcomes, year: int) -> Floats | float:
    """The share of the money that is earned in a contract year from 1 by a share of points: the rest is for reporting."""
    part = performance_part(terms, year)
    return 1 - part + part * share


def performance_part(terms: Outcomes, year: int) -> float:
    """The part of the money that depends on points in a contract year from 1; the last one named holds after."""
    return terms.phases[min(year, len(terms.phases)) - 1] / 100 if terms.phases else 1.0


def forfeited(result: Floats, share: float, terms: Outcomes) -> Floats:
    """What is given up when the score is below the gate: a gain, and by how much a loss grows."""
    if share >= terms.gate:
        return np.zeros_like(result)
    return np.maximum(result, 0.0) + terms.gate_on_loss * np.maximum(-result, 0.0)
