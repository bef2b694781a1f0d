"""The six rules of North West London for sharing a pool, worked by hand."""

from fractions import Fraction

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.payments.distribution import (
    by_budget,
    by_equity,
    by_performance,
    check_shares,
    claims_first,
    claims_first_in_pence,
    equal,
    falls,
    shared,
    to_the_penny,
)

BUDGETS = {"hospital": 60.0, "community": 30.0, "charity": 10.0}


def test_equal_budget_and_equity():
    assert equal(["a", "b", "c", "d"]) == {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}
    assert by_budget(BUDGETS) == {"hospital": 0.6, "community": 0.3, "charity": 0.1}
    assert by_equity({"hospital": 51, "community": 49, "charity": 0})["hospital"] == 0.51


def test_performance_rewards_a_score_for_the_budget_that_it_was_earned_on():
    # 60 × 0.5 = 30, 30 × 1.0 = 30, 10 × 0.0 = 0
    scores = {"hospital": 0.5, "community": 1.0, "charity": 0.0}
    assert by_performance(scores, BUDGETS) == {"hospital": 0.5, "community": 0.5, "charity": 0.0}
    assert by_performance(dict.fromkeys(BUDGETS, 0.8), BUDGETS) == pytest.approx(by_budget(BUDGETS))


def test_investment_need_and_compensation_of_losers():
    after = {"hospital": 54.0, "community": 28.0, "charity": 18.0}  # falls of 6 and 2; the charity gains
    assert falls(BUDGETS, after) == {"hospital": 6.0, "community": 2.0, "charity": 0.0}
    assert falls({"closed": 7.0}, {}) == {"closed": 7.0}


def test_the_pence_left_over_go_to_the_largest_remainders_and_then_by_name():
    assert shared(100, equal(["c", "b", "a"])) == {"c": 33, "b": 33, "a": 34}
    assert shared(101, {"a": 0.5, "b": 0.25, "c": 0.25}) == {"a": 51, "b": 25, "c": 25}  # 50.5, 25.25, 25.25
    assert shared(0, {"a": 0.5, "b": 0.5}) == {"a": 0, "b": 0}


def test_a_loss_is_split_as_a_gain_of_its_size():
    assert shared(-101, {"a": 0.5, "b": 0.25, "c": 0.25}) == {"a": -51, "b": -25, "c": -25}


def test_a_large_pool_loses_no_penny_to_the_last_digit_of_its_shares():
    pool = 93_500_000_000  # East Sussex, £935m
    assert sum(shared(pool, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3 + 5e-10}).values()) == pool


def test_amounts_below_zero_are_rounded_so_that_the_sum_stays():
    assert to_the_penny({"a": Fraction(-5, 2), "b": Fraction(7, 2)}) == {"a": -2, "b": 3}


def test_claims_are_met_before_the_rest_is_shared_and_never_more_than_in_full():
    claims, rest = {"hospital": 6.0, "charity": 2.0}, {"hospital": 0.5, "charity": 0.5}
    by_pool = {1_000: (700, 300), 400: (300, 100), -400: (-200, -200)}  # of 400 half of each claim
    for pool, (hospital, charity) in by_pool.items():
        expected = {"hospital": hospital, "charity": charity}
        assert claims_first_in_pence(pool, claims, rest) == expected
        assert claims_first(np.array(pool / 100), claims, rest) == pytest.approx(
            {p: v / 100 for p, v in expected.items()}
        )
    assert claims_first_in_pence(400, {"hospital": 0.0}, rest) == {"hospital": 200, "charity": 200}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: shared(100, {"a": 0.5, "b": 0.4}), "shares of a pool: they add up to 0.9; expected 1"),
        (lambda: check_shares({"a": 1.5, "b": -0.5}), "shares of a pool: b has -0.5; expected 0 or more"),
        (lambda: shared(100, {}), "shares of a pool: they add up to 0; expected 1"),
        (lambda: by_budget({"a": 0.0, "b": 0.0}), "gains by budget: no party has any; expected one with more than 0"),
        (lambda: by_equity({"a": 2.0, "b": -1.0}), "gains by equity: b has -1; expected 0 or more"),
        (lambda: by_budget({"a": float("nan")}), "gains by budget: a has nan; expected 0 or more"),
        (lambda: equal([]), "gains by party: no party has any; expected one with more than 0"),
        (lambda: by_performance({"a": 1.0}, {}),
         "gains by performance: a has a score and no budget; expected a budget of each party"),
    ],
)  # fmt: skip
def test_shares_that_do_not_add_up_and_weights_that_give_none_are_refused(wrong, said):
    with pytest.raises(InputError) as refused:
        wrong()
    assert str(refused.value) == said
