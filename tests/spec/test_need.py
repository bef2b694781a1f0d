"""Need weights by hand, judged by hand, on the real data and on the county; what is refused."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capitation import tables_need as tables
from capitation.charts import price_need as pictures
from capitation.charts.runtime import static_svg
from capitation.contract import result_of
from capitation.dataset import open_dataset
from capitation.design import read_design
from capitation.errors import InputError
from capitation.price.need import capped_score_growth, need_weights, weights_by_cell
from capitation.price.need_features import AGE_AND_SEX, NEEDS, PRIOR, features_of
from capitation.price.need_judged import PUBLISHED, TENTH, compared, judged
from capitation.price.need_models import BOOSTING, FEWEST, GLM, MODELS, TWEEDIE, TWO_PART

ROOT = Path(__file__).parents[2]
AGES = (0, 40)


def people(year: int, sexes: str, exposure: float = 1.0, age: float = 30.0, start: int = 0) -> pd.DataFrame:
    """Person-years of one year: ``"f" * 60 + "m" * 60``."""
    n = len(sexes)
    return pd.DataFrame({
        "person_id": start + np.arange(n), "year": year, "exposure": exposure, "age": age,
        "sex": [{"f": "female", "m": "male"}[s] for s in sexes], "prior_spend": 0.0, "prior_known": False,
    })  # fmt: skip


def both(*tables: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)


HALVES = "f" * FEWEST + "m" * FEWEST


def test_weights_by_hand():
    """Women cost 100, men 300, as many person-years of each: 0.5 and 1.5. Next year's costs are not read."""
    members = both(people(1, HALVES), people(2, "f" * 30 + "m" * 10))
    cost = np.r_[np.full(FEWEST, 100.0), np.full(FEWEST, 300.0), np.full(40, np.nan)]
    need = need_weights(members, cost, [1], GLM, AGE_AND_SEX, AGES)
    assert need.mean == pytest.approx(200)
    assert need.weight == pytest.approx(np.where(members["sex"] == "female", 0.5, 1.5))
    assert need.mean_weight(2) == pytest.approx((30 * 0.5 + 10 * 1.5) / 40)
    table = weights_by_cell(need, 2)
    assert table["cell"].tolist() == ["female 0-39", "male 0-39"]
    assert table["weight"].tolist() == pytest.approx([0.5, 1.5])
    assert (table["exposure"].tolist(), table["people"].tolist()) == ([30, 10], [30, 10])
    assert (table["base_people"].tolist(), table["cost"].tolist()) == ([FEWEST, FEWEST], [100 * FEWEST, 300 * FEWEST])


@pytest.mark.parametrize("model", [GLM, TWO_PART, TWEEDIE])
def test_part_years_count_by_exposure(model):
    """Women there for half a year at 50 cost 100 a year; a third of men cost 900 and the others nothing."""
    members = both(people(1, "f" * 2 * FEWEST, exposure=0.5), people(1, "m" * 3 * FEWEST, start=2 * FEWEST))
    cost = np.r_[np.full(2 * FEWEST, 50.0), np.full(FEWEST, 900.0), np.zeros(2 * FEWEST)]
    need = need_weights(members, cost, [1], model, AGE_AND_SEX, AGES)
    assert need.predicted[0] == pytest.approx(100, rel=1e-5)
    assert need.predicted[-1] == pytest.approx(300, rel=1e-5)
    assert need.mean == pytest.approx((100 * FEWEST + 300 * 3 * FEWEST) / (4 * FEWEST), rel=1e-5)


def test_growth_between_base_years_is_not_taken_for_need():
    """Everything doubles in year 2, when there are twice as many men: weights stay 100 to 300."""
    members = both(people(1, HALVES), people(2, HALVES + "m" * FEWEST))
    man = (members["sex"] == "male").to_numpy()
    cost = np.where(man, 300.0, 100.0) * members["year"].to_numpy()
    need = need_weights(members, cost, [1, 2], GLM, AGE_AND_SEX, AGES)
    assert need.weight[man][0] / need.weight[~man][0] == pytest.approx(3)
    assert need.predicted[0] == pytest.approx(200)  # at the level of the last base year


