"""Open a data set and a design together; everything wrong with either is said before any work."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from capitation.dataset import LinkedDataset
from capitation.design import change, read_design
from capitation.workbench.engine_apart import Apart, opened_apart
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
    data = opened_apart(dataset, month) if served else opened(dataset, month)
    saved_in = Path(os.environ.get(SAVED_DESIGNS, path.parent / "saved"))
    return Workbench(data, baseline, start, saved_in, interactive, at_once=not isinstance(data.held, Apart))


def opened(dataset: str, month: str | None) -> LinkedDataset:
    """The data set, with nothing after ``month`` if one is given."""
    from capitation.dataset import open_dataset

    data = open_dataset(dataset)
    return data.as_at(month) if month else data
