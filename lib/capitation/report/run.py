"""One run of the report: everything checked first, then the notebook, the page and the records, all or nothing."""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from capitation.contract import ContractResult, check_enough_members, settle
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.report import notebooks
from capitation.report.documents import DESIGN, write_documents
from capitation.report.folder import NOTEBOOK, PAGE, appearing_whole, check_out
from capitation.report.summary import check_shown, contract_year
from capitation.shadow.back_test import BackTest, back_test

Progress = Callable[[str], None]
_AGAIN = """# The parameters of this run; design.yaml, kept beside this notebook, holds the changes made.
dataset = {dataset!r}
design = {design!r}
changes = {{}}
interactive = False
out = None
month = {month!r}"""


class ReportFailed(Exception):
    """The notebook could not be run to its end; the message says where, in one line."""


def run_report(dataset: str, design: Path, changes: Mapping[str, Any] | None, month: str | None, out: Path, *,
               progress: Progress = lambda _: None, replace: bool = True,
               template: Path | None = None) -> Path:  # fmt: skip
    """Write a run's folder at ``out`` and return it. An earlier run there is replaced, nothing else ever is.

    ``progress`` is told each step; ``template`` is another notebook than the project's. Raises InputError before
    any work when data set, design, changes, month or folder can't be used; ReportFailed when a cell fails: the
    notebook as far as it came, without traceback, is then kept beside, as ``<out>-failed.ipynb``. OSError when the disk refuses.
    """
    out = out.absolute()
    check_out(out, replace)
    source = template or notebooks.notebook(notebooks.REPORT)
    progress("reading the data")
    result, test = settled(dataset, design, changes, month)
    parameters = {"dataset": dataset, "design": str(design.absolute()), "changes": dict(changes or {}),
                  "interactive": False, "out": None, "month": month}  # fmt: skip
    again = _AGAIN.format(dataset=result.dataset.meta.address, design=DESIGN, month=month)
    with appearing_whole(out, replace) as draft, ThreadPoolExecutor(1) as beside:
        progress("running the notebook")
        records = beside.submit(write_documents, result, test, draft, month, changes)  # the kernel has its own process
        _run_notebook(source, draft / NOTEBOOK, parameters, again, out)
        records.result()
        progress("writing the page")
        _write_page(draft, result, again)
    return out


def settled(dataset: str, design: Path, changes: Mapping[str, Any] | None,
            month: str | None) -> tuple[ContractResult, BackTest]:  # fmt: skip
    """The settled contract year and the back-test, fit to be shown. Raises InputError where anything is wrong."""
    wanted = change(read_design(design), changes or {})
    data = open_dataset(dataset)
    data = data.as_at(month) if month is not None else data
    result = settle(data, wanted)
    check_enough_members(result)  # before the back-test, whose reasons for its own years would hide this one
    test = back_test(data, wanted)
    check_shown(result, test)
    return result, test


def _run_notebook(source: Path, target: Path, parameters: Mapping[str, Any], again: str, out: Path) -> None:
    # Only an optional format check of JSON schemas needs it, and it takes over a second to import.
    sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
    import papermill
    from papermill.exceptions import PapermillException

    from capitation.report.quiet_kernel import QuietKernelManager

    try:
        papermill.execute_notebook(_braced(source), _braced(target), parameters, progress_bar=False,
                                   request_save_on_cell_execute=False, kernel_manager_class=QuietKernelManager)  # fmt: skip
    except (PapermillException, RuntimeError) as error:
        raise ReportFailed(_kept(target, again, out, error)) from None


def _braced(path: Path) -> str:
    """The path as papermill takes it, which fills in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _kept(target: Path, again: str, out: Path, error: Exception) -> str:
    """Keep the notebook as far as it came, cleared; the failure in one line."""
    import nbformat

    from capitation.report.page import cleared_failure

    words = f"{getattr(error, 'ename', type(error).__name__)}: {getattr(error, 'evalue', error)}".splitlines()[0]
    if not target.exists():
        return f"the report's notebook failed ({words})"
    kept = out.with_name(f"{out.name}-failed.ipynb")
    place = f"cell {getattr(error, 'exec_count', None) or '?'} of the report's notebook failed ({words})"
    nbformat.write(cleared_failure(nbformat.read(target, as_version=4), again, place), kept)
    return f"{place}; it is kept as {kept.name}"


def _write_page(draft: Path, result: ContractResult, again: str) -> None:
    import nbformat

    from capitation.report.page import cleared, html_page

    path, meta = draft / NOTEBOOK, result.dataset.meta
    notebook = cleared(nbformat.read(path, as_version=4), again)
    title = f"Report on {contract_year(result).name}: {meta.name}, design {result.design.name}"
    trace = (f"Design {result.design.key} · data {meta.address} {meta.version} · {result.design.outlook.replicates:,} "
             f"drawn years, seed {result.design.outlook.seed}")  # fmt: skip
    (draft / PAGE).write_text(html_page(notebook, title, trace), encoding="utf-8")
    nbformat.write(notebook, path)