def test_a_level_of_few_people_is_taken_with_its_neighbour():
    members = both(people(1, HALVES), people(1, "f" * (FEWEST - 1), age=50.0, start=1_000))
    cost = np.r_[np.full(2 * FEWEST, 100.0), np.full(FEWEST - 1, 10_000.0)]
    need = need_weights(members, cost, [1], GLM, AGE_AND_SEX, AGES)
    assert need.predicted[0] == pytest.approx(need.predicted[-1])
    ages = need.coefficients[need.coefficients["feature"] == "age"]
    assert ages["shared"].tolist() == [True, True]


def test_people_of_an_age_never_seen_have_their_neighbours_weight():
    members = both(people(1, HALVES), people(1, HALVES, age=50.0, start=1_000), people(2, "f", age=70.0, start=5_000))
    cost = np.r_[np.full(2 * FEWEST, 100.0), np.full(2 * FEWEST, 300.0), 0.0]
    need = need_weights(members, cost, [1], GLM, AGE_AND_SEX, (0, 40, 60))
    assert need.weight[-1] == pytest.approx(1.5)


def test_a_marker_not_recorded_as_a_flag_means_no_and_prior_use_is_cut_at_rounded_amounts():
    spent = np.random.default_rng(1).lognormal(7, 1, 1_000).round(2)
    members = people(1, "f" * 1_000).assign(prior_spend=spent, prior_known=True,
                                            **{"need:stroke": [1.0] * 300 + [np.nan] * 700})  # fmt: skip
    _, _, stroke, prior = features_of(members, PRIOR)
    assert np.bincount(stroke.codes(members)).tolist() == [700, 300]
    assert not set(prior.edges) & set(spent)
    assert np.diff(np.bincount(prior.codes(members))[1:-1]).max() < 0
    assert (prior.codes(members.assign(prior_known=False)) == prior.labels.index("not there before")).all()


def test_measures_by_hand():
    """Fitted: women 100, men 300. Then 2 women cost 0 and 100, 2 men 200 and 500: total 800, as weights say; mean 200.

    R² = 1 - (100² + 0² + 100² + 200²) / (200² + 100² + 0² + 300²) = 1 - 60,000/140,000; MAE (100 + 0 + 100 + 200)/4.
    """
    after = people(2, "ffmm").assign(practice=["a", "b", "a", "b"], locality=["x", "x", "y", "y"])
    members = both(people(1, HALVES), after)
    cost = np.r_[np.full(FEWEST, 100.0), np.full(FEWEST, 300.0), 0, 100, 200, 500]
    found = judged(members, cost, [1], 2, GLM, AGE_AND_SEX, AGES)
    assert found.r_squared == pytest.approx(1 - 60_000 / 140_000)
    assert found.mean_absolute_error == pytest.approx(100)
    assert (found.mean, found.level, found.r_squared_fitted) == (200, pytest.approx(1), pytest.approx(1))
    assert found.practices == 2
    assert found.practice_r_squared == pytest.approx(0)  # both told 200; they had 100 and 300
    by_place = found.of("locality")
    assert by_place["group"].tolist() == ["x", "y"]
    assert by_place["ratio"].tolist() == pytest.approx([0.5, 7 / 6])
    by_practice = found.of("practice")  # each was told 100 + 300; a had 0 + 200, b 100 + 500
    assert by_practice["group"].tolist() == ["a", "b"]
    assert (by_practice["actual"].tolist(), by_practice["predicted"].tolist()) == (
        [100, 300],
        pytest.approx([200, 200]),
    )
    assert by_practice["ratio"].tolist() == pytest.approx([0.5, 1.5])
    assert found.of(TENTH)["exposure"].tolist() == pytest.approx([0.4] * 10)
    assert found.of(TENTH)["ratio"].tolist() == pytest.approx([0.5] * 5 + [7 / 6] * 5)


def test_the_level_is_told_apart_from_the_weights():
    members = both(people(1, HALVES), people(2, HALVES))
    cost = np.where(members["sex"] == "male", 300.0, 100.0) * np.where(members["year"] == 2, 1.1, 1.0)
    found = judged(members, cost, [1], 2, GLM, AGE_AND_SEX, AGES)
    assert found.level == pytest.approx(1.1)
    assert found.r_squared == pytest.approx(1)


