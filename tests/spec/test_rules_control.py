"""The rule builder: what it offers, says before a rule is applied, applies, refuses and takes back."""

from pathlib import Path

import pytest

import capitation
from capitation.workbench.rules_control import RulesControl

ROOT = Path(__file__).parents[2]


@pytest.fixture
def wb():
    return capitation.open("rand-hie", str(ROOT / "designs" / "baseline.yaml"), {"outlook.replicates": 1_024}, True)


@pytest.fixture
def rules(wb):
    return RulesControl(wb, wb.design.declarations["cohort.rules"])


def fill(rules, column, sign, value):
    rules.column.value, rules.sign.value, rules.value.value = column, sign, value


def test_what_a_rule_would_leave_is_said_before_it_is_applied(wb, rules):
    before = wb.design
    fill(rules, "age", "at least", "30")
    assert "It would leave" in rules.preview.value
    assert wb.design == before
    rules.add.click()
    assert wb.design.cohort.rules == ("age >= 30",)
    assert "age &gt;= 30" in rules.kept.children[0].children[0].value


@pytest.mark.parametrize("value", ["300", "64.2"])
def test_a_slip_that_leaves_nobody_or_few_is_warned_of_and_can_t_be_applied(wb, rules, value):
    fill(rules, "age", "at least", value)
    assert "is the value as meant?" in rules.preview.value
    assert rules.add.disabled
    assert wb.design.cohort.rules == ()


def test_a_rule_that_removes_few_is_warned_of(rules):
    """Its figures and those without it would differ by these few: docs/decisions/0004."""
    fill(rules, "age", "below", "63.9")
    assert "would remove fewer than 8 people" in rules.preview.value
    assert 'class="cw-loss"' in rules.preview.value
    fill(rules, "age", "below", "40")
    assert "would remove" not in rules.preview.value


def test_a_rule_that_can_t_be_read_says_why(rules):
    fill(rules, "age", "at least", "thirty")
    assert "is not a number" in rules.preview.value
    assert rules.add.disabled


def test_a_column_of_names_offers_them(rules):
    rules.column.value = "locality"
    assert "site 3" in rules.value.options
    assert rules.sign.value == "is"


def test_a_rule_is_taken_away_and_undone(wb, rules):
    fill(rules, "age", "at least", "30")
    rules.add.click()
    rules.kept.children[0].children[1].click()
    assert wb.design.cohort.rules == ()
    wb.undo()
    assert wb.design.cohort.rules == ("age >= 30",)
    assert len(rules.kept.children) == 1
