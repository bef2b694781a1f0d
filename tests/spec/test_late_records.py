"""Care that had not reached the data: estimated as at a month, also for months of which nothing had come yet."""

from dataclasses import replace
from pathlib import Path

import pytest

from capitation.contract import settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import change, read_design
from capitation.report.summary import cautions
from capitation.shadow.back_test import back_test

ROOT = Path(__file__).parents[2]
SAMPLE = next((ROOT / "data_samples").glob("county-*"))
MONTHS = [f"{2013 + (n + 3) // 12}-{(n + 3) % 12 + 1:02d}" for n in range(40)]


@pytest.fixture(scope="module")
def steady(tmp_path_factory) -> LinkedDataset:
    """£100 of care every month: half reaches the data in the next month, half in the one after it."""
    folder = tmp_path_factory.mktemp("steady")
    people = "".join(f"{n},1950,female,North,,,\n" for n in range(10))
    spend = [
        f"{n},{MONTHS[m]},{MONTHS[m + late]},gp,practices,5\n" for m in range(36) for n in range(10) for late in (1, 2)
    ]
    files = {
        "dataset.yaml": "name: x\ndescription: x\nsource: x\ncurrency: £\ngrain: month\nsynthetic: true\n",
        "people.csv": "person_id,birth_year,sex,locality,join_date,leave_date,death_date\n" + people,
        "spend.csv": "person_id,month,recorded,service,provider,amount\n" + "".join(spend),
        "services.csv": "service,label,setting\ngp,GP care,primary care\n",
        "providers.csv": "provider,label\npractices,Practices\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return open_dataset(str(folder))


def test_the_last_month_s_care_is_part_of_what_is_still_to_come(steady):
    then = steady.as_at(MONTHS[35])
    whole = then.quality.completion.settings.iloc[-1]
    assert then.placed_spend + then.unplaced_spend == 36 * 100 - 100 - 50
    assert whole["ibnr"] == pytest.approx(50)  # half of the month before the last
    assert whole["months_left_out"] == 1  # the last month: nothing had come of it
    assert whole["late"] == pytest.approx(150)
    assert whole["late_error"] == pytest.approx(0, abs=1e-6)  # every month is alike
    assert whole["late_came"] == 0


def test_what_has_come_since_is_not_still_to_come(steady):
    whole = steady.quality.completion.settings.iloc[-1]
    assert whole["late"] == pytest.approx(150)
    assert whole["late_came"] == pytest.approx(150)


@pytest.fixture(scope="module")
def county() -> LinkedDataset:
    return open_dataset(str(SAMPLE))


@pytest.mark.parametrize("month", ["2016-12", "2017-09"])
def test_in_a_county_the_estimate_is_near_what_came_later(county, month):
    then = county.as_at(month)
    whole = then.quality.completion.settings.set_index("setting").loc["all settings"]
    spend = county.tables["spend"].to_pandas()
    end = f"{month}-28"
    given = spend[spend["month"].astype(str) <= end]
    came_later = given.loc[given["recorded"].astype(str) > end, "amount"].sum()
    assert whole["late"] == pytest.approx(came_later, rel=0.25)
    assert abs(whole["late"] - came_later) < 3 * whole["late_error"]


def test_the_report_says_how_much_a_part_done_year_is_short_of_and_a_settled_one_does_not(county):
    design = change(read_design(ROOT / "designs" / "county.yaml"), {"outlook.replicates": 1_024})

    def said(data: LinkedDataset) -> list[str]:
        result = settle(data, design)
        found = cautions(result, replace(back_test(data, design)))
        return [words for words in found if words.startswith("Records come late")]

    assert said(county) == []
    (words,) = said(county.as_at("2017-09"))
    assert "had not reached the data; it is in no figure here." in words
    assert "The figures of 2017/18 to date are short of it: a gain in them may be delay." in words
