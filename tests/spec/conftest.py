"""One settled contract, one back-test and one synthetic county for the tests that only look at them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset, make_county, open_dataset
from capitation.dataset.county.planting import plant
from capitation.design import ContractDesign
from capitation.shadow.back_test import BackTest, back_test


@pytest.fixture(scope="module")
def result(rand_hie: LinkedDataset, quick: ContractDesign) -> ContractResult:
    return settle(rand_hie, quick)


@pytest.fixture(scope="module")
def tested(rand_hie: LinkedDataset, quick: ContractDesign) -> BackTest:
    return back_test(rand_hie, quick)


@pytest.fixture(scope="session")
def county_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound synthetic county of 6,000 people."""
    return make_county(6_000, 21, tmp_path_factory.mktemp("sound") / "county")


@pytest.fixture(scope="session")
def county(county_folder: Path) -> LinkedDataset:
    return open_dataset(str(county_folder))


@pytest.fixture(scope="session")
def planted(county_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``planted("feed-in-pence", ...)``: the folder of that county with these faults in it, each made once."""
    made: dict[tuple[tuple[str, ...], int], Path] = {}

    def folder(*names: str, seed: int = 21) -> Path:
        if (names, seed) not in made:
            made[names, seed] = tmp_path_factory.mktemp("planted") / "county"
            shutil.copytree(county_folder, made[names, seed])
            plant(made[names, seed], names, seed)
        return made[names, seed]

    return folder
