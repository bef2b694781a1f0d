"""Laws of the contract design: change, difference, key and text agree with each other."""

import math

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from capitation.design import ContractDesign, change, diff, make_design, write_design
from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.errors import InputError

WITH_MEASURE = ContractDesign(outcomes=Outcomes(measures={"falls": PaidMeasure()}))
DECLARED = WITH_MEASURE.declarations
NUMBERS = [d for d in DECLARED.values() if d.kind in ("number", "whole number") and d.high is not None]


def values(declared):
    """Values that the declaration accepts."""
    if declared.choices and declared.kind == "choice":
        return st.sampled_from(declared.choices)
    if declared.kind == "list":
        return (
            st.permutations(declared.choices) if declared.choices else st.lists(st.text("ab", min_size=1), max_size=2)
        )
    if declared.kind == "numbers":
        return st.lists(st.integers(1, 90), unique=True, max_size=5).map(lambda bands: [0, *sorted(bands)])
    if declared.kind == "whole number":
        return st.integers(int(declared.low), int(declared.high))
    if declared.kind == "number":
        return st.floats(declared.low, declared.high).map(lambda v: v + 0.0)
    return st.booleans() if declared.kind == "switch" else st.text("abc")


changes = st.lists(st.sampled_from(sorted(DECLARED)), unique=True, max_size=6).flatmap(
    lambda paths: st.fixed_dictionaries({p: values(DECLARED[p]) for p in paths})
)


def plain(value):
    return list(value) if isinstance(value, tuple) else value


def changed(made):
    try:
        return change(WITH_MEASURE, made)
    except InputError:
        assume(False)  # terms that don't agree with each other, such as a floor equal to its target
        raise


@given(changes)
def test_the_difference_is_exactly_the_changes_made(made):
    after = changed(made)
    found = {c.path: plain(c.after) for c in diff(WITH_MEASURE, after)}
    assert found == {p: v for p, v in made.items() if v != plain(WITH_MEASURE.value(p))}
    back = {c.path: plain(c.before) for c in diff(WITH_MEASURE, after)}
    assert change(after, back) == WITH_MEASURE


@given(changes)
def test_text_reads_back_to_the_same_design_and_key(made):
    design = changed(made)
    again = make_design(yaml.safe_load(write_design(design)))
    assert again == design
    assert (again.key, hash(again)) == (design.key, hash(design))


@given(changes, changes)
def test_designs_have_the_same_key_exactly_when_no_term_differs(one, other):
    first, second = changed(one), changed(other)
    assert (first.key == second.key) == (not diff(first, second))


@given(st.text(min_size=1), st.text(min_size=1))
def test_the_key_does_not_depend_on_the_name_nor_on_the_question(name, question):
    assert ContractDesign(name=name, question=question).key == ContractDesign().key


@given(st.sampled_from(NUMBERS), st.sampled_from(["below", "above", "nan", "inf", "text", "null", "switch"]))
def test_a_value_out_of_bounds_or_of_the_wrong_type_never_gives_a_design(declared, fault):
    bad = {"below": declared.low - 1, "above": declared.high + 1, "nan": math.nan, "inf": math.inf, "text": "much",
           "null": None, "switch": True}[fault]  # fmt: skip
    with pytest.raises(InputError) as refused:
        change(WITH_MEASURE, {declared.path: bad})
    assert refused.value.where == f"{declared.path} ({declared.label})"
    assert refused.value.expected == declared.bounds


@given(st.text("abcdefgrsi._ ", max_size=25))
def test_an_unknown_path_never_gives_a_design(path):
    assume(path not in DECLARED)
    with pytest.raises(InputError, match="there is no such term"):
        change(WITH_MEASURE, {path: 1})


@given(st.sampled_from(sorted(DECLARED)), st.text("abc", min_size=1))
def test_a_slip_in_a_path_is_answered_with_a_path_that_is_there(path, slip):
    with pytest.raises(InputError) as refused:
        WITH_MEASURE.value(f"{path}.{slip}")
    assert refused.value.where == f"{path}.{slip}"


@given(changes)
def test_the_bounds_a_term_declares_are_the_bounds_it_keeps(made):
    design = changed(made)
    assert all(d.low <= design.value(d.path) <= d.high for d in design.declarations.values() if d.low is not None)


def test_changes_are_made_together_or_not_at_all():
    both = {"risk.corridor.inner": 0.08, "risk.corridor.outer": 0.10}
    assert change(ContractDesign(), both).risk.corridor.inner == 0.08
    with pytest.raises(InputError, match="wider than the outer band"):
        change(ContractDesign(), {"risk.corridor.inner": 0.08})


def test_a_design_is_never_changed_in_place():
    before = ContractDesign()
    change(before, {"risk.corridor.inner": 0.01})
    assert before == ContractDesign()
