"""Everything that is said of a cohort, worked out from sums over groups of people: no row of a person is needed."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import pandas as pd

from capitation.cohort.attribution import Attribution, attribution
from capitation.cohort.equity import Equity, coverage
from capitation.cohort.homogeneity import Homogeneity, homogeneity
from capitation.cohort.regression_to_mean import Fall, Persistence, Regression, fall, persistence, regression
from capitation.cohort.risk_score import AGES, Stratification, predicted_cost, stratification
from capitation.cohort.segments import SEGMENT_NAME, not_told, segmentation
from capitation.cohort.selection_monitor import Selection, selection
from capitation.cohort.size import Size, size
from capitation.cohort.turnover import Turnover, turnover
from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.linked_dataset import PersonYears
from capitation.dataset.selection import Condition, Grouping, bands
from capitation.dataset.sums import MEMBER
from capitation.design.parts import Cohort as CohortTerms
from capitation.loss.atoms import Atoms, atoms_of

AGE_BAND: Final = 5
AGE, DEPRIVATION, LOCALITY, SEX, ENDING = "age band", "deprivation", "locality", "sex", "ending"
FOLLOWED: Final = ("emergency_admission", "admissions")  # outcomes that a cohort is followed by, the first there is
OF_MEMBERS: Final = ("exposure", "cost", "cost*cost", "prior_exposure", "prior_cost")
OLDEST_BAND: Final = 90  # this band is open: everybody from there on
_STARTS = tuple(range(0, OLDEST_BAND + 1, AGE_BAND))
_YEARS_OF_AGE = tuple(range(120))
SINGLE_YEARS: Final = bands("year of age", "age", _YEARS_OF_AGE, tuple(map(str, _YEARS_OF_AGE)))
FIVE_YEARS: Final = bands(AGE, "age", _STARTS, tuple(str(start) for start in _STARTS))


@dataclass(frozen=True, eq=False)
class Profile:
    """The cohort of a contract year; each part is worked out when first asked for.

    ``conditions`` are what members meet, ``years`` those of the data with members in order, ``year`` the contract year.
    """

    held: PersonYears = field(repr=False)
    conditions: tuple[Condition, ...]
    terms: CohortTerms
    year: int
    years: tuple[int, ...]
    markers: tuple[str, ...]
    outcomes: tuple[str, ...]

    @cached_property
    def segments(self) -> Grouping:
        """The segments of the scheme chosen."""
        return segmentation(self.terms.scheme, self.markers)

    @property
    def not_told(self) -> list[str]:
        """Segments of the scheme that the data can't tell."""
        return not_told(self.terms.scheme, self.markers)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Everybody in the year by member, segment, age, sex, locality and deprivation: see `Sums.cells`."""
        return self.held.sums.cells(self.year, self.conditions, (self.segments, FIVE_YEARS, SEX, LOCALITY, DEPRIVATION),
                                    None, (), OF_MEMBERS)  # fmt: skip

    @cached_property
    def members(self) -> pd.DataFrame:
        """The cells of the members."""
        return self.cells[self.cells[MEMBER]]

    @property
    def people(self) -> int:
        """Members in the contract year."""
        return int(self.members["people"].sum())

    @property
    def exposure(self) -> float:
        """Their person-years."""
        return float(self.members["exposure"].sum())

    @cached_property
    def mean_ages(self) -> tuple[float | None, float | None]:
        """Mean age by person-years of those in and of those out; everybody in the middle of their year of age. None of
        few people."""
        rows = self.held.sums.cells(self.year, self.conditions, (SINGLE_YEARS,), None, (), ("exposure",))
        return _mean_age(rows[rows[MEMBER]]), _mean_age(rows[~rows[MEMBER]])

    @cached_property
    def atoms(self) -> Atoms | None:
        """The cost of a member in the year; None where there are no members."""
        found = self.held.sums.atoms(self.year, self.conditions)
        return atoms_of(found["people"], found["cost"], found["cost_squared"]) if len(found) else None

    @cached_property
    def homogeneity(self) -> Homogeneity | None:
        """How alike the members are; None where there are none."""
        sums = self.members.groupby(SEGMENT_NAME)[["people", "exposure", "cost", "cost*cost"]].sum()
        return homogeneity(self._in_order(sums).reset_index(), self.atoms) if self.atoms else None

    def _in_order(self, by_segment: pd.DataFrame) -> pd.DataFrame:
        return by_segment.reindex([label for label in self.segments.labels if label in by_segment.index])

    @cached_property
    def size(self) -> Size | None:
        """Whether chance stays within the tolerance; None where nobody costs anything."""
        if self.atoms is None or not self.atoms.sd > 0:
            return None
        return size(self.atoms, self.people, self.terms.tolerance, self.terms.tolerance_chance)

    def coverage(self, column: str) -> Equity:
        """Who is in and out by a column of the cells."""
        return coverage(self.cells, column)

    @cached_property
    def turnover(self) -> Turnover | None:
        """What comers and goers do to the cost of a person-year."""
        if self.year - 1 not in self.years:
            return None
        return turnover(self.held.sums.changes(self.year, self.conditions), self.year)

    @cached_property
    def regression(self) -> Regression | None:
        """What the cohort would cost with no intervention, beside what it cost; None in the first year."""
        now = self._fall(self.year)
        if now is None:
            return None
        earlier = [f for year in self.years if year < self.year and (f := self._fall(year))]
        sides = self.cells.groupby(MEMBER)[["cost", "exposure", "prior_cost", "prior_exposure"]].sum()
        before, after = (sides[x] / sides[e] for x, e in (("prior_cost", "prior_exposure"), ("cost", "exposure")))
        excess = [float(side[True] / side[False] - 1) for side in (before, after)]
        return regression(now, earlier, self.exposure, *excess)

    def _fall(self, year: int) -> Fall | None:
        return fall(self._sides(year), year, self._sides(year - 1) if year - 1 in self.years else None)

    def _sides(self, year: int) -> pd.DataFrame:
        if year not in self._sides_of:
            self._sides_of[year] = self.held.sums.cells(year, self.conditions, ())
        return self._sides_of[year]

    @cached_property
    def _sides_of(self) -> dict[int, pd.DataFrame]:
        return {}

    @cached_property
    def persistence(self) -> Persistence | None:
        """The people chosen earliest, in every year of the data; None where nobody was."""
        chosen_in = next((year for year in self.years[1:]), None)
        if chosen_in is None:
            return None
        outcome = next((name for name in FOLLOWED if name in self.outcomes), "")
        return persistence(self.held.sums.follow(chosen_in, self.conditions, outcome), chosen_in, outcome)

    @cached_property
    def selection(self) -> Selection | None:
        """Whether the cohort loses its costly people; None where nobody left or nothing predicts."""
        score = predicted_cost(self.held)
        if self.year not in [year for year, _, _ in score.by_year]:
            return None
        ages = bands("age", "age", AGES, tuple(f"aged {start}" for start in AGES))
        features = (ages, SEX, *(g for g in score.groupings if g.name not in ("age", "sex")))
        cells = self.held.sums.cells(self.year, self.conditions, (*features, ENDING), None, (score,), ("exposure",))
        return selection(cells[cells[MEMBER]])

    @cached_property
    def attribution(self) -> Attribution | None:
        """What people attributed at the year's end would cost; None where nobody is, or few went."""
        cells = self.held.sums.cells(self.year, self.conditions, (ENDING,), None, (), ("exposure", "cost"))
        return attribution(cells[cells[MEMBER]])

    @property
    def stratification(self) -> Stratification | None:
        """How well risk was told, among everybody in the data."""
        return stratification(self.held, self.year)


def _mean_age(rows: pd.DataFrame) -> float | None:
    known = rows[rows[SINGLE_YEARS.name] != SINGLE_YEARS.other]
    if not may_show_mean(int(known["people"].sum())) or not known["exposure"].sum() > 0:
        return None
    middle = known[SINGLE_YEARS.name].astype(int) + 0.5
    return float((middle * known["exposure"]).sum() / known["exposure"].sum())
