"""Which tolerances collide where no terms keep them all: as few of them as can't be kept together, two as a rule."""

from collections.abc import Sequence

import numpy as np

from capitation.contract import ContractResult
from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.terms import COMMISSIONER, HOLDER, percent
from capitation.who_bears.limits import PREMIUM, Limit, limit_words, party_words
from capitation.who_bears.search import Aim, Landscape

STARTS = 3
MISSED = 3e-4  # of a limit's unit: less is a matter of which years were drawn
TIGHTER, TIGHTEST = 5e-4, 0.1  # of a limit's unit: how the tightest of limits are found that leave next to no room
NUMBER_WORDS = {2: "both", 3: "all three", 4: "all four"}


def collision(result: ContractResult, land: Landscape, limits: Sequence[Limit], leeway: Floats) -> InputError:
    """Why no terms keep every limit: the one that can't be kept, or those that can't be kept together.

    ``leeway``, in the order of `Aim.least`: by how much more a limit has to be kept on the years searched, so that all years
    keep it. Where that can be done and still not all years kept the limits, they are tightened together until it can't: those
    that then can't be kept are the tightest. One limit after the other is left out, those with most room first; it stays out
    where the rest still can't be kept.
    """
    together, tighter = list(range(len(limits))), 0.0
    nearest = _nearest(land, limits, together, leeway)
    while _aim(limits, together, leeway).missed(nearest) <= MISSED and tighter < TIGHTEST:
        leeway = leeway + max(tighter, TIGHTER)
        tighter = 2 * max(tighter, TIGHTER)
        nearest = _nearest(land, limits, together, leeway)
    for number in np.argsort(-_rooms(nearest, limits, leeway), kind="stable"):
        rest = [other for other in together if other != number]
        found = _nearest(land, limits, rest, leeway)
        if rest and _aim(limits, rest, leeway).missed(found) > MISSED:
            together, nearest = rest, found
    tightest = [limits[number] for number in together]
    if tighter:
        return _no_room(result, tightest)
    return _said(result, tightest, _rooms(nearest, limits, leeway)[together])


def _rooms(measured: Floats, limits: Sequence[Limit], leeway: Floats) -> Floats:
    """The room of each limit in the order of ``limits``, the premium's last, from measures with the premium saved first."""
    return np.append(measured[2:] - leeway[1:], limits[-1].share + measured[1] - leeway[0])


def _aim(limits: Sequence[Limit], some: Sequence[int], leeway: Floats) -> Aim:
    """To keep some of the limits, whatever becomes of the others and of the incentive."""
    least = np.full(len(limits), -np.inf)
    for number in some:
        premium = limits[number].party == PREMIUM
        least[0 if premium else 1 + number] = -limits[number].share if premium else 0.0
    return Aim(np.zeros(2), least + leeway)


def _nearest(land: Landscape, limits: Sequence[Limit], some: Sequence[int], leeway: Floats) -> Floats:
    """The measures of the terms that miss some of the limits by least in all."""
    aim = _aim(limits, some, leeway)
    for start in land.best(aim, STARTS):
        if min(aim.missed(measured) for measured in land.found) <= MISSED:
            break
        land.walked(start, aim)
    return min(land.found, key=aim.missed)


def _no_room(result: ContractResult, limits: Sequence[Limit]) -> InputError:
    where, words = _named(result, limits)
    leave = "leaves" if len(limits) == 1 else "together leave"
    return InputError(where, f"{words} {leave} next to no room: what keeps the tolerances on some of the drawn years does not on all",
                      "a little more room for it" if len(limits) == 1 else "a little more room for one of them")  # fmt: skip


def _named(result: ContractResult, limits: Sequence[Limit]) -> tuple[str, str]:
    """The terms, and the limits in contract words."""
    where = " and ".join(dict.fromkeys(limit.path for limit in limits))
    return where, " and ".join(f"‘{limit_words(result, limit)}’" for limit in limits)


def _said(result: ContractResult, limits: Sequence[Limit], rooms: Floats) -> InputError:
    where, words = _named(result, limits)
    misses = [_miss_words(result, limit, -room) for limit, room in zip(limits, rooms, strict=True) if -room > MISSED]
    nearest = f"the nearest terms miss by {' and '.join(misses)}" if misses else "the nearest terms just miss"
    if len(limits) == 1:
        return InputError(where, f"{words} can’t be kept by the terms that may move: {nearest}",
                          "more room for it, or more terms that may move")  # fmt: skip
    number = NUMBER_WORDS.get(len(limits), "all of them")
    return InputError(where, f"{words} collide: the terms that may move can’t keep {number}; {nearest}",
                      "more room for one of them, or more terms that may move")  # fmt: skip


def _miss_words(result: ContractResult, limit: Limit, missed: float) -> str:
    """By how much, of what, and whose, e.g. ``1.8 % of the turnover of Hospitals``."""
    share, whose = percent(missed, 1 if missed > 0.005 else 2), party_words(result, limit.party)
    if limit.party in (COMMISSIONER, HOLDER, PREMIUM):
        return f"{share} of the price for the {whose.lower()}"
    return f"{share} of the {'price for' if limit.base == result.price.payment else 'turnover of'} {whose}"
