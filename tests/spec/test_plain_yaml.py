"""YAML without its surprises: every kind of text that must be refused is refused in the same way."""

import pytest
import yaml

from capitation.plain_yaml import load_yaml


def test_plain_text_is_read_as_it_looks():
    text = "a: 1\nb: [x, 0.5]\nc: {d: 'e'}\nf: 2020-01-31\n"
    assert yaml.safe_load(text) == load_yaml(text)


def test_only_true_and_false_are_switches():
    assert load_yaml("[true, False, on, off, yes, no]") == [True, False, "on", "off", "yes", "no"]


def test_an_empty_text_holds_nothing():
    assert load_yaml("") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    {
        "a name twice": ("a: 1\nb: 2\na: 3\n", "a stands twice"),
        "a name twice within": ("a: {b: 1, b: 2}", "b stands twice"),
        "a merge that overrides": ("<<: {a: 1}\na: 2\n", "a stands twice"),
        "an alias": ("a: &x [1]\nb: *x\n", "alias"),
        "a bomb of aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "alias"),
        "an alias of itself": ("&a [*a]", "alias"),
        "no such date": ("a: 2020-13-45", "malformed timestamp"),
        "an empty number": ("a: !!int ''", "malformed int"),
        "an unknown switch": ("a: !!bool perhaps", "malformed bool"),
        "a text as a date": ("a: !!timestamp soon", "malformed timestamp"),
        "a number too long to read": ("a: " + "9" * 5_000, "malformed int"),
        "deep nesting": ("[" * 3_000 + "]" * 3_000, "nested too deeply"),
        "an object of Python": ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        "a list as a name": ("? [a]\n: 1\n", "unhashable key"),
        "an open bracket": ("a: [b", "expected"),
    }.values(),
)
def test_what_cannot_be_taken_as_it_stands_is_a_fault_of_the_text(text, problem):
    with pytest.raises(yaml.YAMLError) as error:
        load_yaml(text)
    assert problem in str(error.value)


def test_a_fault_tells_its_line():
    with pytest.raises(yaml.MarkedYAMLError) as error:
        load_yaml("a: 1\nb: 2020-13-45\n")
    assert error.value.problem_mark is not None
    assert error.value.problem_mark.line == 1


def test_a_character_that_yaml_does_not_know_is_a_fault_of_the_text():
    with pytest.raises(yaml.YAMLError):
        load_yaml("a: \x00")
