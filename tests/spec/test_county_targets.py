"""A county of 100,000 people, of a seed it was not calibrated on, against every published figure it should meet.

Three statistics swing at this size, because cost is so skewed: one seed in four or more puts one of them outside its
band. Those may lie outside by as much as chance allows. At 540,000 people all lie inside (docs/methods/county.md).
"""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from capitation.dataset import make_county
from capitation.dataset.county import targets
from capitation.dataset.county.targets import TARGETS

PEOPLE, SEED = 100_000, 20_180_331
# Standard deviation between counties of 100,000 people of different seeds.
SWINGS = {"mean cost, £": 14.0, "most to least deprived, 45-64": 0.07, "hospital R2: age, sex": 0.003}
STEADY = [target.name for target in TARGETS if target.name not in SWINGS]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(PEOPLE, SEED, tmp_path_factory.mktemp("targets") / "county")


@pytest.fixture(scope="module")
def found(county: Path) -> pd.DataFrame:
    table = targets.report(county).set_index("name")
    print("\n" + table.drop(columns="basis").round(4).to_string())
    return table


@pytest.mark.parametrize("name", STEADY)
def test_a_steady_statistic_lies_in_its_band(found, name):
    row = found.loc[name]
    assert row.low <= row.value <= row.high


@pytest.mark.parametrize("name", SWINGS)
def test_a_statistic_that_swings_is_no_further_out_than_chance_puts_it(found, name):
    row, chance = found.loc[name], 1.5 * SWINGS[name]
    assert row.low - chance <= row.value <= row.high + chance


def test_nine_in_ten_targets_are_hit(found):
    assert len(found) >= 25
    assert found.hit.mean() >= 0.9, found[~found.hit]


def test_every_target_names_a_basis_and_a_band_that_can_be_missed(found):
    assert (found.low < found.high).all() and found.basis.str.len().gt(0).all()
    assert found.index.is_unique


def test_person_years_count_days_and_pounds_as_the_files_do(county):
    rows = targets.person_years(county)
    pounds = pq.read_table(county / "spend.parquet", columns=["amount"]).column("amount").to_numpy().sum()
    assert rows.total.sum() == pytest.approx(pounds)
    assert rows.exposure.between(0, 1, inclusive="right").all()
    assert (rows.hospital + rows.social).le(rows.total + 1e-6).all()


def test_a_report_misses_where_cost_is_spread_evenly():
    rows = pd.DataFrame({"person_id": range(100), "year": 2014, "exposure": 1.0, "total": 1.0, "hospital": 1.0})
    assert targets.top_share(rows, 0.05) == pytest.approx(0.05)
    assert targets.variation(rows) == 0
    assert targets.zero_cost(rows) == 0


def test_the_top_that_is_kept_is_counted_among_those_there_throughout_both_years():
    now = pd.DataFrame({"person_id": range(40), "year": 2014, "exposure": 1.0, "total": range(40)})
    later = now.assign(year=2015, total=[39 - cost if cost > 37 else cost + 0.5 for cost in range(40)])
    assert targets.top_kept(pd.concat([now, later])) == 0
    gone = later.assign(exposure=[0.5 if person > 37 else 1.0 for person in range(40)], total=range(40))
    assert targets.top_kept(pd.concat([now, gone])) == 1
