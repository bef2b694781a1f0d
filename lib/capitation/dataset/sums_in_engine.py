"""Sums over person-years, worked out in the engine that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd

from capitation.dataset.engine import EXACT, Rows, fetch, fetch_one, with_categories
from capitation.dataset.names import DIED, LEFT, NEED, NOW, PRIOR
from capitation.dataset.selection import Condition, Grouping, Score, predicates
from capitation.dataset.sums import (
    ALL_SUMS,
    BINS_PER_DECADE,
    EXPOSURE,
    FIRST_BIN,
    MEMBER,
    MEMBER_CHANGES,
    NUMBERS,
    PERSON,
    SMALLEST,
    By,
    Conditions,
    pairs_of,
)

TEXTS = ("sex", "locality", "practice", "group", "ending")
FIGURES = 12  # kept of sums of products: threads add in any order
STAYED, NO_LONGER, GONE, DEAD, NEWLY, JOINED = MEMBER_CHANGES


@dataclass(frozen=True, eq=False)
class SumsInEngine:
    """``rows``: person-years with their histories and needs; ``spend``: person_id, year, line, amount, client_paid.

    ``lines`` are the pairs of service and provider that ``line`` numbers.
    """

    rows: Rows = field(repr=False)
    spend: Rows = field(repr=False)
    lines_known: tuple[tuple[str, str], ...]

    @property
    def is_local(self) -> bool:
        """Whether the engine reads files on this machine."""
        return self.rows.get_backend().name == "duckdb"

    def cells(self, year: int, conditions: Conditions, by: By, event: Condition | None = None,
              scores: Sequence[Score] = (), sums: Sequence[str] = ALL_SUMS) -> pd.DataFrame:  # fmt: skip
        """See `Sums`."""
        rows = self.rows.filter(self.rows.year == year)
        happened = ibis.and_(*predicates(rows, [event])) if event else ibis.literal(False)
        given = {s.name: s.expression(rows) * rows.exposure for s in scores}
        keyed = rows.select(*NUMBERS, **_keys(rows, conditions, by), _event=happened, **given)
        moments = _moments(keyed, NUMBERS)
        found = _grouped(keyed, [MEMBER, *map(_name, by)], {
            "people": keyed.count(), "events": keyed.count(where=keyed._event), **{name: moments[name] for name in sums},
            **{name: keyed[name].sum() for name in given},
        })  # fmt: skip
        return _labelled(found, by)

    def atoms(self, year: int, conditions: Conditions) -> pd.DataFrame:
        """See `Sums`."""
        rows = _of(self.rows.filter(self.rows.year == year), conditions)
        place = (rows.cost.clip(lower=SMALLEST).log10() * BINS_PER_DECADE).floor() - FIRST_BIN
        binned = rows.select("cost", bin=(rows.cost > 0).ifelse(place, ibis.literal(-1.0)).cast("int32"))
        return _grouped(binned, ["bin"], {"people": binned.count(), "cost": _exact(binned.cost),
                                          "cost_squared": (binned.cost * binned.cost).sum()})  # fmt: skip

    def lines(self, year: int, conditions: Conditions, by: By) -> pd.DataFrame:
        """See `Sums`."""
        spent = self._spent(year, conditions, by)
        found = _grouped(spent, [MEMBER, *map(_name, by), "line"], {
            "amount": _exact(spent.amount), "client_paid": _exact(spent.client_paid), "users": spent.person_id.nunique(),
        })  # fmt: skip
        pairs = [self.lines_known[int(number)] for number in found.pop("line")]
        found["service"], found["provider"] = [p[0] for p in pairs], [p[1] for p in pairs]
        return _labelled(found, by)

    def users(self, year: int, conditions: Conditions, by: By) -> pd.DataFrame:
        """See `Sums`."""
        keys = [MEMBER, *map(_name, by), "service"]
        spent = self._spent(year, conditions, by)
        codes = list(dict.fromkeys(service for service, _ in self.lines_known))
        of_line = [codes.index(service) for service, _ in self.lines_known]
        spent = spent.mutate(
            service=ibis.cases(*((spent.line == n, c) for n, c in enumerate(of_line)), else_=-1).cast("int16")
        )
        found = _dearest(spent, keys).drop(columns="amount")
        found["service"] = [codes[int(number)] for number in found["service"]]
        return _labelled(found, by)

    def users_together(self, year: int, conditions: Conditions, by: By, services: Sequence[str]) -> pd.DataFrame:
        """See `Sums`."""
        lines = [number for number, (service, _) in enumerate(self.lines_known) if service in services]
        spent = self._spent(year, conditions, by)
        return _labelled(_dearest(spent.filter(spent.line.isin(lines), spent[MEMBER]), list(map(_name, by))), by)

    def follow(self, year: int, conditions: Conditions, outcome: str = "") -> pd.DataFrame:
        """See `Sums`."""
        chosen = _of(self.rows.filter(self.rows.year == year), conditions).select(
            "person_id", chosen=ibis.literal(True)
        )
        rows = self.rows.left_join(chosen, "person_id", rname="other_{name}")
        counted = {"outcome": rows[NOW + outcome]} if outcome else {}
        rows = rows.select("year", "exposure", "cost", **{MEMBER: rows.chosen.fill_null(False)}, **counted)
        return _grouped(rows, ["year", MEMBER], {
            "people": rows.count(), **_moments(rows, ("exposure", "cost")), **{c: rows[c].sum() for c in counted},
        })  # fmt: skip

    def changes(self, year: int, conditions: Conditions) -> pd.DataFrame:
        """See `Sums`."""
        before, now = (self.rows.filter(self.rows.year == y) for y in (year - 1, year))
        was, still = (
            _of(rows, conditions).select("person_id", **{MEMBER: ibis.literal(True)}) for rows in (before, now)
        )
        then = _of(before, conditions).left_join(still, "person_id", rname="other_{name}")
        went = ibis.cases((then[MEMBER].fill_null(False), STAYED), (then.ending == DIED, DEAD), (then.ending == LEFT, GONE),
                          else_=NO_LONGER)  # fmt: skip
        came = _of(now, conditions).left_join(was, "person_id", rname="other_{name}")
        how = ibis.cases((came[MEMBER].fill_null(False), STAYED), (came.prior_known, NEWLY), else_=JOINED)
        both: Rows = ibis.union(
            then.select("year", "exposure", "cost", change=went), came.select("year", "exposure", "cost", change=how)
        )
        return _grouped(both, ["change", "year"], {
            "people": both.count(), "exposure": both.exposure.sum(), "cost": _exact(both.cost),
        })  # fmt: skip

    def products(self, year: int, conditions: Conditions, net: bool) -> pd.DataFrame:
        """See `Sums`."""
        rows, spend = (table.filter(table.year == year) for table in (self.rows, self.spend))
        services = list(dict.fromkeys(service for service, _ in self.lines_known))
        names = [PERSON, EXPOSURE, *services]
        of_line = [names.index(service) for service, _ in self.lines_known]
        thing = ibis.cases(*((spend.line == n, place) for n, place in enumerate(of_line)), else_=-1).cast("int16")
        amount = spend.amount - spend.client_paid if net else spend.amount
        has = [rows.select("person_id", thing=ibis.literal(place, "int16"), value=value)
               for place, value in enumerate((ibis.literal(1.0), rows.exposure))]  # fmt: skip
        spent = spend.select("person_id", thing=thing, value=amount).semi_join(rows, "person_id")
        each: Rows = ibis.union(*has, spent)
        each = each.group_by(["person_id", "thing"]).agg(value=each.value.sum())
        keyed = rows.select("person_id", **_keys(rows, conditions, ())).inner_join(each, "person_id")
        both = keyed.inner_join(each.rename(other="thing", times="value"), "person_id")
        found = _grouped(both, [MEMBER, "thing", "other"], {"product": (both.value * both.times).sum()})
        named = {
            name: [names[int(n)] for n in found[column]] for name, column in (("one", "thing"), ("other", "other"))
        }
        return found[[MEMBER]].assign(**named, product=found["product"])

    def cut(self, year: int, share: float, of: str = "cost") -> float:
        """See `Sums`."""
        rows = self.rows.filter(self.rows.year == year)
        return float(fetch_one(rows.aggregate(cut=rows[of].quantile(1 - share)))["cut"] or 0.0)

    def person_ids(self) -> list[Any]:
        """Everybody, each once."""
        return fetch(self.rows.select("person_id").distinct())["person_id"].to_pylist()

    def year_as_table(self, year: int) -> pd.DataFrame:
        """The person-years of one year as a small table in memory: numbers with few figures, texts as categories."""
        rows = self.rows.filter(self.rows.year == year)
        small = {n: rows[n].cast("float32") for n in rows.columns if n.startswith((NOW, PRIOR, NEED))}
        return with_categories(fetch(rows.mutate(**small)), TEXTS)

    def spend_as_table(self, year: int) -> pd.DataFrame:
        """The spend of one year's people by line: person_id, line, amount, client_paid."""
        rows = self.rows.filter(self.rows.year == year).select("person_id")
        spend = self.spend.filter(self.spend.year == year).semi_join(rows, "person_id")
        small = {n: spend[n].cast("float32") for n in ("amount", "client_paid")}
        return fetch(spend.select("person_id", "line", **small)).to_pandas()

    def _spent(self, year: int, conditions: Conditions, by: By) -> Rows:
        rows = self.rows.filter(self.rows.year == year)
        keyed = rows.select("person_id", **_keys(rows, conditions, by))
        spend = self.spend.filter(self.spend.year == year, self.spend.amount != 0)
        return spend.select("person_id", "line", "amount", "client_paid").inner_join(keyed, "person_id")


