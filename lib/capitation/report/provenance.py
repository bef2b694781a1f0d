"""Where a report's figures come from: versions, data set, design, and how to run it again."""

import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from capitation.contract import ContractResult
from capitation.dataset.disclosure import POLICY, POLICY_VERSION

LIBRARIES = ("numpy", "pandas", "ibis-framework", "duckdb", "pydantic", "altair", "vl-convert-python", "papermill",
             "nbconvert", "great-tables")  # fmt: skip


def provenance(result: ContractResult, month: str | None = None,
               changes: Mapping[str, Any] | None = None) -> dict[str, Any]:  # fmt: skip
    """The facts that a reader needs to get the same figures; no path of the machine and no name of its user."""
    meta, design = result.dataset.meta, result.design
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": {"name": meta.name, "address": meta.address, "version": meta.version, "synthetic": meta.synthetic},
        "design": {"name": design.name, "key": design.key, "changes": dict(changes or {})},
        "month": month,
        "contract_year": meta.year_name(result.year),
        "seed": design.outlook.seed,
        "replicates": design.outlook.replicates,
        "disclosure": f"{POLICY} (version {POLICY_VERSION})",
        "commit": commit(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """The version of Python, of this package and of the libraries the figures depend on."""
    found = {name: version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "capitation": version("capitation"), **found}


@cache
def commit() -> str | None:
    """The commit of the code in use, with ``+`` when files were changed since; None when it is no working copy."""
    root = Path(__file__).resolve().parents[3]
    head = _git(root, "rev-parse", "--short=12", "HEAD") if (root / ".git").exists() else None
    return head and head + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
