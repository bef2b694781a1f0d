"""The income guarantee that fades and the cost that stays, worked by hand."""

import numpy as np
import pytest

from capitation.design import ContractDesign, change
from capitation.design.payment_parts import Guarantee, Partner
from capitation.errors import InputError
from capitation.payments.guarantee import floor, guaranteed_share, top_up
from capitation.payments.stranded import (
    cost_change,
    fixed_share,
    result_change,
    result_path,
)

FADING = Guarantee(share=0.9, years=3)


def test_a_guarantee_over_three_years_falls_by_a_third_of_itself_each_year_and_ends():
    # 90 %, 60 %, 30 % of a planned 100,000, then nothing
    assert [floor(100_000, y, FADING) for y in (1, 2, 3, 4, 9)] == pytest.approx([90_000, 60_000, 30_000, 0, 0])


def test_a_partner_is_brought_up_to_the_floor_and_not_beyond():
    income = np.array([50_000.0, 60_000.0, 70_000.0])
    assert np.asarray(top_up(income, 100_000, 2, FADING)) == pytest.approx([10_000, 0, 0], abs=1e-6)
    assert top_up(80_000.0, 100_000, 1, FADING) == pytest.approx(10_000)


def test_a_guarantee_for_one_year_is_gone_in_the_second():
    assert [guaranteed_share(y, Guarantee(share=1.0, years=1)) for y in (1, 2)] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "payments.guarantee.share",
            1.1,
            r"payments.guarantee.share \(Guaranteed in the first year\): 1.1 is not accepted",
        ),
        ("payments.guarantee.years", 0, "Years in which it fades to nothing.*from 1 to 15"),
        ("payments.partners.hospital.fixed_years", 0, "years to shed fixed cost.*from 1 to 15"),
        ("payments.partners.hospital.fixed_share", 1.5, "fixed share of its cost.*1.5 is not accepted"),
    ],
)
def test_a_guarantee_larger_than_the_payment_or_a_fade_over_no_years_is_refused(path, value, said):
    with pytest.raises(InputError, match=said):
        change(ContractDesign(), {path: value})


BEDFORD = {"income_change": -3.0e6, "activity_change": -3.0e6, "average_cost": 1.0}  # activity counted in £ of cost


def test_bedfordshire_musculoskeletal_the_income_lost_is_more_than_the_planned_deficit():
    """Domain reference, 4.2: referrals -30 % on about £10m of income; a hospital that planned a deficit of £2.8m."""
    lost = 0.30 * 10e6
    assert lost == pytest.approx(3.0e6)
    all_fixed = result_change(**BEDFORD, fixed=1.0)
    assert all_fixed == pytest.approx(-lost)
    assert -all_fixed / 2.8e6 == pytest.approx(1.0714, abs=1e-4)
    assert -2.8e6 + all_fixed == pytest.approx(-5.8e6)


def test_the_view_by_average_cost_hides_what_is_stranded():
    assert result_change(**BEDFORD, fixed=0.0) == 0
    assert result_change(**BEDFORD, fixed=0.7) == pytest.approx(-2.1e6)


def test_stranded_cost_is_shed_over_the_years():
    # 60 % fixed, shed over 3 years: 60 %, 40 %, 20 %, then none of 3.0m
    terms = Partner(fixed_share=0.6, fixed_years=3)
    assert [fixed_share(y, terms) for y in (1, 2, 3, 4)] == pytest.approx([0.6, 0.4, 0.2, 0.0])
    assert result_path(**BEDFORD, years=4, terms=terms) == pytest.approx((-1.8e6, -1.2e6, -0.6e6, 0.0))


def test_income_that_rises_without_activity_is_all_result_and_activity_without_income_all_cost():
    assert result_change(100.0, 0.0, average_cost=50.0, fixed=0.6) == 100
    assert result_change(0.0, 10.0, average_cost=50.0, fixed=0.6) == pytest.approx(-200)  # 10 units at 20
    assert np.asarray(cost_change(np.array([-1.0, 1.0]), 50.0, 0.6)) == pytest.approx([-20, 20])
