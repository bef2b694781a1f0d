"""Cohorts at the edge: one person, no cost at all, one case larger than the whole budget. Never a figure that is none."""

import numpy as np
import pytest

from capitation.contract import settle, settlement
from capitation.contract_term import contract_term
from capitation.design import ContractDesign, change
from capitation.headline import headline
from capitation.outcomes.score import Score
from capitation.price.errors import Errors
from capitation.price.person_year import Price
from capitation.risk.composed import Around
from capitation.risk.year_cost import History, Pool, drawn_years, outlook_cost

COSTS = {
    "one person": [2_000.0],
    "nobody costs anything": [0.0] * 50,
    "one case larger than the budget": [100.0] * 200 + [5e6],
    "everybody costs the same": [700.0] * 100,
    "two people, one of them free": [0.0, 3_000.0],
}
EVERYTHING = {
    f"risk.{name}.on": True
    for name in ("stop_loss", "aggregate_stop_loss", "corridor", "sharing", "profit_limits", "pool")
}


@pytest.mark.parametrize("people", COSTS)
def test_every_figure_is_a_number_and_the_mean_is_the_expected_cost(people):
    cost = np.array(COSTS[people])
    design = change(ContractDesign(), {**EVERYTHING, "outlook.common_shock": 0.0, "outlook.replicates": 1_024})
    history = History(("only",), cost[:, None], np.ones(len(cost)))
    pool = Pool(history, len(cost), float(len(cost)), history.rate, 0.0)
    drawn = drawn_years(history, len(cost), design.outlook)
    year = outlook_cost(pool, drawn, design.outlook, design.risk.stop_loss)
    assert year.total.mean() == pytest.approx(cost.sum(), rel=1e-3, abs=1e-6)
    assert (year.excess >= 0).all()
    assert (year.excess <= year.total + 1e-6).all()
    price = Price(
        1, (0,), pool.person_years, {"history": pool.expected}, pool.expected, Errors(*[0.0] * 7), None, None, {}
    )
    settled = settlement(price, year, pool, {"only": 1.0}, Score(0.5, None), design, Around(0.5, others=(np.zeros(1),)))
    for line in settled.lines:
        assert all(np.isfinite(flow).all() for flow in line.flows.values()), line.name


def test_a_history_of_costs_that_differ_by_year_is_brought_to_the_last_years_rate():
    from capitation.risk.year_cost import level_with

    costs, exposure, year = np.array([[100.0], [300.0], [400.0]]), np.array([1.0, 1.0, 2.0]), np.array([1, 1, 2])
    assert level_with(costs, exposure, year)[:, 0].tolist() == [100.0, 300.0, 400.0]
    assert level_with(2 * costs * (year == 1)[:, None] + costs * (year == 2)[:, None], exposure, year)[
        :, 0
    ].tolist() == [100.0, 300.0, 400.0]
    assert level_with(costs * (year == 1)[:, None], exposure, year)[:, 0].tolist() == [100.0, 300.0, 0.0]


def test_with_every_clause_in_force_all_that_a_board_reads_is_a_number(rand_hie, quick):
    result = settle(rand_hie, change(quick, {**EVERYTHING, "risk.reopener.on": True, "risk.glide": (50, 100)}))
    figures = [v for f in vars(headline(result)).values() for v in (vars(f).values() if hasattr(f, "value") else [f])]
    assert np.isfinite(figures).all()
    term = contract_term(result)
    assert all(
        np.isfinite(part).all() for part in (term.holder, term.partners, term.commissioner, term.reserve, term.price)
    )
