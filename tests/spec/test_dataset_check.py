"""The check: every kind of fault by one spoilt data set, all at once, and never a person in it."""

import io
from pathlib import Path

import pytest

from capitation.dataset import check, open_dataset
from capitation.dataset.faults import Fault
from capitation.errors import InputError

DESCRIPTION = (
    "name: Two\ndescription: By hand\nsource: this test\ncurrency: £\ngrain: month\n"
    "synthetic: true\ncontract_groups: [core]\n"
)
SOUND = {
    "dataset.yaml": DESCRIPTION,
    "people.csv": "person_id,birth_year,sex,locality,group,join_date,leave_date,death_date\n"
    "71001,1950,female,North,core,,,\n71002,1960,male,South,core,2013-06-01,,\n",
    "spend.csv": "person_id,month,service,provider,amount\n71001,2013-04,gp,practices,431.5\n"
    "71002,2013-07-01,gp,practices,5\n71001,2014-03,gp,practices,10\n",
    "needs.csv": "person_id,as_at,marker,value\n71001,2013-04-01,conditions,2\n",
    "outcomes.csv": "person_id,year,measure,numerator,denominator\n71001,2013,falls,1,1\n",
    "budgets.csv": "year,commissioner,service,amount\n2013,CCG,gp,446.5\n",
    "services.csv": "service,label,setting\ngp,GP care,primary care\n",
    "providers.csv": "provider,label\npractices,GP practices\n",
}
SPEND = SOUND["spend.csv"]
PEOPLE = SOUND["people.csv"]
OTHER_MONTHS = [f"{2013 + (n > 12)}-{(n - 1) % 12 + 1:02d}" for n in (5, 6, 8, 9, 10, 11, 12, 13, 14)]
EVERY_MONTH = SPEND + "".join(f"71001,{month},gp,practices,0\n" for month in OTHER_MONTHS)


def spoilt(folder: Path, **changes: str | None) -> str:
    """A sound data set with some files replaced (None: left out); ``people_csv`` stands for people.csv."""
    files = SOUND | {name.replace("_", ".", 1): text for name, text in changes.items()}
    for name, text in files.items():
        if text is not None:
            (folder / name).write_text(text, "utf-8")
    return str(folder)


def test_a_sound_data_set_has_no_fault(tmp_path):
    assert check(spoilt(tmp_path, spend_csv=EVERY_MONTH)) == []


