"""Regression to the mean: what a cohort chosen for high use costs next year when nobody does anything.

People chosen at their worst moment get better by themselves. The fall is learnt from cohorts chosen by the same rules
in earlier years and is measured against everybody in the data, so that growth and prices drop out. Sources: domain
reference, section 5, point 1; Roland and others, BMJ 330 (2005).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capitation.dataset.disclosure import may_show_from_squares
from capitation.loss.simulation_error import Z95, Estimate


@dataclass(frozen=True)
class Fall:
    """One year's cohort: cost per person-year ``before`` (the year before it was chosen) and ``after`` (the year
    itself), the ``growth`` of everybody's own cost, and the logarithm of the fall relative to it with its standard
    error. Growth is of the same people in both years, who are alive at the start, so that it holds the deaths to come:
    it is more than the growth of cost per person-year from one year's people to the next. ``may_show``: of many people."""

    year: int
    before: float
    after: float
    growth: float
    log_ratio: float
    error: float
    may_show: bool = True
    growth_pppy: float = float("nan")  # of cost per person-year, from one year's people to the next year's

    @property
    def ratio(self) -> float:
        """Cost after over cost before, relative to everybody: below 1 where the cohort fell."""
        return float(np.exp(self.log_ratio))

    @property
    def limits(self) -> tuple[float, float]:
        """95 % limits of the ratio."""
        low, high = (float(np.exp(self.log_ratio + w * Z95 * self.error)) for w in (-1, 1))
        return low, high


@dataclass(frozen=True)
class Regression:
    """The contract year's fall beside what earlier cohorts fell by on their own.

    ``expected`` is the cost per person-year to be expected with no intervention (95 % limits for what this year's
    people may come to). Both are money, of the whole cohort, with nobody doing anything: ``saving_without_doing_anything`` is how far
    cost falls short of the year before *raised by everybody's growth*, ``change`` is its plain difference from the year before.
    ``slope`` is the part of the excess over everybody else that stays. None where no earlier year tells.
    """

    now: Fall
    earlier: tuple[Fall, ...]
    expected: Estimate | None
    saving_without_doing_anything: Estimate | None
    change: Estimate | None
    slope: float

    @property
    def as_expected(self) -> bool | None:
        """Whether the year itself lies within what was to be expected; None where nothing tells."""
        return self.expected.low <= self.now.after <= self.expected.high if self.expected else None


def fall(cells: pd.DataFrame, year: int, before: pd.DataFrame | None = None) -> Fall | None:
    """The fall of one year's cohort from sums by ``member``, of the year and of the one ``before`` where there is one; None
    where either side has no exposure or no cost.

    Linearised by person: ln of (x/e) / (x₀/e₀) has influence x/Σx - e/Σe - x₀/Σx₀ + e₀/Σe₀; members count in everybody too.
    """
    sides = {bool(side["member"]): side for side in _records(cells)}
    if set(sides) != {True, False} or not all(_told(side) for side in sides.values()):
        return None
    members, others = sides[True], sides[False]
    everybody = {name: members[name] + others[name] for name in members}
    own, all_of_them = _influence(members), _influence(everybody)
    variance = _variance(members, {n: own[n] - all_of_them[n] for n in own}) + _variance(others, all_of_them)
    return Fall(year, members["prior_cost"] / members["prior_exposure"], members["cost"] / members["exposure"],
                _ratio(everybody), float(np.log(_ratio(members) / _ratio(everybody))), float(np.sqrt(variance)),
                all(_of_many(side) for side in sides.values()), _growth(before, cells))  # fmt: skip


def _growth(before: pd.DataFrame | None, now: pd.DataFrame) -> float:
    """Everybody's cost per person-year over that of the year before."""
    if before is None:
        return float("nan")
    was, is_now = (float(side["cost"].sum() / side["exposure"].sum()) for side in (before, now))
    return is_now / was if was > 0 else float("nan")


def _of_many(side: Mapping[str, float]) -> bool:
    """Whether what one side cost, in the year and in the year before, may be shown."""
    return all(may_show_from_squares(int(side["people"]), side[c], side[f"{c}*{c}"]) for c in ("cost", "prior_cost"))


def _records(cells: pd.DataFrame) -> list[dict[str, float]]:
    return [{str(name): value for name, value in row.items()} for row in cells.to_dict("records")]


def _told(side: Mapping[str, float]) -> bool:
    return side["people"] > 1 and all(side[c] > 0 for c in ("cost", "exposure", "prior_cost", "prior_exposure"))


def _ratio(side: Mapping[str, float]) -> float:
    return (side["cost"] / side["exposure"]) / (side["prior_cost"] / side["prior_exposure"])