def _dearest(spent: Rows, keys: list[str]) -> pd.DataFrame:
    """Users by some keys, what they spent, and what the two dearest of them did."""
    each = spent.group_by([*keys, "person_id"]).agg(amount=spent.amount.sum())
    rank = ibis.row_number().over(group_by=keys, order_by=ibis.desc(each.amount))
    ranked = each.mutate(place=rank)
    return _grouped(ranked, keys, {
        "users": ranked.count(), "amount": _exact(ranked.amount), "largest": ranked.amount.max(where=ranked.place == 0),
        "second": ranked.amount.max(where=ranked.place == 1).fill_null(0.0),
    })  # fmt: skip


def _of(rows: Rows, conditions: Conditions) -> Rows:
    return rows.filter(predicates(rows, conditions)) if conditions else rows


def _name(of: Grouping | str) -> str:
    return of if isinstance(of, str) else of.name


def _keys(rows: Rows, conditions: Conditions, by: By) -> dict[str, Rows]:
    meets: Rows = ibis.and_(*predicates(rows, conditions))
    member = meets.fill_null(False) if conditions else ibis.literal(True)
    return {MEMBER: member, **{_name(g): rows[g] if isinstance(g, str) else g.expression(rows) for g in by}}


def _exact(column: Rows) -> Rows:
    return column.cast(EXACT).sum().cast("float64")


