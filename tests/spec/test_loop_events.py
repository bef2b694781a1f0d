"""Events of the learning loop in a data set: moves and counts as by hand and as plain tables have them, faults, the county."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.spec.test_dataset_check import spoilt

from capitation.dataset import LinkedDataset, check, make_county, open_dataset
from capitation.dataset.loop_moves import LOOP_NEXT, LOOP_STATES
from capitation.dataset.quality import quality_of
from capitation.dataset.selection import Condition
from capitation.outcomes.learning_loop import loop, moves
from capitation.outcomes.loop_counted import loop_of

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data_samples" / "county-5000"
HEAD = "person_id,measure,state,date\n"
ROUND = HEAD + (
    "71001,HbA1c,due,2013-05-01\n71001,HbA1c,measured,2013-05-20\n71001,HbA1c,received,2013-05-20\n"
    "71001,HbA1c,compared,2013-05-20\n71001,HbA1c,achieved,2013-05-20\n71002,HbA1c,due,2013-07-01\n"
)
ALLOWED = {"due": 56, "measured": 14, "received": 14, "compared": 28, "improve": 183, "re-measured": 14}


@pytest.fixture(scope="module")
def county() -> LinkedDataset:
    return open_dataset(str(SAMPLE))


def with_loop(folder: Path, rows: str, **changes: str) -> str:
    """A sound data set with these events of the loop."""
    (folder / "loop_events.csv").write_text(rows, "utf-8")
    return spoilt(folder, **changes)


def plain(data: LinkedDataset) -> pd.DataFrame:
    return data.tables["loop_events"].execute().rename(columns={"person_id": "person"})


def test_counts_by_hand_events_of_one_day_in_the_order_of_the_loop(tmp_path):
    data = open_dataset(with_loop(tmp_path, ROUND))
    found = data.held.loop((), 2013, date(2014, 3, 31))
    went = {(r["state"], r["became"]): (r["days"], r["people"]) for r in found.to_dict("records")}
    assert went == {
        ("due", "measured"): (19, 1), ("measured", "received"): (0, 1), ("received", "compared"): (0, 1),
        ("compared", "achieved"): (0, 1), ("achieved", "still"): (315, 1), ("due", "still"): (273, 1),
        ("achieved", "now"): (0, 1), ("due", "now"): (0, 1),
    }  # fmt: skip


def test_nothing_after_the_day_asked_for_counts(tmp_path):
    data = open_dataset(with_loop(tmp_path, ROUND))
    found = data.held.loop((), 2013, date(2013, 5, 10))
    assert found.query("became != 'now'")[["state", "became", "days"]].to_numpy().tolist() == [["due", "still", 9]]


@pytest.mark.parametrize("by", ["engine", "memory"])
def test_the_same_loop_as_plain_tables_give(county, by):
    held = county.held if by == "engine" else county.without_engine().held
    old = (Condition("age", "at least", (65,)),)
    for year, conditions in ((2017, ()), (2015, old)):
        members = county.held.chosen(conditions).person_years.query("year == @year")["person_id"]
        start, end = county.days_of(year)
        events = plain(county)
        mine = events[events["person"].isin(members) & (pd.to_datetime(events["date"]) <= pd.Timestamp(end))]
        expected = loop(moves(mine), pd.Timestamp(end), ALLOWED, pd.Timestamp(start))
        found = loop_of(held.loop(conditions, year, end), "HbA1c", ALLOWED)
        assert (found.became.to_numpy() == expected.became.to_numpy()).all()
        np.testing.assert_allclose(found.days.to_numpy(float), expected.days.to_numpy(float))
        assert (found.stuck.to_numpy() == expected.stuck.to_numpy()).all()
        assert (found.now.to_numpy() == expected.now.to_numpy()).all()


def test_random_events_legal_or_not_are_counted_alike(tmp_path):
    rng = np.random.default_rng(3)
    days = pd.to_datetime("2013-04-01") + pd.to_timedelta(rng.integers(0, 300, 400), "D")
    rows = pd.DataFrame({"person_id": rng.choice([71001, 71002], 400), "measure": "HbA1c",
                         "state": rng.choice(LOOP_STATES, 400), "date": days.strftime("%Y-%m-%d")}).drop_duplicates()  # fmt: skip
    data = open_dataset(with_loop(tmp_path, rows.to_csv(index=False)))
    end = date(2014, 3, 31)
    moved = moves(rows.rename(columns={"person_id": "person"}))
    expected = loop(moved, pd.Timestamp(end), ALLOWED, pd.Timestamp("2013-04-01"))
    for held in (data.held, data.without_engine().held):
        found = loop_of(held.loop((), 2013, end), "HbA1c", ALLOWED)
        assert (found.became.to_numpy() == expected.became.to_numpy()).all()
        assert (found.stuck.to_numpy() == expected.stuck.to_numpy()).all()
    broken = quality_of(data.meta, data.tables, data.months).rules.query(
        "column == 'state' and rule.str.contains('follow')"
    )
    assert broken["broken"].tolist() == [int((~moved["legal"]).sum())]


FAULTS = {
    "unknown state": ("71001,HbA1c,asleep,2013-05-01\n", "loop_events.state: it is an unknown value in 1 row (row 1 below the heading)"),
    "no such person": ("9,HbA1c,due,2013-05-01\n", "loop_events.person_id: it is not in people in 1 row"),
    "no date": ("71001,HbA1c,due,May\n", "loop_events.date: it is of the wrong type or malformed"),
    "twice": ("71001,HbA1c,due,2013-05-01\n71001,HbA1c,due,2013-05-01\n", "loop_events.person_id: it repeats an earlier row in 1 row"),
    "not a move": ("71001,HbA1c,due,2013-05-01\n71001,HbA1c,compared,2013-06-01\n",
                   "warning: loop_events.state: it can’t follow the state before it in 1 row (row 2 below the heading)"),
    "after closing": ("71001,HbA1c,closed,2013-05-01\n71001,HbA1c,due,2013-06-01\n",
                      "warning: loop_events.state: it can’t follow the state before it in 1 row"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_bad_lines_are_told_one_by_one(tmp_path, name):
    rows, expected = FAULTS[name]
    lines = [fault.line() for fault in check(with_loop(tmp_path, HEAD + rows))]
    mine = [line for line in lines if "loop_events" in line]
    assert any(line.startswith(expected) for line in mine), lines


def test_an_event_after_death_is_a_warning(tmp_path):
    people = ("person_id,birth_year,sex,locality,group,join_date,leave_date,death_date\n"
              "71001,1950,female,North,core,,,2014-01-01\n71002,1960,male,South,core,2013-06-01,,\n")  # fmt: skip
    lines = [f.line() for f in check(with_loop(tmp_path, HEAD + "71001,HbA1c,due,2014-01-02\n", people_csv=people))]
    assert any("warning: loop_events.date: it is after the person left or died in 1 row" in line for line in lines)


def test_every_move_of_the_county_is_one_that_the_loop_has_and_follows_the_outcome(county):
    events = plain(county)
    moved = moves(events)
    assert moved["legal"].all() and not events.duplicated(["person", "date"]).any()
    assert set(events["state"]) == set(LOOP_STATES) == set(LOOP_NEXT)
    last = moved[moved["state"].isin(["achieved"]) & (moved["date"] >= "2017-04-01")].drop_duplicates(
        "person", keep="last"
    )
    outcome = county.tables["outcomes"].execute().query("measure == 'diabetes_control' and year == 2017")
    at_target = outcome.set_index("person_id")["numerator"]
    assert (
        at_target.reindex(last["person"]).fillna(1).mean() > 0.97
    )  # some were compared on the last day before the year


def test_another_number_of_people_gives_a_loop_of_its_own_and_the_same_seed_the_same(tmp_path):
    one, two = (make_county(400, 3, tmp_path / name) for name in ("one", "two"))
    assert (one / "loop_events.parquet").read_bytes() == (two / "loop_events.parquet").read_bytes()


def test_as_at_a_month_later_events_are_gone(county):
    half = county.as_at("2017-06")
    assert pd.to_datetime(plain(half)["date"]).max() < pd.Timestamp("2017-07-01")