def test_limits_of_a_predictive_ratio_hold_it_95_times_in_100():
    """A group of 300 skewed costs beside one of 3,000, with a true ratio of 1 in both."""
    draw, held = np.random.default_rng(7), 0
    members = both(people(1, HALVES), people(2, "f" * 3_300).assign(locality=["small"] * 300 + ["large"] * 3_000))
    for _ in range(400):
        cost = np.r_[np.full(2 * FEWEST, 100.0), draw.gamma(0.5, 200.0, 3_300)]
        small = judged(members, cost, [1], 2, GLM, AGE_AND_SEX, AGES).of("locality").set_index("group").loc["small"]
        held += small["low"] <= 1 <= small["high"]
    assert 0.92 <= held / 400 <= 0.98


def test_the_cap_on_score_growth_by_hand():
    found = capped_score_growth([1.0, 1.02, 1.05, 0.90])
    assert found.found.tolist() == pytest.approx([1, 1.02, 1.05, 0.90])
    assert found.paid.tolist() == pytest.approx([1, 1.02, 1.03, 0.97])
    assert found.cut.tolist() == pytest.approx([0, 0, 0.02, -0.07])
    beside = capped_score_growth([2.0, 2.2], region=[1.0, 1.05])  # 10 % against the region's 5 %: 1.05 · 1.03
    assert beside.paid.tolist() == pytest.approx([1, 1.0815])


def test_the_published_figures_are_those_of_the_study():
    assert PUBLISHED == {AGE_AND_SEX: (0.0373, 0.0366), NEEDS: (0.1264, 0.1223)}


MEMBERS = both(people(1, HALVES), people(2, HALVES))
COST = np.where(MEMBERS["sex"] == "male", 300.0, 100.0)


@pytest.mark.parametrize(("members", "cost", "years", "says"), [
    (MEMBERS, COST * 0, [1], "nobody in the base years has any cost"),
    (MEMBERS, np.where(MEMBERS["year"] == 1, 0, COST), [1], "nobody in the base years has any cost"),
    (MEMBERS.assign(exposure=np.where(MEMBERS["year"] == 1, 0.0, 1.0)), COST, [1, 2], "nobody has any days in year 1"),
    (MEMBERS, COST, [1, 7], "nobody has any days in year 7"),
    (MEMBERS, COST, [], "no year of history"),
    (MEMBERS, COST * np.nan, [1], "not a number"),
    (MEMBERS.assign(exposure=-1.0), COST, [1], "below 0"),
    (MEMBERS, COST[:-1], [1], "costs of shape"),
])  # fmt: skip
@pytest.mark.parametrize("model", MODELS)
def test_bad_input_is_one_line(members, cost, years, says, model):
    with pytest.raises(InputError, match=says):
        need_weights(members, cost, years, model, AGE_AND_SEX, AGES)


def test_years_costing_nothing_beside_one_that_costs_are_no_fault():
    need = need_weights(MEMBERS, np.where(MEMBERS["year"] == 1, 0, COST), [1, 2], GLM, AGE_AND_SEX, AGES)
    assert np.isfinite(need.weight).all()


@pytest.mark.parametrize(("year", "cost", "says"), [
    (1, COST, "would be judged on year 1"),
    (9, COST, "nobody has any days in year 9"),
    (2, np.where(MEMBERS["year"] == 2, 0, COST), "cost of year 2 is nothing"),
])  # fmt: skip
def test_no_model_is_judged_on_what_it_has_seen_or_on_nothing(year, cost, says):
    with pytest.raises(InputError, match=says):
        judged(MEMBERS, cost, [1], year, GLM, AGE_AND_SEX, AGES)


