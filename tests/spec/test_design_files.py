"""The designs that ship with the project, and what is said when a design is wrong."""

import pytest

from capitation.contract import settle
from capitation.design import ContractDesign, apply_scenario, change, diff, parse_setting, read_design, read_scenarios
from capitation.errors import InputError
from capitation.form.advice import warnings

WRONG = {
    "a term that is not there": ("risk: {corridor: {width: 0.1}}", "risk.corridor.width: there is no such term"),
    "a part that is not there": ("rysk: {}", "rysk: there is no such term"),
    "a number above its bounds": (
        "price: {trend: 3}",
        "price.trend (Yearly growth of cost): 3 is not accepted; expected a number from -0.1 to 0.25",
    ),
    "a number below its bounds": (
        "outcomes: {withhold: -0.1}",
        "outcomes.withhold (Share of the price that depends on outcomes): -0.1 is not accepted; expected a number from 0 to 0.5",
    ),
    "a text for a number": ("price: {trend: three}", 'price.trend (Yearly growth of cost): "three" is not accepted'),
    "a number for a switch": (
        "risk: {corridor: {on: 1}}",
        "risk.corridor.on (Risk corridor in force): 1 is not accepted; expected true or false",
    ),
    "a switch for a number": ("price: {trend: true}", "price.trend (Yearly growth of cost): true is not accepted"),
    "a part of a whole number": (
        "price: {base_years: 2.5}",
        "price.base_years (Years of history): 2.5 is not accepted; expected a whole number from 1 to 10",
    ),
    "nothing for a number": ("price: {trend: }", "price.trend (Yearly growth of cost): null is not accepted"),
    "not a number": ("price: {trend: .nan}", "price.trend (Yearly growth of cost): NaN is not accepted"),
    "no such choice": ("cohort: {sex: f}", 'cohort.sex (Sex): "f" is not accepted; expected one of any, female, male'),
    "a share in per cent": (
        "price: {trend: 3%}",
        'price.trend (Yearly growth of cost): "3%" is not accepted (3% is written 0.03); expected a number from -0.1 to 0.25',
    ),
    "no such choice, among names with commas": (
        "price: {adjust: age}",
        'price.adjust (Adjust for): "age" is not accepted; expected one of none; age and sex; age, sex and segment; ',
    ),
    "one name for a list": (
        "cohort: {localities: North}",
        'cohort.localities (Localities): "North" is not accepted; expected a list of names',
    ),
    "a clause named twice": (
        "risk: {order: [corridor, corridor, sharing]}",
        "risk.order (Order of the clauses): name each of",
    ),
    "age bands that fall": (
        "price: {age_bands: [0, 40, 20]}",
        "price.age_bands (Age bands start at): age bands must start at 0 and rise",
    ),
    "bands the wrong way round": (
        "risk: {corridor: {inner: 0.3, outer: 0.1}}",
        "risk.corridor: the inner band 0.3 is wider than the outer band 0.1",
    ),
    "ages the wrong way round": (
        "cohort: {min_age: 70, max_age: 60}",
        "cohort: the youngest age 70 is above the oldest age 60",
    ),
    "a measure without a scale": (
        "outcomes: {measures: {falls: {floor: 1, target: 1}}}",
        "outcomes.measures.falls: floor and target are both 1",
    ),
    "a measure whose name is no path": ("outcomes: {measures: {a.b: {}}}", "outcomes.measures: a measure's name"),
    "a measure out of bounds": (
        "outcomes: {measures: {falls: {weight: -1}}}",
        "outcomes.measures.falls.weight (Falls: weight): -1 is not accepted; expected a number from 0 to 100",
    ),
    "no terms": ("just words", "holds no terms"),
    "no YAML": ("a: [1", "line 1: expected"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_design_is_refused_with_the_path_and_what_was_expected(tmp_path, fault):
    text, words = WRONG[fault]
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_design(tmp_path / "mine.yaml")
    assert words in str(refused.value)
    assert "mine.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_design_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        read_design(tmp_path / "none.yaml")


def test_every_design_that_ships_is_valid_and_settles(root, rand_hie):
    files = [f for f in sorted((root / "designs").glob("**/*.yaml")) if f.name != "scenarios.yaml"]
    files = [f for f in files if "saved" not in f.parts]
    assert root / "designs" / "baseline.yaml" in files
    baseline = settle(rand_hie, read_design(root / "designs" / "baseline.yaml"))
    assert baseline.price.per_person_year > 0
    assert len({read_design(f).key for f in files}) == len(files)


def test_every_override_and_scenario_applies_and_changes_something(root, rand_hie, quick):
    known = read_scenarios(root / "designs" / "scenarios.yaml")
    assert set(known.scenarios) >= {"full risk", "cautious start", "low bid"}
    for name in [*known.scenarios, *known.overrides]:
        after = apply_scenario(quick, name, known)
        assert diff(quick, after), name
        assert settle(rand_hie, after).price.payment > 0


def test_a_scenario_is_its_overrides_in_order(root, baseline):
    known = read_scenarios(root / "designs" / "scenarios.yaml")
    by_hand = baseline
    for override in known.scenarios["full risk"]:
        by_hand = apply_scenario(by_hand, override, known)
    assert apply_scenario(baseline, "full risk", known).key == by_hand.key


def test_an_unknown_scenario_is_refused_with_those_there_are(root, baseline):
    known = read_scenarios(root / "designs" / "scenarios.yaml")
    with pytest.raises(InputError, match="no override named worst; expected one of: full risk"):
        apply_scenario(baseline, "worst", known)


def test_a_scenario_file_of_another_shape_is_refused(tmp_path):
    (tmp_path / "scenarios.yaml").write_text("scenarios: [a, b]", encoding="utf-8")
    with pytest.raises(InputError, match=r"scenarios\.yaml: scenarios"):
        read_scenarios(tmp_path / "scenarios.yaml")
    assert read_scenarios(tmp_path / "none.yaml").scenarios == {}


@pytest.mark.parametrize(("text", "setting"), [
    ("risk.corridor.inner=0.03", ("risk.corridor.inner", 0.03)),
    ("cohort.localities=[site 1, site 2]", ("cohort.localities", ["site 1", "site 2"])),
    ("risk.corridor.on=false", ("risk.corridor.on", False)),
    ("cohort.need_marker=", ("cohort.need_marker", None)),
])  # fmt: skip
def test_a_setting_is_a_path_and_a_value(text, setting):
    assert parse_setting(text) == setting


@pytest.mark.parametrize("text", ["risk.corridor.inner", "=3", "", "a=[1"])
def test_a_setting_of_another_shape_is_refused(text):
    with pytest.raises(InputError, match="--set"):
        parse_setting(text)


def test_the_advice_names_a_short_contract_a_high_withhold_and_free_stop_loss():
    unwise = ContractDesign.model_validate_json(
        '{"form": {"years": 2}, "outcomes": {"withhold": 0.2}, "risk": {"stop_loss": {"charged": false}},'
        ' "cohort": {"prior_spend_minimum": 1}}'
    )
    said = " ".join(warnings(unwise))
    for words in (
        "2 years is too short",
        "20\N{NO-BREAK SPACE}% of the price depends on outcomes",
        "Stop-loss is free",
        "falls by itself",
        "no measure is named",
    ):
        assert words in said


def test_the_baseline_draws_no_warning(baseline):
    assert warnings(baseline) == []


def test_the_switch_of_a_clause_is_written_on_without_quotes_and_true_or_false_are_its_only_values(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "risk: {corridor: {on: false}}\ncohort: {localities: [no, on]}", encoding="utf-8"
    )
    design = read_design(tmp_path / "mine.yaml")
    assert not design.risk.corridor.on
    assert design.cohort.localities == ("no", "on")
    with pytest.raises(InputError, match='"off" is not accepted; expected true or false'):
        change(design, dict([parse_setting("risk.corridor.on=off")]))
