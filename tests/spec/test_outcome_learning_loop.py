"""The learning loop and the same people in two years: measures reference, section 5."""

import numpy as np
import pandas as pd
import pytest

from capitation.errors import InputError
from capitation.outcomes.intervals import wilson
from capitation.outcomes.learning_loop import NEXT, STATES, arrows, arrows_shown, faults, legal, loop, moves
from capitation.outcomes.two_years import Paired, at_target, independent, paired, paired_table

START, END = pd.Timestamp("2026-04-01"), pd.Timestamp("2027-03-31")
ALLOWED = {"due": 120, "compared": 30, "improve": 180}


def records(steps, people, measure="M01"):
    """Rows of these people, each entering the same states so many days after the start."""
    return [(p, measure, state, START + pd.Timedelta(days=day)) for p in people for day, state in steps]


def table(*parts):
    return pd.DataFrame([row for part in parts for row in part], columns=["person", "measure", "state", "date"])


TESTED = [(0, "due"), (30, "measured"), (33, "received"), (33, "compared")]


@pytest.fixture(scope="module")
def illustration():
    """3,000 people; 2,850 tested; 1,900 at or below 58; of 950 above, 600 get a new plan."""
    events = table(records([*TESTED, (33, "achieved"), (33, "due")], range(1_900)),
                   records([*TESTED, (40, "improve")], range(1_900, 2_500)), records(TESTED, range(2_500, 2_850)),
                   records(TESTED[:1], range(2_850, 3_000)))  # fmt: skip
    return moves(events)


def test_the_illustration_of_the_reference(illustration):
    found = loop(illustration, END, ALLOWED)
    arrow = arrows(found).set_index(["state", "next"])
    assert arrow.loc[("due", "measured"), "conversion"] == pytest.approx(0.95)
    assert arrow.loc[("compared", "achieved"), "conversion"] == pytest.approx(1_900 / 2_850)
    assert arrow.loc[("compared", "improve"), "moved"] == 600
    assert arrow.loc[("compared", "improve"), "stuck"] == 350
    assert arrow.loc[("due", "measured"), "median_days"] == 30
    assert arrow.loc[("due", "measured"), "share_stuck"] == pytest.approx(0.05)
    assert found.lost_most_at == "improve"  # none of the 600 has been measured again
    assert found.now["due"] == 1_900 + 150


@pytest.mark.parametrize(("part", "whole", "share", "low", "high"), [
    (1_900, 3_000, 63.33, 61.59, 65.04), (1_900, 2_850, 66.67, 64.91, 68.37), (1_980, 3_000, 66.00, 64.29, 67.67),
])  # fmt: skip
def test_the_shares_of_the_illustration(part, whole, share, low, high):
    assert [100 * float(v) for v in wilson(part, whole)] == pytest.approx([share, low, high], abs=0.005)


def test_two_years_as_if_independent():
    found = independent(1_900, 3_000, 1_980, 3_000)
    assert 100 * float(found.change.value) == pytest.approx(2.67, abs=0.005)
    assert found.z == pytest.approx(2.1606, abs=5e-5)
    assert found.p == pytest.approx(0.0307, abs=5e-5)
    assert found.change.low < found.change.value < found.change.high


def test_the_same_people_are_told_apart_by_those_who_moved():
    """280 won and 200 fallen back: z 80/√480; the exact chance of 200 or fewer of 480 heads, twice."""
    found = paired(Paired(1_700, 280, 200, 820))
    assert found.z == pytest.approx(80 / np.sqrt(480))
    assert float(found.change.value) == pytest.approx(80 / 3_000)
    assert found.p == pytest.approx(0.0003, abs=5e-5)
    assert found.z > independent(1_900, 3_000, 1_980, 3_000).z
    assert paired(Paired(5, 0, 0, 5)).p == 1
    assert paired(Paired(0, 5, 0, 0)).p == pytest.approx(2 / 32)  # five heads in five


def test_who_was_compared_in_both_years():
    again = [(340, "measured"), (341, "received"), (341, "compared")]
    first = [*TESTED, (33, "achieved"), (33, "due")]
    moved = moves(table(records([*first, *again, (341, "achieved")], ["a"]), records([*first, *again, (341, "improve")], ["b"]),
                        records([*TESTED, (40, "improve"), (140, "re-measured"), (141, "compared"), (141, "achieved")], ["c"]),
                        records(first, ["d"])))  # fmt: skip
    assert not len(faults(moved))
    year_end = START + pd.Timedelta(days=200)
    before, after = at_target(moved, START, year_end), at_target(moved, year_end, END)
    assert dict(before) == {"a": True, "b": True, "c": True, "d": True}  # c's last comparison of the year
    assert paired_table(before, after) == Paired(1, 0, 1, 0)


