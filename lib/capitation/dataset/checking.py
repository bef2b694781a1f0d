"""The check of a data set: every rule, all faults at once, and no person in any of them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import duckdb
import ibis

from capitation.dataset import schema
from capitation.dataset.engine import Rows, Tables, distinct, fetch_one, first_numbers, numbered
from capitation.dataset.exposure import year_of
from capitation.dataset.faults import Fault
from capitation.dataset.gaps import gap_faults
from capitation.dataset.loop_moves import with_state_before
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, describe
from capitation.dataset.plausibility import effect_of_negatives, effect_of_shared_pseudonyms, findings
from capitation.dataset.plausibility.wording import listed, years_named
from capitation.dataset.raw import Raw, unreadable
from capitation.dataset.rules import Rule, column_rules, row_rules
from capitation.dataset.sources import read
from capitation.dataset.typed import flagged_tables, typed_tables
from capitation.dataset.unplaced import unplaced_faults
from capitation.errors import InputError

BUDGET_TOLERANCE = 0.02
WHOLE_NUMBER, FEW_ODD = "^-?[0-9]+$", 0.1
_ONE_PSEUDONYM = "two people under one pseudonym"
_LOOKUPS = {"person_id": ("people", "p_listed"), "service": ("services", "s_listed"),
            "provider": ("providers", "v_listed")}  # fmt: skip


def check(address: str, today: date | None = None) -> list[Fault]:
    """Every fault of the data set at an address, gravest tables first; empty when there is none.

    Bad data never stop it. ``today`` is the day after which no care can be; the present day unless given. Raises
    ``InputError`` only when the address leads nowhere or its database stops answering.
    """
    raw = read(address)
    flagged = flagged_tables(raw)
    faults = faults_of(raw, flagged)
    meta = None if any(fault.table == "dataset.yaml" for fault in faults) else meta_of(raw)
    if meta is None or any(fault.fatal and _effect_of(fault) is None for fault in faults):
        return faults  # only sound tables can be linked; opening does so anyway and is not asked to do it twice
    tables = typed_tables(flagged, raw)
    faults = [replace(f, effect=told(meta, tables)) if (told := _effect_of(f)) else f for f in faults]
    return [*faults, *unplaced_faults(meta, tables), *findings(meta, tables, today or date.today())]


def _effect_of(fault: Fault) -> Callable[[Meta, Tables], str] | None:
    """How a fatal fault's effect on the price is told, of those after which the tables can still be linked."""
    if (fault.table, fault.column, fault.what) == ("spend", "amount", "it is negative"):
        return effect_of_negatives
    shared = (fault.table, fault.column) == ("people", "person_id") and fault.what.endswith(_ONE_PSEUDONYM)
    return effect_of_shared_pseudonyms if shared else None


def faults_of(raw: Raw, flagged: Tables) -> list[Fault]:
    """Every fault of tables with flags that breaks a rule, the whole set's included."""
    meta, faults = _description(raw)
    faults += [*raw.faults, *_missing(raw)]
    rules = row_rules(meta, raw.grain)
    for table in schema.tables(raw.grain).values():
        if table.name in raw.columns:
            faults += _table_faults(raw, flagged, table, rules)
    return [*faults, *_whole_set_faults(raw, meta, flagged)]


def meta_of(raw: Raw) -> Meta:
    """The description of staged tables with version and address. Raises ``InputError`` at its first fault."""
    return Meta(**describe(raw.fields).model_dump(), version=raw.version, address=raw.address)


def _description(raw: Raw) -> tuple[Meta | None, list[Fault]]:
    if any(fault.table == "dataset.yaml" for fault in raw.faults):
        return None, []
    try:
        return meta_of(raw), []
    except InputError as error:
        table, _, column = error.where.partition(" ")
        return None, [Fault(table, column, 0, (), error.expected, error.what)]


def _missing(raw: Raw) -> list[Fault]:
    tables = schema.tables(raw.grain)
    broken = {fault.table for fault in raw.faults}
    absent = [
        Fault(name, "", 0, (), _columns_in_words(table, raw), _what_is_missing(raw))
        for name, table in tables.items()
        if name not in raw.columns and name not in broken and not table.optional
    ]
    return absent + [fault for name in raw.columns for fault in _missing_columns(raw.columns[name], tables[name])]


def _missing_columns(found: dict[str, str], table: schema.Table) -> list[Fault]:
    return [
        Fault(table.name, column.name, 0, (), schema.KIND_WORDS[column.kind], f"the column is missing{otherwise}")
        for column in table.columns
        if column.name not in found and ((otherwise := _in_other_case(column.name, found)) or not column.optional)
    ]