def test_a_cell_with_no_people_is_refused_by_name():
    need = need_weights(MEMBERS, COST, [1], GLM, AGE_AND_SEX, AGES)
    cell = (MEMBERS["sex"] == "male").to_numpy().astype(int)
    assert weights_by_cell(need, 2, cell, ["women", "men"])["weight"].tolist() == pytest.approx([0.5, 1.5])
    with pytest.raises(InputError, match="nobody is in the cell 'children'"):
        weights_by_cell(need, 2, cell, ["women", "men", "children"])
    with pytest.raises(InputError, match="nobody meets the rules in year 3"):
        weights_by_cell(need, 3)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: need_weights(MEMBERS, COST, [1], "a guess"), "no model"),
    (lambda: need_weights(MEMBERS, COST, [1], GLM, "shoe size"), "no set of features"),
    (lambda: need_weights(MEMBERS, COST, [1], GLM, AGE_AND_SEX, (0, 40, 40)), "age bands"),
    (lambda: capped_score_growth([]), "0 scores"),
    (lambda: capped_score_growth([1.0, 0.0]), "not above 0"),
    (lambda: capped_score_growth([1.0, 1.1], [1.0]), "for 1 of the region"),
    (lambda: capped_score_growth([1.0], cap=-1), "cap is below 0"),
])  # fmt: skip
def test_what_does_not_exist_is_refused(call, says):
    with pytest.raises(InputError, match=says):
        call()


@pytest.fixture(scope="module")
def county():
    return result_of(
        open_dataset(str(ROOT / "data_samples" / "county-5000")), read_design(ROOT / "designs" / "county.yaml")
    )


def test_a_person_there_in_two_base_years_is_one_person_of_a_cell_with_one_cost():
    table = weights_by_cell(need_weights(MEMBERS, COST, [1, 2], GLM, AGE_AND_SEX, AGES), 2)
    assert table["base_people"].tolist() == [FEWEST, FEWEST]
    assert table["squares"].tolist() == pytest.approx([FEWEST * 200**2, FEWEST * 600**2])


def test_the_real_data_side_by_side_out_of_time(rand_hie, baseline):
    """Age and sex tell about as much of single people's cost as published; prior use more."""
    result = result_of(rand_hie, baseline)
    found = compared(result.cohort.members, result.scope.total, (2, 3), 4)
    table = found.table.set_index(["model", "features"])
    assert 0.01 < table["r_squared"][GLM, AGE_AND_SEX] < 0.06
    assert table["published"][GLM, AGE_AND_SEX] == 0.0366
    for model in (GLM, TWO_PART, TWEEDIE, BOOSTING):
        assert table["r_squared"][model, PRIOR] > table["r_squared"][GLM, AGE_AND_SEX]
        assert table["mean_absolute_error"][model, PRIOR] < table["mean_absolute_error"][GLM, AGE_AND_SEX]
    assert table["r_squared"].between(0, 0.3).all()


def test_the_county_side_by_side_out_of_time(county):
    found = compared(county.cohort.members, county.scope.total, (2014, 2015), 2016)
    table = found.table.set_index(["model", "features"])
    assert table["r_squared"][GLM, AGE_AND_SEX] < table["r_squared"][GLM, NEEDS] < table["r_squared"][GLM, PRIOR]
    assert 0.05 < table["r_squared"][GLM, NEEDS] < 0.25
    by_need = found.judged[1]
    assert by_need.practices == 5
    assert {"deprivation", "locality", "practice", TENTH} == set(by_need.ratios["of"])
    assert by_need.of(TENTH)["predicted"].is_monotonic_increasing


def test_nothing_of_need_in_the_data_leaves_that_model_out():
    assert [j.features for j in compared(MEMBERS, COST, [1], 2, AGES, ((GLM, AGE_AND_SEX), (GLM, NEEDS))).judged] == [
        AGE_AND_SEX
    ]


def test_trees_come_out_the_same_twice(county):
    once, twice = (need_weights(county.cohort.members, county.scope.total, (2015,), BOOSTING, PRIOR) for _ in range(2))
    assert (once.predicted == twice.predicted).all()


