"""A run's folder: it appears whole or not at all, and only an earlier run is ever replaced."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from capitation.errors import InputError
from capitation.report.documents import PROVENANCE, RECORDS

PAGE, NOTEBOOK = "report.html", "report.ipynb"
RUN_FILES = (PAGE, NOTEBOOK, *RECORDS)
EXPECTED = "a new or empty folder, or one that holds an earlier run"


def check_out(out: Path, replace: bool = True) -> None:
    """Raise InputError unless a run may be put at ``out``; an earlier run only with ``replace``.

    A folder is an earlier run only when every entry is one of the run's own files.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}", "this is a file", EXPECTED)
    if not out.exists() or not any(out.iterdir()):
        return
    if not (out / PROVENANCE).is_file():
        raise InputError(f"--out {out}", "the folder holds something that is no run", EXPECTED)
    foreign = sorted(p.name for p in out.iterdir() if p.name not in RUN_FILES or not p.is_file())
    if foreign:
        what = f"beside an earlier run the folder holds {foreign[0]}{_and_others(len(foreign) - 1)}, which no run wrote"
        raise InputError(f"--out {out}", what, EXPECTED)
    if not replace:
        raise InputError(f"--out {out}", "the folder holds an earlier run", "a new or empty folder, or --replace")


def _and_others(count: int) -> str:
    return f" and {count} more" if count else ""


@contextmanager
def appearing_whole(out: Path, replace: bool = True) -> Iterator[Path]:
    """A folder to write into; it becomes ``out`` at the end, or is gone when anything fails.

    What is at ``out`` is looked at again before it is replaced: somebody may have put a file there meanwhile.
    """
    made = [p for p in out.parents if not p.exists()]
    draft = out.parent / f".{out.name}.{secrets.token_hex(4)}"
    try:
        draft.mkdir(parents=True)
        yield draft
        check_out(out, replace)
        _put(draft, out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        _remove_empty(made)
        raise


def _put(draft: Path, out: Path) -> None:
    if not out.exists():
        draft.rename(out)
        return
    earlier = draft.with_name(draft.name + ".earlier")
    out.rename(earlier)
    try:
        draft.rename(out)
    except BaseException:
        earlier.rename(out)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _remove_empty(folders: list[Path]) -> None:
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
