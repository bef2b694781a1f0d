"""The price over the years of the contract: uplift, efficiency discount, re-basing on the holder's cost, pace of change.

Every amount is per person-year, in the data set's currency. Sources: domain reference, rows 31 (discount), 34
(ratchet), 36 (pace of change against an allocation) and section 2, steps 6 and 7: the benchmark comes first, the
discount is taken from it, and pace limits what is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import pandas as pd

from capitation.errors import InputError
from capitation.loss.ratio import Floats

WHERE = "price path"
MOST_TIMES = 10.0  # a price that grows beyond this many times the first year's is a slip of the pen
NOT_MOVED = 1e-9  # share of the price; rounding dust is no limit


@dataclass(frozen=True)
class Pace:
    """The largest yearly move of the price, as shares of the price of the year before.

    ``paid_before`` is what is paid for a person-year in the year before the contract; where it is None the first
    year's price is not limited.
    """

    up: float
    down: float
    paid_before: float | None = None


@dataclass(frozen=True)
class Ratchet:
    """Re-basing: next year's benchmark is pulled towards what the holder's care cost.

    ``cost`` is the holder's own cost per person-year in each contract year; the last year's is not read.
    ``trended`` takes that cost on by one uplift before it counts; the reference's formula does not.
    """

    weight: float
    cost: tuple[float, ...]
    trended: bool = False


@dataclass(frozen=True)
class Plan:
    """What a contract says of its price over the years.

    ``first`` is the benchmark of year 1; ``uplift`` its yearly growth, one for all years or one for each from the
    second on; ``discounts`` the share of the benchmark asked back in each year (empty: none).
    Raises InputError when any of it can't be.
    """

    first: float
    years: int
    uplift: float | tuple[float, ...] = 0.0
    discounts: tuple[float, ...] = ()
    pace: Pace | None = None
    ratchet: Ratchet | None = None

    def __post_init__(self) -> None:
        _check_plan(self)

    @property
    def uplifts(self) -> tuple[float, ...]:
        """The growth into each year from the second on."""
        return self.uplift if isinstance(self.uplift, tuple) else (self.uplift,) * (self.years - 1)


@dataclass(frozen=True)
class PricePath:
    """The price of each contract year and how it came about.

    ``table``: year (from 1), benchmark, uplift and rebased (what they added to the year before's benchmark),
    discount (not above 0), pace (what the limit adds or holds back), price. In every row benchmark + discount +
    pace = price; from the second row on benchmark = the row above's + uplift + rebased.
    """

    plan: Plan
    table: pd.DataFrame

    @property
    def prices(self) -> Floats:
        """The price of each year."""
        return self.table["price"].to_numpy(dtype=float)

    @property
    def growth(self) -> float:
        """Yearly growth from the first price to the last; NaN for one year or a first price of nothing."""
        first, last = self.prices[0], self.prices[-1]
        return float(yearly_growth(first, last, self.plan.years - 1))

    @property
    def held_back(self) -> tuple[int, ...]:
        """The years whose price the pace of change keeps from where it should be."""
        limited = self.table["pace"].abs() > NOT_MOVED * self.table["benchmark"]
        return tuple(int(y) for y in self.table.loc[limited, "year"])


@dataclass(frozen=True)
class KeptSavings:
    """What the holder keeps of a saving by the year that it is first made in.

    ``table``: year, saved and lost (per person-year, over the rest of the contract), kept (share of saved).
    ``saving`` is the size of the saving a year; ``lasting`` whether it is made in every year from then on.
    """

    saving: float
    lasting: bool
    table: pd.DataFrame


def yearly_growth(first: float, last: float, years: float) -> float:
    """(last / first)^(1 / years) - 1; NaN where it is not defined. Alzira: 379 to 494 in 3 years is 9.2 %."""
    return (last / first) ** (1 / years) - 1 if years > 0 and first > 0 else float("nan")


def glide(first: float, last: float, years: int) -> tuple[float, ...]:
    """Discounts that move evenly from the ``first`` year's to the ``last`` year's. Source: REACH, 2 % to 3.5 %."""
    _check_years(years)
    return tuple(float(d) for d in np.linspace(first, last, years))


def compounding(yearly: float, years: int) -> tuple[float, ...]:
    """Discounts 1 - (1 - d)^t in year t, from t = 1: the same cut asked again every year."""
    _check_years(years)
    return tuple(1 - (1 - yearly) ** t for t in range(1, years + 1))


def check_over_years(uplift: float, cost_growth: float, years: int) -> None:
    """Raise InputError where a price uplifted, or a cost growing, every year would grow beyond all measure in a contract."""
    for where, rate in (
        ("price.path.uplift (Yearly uplift of the price)", uplift),
        ("price.trend (Yearly growth of cost)", cost_growth),
    ):
        times = (1 + rate) ** (years - 1)
        if times > MOST_TIMES:
            raise InputError(where, f"{rate:.1%} a year comes to {times:,.0f} times over the {years} years of the contract",
                             f"growth that comes to less than {MOST_TIMES:g} times, or fewer years")  # fmt: skip


def next_benchmark(benchmark: float, uplift: float, ratchet: Ratchet | None, cost: float) -> float:
    """B' = w·A + (1 - w)·B·trend, with A the holder's ``cost``. Source: domain reference, row 34."""
    grown = benchmark * (1 + uplift)
    if ratchet is None:
        return grown
    seen = cost * (1 + uplift) if ratchet.trended else cost
    return ratchet.weight * seen + (1 - ratchet.weight) * grown


def towards(targets: Sequence[float], pace: Pace | None) -> list[float]:
    """The price of each year on its way to that year's target, moved by no more than ``pace`` allows."""
    if pace is None:
        return list(targets)
    prices, now = [], pace.paid_before
    for target in targets:
        now = target if now is None else min(max(target, now * (1 - pace.down)), now * (1 + pace.up))
        prices.append(now)
    return prices


def price_path(plan: Plan) -> PricePath:
    """The price of every year of ``plan``. Raises InputError when it grows beyond all measure."""
    benchmark = np.array(_benchmarks(plan))
    discount = 0.0 - np.array(plan.discounts or (0.0,) * plan.years) * benchmark
    target = benchmark + discount
    price = np.array(towards([float(t) for t in target], plan.pace))
    uplift = np.append(0.0, benchmark[:-1] * np.array(plan.uplifts))
    rebased = np.diff(benchmark, prepend=benchmark[0]) - uplift if plan.ratchet else np.zeros(plan.years)
    columns = {"benchmark": benchmark, "uplift": uplift, "rebased": rebased, "discount": discount,
               "pace": price - target, "price": price}  # fmt: skip
    return PricePath(plan, pd.DataFrame({"year": range(1, plan.years + 1), **columns}))


def without_ratchet(plan: Plan) -> Plan:
    """The same plan with a benchmark that never looks at the holder's cost."""
    return replace(plan, ratchet=None)


def kept_of_savings(plan: Plan, saving: float = 1.0, lasting: bool = True) -> KeptSavings:
    """What is left to the holder of a ``saving`` per person-year, made in each year in turn.

    The path is worked out with the holder's cost as given and again with the cost lower by ``saving`` in the year and,
    where ``lasting``, in all that follow; the fall of the price is what is lost. Sums over the contract, not
    discounted for time. Raises InputError for a saving that is not above 0 or is more than the cost itself.
    """
    _check_saving(plan, saving)
    before = price_path(plan).prices.sum()
    rows = [_kept(plan, before, year, saving, lasting) for year in range(1, plan.years + 1)]
    return KeptSavings(saving, lasting, pd.DataFrame(rows))


def _kept(plan: Plan, before: float, year: int, saving: float, lasting: bool) -> dict[str, float]:
    last = plan.years if lasting else year
    saved = saving * (last - year + 1)
    lost = float(before - price_path(_with_saving(plan, year, last, saving)).prices.sum())
    return {"year": year, "saved": saved, "lost": lost, "kept": 1 - lost / saved}


def _with_saving(plan: Plan, first: int, last: int, saving: float) -> Plan:
    if plan.ratchet is None:
        return plan
    cost = tuple(c - saving if first <= t <= last else c for t, c in enumerate(plan.ratchet.cost, start=1))
    return replace(plan, ratchet=replace(plan.ratchet, cost=cost))


def _benchmarks(plan: Plan) -> list[float]:
    line = [plan.first]
    for place, uplift in enumerate(plan.uplifts):
        cost = plan.ratchet.cost[place] if plan.ratchet else 0.0
        line.append(_bounded(plan, next_benchmark(line[-1], uplift, plan.ratchet, cost), place + 2))
    return line


def _bounded(plan: Plan, benchmark: float, year: int) -> float:
    if not isfinite(benchmark) or benchmark > MOST_TIMES * plan.first:
        raise InputError(f"{WHERE}: uplift", f"the price of year {year} is {benchmark / plan.first:,.0f} times the first year's",
                         f"growth that stays below {MOST_TIMES:g} times over the contract")  # fmt: skip
    return benchmark


def _check_plan(plan: Plan) -> None:
    _check_years(plan.years)
    _require(isfinite(plan.first) and plan.first > 0, "first price", plan.first, "an amount above 0")
    _require(len(plan.uplifts) == plan.years - 1, "uplift", f"{len(plan.uplifts)} of them",
             f"one, or one for each of years 2 to {plan.years}")  # fmt: skip
    for uplift in plan.uplifts:
        _require(isfinite(uplift) and uplift > -1, "uplift", uplift, "a share above -1")
    _require(len(plan.discounts) in (0, plan.years), "discounts", f"{len(plan.discounts)} of them",
             f"none, or one for each of {plan.years} years")  # fmt: skip
    for discount in plan.discounts:
        _require(0 <= discount < 1, "discount", discount, "a share from 0 to below 1")
    _check_pace(plan.pace)
    _check_ratchet(plan.ratchet, plan.years)


def _check_years(years: int) -> None:
    _require(years >= 1, "years", years, "at least 1")


def _check_pace(pace: Pace | None) -> None:
    if pace is None:
        return
    _require(isfinite(pace.up) and pace.up >= 0, "pace up", pace.up, "a share of 0 or more")
    _require(0 <= pace.down <= 1, "pace down", pace.down, "a share from 0 to 1")
    paid = pace.paid_before
    _require(paid is None or (isfinite(paid) and paid > 0), "paid before", paid, "an amount above 0")


def _check_ratchet(ratchet: Ratchet | None, years: int) -> None:
    if ratchet is None:
        return
    _require(0 <= ratchet.weight <= 1, "ratchet weight", ratchet.weight, "a share from 0 to 1")
    _require(
        len(ratchet.cost) == years, "holder's cost", f"{len(ratchet.cost)} of them", f"one for each of {years} years"
    )
    for cost in ratchet.cost:
        _require(isfinite(cost) and cost >= 0, "holder's cost", cost, "an amount of 0 or more")


def _check_saving(plan: Plan, saving: float) -> None:
    most = min(plan.ratchet.cost) if plan.ratchet else float("inf")
    _require(
        isfinite(saving) and 0 < saving <= most,
        "saving",
        saving,
        "an amount above 0 and no more than the holder's cost",
    )


def _require(holds: bool, what: str, value: object, expected: str) -> None:
    if not holds:
        raise InputError(f"{WHERE}: {what}", f"{value}", expected)
