"""A run's folder: it appears whole or not at all, and only an earlier run is ever replaced."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from capitation.errors import InputError
from capitation.report.documents import PROVENANCE

EXPECTED = "a new or empty folder, or one that holds an earlier run"


def check_out(out: Path, replace: bool = True) -> None:
    """Raise InputError unless a run may be put at ``out``; an earlier run only with ``replace``."""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}", "this is a file", EXPECTED)
    if not out.exists() or not any(out.iterdir()):
        return
    if not (out / PROVENANCE).is_file():
        raise InputError(f"--out {out}", "the folder holds something that is no run", EXPECTED)
    if not replace:
        raise InputError(f"--out {out}", "the folder holds an earlier run", "a new or empty folder, or --replace")


@contextmanager
def appearing_whole(out: Path) -> Iterator[Path]:
    """A folder to write into; it becomes ``out`` at the end, or is gone when anything fails."""
    made = [p for p in out.parents if not p.exists()]
    draft = out.parent / f".{out.name}.{secrets.token_hex(4)}"
    try:
        draft.mkdir(parents=True)
        yield draft
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