@pytest.fixture(scope="module")
def shown(county):
    """The county's comparison, one judged model with many groups, and the contract's cells, few people in one of each."""
    members = county.cohort.members
    members = members.assign(locality=members["locality"].astype(object))
    few = members.index[members["year"] == 2016][:5]
    members.loc[few, "locality"] = "a hamlet"
    found = compared(members, county.scope.total, (2014, 2015), 2016, models=((GLM, AGE_AND_SEX), (GLM, NEEDS)))
    need = need_weights(members, county.scope.total, county.basis.years)
    cell = np.where(members["locality"] == "a hamlet", 0, np.where(members["age"] < 75, 1, 2))
    cells = weights_by_cell(need, 2016, cell, ["a hamlet", "under 75", "75 and over"])
    return found, cells


def test_pictures_say_what_they_found_in_words_and_figures(shown):
    found, cells = shown
    made = [pictures.tenths(found.judged[1]), pictures.groups(found.judged[1]), pictures.explained(found),
            pictures.ladder(cells, "2016")]  # fmt: skip
    for picture in made:
        assert picture is not None
        assert any(c.isdigit() for c in picture.finding)
        assert picture.alt.count(";") >= 1 or picture.name == "price-need-ladder"
        assert "<svg" in static_svg(picture)
        assert picture.data["rows"]
    assert "published: 4" in made[2].finding


def test_groups_of_few_people_are_in_no_picture_and_no_table(shown):
    found, cells = shown
    assert (found.judged[1].of("locality")["group"] == "a hamlet").any()
    drawn = pictures.groups(found.judged[1])
    assert drawn is not None
    assert not any("hamlet" in row["group"] for row in drawn.data["rows"])
    assert "hamlet" not in drawn.alt
    table = tables.ratios(found.judged[1], "£").rows.set_index("Group")
    hidden = table[table["people"] == "*"]
    assert "a hamlet" in hidden.index
    assert len(hidden) >= 2  # no part by subtraction
    assert (hidden.iloc[:, 1:] == "*").all().all()
    ladder = pictures.ladder(cells, "2016")
    assert ladder is None or "hamlet" not in ladder.alt
    weights = tables.weights(cells, "2016").rows.set_index("Cell")
    assert weights.loc["a hamlet"].tolist() == ["*"] * 3
    assert (weights["people"] == "*").sum() >= 2


def practices(sizes: dict[str, int], factors: dict[str, float] | None = None, places: dict[str, str] | None = None):
    """Weights of women alone judged on practices of these sizes whose people each cost 100 times their practice's factor."""
    names = np.repeat(list(sizes), list(sizes.values()))
    after = people(2, "f" * len(names)).assign(practice=names)
    if places:
        after = after.assign(locality=[places[name] for name in names])
    cost = np.r_[np.full(2 * FEWEST, 100.0), [100.0 * (factors or {}).get(name, 1.0) for name in names]]
    return judged(both(people(1, "f" * 2 * FEWEST), after), cost, [1], 2, GLM, AGE_AND_SEX, AGES)


def test_practices_are_told_in_words_and_the_furthest_of_many_are_listed():
    """40 practices of 50; four cost half, four half as much again, the others the mean; the total stays 40 · 50 · 100."""
    names = [f"P{n:02}" for n in range(40)]
    factors = dict.fromkeys(names[:4], 0.5) | dict.fromkeys(names[4:8], 1.5) | {"P08": 0.95, "P09": 1.05}
    found = practices(dict.fromkeys(names, 50), factors)
    assert pictures.practice_words(found) == "8 of 40 practices lie outside 0.90 to 1.10, 8 of them by more than chance"
    listed = pictures.ratios_listed(found, "practice")
    assert listed["group"].tolist() == [*names[:4], "P08", "P09", *names[4:8]]
    assert listed["ratio"].tolist() == pytest.approx([0.5] * 4 + [0.95, 1.05] + [1.5] * 4)
    table = tables.ratios(found, "£")
    assert (table.rows["by"] == "practice").sum() == 10
    assert "The 10 furthest from 1 are listed." in table.notes[0]
    drawn = pictures.groups(found)
    assert drawn is not None
    assert len(drawn.data["rows"]) == 10
    assert drawn.finding.startswith("Weights learnt from 1 were right within chance for 30 of 40 groups in 2; ")
    assert drawn.finding.endswith(pictures.practice_words(found))


