"""The risk score: honest on a later year, the same from cells as person by person; rising risk; homogeneity by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capitation.cohort.homogeneity import between, gini, homogeneity, top_share
from capitation.cohort.risk_score import counted, features, rising_risk, risk_score, stratification, tenths
from capitation.dataset import open_dataset
from capitation.loss.atoms import atoms_of
from capitation.loss.grouped_model import c_statistic, calibration, fit

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def county():
    return open_dataset(str(ROOT / "data_samples" / "county-5000"))


@pytest.mark.parametrize("year", [2015, 2016, 2017])
def test_a_later_year_agrees_with_the_chances_told_before_it(county, year):
    found = stratification(county.held, year)
    assert found is not None
    assert found.learnt_from == year - 1
    agreement = found.agreement
    assert abs(agreement.intercept) < 3 * agreement.intercept_error + 0.1
    assert abs(agreement.slope - 1) < 3 * agreement.slope_error
    assert 0.80 < found.c < 0.95
    assert found.tenths["lift"].iloc[0] > 5
    assert found.tenths["observed"].iloc[0] > found.tenths["observed"].iloc[-1]
    assert found.tenths["people"].sum() == pytest.approx((county.person_years["year"] == year).sum())


def test_nothing_to_learn_from_is_no_score(county):
    assert stratification(county.held, county.years[0]) is None
    assert county.years[0] not in [year for year, _, _ in risk_score(county.held).by_year]


def test_the_real_data_are_told_better_than_by_a_coin(rand_hie):
    scores = [stratification(rand_hie.held, year) for year in rand_hie.years[1:]]
    assert all(s is not None and s.c > 0.65 for s in scores)


def test_cells_give_the_coefficients_of_the_same_model_person_by_person(county):
    """statsmodels on a row a person; nobody in a level, or nothing that happened in it, is left to the ridge."""
    import statsmodels.api as sm

    looked_at = features(county.held)[:2]  # age and sex
    cells = counted(county.held, looked_at, 2015)
    codes = [cells[g.name].map({label: n for n, label in enumerate(g.labels)}).to_numpy(int) for g in looked_at]
    model = fit(
        codes,
        [len(g.labels) for g in looked_at],
        cells["events"].to_numpy(float),
        cells["people"].to_numpy(float),
        "logistic",
    )
    design = pd.get_dummies(cells[[g.name for g in looked_at]], drop_first=True).astype(float).assign(constant=1.0)
    repeated = design.loc[design.index.repeat(cells["people"])]
    happened = np.concatenate(
        [np.r_[np.ones(e), np.zeros(n - e)] for n, e in zip(cells["people"], cells["events"], strict=True)]
    )
    person = sm.GLM(happened, repeated, family=sm.families.Binomial()).fit()
    assert np.abs(model.predict(codes) - person.predict(design).to_numpy()).max() < 2e-3


def test_c_and_calibration_by_hand():
    """Three chances; of 10, 10, 10 people 1, 3, 8: pairs in order and ties counted by hand."""
    predicted, events, people = np.array([0.1, 0.3, 0.8]), np.array([1.0, 3.0, 8.0]), np.full(3, 10.0)
    pairs = 8 * (9 + 7) + 3 * 9
    ties = (1 * 9 + 3 * 7 + 8 * 2) / 2
    assert c_statistic(predicted, events, people) == pytest.approx((pairs + ties) / (12 * 18))
    found = calibration(predicted, events, people)
    assert (found.intercept, found.slope) == (pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-9))
    halved = calibration(predicted, events / 2, people)
    assert halved.intercept < -0.5


def test_tenths_share_a_cell_on_the_edge_in_proportion():
    cells = pd.DataFrame({"people": [15, 85], "events": [15, 0], "cost": [150.0, 85.0], "cost*cost": [1_500.0, 85.0]})
    found = tenths(np.array([0.9, 0.1]), cells)
    assert found["people"].tolist() == pytest.approx([10.0] * 10)
    assert found["events"].tolist()[:3] == pytest.approx([10, 5, 0])
    assert found["cost_share"].sum() == pytest.approx(1)


@pytest.mark.parametrize(("scores", "rising"), [
    ([10, 11, 12, 13, 14, 13, 12], True),  # up in 4 of 6
    ([10, 11, 12, 13, 12, 11, 10], False),  # in 3 only
    ([50, 50, 50, 50, 55, 60, 65], False),  # exactly 15 points in 3 months: no rapid entry
    ([50, 50, 50, 50, 55, 60, 65.5], True),
    ([50, 50, 50, 60, 70, 69, 90], False),  # not up in each of the last 3
])  # fmt: skip
def test_rising_risk_is_as_the_scheme_has_it(scores, rising):
    assert rising_risk(np.array([scores], dtype=float)).tolist() == [rising]


def test_rapid_risers_need_no_more_than_four_months():
    assert rising_risk(np.array([[10.0, 20.0, 30.0, 40.0]])).tolist() == [True]


def test_concentration_and_homogeneity_by_hand():
    """Four people at £0, £0, £100 and £300."""
    atoms = atoms_of([2, 1, 1], [0.0, 100.0, 300.0], [0.0, 10_000.0, 90_000.0])
    assert top_share(atoms, 0.25) == pytest.approx(0.75)
    assert gini(atoms) == pytest.approx(0.625)  # Σ|xi - xj| = 2·(4·... ) over 2n²·mean, by hand 2000/3200
    assert between(np.array([2.0, 2.0]), np.array([0.0, 400.0]), np.array([0.0, 100_000.0])) == pytest.approx(2 / 3)
    sums = pd.DataFrame({"segment": ["a", "b"], "people": [2, 2], "exposure": [2.0, 1.0], "cost": [0.0, 400.0],
                         "cost*cost": [0.0, 100_000.0]})  # fmt: skip
    found = homogeneity(sums, atoms)
    assert found.r_squared == pytest.approx(2 / 3)
    assert found.by_segment["pppy"].tolist() == [0.0, 400.0]
    assert found.by_segment["cv"].iloc[1] == pytest.approx(0.5)
