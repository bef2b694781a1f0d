"""Amounts behind which few people stand are never shown alone."""

from pathlib import Path

import pytest

from capitation.contract import settle
from capitation.dataset import open_dataset
from capitation.dataset.disclosure import taken_together
from capitation.design import change, read_design

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
        open_dataset(str(ROOT / "data_samples" / "county-2000")),
        read_design(ROOT / "designs" / "county.yaml"),
    )
    everyone = change(design, {"scope.rare_share": 0.0})
    result = settle(county, everyone)
    users = (
        county.costs.loc[result.cohort.members.index].xs("centre", axis=1, level="provider").sum(axis=1) > 0
    ).groupby(result.cohort.members["year"])
    assert users.sum().min() <= 7  # the sample has the case
    parties = set(result.money_lines["party"])
    assert "other partners" in parties and "centre" not in parties
    assert result.money_lines["pence"].sum() == 0


def test_a_recovery_for_few_people_is_in_one_line_with_its_charge():
    county, design = (
        open_dataset(str(ROOT / "data_samples" / "county-2000")),
        read_design(ROOT / "designs" / "county.yaml"),
    )
    few, many = (settle(county, change(design, {"risk.stop_loss.attachment": a})) for a in (30_000.0, 8_000.0))
    assert 1 <= few.recorded.people_above <= 7 < many.recorded.people_above
    assert {line for line in few.money_lines["line"] if "stop-loss" in line and "individual" in line} == {
        "individual stop-loss: recovery less charge"
    }
    assert "individual stop-loss: recovery" in set(many.money_lines["line"])
