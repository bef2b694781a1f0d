"""Disclosure control: what may leave when a figure stands for few people, or mostly for one of them.

The rules follow Hospital Episode Statistics, with secondary suppression and the p % rule added; the source of each
rule and what the whole does not guarantee are in ``docs/methods/disclosure.md``. What is guaranteed of a table: whoever
knows every figure that is shown, even unrounded, and which hidden cells are small, still finds each of the values
1 to 7 possible for each small cell.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

POLICY = "HES style: 1 to 7 hidden, others to the nearest 5; secondary suppression; p % rule on money"
POLICY_VERSION = "2"

HIDDEN = "*"
LARGEST_HIDDEN = 7
SMALLEST_SHOWN = LARGEST_HIDDEN + 1
ROUNDED_TO = 5
PARTNER_FROM = SMALLEST_SHOWN + LARGEST_HIDDEN - 1  # a small cell may go from 7 to 1 and its partner still be shown
DOMINANCE = 0.25  # of the largest: nobody with 80 % of a sum is ever in one that is shown
TOTAL = "total"

Name = TypeVar("Name", bound=Any)
Cells = list[tuple[int, int]]


def rounded_count(people: int) -> int | None:
    """A count to the nearest 5, or None when it is too small to be shown. Raises ``ValueError`` below 0."""
    if people < 0:
        raise ValueError("a count is at least 0")
    if 1 <= people <= LARGEST_HIDDEN:
        return None
    return ROUNDED_TO * ((people + ROUNDED_TO // 2) // ROUNDED_TO)


def suppress_count(people: int) -> str:
    """A count as it may be printed: ``*``, or the nearest 5."""
    rounded = rounded_count(people)
    return HIDDEN if rounded is None else f"{rounded:,}"


def may_show_mean(people: int) -> bool:
    """Whether a mean, a total or a rate of this many people may be shown."""
    return people >= SMALLEST_SHOWN


def dominated(largest: float, second: float, total: float) -> bool:
    """Whether a sum gives its largest contributor away: the p % rule.

    The second largest knows its own part; what is left for everybody else must be at least ``DOMINANCE`` of the
    largest, or the largest is known within that. Source: Hundepool and others, Statistical Disclosure Control (2012).
    """
    return total - largest - second < DOMINANCE * largest


def largest_possible(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """What stands for the largest contributor of sums of which only Σx² is known, shape as ``squares``.

    The p % rule fails when total < (1 + p)·largest + second; that is at most √((1 + p)² + 1)·√Σx² (Cauchy-Schwarz), so
    with this as the largest and nothing as the second it is never passed where the largest two would fail it.
    """
    return np.sqrt(((1 + DOMINANCE) ** 2 + 1) * np.maximum(squares, 0.0)) / (1 + DOMINANCE)


def may_show_from_squares(people: int, total: float, squares: float) -> bool:
    """`may_show_sum` of amounts of which only how many, Σx and Σx² are known."""
    return may_show_mean(people) and not dominated(float(largest_possible(np.array([squares]))[0]), 0.0, total)


def may_show_sum(amounts: NDArray[np.float64]) -> bool:
    """Whether the sum of these amounts, one a person, may be shown: nobody's, or at least 8 people's, undominated."""
    given = np.abs(amounts[amounts != 0])
    if not len(given):
        return True
    return may_show_mean(len(given)) and not dominated(*_two_largest(given), float(given.sum()))


def _two_largest(amounts: NDArray[np.float64]) -> tuple[float, float]:
    second, largest = np.partition(amounts, -2)[-2:] if len(amounts) > 1 else (0.0, amounts[0])
    return float(largest), float(second)


def taken_together(users: Mapping[Name, int], enough: Callable[[list[Name]], bool] | None = None) -> list[Name]:
    """The names whose amounts may only be shown in one sum, because few people stand behind some of them.

    Every name that is not ``enough`` by itself, and then the next smallest until at least two names are together
    and ``enough``, so that no part can be had by subtraction. Without ``enough`` 8 users are. Empty when every
    name may be shown.
    """
    enough = enough or (lambda names: may_show_mean(sum(users[n] for n in names)))
    by_size = sorted((n for n in users if users[n] > 0), key=lambda n: (users[n], n))
    together = [n for n in by_size if not enough([n])]
    others = [n for n in by_size if n not in together]
    while together and others and (len(together) < 2 or not enough(together)):
        together.append(others.pop(0))
    return together


def safe_table(table: pd.DataFrame, count_column: str, value_columns: Sequence[str], *, amount: str | None = None,
               largest: str | None = None, second: str | None = None) -> pd.DataFrame:  # fmt: skip
    """A table by group, with small groups' counts and values missing and the other counts to the nearest 5.

    ``amount`` names the sum of money of each group, ``largest`` and ``second`` what its two dearest people are of it:
    a dominated group is hidden too. The totals may be published: the next smallest groups are hidden with a small
    one until one of them has ``PARTNER_FROM`` people and the hidden money is nobody's and no one group's. Where
    no group is left all are hidden, and a total that stands for few people must be withheld by the caller.
    Groups of nobody keep the count 0 and lose their values. Counts come back as nullable integers.
    """
    counts = table[count_column].to_numpy(dtype="int64")
    money = [np.abs(table[c].to_numpy(float)) if c else np.zeros(len(counts)) for c in (amount, largest, second)]
    together = taken_together(dict(enumerate(counts)), _protection(counts, *money))
    hidden = np.isin(np.arange(len(counts)), together)
    shown = [None if hide else rounded_count(int(people)) for people, hide in zip(counts, hidden, strict=True)]
    safe = table.copy()
    safe[count_column] = pd.array(shown, "Int64")
    for column in value_columns:
        safe[column] = safe[column].where(~hidden & (counts > 0))
    return safe


def _protection(people: NDArray[np.int64], amount: NDArray[np.float64], largest: NDArray[np.float64],
                second: NDArray[np.float64]) -> Callable[[list[int]], bool]:  # fmt: skip
    """Whether one group may stand alone, and whether several hidden ones protect each other."""
    alone = [may_show_mean(n) and not dominated(*m) for n, *m in zip(people, largest, second, amount, strict=True)]

    def enough(groups: list[int]) -> bool:
        if len(groups) == 1:
            return alone[groups[0]]
        whole, exposed = amount[groups].sum(), [g for g in groups if not alone[g]]
        dearest = _two_largest(np.concatenate([largest[groups], second[groups]]))
        return bool(people[groups].max() >= PARTNER_FROM) and not (
            dominated(*dearest, whole) or any(dominated(amount[g], 0.0, whole) for g in exposed)
        )

    return enough


def safe_cells(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts of people in rows and columns with their totals, as they may be published together.

    ``counts`` has whole numbers; the result one more row ``TOTAL`` and, of several columns, one more column, as
    nullable integers to the nearest 5, missing where hidden; 0 stays 0. Each small cell is hidden with cells of at
    least ``PARTNER_FROM`` people at the corners of a rectangle: moving people round it changes no other cell and no
    total, so each value 1 to 7 is possible. Totals are hidden only where no such cells are left. Raises ``ValueError``
    below 0. Source: the hypercube method (Giessing and Repsilber 2002).
    """
    whole = counts.astype("int64")
    if whole.shape[1] > 1:
        whole = whole.assign(**{TOTAL: whole.sum(axis=1)})
    whole = pd.concat([whole, whole.sum().to_frame(TOTAL).T])
    hidden = _hidden_cells(whole.to_numpy())
    columns = {
        name: pd.array([None if h else rounded_count(int(n)) for n, h in zip(whole[name], hide, strict=True)], "Int64")
        for name, hide in zip(whole.columns, hidden.T, strict=True)
    }
    return pd.DataFrame(columns, index=whole.index)


