"""How measures supplied as figures move by chance: by what their files say of how many they rest on.

Nothing is known of who is counted, so that a figure is taken to be independent of the other measures and of other years.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from capitation.outcomes.chance import Predicted
from capitation.outcomes.library import Added, Measure

Figure = Mapping[str, float]


def size_of(kind: str, figure: Figure) -> float:
    """How many a figure rests on: its denominator, else its n, the other way round for a mean; NaN where neither is given."""
    order = ("n", "denominator") if kind == "mean" else ("denominator", "n")
    return next((figure[part] for part in order if not math.isnan(figure[part])), math.nan)


def variance(kind: str, per: int, figure: Figure) -> float:
    """Variance of a figure by chance, in its unit squared; NaN where the file does not tell.

    A share: p(1 - p)/n. A rate or ratio: that of its count (Poisson), per²·count/denominator² = per·value/denominator; a ratio's
    needs the denominator, expected events. A mean: sd²/n, where the file gives the standard deviation between people.
    """
    size, value = size_of(kind, figure), figure["value"]
    if kind == "share":
        return value * (1 - value) / size
    if kind == "mean":
        return figure["sd"] ** 2 / size
    return per * value / (figure["denominator"] if kind == "ratio" else size)


def told(kind: str, per: int, figures: Sequence[Figure], last: float) -> tuple[float, float, float] | None:
    """What a measure's figures of the base years, in order, tell of the contract year: expected value, its variance about it,
    and that of its change since the last base year, whose value is ``last``. None where no figure has a known spread.

    As `chance.predicted`, with nothing in common between years: expected is the mean weighted by size; the contract year is
    as large as the last of them.
    """
    known = [of for of in figures if not math.isnan(variance(kind, per, of))]
    if not known:
        return None
    size = np.array([size_of(kind, of) for of in known])
    each, value = np.array([variance(kind, per, of) for of in known]), np.array([of["value"] for of in known])
    weight = size / size.sum()
    own = float(np.mean(each * size) / size[-1])
    change = own + float(each[-1]) if not math.isnan(last) else own
    return float(weight @ value), own + float(weight**2 @ each), change


def predicted_of(found: Mapping[str, tuple[float, float, float]], last: Mapping[str, float]) -> Predicted:
    """Measures each of which is independent of the others; see `told`."""
    value, own, change = (np.array([of[k] for of in found.values()], dtype=float) for k in range(3))
    before = np.array([last[name] for name in found], dtype=float)
    return Predicted(tuple(found), value, np.diag(own), before, np.diag(change))


def figures_ahead(given: Added, known: Mapping[str, Measure], names: Sequence[str], years: Sequence[int]) -> Predicted:
    """What the figures of the base ``years`` tell of some supplied measures; those whose spread nobody knows are not in it."""
    found = {}
    for name in names:
        figures = [given.by_year[name, year] for year in years if (name, year) in given.by_year]
        last = given.value(name, years[-1])
        of = told(known[name].kind, known[name].per, figures, last) if figures and name in known else None
        if of is not None:
            found[name] = of
    return predicted_of(found, {name: given.value(name, years[-1]) for name in found})


def joined(some: Predicted, others: Predicted) -> Predicted:
    """Both, independent of each other."""
    return Predicted(
        some.names + others.names,
        np.concatenate([some.value, others.value]),
        _apart(some.covariance, others.covariance),
        np.concatenate([some.last, others.last]),
        _apart(some.change, others.change),
        {**some.moved, **others.moved},
    )


def _apart(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """A matrix of two that have nothing in common."""
    corner = np.zeros((len(some), len(others)))
    return np.block([[some, corner], [corner.T, others]])
