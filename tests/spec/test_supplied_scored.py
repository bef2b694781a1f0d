"""Supplied figures and local measures beside a data set's tables: paid on, left out where they can't be used, and said."""

import csv
import json
import math
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from tests.conftest import COLUMNS, DESCRIPTION
from typer.testing import CliRunner

from capitation import tables, tables_outcomes
from capitation.cli import app
from capitation.contract import ContractResult, check_enough_members, measured_people, measures_hidden, settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import ContractDesign, change, read_design
from capitation.errors import InputError
from capitation.form.measure_advice import of_result
from capitation.left_out import left_out
from capitation.outcomes.library import NOTHING_ADDED, added, measures_of
from capitation.outcomes.supplied_chance import told, variance
from capitation.report import story
from capitation.report.summary import cautions, result_document
from capitation.shadow.back_test import back_test
from capitation.signing import proposal, signing, supplied_ahead
from capitation.workbench.engine_apart import opened_apart

HEADING = "measure,period,numerator,denominator,value,n,excluded,sd"
LOCAL = """
  domain: clinical quality
  kind: share
  unit: share
  numerator: people visited
  denominator: people discharged
  period: year
  source: community nursing records
  gaming: a telephone call recorded as a visit
  balance: emergency readmission
  balance_ids: [M10]
  data_mode: supplied
  risk_adjustment: none
  status: report
"""
PEOPLE = 40


