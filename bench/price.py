"""The price on 540,000 people once their person-year table exists: 100 cells, and need weights: ``python -m bench.price FOLDER``."""

import json
import subprocess
import sys
import time
from pathlib import Path

from capitation.dataset.checking import meta_of
from capitation.dataset.linked import linked
from capitation.dataset.sources import read
from capitation.dataset.typed import flagged_tables, typed_tables
from capitation.design.parts import Price
from capitation.price.person_year import people_of, priced

ROOT = Path(__file__).parents[1]
BANDS = (0, 5, 18, 25, 35, 45, 55, 65, 75, 85)  # with sex and five districts: 100 cells
WAYS = {
    "cells": Price(adjust="age, sex and locality", age_bands=BANDS, credibility=True),
    "need": Price(adjust="need weights"),
}
BASE_YEARS, TIMES = 3, 3


def run(folder: Path) -> dict[str, float]:
    """Cells, people and seconds, measured in a process of its own."""
    command = [sys.executable, "-m", "bench.price", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def main(folder: Path) -> None:
    """The best of some times of each way; the table is made before."""
    raw = read(str(folder))
    data = linked(meta_of(raw), typed_tables(flagged_tables(raw), raw))
    chosen, years = data.held.chosen(()), data.years
    members, cost = chosen.person_years, chosen.costs.to_numpy().sum(axis=1)
    found: dict[str, float] = {}
    for name, terms in WAYS.items():
        for _ in range(TIMES):
            start = time.monotonic()
            price = priced(people_of(members, terms, years[-1], years[-1 - BASE_YEARS : -1]), cost, terms, {})
            found[name] = min(found.get(name, float("inf")), time.monotonic() - start)
        found[f"{name} in cells"] = len(price.cells)
    print(json.dumps({"people": float((members["year"] == years[-1]).sum()), **found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
