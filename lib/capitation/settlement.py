"""The lines of one settlement in the order of operations: the only place that knows the order of the steps.

A line says what each party receives, arrays of one shape that sum to zero: (1,) for the year that happened, (years drawn,)
for an outlook.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capitation import terms
from capitation.dataset.disclosure import dominated
from capitation.design import ContractDesign, change, outcome_parts, parts, payment_parts
from capitation.kept import kept
from capitation.loss.ratio import Floats
from capitation.loss.scenarios import Scenarios
from capitation.outcomes.score import Score, earned, forfeited
from capitation.payments import partners
from capitation.payments.guarantee import top_up
from capitation.payments.kinds import AS_GIVEN, AT_SETTLEMENT, DUE, PLANNED, care_of, paid, volume_borne
from capitation.payments.partners import Plans
from capitation.price.form_costs import Overhead, Purchases, vat_lost
from capitation.price.person_year import BUILD_UP_LABELS, Price
from capitation.risk.clauses import CLAUSE_LABELS, aggregate_stop_loss_transfer
from capitation.risk.composed import AGGREGATE_CHARGE, POOL, Around, before_the_pool, composed
from capitation.risk.stop_loss import charge, recovery
from capitation.risk.year_cost import Pool, YearCost, cost_of_others
from capitation.terms import COMMISSIONER, HOLDER, OTHER_AREAS, RISK_POOL, SUPPLIES

Flows = dict[str, Floats]
ALL_CLAUSES = "individual stop-loss and the other clauses together"
VAT_LOST, RUNNING = "VAT no longer refunded", "setting up and running the contract"
SWITCHES = ("stop_loss", *CLAUSE_LABELS, "profit_limits", "pool", "reopener")
GATE = "given up at the quality gate"
REOPENED = "price re-opened by earlier results"
BONUS = "bonus for outcomes"
FROM_OTHERS = "passed on from other areas"
PASSED_ON = "risk payments passed on"
CHOICE = "patients’ choice"
SHARE = "share of the result"
BEFOREHAND = {AGGREGATE_CHARGE: PLANNED}  # clauses of which the amount is known before the year
STREAMS_DUE = {**DUE, CHOICE: AS_GIVEN}
PAYERS = {POOL: RISK_POOL}  # who stands opposite the holder in a clause, where it is not the commissioner


@dataclass(frozen=True)
class Line:
    """One line of a settlement: what each party receives, arrays of one shape that sum to zero, and when it is ``due``."""

    step: str
    name: str
    flows: Flows
    due: str = AT_SETTLEMENT


@dataclass(frozen=True)
class Settlement:
    """The lines of a settlement in the order of operations, for one year or for many drawn years."""

    lines: tuple[Line, ...]
    price: float

    def result(self, party: str) -> Floats:
        """What ``party`` is left with: all its lines together."""
        mine = [line.flows[party] for line in self.lines if party in line.flows]
        return _summed(mine, mine[0]) if mine else np.zeros(1)

    @property
    def parties(self) -> list[str]:
        """Every party with a line, in order of first appearance."""
        return list(dict.fromkeys(p for line in self.lines for p in line.flows))

    @property
    def providers(self) -> list[str]:
        """The partners that give the care."""
        return [p for p in self.parties if p not in terms.PARTY_LABELS]

    @property
    def in_order(self) -> list[str]:
        """Every party in the order in which people read them."""
        others = [party for party in (RISK_POOL, OTHER_AREAS) if party in self.parties]
        return [COMMISSIONER, HOLDER, *self.providers, *others, SUPPLIES]

    @property
    def partners_result(self) -> Floats:
        """What the partners are left with together."""
        mine = set(self.providers)
        flows = [f for line in self.lines for party, f in line.flows.items() if party in mine]
        return _summed(flows, flows[0]) if flows else np.zeros(1)

    @property
    def providers_result(self) -> Floats:
        """What holder and partners are left with together."""
        return self.result(HOLDER) + self.partners_result

    @property
    def commissioner_extra(self) -> Floats:
        """What the commissioner pays beyond the price; negative when it gets money back."""
        return -self.result(COMMISSIONER) - self.price


def without_clauses(design: ContractDesign) -> ContractDesign:
    """``design`` with every risk clause switched off."""
    return change(design, {**{f"risk.{name}.on": False for name in SWITCHES}, "risk.glide": ()})


@dataclass(frozen=True, eq=False)
class ContractYear:
    """What one year of the contract is settled under: its price, expected cost, terms, outcomes won; ``number`` from 1."""

    price: Price
    pool: Pool
    plans: Plans
    won: Score
    design: ContractDesign
    number: int = 1

    def settle(self, cost: YearCost, others: Sequence[Floats] = (), charged: float = 0.0,
               reopened: Floats | float = 0.0) -> Settlement:  # fmt: skip
        """The year settled; a pool whose other contracts' results (``others``) are not known is left for later."""
        around = Around(self.won.share, self.number, charged, others)
        return settlement(self.price, cost, self.pool, self.plans, self.won, self.design, around, reopened)

    def expected_charge(self, cost: YearCost) -> float:
        """What aggregate stop-loss pays back on average in the years of ``cost``."""
        terms, price = self.design.risk.aggregate_stop_loss, self.price.payment  # it comes first of all clauses
        return float(aggregate_stop_loss_transfer(self._after_stop_loss(cost), np.array(price), terms).mean())

    def others(self, drawn: Scenarios, factor: Floats, charged: float, seed: int) -> tuple[Floats, ...]:
        """Results before the pool of its other contracts: other people, the same ``factor`` on everybody's cost."""
        pooled, protected = self.design.risk.pool, self.design.risk.stop_loss
        if not pooled.on:
            return ()
        orders = _orders_of_others(drawn.count, seed, self.number, pooled.contracts)
        result, found = self._clauses(cost_of_others(self.pool, drawn, factor, protected, orders), charged)
        return tuple(result + sum(found.values()))

    def _clauses(self, cost: YearCost, charged: float) -> tuple[Floats, dict[str, Floats]]:
        """The holder's result after individual stop-loss, and the clauses before a pool."""
        result, payment = self._after_stop_loss(cost), np.asarray(self.price.payment, dtype=cost.total.dtype)
        around = Around(self.won.share, self.number, charged)
        return result, before_the_pool(result, payment, self.design.risk, around)

    def _after_stop_loss(self, cost: YearCost) -> Floats:
        back, paid = stop_loss_of(cost, self.pool, self.design.risk.stop_loss)
        return (self.price.payment - paid) - cost.total + back


