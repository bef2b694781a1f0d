"""The proportions and names of the code in lib/."""

import ast
from pathlib import Path
from statistics import median

LIB = Path(__file__).parents[2] / "lib" / "capitation"
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(LIB.rglob("*.py"))}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "base", "misc"}
MARKS = ("TO" + "DO", "FIX" + "ME", "XX" + "X")


def functions() -> dict[str, int]:
    """Lines of every function, its docstring not counted."""
    found = {}
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = node.body[0] if ast.get_docstring(node) is not None else None
                words = said.end_lineno - said.lineno + 1 if said else 0
                found[f"{file.name}:{node.lineno} {node.name}"] = node.end_lineno - node.lineno + 1 - words
    return found


def test_half_of_the_functions_have_fewer_than_ten_lines():
    assert len(functions()) > 200
    assert median(functions().values()) < 10


def test_no_function_is_longer_than_forty_lines():
    assert {name: lines for name, lines in functions().items() if lines > 40} == {}


def test_no_module_has_a_name_that_says_nothing():
    assert {part for file in TREES for part in file.relative_to(LIB).with_suffix("").parts} & BANNED_NAMES == set()


def test_every_module_with_code_says_what_it_is_for():
    assert [str(f.relative_to(LIB)) for f, tree in TREES.items() if tree.body and not ast.get_docstring(tree)] == []


def test_nothing_is_left_to_do_in_the_code():
    assert [str(f) for f in TREES if any(mark in f.read_text(encoding="utf-8") for mark in MARKS)] == []


def test_no_random_number_comes_from_a_global_seed():
    asked = ("np.random.seed", "np.random.rand", "import random\n")
    assert [str(f) for f in TREES if any(call in f.read_text(encoding="utf-8") for call in asked)] == []
