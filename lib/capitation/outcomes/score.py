"""What is earned for outcomes: points on a linear scale between floor and target, a withhold, a gate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.design.parts import Outcomes, PaidMeasure
from capitation.errors import InputError
from capitation.loss.ratio import Floats


@dataclass(frozen=True)
class Score:
    """The points won: ``share`` of those possible, and each measure's value, points (0 to 1) and weight."""

    share: float
    by_measure: pd.DataFrame


def measured(measures: pd.DataFrame, year: pd.Series, of_year: int) -> dict[str, float]:
    """Each measure's numerator over denominator among the members of one year; NaN where nobody counts."""
    now = measures[(year == of_year).to_numpy()].sum()
    names = dict.fromkeys(measures.columns.get_level_values(0))
    return {n: _ratio(now[(n, "numerator")], now[(n, "denominator")]) for n in names}


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else float("nan")


def points(value: float, terms: PaidMeasure) -> float:
    """Share of a measure's points won: 0 at the floor, 1 at the target, linear between."""
    if np.isnan(value):
        return 0.0
    return float(np.clip((value - terms.floor) / (terms.target - terms.floor), 0.0, 1.0))


def score(values: Mapping[str, float], terms: Outcomes) -> Score:
    """The score on the measures of the contract. Without measures everything is earned."""
    for name in terms.measures:
        if name not in values:
            known = "one of " + ", ".join(values) if values else "none: the data set has no outcome measures"
            raise InputError(f"outcomes.measures.{name}", "the data set has no such measure", known)
    rows = [_row(name, values[name], paid) for name, paid in terms.measures.items()]
    table = pd.DataFrame(rows, columns=["measure", "value", "floor", "target", "weight", "points"])
    return Score(_share(table), table)


def _row(name: str, value: float, paid: PaidMeasure) -> dict[str, float | str]:
    return {"measure": name, "value": value, "floor": paid.floor, "target": paid.target, "weight": paid.weight,
            "points": points(value, paid)}  # fmt: skip


def _share(table: pd.DataFrame) -> float:
    possible = table["weight"].sum()
    return float((table["points"] * table["weight"]).sum() / possible) if possible > 0 else 1.0


def forfeited(result: Floats, share: float, terms: Outcomes) -> Floats:
    """What is given up when the score is below the gate: a gain, and by how much a loss grows."""
    if share >= terms.gate:
        return np.zeros_like(result)
    return np.maximum(result, 0.0) + terms.gate_on_loss * np.maximum(-result, 0.0)
