"""Sums over person-years held as arrays in memory: the same answers as in an engine, at the speed of a slider."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capitation.dataset.names import DIED, LEFT, NOW
from capitation.dataset.selection import Codes, Condition, Grouping, Mask, Score, meets_one
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

if TYPE_CHECKING:
    from capitation.dataset.sums_in_engine import SumsInEngine

OF_COST = ("exposure", "cost", "exposure*exposure", "exposure*cost", "cost*cost")
Values = Mapping[str, NDArray[np.float64]]
Labels = tuple[str, list[object]]  # the name of a key and its labels


@dataclass(frozen=True, eq=False)
class OneYear:
    """The person-years of one year: columns by name, and what each spent on each line (rows x lines)."""

    columns: Mapping[str, pd.Series] = field(repr=False)
    person: NDArray[np.int64] = field(repr=False)
    spent: NDArray[np.floating] = field(repr=False)
    paid: NDArray[np.floating] = field(repr=False)
    codes: Callable[[Grouping], Codes]

    def numbers(self, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """Columns as floats."""
        return {name: self.columns[name].to_numpy(dtype=float) for name in names}

    @cached_property
    def products(self) -> dict[str, NDArray[np.float64]]:
        """Every number and every product."""
        return with_products(self.numbers(NUMBERS), NUMBERS)

    @cached_property
    def totals(self) -> dict[str, float]:
        """Every number and product summed over everybody, and how many they are."""
        return {"people": float(len(self.person)), **{name: float(one.sum()) for name, one in self.products.items()}}

    def sides(self, members: Mask, names: Sequence[str]) -> pd.DataFrame:
        """Some sums of members and of everybody else, who are what is left of the totals."""
        mine = np.flatnonzero(members)
        inside = {"people": float(len(mine)), **{name: float(self.products[name][mine].sum()) for name in names}}
        outside = {name: self.totals[name] - value for name, value in inside.items()}
        rows = [{MEMBER: side, **sums} for side, sums in ((False, outside), (True, inside)) if sums["people"] > 0]
        return pd.DataFrame(rows, columns=pd.Index([MEMBER, *inside])).astype({MEMBER: bool, "people": "int64"})

    @cached_property
    def endings(self) -> NDArray[np.int64]:
        """How each person-year ended: 0 there, 1 left, 2 died."""
        ending = self.columns["ending"]
        return (ending == LEFT).to_numpy(dtype="int64") + 2 * (ending == DIED).to_numpy(dtype="int64")

    @cached_property
    def of_lines(self) -> list[tuple[NDArray[np.int64], Values]]:
        """For each line, who has spend on it (places of rows), and what: amount, client_paid."""
        users = [np.flatnonzero(self.spent[:, line]) for line in range(self.spent.shape[1])]
        return [(mine, {"amount": self.spent[mine, n].astype(float), "client_paid": self.paid[mine, n].astype(float)})
                for n, mine in enumerate(users)]  # fmt: skip

    def by_amount(self, lines: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Who has spend on some lines together (places of rows), the dearest first, and how much."""
        if lines not in self._by_amount:
            spent = self.spent[:, list(lines)].sum(axis=1).astype(float)
            order = np.argsort(-spent, kind="stable")[: np.count_nonzero(spent)]
            self._by_amount[lines] = order, spent[order]
        return self._by_amount[lines]

    @cached_property
    def _by_amount(self) -> dict[tuple[int, ...], tuple[NDArray[np.int64], NDArray[np.float64]]]:
        return {}

    def meets(self, conditions: Conditions) -> Mask:
        """Who meets every condition, shape (rows,)."""
        mask = np.ones(len(self.person), dtype=bool)
        for condition in conditions:
            mask &= self._meets_one(condition)
        return mask

    def _meets_one(self, condition: Condition) -> Mask:
        column = condition.column
        if isinstance(column, Grouping):
            wanted = [column.labels.index(v) for v in condition.values if v in column.labels]
            inside = np.isin(self.codes(column), wanted)
            return inside if condition.test == "in" else ~inside
        return meets_one(self.columns[column] if isinstance(column, str) else self.score(column), condition)

    def score(self, score: Score) -> NDArray[np.float64]:
        """A score of each person, shape (rows,)."""
        return score.of(self.columns, self.codes)

    def cells_of(self, by: By) -> tuple[NDArray[np.int64], list[Labels]]:
        """The number of each row's cell by some groupings and columns, and the labels of each, a missing one last.

        Kept, since the groups of people do not change with the rules of a cohort.
        """
        asked = tuple(by)
        if asked not in self._cells_of:
            keys = [(self._key(one), one if isinstance(one, str) else one.name) for one in by]
            labels = [(name, [*values, None]) for (_, values), name in keys]
            places = [np.where(place < 0, len(values), place) for (place, values), _ in keys]
            sizes = tuple(len(values) for _, values in labels)
            whole = np.zeros(len(self.person), dtype="int64")
            self._cells_of[asked] = (np.ravel_multi_index(places, sizes) if places else whole), labels
        return self._cells_of[asked]

    @cached_property
    def _cells_of(self) -> dict[tuple[object, ...], tuple[NDArray[np.int64], list[Labels]]]:
        return {}

    def _key(self, of: Grouping | str) -> tuple[NDArray[np.int64], list[object]]:
        """Each row's place among the labels or values of a grouping or column, and these."""
        if isinstance(of, Grouping):
            return self.codes(of).astype("int64"), list(of.labels)
        return _factorised(self.columns[of])


