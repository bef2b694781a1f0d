"""The linked data set as the rest of the workbench sees it: one row per person and year.

Nothing here needs the engine that holds the tables, so that a page which only looks at the rows stays small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from capitation.dataset.meta import Meta

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, eq=False)
class LinkedDataset:
    """People, their spend, need and outcomes by year, ready for the steps.

    ``person_years``: one row per person and year with days in it, sorted by year and person_id.
    ``exposure`` is in person-years; ``age`` in years on the index date, the first day of the year on which
    the person is in the data; ``prior_spend`` in the data set's currency; ``need:<marker>`` is the latest
    value known on the index date. Nothing later than the index date touches any column but ``exposure``.
    ``costs`` and ``measures`` have the same rows; their columns are (service, provider) and (measure,
    numerator or denominator). ``unplaced_spend`` is money of people in years in which they have no days: it
    is in no row of costs. ``budgets`` has year, commissioner, service, amount. ``months`` are the first and
    last month covered, ``YYYY-MM``. ``tables`` are the same facts as Ibis tables, with days as dates; none
    where the data set was taken `without_engine`.
    """

    meta: Meta
    years: tuple[int, ...]
    months: tuple[str, str]
    months_in_last_year: int
    unplaced_spend: float
    person_years: pd.DataFrame = field(repr=False)
    costs: pd.DataFrame = field(repr=False)
    measures: pd.DataFrame = field(repr=False)
    services: pd.DataFrame = field(repr=False)
    providers: pd.DataFrame = field(repr=False)
    budgets: pd.DataFrame = field(repr=False)
    tables: Mapping[str, "ir.Table"] = field(repr=False)

    def as_at(self, month: str) -> "LinkedDataset":
        """The data set as it would have been at the end of ``YYYY-MM``: nothing later is in it.

        Outcomes come when their year is over, so a part-done year has none; its budgets stay.
        Raises ``InputError`` for a month that is malformed or outside the data, and, where the data set has
        years and not months, for any but the last month of a year.
        """
        from capitation.dataset.linked import as_at

        return as_at(self, month)

    def without_engine(self) -> "LinkedDataset":
        """The same rows without the engine's tables and kinds of text: readable where the engine is not loaded."""
        frames = ("person_years", "costs", "measures", "services", "providers", "budgets")
        return replace(self, tables={}, **{name: _with_plain_text(getattr(self, name)) for name in frames})


def _with_plain_text(frame: pd.DataFrame) -> pd.DataFrame:
    columns = [_plain_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
    plain = pd.DataFrame(dict(enumerate(columns)), index=_plain_index(frame.index))
    plain.columns = _plain_index(frame.columns)
    return plain


def _plain_column(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        categories: Any = _plain_index(column.cat.categories)
        plain = column.cat.rename_categories(categories)
    else:
        plain = column.astype(object) if isinstance(column.dtype, pd.StringDtype) else column
    return plain.set_axis(_plain_index(column.index), axis=0)


def _plain_index(index: pd.Index) -> pd.Index:
    if isinstance(index, pd.MultiIndex):
        levels: Any = [_plain_index(level) for level in index.levels]
        return index.set_levels(levels)
    return index.astype(object) if isinstance(index.dtype, pd.StringDtype) else index