@kept(32)
def _orders_of_others(count: int, seed: int, year: int, contracts: int) -> NDArray[np.int64]:
    """The drawn years' people in an order of each other contract, shape (contracts, years)."""
    return np.stack([np.random.default_rng([seed, 23, year, k]).permutation(count) for k in range(contracts)])


def settlement(price: Price, cost: YearCost, pool: Pool, plans: Plans, won: Score, design: ContractDesign,
               around: Around | None = None, reopened: Floats | float = 0.0) -> Settlement:  # fmt: skip
    """The lines of one settlement in the order of operations: price, risk, outcomes, payments, care.

    Risk clauses read the recorded cost of care against the price, whoever gives the care. ``reopened`` is what an
    earlier year adds to the price; blocks follow it. Source of the order: published settlement rules (stop-loss on the
    original cost; benchmark and discount before the saving; shares and caps; withhold on the price; distribution last).
    """
    around = around or Around(won.share)
    payment = np.asarray(price.payment) + reopened  # one number for all years unless an earlier one moved it
    lines = _price_lines(price, cost)
    if np.any(reopened):
        lines.append(_to_holder("price", REOPENED, reopened, cost.total, PLANNED))
    lines += _form_lines(price.payment, cost, design.form)
    risk_lines = _risk_lines(payment, cost, pool, around, design)
    lines += risk_lines + _outcome_lines(price.payment, cost, won, design.outcomes, around.year)
    transfers = _summed([line.flows[HOLDER] for line in risk_lines], cost.total)
    lines += _payment_lines(payment, cost, transfers, plans, design.payments, around)
    lines += _gain_lines(lines, plans, design.payments, price.payment)
    lines += _guarantee_lines(lines, payment, cost.total, plans, design.payments, around.year)
    return Settlement(
        tuple(lines), price.payment + sum(form_cost(price.payment, design.form).values()) * design.form.funded
    )


