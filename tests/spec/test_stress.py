"""Stress cases and the reverse stress, against the outlook they move."""

import numpy as np
import pytest

from capitation.contract import settle
from capitation.design import change
from capitation.stress import Case, menu, reverse_stress, stressed
from capitation.terms import HOLDER

CALM = {"outlook.common_shock": 0.0, "outlook.price_error": False}
BARE = {**{f"risk.{name}.on": False for name in ("stop_loss", "aggregate_stop_loss", "corridor")}, "payments.partner_share": 0.0,
        "payments.block_share": 0.0, "outcomes.withhold": 0.0}  # fmt: skip


@pytest.fixture
def of(rand_hie, quick):
    return lambda changes: settle(rand_hie, change(quick, changes))


def test_twelve_cases_of_which_the_first_is_the_outlook(of):
    result = of({})
    found = stressed(result, menu(result))
    assert len(found) == 12
    assert found[0].holder == pytest.approx(float(result.outlook.result(HOLDER).mean()))
    assert all(case.case.source and case.case.says for case in found)


def test_care_that_costs_more_is_borne_by_somebody_to_the_pound(of):
    result = of({**CALM, **BARE})
    usual, dear, leaves = stressed(result, [Case("a", "a"), Case("b", "b", cost=1.1), menu(result)[10]])
    cost = float(result.outlook_cost.total.mean())
    assert usual.holder - dear.holder == pytest.approx(0.1 * cost)
    largest = max(result.plan, key=result.plan.__getitem__)
    assert usual.holder - leaves.holder == pytest.approx(0.15 * float(result.outlook_cost.by_provider[largest].mean()))


def test_late_and_missing_savings_cost_what_was_hoped_for(of):
    result = of({**CALM, **BARE, "outlook.savings": 0.05})
    cases = {c.name: c for c in menu(result)}
    usual, late, none = stressed(
        result, [cases[n] for n in ("As expected", "Savings two years late", "No saving comes")]
    )
    hoped = 0.05 * result.price.expected * result.price.exposure
    assert usual.holder - late.holder == pytest.approx(hoped, rel=1e-3)
    assert none.holder == pytest.approx(late.holder)


def test_what_has_to_go_wrong_to_lose_so_much_by_hand(of):
    result = of({**CALM, **BARE})
    price = result.price.payment
    assert reverse_stress(result, 0.03 * price) == pytest.approx(0.03, abs=2e-5)
    capped = of(
        {**CALM, **BARE, "risk.sharing.on": True, "risk.sharing.loss_share": 0.5, "risk.sharing.loss_cap": 0.02}
    )
    assert reverse_stress(capped, 0.01 * price) == pytest.approx(0.02, abs=2e-5)
    assert reverse_stress(capped, 0.03 * price) is None


def test_everything_in_force_gives_numbers(of):
    on = {f"risk.{name}.on": True for name in ("sharing", "profit_limits", "pool")}
    result = of({**on, "risk.aggregate_stop_loss.charged": True})
    figures = [
        (s.holder, s.partners, s.commissioner, s.holder_bad_year, s.reserves_lost)
        for s in stressed(result, menu(result))
    ]
    assert np.isfinite(figures).all()


def test_a_partner_that_leaves_bears_nothing_of_what_its_care_costs_elsewhere(rand_hie, quick):
    """Even where every partner is on block: who stays does not change, and the holder bears the 15 %."""
    bare = {
        "payments.block_share": 1.0,
        "payments.partner_share": 0.0,
        **{f"risk.{c}.on": False for c in ("stop_loss", "aggregate_stop_loss", "corridor")},
    }
    result = settle(rand_hie, change(quick, bare))
    leaves = next(case for case in menu(result) if case.dearer != 1)
    as_expected, without = stressed(result, [menu(result)[0], leaves])
    largest = max(result.plan, key=result.plan.get)
    care = float(result.outlook_cost.by_provider[largest].mean())
    planned = result.plan[largest] * result.price.payment
    assert without.holder - as_expected.holder == pytest.approx(planned - 1.15 * care, rel=1e-6)
    assert without.partners - as_expected.partners == pytest.approx(care - planned, rel=1e-6)
