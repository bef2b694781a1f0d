"""What the holder pays its partners, and what they share of the result."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from capitation.design.payment_parts import Partner, Payments, Scheme
from capitation.errors import InputError
from capitation.loss.ratio import Floats
from capitation.payments import distribution
from capitation.payments.shapley import of_schemes, shapley
from capitation.terms import OTHER_PARTNERS

USUAL = Partner()


@dataclass(frozen=True, eq=False)
class Plans:
    """What is known of the partners before a year is over, each by provider.

    ``shares`` of the yearly sum; ``past``: what its care in scope cost in each base year, currency; ``people``: those it
    answers for in the contract year over those of the base years, 1 where it answers for everybody; ``outside`` the
    contract, where patients' choice is settled, and ``came``: what care for other areas' people cost at each, currency.
    ``year_part`` is the part of a year that is settled. The prices are shares of what that care cost: paid for members
    outside, and by other areas for their people.
    """

    shares: Mapping[str, float]
    past: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    people: Mapping[str, float] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()
    came: Mapping[str, float] = field(default_factory=dict)
    year_part: float = 1.0
    outflow_price: float = 1.0
    inflow_price: float = 1.0

    def grown(self, factor: float) -> "Plans":
        """The plans of a later contract year: what care cost in the years before it has grown with cost."""
        return replace(self, past={p: tuple(cost * factor for cost in costs) for p, costs in self.past.items()})

    @property
    def inside(self) -> dict[str, float]:
        """The shares of those in the contract."""
        return {p: share for p, share in self.shares.items() if p not in self.outside}

    def income_before(self, provider: str, terms: Partner) -> float:
        """What a partner was paid a year before the contract: as entered, or what its care cost in the last base year."""
        return terms.income_before or self.past.get(provider, (0.0,))[-1]


def planned_shares(base_cost: pd.DataFrame) -> dict[str, float]:
    """Each provider's share of the yearly sum: its share of the base years' cost in scope."""
    totals = base_cost.sum()
    whole = totals.sum()
    return {str(p): float(t / whole) if whole > 0 else 1 / len(totals) for p, t in totals.items()}


def terms_of(provider: str, payments: Payments) -> Partner:
    """The terms of a partner: those entered, or every default."""
    return payments.partners.get(provider, USUAL)


def check_partners(plans: Plans, payments: Payments) -> None:
    """Raises InputError for a payment to somebody who is not in the contract, or that needs a plan where there is none."""
    for name in payments.block_providers:
        _check_inside("payments.block_providers", name, plans)
    for name, terms in payments.partners.items():
        _check_inside(f"payments.partners.{name}", name, plans)
        _check_plan(name, terms, plans)
    for key, scheme in payments.schemes.items():
        for name in scheme.partners:
            _check_inside(f"payments.schemes.{key}.partners", name, plans)


def check_tolerances(plans: Plans, named: Iterable[str]) -> None:
    """Raises InputError where a tolerance is entered for somebody who gives no care in the contract."""
    for name in named:
        if name not in plans.inside:
            raise InputError(f"tolerances.by_partner.{name}", "no partner of that name gives care in this contract",
                             f"one of {', '.join(plans.inside)}")  # fmt: skip


def _check_inside(where: str, name: str, plans: Plans) -> None:
    if name not in plans.shares:
        together = " (which are those that few people use)" if OTHER_PARTNERS in plans.shares else ""
        raise InputError(where, f"no provider {name!r} in scope: a payment to it would leave the contract",
                         f"one of {', '.join(plans.shares)}{together}")  # fmt: skip


def _check_plan(name: str, terms: Partner, plans: Plans) -> None:
    if terms.kind not in ("as the block share says", "activity") and not plans.shares[name] > 0:
        raise InputError(f"payments.partners.{name}.kind", f"{name} gave no care in the base years: there is no plan to pay by",
                         "activity")  # fmt: skip
    if terms != Partner(turnover=terms.turnover, kind=terms.kind) and not (
        plans.shares[name] > 0 or terms.turnover > 0
    ):
        raise InputError(f"payments.partners.{name}.turnover", f"{name} has no turnover and no plan to measure it by",
                         "its yearly turnover")  # fmt: skip


def block_shares(providers: Mapping[str, float], terms: Payments) -> dict[str, float]:
    """The share of each provider's plan (``providers``) that is paid as block, where no other kind is entered for it.

    A provider without a plan, because it gave no care in the base years, is paid by activity.
    """
    chosen = terms.block_providers or tuple(providers)
    return {p: terms.block_share if p in chosen and plan > 0 else 0.0 for p, plan in providers.items()}


def block_payment(plan: Floats, share: float) -> Floats:
    """The fixed part: its share of the plan whatever the activity."""
    return share * plan


def activity_payment(cost: Floats, share: float) -> Floats:
    """The part that follows activity, at the recorded cost of the care."""
    return (1 - share) * cost


def passed_on(transfers: Floats, plan_share: float, share: Floats | float) -> Floats:
    """What a partner receives of the risk payments: as it bears the risk of its volume, by plan."""
    return transfers * plan_share * share


def shared_result(pool: Floats, plans: Plans, payments: Payments, price: float) -> dict[str, Floats]:
    """What each partner receives of a pool of any shape, currency, by the contract's rule; see `by_rule`."""
    if not plans.inside:
        return {}
    claims, shares = by_rule(payments.rule, plans, payments, price)
    return distribution.claims_first(pool, claims, shares)


def by_rule(
    rule: str, plans: Plans, payments: Payments, price: float
) -> tuple[Mapping[str, float], distribution.Shares]:
    """What partners may claim of a gain before it is shared, currency, and the shares of the rest and of a loss.

    ``price`` is the yearly sum, currency. Losers are compensated for what their plan is below their income before the
    contract; what is left over, and a loss, goes by budget. Raises InputError where a rule has nothing to go by.
    """
    inside = plans.inside
    said = {p: terms_of(p, payments) for p in inside}
    budgets = {p: share * price for p, share in inside.items()} if price > 0 else inside
    before = {p: plans.year_part * plans.income_before(p, terms) for p, terms in said.items()}
    claims = {
        "investment need": {p: plans.year_part * terms.investment for p, terms in said.items()},
        "compensate losers": distribution.falls(before, budgets),
    }
    shares: dict[str, Callable[[], distribution.Shares]] = {
        "equal": lambda: distribution.equal(list(inside)),
        "equity": lambda: distribution.by_equity({p: terms.equity for p, terms in said.items()}),
        "performance": lambda: distribution.by_performance({p: t.performance for p, t in said.items()}, budgets),
        "Shapley value": lambda: by_shapley(list(inside), payments.schemes),
    }
    return claims.get(rule, {}), shares.get(rule, lambda: distribution.by_budget(budgets))()


def by_shapley(providers: list[str], schemes: Mapping[str, Scheme]) -> distribution.Shares:
    """Shares in the ratio of what each partner adds to the schemes' savings: its Shapley value over their sum."""
    saving = of_schemes([(frozenset(scheme.partners), scheme.saving) for scheme in schemes.values()])
    values = shapley(providers, saving)
    return distribution.by_weight({p: float(value) for p, value in values.items()}, "Shapley value")
