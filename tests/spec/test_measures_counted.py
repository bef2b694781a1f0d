"""Measures counted among members, by hand: joiners, leavers and deaths, exclusions, cells, few people."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from capitation.cohort.members import select
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import ContractDesign
from capitation.outcomes.counted import (
    AGE_BAND,
    Value,
    counted,
    may_be_shown,
    observed_and_expected,
    shown,
    total,
    value,
)
from capitation.outcomes.gap import gap_over_fifths, level_of_the_most_deprived
from capitation.outcomes.library import Computed, Measure, library
from capitation.outcomes.library.measure import ExcludedBy
from capitation.outcomes.standardised import indirect

YEAR = 2014  # 365 days
PEOPLE = [
    ("A", 1940, "female", "North", "", "", ""),  # all year
    ("B", 1990, "male", "South", "", "2014-07-02", ""),  # leaves after 182 days
    ("C", 1990, "male", "South", "2014-05-27", "", ""),  # joins with 219 days left: 0.6
    ("D", 1930, "female", "North", "", "", "2014-04-11"),  # dies after 100 days
]
SPEND = [(p, y, "acute", "hospital", "10.00") for p in "ABD" for y in (2013, 2014)]
ADMITTED = [
    ("A", YEAR, "admitted", 2, 1),
    ("B", YEAR, "admitted", 1, 0.5),
    ("D", YEAR, "admitted", 3, 0.3),
]  # C: no row
REVIEWED = [("A", YEAR, "reviewed", 1, 1), ("B", YEAR, "reviewed", 0, 1), ("C", YEAR, "reviewed", 1, 1),
            ("D", YEAR, "reviewed", 1, 1)]  # fmt: skip
PERSON_YEARS = 1 + 182 / 365 + 219 / 365 + 100 / 365
Made = Callable[..., LinkedDataset]


def measure(kind: str, **how: Any) -> Measure:
    part_year = how.pop("part_year", "person-years" if kind == "rate" else "everyone once")
    by = Computed(outcomes=("any",), part_year=part_year, **how)
    return library()["M11"].model_copy(update={"kind": kind, "computed": by})


def cohort(dataset: LinkedDataset):
    return select(dataset, ContractDesign().cohort)


def made(by_hand: Made, **tables: Any) -> LinkedDataset:
    return by_hand(people=PEOPLE, spend=SPEND, outcomes=ADMITTED + REVIEWED, **tables)


def test_a_rate_is_over_the_person_years_of_everybody_at_risk_joiners_leavers_and_deaths_too(by_hand: Made):
    found = value(measure("rate"), "admitted", cohort(made(by_hand)), [YEAR])
    assert (found.people, found.with_event, found.numerator) == (4, 3, 6)
    assert found.denominator == found.exposure == pytest.approx(PERSON_YEARS)
    assert found.value == pytest.approx(6 / PERSON_YEARS)


def test_a_rate_from_an_age_on_counts_events_and_time_of_those_people_only(by_hand: Made):
    found = value(measure("rate", ages_from=65), "admitted", cohort(made(by_hand)), [YEAR])
    assert (found.people, found.numerator) == (2, 5)
    assert found.denominator == pytest.approx(1 + 100 / 365)
    young = value(measure("rate", ages_below=65), "admitted", cohort(made(by_hand)), [YEAR])
    assert (young.numerator, young.people) == (1, 2)


def test_a_share_counts_leavers_and_deaths_once_in_full(by_hand: Made):
    found = value(measure("share"), "reviewed", cohort(made(by_hand)), [YEAR])
    assert (found.numerator, found.denominator, found.value) == (3, 4, 0.75)


def test_a_share_of_those_there_for_half_the_year_leaves_the_others_out(by_hand: Made):
    half = measure("share", part_year="at least half the year")
    found = value(half, "reviewed", cohort(made(by_hand)), [YEAR])
    assert (found.numerator, found.denominator) == (2, 2)  # A, and C with 0.6; B has 182 of 365 days


def test_denominators_as_recorded_are_the_data_set_s_own(by_hand: Made):
    found = value(measure("mean", part_year="as recorded"), "admitted", cohort(made(by_hand)), [YEAR])
    assert (found.numerator, found.denominator) == (6, pytest.approx(1.8))


def test_a_year_in_which_nothing_was_counted_is_missing_and_not_nought(by_hand: Made):
    found = value(measure("rate"), "admitted", cohort(made(by_hand)), [2013])
    assert (found.people, found.denominator) == (0, 0)
    assert np.isnan(found.value)


def test_people_left_out_are_counted_and_the_measure_with_them_stands_beside(by_hand: Made):
    needs = [("A", "2012-06-01", "frailty", 0.30), ("B", "2012-06-01", "frailty", 0.24)]
    how = measure("share", excluded_by=ExcludedBy(marker="frailty", above=0.24))
    found = value(how, "reviewed", cohort(made(by_hand, needs=needs)), [YEAR])
    assert (found.numerator, found.denominator, found.left_out) == (2, 3, 1)
    assert (found.all_numerator, found.all_denominator, found.all_value) == (3, 4, 0.75)


def test_without_the_marker_of_an_exclusion_nobody_is_left_out(by_hand: Made):
    how = measure("share", excluded_by=ExcludedBy(marker="frailty", above=0.24))
    found = value(how, "reviewed", cohort(made(by_hand)), [YEAR])
    assert (found.left_out, found.denominator) == (0, 4)


def test_cells_are_age_band_sex_and_deprivation_and_add_up(by_hand: Made):
    cells = counted(measure("rate"), "admitted", cohort(made(by_hand)), [YEAR])
    rows = {(r[AGE_BAND], r["sex"]): (r["numerator"], r["denominator"]) for _, r in cells.iterrows()}
    assert rows == {
        (18, "male"): (1, pytest.approx(182 / 365 + 0.6)),
        (65, "female"): (2, pytest.approx(1)),
        (75, "female"): (3, pytest.approx(100 / 365)),
    }
    assert cells["deprivation"].isna().all()
    assert total(cells).numerator == 6
    assert total(cells).denominator == pytest.approx(PERSON_YEARS)


def test_groups_are_columns_of_the_members(by_hand: Made):
    places = counted(measure("share"), "reviewed", cohort(made(by_hand)), [YEAR], ("locality",)).set_index("locality")
    assert places["numerator"].to_dict() == {"North": 2, "South": 1}
    assert places["denominator"].to_dict() == {"North": 2, "South": 2}


def test_a_measure_of_another_measure_is_not_counted_from_rows(by_hand: Made):
    for short in ("M46", "M02"):
        with pytest.raises(ValueError, match="not counted from rows"):
            counted(library()[short], "reviewed", cohort(made(by_hand)), [YEAR])


def cells_of(*rows: tuple[str, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["sex", "numerator", "denominator"])
    counts = {"people": table["denominator"], "with_event": table["numerator"], "exposure": table["denominator"],
              "all_numerator": table["numerator"], "all_denominator": table["denominator"], "left_out": 0.0,
              "left_out_with_event": 0.0}  # fmt: skip
    return table.assign(**counts)


def test_expected_is_the_base_s_rate_of_each_cell_and_of_all_where_a_cell_is_new():
    base = cells_of(("female", 10, 100), ("male", 30, 100))
    now = cells_of(("female", 6, 50), ("male", 20, 100), ("other", 1, 10))
    observed, expected = observed_and_expected(now, base, ("sex",))
    assert (observed, expected) == (27, pytest.approx(5 + 30 + 0.2 * 10))
    rates = [0.1, 0.3, 0.2]
    assert indirect(now["numerator"], now["denominator"], rates).value == pytest.approx(observed / expected)


def test_without_a_base_nothing_is_expected():
    nobody = cells_of(("female", 0, 0))
    assert np.isnan(observed_and_expected(cells_of(("female", 6, 50)), nobody, ("sex",))[1])


def by_fifth(*rates: float) -> pd.DataFrame:
    """100,000 people of each fifth, the most deprived first, and 10 people whose fifth is not known."""
    fifths = pd.DataFrame({"deprivation": [*range(1, len(rates) + 1)], "numerator": rates, "denominator": 100_000.0})
    unknown = pd.DataFrame({"deprivation": [np.nan], "numerator": [10.0], "denominator": [10.0]})
    table = pd.concat([unknown, fifths.iloc[::-1]], ignore_index=True)
    return table.assign(people=table["denominator"])


def test_the_gap_over_fifths_is_the_published_vector():
    found = gap_over_fifths(by_fifth(1400, 1150, 980, 860, 760))  # measures reference, section 1
    assert found is not None
    assert found.slope * 1e5 == pytest.approx(-785.0)
    assert found.intercept * 1e5 == pytest.approx(1422.5)
    assert found.end_ratio == pytest.approx(2.2314, abs=5e-5)
    assert found.relative == pytest.approx(-0.7621, abs=5e-5)


def test_the_level_of_the_most_deprived_fifth_stands_beside_the_gap():
    assert level_of_the_most_deprived(by_fifth(1400, 1150)) == pytest.approx(0.014)
    assert np.isnan(level_of_the_most_deprived(by_fifth(1400, 1150).query("deprivation != 1")))


def test_there_is_no_gap_over_a_single_fifth():
    assert gap_over_fifths(by_fifth(1400)) is None


def test_the_gap_of_the_county_s_emergency_admissions_is_found(county: LinkedDataset):
    table = counted(library()["M11"], "emergency_admission", cohort(county), county.years, ("deprivation",))
    found = gap_over_fifths(table)
    assert found is not None and level_of_the_most_deprived(table) == pytest.approx(
        table["numerator"].iloc[0] / table["denominator"].iloc[0]
    )


@dataclass
class Members:
    members: pd.DataFrame
    measures: pd.DataFrame
    units: pd.DataFrame


def in_practices(**counts: tuple[int, int]) -> Members:
    """So many people of each practice, the first so many of them with the event."""
    rows = [(name, float(n < events)) for name, (people, events) in counts.items() for n in range(people)]
    practice, event = zip(*rows, strict=True)
    members = pd.DataFrame({"practice": practice, "year": YEAR, "age": 50.0, "exposure": 1.0})
    columns = pd.MultiIndex.from_tuples([("any", "denominator"), ("any", "numerator")])
    return Members(members, pd.DataFrame(np.c_[np.ones(len(rows)), event], columns=columns), pd.DataFrame())


def by_practice(**counts: tuple[int, int]) -> pd.DataFrame:
    how = measure("share")
    return shown(how, counted(how, "any", in_practices(**counts), [YEAR], ("practice",))).set_index("practice")


def test_a_group_with_few_events_is_hidden_with_the_next_smallest_and_counts_are_to_the_nearest_five():
    table = by_practice(a=(40, 5), b=(41, 17), c=(203, 100))
    assert table["value"].isna().to_dict() == {"a": True, "b": True, "c": False}
    assert table.loc["c", ["people", "numerator", "denominator"]].tolist() == [205, 100, 205]
    assert table.loc["c", "value"] == 100 / 203


def test_a_group_in_which_few_lack_the_event_is_hidden_and_one_with_nobody_having_it_is_not():
    table = by_practice(a=(40, 37), b=(60, 30), c=(50, 0), d=(60, 20))
    assert table["value"].isna().to_dict() == {"a": True, "b": False, "c": False, "d": True}
    assert table.loc["c", "value"] == 0


@pytest.mark.parametrize(("counts", "may"), [
    ((8, 8, 0, 0), True), ((7, 0, 0, 0), False), ((20, 5, 0, 0), False), ((20, 14, 0, 0), False), ((20, 10, 3, 0), False),
    ((20, 10, 20, 5), False), ((20, 10, 20, 10), True), ((0, 0, 0, 0), False),
])  # fmt: skip
def test_the_value_of_all_is_shown_when_no_count_behind_it_is_small(counts: tuple[int, int, int, int], may: bool):
    people, with_event, out, out_with = counts
    found = Value(people, with_event, people, with_event, people, with_event + out_with, people + out, out, out_with)
    assert may_be_shown(measure("share"), found) is may


@pytest.fixture(scope="module")
def county() -> LinkedDataset:
    return open_dataset(str(Path(__file__).parents[2] / "data_samples" / "county-5000"))


def test_attendances_are_the_units_of_their_service(county: LinkedDataset):
    spend = pd.read_parquet(Path(__file__).parents[2] / "data_samples" / "county-5000" / "spend.parquet")
    mine = spend[(spend["service"] == "a_and_e") & spend["month"].astype(str).between("2017-04-01", "2018-03-31")]
    found = value(library()["M12"], "units:a_and_e", cohort(county), [2017])
    assert found.numerator == mine["units"].sum() == 2_419
    assert found.value * 1_000 == pytest.approx(460.6, abs=0.05)


def test_admissions_by_outcome_and_by_units_are_the_same(county: LinkedDataset):
    by = [value(library()["M11"], source, cohort(county), [2016, 2017]) for source in
          ("emergency_admission", "units:emergency_inpatient")]  # fmt: skip
    assert by[0] == by[1]


def test_in_memory_the_same_is_counted(county: LinkedDataset):
    apart = cohort(county.without_engine())
    for short, source in (("M01", "diabetes_control"), ("M12", "units:a_and_e")):
        there = value(library()[short], source, cohort(county), [2017])
        assert value(library()[short], source, apart, [2017]) == there


def test_with_the_engine_in_a_process_apart_the_same_is_counted(county: LinkedDataset):
    from capitation.workbench.engine_apart import opened_apart

    apart = opened_apart(str(Path(__file__).parents[2] / "data_samples" / "county-5000"), None, 0)
    assert apart.held.services_with_units() == county.held.services_with_units()
    pd.testing.assert_frame_equal(apart.held.units(()), county.held.units(()), check_column_type=False)
    apart.held._process.shutdown()  # type: ignore[attr-defined]


def test_a_year_that_is_not_over_has_units_so_far_and_no_outcomes(county: LinkedDataset):
    half = cohort(county.as_at("2017-09"))
    assert np.isnan(value(library()["M08"], "acs_admission", half, [2017]).value)
    so_far = value(library()["M12"], "units:a_and_e", half, [2017])
    assert 0.3 < so_far.value < 0.6
    assert so_far.denominator < 0.51 * 5_400


def test_observed_over_expected_of_the_county_is_near_one_over_its_own_years(county: LinkedDataset):
    m, people = library()["M11"], cohort(county)
    base = counted(m, "emergency_admission", people, county.years)
    observed, expected = observed_and_expected(base, base)
    assert observed == pytest.approx(expected)
