"""Nothing that reached the data after the index date decides who is in: late records, and columns known later."""

from pathlib import Path

import numpy as np
import pytest

from capitation.cohort.members import select
from capitation.cohort.risk_score import risk_score
from capitation.contract import result_of
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.design.parts import Cohort
from capitation.errors import InputError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def county():
    return open_dataset(str(ROOT / "data_samples" / "county-5000"))


def of_year(data, year):
    rows = data.person_years[data.person_years["year"] == year]
    return rows.set_index("person_id")


def test_spend_of_the_year_before_is_what_was_known_on_the_first_day_of_the_year(county):
    """As the data set itself says what it was at the end of March 2017."""
    then = county.as_at("2017-03")
    known = then.costs.sum(axis=1).set_axis(then.person_years["person_id"])[
        (then.person_years["year"] == 2016).to_numpy()
    ]
    rows = of_year(county, 2017)
    both = rows.index.intersection(known.index)
    assert np.allclose(rows.loc[both, "prior_spend"], known[both], atol=0.005)
    now = county.costs.sum(axis=1)[(county.person_years["year"] == 2016).to_numpy()].sum()
    assert known.sum() < 0.95 * now  # so that there is something to leak


def test_a_rule_on_prior_spend_takes_only_those_who_were_known_to_have_spent_it(county):
    people = select(county, Cohort(rules=("prior spend >= 5000",))).people(2017)
    assert people == 304  # with every record 352


def test_the_chances_told_for_a_year_are_those_that_could_be_told_on_its_first_day(county):
    """Records that came later, of the year before too, change no score."""
    then = county.as_at("2017-06")
    here, there = (data.without_engine() for data in (county, then))
    scores = []
    for data in (here, there):
        told = data.held._told
        mine = (told["year"] == 2017).to_numpy()
        scores.append(dict(zip(told.loc[mine, "person_id"], risk_score(data.held).of(told[mine]), strict=True)))
    both = [person for person in scores[1] if person in scores[0]]
    assert len(both) > 4_500
    assert np.allclose([scores[0][p] for p in both], [scores[1][p] for p in both], atol=1e-9)


def test_what_people_cost_before_is_compared_with_every_record(county):
    """People are chosen by what was known; the comparison of two years afterwards has both in full."""
    design = change(read_design(ROOT / "designs" / "county.yaml"), {"cohort.rules": ["prior spend >= 5000"]})
    found = result_of(county, design).profile.regression
    rows, cost = of_year(county, 2017), county.costs.sum(axis=1).to_numpy()
    before = county.person_years.assign(cost=cost)[lambda r: r["year"] == 2016].set_index("person_id")
    chosen = rows[(rows["age"] >= 65) & rows["prior_known"] & (rows["prior_spend"] >= 5_000)].index
    assert found.now.before == pytest.approx(before.loc[chosen, "cost"].sum() / before.loc[chosen, "exposure"].sum())
    assert rows.loc[chosen, "prior_spend"].sum() < before.loc[chosen, "cost"].sum()


@pytest.mark.parametrize("name", ["death_date", "leave_date", "died", "left", "emergency_admissions", "cost_known"])
def test_what_is_known_later_is_refused_with_its_date_by_whatever_name(county, name):
    with pytest.raises(InputError) as refused:
        select(county, Cohort(rules=(f"{name} >= 1",)))
    assert f"looks into the future: {name} of 2017/18 is known on 31 March 2018" in str(refused.value)