CASES = {
    "missing table": ({"people_csv": None}, "people: the table is missing"),
    "column in other case": (
        {"people_csv": PEOPLE.replace("sex", "Sex")},
        "people.sex: the column is missing (found 'Sex': names are in lower case); expected text",
    ),
    "optional column in other case": (
        {"people_csv": PEOPLE.replace("group", "Group")},
        "people.group: the column is missing (found 'Group': names are in lower case)",
    ),
    "stray month years later": (
        {"spend_csv": SPEND + "71001,2031-07,gp,practices,1\n"},
        "spend.month: 2031-07 is a year or more away from the rest of the spend in 1 row (row 4 below the heading); "
        "expected spend without a gap of a year",
    ),
    "stray months on both sides": (
        {"spend_csv": SPEND + "71001,2050-01,gp,practices,1\n71001,1850-01,gp,practices,1\n"},
        "spend.month: 1850-01 and 2050-01 are a year or more away from the rest of the spend in 2 rows (rows 4, 5 below the heading)",
    ),
    "a whole year without spend": (
        {"spend_csv": SPEND + "71001,2015-04,gp,practices,1\n"},
        "spend.month: 2015-04 is a year or more away",
    ),
    "one month without spend": (
        {"spend_csv": EVERY_MONTH.replace("71001,2013-10,gp,practices,0\n", "")},
        "warning: spend.month: 1 month has no spend between the first and the last; expected spend in every month",
    ),
    "some months without spend": ({}, "warning: spend.month: 9 months have no spend between the first and the last"),
    "events against nothing": (
        {"outcomes_csv": SOUND["outcomes.csv"].replace("falls,1,1", "falls,1,0")},
        "warning: outcomes.denominator: falls: it is 0 with a numerator above 0 in 1 row (row 1 below the heading)",
    ),
    "spend in a year without days": (
        {"people_csv": PEOPLE.replace("2013-06-01", "2014-06-01")},
        "warning: spend.month: it is of a person in a year without registered days in 1 row (row 2 below the heading)"
        "; expected spend in years with registered days",
    ),
    "description with a field twice": (
        {"dataset_yaml": DESCRIPTION + "grain: year\n"},
        "dataset.yaml: the file can't be read as YAML (line 8: grain stands twice)",
    ),
    "description with no such date": (
        {"dataset_yaml": DESCRIPTION + "year_label: 2020-13-45\n"},
        "dataset.yaml: the file can't be read as YAML (line 8: a malformed timestamp)",
    ),
    "description too deep": (
        {"dataset_yaml": "[" * 3_000},
        "dataset.yaml: the file can't be read as YAML (it is nested too deeply)",
    ),
    "missing column": ({"people_csv": PEOPLE.replace("sex", "gender")}, "people.sex: the column is missing"),
    "amount is text": (
        {"spend_csv": SPEND.replace("431.5", "lots").replace(",5\n", ",5 pounds\n")},
        "spend.amount: it is of the wrong type or malformed in 2 rows (rows 1, 2 below the heading); expected a number",
    ),
    "infinite amount": (
        {"spend_csv": SPEND.replace("431.5", "inf")},
        "spend.amount: it is of the wrong type",
    ),
    "person twice": (
        {"people_csv": PEOPLE + "71001,1950,female,North,core,,,\n"},
        "people.person_id: it repeats an earlier row in 1 row (row 3 below the heading); expected each person_id once",
    ),
    "spend for nobody": (
        {"spend_csv": SPEND + "71009,2013-05,gp,practices,1\n"},
        "spend.person_id: it is not in people in 1 row (row 4 below the heading)",
    ),
    "negative cost": (
        {"spend_csv": SPEND.replace("431.5", "-431.5")},
        "spend.amount: it is negative in 1 row (row 1 below the heading); expected an amount of at least 0",
    ),
    "no person": (
        {"spend_csv": SPEND + ",2013-05,gp,practices,1\n"},
        "spend.person_id: it is empty in 1 row",
    ),
    "month malformed": (
        {"spend_csv": SPEND.replace("2013-04", "April 13")},
        "spend.month: it is of the wrong type",
    ),
    "day within a month": ({"spend_csv": SPEND.replace("07-01", "07-02")}, "spend.month: it is another day"),
    "year of the month out of range": (
        {"spend_csv": SPEND.replace("2014-03", "2914-03")},
        "spend.month: its year",
    ),
    "before joining": (
        {"spend_csv": SPEND.replace("2013-07-01", "2013-05-01")},
        "warning: spend.month: it is before the person joined in 1 row (row 2 below the heading)",
    ),
    "after death": (
        {"people_csv": PEOPLE.replace("core,,,", "core,,,2013-12-31")},
        "warning: spend.month: it is after the person left or died in 1 row (row 3 below the heading)",
    ),
    "death before joining": (
        {"people_csv": PEOPLE.replace("2013-06-01,,", "2013-06-01,,2013-05-01")},
        "people.death_date: it is before join_date in 1 row (row 2 below the heading)",
    ),
    "leaving before joining": (
        {"people_csv": PEOPLE.replace("2013-06-01,,", "2013-06-01,2013-05-01,")},
        "people.leave_date: it is before join_date",
    ),
    "birth year out of range": (
        {"people_csv": PEOPLE.replace("1960", "19600")},
        "people.birth_year: it is out of",
    ),
    "unknown sex": (
        {"people_csv": PEOPLE.replace("female", "F")},
        "people.sex: it is an unknown value in 1 row (row 1 below the heading); expected one of female, male, other, unknown",
    ),
    "unknown service": (
        {"spend_csv": SPEND.replace("gp", "xx")},
        "spend.service: it is not in services in 3 rows",
    ),
    "unknown provider": (
        {"spend_csv": SPEND.replace("practices", "x")},
        "spend.provider: it is not in providers",
    ),
    "outcome twice": (
        {"outcomes_csv": SOUND["outcomes.csv"] + "71001,2013,falls,1,1\n"},
        "outcomes.person_id: it repeats an earlier row in 1 row (row 2 below the heading)",
    ),
    "negative numerator": (
        {"outcomes_csv": SOUND["outcomes.csv"].replace("falls,1", "falls,-1")},
        "outcomes.numer",
    ),
    "year out of range": (
        {"budgets_csv": SOUND["budgets.csv"].replace("2013", "13013")},
        "budgets.year: it is out",
    ),
    "need for nobody": (
        {"needs_csv": SOUND["needs.csv"].replace("71001", "71009")},
        "needs.person_id: it is not in",
    ),
    "need date malformed": (
        {"needs_csv": SOUND["needs.csv"].replace("-04-01", "-4-1")},
        "needs.as_at: it is of the",
    ),
    "overlapping absences": (
        {"absences_csv": "person_id,away_from,back_on\n71001,2013-05-01,2013-07-01\n71001,2013-06-01,2013-06-05\n"},
        "absences.away_from: it is within another one in 1 row (row 2 below the heading)",
    ),
    "back before going": (
        {"absences_csv": "person_id,away_from,back_on\n71001,2013-05-01,2013-05-01\n"},
        "absences.back_on: it is not after away_from",
    ),
    "group of nobody": (
        {"dataset_yaml": DESCRIPTION.replace("[core]", "[east]")},
        "dataset.yaml.contract_groups: no",
    ),
    "no description": ({"dataset_yaml": None}, "dataset.yaml: the file is missing"),
    "description is no YAML": ({"dataset_yaml": "a: [b"}, "dataset.yaml: the file can't be read as YAML"),
    "unknown field": ({"dataset_yaml": DESCRIPTION + "colour: red\n"}, "dataset.yaml.colour: extra inputs"),
    "no grain": (
        {"dataset_yaml": DESCRIPTION.replace("grain: month\n", "")},
        "dataset.yaml.grain: field required",
    ),
    "label of another kind": (
        {"dataset_yaml": DESCRIPTION + "year_label: in {x}\n"},
        "dataset.yaml.year_label: ",
    ),
    "no rows": ({"spend_csv": SPEND.splitlines()[0] + "\n"}, "spend: the table has no rows"),
    "not a table": ({"spend_csv": None, "spend_parquet": "no Parquet"}, "spend: spend.parquet can't be read"),
    "two files of a table": ({"spend_parquet": "x"}, "spend: both spend.parquet and spend.csv are there"),
}


