"""Payments between parties by stream and month, checked by hand."""

import pytest

from capitation.errors import InputError
from capitation.payments.balance import (
    Ends,
    Payment,
    balanced_ends,
    check_balanced,
    check_parties,
    ends,
    links,
    monthly,
    net_widths,
    netted,
    receipts,
    totals,
    unbalanced,
)

PARTIES = ("commissioner", "holder", "hospital", "charity")
YEAR = [
    Payment("capitation", 1, "commissioner", "holder", 1_000),
    Payment("block", 1, "holder", "hospital", 600),
    Payment("block", 1, "holder", "charity", 100),
    Payment("activity", 2, "holder", "hospital", 250),
    Payment("block", 2, "holder", "hospital", -50),
    Payment("gain", 2, "holder", "commissioner", 30),
]


def test_every_stream_and_month_by_hand():
    cells = receipts(YEAR)
    assert cells["block", 1] == {"holder": -700, "hospital": 600, "charity": 100}
    assert cells["block", 2] == {"holder": 50, "hospital": -50}
    assert unbalanced(cells) == {}
    check_balanced(cells)
    assert totals(cells.values()) == {"commissioner": -970, "holder": 70, "hospital": 800, "charity": 100}


def test_the_bands_of_a_picture_end_where_the_payments_do():
    bands = links(YEAR)
    assert bands == {
        ("capitation", "commissioner", "holder"): 1_000,
        ("block", "holder", "hospital"): 550,
        ("block", "holder", "charity"): 100,
        ("activity", "holder", "hospital"): 250,
        ("gain", "holder", "commissioner"): 30,
    }
    assert ends(bands) == totals(receipts(YEAR).values())


def test_what_is_paid_back_beyond_what_was_paid_runs_the_other_way():
    back = [Payment("block", 1, "holder", "charity", 100), Payment("block", 6, "holder", "charity", -160)]
    assert links(back) == {("block", "charity", "holder"): 60}
    assert links([*back, Payment("block", 7, "holder", "charity", 60)]) == {}


def test_streams_between_the_same_two_are_set_off_against_each_other():
    bands = links(YEAR)
    assert netted(bands)["commissioner", "holder"] == {"capitation": 1_000, "gain": -30}
    assert net_widths(bands) == {
        ("commissioner", "holder"): 970,
        ("holder", "hospital"): 800,
        ("holder", "charity"): 100,
    }


def test_two_who_pay_each_other_the_same_are_named_and_have_no_width():
    even = {("rent", "holder", "charity"): 5, ("care", "charity", "holder"): 5}
    assert netted(even) == {("charity", "holder"): {"rent": -5, "care": 5}}
    assert net_widths(even) == {}
    assert balanced_ends(even) == {"holder": Ends(0, 0), "charity": Ends(0, 0)}


def test_every_partys_ends_are_closed_by_what_it_keeps_or_takes_from_its_reserves():
    found = balanced_ends({**links(YEAR), ("care", "charity", "supplies"): 130})
    assert found["holder"] == Ends(received=970, paid=900)
    assert (found["holder"].kept, found["holder"].from_reserves, found["holder"].through) == (70, 0, 970)
    assert (found["charity"].kept, found["charity"].from_reserves, found["charity"].through) == (0, 30, 130)


def test_a_yearly_amount_is_paid_in_months_to_the_penny():
    paid = monthly("block", "holder", "charity", 100_003)
    assert len(paid) == 12
    assert sum(p.pence for p in paid) == 100_003
    assert [p.month for p in monthly("block", "holder", "charity", 400, (1, 4, 7, 10))] == [1, 4, 7, 10]


def test_a_penny_lost_is_named_by_stream_and_month():
    cells = {("block", 1): {"holder": -700, "hospital": 700}, ("block", 2): {"holder": -700, "hospital": 699}}
    assert unbalanced(cells) == {("block", 2): -1}
    with pytest.raises(
        InputError, match=r"payments, block, month 2: the parties' amounts sum to -0\.01; expected 0\.00"
    ):
        check_balanced(cells)


@pytest.mark.parametrize(
    ("payment", "said"),
    [
        (Payment("block", 3, "holder", "stranger", 5),
         "payments, block, month 3: a payment to 'stranger', who is outside the contract; "
         "expected one of commissioner, holder, hospital, charity"),
        (Payment("block", 3, "stranger", "holder", 5),
         "payments, block, month 3: a payment from 'stranger', who is outside the contract; "
         "expected one of commissioner, holder, hospital, charity"),
        (Payment("block", 3, "holder", "holder", 5), "payments, block, month 3: holder pays itself; expected two parties"),
        (Payment("block", 3, "holder", "charity", 5.5),
         "payments, block, month 3: 5.5 pence; expected whole pence"),
    ],
)  # fmt: skip
def test_a_payment_that_cannot_be_in_the_contract_is_refused(payment, said):
    check_parties(YEAR, PARTIES)
    with pytest.raises(InputError) as refused:
        check_parties([*YEAR, payment], PARTIES)
    assert str(refused.value) == said
