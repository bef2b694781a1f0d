"""Laws that the linked data set keeps whatever the people, spend and needs in it."""

import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.dataset import LinkedDataset, open_dataset
from capitation.dataset.disclosure import rounded_count, safe_table

FIRST_DAY, END = date(2013, 4, 1), date(2016, 4, 1)
YEARS = (2013, 2014, 2015)
ALWAYS_SPENT = ("2013-04", "2014-04", "2015-04", "2016-03")
DESCRIPTION = "name: x\ndescription: x\nsource: x\ncurrency: £\ngrain: month\nsynthetic: true\n"
PERSON_COLUMNS = ["age", "sex", "locality", "group", "joined", "prior_spend", "prior_known", "need:frailty"]

few = settings(max_examples=8, deadline=None)
fewer = settings(max_examples=5, deadline=None)  # each example opens two data sets
days = st.dates(date(2012, 1, 1), date(2017, 1, 1))
months = st.integers(0, 35).map(lambda n: f"{2013 + (n + 3) // 12}-{(n + 3) % 12 + 1:02d}")
amounts = st.integers(0, 1_000_000).map(lambda pence: pence / 100)


@st.composite
def spells(draw):
    """join, leave and death dates of one person, in order, any of them left out."""
    join, *ends = sorted(draw(st.lists(days, min_size=3, max_size=3)))
    return [draw(st.sampled_from([day, None])) for day in (join, *draw(st.permutations(ends)))]


people = st.lists(spells(), min_size=1, max_size=6)
spend = st.lists(st.tuples(st.integers(0, 6), months, st.sampled_from("ab"), amounts), max_size=25)
needs = st.dictionaries(st.tuples(st.integers(0, 6), days), st.integers(0, 9), max_size=15)


def table(folder: Path, name: str, columns: str, rows: Iterable[Iterable[object]]) -> None:
    lines = [",".join("" if value is None else str(value) for value in row) for row in rows]
    (folder / f"{name}.csv").write_text("\n".join([columns, *lines]) + "\n", "utf-8")


def build(who: list, spent: list, known: dict) -> LinkedDataset:
    """Person 0 is there throughout, with spend in every year's first month and in the last."""
    always = [(0, month, "a", 1) for month in ALWAYS_SPENT]
    spent = always + [row for row in spent if row[0] <= len(who)]
    known = {(0, FIRST_DAY): 1, **{key: value for key, value in known.items() if key[0] <= len(who)}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dataset.yaml").write_text(DESCRIPTION, "utf-8")
        rows = [(number, 1950, "female", "x", *spell) for number, spell in enumerate([(None,) * 3, *who])]
        table(folder, "people", "person_id,birth_year,sex,locality,join_date,leave_date,death_date", rows)
        table(folder, "spend", "person_id,month,service,amount,provider", [(*row, "p") for row in spent])
        table(folder, "needs", "person_id,as_at,marker,value", [(*k, "frailty", v) for k, v in known.items()])
        table(folder, "services", "service,label,setting", [("a", "A", "x"), ("b", "B", "x")])
        table(folder, "providers", "provider,label", [("p", "P")])
        return open_dataset(name)


def spent_in(data: LinkedDataset) -> float:
    return float(data.costs.to_numpy().sum()) + data.unplaced_spend


def same(one: LinkedDataset, other: LinkedDataset) -> None:
    pd.testing.assert_frame_equal(one.person_years, other.person_years)
    pd.testing.assert_frame_equal(one.costs, other.costs)
    pd.testing.assert_frame_equal(one.measures, other.measures)


@few
@given(people)
def test_exposure_counts_the_days_one_by_one(who):
    data = build(who, [], {})
    every_day = [FIRST_DAY + timedelta(n) for n in range((END - FIRST_DAY).days)]
    expected = {}
    for number, (join, leave, death) in enumerate([(None,) * 3, *who]):
        ends = [day for day in (leave, death) if day]
        for day in every_day:
            if (join is None or day >= join) and all(day < end for end in ends):
                key = (day.year - (day.month < 4), number)
                expected[key] = expected.get(key, 0) + 1
    rows = data.person_years
    year_days = rows.year.map({2013: 365, 2014: 365, 2015: 366})
    found = dict(zip(zip(rows.year, rows.person_id, strict=True), rows.exposure * year_days, strict=True))
    assert {key: round(value, 6) for key, value in found.items()} == expected
    assert rows.exposure.between(0, 1, inclusive="right").all()


@few
@given(people, spend)
def test_no_penny_of_spend_is_lost_or_made(who, spent):
    mine = [row for row in spent if row[0] <= len(who)]
    assert np.isclose(
        spent_in(build(who, spent, {})), len(ALWAYS_SPENT) + sum(row[3] for row in mine), rtol=0, atol=1e-6
    )


@few
@given(who=people, spent=spend, known=needs, more=spend, later=needs, year=st.sampled_from(YEARS))
def test_nothing_after_the_index_date_changes_what_was_known_on_it(*, who, spent, known, more, later, year):
    """Spend from this year on, and needs from the day after its last index date on, are news to its rows."""
    before = build(who, spent, known)
    news = [row for row in more if row[1] >= f"{year}-04"]
    new_needs = {key: value for key, value in later.items() if key[1] >= date(year + 1, 4, 1)}
    after = build(who, spent + news, new_needs | known)
    rows, new_rows = (data.person_years[data.person_years.year <= year] for data in (before, after))
    pd.testing.assert_frame_equal(rows[PERSON_COLUMNS], new_rows[PERSON_COLUMNS])


@fewer
@given(who=people, spent=spend, known=needs, more=spend, later=needs, month=months)
def test_as_at_a_month_knows_nothing_later(*, who, spent, known, more, later, month):
    end = date.fromisoformat(f"{month}-01") + timedelta(31)
    news = [row for row in more if row[1] > month]
    new_needs = {key: value for key, value in later.items() if key[1] >= end}
    before, after = build(who, spent, known), build(who, spent + news, new_needs | known)
    then = before.as_at(month)
    same(then, after.as_at(month))
    assert then.months == ("2013-04", month)


@fewer
@given(people, spend, needs)
def test_as_at_the_last_month_is_the_whole_and_the_same_data_give_the_same_bytes(who, spent, known):
    data = build(who, spent, known)
    same(data.as_at("2016-03"), data)
    again = build(who, spent, known)
    assert again.costs.to_numpy().tobytes() == data.costs.to_numpy().tobytes()
    assert again.meta.version == data.meta.version


@given(st.integers(0, 100_000))
def test_a_shown_count_is_within_two_of_the_truth(count):
    rounded = rounded_count(count)
    assert (1 <= count <= 7) if rounded is None else abs(rounded - count) <= 2 and rounded % 5 == 0


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_one_hidden_group_is_never_alone_while_another_could_hide_with_it(counts):
    safe = safe_table(pd.DataFrame({"n": counts, "mean": 1.0}), "n", ["mean"])
    hidden = safe.n.isna().sum()
    assert hidden != 1 or sum(count > 0 for count in counts) == 1
    assert safe["mean"][safe.n.isna()].isna().all()
