"""What an open page of the board must not load: each of these takes megabytes that a page has no use for."""

import json
import os
import subprocess
import sys

import pytest

LARGE = ("altair", "ibis", "duckdb", "pyarrow", "scipy.stats", "scipy.interpolate", "scipy.optimize", "sklearn")
LOADED = """
import json, sys
import capitation
capitation._stay_small_when_served()
import capitation.workbench.workbench, capitation.workbench.board_page
print(json.dumps([name for name, module in sys.modules.items() if module is not None]))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that a process has which imported what a page needs, as a served page does."""
    served = {**os.environ, "CAPITATION_DATASET": "rand-hie"}
    done = subprocess.run([sys.executable, "-c", LOADED], env=served, check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_what_is_asked_about_is_what_a_page_imports(loaded):
    assert {"pandas", "scipy.special", "capitation.loss.scenarios", "capitation.workbench.board_page"} <= loaded


@pytest.mark.parametrize("large", LARGE)
def test_a_page_does_not_load(loaded, large):
    assert large not in loaded, f"a page imports {large}: import it inside the function that needs it"
