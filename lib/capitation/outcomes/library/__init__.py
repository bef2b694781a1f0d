"""The measure library: what each measure counts, where it comes from, how it is gamed and what is watched beside it."""

from collections.abc import Mapping

from capitation.outcomes.library.computable import check_columns, computable
from capitation.outcomes.library.measure import Computed, Level, Measure
from capitation.outcomes.library.of_dataset import NOTHING_ADDED, Added, added, measures_of
from capitation.outcomes.library.reading import find, library, with_local

Measures = Mapping[str, Measure]

__all__ = ["NOTHING_ADDED", "Added", "Computed", "Level", "Measure", "Measures", "added", "check_columns", "computable", "find",
           "library", "measures_of", "with_local"]  # fmt: skip