def test_no_practices_and_one_alone_are_said_in_words():
    none = judged(MEMBERS, COST, [1], 2, GLM, AGE_AND_SEX, AGES)
    assert tables.ratios(none, "£").notes[0] == "Practices are not recorded."
    assert tables.ratios(practices({"A": 60}), "£").notes[0] == "One practice alone is recorded."
    assert tables.ratios(practices({"A": 4, "B": 5}), "£").notes[0].startswith("No practice may be shown")


@pytest.mark.parametrize(("sizes", "places", "hidden"), [
    ({"A": 5, "B": 40, "C": 50}, None, "AB"),  # the next smallest goes with a small one
    ({"A": 5, "B": 40, "C": 20}, {"A": "x", "B": "x", "C": "y"}, "AB"),  # and lies in its place: x less B would be A
    ({"A": 5, "B": 6, "C": 40, "D": 50}, {"A": "x", "B": "x", "C": "y", "D": "y"}, "ABCD"),  # none is large enough in x
    ({"A": 5, "B": 40, "C": 50, "D": 60}, {"A": "x", "B": "y", "C": "z", "D": "z"}, "AB"),  # x is hidden with y
])  # fmt: skip
def test_a_practice_of_few_people_is_not_had_from_its_place(sizes, places, hidden):
    safe = pictures.safe_ratios_of(practices(sizes, places=places), "practice")
    assert "".join(safe.loc[safe["ratio"].isna(), "group"]) == hidden
    assert safe.loc[safe["ratio"].isna(), ["people", "actual", "predicted", "low", "high"]].isna().all().all()


def test_a_cell_that_is_mostly_one_persons_cost_has_no_weight_shown(shown):
    _, cells = shown
    rich = cells.assign(people=200, base_people=200, squares=np.r_[cells["cost"][0] ** 2, cells["squares"][1:]])
    assert tables.weights(rich, "2016").rows.set_index("Cell").loc["a hamlet", "weight"] == "*"


def test_too_few_people_to_judge_on_are_not_drawn():
    members = both(people(1, HALVES), people(2, "ffmm").assign(locality=list("xxyy")))
    cost = np.r_[np.full(FEWEST, 100.0), np.full(FEWEST, 300.0), 0, 100, 200, 500]
    found = compared(members, cost, [1], 2, AGES, ((GLM, AGE_AND_SEX),))
    assert pictures.tenths(found.judged[0]) is None
    assert pictures.groups(found.judged[0]) is None
    assert pictures.explained(found) is None
    assert tables.models(found, "£").rows.empty
    assert set(tables.ratios(found.judged[0], "£").rows["people"]) == {"*"}


def test_tables_name_the_currency_and_the_published_figures(shown):
    found, cells = shown
    table = tables.models(found, "£", lambda year: f"year {year}")
    assert table.title.endswith("learnt from year 2014, year 2015, judged on year 2016")
    assert table.rows["published"].tolist() == ["0.0366", "0.1223"]
    assert any("£" in column for column in table.rows.columns)
    for made in (table, tables.ratios(found.judged[0], "£"), tables.weights(cells, "2016"),
                 tables.score_growth(capped_score_growth([1.0, 1.05]), ["2016", "2017"])):  # fmt: skip
        assert "cw-table" in made.html()
        assert "nan" not in made.rows.to_string().lower()


def test_ages_sexes_and_100_cells_of_half_a_million_people_take_little_time():
    """The whole is measured in bench; here a tenth of it, with room for a busy machine."""
    draw, n = np.random.default_rng(1), 54_000
    members = pd.DataFrame({"person_id": np.tile(np.arange(n), 4), "year": np.repeat([1, 2, 3, 4], n), "exposure": 1.0,
                            "age": draw.uniform(0, 100, 4 * n), "sex": draw.choice(["female", "male"], 4 * n),
                            "prior_spend": 0.0, "prior_known": False})  # fmt: skip
    cost = draw.gamma(0.5, 2_000, 4 * n)
    start = time.perf_counter()
    table = weights_by_cell(need_weights(members, cost, (1, 2, 3), GLM, AGE_AND_SEX, tuple(range(0, 100, 2))), 4)
    assert len(table) == 100
    assert time.perf_counter() - start < 1.0
