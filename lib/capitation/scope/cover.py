"""What is covered: the service lines in and out, and the rare costly services left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import SMALLEST_SHOWN, taken_together
from capitation.design.parts import Scope as ScopeTerms
from capitation.errors import InputError

NOT_CHOSEN = "not chosen"
RARE_AND_COSTLY = "rare and costly"
OTHER_PARTNERS = "other partners"


@dataclass(frozen=True)
class Scope:
    """The services in, why the others are out, and the members' cost of the services in by provider.

    ``left_out`` maps a service to the reason; ``costs`` has the members' rows and a column a provider;
    ``by_service`` has year, service, cost, users, covered over all services. Providers whose care few people use
    in a year stand together as one, so that no amount points at a person.
    """

    services: tuple[str, ...]
    left_out: dict[str, str]
    costs: pd.DataFrame
    by_service: pd.DataFrame

    @property
    def total(self) -> NDArray[np.float64]:
        """Each member row's cost in scope, shape (rows,)."""
        return self.costs.to_numpy().sum(axis=1)

    def covered_share(self, year: int) -> float:
        """Share of the members' whole cost in ``year`` that is in scope."""
        rows = self.by_service[self.by_service["year"] == year]
        whole = rows["cost"].sum()
        return float(rows.loc[rows["covered"], "cost"].sum() / whole) if whole else 0.0


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
    return Scope(tuple(inside), left_out, by_provider, _by_service(costs, year, inside))


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
    counted = year.map(year.value_counts()).to_numpy() >= SMALLEST_SHOWN  # a year of fewer members is never shown
    users = (costs[counted] > 0).groupby(year.to_numpy()[counted]).sum()
    fewest = {str(p): int(users[p][users[p] > 0].min()) for p in costs.columns if users[p].any()}
    together = taken_together(fewest)
    if not together:
        return costs
    rest = costs.drop(columns=together)
    return rest.assign(**{OTHER_PARTNERS: costs[together].sum(axis=1)})


def _by_service(costs: pd.DataFrame, year: pd.Series, inside: list[str]) -> pd.DataFrame:
    wide = costs.groupby(year.to_numpy()).sum().T.groupby(level=0, sort=False).sum().T
    long = wide.rename_axis(index="year", columns="service").stack().rename("cost").reset_index()
    used = costs.T.groupby(level=0, sort=False).sum().T.gt(0).groupby(year.to_numpy()).sum()
    users = [int(used.loc[y, s]) for y, s in zip(long["year"], long["service"], strict=True)]
    return long.assign(users=users, covered=long["service"].isin(inside))