_SIGNS = {"exposure": -1.0, "cost": 1.0, "prior_exposure": 1.0, "prior_cost": -1.0}


def _influence(side: Mapping[str, float]) -> dict[str, float]:
    return {name: sign / side[name] for name, sign in _SIGNS.items()}


def _variance(side: Mapping[str, float], part: Mapping[str, float]) -> float:
    """Σ influence² · n/(n - 1), from the sums of products."""
    names, n = list(_SIGNS), side["people"]
    total = sum((1 if a == b else 2) * part[a] * part[b] * side[f"{a}*{b}"]
                for place, a in enumerate(names) for b in names[place:])  # fmt: skip
    return max(total, 0.0) * n / (n - 1)


def regression(
    now: Fall, earlier: Sequence[Fall], exposure: float, excess_before: float, excess_after: float
) -> Regression:
    """The contract year's fall against that of ``earlier`` cohorts, pooled by the inverse of their variances.

    ``exposure`` is the members' in the contract year; the excesses are their cost per person-year over everybody
    else's, as ratios less 1, in the year before and in the year. Where earlier falls differ by more than their errors
    say, the spread between them is added (DerSimonian and Laird, 1986).
    """
    slope = excess_after / excess_before if excess_before else float("nan")
    if not earlier:
        return Regression(now, (), None, None, None, slope)
    mean, variance = pooled([f.log_ratio for f in earlier], [f.error for f in earlier])
    level = now.before * now.growth
    width = Z95 * np.sqrt(variance + now.error**2)
    expected = Estimate(*(float(level * np.exp(mean + w)) for w in (0.0, -width, width)))
    saved = Z95 * np.sqrt(variance)
    saving = Estimate(*(float(level * (1 - np.exp(mean + w)) * exposure) for w in (0.0, saved, -saved)))
    rise = (level - now.before) * exposure
    change = Estimate(rise - saving.value, rise - saving.high, rise - saving.low)
    return Regression(now, tuple(earlier), expected, saving, change, slope)


def pooled(values: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """Mean of estimates by inverse variance, and the variance of what a further one like them would be expected at:
    that of the mean and the spread between them."""
    y, v = np.asarray(values, float), np.square(np.maximum(errors, 1e-12))
    w = 1 / v
    mean = float((w * y).sum() / w.sum())
    q, df = float((w * (y - mean) ** 2).sum()), len(y) - 1
    spread = max(0.0, (q - df) / (w.sum() - (w**2).sum() / w.sum())) if df else 0.0
    w = 1 / (v + spread)
    return float((w * y).sum() / w.sum()), float(1 / w.sum()) + spread


@dataclass(frozen=True)
class Persistence:
    """The people chosen in one year, in every year of the data: ``shares`` has year, ``cost_share``, ``outcome_share``
    (of everybody's), pppy and everybody else's (``others``), and what decides whether a share may be shown: ``people`` still there, their
    cost, Σx² (``squares``) and events (``outcome``), and those of everybody else (``other_people`` and so on)."""

    chosen_in: int
    outcome: str
    shares: pd.DataFrame


_SHOWN_BY = {"people": "people", "cost": "cost", "cost*cost": "squares", "outcome": "outcome"}


def persistence(follow: pd.DataFrame, chosen_in: int, outcome: str) -> Persistence:
    """The shares that those chosen in ``chosen_in`` hold of everybody's cost and of an outcome, year by year.

    Where everybody was chosen there is nobody else in a year: their share is 1.
    """
    numbers = ["people", "exposure", "cost", "cost*cost", *(["outcome"] if outcome else [])]
    years = sorted(follow["year"].unique())
    chosen, others = (
        follow[follow["member"] == side].set_index("year")[numbers].reindex(years, fill_value=0.0)
        for side in (True, False)
    )
    told = pd.concat([_told_by(chosen, ""), _told_by(others, "other_")], axis=1)
    shares = told.assign(pppy=_per_person_year(chosen), others=_per_person_year(others))
    for name in ("cost", "outcome")[: 1 + bool(outcome)]:
        whole = chosen[name] + others[name]
        shares[f"{name}_share"] = chosen[name] / whole.where(whole > 0)
    return Persistence(chosen_in, outcome, shares.rename_axis("year").reset_index())


def _told_by(side: pd.DataFrame, prefix: str) -> pd.DataFrame:
    names = {column: prefix + name for column, name in _SHOWN_BY.items() if column in side}
    return side[list(names)].rename(columns=names).astype({f"{prefix}people": "int64"})


def _per_person_year(side: pd.DataFrame) -> pd.Series:
    return side["cost"] / side["exposure"].where(side["exposure"] > 0)
