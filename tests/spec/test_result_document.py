"""result.json: a documented, versioned shape; the same inputs give the same bytes; nothing of few people in it."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from altered import altered
from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset
from capitation.design import ContractDesign, change
from capitation.errors import InputError
from capitation.headline import headline
from capitation.report import provenance, result_document
from capitation.report.documents import money_lines_csv, write_documents
from capitation.report.result_document import BuildUpLine, ResultDocument
from capitation.report.schema_page import PAGE, SCHEMA, page_text, schema, schema_text
from capitation.report.summary import cautions
from capitation.shadow.back_test import BackTest, back_test


@pytest.fixture(scope="module")
def document(result: ContractResult, tested: BackTest) -> ResultDocument:
    return result_document(result, tested)


def test_the_document_is_valid_under_its_schema(document: ResultDocument) -> None:
    jsonschema.validate(json.loads(document.text()), schema())


def test_a_field_that_is_not_declared_is_refused_by_the_schema(document: ResultDocument) -> None:
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        jsonschema.validate(json.loads(document.text()) | {"surprise": 1}, schema())


def test_the_page_and_the_schema_in_docs_are_those_of_the_models(root: Path) -> None:
    assert (root / "docs" / PAGE).read_text(encoding="utf-8") == page_text()
    assert (root / "docs" / SCHEMA).read_text(encoding="utf-8") == schema_text()


def test_every_field_says_what_it_means() -> None:
    whole = schema()
    for part in (whole, *whole["$defs"].values()):
        assert part["description"]
        assert all(field.get("description") for field in part["properties"].values()), part["title"]


def test_the_same_inputs_give_the_same_bytes(result: ContractResult, tested: BackTest,
                                             document: ResultDocument) -> None:  # fmt: skip
    assert result_document(result, tested).text() == document.text()


def test_another_seed_gives_another_outlook_and_the_same_settlement(rand_hie: LinkedDataset, quick: ContractDesign,
                                                                    document: ResultDocument) -> None:  # fmt: skip
    other = change(quick, {"outlook.seed": 2})
    drawn = result_document(settle(rand_hie, other), back_test(rand_hie, other))
    assert drawn.risk != document.risk
    assert [p.settled for p in drawn.parties] == [p.settled for p in document.parties]


def test_the_settled_results_of_the_parties_sum_to_nothing(document: ResultDocument) -> None:
    assert round(sum(p.settled or 0.0 for p in document.parties), 2) == 0


def test_what_cannot_be_had_is_null_and_nothing_is_never_minus_nothing() -> None:
    assert BuildUpLine(line="x", amount=float("nan")).amount is None
    assert BuildUpLine(line="x", amount=-0.001).model_dump_json() == '{"line":"x","amount":0.0}'


def test_money_has_two_decimals_and_other_figures_six(document: ResultDocument) -> None:
    assert document.price.payment == round(document.price.payment or 0.0, 2)
    assert document.price.standard_error == round(document.price.standard_error or 0.0, 2)
    assert document.scope.covered_share == round(document.scope.covered_share or 0.0, 6)


def test_person_years_are_to_the_nearest_five_for_they_would_give_the_count_away(
    document: ResultDocument, result: ContractResult
) -> None:
    exact = result.cohort.person_years(result.year)
    assert all(y.person_years % 5 == 0 for y in (document.cohort, *document.back_test))
    assert abs(document.cohort.person_years - exact) <= 2.5


def test_years_without_months_are_a_caution_and_months_are_none(result: ContractResult, tested: BackTest) -> None:
    words = "The data set has years, not months: months are not known and nothing in a part year can be shown."
    assert words in cautions(result, tested)
    monthly = replace(result.dataset, meta=result.dataset.meta.model_copy(update={"grain": "month"}))
    monthly.__dict__["quality"] = result.dataset.quality  # measured on years, not asked for again
    assert words not in cautions(replace(result, dataset=monthly), tested)


def test_money_without_a_place_is_in_the_document_and_a_caution_when_it_is_much(result: ContractResult,
                                                                                tested: BackTest) -> None:  # fmt: skip
    placed = float(result.dataset.costs.to_numpy().sum())

    def with_unplaced(share: float) -> ResultDocument:
        data = replace(result.dataset, unplaced_spend=placed * share / (1 - share), unplaced_people=100)
        return result_document(replace(result, dataset=data), tested)

    trifle, much = with_unplaced(0.0009), with_unplaced(0.002)
    assert much.dataset.unplaced_spend == round(placed * 0.002 / 0.998, -3)
    assert not any("no cost and no price" in w for w in trifle.warnings)
    assert trifle.dataset.unplaced_spend is not None
    assert any("0.20\N{NO-BREAK SPACE}% of all spend" in w for w in much.warnings)


def test_money_of_few_people_without_a_place_is_told_without_its_amount(
    result: ContractResult, tested: BackTest
) -> None:
    few = replace(result, dataset=replace(result.dataset, unplaced_spend=50_000.0, unplaced_people=3))
    document = result_document(few, tested)
    assert document.dataset.unplaced_spend is None
    assert any(w.startswith("Some spend is of a few people") for w in document.warnings)


def test_a_holder_that_loses_in_most_years_is_a_caution(tested: BackTest,
                                                        rand_hie: LinkedDataset, quick: ContractDesign) -> None:  # fmt: skip
    tight = settle(rand_hie, change(quick, {"price.discount": 0.1}))
    years = 100 * headline(tight).holder_loses.value
    words = f"The holder loses money in {years:.0f} years of 100: the price or the terms are too tight for it."
    assert words in cautions(tight, tested)
    safe = settle(rand_hie, change(quick, {"price.confidence": 0.99}))
    assert headline(safe).holder_loses.value < 0.5
    assert not any("too tight" in w for w in cautions(safe, tested))


def test_no_clause_in_force_is_a_caution(result: ContractResult, tested: BackTest, rand_hie: LinkedDataset,
                                         quick: ContractDesign) -> None:  # fmt: skip
    words = "No clause protects the holder or its partners: they bear every gain and loss alone."
    switches = ("stop_loss", "aggregate_stop_loss", "corridor", "sharing")
    bare = settle(rand_hie, change(quick, {f"risk.{clause}.on": False for clause in switches}))
    assert words in cautions(bare, tested)
    assert words not in cautions(result, tested)


def test_people_are_counted_to_the_nearest_five(document: ResultDocument) -> None:
    counts = [document.cohort.people, *(step.people for step in document.cohort.funnel)]
    assert all(c is not None and c % 5 == 0 for c in counts)


def test_a_service_that_few_members_used_has_no_cost_and_takes_another_with_it(result: ContractResult,
                                                                              tested: BackTest) -> None:  # fmt: skip
    table = result.scope.by_service
    few_users = table["users"].where(table["service"] != "supplies", 3)
    few = altered(result, scope=replace(result.scope, by_service=table.assign(users=few_users)))
    cost = {s.service: s.cost for s in result_document(few, tested).scope.services}
    assert cost["supplies"] is None
    assert sum(c is None for c in cost.values()) == 2


def test_a_year_of_few_members_is_refused(result: ContractResult, tested: BackTest) -> None:
    members = result.cohort.members
    few = altered(result.cohort, members=members[members["year"] == result.year].head(7), people=lambda _: 7)
    with pytest.raises(InputError, match="few people"):
        result_document(altered(result, cohort=few), tested)


def test_a_year_to_date_says_how_many_months_it_has(result: ContractResult, tested: BackTest) -> None:
    half = replace(result, dataset=replace(result.dataset, months_in_last_year=6))
    document = result_document(half, tested)
    assert document.contract_year.months == 6
    assert any("6 of 12 months" in warning for warning in document.warnings)


def test_the_design_is_in_it_term_by_term(document: ResultDocument, quick: ContractDesign) -> None:
    assert set(document.design.terms) == set(quick.declarations)
    assert document.design.key == quick.key


def test_money_lines_sum_to_nothing_in_every_year_step_and_line(tested: BackTest) -> None:
    header, *rows = [line.rsplit(",", 4) for line in money_lines_csv(tested.money_lines).splitlines()]
    assert header == ["year", "step", "line", "party", "amount"]
    sums: dict[tuple[str, ...], int] = {}
    for *line, _, amount in rows:
        assert amount[-3] == "."
        sums[tuple(line)] = sums.get(tuple(line), 0) + int(amount.replace(".", ""))
    assert set(sums.values()) == {0}
    assert {line[0] for line in sums} == {str(r.year) for r in tested.results}


def test_pence_are_written_with_their_sign_and_leading_nought(tested: BackTest) -> None:
    lines = tested.money_lines.head(3).assign(pence=[-5, 5, -12_345])
    amounts = [row.rsplit(",", 1)[1] for row in money_lines_csv(lines).splitlines()[1:]]
    assert amounts == ["-0.05", "0.05", "-123.45"]


def test_provenance_names_no_path_of_the_machine(result: ContractResult, root: Path) -> None:
    facts = provenance(result, changes={"price.trend": 0.06})
    text = json.dumps(facts)
    assert str(root) not in text
    assert str(Path.home()) not in text
    assert facts["dataset"]["version"] == result.dataset.meta.version
    assert facts["design"]["key"] == result.design.key
    assert {"python", "capitation", "numpy", "papermill"} <= set(facts["versions"])


def test_nothing_is_written_where_no_folder_is_named(result: ContractResult, tested: BackTest, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    write_documents(result, tested, None)
    assert list(tmp_path.iterdir()) == []
