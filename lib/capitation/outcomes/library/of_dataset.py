"""What a data set brings beside its tables: local measures, and figures of what no data set counts; what can't be used and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from capitation.dataset import LinkedDataset, Meta
from capitation.dataset.beside import FIGURES, MEASURES, NOTHING_BESIDE
from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.dataset.meta import MONTHS_IN_YEAR
from capitation.dataset.supplied import LeftOut, Supplied, figures_of
from capitation.errors import InputError
from capitation.kept import kept
from capitation.outcomes.library.computable import check_columns
from capitation.outcomes.library.measure import Measure
from capitation.outcomes.library.reading import library, usable

YEARS_AROUND = 50  # those of the data: figures may be of other years
NOT_GIVEN = SMALLEST_SHOWN  # people behind a figure that says nothing of them: it is taken to be published already
NO_FIGURE = "there is no figure of this period"
Measures = Mapping[str, Measure]
Figure = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Added:
    """Local measures and supplied figures of a data set.

    ``local`` are the local measures that can be used, ``refused`` says in a line why another can't, ``faults`` why a whole
    file can't (by its name). ``by_year`` has the numbers of each supplied figure of a whole year by measure and year;
    ``names`` are the years as the data set names them. ``payable`` are the short names that a contract may pay on here,
    those among them whose figures were left out.
    """

    local: Measures = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    supplied: Supplied | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    by_year: Mapping[tuple[str, int], Figure] = field(default_factory=dict, repr=False)
    names: Mapping[int, str] = field(default_factory=dict, repr=False)
    payable: tuple[str, ...] = ()

    def value(self, name: str, year: int) -> float:
        """The supplied value of a whole year, in the measure's unit; NaN where there is none."""
        return self.by_year.get((name, year), {}).get("value", math.nan)

    def values(self, year: int) -> dict[str, float]:
        """Of each measure that may be paid on."""
        return {name: self.value(name, year) for name in self.payable}

    def people(self, name: str, year: int) -> int:
        """How many people or answers a figure rests on: the smaller of n and denominator; 0 without a figure."""
        figure = self.by_year.get((name, year))
        if figure is None:
            return 0
        given = [figure[part] for part in ("n", "denominator") if not math.isnan(figure[part])]
        return math.ceil(min(given, default=NOT_GIVEN))

    @property
    def measures_with_figures(self) -> tuple[str, ...]:
        """The measures of which at least one figure can be used, in order."""
        return tuple(dict.fromkeys(map(str, self.supplied.figures["measure"]))) if self.supplied else ()

    def why(self, name: str, year: int) -> str:
        """Why a measure has no value in a year, in a line."""
        if name not in library() and (name in self.refused or MEASURES in self.faults):
            return self.refused.get(name) or self.faults[MEASURES]
        if FIGURES in self.faults:
            return self.faults[FIGURES]
        return next(
            (row.rule for row in self.rows if (row.measure, row.period) == (name, self.names.get(year))), NO_FIGURE
        )

    @property
    def rows(self) -> tuple[LeftOut, ...]:
        """The figures that were left out for a reason of their own."""
        rows = self.supplied.left_out if self.supplied else ()
        return tuple(row for row in rows if row.measure not in self.refused or row.measure in library())

    def lines(self) -> list[str]:
        """Everything that was left out and why, a line each, without places in the files."""
        places = [f"{FIGURES}: {said}" for said in (*(row.said() for row in self.rows), *self.gaps)]
        return [*self.faults.values(), *self.refused.values(), *places]

    @property
    def gaps(self) -> list[str]:
        """Periods between two others without a figure, a line each."""
        return [f"{name} {period}: {NO_FIGURE}" for name, period in (self.supplied.gaps if self.supplied else ())]


NOTHING_ADDED = Added()


def measures_of(dataset: LinkedDataset) -> Measures:
    """The library and the data set's own local measures, which come last."""
    return {**library(), **added(dataset).local}


