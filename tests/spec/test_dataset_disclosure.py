"""Disclosure control: the vectors of the domain reference, T7, and tables."""

import numpy as np
import pandas as pd
import pytest

from capitation.dataset.disclosure import (
    dominated,
    may_show_mean,
    may_show_sum,
    rounded_count,
    safe_cells,
    safe_table,
    suppress_count,
)


@pytest.mark.parametrize(("people", "shown"), [(0, "0"), (1, "*"), (7, "*"), (8, "10"), (12, "10"), (13, "15")])
def test_small_counts_are_hidden_and_others_go_to_the_nearest_five(people, shown):
    assert suppress_count(people) == shown


def test_a_hidden_count_is_no_number():
    assert (rounded_count(7), rounded_count(8), rounded_count(1_002)) == (None, 10, 1_000)


def test_no_count_is_below_nought():
    with pytest.raises(ValueError, match="at least 0"):
        rounded_count(-1)


def test_a_mean_needs_eight_people():
    assert [may_show_mean(people) for people in (0, 7, 8)] == [False, False, True]


def groups(*people: int) -> pd.DataFrame:
    return pd.DataFrame({"people": people, "mean": [100.0 + n for n in people]}, index=["a"] * len(people))


def test_a_single_hidden_group_takes_the_next_smallest_with_it():
    safe = safe_table(groups(100, 3, 22, 41), "people", ["mean"])
    assert safe.people.isna().tolist() == [False, True, True, False]
    assert safe["mean"].isna().tolist() == [False, True, True, False]


def test_two_small_groups_take_a_third_with_them_that_could_be_anything():
    """7 and 7 beside 12 and 12 of about 40 could be nothing else; with a group of 14 or more either is 1 to 7."""
    safe = safe_table(groups(100, 3, 5, 12, 41), "people", ["mean"])
    assert safe.people.isna().tolist() == [False, True, True, True, True]
    assert safe.people.dropna().tolist() == [100]


def dear(*costs: list[float]) -> pd.DataFrame:
    """A group for each list of what its people cost."""
    top = [sorted([0.0, 0.0, *group])[-2:] for group in costs]
    return pd.DataFrame({"people": [len(g) for g in costs], "cost": [sum(g) for g in costs],
                         "largest": [t[1] for t in top], "second": [t[0] for t in top]})  # fmt: skip


def safe_costs(*costs: list[float]) -> list[bool]:
    safe = safe_table(dear(*costs), "people", ["cost"], amount="cost", largest="largest", second="second")
    return safe["cost"].isna().tolist()


def test_a_group_of_which_one_person_has_nearly_all_the_cost_is_hidden():
    assert safe_costs([900.0] * 20, [9_000.0] + [10.0] * 19, [900.0] * 30) == [True, True, False]
    assert safe_costs([100.0] * 20, [9_000.0] + [10.0] * 19, [100.0] * 30) == [True, True, True]
    assert safe_costs([900.0] * 20, [900.0] * 20, [900.0] * 30) == [False, False, False]


def test_hidden_money_takes_groups_with_it_until_no_group_and_nobody_is_most_of_it():
    """20 people of 1 each would leave the 3 people's 3,000 known within 20; the next group is hidden too."""
    assert safe_costs([1_000.0] * 3, [1.0] * 20, [100.0] * 30, [200.0] * 40) == [True, True, True, False]


@pytest.mark.parametrize(
    ("largest", "second", "total", "found"),
    [
        (80, 0, 100, False),  # 20 left over are a quarter of 80
        (81, 0, 100, True),
        (50, 49, 100, True),  # the second knows its 49, so that the largest is 50 or 51
        (0, 0, 0, False),
    ],
)
def test_a_sum_is_dominated_when_less_than_a_quarter_of_its_largest_is_left_over(largest, second, total, found):
    assert dominated(largest, second, total) == found


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [([], True), ([0.0] * 3, True), ([5.0] * 7, False), ([5.0] * 8, True), ([5.0] * 8 + [900.0], False)],
)
def test_a_sum_may_be_shown_of_nobody_or_of_8_people_without_one_who_has_most(amounts, shown):
    assert may_show_sum(np.array(amounts)) == shown


def test_a_small_cell_of_a_table_is_hidden_with_the_corners_of_a_rectangle():
    table = pd.DataFrame({"under 75": [3, 20, 50], "75 and over": [40, 0, 30]}, index=["North", "South", "East"])
    safe = safe_cells(table)
    assert safe.isna().to_numpy().tolist() == [[True, True, False], [False, False, False], [True, True, False],
                                               [False, False, False]]  # fmt: skip
    assert safe.loc["South"].tolist() == [20, 0, 20]
    assert safe.loc["total"].tolist() == [75, 70, 145]


def test_where_no_rectangle_is_left_a_total_is_hidden():
    assert safe_cells(pd.DataFrame({"people": [3, 9, 10]}))["people"].isna().tolist() == [True, False, False, True]


def test_a_table_with_a_count_below_nought_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        safe_cells(pd.DataFrame({"people": [-1, 30]}))


def test_an_empty_group_keeps_its_nought_and_has_no_mean():
    safe = safe_table(groups(0, 100), "people", ["mean"])
    assert safe.people.tolist() == [0, 100]
    assert safe["mean"].isna().tolist() == [True, False]


def test_the_table_given_is_left_as_it_was():
    table = groups(3, 100)
    safe_table(table, "people", ["mean"])
    assert table.people.tolist() == [3, 100]
