"""The rules that the rows of a data set keep, each in plain words beside the condition that breaks it."""

from dataclasses import dataclass

from capitation.dataset import schema
from capitation.dataset.meta import FIRST_YEAR, LAST_YEAR, Meta
from capitation.dataset.raw import literal

BY_SERVICE = ("spend", "unlinked", "budgets", "ledger", "unit_costs")
AMOUNT_LIMIT = 1e12  # sums are kept exact to a millionth in 18 figures
EARLIEST_BIRTH = -150  # study years count from 1, so their people were born before year 0


@dataclass(frozen=True)
class Rule:
    """A rule on the rows of one table.

    ``breaks`` is a DuckDB condition on the row ``t``, on its person ``p``, service ``s`` and provider ``v``.
    ``leans_on`` names the tables without which the rule means nothing.
    """

    table: str
    column: str
    expected: str
    what: str
    breaks: str
    fatal: bool = True
    leans_on: tuple[str, ...] = ()


def column_rules(table: schema.Table) -> list[Rule]:
    """Every column is of its kind, and filled in where it must be."""
    return [rule for column in table.columns for rule in _of_column(table.name, column)]


def _of_column(table: str, column: schema.Column) -> list[Rule]:
    has, value = f't."has:{column.name}"', f't."{column.name}"'
    expected = schema.KIND_WORDS[column.kind]
    wrong = Rule(table, column.name, expected, "it is of the wrong type or malformed", f"{has} and {value} is null")
    empty = Rule(table, column.name, f"{expected} in every row", "it is empty", f"not {has}")
    return [wrong] if column.nullable else [wrong, empty]


def row_rules(meta: Meta | None, grain: str) -> list[Rule]:
    """The rules between columns and between tables."""
    return [*_people(), *_spend(meta, grain), *_other_tables(), *_links(), *_years(grain)]


def _people() -> list[Rule]:
    sexes = ", ".join(literal(sex) for sex in schema.SEXES)
    one_of = "one of " + ", ".join(schema.SEXES)
    born = f"t.birth_year < {EARLIEST_BIRTH} or t.birth_year > {LAST_YEAR}"
    range_words = f"a year from {EARLIEST_BIRTH} to {LAST_YEAR}"
    return [
        Rule("people", "sex", one_of, "it is an unknown value", f"t.sex not in ({sexes})"),
        Rule("people", "birth_year", range_words, "it is out of range", born),
        _fifth("people"),
        *_order_of_life(),
    ]


def _order_of_life() -> list[Rule]:
    born_late = "t.birth_year >= year(t.death_date) + 1"
    ends = [
        Rule("people", end, "a day not before join_date", "it is before join_date", f"t.{end} < t.join_date")
        for end in ("leave_date", "death_date")
    ]
    return [
        *ends,
        Rule("people", "birth_year", "birth not after death", "it is after the year of death", born_late),
    ]


def _spend(meta: Meta | None, grain: str) -> list[Rule]:
    rules = [*_amounts("spend"), *_parts_of_spend()]
    if grain == "month":
        rules.append(
            Rule(
                "spend",
                "month",
                "the first day of a month",
                "it is another day of the month",
                "day(t.month) <> 1",
            )
        )
        rules.append(
            Rule(
                "spend",
                "recorded",
                "a month not before the month of care",
                "it is before the month of care",
                "t.recorded < t.month",
            )
        )
    return rules + (_time_of_spend(meta, grain) if meta else [])


def _parts_of_spend() -> list[Rule]:
    more = "t.client_paid > t.amount"
    return [
        Rule("spend", "units", "a number of at least 0", "it is negative", "t.units < 0"),
        Rule("spend", "client_paid", "an amount of at least 0", "it is negative", "t.client_paid < 0"),
        Rule("spend", "client_paid", "no more than the amount", "it is more than the amount", more),
    ]