def _factorised(column: pd.Series) -> tuple[NDArray[np.int64], list[object]]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype("int64"), list(column.cat.categories)
    place, values = pd.factorize(column, sort=True)
    return place.astype("int64"), list(values)


class SumsInMemory:
    """Person-years by year, with the columns of histories and needs, and what each spent on each line.

    ``lines_known`` are the pairs of service and provider that the columns of ``spent`` stand for.
    """

    def __init__(self, years: Mapping[int, OneYear], lines_known: Sequence[tuple[str, str]]):
        self._years, self.lines_known = dict(years), list(lines_known)
        self._people = max((int(y.person.max(initial=-1)) for y in years.values()), default=-1) + 1

    @property
    def years(self) -> list[int]:
        """The years with anybody in them."""
        return sorted(self._years)

    def _year(self, year: int) -> OneYear:
        return self._years[year]

    def cells(self, year: int, conditions: Conditions, by: By, event: Condition | None = None,
              scores: Sequence[Score] = (), sums: Sequence[str] = ALL_SUMS) -> pd.DataFrame:  # fmt: skip
        """See `Sums`."""
        rows = self._year(year)
        if not by and event is None and not scores:
            return rows.sides(rows.meets(conditions), sums).assign(events=0)
        happened = rows.meets([event]) if event else np.zeros(len(rows.person), dtype=bool)
        given = {s.name: rows.score(s) * rows.products["exposure"] for s in scores}
        values = {"events": happened.astype(float), **{name: rows.products[name] for name in sums}, **given}
        return _sums(*_cells(rows, conditions, by), values, ["events"])

    def left_after(self, steps: Sequence[Conditions]) -> pd.DataFrame:
        """People left by year after each step, every step's conditions on top of the last."""
        counts = {year: _left(self._year(year), steps) for year in self.years}
        return pd.DataFrame.from_dict(counts, orient="index", columns=pd.RangeIndex(len(steps))).rename_axis("year")

    def atoms(self, year: int, conditions: Conditions) -> pd.DataFrame:
        """See `Sums`."""
        rows = self._year(year)
        cost = rows.columns["cost"].to_numpy(dtype=float)[rows.meets(conditions)]
        place = np.floor(np.log10(np.maximum(cost, SMALLEST)) * BINS_PER_DECADE) - FIRST_BIN
        bins = np.where(cost > 0, place, -1).astype("int64")
        shift = bins + 1
        counts = np.bincount(shift)
        found = pd.DataFrame({"bin": np.arange(len(counts)) - 1, "people": counts, "cost": np.bincount(shift, cost),
                              "cost_squared": np.bincount(shift, cost * cost)})  # fmt: skip
        return found[found["people"] > 0].reset_index(drop=True)

    def lines(self, year: int, conditions: Conditions, by: By) -> pd.DataFrame:
        """See `Sums`."""
        rows = self._year(year)
        cell, labels = _cells(rows, conditions, by)
        parts = [_sums(cell[mine], labels, values, count="users").assign(service=service, provider=provider)
                 for (service, provider), (mine, values) in zip(self.lines_known, rows.of_lines, strict=True)]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def users(self, year: int, conditions: Conditions, by: By) -> pd.DataFrame:
        """See `Sums`."""
        rows = self._year(year)
        cell, labels = _cells(rows, conditions, by)
        parts = [_dearest(cell[mine], labels, spent).assign(service=service)
                 for service, lines in self._lines_of_services.items() for mine, spent in [rows.by_amount(lines)]]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def users_together(self, year: int, conditions: Conditions, by: By, services: Sequence[str]) -> pd.DataFrame:
        """See `Sums`."""
        rows, lines = self._year(year), [n for n, (of, _) in enumerate(self.lines_known) if of in services]
        cell, labels = rows.cells_of(by)
        members = np.flatnonzero(rows.meets(conditions))
        spent = rows.spent[members][:, lines].sum(axis=1).astype(float)
        order = np.argsort(-spent, kind="stable")[: np.count_nonzero(spent)]
        mine, dear = cell[members[order]], spent[order]
        amount = _sums(mine, labels, {"amount": dear})["amount"]
        return _dearest(mine, labels, dear).assign(amount=amount)

    @cached_property
    def _lines_of_services(self) -> dict[str, tuple[int, ...]]:
        services = dict.fromkeys(service for service, _ in self.lines_known)
        return {s: tuple(n for n, (of, _) in enumerate(self.lines_known) if of == s) for s in services}

    def follow(self, year: int, conditions: Conditions, outcome: str = "") -> pd.DataFrame:
        """See `Sums`."""
        chosen = self._people_of(self._year(year), conditions)
        parts = []
        for when in self.years:
            rows = self._year(when)
            mine = chosen[rows.person]
            sides = rows.sides(mine, OF_COST).assign(year=when)
            if outcome:
                counted = rows.columns[NOW + outcome].to_numpy(dtype=float)
                inside = float(counted[mine].sum())
                sides["outcome"] = [inside if member else float(counted.sum()) - inside for member in sides[MEMBER]]
            parts.append(sides)
        return pd.concat(parts, ignore_index=True)

    def _people_of(self, rows: OneYear, conditions: Conditions) -> Mask:
        """Who of everybody ever in the data meets the conditions in a year, by the number of the person."""
        chosen = np.zeros(self._people, dtype=bool)
        chosen[rows.person[rows.meets(conditions)]] = True
        return chosen

    def changes(self, year: int, conditions: Conditions) -> pd.DataFrame:
        """See `Sums`."""
        before, now = (self._year(y) for y in (year - 1, year))
        was, still = self._people_of(before, conditions), self._people_of(now, conditions)
        then, there = np.flatnonzero(was[before.person]), np.flatnonzero(still[now.person])
        went = np.where(still[before.person[then]], 0, 1 + before.endings[then])  # no longer in, left, died
        came = np.where(was[now.person[there]], 0, 5 - now.columns["prior_known"].to_numpy(dtype="int64")[there])
        return pd.concat([_by_change(before, went, then).assign(year=year - 1), _by_change(now, came, there).assign(year=year)],
                         ignore_index=True)  # fmt: skip

    def products(self, year: int, conditions: Conditions, net: bool) -> pd.DataFrame:
        """See `Sums`."""
        rows = self._year(year)
        members = rows.meets(conditions)
        amount = (rows.spent - rows.paid if net else rows.spent).astype(float)
        of_service = [amount[:, list(lines)].sum(axis=1) for lines in self._lines_of_services.values()]
        has = np.stack([np.ones(len(members)), *rows.numbers(("exposure",)).values(), *of_service])
        names = [PERSON, EXPOSURE, *self._lines_of_services]
        sides = [(side, has[:, members == side]) for side in (False, True)]
        found = [{MEMBER: side, "one": one, "other": other, "product": product}
                 for side, mine in sides if mine.size
                 for one, row in zip(names, mine @ mine.T, strict=True)
                 for other, product in zip(names, row.tolist(), strict=True)]  # fmt: skip
        return pd.DataFrame(found, columns=[MEMBER, "one", "other", "product"])

    def cut(self, year: int, share: float, of: str = "cost") -> float:
        """See `Sums`."""
        cost = self._year(year).columns[of].to_numpy(dtype=float)
        return float(np.quantile(cost, 1 - share)) if len(cost) else 0.0


