"""What is covered: the service lines in and out, and the rare costly services left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import dominated, may_show_mean, may_show_sum, safe_table, taken_together
from capitation.design.parts import Scope as ScopeTerms
from capitation.errors import InputError

NOT_CHOSEN = "not chosen"
RARE_AND_COSTLY = "rare and costly"
OTHER_PARTNERS = "other partners"


@dataclass(frozen=True)
class Scope:
    """The services in, why the others are out, and the members' cost of the services in by provider.

    ``left_out`` maps a service to the reason; ``costs`` has the members' rows and a column a provider;
    ``by_service`` has year, service, cost, users, covered over all services, and what the two dearest users cost
    (``largest``, ``second``). Providers whose care few people use in a year, or mostly one person, stand together as
    one, so that no amount points at a person. ``shown_years`` are those in which all that is left out may be shown.
    """

    services: tuple[str, ...]
    left_out: dict[str, str]
    costs: pd.DataFrame
    by_service: pd.DataFrame
    shown_years: frozenset[int] = field(default_factory=frozenset)

    @property
    def total(self) -> NDArray[np.float64]:
        """Each member row's cost in scope, shape (rows,)."""
        return self.costs.to_numpy().sum(axis=1)

    def covered_share(self, year: int) -> float:
        """Share of the members' whole cost in ``year`` that is in scope."""
        rows = self.by_service[self.by_service["year"] == year]
        whole = rows["cost"].sum()
        return float(rows.loc[rows["covered"], "cost"].sum() / whole) if whole else 0.0

    def shown_share(self, year: int) -> float | None:
        """The covered share as it may be shown; None where the care left out is of few people, or mostly of one."""
        return self.covered_share(year) if year in self.shown_years else None

    def shown_services(self, year: int) -> pd.DataFrame:
        """The rows of ``by_service`` of one year as they may be shown: no cost where few people used a service.

        What is covered has a total that is published, and so has what is left out: each is protected by itself.
        """
        rows = self.by_service[self.by_service["year"] == year]
        parts = [_safe(part) for _, part in rows.groupby("covered", sort=False)]
        return pd.concat(parts).reindex(rows.index)


def cover(costs: pd.DataFrame, year: pd.Series, terms: ScopeTerms, base_years: Sequence[int]) -> Scope:
    """The scope of the members' ``costs`` (columns service, provider; rows as ``year``).

    The rare and costly list is fixed on ``base_years``, before the contract year starts.
    Raises InputError for an unknown service or when nothing is left.
    """
    services = list(dict.fromkeys(costs.columns.get_level_values(0)))
    _check_services(services, terms)
    base = costs[year.isin(base_years)]
    left_out = {s: reason for s in services if (reason := _reason_out(s, base, terms))}
    inside = [s for s in services if s not in left_out]
    if not inside:
        raise InputError("scope.services", "no service is left in scope", "at least one service line in scope")
    by_provider = _few_taken_together(_by_provider(costs, inside), year)
    outside = costs.loc[:, costs.columns.get_level_values(0).isin(list(left_out))].to_numpy().sum(axis=1)
    shown = frozenset(int(y) for y in year.unique() if may_show_sum(outside[(year == y).to_numpy()]))
    return Scope(tuple(inside), left_out, by_provider, _by_service(costs, year, inside), shown)


def _check_services(services: list[str], terms: ScopeTerms) -> None:
    for name in terms.services:
        if name not in services:
            raise InputError("scope.services", f"the data set has no service {name!r}", "one of " + ", ".join(services))


def _reason_out(service: str, base: pd.DataFrame, terms: ScopeTerms) -> str:
    if terms.services and service not in terms.services:
        return NOT_CHOSEN
    return RARE_AND_COSTLY if _rare_and_costly(base[service].to_numpy().sum(axis=1), terms) else ""


def _rare_and_costly(cost: NDArray[np.float64], terms: ScopeTerms) -> bool:
    """Used by fewer than the rare share of person-years, at a mean per user above the limit."""
    users = cost[cost > 0]
    return bool(len(users)) and len(users) < terms.rare_share * len(cost) and users.mean() > terms.rare_mean


def _by_provider(costs: pd.DataFrame, services: list[str]) -> pd.DataFrame:
    inside = costs.loc[:, costs.columns.get_level_values(0).isin(services)]
    return inside.T.groupby(level=1, sort=False).sum().T


def _few_taken_together(costs: pd.DataFrame, year: pd.Series) -> pd.DataFrame:
    by_year = [costs[(year == y).to_numpy()] for y in year.unique()]
    shown = [c for c in by_year if may_show_mean(len(c))]  # a year of fewer members is never shown
    users = {str(p): _fewest([int((c[p] != 0).sum()) for c in shown]) for p in costs.columns}
    together = taken_together(users, lambda names: all(_may_show_together(c[names]) for c in shown))
    if not together:
        return costs
    rest = costs.drop(columns=together)
    return rest.assign(**{OTHER_PARTNERS: costs[together].sum(axis=1)})


def _fewest(users: list[int]) -> int:
    return min((n for n in users if n), default=0)


def _may_show_together(costs: pd.DataFrame) -> bool:
    """Whether one year's sum over these providers may be shown, and gives no small provider's own sum away."""
    alone = {p: may_show_sum(costs[p].to_numpy(dtype=float)) for p in costs.columns}
    if len(alone) == 1:
        return all(alone.values())
    whole = float(costs.to_numpy().sum())
    given_away = any(dominated(float(costs[p].sum()), 0.0, whole) for p in costs.columns if not alone[p])
    return not given_away and may_show_sum(costs.to_numpy(dtype=float).sum(axis=1))


def _safe(services: pd.DataFrame) -> pd.DataFrame:
    return safe_table(services, "users", ["cost"], amount="cost", largest="largest", second="second")


def _by_service(costs: pd.DataFrame, year: pd.Series, inside: list[str]) -> pd.DataFrame:
    by_person = costs.T.groupby(level=0, sort=False).sum().T
    rows = [
        {"year": y, "service": service, "cost": float(cost.sum()), "users": int((cost != 0).sum()),
         "largest": dearest[-1], "second": dearest[-2], "covered": service in inside}
        for y in np.unique(year.to_numpy())
        for service, cost in by_person[(year == y).to_numpy()].items()
        for dearest in [np.sort(np.abs(np.append(cost.to_numpy(dtype=float), [0.0, 0.0])))]
    ]  # fmt: skip
    return pd.DataFrame(rows)
