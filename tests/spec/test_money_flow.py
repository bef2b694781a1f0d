"""The picture of who pays whom: one small contract by hand, its shape in pixels, and what a reader is told."""

from itertools import pairwise

import pytest

from capitation.charts.flow_shape import (
    BACK,
    BAND,
    HEIGHT,
    KEPT,
    LEAST,
    RESERVES,
    TITLE,
    Stop,
    fill,
    flow_shape,
    sides_of,
    squeezed,
)
from capitation.charts.money_flow import COLOURS, curve, money_flow, party_columns, turned
from capitation.charts.runtime import static_svg
from capitation.payments.balance import balanced_ends, net_widths
from capitation.terms import COMMISSIONER, HOLDER, RISK_POOL, SUPPLIES
from capitation.theme import COMMISSIONER_GREEN, HOLDER_BLUE, PARTNER_PURPLE

MILLION = 100_000_000  # pence
PARTNERS = ["hospital", "trust", "gps", "charity"]
LABELS = {"hospital": "The hospital", "trust": "Community trust", "gps": "GP federation", "charity": "Charity"}
BANDS = {
    ("capitation", COMMISSIONER, HOLDER): 12 * MILLION,
    ("gain share", HOLDER, COMMISSIONER): MILLION,
    ("block", HOLDER, "hospital"): 6 * MILLION,
    ("block", HOLDER, "trust"): 3 * MILLION,
    ("activity", HOLDER, "gps"): MILLION,
    ("grant", HOLDER, "charity"): 12_300,
    ("staff", HOLDER, SUPPLIES): MILLION // 2,
    ("care", "hospital", SUPPLIES): 7 * MILLION,
    ("care", "trust", SUPPLIES): 2 * MILLION,
    ("care", "gps", SUPPLIES): MILLION,
    ("care", "charity", SUPPLIES): 12_300,
}
PAID_BACK = {**BANDS, ("loss share", "charity", HOLDER): 2_012_300}


def shape_of(bands, partners=PARTNERS):
    ends = balanced_ends(bands)
    return flow_shape(net_widths(bands), ends, party_columns(ends, partners))


def rows_of(picture, name, **wanted):
    return [row for row in picture.data[name] if all(row[key] == value for key, value in wanted.items())]


def test_the_finding_says_what_reaches_the_partners_and_what_their_care_cost():
    drawn = money_flow(BANDS, LABELS, PARTNERS, "£")
    assert drawn.finding == "Of £11.0m, £10.0m reaches the four partners; their care cost £10.0m"
    assert money_flow(BANDS, LABELS, PARTNERS, "£", "Another").finding == "Another"


def test_one_partner_is_called_by_its_name_and_none_is_said_to_be_paid():
    one = {key: pence for key, pence in BANDS.items() if not {"trust", "gps", "charity"} & set(key)}
    assert (
        money_flow(one, LABELS, PARTNERS, "£").finding == "Of £11.0m, £6.00m reaches The hospital; its care cost £7.00m"
    )
    none = {("capitation", COMMISSIONER, HOLDER): MILLION}
    assert money_flow(none, LABELS, PARTNERS, "£").finding == "The commissioner pays £1.00m; no partner is paid"


def test_more_than_the_commissioner_pays_is_no_part_of_it():
    more = {**BANDS, ("block", HOLDER, "gps"): 2 * MILLION}
    assert money_flow(more, LABELS, PARTNERS, "£").finding == (
        "The commissioner pays £11.0m and £12.0m reaches the four partners; their care cost £10.0m"
    )


def test_where_partners_pay_on_balance_the_finding_says_so():
    bands = {("loss", "gps", HOLDER): 500_000, ("care", "gps", SUPPLIES): 100}
    finding = money_flow(bands, LABELS, PARTNERS, "£").finding
    assert finding == "On balance £5,000 is paid by GP federation; its care cost £1.00"


