"""A steward's page for data that are not fit to be opened, and a score that findings hold down."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from capitation.cli import app
from capitation.dataset import make_county, open_dataset
from capitation.dataset.faults import Fault
from capitation.dataset.quality.score import ceiling
from capitation.steward_page import NOT_FIT


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(300, 4, tmp_path_factory.mktemp("small") / "county")


def asked(folder: Path, out: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["dataset", "quality", str(folder), "--out", str(out)])
    return done.exit_code, done.output + repr(done.exception or "")


def test_the_page_of_a_faulty_data_set_lists_its_faults_and_is_not_signed(small: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small, tmp_path / "county"))
    people = pq.read_table(folder / "people.parquet")
    pq.write_table(people.slice(20), folder / "people.parquet")  # whose spend then belongs to nobody
    status, said = asked(folder, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert status == 2
    for text in (said, page):
        assert NOT_FIT in text
        assert "it is not in people in " in text
        assert "below the heading" not in text
    assert "Signing means" not in page
    assert "Score 0 of 100" in page


def test_where_no_page_can_be_made_it_says_so_and_writes_none(small: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small, tmp_path / "county"))
    spend = pq.read_table(folder / "spend.parquet")
    pq.write_table(spend.slice(0, 0), folder / "spend.parquet")
    status, said = asked(folder, tmp_path / "page.html")
    assert status != 0
    assert "no page is made" in said
    assert not (tmp_path / "page.html").exists()


def moving(share: float | None, fatal: bool = False) -> Fault:
    return Fault("spend", "month", 0, (), "none", "off", fatal=fatal, gap=share, moves=share)


def test_findings_that_move_the_price_hold_the_score_down() -> None:
    assert ceiling([]) == 100
    assert ceiling([moving(0.02)]) == 80
    assert ceiling([moving(-0.02), moving(0.5)]) == 30
    assert ceiling([moving(0.005), moving(None)]) == 95
    assert ceiling([replace(moving(None), column="amount")]) == 80  # in pence, but of few people
    assert ceiling([replace(moving(0.005), column="amount")]) == 80
    assert ceiling([moving(99.0), moving(99.0), moving(99.0)]) == 0
    assert ceiling([moving(None, fatal=True)]) == 0


@pytest.mark.parametrize("name", ["feed-in-pence", "duplicate-person-years"])
def test_a_set_in_pence_or_with_doubled_rows_does_not_score_above_80(name: str, planted: Callable[..., Path]) -> None:
    score = open_dataset(str(planted(name))).quality.score
    assert score.value <= 80
    assert score.ceiling <= 80
