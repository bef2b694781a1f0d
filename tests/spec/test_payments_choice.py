"""Leavers and incomers, worked by hand."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.payments.choice import (
    ChoiceTerms,
    choice_flows,
    incomers_to_break_even,
    net_by_provider,
    net_choice,
)

ALZIRA = ChoiceTerms()


def test_alzira_pays_leavers_in_full_and_is_paid_four_fifths_for_incomers():
    """Domain reference, 4.2, Alzira II: out at 100 %, in at 80 %."""
    assert net_choice(100.0, 100.0, ALZIRA) == pytest.approx(-20)
    assert np.asarray(net_choice(np.array([0.0, 50.0]), 100.0, ALZIRA)) == pytest.approx([80, 30])


def test_as_many_come_as_leave_and_the_holder_still_pays():
    assert incomers_to_break_even(1_000.0, ALZIRA) == pytest.approx(1_250)
    assert net_choice(1_000.0, 1_250.0, ALZIRA) == pytest.approx(0)


def test_each_outside_provider_is_settled_for_both_directions():
    leavers, incomers = {"north": 300.0, "coast": 100.0}, {"coast": 250.0, "abroad": 50.0}
    # coast: 0.8 × 250 - 100; abroad: 0.8 × 50
    assert net_by_provider(leavers, incomers, ALZIRA) == {"north": -300, "coast": 100, "abroad": 40}
    flows = choice_flows(leavers, incomers, ALZIRA, "holder")
    assert flows == {"holder": -160, "north": 300, "coast": -100, "abroad": -40}
    assert sum(flows.values()) == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: ChoiceTerms(leavers=-0.1), "patient choice: a rate of -0.1 for leavers; expected 0 or more"),
        (lambda: choice_flows({"holder": 1.0}, {}, ALZIRA, "holder"),
         "patient choice: holder is named as an outside provider; expected others than the holder"),
        (lambda: incomers_to_break_even(1.0, ChoiceTerms(incomers=0.0)),
         "patient choice: a rate of 0 for incomers; expected more than 0, to break even"),
    ],
)  # fmt: skip
def test_terms_of_choice_that_make_no_sense_are_refused(wrong, said):
    with pytest.raises(InputError) as refused:
        wrong()
    assert str(refused.value) == said
