"""What the cohort page says: everybody in, few people, and nothing said that the figures do not show."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capitation import tables_cohort
from capitation.charts import cohort, cohort_people, cohort_risk, cohort_time
from capitation.cohort.regression_to_mean import Fall, persistence, regression
from capitation.cohort.turnover import turnover
from capitation.contract import result_of
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.report import story
from capitation.workbench.cohort_words import PICTURES, cohort_details, why_not

ROOT = Path(__file__).parents[2]
EVERYBODY = {"cohort.min_age": 0}


@pytest.fixture(scope="module")
def page():
    """``page({...})``: the county's contract with these terms changed, nothing of it worked out yet."""
    county, design = (
        open_dataset(str(ROOT / "data_samples" / "county-5000")),
        read_design(ROOT / "designs" / "county.yaml"),
    )
    return lambda changes=EVERYBODY: result_of(county, change(design, changes))


def test_with_everybody_in_every_picture_is_drawn_or_says_why_not(page):
    result = page()
    missing = [name for name, draw in PICTURES.items() if draw(result) is None]
    assert missing == ["regression to the mean"]
    assert why_not(missing[0], result) == "everybody in the data is in, so that there is nobody to compare with"
    assert "nobody to compare with" in cohort_details(result)[-1]
    assert "it rose to 100 %" in cohort_time.persistence(result).finding.replace("\N{NO-BREAK SPACE}", " ")


def test_a_picture_that_can_not_be_shown_says_why_in_the_report(page):
    result = page(EVERYBODY | {"cohort.rules": ["prior spend >= 10000"]})
    assert "not shown, because fewer than 8 people left, or died" in story.drawn("selection", result)
    assert story.drawn("funnel", result).name == "cohort-funnel"


def followed(other_people: int, other_events: float = 50.0) -> pd.DataFrame:
    many = {"people": 100, "exposure": 100.0, "cost": 1e5, "cost*cost": 1e8 * 2, "outcome": 50.0}
    few = many | {
        "people": other_people,
        "cost": 1e3 * other_people,
        "cost*cost": 1e6 * other_people,
        "outcome": other_events,
    }
    rows = [{"year": year, "member": True, **many} for year in (1, 2)] + [{"year": 1, "member": False, **few}]
    return pd.DataFrame(rows)


def test_where_nobody_else_is_left_the_share_of_those_chosen_is_the_whole():
    shares = persistence(followed(60), 2, "outcome").shares.set_index("year")
    assert shares.loc[2, ["cost_share", "outcome_share"]].tolist() == [1, 1]
    assert shares.loc[1, "outcome_share"] == 0.5
    assert np.isnan(shares.loc[2, "others"])


@pytest.mark.parametrize(("other_people", "may"), [(60, True), (3, False)])
def test_a_share_that_gives_away_the_few_who_are_not_chosen_is_not_shown(other_people, may):
    rows = persistence(followed(other_people), 2, "outcome").shares.to_dict("records")
    assert all(map(cohort_time.may_show_share, rows)) is may


def test_expected_change_and_the_change_beyond_everybody_s_growth_are_told_apart_with_limits_of_the_same_sign():
    """By hand: £100 a year before, everybody's growth 1.5, the cohort's 0.8 of that: £120 expected, £30 less than £150."""
    falls = [Fall(year, 100.0, 120.0, 1.5, float(np.log(0.8)), 0.01) for year in (1, 2)]
    found = regression(falls[1], falls[:1], exposure=10.0, excess_before=1.0, excess_after=0.5)
    assert (found.saving_without_doing_anything.value, found.change.value) == pytest.approx((300, 200))
    assert found.change.low < 200 < found.change.high
    assert found.change.high - found.change.low == pytest.approx(
        found.saving_without_doing_anything.high - found.saving_without_doing_anything.low
    )


def test_the_title_names_both_comparisons_and_its_limits_hold_its_figure(page):
    dear = page(EVERYBODY | {"cohort.rules": ["prior spend >= 10000"]})
    found, words = dear.profile.regression, cohort_time.regression_finding(dear)
    plain = (found.expected.value - found.now.before) * dear.profile.exposure
    assert found.change.value == pytest.approx(plain)
    assert "less than everybody’s own rise would make it" in words
    assert "against the year before it falls by" in words
    old = cohort_time.regression_finding(page({}))
    assert "more than everybody’s own rise would make it (£" in old and "(−" not in old


def test_what_chance_leaves_open_is_said_to_be_open(page):
    risky = page(EVERYBODY | {"cohort.rules": ["risk >= 0.3"]})
    assert cohort_time.regression_finding(risky).startswith("It can’t be told whether these rules pick people")
    assert cohort_time.selection_finding(page({})).startswith("It can’t be told whether those who left were dearer")


def test_no_rate_of_the_dearest_stands_on_fewer_than_eight_people_who_were_or_were_not(page):
    result = page()
    tenths, bands = result.profile.stratification.tenths, cohort_risk.shown_bands(result)
    assert (tenths["events"].between(0.01, 7.9)).any()  # so that there is something to hide
    events = bands["observed"] * bands["people"]
    assert (events >= 8).all() and (bands["people"] - events >= 8).all()
    assert bands["people"].sum() == pytest.approx(tenths["people"].sum())
    shown = {d["band"] for d in cohort_risk.risk_told(result).data["rows"]}
    assert shown == set(bands["band"]) and any(" to " in band for band in shown)


def changed(stayed: int, died: int, joined: int) -> pd.DataFrame:
    rows = [
        ("stayed in", 0, stayed, 100.0),
        ("died", 0, died, 900.0),
        ("stayed in", 1, stayed, 80.0),
        ("joined", 1, joined, 300.0),
    ]
    return pd.DataFrame([(c, y, n, float(n), n * each) for c, y, n, each in rows],
                        columns=["change", "year", "people", "exposure", "cost"])  # fmt: skip


