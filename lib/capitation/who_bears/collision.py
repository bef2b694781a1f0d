"""Which tolerances collide where no terms keep them all: as few of them as can't be kept together, two as a rule."""

from collections.abc import Sequence

import numpy as np

from capitation.contract import ContractResult
from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.terms import COMMISSIONER, HOLDER, percent
from capitation.who_bears.limits import PREMIUM, Limit, limit_words
from capitation.who_bears.search import Aim, Landscape

STARTS = 3
MISSED = 3e-4  # of a limit's unit: less is a matter of which years were drawn
NUMBER_WORDS = {2: "both", 3: "all three", 4: "all four"}


def collision(result: ContractResult, land: Landscape, limits: Sequence[Limit]) -> InputError:
    """Why no terms keep every limit: the one that can't be kept, or those that can't be kept together.

    One limit after the other is left out, those with most room first; it stays out where the rest still can't be kept.
    """
    together = list(range(len(limits)))
    nearest = _nearest(land, limits, together)
    if _aim(limits, together).missed(nearest) <= MISSED:
        return InputError("tolerances", "they leave next to no room: what keeps them on some of the drawn years does not on all",
                          "a little more room for one of them")  # fmt: skip
    for number in np.argsort(-_rooms(nearest, limits), kind="stable"):
        rest = [other for other in together if other != number]
        found = _nearest(land, limits, rest)
        if rest and _aim(limits, rest).missed(found) > MISSED:
            together, nearest = rest, found
    return _said(result, [limits[number] for number in together], _rooms(nearest, limits)[together])


def _rooms(measured: Floats, limits: Sequence[Limit]) -> Floats:
    """The room of each limit in the order of ``limits``, the premium's last, from measures with the premium saved first."""
    return np.append(measured[2:], limits[-1].share + measured[1])


def _aim(limits: Sequence[Limit], some: Sequence[int]) -> Aim:
    """To keep some of the limits, whatever becomes of the others and of the incentive."""
    least = np.full(len(limits), -np.inf)
    for number in some:
        premium = limits[number].party == PREMIUM
        least[0 if premium else 1 + number] = -limits[number].share if premium else 0.0
    return Aim(np.zeros(2), least)


def _nearest(land: Landscape, limits: Sequence[Limit], some: Sequence[int]) -> Floats:
    """The measures of the terms that miss some of the limits by least in all."""
    aim = _aim(limits, some)
    for start in land.best(aim, STARTS):
        if min(aim.missed(measured) for measured in land.found) <= MISSED:
            break
        land.walked(start, aim)
    return min(land.found, key=aim.missed)


def _said(result: ContractResult, limits: Sequence[Limit], rooms: Floats) -> InputError:
    where = " and ".join(dict.fromkeys(limit.path for limit in limits))
    words = " and ".join(f"‘{limit_words(result, limit)}’" for limit in limits)
    misses = [_miss_words(limit, -room) for limit, room in zip(limits, rooms, strict=True) if -room > MISSED]
    nearest = f"the nearest terms miss by {' and '.join(misses)}" if misses else "the nearest terms just miss"
    if len(limits) == 1:
        return InputError(where, f"{words} can’t be kept by the terms that may move: {nearest}",
                          "more room for it, or more terms that may move")  # fmt: skip
    number = NUMBER_WORDS.get(len(limits), "all of them")
    return InputError(where, f"{words} collide: the terms that may move can’t keep {number}; {nearest}",
                      "more room for one of them, or more terms that may move")  # fmt: skip


def _miss_words(limit: Limit, missed: float) -> str:
    of = "the price" if limit.party in (COMMISSIONER, HOLDER, PREMIUM) else "its turnover"
    return f"{percent(missed, 1 if missed > 0.005 else 2)} of {of}"
