"""Who bears what: given what each party can bear, the terms that keep the most incentive at the least premium.

*Incentive* is the mean over the drawn years of the share of the next pound saved that holder and partners keep, *premium*
the mean of what the commissioner pays beyond the price, over the price. Of every design on the frontier no other within
the tolerances has more incentive at no more premium. Looked for on some of the drawn years, every point is then checked,
and brought within the tolerances, on all of them. Source: domain reference, row 47 and section 5, point 17.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from capitation.contract import ContractResult
from capitation.errors import InputError
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.who_bears.collision import collision
from capitation.who_bears.limits import PREMIUM, Limit, limits_of
from capitation.who_bears.measures import Figures, all_years, fewer_years
from capitation.who_bears.moving import moving
from capitation.who_bears.search import ENOUGH, Aim, Landscape

Watch = Callable[[float], bool]
SEARCHED = 1_024  # years that terms are looked for on; a point is checked on all
POINTS = 14
SPREAD_OUT = 256  # places measured all over the ranges before the steps begin
STARTS, STARTS_OF_A_POINT = 4, 1
FIRST_STEPS, STEPS = 6, 20  # from each start of a point, and from where the best of them led to
MENDING = 1_500  # tries, at the most, for points that lie below the line through the others
CHECKS, FINE_FROM, FINER = 6, 3, 50  # with no point of the grid within the limits, one so many times as fine is used
HOPELESS = 0.002  # of a limit's unit: a place that misses by more ends nowhere
MARGIN = 1e-5  # of a limit's unit: added to what it was missed by when a check fails
CLOSE = ((0.06, 5), (0.02, 1))  # the box and the steps of the first check, and of those after it
MATTERS = 1e-4  # of the next pound: a term that moves less goes back to where it was
PREMIUM_TIE = 0.003  # among equals the least premium
PREMIUM_COUNTS = 20.0  # beside incentive, of which so much is at stake for each unit of premium
MORE = 0.1  # of a tolerance: by how much it is widened to see whether it binds
BINDS = 0.001  # of the next pound
NEAR = 0.02  # of a limit's unit: one with more room does not bind
ROUNDED_OFF = 1e-4  # of the price: what a point's premium lost on the grid
CLOSEST = 3 * ROUNDED_OFF  # of the price: of two points closer together the better is kept
LEAST_SPAN = 1e-4  # of the price: premiums closer together are one point


class Stopped(Exception):
    """The search was stopped from outside."""


@dataclass(frozen=True, eq=False)
class Point:
    """Terms by path, and what they give on all drawn years."""

    terms: dict[str, float]
    figures: Figures


@dataclass(frozen=True)
class Binding:
    """A limit that stops more incentive, and how much more a tolerance wider by a tenth would keep, of the next pound."""

    limit: Limit
    gain: float


@dataclass(frozen=True, eq=False)
class Frontier:
    """What was found for one design: its key, the limits, where it stands now, the points by rising premium, the answer.

    ``answer`` keeps the most incentive, among equals at the least premium; None where the search was stopped before it
    was found. ``binding``: what stops more, the most telling first. ``tried`` variants were settled on ``searched``
    years, and each point on all ``checked``; ``complete`` is False where the search was stopped.
    """

    key: str
    limits: tuple[Limit, ...]
    now: Point
    points: tuple[Point, ...]
    answer: Point | None
    binding: tuple[Binding, ...]
    tried: int
    searched: int
    checked: int
    complete: bool

    def missed(self, point: Point) -> tuple[tuple[Limit, float], ...]:
        """The limits that a point does not keep, and by how much of each limit's base."""
        rooms = rooms_of(point.figures, self.limits)
        return tuple((limit, -room) for limit, room in zip(self.limits, rooms, strict=True) if room < -1e-9)


def rooms_of(figures: Figures, limits: Sequence[Limit]) -> list[float]:
    """How far a variant stays within each limit, as a share of the limit's base; below nothing where it does not."""
    bad = dict(zip(figures.parties, figures.bad, strict=True))
    return [limit.share - figures.premium if limit.party == PREMIUM else (limit.allowed + float(bad[limit.party])) / limit.base
            for limit in limits]  # fmt: skip


def check_tellable(result: ContractResult) -> None:
    """Raise InputError while the contract year is not over: yearly tolerances mean nothing in a part of one."""
    if result.part_year:
        raise InputError("who bears what", "the contract year is not over, and yearly tolerances mean nothing in a part of one",
                         "a year that is over")  # fmt: skip


