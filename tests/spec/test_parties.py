"""Each party's own risk over the contract."""

import numpy as np
import pytest

from capitation.contract import settle
from capitation.contract_term import contract_term
from capitation.design import change, make_design
from capitation.errors import InputError
from capitation.parties import party_risks
from capitation.terms import COMMISSIONER, HOLDER


def named(design, partners):
    return make_design(
        {
            **design.model_dump(mode="json"),
            "payments": {**design.payments.model_dump(mode="json"), "partners": partners},
        }
    )


def test_every_party_once_and_the_figures_are_those_of_the_term(rand_hie, quick):
    result = settle(rand_hie, quick)
    found = {risk.party: risk for risk in party_risks(result)}
    assert list(found) == [COMMISSIONER, HOLDER, *result.plan]
    term, ahead = contract_term(result), result.outlook
    for party in (HOLDER, *result.plan):
        first_year = ahead.result(party)
        assert found[party].bad_year == pytest.approx(np.quantile(first_year, 0.05))
        assert found[party].loses == pytest.approx(np.mean(first_year < -0.005))
    assert found[HOLDER].ruined == pytest.approx(term.ruin.probability[-1], abs=1e-3)
    assert found[COMMISSIONER].turnover is None


def test_a_partner_with_small_reserves_goes_first_and_one_with_large_turnover_hardly_feels_it(rand_hie, quick):
    block = change(quick, {"payments.block_share": 1.0, "price.discount": 0.05})
    poor = {"hospitals": {"reserves": 0.0}, "clinics": {"turnover": 1e8, "reserves": 0.5}}
    found = {risk.party: risk for risk in party_risks(settle(rand_hie, named(block, poor)))}
    assert found["hospitals"].ruined > 0.8
    assert found["hospitals"].first > found[HOLDER].first
    assert (found["clinics"].turnover, found["clinics"].ruined) == (1e8, 0.0)
    assert found["clinics"].of_turnover < 0.001


def test_the_chances_of_being_first_cover_every_path_in_which_somebody_goes(rand_hie, quick):
    found = party_risks(settle(rand_hie, change(quick, {"payments.block_share": 0.5})))
    first = [risk.first for risk in found if risk.first is not None]
    assert sum(first) >= max(risk.ruined for risk in found if risk.ruined is not None) - 1e-9


def test_a_partner_that_the_data_do_not_have_is_refused_by_name(rand_hie, quick):
    with pytest.raises(InputError, match=r"payments\.partners\.nobody: no provider 'nobody' in scope"):
        settle(rand_hie, named(quick, {"nobody": {"reserves": 0.1}}))
    with pytest.raises(
        InputError, match=r"payments\.partners\.hospitals\.reserves \(Hospitals: reserves\): 2.0 is not accepted"
    ):
        named(quick, {"hospitals": {"reserves": 2.0}})


def test_the_commissioner_loses_what_it_pays_beyond_the_price_whoever_pays_for_the_form(rand_hie, quick):
    funded = {"form.running": 0.03, "form.funded": True}
    found = [next(iter(party_risks(settle(rand_hie, change(quick, terms))))) for terms in ({}, funded)]
    assert found[0].bad_year == pytest.approx(found[1].bad_year, rel=1e-6)
    assert found[0].bad_year == pytest.approx(np.quantile(-settle(rand_hie, quick).outlook.commissioner_extra, 0.05))


def test_care_moved_away_and_a_planned_deficit_are_a_partner_s_own_risk(rand_hie, quick):
    """As in Bedfordshire: paid by activity, a hospital that loses 30 % of its work and sheds no cost in the first year."""
    moved = {"payments.partners.hospitals.kind": "activity", "payments.partners.hospitals.activity_change": -0.3,
             "payments.partners.hospitals.fixed_share": 1.0}  # fmt: skip
    before, after = (
        settle(rand_hie, change(quick, terms)) for terms in ({"payments.partners.hospitals.kind": "activity"}, moved)
    )
    one, other = ({r.party: r for r in party_risks(result)}["hospitals"] for result in (before, after))
    lost = 0.3 * before.plans.past["hospitals"][-1]
    assert other.bad_year == pytest.approx(one.bad_year - lost)
    assert other.loses == 1.0
    assert other.ruined > one.ruined
    deficit = {**moved, "payments.partners.hospitals.planned_result": -5_000.0}
    worse = {r.party: r for r in party_risks(settle(rand_hie, change(quick, deficit)))}["hospitals"]
    assert worse.bad_year == pytest.approx(other.bad_year - 5_000)


def test_a_provider_outside_the_contract_is_no_party_to_it(rand_hie, quick):
    outside = {"payments.choice": True, "scope.outside_providers": ["hospitals"]}
    assert "hospitals" not in {risk.party for risk in party_risks(settle(rand_hie, change(quick, outside)))}
