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
    term = contract_term(result)
    for party in (HOLDER, *result.plan):
        first_year = term.results[party][0]
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
