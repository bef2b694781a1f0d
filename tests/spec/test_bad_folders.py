"""Folders that are not what they should be: what, where, what was expected; and never a traceback."""

import shutil
from pathlib import Path

import duckdb
import pytest

from capitation.dataset import check, open_dataset
from capitation.errors import InputError

SAMPLE = next((Path(__file__).parents[2] / "data_samples").glob("county-*"))


@pytest.fixture
def county(tmp_path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "county"))


def rewritten(folder: Path, table: str, select: str, suffix: str = "parquet") -> None:
    """A table of the folder replaced by what ``select`` makes of it (``t``); at once, as a file of that kind."""
    file, made = folder / f"{table}.parquet", folder / f"made.{suffix}"
    duckdb.sql(f"copy ({select.format(t=repr(str(file)))}) to '{made}'")
    file.unlink()
    made.rename(folder / f"{table}.{suffix}")


def lines(folder: Path) -> list[str]:
    return [fault.line() for fault in check(str(folder)) if fault.fatal]


@pytest.mark.parametrize("table", ["spend", "people", "needs"])
def test_a_parquet_file_cut_short_is_named(county, table):
    file = county / f"{table}.parquet"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert lines(county)[0].startswith(f"{table}: {table}.parquet can't be read; expected a Parquet file")
    with pytest.raises(InputError, match=f"{table}.parquet can't be read"):
        open_dataset(str(county))


def test_a_csv_file_cut_short_in_the_middle_of_a_row_is_named(county):
    rewritten(county, "spend", "select person_id, month, service, provider, amount from {t}", "csv")
    text = (county / "spend.csv").read_bytes()
    (county / "spend.csv").write_bytes(text[: text.rfind(b",", 0, len(text) // 2)])
    assert lines(county)[0].startswith(
        ("spend: spend.csv can't be read", "spend: its rows can't be read", "spend.amount: it is empty in 1 row")
    )


def test_the_tables_of_another_schema_are_all_told_with_the_columns_expected(tmp_path):
    folder = tmp_path / "omop"
    folder.mkdir()
    duckdb.sql(f"copy (select 1 as person_id, 1950 as year_of_birth) to '{folder / 'person.parquet'}'")
    duckdb.sql(f"copy (select 1 as person_id, 10.0 as total_cost) to '{folder / 'spend.parquet'}'")
    found = lines(folder)
    assert "dataset.yaml: the file is missing" in found[0]
    assert any(
        line.startswith("people: the table is missing; expected people.parquet or people.csv with person_id")
        for line in found
    )
    assert {f"spend.{name}: the column is missing" for name in ("month", "service", "provider", "amount")} <= {
        line.split(";")[0] for line in found
    }


def test_a_column_of_mixed_types_is_counted_and_its_rows_named(county):
    mixed = "case when person_id % 50 = 0 then 'n/a' else amount::varchar end"
    rewritten(county, "spend", f"select person_id, month, service, provider, {mixed} as amount from {{t}}", "csv")
    assert lines(county)[0].startswith("spend.amount: it is of the wrong type or malformed in ")
    assert "below the heading); expected a number" in lines(county)[0]


def test_two_people_under_one_pseudonym_are_told_apart_from_a_row_given_twice(county):
    rewritten(
        county, "people", "select * replace (case when person_id = 2 then 1 else person_id end as person_id) from {t}"
    )
    found = next(line for line in lines(county) if line.startswith("people.person_id"))
    assert found.startswith(
        "people.person_id: it repeats an earlier row with another sex or birth year: two people under one pseudonym"
    )


def test_a_person_given_twice_is_not_called_two_people(county):
    rewritten(county, "people", "from {t} union all select * from {t} where person_id = 1")
    found = next(line for line in lines(county) if line.startswith("people.person_id"))
    assert found.startswith("people.person_id: it repeats an earlier row in 1 row")


def test_a_person_told_in_two_ways_is_called_two_records_under_one_pseudonym(county):
    rewritten(
        county, "people", "from {t} union all select * replace ('Atlantis' as locality) from {t} where person_id = 1"
    )
    found = next(line for line in lines(county) if line.startswith("people.person_id"))
    assert "with another locality: two records under one pseudonym" in found


def test_one_text_among_whole_numbers_is_named_where_it_stands(county):
    odd = "case when person_id = 5 then 'X5' else person_id::varchar end"
    rewritten(county, "people", f"select * replace ({odd} as person_id) from {{t}}")
    found = [fault.line() for fault in check(str(county))]
    assert any(
        line.startswith("warning: people.person_id: it is no whole number, unlike the others, in 1 row")
        for line in found
    )
    assert any(line.startswith("spend.person_id: it is not in people") for line in found)
    assert not any("X5" in line for line in found)


def test_an_empty_folder_is_told_what_belongs_in_it(tmp_path):
    with pytest.raises(InputError, match=r"dataset\.yaml: the file is missing"):
        open_dataset(str(tmp_path))


WRONG_ROWS = {
    "a fifth of 0": ("people", "select * replace (0 as deprivation) from {t}", "people.deprivation: it is out of range"),
    "recorded before it happened": (
        "spend", "select * replace (month - interval 40 day as recorded) from {t}", "spend.recorded: it is before the month of care"),
    "units below nothing": ("spend", "select * replace (-1 as units) from {t}", "spend.units: it is negative"),
    "the client paid more than it cost": (
        "spend", "select * replace (amount + 1 as client_paid) from {t}", "spend.client_paid: it is more than the amount"),
    "a unit cost of nothing": ("unit_costs", "select * replace (0 as unit_cost) from {t}", "unit_costs.unit_cost: it is not above 0"),
    "a ledger below nothing": ("ledger", "select * replace (-amount as amount) from {t}", "ledger.amount: it is negative"),
    "unlinked records of an unknown service": (
        "unlinked", "select * replace ('x' as service) from {t}", "unlinked.service: it is not in services"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_ROWS)
def test_a_row_that_breaks_a_rule_is_found_in_the_newer_columns_too(county, wrong):
    table, select, line = WRONG_ROWS[wrong]
    rewritten(county, table, select)
    assert any(found.startswith(line) for found in lines(county)), lines(county)