def _moments(rows: Rows, numbers: Sequence[str]) -> dict[str, Rows]:
    alone = {name: rows[name].sum() if name.endswith("exposure") else _exact(rows[name]) for name in numbers}
    return {**alone, **{f"{a}*{b}": (rows[a] * rows[b]).sum() for a, b in pairs_of(numbers)}}


def _grouped(rows: Rows, keys: Sequence[str], sums: dict[str, Rows]) -> pd.DataFrame:
    found = fetch(rows.group_by(list(keys)).agg(**sums)).to_pandas()
    numbers = found.columns.difference(list(keys))
    return found.assign(**{n: _steady(found[n]) for n in numbers}).sort_values(list(keys), ignore_index=True)


def _steady(column: pd.Series) -> Any:
    if not pd.api.types.is_float_dtype(column):
        return column.astype("int64")
    values = column.fillna(0.0).to_numpy(dtype=float)
    with np.errstate(divide="ignore"):
        size = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    unit = 10.0 ** (FIGURES - 1 - size)
    return np.where(values == 0, 0.0, np.rint(values * unit) / unit)


def _labelled(found: pd.DataFrame, by: By) -> pd.DataFrame:
    for grouping in by:
        if isinstance(grouping, Grouping):
            found[grouping.name] = np.array(grouping.labels, dtype=object)[found[grouping.name].to_numpy(dtype=int)]
        elif not pd.api.types.is_numeric_dtype(found[grouping]):
            found[grouping] = found[grouping].astype(object)
    return found