def from_tables(person_years: pd.DataFrame, costs: pd.DataFrame, client_paid: pd.DataFrame) -> SumsInMemory:
    """Sums of tables in memory: ``costs`` and ``client_paid`` by (service, provider) have the rows of
    ``person_years``, which has the columns of histories too."""
    person = pd.factorize(person_years["person_id"])[0].astype("int64")
    spent, paid = costs.to_numpy(dtype=float), client_paid.to_numpy(dtype=float)
    places = {int(y): np.flatnonzero((person_years["year"] == y).to_numpy()) for y in person_years["year"].unique()}
    years = {y: one_year(person_years.iloc[mine], person[mine], spent[mine], paid[mine]) for y, mine in places.items()}
    return SumsInMemory(years, [(str(s), str(p)) for s, p in costs.columns])


def one_year(rows: pd.DataFrame, person: NDArray[np.int64], spent: NDArray[np.floating],
             paid: NDArray[np.floating]) -> OneYear:  # fmt: skip
    """The person-years of one year; ``person`` numbers people alike in every year."""
    columns = {str(name): rows[name] for name in rows.columns}
    return OneYear(columns, person, spent, paid, lru_cache(maxsize=64)(lambda grouping: grouping.codes(columns)))


def brought_to_memory(there: "SumsInEngine", years: Sequence[int]) -> SumsInMemory:
    """Everybody out of the engine, year by year and as small as may be, for the process that answers a page."""
    numbers = {name: number for number, name in enumerate(there.person_ids())}
    found = {int(year): _year_from_engine(there, int(year), pd.Index(numbers)) for year in years}
    return SumsInMemory(found, there.lines_known)