def test_the_words_list_every_band_with_its_streams_and_what_each_party_is_left_with():
    words = money_flow(PAID_BACK, LABELS, PARTNERS, "£").alt
    assert "Commissioner to Holder £11.0m (capitation £12.0m; gain share −£1.00m)" in words
    assert "Charity to Holder £20,000 (grant −£123; loss share £20,123)" in words
    assert "The hospital: receives £6.00m, pays £7.00m, £1.00m from its own reserves" in words
    assert "Community trust: receives £3.00m, pays £2.00m, keeps £1.00m" in words
    assert "GP federation: receives £1.00m, pays £1.00m, in balance" in words
    assert "What care costs: receives" in words


def test_two_who_pay_each_other_the_same_are_told_of_and_no_band_is_drawn():
    even = {("rent", HOLDER, "hospital"): 700, ("care", "hospital", HOLDER): 700}
    drawn = money_flow(even, LABELS, PARTNERS, "£")
    assert drawn.data["rows"] == []
    assert "£0 (" in drawn.alt
    assert drawn.finding == "Nobody pays anybody on balance"


def test_a_contract_without_payments_is_drawn_as_such():
    drawn = money_flow({}, {}, [], "£")
    assert (drawn.finding, drawn.alt) == ("Nobody pays anybody on balance", "No payments.")
    assert "no payments" in static_svg(drawn)


def test_parties_have_their_colours():
    assert COLOURS[COMMISSIONER] == COMMISSIONER_GREEN
    assert COLOURS[HOLDER] == HOLDER_BLUE
    drawn = money_flow(BANDS, LABELS, PARTNERS, "£")
    kinds = {row["said"].split(":")[0]: row["kind"] for row in drawn.data["bars"]}
    assert kinds["The hospital"] == "partner"
    assert COLOURS["partner"] == PARTNER_PURPLE
    assert kinds["What care costs"] == "other"


def test_the_specification_is_the_same_for_every_contract_in_a_currency():
    first, other = money_flow(BANDS, LABELS, PARTNERS, "£"), money_flow({}, {}, [], "£")
    assert first.spec is other.spec
    assert first.data.keys() == other.data.keys()
    assert first.spec["width"] == "container"


def test_the_svg_names_parties_amounts_and_the_unit():
    svg = static_svg(money_flow(PAID_BACK, LABELS, PARTNERS, "£"), 700)
    for said in ("The hospital", "gets £6.00m, £1.00m short", "gets £3.00m, keeps £1.00m", "← Charity to Holder £20,000",
                 "£500k to What care costs", "£ in all, a band as wide as its amount", "from own reserves"):  # fmt: skip
        assert said in svg


def test_words_are_shorter_where_the_picture_is_narrow():
    svg = static_svg(money_flow(BANDS, LABELS, PARTNERS, "£"), 340)
    assert "£6.00m, −£1.00m" in svg
    assert "gets £6.00m" not in svg


def test_who_pays_on_balance_stands_first_and_who_receives_last():
    bands = {**BANDS, ("incomers", "next area", HOLDER): 500, ("share", HOLDER, RISK_POOL): 700}
    assert party_columns(balanced_ends(bands), PARTNERS) == (
        [COMMISSIONER, "next area"],
        [HOLDER],
        PARTNERS,
        [SUPPLIES, RISK_POOL],
    )


def test_a_loss_is_closed_from_reserves_on_the_left_and_a_gain_is_kept_on_the_right():
    drawn = money_flow(BANDS, LABELS, PARTNERS, "£")
    loss = rows_of(drawn, "closings", closes=RESERVES)
    gains = rows_of(drawn, "closings", closes=KEPT)
    assert len(loss) == 1
    assert loss[0]["x2"] < loss[0]["x"]
    assert len(gains) == 2  # the trust's, and the holder's £499,877
    assert all(gain["x2"] > gain["x"] for gain in gains)


def test_bands_are_as_thick_as_their_pence_and_none_is_thinner_than_a_pixel():
    shape = shape_of(BANDS)
    thick = {(s.piece.payer, s.piece.payee): s.thick for s in shape.strips}
    assert thick[HOLDER, "hospital"] == pytest.approx(2 * thick[HOLDER, "trust"])
    assert thick[COMMISSIONER, HOLDER] == pytest.approx(11 * MILLION * shape.scale)
    assert thick[HOLDER, "charity"] == LEAST > 12_300 * shape.scale


