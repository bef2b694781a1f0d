"""One run of the report: everything checked first, then the notebook, the page and the records, all or nothing."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capitation.contract import ContractResult, settle
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.report import notebooks
from capitation.report.documents import DESIGN, write_documents
from capitation.report.folder import appearing_whole, check_out
from capitation.report.summary import contract_year, result_document
from capitation.shadow.back_test import BackTest, back_test

PAGE, NOTEBOOK = "report.html", "report.ipynb"
Progress = Callable[[str], None]


class ReportFailed(Exception):
    """The notebook could not be run to its end; the message says where, in one line."""


@dataclass(frozen=True)
class _Asked:
    """What one run is asked for."""

    dataset: str
    design: Path
    changes: Mapping[str, Any]
    month: str | None


def run_report(dataset: str, design: Path, changes: Mapping[str, Any] | None, month: str | None, out: Path,
               progress: Progress = lambda step: None, replace: bool = True,
               template: Path | None = None) -> Path:  # fmt: skip
    """Write a run's folder at ``out`` and return it. An earlier run there is replaced, nothing else ever is.

    ``progress`` is told each step; ``template`` is another notebook than the project's. Raises InputError before
    any work when data set, design, changes, month or folder can't be used; ReportFailed when a cell fails: the
    notebook as far as it came is then kept beside, as ``<out>-failed.ipynb``. OSError when the disk refuses.
    """
    asked, out = _Asked(dataset, design, changes or {}, month), out.absolute()
    check_out(out, replace)
    source = template or notebooks.notebook(notebooks.REPORT)
    progress("reading the data")
    result, test = _settled(asked)
    result_document(result, test, month)
    with appearing_whole(out) as draft:
        write_documents(result, test, draft, month, asked.changes)
        progress("running the notebook")
        _run_notebook(source, draft / NOTEBOOK, asked, out)
        progress("writing the page")
        _write_page(draft, asked, result)
    return out


def _settled(asked: _Asked) -> tuple[ContractResult, BackTest]:
    design = change(read_design(asked.design), asked.changes)
    data = open_dataset(asked.dataset)
    data = data.as_at(asked.month) if asked.month else data
    return settle(data, design), back_test(data, design)


def _run_notebook(source: Path, target: Path, asked: _Asked, out: Path) -> None:
    import papermill
    from papermill.exceptions import PapermillException

    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # or the kernel warns about it on stderr
    parameters = {"dataset": asked.dataset, "design": str(asked.design.absolute()), "changes": dict(asked.changes),
                  "interactive": False, "out": None, "month": asked.month}  # fmt: skip
    try:
        papermill.execute_notebook(_braced(source), _braced(target), parameters, progress_bar=False,
                                   request_save_on_cell_execute=False)  # fmt: skip
    except (PapermillException, RuntimeError) as error:
        raise ReportFailed(_kept(target, out, error)) from None


def _braced(path: Path) -> str:
    """The path as papermill takes it, which fills in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _kept(target: Path, out: Path, error: Exception) -> str:
    """Keep the notebook as far as it came; the failure in one line."""
    words = f"{getattr(error, 'ename', type(error).__name__)}: {getattr(error, 'evalue', error)}".splitlines()[0]
    if not target.exists():
        return f"the report's notebook failed ({words})"
    kept = out.with_name(f"{out.name}-failed.ipynb")
    target.replace(kept)
    place = getattr(error, "exec_count", None)
    return f"cell {place or '?'} of the report's notebook failed ({words}); it is kept as {kept.name}"


def _write_page(draft: Path, asked: _Asked, result: ContractResult) -> None:
    import nbformat

    from capitation.report.page import cleared, html_page

    path, meta = draft / NOTEBOOK, result.dataset.meta
    again = (f"# Parameters of this run; design.yaml beside this notebook holds the changes made\ndataset = {meta.address!r}\n"
             f"design = {DESIGN!r}\nchanges = {{}}\ninteractive = False\nout = None\nmonth = {asked.month!r}")  # fmt: skip
    notebook = cleared(nbformat.read(path, as_version=4), again)
    title = f"Report on {contract_year(result).name}: {meta.name}, design {result.design.name}"
    trace = (f"Design {result.design.key} · data {meta.address} {meta.version} · {result.design.outlook.replicates:,} "
             f"drawn years, seed {result.design.outlook.seed}")  # fmt: skip
    (draft / PAGE).write_text(html_page(notebook, title, trace), encoding="utf-8")
    nbformat.write(notebook, path)
