"""Where the project's notebooks are: in the folder ``notebooks`` beside ``lib``."""

from pathlib import Path

from capitation.errors import InputError

REPORT = "report.ipynb"


def folder() -> Path:
    """The folder of notebooks. Raises InputError where the package was installed without it."""
    found = Path(__file__).resolve().parents[3] / "notebooks"
    if not found.is_dir():
        raise InputError("notebooks", "the package was installed without them",
                         "an installation from the project's folder: pip install -e .")  # fmt: skip
    return found


def notebook(name: str) -> Path:
    """The notebook of that file name. Raises InputError when there is none."""
    path = folder() / name
    if not path.is_file():
        raise InputError("notebooks", f"there is no {name}", "one of " + ", ".join(p.name for p in _all()))
    return path


def _all() -> list[Path]:
    return sorted(folder().glob("*.ipynb"))
