"""What the scope page says of the county: nothing more than was looked for, and nothing that points at a person."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capitation import tables_scope
from capitation.charts import scope
from capitation.contract import result_of
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.scope.coverage import OTHERS, exposure_of, shown_as
from capitation.workbench.scope_words import scope_details

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page():
    """``page({...})``: the county's contract with these terms changed, nothing of it worked out yet."""
    county, design = (
        open_dataset(str(ROOT / "data_samples" / "county-5000")),
        read_design(ROOT / "designs" / "county.yaml"),
    )
    return lambda changes={}: result_of(county, change(design, changes))


def by_person(result) -> pd.DataFrame:
    """What each member of the contract year costs in scope and out of it, with the segment."""
    members, costs = result.cohort.members, result.cohort.costs.sub(result.cohort.client_paid, fill_value=0.0)
    mine = (members["year"] == result.year).to_numpy()
    inside = costs.columns.get_level_values(0).isin(result.scope.services)
    codes = result.coverage.segments.codes({str(c): members[c] for c in members.columns})
    found = pd.DataFrame({"segment": np.array(result.coverage.segments.labels)[codes], "in": costs.loc[:, inside].sum(axis=1),
                          "out": costs.loc[:, ~inside].sum(axis=1)})  # fmt: skip
    return found[mine]


def test_segments_whose_share_is_hidden_stand_together_and_the_title_says_how_many(page):
    """Before, only a segment with nothing left out was shown, beside 'every segment shown has all its care covered'."""
    result = page()
    people, shown = by_person(result), result.coverage.shown_segments.set_index("segment")["share"]
    hidden = people[~people["segment"].isin(shown.dropna().index)]
    assert shown[OTHERS] == pytest.approx(hidden["in"].sum() / hidden[["in", "out"]].to_numpy().sum())
    assert shown[OTHERS] < 0.99 < shown["B: 2 conditions"]
    words = scope.segment_shares(result).finding
    assert "3 segments can’t be told apart" in words
    assert "all its care" not in words


def test_a_segment_with_enough_people_outside_is_shown_as_by_hand(page):
    result = page(
        {"scope.services": ["gp", "prescribing", "community", "emergency_inpatient", "outpatient", "a_and_e"]}
    )
    people, shown = by_person(result), result.coverage.shown_segments.set_index("segment")["share"]
    assert shown.notna().sum() >= 3
    for segment, share in shown.dropna().items():
        mine = people[people["segment"] == segment]
        if len(mine):
            assert share == pytest.approx(mine["in"].sum() / mine[["in", "out"]].to_numpy().sum())


def test_what_one_person_did_not_use_is_no_row_of_its_own(page):
    """Segment E has one member: each '£0' of it would be what that person did not use."""
    result = page()
    coverage = result.coverage
    rows = exposure_of(result.dataset.held, result.year, result.cohort.conditions, (coverage.segments,))
    people = rows[rows["member"]].set_index("segment")["people"]
    assert people["E: 9 or more conditions"] < 8
    names = shown_as(result.dataset.held, result.year, result.cohort.conditions, coverage.segments)
    assert "E: 9 or more conditions" not in coverage.shown_segment_costs.index
    of_shown = people.groupby(names).sum()
    assert set(coverage.shown_segment_costs.index) == set(of_shown.index)
    assert (of_shown >= 8).all()
    assert "E: 9 or more conditions: " not in scope.by_segment(result).alt


def test_streams_that_nobody_named_are_not_checked_and_not_called_clear(page):
    said = [line for line in scope_details(page()) if line.startswith("Paid twice")]
    assert said == [
        "Paid twice: Not checked: the terms name no budget stream as paid into the sum, so that all are taken to be."
    ]
    table = tables_scope.budget_owners(page())
    assert set(table.rows["paid twice for members, £"]) == {"not checked"}
    named = page({"scope.pooled_streams": ["core"]})
    assert "not checked" not in set(tables_scope.budget_owners(named).rows["paid twice for members, £"])
    assert "also stands in" in " ".join(scope_details(named))


def test_members_neighbours_are_not_called_incomers(page):
    words = scope.flows_finding(page())
    assert "people who are not in the cohort, members’ neighbours among them" in words
    assert "neighbours" in " ".join(tables_scope.flows(page()).notes)
    all_in = scope.flows_finding(page({"cohort.min_age": 0}))
    assert "at least £0" not in all_in and "nobody comes from outside it" in all_in


def test_services_by_how_rare_they_are_stand_one_under_the_other(page):
    """Before, names and ticks were printed over each other."""
    picture = scope.excluded(page())
    names = [row["service"] for row in picture.data["rows"]]
    assert len(set(names)) == len(names) and all(" · £" in name for name in names)
    ticks = picture.spec["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert all(after / before > 2.5 for before, after in pairwise(ticks))
