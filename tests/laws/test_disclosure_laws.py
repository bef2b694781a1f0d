"""Laws of disclosure control, held by an attacker who solves for the hidden cells of what was published.

The attacker knows the policy, every figure shown, that a star stands for at least 1, and even which starred cells are
small (1 to 7) and which were hidden to protect them (8 or more). Two attackers: one reads the figures as published,
to the nearest 5; the other somehow has every shown figure exactly, as where person-years follow from payment ÷ price.
"""

from collections import defaultdict
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from capitation.dataset.disclosure import (
    DOMINANCE,
    LARGEST_HIDDEN,
    PARTNER_FROM,
    POLICY,
    SMALLEST_SHOWN,
    TOTAL,
    dominated,
    may_show_sum,
    rounded_count,
    safe_cells,
    safe_table,
)

counts = st.one_of(st.integers(0, 9), st.integers(0, 30), st.integers(0, 400))
one_way = st.lists(counts, min_size=1, max_size=6).map(lambda cells: pd.DataFrame({"people": cells}))
two_way = st.tuples(st.integers(1, 4), st.integers(2, 4)).flatmap(
    lambda shape: st.lists(st.lists(counts, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0])
)
two_way = two_way.map(lambda rows: pd.DataFrame(rows, columns=[f"c{n}" for n in range(len(rows[0]))]))
many = settings(max_examples=80)


