"""A data set for a page: small ones come into its memory, of large ones the engine stays in a process of its own.

A page that loads the engine takes three times the memory; one that holds every person-year of a county far more.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from typing import Any

import pandas as pd

from capitation.dataset import LinkedDataset
from capitation.dataset.linked_dataset import Chosen, Steps, with_plain_text
from capitation.dataset.selection import Condition
from capitation.dataset.summary import Summary
from capitation.dataset.sums import Sums
from capitation.dataset.sums_in_memory import SumsInMemory, brought_to_memory

MOST_IN_MEMORY = 200_000  # person-years that a page holds itself

_there: list[LinkedDataset] = []  # in the process apart: the data set that it answers for
_sums_there: list[Sums] = []


class Apart:
    """Person-years in the engine of another process: what is asked of them is asked there."""

    def __init__(self, process: ProcessPoolExecutor, columns: tuple[str, ...], outcomes_counted: tuple[str, ...]):
        self._process, self.columns, self.outcomes_counted = process, columns, outcomes_counted
        self.sums = SumsApart(process)
        self._values: dict[str, list[Any]] = {}

    def _ask(self, what: str, *arguments: Any) -> Any:
        return self._process.submit(_answer, what, *arguments).result()

    def values(self, column: str) -> list[Any]:
        """The values of a column, each once, sorted."""
        if column not in self._values:
            self._values[column] = self._ask("values", column)
        return self._values[column]

    def left_after(self, steps: Steps) -> pd.DataFrame:
        """People left by year after each step."""
        return self._process.submit(_left_there, steps).result()

    def by_age(self, year: int) -> pd.DataFrame:
        """Everybody in a year by age band."""
        return self._ask("by_age", year)

    def chosen(self, conditions: Sequence[Condition]) -> Chosen:
        """The person-years that meet every condition."""
        return self._ask("chosen", tuple(conditions))

    def client_paid(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """What people paid themselves."""
        return self._ask("client_paid", tuple(conditions))

    def services_with_units(self) -> tuple[str, ...]:
        """The services that record units of care, by code."""
        return self._ask("services_with_units")

    def units(self, conditions: Sequence[Condition]) -> pd.DataFrame:
        """Units of care by service."""
        return self._ask("units", tuple(conditions))

    def by_month(self, conditions: Sequence[Condition], first: str, last: str) -> pd.DataFrame:
        """What happened month by month."""
        return self._ask("by_month", tuple(conditions), first, last)

    def loop(self, conditions: Sequence[Condition], year: int, until: date) -> pd.DataFrame:
        """What became of a year's members in the learning loop."""
        return self._ask("loop", tuple(conditions), year, until)

    def summary(self, conditions: Sequence[Condition], services: Sequence[str] = ()) -> Summary:
        """The cells and atoms of their cost on some services."""
        return self._ask("summary", tuple(conditions), tuple(services))


class SumsApart:
    """Sums that another process works out: each method of `Sums` is asked there."""

    def __init__(self, process: ProcessPoolExecutor):
        self._process = process

    def __getattr__(self, name: str) -> Any:
        """The method of that name, run in the other process."""
        if name not in SUMS:
            raise AttributeError(name)
        return lambda *arguments: self._process.submit(_answer_sums, name, *arguments).result()


SUMS = frozenset(name for name in vars(Sums) if not name.startswith("_"))


def opened_apart(dataset: str, month: str | None, most_in_memory: int = MOST_IN_MEMORY) -> LinkedDataset:
    """A data set opened in a process of its own, which goes when its rows have come along, or else with the page."""
    process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    data, columns = process.submit(_opened_there, dataset, month, most_in_memory).result()
    if columns is None:
        process.shutdown()
        return data
    return replace_held(data, Apart(process, *columns))


def replace_held(data: LinkedDataset, held: Apart) -> LinkedDataset:
    """The same data set, with what was measured of it, and its person-years held elsewhere."""
    known = {name: data.__dict__[name] for name in ("quality", "findings", "not_searched")}
    moved = replace(data, held=held)
    moved.__dict__.update(known)
    return moved


def _opened_there(
    dataset: str, month: str | None, most: int
) -> tuple[LinkedDataset, tuple[tuple[str, ...], ...] | None]:
    """The data set for a page; the columns and outcomes of its person-years where these stay here."""
    from capitation.dataset import open_dataset
    from capitation.dataset.linked_dataset import InMemory

    data = open_dataset(dataset)
    data = data.as_at(month) if month else data
    if data.held.left_after([()]).to_numpy().sum() <= most:
        return data.without_engine(), None
    _there[:] = [data]
    _sums_there[:] = [_sums_for_a_page(data)]
    nobody = InMemory(Chosen(pd.DataFrame(), pd.DataFrame(), pd.DataFrame()))
    return data.without_engine(nobody), (data.held.columns, data.held.outcomes_counted)


def _sums_for_a_page(data: LinkedDataset) -> Sums:
    """Of files on this machine in this process's memory, so that a page follows a slider; elsewhere in the engine."""
    there: Any = data.held.sums
    return brought_to_memory(there, data.years) if there.is_local else there


def _left_there(steps: Steps) -> pd.DataFrame:
    """From memory where the person-years are there, which follows a slider; else from the engine."""
    there: Any = _sums_there[0]
    return with_plain_text((there if isinstance(there, SumsInMemory) else _there[0].held).left_after(steps))


def _answer_sums(name: str, *arguments: Any) -> Any:
    return with_plain_text(getattr(_sums_there[0], name)(*arguments))


def _answer(what: str, *arguments: Any) -> Any:
    return with_plain_text(getattr(_there[0].held, what)(*arguments))