def _year_from_engine(there: "SumsInEngine", year: int, people: pd.Index) -> OneYear:
    rows, spend = there.year_as_table(year), there.spend_as_table(year)
    mine = pd.Index(rows.pop("person_id"))
    spent, paid = (np.zeros((len(rows), len(there.lines_known)), dtype="float32") for _ in range(2))
    place, line = mine.get_indexer(pd.Index(spend["person_id"])), spend["line"].to_numpy()
    spent[place, line], paid[place, line] = spend["amount"], spend["client_paid"]
    return one_year(rows, people.get_indexer(mine).astype("int64"), spent, paid)


def with_products(numbers: Values, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The named numbers and the products of every two of them."""
    return {**{n: numbers[n] for n in names}, **{f"{a}*{b}": numbers[a] * numbers[b] for a, b in pairs_of(names)}}


def _cells(rows: OneYear, conditions: Conditions, by: By) -> tuple[NDArray[np.int64], list[Labels]]:
    """The number of each row's cell by member and ``by``, and the labels of each key."""
    cell, labels = rows.cells_of(by)
    each = int(np.prod([len(values) for _, values in labels]))
    return cell + each * rows.meets(conditions), [(MEMBER, [False, True]), *labels]


def _sums(cell: NDArray[np.int64], labels: Sequence[Labels], values: Values, whole: Sequence[str] = (),
          count: str = "people") -> pd.DataFrame:  # fmt: skip
    """Each value summed over the rows of every cell that somebody is in; ``count`` names how many they are."""
    sizes = tuple(len(names) for _, names in labels)
    counts = np.bincount(cell, minlength=int(np.prod(sizes)))
    there = np.flatnonzero(counts)
    places = np.unravel_index(there, sizes)
    columns = {name: pd.Series(names, dtype=object).to_numpy()[place]
               for (name, names), place in zip(labels, places, strict=True)}  # fmt: skip
    sums = {name: np.bincount(cell, one, len(counts))[there] for name, one in values.items()}
    found = pd.DataFrame({**columns, count: counts[there], **sums})
    return found.astype(dict.fromkeys(whole, "int64") | ({MEMBER: bool} if MEMBER in columns else {}))


def _dearest(cell: NDArray[np.int64], labels: Sequence[Labels], spent: NDArray[np.float64]) -> pd.DataFrame:
    """Users of each cell, and what its two dearest spent; rows come the dearest first."""
    found = _sums(cell, labels, {}, count="users")
    there = np.flatnonzero(np.bincount(cell))
    largest = _first_of_each(cell, there)
    again = np.ones(len(cell), dtype=bool)
    again[largest] = False
    others = np.flatnonzero(again)
    second = _first_of_each(cell[others], there)
    amounts = np.append(spent[others], 0.0)
    return found.assign(largest=spent[largest], second=amounts[second])


def _first_of_each(cell: NDArray[np.int64], cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the first row of each of some cells; -1 where none is left."""
    first = np.full(int(cells.max(initial=-1)) + 1, -1, dtype="int64")
    first[cell[::-1]] = np.arange(len(cell) - 1, -1, -1)
    return first[cells]


def _by_change(rows: OneYear, change: NDArray[np.int64], mine: NDArray[np.int64]) -> pd.DataFrame:
    """Sums of some rows by change, a place in ``MEMBER_CHANGES``."""
    values = {name: rows.products[name][mine] for name in ("exposure", "cost")}
    return _sums(change, [("change", list(MEMBER_CHANGES))], values)


def _left(rows: OneYear, steps: Sequence[Conditions]) -> list[int]:
    left, counts = np.ones(len(rows.person), dtype=bool), []
    for conditions in steps:
        left &= rows.meets(conditions)
        counts.append(int(left.sum()))
    return counts
