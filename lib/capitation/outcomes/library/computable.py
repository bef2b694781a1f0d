"""Which measures a data set gives, and by what."""

from collections.abc import Mapping

from capitation.dataset import LinkedDataset
from capitation.errors import InputError
from capitation.outcomes.library.measure import Computed, Measure
from capitation.outcomes.library.reading import library

UNITS = "units:"  # before the code of a service whose units are counted
BY_FIFTH = "deprivation"


def computable(dataset: LinkedDataset, measures: Mapping[str, Measure] | None = None) -> dict[str, str]:
    """What gives each measure that a data set can: the name of an outcome it counts, ``units:<service>``, or
    ``deprivation`` for what is worked out from another measure by fifth. None named: the library's measures."""
    measures = library() if measures is None else measures
    found = {short: source for short, m in measures.items() if m.computed and (source := _source(dataset, m.computed))}
    fifths = dataset.held.values(BY_FIFTH) if any(_of_parent(m) for m in measures.values()) else []
    of_parents = {short: BY_FIFTH for short, m in measures.items() if _of_parent(m) and found and len(fifths) > 1}
    return {short: (found | of_parents)[short] for short in measures if short in found or short in of_parents}


def _of_parent(measure: Measure) -> bool:
    return measure.computed is not None and measure.computed.of_parent


def _source(dataset: LinkedDataset, how: Computed) -> str:
    """The outcome or units that give a measure; empty where there are none."""
    outcomes = (name for name in how.outcomes if name in dataset.outcomes_counted)
    services = (UNITS + code for code in how.services if _counts(dataset, code, how.service_unit))
    return next(outcomes, "") or next(services, "")


def _counts(dataset: LinkedDataset, service: str, unit: str) -> bool:
    """Whether a service's units are recorded and count what is asked."""
    known = dataset.services
    if service not in known.index or "unit" not in known.columns or known.at[service, "unit"] != unit:
        return False
    return service in dataset.held.services_with_units()


def check_columns(measures: Mapping[str, Measure], dataset: LinkedDataset) -> None:
    """Raise InputError for the first local measure that names nothing that the data set counts, or a need it lacks."""
    for short, measure in measures.items():
        if measure.origin == "local" and measure.computed:
            _check_one(f"{short} {measure.name}", measure.computed, dataset)


def _check_one(place: str, how: Computed, dataset: LinkedDataset) -> None:
    if how.excluded_by and how.excluded_by.marker not in dataset.markers:
        what = f"the data set has no marker {how.excluded_by.marker!r}"
        raise InputError(f"{place}: excluded_by", what, _one_of(dataset.markers))
    if how.of_parent or _source(dataset, how):
        return
    named = " or ".join(map(repr, (*how.outcomes, *how.services)))
    counted = (*dataset.outcomes_counted, *dataset.held.services_with_units())
    raise InputError(f"{place}: computed", f"the data set counts no {named}", _one_of(counted))


def _one_of(known: tuple[str, ...]) -> str:
    return "one of " + ", ".join(known) if known else "none: the data set has none"
