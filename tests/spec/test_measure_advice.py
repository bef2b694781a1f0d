"""What the measure library says against the terms of a contract: in the advice, in the cautions, and from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from capitation import tables
from capitation.cli import app
from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import ContractDesign, change, read_design
from capitation.form.advice import warnings
from capitation.form.measure_advice import of_result, of_terms, weights_in_words
from capitation.outcomes.library import library
from capitation.outcomes.library.named import named
from capitation.report.summary import cautions
from capitation.shadow.back_test import back_test

NBSP = "\N{NO-BREAK SPACE}"


def paying(**measures: dict[str, Any]) -> ContractDesign:
    return ContractDesign.model_validate({"outcomes": {"withhold": 0.05, "measures": measures}})


@pytest.fixture(scope="module")
def county(root: Path) -> LinkedDataset:
    return open_dataset(str(root / "data_samples" / "county-5000"))


@pytest.fixture(scope="module")
def county_design(root: Path) -> ContractDesign:
    return change(read_design(root / "designs" / "county.yaml"), {"outlook.replicates": 1_024})


def settled(data: LinkedDataset, design: ContractDesign, **terms: Any) -> ContractResult:
    """The contract with these terms of measures, e.g. ``review_done__weight=0``."""
    paths = {f"outcomes.measures.{name.replace('__', '.')}": value for name, value in terms.items()}
    return settle(data, change(design, paths))


@pytest.mark.parametrize(("name", "short"), [
    ("falls_admission_65", "M15"), ("diabetes_control", "M01"), ("M35", "M35"), ("admissions", "D01"), ("nothing", None),
])  # fmt: skip
def test_a_contract_s_measure_is_found_by_short_name_or_by_the_outcome_that_is_rather_paid_on(
    name: str, short: str | None
):
    found = named(name, library())
    assert (found.id if found else None) == short


def test_a_measure_that_is_paid_for_getting_worse_is_named_with_the_rule():
    (line,) = of_terms(paying(falls_admission_65={"target": 0.2}))
    assert line == (
        "Emergency admissions with falls at 65 and over (falls_admission_65): lower is better, yet its target 0.2 is above its floor 0 "
        "(which it is unless another is "
        "named): getting worse is paid for."
    )
    (other,) = of_terms(paying(M35={"floor": 0.7, "target": 0.5}))
    assert other == (
        "M35 (Good experience of the GP practice): higher is better, yet its target 0.5 is below its floor 0.7: getting worse "
        "is paid for."
    )
    (named_floor,) = of_terms(paying(falls_admission_65={"floor": 0.02, "target": 0.2}))
    assert "above its floor 0.02: getting worse is paid for." in named_floor


@pytest.mark.parametrize("terms", [
    {"falls_admission_65": {"floor": 0.05, "target": 0.02}}, {"M35": {"floor": 0.5, "target": 0.7, "gate": 0.4}},
    {"of_nobody_knows_what": {"floor": 3, "target": 2}}, {"falls_admission_65": {"floor": 2, "target": 1.5}},
])  # fmt: skip
def test_a_measure_paid_in_its_own_direction_or_unknown_to_the_library_draws_no_line(terms: dict[str, Any]):
    assert of_terms(paying(**terms)) == []


def test_a_share_s_scale_outside_0_to_1_is_named():
    (line,) = of_terms(paying(review_done={"floor": 0.5, "target": 1.7, "gate": 1.9}))
    assert (
        line
        == "Yearly review of long-term conditions (review_done): a share lies from 0 to 1, but its target is 1.7 and "
        "its gate is 1.9."
    )
    beyond = {
        "floor": 0.5,
        "target": 0.9,
        "stretch": 1.2,
        "target_share": 0.8,
        "rewards": "improvement",
        "improvement": 5,
    }
    (line,) = of_terms(paying(review_done=beyond))
    assert line.endswith("but its stretch is 1.2 and its improvement is 5.")
    unused = {"floor": 0.5, "target": 0.9, "stretch": 1.2, "improvement": 5}
    assert of_terms(paying(review_done=unused)) == []


def test_weights_that_don_t_sum_to_one_are_said_with_what_each_counts_for():
    two = paying(M35={"weight": 2}, M45={"weight": 1}).outcomes
    assert weights_in_words(two) == [
        f"The weights of the measures sum to 3, not to 1, so that each counts as its part: M35 67{NBSP}%, M45 33{NBSP}%."
    ]
    for weights in ((0.7, 0.3), (0.9, 0.1)):
        assert weights_in_words(paying(M35={"weight": weights[0]}, M45={"weight": weights[1]}).outcomes) == []
    assert weights_in_words(ContractDesign().outcomes) == []


def test_weights_that_are_all_0_are_a_warning_and_not_a_division():
    design = paying(M35={"weight": 0}, M45={"weight": 0})
    (line,) = of_terms(design)
    assert line.startswith("The weights of all measures are 0, so that none counts: ")
    assert line in warnings(design)
    assert weights_in_words(design.outcomes) == []


def test_the_score_shows_each_weight_as_its_part(county: LinkedDataset, county_design: ContractDesign):
    rows = tables.score(settled(county, county_design)).rows.set_index("Measure")
    assert list(rows["weight"]) == [f"67{NBSP}%", f"33{NBSP}%"]
    none = settled(county, county_design, review_done__weight=0, died_at_usual_place__weight=0)
    assert list(tables.score(none).rows["weight"]) == [f"0{NBSP}%"] * 2


def test_a_measure_of_fewer_than_its_least_is_named_with_both_numbers(
    county: LinkedDataset, county_design: ContractDesign
):
    """The deaths counted are of the members of 2017/18, and the falls events; by hand from the tables, to the nearest 5."""
    result = settled(county, county_design, falls_admission_65__floor=0.05, falls_admission_65__target=0.02)
    now = result.cohort.measures[(result.cohort.members["year"] == 2017).to_numpy()]
    deaths, falls = (
        int(now[key].sum()) for key in (("died_at_usual_place", "denominator"), ("falls_admission_65", "numerator"))
    )
    assert (5 * round(deaths / 5), 5 * round(falls / 5)) == (45, 40)
    (line,) = [line for line in of_result(result) if line.startswith("Fewer")]
    assert line.endswith(
        ": Died at the usual place of residence (died_at_usual_place) 45 of 590 people, "
        "Emergency admissions with falls at 65 and over (falls_admission_65) 40 of 104 expected events."
    )


def test_a_measure_whose_balancing_measure_is_nowhere_is_named(county: LinkedDataset, county_design: ContractDesign):
    """Reviews are balanced by blood pressure, which the county counts; deaths at home by M27, which nobody supplies."""
    (line,) = [line for line in of_result(settled(county, county_design)) if line.startswith("Nothing would show")]
    assert line.endswith(
        ": Died at the usual place of residence (died_at_usual_place) "
        "asks for ‘Three or more emergency admissions in the last 90 days of life’."
    )


def test_what_is_only_to_be_watched_is_not_paid_on_without_a_word(rand_hie: LinkedDataset, quick: ContractDesign):
    result = settled(rand_hie, quick, mental_health_contact__floor=0.02, mental_health_contact__target=0.1)
    said = [line for line in of_result(result) if "watch" in line]
    assert said == [
        "Money depends on what the measure library has to watch and never to pay on: "
        "Any mental health contact in the year (mental_health_contact)."
    ]
    without_weight = settled(
        rand_hie,
        quick,
        mental_health_contact__weight=0,
        mental_health_contact__floor=0.02,
        mental_health_contact__target=0.1,
    )
    assert [line for line in of_result(without_weight) if "watch" in line] == []


def test_the_cautions_hold_both_kinds(county: LinkedDataset, county_design: ContractDesign):
    result = settled(county, county_design, falls_admission_65__target=0.2)
    found = cautions(result, back_test(county, result.design))
    assert {*of_terms(result.design), *of_result(result)} <= {*found}
    assert sum("getting worse is paid for" in line for line in found) == 1


def test_settling_from_the_command_line_warns_and_checking_a_design_does_too(root: Path, tmp_path: Path):
    reverse = ["--set", "outcomes.measures.falls_admission_65.target=0.2", "--set", "outlook.replicates=1024"]
    design, data = str(root / "designs" / "county.yaml"), str(root / "data_samples" / "county-5000")
    done = CliRunner().invoke(app, ["settle", "--dataset", data, "--design", design, *reverse])
    assert done.exit_code == 0
    said = [
        line
        for line in json.loads(done.stdout)["warnings"]
        if line.startswith("Emergency admissions with falls at 65 and over (falls_admission_65): lower is better")
    ]
    assert len(said) == 1
    mine = tmp_path / "mine.yaml"
    mine.write_text("outcomes: {measures: {falls_admission_65: {target: 0.2, weight: 2}}}", encoding="utf-8")
    checked = CliRunner().invoke(app, ["design", "check", str(mine)])
    assert (
        "warning: Emergency admissions with falls at 65 and over (falls_admission_65): lower is better"
        in checked.output
    )
    assert "note: The weights of the measures sum to 2, not to 1" in checked.output
