"""Do the intervals of the price hold? Every year the data allow, over data sets, cohorts and designs: ``python -m bench.coverage``.

Each case is priced on the years before it alone. Counties are made anew, with several seeds and of several sizes.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from capitation.dataset import open_dataset
from capitation.design import ContractDesign, change, read_design
from capitation.shadow.coverage import Case, cases_of_designs, coverage

ROOT = Path(__file__).parents[1]
SITES: Mapping[str, dict[str, object]] = {f"site {n}": {"cohort.localities": [f"site {n}"]} for n in range(1, 7)}
OF_RAND_HIE: Mapping[str, dict[str, object]] = {
    "all": {}, "adults": {"cohort.min_age": 18}, "children": {"cohort.max_age": 17}, "women": {"cohort.sex": "female"},
    "men": {"cohort.sex": "male"}, **SITES,
}  # fmt: skip
WHOLE: dict[str, object] = {"cohort.min_age": 0, "scope.rare_share": 0.0}
OF_A_COUNTY: Mapping[str, dict[str, object]] = {
    "65 and over": {}, "everybody": WHOLE, "18 to 64": {**WHOLE, "cohort.min_age": 18, "cohort.max_age": 64},
    "75 and over": {"cohort.min_age": 75}, "one district": {**WHOLE, "cohort.localities": ["Eastbourne"]},
    "65 and over, one district": {"cohort.localities": ["Hastings"]},
    "two conditions or more": {**WHOLE, "cohort.rules": ["conditions >= 2"]},
    "by need weights": {**WHOLE, "price.adjust": "need weights"},
}  # fmt: skip
COUNTIES = ((30_000, 11), (30_000, 12), (12_000, 13), (60_000, 14))


def of_rand_hie(design: ContractDesign, cohorts: Mapping[str, dict[str, object]] = OF_RAND_HIE) -> list[Case]:
    """The cases of the RAND experiment: its free plan, years 2 to 5."""
    designs = {name: change(design, changes) for name, changes in cohorts.items()}
    return cases_of_designs("rand-hie", open_dataset("rand-hie"), designs)


def of_county(folder: Path, people: int, seed: int, design: ContractDesign,
              cohorts: Mapping[str, dict[str, object]] = OF_A_COUNTY) -> list[Case]:  # fmt: skip
    """The cases of a county made anew in ``folder``."""
    out = folder / f"county-{people}-{seed}"
    command = [str(Path(sys.executable).parent / "capitation"), "dataset", "make-county", "--people", str(people),
               "--seed", str(seed), "--out", str(out)]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    designs = {name: change(design, changes) for name, changes in cohorts.items()}
    return cases_of_designs(f"county of {people:,}, seed {seed}", open_dataset(str(out)), designs)


def measure() -> list[Case]:
    """All cases."""
    baseline, county = (read_design(ROOT / "designs" / f"{name}.yaml") for name in ("baseline", "county"))
    cases = of_rand_hie(baseline)
    with tempfile.TemporaryDirectory() as folder:
        for people, seed in COUNTIES:
            cases += of_county(Path(folder), people, seed, county)
    return cases


def size(case: Case) -> str:
    """The size of a case, in words."""
    for limit in (1_000, 10_000):
        if case.person_years < limit:
            return f"under {limit:,} person-years"
    return "10,000 person-years and more"


def lines(cases: list[Case]) -> Iterator[str]:
    """The table, as markdown."""
    yield "| cases | number | mean actual/expected | inside 50 % | inside 80 % | inside 95 % |"
    yield "|---|---|---|---|---|---|"
    for group in (
        lambda _: "all",
        lambda c: c.dataset.partition(" of")[0],
        size,
        lambda c: f"{c.years_of_history} years of history",
    ):
        for row in coverage(cases, group).sort_values("group").to_dict("records"):
            shares = " | ".join(f"{row[f'inside {level} %']:.1%}" for level in (50, 80, 95))
            yield f"| {row['group']} | {row['cases']} | {row['mean ratio']:.3f} | {shares} |"


if __name__ == "__main__":
    print("\n".join(lines(measure())))
