"""Tables: units in the headings, amounts that sum to nothing, nothing shown of few people, nothing run as HTML."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from altered import altered
from capitation import tables
from capitation.contract import ContractResult
from capitation.design import ContractDesign, change
from capitation.report import provenance
from capitation.shadow.back_test import BackTest


@pytest.fixture(scope="module")
def all_tables(result: ContractResult, tested: BackTest) -> list[tables.Table]:
    design = result.design
    return [
        tables.money_lines(result), tables.parties(result), tables.build_up(result), tables.cells(result),
        tables.back_test(tested), tables.contract_terms(design, "$"), tables.changes(design, design, "$"),
        tables.score(result), tables.funnel(result), tables.facts(provenance(result)),
    ]  # fmt: skip


def _number(text: str) -> int:
    return int(text.replace(",", "").replace("−", "-"))


def test_every_table_renders_with_its_title_and_asks_nothing_of_another_host(all_tables: list[tables.Table]) -> None:
    for table in all_tables:
        html = table.html()
        assert table.title.replace("’", "’") in html
        assert not re.search(r"(src|href)=|https?://|@import|url\(", html), table.name


def test_every_row_has_a_heading_that_says_what_it_is(all_tables: list[tables.Table]) -> None:
    for table in all_tables:
        assert len(re.findall(r'<th scope="row"', table.html())) == len(table.rows), table.name


def test_a_term_that_is_nothing_says_what_that_means() -> None:
    said = tables.contract_terms(ContractDesign(), "£").rows.set_index("path")["value"]
    assert said["scope.services"] == said["scope.pooled_streams"] == said["cohort.localities"] == "all"
    assert said["cohort.rules"] == said["scope.outside_providers"] == "none"
    assert (said["price.bid.offered"], said["price.path.pace"]) == ("the price worked out", "no limit")
    assert said["price.trend"] == "3\N{NO-BREAK SPACE}% a year"
    assert said["price.growth.need"] == "0\N{NO-BREAK SPACE}% a year"


def test_every_money_line_sums_to_nothing(result: ContractResult) -> None:
    assert set(tables.money_lines(result).rows["Sum"]) == {"0"}


def test_the_last_money_row_is_what_each_party_is_left_with(result: ContractResult) -> None:
    last = tables.money_lines(result).rows.iloc[-1]
    assert last["Line"] == "left with"
    assert _number(last["Holder"]) == round(float(result.settled.result("holder")[0]))


def test_headings_of_amounts_name_the_currency(result: ContractResult, tested: BackTest) -> None:
    for table in (tables.money_lines(result), tables.parties(result)):
        assert table.title.endswith(", $")
    headings = [h for h in tables.back_test(tested).rows.columns if "paid" in h or "left with" in h or "price" in h]
    assert headings
    assert all("$" in h for h in headings)


def test_the_build_up_adds_up_to_the_price(result: ContractResult) -> None:
    column = tables.build_up(result).rows["$ per person-year"].str.replace("−", "-").astype(float)
    assert column.iloc[:-1].sum() == pytest.approx(column.iloc[-1], abs=0.03)


def test_a_cell_of_few_people_shows_a_star_and_takes_a_second_cell_with_it(result: ContractResult) -> None:
    cells = result.price.cells.copy()
    cells.loc[0, "base_people"] = 3
    few = altered(result, price=replace(result.price, cells=cells))
    rates = tables.cells(few).rows["$ per person-year"]
    assert (rates == "*").sum() == 2


def test_a_measure_of_few_people_shows_neither_value_nor_points(result: ContractResult) -> None:
    measures = result.cohort.measures.copy()
    column = ("seen_by_doctor", "denominator")
    measures[column] = 0.0
    measures.loc[measures.index[-5:], [column]] = 1.0
    few = altered(result, cohort=altered(result.cohort, measures=measures))
    row = tables.score(few).rows.set_index("Measure").loc["Seen by doctor"]
    assert (row["settled year"], row["points won"]) == ("*", "*")


def test_counts_of_people_are_to_the_nearest_five(result: ContractResult) -> None:
    counts = [_number(c) for c in tables.funnel(result).rows["people left"]]
    assert counts
    assert all(c % 5 == 0 for c in counts)


def test_a_change_shows_both_values_with_their_units(baseline: ContractDesign) -> None:
    changed = change(baseline, {"risk.stop_loss.attachment": 7_000})
    row = tables.changes(baseline, changed, "£").rows.iloc[0]
    assert list(row) == ["Attachment point", "£5,000 per person-year", "£7,000 per person-year",
                         "risk.stop_loss.attachment"]  # fmt: skip


def test_no_change_is_said_in_words(baseline: ContractDesign) -> None:
    assert tables.changes(baseline, baseline, "£").rows.iloc[0, 0] == "No term differs"


def test_every_term_is_listed_with_its_source(baseline: ContractDesign) -> None:
    rows = tables.contract_terms(baseline, "$").rows
    assert list(rows["path"]) == list(baseline.declarations)
    assert (rows["source"] != "").all()


def test_the_terms_are_in_words_where_the_design_holds_a_code(baseline: ContractDesign) -> None:
    values = tables.contract_terms(baseline, "$").rows.set_index("path")["value"]
    assert values["outlook.contract_year"] == "the last in the data"
    assert values["risk.order"] == "aggregate stop-loss, risk corridor, gain and loss shares"
    assert not values.str.contains("_").any()


def test_a_change_of_the_contract_year_names_the_year_and_the_last_in_words(baseline: ContractDesign) -> None:
    row = tables.changes(baseline, change(baseline, {"outlook.contract_year": 2013}), "$").rows.iloc[0]
    assert list(row)[1:3] == ["the last in the data", "2013"]


def test_every_term_of_a_measure_has_the_label_of_its_declaration(baseline: ContractDesign) -> None:
    rows = tables.contract_terms(baseline, "$").rows
    assert list(rows["Term"]) == [d.label for d in baseline.declarations.values()]


def test_person_years_beside_people_are_to_the_nearest_five(result: ContractResult, tested: BackTest) -> None:
    cells = tables.cells(result).rows
    shown = [*cells["person-years in the base years"], *cells["person-years in the contract year"],
             *tables.back_test(tested).rows["person-years"]]  # fmt: skip
    shown += re.findall(r"about ([\d,]+) person-years", tables.build_up(result).notes[0])
    assert len(shown) > len(tested.results) + 1
    assert all(_number(s) % 5 == 0 for s in shown if s != "*")


def test_the_back_test_sets_what_would_have_been_paid_beside_what_was(tested: BackTest) -> None:
    row = tables.back_test(tested).rows.iloc[-1]
    year = tested.by_year.iloc[-1]
    assert _number(row["commissioner would have paid, $"]) == round(year["commissioner_paid"])
    assert _number(row["it paid in fact, $"]) == round(year["paid_without_contract"])


def test_a_name_from_the_data_is_shown_and_never_run() -> None:
    name = "<script>1</script>"
    rows = pd.DataFrame({f"Name {name}": [name], "group": [name], "n": [name]})
    shown = tables.Table("x", name, rows, group="group", notes=(name,)).html()
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;1&lt;/script&gt;") == 6


@pytest.mark.parametrize(("value", "words"), [(1234.4, "1,234"), (-0.4, "0"), (-1234.6, "−1,235"), (float("nan"), "–")])
def test_amounts_are_whole_and_nothing_is_never_minus_nothing(value: float, words: str) -> None:
    assert tables.amount(value) == words