@pytest.mark.parametrize(("changes", "line"), CASES.values(), ids=CASES)
def test_the_fault_is_found_and_named(tmp_path, changes, line):
    lines = [fault.line() for fault in check(spoilt(tmp_path, **changes))]
    assert any(found.startswith(line) for found in lines), lines


@pytest.mark.parametrize("changes", [changes for changes, _ in CASES.values()], ids=CASES)
def test_no_fault_tells_a_person_s_number_or_amount(tmp_path, changes):
    text = " ".join(fault.line() for fault in check(spoilt(tmp_path, **changes)))
    assert "7100" not in text
    assert "431" not in text


def test_a_gap_of_eleven_months_is_no_stray_month_and_one_of_twelve_is(tmp_path):
    near, far = (SPEND + f"71001,{month},gp,practices,1\n" for month in ("2015-03", "2015-04"))
    assert not any(fault.fatal for fault in check(spoilt(tmp_path, spend_csv=near)))
    assert any(fault.fatal for fault in check(spoilt(tmp_path, spend_csv=far)))


def test_a_stray_month_keeps_a_data_set_from_being_opened(tmp_path):
    with pytest.raises(InputError, match="a year or more away from the rest of the spend in 1 row"):
        open_dataset(spoilt(tmp_path, spend_csv=SPEND + "71001,2031-07,gp,practices,1\n"))


@pytest.mark.parametrize(("year", "fatal"), [(2016, True), (2015, False), (2011, True)])
def test_with_years_a_missing_year_parts_the_spend(tmp_path, year, fatal):
    spend = "person_id,year,service,provider,amount\n" + "".join(
        f"71001,{each},gp,practices,5\n" for each in (2013, 2014, 2014, year)
    )
    description = DESCRIPTION.replace("grain: month", "grain: year")
    faults = check(spoilt(tmp_path, spend_csv=spend, dataset_yaml=description, budgets_csv=None))
    assert [(fault.where, fault.rows, fault.first_rows, fault.fatal) for fault in faults] == (
        [("spend.year", 1, (4,), True)] if fatal else []
    )


def test_unplaced_spend_of_enough_people_is_told_with_its_share_and_never_an_amount(tmp_path):
    people = PEOPLE + "".join(f"72{n},1960,male,South,core,2014-06-01,,\n" for n in range(8))
    spend = EVERY_MONTH + "".join(f"72{n},2013-06,gp,practices,10\n" for n in range(8))
    spend += "71001,2014-06,gp,practices,73.50\n"
    faults = check(spoilt(tmp_path, people_csv=people, spend_csv=spend, budgets_csv=None))
    (line,) = [fault.line() for fault in faults if "without registered days" in fault.line()]
    assert "a year without registered days, 13.3 % of all spend in 8 rows" in line
    assert open_dataset(str(tmp_path)).unplaced_spend == 80


