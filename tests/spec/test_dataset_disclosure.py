"""Disclosure control: the vectors of the domain reference, T7, and tables."""

import pandas as pd
import pytest

from capitation.dataset.disclosure import may_show_mean, rounded_count, safe_table, suppress_count


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


def test_two_hidden_groups_protect_each_other():
    safe = safe_table(groups(100, 3, 5, 41), "people", ["mean"])
    assert safe.people.isna().tolist() == [False, True, True, False]
    assert safe.people.dropna().tolist() == [100, 40]


def test_an_empty_group_keeps_its_nought_and_has_no_mean():
    safe = safe_table(groups(0, 100), "people", ["mean"])
    assert safe.people.tolist() == [0, 100]
    assert safe["mean"].isna().tolist() == [True, False]


def test_the_table_given_is_left_as_it_was():
    table = groups(3, 100)
    safe_table(table, "people", ["mean"])
    assert table.people.tolist() == [3, 100]
