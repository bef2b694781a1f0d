"""Open a data set and a design together; everything wrong with either is said before any work."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from capitation.dataset import LinkedDataset
from capitation.design import change, read_design
from capitation.workbench.workbench import Workbench

SERVED_DATASET, SERVED_DESIGN, SAVED_DESIGNS = "CAPITATION_DATASET", "CAPITATION_DESIGN", "CAPITATION_SAVED"


def open_workbench(
    dataset: str = "rand-hie",
    design: str = "../designs/baseline.yaml",
    changes: Mapping[str, Any] | None = None,
    interactive: bool = True,
    month: str | None = None,
) -> Workbench:
    """The workbench of a notebook.

    ``dataset``: ``rand-hie``, a folder or a database address; ``design``: a YAML file; ``changes``: dotted term
    paths and values; ``interactive``: False when nobody is there to move a control; ``month``: nothing after it
    is looked at. On a served board the data set and design named on its command line come first.
    Raises InputError with what is wrong, where, and what was expected.
    """
    if interactive:
        dataset, design = os.environ.get(SERVED_DATASET, dataset), os.environ.get(SERVED_DESIGN, design)
    path = Path(design)
    baseline = read_design(path)
    start = change(baseline, changes or {})
    served = interactive and SERVED_DATASET in os.environ
    data = _opened_apart(dataset, month) if served else opened(dataset, month)
    saved_in = Path(os.environ.get(SAVED_DESIGNS, path.parent / "saved"))
    return Workbench(data, baseline, start, saved_in, interactive)


def opened(dataset: str, month: str | None) -> LinkedDataset:
    """The data set, with nothing after ``month`` if one is given."""
    from capitation.dataset import open_dataset

    data = open_dataset(dataset)
    return data.as_at(month) if month else data


def _opened_apart(dataset: str, month: str | None) -> LinkedDataset:
    """The same from a process of its own, without the engine: a page's memory is a third of what it would be."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_opened_for_a_page, dataset, month).result()


def _opened_for_a_page(dataset: str, month: str | None) -> LinkedDataset:
    return opened(dataset, month).without_engine()