def _fifth(table: str) -> Rule:
    outside = "t.deprivation not between 1 and 5"
    return Rule(table, "deprivation", "a fifth from 1, most deprived, to 5", "it is out of range", outside)


def _amounts(table: str) -> list[Rule]:
    return [
        Rule(table, "amount", "an amount of at least 0", "it is negative", "t.amount < 0"),
        Rule(
            table,
            "amount",
            f"an amount below {AMOUNT_LIMIT:.0e}",
            "it is too large",
            f"t.amount >= {AMOUNT_LIMIT}",
        ),
    ]


def _time_of_spend(meta: Meta, grain: str) -> list[Rule]:
    year_start = f"make_date(t.year, {meta.year_starts_in}, 1)"
    safe_start = f"case when t.year between {FIRST_YEAR} and {LAST_YEAR} then {year_start} end"
    start, length = ("t.month", "1 month") if grain == "month" else (f"({safe_start})", "1 year")
    before = f"{start} + interval '{length}' <= p.join_date"
    after = f"{start} >= least(p.leave_date, p.death_date)"
    return [
        Rule(
            "spend",
            grain,
            "spend while registered",
            "it is before the person joined",
            before,
            False,
            ("people",),
        ),
        Rule(
            "spend",
            grain,
            "spend while registered",
            "it is after the person left or died",
            after,
            False,
            ("people",),
        ),
    ]


def _other_tables() -> list[Rule]:
    overlap = (
        "(t.person_id, t.away_from) in (select (b.person_id, b.away_from) from typed.absences a "
        "join typed.absences b on a.person_id = b.person_id and a.away_from < b.away_from "
        "and a.back_on > b.away_from)"
    )
    return [
        Rule("absences", "away_from", "absences apart from each other", "it is within another one", overlap),
        Rule("outcomes", "numerator", "a number of at least 0", "it is negative", "t.numerator < 0"),
        Rule("outcomes", "denominator", "a number of at least 0", "it is negative", "t.denominator < 0"),
        Rule(
            "outcomes",
            "denominator",
            "a denominator above 0 wherever the numerator is",
            "it is 0 with a numerator above 0",
            "t.denominator = 0 and t.numerator > 0",
        ),
        Rule(
            "absences",
            "back_on",
            "a day after away_from",
            "it is not after away_from",
            "t.back_on <= t.away_from",
        ),
        Rule("unit_costs", "unit_cost", "a unit cost above 0", "it is not above 0", "t.unit_cost <= 0"),
        _fifth("unlinked"),
        *[rule for table in ("budgets", "ledger", "unlinked") for rule in _amounts(table)],
    ]


def _links() -> list[Rule]:
    people = [_link(table, "person_id", "p", "people") for table in ("spend", "needs", "outcomes", "absences")]
    services = [_link(table, "service", "s", "services") for table in BY_SERVICE]
    providers = [_link(table, "provider", "v", "providers") for table in ("spend", "unlinked")]
    return [*people, *services, *providers]


def _link(table: str, column: str, other: str, target: str) -> Rule:
    breaks = f"t.{column} is not null and {other}.{column} is null"
    return Rule(table, column, f"a {column} listed in {target}", f"it is not in {target}", breaks, True, (target,))


def _years(grain: str) -> list[Rule]:
    by_year = ["outcomes", "budgets", "ledger", "unit_costs"] + (["spend", "unlinked"] if grain == "year" else [])
    expected = f"a year from {FIRST_YEAR} to {LAST_YEAR}"
    rules = [
        Rule(table, "year", expected, "it is out of range", f"t.year not between {FIRST_YEAR} and {LAST_YEAR}")
        for table in by_year
    ]
    if grain == "month":
        outside = f"year(t.month) not between {FIRST_YEAR} and {LAST_YEAR}"
        rules += [
            Rule(table, "month", expected, "its year is out of range", outside) for table in ("spend", "unlinked")
        ]
    return rules
