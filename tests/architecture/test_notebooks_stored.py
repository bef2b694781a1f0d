"""How notebooks are kept: without outputs, with the same parameters in the same place."""

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PARAMETERS = ["dataset", "design", "changes", "interactive", "out", "month"]


def test_there_are_notebooks():
    assert {"00_start", "board", "report"} <= {n.stem for n in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_a_notebook_is_kept_without_outputs(notebook):
    code = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    assert code
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_the_first_code_cell_is_tagged_and_holds_the_same_parameters(notebook):
    code = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    assert [("parameters" in c["metadata"].get("tags", [])) for c in code] == [True] + [False] * (len(code) - 1)
    body = ast.parse("".join(code[0]["source"])).body
    assert [target.id for line in body for target in line.targets] == PARAMETERS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_a_notebook_tells_and_the_library_computes(notebook):
    code = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    loops = (ast.For, ast.While, ast.FunctionDef, ast.ClassDef)
    found = [ast.unparse(n) for c in code for n in ast.walk(ast.parse("".join(c["source"]))) if isinstance(n, loops)]
    assert found == []