def _in_other_case(name: str, found: Iterable[str]) -> str:
    other = next((column for column in found if column.lower() == name), None)
    return f" (found '{other}': names are in lower case)" if other else ""


def _what_is_missing(raw: Raw) -> str:
    return "the table is missing" if raw.db else "the table is missing, or may not be read with this login"


def _columns_in_words(table: schema.Table, raw: Raw) -> str:
    needed = ", ".join(column.name for column in table.columns if not column.optional)
    place = f"{table.name}.parquet or {table.name}.csv" if raw.db else f"a table {table.name}"
    return f"{place} with {needed}"


def _table_faults(raw: Raw, flagged: Tables, table: schema.Table, rules: Iterable[Rule]) -> list[Fault]:
    found = raw.columns[table.name]
    mine = [*column_rules(table), *(rule for rule in rules if rule.table == table.name)]
    kept = [rule for rule in mine if rule.column in found and all(other in raw.columns for other in rule.leans_on)]
    try:
        return [*_broken_rules(flagged, table, kept), *_repeated_keys(flagged[table.name], table)]
    except duckdb.Error:
        return [unreadable(table.name, "its rows can't be read")]


def _broken_rules(flagged: Tables, table: schema.Table, rules: list[Rule]) -> list[Fault]:
    # One pass counts all rules; rows are numbered only for the rules that are broken.
    if not rules:
        return []
    rows = _looked_up(flagged, table)
    counted = {f"rule_{n}": rows.count(where=rule.breaks(rows)) for n, rule in enumerate(rules)}
    counts = fetch_one(rows.aggregate(**counted)).values()
    broken = [(rule, count) for rule, count in zip(rules, counts, strict=True) if count]
    return [fault for rule, count in broken for fault in _faults(flagged, table, rule, count)]


def _looked_up(flagged: Tables, table: schema.Table) -> Rows:
    """The table's rows with what is known of each row's person, service and provider."""
    rows = numbered(flagged[table.name])
    if table.name == "absences":
        earlier = ibis.window(group_by="person_id", order_by="away_from", rows=(None, -1))
        rows = rows.mutate(back_before=rows.back_on.max().over(earlier))
    if table.name == "loop_events":
        rows = with_state_before(rows)
    names = [column.name for column in table.columns]
    for key, (other, flag) in _LOOKUPS.items():
        if key in names and table.name not in ("people", "services", "providers"):
            rows = rows.left_join(_listed(flagged[other], key, flag), key, rname="listed_{name}")
    return rows


def _listed(other: Rows, key: str, listed: str) -> Rows:
    """Each code or person once, whether or not the table repeats it."""
    dates = [name for name in ("join_date", "leave_date", "death_date") if name in other.columns]
    named = other.filter(other[key].notnull())
    return named.group_by(key).agg(**{listed: named.count(), **{f"p_{name}": named[name].max() for name in dates}})


def _faults(flagged: Tables, table: schema.Table, rule: Rule, count: int) -> list[Fault]:
    """The fault of a broken rule, or one for each value of the column that it is told apart by."""
    rows = _looked_up(flagged, table)
    wrong = rows.filter(rule.breaks(rows))
    if not rule.by:
        return [_fault(rule, wrong, count, rule.what)]
    of_each = [(name, wrong.filter(wrong[rule.by] == name)) for name in distinct(wrong, rule.by)]
    return [_fault(rule, mine, _rows_in(mine), f"{name}: {rule.what}") for name, mine in of_each]


def _fault(rule: Rule, wrong: Rows, count: int, what: str) -> Fault:
    return Fault(rule.table, rule.column, count, first_numbers(wrong), rule.expected, what, rule.fatal)


def _repeated_keys(rows: Rows, table: schema.Table) -> list[Fault]:
    if not table.key:
        return []
    filled_in = rows.filter([rows[column].notnull() for column in _needed(table)])
    groups = filled_in.group_by(list(table.key)).agg(times=filled_in.count())
    count = fetch_one(groups.filter(groups.times > 1).aggregate(more=(groups.times - 1).sum()))["more"]
    if not count:
        return []
    what, rule = f"it repeats an earlier row{_other_person(filled_in, table)}", f"each {' and '.join(table.key)} once"
    return [Fault(table.name, table.key[0], int(count), first_numbers(_repeats(rows, table)), rule, what)]


def _needed(table: schema.Table) -> list[str]:
    """The columns of the key that no row may leave empty: two that are both empty are alike."""
    return [column.name for column in table.columns if column.name in table.key and not column.nullable]


