"""What a partner is paid under each kind of sub-contract, worked by hand."""

import numpy as np
import pytest

from capitation.errors import InputError
from capitation.payments.mechanisms import (
    activity,
    activity_suffices,
    aligned_payment,
    block,
    cost_and_volume,
    is_low_volume,
    low_volume_block,
    marginal_rate,
    performance_pay,
    sub_capitation,
)

YEARS = np.array([800.0, 1_000.0, 1_200.0])  # 20 % under plan, on plan, 20 % over


def test_a_block_is_the_plan_in_every_year_and_activity_pays_what_was_done():
    assert block(1_000, YEARS).tolist() == [1_000, 1_000, 1_000]
    assert block(1_000, 800.0) == 1_000
    assert activity(YEARS).tolist() == [800, 1_000, 1_200]
    assert activity(YEARS, 0.5).tolist() == [400, 500, 600]


def test_cost_and_volume_pays_full_price_beyond_the_plan_and_takes_nothing_back():
    assert cost_and_volume(1_000, 1_000, YEARS).tolist() == [1_000, 1_000, 1_200]


def test_a_marginal_rate_counts_only_what_is_beyond_the_threshold():
    # over: 1,200 - 1,050 = 150 at 70 % = 105; under: 950 - 800 = 150 at 40 % = 60
    paid = marginal_rate(1_000, 1_000, YEARS, rate_above=0.7, rate_below=0.4, threshold=0.05)
    assert paid == pytest.approx([940, 1_000, 1_105])


def test_the_income_that_was_planned_need_not_be_the_planned_value_of_activity():
    assert marginal_rate(900, 1_000, 1_200.0, rate_above=0.5, rate_below=0.5) == 1_000


def test_sub_capitation_pays_for_people_not_for_what_is_done_to_them():
    assert sub_capitation(120.5, 2_000) == 241_000


def test_the_aligned_payment_is_fixed_plus_elective_care_at_full_unit_price():
    assert aligned_payment(5_000, 1_000, YEARS).tolist() == [5_800, 6_000, 6_200]


def test_the_aligned_payment_of_2022_23_followed_elective_care_at_three_quarters():
    assert aligned_payment(5_000, 1_000, YEARS, rate=0.75).tolist() == [5_850, 6_000, 6_150]


def test_a_low_volume_block_is_the_average_of_three_years():
    assert low_volume_block([900_000, 1_500_000, 1_800_000]) == 1_400_000
    assert low_volume_block([1_500_000] * 3) == 1_500_000  # the limit itself is still low volume
    assert not is_low_volume([1_500_000, 1_500_000, 1_500_003])
    assert not is_low_volume([600_000] * 3, limit=500_000)  # the limit of 2023/25


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1_600_000] * 3, "low-volume block: 1,600,000 a year on average; expected at most 1,500,000"),
        ([1_000, 1_000], "low-volume block: 2 years of activity; expected 3"),
    ],
)
def test_a_block_for_too_much_or_too_few_years_is_refused(values, said):
    with pytest.raises(InputError, match=said):
        low_volume_block(values)


@pytest.mark.parametrize(("share", "score", "named"), [(1.2, 0.5, "share of 1.2"), (0.1, 1.5, "score of 1.5")])
def test_a_share_or_a_score_above_all_of_it_is_refused(share, score, named):
    with pytest.raises(InputError, match=f"pay for performance: a {named}; expected from 0 to 1"):
        performance_pay(1_000, share, score)


def test_activity_that_is_half_recorded_is_no_ground_to_pay_by():
    assert activity_suffices(0.98, needed=0.95)
    assert not activity_suffices(0.5, needed=0.95)