def test_a_band_passes_a_column_of_others_in_a_place_of_its_own():
    shape = shape_of(BANDS)
    passing = next(bar for bar in shape.bars if bar.stop == Stop(2, HOLDER, SUPPLIES))
    assert all(bar.top + bar.height <= passing.top for bar in shape.bars if bar.stop.column == 2 and bar is not passing)
    assert next((s.start.column, s.end.column) for s in shape.strips if s.piece.payee == SUPPLIES) == (1, 2)


def test_what_runs_back_goes_under_everything_and_is_drawn_in_no_other_way():
    shape = shape_of(PAID_BACK)
    (loop,) = shape.loops
    assert (loop.piece.kind, loop.start.party, loop.end.party) == (BACK, "charity", HOLDER)
    assert loop.lane_y - loop.thick / 2 > max(bar.top + bar.height for bar in shape.bars)
    assert loop.lane_y + loop.thick / 2 <= HEIGHT
    assert ("charity", HOLDER) not in {(s.piece.payer, s.piece.payee) for s in shape.strips}


def test_both_sides_of_the_holder_by_hand():
    ends = balanced_ends(PAID_BACK)
    sides = sides_of(net_widths(PAID_BACK), ends, party_columns(ends, PARTNERS))[Stop(1, HOLDER)]
    assert [(p.kind, p.payer, p.pence) for p in sides.left] == [
        (BAND, COMMISSIONER, 11 * MILLION),
        (BACK, "charity", 2_000_000),
    ]
    assert [(p.kind, p.payee, p.pence) for p in sides.right] == [
        (BAND, "hospital", 6 * MILLION),
        (BAND, "trust", 3 * MILLION),
        (BAND, "gps", MILLION),
        (BAND, SUPPLIES, MILLION // 2),
        (KEPT, "", MILLION // 2 + 2_000_000),
    ]


def test_words_above_bars_stand_over_everything_beside_bars():
    shape = shape_of(BANDS)
    tops = {bar.stop.party: bar.top for bar in shape.bars if not bar.stop.payee}
    assert tops[COMMISSIONER] == tops[HOLDER] == tops[SUPPLIES] == TITLE
    assert min(tops.values()) == TITLE


def test_ten_partners_have_their_words_in_slots_of_their_own():
    partners = [f"Practice {i}" for i in range(10)]
    bands = {("block", HOLDER, p): 10 ** (i + 2) for i, p in enumerate(partners)}
    shape = shape_of({**bands, ("capitation", COMMISSIONER, HOLDER): sum(bands.values())}, partners)
    bars = sorted((b for b in shape.bars if b.stop.column == 2), key=lambda b: b.top)
    assert len(bars) == 10
    assert all(b.top + (a.slot + b.slot) / 2 - a.top >= 13 for a, b in pairwise(bars))
    assert all(bar.slot >= 13 for bar in bars)
    assert money_flow(bands, {}, partners, "£").finding.endswith("reaches the ten partners")


def test_the_scale_fills_the_room_by_hand():
    assert fill([(60, 1.0), (40, 1.0)], 50.0) == 0.5
    assert fill([(90, 1.0), (1, 10.0)], 100.0) == 1.0  # the second has its 10 pixels, the first 90 for 90
    assert fill([(1, 100.0)], 100.0) == 100.0
    assert squeezed([10.0, 30.0], 20.0) == [5.0, 15.0]
    assert squeezed([], 20.0) == []


def test_a_curve_leaves_and_arrives_level_and_a_turn_comes_back():
    points = curve(0, 10, 1, 20)
    assert (points[0], points[-1]) == ((0, 10), (1, 20))
    assert points[len(points) // 2] == (0.5, 15)
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(points))
    away = turned(0.5, 10, 20, 0.04)
    assert (away[0], away[-1]) == ((0.5, 10), (0.5, 20))
    assert max(x for x, _ in away) == pytest.approx(0.53)
