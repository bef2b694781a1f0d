"""All that the page about scope needs for one contract year, each worked out when first asked for.

What does not depend on which services are in is summed once and kept, so that moving one is quick. What is named
``shown`` has passed disclosure control; nothing else may leave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset import LinkedDataset
from capitation.dataset.disclosure import TOTAL, dominated, may_show_mean, safe_cells, safe_table, taken_together
from capitation.dataset.linked_dataset import PersonYears
from capitation.dataset.selection import Condition, Grouping
from capitation.design.parts import Scope as ScopeTerms
from capitation.kept import kept
from capitation.scope import matrix, owners
from capitation.scope.choice import choice_flows
from capitation.scope.cover import Scope
from capitation.scope.exclusions import exclusions
from capitation.scope.leakage import CostShift, Products, cost_shift, in_and_out, matrices
from capitation.terms import OTHER_PARTNERS

Conditions = tuple[Condition, ...]
By = tuple[Grouping, ...]
OTHERS = "the other segments together"
SIDES = {True: "members", False: "everybody else"}


@kept(64)
def lines_of(held: PersonYears, year: int, conditions: Conditions, by: By = ()) -> pd.DataFrame:
    """`Sums.lines`, kept; names as plain text, which is quick to look up in small tables."""
    found = held.sums.lines(year, conditions, by)
    return found.astype(dict.fromkeys(["service", "provider", *(grouping.name for grouping in by)], object))


@kept(16)
def charges_of(held: PersonYears, year: int, conditions: Conditions) -> pd.DataFrame:
    """See `gross_and_net`, kept."""
    return matrix.gross_and_net(lines_of(held, year, conditions))


@kept(16)
def members_shares(held: PersonYears, year: int, conditions: Conditions) -> dict[str, float]:
    """The members' share of everybody's spend on each service."""
    lines = lines_of(held, year, conditions)
    mine = matrix.members_only(lines).groupby("service")["amount"].sum()
    share = (mine / lines.groupby("service")["amount"].sum()).fillna(0.0)
    return {str(service): float(part) for service, part in share.items()}


@kept(64)
def users_of(held: PersonYears, year: int, conditions: Conditions, by: By = ()) -> pd.DataFrame:
    """`Sums.users`, kept."""
    return held.sums.users(year, conditions, by)


@kept(64)
def exposure_of(held: PersonYears, year: int, conditions: Conditions, by: By = ()) -> pd.DataFrame:
    """Person-years by member and the labels of ``by``, kept."""
    names = [grouping.name for grouping in by]
    return held.sums.cells(year, conditions, by)[["member", *names, "people", "exposure"]]


@kept(16)
def products_of(held: PersonYears, year: int, conditions: Conditions, net: bool) -> tuple[Products, ...]:
    """`Sums.products`, kept: they do not depend on which services are in."""
    return matrices(held.sums.products(year, conditions, net))


class Spent(NamedTuple):
    """What a group of people spent on one service: gross, what they paid of it, and its users with the two dearest."""

    gross: float
    paid: float
    users: int
    largest: float
    second: float


class Use(NamedTuple):
    """Cost and users of one service."""

    cost: float
    users: int


Spending = Mapping[tuple[bool, str], Mapping[str, Spent]]


@kept(64)
def spending(held: PersonYears, year: int, conditions: Conditions, segments: Grouping | None = None) -> Spending:
    """By member and segment (empty where not asked for), what was spent on each service."""
    by = (segments,) if segments else ()
    keys = ["member", *(grouping.name for grouping in by), "service"]
    sums = lines_of(held, year, conditions, by).groupby(keys)[["amount", "client_paid"]].sum()
    users = users_of(held, year, conditions, by).set_index(keys)[["users", "largest", "second"]]
    found: dict[tuple[bool, str], dict[str, Spent]] = {}
    for key, *values in sums.join(users).fillna(0.0).itertuples():
        found.setdefault((bool(key[0]), str(key[1]) if segments else ""), {})[str(key[-1])] = Spent(*values)
    return found


@kept(16)
def owners_of(dataset: LinkedDataset) -> pd.DataFrame:
    """See `owners`, kept."""
    return owners.owners(dataset.budgets)


@dataclass(frozen=True, eq=False)
class Coverage:
    """What the sum covers of the members' care in ``year``, and where care lies outside it.

    ``conditions`` say who is a member; ``segments`` are groups of people; ``part_year`` says that the year is not over.
    """

    dataset: LinkedDataset = field(repr=False)
    conditions: Conditions
    scope: Scope = field(repr=False)
    terms: ScopeTerms
    year: int
    base_years: tuple[int, ...]
    segments: Grouping = field(repr=False)
    part_year: bool = False

    @property
    def _held(self) -> PersonYears:
        return self.dataset.held

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Everybody's spend in the year by member, service and provider; see `Sums.lines`."""
        return lines_of(self._held, self.year, self.conditions)

    @cached_property
    def services(self) -> pd.DataFrame:
        """See `service_matrix`."""
        settings = {str(code): str(setting) for code, setting in self.dataset.services["setting"].items()}
        return matrix.service_matrix(self.lines, settings, self.scope.services, self.terms.net_of_client)

    @cached_property
    def shown_services(self) -> pd.DataFrame:
        """`services` as they may be shown: no amounts where few people used a service, or mostly one."""
        shown = self.scope.shown_services(self.year).set_index("service")["cost"].notna()
        hidden = ~self.services["service"].map(shown).fillna(False).astype(bool)
        amounts = self.services[[matrix.IN, matrix.OUT, "whole"]].mask(hidden)
        return self.services.assign(**{name: amounts[name] for name in amounts.columns})

    @cached_property
    def shown_settings(self) -> pd.DataFrame:
        """See `setting_matrix`; nothing about a setting with a service that is hidden."""
        return matrix.setting_matrix(self.shown_services)

    @cached_property
    def shown_segments(self) -> pd.DataFrame:
        """The share of each segment's whole spend that is covered; missing where few people stand behind what is left out
        of it, or mostly one. Those segments stand in a last row, ``OTHERS``, together. Columns: the grouping's name, share.

        What is left out is counted person by person. All that is left out is published, so that a small segment is hidden
        with others; see `safe_table`.
        """
        name, shown = self.segments.name, shown_as(self._held, self.year, self.conditions, self.segments)
        lines = _under(lines_of(self._held, self.year, self.conditions, (self.segments,)), name, shown)
        found = matrix.coverage_by_group(lines, name, self.scope.services, self.terms.net_of_client)
        hidden = self._hidden_segments(found[name])
        if hidden.all() or not hidden.any():
            return found[[name, "share"]].assign(share=found["share"].mask(hidden))
        sums = found[hidden][[matrix.IN, "whole"]].sum()
        together = pd.DataFrame(
            {name: [OTHERS], "share": [sums[matrix.IN] / sums["whole"] if sums["whole"] else np.nan]}
        )
        return pd.concat(
            [found[[name, "share"]].assign(share=found["share"].mask(hidden)), together], ignore_index=True
        )

    def _hidden_segments(self, names: pd.Series) -> NDArray[np.bool_]:
        """Whether each segment's share is hidden, shape (segments,)."""
        if self.scope.shown_share(self.year) is None:
            return np.ones(len(names), dtype=bool)
        of = (self._held, self.year, self.conditions, self.segments)
        out = left_out_of(*of, tuple(self.scope.left_out)).reindex(names, fill_value=0)
        spent, shown = spending(*of), shown_as(*of)
        whole = {
            n: _enough([s for g, as_ in shown.items() if as_ == n for s in spent.get((True, g), {}).values()])
            for n in names
        }
        alone = out.assign(users=out["users"].where(np.array([whole[n] for n in names]), out["users"].clip(upper=1)))
        safe = safe_table(alone, "users", [], amount="amount", largest="largest", second="second")
        return safe["users"].isna().to_numpy()

    @cached_property
    def shown_segment_costs(self) -> pd.DataFrame:
        """Cost per person-year by segment (rows) and service (columns); see `segment_costs`."""
        return segment_costs(self._held, self.year, self.conditions, self.segments, self.terms.net_of_client)

    @cached_property
    def shown_charges(self) -> pd.DataFrame:
        """Services that charge clients: service, gross, client_paid, net, client_share; none where few people pay."""
        found = charges_of(self._held, self.year, self.conditions)
        if found.empty:
            return found
        safe = self.scope.shown_services(self.year).set_index("service")[["cost", "client_paid"]].notna().all(axis=1)
        return found[found["service"].map(safe).fillna(False).astype(bool)].reset_index(drop=True)

    @property
    def charges_nothing(self) -> bool:
        """Whether nobody pays for any care."""
        return not self.lines["client_paid"].to_numpy().any()

    @cached_property
    def exclusions(self) -> pd.DataFrame:
        """See `exclusions`."""
        return exclusions(self.scope.use, self.terms)

    @cached_property
    def shown_exclusions(self) -> pd.DataFrame:
        """`exclusions` without figures of a service that few people used in one of the base years."""
        told = [self.scope.shown_services(year) for year in self.base_years]
        names = [set(rows["service"].to_numpy()[rows["cost"].notna().to_numpy()]) for rows in told]
        shown = np.array([all(service in some for some in names) for service in self.exclusions["service"]], dtype=bool)
        unused = self.exclusions["users"] == 0
        return self.exclusions.assign(
            **{n: self.exclusions[n].where(shown | unused) for n in ("users", "frequency", "mean")}
        )

    @cached_property
    def shift(self) -> CostShift | None:
        """The cost-shift test from the first base year to the contract year; None where it can't be made or shown."""
        first = self.base_years[0]
        if self.part_year:
            return None
        # asked for before anything is left out, so that the first service to be moved out is moved at once
        of_years = [products_of(self._held, y, self.conditions, self.terms.net_of_client) for y in (first, self.year)]
        if not self.scope.left_out or not all(self._may_compare(year) for year in (first, self.year)):
            return None
        return cost_shift(*(in_and_out(products, self.scope.services) for products in of_years))

    @cached_property
    def shown_by_year(self) -> pd.DataFrame:
        """Cost per person-year in scope and out of it, by year and side: year, side, where, cost."""
        rows = [row for year in self.dataset.years for row in self._year_rows(year)]
        return pd.DataFrame(rows, columns=["year", "side", "where", "cost"])

    def _year_rows(self, year: int) -> list[tuple[int, str, str, float]]:
        shown = {True: year in self.scope.safe_years, False: self._may_compare(year)}
        exposure, net = exposure_of(self._held, year, self.conditions), self.terms.net_of_client
        return [(year, SIDES[member], where, sum(s.gross - s.paid * net for s in spent) / person_years)
                for member, person_years in zip(exposure["member"].tolist(), exposure["exposure"].tolist(), strict=True)
                if shown[member] and person_years > 0
                for spent, where in zip(self._in_and_out(self._spending(year).get((member, ""), {})), ("in", "out"), strict=True)
                ]  # fmt: skip

    def members_spending(self, year: int) -> dict[str, "Use"]:
        """What the contract would pay for members in a year, and how many used it, by service in scope."""
        net, inside = self.terms.net_of_client, self.scope.services
        spent = self._spending(year).get((True, ""), {})
        return {name: Use(of.gross - of.paid * net, of.users) for name, of in spent.items() if name in inside}

    def _spending(self, year: int) -> Spending:
        return spending(self._held, year, self.conditions)

    def _in_and_out(self, spent: Mapping[str, Spent]) -> tuple[list[Spent], list[Spent]]:
        inside = self.scope.services
        return [s for name, s in spent.items() if name in inside], [
            s for name, s in spent.items() if name not in inside
        ]

    def _may_compare(self, year: int) -> bool:
        """Whether enough others are there, in and out of scope, and what members cost may be shown."""
        others = self._spending(year).get((False, ""), {})
        return bool(others) and year in self.scope.safe_years and all(map(_enough, self._in_and_out(others)))

    @cached_property
    def flows(self) -> pd.DataFrame:
        """See `choice_flows`."""
        return choice_flows(self.lines, self.scope.services, self.terms)

    @cached_property
    def shown_flows(self) -> pd.DataFrame:
        """`flows` of the providers that may be shown: not of few people, members or others."""
        alone = set(self.scope.costs.columns) - {OTHER_PARTNERS}
        shown = [p in alone and self._may_show_others(p) for p in self.flows["provider"]]
        return self.flows[shown].reset_index(drop=True)

    def _may_show_others(self, provider: str) -> bool:
        """Whether what others spent at a provider may be shown; the dearest of each service are taken to be there."""
        lines = self.lines[(self.lines["provider"] == provider) & ~self.lines["member"].to_numpy(dtype=bool)]
        spent, inside = self._spending(self.year).get((False, ""), {}), self.scope.services
        there = zip(lines["service"], lines["amount"], lines["users"], strict=True)
        return _enough([spent[s]._replace(gross=gross, users=users) for s, gross, users in there if s in inside])

    @cached_property
    def owners(self) -> pd.DataFrame:
        """Who owns each service's budget in the contract year; see `owners`."""
        found = owners_of(self.dataset)
        return found[found["year"] == self.year].reset_index(drop=True)

    @property
    def paid_twice_is_checked(self) -> bool:
        """Whether the terms say which streams are paid into the sum, so that another one can be seen to pay as well."""
        return bool(self.terms.pooled_streams) and not self.dataset.budgets.empty

    @cached_property
    def shown_paid_twice(self) -> pd.DataFrame:
        """See `paid_twice`; without amounts of a service that may not be shown."""
        found = owners.paid_twice(self.dataset.budgets, self.year, self.scope.services, self.terms.pooled_streams,
                                  members_shares(self._held, self.year, self.conditions))  # fmt: skip
        if found.empty:
            return found
        shown = self.shown_services.set_index("service")["whole"].notna()
        return found.assign(amount=found["amount"].where(found["service"].map(shown).fillna(True).astype(bool)))


