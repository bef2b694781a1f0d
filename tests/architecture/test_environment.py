"""The environment is declared once, the commands are there, and no file points at one machine or at a CDN."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

HERE_ONLY = [f"{Path.home()}/", f"{Path(__file__).parents[3]}/", "/home/runner/"]
CDN_HOSTS = ["jsdelivr.net", "unpkg.com", "cdnjs.cloudflare.com", "esm.sh", "esm.run", "skypack.dev", "googleapis.com"]
TOOLS = {".git", ".venv", ".hypothesis", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".ipynb_checkpoints"}
NOT_OURS = {*TOOLS, "__pycache__", "out"}
THE_ENVIRONMENTS_LIST = ["python=3.11", "pip", {"pip": ["-e ."]}]


@pytest.fixture(scope="module")
def declared(root) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def texts(root) -> dict[str, str]:
    """Every text file of the project by its path, but for what tools leave behind and this file."""
    found = {}
    for file in root.rglob("*"):
        inside = file.relative_to(root)
        if file.is_file() and not NOT_OURS & set(inside.parts) and not str(inside).endswith("test_environment.py"):
            try:
                found[str(inside)] = file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_the_conda_route_holds_no_list_of_its_own(root):
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    assert conda["dependencies"] == THE_ENVIRONMENTS_LIST


def test_python_is_the_one_version_that_the_lock_was_made_for(declared):
    assert declared["project"]["requires-python"] == ">=3.11,<3.12"


LOCKS = {"requirements.lock": 100, "requirements-engines.lock": 10}  # and the fewest packages each holds


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_name_no_address(root, name):
    lock = (root / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://|--index|--find-links| @ |file:", lock) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_the_locks_has_an_exact_version_and_a_hash(root, name):
    lock = (root / name).read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", lock.strip())
    assert len(packages) > LOCKS[name]
    assert [p.splitlines()[0] for p in packages if not re.match(r"\S+==\S+", p) or "--hash=sha256:" not in p] == []


def test_every_package_that_is_asked_for_is_in_the_lock(root, declared):
    lock = "\n".join((root / name).read_text(encoding="utf-8") for name in LOCKS)
    locked = {name_of(line) for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
    groups = [r for group in declared.get("dependency-groups", {}).values() for r in group]
    assert {name_of(r) for r in [*declared["project"]["dependencies"], *groups]} - locked == set()


def test_the_readmes_commands_are_in_the_makefile(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    readme = (root / "README.md").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?:^|`)make ([a-z]+)", readme, flags=re.MULTILINE))
    assert {"report", "test"} <= asked <= targets
    assert {"report", "test", "board", "lab", "bench", "help"} <= targets


def test_the_files_that_the_readme_names_are_there(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:designs|docs|notebooks|data_samples|bench|tests)/[\w./-]*\w)", readme))
    assert named
    assert sorted(path for path in named if not (root / path).exists()) == []


def test_ci_runs_the_readmes_test_command(root):
    assert (root / ".ci" / "run").read_text(encoding="utf-8").strip().endswith("make test")


@pytest.mark.parametrize("words", [*HERE_ONLY, *CDN_HOSTS])
def test_no_file_points_at_this_machine_or_at_a_cdn(texts, words):
    assert len(texts) > 50
    assert [path for path, text in texts.items() if words in text] == []