def test_unplaced_spend_of_few_people_is_told_without_its_share(tmp_path):
    faults = check(spoilt(tmp_path, people_csv=PEOPLE.replace("2013-06-01", "2014-06-01")))
    assert "%" not in " ".join(fault.line() for fault in faults)


@pytest.mark.parametrize("name", ["spend.csv", "dataset.yaml", "people.parquet"])
def test_a_folder_in_the_place_of_a_file_is_a_fault(tmp_path, name):
    address = spoilt(tmp_path, people_csv=None if name.startswith("people") else PEOPLE)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()
    assert any("can't be read" in fault.line() for fault in check(address))
    with pytest.raises(InputError, match="can't be read"):
        open_dataset(address)


@pytest.mark.parametrize("name", list(SOUND))
def test_a_file_that_may_not_be_read_is_a_fault(tmp_path, monkeypatch, name):
    address = spoilt(tmp_path)
    allowed = io.open

    def refuse(file, *args, **kwargs):
        if str(file).endswith(name):
            raise PermissionError(13, "Permission denied", str(file))
        return allowed(file, *args, **kwargs)

    monkeypatch.setattr(io, "open", refuse)
    (fault,) = [fault for fault in check(address) if fault.what.endswith("can't be read")]
    assert fault.fatal
    with pytest.raises(InputError, match="can't be read"):
        open_dataset(address)


def test_budgets_far_from_spend_are_a_warning_for_whole_years(tmp_path):
    months = "".join(f"71001,2013-{month:02d},gp,practices,100\n" for month in range(4, 13))
    months += "".join(f"71001,2014-{month:02d},gp,practices,100\n" for month in (1, 2, 3))
    spend = SPEND.splitlines()[0] + "\n" + months
    near = spoilt(tmp_path, spend_csv=spend, budgets_csv=SOUND["budgets.csv"].replace("446.5", "1210"))
    assert check(near) == []
    (tmp_path / "budgets.csv").write_text(SOUND["budgets.csv"].replace("446.5", "1230"), "utf-8")
    (fault,) = check(near)
    assert fault.line().startswith("warning: budgets.amount: the budgets of 2013/14 are further from the spend")
    assert not fault.fatal


def test_all_faults_are_told_at_once_and_five_rows_at_most_are_named(tmp_path):
    rows = "".join(f"71001,2013-05,gp,nobody,-{n}\n" for n in range(1, 9))
    faults = check(spoilt(tmp_path, spend_csv=SPEND + rows, needs_csv="person_id\n1\n"))
    by_place = {fault.where: fault for fault in faults}
    assert by_place["spend.amount"].rows == by_place["spend.provider"].rows == 8
    assert by_place["spend.amount"].first_rows == (4, 5, 6, 7, 8)
    assert "in 8 rows (first rows 4, 5, 6, 7, 8 below the heading)" in by_place["spend.amount"].line()
    assert {"needs.as_at", "needs.marker", "needs.value", "needs.person_id"} <= set(by_place)


def test_opening_stops_at_the_first_fatal_fault_and_counts_the_others(tmp_path):
    address = spoilt(tmp_path, spend_csv=SPEND.replace("gp", "xx"), providers_csv=None)
    with pytest.raises(InputError) as error:
        open_dataset(address)
    assert str(error.value).startswith("providers: the table is missing; expected providers.parquet or providers.csv")
    assert str(error.value).endswith(f"(and 1 more: capitation dataset check {address})")
    assert "\n" not in str(error.value)


def test_a_warning_does_not_keep_a_data_set_from_being_opened(tmp_path):
    data = open_dataset(spoilt(tmp_path, spend_csv=SPEND.replace("2013-07-01", "2013-05-01")))
    assert data.costs.to_numpy().sum() == 446.5


def test_optional_tables_and_columns_may_be_left_out(tmp_path):
    people = "person_id,birth_year,sex,locality,join_date,leave_date,death_date\nx1,1950,female,North,,,\n"
    spend = "person_id,month,service,provider,amount\nx1,2013-04,gp,practices,1\n"
    data = open_dataset(
        spoilt(
            tmp_path, people_csv=people, spend_csv=spend, needs_csv=None, outcomes_csv=None, budgets_csv=None,
            dataset_yaml=DESCRIPTION.replace("[core]", "[]"),
        )
    )  # fmt: skip
    assert data.person_years.group.tolist() == [""]
    assert data.person_years.person_id.tolist() == ["x1"]
    assert data.measures.shape == (1, 0)
    assert data.budgets.empty


def test_a_fault_without_rows_is_one_line():
    assert Fault("people", "", 0, (), "a table", "it is gone").line() == "people: it is gone; expected a table"