def local(short: str, name: str, direction: str = "\n  direction: high") -> str:
    return f"{short}:\n  name: {name}{direction}{LOCAL}"


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """``folder(figures=[row, …], measures="…")``: forty people over three years, with these files beside the tables."""

    def made(figures: list[str] | str | bytes | None = None, measures: str | bytes | None = None) -> Path:
        where = tmp_path / f"data{len(list(tmp_path.iterdir()))}"
        where.mkdir()
        (where / "dataset.yaml").write_text(yaml.safe_dump(DESCRIPTION | {"year_starts_in": 4}), encoding="utf-8")
        for name, rows in _tables().items():
            with (where / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS[name].split(","), *rows])
        text = "\n".join([HEADING, *figures, ""]) if isinstance(figures, list) else figures
        for name, content in (("supplied_figures.csv", text), ("local_measures.yaml", measures)):
            if content is not None:
                (where / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return where

    return made


def _tables() -> dict[str, list[tuple[Any, ...]]]:
    people, years = [f"P{k}" for k in range(PEOPLE)], (2014, 2015, 2016)
    return {
        "people": [(p, 1950, "female", "North", "", "", "") for p in people],
        "spend": [(p, y, "acute", "hospital", 1000 + 10 * k) for k, p in enumerate(people) for y in years],
        "outcomes": [(p, y, "reviewed", int(k % 2 == 0), 1) for k, p in enumerate(people) for y in years],
        "services": [("acute", "Hospital care", "acute")], "providers": [("hospital", "Hospital")],
    }  # fmt: skip


def paying(**measures: tuple[float, float]) -> ContractDesign:
    """A design that pays on the data set's own measure, weight 1, and on these by floor and target, weight 1 each."""
    start = ContractDesign(name="t", question="q")
    terms = {"reviewed": (0.0, 1.0), **measures}
    paths = {
        f"outcomes.measures.{n}.{part}": v
        for n, of in terms.items()
        for part, v in zip(("floor", "target"), of, strict=True)
    }
    return change(start, {"outlook.replicates": 1_024, "price.base_years": 2, "outcomes.withhold": 0.1, **paths})


@pytest.fixture
def scored(folder: Callable[..., Path]) -> Callable[..., ContractResult]:
    """The settled contract on ``reviewed`` (half of everybody in every year) and others."""

    def made(
        figures: Any = None, measures: Any = None, changes: dict[str, Any] | None = None, **paid: tuple[float, float]
    ) -> ContractResult:
        data = open_dataset(str(folder(figures, measures)))
        return settle(data, change(paying(**paid), changes or {}))

    return made


GOOD = ["M35,2014/15,,,0.6,500,,", "M35,2015/16,,,0.6,500,,", "M35,2016/17,,,0.7,500,,"]


def test_a_data_set_without_the_files_has_nothing_beside_it(
    by_hand: Callable[..., LinkedDataset], rand_hie: LinkedDataset
):
    assert added(by_hand()) is NOTHING_ADDED
    assert added(rand_hie) is NOTHING_ADDED


def test_a_supplied_measure_that_is_paid_on_changes_the_money(scored: Callable[..., ContractResult]):
    """reviewed wins half of its points, M35 at 0.7 between 0.5 and 0.9 half, at 0.9 all: three quarters together."""
    half, most = scored(GOOD, M35=(0.5, 0.9)), scored([*GOOD[:2], "M35,2016,450,500,,,,"], M35=(0.5, 0.9))
    assert (half.score.share, most.score.share) == pytest.approx((0.5, 0.75))
    paid = [
        float(line.flows["holder"][0])
        for of in (half, most)
        for line in of.settled.lines
        if line.name == "withhold earned"
    ]
    assert paid == pytest.approx([0.5 * 0.1 * half.price.payment, 0.75 * 0.1 * half.price.payment])
    assert most.score_before.share == pytest.approx((0.5 + 0.25) / 2)


def test_years_are_named_as_the_data_set_does_or_by_the_year_they_start_in(folder: Callable[..., Path]):
    here = added(
        open_dataset(str(folder(["M35,2014/15,,,0.5,500,,", "M35,2016,,,0.7,500,,", "M35,2019/20,,,0.9,500,,"])))
    )
    assert (here.value("M35", 2014), here.value("M35", 2016)) == (0.5, 0.7)
    assert "supplied_figures.csv: M35 2015/16: there is no figure of this period" in here.lines()
    twice = added(open_dataset(str(folder(["M35,2014/15,,,0.5,500,,", "M35,2014,,,0.7,500,,"]))))
    assert twice.lines() == ["supplied_figures.csv: M35 2014/15: it stands twice"] * 2


@pytest.mark.parametrize(("row", "said"), [
    ("M35,2016/17,5,0,,,,", "the denominator is 0"),
    ("M35,2016/17,,,75.4,500,,", "a share of 75.4 is outside 0 to 1"),
    ("M35,2016/17,,,,500,,", "the period is without a figure"),
    ("M35,2016/17,,,0.7,500,,-2", "sd -2 is below 0"),
    ("M35,2016/17,2,3,0.9,,,", "the value 0.9 is not numerator over denominator"),
    ("M31,2016/17,,,0.7,500,,", "there is no figure of this period"),
])  # fmt: skip
def test_a_figure_that_can_t_be_used_is_one_line_and_the_rest_is_scored(
    scored: Callable[..., ContractResult], row: str, said: str
):
    result = scored([*GOOD[:2], row], M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(0.25)
    expected = f"Left out: M35 (Good experience of the GP practice), 2016/17: {said}; it earns nothing."
    assert left_out(result) == [expected]
    assert expected in tables_outcomes.in_words(result)
    assert expected in cautions(result, back_test(result.dataset, result.design))
    assert expected in tables.score(result).notes


@pytest.mark.parametrize(("rule", "share"), [
    ("earns nothing", 0.25), ("is left out", 0.5), ("keeps the year before", 0.375),
])  # fmt: skip
def test_the_contract_says_what_becomes_of_a_measure_that_is_left_out(
    scored: Callable[..., ContractResult], rule: str, share: float
):
    result = scored([*GOOD[:2], "M35,2016/17,5,0,,,,"], changes={"outcomes.missing": rule}, M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(share)


BEFORE_GONE = [GOOD[0], GOOD[2]]  # figures of the contract year and of two years before it, none of the year before
DRAWN = "in the drawn years, which take the points of the year before, "


@pytest.mark.parametrize(("rewards", "missing", "share", "then"), [
    ("attainment", "earns nothing", 0.5, f"the settled year does not need it; {DRAWN}it earns nothing"),
    ("attainment", "is left out", 0.5, f"the settled year does not need it; {DRAWN}it is left out"),
    ("improvement", "earns nothing", 0.25, f"improvement can’t be told, so it earns nothing; {DRAWN}it earns nothing"),
    ("the better of both", "earns nothing", 0.5,
     f"improvement can’t be told, so only the value reached counts; {DRAWN}it earns nothing"),
])  # fmt: skip
def test_a_year_before_without_a_figure_is_said_with_what_it_does(
    scored: Callable[..., ContractResult], rewards: str, missing: str, share: float, then: str
):
    """reviewed wins half of its points; M35 at 0.7 between 0.5 and 0.9 half of its own, none for improvement."""
    changes = {"outcomes.measures.M35.rewards": rewards, "outcomes.missing": missing}
    result = scored(BEFORE_GONE, changes=changes, M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(share)
    assert result.score_before.share == pytest.approx(0.5 if missing == "is left out" else 0.25)
    assert left_out(result) == [
        f"Left out: M35 (Good experience of the GP practice), 2015/16: there is no figure of this period; {then}."
    ]


@pytest.mark.parametrize(("changes", "rows", "share", "then"), [
    ({"outcomes.missing": "keeps the year before"}, GOOD[:2], 0.375, "the value of the year before is kept"),
    ({"outcomes.missing": "keeps the year before"}, GOOD[:1], 0.25, "it earns nothing"),
    ({"outcomes.measures.M35.gate": 0.2}, GOOD[:2], 0, "its gate is failed, so nothing is earned on any measure"),
    ({"outcomes.missing": "is left out"}, GOOD[:2], 0.5, "the other measures’ weights take its place"),
    ({"outcomes.missing": "is left out", "outcomes.measures.reviewed.weight": 0}, GOOD[:2], 1,
     "no other measure counts, so every point is won"),
])  # fmt: skip
def test_a_settled_year_without_a_figure_is_said_with_what_it_does(
    scored: Callable[..., ContractResult], changes: dict[str, Any], rows: list[str], share: float, then: str
):
    result = scored(rows, changes=changes, M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(share)
    (line,) = left_out(result)
    assert line.endswith(f"2016/17: there is no figure of this period; {then}.")


def test_a_survey_of_few_answers_that_nobody_should_pay_on_is_said_to_be_both(scored: Callable[..., ContractResult]):
    """M40 is to be watched only, and a share rests on 590 people or more; a figure of 590 answers, or of a size not told, is
    not called small."""
    said = of_result(scored(["M40,2015,,,0.9,40,,", "M40,2016,,,0.95,40,,"], M40=(0.8, 0.9)))
    called = "M40 (Friends and Family Test, good answers)"
    assert f"Money depends on what the measure library has to watch and never to pay on: {called}." in said
    (few,) = [line for line in said if line.startswith("Fewer")]
    assert few.endswith(f": {called} 40 of 590 people.")
    for size in ("590", ""):
        enough = of_result(scored([f"M40,2015,,,0.9,{size},,", f"M40,2016,,,0.95,{size},,"], M40=(0.8, 0.9)))
        assert [line for line in enough if line.startswith("Fewer")] == []


def test_a_measure_without_a_direction_is_one_line_and_the_rest_is_scored(scored: Callable[..., ContractResult]):
    texts = local("L01", "Visited after discharge", "") + local("L02", "Visited twice")
    rows = [f"{name},{year},60,100,,,," for name in ("L01", "L02") for year in ("2015", "2016")]
    result = scored(rows, texts, L01=(0.5, 0.7), L02=(0.5, 0.7))
    assert result.score.share == pytest.approx((0.5 + 0 + 0.5) / 3)
    assert left_out(result) == [
        "Left out: L01, 2015/16 and 2016/17: local_measures.yaml: L01 Visited after discharge: direction: it is missing; "
        "expected high or low: which way is better; it earns nothing."
    ]


def test_two_measures_with_one_name_are_both_left_out_and_the_rest_is_scored(scored: Callable[..., ContractResult]):
    texts = local("L01", "Visited") + local("L02", "visited") + local("L03", "Seen")
    rows = [f"{name},2016,60,100,,,," for name in ("L01", "L02", "L03")]
    result = scored(rows, texts, L03=(0.5, 0.7))
    assert result.score.share == pytest.approx(0.5)
    said = [line for line in left_out(result) if "name" in line]
    assert said == [
        "Left out: local_measures.yaml: L01 Visited: name: L02 has this name; expected a name of its own.",
        "Left out: local_measures.yaml: L02 visited: name: L01 has this name; expected a name of its own.",
    ]


def test_two_measures_with_one_short_name_are_both_left_out_and_the_rest_is_scored(
    scored: Callable[..., ContractResult],
):
    """reviewed, L02 and M35 win half of their points each; L01 none, whose figures of both years are there."""
    texts = local("L01", "Visited") + local("L02", "Seen") + local("L01", "Visited again")
    rows = [f"{name},{year},60,100,,,," for name in ("L01", "L02") for year in ("2015", "2016")]
    result = scored([*rows, *GOOD], texts, L01=(0.5, 0.7), L02=(0.5, 0.7), M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(1.5 / 4)
    assert left_out(result) == [
        "Left out: L01, 2015/16 and 2016/17: local_measures.yaml: L01: it stands twice; expected a short name of its own; "
        "it earns nothing."
    ]


@pytest.mark.parametrize(("text", "said"), [
    (local("M35", "Mine"), "M35 Mine: there is a measure M35 already"),
    (local("L01", "Good experience of the GP practice"), "M35 has this name"),
    (local("L01", "Mine").replace("[M10]", "[M99]"), "L01 Mine: balance_ids: there is no measure M99"),
    (local("L01", "Mine").replace("supplied", "computed") + "  computed: {outcomes: [nothing], part_year: everyone once}\n",
     "the data set counts no 'nothing'"),
    ("L01: 3\n", "L01: holds no fields"),
    ("L01:\n  - [\n", "local_measures.yaml: "),
    ("L01: {}\nL01: {}\n", "local_measures.yaml: L01: it stands twice; expected a short name of its own"),
    (local("L01", "Mine") + "  unit: share\n", "local_measures.yaml: L01: unit stands twice"),
    ("", "local_measures.yaml: holds no measures"),
])  # fmt: skip
def test_a_local_measure_that_can_t_be_used_does_not_stop_the_settlement(
    scored: Callable[..., ContractResult], text: str, said: str
):
    result = scored(GOOD, text, M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(0.5)
    (line,) = left_out(result)
    assert said in line and "\n" not in line


@pytest.mark.parametrize(("content", "said"), [
    (b"\xff\xfe\x00", "supplied_figures.csv: it is not text in UTF-8"),
    ("measure,period,figure\n", "there is no column 'figure'"),
])  # fmt: skip
def test_a_file_that_can_t_be_used_as_a_whole_leaves_its_measures_out(
    scored: Callable[..., ContractResult], content: Any, said: str
):
    result = scored(content, M35=(0.5, 0.9))
    assert result.score.share == pytest.approx(0.25)
    (line,) = left_out(result)
    assert said in line and line.startswith("Left out: M35 (Good experience of the GP practice), 2015/16 and 2016/17: ")


@pytest.mark.parametrize("name", ["M36", "L77", "M35"])
def test_a_measure_that_nobody_has_is_refused_in_one_line(scored: Callable[..., ContractResult], name: str):
    figures = None if name == "M35" else GOOD
    with pytest.raises(
        InputError, match=f"outcomes.measures.{name}: the data set has no such measure; expected one of reviewed"
    ):
        scored(figures, **{name: (0.5, 0.9)})


def test_only_what_is_known_at_the_end_of_a_month_counts(folder: Callable[..., Path]):
    data = open_dataset(str(folder(GOOD))).as_at("2016-03")
    assert (added(data).value("M35", 2015), math.isnan(added(data).value("M35", 2016))) == (0.6, True)


def test_another_text_is_another_version_of_the_data_set(folder: Callable[..., Path]):
    versions = {open_dataset(str(folder(of))).meta.version for of in (None, GOOD, GOOD[:2])}
    assert len(versions) == 3


def test_the_variance_of_each_kind_by_hand():
    given = {
        "numerator": math.nan,
        "denominator": math.nan,
        "value": 0.6,
        "n": 100.0,
        "excluded": math.nan,
        "sd": math.nan,
    }
    assert variance("share", 1, given) == pytest.approx(0.0024)
    assert variance("share", 1, given | {"denominator": 400.0}) == pytest.approx(0.0006)
    # 1,341 events in 240,000: the value per 100,000 is 558.75, its variance 100,000² · 1,341 / 240,000²
    rate = given | {"value": 558.75, "numerator": 1341.0, "denominator": 240_000.0}
    assert variance("rate", 100_000, rate) == pytest.approx(1e10 * 1341 / 240_000**2)
    assert variance("ratio", 1, given | {"value": 1.2, "denominator": 50.0}) == pytest.approx(60 / 50**2)
    assert math.isnan(variance("ratio", 1, given))
    assert variance("mean", 1, given | {"value": 18.9, "sd": 4.0}) == pytest.approx(0.16)
    assert math.isnan(variance("mean", 1, given))
    assert math.isnan(variance("share", 1, given | {"n": math.nan}))


def test_two_years_told_by_hand():
    """0.6 of 100 and 0.7 of 300: 0.675 expected; own (0.24 + 0.21)/2/300, pooled 0.0024/16 + 0.0007·9/16."""
    empty = dict.fromkeys(("numerator", "denominator", "excluded", "sd"), math.nan)
    found = told("share", 1, [{"value": 0.6, "n": 100.0, **empty}, {"value": 0.7, "n": 300.0, **empty}], 0.7)
    assert found == pytest.approx((0.675, 0.00075 + 0.00015 + 0.00039375, 0.00075 + 0.0007))
    assert told("mean", 1, [{"value": 0.6, "n": 100.0, **empty}], 0.6) is None


def test_before_signing_a_supplied_share_spreads_as_its_people_say_and_apart_from_the_others(
    scored: Callable[..., ContractResult],
):
    """0.6 of 500 twice: own 0.00048, pooled 0.00024."""
    result = scored(GOOD, M35=(0.5, 0.9))
    found = signing(result)
    assert found is not None and [of.name for of in found.measures] == ["reviewed", "M35"]
    mine = found.measures[1]
    assert (mine.people, mine.expected, mine.last, mine.share) == (500, pytest.approx(0.6), 0.6, 0.5)
    assert mine.sd == pytest.approx(math.sqrt(0.00048 + 0.00024))
    assert mine.found == pytest.approx(2.801585 * math.sqrt(2 * 0.00048))
    assert found.ahead.covariance[0, 1] == 0
    assert sum(of.unchanged for of in found.measures) == pytest.approx(found.unchanged.mean())


def test_a_mean_whose_spread_nobody_knows_is_listed_and_not_drawn(scored: Callable[..., ContractResult]):
    rows = [f"M21,{year},,,18,400,," for year in (2014, 2015, 2016)]
    result = scored(rows, M21=(15, 21))
    assert result.score.share == pytest.approx(0.5)
    assert supplied_ahead(result).not_drawn == {"M21": "the file gives no sd with its n"}
    assert [of.name for of in signing(result).measures] == ["reviewed"]
    line = (
        "Not in the drawn years: Quality of life of people who use social care (the file gives no sd with its n); "
        "what can’t be drawn earns nothing there."
    )
    assert line in tables_outcomes.before_signing(result).notes and line in tables_outcomes.in_words(result)
    known = signing(scored([f"{row}4" for row in rows], M21=(15, 21)))
    assert known.measures[1].sd == pytest.approx(math.sqrt(16 / 400 + 16 / 800))


def test_the_designer_considers_figures_and_says_what_one_lacks(scored: Callable[..., ContractResult]):
    """20,000 answers tell 0.07 from chance; a mean whose file gives no sd tells nothing, and says so."""
    rows = [f"M35,{year},,,0.70,20000,," for year in (2014, 2015, 2016)]
    unsure = [f"M21,{year},,,18,400,," for year in (2014, 2015, 2016)]
    found = proposal(scored([*rows, *unsure, "M45,2014,,,0.5,9000,,"], M35=(0.5, 0.9)))
    assert "M35" in found.terms.measures
    out = {of.name: of.left_out for of in found.considered}
    assert out["M21"] == "its chance is not known: the file gives no sd with its n"
    assert out["M45"] == "no data in 2015/16, the last base year"
    step = next(of for of in found.considered if of.name == "M35")
    assert step.step == pytest.approx(0.07)
    assert step.found == pytest.approx(2.801585 * math.sqrt(2 * 0.7 * 0.3 / 20_000))


def test_figures_alone_can_be_paid_on_where_the_data_set_counts_nothing(folder: Callable[..., Path]):
    where = folder(GOOD)
    (where / "outcomes.csv").unlink()
    design = change(ContractDesign(name="t", question="q"), {
        "outlook.replicates": 1_024, "price.base_years": 2, "outcomes.measures.M35.floor": 0.5, "outcomes.measures.M35.target": 0.9,
    })  # fmt: skip
    result = settle(open_dataset(str(where)), design)
    assert result.score.share == pytest.approx(0.5)
    assert [of.name for of in signing(result).measures] == ["M35"]
    assert tables_outcomes.in_words(result) and tables_outcomes.designer(result) is not None


def test_a_figure_of_few_people_is_hidden_as_the_others_are(scored: Callable[..., ContractResult]):
    rows = [f"M35,{year},3,5,,,," for year in (2014, 2015, 2016)]
    result = scored(rows, M35=(0.5, 0.9))
    assert measured_people(result, 2016) == {"reviewed": PEOPLE, "M35": 5}
    assert set(measures_hidden(result, 2016)) == {"M35", "reviewed"}  # else M35 could be had by subtraction
    before = tables_outcomes.before_signing(result)
    assert before is not None
    for table, name in ((tables.score(result), "M35"), (before, measures_of(result.dataset)["M35"].name)):
        row = table.rows.set_index("Measure").loc[name]
        assert "*" in set(row) and not {"0.600", "0.6", "60.0\N{NO-BREAK SPACE}%"} & set(row)
    enough = scored([f"M35,{year},6,10,,,," for year in (2014, 2015, 2016)], M35=(0.5, 0.9))
    assert tables.score(enough).rows.set_index("Measure").at["M35", "settled year"] == "0.600"
    with pytest.raises(InputError, match=r"outcomes\.measures\.M35: so few people are measured"):
        check_enough_members(scored(rows, changes={"outcomes.measures.reviewed.weight": 0}, M35=(0.5, 0.9)))


def test_a_page_with_its_engine_apart_has_the_same_files_and_score(folder: Callable[..., Path]):
    where = str(folder([*GOOD[:2], "M35,2016/17,5,0,,,,"], local("L01", "Visited")))
    design = paying(M35=(0.5, 0.9))
    here, there = settle(open_dataset(where), design), settle(opened_apart(where, None), design)
    assert there.score.share == here.score.share
    assert left_out(there) == left_out(here)
    assert "L01" in measures_of(there.dataset)
    assert len(pickle.dumps(there.dataset.beside)) < 2_000  # texts, not tables


def test_the_check_tells_both_files_with_rows(folder: Callable[..., Path]):
    where = folder([*GOOD[:2], "M35,2016/17,5,0,,,,"], local("L01", "Visited", "") + local("L02", "Seen"))
    said = CliRunner().invoke(app, ["dataset", "check", str(where)])
    assert said.exit_code == 0
    assert "local_measures.yaml: 1 local measure can be used." in said.output
    assert (
        "supplied_figures.csv: 2 figures of 1 measure can be used; 2 of them of whole years that the data cover."
        in said.output
    )
    assert "warning: supplied_figures.csv: row 3: M35 2016/17: the denominator is 0; left out" in said.output
    assert "warning: local_measures.yaml: L01 Visited: direction: it is missing; expected high or low: which way is better; left out" \
        in said.output  # fmt: skip
    assert CliRunner().invoke(app, ["dataset", "check", "--strict", str(where)]).exit_code == 2
    listed = CliRunner().invoke(app, ["measures", "--dataset", str(where)]).output
    assert (
        "M35: Good experience of the GP practice" in listed
        and "here by supplied_figures.csv" in listed
        and "L02: Seen" in listed
    )


def test_the_how_to_on_paying_is_true(root: Path, tmp_path: Path):
    text = (root / "docs" / "how-to" / "local-measures.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^   ```(yaml|csv)\n(.*?)^   ```", text, re.DOTALL | re.MULTILINE))
    where = tmp_path / "county"
    shutil.copytree(root / "data_samples" / "county-5000", where)
    (where / "supplied_figures.csv").write_text(dedent(blocks["csv"]), encoding="utf-8")
    terms = yaml.safe_load(dedent(blocks["yaml"]))["outcomes"]["measures"]["M35"]
    start = change(read_design(root / "designs" / "county.yaml"), {"outlook.replicates": 1_024})
    result = settle(
        open_dataset(str(where)), change(start, {f"outcomes.measures.M35.{k}": v for k, v in terms.items()})
    )
    row = result.score.by_measure.set_index("measure").loc["M35"]
    assert (row["value"], row["points"]) == pytest.approx((0.74, 0.6))
    assert left_out(result) == []
    assert (
        tables.score(result)
        .notes[1]
        .startswith("Supplied as figures: M35 (Good experience of the GP practice); every other")
    )


def test_the_report_says_what_was_left_out_in_its_section_its_warnings_and_its_record(
    scored: Callable[..., ContractResult], root: Path
):
    result = scored([*GOOD[:2], "M35,2016/17,5,0,,,,"], M35=(0.5, 0.9))
    test = back_test(result.dataset, result.design)
    cells = (root / "notebooks" / "report.ipynb").read_text(encoding="utf-8")
    said = "M35 (Good experience of the GP practice), 2016/17: the denominator is 0; it earns nothing."
    for call, html in (
        ('story.details(\\"outcomes\\"', story.details("outcomes", result)),
        ("story.warned(", story.warned(result)),
        ("tables.score(", tables.score(result).html()),
    ):
        assert call in cells and said in html, call
    assert f"Left out: {said}" in json.loads(result_document(result, test).text())["warnings"]
