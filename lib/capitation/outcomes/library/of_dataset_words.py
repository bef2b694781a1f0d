"""What the files beside a data set's tables hold, in lines for whoever supplies them."""

from collections.abc import Iterator

from capitation.dataset import LinkedDataset
from capitation.dataset.beside import FIGURES, MEASURES
from capitation.outcomes.library.of_dataset import added

__all__ = ["FIGURES", "beside_lines", "left_out_lines"]


def beside_lines(dataset: LinkedDataset) -> Iterator[str]:
    """How much of each file can be used; nothing of one that isn't there."""
    here, beside = added(dataset), dataset.beside
    if beside.measures is not None:
        yield f"{MEASURES}: {_some(len(here.local), 'local measure')} can be used."
    if here.supplied is not None:
        figures, years = here.supplied.figures, len(here.by_year)
        of = _some(len(here.measures_with_figures), "measure")
        yield f"{FIGURES}: {_some(len(figures), 'figure')} of {of} can be used; {years} of them of whole years that the data cover."


def left_out_lines(dataset: LinkedDataset) -> list[str]:
    """Everything that can't be used and why, a line each, with its row: for whoever holds the files."""
    here = added(dataset)
    rows = [f"{FIGURES}: row {row.row}: {row.said()}" for row in here.rows]
    gaps = [f"{FIGURES}: {line}" for line in here.gaps]
    return [*here.faults.values(), *here.refused.values(), *rows, *gaps]


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