@kept(4)
def frontier(result: ContractResult, points: int = POINTS) -> Frontier:
    """The frontier of a design, looked for to the end and kept; see `searched`."""
    return searched(result, points=points)


def searched(result: ContractResult, watch: Watch = lambda _: True, points: int = POINTS) -> Frontier:
    """Look for about so many ``points`` of the frontier. ``watch`` is told the part that is done, 0 to 1, before each
    variant, and stops the search by returning False: what was found until then is kept.

    The same design on the same data gives the same answer. Raises InputError where no terms keep every tolerance, with
    the two that collide, where a partner is not known, where no term is left to move, or while the year is not over.
    """
    check_tellable(result)
    return _Search(result, watch, points).run()


class _Search:
    """One search, from the places spread out to what binds."""

    def __init__(self, result: ContractResult, watch: Watch, count: int):
        self.result, self.watch, self.count = result, watch, count
        self.limits, self.moving = limits_of(result), moving(result)
        self.every = all_years(result, [limit.party for limit in self.limits if limit.party != PREMIUM])
        self.some = fewer_years(self.every, SEARCHED)
        self.land = Landscape(self._at, len(self.moving.paths), self.moving.ordered)
        self.points: list[Point] = []
        self.answer: Point | None = None
        self.binding: tuple[Binding, ...] = ()
        self.shift = np.zeros(len(self.limits))
        self.tried, self._span, self._since = 0, (0.0, 1.0, 1), 0

    def run(self) -> Frontier:
        """Every stage, or as many as there is time for."""
        now = Point(self.moving.now, self.every.figures(self.result.in_force))
        complete = True
        try:
            self._stages()
        except Stopped:
            complete = False
        return Frontier(self.result.design.key, self.limits, now, _undominated(self.points), self.answer, self.binding,
                        self.tried, self.some.count, self.every.count, complete)  # fmt: skip

    def _stages(self) -> None:
        with self._stage(0.0, 0.1, SPREAD_OUT):
            self.land.at(self.moving.place(self.moving.now))
            self.land.spread_out(SPREAD_OUT, self.result.design.outlook.seed)
        with self._stage(0.1, 0.3, 400):
            aim = self._aim(self._limit_of_premium)
            self._keep(self._reached(aim, STARTS), aim)
        if not self.points:
            raise collision(self.result, self.land, self.limits, self.shift)
        self.answer = self.points[0]
        with self._stage(0.3, 0.4, 300):
            self._keep(*self._least_premium())
        with self._stage(0.4, 0.8, 2_500):
            self._between()
        with self._stage(0.8, 0.9, 600):
            self._mend()
            best = max(self.points, key=lambda point: point.figures.incentive)
            self._keep(self.moving.place(best.terms), self._aim(self._limit_of_premium))
        self.answer = max(self.points, key=lambda point: (point.figures.incentive, -point.figures.premium))
        with self._stage(0.9, 1.0, 500):
            self.binding = self._what_binds()

    @contextmanager
    def _stage(self, start: float, end: float, tries: int) -> Iterator[None]:
        self._span, self._since = (start, end, tries), 0
        yield

    def _tick(self) -> None:
        start, end, tries = self._span
        if not self.watch(start + (end - start) * (1 - 0.5 ** (2 * self._since / tries))):
            raise Stopped
        self.tried, self._since = self.tried + 1, self._since + 1

    def _at(self, place: Floats) -> Floats:
        return self._of(self.moving.values(place))

    def _of(self, terms: dict[str, float]) -> Floats:
        """The measures of terms on the years searched."""
        self._tick()
        return self._measures(self.some.figures(self.moving.design(terms)))

    def _measures(self, figures: Figures) -> Floats:
        rooms = rooms_of(figures, [limit for limit in self.limits if limit.party != PREMIUM])
        return np.array([figures.incentive, -figures.premium, *rooms])

    @property
    def _limit_of_premium(self) -> float:
        return self.limits[-1].share

    def _aim(self, premium: float) -> Aim:
        """The most incentive at no more than a premium, among equals at the least."""
        return Aim(np.array([1.0, PREMIUM_TIE]), np.array([-premium, *[0.0] * (len(self.limits) - 1)]))

    def _reached(self, aim: Aim, starts: int, beside: Sequence[Floats] = ()) -> Floats:
        """The best place that steps from the best places so far, and from those ``beside``, lead to."""
        near = self._near(aim)
        steps = FIRST_STEPS if beside else STEPS
        ends = [self.land.walked(start, near, steps=steps) for start in (*self.land.best(near, starts), *beside)]
        ends.sort(key=lambda end: -near.strict.merit(end[1]))
        for end, _ in ends:  # the first of which steps lead within the limits
            place, found = self.land.improved(end, near)
            if near.missed(found) <= HOPELESS:
                return place
        return ends[0][0]

    def _least_premium(self) -> tuple[Floats, Aim]:
        wanted = replace(self._aim(self._limit_of_premium), weight=PREMIUM_COUNTS * np.array([PREMIUM_TIE, 1.0]))
        return self._reached(wanted, STARTS), wanted

    def _between(self) -> None:
        """Points at premiums spread evenly from the least to the answer's, the middle ones first."""
        least, most = (pick(point.figures.premium for point in self.points) for pick in (min, max))
        if most - least < LEAST_SPAN:
            return
        for premium in _by_halves(list(np.linspace(least, most, self.count)[1:-1])):
            aim = self._aim(float(premium))
            self._keep(self._reached(aim, STARTS_OF_A_POINT, self._beside(float(premium))), aim)

    def _mend(self) -> None:
        """Look again at one point after the other, from the terms of those beside it: first at what lies furthest below the
        line through the others, until each was looked at beside the points that are now there, or the tries are used."""
        end, looked = self.tried + MENDING, set[tuple[float, ...]]()
        while self.tried < end:
            line = _undominated(self.points)
            left = [(_below(line, k), -k) for k in range(len(line)) if _with_those_beside(line, k) not in looked]
            below, k = max(left, default=(0.0, 0))
            if below < BINDS:
                return
            k = -k
            looked.add(_with_those_beside(line, k))
            self._look_again(line, k)

    def _look_again(self, line: Sequence[Point], k: int) -> None:
        aim = self._aim(min(line[k].figures.premium + ROUNDED_OFF, self._limit_of_premium))
        beside = [self.moving.place(line[at].terms) for at in (k - 1, k + 1) if 0 <= at < len(line)]
        self._keep(self._reached(aim, STARTS_OF_A_POINT, beside), aim)

    def _beside(self, premium: float) -> list[Floats]:
        """The places of the points with the next premiums, above and below."""
        above = min((p for p in self.points if p.figures.premium >= premium), key=_premium, default=None)
        under = max((p for p in self.points if p.figures.premium < premium), key=_premium, default=None)
        return [self.moving.place(point.terms) for point in (above, under) if point]

    def _keep(self, place: Floats, aim: Aim) -> None:
        """Bring a place within the limits on every drawn year, onto the grid, and keep it as a point."""
        self._compare(self.moving.values(place))
        margin = np.zeros(len(self.limits))
        for check in range(CHECKS):
            near = self._near(aim, margin)
            box, steps = CLOSE[min(check, 1)]
            place, found = self.land.improved(place, near, box, steps)
            if near.missed(found) > HOPELESS:
                return
            terms = self._on_grid(
                self._tidy(self.moving.values(place), near.strict), near.strict, 1 if check < FINE_FROM else FINER
            )
            figures = self._compare(terms)
            missed = np.maximum(self._aim(self._limit_of_premium).least - self._measures(figures)[1:], 0.0)
            if not missed.any():  # that the premium is a little more than aimed at is no matter
                self.points.append(Point(terms, figures))
                return
            margin += np.where(missed > 0, 1.5 * missed + MARGIN, 0.0)

    def _near(self, aim: Aim, margin: Floats | float = 0.0) -> Aim:
        """The aim on the years searched with which all years keep the limits, as far as the two differ."""
        return replace(aim, least=aim.least + self.shift + margin)

    def _compare(self, terms: dict[str, float]) -> Figures:
        """The figures of terms on all years; by how much those on the years searched differ is kept."""
        every = self.every.figures(self.moving.design(terms))
        self.shift = (self._of(terms) - self._measures(every))[1:]
        return every

    def _tidy(self, terms: dict[str, float], aim: Aim) -> dict[str, float]:
        """Terms that make no difference go back to where they are in the design."""
        merit = aim.merit(self._of(terms))
        for path, value in self.moving.now.items():
            back = {**terms, path: value}
            if self._in_order(back) and aim.merit(self._of(back)) > merit - MATTERS:
                terms = back
        return terms

    def _on_grid(self, terms: dict[str, float], aim: Aim, parts: int) -> dict[str, float]:
        """The terms on their grid, or on one so many times as fine: the nearest, then neighbours while one is better."""
        now = self.moving.now
        moved = {**self.moving.rounded(terms, parts), **{path: now[path] for path in terms if terms[path] == now[path]}}
        merit = aim.merit(self._of(moved))
        for path, step in zip(self.moving.paths, self.moving.grid / parts, strict=True):
            if moved[path] == now[path]:
                continue
            for there in self._neighbours(moved, path, step, parts):
                if (found := aim.merit(self._of(there))) > merit + ENOUGH:
                    moved, merit = there, found
                    break
        return moved

    def _neighbours(self, terms: dict[str, float], path: str, step: float, parts: int) -> Iterator[dict[str, float]]:
        for side in (step, -step):
            there = {**terms, path: self.moving.rounded({**terms, path: terms[path] + side}, parts)[path]}
            if self._in_order(there):
                yield there

    def _in_order(self, terms: dict[str, float]) -> bool:
        paths = self.moving.paths
        return all(terms[paths[a]] <= terms[paths[b]] for a, b in self.moving.ordered)

    def _what_binds(self) -> tuple[Binding, ...]:
        """The limits that keep more incentive when they are widened, the most telling first."""
        assert self.answer is not None
        start, rooms = self.moving.place(self.answer.terms), rooms_of(self.answer.figures, self.limits)
        self._compare(self.answer.terms)
        aim = self._near(self._aim(self._limit_of_premium))
        _, here = self.land.improved(start, aim)
        found = [Binding(limit, self._gain(number, start, aim, float(here[0])))
                 for number, (limit, room) in enumerate(zip(self.limits, rooms, strict=True)) if room < NEAR]  # fmt: skip
        return tuple(sorted((b for b in found if b.gain > BINDS), key=lambda b: -b.gain))

    def _gain(self, number: int, start: Floats, aim: Aim, here: float) -> float:
        """How much more is kept when a limit is a tenth wider."""
        limit, least = self.limits[number], aim.least.copy()
        wider = MORE * (limit.allowed / limit.base or NEAR)
        least[0 if limit.party == PREMIUM else 1 + number] -= wider
        wide = replace(aim, least=least)
        starts = [start, *self.land.best(wide, 1)]
        ends = [self.land.improved(place, wide) for place in starts]
        return max(float(end[0]) for _, end in ends if wide.missed(end) < HOPELESS) - here