def _enough(spent: Sequence[Spent]) -> bool:
    """Whether a sum over services may be shown: nobody's, or surely of 8 people and not mostly of one.

    Who used several services is counted once at the least, and the dearest of each service are taken for one person.
    """
    whole = sum(s.gross for s in spent)
    if whole == 0:
        return True
    largest, second = sum(s.largest for s in spent), sum(s.second for s in spent)
    return may_show_mean(int(max(s.users for s in spent))) and not dominated(largest, second, whole)


@kept(16)
def shown_as(held: PersonYears, year: int, conditions: Conditions, segments: Grouping) -> dict[str, str]:
    """What each segment with members is shown as: its own name, or one name for those of few members and the next
    smallest together. What one person used, or did not use, is then nowhere a row of its own."""
    rows = matrix.members_only(exposure_of(held, year, conditions, (segments,)))
    people = dict(zip(rows[segments.name], rows["people"].astype(int), strict=True))
    order = [label for label in segments.labels if label in people]
    together = taken_together(people)
    name = " with ".join(label.partition(":")[0] for label in order if label in together)
    return {label: name if label in together else label for label in order}


def _under(rows: pd.DataFrame, name: str, shown: Mapping[str, str]) -> pd.DataFrame:
    """Rows by segment under the names that these are shown as; segments without a member keep theirs."""
    return rows.assign(**{name: [shown.get(label, label) for label in rows[name]]})


