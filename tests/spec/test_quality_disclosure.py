"""The steward page of small counties is read, number by number, for what stands for fewer than 8 people or records.

What may not be found is worked out here from the rows of the data set alone.
"""

import re
from functools import cache
from html import unescape

import pandas as pd
import pytest

from capitation import charts
from capitation.dataset import LinkedDataset, make_county, open_dataset
from capitation.dataset.quality import Quality, assessment, completeness, costing, ledger, linkage, quality_of
from capitation.steward_page import steward_page
from capitation.tables_quality import completeness as completeness_table
from capitation.tables_quality import linkage as linkage_table

PEOPLE = (1, 7, 30, 100, 300)
FEW = 7
LEAST = 3_000.0  # of the currency: smaller amounts, and years, are found by chance
OF_PEOPLE = ("people.", "spend.", "needs.", "outcomes.", "absences.", "unlinked.")
CELLS = ([], ["year"], ["service"], ["setting"], ["year", "service"], ["year", "setting"])


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> dict[int, LinkedDataset]:
    folder = tmp_path_factory.mktemp("counties")
    return {n: open_dataset(str(make_county(n, 3, folder / str(n)))) for n in PEOPLE}


def of_few(county: LinkedDataset) -> set[int]:
    """Every sum of spend, to the unit, that 1 to 7 people stand behind."""
    spend = county.tables["spend"].select("person_id", "month", "service", "amount").execute()
    settings = county.tables["services"].execute().set_index("service")["setting"]
    month = pd.to_datetime(spend["month"])
    spend = spend.assign(year=month.dt.year - (month.dt.month < 4), setting=spend["service"].map(settings))
    found = [_sums(spend, by) for by in CELLS] + [spend.groupby(["person_id", "year"])["amount"].sum()]
    return {round(float(amount)) for amounts in found for amount in amounts if amount >= LEAST}


def _sums(spend: pd.DataFrame, by: list[str]) -> pd.Series:
    grouped = spend.assign(all=0).groupby(by or ["all"])
    return grouped["amount"].sum()[grouped["person_id"].nunique() <= FEW]


def numbers(county: LinkedDataset, quality: Quality) -> list[int]:
    """Every whole amount on the page and in the data of its pictures."""
    drawn = (charts.quality.linkage(quality), charts.quality.ledger(quality), charts.quality.run_off(quality))
    data = " ".join(str(picture.data) for picture in drawn if picture)
    page = re.sub(
        r"<style.*?</style>|<[^>]+>", " ", steward_page(county.meta, quality, county.findings), flags=re.DOTALL
    )
    return [
        int(n.replace(",", ""))
        for n in re.findall(r"(?<![\d.,])\d[\d,]*(?![\d.])", unescape(page) + data)
        if n[-1] != ","
    ]


def counts(quality: Quality) -> list[str]:
    """Every count of people or records in the tables."""
    filled = completeness_table(quality).rows
    found = list(filled.loc[filled["Column"].str.startswith(OF_PEOPLE), "rows"])
    linked = linkage_table(quality)
    return found + ([] if linked is None else [*linked.rows["linked"], *linked.rows["unlinked"]])


def small(found: list[str]) -> list[str]:
    return [n for n in found if n in {str(k) for k in range(1, FEW + 1)}]


@cache
def measured(county: LinkedDataset) -> Quality:
    return quality_of(county.meta, county.tables, county.months)


@pytest.mark.parametrize("people", PEOPLE)
def test_no_amount_of_few_people_is_on_the_page(people: int, counties: dict[int, LinkedDataset]) -> None:
    county = counties[people]
    assert of_few(county)
    assert of_few(county) & set(numbers(county, measured(county))) == set()


@pytest.mark.parametrize("people", PEOPLE)
def test_no_count_of_1_to_7_is_on_the_page(people: int, counties: dict[int, LinkedDataset]) -> None:
    assert small(counts(measured(counties[people]))) == []


@pytest.mark.parametrize("people", PEOPLE[:1])
def test_the_lines_of_a_county_of_fewer_than_8_hold_no_amount(people: int, counties: dict[int, LinkedDataset]) -> None:
    quality = measured(counties[people])
    assert quality.people_in_all < FEW + 1
    assert "£" not in " ".join(quality.score.parts["sentence"])


def test_a_chart_holds_no_line_that_the_table_hides(counties: dict[int, LinkedDataset]) -> None:
    quality = measured(counties[100])
    assert quality.ledger is not None
    shown = quality.ledger.lines[quality.ledger.lines["shown"]]
    picture = charts.quality.ledger(quality)
    assert picture is not None
    drawn = {(row["service"], row["year"]) for row in picture.data["rows"]}
    assert drawn <= {(quality.labels[s], str(y)) for s, y in zip(shown["service"], shown["year"], strict=True)}
    assert len(drawn) < len(quality.ledger.lines)


def test_reference_tables_hold_nobody_and_say_exactly_how_many_rows_they_have(
    counties: dict[int, LinkedDataset],
) -> None:
    rows = completeness_table(measured(counties[300])).rows.set_index("Column")["rows"]
    assert rows["services.service"] == "11"


@pytest.mark.parametrize("people", (7, 30, 100))
def test_without_disclosure_control_the_reading_finds_what_leaves(
    people: int, counties: dict[int, LinkedDataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above can fail: the same reading with the control taken away."""
    for module in (ledger, costing, linkage, assessment):
        monkeypatch.setattr(module, "safe_groups", lambda lines, *_: pd.Series(True, index=lines.index))
    monkeypatch.setattr(linkage, "safe_cells", lambda cells: pd.concat([cells, cells.head(1)]))
    monkeypatch.setattr(completeness, "suppress_count", str)
    county = counties[people]
    open_quality = quality_of(county.meta, county.tables, county.months)
    assert of_few(county) & set(numbers(county, open_quality))
    assert people == 7 or small(counts(open_quality))  # whose records are all linked
