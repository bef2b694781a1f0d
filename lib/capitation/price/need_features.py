"""What a need model looks at: groups of age, sex, needs and prior use, as known on the index date.

Edges of groups are learnt from the base years' rows and then used for every year alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.errors import InputError
from capitation.loss.ratio import Floats

Codes = NDArray[np.int64]

AGE_AND_SEX: Final = "age and sex"
NEEDS: Final = "age, sex and needs"
PRIOR: Final = "age, sex, needs and prior use"
FEATURE_SETS: Final = (AGE_AND_SEX, NEEDS, PRIOR)
FIVE_YEARS: Final = tuple(range(0, 90, 5))
MARKER: Final = "need:"
SEGMENT: Final = "segment"
NOT_RECORDED: Final = "not recorded"
FIGURES: Final = 2  # of a cut, so that none is anybody's own amount
PENNY: Final = 0.01
FEW_VALUES: Final = 12  # a marker of no more values has a group for each
MARKER_SHARES: Final = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99)  # other markers are cut where these shares lie below
PRIOR_SHARES: Final = (0.5, 0.8, 0.95, 0.99)  # cost before: cuts of those who had any; the top 1 % by themselves


@dataclass(frozen=True)
class Feature:
    """A column put into groups: numbers by the ``edges`` at which groups start, names by ``values``.

    A code is a place in ``labels``. What lies below the first edge is in the first group; a missing or unknown value is in the
    group ``missing``, as is everybody to whom the column ``known`` does not apply.
    """

    name: str
    column: str
    labels: tuple[str, ...]
    missing: int
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    known: str = ""

    def codes(self, members: pd.DataFrame) -> Codes:
        """Each row's group, shape (rows,)."""
        column = members[self.column]
        found = self._of_names(column) if self.values else self._of_numbers(column.to_numpy(dtype=float))
        if self.known:
            found[~members[self.known].to_numpy(dtype=bool)] = self.missing
        return found

    def _of_numbers(self, column: Floats) -> Codes:
        found = np.searchsorted(np.array(self.edges[1:]), column, side="right")
        found[np.isnan(column)] = self.missing
        return found

    def _of_names(self, column: pd.Series) -> Codes:
        place = {value: number for number, value in enumerate(self.values)}
        codes, names = pd.factorize(column)
        known = [place.get(str(name), self.missing) for name in names]
        return np.array([*known, self.missing], dtype=np.int64)[codes]


def features_of(base: pd.DataFrame, features: str, age_bands: tuple[int, ...] = FIVE_YEARS) -> tuple[Feature, ...]:
    """The features of a set, grouped as the ``base`` rows tell: age, sex; markers and segment; cost of the year before.

    Raises InputError for a set that does not exist and for age bands that do not rise.
    """
    if features not in FEATURE_SETS:
        raise InputError("price.need", f"there is no set of features {features!r}", "one of " + "; ".join(FEATURE_SETS))
    if not age_bands or any(b <= a for a, b in pairwise(age_bands)):
        raise InputError("price.age_bands", f"age bands that start at {age_bands}", "ages that rise")
    found = [_banded("age", "age", tuple(map(float, age_bands))), _named("sex", base["sex"])]
    found += list(_needs(base)) if features != AGE_AND_SEX else []
    found += [_prior(base)] if features == PRIOR else []
    return tuple(found)


def has_needs(members: pd.DataFrame) -> bool:
    """Whether there is anything of need beside age and sex."""
    return any(True for _ in _need_columns(members))


def _need_columns(members: pd.DataFrame) -> Iterator[str]:
    yield from (str(c) for c in members.columns if str(c).startswith(MARKER) or c == SEGMENT)


def _needs(base: pd.DataFrame) -> Iterator[Feature]:
    for column in _need_columns(base):
        name = column.removeprefix(MARKER).replace("_", " ")
        yield _named(name, base[column]) if column == SEGMENT else _marker(name, column, base[column].to_numpy(float))


def _marker(name: str, column: str, values: Floats) -> Feature:
    """A flag, of which nothing said means no; or a number in groups."""
    there = np.sort(pd.unique(values[~np.isnan(values)]))
    if not len(there) or set(there) <= {0.0, 1.0}:
        return Feature(name, column, ("no", "yes"), 0, (0.0, 1.0))
    cuts = there if len(there) <= FEW_VALUES else _cuts(values[~np.isnan(values)], MARKER_SHARES)
    return _banded(name, column, tuple(map(float, cuts)))


def _cuts(values: Floats, shares: tuple[float, ...]) -> Floats:
    """Where groups start, each once: the least value, and about the values below which these shares lie."""
    ranked = np.sort(values)
    cuts = [float(f"{ranked[int(share * len(ranked))]:.{FIGURES}g}") for share in shares]
    least = min(0.0, float(ranked[0]))
    return np.array([least, *sorted({cut for cut in cuts if cut > least})])


def _prior(base: pd.DataFrame) -> Feature:
    spent = base["prior_spend"].to_numpy(dtype=float)
    some = spent[base["prior_known"].to_numpy(dtype=bool) & (spent > 0)]
    cuts = _cuts(some, PRIOR_SHARES)[1:] if len(some) else ()
    edges = (0.0, PENNY, *(float(cut) for cut in cuts if cut > PENNY))
    found = _banded("prior use", "prior_spend", edges, "not there before", "prior_known")
    return replace(found, labels=("none", *found.labels[1:]))


def _banded(name: str, column: str, edges: tuple[float, ...], unknown: str = NOT_RECORDED, known: str = "") -> Feature:
    labels = [_between(a, b) for a, b in pairwise(edges)] + [f"{_written(edges[-1])}+"]
    return Feature(name, column, (*labels, unknown), len(edges), edges, known=known)


def _between(start: float, end: float) -> str:
    whole = start == int(start) and end == int(end)
    last = end - 1 if whole else end
    return _written(start) if whole and last == start else f"{_written(start)}-{_written(last)}"


def _written(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.3g}"


def _named(name: str, column: pd.Series) -> Feature:
    values = tuple(sorted(str(v) for v in column.dropna().unique()))
    return Feature(name, str(column.name), (*values, NOT_RECORDED), len(values), values=values)
