"""Every notebook runs with nobody there: on the baseline, and with one term overridden."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import papermill
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BASELINE = str(ROOT / "designs" / "baseline.yaml")
OUTLINE = re.compile(r' d="[^"]*"')  # an outline's pixels: without its commas 281,362.59 reads like an amount
OVERRIDE = {"price.trend": 0.2}


def run(notebook: Path, changes: dict, out: Path, interactive: bool = False) -> str:
    path = out / f"{notebook.stem}-{len(changes)}.ipynb"
    parameters = {"design": BASELINE, "changes": changes, "interactive": interactive}
    papermill.execute_notebook(notebook, path, parameters, progress_bar=False, cwd=str(notebook.parent))
    return shown(nbformat.read(path, as_version=4))


def shown(notebook: nbformat.NotebookNode) -> str:
    outputs = [o for c in notebook.cells for o in c.get("outputs", ())]
    return "".join(str(o.get("data", {}).get("text/html", "")) for o in outputs if o.output_type != "error")


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[tuple[str, int], str]:
    """What every notebook shows, on the baseline (0 changes) and with one override (1 change)."""
    out = tmp_path_factory.mktemp("runs")
    jobs = [(n, c) for n in NOTEBOOKS for c in ({}, OVERRIDE)]
    with ThreadPoolExecutor(2) as pool:
        shown_by_each = pool.map(lambda job: run(*job, out), jobs)
        return {(n.name, len(c)): html for (n, c), html in zip(jobs, shown_by_each, strict=True)}


@pytest.mark.parametrize("name", [n.name for n in NOTEBOOKS])
def test_a_notebook_runs_on_the_baseline(runs, name):
    assert "<svg" in runs[name, 0]


@pytest.mark.parametrize("name", [n.name for n in NOTEBOOKS if n.stem not in {"01_cohort", "02_scope"}])
def test_an_override_changes_what_a_notebook_shows(runs, name):
    assert runs[name, 1] != runs[name, 0]


@pytest.mark.parametrize("name", [n.name for n in NOTEBOOKS])
def test_no_person_s_row_or_amount_is_in_a_notebook_s_output(runs, name, amounts_of_single_people):
    assert "person_id" not in runs[name, 0] and "125024" not in runs[name, 0]
    words = OUTLINE.sub("", runs[name, 0]).replace(",", "")
    assert not [amount for amount in amounts_of_single_people if amount in words]


def test_a_wrong_parameter_stops_a_notebook_before_any_work(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match=r"risk\.coridor.*there is no such term"):
        run(NOTEBOOKS[0], {"risk.coridor.inner": 1}, tmp_path)
