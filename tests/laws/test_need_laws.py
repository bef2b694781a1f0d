"""Laws of need weights: they share out, they do not add; cells tell what people tell; order tells nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.errors import InputError
from capitation.price.need import need_weights, weights_by_cell
from capitation.price.need_features import FEATURE_SETS, NEEDS, PRIOR
from capitation.price.need_judged import judged
from capitation.price.need_models import FEWEST, GLM, TWEEDIE, TWEEDIE_POWER, TWO_PART

AGES = (0, 18, 65)
GROUPED = st.sampled_from([GLM, TWO_PART, TWEEDIE])


def population(seed: int, people: int = 600) -> tuple[pd.DataFrame, np.ndarray]:
    """Two base years and one after, with part-years, needs not recorded, and a fifth of people without cost."""
    draw, rows = np.random.default_rng(seed), 3 * people
    members = pd.DataFrame({
        "person_id": np.tile(np.arange(people), 3), "year": np.repeat([1, 2, 3], people),
        "exposure": np.where(draw.random(rows) < 0.2, draw.uniform(0.01, 1, rows), 1.0),
        "age": np.tile(draw.uniform(0, 90, people), 3) + np.repeat([0, 1, 2], people),
        "sex": np.tile(draw.choice(["female", "male"], people), 3), "locality": draw.choice(["a", "b"], rows),
        "practice": draw.choice(["p", "q", "r"], rows), "deprivation": draw.choice([1.0, 3.0, np.nan], rows),
        "prior_spend": draw.lognormal(5, 1, rows) * (draw.random(rows) < 0.6), "prior_known": draw.random(rows) < 0.9,
        "need:stroke": np.where(draw.random(rows) < 0.2, 1.0, np.nan), "need:count": draw.integers(0, 4, rows).astype(float),
    })  # fmt: skip
    cost = members["exposure"] * draw.gamma(0.5, 400, rows) * np.exp(0.01 * members["age"]) * (draw.random(rows) < 0.8)
    return members, cost.to_numpy()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), model=GROUPED, features=st.sampled_from(FEATURE_SETS))
def test_weights_average_one_over_the_base_population(seed, model, features):
    members, cost = population(seed)
    need = need_weights(members, cost, [1, 2], model, features, AGES)
    base = (members["year"] < 3).to_numpy()
    exposure = members["exposure"].to_numpy()
    assert (need.weight * exposure)[base].sum() / exposure[base].sum() == pytest.approx(1, abs=1e-12)
    assert (need.weight > 0).all()
    assert np.isfinite(need.weight).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), model=st.sampled_from([GLM, TWEEDIE]))
def test_cells_give_the_coefficients_of_the_model_person_by_person(seed, model):
    """statsmodels on a row a person and year, exposure as variance weights."""
    import statsmodels.api as sm

    members, cost = population(seed)
    need = need_weights(members, cost, [1, 2], model, NEEDS, AGES)
    base = (members["year"] < 3).to_numpy()
    design = need._fitted.columns.design([*(code[base] for code in need._codes), members["year"].to_numpy()[base] - 1])
    exposure = members["exposure"].to_numpy()[base]
    family = sm.families.Poisson() if model == GLM else sm.families.Tweedie(sm.families.links.Log(), TWEEDIE_POWER)
    start = np.r_[np.log(cost[base].sum() / exposure.sum()), np.zeros(design.shape[1] - 1)]
    by_person = sm.GLM(cost[base] / exposure, design, family, var_weights=exposure)
    params = by_person.fit(start_params=start, tol=1e-12, maxiter=200).params
    assert need._fitted.beta == pytest.approx(params, abs=2e-6)


def test_sandwich_errors_are_those_of_clusters_of_people():
    import statsmodels.api as sm

    members, cost = population(5)
    need = need_weights(members, cost, [1, 2], GLM, NEEDS, AGES)
    base = (members["year"] < 3).to_numpy()
    design = need._fitted.columns.design([*(code[base] for code in need._codes), members["year"].to_numpy()[base] - 1])
    exposure, person = members["exposure"].to_numpy()[base], members["person_id"].to_numpy()[base]
    fit = sm.GLM(cost[base] / exposure, design, sm.families.Poisson(), var_weights=exposure).fit(
        cov_type="cluster", cov_kwds={"groups": person, "use_correction": True}
    )
    rows, columns = design.shape
    ours = need.coefficients
    ours = ours[ours["error"] > 0]["error"].unique()
    theirs = fit.bse[1:] * np.sqrt((rows - columns) / (rows - 1))  # theirs has one more small-sample factor
    assert sorted(ours) == pytest.approx(sorted(theirs), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), model=GROUPED)
def test_the_order_of_rows_tells_nothing(seed, model):
    members, cost = population(seed)
    order = np.random.default_rng(seed).permutation(len(members))
    turned = members.iloc[order].reset_index(drop=True)
    one, other = (need_weights(m, c, [1, 2], model, PRIOR, AGES) for m, c in ((members, cost), (turned, cost[order])))
    assert other.predicted == pytest.approx(one.predicted[order], rel=1e-6)
    pd.testing.assert_frame_equal(weights_by_cell(one, 3), weights_by_cell(other, 3), rtol=1e-6)
    told = [judged(m, c, [1, 2], 3, model, PRIOR, AGES) for m, c in ((members, cost), (turned, cost[order]))]
    assert told[0].r_squared == pytest.approx(told[1].r_squared, rel=1e-5)
    pd.testing.assert_frame_equal(told[0].of("locality"), told[1].of("locality"), rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_group_that_was_fitted_costs_what_was_predicted(seed):
    """In the years fitted on, one part: actual over predicted is 1 in each group with a coefficient of its own."""
    members, cost = population(seed)
    need = need_weights(members, cost, [2], GLM, NEEDS, AGES)
    now = (members["year"] == 2).to_numpy()
    told = need.predicted[now] * members["exposure"].to_numpy()[now]
    for feature, code in zip(need.features, need._codes, strict=True):
        actual, predicted = np.bincount(code[now], cost[now]), np.bincount(code[now], told)
        own = np.bincount(code[now]) >= FEWEST
        if own[np.bincount(code[now]) > 0].all():
            assert actual[own] == pytest.approx(predicted[own], rel=1e-5), feature.name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.001, 1_000), model=GROUPED)
def test_another_currency_changes_no_weight(seed, factor, model):
    members, cost = population(seed)
    one, other = (need_weights(members, c, [1, 2], model, NEEDS, AGES) for c in (cost, factor * cost))
    assert other.weight == pytest.approx(one.weight, rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), model=GROUPED)
def test_the_judged_year_is_shared_out_whole_and_never_read_before(seed, model):
    members, cost = population(seed)
    found = judged(members, cost, [1, 2], 3, model, NEEDS, AGES)
    for what in ("tenth of predicted cost", "locality", "deprivation"):
        table = found.of(what)
        assert (table["actual"] * table["exposure"]).sum() == pytest.approx(
            (table["predicted"] * table["exposure"]).sum()
        )
        assert table["cost"].sum() == pytest.approx(cost[members["year"] == 3].sum())
        assert (table["low"] <= table["ratio"]).all()
        assert (table["ratio"] <= table["high"]).all()
    unread = np.where(members["year"] == 3, np.nan, cost)
    assert (need_weights(members, unread, [1, 2], model, NEEDS, AGES).weight
            == need_weights(members, cost, [1, 2], model, NEEDS, AGES).weight).all()  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 40), model=GROUPED, features=st.sampled_from(FEATURE_SETS))
def test_few_people_give_a_number_or_a_clear_line(seed, rows, model, features):
    members, cost = population(seed, 30)
    chosen = np.random.default_rng(seed).choice(len(members), rows, replace=False)
    try:
        need = need_weights(members.iloc[chosen].reset_index(drop=True), cost[chosen], [1, 2], model, features, AGES)
    except InputError:
        return
    assert np.isfinite(need.weight).all()
