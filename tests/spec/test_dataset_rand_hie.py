"""The facts of the RAND Health Insurance Experiment that its reading must reproduce."""

import time

import numpy as np
import pytest

from capitation.dataset import check, open_dataset, rand_hie
from capitation.errors import InputError


@pytest.fixture(scope="module")
def rand():
    return open_dataset("rand-hie")


@pytest.fixture(scope="module")
def total(rand):
    return rand.costs.sum(axis=1)


@pytest.fixture(scope="module")
def file_rows():
    return rand_hie._rows(rand_hie._checked_bytes())


def test_every_person_and_person_year_is_there(rand):
    assert len(rand.person_years) == 20_190
    assert rand.person_years.person_id.nunique() == 5_912
    assert rand.years == (1, 2, 3, 4, 5)


def test_the_file_s_spend_is_3_602_650_09(rand):
    spent = rand.tables["spend"].amount.sum().to_pyarrow().as_py()
    assert spent == pytest.approx(3_602_650.09, abs=0.005)


def test_costs_are_that_spend_with_every_cell_rounded_to_the_cent(total):
    assert total.sum() == pytest.approx(3_602_650.09, rel=1e-6)
    assert total.mean() == pytest.approx(178.44, abs=0.005)
    assert total.max() == pytest.approx(39_182, abs=0.5)
    assert total.std() / total.mean() == pytest.approx(3.94, abs=0.005)
    assert (total == 0).mean() == pytest.approx(0.219, abs=0.0005)


def test_services_hold_their_shares(rand, total):
    shares = rand.costs.sum().droplevel("provider") / total.sum()
    expected = {
        "outpatient": 0.287,
        "drugs": 0.074,
        "supplies": 0.038,
        "mental_health": 0.039,
        "inpatient": 0.563,
    }
    assert shares.to_dict() == pytest.approx(expected, abs=0.0006)


def test_means_by_year_and_site(rand, total):
    by_year = total.groupby(rand.person_years.year).mean()
    assert by_year.tolist() == pytest.approx([158.02, 177.14, 181.39, 203.39, 215.31], abs=0.006)
    by_site = total.groupby(rand.person_years.locality, observed=True).mean()
    assert by_site.round().tolist() == [204, 201, 222, 155, 144, 136]
    people = rand.person_years.groupby("locality", observed=True).person_id.nunique()
    assert people.tolist() == [1_164, 1_232, 735, 905, 786, 1_090]


def test_the_free_plan_is_the_contract_population(rand, total):
    free = rand.person_years.group == "free plan"
    assert (free.sum(), rand.person_years[free].person_id.nunique()) == (10_997, 3_255)
    assert total[free].mean() == pytest.approx(192.8, abs=0.05)
    assert rand.meta.contract_groups == ("free plan",)


def test_conditions_are_decoded_where_observed_and_missing_where_imputed(rand):
    conditions = rand.person_years["need:conditions"]
    assert (conditions.notna().sum(), conditions.isna().sum()) == (12_189, 8_001)


def test_mean_spend_rises_with_conditions(rand, total):
    conditions = rand.person_years["need:conditions"].clip(upper=6)
    assert total.groupby(conditions).mean().round().tolist() == [118, 134, 179, 235, 279, 307, 408]


def test_exposure_is_the_file_s_time_to_within_a_day(rand, file_rows):
    rows = rand.person_years.sort_values(["person_id", "year"])
    assert np.abs(rows.exposure.to_numpy() - file_rows.time.to_numpy()).max() < 1 / 365


def test_age_is_the_file_s_age_in_every_year(rand, file_rows):
    rows = rand.person_years.sort_values(["person_id", "year"])
    assert np.abs(rows.age.to_numpy() - file_rows.xage.to_numpy()).max() < 1e-4


def test_admissions_and_visits_are_the_file_s(rand, file_rows):
    events = rand.measures.xs("numerator", axis=1, level="part").sum()
    assert events["admissions"] == file_rows.totadm.sum()
    assert events["seen_by_doctor"] == (file_rows.mdvis > 0).sum()
    assert events["mental_health_contact"] == (file_rows.mentvis > 0).sum()


def test_it_speaks_of_study_years_and_dollars(rand):
    assert rand.meta.year_name(3) == "study year 3"
    assert (rand.meta.currency, rand.meta.synthetic, rand.meta.version) == ("$", False, "fe64f3c8e987")


def test_a_month_within_a_study_year_is_refused_since_the_data_set_has_years(rand):
    with pytest.raises(InputError, match="years, not months"):
        rand.as_at("0003-06")
    assert rand.as_at("0003-12").years == (1, 2, 3)


def test_it_has_no_fault():
    assert check("rand-hie") == []


def test_a_file_that_is_not_the_expected_one_is_refused(monkeypatch):
    monkeypatch.setattr(rand_hie, "SHA256", "0" * 64)
    with pytest.raises(InputError, match=r"has sha256 fe64f3c8.*expected the file with sha256 0000"):
        open_dataset("rand-hie")


def test_it_opens_in_well_under_two_seconds():
    open_dataset("rand-hie")  # the first time loads the engine
    start = time.process_time()
    open_dataset("rand-hie")
    assert time.process_time() - start < 2
