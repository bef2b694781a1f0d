"""A data set of four people, small enough to link by hand."""

import gc
import pickle
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from capitation.contract import settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.errors import InputError

SAMPLE = next((Path(__file__).parents[2] / "data_samples").glob("county-*"))
DESCRIPTION = """\
name: Four people
description: Made by hand
source: this test
currency: £
grain: month
synthetic: true
"""
TABLES = {
    # Ann stays; Bob joins on 1 January 2014; Cat dies on 1 October 2013; Dee is away for thirteen months.
    "people": """\
person_id,birth_year,sex,locality,group,join_date,leave_date,death_date
1,1950,female,North,core,,,
2,1980.5,male,South,,2014-01-01,,
3,1930,female,North,core,2012-01-01,,2013-10-01
4,2000,other,South,,,2015-04-01,
""",
    "spend": """\
person_id,month,service,provider,amount
1,2013-04,gp,practices,10.50
1,2013-04-01,gp,practices,0.25
1,2013-05,hospital,trust,100
1,2014-04,gp,practices,20
3,2013-09,hospital,trust,900
2,2014-03,gp,practices,5
4,2015-03,gp,practices,7
3,2014-06,hospital,trust,33
""",
    "needs": """\
person_id,as_at,marker,value
1,2013-04-01,conditions,2
1,2013-04-02,conditions,3
1,2014-05-01,conditions,9
2,2014-01-01,conditions,1
""",
    "outcomes": """\
person_id,year,measure,numerator,denominator
1,2013,falls,1,1
2,2013,falls,0,0.25
1,2014,falls,2,1
""",
    "budgets": "year,commissioner,service,amount\n2013,CCG,gp,1000\n2014,CCG,gp,1100\n2015,CCG,gp,1200\n",
    "absences": "person_id,away_from,back_on\n4,2013-05-01,2014-06-01\n",
    "services": "service,label,setting\ngp,GP care,primary care\nhospital,Hospital,acute\n",
    "providers": "provider,label\npractices,GP practices\ntrust,Acute trust\n",
}


@pytest.fixture(scope="module")
def four(tmp_path_factory) -> LinkedDataset:
    folder = tmp_path_factory.mktemp("four")
    (folder / "dataset.yaml").write_text(DESCRIPTION, "utf-8")
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return open_dataset(str(folder))


def days(start: date, end: date) -> int:
    return (end - start).days


def row_of(data: LinkedDataset, person: int, year: int):
    rows = data.person_years
    return rows[(rows.person_id == person) & (rows.year == year)].iloc[0]


def test_there_is_one_row_for_each_person_and_year_with_days_in_it(four):
    rows = four.person_years
    assert list(zip(rows.year, rows.person_id, strict=True)) == [
        (2013, 1), (2013, 2), (2013, 3), (2013, 4), (2014, 1), (2014, 2), (2014, 4),
    ]  # fmt: skip


def test_a_whole_year_is_one_person_year(four):
    assert row_of(four, 1, 2013).exposure == 1


def test_exposure_runs_from_joining_and_to_the_day_of_death(four):
    assert row_of(four, 2, 2013).exposure == days(date(2014, 1, 1), date(2014, 4, 1)) / 365
    assert row_of(four, 3, 2013).exposure == days(date(2013, 4, 1), date(2013, 10, 1)) / 365


def test_days_away_do_not_count_and_the_index_date_is_the_return(four):
    assert row_of(four, 4, 2013).exposure == 30 / 365
    assert row_of(four, 4, 2014).exposure == days(date(2014, 6, 1), date(2015, 4, 1)) / 365
    assert row_of(four, 4, 2014).age == pytest.approx(2014 + 151 / 365 - 2000)


def test_age_is_taken_on_the_index_date(four):
    assert row_of(four, 1, 2013).age == pytest.approx(2013 + 90 / 365 - 1950)
    assert row_of(four, 2, 2013).age == pytest.approx(2014 - 1980.5)


def test_joined_means_after_the_first_day_of_the_year(four):
    assert [row_of(four, person, 2013).joined for person in (1, 2, 3)] == [False, True, False]
    assert not row_of(four, 2, 2014).joined


def test_need_is_the_latest_value_known_on_the_index_date(four):
    assert row_of(four, 1, 2013)["need:conditions"] == 2
    assert row_of(four, 1, 2014)["need:conditions"] == 3
    assert row_of(four, 2, 2013)["need:conditions"] == 1
    assert row_of(four, 3, 2013).isna()["need:conditions"]


def test_prior_spend_is_all_spend_of_the_year_before(four):
    assert row_of(four, 1, 2014).prior_spend == 110.75
    assert row_of(four, 1, 2014).prior_known
    assert row_of(four, 1, 2013).prior_spend == 0
    assert not row_of(four, 1, 2013).prior_known


def test_costs_are_summed_by_service_and_provider_beside_their_person_year(four):
    ann = four.costs.loc[four.person_years.query("person_id == 1 and year == 2013").index[0]]
    assert ann[("gp", "practices")] == 10.75
    assert ann[("hospital", "trust")] == 100


def test_spend_in_a_year_without_days_is_counted_apart(four):
    assert four.unplaced_spend == 33
    assert four.costs.to_numpy().sum() + four.unplaced_spend == 1_075.75


def test_measures_stand_beside_their_person_year_and_are_nought_where_not_measured(four):
    assert four.measures.sum().to_dict() == {("falls", "denominator"): 2.25, ("falls", "numerator"): 3}


