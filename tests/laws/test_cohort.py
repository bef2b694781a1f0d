"""Laws of the cohort: nobody is chosen on what was not known on the index date, and everybody is counted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.cohort.members import select
from capitation.dataset import open_dataset
from capitation.dataset.linked_dataset import Chosen, InMemory
from capitation.design.parts import Cohort

KNOWN_ON_THE_INDEX_DATE = ["age", "sex", "locality", "group", "joined", "prior_spend", "prior_known", "need:conditions"]
ages = st.tuples(st.integers(0, 60), st.integers(0, 70)).map(sorted)


@st.composite
def rules(draw):
    low, high = draw(ages)
    return Cohort(
        min_age=low, max_age=draw(st.sampled_from([high, 120])), sex=draw(st.sampled_from(["any", "female", "male"])),
        localities=tuple(draw(st.lists(st.sampled_from(["site 1", "site 5"]), unique=True))),
        groups=tuple(draw(st.lists(st.sampled_from(["free plan", "cost-sharing plans"]), unique=True))),
        need_marker=draw(st.sampled_from(["", "conditions"])), need_minimum=draw(st.floats(0, 4)),
        prior_spend_minimum=draw(st.sampled_from([0.0, 100.0, 1_000.0])), joiners=draw(st.booleans()),
    )  # fmt: skip


@settings(max_examples=40)
@given(terms=rules())
def test_everyone_is_either_in_or_removed_by_one_rule(rand_hie, terms):
    everyone = rand_hie.person_years
    cohort = select(rand_hie, terms)
    for year, steps in cohort.funnel.groupby("year"):
        assert steps["left"].iloc[0] == (everyone["year"] == year).sum()
        assert steps["removed"].sum() == steps["left"].iloc[0] - cohort.people(year)
        assert (steps["removed"] >= 0).all()
        assert (steps["left"] == steps["left"].iloc[0] - steps["removed"].cumsum()).all()


@settings(max_examples=40)
@given(terms=rules())
def test_the_members_meet_every_rule(rand_hie, terms):
    members = select(rand_hie, terms).members
    assert ((members["age"] >= terms.min_age) & (np.floor(members["age"]) <= terms.max_age)).all()
    assert members["locality"].isin(terms.localities or members["locality"]).all()
    assert members["group"].isin(terms.groups or ("free plan",)).all()
    assert terms.sex == "any" or (members["sex"] == terms.sex).all()
    assert terms.need_marker == "" or (members["need:conditions"] >= terms.need_minimum).all()
    assert terms.prior_spend_minimum == 0 or (members["prior_spend"] >= terms.prior_spend_minimum).all()
    assert terms.joiners or not members["joined"].any()


@settings(max_examples=40)
@given(terms=rules(), seed=st.integers(0, 100))
def test_who_is_in_does_not_depend_on_exposure_nor_on_the_rows_of_other_years(rand_hie, terms, seed):
    everyone = rand_hie.person_years
    cohort = select(rand_hie, terms).members
    shuffled = everyone.assign(exposure=np.random.default_rng(seed).uniform(0.01, 1, len(everyone)))
    for year in rand_hie.years:
        alone = select(in_memory(rand_hie, shuffled[shuffled["year"] == year]), terms).members
        assert list(alone["person_id"]) == list(cohort.loc[cohort["year"] == year, "person_id"])


@settings(max_examples=40)
@given(terms=rules())
def test_the_engine_and_memory_choose_the_same_people_with_the_same_costs(rand_hie, terms):
    there, here = select(rand_hie, terms), select(in_memory(rand_hie, rand_hie.person_years), terms)
    for table in ("members", "costs", "measures", "funnel"):
        pd.testing.assert_frame_equal(getattr(there, table), getattr(here, table), check_dtype=False,
                                      check_categorical=False)  # fmt: skip


def in_memory(dataset, people):
    """The data set with some of its rows, held in memory."""
    rows = Chosen(people, dataset.costs.loc[people.index], dataset.measures.loc[people.index])
    return replace(dataset, held=InMemory(rows))


def test_exposure_is_above_nothing_and_at_most_the_period(rand_hie):
    assert rand_hie.person_years["exposure"].between(0, 1, inclusive="right").all()


LATER = {
    "dearer care in the year itself": ("spend", ("A", 2014, "primary", "surgery", "90000.00")),
    "a need recorded the day after the index date": ("needs", ("B", "2014-01-02", "conditions", 9)),
    "an outcome of the year": ("outcomes", ("B", 2013, "falls", 5, 1)),
    "someone who joins in the year": ("people", ("D", 1940, "female", "North", "2014-03-01", "", "")),
}


@pytest.mark.parametrize("added", LATER)
def test_what_is_added_after_the_index_date_changes_no_member(by_hand, hand_rows, added):
    table, row = LATER[added]
    terms = Cohort(min_age=20, need_marker="conditions", need_minimum=1.0, prior_spend_minimum=1_000.0)
    before, after = (_chosen(by_hand(**t), terms) for t in ({}, {table: [*hand_rows[table], row]}))
    pd.testing.assert_frame_equal(before, after)
    assert before.index.tolist() == ["A"]


@pytest.mark.parametrize("gone", ["leave", "death"])
def test_leaving_or_dying_in_the_year_shortens_exposure_and_changes_no_member(by_hand, hand_rows, gone):
    left, died = ("2014-07-02", "") if gone == "leave" else ("", "2014-07-02")
    people = [("A", 1950, "female", "North", "", left, died), *hand_rows["people"][1:]]
    terms = Cohort(min_age=20, need_marker="conditions", need_minimum=1.0)
    before, after = (by_hand(**t) for t in ({}, {"people": people}))
    pd.testing.assert_frame_equal(_chosen(before, terms), _chosen(after, terms))
    assert select(after, terms).person_years(2014) == pytest.approx(182 / 365)


def test_a_need_known_on_the_index_date_does_change_who_is_in(by_hand, hand_rows):
    known = [*hand_rows["needs"], ("B", "2014-01-01", "conditions", 2)]
    members = _chosen(by_hand(needs=known), Cohort(need_marker="conditions", need_minimum=1.0))
    assert members.index.tolist() == ["A", "B"]


def _chosen(dataset, terms):
    members = select(dataset, terms).members
    now = members[members["year"] == 2014].astype({"person_id": str}).set_index("person_id")
    return now[KNOWN_ON_THE_INDEX_DATE].astype(dict.fromkeys(("sex", "locality", "group"), str))


@pytest.mark.parametrize("at_once", [700, 2_500])
def test_people_taken_in_parts_come_to_the_same(rand_hie, monkeypatch, at_once):
    monkeypatch.setattr("capitation.dataset.some_people.AT_ONCE", at_once)
    in_parts = open_dataset("rand-hie")
    assert len(in_parts.held.groups) > 2
    terms = Cohort(min_age=20, need_marker="conditions", need_minimum=1.0)
    there, here = select(in_parts, terms), select(rand_hie, terms)
    for table in ("members", "costs", "measures", "funnel"):
        pd.testing.assert_frame_equal(getattr(there, table), getattr(here, table))
    one, two = in_parts.held.summary(()), rand_hie.held.summary(())
    pd.testing.assert_frame_equal(one.cells, two.cells, rtol=1e-12)
    pd.testing.assert_frame_equal(one.atoms, two.atoms, rtol=1e-12, check_dtype=False)