@kept(4)
def added(dataset: LinkedDataset) -> Added:
    """What the files beside a data set's tables add; nothing where there are none.

    Nothing of them keeps a contract from being settled: what can't be used is left out and said. A figure of a year that is
    not over in the data is not looked at.
    """
    beside = dataset.beside
    if beside == NOTHING_BESIDE:
        return NOTHING_ADDED
    faults = dict(beside.unreadable)
    local, refused = _local(dataset, faults)
    supplied = _supplied(dataset, {**library(), **local}, faults)
    by_year = _by_year(supplied, dataset) if supplied else {}
    names = {year: dataset.meta.year_name(year) for year in dataset.years}
    payable = _payable(local, refused, supplied, faults)
    return Added(local, refused, supplied, faults, by_year, names, payable)


def _local(dataset: LinkedDataset, faults: dict[str, str]) -> tuple[dict[str, Measure], dict[str, str]]:
    """The local measures that this data set can have, and why it can't others; a file that is none becomes a fault."""
    if dataset.beside.measures is None:
        return {}, {}
    try:
        found, refused = usable(dataset.beside.measures, MEASURES)
    except InputError as error:
        faults[MEASURES] = str(error)
        return {}, {}
    lacks = {short: said for short, measure in found.items() if (said := _lack(measure, dataset))}
    return {short: measure for short, measure in found.items() if short not in lacks}, refused | lacks


def _lack(measure: Measure, dataset: LinkedDataset) -> str:
    try:
        check_columns({measure.id: measure}, dataset)
    except InputError as error:
        return f"{MEASURES}: {error}"
    return ""


def _supplied(dataset: LinkedDataset, measures: Measures, faults: dict[str, str]) -> Supplied | None:
    if dataset.beside.figures is None:
        return None
    try:
        return figures_of(dataset.beside.figures, FIGURES, measures, _years(dataset.meta, dataset.years))
    except InputError as error:
        faults[FIGURES] = str(error)
        return None


def _years(meta: Meta, years: tuple[int, ...]) -> dict[str, str]:
    """The names of years, and of early ones their plain number, with the ``YYYY`` of each."""
    around = range(max(1, years[0] - YEARS_AROUND), years[-1] + YEARS_AROUND)
    return {meta.year_name(y): f"{y:04}" for y in around} | {str(y): f"{y:04}" for y in around}


def _by_year(supplied: Supplied, dataset: LinkedDataset) -> dict[tuple[str, int], Figure]:
    over = {
        f"{y:04}": y for y in dataset.years if y != dataset.years[-1] or dataset.months_in_last_year == MONTHS_IN_YEAR
    }
    rows = supplied.figures[supplied.figures["period"].isin(list(over))]
    numbers = rows.drop(columns=["measure", "period"]).astype(float)
    keys = zip(rows["measure"], rows["period"].map(over), strict=True)
    return {(str(name), int(year)): row for (name, year), row in zip(keys, _records(numbers), strict=True)}


def _records(numbers: pd.DataFrame) -> list[dict[str, float]]:
    return [{str(part): float(number) for part, number in row.items()} for row in numbers.to_dict("records")]


def _payable(
    local: Measures, refused: Mapping[str, str], supplied: Supplied | None, faults: Mapping[str, str]
) -> tuple[str, ...]:
    """The short names on which money may depend: they have figures, or would have them but for what was left out."""
    known = {**library(), **local}
    of_file = [name for name, measure in known.items() if measure.data_mode == "supplied"] if FIGURES in faults else []
    mine = [name for name, measure in local.items() if measure.data_mode == "supplied"]
    used = list(supplied.figures["measure"]) if supplied else []
    rows = [row.measure for row in supplied.left_out if row.measure in known or MEASURES in faults] if supplied else []
    without = [name for name in refused if name not in library()]
    return tuple(dict.fromkeys([*mine, *without, *used, *rows, *of_file]))
