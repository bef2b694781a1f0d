"""Further rules of a cohort, in words: what they keep, and how wrong ones are answered."""

from pathlib import Path

import pytest

from capitation.cohort.members import select
from capitation.contract import check_enough_members, settle
from capitation.dataset import open_dataset
from capitation.design import change, read_design
from capitation.design.parts import Cohort
from capitation.errors import InputError
from capitation.report.run import settled

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def county():
    return open_dataset(str(ROOT / "data_samples" / "county-5000"))


def people(data, *rules: str, **terms) -> int:
    return select(data, Cohort(rules=rules, **terms)).people(2016)


def members(data, *rules: str, **terms):
    found = select(data, Cohort(rules=rules, **terms)).members
    return found[found["year"] == 2016]


def test_each_kind_of_rule_keeps_those_it_says(county):
    everyone = members(county)
    assert people(county, "age >= 65") == (everyone["age"] >= 65).sum()
    assert people(county, "age < 18") == (everyone["age"] < 18).sum()
    assert (
        people(county, "practice = practice 01, practice 02")
        == everyone["practice"].isin(["practice 01", "practice 02"]).sum()
    )
    assert people(county, "locality != Rother") == (everyone["locality"] != "Rother").sum()
    assert people(county, "frailty >= 0.24") == (everyone["need:frailty"] >= 0.24).sum()
    assert people(county, "conditions >= 3") == (everyone["need:conditions"] >= 3).sum()
    assert people(county, "deprivation = 1, 2") == everyone["deprivation"].isin([1, 2]).sum()


def test_somebody_without_a_record_of_dementia_is_not_demented(county):
    assert people(county, "dementia != 1") + people(county, "dementia = 1") == people(county)


def test_use_in_the_year_before_is_that_of_the_year_before(county):
    before = county.measures[("emergency_admission", "numerator")].to_numpy()
    rows = county.person_years.assign(stays=before)
    stays = rows[rows["year"] == 2015].set_index("person_id")["stays"]
    chosen = members(county, "prior emergency_admission >= 2")
    assert len(chosen) > 20
    assert (stays.loc[chosen["person_id"]] >= 2).all()
    there = members(county, "prior emergency_admission >= 0")
    assert len(chosen) == (stays.reindex(there["person_id"]) >= 2).sum()


def test_segments_and_risk_can_be_asked_for(county):
    assert people(county, "segment = D: 6 to 8 conditions") == people(county, "conditions >= 6", "conditions < 9")
    assert 0 < people(county, "risk >= 0.2") < people(county, "risk >= 0.05") < people(county)


def test_one_of_several_conditions_is_enough_and_not_is_everybody_else(county):
    everyone = members(county)
    old, frail = everyone["age"] >= 75, everyone["need:frailty"] >= 0.24
    assert people(county, "age >= 75 or frailty >= 0.24") == (old | frail).sum() > max(old.sum(), frail.sum())
    assert people(county, "not age >= 75") == (~old).sum()
    assert people(county, "not frailty >= 0.24") + people(county, "frailty >= 0.24") == len(everyone)
    assert people(county, "not prior spend >= 500") == len(everyone) - people(county, "prior spend >= 500")
    assert people(county, "not age >= 75 or frailty >= 0.24") == (~old | frail).sum()


def test_a_name_with_or_in_it_is_one_name(county):
    gravest = people(county, "segment = E: 9 or more conditions")
    assert gravest == people(county, "conditions >= 9")
    assert people(county, "segment = E: 9 or more conditions or age >= 75") == people(
        county, "conditions >= 9 or age >= 75"
    )


def test_over_and_up_to_take_whole_years_of_age_and_other_numbers_as_they_are(county):
    everyone = members(county)
    assert people(county, "age <= 65") == (everyone["age"] < 66).sum() == people(county, max_age=65)
    assert people(county, "age > 65") == (everyone["age"] >= 66).sum()
    assert people(county, "conditions > 2") == people(county, "conditions >= 3")
    assert people(county, "deprivation <= 2") == people(county, "deprivation = 1, 2")


def test_the_segments_scheme_decides_a_rule_on_segments_wherever_it_stands(county):
    healthy = "age >= 90 or segment = Mostly healthy, 65+, Mostly healthy, 0-12"
    with pytest.raises(InputError, match="there is no segment 'Mostly healthy'"):
        people(county, healthy)
    each = [f"segment = {name}" for name in ("Mostly healthy, 65+", "Mostly healthy, 0-12")]
    several = people(county, " or ".join(["age >= 90", *each]), scheme="north west london")
    assert 0 < people(county, "age >= 90") < several == people(county, healthy, scheme="north west london")


def test_rules_are_in_the_funnel_one_by_one(county):
    funnel = select(county, Cohort(rules=("age >= 65", "conditions >= 3"))).funnel
    assert list(funnel[funnel["year"] == 2016]["rule"]) == ["everyone in the data", "age >= 65", "conditions >= 3"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("cost >= 100", "looks into the future: cost of 2017/18 is known on 31 March 2018, and people are chosen as at 1 April 2017"),
        ("emergency_admission >= 1", "looks into the future"),
        ("ending = died", "looks into the future"),
        ("exposure >= 1", "looks into the future"),
        ("agee >= 65", "the data set has no column 'agee'; expected one of age"),
        ("practice = practice 99", "there is no practice 'practice 99'"),
        ("age >= sixty", "'sixty' is not a number"),
        ("age => 65", "there is no sign '=>'; expected '>='"),
        ("age =< 65", "there is no sign '=<'; expected '<='"),
        ("age >= 65 and frailty >= 0.24", "'and' can't stand in it; expected two rules"),
        ("age >= 65 or cost >= 100", "looks into the future: cost"),
        ("age >= 65 or", "'65 or' is not a number"),
        ("not", "is not a rule"),
        ("old people", "is not a rule"),
        ("age >=", "is not a rule"),
        ("sex >= 3", "sex has names, not numbers"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_answered_in_one_line(county, rule, said):
    with pytest.raises(InputError, match=r"cohort\.rules") as error:
        people(county, rule)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_year_s_own_outcome_is_known_too_late_in_a_study_without_dates(rand_hie):
    with pytest.raises(InputError, match="admissions of study year 5 is known at its end"):
        select(rand_hie, Cohort(rules=("admissions >= 1",)))


@pytest.mark.parametrize(("rule", "said"), [
    ("age >= 650", "'age >= 650' leaves nobody"),
    ("age >= 103", "so few people meet the rules"),
])  # fmt: skip
def test_a_cohort_of_nobody_or_of_three_is_refused_by_the_rule_that_leaves_it(county, rule, said):
    design = change(read_design(ROOT / "designs" / "county.yaml"), {"cohort.rules": [rule]})
    with pytest.raises(InputError) as error:
        check_enough_members(settle(county, design))
    assert said in str(error.value)


def test_a_report_on_three_people_is_refused_for_them_and_not_for_its_back_test():
    with pytest.raises(InputError) as refused:
        settled(
            str(ROOT / "data_samples" / "county-5000"),
            ROOT / "designs" / "county.yaml",
            {"cohort.rules": ["age >= 103"]},
            None,
        )
    assert str(refused.value).startswith("cohort: so few people meet the rules in")
    assert "back-test" not in str(refused.value)