def _by_halves(values: list[float]) -> list[float]:
    """The middle first, then the middles of both sides, so that those so far are spread out."""
    if not values:
        return []
    middle = len(values) // 2
    left, right = _by_halves(values[:middle]), _by_halves(values[middle + 1 :])
    turn = [one for pair in zip(left, right, strict=False) for one in pair]
    return [values[middle], *turn, *left[len(right) :], *right[len(left) :]]


def _premium(point: Point) -> float:
    return point.figures.premium


def _with_those_beside(line: Sequence[Point], k: int) -> tuple[float, ...]:
    """A point and its neighbours, told apart by their figures."""
    return tuple(p.figures.incentive + p.figures.premium for p in line[max(k - 1, 0) : k + 2])


def _below(line: Sequence[Point], k: int) -> float:
    """How far a point lies below the lines between points on both sides of it; the first is looked at in any case."""
    if k == 0:
        return 2 * BINDS
    here, gap = line[k].figures, 0.0
    for before, after in product(line[:k], line[k + 1 :]):
        ends = (before.figures, after.figures)
        there = np.interp(here.premium, [end.premium for end in ends], [end.incentive for end in ends])
        gap = max(gap, float(there) - here.incentive)
    return gap


def _undominated(points: Sequence[Point]) -> tuple[Point, ...]:
    """Points by rising premium, without those that another one beats; of two at nearly one premium the better."""
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (p.figures.premium, -p.figures.incentive)):
        if best and point.figures.incentive <= best[-1].figures.incentive:
            continue
        if best and point.figures.premium - best[-1].figures.premium < CLOSEST:
            best.pop()
        best.append(point)
    return tuple(best)
