"""After signing: control charts with a baseline that stays, places, people left out, the learning loop, and what may be shown."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from capitation.after_signing import exceptions, learning, months, places
from capitation.charts import outcomes_after
from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset, make_county, open_dataset
from capitation.dataset.by_month import DAYS, DEATHS, months_of
from capitation.dataset.county import outcomes, population
from capitation.dataset.selection import Condition
from capitation.design import ContractDesign, change, read_design
from capitation.design.outcome_parts import PaidMeasure
from capitation.outcomes.control_chart import xmr
from capitation.outcomes.learning_loop import STATES
from capitation.outcomes.loop_counted import loop_of
from capitation.tables_outcomes_after import after_details, exceptions_table, loop_table, months_table, places_table

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data_samples" / "county-5000"
PLANTED = ("diabetes_control", "blood_pressure_control", "review_done")
EVERYBODY = {"cohort.min_age": 0}
SHUFFLES = 150


@pytest.fixture(scope="module")
def county() -> LinkedDataset:
    return open_dataset(str(SAMPLE))


@pytest.fixture(scope="module")
def design() -> ContractDesign:
    return read_design(ROOT / "designs" / "county.yaml")


@pytest.fixture(scope="module")
def everybody(county, design) -> ContractResult:
    return settle(county, change(design, EVERYBODY))


def paying(design: ContractDesign, **measures: PaidMeasure) -> ContractDesign:
    return design.model_copy(update={"outcomes": design.outcomes.model_copy(update={"measures": measures})})


# --- what a term of an outcome repeats ------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "design"), [(str(SAMPLE), "county"), ("rand-hie", "baseline")])
def test_a_target_asks_the_data_nothing_and_moves_only_its_own_line(data, design, monkeypatch):
    first = settle(open_dataset(data), read_design(ROOT / "designs" / f"{design}.yaml"))
    before = [draw(first) for draw in outcomes_after.PICTURES], exceptions.exceptions(first)

    def asked(*_: object) -> None:
        raise AssertionError("the data were asked again")

    for name in ("by_month", "loop", "chosen", "units", "left_after"):
        monkeypatch.setattr(type(first.dataset.held), name, asked)
    name, of = next(iter(first.design.outcomes.measures.items()))
    later = settle(
        first.dataset, change(first.design, {f"outcomes.measures.{name}.target": (of.floor + of.target) / 2})
    )
    after = [draw(later) for draw in outcomes_after.PICTURES], exceptions.exceptions(later)
    assert later is not first and [p and (p.finding, p.data) for p in before[0]] == [
        p and (p.finding, p.data) for p in after[0]
    ]
    assert before[1] == after[1]


# --- by month ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conditions", [(), (Condition("age", "at least", (65,)),)], ids=["everybody", "65 and over"])
def test_days_by_month_add_up_to_the_exposure_of_each_year(county, conditions):
    found = county.held.by_month(conditions, *county.months)
    days = found[found["what"] == DAYS]
    year = days["month"].map(lambda m: int(m[:4]) - (int(m[5:]) < 4))
    members = county.held.chosen(conditions).person_years
    length = {y: (date(y + 1, 4, 1) - date(y, 4, 1)).days for y in county.years}
    exposure = members.groupby("year")["exposure"].sum() * pd.Series(length)
    np.testing.assert_allclose(days.groupby(year)["amount"].sum(), exposure, atol=1e-6)


def test_units_and_deaths_by_month_are_those_of_the_tables(county):
    found = county.held.by_month((), *county.months).set_index(["what", "month"])["amount"]
    spend = pq.read_table(SAMPLE / "spend.parquet").to_pandas()
    mine = (
        spend[spend["service"] == "a_and_e"].groupby(pd.to_datetime(spend["month"]).dt.strftime("%Y-%m"))["units"].sum()
    )
    np.testing.assert_allclose(found["a_and_e"], mine)
    died = pd.to_datetime(pq.read_table(SAMPLE / "people.parquet")["death_date"].to_pandas()).dropna()
    assert found[DEATHS].sum() == ((died > "2013-04-01") & (died <= "2018-04-01")).sum()


def test_a_page_and_a_process_apart_count_the_same(county):
    old = (Condition("age", "at least", (65,)),)
    in_memory = county.without_engine().held
    pd.testing.assert_frame_equal(in_memory.by_month(old, *county.months), county.held.by_month(old, *county.months))
    half = county.as_at("2017-06")
    pd.testing.assert_frame_equal(
        half.without_engine().held.by_month((), *half.months), half.held.by_month((), *half.months)
    )


def test_days_away_are_taken_off_the_months_they_are_in(tmp_path):
    from tests.spec.test_dataset_linked import DESCRIPTION, TABLES

    (tmp_path / "dataset.yaml").write_text(DESCRIPTION, "utf-8")
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    data = open_dataset(str(tmp_path))
    for held in (data.held, data.without_engine().held):
        found = held.by_month((), *data.months)
        days = found[found["what"] == DAYS]["amount"].sum()
        exposure = sum(
            r.exposure * (date(r.year + 1, 4, 1) - date(r.year, 4, 1)).days for r in data.person_years.itertuples()
        )
        assert days == pytest.approx(exposure)


def with_change(folder: Path, month: str, factor: float) -> Path:
    """The sample with so many times the attendances at A&E from a month on."""
    for file in SAMPLE.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    spend = pq.read_table(folder / "spend.parquet").to_pandas()
    later = (spend["service"] == "a_and_e") & (pd.to_datetime(spend["month"]) >= month)
    spend.loc[later, "units"] = spend.loc[later, "units"] * factor
    spend.to_parquet(folder / "spend.parquet")
    return folder


def test_a_planted_rise_is_marked_in_the_month_in_which_it_starts_and_falls_outside_the_limit(tmp_path, design):
    data = open_dataset(str(with_change(tmp_path, "2017-09-01", 2.0)))
    series = months.of(settle(data, change(design, EVERYBODY)), "M12")
    assert series is not None
    start = series.names.index("2017-09")
    assert (series.chart.outside[start:] == 1).all() and not (series.chart.outside[:start] == 1).any()
    assert series.variation == "concern"
    assert series.verdict.startswith("Worse than chance explains: the latest month lies above the upper limit")
    picture = outcomes_after.control(settle(data, change(design, EVERYBODY)), "M12")
    marks = {row["month"]: (row["rule"], row["kind"]) for row in picture.data["rows"]}
    assert marks["2017-09"] == ("outside a limit", "worse")


def test_the_baseline_is_the_twenty_months_before_the_contract_and_no_later_month_moves_it(county, design, tmp_path):
    plain = months.of(settle(county, change(design, EVERYBODY)), "M12")
    raised = months.of(
        settle(open_dataset(str(with_change(tmp_path, "2017-04-01", 3.0))), change(design, EVERYBODY)), "M12"
    )
    assert plain.baseline == raised.baseline == 20 and plain.names[:20] == raised.names[:20]
    assert plain.names[20] == "2017-04"
    for name in ("mean", "low", "high"):
        np.testing.assert_array_equal(getattr(plain.chart.limits, name), getattr(raised.chart.limits, name))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=20, max_size=20), st.lists(st.floats(0, 1e4), max_size=30))
def test_points_that_are_added_never_move_the_limits(before, after):
    first, longer = xmr(before, 20).limits, xmr([*before, *after], 20).limits
    for name in ("mean", "low", "high"):
        assert (getattr(longer, name) == getattr(first, name)[0]).all()


def test_months_that_are_not_in_yet_are_left_out_and_late_ones_completed(county, design):
    series = months.of(settle(county.as_at("2017-09"), change(design, EVERYBODY)), "M12")
    whole = months.of(settle(county, change(design, EVERYBODY)), "M12")
    assert series.left_out == ("2017-08", "2017-09") and series.names[-1] == "2017-07"
    assert series.completed[-1] and not any(whole.completed)
    there = dict(zip(whole.names, whole.chart.values, strict=True))
    recent = [abs(v / there[name] - 1) for name, v in zip(series.names, series.chart.values, strict=True)]
    assert max(recent) < 0.12


def test_the_target_of_the_contract_is_on_the_chart_in_its_unit(county, design):
    paid = paying(change(design, EVERYBODY), emergency_admission=PaidMeasure(floor=0.12, target=0.03, weight=1))
    series = months.of(settle(county, paid), "M11")
    assert series.goal == pytest.approx(2.5)  # 0.03 a person-year are 30 of 1,000 a year
    assert series.assurance == "consistently fails"
    assert "out of reach" in series.verdict


def test_yearly_figures_make_no_control_chart():
    result = settle(open_dataset("rand-hie"), read_design(ROOT / "designs" / "baseline.yaml"))
    assert months.followed(result) == () and months_table(result) is None
    assert any(
        line.startswith("Month by month: Yearly figures make no control chart") for line in after_details(result)
    )
    assert learning.learning(result) == () and outcomes_after.loop(result) is None


# --- places --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted(tmp_path_factory, design) -> dict[int, ContractResult]:
    folder = tmp_path_factory.mktemp("planted")
    paid = paying(change(design, EVERYBODY), diabetes_control=PaidMeasure(floor=0.6, target=0.7),
                  blood_pressure_control=PaidMeasure(floor=0.7, target=0.8))  # fmt: skip
    return {seed: settle(open_dataset(str(make_county(12_000, seed, folder / str(seed)))), paid) for seed in (1, 2, 3)}


def test_the_planted_spread_of_practices_lies_within_the_stated_interval(planted):
    """Of 42 over 14 seeds 41 did; of the nine here one may lie outside, since the limits are of 95 %."""
    inside = [within_its_interval(result, seed, name) for seed, result in planted.items() for name in PLANTED]
    assert sum(inside) >= len(inside) - 1


def within_its_interval(result: ContractResult, seed: int, name: str) -> bool:
    found, practices = places.places(result, name), sum(map(len, population.practices_by_district(12_000)))
    assert found.by == "practice" and len(found.table) == practices
    effects = outcomes.effects(seed, practices)[name]
    on_the_arcsine = effects.std(ddof=1) * np.sqrt(found.centre * (1 - found.centre)) / 2
    tau, low, high = found.tau
    assert low <= tau <= high
    return low <= on_the_arcsine <= high


def test_places_by_hand_one_apart_from_all_others_is_named():
    size = np.full(10, 400.0)
    people = np.array([260] * 9 + [340])
    table = pd.DataFrame({"numerator": people, "expected": size * people.sum() / size.sum() / 10 * 10, "denominator": size},
                         index=pd.Index([f"p{n}" for n in range(10)], name="practice"))  # fmt: skip
    from capitation.outcomes.library import library

    found = places._places(library()["M01"], "practice", 2017, table, np.ones(10, dtype=bool), pd.Series([400] * 10))
    assert places.verdict_words(found) == "1 of 10 practices lies outside the 99.8 % limits: p9 (above)"
    assert not found.by_chance.suspect_the_model


def test_where_more_than_one_in_ten_lie_outside_the_model_is_suspected():
    from capitation.outcomes.library import library

    size, people = np.full(10, 400.0), np.array([180, 340] + [260] * 8)
    table = pd.DataFrame({"numerator": people, "expected": np.full(10, people.sum() / 10), "denominator": size},
                         index=pd.Index([f"p{n}" for n in range(10)], name="practice"))  # fmt: skip
    found = places._places(library()["M01"], "practice", 2017, table, np.ones(10, dtype=bool), pd.Series([400] * 10))
    assert found.by_chance.outside == 2 and "the model is to be suspected" in places.verdict_words(found)


@pytest.mark.parametrize(("name", "age"), [("units:a_and_e", 65), ("emergency_admission", 0)])
def test_with_practices_shuffled_the_spread_is_called_more_than_none_as_often_as_stated(county, design, name, age):
    """There is no effect of practices then: the 95 % limits miss 0 at either end in 2.5 of 100 cases each."""
    result = settle(county, change(design, {"cohort.min_age": age}))
    cohort, measure = result.cohort, places._entries(county)[name]
    now, labels = (cohort.members["year"] == 2017).to_numpy(), cohort.members["practice"].to_numpy(dtype=object)
    found = []
    for seed in range(SHUFFLES):
        shuffled = labels.copy()
        shuffled[now] = np.random.default_rng(seed).permutation(labels[now])
        people = SimpleNamespace(
            members=cohort.members.assign(practice=shuffled), measures=cohort.measures, units=cohort.units
        )
        found.append(places.by_place(measure, name, people, "practice", 2017))
    assert all(one.uneven > 1.2 for one in found)
    above, all_below = (sum(one.tau[1] > 0 for one in found), sum(one.tau[2] == 0 for one in found))
    assert above <= binom.ppf(0.999, SHUFFLES, 0.025)
    low, high = binom.interval(0.999, SHUFFLES, 0.05)
    assert low <= above + all_below <= high


def test_unevenness_by_hand_one_of_ten_people_has_every_event():
    each = {
        "age band": 65,
        "sex": "female",
        "deprivation": 1,
        "numerator": 5,
        "denominator": 10,
        "numerator_squares": 25,
    }
    table = pd.DataFrame([{**each, "product": 5, "denominator_squares": 10}])
    assert places.unevenness(table, False) == pytest.approx(22.5 / 5)
    once = table.assign(numerator_squares=5)  # five people with one each
    assert places.unevenness(once, True) == pytest.approx(1) and places.unevenness(once, False) == 1


def test_five_practices_without_one_outside_can_not_tell_and_no_words_deny_a_spread_that_is_stated(county, design):
    for name in ("emergency_admission", "review_done", "blood_pressure_control"):
        found = places.places(settle(county, design), name)
        said = f"{places.verdict_words(found)}; {places.reliability_words(found)}"
        assert found.tau[1] == 0 and found.reliability[2] > 0.7
        assert "5 practices of this size can’t tell whether they differ" in said and "no more than chance" not in said
        assert ("no size can be named" in said) == (found.tau[0] == 0)
        assert found.reliability[0] == pytest.approx(found.usual_size / (found.usual_size + found.half(found.tau[0])))


# --- people left out -----------------------------------------------------------------------------------------------


def test_exceptions_are_told_where_the_data_can_tell_and_else_said_to_be_unknown(everybody):
    by_id = {of.measure.id: of for of in exceptions.exceptions(everybody)}
    known, unknown = by_id["M01"], by_id["M06"]
    members = everybody.cohort.members.query("year == 2017")
    counted = everybody.cohort.measures.loc[members.index, ("diabetes_control", "denominator")] > 0
    frail = (members["need:frailty"] > 0.24) & counted
    assert known.rate == pytest.approx(frail.sum() / counted.sum())
    assert unknown.found is None
    table = exceptions_table(everybody)
    assert "the data set doesn’t say who was left out" in table.html()


# --- the loop ------------------------------------------------------------------------------------------------------


def counts(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame([("HbA1c", *row) for row in rows], columns=["measure", "state", "became", "days", "people"])


BY_HAND = counts(
    ("due", "measured", 20, 60), ("due", "measured", 30, 40), ("due", "still", 10, 8), ("due", "still", 100, 12), ("due", "closed", 5, 10),
    ("compared", "achieved", 1, 50), ("compared", "improve", 14, 3), ("compared", "still", 90, 40), ("due", "now", 0, 20),
)  # fmt: skip


def test_the_loop_by_hand():
    found = loop_of(BY_HAND, "HbA1c", learning.ALLOWED)
    assert found.entered["due"] == 130 and found.stuck["due"] == 12 and found.lost["due"] == 22
    assert found.days.loc["due", "measured"] == 20 and found.now["due"] == 20
    table = learning.shown_table(found).set_index("state")
    assert table.loc["due", ["entered", "went on", "in time", "lost"]].tolist() == [130, 100, 10, 20]
    compared = table.loc["compared"]
    assert (
        compared["lost"] == 40 and compared["entered"] == 95
    )  # 40 of 93; 3 with a new plan are too few to be told apart
    assert np.isnan(compared["of"])  # 43 missed the target, and 3 of them with a new plan could be worked out
    assert learning.lost_words(compared) == "40"
    assert np.isnan(compared["went on"]) and all(np.isnan(n) for n in compared["to"].values())


def test_people_lost_before_a_new_plan_are_of_those_who_missed_the_target():
    """200 are compared, 133 meet the target: of the 67 others 23 are lost, a third and not one in nine."""
    rows = counts(("compared", "achieved", 1, 133), ("compared", "improve", 14, 41), ("compared", "still", 90, 22),
                  ("compared", "still", 9, 3), ("compared", "closed", 5, 1))  # fmt: skip
    found = loop_of(rows, "HbA1c", learning.ALLOWED)
    compared = learning.shown_table(found).set_index("state").loc["compared"]
    assert compared[["entered", "lost", "of"]].tolist() == [200, 25, 65]
    said = learning.finding(learning.Learning("HbA1c", 2017, found, learning.shown_table(found)))
    assert "about 25 of 65 who missed the target" in said and "200" not in said
    bars = {row["part"]: row["people"] for row in outcomes_after._bars({"state": "compared", **compared.to_dict()})}
    assert bars == {outcomes_after.MET: 135, outcomes_after.LOST: 25, outcomes_after.NOT_LOST: 40}


def test_everybody_who_comes_into_a_state_goes_somewhere(everybody):
    for year in (2015, 2017):
        found = loop_of(
            everybody.dataset.held.loop((), year, everybody.dataset.days_of(year)[1]), "HbA1c", learning.ALLOWED
        )
        assert (found.entered == found.became.sum(axis=1)).all()
        parts = found.became[list(STATES)].sum(axis=1) + found.became["still"] + found.became["not legal"]
        assert (parts == found.entered).all() and (found.lost <= found.entered).all()
        assert found.became.loc["measured", "received"] <= found.entered["received"]


def test_the_picture_says_where_most_are_lost_and_holds_no_small_number(everybody):
    picture = outcomes_after.loop(everybody)
    assert picture.finding.startswith(
        "HbA1c: most people are lost between a missed target and a new plan: about 40 of 130 who missed the target wait over 28 days"
    )
    assert all(row["people"] == 0 or (row["people"] >= 10 and row["people"] % 5 == 0) for row in picture.data["rows"])


# --- what may be shown ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0, 65, 85, 92])
def test_no_person_and_no_figure_of_few_people_is_in_any_output(county, design, age):
    result = settle(county, change(design, {"cohort.min_age": age}))
    pictures = [p for draw in outcomes_after.PICTURES if (p := draw(result)) is not None]
    tables = [
        t for make in (months_table, places_table, exceptions_table, loop_table) if (t := make(result)) is not None
    ]
    text = " ".join(
        [json.dumps([p.finding, p.alt, p.data]) for p in pictures] + [t.html() for t in tables] + after_details(result)
    )
    assert "person_id" not in text
    assert_no_month_of_few(result)
    for found in places.all_paid(result):
        assert (found.table["people"] >= 8).all()
    for one in learning.learning(result):
        shown = one.table[["entered", "went on", "in time", "lost", "of"]].to_numpy(dtype=float)
        of_few = one.loop.became.sum(axis=1).between(1, 7).to_numpy()
        assert np.isnan(shown[of_few]).all() and not ((shown > 0) & (shown < 10)).any()


def assert_no_month_of_few(result: ContractResult) -> None:
    data = result.dataset
    found = data.held.by_month(result.cohort.conditions, *data.months).set_index(["what", "month"])["people"]
    span = [m.name for m in months_of(data.meta, *data.months)]
    for series in months.followed(result):
        what = months.followable(data)[series.measure.id]
        if series.period == "month":
            people = found.get(what, pd.Series(dtype=float)).reindex(span).fillna(0)
            assert ((people == 0) | (people >= 8)).all()


def test_deaths_that_are_few_by_month_are_followed_by_quarter_or_not_at_all(county, design):
    small = settle(county, design)
    assert months.of(small, "P04") is None  # some quarter has 1 to 7
    assert any("too few people" in line for line in after_details(small) if line.startswith("Month by month"))