def test_months_years_and_labels_are_told(four):
    assert four.years == (2013, 2014)
    assert four.months == ("2013-04", "2015-03")
    assert four.months_in_last_year == 12
    assert four.meta.year_name(2013) == "2013/14"
    assert four.services.loc["gp", "label"] == "GP care"
    assert list(four.budgets.year) == [2013, 2014]


def test_text_columns_are_categories_and_no_group_is_empty_text(four):
    assert {str(four.person_years[name].dtype) for name in ("sex", "locality", "group")} == {"category"}
    assert row_of(four, 2, 2013).group == ""


def held_tables(engine) -> list[str]:
    gc.collect()
    return [row[0] for row in engine.raw_sql("select table_name from duckdb_tables() where temporary").fetchall()]


def test_the_engine_holds_what_the_data_set_needs_and_lets_go_of_the_rest(tmp_path):
    data = open_dataset(str(shutil.copytree(SAMPLE, tmp_path / "county")))
    engine = data.tables["people"].get_backend()
    data.held.chosen(())
    assert len(held_tables(engine)) == 2  # person-years, spend
    then = data.as_at("2014-12")
    assert len(held_tables(engine)) == 4
    del then
    assert len(held_tables(engine)) == 2
    del data
    assert held_tables(engine) == []


def test_as_at_a_month_care_that_was_recorded_later_is_not_seen(by_month):
    rows = [(1, "2013-04", "2013-05", 100), (1, "2013-05", "2013-07", 40), (1, "2013-06", "", 7), (1, "2014-03", "", 1)]
    data = by_month(rows)
    assert data.costs.to_numpy().sum() == 148
    assert data.as_at("2013-06").costs.to_numpy().sum() == 107
    assert data.as_at("2013-07").costs.to_numpy().sum() == 147


def test_as_at_the_last_month_of_care_what_came_later_is_not_seen_either(by_month):
    data = by_month([(1, "2013-04", "", 100), (1, "2014-03", "2014-03", 40), (1, "2014-03", "2014-06", 7)])
    assert data.as_at("2014-03").costs.to_numpy().sum() == 140
    assert data.costs.to_numpy().sum() == 147


@pytest.fixture
def by_month(tmp_path):
    """A data set of one person by month from rows of person, month of care, month recorded, amount."""

    def made(rows: list[tuple[int, str, str, float]]):
        spend = "".join(f"{who},{month},{recorded},gp,practices,{amount}\n" for who, month, recorded, amount in rows)
        files = {
            "dataset.yaml": "name: x\ndescription: x\nsource: x\ncurrency: £\ngrain: month\nsynthetic: true\n",
            "people.csv": "person_id,birth_year,sex,locality,join_date,leave_date,death_date\n1,1950,female,North,,,\n",
            "spend.csv": "person_id,month,recorded,service,provider,amount\n" + spend,
            "services.csv": "service,label,setting\ngp,GP care,primary care\n",
            "providers.csv": "provider,label\npractices,Practices\n",
        }
        for name, text in files.items():
            (tmp_path / name).write_text(text, "utf-8")
        return open_dataset(str(tmp_path))

    return made


def test_as_at_a_month_nothing_later_is_left(four):
    then = four.as_at("2014-06")
    assert then.months_in_last_year == 3
    assert then.months == ("2013-04", "2014-06")
    assert row_of(then, 1, 2014).exposure == days(date(2014, 4, 1), date(2014, 7, 1)) / 365
    assert then.costs.to_numpy().sum() + then.unplaced_spend == 1_068.75
    assert then.measures[("falls", "numerator")].sum() == 1
    assert then.meta.version != four.meta.version


@pytest.mark.parametrize(("month", "spent"), [("2013-04", 10.75), ("2014-05", 1_035.75), ("2014-06", 1_068.75)])
def test_as_at_a_month_its_own_spend_is_in_and_the_next_month_s_is_not(four, month, spent):
    then = four.as_at(month)
    assert then.costs.to_numpy().sum() + then.unplaced_spend == spent


def test_as_at_a_year_that_is_over_has_that_year_whole(four):
    then = four.as_at("2014-03")
    assert (then.years, then.months_in_last_year) == ((2013,), 12)
    assert row_of(then, 3, 2013).exposure == row_of(four, 3, 2013).exposure


@pytest.mark.parametrize("month", ["2015-04", "2013-03", "2014-13", "June", "2014-6", ""])
def test_a_month_outside_the_data_or_malformed_is_refused_with_the_months_covered(four, month):
    with pytest.raises(InputError, match="from 2013-04 to 2015-03"):
        four.as_at(month)


def test_data_that_begin_within_a_year_have_no_days_before_they_begin(tmp_path):
    (tmp_path / "dataset.yaml").write_text(DESCRIPTION, "utf-8")
    for name, text in TABLES.items():
        late = "\n".join(line for line in text.splitlines() if ",2013-0" not in line or name != "spend")
        (tmp_path / f"{name}.csv").write_text(late, "utf-8")
    data = open_dataset(str(tmp_path))
    assert data.months == ("2014-03", "2015-03")
    assert row_of(data, 1, 2013).exposure == 31 / 365


def test_without_the_engine_the_same_contract_gives_the_same_money(rand_hie, baseline):
    light = pickle.loads(pickle.dumps(rand_hie.without_engine()))
    assert not light.tables
    columns = [c for f in (light.person_years, light.services, light.budgets) for _, c in f.items()]
    kinds = [c.cat.categories.dtype if c.dtype == "category" else c.dtype for c in columns]
    assert not any(isinstance(k, pd.StringDtype) for k in kinds)
    pd.testing.assert_frame_equal(settle(light, baseline).money_lines, settle(rand_hie, baseline).money_lines)
