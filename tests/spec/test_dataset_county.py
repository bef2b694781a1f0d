"""The synthetic county as a folder, and the sample of it that ships with the project."""

from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from capitation.dataset import check, make_county, open_dataset
from capitation.dataset.county import FAULTS, accounts, block, population, writing
from capitation.dataset.county import parameters as given
from capitation.dataset.county.conditions import onset_age
from capitation.dataset.schema import tables
from capitation.errors import InputError

SAMPLE = Path(__file__).parents[2] / "data_samples" / "county-5000"
LARGEST_SAMPLE = 4_000_000
PEOPLE, SEED = 5_000, 7


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(PEOPLE, SEED, tmp_path_factory.mktemp("remade") / "county-5000")


@pytest.fixture(scope="module")
def sample():
    return open_dataset(str(SAMPLE))


def test_the_sample_is_what_the_generator_makes_with_seed_7(remade):
    names = sorted(file.name for file in SAMPLE.iterdir())
    assert names == sorted(file.name for file in remade.iterdir())
    for name in (name for name in names if name.endswith(".parquet")):
        assert pq.read_table(SAMPLE / name).equals(pq.read_table(remade / name)), name
    assert (SAMPLE / "dataset.yaml").read_text("utf-8") == (remade / "dataset.yaml").read_text("utf-8")


def test_the_sample_is_small_and_without_fault_or_warning():
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) < LARGEST_SAMPLE
    assert check(str(SAMPLE)) == []


def test_it_says_that_it_is_synthetic_and_what_it_was_made_from(sample, tmp_path):
    assert sample.meta.synthetic and sample.meta.description.startswith("SYNTHETIC")
    assert sample.meta.source.endswith("5000 people, seed 7")
    planted = make_county(300, 1, tmp_path / "planted", plant=["price-error"])
    assert yaml.safe_load((planted / "dataset.yaml").read_text("utf-8"))["source"].endswith("planted: price-error")


def test_it_has_five_nhs_years_by_month_and_eleven_service_lines(sample):
    assert sample.years == (2013, 2014, 2015, 2016, 2017)
    assert sample.months == ("2013-04", "2018-03")
    assert set(sample.services.index) == set(given.CODES)
    assert sample.costs.columns.get_level_values("service").nunique() == 11
    assert sample.unplaced_spend == 0


def test_every_table_but_absences_is_there_with_every_column_but_group():
    for name, table in tables("month").items():
        if name != "absences":
            found = pq.read_schema(SAMPLE / f"{name}.parquet").names
            assert set(found) == {column.name for column in table.columns} - {"group"}, name


def test_text_is_read_back_as_text_and_numbers_are_small():
    spend = pq.read_schema(SAMPLE / "spend.parquet")
    assert [str(spend.field(name).type) for name in ("person_id", "month", "service")] == [
        "int32",
        "date32[day]",
        "string",
    ]


def test_localities_are_the_five_districts_and_practices_are_plainly_invented(sample):
    people = sample.tables["people"].select("locality", "practice").distinct().to_pandas()
    assert set(people.locality) == set(given.DISTRICTS)
    assert people.practice.str.fullmatch(r"practice \d\d").all()
    assert people.groupby("practice").locality.nunique().max() == 1


@pytest.mark.parametrize("people", [10_000, 60_000, 540_000])
def test_there_are_two_practices_or_more_in_each_district_and_about_one_for_8000_people(people):
    by_district = population.practices_by_district(people)
    assert min(map(len, by_district)) >= 2
    count = sum(map(len, by_district))
    assert sorted(chain.from_iterable(by_district)) == list(range(count))
    assert abs(count - max(10, people / 8_000)) <= 3


def test_published_unit_costs_carry_their_source_and_the_price_of_the_year():
    found = pq.read_table(SAMPLE / "unit_costs.parquet").to_pandas().set_index(["year", "service"])
    assert found.unit_cost[2014, "gp"] == 44.0
    assert found.unit_cost[2017, "gp"] == round(44.0 * 1.0401, 2)
    assert "PSSRU" in found.source[2014, "gp"] and "deflator" in found.source[2014, "gp"]
    assert "assumption of this synthetic county" in found.source[2014, "community"]


def test_a_service_that_nobody_used_has_a_unit_cost_all_the_same():
    assert accounts._unit_cost(0, 0, 1, given.CODES.index("continuing_care"))[0] == 118.0


