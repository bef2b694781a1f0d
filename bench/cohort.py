"""The page about the cohort on 540,000 people: from a changed rule to every figure and chart of it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = (
    ("age >= 65", "prior emergency_admission >= 1"), ("age >= 70",), ("conditions >= 3",), ("frailty >= 0.24", "age >= 50"),
    ("risk >= 0.1",), ("locality = Rother, Lewes",), ("prior spend >= 2000",), ("segment != Fewer than 2 conditions",),
)  # fmt: skip


def run(folder: Path) -> tuple[list[float], float]:
    """In a process of its own: seconds for each changed rule, and for one search of the exact minimum size."""
    command = [sys.executable, "-m", "bench.cohort", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["page"], found["minimum size"]


def measure(folder: Path) -> tuple[list[float], float]:
    """Seconds for each changed rule (funnel, checks, finding, details and every picture of the page, ready to be sent),
    and for the exact minimum size of the last of these cohorts."""
    from capitation.design import read_design
    from capitation.workbench.engine_apart import opened_apart
    from capitation.workbench.workbench import Workbench

    data = opened_apart(str(folder), None)
    design = read_design(ROOT / "designs" / "county.yaml")
    workbench = Workbench(data, design, design, folder / "saved", True, at_once=False)
    list(_page(workbench))  # once, so that the score is learnt
    return [_seconds(workbench, rules) for rules in RULES], _minimum_size(workbench)


def _seconds(workbench: object, rules: tuple[str, ...]) -> float:
    start = time.monotonic()
    workbench.set_apart({"cohort.rules": list(rules)})  # type: ignore[attr-defined]
    assert len(list(_page(workbench))) > 5
    return time.monotonic() - start


def _minimum_size(workbench: object) -> float:
    from capitation.loss.minimum_size import exact_size

    atoms = workbench.result.profile.atoms  # type: ignore[attr-defined]
    start = time.monotonic()
    exact_size(atoms, 0.02, 0.05)
    return time.monotonic() - start


def _page(workbench: object) -> Iterator[object]:
    from capitation.workbench.steps import step

    found, result = step("cohort"), workbench.result  # type: ignore[attr-defined]
    yield found.finding(result)
    yield from found.details(result)
    yield from (picture for draw in found.pictures if (picture := draw(result)))


if __name__ == "__main__":
    page, least = measure(Path(sys.argv[1]))
    print(json.dumps({"page": page, "minimum size": least}))
