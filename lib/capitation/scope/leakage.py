"""The cost-shift test: did care outside the contract grow more for members than for everybody else?

A difference in differences between two years. Members may cost several times what others cost, so that a common
growth of prices adds more pounds to them: the members' cost of the first year is taken on at the growth of the
others' cost, and what they cost beyond that in the second year is the change of their own. Standard errors are of
ratios of totals, linearised; the years are taken as independent, which is conservative: people who are dear in one
year tend to be dear in the next. Sources: domain reference, row 22 and section 5, points 5 and 19.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.sums import EXPOSURE, PERSON, pairs_of
from capitation.loss.ratio import Floats
from capitation.loss.simulation_error import Z95, Estimate
from capitation.terms import money

FEWEST = 2  # people of whom a spread is known


@dataclass(frozen=True)
class Rate:
    """Cost per person-year with its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class CostShift:
    """What members cost per person-year beyond what the others' growth explains, outside the contract and in it.

    ``without`` and ``within`` are in currency per person-year with 95 % limits; ``person_years`` are the members' of
    the later year, so that ``in_all`` is the whole amount of that year.
    """

    without: Estimate
    within: Estimate
    person_years: float

    @property
    def in_all(self) -> Estimate:
        """The amount of the later year that lies outside beyond what was to be expected."""
        return Estimate(*(self.person_years * v for v in (self.without.value, self.without.low, self.without.high)))

    @property
    def is_shift(self) -> bool:
        """More outside than chance explains."""
        return self.without.low > 0


def rate(of: Mapping[str, float], what: str) -> Rate:
    """Σ cost / Σ exposure of one group, from its sums and products; linearised standard error, factor n / (n - 1)."""
    people, exposure, total = of["people"], of["exposure"], of[what]
    if people < FEWEST or exposure <= 0:
        return Rate(float("nan"), float("nan"))
    value = total / exposure
    squares = of[f"{what}*{what}"] - 2 * value * of[f"exposure*{what}"] + value**2 * of["exposure*exposure"]
    return Rate(float(value), float(np.sqrt(max(squares, 0.0) * people / (people - 1)) / exposure))


def change_against(before: Rate, after: Rate, other_before: Rate, other_after: Rate) -> Estimate:
    """after - before · growth, the growth being that of the others; 95 % limits. Others without cost: no growth.

    Variance: se(after)² + growth² · se(before)² + before² · se(growth)², with the growth's own linearised as a ratio.
    """
    usable = other_before.value > 0
    growth = other_after.value / other_before.value if usable else 1.0
    parts = [after.error, growth * before.error]
    if usable:
        parts += [before.value * other_after.error / other_before.value,
                  before.value * growth * other_before.error / other_before.value]  # fmt: skip
    value, width = after.value - before.value * growth, Z95 * float(np.sqrt(np.sum(np.square(parts))))
    return Estimate(value, value - width, value + width)


@dataclass(frozen=True, eq=False)
class Products:
    """`Sums.products` of members or of the others as a matrix, shape (things, things): ``things`` names its rows and columns."""

    member: bool
    things: NDArray[np.object_]
    table: Floats


def matrices(products: pd.DataFrame) -> tuple[Products, ...]:
    """`Sums.products` as a matrix for each side that anybody is on."""
    found = []
    for member, mine in products.groupby("member"):
        matrix = mine.pivot(index="one", columns="other", values="product").fillna(0.0)
        found.append(Products(bool(member), matrix.index.to_numpy(dtype=object), matrix.to_numpy(dtype=float)))
    return tuple(found)


def in_and_out(products: Sequence[Products], inside: Collection[str]) -> pd.DataFrame:
    """By member: people, exposure, what they spent on the services ``inside`` (within) and on the others (without), and
    the products of every two of the three, from `matrices`."""
    return pd.DataFrame([_in_and_out(mine, inside) for mine in products])


def _in_and_out(products: Products, inside: Collection[str]) -> dict[str, float]:
    things, table = products.things, products.table
    spent = np.array([thing not in (PERSON, EXPOSURE) for thing in things])
    covered = np.array([thing in inside for thing in things])
    among = {"exposure": things == EXPOSURE, "within": spent & covered, "without": spent & ~covered}
    one = things == PERSON
    sums = {name: float(table[one][:, mine].sum()) for name, mine in among.items()}
    both = {f"{a}*{b}": float(table[among[a]][:, among[b]].sum()) for a, b in pairs_of(tuple(among))}
    return {"member": products.member, "people": int(table[one][:, one].sum()), **sums, **both}


def cost_shift(before: pd.DataFrame, after: pd.DataFrame) -> CostShift | None:
    """The test between two years, from `in_and_out` of each; None where there is nobody to compare with.

    Both frames have a row for members and one for the others: people, exposure, within, without and their products.
    """
    sides = [{bool(row["member"]): row for row in frame.to_dict("records")} for frame in (before, after)]
    if any(set(side) != {True, False} or any(row["people"] < FEWEST for row in side.values()) for side in sides):
        return None
    found = {what: _change(sides, what) for what in ("without", "within")}
    return CostShift(**found, person_years=float(sides[1][True]["exposure"]))


def _change(sides: list[dict[bool, dict[Any, Any]]], what: str) -> Estimate:
    rates = [rate(side[member], what) for member in (True, False) for side in sides]
    return change_against(*rates)


def shift_sentence(shift: CostShift, currency: str, before: str, after: str) -> str:
    """What the test says, with its limits, in one sentence."""
    outside, inside = shift.without, shift.within
    amount = money(abs(outside.value), currency)
    limits = f"95 % limits {money(outside.low, currency, signed=True)} to {money(outside.high, currency, signed=True)}"
    if shift.is_shift:
        within = (
            f"fell {money(-inside.value, currency)} short of it"
            if inside.high < 0
            else f"changed by {money(inside.value, currency, signed=True)} against it, which chance alone can do"
        )
        return (f"Cost moved out: between {before} and {after} care outside the contract came to cost members {amount} a "
                f"person-year more than others’ growth explains ({limits}), {money(shift.in_all.value, currency)} in all; "
                f"care inside {within}.")  # fmt: skip
    if outside.high < 0:
        return (f"Care outside the contract cost members {amount} a person-year less than others’ growth explains between "
                f"{before} and {after} ({limits}): nothing was moved out.")  # fmt: skip
    return (f"No shift out of the contract can be told from chance between {before} and {after}: care outside cost members "
            f"{money(outside.value, currency, signed=True)} a person-year against others’ growth ({limits}).")  # fmt: skip
