"""The back-test on the real data: the published check of the age-sex price, and what each year's row says."""

import numpy as np
import pandas as pd
import pytest

from capitation.contract import settle
from capitation.design import make_design
from capitation.price.cells import cell_of
from capitation.shadow.back_test import back_test

YEAR_ONE_PRICES_YEAR_TWO = make_design(
    {"price": {"base_years": 1, "trend": 0.0}, "outlook": {"contract_year": 2, "replicates": 1_024}}
)


@pytest.fixture(scope="module")
def by_site(rand_hie) -> pd.DataFrame:
    """Actual and expected cost of the free plan in study year 2, by site, at the age-sex price of year 1."""
    result = settle(rand_hie, YEAR_ONE_PRICES_YEAR_TWO)
    now = result.cohort.members[result.cohort.members["year"] == 2]
    rate = cell_of(now, result.design.price).map(result.price.cells.set_index("cell")["rate"])
    table = pd.DataFrame({"expected": rate * now["exposure"], "actual": result.scope.costs.loc[now.index].sum(axis=1)})
    return table.groupby(now["locality"].astype(str)).sum()


def test_the_age_sex_price_of_year_1_is_1_10_short_for_year_2(by_site):
    """The reference gives 1.10 and not its age bands; the project's own bands (0, 5, 18, 45, 65) give 1.106."""
    assert by_site["actual"].sum() / by_site["expected"].sum() == pytest.approx(1.10, abs=0.01)


@pytest.mark.parametrize(("site", "ratio"), [("site 3", 1.57), ("site 5", 0.83)])
def test_the_price_misses_single_sites_by_far_more(by_site, site, ratio):
    """1.560 and 0.833 with the project's own age bands."""
    assert by_site.loc[site, "actual"] / by_site.loc[site, "expected"] == pytest.approx(ratio, abs=0.015)


def test_the_back_tests_ratio_is_the_one_over_all_sites(rand_hie, by_site):
    row = back_test(rand_hie, YEAR_ONE_PRICES_YEAR_TWO).by_year.set_index("year").loc[2]
    assert row["actual_over_expected"] == pytest.approx(by_site["actual"].sum() / by_site["expected"].sum())


def test_every_year_with_one_before_it_is_settled_on_earlier_years_only(rand_hie, quick):
    tested = back_test(rand_hie, quick)
    assert [r.year for r in tested.results] == [2, 3, 4, 5]
    assert all(max(r.price.base_years) < r.year for r in tested.results)
    assert sorted(tested.money_lines["year"].unique()) == [2, 3, 4, 5]


def test_a_years_row_adds_up(rand_hie, quick):
    rows = back_test(rand_hie, quick).by_year
    np.testing.assert_allclose(rows["commissioner_paid"], rows["cost"] + rows["holder"] + rows["partners"])
    np.testing.assert_allclose(rows["payment"], rows["price_pppy"] * rows["person_years"])
    assert (rows["cost_low_pppy"] < rows["cost_high_pppy"]).all()
    within = rows["cost_pppy"].between(rows["cost_low_pppy"], rows["cost_high_pppy"])
    assert (within == rows["within_95"]).all()
    assert (rows["within_50"] <= rows["within_80"]).all()
    assert (rows["within_80"] <= rows["within_95"]).all()
