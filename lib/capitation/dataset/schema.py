"""The tables of a linked data set: every column declared once, for reading, checking and documentation."""

from dataclasses import dataclass
from typing import Literal

from capitation.dataset.meta import Grain

Kind = Literal["id", "text", "number", "integer", "date", "month"]

KIND_WORDS: dict[Kind, str] = {
    "id": "a person number or code of the kind used in people",
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "date": "a date YYYY-MM-DD",
    "month": "a month YYYY-MM or the date of its first day",
}
SEXES = ("female", "male", "other", "unknown")


@dataclass(frozen=True)
class Column:
    """One column: its kind and meaning, whether it may be left out, whether a row may leave it empty."""

    name: str
    kind: Kind
    meaning: str
    optional: bool = False
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table: its columns, the columns that no two rows may share, and whether it may be left out."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    optional: bool = False


PERSON = Column("person_id", "id", "The person, as in people.")
YEAR = Column("year", "integer", "The year, named by the calendar year it starts in.")

PEOPLE = Table(
    "people",
    (
        Column("person_id", "id", "The person: a whole number or text, each once."),
        Column("birth_year", "number", "Year of birth; decimals say when in the year (1950.5 is mid-1950)."),
        Column("sex", "text", "One of female, male, other, unknown."),
        Column("locality", "text", "Where the person lives."),
        Column("practice", "text", "The GP practice the person is registered with.", optional=True, nullable=True),
        Column("deprivation", "integer", "National fifth of deprivation: 1 most deprived, 5 least.", True, True),
        Column("group", "text", "A population the person belongs to.", optional=True, nullable=True),
        Column("join_date", "date", "First day registered; empty: before the data start.", nullable=True),
        Column("leave_date", "date", "First day no longer registered; empty: still there.", nullable=True),
        Column("death_date", "date", "Day of death, itself not counted; empty: alive.", nullable=True),
    ),
    key=("person_id",),
)
PERIODS: dict[Grain, Column] = {
    "month": Column("month", "month", "The month of care: its first day, or text YYYY-MM."),
    "year": YEAR,
}
NEEDS = Table(
    "needs",
    (
        PERSON,
        Column("as_at", "date", "The day from which the value was known."),
        Column("marker", "text", "What was measured, e.g. conditions."),
        Column("value", "number", "The value."),
    ),
    key=("person_id", "as_at", "marker"),
    optional=True,
)
OUTCOMES = Table(
    "outcomes",
    (
        PERSON,
        YEAR,
        Column("measure", "text", "The outcome measured."),
        Column("numerator", "number", "Events, at least 0."),
        Column("denominator", "number", "What the events are counted against, at least 0."),
    ),
    key=("person_id", "year", "measure"),
    optional=True,
)
BUDGETS = Table(
    "budgets",
    (
        YEAR,
        Column("commissioner", "text", "Who pays."),
        Column("service", "text", "A code of services."),
        Column("amount", "number", "The budget of the whole year, at least 0, in the data set's currency."),
        Column("stream", "text", "The funding stream it stands in, e.g. Better Care Fund; empty: core.", True, True),
    ),
    key=("year", "commissioner", "service", "stream"),
    optional=True,
)
ABSENCES = Table(
    "absences",
    (
        PERSON,
        Column("away_from", "date", "First day away, between joining and leaving."),
        Column("back_on", "date", "First day back."),
    ),
    key=("person_id", "away_from"),
    optional=True,
)
LOOP_EVENTS = Table(
    "loop_events",
    (
        PERSON,
        Column("measure", "text", "The measure whose learning loop it is, e.g. HbA1c."),
        Column("state", "text", "What the person came into: due, measured, received, compared, …"),
        Column("date", "date", "The day on which they came into it."),
    ),
    key=("person_id", "measure", "state", "date"),
    optional=True,
)
LEDGER = Table(
    "ledger",
    (
        YEAR,
        Column("service", "text", "A code of services."),
        Column("amount", "number", "What the accounts say was spent in the whole year, at least 0."),
    ),
    key=("year", "service"),
    optional=True,
)
UNIT_COSTS = Table(
    "unit_costs",
    (
        YEAR,
        Column("service", "text", "A code of services."),
        Column("unit_cost", "number", "What one unit of spend.units cost in that year, above 0."),
        Column("source", "text", "Where the figure comes from: tariff, patient-level costing, published unit cost."),
    ),
    key=("year", "service"),
    optional=True,
)
SERVICES = Table(
    "services",
    (
        Column("service", "text", "The code used in spend."),
        Column("label", "text", "Its name as people read it."),
        Column("setting", "text", "The kind of care, e.g. acute."),
        Column("unit", "text", "What spend.units counts, e.g. bed day.", optional=True, nullable=True),
    ),
    key=("service",),
)
PROVIDERS = Table(
    "providers",
    (
        Column("provider", "text", "The code used in spend."),
        Column("label", "text", "Its name as people read it."),
    ),
    key=("provider",),
)


AMOUNT = Column("amount", "number", "What it cost, at least 0, in the data set's currency.")
CODES = (
    Column("service", "text", "A code of services."),
    Column("provider", "text", "A code of providers."),
)


def spend_table(grain: Grain) -> Table:
    """The spend table, by month or by year. A person may have many rows of one service in a period."""
    others = (
        Column("units", "number", "Activity that the amount paid for, at least 0.", optional=True, nullable=True),
        Column("client_paid", "number", "The part of the amount that the person paid.", optional=True, nullable=True),
    )
    recorded = Column(
        "recorded", "month", "The month in which the row reached the data; empty: the month of care.", True, True
    )
    return Table("spend", (PERSON, PERIODS[grain], *CODES, AMOUNT, *others, *((recorded,) * (grain == "month"))))


def unlinked_table(grain: Grain) -> Table:
    """Records that no person could be found for, one row each."""
    where = Column("deprivation", "integer", "National fifth of deprivation of the record.", True, True)
    return Table("unlinked", (PERIODS[grain], *CODES, where, AMOUNT), optional=True)


def tables(grain: Grain) -> dict[str, Table]:
    """Every table of a data set of this grain, by name; people first, since the others lean on it."""
    by_period = (spend_table(grain), unlinked_table(grain))
    known = (
        PEOPLE,
        *by_period,
        NEEDS,
        OUTCOMES,
        LOOP_EVENTS,
        BUDGETS,
        LEDGER,
        UNIT_COSTS,
        ABSENCES,
        SERVICES,
        PROVIDERS,
    )
    return {table.name: table for table in known}