def with_totals(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.assign(**{TOTAL: table.sum(axis=1)}) if table.shape[1] > 1 else table
    return pd.concat([wide, wide.sum().to_frame(TOTAL).T])


def naive(table: pd.DataFrame) -> pd.DataFrame:
    """The same table without secondary suppression: small cells hidden, the others rounded, nothing else."""
    return with_totals(table).map(lambda n: rounded_count(int(n))).astype("Int64")


def small_cells(table: pd.DataFrame) -> list[tuple[int, int]]:
    return [(int(r), int(c)) for r, c in np.argwhere(((table >= 1) & (table <= LARGEST_HIDDEN)).to_numpy())]


class Attacker:
    """Solves for cells of ``table`` as ``published``; with ``exact``, every shown figure is known to the person."""

    def __init__(self, table: pd.DataFrame, published: pd.DataFrame, exact: bool = False):
        self.shape, self._exact = table.shape, exact
        self._truth, self._shown = with_totals(table).to_numpy(), published.to_numpy(dtype=object)
        inner = [self._cell(r, c) for r, c in product(*map(range, self.shape))]
        self._bounds = Bounds(*np.array(inner, dtype=float).T)
        self._sums = self._published_totals()

    def _known(self, row: int, column: int) -> tuple[float, float] | None:
        shown = self._shown[row, column]
        if pd.isna(shown):
            return None
        if self._exact or shown == 0:
            return (float(self._truth[row, column]),) * 2
        return max(SMALLEST_SHOWN, shown - 2), shown + 2

    def _cell(self, row: int, column: int) -> tuple[float, float]:
        few = 1 <= self._truth[row, column] <= LARGEST_HIDDEN
        return self._known(row, column) or ((1, LARGEST_HIDDEN) if few else (SMALLEST_SHOWN, np.inf))

    def _published_totals(self) -> list[LinearConstraint]:
        rows, columns = self.shape
        lines = [(rows, c, [(r, c) for r in range(rows)]) for c in range(columns)]
        if columns > 1:
            lines += [(r, columns, [(r, c) for c in range(columns)]) for r in range(rows)]
            lines.append((rows, columns, list(product(range(rows), range(columns)))))
        known = [(self._known(r, c), cells) for r, c, cells in lines]
        return [LinearConstraint(self._picks(cells), *limits) for limits, cells in known if limits]

    def _picks(self, cells: list[tuple[int, int]]) -> np.ndarray:
        picked = np.zeros(self.shape)
        picked[tuple(np.transpose(cells))] = 1
        return picked.ravel()

    def range_of(self, row: int, column: int) -> tuple[int, int]:
        """The least and the most the cell can be, given all that was published."""
        aim = self._picks([(row, column)])
        found = [milp(s * aim, bounds=self._bounds, constraints=self._sums, integrality=1).fun * s for s in (1, -1)]
        return round(found[0]), round(found[1])


@many
@given(st.one_of(one_way, two_way), st.booleans())
def test_no_small_cell_can_be_told_from_1_to_7(table, exact):
    attacker = Attacker(table, safe_cells(table), exact)
    assert [attacker.range_of(*cell) for cell in small_cells(table)] == [(1, LARGEST_HIDDEN)] * len(small_cells(table))


@many
@given(st.one_of(one_way, two_way), st.booleans())
def test_a_cell_hidden_to_protect_another_is_open_by_at_least_7_values(table, exact):
    published = safe_cells(table)
    attacker = Attacker(table, published, exact)
    hidden = published.iloc[: len(table), : table.shape[1]].isna().to_numpy() & (table >= SMALLEST_SHOWN).to_numpy()
    for row, column in np.argwhere(hidden)[:2]:
        least, most = (attacker._truth[row, column] - 6, attacker._truth[row, column] + 6)
        low, high = _narrow(attacker, row, column, least, most)
        assert high - low >= LARGEST_HIDDEN - 1


def _narrow(attacker: Attacker, row: int, column: int, least: float, most: float) -> tuple[int, int]:
    """The range of a cell that is known within limits, so that it has ends."""
    place = row * attacker.shape[1] + column
    attacker._bounds.lb[place], attacker._bounds.ub[place] = max(SMALLEST_SHOWN, least), most
    return attacker.range_of(row, column)


@given(st.one_of(one_way, two_way))
def test_what_is_shown_is_rounded_never_small_and_0_only_where_nobody_is(table):
    published, truth = safe_cells(table), with_totals(table)
    for name in published.columns:
        for shown, people in zip(published[name], truth[name], strict=True):
            assert pd.isna(shown) or shown == rounded_count(int(people))
            assert (not pd.isna(shown) and shown == 0) == (people == 0)


@given(st.lists(st.integers(SMALLEST_SHOWN, 400), min_size=1, max_size=12))
def test_a_table_without_small_cells_hides_nothing(cells):
    assert not safe_cells(pd.DataFrame({"people": cells})).isna().any(axis=None)


@pytest.mark.parametrize(
    ("table", "exact", "found"),
    [
        ({"people": [7, 7, 12, 12]}, False, (7, 7)),  # 38 → 40 is at least 38, and 12 → 10 at most 12 each
        ({"people": [3, 20, 41]}, True, (3, 3)),
        ({"x": [3, 20], "y": [30, 40]}, True, (3, 3)),
    ],
)
def test_without_secondary_suppression_the_attacker_finds_the_cell(table, exact, found):
    table = pd.DataFrame(table)
    assert Attacker(table, naive(table), exact).range_of(0, 0) == found
    assert Attacker(table, safe_cells(table), exact).range_of(0, 0) == (1, LARGEST_HIDDEN)


@pytest.mark.parametrize("exact", [False, True])
def test_without_secondary_suppression_small_cells_of_random_tables_are_found(exact):
    """The laws above can fail: the same attacker narrows cells of naive tables, and finds some of them."""
    random = np.random.default_rng(1)
    tables = [pd.DataFrame(random.integers(0, 16, (3, 3)), columns=list("abc")) for _ in range(15)]
    ranges = [Attacker(t, naive(t), exact).range_of(*cell) for t in tables for cell in small_cells(t)]
    assert sum(found != (1, LARGEST_HIDDEN) for found in ranges) > len(ranges) / 4
    assert sum(low == high for low, high in ranges) >= (1 if exact else 0)


@many
@given(two_way)
def test_localities_and_localities_by_fifth_published_as_one_table_protect_each_other(table):
    """The locality table is the total column of the nested one: the attacker above has it all the same."""
    published = safe_cells(table)
    assert published[TOTAL].notna().sum() <= len(table) + 1
    attacker = Attacker(table, published, exact=True)
    assert all(attacker.range_of(*cell) == (1, LARGEST_HIDDEN) for cell in small_cells(table)[:3])


def test_a_total_published_from_a_table_of_its_own_can_give_a_hidden_cell_away():
    """Why nested tables must be published as one: the locality table alone has no reason to hide these totals."""
    nested = pd.DataFrame({"fifth 1": [7, 9], "fifth 2": [9, 0]})
    together, alone = safe_cells(nested), safe_cells(nested.sum(axis=1).to_frame("people"))
    assert together[TOTAL].isna().any()
    assert alone["people"].notna().all()
    both = together.copy()
    both[TOTAL] = alone["people"].to_numpy()
    assert Attacker(nested, both, exact=True).range_of(0, 0) != (1, LARGEST_HIDDEN)


@given(st.integers(0, 400), st.integers(0, 20))
def test_the_counts_of_two_cohorts_leave_5_values_for_the_few_who_are_only_in_one(people, more):
    """All that is guaranteed of two cohorts. Their money is not protected: it differs by those few people's cost."""
    low, high = (_read(rounded_count(n)) for n in (people, people + more))
    least, most = max(0, high[0] - low[1]), high[1] - low[0]
    assert least <= more <= most
    assert people + more == 0 or most - least >= 4


def _read(shown: int | None) -> tuple[int, int]:
    if shown is None:
        return 1, LARGEST_HIDDEN
    return (0, 0) if shown == 0 else (max(SMALLEST_SHOWN, shown - 2), shown + 2)


def test_somebody_who_runs_the_code_on_every_table_finds_no_small_cell():
    """Every table of two groups and a third of nobody or 8 to 12: which were hidden does not tell how many they are.

    Not guaranteed to somebody who also knows another group exactly: of 1, 14 and 12 the 12 gives the 1 away.
    """
    possible = defaultdict(list)
    for table in product(range(1, 32), range(1, 32), (0, *range(8, 13))):
        published = safe_cells(pd.DataFrame({"people": table}))["people"]
        possible[tuple(published.fillna(-1))].append(table)
    whole = {p: t for p, t in possible.items() if max(p) <= 20}  # larger tables are cut off by the range
    left = [len({t[place] for t in tables}) for p, tables in whole.items() for place in (0, 1) if p[place] == -1]
    assert len(left) > 10
    assert min(left) >= LARGEST_HIDDEN - 1


amounts = st.one_of(st.integers(1, 100), st.integers(1, 100_000))
groups = st.lists(st.lists(amounts, min_size=0, max_size=40), min_size=1, max_size=6)


def money_table(people: list[list[int]]) -> pd.DataFrame:
    dearest = [sorted([0, 0, *group])[-2:] for group in people]
    return pd.DataFrame({"people": [len(g) for g in people], "cost": [float(sum(g)) for g in people],
                         "largest": [d[1] for d in dearest], "second": [d[0] for d in dearest]})  # fmt: skip


def safe_money(table: pd.DataFrame) -> pd.DataFrame:
    return safe_table(table, "people", ["cost"], amount="cost", largest="largest", second="second")


@many
@given(groups)
def test_hidden_money_cannot_be_had_by_taking_what_is_shown_from_the_total(people):
    """The attacker takes the shown money from the exact total; what is left is nobody's and no exposed group's."""
    table = money_table(people)
    hidden = safe_money(table)["people"].isna()
    if not hidden.any() or hidden.sum() == (table["people"] > 0).sum():
        return  # nothing to find, or nothing shown: then the total is the caller's to withhold
    left = table["cost"].sum() - table["cost"][~hidden].sum()
    together = [amount for group, hide in zip(people, hidden, strict=True) if hide for amount in group]
    assert hidden.sum() >= 2
    assert may_show_sum(np.array(together, dtype=float))
    for group in table[hidden].itertuples():
        if group.people < SMALLEST_SHOWN or dominated(group.largest, group.second, group.cost):
            assert left >= (1 + DOMINANCE) * group.cost * (1 - 1e-12)
    assert table["people"][hidden].max() >= PARTNER_FROM


@many
@given(groups)
def test_shown_money_is_of_8_people_and_of_nobody_for_the_most(people):
    shown = safe_money(money_table(people))["cost"].notna()
    for group, is_shown in zip(people, shown, strict=True):
        assert not is_shown or may_show_sum(np.array(group, dtype=float))
        assert not is_shown or max(group) < 0.8 * sum(group)


@given(st.lists(amounts, min_size=2, max_size=20))
def test_the_second_largest_cannot_tell_the_largest_within_the_named_share(given_amounts):
    *_, second, largest = sorted(given_amounts)
    total = sum(given_amounts)
    at_most = total - second  # what the second largest knows of the largest
    assert dominated(largest, second, total) == (at_most < (1 + DOMINANCE) * largest)


def test_without_secondary_suppression_a_hidden_amount_is_the_total_less_the_rest():
    table = money_table([[500, 400, 300], [100] * 20, [90] * 30])
    alone = table["people"] >= SMALLEST_SHOWN
    assert table["cost"].sum() - table["cost"][alone].sum() == table["cost"][0]
    assert safe_money(table)["cost"].isna().tolist() == [True, True, False]


def test_the_policy_has_a_name_that_names_its_rules():
    assert all(words in POLICY for words in ("1 to 7 hidden", "nearest 5", "secondary suppression", "p % rule"))
