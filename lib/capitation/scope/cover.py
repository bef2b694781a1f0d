"""What is covered: the service lines in and out, and the rare costly services left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.disclosure import dominated, may_show_mean, may_show_sum, safe_table, taken_together
from capitation.design.parts import Scope as ScopeTerms
from capitation.errors import InputError
from capitation.scope.exclusions import RARE_AND_COSTLY, exclusions, use_of_services
from capitation.terms import OTHER_PARTNERS

NOT_CHOSEN = "not chosen"
Floats = NDArray[np.float64]
Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Scope:
    """The services in, why the others are out, and the members' cost of the services in by provider.

    Amounts are what the contract would pay: where the terms say so, less what clients pay themselves.
    ``left_out`` maps a service to the reason; ``costs`` has the members' rows and a column a provider;
    ``by_service`` has year, service, cost, users, covered over all services, what the two dearest users cost
    (``largest``, ``second``), and ``client_paid``, missing where few people paid or mostly one; ``use`` is how often
    each service is used in the base years. Providers whose care few people use in a year, or mostly one person, stand
    together as one, so that no amount points at a person. ``shown_years`` are those in which all that is left out may
    be shown, ``safe_years`` those in which all that is in may be shown too.
    """

    services: tuple[str, ...]
    left_out: dict[str, str]
    costs: pd.DataFrame
    by_service: pd.DataFrame
    shown_years: frozenset[int] = field(default_factory=frozenset)
    use: pd.DataFrame = field(default_factory=pd.DataFrame)
    safe_years: frozenset[int] = field(default_factory=frozenset)

    @cached_property
    def total(self) -> Floats:
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

    def outside_over_inside(self, years: Sequence[int], services: Sequence[str] = ()) -> float:
        """What the members cost in ``years`` on services left out, some or all, over their cost in scope.

        Amounts outside that may not be shown are not counted; 0 where nothing is left to count. Raises InputError for an
        unknown service.
        """
        _check_known("outlook.shift_from", services, list(dict.fromkeys(self.by_service["service"])))
        if not self.left_out:
            return 0.0
        shown = [year for year in years if year in self.shown_years]
        inside = sum(self.by_service.loc[self._rows(year, covered=True), "cost"].sum() for year in shown)
        moving = [service for service in self.left_out if service in (services or self.left_out)]
        outside = sum(self._shown_outside(year, moving) for year in shown)
        return float(outside / inside) if inside > 0 else 0.0

    def _rows(self, year: int, covered: bool) -> pd.Series:
        return (self.by_service["year"] == year) & (self.by_service["covered"] == covered)

    def _shown_outside(self, year: int, services: Sequence[str]) -> float:
        seen = self.shown_services(year)
        return float(seen.loc[seen["service"].isin(list(services)), "cost"].sum())

    def shown_services(self, year: int) -> pd.DataFrame:
        """The rows of ``by_service`` of one year as they may be shown: no cost where few people used a service.

        What is covered has a total that is published, and so has what is left out: each is protected by itself.
        """
        if year not in self._shown:
            rows = self.by_service[self.by_service["year"] == year]
            covered = rows["covered"].to_numpy(dtype=bool)
            parts = [_safe(rows[side]) for side in (covered, ~covered) if side.any()]
            self._shown[year] = pd.concat(parts).reindex(rows.index) if len(parts) > 1 else parts[0]
        return self._shown[year]

    @cached_property
    def _shown(self) -> dict[int, pd.DataFrame]:
        return {}


@dataclass(frozen=True)
class _Amounts:
    """What the contract would pay for members by line, rows x lines, and what they paid themselves by place of line."""

    lines: Lines
    net: Floats
    paid: dict[int, Floats]

    def of(self, services: Sequence[str]) -> Floats:
        """What each row costs on some services, shape (rows,)."""
        return self.net[:, self.places(services)].sum(axis=1)

    def places(self, services: Sequence[str]) -> list[int]:
        """The columns of some services."""
        return [n for n, (service, _) in enumerate(self.lines) if service in services]


def covering(terms: ScopeTerms) -> ScopeTerms:
    """Only the terms that decide what is covered and what it costs, so that results are kept when others change."""
    return ScopeTerms(services=terms.services, rare_share=terms.rare_share, rare_mean=terms.rare_mean,
                      net_of_client=terms.net_of_client)  # fmt: skip


def cover(costs: pd.DataFrame, year: pd.Series, terms: ScopeTerms, base_years: Sequence[int],
          client_paid: pd.DataFrame | None = None) -> Scope:  # fmt: skip
    """The scope of the members' ``costs`` (columns service, provider; rows as ``year``).

    ``client_paid`` is what they paid themselves, of the columns that charge anything; it comes off where the terms say
    so. The rare and costly list is fixed on ``base_years``, before the contract year starts.
    Raises InputError for an unknown service or when nothing is left.
    """
    amounts, years = _amounts(costs, client_paid, terms.net_of_client), year.to_numpy()
    each = {s: amounts.of([s]) for s in dict.fromkeys(service for service, _ in amounts.lines)}
    _check_services(list(each), terms)
    base = np.isin(years, list(base_years))
    use = use_of_services({service: cost[base] for service, cost in each.items()})
    left_out = _left_out(use, terms)
    inside = [service for service in each if service not in left_out]
    if not inside:
        raise InputError("scope.services", "no service is left in scope", "at least one service line in scope")
    of_year = {int(y): np.flatnonzero(years == y) for y in np.unique(years)}
    by_provider = _few_taken_together(_by_provider(amounts, inside), list(of_year.values()))
    shown, safe = _shown_years(amounts.of(list(left_out)), amounts.of(inside), of_year)
    return Scope(tuple(inside), left_out, pd.DataFrame(by_provider, index=costs.index),
                 _by_service(each, _by_charge(amounts), of_year, inside), shown, use, safe)  # fmt: skip


def _shown_years(
    outside: Floats, inside: Floats, of_year: dict[int, NDArray[np.int64]]
) -> tuple[frozenset[int], frozenset[int]]:
    """The years in which all that is left out may be shown, and those in which all that is in may be, too."""
    shown = frozenset(y for y, mine in of_year.items() if may_show_sum(outside[mine]))
    enough = (y for y in shown if may_show_mean(len(of_year[y])) and may_show_sum(inside[of_year[y]]))
    return shown, frozenset(enough)


def _amounts(costs: pd.DataFrame, client_paid: pd.DataFrame | None, net_of_client: bool) -> _Amounts:
    lines = [(str(service), str(provider)) for service, provider in costs.columns]
    gross = costs.to_numpy(dtype=float)
    charged = {} if client_paid is None else {lines.index((str(s), str(p))): client_paid[s, p].to_numpy(dtype=float)
                                              for s, p in client_paid.columns}  # fmt: skip
    net = gross.copy()
    for place, paid in charged.items() if net_of_client else ():
        net[:, place] -= paid
    return _Amounts(lines, net, charged)


def _check_services(services: list[str], terms: ScopeTerms) -> None:
    _check_known("scope.services", terms.services, services)


def _check_known(where: str, named: Sequence[str], services: Sequence[str]) -> None:
    for name in named:
        if name not in services:
            raise InputError(where, f"the data set has no service {name!r}", "one of " + ", ".join(services))


def _left_out(use: pd.DataFrame, terms: ScopeTerms) -> dict[str, str]:
    """Why services are out, by service."""
    listed = exclusions(use, terms)
    rare = set(listed.loc[listed["excluded"].astype(bool), "service"])
    chosen = set(terms.services or use["service"])
    reasons = {s: NOT_CHOSEN if s not in chosen else RARE_AND_COSTLY if s in rare else "" for s in use["service"]}
    return {service: reason for service, reason in reasons.items() if reason}


def _by_provider(amounts: _Amounts, services: Sequence[str]) -> dict[str, Floats]:
    places: dict[str, list[int]] = {}
    for place in amounts.places(services):
        places.setdefault(amounts.lines[place][1], []).append(place)
    return {provider: amounts.net[:, mine].sum(axis=1) for provider, mine in places.items()}


def _few_taken_together(costs: dict[str, Floats], of_year: list[NDArray[np.int64]]) -> dict[str, Floats]:
    shown = [mine for mine in of_year if may_show_mean(len(mine))]  # a year of fewer members is never shown
    users = {p: _fewest([int(np.count_nonzero(cost[mine])) for mine in shown]) for p, cost in costs.items()}
    together = taken_together(users, lambda names: all(_may_show_together(costs, names, mine) for mine in shown))
    if not together:
        return costs
    rest = {p: cost for p, cost in costs.items() if p not in together}
    return {**rest, OTHER_PARTNERS: np.sum([costs[p] for p in costs if p in together], axis=0)}


def _fewest(users: list[int]) -> int:
    return min((n for n in users if n), default=0)


def _may_show_together(costs: dict[str, Floats], providers: list[str], mine: NDArray[np.int64]) -> bool:
    """Whether one year's sum over these providers may be shown, and gives no small provider's own sum away."""
    each = [costs[p][mine] for p in providers]
    alone = [may_show_sum(cost) for cost in each]
    if len(each) == 1:
        return alone[0]
    together = np.sum(each, axis=0)
    whole = float(together.sum())
    given_away = any(dominated(float(c.sum()), 0.0, whole) for c, own in zip(each, alone, strict=True) if not own)
    return not given_away and may_show_sum(together)


def _safe(services: pd.DataFrame) -> pd.DataFrame:
    return safe_table(services, "users", ["cost", "client_paid"], amount="cost", largest="largest", second="second")


def _by_charge(amounts: _Amounts) -> dict[str, Floats]:
    """What the people paid themselves for each service that charges anything, shape (rows,)."""
    found: dict[str, Floats] = {}
    for place, paid in amounts.paid.items():
        service = amounts.lines[place][0]
        found[service] = found.get(service, 0.0) + paid
    return found


def _by_service(each: dict[str, Floats], paid: dict[str, Floats], of_year: dict[int, NDArray[np.int64]],
                inside: list[str]) -> pd.DataFrame:  # fmt: skip
    rows = [
        {"year": y, "service": service, **_cost_of(cost[mine]), **_paid_of(paid[service][mine] if service in paid else _NONE),
         "covered": service in inside}
        for y, mine in of_year.items() for service, cost in each.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


_NONE = np.zeros(0)


def _cost_of(cost: Floats) -> dict[str, float]:
    second, largest = np.partition(np.abs(np.append(cost, [0.0, 0.0])), -2)[-2:]
    return {"cost": float(cost.sum()), "users": int(np.count_nonzero(cost)), "largest": float(largest),
            "second": float(second)}  # fmt: skip


def _paid_of(paid: Floats) -> dict[str, float]:
    return {"client_paid": float(paid.sum()) if may_show_sum(paid) else float("nan")}
