"""A page's data: small sets come along, of large ones the engine stays in a process of its own. The money is the same."""

from pathlib import Path

import pandas as pd
import pytest

from capitation.contract import settle
from capitation.dataset import open_dataset
from capitation.dataset.linked_dataset import InMemory
from capitation.design import change, read_design
from capitation.workbench.engine_apart import Apart, opened_apart

ROOT = Path(__file__).parents[2]
SAMPLE = str(next((ROOT / "data_samples").glob("county-*")))


@pytest.fixture(scope="module")
def design():
    return read_design(ROOT / "designs" / "county.yaml")


@pytest.fixture(scope="module")
def apart():
    return opened_apart(SAMPLE, None, most_in_memory=1_000)


def test_the_rows_of_a_large_data_set_stay_with_its_engine(apart):
    assert isinstance(apart.held, Apart)
    assert not apart.tables


def test_a_small_data_set_comes_along_whole():
    assert isinstance(opened_apart("rand-hie", None).held, InMemory)


@pytest.mark.parametrize("changes", [{}, {"cohort.localities": ["Rother"], "cohort.need_marker": "conditions"}])
def test_the_same_contract_gives_the_same_money(apart, design, changes):
    changed = change(design, {"outlook.replicates": 1_024, **changes})
    here, there = settle(open_dataset(SAMPLE), changed), settle(apart, changed)
    pd.testing.assert_frame_equal(here.money_lines, there.money_lines)
    pd.testing.assert_frame_equal(here.cohort.funnel, there.cohort.funnel, check_dtype=False)


def test_what_is_told_of_everybody_is_the_same(apart):
    here = open_dataset(SAMPLE)
    assert apart.held.values("locality") == here.held.values("locality")
    assert apart.markers == here.markers
    assert apart.quality.score.value == here.quality.score.value
    year = here.years[-1]
    pd.testing.assert_frame_equal(
        apart.held.by_age(year), here.held.by_age(year), check_dtype=False, check_column_type=False
    )
    pd.testing.assert_frame_equal(
        apart.held.summary(()).atoms, here.held.summary(()).atoms, check_dtype=False, check_column_type=False
    )
