"""A data set for a page: small ones come into its memory, of large ones the engine stays in a process of its own.

A page that loads the engine takes three times the memory; one that holds every person-year of a county far more.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import pandas as pd

from capitation.dataset import LinkedDataset
from capitation.dataset.linked_dataset import Chosen, Steps, with_plain_text
from capitation.dataset.selection import Condition
from capitation.dataset.summary import Summary

MOST_IN_MEMORY = 200_000  # person-years that a page holds itself

_there: list[LinkedDataset] = []  # in the process apart: the data set that it answers for


class Apart:
    """Person-years in the engine of another process: what is asked of them is asked there."""

    def __init__(self, process: ProcessPoolExecutor, columns: tuple[str, ...]):
        self._process, self.columns = process, columns

    def _ask(self, what: str, *arguments: Any) -> Any:
        return self._process.submit(_answer, what, *arguments).result()

    def values(self, column: str) -> list[Any]:
        """The values of a column, each once, sorted."""
        return self._ask("values", column)

    def left_after(self, steps: Steps) -> pd.DataFrame:
        """People left by year after each step."""
        return self._ask("left_after", steps)

    def by_age(self, year: int) -> pd.DataFrame:
        """Everybody in a year by age band."""
        return self._ask("by_age", year)

    def chosen(self, conditions: Sequence[Condition]) -> Chosen:
        """The person-years that meet every condition."""
        return self._ask("chosen", tuple(conditions))

    def summary(self, conditions: Sequence[Condition], services: Sequence[str] = ()) -> Summary:
        """The cells and atoms of their cost on some services."""
        return self._ask("summary", tuple(conditions), tuple(services))


def opened_apart(dataset: str, month: str | None, most_in_memory: int = MOST_IN_MEMORY) -> LinkedDataset:
    """A data set opened in a process of its own, which goes when its rows have come along, or else with the page."""
    process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    data, columns = process.submit(_opened_there, dataset, month, most_in_memory).result()
    if columns is None:
        process.shutdown()
        return data
    return replace_held(data, Apart(process, columns))


def replace_held(data: LinkedDataset, held: Apart) -> LinkedDataset:
    """The same data set, with what was measured of it, and its person-years held elsewhere."""
    known = {name: data.__dict__[name] for name in ("quality", "findings", "not_searched")}
    moved = replace(data, held=held)
    moved.__dict__.update(known)
    return moved


def _opened_there(dataset: str, month: str | None, most: int) -> tuple[LinkedDataset, tuple[str, ...] | None]:
    """The data set for a page; the columns of its person-years where these stay here."""
    from capitation.dataset import open_dataset
    from capitation.dataset.linked_dataset import InMemory

    data = open_dataset(dataset)
    data = data.as_at(month) if month else data
    if data.held.left_after([()]).to_numpy().sum() <= most:
        return data.without_engine(), None
    _there[:] = [data]
    nobody = InMemory(Chosen(*(pd.DataFrame() for _ in range(4))))
    return data.without_engine(nobody), data.held.columns


def _answer(what: str, *arguments: Any) -> Any:
    return with_plain_text(getattr(_there[0].held, what)(*arguments))
