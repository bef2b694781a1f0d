"""The cells of a price: groups of people with a rate of their own."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.design.parts import Price as PriceTerms

SEGMENT, LOCALITY = "segment", "locality"
EVERYONE = "everyone"
_FURTHER = {"age, sex and segment": SEGMENT, "age, sex and locality": LOCALITY}


@dataclass(frozen=True, eq=False)
class Cells:
    """The cell of each row as a place in ``names``, which are in order; shape (rows,)."""

    code: NDArray[np.int64]
    names: NDArray[np.object_]


def further_column(adjust: str) -> str:
    """The column that cells are split by beside age and sex; empty without any."""
    return _FURTHER.get(adjust, "")


def cell_of(members: pd.DataFrame, terms: PriceTerms) -> pd.Series:
    """The price cell of each row, in words: sex, age band and what else the price is adjusted for, or everyone."""
    found = cells_of(members, terms.adjust, terms.age_bands)
    return pd.Series(found.names[found.code], index=members.index, dtype=object)


def cells_of(members: pd.DataFrame, adjust: str, age_bands: tuple[int, ...]) -> Cells:
    """The cells of rows with age, sex and the column that ``adjust`` names; see `cell_of`."""
    if adjust == "none":
        return Cells(np.zeros(len(members), dtype=np.int64), np.array([EVERYONE], dtype=object))
    further = further_column(adjust)
    parts = [_factor(members["sex"]), _bands(members["age"].to_numpy(), age_bands)]
    parts += [_factor(members[further])] if further else []
    sizes = tuple(len(names) for _, names in parts)
    whole = np.ravel_multi_index([codes for codes, _ in parts], sizes)
    there = np.flatnonzero(np.bincount(whole, minlength=int(np.prod(sizes))))
    names = np.array([_name([names[n] for (_, names), n in zip(parts, place, strict=True)])
                      for place in zip(*np.unravel_index(there, sizes), strict=True)], dtype=object)  # fmt: skip
    order = np.argsort(names)
    rank = np.zeros(int(np.prod(sizes)), dtype=np.int64)
    rank[there[order]] = np.arange(len(order))
    return Cells(rank[whole], names[order])


def _name(parts: list[str]) -> str:
    return f"{parts[0]} {parts[1]}" + "".join(f", {part}" for part in parts[2:])


def _factor(column: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    codes, values = pd.factorize(column)
    names = [str(value) for value in values]
    if (codes < 0).any():
        codes, names = np.where(codes < 0, len(names), codes), [*names, "not recorded"]
    return codes.astype(np.int64), names


def _bands(age: NDArray[np.float64], starts: tuple[int, ...]) -> tuple[NDArray[np.int64], list[str]]:
    place = np.searchsorted(np.array(starts), age, side="right") - 1
    return np.maximum(place, 0), [f"{a}-{b - 1}" for a, b in pairwise(starts)] + [f"{starts[-1]}+"]
