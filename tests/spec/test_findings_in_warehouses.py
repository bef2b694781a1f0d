"""Findings, with graver faults put right, are the same wherever the data live; a damaged file is named on Spark too."""

import shutil
from pathlib import Path

import pytest
from tests.spec import warehouses

from capitation.dataset import check, make_county, open_dataset
from capitation.errors import InputError

PLANTED = ("feed-in-pence", "duplicate-person-years", "paid-twice")


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_county(2_500, 3, tmp_path_factory.mktemp("faulty") / "county", plant=PLANTED)


@pytest.fixture(scope="module")
def in_files(faulty: Path) -> list[str]:
    return [fault.shown() for fault in check(str(faulty))]


@pytest.mark.parametrize("kind", ["postgres", "spark"])
def test_findings_are_the_same_in_a_warehouse(kind: str, faulty: Path, in_files: list[str]) -> None:
    reason = warehouses.why_no_spark() if kind == "spark" else warehouses.why_no_postgres()
    if reason:
        pytest.skip(reason)
    assert sum("put right" in line for line in in_files) >= len(PLANTED)
    if kind == "spark":
        assert [fault.shown() for fault in check(warehouses.spark_address(faulty))] == in_files
        return
    with warehouses.postgres() as running:
        running.load(faulty)
        assert [fault.shown() for fault in check(running.address)] == in_files


@pytest.mark.parametrize("what", ["cut short", "rows damaged"])
def test_a_damaged_file_is_named_on_spark(what: str, faulty: Path, tmp_path: Path) -> None:
    if reason := warehouses.why_no_spark():
        pytest.skip(reason)
    folder = Path(shutil.copytree(faulty, tmp_path / "county"))
    content = bytearray((folder / "spend.parquet").read_bytes())
    middle = len(content) // 3
    if what == "cut short":
        content = content[:middle]
    else:
        content[middle : middle + 2_000] = bytes(2_000)
    (folder / "spend.parquet").write_bytes(content)
    with pytest.raises(InputError) as said:
        open_dataset(warehouses.spark_address(folder))
    assert "spend" in said.value.where
