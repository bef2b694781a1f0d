"""Amounts behind which few people stand are never shown alone."""

from pathlib import Path

import pandas as pd
import pytest

from altered import altered
from capitation.contract import check_enough_members, settle
from capitation.dataset import open_dataset
from capitation.dataset.disclosure import taken_together
from capitation.design import change, read_design
from capitation.design.parts import Scope
from capitation.errors import InputError
from capitation.scope.cover import cover
from capitation.settlement import ALL_CLAUSES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("users", "together"),
    [
        ({"a": 20, "b": 30}, []),
        ({"a": 7, "b": 30, "c": 9}, ["a", "c"]),
        ({"a": 1, "b": 2, "c": 30}, ["a", "b", "c"]),
        ({"a": 4, "b": 5, "c": 30}, ["a", "b"]),
        ({"a": 0, "b": 30}, []),
        ({"a": 3}, ["a"]),
    ],
)
def test_names_with_few_users_stand_with_the_next_smallest(users, together):
    assert taken_together(users) == together


def test_a_partner_whose_care_few_people_use_has_no_line_of_its_own():
    county, design = (
        open_dataset(str(ROOT / "data_samples" / "county-5000")),
        read_design(ROOT / "designs" / "county.yaml"),
    )
    everyone = change(design, {"scope.rare_share": 0.0})
    result = settle(county, everyone)
    users = (result.cohort.costs.xs("centre", axis=1, level="provider").sum(axis=1) > 0).groupby(
        result.cohort.members["year"]
    )
    assert users.sum().min() <= 7  # the sample has the case
    parties = set(result.money_lines["party"])
    assert "other partners" in parties and "centre" not in parties
    assert result.money_lines["pence"].sum() == 0


def test_a_recovery_for_few_people_is_in_one_line_with_its_charge():
    county, design = (
        open_dataset(str(ROOT / "data_samples" / "county-5000")),
        read_design(ROOT / "designs" / "county.yaml"),
    )
    few, many = (settle(county, change(design, {"risk.stop_loss.attachment": a})) for a in (50_000.0, 8_000.0))
    assert 1 <= few.recorded.people_above <= 7 < many.recorded.people_above
    assert {line for line in few.money_lines["line"] if "stop-loss" in line and "individual" in line} == {
        "individual stop-loss: recovery less charge"
    }
    assert "individual stop-loss: recovery" in set(many.money_lines["line"])


def _cover(costs: pd.DataFrame, year: list[int]) -> pd.DataFrame:
    wide = costs.set_axis(pd.MultiIndex.from_product([["care"], costs.columns]), axis=1)
    return cover(wide, pd.Series(year), Scope(), [1]).costs


def test_partners_together_have_8_users_in_every_year_and_not_only_added_up():
    """3 users in the second year only, and 5 in the first: together they had but 5 in the first year."""
    year = [1] * 30 + [2] * 30
    a = [0.0] * 30 + [50.0] * 3 + [0.0] * 27
    b = [50.0] * 5 + [0.0] * 25 + [50.0] * 9 + [0.0] * 21
    shown = _cover(pd.DataFrame({"a": a, "b": b, "c": [50.0] * 60, "d": [60.0] * 60}), year)
    assert list(shown.columns) == ["d", "other partners"]


def test_users_of_two_partners_are_counted_once():
    both = [50.0] * 5 + [0.0] * 25
    shown = _cover(pd.DataFrame({"a": both, "b": both, "c": [50.0] * 30, "d": [60.0] * 30}), [1] * 30)
    assert list(shown.columns) == ["d", "other partners"]


def test_a_partner_of_which_one_person_has_most_of_the_care_has_no_line_of_its_own():
    dear = [90_000.0] + [100.0] * 29
    shown = _cover(pd.DataFrame({"a": dear, "b": [3_000.0] * 30, "c": [4_000.0] * 30}), [1] * 30)
    assert list(shown.columns) == ["c", "other partners"]


def test_what_comes_back_for_few_with_nothing_charged_stands_with_the_other_clauses():
    county = open_dataset(str(ROOT / "data_samples" / "county-5000"))
    design = change(
        read_design(ROOT / "designs" / "county.yaml"),
        {"risk.stop_loss.charged": False, "risk.stop_loss.attachment": 50_000.0},
    )
    result = settle(county, design)
    assert 1 <= result.recorded.people_above <= 7
    risk = {line.name for line in result.settled.lines if line.step == "risk"}
    assert risk == {ALL_CLAUSES}
    bare = settle(county, change(design, {"risk.corridor.on": False, "risk.sharing.on": False, "outcomes.gate": 0.0}))
    with pytest.raises(InputError, match=r"risk\.stop_loss"):
        check_enough_members(bare)


def test_a_single_paid_measure_of_few_people_is_refused(rand_hie, quick):
    single = change(quick, {"outcomes.measures.seen_by_doctor.weight": 0.0})
    with pytest.raises(InputError, match=r"outcomes\.measures\.admissions"):
        check_enough_members(_admissions_of_five(settle(rand_hie, single)))
    check_enough_members(_admissions_of_five(settle(rand_hie, quick)))  # two measures protect each other


def _admissions_of_five(result):
    measures = result.cohort.measures.copy()
    measures[("admissions", "denominator")] = 0.0
    measures.loc[measures.index[-5:], [("admissions", "denominator")]] = 1.0
    return altered(result, cohort=altered(result.cohort, measures=measures))