def _hidden_cells(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a table with its totals in the last row, and of several columns in the last column, is hidden."""
    small = (values >= 1) & (values <= LARGEST_HIDDEN)
    total = np.zeros_like(small)
    total[-1], total[:, 1:][:, -1:] = True, True
    fit = (values >= PARTNER_FROM) | (total & (values > 0))
    hidden = small.copy()
    for row, column in np.argwhere(small & ~total):
        choices = [c for c in _corners(values.shape, row, column) if all(fit[cell] for cell in c)]
        for cell in min(choices, key=lambda cells: _loss(cells, values, total, hidden)):
            hidden[cell] = True
    return hidden


def _corners(shape: tuple[int, ...], row: int, column: int) -> list[Cells]:
    """The other corners of every rectangle with this cell; in a single column, every other cell of it."""
    rows, columns = ([n for n in range(size) if n != own] for size, own in zip(shape, (row, column), strict=True))
    return [[(r, c), (r, column), (row, c)] for r, c in product(rows, columns)] or [[(r, column)] for r in rows]


def _loss(cells: Cells, values: NDArray[np.int64], total: NDArray[np.bool_],
          hidden: NDArray[np.bool_]) -> tuple[int, int]:  # fmt: skip
    """What hiding these cells too would cost: first in totals, then in people."""
    new = [cell for cell in cells if not hidden[cell]]
    return sum(bool(total[cell]) for cell in new), sum(int(values[cell]) for cell in new)