def _summed(amounts: Sequence[Floats], like: Floats) -> Floats:
    """The sum of arrays of one shape, one after the other: no large table of them all is made."""
    total = np.zeros_like(like)
    for amount in amounts:
        total += amount
    return total


def _to_holder(step: str, name: str, amount: Floats | float, like: Floats, due: str = AT_SETTLEMENT) -> Line:
    flow = np.asarray(amount, dtype=float)  # one number for all years takes no room
    both = {COMMISSIONER: np.broadcast_to(-flow, like.shape), HOLDER: np.broadcast_to(flow, like.shape)}
    return Line(step, name, both, due)


def _minus(amount: Floats) -> Floats:
    """The amount the other way; one number for all years still takes no room."""
    return -amount if any(amount.strides) else np.broadcast_to(-amount[:1], amount.shape)


def _price_lines(price: Price, cost: YearCost) -> list[Line]:
    total = cost.total
    return [_to_holder("price", BUILD_UP_LABELS[name], amount * price.exposure, total, PLANNED)
            for name, amount in price.build_up.items()]  # fmt: skip


def form_cost(payment: float, form: parts.Form) -> dict[str, float]:
    """What the form of the contract costs in a year beside care, where it is anything: VAT lost, and overheads."""
    bought = Purchases(form.vat_behind_trusts * payment, form.vat_by_holder * payment)
    overhead = Overhead(form.set_up * payment, form.running * payment)
    found = {VAT_LOST: vat_lost(bought, form.holder), RUNNING: overhead.a_year(form.years)}
    return {name: amount for name, amount in found.items() if amount}


def _form_lines(payment: float, cost: YearCost, form: parts.Form) -> list[Line]:
    """The holder pays for them; the commissioner pays the holder where they are funded."""
    lines: list[Line] = []
    for name, amount in form_cost(payment, form).items():
        spent = np.full_like(cost.total, amount)
        lines.append(Line("form", name, {HOLDER: -spent, SUPPLIES: spent}, PLANNED))
        if form.funded:
            lines.append(_to_holder("form", f"{name}: paid by the commissioner", amount, cost.total, PLANNED))
    return lines


def _risk_lines(payment: Floats, cost: YearCost, pool: Pool, around: Around, design: ContractDesign) -> list[Line]:
    risk, outcomes = design.risk, design.outcomes
    back, paid = stop_loss_of(cost, pool, risk.stop_loss)
    result = payment - paid - cost.total + back
    transfers = composed(result, payment, risk, around)
    transfers[GATE] = -forfeited(result + sum(transfers.values()), around.quality, outcomes)
    lines = [
        Line(
            "risk", name, {PAYERS.get(name, COMMISSIONER): -amount, HOLDER: amount}, BEFOREHAND.get(name, AT_SETTLEMENT)
        )
        for name, amount in transfers.items()
    ]
    if not risk.stop_loss.on:
        return lines
    # which lines stand apart matters in the year that happened only: nobody reads the lines of drawn years
    happened = cost.people_above is not None
    few = happened and not (cost.may_show_excess and pool.may_show_excess(risk.stop_loss))
    return _with_stop_loss(paid, back, lines, few)


def stop_loss_of(cost: YearCost, pool: Pool, terms: parts.StopLoss) -> tuple[Floats, float]:
    """What comes back for the excess, and what is charged for it beforehand."""
    return recovery(cost.excess, terms), charge(float(recovery(pool.expected_excess(terms), terms)), terms)


def _with_stop_loss(paid: float, back: Floats, clauses: list[Line], few: bool) -> list[Line]:
    """Charge, recovery and the clauses after them; in one line what would point at the few people it rests on."""
    if not few:
        return [_to_holder("risk", "individual stop-loss: charge", -paid, back, PLANNED),
                _to_holder("risk", "individual stop-loss: recovery", back, back), *clauses]  # fmt: skip
    if not dominated(float(back[0]), 0.0, float(back[0]) + paid):
        return [_to_holder("risk", "individual stop-loss: recovery less charge", back - paid, back), *clauses]
    apart = [c for c in clauses if COMMISSIONER not in c.flows]
    together = sum(c.flows[HOLDER] for c in clauses if COMMISSIONER in c.flows)
    return [_to_holder("risk", ALL_CLAUSES, back - paid + together, back), *apart]


