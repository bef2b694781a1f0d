"""Money is neither made nor lost by any party, step or year, whatever the design: a hundred thousand of them.

Designs are drawn at random from what the terms accept, a thousand for each example that hypothesis picks, and each is
settled for years far from the price as well as near it.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.contract import settle
from capitation.dataset import open_dataset
from capitation.design import change, outcome_parts, parts, payment_parts, read_design
from capitation.design.parts import order_fault
from capitation.loss.pence import close_to_zero
from capitation.outcomes.score import Score
from capitation.risk.composed import Around
from capitation.risk.year_cost import YearCost
from capitation.settlement import settlement

EXAMPLES, DESIGNS = 100, 1_000
ORDERS = [
    o
    for o in ((a, b, c) for a in parts.RISK_CLAUSES for b in parts.RISK_CLAUSES for c in parts.RISK_CLAUSES)
    if not order_fault(o)
]


@pytest.fixture(scope="module")
def settled(root):
    design = change(read_design(root / "designs" / "baseline.yaml"), {"outlook.replicates": 1_024})
    return settle(open_dataset("rand-hie"), design)


def drawn(part, rng):
    """A part with every number within its bounds, every switch and choice at random, drawn without its checks."""
    values = {}
    for name, info in part.model_fields.items():
        value = getattr(part(), name)
        extra = info.json_schema_extra or {}
        if isinstance(value, bool):
            values[name] = bool(rng.integers(2))
        elif isinstance(value, int | float):
            values[name] = type(value)(rng.uniform(extra["low"], extra["high"]))
        elif isinstance(value, str):
            values[name] = str(rng.choice(info.annotation.__args__))
    return part.model_construct(**{**dict(part()), **values})


def bands(rng):
    edges = np.sort(rng.choice(np.arange(1, 60), rng.integers(0, 4), replace=False))
    shares = rng.integers(0, 101, len(edges) + 1)
    mixed = [int(v) for pair in zip(shares, [*edges, 0], strict=True) for v in pair][:-1]
    return tuple(mixed) if rng.integers(2) else ()


def risk_of(rng):
    corridor = drawn(parts.Corridor, rng)
    corridor = corridor.model_copy(
        update={"outer": corridor.inner + corridor.outer, "gain_bands": bands(rng), "loss_bands": bands(rng)}
    )
    limits = drawn(parts.ProfitLimits, rng)
    limits = limits.model_copy(update={"cap": max(limits.cap, limits.guarantee)})
    sharing = drawn(parts.Sharing, rng).model_copy(update={"minimum_rule": "as entered"})
    return parts.Risk.model_construct(
        stop_loss=drawn(parts.StopLoss, rng), aggregate_stop_loss=drawn(parts.AggregateStopLoss, rng), corridor=corridor,
        sharing=sharing, profit_limits=limits, pool=drawn(parts.Pool, rng), reopener=drawn(parts.Reopener, rng),
        order=ORDERS[rng.integers(len(ORDERS))], glide=tuple(map(int, rng.integers(0, 101, rng.integers(0, 4)))),
    )  # fmt: skip


def payments_of(providers, rng):
    """Every partner with a kind of its own, stakes that make a whole, a scheme of all, a minimum income."""
    stakes = rng.dirichlet(np.ones(len(providers)))
    partners = {p: drawn(payment_parts.Partner, rng).model_copy(update={"equity": float(s), "localities": ()})
                for p, s in zip(providers, stakes, strict=True)}  # fmt: skip
    together = payment_parts.Scheme.model_construct(partners=tuple(providers), saving=float(rng.uniform(1, 1e6)))
    return drawn(payment_parts.Payments, rng).model_copy(update={
        "choice": False, "guarantee": drawn(payment_parts.Guarantee, rng), "partners": partners, "schemes": {"all": together},
    })  # fmt: skip


def design_of(settled, rng):
    design = settled.design
    payments = payments_of(settled.plan, rng)
    outcomes = drawn(outcome_parts.Outcomes, rng)
    return design.model_copy(
        update={"risk": risk_of(rng), "payments": payments, "outcomes": outcomes, "form": drawn(parts.Form, rng)}
    )


def years_of(pool, price, rng):
    total = price.payment * np.concatenate([[1.0, 0.0], rng.lognormal(0, 0.3, 4)])
    shares = rng.dirichlet(np.ones(len(pool.providers)))
    return YearCost({p: s * total for p, s in zip(pool.providers, shares, strict=True)}, rng.uniform(0, 1) * total)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_every_line_of_a_hundred_thousand_designs_sums_to_zero_to_the_penny(settled, seed):
    rng = np.random.default_rng(seed)
    for _ in range(DESIGNS):
        design, cost = design_of(settled, rng), years_of(settled.pool, settled.price, rng)
        quality = float(rng.uniform())
        others = tuple(
            rng.normal(0, settled.price.payment / 10, len(cost.total)) for _ in range(design.risk.pool.contracts)
        )
        around = Around(quality, int(rng.integers(1, 6)), float(rng.uniform(0, 1e4)) * rng.integers(2), others)
        opened = rng.normal(0, 1e4, len(cost.total)) * rng.integers(2)
        lines = settlement(
            settled.price, cost, settled.pool, settled.plans, Score(quality, None), design, around, opened
        ).lines
        sums = np.array([sum(line.flows.values()) for line in lines])
        assert np.abs(sums).max() < 1e-6
        year = int(rng.integers(len(cost.total)))
        pence = [sum(close_to_zero({p: float(f[year]) for p, f in line.flows.items()}, "holder" if "holder" in line.flows
                                   else "supplies").values()) for line in lines]  # fmt: skip
        assert not any(pence)
        assert all(np.isfinite(flow).all() for line in lines for flow in line.flows.values())
