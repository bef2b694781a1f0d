"""Laws of linkage, ledger, run-off and score, whatever the data."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.dataset.plausibility.price_effect import effect_words
from capitation.dataset.plausibility.wording import months_named
from capitation.dataset.quality.completion import mack, triangle
from capitation.dataset.quality.ledger import TOLERANCE, WITHIN, reconciled
from capitation.dataset.quality.linkage import from_sums, wilson
from capitation.dataset.quality.score import PARTS, score

SETTINGS, YEARS, SERVICES = ("acute", "primary care"), (2013, 2014), ("bed", "gp")
APRIL_2013 = 12 * 2013 + 3
amounts = st.lists(st.integers(0, 10_000_000), max_size=20)
counts = st.lists(st.integers(0, 10_000), min_size=1, max_size=8)
sizes = st.integers(4, 7)


def sums_of(linked: list[int], unlinked: list[int]) -> dict[str, float]:
    """The sums of records with these amounts in pence."""
    sides = {"linked": np.array(linked) / 100, "unlinked": np.array(unlinked) / 100}
    found = {f"records_{side}": float(a.size) for side, a in sides.items()}
    found["people"] = min(len(linked), 1)
    found |= {f"amount_{side}": float(a.sum()) for side, a in sides.items()}
    return found | {f"squares_{side}": float((a**2).sum()) for side, a in sides.items()}


cells = st.dictionaries(st.tuples(st.sampled_from(SETTINGS), st.integers(1, 5)),
                        st.tuples(amounts, amounts).filter(any), min_size=1)  # fmt: skip


@given(cells)
def test_linkage_lies_between_nothing_and_all_and_adds_up(drawn):
    rows = [{"setting": s, "fifth": f, **sums_of(*pair)} for (s, f), pair in drawn.items()]
    found = from_sums(pd.DataFrame(rows).astype({"fifth": "Int64"}))
    for part in (found.cells, found.by_setting, found.by_fifth, found.total):
        assert part["rate"].between(0, 1).all()
        assert ((part["low"] <= part["rate"] + 1e-12) & (part["rate"] <= part["high"] + 1e-12)).all()
        assert part["amount_rate"].dropna().between(0, 1).all()
        assert part["linked"].sum() == sum(len(linked) for linked, _ in drawn.values())
        assert part["unlinked"].sum() == sum(len(unlinked) for _, unlinked in drawn.values())
        assert np.isclose(part["linked_amount"].sum(), sum(sum(linked) for linked, _ in drawn.values()) / 100)


money = st.one_of(st.just(float("nan")), st.integers(0, 10_000_000).map(lambda pence: pence / 100))
parts = st.fixed_dictionaries(dict.fromkeys(("ledger", "linked", "unlinked", "unlinked_records", "later"), money))


@given(st.dictionaries(st.tuples(st.sampled_from(YEARS), st.sampled_from(SERVICES)), parts, min_size=1),
       st.sets(st.sampled_from(YEARS)))  # fmt: skip
def test_linked_and_unallocated_make_the_ledger(drawn, over):
    found = reconciled(pd.DataFrame([{"year": y, "service": s, **row} for (y, s), row in drawn.items()]), over)
    lines = found.lines.dropna(subset="ledger")
    for part in (lines, found.by_year, found.total):
        assert np.allclose(part["linked"] + part["unallocated"], part["ledger"])
        assert np.allclose(part["unallocated"], part["unlinked"] + part["later"] + part["unexplained"])
    judged = lines[lines["within"].notna()]
    assert set(judged["year"]) <= over
    assert ((judged["verdict"] == WITHIN) == (judged["settled_share"].abs() <= TOLERANCE)).all()


@settings(max_examples=10)
@given(st.data(), sizes)
def test_completion_never_falls_with_delay_where_nothing_is_taken_back(data, size):
    cells = [(o, d) for o in range(size) for d in range(size - o)]
    amounts = data.draw(st.lists(st.integers(0, 1_000), min_size=len(cells), max_size=len(cells)))
    rows = [(APRIL_2013 + o, d, float(a + (d == 0))) for (o, d), a in zip(cells, amounts, strict=True)]
    found = mack(
        triangle(
            pd.DataFrame(rows, columns=pd.Index(["origin", "delay", "amount"])), range(APRIL_2013, APRIL_2013 + size)
        )
    )
    shares = found.factors["recorded"].to_numpy()
    assert (np.diff(shares) >= -1e-12).all()
    assert (shares > 0).all()
    assert np.isclose(shares[-1], 1)
    assert found.ultimate >= found.recorded - 1e-9
    assert found.error >= 0


@given(counts)
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(hits):
    of = np.array(hits) + 5
    low, high = wilson(np.array(hits), of)
    assert ((low >= 0) & (low <= hits / of) & (hits / of <= high) & (high <= 1)).all()


@given(st.fixed_dictionaries({part.name: st.one_of(st.floats(0, 1), st.just(float("nan"))) for part in PARTS}))
def test_the_score_lies_between_its_lowest_and_highest_part(values):
    found = score(values, {part.name: "" for part in PARTS})
    marks = found.parts["marks"].dropna()
    assert marks.between(0, 100).all()
    assert 0 <= found.told <= 1 + 1e-12
    assert np.isnan(found.value) if marks.empty else marks.min() - 1e-9 <= found.value <= marks.max() + 1e-9


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5))
def test_an_effect_says_too_much_exactly_where_the_recorded_price_is_above_the_right_one(recorded, right):
    words = effect_words(recorded, right, "£")
    assert ("too much" in words) == (recorded - right >= 0.005)
    assert ("too little" in words) == (right - recorded >= 0.005)


@given(st.sets(st.integers(12 * 2000, 12 * 2001 + 11), min_size=1))
def test_every_month_is_named_once(months):
    named = months_named(sorted(months))
    runs = sum(1 for month in months if month - 1 not in months)
    assert len(named.replace(" and ", ", ").split(", ")) == runs
