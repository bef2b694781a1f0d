"""Who is left out of a measure: allowed, counted, published. Source: measures reference, section 6, exceptions."""

from dataclasses import dataclass
from typing import Any

from capitation.cohort.members import Cohort
from capitation.contract import ContractResult
from capitation.dataset import LinkedDataset
from capitation.kept import kept
from capitation.outcomes.counted import Value, may_be_shown, value
from capitation.outcomes.library import Measure, computable, library

USUAL = "the median practice left out 5.3 % in 2005/06, all indicators (PubMed 18635432)"


@dataclass(frozen=True)
class Exceptions:
    """A measure of which the library says that people left out are counted; ``found`` is None where the data can't tell."""

    measure: Measure
    found: Value | None
    shown: bool

    @property
    def rule(self) -> str:
        """Who is left out, by the marker that tells."""
        by = self.measure.computed.excluded_by if self.measure.computed else None
        return f"{by.marker} above {by.above:g}" if by else ""

    @property
    def rate(self) -> float:
        """People left out as a share of the register; NaN where the data can't tell."""
        everybody = self.found.people + self.found.left_out if self.found else 0
        return self.found.left_out / everybody if self.found and everybody else float("nan")


def exceptions(result: ContractResult) -> tuple[Exceptions, ...]:
    """Every measure that the data set gives and of which exclusions are to be counted, in the latest year that counts it."""
    year = result.basis.years[-1] if result.part_year else result.year
    return _exceptions(result.dataset, result.cohort, year)


@kept(4)
def _exceptions(data: LinkedDataset, cohort: Cohort, year: int) -> tuple[Exceptions, ...]:
    """The same by what decides it alone: no term of an outcome counts the members anew."""
    given = [(library()[short], source) for short, source in computable(data).items()]
    return tuple(_of(data, cohort, m, source, year) for m, source in given if m.exclusions_counted)


def _of(data: LinkedDataset, cohort: Cohort, measure: Measure, source: str, year: int) -> Exceptions:
    rule = measure.computed.excluded_by if measure.computed else None
    if rule is None or rule.marker not in data.markers:
        return Exceptions(measure, None, False)
    members: Any = cohort  # its tables are made when first asked for
    found = value(measure, source, members, [year])
    return Exceptions(measure, found, may_be_shown(measure, found))
