"""What every test may use: the real data, the designs that ship with the project, and small data sets made by hand."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, settings

from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import ContractDesign, change, read_design

ROOT = Path(__file__).parent.parent
COLUMNS = {
    "people": "person_id,birth_year,sex,locality,join_date,leave_date,death_date",
    "spend": "person_id,year,service,provider,amount",
    "needs": "person_id,as_at,marker,value",
    "outcomes": "person_id,year,measure,numerator,denominator",
    "services": "service,label,setting",
    "providers": "provider,label",
}
TWO_PEOPLE_AND_A_JOINER: dict[str, list[tuple[Any, ...]]] = {
    "people": [
        ("A", 1950, "female", "North", "", "", ""),
        ("B", 1990, "male", "South", "", "", ""),
        ("C", 1990, "male", "South", "2014-05-27", "", ""),  # 219 of 365 days: 0.6 of a person-year
    ],
    "spend": [
        ("A", 2013, "acute", "hospital", "1500.00"),
        ("B", 2013, "primary", "surgery", "500.00"),
        ("A", 2014, "acute", "hospital", "2000.00"),
        ("B", 2014, "primary", "surgery", "300.00"),
        ("C", 2014, "primary", "surgery", "400.00"),
    ],
    "needs": [("A", "2012-06-01", "conditions", 3), ("B", "2012-06-01", "conditions", 0)],
    "outcomes": [
        ("A", 2013, "reviewed", 1, 1), ("B", 2013, "reviewed", 1, 1),
        ("A", 2014, "reviewed", 1, 1), ("B", 2014, "reviewed", 0, 1), ("C", 2014, "reviewed", 1, 1),
    ],
    "services": [("acute", "Hospital care", "acute"), ("primary", "Surgery care", "primary care")],
    "providers": [("hospital", "Hospital"), ("surgery", "Surgery")],
}  # fmt: skip
DESCRIPTION = {
    "name": "By hand", "description": "Made for a test.", "source": "This test", "currency": "£", "grain": "year",
    "year_starts_in": 1, "synthetic": True,
}  # fmt: skip
Tables = Mapping[str, Sequence[tuple[Any, ...]]]

settings.register_profile(
    "capitation", deadline=None, derandomize=True, database=None, max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
settings.load_profile("capitation")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/golden --remake-golden`` writes the golden files anew; read the difference."""
    parser.addoption("--remake-golden", action="store_true", help="write the golden files of tests/golden anew")


@pytest.fixture
def remake_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--remake-golden"))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def rand_hie() -> LinkedDataset:
    return open_dataset("rand-hie")


@pytest.fixture(scope="session")
def baseline() -> ContractDesign:
    return read_design(ROOT / "designs" / "baseline.yaml")


@pytest.fixture(scope="session")
def quick(baseline: ContractDesign) -> ContractDesign:
    """The baseline with the fewest drawn years."""
    return change(baseline, {"outlook.replicates": 1_024})


@pytest.fixture
def by_hand(tmp_path: Path) -> Callable[..., LinkedDataset]:
    """``by_hand(spend=[...])``: two people and a joiner over two years, with these tables instead."""

    def made(**tables: Sequence[tuple[Any, ...]]) -> LinkedDataset:
        folder = tmp_path / f"data{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "dataset.yaml").write_text(yaml.safe_dump(DESCRIPTION), encoding="utf-8")
        for name, rows in {**TWO_PEOPLE_AND_A_JOINER, **tables}.items():
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS[name].split(","), *rows])
        return open_dataset(str(folder))

    return made


@pytest.fixture(scope="session")
def hand_rows() -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the data set made by hand, to change one of them."""
    return TWO_PEOPLE_AND_A_JOINER


@pytest.fixture(scope="session")
def amounts_of_single_people(rand_hie: LinkedDataset) -> list[str]:
    """The yearly cost of each of the thousand dearest person-years, as a page or a record would write it."""
    cost = rand_hie.costs.sum(axis=1).sort_values(ascending=False).head(1_000).round(2)
    return [f"{c:.2f}" for c in cost if round(100 * c) % 100]
