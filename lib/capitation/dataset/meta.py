"""What a data set says about itself, and the arithmetic of its years and months."""

import re
from collections.abc import Mapping
from datetime import date
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from capitation.errors import InputError

Grain = Literal["month", "year"]
MONTHS_IN_YEAR = 12
FIRST_YEAR, LAST_YEAR = 1, 2200  # study years count from 1; a later year is a slip of the pen
CALENDAR_LABEL, SPLIT_LABEL = "{year}", "{year}/{next:02d}"
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Description(BaseModel):
    """The fields of ``dataset.yaml``, validated strictly: no unknown field and no guessed type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(min_length=1)
    description: str
    source: str
    currency: str = Field(min_length=1)
    grain: Grain
    year_starts_in: int = Field(default=4, ge=1, le=MONTHS_IN_YEAR)
    synthetic: bool
    contract_groups: Annotated[tuple[str, ...], Field(strict=False)] = ()
    year_label: str | None = None

    @field_validator("year_label")
    @classmethod
    def _label_uses_year_and_next_only(cls, label: str | None) -> str | None:
        if label is not None:
            _check_label(label)
        return label


def _check_label(label: str) -> None:
    fields = {field for _, field, _, _ in Formatter().parse(label) if field is not None}
    if not fields <= {"year", "next"} or "year" not in fields:
        raise ValueError("must contain {year}, may contain {next}, and nothing else in braces")
    label.format(year=1, next=2)


class Meta(Description):
    """A data set's description with the ``version`` of its content and its ``address`` without a path."""

    version: str
    address: str

    def year_name(self, year: int) -> str:
        """The name of a year as people read it, e.g. ``2013/14`` or ``study year 3``."""
        default = CALENDAR_LABEL if self.year_starts_in == 1 else SPLIT_LABEL
        return (self.year_label or default).format(year=year, next=(year + 1) % 100)

    def year_start(self, year: int) -> date:
        """The first day of a year, which is named by the calendar year it starts in."""
        return date(year, self.year_starts_in, 1)

    def year_of(self, day: date) -> int:
        """The year in which a day lies."""
        return day.year - (day.month < self.year_starts_in)


def describe(fields: object) -> Description:
    """The description in a mapping read from ``dataset.yaml``.

    Raises ``InputError`` with the first field at fault and what was expected there.
    """
    if not isinstance(fields, Mapping):
        raise InputError("dataset.yaml", "it holds no fields", "a mapping of name, description, source, …")
    try:
        return Description.model_validate(dict(fields))
    except ValidationError as error:
        raise _first_fault(error) from None


def _first_fault(error: ValidationError) -> InputError:
    details: Any = error.errors(include_url=False, include_context=False)
    field = ".".join(str(part) for part in details[0]["loc"])
    known = ", ".join(Description.model_fields)
    expected = f"one of the fields {known}" if details[0]["type"] == "extra_forbidden" else "a value as documented"
    others = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return InputError(f"dataset.yaml {field}", details[0]["msg"].lower() + others, expected)


def month_start(month: str) -> date | None:
    """The first day of a month written ``YYYY-MM``; None when it is not written so."""
    match = _MONTH.fullmatch(month)
    if match is None or not 1 <= int(match[2]) <= MONTHS_IN_YEAR or int(match[1]) < FIRST_YEAR:
        return None
    return date(int(match[1]), int(match[2]), 1)


def next_month(day: date) -> date:
    """The first day of the month after the one in which a day lies."""
    return date(day.year + day.month // MONTHS_IN_YEAR, day.month % MONTHS_IN_YEAR + 1, 1)


def month_name(day: date) -> str:
    """A day's month as ``YYYY-MM``, with four figures for the year."""
    return f"{day.year:04d}-{day.month:02d}"


def months_between(start: date, end: date) -> int:
    """Whole months from one first of a month to another."""
    return MONTHS_IN_YEAR * (end.year - start.year) + end.month - start.month
