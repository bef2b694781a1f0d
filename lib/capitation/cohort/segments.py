"""Segments of a population: everybody in exactly one, by the gravest need that the records show.

Each scheme is a table, the gravest segment first; a person is in the first whose conditions are met. A segment whose
markers a data set does not record has nobody in it and is named by `not_told`. Values of a flag are 1.
Sources: Year of Care funding model (bands by number of conditions); Whole Systems Integrated Care, North West London
(15 groups); Bridges to Health, Lynn and others, Milbank Quarterly 2007 (8 segments). Which markers stand for which
segment is a judgement where a scheme names no codes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from capitation.dataset.names import NEED
from capitation.dataset.selection import Condition, Grouping

ADULT, OLDER, TEEN, SEVERE_FRAILTY = 18, 65, 13, 0.36  # severe: above 0.36 of the electronic frailty index
CONDITIONS = "conditions"


@dataclass(frozen=True)
class Segment:
    """A segment: who is in it as (column, at least, below), all of them met; ``needs`` are markers it can't do without.

    ``any_of`` are flags of which one is enough.
    """

    name: str
    limits: tuple[tuple[str, float | None, float | None], ...] = ()
    any_of: tuple[str, ...] = ()

    @property
    def markers(self) -> set[str]:
        """The markers of which it reads at least one."""
        return {*self.any_of, *(column for column, _, _ in self.limits if column != "age")}


def _aged(low: float | None, high: float | None) -> tuple[str, float | None, float | None]:
    return "age", low, high


_SICK = ((CONDITIONS, 1, None),)
YEAR_OF_CARE: Final = (
    Segment("E: 9 or more conditions", ((CONDITIONS, 9, None),)),
    Segment("D: 6 to 8 conditions", ((CONDITIONS, 6, 9),)),
    Segment("C: 3 to 5 conditions", ((CONDITIONS, 3, 6),)),
    Segment("B: 2 conditions", ((CONDITIONS, 2, 3),)),
)
NORTH_WEST_LONDON: Final = (
    Segment("Homeless", any_of=("homeless",)),
    Segment("Advanced dementia", any_of=("dementia",)),
    Segment("Severe physical disability", any_of=("severe_physical_disability",)),
    Segment("Learning disability", any_of=("learning_disability",)),
    Segment("Severe enduring mental illness", any_of=("severe_mental_illness",)),
    Segment("Children: intensive continuing care", (_aged(None, TEEN),), ("intensive_continuing_care",)),
    Segment("Young people: intensive continuing care", (_aged(TEEN, ADULT),), ("intensive_continuing_care",)),
    Segment("Adults and older people with cancer", (_aged(ADULT, None),), ("cancer",)),
    Segment("Older people with 1+ conditions", (_aged(OLDER, None), *_SICK)),
    Segment("Adults with 1+ conditions", (_aged(ADULT, OLDER), *_SICK)),
    Segment("Children and young people with a condition or cancer", (_aged(None, ADULT), *_SICK)),
    Segment("Mostly healthy, 65+", (_aged(OLDER, None),)),
    Segment("Mostly healthy, 18-64", (_aged(ADULT, OLDER),)),
    Segment("Mostly healthy, 13-17", (_aged(TEEN, ADULT),)),
)
_DISABLING = ("learning_disability", "severe_physical_disability", "severe_mental_illness")
BRIDGES_TO_HEALTH: Final = (
    Segment("Dying, short decline", any_of=("incurable_cancer", "palliative_care")),
    Segment("Long decline: frailty, dementia", (("frailty", SEVERE_FRAILTY, None),)),
    Segment("Long decline: frailty, dementia", any_of=("dementia",)),
    Segment("Limited reserve: organ failure", any_of=("heart_failure", "copd", "kidney_failure")),
    Segment("Stable but significant disability", any_of=_DISABLING),
    Segment("Maternal and infant", any_of=("pregnancy",)),
    Segment("Maternal and infant", (_aged(None, 1),)),
    Segment("Acutely ill, likely to recover", any_of=("acutely_ill",)),
    Segment("Chronic conditions, normal function", _SICK),
)
_NATIONAL: Final = "bridges_to_health"  # a national data set that gives the segment itself, from 1
_NATIONAL_ORDER: Final = (
    "Healthy", "Maternal and infant", "Acutely ill, likely to recover", "Chronic conditions, normal function",
    "Stable but significant disability", "Dying, short decline", "Limited reserve: organ failure",
    "Long decline: frailty, dementia",
)  # fmt: skip
SCHEMES: Final[Mapping[str, tuple[tuple[Segment, ...], str]]] = {
    "year of care": (YEAR_OF_CARE, "Fewer than 2 conditions"),
    "north west london": (NORTH_WEST_LONDON, "Mostly healthy, 0-12"),
    "bridges to health": (BRIDGES_TO_HEALTH, "Healthy"),
}


def segmentation(scheme: str, markers: Iterable[str]) -> Grouping:
    """The segments of a scheme as a grouping of person-years whose data record ``markers``."""
    table, rest = SCHEMES[scheme]
    known = set(markers)
    if scheme == "bridges to health" and _NATIONAL in known:
        return _as_given()
    groups = [(segment.name, one) for segment in table for one in _ways_in(segment, known)]
    return Grouping(SEGMENT_NAME, tuple(groups), rest)


SEGMENT_NAME: Final = "segment"


def _as_given() -> Grouping:
    groups = [(name, (Condition(NEED + _NATIONAL, "in", (float(number),)),))
              for number, name in enumerate(_NATIONAL_ORDER, start=1)]  # fmt: skip
    return Grouping(SEGMENT_NAME, tuple(groups), "Not given")


def _ways_in(segment: Segment, known: set[str]) -> list[tuple[Condition, ...]]:
    """The sets of conditions that each put a person into the segment, as far as the markers are recorded."""
    limits = tuple(c for column, low, high in segment.limits for c in _limits(column, low, high))
    if not {column for column, _, _ in segment.limits if column != "age"} <= known:
        return []
    if not segment.any_of:
        return [limits]
    return [(*limits, Condition(NEED + flag, "at least", (1.0,))) for flag in segment.any_of if flag in known]


def _limits(column: str, low: float | None, high: float | None) -> list[Condition]:
    name = column if column == "age" else NEED + column
    both = (("at least", low), ("below", high))
    return [Condition(name, test, (float(limit),)) for test, limit in both if limit is not None]  # type: ignore[arg-type]


def not_told(scheme: str, markers: Sequence[str]) -> list[str]:
    """The segments that nobody can be in, because the data record none of their markers."""
    found = segmentation(scheme, markers)
    table, _ = SCHEMES[scheme]
    if found.other == "Not given":
        return []
    return list(dict.fromkeys(segment.name for segment in table if segment.name not in found.labels))


def year_of_care_band(conditions: int) -> str:
    """The Year of Care band of a number of conditions: B, C, D or E; A for fewer than two, who are in none."""
    for segment in YEAR_OF_CARE:
        if conditions >= (segment.limits[0][1] or 0):
            return segment.name[0]
    return "A"
