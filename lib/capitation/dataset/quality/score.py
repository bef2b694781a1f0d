"""One figure from 0 to 100 for the whole data set, never without the parts that it is made of.

Weights, and what earns all or nothing, are judgements of this project, written here so that they can be replaced.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from capitation.dataset.faults import Fault

FULL_MARKS = 100


@dataclass(frozen=True)
class Part:
    """One part of the score: its weight, and the measured value that earns nothing and the one that earns all."""

    name: str
    weight: float
    nothing_at: float
    all_at: float

    def marks(self, value: float) -> float:
        """0 to 100 for a measured value, in proportion between the two; missing where it is not told."""
        if math.isnan(value):
            return value
        share = (value - self.nothing_at) / (self.all_at - self.nothing_at)
        return FULL_MARKS * min(1.0, max(0.0, share))


# What a finding takes from the most that can be scored, by the share of the price that it moves, in the years concerned.
# Amounts that are wrong, or there more than once, take as much as 1 % at least, also where the effect is hidden.
WRONG_AMOUNTS = 20.0
TAKEN = ((0.10, 50.0), (0.01, 20.0), (0.0, 5.0))
COMPLETENESS, RULES, LINKAGE, BIAS = "Completeness", "Rules", "Linkage", "Linkage bias"
LEDGER, COSTING, RUN_OFF = "Ledger", "Costing", "Run-off"
PARTS = (
    Part(COMPLETENESS, 0.15, 0.90, 1.00),  # mean share of cells filled in
    Part(RULES, 0.20, 0.01, 0.00),  # largest share of a table's rows that break one rule
    Part(LINKAGE, 0.20, 0.90, 0.99),  # share of records with a person
    Part(BIAS, 0.10, 0.05, 0.005),  # how far from 1 the rate of the most over that of the least deprived fifth is
    Part(LEDGER, 0.20, 0.00, 1.00),  # share of the ledger in lines within tolerance
    Part(COSTING, 0.10, 0.00, 1.00),  # share of costed amounts in lines within tolerance
    Part(RUN_OFF, 0.05, 0.50, 0.95),  # share of the ultimate of the last months that has been recorded
)


@dataclass(frozen=True)
class Score:
    """The score with its parts.

    ``value`` is the weighted mean of the parts that the data tell, 0 to 100; ``told`` the weight of those parts,
    0 to 1. No higher than ``ceiling``, which findings set (`held_down_by`).
    ``parts``: part, weight, value (as measured), marks (0 to 100, missing where not told), sentence.
    """

    value: float
    told: float
    parts: pd.DataFrame
    ceiling: float = FULL_MARKS

    def held_down_by(self, findings: Sequence[Fault]) -> "Score":
        """The same, no higher than findings let it be."""
        most = ceiling(findings)
        return replace(self, value=min(self.value, most) if self.told else self.value, ceiling=most)


def ceiling(findings: Sequence[Fault]) -> float:
    """The most that a data set with such findings can score: each takes from it by how far it moves the price."""
    taken = sum(_taken(fault) for fault in findings if not fault.together)
    return max(0.0, FULL_MARKS - taken)


def _taken(fault: Fault) -> float:
    if fault.fatal:
        return FULL_MARKS
    moved = abs(fault.moves or 0.0)
    least = WRONG_AMOUNTS if fault.where in ("spend.amount", "spend.provider") else 0.0
    return max(least, next((taken for above, taken in TAKEN if moved > above), 0.0))


def score(values: Mapping[str, float], sentences: Mapping[str, str]) -> Score:
    """The score of measured values, by part; what is missing is not told and takes no part."""
    rows = [(part.name, part.weight, values[part.name], part.marks(values[part.name]), sentences[part.name])
            for part in PARTS]  # fmt: skip
    parts = pd.DataFrame(rows, columns=pd.Index(["part", "weight", "value", "marks", "sentence"]))
    judged = parts.dropna(subset="marks")
    told = float(judged["weight"].sum())
    value = float((judged["weight"] * judged["marks"]).sum()) / told if told else float("nan")
    return Score(value, told, parts)
