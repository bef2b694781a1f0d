"""A known shift of care out of the contract is found within the stated limits about as often as they say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from capitation.contract import settle
from capitation.dataset import LinkedDataset, make_county, open_dataset
from capitation.design import ContractDesign, change, read_design
from capitation.scope.leakage import cost_shift

SEEDS, SHIFT, GROWTH = 600, 60.0, 1.06
MEMBERS, OTHERS = 900, 2_500


def _year(rng: np.random.Generator, grown: float, shift: float) -> pd.DataFrame:
    """People there for part of a year, with skewed costs in proportion to it; members cost four times what others do."""
    rows = []
    for member, people, level in ((True, MEMBERS, 400.0), (False, OTHERS, 100.0)):
        there = np.where(rng.random(people) < 0.8, 1.0, rng.random(people))
        within, without = (there * k * level * grown * rng.lognormal(-0.5, 1.0, people) for k in (5, 1))
        moved = member * shift * there
        numbers = {"exposure": there, "within": within - moved, "without": without + moved}
        names = list(numbers)
        products = {f"{a}*{b}": numbers[a] @ numbers[b] for i, a in enumerate(names) for b in names[i:]}
        rows.append({"member": member, "people": people, **{n: v.sum() for n, v in numbers.items()}, **products})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("shift", [0.0, SHIFT])
def test_the_limits_hold_the_truth_in_95_of_100_small_populations(shift: float) -> None:
    held = {"without": 0, "within": 0}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        found = cost_shift(_year(rng, 1.0, 0.0), _year(rng, GROWTH, shift))
        assert found is not None
        for what, truth in (("without", shift), ("within", -shift)):
            estimate = getattr(found, what)
            held[what] += estimate.low <= truth <= estimate.high
    for what, hits in held.items():
        assert 0.93 <= hits / SEEDS <= 0.99, what


@pytest.fixture(scope="module")
def design(root: Path) -> ContractDesign:
    return read_design(root / "designs" / "county.yaml")


def _without_gps(data: LinkedDataset, design: ContractDesign) -> ContractDesign:
    services = [service for service in data.services.index if service != "gp"]
    return change(design, {"scope.rare_share": 0.0, "scope.services": services, "outlook.replicates": 1_024})


def test_a_planted_shift_is_found_and_its_amount_lies_within_the_limits(design: ContractDesign, tmp_path: Path) -> None:
    folder = make_county(6_000, 3, tmp_path / "shifted", plant=["shift-out-of-scope"])
    data = open_dataset(str(folder))
    found = settle(data, _without_gps(data, design)).coverage.shift
    moved = pq.read_table(folder / "truth" / "shift_out_of_scope.parquet").to_pandas().set_index("year")["amount"]
    assert list(moved.index) == [2016, 2017]
    assert found is not None and found.is_shift
    assert found.in_all.low <= moved[2017] <= found.in_all.high


def test_without_a_shift_none_is_found(design: ContractDesign, root: Path) -> None:
    data = open_dataset(str(root / "data_samples" / "county-5000"))
    found = settle(data, _without_gps(data, design)).coverage.shift
    assert found is not None and found.without.low <= 0 <= found.without.high


def test_the_shift_moves_care_and_makes_none(tmp_path: Path) -> None:
    sound, shifted = (make_county(1_500, 5, tmp_path / name, plant=plant) for name, plant in
                      (("sound", []), ("shifted", ["shift-out-of-scope"])))  # fmt: skip
    spend, ledger = (
        [pq.read_table(f / f"{t}.parquet").to_pandas() for f in (sound, shifted)] for t in ("spend", "ledger")
    )
    assert spend[0]["amount"].sum() == pytest.approx(spend[1]["amount"].sum())
    assert ledger[0]["amount"].sum() == pytest.approx(ledger[1]["amount"].sum())
    moved = pq.read_table(shifted / "truth" / "shift_out_of_scope.parquet").to_pandas()["amount"].sum()
    of_gps = [rows.loc[rows["service"] == "gp", "amount"].sum() for rows in spend]
    assert of_gps[1] - of_gps[0] == pytest.approx(moved, abs=0.01)
