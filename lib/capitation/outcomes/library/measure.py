"""What an entry of the measure library holds."""

from typing import Literal

from pydantic import Field

from capitation.design.declaration import Part

Domain = Literal["clinical quality", "patient experience", "involvement and choice", "activity", "equity", "prevention"]
Kind = Literal["share", "rate", "mean", "ratio"]
Period = Literal["year", "quarter", "month", "two years"]
Mark = Literal["C", "SD", "A", "M"]
PartYear = Literal["person-years", "everyone once", "at least half the year", "as recorded"]
Origin = Literal["standard", "data set", "local"]
Origins: tuple[Origin, ...] = ("standard", "data set", "local")
Checkable = Literal["definition", "exclusions", "period", "lag", "codes", "series break"]

FROM_MEMORY = "M"
TOPPED_OUT = (
    "watched, not paid, with a floor, once the 75th and 90th centiles of providers can't be told apart and the "
    "truncated coefficient of variation is at most 0.10"
)
RELIABLE = 0.7
LEAST: dict[Kind, tuple[int, str]] = {
    "share": (590, "people"),  # reliability 0.7 at a share of 0.65 and a standard deviation between units of 0.03
    "rate": (104, "expected events"),  # reliability 0.7 at a variance between units of 0.0225: E/(E + 1/v)
    "ratio": (104, "expected events"),
    "mean": (100, "people"),  # judgement
}
"""The least that a measure of each kind is counted on to reach the reliability target: outcomes reference, section 4."""


class Level(Part):
    """A published value. ``value`` is in ``unit``, the measure's own unless stated; ``to`` the other end of a range; ``says``
    are the words where a figure alone would mislead. A level marked M was not looked up and is shown to nobody."""

    value: float
    year: str = Field(min_length=1)
    mark: Mark
    source: str = Field(min_length=1)
    what: str = ""
    to: float | None = None
    unit: str = ""
    says: str = ""


class ExcludedBy(Part):
    """People left out of the count who have a marker of need above a value on their index date."""

    marker: str = Field(min_length=1)
    above: float


class Computed(Part):
    """How the linked data set gives a measure: by an outcome it counts, the first of ``outcomes`` that it has, or by the units
    of one of ``services`` that count ``service_unit``. ``of_parent``: worked out from another measure.

    ``ages_from`` and ``ages_below`` are ages on the index date. ``part_year`` says what people count for who are there for
    part of the year only: their person-years; once, whoever was there for a day; only if there for half of it; or as the
    data set's own denominators have it.
    """

    outcomes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    service_unit: str = ""
    of_parent: bool = False
    ages_from: float = Field(0.0, ge=0)
    ages_below: float = Field(200.0, gt=0)
    excluded_by: ExcludedBy | None = None
    part_year: PartYear


class Measure(Part):
    """A measure: one entry of the library, ``id`` its short name.

    ``per`` is what a value is multiplied by to be in ``unit``; ``checked`` says what of the entry was read in a source, and in
    which: all else is a working definition, to be checked against the publisher's before use.
    """

    id: str
    name: str = Field(min_length=1)
    domain: Domain
    kind: Kind
    unit: str = Field(min_length=1)
    per: int = Field(1, ge=1)
    direction: Literal["high", "low"]
    numerator: str = Field(min_length=1)
    denominator: str = Field(min_length=1)
    exclusions: str = ""
    exclusions_counted: bool = False
    period: Period
    lag_months: float | None = Field(None, ge=0)
    source: str = Field(min_length=1)
    codes: tuple[str, ...] = ()
    series_break: str = ""
    levels: tuple[Level, ...] = ()
    gaming: str = Field(min_length=1)
    balance: str = Field(min_length=1)
    balance_ids: tuple[str, ...] = Field(min_length=1)
    data_mode: Literal["computed", "supplied"]
    computed: Computed | None = None
    risk_adjustment: str = Field(min_length=1)
    min_n: int | None = Field(None, ge=1)
    reliability_target: float = Field(RELIABLE, gt=0, lt=1)
    status: Literal["watch", "report", "pay"]
    topped_out_rule: str = TOPPED_OUT
    origin: Origin = "standard"
    checked: dict[Checkable, str] = Field(default_factory=dict)

    @property
    def known_levels(self) -> tuple[Level, ...]:
        """The published values that may be shown: not those from memory."""
        return tuple(level for level in self.levels if level.mark != FROM_MEMORY)

    @property
    def least(self) -> tuple[int, str]:
        """How many a reliable value rests on at least, and what of."""
        number, of = LEAST[self.kind]
        return self.min_n or number, of
