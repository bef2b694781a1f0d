"""The rules that the rows of a data set keep, each in plain words beside the condition that breaks it."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis

from capitation.dataset import schema
from capitation.dataset.engine import Rows
from capitation.dataset.loop_moves import LOOP_STATES, illegal
from capitation.dataset.meta import FIRST_YEAR, LAST_YEAR, Meta
from capitation.dataset.typed import filled

BY_SERVICE = ("spend", "unlinked", "budgets", "ledger", "unit_costs")
OF_PEOPLE = ("spend", "needs", "outcomes", "absences", "loop_events")
AMOUNT_LIMIT = 1e12  # sums are kept exact to a millionth in 18 figures
EARLIEST_BIRTH = -150  # study years count from 1, so their people were born before year 0
FIFTHS = (1, 5)


@dataclass(frozen=True)
class Rule:
    """A rule on the rows of one table.

    ``breaks`` makes of the table's rows (Ibis, with what is known of each row's person, service and provider:
    ``p_join_date``, ``p_leave_date``, ``p_death_date``, ``p_listed``, ``s_listed``, ``v_listed``) the condition
    that breaks the rule. ``leans_on`` names the tables without which the rule means nothing. ``by`` is a column whose
    values are told apart: each that breaks the rule is a fault of its own, with its name.
    """

    table: str
    column: str
    expected: str
    what: str
    breaks: Callable[[Rows], Rows]
    fatal: bool = True
    leans_on: tuple[str, ...] = ()
    by: str = ""


def column_rules(table: schema.Table) -> list[Rule]:
    """Every column is of its kind, and filled in where it must be."""
    return [rule for column in table.columns for rule in _of_column(table.name, column)]


def _of_column(table: str, column: schema.Column) -> list[Rule]:
    name, has, expected = column.name, filled(column.name), schema.KIND_WORDS[column.kind]
    wrong = Rule(table, name, expected, "it is of the wrong type or malformed", lambda t: t[has] & t[name].isnull())
    empty = Rule(table, name, f"{expected} in every row", "it is empty", lambda t: ~t[has])
    return [wrong] if column.nullable else [wrong, empty]


def row_rules(meta: Meta | None, grain: str) -> list[Rule]:
    """The rules between columns and between tables."""
    return [*_people(), *_spend(meta, grain), *_other_tables(), *_loop(), *_links(), *_years(grain)]


def _people() -> list[Rule]:
    one_of = "one of " + ", ".join(schema.SEXES)
    range_words = f"a year from {EARLIEST_BIRTH} to {LAST_YEAR}"
    return [
        Rule("people", "sex", one_of, "it is an unknown value", lambda t: t.sex.notin(schema.SEXES)),
        Rule("people", "birth_year", range_words, "it is out of range",
             lambda t: ~t.birth_year.between(EARLIEST_BIRTH, LAST_YEAR)),
        _fifth("people"),
        *_order_of_life(),
    ]  # fmt: skip


def _order_of_life() -> list[Rule]:
    return [
        _not_before_joining("leave_date"),
        _not_before_joining("death_date"),
        Rule("people", "birth_year", "birth not after death", "it is after the year of death",
             lambda t: t.birth_year >= t.death_date.year() + 1),
    ]  # fmt: skip


def _not_before_joining(end: str) -> Rule:
    return Rule("people", end, "a day not before join_date", "it is before join_date", lambda t: t[end] < t.join_date)


def _spend(meta: Meta | None, grain: str) -> list[Rule]:
    by_month = [
        Rule("spend", "month", "the first day of a month", "it is another day of the month",
             lambda t: t.month.day() != 1),
        Rule("spend", "recorded", "a month not before the month of care", "it is before the month of care",
             lambda t: t.recorded < t.month),
    ]  # fmt: skip
    rules = [*_amounts("spend"), *_parts_of_spend(), *(by_month if grain == "month" else [])]
    return rules + (_time_of_spend(meta, grain) if meta else [])


def _parts_of_spend() -> list[Rule]:
    return [
        _not_negative("spend", "units"),
        _not_negative("spend", "client_paid", "an amount of at least 0"),
        Rule("spend", "client_paid", "no more than the amount", "it is more than the amount",
             lambda t: t.client_paid > t.amount),
    ]  # fmt: skip


def _not_negative(table: str, column: str, expected: str = "a number of at least 0") -> Rule:
    return Rule(table, column, expected, "it is negative", lambda t: t[column] < 0)


def _fifth(table: str) -> Rule:
    words = "a fifth from 1, most deprived, to 5"
    return Rule(table, "deprivation", words, "it is out of range", lambda t: ~t.deprivation.between(*FIFTHS))


def _amounts(table: str) -> list[Rule]:
    below = f"an amount below {AMOUNT_LIMIT:.0e}"
    return [
        _not_negative(table, "amount", "an amount of at least 0"),
        Rule(table, "amount", below, "it is too large", lambda t: t.amount >= AMOUNT_LIMIT),
    ]


def _time_of_spend(meta: Meta, grain: str) -> list[Rule]:
    """Spend before the whole of its period, or after it began, in numbers of periods: dates would overflow."""

    def place(day: Rows) -> Rows:
        if grain == "month":
            return 12 * day.year() + day.month()
        return day.year() - (day.month() < meta.year_starts_in).cast("int64")

    def spent(t: Rows) -> Rows:
        return place(t.month) if grain == "month" else t.year

    def last_day(t: Rows) -> Rows:
        end: Rows = ibis.least(t.p_leave_date, t.p_death_date)
        return place(end - ibis.interval(days=1))

    expected, leans = "spend while registered", ("people",)
    return [
        Rule("spend", grain, expected, "it is before the person joined",
             lambda t: spent(t) < place(t.p_join_date), False, leans),
        Rule("spend", grain, expected, "it is after the person left or died",
             lambda t: spent(t) > last_day(t), False, leans),
    ]  # fmt: skip


def _other_tables() -> list[Rule]:
    return [
        Rule("absences", "away_from", "absences apart from each other", "it is within another one",
             lambda t: t.back_before > t.away_from),
        _not_negative("outcomes", "numerator"),
        _not_negative("outcomes", "denominator"),
        Rule("outcomes", "denominator", "a denominator above 0 wherever the numerator is",
             "it is 0 with a numerator above 0", lambda t: (t.denominator == 0) & (t.numerator > 0), False, by="measure"),
        Rule("absences", "back_on", "a day after away_from", "it is not after away_from",
             lambda t: t.back_on <= t.away_from),
        Rule("unit_costs", "unit_cost", "a unit cost above 0", "it is not above 0", lambda t: t.unit_cost <= 0),
        _fifth("unlinked"),
        *[rule for table in ("budgets", "ledger", "unlinked") for rule in _amounts(table)],
    ]  # fmt: skip


def _loop() -> list[Rule]:
    """The learning loop: known states, moves that it has, nothing after the end."""
    return [
        Rule("loop_events", "state", "one of " + ", ".join(LOOP_STATES), "it is an unknown value",
             lambda t: t.state.notin(LOOP_STATES)),
        Rule("loop_events", "state", "a move that the learning loop has", "it can’t follow the state before it",
             lambda t: illegal(t.state_before, t.state), False),
        Rule("loop_events", "date", "a day not after leaving or death", "it is after the person left or died",
             lambda t: t.date > ibis.least(t.p_leave_date, t.p_death_date), False, ("people",)),
    ]  # fmt: skip


def _links() -> list[Rule]:
    people = [_link(table, "person_id", "p_listed", "people") for table in OF_PEOPLE]
    services = [_link(table, "service", "s_listed", "services") for table in BY_SERVICE]
    providers = [_link(table, "provider", "v_listed", "providers") for table in ("spend", "unlinked")]
    return [*people, *services, *providers]


def _link(table: str, column: str, listed: str, target: str) -> Rule:
    return Rule(table, column, f"a {column} listed in {target}", f"it is not in {target}",
                lambda t: t[column].notnull() & t[listed].isnull(), True, (target,))  # fmt: skip


def _years(grain: str) -> list[Rule]:
    by_period = ("spend", "unlinked")
    by_year = ["outcomes", "budgets", "ledger", "unit_costs", *(by_period if grain == "year" else ())]
    expected = f"a year from {FIRST_YEAR} to {LAST_YEAR}"
    rules = [
        Rule(table, "year", expected, "it is out of range", lambda t: ~t.year.between(FIRST_YEAR, LAST_YEAR))
        for table in by_year
    ]
    months = by_period if grain == "month" else ()
    return rules + [
        Rule(table, "month", expected, "its year is out of range",
             lambda t: ~t.month.year().between(FIRST_YEAR, LAST_YEAR))
        for table in months
    ]  # fmt: skip
