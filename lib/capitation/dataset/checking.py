"""The check of a data set: every rule, all faults at once, and no person in any of them."""

from collections.abc import Iterable

import duckdb

from capitation.dataset import schema
from capitation.dataset.faults import ROWS_NAMED, Fault
from capitation.dataset.gaps import gap_faults
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, describe
from capitation.dataset.raw import Raw, literal, quoted, unreadable
from capitation.dataset.rules import Rule, column_rules, row_rules
from capitation.dataset.sources import read
from capitation.dataset.typed import make_typed_views
from capitation.dataset.unplaced import unplaced_faults
from capitation.errors import InputError

BUDGET_TOLERANCE = 0.02
_PEOPLE = (
    "(select person_id, any_value(join_date) as join_date, any_value(leave_date) as leave_date, "
    "any_value(death_date) as death_date from typed.people group by person_id)"
)
_LOOKUPS = {
    "person_id": f"left join {_PEOPLE} p on p.person_id = t.person_id",
    "service": "left join (select distinct service from typed.services) s on s.service = t.service",
    "provider": "left join (select distinct provider from typed.providers) v on v.provider = t.provider",
}


def check(address: str) -> list[Fault]:
    """Every fault of the data set at an address, gravest tables first; empty when there is none.

    Bad data never stop it. Raises ``InputError`` only when the address leads nowhere.
    """
    raw = read(address)
    faults = faults_of(raw)
    # Only sound tables can be linked; opening does so anyway and is not asked to do it twice.
    return faults if any(fault.fatal for fault in faults) else [*faults, *unplaced_faults(raw, meta_of(raw))]


def faults_of(raw: Raw) -> list[Fault]:
    """Every fault of staged tables. Creates their typed views on the way."""
    meta, faults = _description(raw)
    tables = make_typed_views(raw)
    faults += [*raw.faults, *_missing(raw, tables)]
    rules = row_rules(meta, raw.grain)
    for table in tables.values():
        if table.name in raw.columns:
            faults += _table_faults(raw, table, rules)
    return [*faults, *gap_faults(raw), *_whole_set_faults(raw, meta)]


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


def _missing(raw: Raw, tables: dict[str, schema.Table]) -> list[Fault]:
    broken = {fault.table for fault in raw.faults}
    absent = [
        Fault(name, "", 0, (), _columns_in_words(table), "the table is missing")
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


def _columns_in_words(table: schema.Table) -> str:
    return f"{table.name}.parquet or {table.name}.csv with " + ", ".join(column.name for column in table.columns)


def _table_faults(raw: Raw, table: schema.Table, rules: Iterable[Rule]) -> list[Fault]:
    found = raw.columns[table.name]
    mine = [*column_rules(table), *(rule for rule in rules if rule.table == table.name)]
    kept = [rule for rule in mine if rule.column in found and all(other in raw.columns for other in rule.leans_on)]
    try:
        return [*_broken_rules(raw.db, table, kept), *_repeated_keys(raw.db, table)]
    except duckdb.Error:
        return [unreadable(table.name, "its rows can't be read")]


def _broken_rules(db: duckdb.DuckDBPyConnection, table: schema.Table, rules: list[Rule]) -> list[Fault]:
    # One pass counts all rules; rows are numbered only for the rules that are broken.
    if not rules:
        return []
    counts = ", ".join(f"count(*) filter (where {rule.breaks})" for rule in rules)
    row = db.execute(f"select {counts} {_joined(table, f'typed.{table.name}')}").fetchone() or ()
    return [_fault(db, table, rule, count) for rule, count in zip(rules, row, strict=True) if count]


def _joined(table: schema.Table, rows: str) -> str:
    names = [column.name for column in table.columns]
    own = table.name
    joins = [join for key, join in _LOOKUPS.items() if key in names and own not in ("people", "services", "providers")]
    return " ".join([f"from {rows} t", *joins])


def _fault(db: duckdb.DuckDBPyConnection, table: schema.Table, rule: Rule, count: int) -> Fault:
    numbered = f"(select *, row_number() over () as row_number from typed.{table.name})"
    sql = f"select t.row_number {_joined(table, numbered)} where {rule.breaks} order by 1 limit {ROWS_NAMED}"
    first = tuple(row[0] for row in db.execute(sql).fetchall())
    return Fault(rule.table, rule.column, count, first, rule.expected, rule.what, rule.fatal)


def _repeated_keys(db: duckdb.DuckDBPyConnection, table: schema.Table) -> list[Fault]:
    if not table.key:
        return []
    key = ", ".join(quoted(column) for column in table.key)
    filled = " and ".join(f"{quoted(column)} is not null" for column in table.key)
    numbered = f"(select {key}, row_number() over () as row_number from typed.{table.name})"
    place = f"row_number() over (partition by {key} order by row_number)"
    repeats = f"(select row_number, {place} as place from {numbered} where {filled})"
    sql = f"select count(*), list(row_number order by row_number)[:{ROWS_NAMED}] from {repeats} where place > 1"
    count, first = db.execute(sql).fetchone() or (0, None)
    what, rule = "it repeats an earlier row", f"each {' and '.join(table.key)} once"
    return [Fault(table.name, table.key[0], count, tuple(first or ()), rule, what)] if count else []


def _whole_set_faults(raw: Raw, meta: Meta | None) -> list[Fault]:
    if meta is None or raw.faults or not {"people", "spend"} <= set(raw.columns):
        return []
    try:
        return [*_no_rows(raw), *_unknown_groups(raw, meta), *_budgets_off(raw, meta)]
    except duckdb.Error:
        return []  # the unreadable table has its own fault already


def _no_rows(raw: Raw) -> list[Fault]:
    return [
        Fault(name, "", 0, (), "at least one row", "the table has no rows")
        for name in ("people", "spend")
        if not _number(raw, f"select count(*) from typed.{name}")
    ]


def _unknown_groups(raw: Raw, meta: Meta) -> list[Fault]:
    sql = 'select count(*) from typed.people where "group" = {}'
    empty = [group for group in meta.contract_groups if not _number(raw, sql.format(literal(group)))]
    rule = "values that people.group has"
    return [Fault("dataset.yaml", "contract_groups", 0, (), rule, f"nobody is in group '{group}'") for group in empty]


def _budgets_off(raw: Raw, meta: Meta) -> list[Fault]:
    if "budgets" not in raw.columns:
        return []
    year = "year" if meta.grain == "year" else f"year(month) - (month(month) < {meta.year_starts_in})::int"
    whole = "" if meta.grain == "year" else f"having count(distinct month) = {MONTHS_IN_YEAR}"
    sql = (
        f"with spent as (select {year} as year, sum(amount) as amount from typed.spend group by 1 {whole}), "
        "planned as (select year, sum(amount) as amount from typed.budgets group by 1) "
        "select count(*) from spent join planned using (year) "
        f"where abs(planned.amount - spent.amount) > {BUDGET_TOLERANCE} * spent.amount"
    )
    off = _number(raw, sql)
    what = f"the budgets of {off} year{'s' if off > 1 else ''} are further from the spend"
    rule = f"budgets within {BUDGET_TOLERANCE:.0%} of the year's spend".replace("%", " %")
    return [Fault("budgets", "amount", 0, (), rule, what, fatal=False)] if off else []


def _number(raw: Raw, sql: str) -> int:
    row = raw.db.execute(sql).fetchone()
    return int(row[0]) if row else 0
