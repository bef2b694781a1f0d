"""How many rows break the rules that people ask about first: orphans, repeats, amounts below nothing.

The check refuses a data set that breaks them, so all are 0 in one that was opened but for moves that the learning loop
doesn't have, which are a warning; here they are counted on any typed tables.
"""

from collections.abc import Iterator

import pandas as pd

from capitation.dataset import schema
from capitation.dataset.engine import Rows, Tables, fetch_one
from capitation.dataset.loop_moves import illegal, with_state_before
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import one_if

ORPHAN, REPEAT, NEGATIVE, EMPTY = "belongs to nobody in people", "repeats an earlier row", "is below 0", "is empty"
NO_MOVE = "can’t follow the state before it"  # of the learning loop: a warning, so that such data sets are opened
UNLISTED = "is not listed in {}"
LISTED_IN = {"service": "services", "provider": "providers"}
AT_LEAST_NOTHING = frozenset({"amount", "units", "client_paid", "numerator", "denominator", "unit_cost"})


def rule_counts(meta: Meta, tables: Tables) -> pd.DataFrame:
    """Rows that break each rule. Columns: table, column, rule, broken (rows), rows, share (0 to 1)."""
    known = schema.tables(meta.grain)
    counted = [row for name, table in known.items() for row in _of_table(tables, table, name)]
    return pd.DataFrame(counted, columns=pd.Index(["table", "column", "rule", "broken", "rows", "share"]))


def share_broken(found: pd.DataFrame) -> float:
    """The largest share of a table's rows that break one rule; 0 where nothing is broken."""
    return float(found["share"].max()) if len(found) else 0.0


def _of_table(tables: Tables, table: schema.Table, name: str) -> Iterator[tuple[object, ...]]:
    rows = tables[name]
    counted = fetch_one(rows.aggregate(all_rows=rows.count(), **_own_counts(rows, table)))
    total = int(counted.pop("all_rows"))
    if not total:
        return
    counted |= {f"{column}|{rule}": _strangers(tables, rows, column, target)
                for column, rule, target in _links(table)}  # fmt: skip
    if table.key:
        counted[f"{table.key[0]}|{REPEAT}"] = _repeats(rows, table.key)
    if table.name == "loop_events":
        counted[f"state|{NO_MOVE}"] = _no_moves(rows)
    for place, broken in counted.items():
        column, _, rule = place.partition("|")
        yield table.name, column, rule, int(broken), total, broken / total


def _own_counts(rows: Rows, table: schema.Table) -> dict[str, Rows]:
    counts = {f"{c.name}|{NEGATIVE}": _count(rows[c.name] < 0) for c in table.columns if c.name in AT_LEAST_NOTHING}
    must = [c.name for c in table.columns if not c.nullable and not c.optional]
    return counts | {f"{name}|{EMPTY}": _count(rows[name].isnull()) for name in must}


def _count(condition: Rows) -> Rows:
    return one_if(condition).sum().fill_null(0)


def _links(table: schema.Table) -> Iterator[tuple[str, str, str]]:
    names = {column.name for column in table.columns}
    if table.name in {"people", *LISTED_IN.values()}:
        return
    if "person_id" in names:
        yield "person_id", ORPHAN, "people"
    for column, target in LISTED_IN.items():
        if column in names:
            yield column, UNLISTED.format(target), target


def _strangers(tables: Tables, rows: Rows, column: str, target: str) -> int:
    known = tables[target].select(column).distinct()
    return fetch_one(rows.anti_join(known, column).aggregate(found=lambda t: t.count()))["found"]


def _no_moves(rows: Rows) -> int:
    named = with_state_before(rows)
    return int(fetch_one(named.aggregate(found=_count(illegal(named.state_before, named.state))))["found"])


def _repeats(rows: Rows, key: tuple[str, ...]) -> int:
    filled = rows.filter([rows[column].notnull() for column in key])
    groups = filled.group_by(key).agg(size=lambda t: t.count()).filter(lambda t: t["size"] > 1)
    return int(fetch_one(groups.aggregate(found=(groups["size"] - 1).sum().fill_null(0)))["found"])
