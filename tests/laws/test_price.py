"""Laws of the price and its error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capitation.design.parts import Price as PriceTerms
from capitation.errors import InputError
from capitation.loss.ratio import linearised_error, log_interval, ratio_of_totals
from capitation.price.cells import cell_of
from capitation.price.growth import trend_factor
from capitation.price.person_year import base_years, price_person_year

ONE_CELL = PriceTerms(adjust="none", trend=0.0)


def people(seed: int, count: int = 60, years: tuple[int, ...] = (1, 2, 3)) -> tuple[pd.DataFrame, np.ndarray]:
    """Person-years with part years and a cost each."""
    rng = np.random.default_rng(seed)
    person, year = (g.ravel() for g in np.meshgrid(np.arange(count), years, indexing="ij"))
    members = pd.DataFrame({
        "person_id": person, "year": year, "exposure": rng.uniform(0.05, 1, person.size),
        "age": rng.uniform(0, 95, count)[person] + year, "sex": rng.choice(["female", "male"], count)[person],
    })  # fmt: skip
    return members, rng.gamma(0.4, 500, person.size) * (rng.random(person.size) < 0.7)


@given(st.integers(0, 10_000))
def test_the_error_of_one_cell_is_the_closed_formula_with_the_person_as_unit(seed):
    members, cost = people(seed, years=(1, 2))
    base = (members["year"] == 1).to_numpy()
    x, e = cost[base], members["exposure"].to_numpy()[base]
    rate, n = x.sum() / e.sum(), len(x)
    closed = np.sqrt((np.sum(x**2) - 2 * rate * np.sum(x * e) + rate**2 * np.sum(e**2)) / e.sum() ** 2 * n / (n - 1))
    price = price_person_year(members, cost, ONE_CELL, 2, (1,))
    assert (price.expected, price.errors.parameter) == pytest.approx((rate, closed))


@given(st.integers(0, 10_000))
def test_the_rows_of_one_person_count_as_one_unit(seed):
    members, cost = people(seed)
    split, whole = (price_person_year(m, cost, ONE_CELL, 3, (1, 2)).errors.parameter
                    for m in (members.assign(person_id=np.arange(len(members))), members))  # fmt: skip
    base = members[members["year"] < 3].assign(cost=cost[members["year"] < 3])
    merged = base.groupby("person_id")[["cost", "exposure"]].sum()
    rate = merged["cost"].sum() / merged["exposure"].sum()
    influence = ((merged["cost"] - rate * merged["exposure"]) / merged["exposure"].sum()).to_numpy()
    assert whole == pytest.approx(linearised_error(influence, np.arange(len(merged))))
    assert split != whole


@given(st.integers(0, 10_000), st.floats(-0.1, 0.25), st.floats(0, 0.1), st.floats(0.5, 0.99))
def test_the_build_up_sums_to_the_price(seed, trend, discount, confidence):
    terms = PriceTerms(trend=trend, discount=discount, confidence=confidence)
    price = price_person_year(*people(seed), terms, 3, (1, 2))
    assert price.per_person_year == pytest.approx(sum(price.build_up.values()))
    before_asking = sum(
        price.build_up[line] for line in ("history", "growth of volume", "growth of prices", "who is in")
    )
    assert before_asking == pytest.approx(price.expected)
    assert price.build_up["margin"] >= -1e-9
    assert price.build_up["efficiency"] == pytest.approx(-discount * price.expected)


@given(st.integers(0, 10_000))
def test_the_contract_years_own_costs_do_not_move_the_price(seed):
    members, cost = people(seed)
    dearer = np.where(members["year"] == 3, 9 * cost + 1, cost)
    one, other = (price_person_year(members, c, PriceTerms(), 3, (1, 2)) for c in (cost, dearer))
    assert (one.expected, one.error) == (other.expected, other.error)


@given(st.integers(0, 10_000))
def test_the_cells_hold_everybody_and_give_the_expected_cost(seed):
    members, cost = people(seed)
    price = price_person_year(members, cost, PriceTerms(), 3, (1, 2))
    cells = price.cells
    assert cells["exposure"].sum() == pytest.approx(price.exposure)
    assert cells["base_exposure"].sum() == pytest.approx(members.loc[members["year"] < 3, "exposure"].sum())
    assert (cells["exposure"] * cells["rate"]).sum() / cells["exposure"].sum() == pytest.approx(price.expected)


@given(st.integers(0, 10_000))
def test_with_the_same_people_as_in_the_base_year_the_adjustment_changes_nothing(seed):
    members, cost = people(seed, years=(1,))
    both = pd.concat([members, members.assign(year=2)], ignore_index=True)
    price = price_person_year(both, np.concatenate([cost, cost]), PriceTerms(trend=0.0), 2, (1,))
    assert price.build_up["who is in"] == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 10_000), st.floats(0.1, 100))
def test_price_and_error_follow_the_unit_of_money(seed, factor):
    members, cost = people(seed)
    one, other = (price_person_year(members, c, PriceTerms(), 3, (1, 2)) for c in (cost, factor * cost))
    assert (other.expected, other.error) == pytest.approx((factor * one.expected, factor * one.error))


def test_a_price_is_a_ratio_of_totals_and_never_a_mean_of_ratios():
    cost, exposure = np.array([100.0, 100.0]), np.array([1.0, 0.1])
    assert ratio_of_totals(cost, exposure) == pytest.approx(200 / 1.1)  # the mean of the ratios would be 550
    assert ratio_of_totals(cost, np.zeros(2)) == 0.0


def test_a_cell_without_history_has_the_overall_rate_and_its_error():
    members = pd.DataFrame({"person_id": [1, 2, 3], "year": [1, 1, 2], "exposure": 1.0, "age": [30.0, 31.0, 70.0],
                            "sex": "male"})  # fmt: skip
    price = price_person_year(members, np.array([100.0, 300.0, 0.0]), PriceTerms(trend=0.0), 2, (1,))
    assert price.expected == 200.0
    assert price.errors.parameter == pytest.approx(100.0)  # the standard error of a mean of 100 and 300


def test_a_cell_that_rests_on_one_person_does_not_claim_to_be_certain():
    members = pd.DataFrame({"person_id": [1, 2, 1, 2], "year": [1, 1, 2, 2], "exposure": 1.0,
                            "age": [30.0, 70.0, 31.0, 71.0], "sex": "male"})  # fmt: skip
    price = price_person_year(members, np.array([100.0, 300.0, 0.0, 0.0]), PriceTerms(trend=0.0), 2, (1,))
    assert price.expected == 200.0
    assert price.errors.parameter == pytest.approx(100.0)


def test_one_person_alone_gives_a_price_whose_error_is_not_known():
    members = pd.DataFrame({"person_id": [1, 1], "year": [1, 2], "exposure": 1.0, "age": [30.0, 31.0], "sex": "male"})
    price = price_person_year(members, np.array([100.0, 0.0]), PriceTerms(trend=0.0, confidence=0.9), 2, (1,))
    assert np.isnan([price.error, *price.interval()]).all()
    assert price.per_person_year == 100.0


@given(st.floats(0.01, 1e6), st.floats(0, 1e6), st.floats(0, 3))
def test_an_interval_of_a_cost_never_goes_below_zero(estimate, error, z):
    low, high = log_interval(estimate, min(error, 50 * estimate), z)
    assert 0 <= low <= estimate <= high
    assert low * high == pytest.approx(estimate**2)


@given(st.floats(0, 120))
def test_every_age_lies_in_the_band_that_starts_at_or_below_it(age):
    starts = PriceTerms().age_bands
    band = max(s for s in starts if s <= age)
    cell = cell_of(pd.DataFrame({"age": [age], "sex": ["female"]}), PriceTerms()).iloc[0]
    assert cell.startswith((f"female {band}-", f"female {band}+"))


def test_trend_compounds_by_the_year():
    np.testing.assert_allclose(trend_factor(0.1, np.array([0, 1, 2], dtype=np.int16)), [1.0, 1.1, 1.21], rtol=1e-15)


def test_the_base_years_are_the_years_just_before_and_need_members():
    assert base_years(PriceTerms(base_years=2), 5, [1, 2, 4, 5]) == (4,)
    assert base_years(PriceTerms(base_years=3), 5, [1, 2, 4, 5]) == (2, 4)
    with pytest.raises(InputError, match="no year of history with members"):
        base_years(PriceTerms(), 1, [1, 2])
    with pytest.raises(InputError, match="nobody meets the rules in year 5"):
        base_years(PriceTerms(), 5, [])