def test_the_legal_moves_are_those_of_the_reference():
    chain = [("due", "measured"), ("measured", "received"), ("received", "compared"), ("compared", "achieved"),
             ("compared", "improve"), ("achieved", "due"), ("improve", "re-measured"), ("re-measured", "compared")]  # fmt: skip
    closing = [(state, "closed") for state in STATES[:-1]]
    assert {(a, b) for a in STATES for b in STATES if legal(a, b)} == {*chain, *closing}
    assert set(NEXT) == set(STATES)


def test_an_illegal_move_is_a_data_error_and_is_counted():
    moved = moves(table(records([(0, "due"), (9, "compared")], range(3)), records([(0, "closed"), (1, "due")], [9])))
    assert faults(moved).to_numpy().tolist() == [["M01", "due", "compared", 3], ["M01", "closed", "due", 1]]
    assert loop(moved, END).became.loc["due", "not legal"] == 3


def test_records_of_one_day_are_taken_in_the_order_of_the_loop():
    whole_day = [(0, s) for s in ("compared", "due", "achieved", "received", "measured")]
    retest = [(0, "compared"), (1, "achieved"), (1, "due"), (2, "due")]
    assert moves(table(records(whole_day, ["a"])))["legal"].all()
    assert list(moves(table(records(retest[:3], ["a"])))["state"]) == ["compared", "achieved", "due"]


def test_people_and_measures_are_kept_apart():
    moved = moves(table(records([(0, "due")], ["a", "b"]), records([(1, "measured")], ["b"], "M06")))
    assert moved["next"].isna().all()
    with pytest.raises(InputError, match="2 measures"):
        loop(moved, END)


def test_nobody_waits_too_long_where_nothing_is_allowed(illustration):
    assert loop(illustration, END).stuck.sum() == 0
    assert loop(illustration, END).lost_most_at is None


def test_the_second_year_begins_with_since(illustration):
    later = loop(illustration, END, since=START + pd.Timedelta(days=33))
    assert later.entered["due"] == 1_900
    assert later.became.loc["due", "still"] == 1_900


def test_small_counts_are_hidden_and_others_rounded():
    moved = moves(table(records(TESTED, range(93)), records([(0, "due"), (5, "closed")], range(93, 97)),
                        records([(0, "due")], range(97, 128))))  # fmt: skip
    found = loop(moved, END, {"due": 30})
    shown = arrows_shown(found).set_index(["state", "next"])
    due = shown.loc[("due", "measured")]
    assert due["entered"] is not pd.NA and int(due["entered"]) == 130
    assert due["closed"] is pd.NA  # 4 people
    assert arrows(found).set_index(["state", "next"]).loc[("due", "measured"), "closed"] == 4
    counts = shown[["entered", "moved", "closed", "still", "stuck"]].stack().dropna().astype(int)
    assert (counts % 5 == 0).all()
    assert not counts.between(1, 7).any()


def test_a_few_stuck_people_are_not_told_from_the_many_who_wait():
    moved = moves(table(records([(0, "due")], range(4)), records([(300, "due")], range(4, 60))))
    shown = arrows_shown(loop(moved, END, {"due": 180}))
    assert shown.loc[0, "stuck"] is pd.NA
    assert int(shown.loc[0, "still"]) == 60


@pytest.mark.parametrize("call", [
    lambda: moves(table().drop(columns="date")), lambda: moves(table([("a", "M01", "lost", START)])),
    lambda: moves(table([("a", "M01", "due", None)])), lambda: loop(moves(table()), END),
    lambda: loop(moves(table(records([(999, "due")], "a"))), END),
    lambda: loop(moves(table(records([(0, "due")], "a"))), END, {"closed": 3}),
    lambda: independent(1, 0, 1, 2), lambda: independent(3, 2, 1, 2), lambda: paired(Paired(0, 0, 0, 0)),
    lambda: paired_table(pd.Series([True, True], ["a", "a"]), pd.Series([True], ["a"])),
])  # fmt: skip
def test_what_cannot_be_is_said(call):
    with pytest.raises(InputError):
        call()
