"""Outcomes that a data set counts as they can't be: one line with measure and rule, and the rest is scored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import COLUMNS, DESCRIPTION
from typer.testing import CliRunner

from capitation import tables, tables_outcomes
from capitation.cli import app
from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset, check, open_dataset
from capitation.dataset.outcome_rows import OutcomeRows
from capitation.design import ContractDesign
from capitation.form.measure_advice import of_result
from capitation.left_out import left_out
from capitation.outcomes.library.unusable import share_faults, unusable
from capitation.report.summary import cautions
from capitation.shadow.back_test import back_test
from capitation.signing import signing

PEOPLE = 40
NO_DENOMINATOR = "its denominator is 0 where its numerator is above 0"
ABOVE = "its numerator is above its denominator, though it is a share"
Outcome = Callable[
    [int, int], tuple[float, float] | None
]  # numerator and denominator of a person and year; None: no row


def every_second(person: int, _: int) -> tuple[float, float]:
    return float(person % 2), 1.0


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """``folder(review_done=…)``: forty people over three years; half of them are seen by a doctor in every year."""

    def made(**more: Outcome) -> Path:
        measures = {"seen_by_doctor": every_second, **more}
        years, people = (2014, 2015, 2016), range(PEOPLE)
        outcomes = [
            f"P{k},{y},{name},{found[0]:g},{found[1]:g}"
            for name, of in measures.items() for k in people for y in years if (found := of(k, y))
        ]  # fmt: skip
        rows = {
            "people": [f"P{k},1950,female,North,,," for k in people], "outcomes": outcomes,
            "spend": [f"P{k},{y},acute,hospital,{1000 + 10 * k}" for k in people for y in years],
            "services": ["acute,Hospital care,acute"], "providers": ["hospital,Hospital"],
        }  # fmt: skip
        where = tmp_path / "data"
        where.mkdir()
        for name, lines in rows.items():
            (where / f"{name}.csv").write_text("\n".join([COLUMNS[name], *lines, ""]), encoding="utf-8")
        described = "\n".join(f"{field}: {value}" for field, value in DESCRIPTION.items())
        (where / "dataset.yaml").write_text(described, encoding="utf-8")
        return where

    return made


@pytest.fixture
def scored(folder: Callable[..., Path]) -> Callable[..., ContractResult]:
    """The settled contract that pays on ``seen_by_doctor`` and on these measures, weight 1 and from 0 to 1 each."""

    def made(terms: dict[str, Any] | None = None, paid: bool = True, **more: Outcome) -> ContractResult:
        named = {"seen_by_doctor": {}, **{name: {} for name in more if paid}}
        outcomes = {"withhold": 0.1, "measures": named, **(terms or {})}
        design = {"price": {"base_years": 2}, "outlook": {"replicates": 1_024}, "outcomes": outcomes}
        return settle(open_dataset(str(folder(**more))), ContractDesign.model_validate(design))

    return made


def in_last_year(broken: tuple[float, float] | None, people: int = PEOPLE) -> Outcome:
    """Everybody is counted, half with the event, but for so many people in 2016."""
    return lambda person, year: broken if year == 2016 and person < people else every_second(person, year)


@pytest.mark.parametrize("people", [1, PEOPLE])
@pytest.mark.parametrize(("broken", "why"), [((1, 0), NO_DENOMINATOR), ((3, 1), ABOVE)])
def test_a_measure_that_can_t_be_is_one_line_and_the_rest_is_scored(
    scored: Callable[..., ContractResult], broken: tuple[float, float], why: str, people: int
):
    """seen_by_doctor wins half of its points, review_done none of its own: a quarter of all."""
    result = scored(review_done=in_last_year(broken, people))
    assert result.score.share == pytest.approx(0.25)
    assert result.score_before.share == pytest.approx(0.5)
    line = f"Left out: Yearly review of long-term conditions, 2016: {why}; it earns nothing."
    assert left_out(result) == [line]
    assert line in tables.score(result).notes
    assert line in tables_outcomes.in_words(result)
    assert line in cautions(result, back_test(result.dataset, result.design))


def test_its_weight_goes_to_the_others_where_the_contract_says_so(scored: Callable[..., ContractResult]):
    assert scored({"missing": "is left out"}, review_done=in_last_year((3, 1))).score.share == pytest.approx(0.5)


def test_nothing_is_drawn_from_years_that_can_t_be(scored: Callable[..., ContractResult]):
    """Before signing review_done is told by 2014 alone: half of everybody."""
    result = scored(review_done=lambda person, year: (3, 1) if year == 2015 else every_second(person, year))
    assert result.score.share == pytest.approx(0.5)
    found = signing(result)
    assert found is not None
    now = result.cohort.measures[(result.cohort.members["year"] == 2015).to_numpy()]
    assert now["review_done"].to_numpy().sum() == 0
    assert now["seen_by_doctor"]["denominator"].sum() == PEOPLE


def test_a_rate_may_have_more_events_than_its_denominator(scored: Callable[..., ContractResult]):
    result = scored(admissions=in_last_year((3, 1)))
    assert (unusable(result.dataset), left_out(result)) == ({}, [])
    assert result.outcome_values(2016)["admissions"] == pytest.approx(3)


def test_a_measure_that_the_contract_does_not_pay_on_is_said_too(scored: Callable[..., ContractResult]):
    result = scored(paid=False, review_done=in_last_year((3, 1)))
    assert result.score.share == pytest.approx(0.5)
    assert left_out(result) == [f"Left out: Yearly review of long-term conditions, 2016: {ABOVE}."]


def test_a_denominator_of_0_and_a_period_without_rows_are_told_apart(scored: Callable[..., ContractResult]):
    result = scored(review_done=in_last_year((0, 0)), blood_pressure_control=in_last_year(None))
    assert result.score.share == pytest.approx(0.5 / 3)
    assert left_out(result) == [
        "Left out: Yearly review of long-term conditions, 2016: its denominator is 0; it earns nothing.",
        "Left out: Blood pressure at target with hypertension, 2016: the data have no rows of it in this period; it earns nothing.",
    ]
    assert not any("review_done" in line for line in of_result(result) if line.startswith("Fewer"))


def test_the_rows_are_counted_by_measure_and_year(folder: Callable[..., Path]):
    data = open_dataset(str(folder(review_done=in_last_year((3, 1), 4), admissions=in_last_year((1, 0), 2))))
    assert data.outcome_rows["review_done", 2016] == OutcomeRows(PEOPLE, PEOPLE, 0, 4)
    assert data.outcome_rows["review_done", 2015] == OutcomeRows(PEOPLE, PEOPLE, 0, 0)
    assert data.outcome_rows["admissions", 2016] == OutcomeRows(PEOPLE, PEOPLE - 2, 2, 0)
    assert unusable(data) == {("admissions", 2016): NO_DENOMINATOR, ("review_done", 2016): ABOVE}
    assert unusable(data.without_engine()) == unusable(data)


def test_the_data_sets_that_come_with_the_suite_have_none(rand_hie: LinkedDataset, root: Path):
    for data in (rand_hie, open_dataset(str(root / "data_samples" / "county-5000"))):
        assert (unusable(data), share_faults(data)) == ({}, [])


def test_the_check_names_each_measure_and_the_data_set_is_not_called_sound(folder: Callable[..., Path]):
    where = str(
        folder(
            review_done=in_last_year((3, 1), 4),
            admissions=in_last_year((1, 0), 2),
            acs_admission=in_last_year((2, 0), 1),
        )
    )
    faults = [fault for fault in check(where) if fault.table == "outcomes"]
    assert [(fault.rows, fault.what, fault.fatal) for fault in faults] == [
        (1, "acs_admission: it is 0 with a numerator above 0", False),
        (2, "admissions: it is 0 with a numerator above 0", False),
    ]
    done = CliRunner().invoke(app, ["dataset", "check", where])
    assert done.exit_code == 0
    assert (
        "warning: outcomes.numerator: review_done: it is above the denominator in 4 rows; expected a numerator of review_done "
        "not above its denominator, since D04 is a share" in done.output
    )
    assert "The data set can be opened, with 3 warnings." in done.output
    assert CliRunner().invoke(app, ["dataset", "check", where, "--strict"]).exit_code == 2
