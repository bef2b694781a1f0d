"""Sums over person-years: the engine and memory agree, groups add up, and the future has no say in who is in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.cohort.members import all_rules
from capitation.cohort.profile import FIVE_YEARS
from capitation.cohort.risk_score import risk_score
from capitation.cohort.segments import SCHEMES, segmentation
from capitation.dataset import open_dataset
from capitation.dataset.linked_dataset import InMemory
from capitation.dataset.selection import Condition
from capitation.dataset.sums_in_memory import brought_to_memory
from capitation.design.parts import Cohort
from capitation.scope.leakage import in_and_out, matrices

ROOT = Path(__file__).parents[2]
RULES = ("age >= 65", "age < 40", "sex = female", "locality = Rother, Lewes", "practice != practice 01", "conditions >= 2",
         "frailty >= 0.12", "prior spend >= 500", "prior emergency_admission >= 1", "risk >= 0.05", "deprivation = 1, 2",
         "segment != Fewer than 2 conditions", "age >= 75 or frailty >= 0.24", "not age >= 75", "conditions <= 1",
         "prior spend > 500 or segment = E: 9 or more conditions", "not prior spend >= 500 or risk >= 0.2")  # fmt: skip


@pytest.fixture(scope="module")
def county():
    return open_dataset(str(ROOT / "data_samples" / "county-5000"))


@pytest.fixture(scope="module")
def in_memory(county):
    return county.without_engine()


@pytest.fixture(scope="module")
def brought(county):
    return brought_to_memory(county.held.sums, county.years)


rules = st.lists(st.sampled_from(RULES), max_size=3, unique=True).map(tuple)
schemes = st.sampled_from(sorted(SCHEMES))
years = st.sampled_from([2015, 2016, 2017])


def conditions_of(data, words):
    return tuple(c for rule in all_rules(data, Cohort(rules=words)) for c in rule.keeps)


def same(there: pd.DataFrame, here: pd.DataFrame, keys: list[str], rtol: float = 1e-9) -> None:
    there, here = (t.sort_values(keys, ignore_index=True)[sorted(there.columns)] for t in (there, here))
    pd.testing.assert_frame_equal(there, here, check_dtype=False, rtol=rtol)


@settings(max_examples=6)
@given(words=rules, scheme=schemes, year=years)
def test_the_engine_and_memory_sum_alike(county, in_memory, brought, words, scheme, year):
    chosen = conditions_of(county, words)
    segment, score = segmentation(scheme, county.markers), risk_score(county.held)
    by, dear = (segment, FIVE_YEARS, "sex", "locality", "deprivation"), Condition("cost", "at least", (2_000.0,))
    for other, rtol in ((in_memory.held.sums, 1e-9), (brought, 1e-4)):  # brought: amounts with seven figures
        sums = county.held.sums
        keys = ["member", "segment", "age band", "sex", "locality", "deprivation"]
        same(sums.cells(year, chosen, by, dear, (score,)), other.cells(year, chosen, by, dear, (score,)), keys, rtol)
        same(sums.atoms(year, chosen), other.atoms(year, chosen), ["bin"], rtol)
        same(sums.lines(year, chosen, (segment,)), other.lines(year, chosen, (segment,)),
             ["member", "segment", "service", "provider"], rtol)  # fmt: skip
        same(
            sums.users(year, chosen, (segment,)),
            other.users(year, chosen, (segment,)),
            ["member", "segment", "service"],
            rtol,
        )
        rare = ("continuing_care", "social_care_charged")
        same(sums.users_together(year, chosen, (segment,), rare), other.users_together(year, chosen, (segment,), rare),
             ["segment"], rtol)  # fmt: skip
        same(sums.follow(year, chosen, "emergency_admission"), other.follow(year, chosen, "emergency_admission"),
             ["year", "member"], rtol)  # fmt: skip
        same(sums.changes(year, chosen), other.changes(year, chosen), ["change", "year"], rtol)
        some = ("gp", "social_care_charged")
        of_two = (in_and_out(matrices(one.products(year, chosen, True)), some) for one in (sums, other))
        same(*of_two, ["member"], rtol)
        for of in ("cost", "cost_known"):
            assert sums.cut(year, 0.05, of) == pytest.approx(other.cut(year, 0.05, of))


@settings(max_examples=25)
@given(words=rules, scheme=schemes, year=years)
def test_groups_add_up_to_everybody(county, in_memory, words, scheme, year):
    chosen, sums = conditions_of(county, words), in_memory.held.sums
    segment = segmentation(scheme, county.markers)
    cells = sums.cells(year, chosen, (segment, "sex"))
    everybody = county.person_years["year"] == year
    assert cells["people"].sum() == everybody.sum()
    assert cells["cost"].sum() == pytest.approx(county.costs[everybody].to_numpy().sum())
    members = in_memory.held.left_after([(), chosen])[1][year]
    assert cells.loc[cells["member"], "people"].sum() == members
    assert sums.lines(year, chosen, (segment,))["amount"].sum() == pytest.approx(cells["cost"].sum())
    atoms = sums.atoms(year, chosen)
    assert (atoms["people"].sum(), atoms["cost"].sum()) == (
        members,
        pytest.approx(cells.loc[cells["member"], "cost"].sum()),
    )
    changes = sums.changes(year, chosen)
    assert changes.loc[changes["year"] == year, "people"].sum() == members


@settings(max_examples=25)
@given(words=rules, seed=st.integers(0, 100), year=st.sampled_from([2015, 2016]))
def test_nothing_of_the_year_itself_or_later_changes_who_is_in(in_memory, words, seed, year):
    """The future is put in disorder: what people cost, how it ended, what was counted, how long they were there."""
    held, rng = in_memory.held, np.random.default_rng(seed)
    people = held.rows.person_years
    later = np.flatnonzero((people["year"] >= year).to_numpy())
    told = held.histories.copy()
    for column in [c for c in told.columns if c in ("cost", "cost_known", "ending") or c.startswith("now:")]:
        values = told[column].to_numpy(copy=True)
        values[later] = values[rng.permutation(later)]
        told[column] = values
    exposure = people["exposure"].to_numpy(copy=True)
    exposure[later] = rng.uniform(0.01, 1, later.size)
    costs = held.rows.costs.copy()
    costs.iloc[later] = costs.iloc[rng.permutation(later)].to_numpy()
    other = InMemory(replace(held.rows, person_years=people.assign(exposure=exposure), costs=costs), told, held.paid)
    disordered = replace(in_memory, held=other)
    before, after = (d.held.chosen(conditions_of(d, words)).person_years for d in (in_memory, disordered))
    assert list(before.loc[before["year"] == year, "person_id"]) == list(after.loc[after["year"] == year, "person_id"])


def test_disorder_in_the_year_before_does_change_who_is_at_risk(in_memory):
    """So that the law above could fail: the score does read the year before."""
    held = in_memory.held
    told = held.histories.assign(cost_known=held.histories["cost_known"].to_numpy()[::-1])
    other = replace(in_memory, held=InMemory(held.rows, told, held.paid))
    before, after = (d.held.chosen(conditions_of(d, ("risk >= 0.05",))).person_years for d in (in_memory, other))
    assert len(before) != len(after)