def _outcome_lines(
    price: float, cost: YearCost, won: Score, outcomes: outcome_parts.Outcomes, year: int = 1
) -> list[Line]:
    at_stake = outcomes.withhold * price
    paid_for = at_stake * earned(won.share, outcomes, year)
    if outcomes.pays == "bonus":
        return [_to_holder("outcomes", BONUS, paid_for, cost.total)]
    return [_to_holder("outcomes", "withhold kept back", -at_stake, cost.total, PLANNED),
            _to_holder("outcomes", "withhold earned", paid_for, cost.total)]  # fmt: skip


def _payment_lines(price: Floats, cost: YearCost, transfers: Floats, plans: Plans, payments: payment_parts.Payments,
                   around: Around) -> list[Line]:  # fmt: skip
    lines: list[Line] = []
    for provider, given in cost.by_provider.items():
        if provider in plans.outside:
            amounts: Flows = {CHOICE: given * plans.outflow_price}
        else:
            amounts = _paid_to(provider, price, given, transfers, plans, payments, around)
        lines += [Line("payments", f"{name}: {provider}", {HOLDER: _minus(a), provider: a}, STREAMS_DUE.get(name, AT_SETTLEMENT))
                  for name, a in amounts.items()]  # fmt: skip
        lines.append(Line("care", f"care given: {provider}", {provider: -given, SUPPLIES: given}, AS_GIVEN))
        lines += _other_areas_lines(provider, given, plans, payments)
    return lines


def _paid_to(provider: str, price: Floats, given: Floats, transfers: Floats, plans: Plans,
             payments: payment_parts.Payments, around: Around) -> Flows:  # fmt: skip
    """What a partner in the contract is paid, stream by stream, and its part of the risk payments."""
    terms = partners.terms_of(provider, payments)
    share_of_plan = plans.shares[provider]
    care = care_of(provider, plans, payments, share_of_plan * price, given, around.quality)
    amounts = paid(care, terms)
    amounts[PASSED_ON] = partners.passed_on(transfers, share_of_plan, volume_borne(care, terms))
    return amounts


def _guarantee_lines(lines: list[Line], price: Floats, like: Floats, plans: Plans,
                     payments: payment_parts.Payments, year: int) -> list[Line]:  # fmt: skip
    """What brings each partner's income, its share of the result included, up to the floor: nobody else shares in it."""
    if not payments.guarantee.on:
        return []
    paid_by_holder = [line for line in lines if line.step == "payments" and not line.name.startswith(FROM_OTHERS)]
    found: list[Line] = []
    for provider, share in plans.inside.items():
        income = _summed([line.flows[provider] for line in paid_by_holder if provider in line.flows], like)
        added = top_up(income, share * price, year, payments.guarantee)
        found.append(Line("payments", f"income guarantee: {provider}", {HOLDER: -added, provider: added}))
    return found


def _other_areas_lines(provider: str, like: Floats, plans: Plans, payments: payment_parts.Payments) -> list[Line]:
    """Care for other areas' people: paid for at their rate; it costs what is not fixed, because the capacity is there."""
    came = plans.came.get(provider, 0.0)
    if not came:
        return []
    paid_for = np.full_like(like, plans.inflow_price * came)
    spent = np.full_like(like, (1 - partners.terms_of(provider, payments).fixed_share) * came)
    return [Line("payments", f"other areas pay: {provider}", {OTHER_AREAS: -paid_for, HOLDER: paid_for}, AS_GIVEN),
            Line("payments", f"{FROM_OTHERS}: {provider}", {HOLDER: -paid_for, provider: paid_for}, AS_GIVEN),
            Line("care", f"care for other areas’ people: {provider}", {provider: -spent, SUPPLIES: spent}, AS_GIVEN)]  # fmt: skip


def _gain_lines(lines: list[Line], plans: Plans, payments: payment_parts.Payments, price: float) -> list[Line]:
    pool = payments.partner_share * Settlement(tuple(lines), 0.0).result(HOLDER)
    gains = partners.shared_result(pool, plans, payments, price)
    return [Line("payments", f"{SHARE}: {p}", {HOLDER: -g, p: g}) for p, g in gains.items()]
