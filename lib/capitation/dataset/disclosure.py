"""Disclosure control: what may leave the data set when a figure stands for few people.

Small counts are hidden and the others rounded, in the style of Hospital Episode Statistics: 1 to 7 become
``*``, others go to the nearest 5, and a mean needs at least 8 people behind it (domain reference, section 5,
point 8).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

HIDDEN = "*"
LARGEST_HIDDEN = 7
SMALLEST_SHOWN = LARGEST_HIDDEN + 1
ROUNDED_TO = 5


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


def taken_together(users: Mapping[str, int]) -> list[str]:
    """The names whose amounts may only be shown in one sum, because few people stand behind some of them.

    Every name with 1 to 7 users, and then the next smallest until at least two names and 8 users are together,
    so that no part can be had by subtraction. Empty when every name may be shown.
    """
    by_size = sorted((n for n in users if users[n] > 0), key=lambda n: (users[n], n))
    small = [n for n in by_size if users[n] <= LARGEST_HIDDEN]
    while small and len(small) < len(by_size) and (len(small) < 2 or sum(users[n] for n in small) < SMALLEST_SHOWN):
        small.append(by_size[len(small)])
    return small


def safe_table(table: pd.DataFrame, count_column: str, value_columns: Sequence[str]) -> pd.DataFrame:
    """A table by group, with small groups' counts and values missing and the other counts to the nearest 5.

    When exactly one group is hidden, the next smallest is hidden with it, so that it can't be had by
    subtraction from the total. Groups of nobody keep the count 0 and lose their values. Counts come back as
    nullable integers.
    """
    counts = table[count_column].to_numpy(dtype="int64")
    hidden = _hidden(counts)
    shown = [None if hide else rounded_count(int(people)) for people, hide in zip(counts, hidden, strict=True)]
    safe = table.copy()
    safe[count_column] = pd.array(shown, "Int64")
    for column in value_columns:
        safe[column] = safe[column].where(~hidden & (counts > 0))
    return safe


def _hidden(counts: np.ndarray) -> np.ndarray:
    hidden = (counts >= 1) & (counts <= LARGEST_HIDDEN)
    others = np.flatnonzero(counts > LARGEST_HIDDEN)
    if hidden.sum() == 1 and others.size:
        hidden[others[counts[others].argmin()]] = True
    return hidden