def test_a_condition_comes_where_its_margin_reaches_the_persons_place_and_sooner_in_the_most_deprived():
    diabetes = next(condition for condition in given.CONDITIONS if condition.name == "diabetes")
    half_of_them, nobody = diabetes.ceiling / 2, 0.9
    ages = onset_age(diabetes, np.array([half_of_them, nobody]), np.array([3, 3]))
    assert ages[0] == pytest.approx(diabetes.middle) and ages[1] == np.inf
    most, least = onset_age(diabetes, np.array([0.05, 0.05]), np.array([1, 5]))
    assert 10 < least - most < 25


def test_small_counties_are_made_too(tmp_path):
    for people in (1, 50):
        folder = make_county(people, 1, tmp_path / str(people))
        assert [fault.line() for fault in check(str(folder)) if fault.fatal] == []


@pytest.mark.parametrize("people", [0, -1, 5_000_001])
def test_a_county_of_nobody_or_of_too_many_is_refused(tmp_path, people):
    with pytest.raises(InputError, match="at least 1 and at most 5,000,000"):
        make_county(people, 1, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_seed_below_0_is_refused(tmp_path):
    with pytest.raises(InputError, match="seed: -1 asked for"):
        make_county(10, -1, tmp_path / "new")


def test_an_unknown_fault_is_refused_with_the_known_ones_before_anything_is_made(tmp_path):
    with pytest.raises(InputError, match=r"'gremlins' is unknown; expected one of .*price-error"):
        make_county(10, 1, tmp_path / "new", plant=["gremlins"])
    assert list(tmp_path.iterdir()) == []
    assert "price-error" in FAULTS


def test_a_planted_fault_changes_the_data_and_truth_is_added_only_when_asked_for(tmp_path):
    plain = make_county(300, 1, tmp_path / "plain")
    planted = make_county(300, 1, tmp_path / "planted", plant=["price-error"], truth=True)
    assert pq.read_table(plain / "people.parquet").equals(pq.read_table(planted / "people.parquet"))
    assert not pq.read_table(plain / "spend.parquet").equals(pq.read_table(planted / "spend.parquet"))
    assert not (plain / "truth").exists()
    assert sorted(f.name for f in (planted / "truth").iterdir()) == ["person_years.parquet", "provider_effects.parquet"]
    assert pq.read_schema(planted / "truth" / "person_years.parquet").names == [
        "person_id",
        "year",
        "need",
        "expected_cost",
    ]
    assert pq.read_schema(planted / "truth" / "provider_effects.parquet").names == ["measure", "practice", "effect"]


def test_a_folder_with_something_in_it_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not an empty folder"):
        make_county(10, 1, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt])
def test_a_county_that_fails_or_is_stopped_half_way_leaves_nothing(tmp_path, monkeypatch, fault):
    def failing(*_: object) -> None:
        raise fault

    monkeypatch.setattr(accounts, "tables", failing)
    with pytest.raises(fault):
        make_county(10, 1, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_progress_rises_to_1_as_blocks_are_done(tmp_path, monkeypatch):
    monkeypatch.setattr(given, "BLOCK_PEOPLE", 100)
    monkeypatch.setattr(writing, "IN_PROCESS_UP_TO", 10)
    shares: list[float] = []
    make_county(250, 1, tmp_path / "new", progress=shares.append)
    assert shares == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1.0])


def test_blocks_are_numbered_through_and_add_up_to_the_county():
    orders = writing.block_orders(50_001, 1)
    assert [order.size.start for order in orders] == [16_667, 16_667, 16_667]
    for before, after in pairwise(orders):
        assert after.first_person == before.first_person + before.size.people


def test_another_process_makes_the_same_blocks(monkeypatch):
    monkeypatch.setattr(given, "BLOCK_PEOPLE", 100)
    monkeypatch.setattr(writing, "IN_PROCESS_UP_TO", 10)
    orders = writing.block_orders(300, 4)
    here = [block.make(order) for order in orders]
    with writing._Made(orders) as alone:
        assert [made.tables["spend"] for made in alone] == [made.tables["spend"] for made in here]
    monkeypatch.setattr(writing, "IN_PROCESS_UP_TO", 1)
    with writing._Made(orders) as pooled:
        assert isinstance(pooled, Iterator)
        assert [made.tables["spend"] for made in pooled] == [made.tables["spend"] for made in here]