@kept(64)
def left_out_of(
    held: PersonYears, year: int, conditions: Conditions, segments: Grouping, services: tuple[str, ...]
) -> pd.DataFrame:
    """Members who used any of some services, by what their segment is shown as (index): users, amount, largest, second."""
    shown, name = shown_as(held, year, conditions, segments), segments.name
    found = held.sums.users_together(year, conditions, (segments,), services)
    return _dearest_of(_under(found, name, shown), [name])


def _dearest_of(users: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Users of groups of different people taken together by ``keys`` (the index): users and amounts added, the two dearest."""
    columns = [c for c in ("users", "amount") if c in users]
    either = pd.concat([users[[*keys, c]].rename(columns={c: "spent"}) for c in ("largest", "second")])
    ranked = either.sort_values("spent", ascending=False).groupby(keys)["spent"]
    return users.groupby(keys)[columns].sum().assign(largest=ranked.max(), second=ranked.apply(_second))


def _second(dearest_first: pd.Series) -> float:
    return float(dearest_first.iloc[1])


@kept(16)
def segment_costs(held: PersonYears, year: int, conditions: Conditions, segments: Grouping, net: bool) -> pd.DataFrame:
    """Members' cost per person-year by segment (rows) and service (columns), missing where it may not be shown.

    Segments are as `shown_as` has them. A cell of few people, or mostly of one, is hidden with others at the corners of
    rectangles; see `safe_cells`.
    """
    by, name, shown = (segments,), segments.name, shown_as(held, year, conditions, segments)
    exposure = (
        _under(matrix.members_only(exposure_of(held, year, conditions, by)), name, shown)
        .groupby(name)["exposure"]
        .sum()
    )
    lines, users = (_under(of(held, year, conditions, by), name, shown) for of in (lines_of, users_of))
    cost = matrix.cost_by_group(lines, exposure.reindex(list(dict.fromkeys(shown.values()))), name, net)
    dearest = _dearest_of(matrix.members_only(users), [name, "service"])
    return cost.where(_may_show_cells(lines, dearest, name)
                      .reindex(index=cost.index, columns=cost.columns, fill_value=True))  # fmt: skip


def _may_show_cells(lines: pd.DataFrame, users: pd.DataFrame, name: str) -> pd.DataFrame:
    """Whether each cell of a group (rows) and service (columns) may be shown beside its totals."""
    amount = matrix.members_only(lines).groupby([name, "service"])["amount"].sum().reindex(users.index, fill_value=0.0)
    alone = [n if not dominated(largest, second, whole) else 1 for n, largest, second, whole in
             zip(users["users"], users["largest"], users["second"], amount, strict=True)]  # fmt: skip
    counts = pd.Series(alone, index=users.index).unstack(fill_value=0)
    return safe_cells(counts).drop(index=TOTAL).drop(columns=TOTAL, errors="ignore").notna()
