"""Laws of the picture of who pays whom: it balances to the penny, and nothing is drawn upon anything else."""

from collections import Counter, defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from capitation.charts.flow_shape import BACK, BAND, HEIGHT, LEAST, flow_shape
from capitation.charts.money_flow import money_flow, party_columns
from capitation.payments.balance import balanced_ends, ends, net_widths, netted
from capitation.terms import COMMISSIONER, HOLDER, RISK_POOL, SUPPLIES

PARTNERS = [f"partner {i}" for i in range(8)]
PARTIES = (COMMISSIONER, HOLDER, SUPPLIES, RISK_POOL, "next area", *PARTNERS)
ROUNDING = 1e-6  # pixels

bands = st.dictionaries(
    st.tuples(st.sampled_from(("block", "care", "gain")), st.permutations(PARTIES)).map(lambda k: (k[0], *k[1][:2])),
    st.integers(1, 10**12),
    max_size=30,
)


def drawn(paid):
    closed = balanced_ends(paid)
    return flow_shape(net_widths(paid), closed, party_columns(closed, PARTNERS))


@given(bands)
def test_every_partys_ends_balance_and_what_is_kept_comes_from_others_reserves(paid):
    closed = balanced_ends(paid)
    assert all(e.received + e.from_reserves == e.paid + e.kept == e.through for e in closed.values())
    assert all(min(e.kept, e.from_reserves) == 0 for e in closed.values())
    assert sum(e.received for e in closed.values()) == sum(e.paid for e in closed.values())
    assert sum(e.kept for e in closed.values()) == sum(e.from_reserves for e in closed.values())
    assert {party: e.received - e.paid for party, e in closed.items()} == ends(paid)


@given(bands)
def test_netting_keeps_every_stream_and_leaves_one_way_for_a_pair(paid):
    pairs, widths = netted(paid), net_widths(paid)
    assert all((payee, payer) not in pairs for payer, payee in pairs)
    assert all(pence > 0 for pence in widths.values())
    assert {pair: sum(streams.values()) for pair, streams in pairs.items() if sum(streams.values())} == widths
    signed = Counter()
    for (stream, payer, payee), pence in paid.items():
        way = 1 if (payer, payee) in pairs else -1
        signed[stream, *((payer, payee) if way > 0 else (payee, payer))] += way * pence
    assert dict(signed) == {(s, *pair): pence for pair, streams in pairs.items() for s, pence in streams.items()}


@given(bands)
def test_what_is_drawn_balances_to_the_penny_at_every_bar_and_in_total(paid):
    shape, closed = drawn(paid), balanced_ends(paid)
    for stop, (left, right) in shape.sides.items():
        assert sum(p.pence for p in left) == sum(p.pence for p in right)
        if not stop.payee:
            assert sum(p.pence for p in left) == closed[stop.party].through
            assert sum(p.pence for p in left if p.kind in (BAND, BACK)) == closed[stop.party].received
            assert sum(p.pence for p in right if p.kind in (BAND, BACK)) == closed[stop.party].paid
    last = [s.piece for s in shape.strips if s.end.party == s.piece.payee]
    assert sum(p.pence for p in [*last, *(loop.piece for loop in shape.loops)]) == sum(net_widths(paid).values())
    assert sum(c.piece.pence * (1 if c.piece.kind == "kept" else -1) for c in shape.closings) == 0


@given(bands)
def test_bars_of_a_column_stand_apart_and_inside_the_picture(paid):
    columns = defaultdict(list)
    for bar in drawn(paid).bars:
        columns[bar.stop.column].append(bar)
    for bars in columns.values():
        assert all(a.top + a.height <= b.top + ROUNDING for a, b in pairwise(bars))
        assert bars[0].top >= 0
        assert bars[-1].top + bars[-1].height <= HEIGHT + ROUNDING


@given(bands)
def test_bands_meet_a_bar_inside_it_side_by_side(paid):
    shape = drawn(paid)
    bars = {bar.stop: bar for bar in shape.bars}
    spans = defaultdict(list)
    for s in shape.strips:
        spans[s.start, "right"].append((s.start_top, s.thick))
        spans[s.end, "left"].append((s.end_top, s.thick))
    for loop in shape.loops:
        spans[loop.start, "right"].append((loop.start_y - loop.thick / 2, loop.thick))
        spans[loop.end, "left"].append((loop.end_y - loop.thick / 2, loop.thick))
    for c in shape.closings:
        spans[c.stop, "right" if c.piece.kind == "kept" else "left"].append((c.top, c.thick))
    for (stop, _), ports in spans.items():
        ports.sort()
        assert ports[0][0] >= bars[stop].top - ROUNDING
        assert sum(ports[-1]) <= bars[stop].top + bars[stop].height + ROUNDING
        assert all(sum(a) <= b[0] + ROUNDING for a, b in pairwise(ports))


@given(bands)
def test_every_band_is_as_thick_as_its_pence_or_one_pixel(paid):
    shape = drawn(paid)
    for each in (*shape.strips, *shape.loops, *shape.closings):
        assert each.thick == max(each.piece.pence * shape.scale, LEAST)
    assert shape.scale > 0 or not net_widths(paid)


@given(bands)
def test_the_words_name_every_pair_and_the_data_every_band(paid):
    picture, widths = money_flow(paid, {}, PARTNERS, "£"), net_widths(paid)
    assert all(stream in picture.alt for stream, _, _ in paid)
    said = {row["said"] for name in ("rows", "loops") for row in picture.data[name]}
    assert len(said) == len(widths)
    assert all(part in picture.alt for part in said)
