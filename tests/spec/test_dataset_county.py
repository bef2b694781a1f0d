"""The synthetic county, and the sample of it that ships with the project."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from capitation.dataset import check, county, make_county, open_dataset
from capitation.errors import InputError

SAMPLE = Path(__file__).parents[2] / "data_samples" / "county-2000"
LARGEST_SAMPLE = 1_500_000


@pytest.fixture(scope="module")
def sample():
    return open_dataset(str(SAMPLE))


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    return make_county(2_000, 7, tmp_path_factory.mktemp("remade") / "county-2000")


def test_the_sample_is_what_the_generator_makes_with_seed_7(remade):
    names = sorted(file.name for file in SAMPLE.iterdir())
    assert names == sorted(file.name for file in remade.iterdir())
    for name in (name for name in names if name.endswith(".parquet")):
        assert pq.read_table(SAMPLE / name).equals(pq.read_table(remade / name)), name
    assert (SAMPLE / "dataset.yaml").read_text("utf-8") == (remade / "dataset.yaml").read_text("utf-8")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    one, two, three = (make_county(50, seed, tmp_path / str(place)) for place, seed in enumerate((1, 1, 2)))
    spend = [(folder / "spend.parquet").read_bytes() for folder in (one, two, three)]
    assert spend[0] == spend[1] != spend[2]


def test_the_sample_is_small_and_without_fault():
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) < LARGEST_SAMPLE
    assert check(str(SAMPLE)) == []


def test_it_says_that_it_is_synthetic(sample):
    assert sample.meta.synthetic
    assert "synthetic" in sample.meta.name.lower() + sample.meta.source.lower()


def test_cost_has_the_level_and_the_skew_of_a_county(sample):
    cost, exposure = sample.costs.sum(axis=1), sample.person_years.exposure
    assert cost.sum() / exposure.sum() == pytest.approx(1_700, rel=0.02)
    top = cost.sort_values(ascending=False).head(len(cost) // 20)
    assert 0.35 < top.sum() / cost.sum() < 0.55
    assert 1.8 < cost.std() / cost.mean() < 3.5


def test_cost_lasts_from_year_to_year(sample):
    rows = sample.person_years
    known = rows[rows.prior_known]
    assert 0.3 < known.prior_spend.corr(sample.costs.sum(axis=1)[known.index]) < 0.65


def test_people_join_leave_and_die_and_are_older_than_the_country(sample):
    assert sample.person_years.joined.sum() > 100
    assert (sample.person_years.exposure < 1).sum() > 300
    assert (sample.person_years.age >= 65).mean() == pytest.approx(0.26, abs=0.03)


def test_budgets_equal_spend_by_year_and_service(sample):
    spent = sample.costs.T.groupby(level="service").sum().T.groupby(sample.person_years.year).sum().stack()
    budget = sample.budgets.set_index(["year", "service"]).amount
    assert sample.unplaced_spend == 0
    assert budget.to_dict() == pytest.approx(spent.to_dict())


def test_a_folder_with_something_in_it_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not an empty folder"):
        make_county(10, 1, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_county_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(county, "_outcomes_table", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_county(10, 1, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_county_of_nobody_is_refused(tmp_path):
    with pytest.raises(InputError, match="at least 1"):
        make_county(0, 1, tmp_path / "new")
