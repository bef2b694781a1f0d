"""Supplied figures: what can be used is read, what can't is left out with the measure and the rule."""

from collections.abc import Callable
from pathlib import Path

import pytest

from capitation.dataset.supplied import Supplied, read_supplied
from capitation.errors import InputError
from capitation.outcomes.library import library

HEADING = "measure,period,numerator,denominator,value,n,excluded"
Read = Callable[..., Supplied]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def made(*rows: str, heading: str = HEADING) -> Supplied:
        file = tmp_path / "figures.csv"
        file.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
        return read_supplied(file, library())

    return made


def test_numerator_over_denominator_is_the_value_in_the_measure_s_unit(read: Read):
    found = read("M16,2023,1341,240000,,,", "M31,2025-03,7500,10000,,10000,", "M21,2024,,,18.9,410,").figures
    assert found.set_index("measure")["value"].to_dict() == {"M16": 558.75, "M21": 18.9, "M31": 0.75}
    assert found.set_index("measure").loc["M31", "n"] == 10_000


@pytest.mark.parametrize(("row", "said"), [
    ("M99,2024,,,0.5,,", "M99 2024: there is no such measure"),
    ("M35,24,,,0.5,,", "M35 24: the period is not YYYY"),
    ("M31,2025-13,,,0.5,,", "M31 2025-13: the period is not YYYY"),
    ("M35,2024-Q1,,,0.5,,", "M35 2024-Q1: it is published every year, not every quarter"),
    ("M30,2024-01,,,0.5,,", "M30 2024-01: it is published every quarter, not every month"),
    ("M22,2018-Q1,,,7.5,,", "it is published every two years, not every quarter"),
    ("M35,2024,,,,500,", "M35 2024: the period is without a figure"),
    ("M35,2024,5,,,,", "numerator and denominator must stand together"),
    ("M35,2024,5,0,,,", "M35 2024: the denominator is 0"),
    ("M35,2024,5,-2,,,", "the denominator is negative"),
    ("M35,2024,12,10,,,", "M35 2024: a share of 1.2 is outside 0 to 1"),
    ("M35,2024,,,75.4,,", "M35 2024: a share of 75.4 is outside 0 to 1"),
    ("M35,2024,,,-0.1,,", "a share of -0.1 is outside 0 to 1"),
    ("M16,2023,,,-5,,", "a rate of -5 is below 0"),
    ("M35,2024,,,75%,,", "value '75%' is not a number"),
    ("M35,2024,1_0,2_0,,,", "numerator '1_0' is not a number"),
    ("M35,2024,,,nan,,", "value 'nan' is not a number"),
    ("M35,2024,,,0.5,12.5,", "n 12.5 is not a whole number of at least 1"),
    ("M35,2024,,,0.5,0,", "n 0 is not a whole number of at least 1"),
    ("M35,2024,,,0.5,10,-1", "excluded -1 is not a whole number of at least 0"),
    ("M35,2024,50,100,0.6,,", "the value 0.6 is not numerator over denominator, 0.5"),
    ("M35,2024,,,0.5,,,9", "it has more cells than the heading"),
])  # fmt: skip
def test_a_row_that_breaks_a_rule_is_left_out_and_the_rest_is_read(read: Read, row: str, said: str):
    found = read("M25,2025-01,,,0.654,,", row)
    assert found.figures["measure"].tolist() == ["M25"]
    assert len(found.left_out) == 1 and found.left_out[0].row == 2
    line = found.lines()[0]
    assert said in line and line.startswith("row 2: ") and line.endswith("; left out") and "\n" not in line


def test_a_measure_and_period_that_stand_twice_are_left_out_both(read: Read):
    found = read("M35,2023,,,0.71,,", "M35,2023,,,0.72,,", "M35,2024,,,0.739,,")
    assert found.figures["period"].tolist() == ["2024"]
    assert [(one.row, one.rule) for one in found.left_out] == [(1, "it stands twice"), (2, "it stands twice")]


def test_a_period_between_two_others_without_a_figure_is_said(read: Read):
    found = read("M35,2021,,,0.8,,", "M35,2024,,,0.739,,", "M30,2024-Q3,,,0.5,,", "M30,2025-Q1,,,0.5,,",
                 "M31,2024-11,,,0.7,,", "M31,2025-01,,,0.7,,")  # fmt: skip
    assert set(found.gaps) == {("M35", "2022"), ("M35", "2023"), ("M30", "2024-Q4"), ("M31", "2024-12")}
    assert "M31 2024-12: there is no figure for this period" in found.lines()


def test_a_change_may_be_below_nought_where_the_measure_is_a_mean(read: Read):
    assert read("M39,2024,,,-2.5,,").figures["value"].tolist() == [-2.5]


def test_a_rounded_value_beside_its_numerator_is_accepted(read: Read):
    assert read("M35,2024,2,3,0.67,,").left_out == ()


@pytest.mark.parametrize(("heading", "said"), [
    ("measure,period,figure", "there is no column 'figure'"),
    ("measure,value", "columns are missing"),
    ("measure,period,numerator", "columns are missing"),
    ("measure,period,value,value", "a column stands twice"),
    ("", "columns are missing"),
])  # fmt: skip
def test_a_file_that_can_t_be_used_as_a_whole_is_one_line(read: Read, heading: str, said: str):
    with pytest.raises(InputError, match=said):
        read(heading=heading)


def test_a_file_that_is_missing_or_no_text_is_one_line(tmp_path: Path):
    with pytest.raises(InputError, match="can't be read"):
        read_supplied(tmp_path / "none.csv", library())
    (tmp_path / "figures.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="it is not text in UTF-8"):
        read_supplied(tmp_path / "figures.csv", library())


def test_a_file_with_a_heading_only_has_no_figures(read: Read):
    found = read()
    assert (len(found.figures), found.lines()) == (0, [])