def test_those_who_stayed_are_not_counted_as_comers_and_goers():
    """Few died and many joined: they are taken together, without those who stayed."""
    shown = cohort_time.shown_effects(turnover(changed(20, 4, 9), 1))
    assert shown["stayed in"] == pytest.approx(-20)
    assert set(shown) == {"stayed in", cohort_time.TOGETHER}


def test_where_too_few_stayed_nothing_is_said_of_comers_and_goers(page):
    shown = cohort_time.shown_effects(turnover(changed(5, 30, 40), 1))
    assert "stayed in" not in shown
    frail = page(EVERYBODY | {"cohort.rules": ["prior emergency_admission >= 2"]})
    assert "too few people stayed in to say" in cohort_time.turnover_finding(frail)


def test_the_risk_score_s_calibration_is_in_a_table_and_in_the_details(page):
    result = page()
    agreement, table = (
        result.profile.stratification.agreement,
        tables_cohort.calibration(result).rows.set_index("Measure"),
    )
    assert table.loc["calibration slope", "value"] == f"{agreement.slope:.2f}"
    assert table.loc["calibration intercept", "value"] == f"{agreement.intercept:.2f}".replace("-", "\N{MINUS SIGN}")
    assert table.loc["c-statistic", "95 % limits"].count(" to ") == 1
    assert float(table.loc["1", "lift"]) > 2
    assert set(table.index) >= set(cohort_risk.shown_bands(result)["band"])
    assert any("slope" in line and "(1 would be right)" in line for line in cohort_details(result))


def test_everybody_s_own_rise_is_not_called_growth_and_growth_stands_beside_it(page):
    """The same people dearer by 14 % with deaths to come; cost per person-year grew by less than half of that."""
    result = page({})
    table = tables_cohort.regression(result)
    last = table.rows.iloc[-1]
    cost = result.dataset.costs.sum(axis=1).groupby(result.dataset.person_years["year"]).sum()
    exposure = result.dataset.person_years.groupby("year")["exposure"].sum()
    grown = (cost[2017] / exposure[2017]) / (cost[2016] / exposure[2016]) - 1
    assert last["growth of everybody’s cost per person-year"] == f"+{grown:.1%}".replace("%", "\N{NO-BREAK SPACE}%")
    assert float(last[cohort_time.OWN_RISE].split("\N{NO-BREAK SPACE}")[0]) > 200 * grown
    assert not [column for column in table.rows.columns if "fall" in column]
    assert cohort_time.OWN_RISE_IS in table.notes


def test_it_is_said_that_cost_here_is_of_all_services(page):
    result = page({})
    said = [cohort_people.size_curve, cohort_people.concentration, cohort_people.segments, cohort_time.regression]
    assert all(cohort_people.ALL_CARE in draw(result).alt for draw in said)
    assert cohort_people.ALL_CARE in tables_cohort.segments(result).notes
    assert cohort_details(result)[0].endswith(cohort_people.ALL_CARE)


def test_the_oldest_are_not_put_into_a_band_of_five_years(page):
    oldest = cohort.ages(page(EVERYBODY | {"cohort.rules": ["age >= 98"]}))
    assert "90 to 94" not in oldest.alt and oldest.alt.startswith(
        "Person-years by age on the index date. 90 and over: "
    )
    assert 98 <= float(oldest.finding.split(" ")[3]) <= 104


def test_mean_ages_are_those_of_the_people(page):
    result = page({})
    rows = result.dataset.person_years[result.dataset.person_years["year"] == result.year]
    old = rows["age"] >= 65
    means = [np.average(rows.loc[mine, "age"], weights=rows.loc[mine, "exposure"]) for mine in (old, ~old)]
    assert result.profile.mean_ages == pytest.approx(means, abs=0.15)


def test_the_funnel_says_how_many_each_rule_removes(page):
    picture = cohort.funnel(page({"cohort.rules": ["conditions >= 2"]}))
    steps = picture.data["rows"]
    assert [row["shown"].split(" ")[-1] for row in steps[1:]] == ["removed", "removed"]
    assert steps[0]["left"] - steps[1]["left"] == int(steps[1]["shown"].split(", ")[-1].split(" ")[0].replace(",", ""))


@pytest.mark.parametrize("draw", [cohort.ages, cohort_people.deprivation])
def test_who_is_in_and_who_is_out_stand_back_to_back(page, draw):
    rows = draw(page({})).data["rows"]
    assert {row["who"] for row in rows} == {"in", "out"}
    assert all(row["people"] >= 0 for row in rows if row["who"] == "in")
    assert min(row["people"] for row in rows if row["who"] == "out") < 0


@pytest.mark.parametrize(("changes", "said"), [
    ({}, "The largest share of people are in where they live in Rother (32.3 %), the smallest in Hastings (19.7 %)"),
    (EVERYBODY, "In every locality shown 100.0 % of people are in"),
    (EVERYBODY | {"cohort.localities": ["Rother"]}, "Only people of Rother are in: 100.0 % of them"),
])  # fmt: skip
def test_the_map_s_title_fits_who_is_in(page, changes, said):
    assert cohort_people.locality_map(page(changes)).finding.replace("\N{NO-BREAK SPACE}", " ") == said


def test_whether_deprivation_decides_is_left_open_where_chance_leaves_it_open(page):
    assert cohort_people.deprivation_finding(page()) == "Everybody is in, whatever their deprivation"
    rother = cohort_people.deprivation_finding(page(EVERYBODY | {"cohort.localities": ["Rother"]}))
    assert rother.startswith("It can’t be told whether the most deprived")