def _repeats(rows: Rows, table: schema.Table) -> Rows:
    named = numbered(rows).filter([rows[column].notnull() for column in _needed(table)])
    if "row_number" not in named.columns:
        return named
    place = ibis.row_number().over(group_by=list(table.key), order_by=named.row_number)
    placed = named.mutate(place=place)
    return placed.filter(placed.place > 0)


def _other_person(rows: Rows, table: schema.Table) -> str:
    """Whether people repeated are somebody else: then two people share one pseudonym, or are told in two ways."""
    if table.name != "people":
        return ""
    told = [name for name in rows.columns if name != "person_id" and not name.startswith("has_")]
    by_person = rows.group_by("person_id").agg(**{name: rows[name].nunique() for name in told})
    counts = fetch_one(by_person.aggregate(**{name: by_person.count(where=by_person[name] > 1) for name in told}))
    if counts["sex"] or counts["birth_year"]:
        return f" with another sex or birth year: {_ONE_PSEUDONYM}"
    other = [name for name in told if counts[name]]
    return f" with another {listed(other)}: two records under one pseudonym" if other else ""


def _odd_ids(flagged: Tables) -> list[Fault]:
    """A few pseudonyms of another kind make all of them texts: then theirs are likely slips, and their records orphans."""
    people = flagged["people"]
    if not people.person_id.type().is_string():
        return []
    rows = numbered(people)
    odd = rows.filter(rows.person_id.notnull() & ~rows.person_id.re_search(WHOLE_NUMBER))
    count = _rows_in(odd)
    if not 0 < count <= FEW_ODD * _rows_in(people):
        return []
    what = "it is no whole number, unlike the others,"
    return [Fault("people", "person_id", count, first_numbers(odd), "pseudonyms of one kind", what, fatal=False)]


def _whole_set_faults(raw: Raw, meta: Meta | None, flagged: Tables) -> list[Fault]:
    if raw.faults or not {"people", "spend"} <= set(raw.columns):
        return _if_readable(lambda: gap_faults(raw.grain, flagged["spend"])) if "spend" in raw.columns else []
    asked: list[Callable[[], list[Fault]]] = [lambda: gap_faults(raw.grain, flagged["spend"])]
    if meta:
        asked += [lambda: _odd_ids(flagged), lambda: _no_rows(flagged), lambda: _unknown_groups(flagged, meta),
                  lambda: _budgets_off(raw, flagged, meta)]  # fmt: skip
    return [fault for ask in asked for fault in _if_readable(ask)]


def _if_readable(ask: Callable[[], list[Fault]]) -> list[Fault]:
    try:
        return ask()
    except duckdb.Error:
        return []  # the unreadable table has its own fault already


def _no_rows(flagged: Tables) -> list[Fault]:
    return [
        Fault(name, "", 0, (), "at least one row", "the table has no rows")
        for name in ("people", "spend")
        if not _rows_in(flagged[name])
    ]


def _rows_in(rows: Rows) -> int:
    return int(fetch_one(rows.aggregate(n=rows.count()))["n"])


def _unknown_groups(flagged: Tables, meta: Meta) -> list[Fault]:
    people = flagged["people"]
    empty = [group for group in meta.contract_groups if not _rows_in(people.filter(people.group == group))]
    rule = "values that people.group has"
    return [Fault("dataset.yaml", "contract_groups", 0, (), rule, f"nobody is in group '{group}'") for group in empty]


def _budgets_off(raw: Raw, flagged: Tables, meta: Meta) -> list[Fault]:
    if "budgets" not in raw.columns:
        return []
    spent, planned = _spent_in_whole_years(flagged["spend"], meta), flagged["budgets"]
    planned = planned.group_by("year").agg(planned=planned.amount.sum())
    both = spent.inner_join(planned, "year")
    off = distinct(both.filter((both.planned - both.spent).abs() > BUDGET_TOLERANCE * both.spent), "year")
    what = f"the budgets of {years_named(meta, off)} are further from the spend" if off else ""
    rule = f"budgets within {BUDGET_TOLERANCE:.0%} of the year's spend".replace("%", " %")
    return [Fault("budgets", "amount", 0, (), rule, what, fatal=False)] if off else []


def _spent_in_whole_years(spend: Rows, meta: Meta) -> Rows:
    if meta.grain == "year":
        return spend.group_by("year").agg(spent=spend.amount.sum())
    dated = spend.mutate(year=year_of(meta, spend.month))
    by_year = dated.group_by("year").agg(spent=dated.amount.sum(), months=dated.month.nunique())
    return by_year.filter(by_year.months == MONTHS_IN_YEAR).drop("months")
