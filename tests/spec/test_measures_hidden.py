"""What a measure is paid on, and that it is hidden where few people are measured, have an event, or, of a share, have none."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from capitation.after_signing.exceptions import exceptions
from capitation.contract import check_enough_members, fewest_people, measures_hidden, settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import ContractDesign, change, read_design
from capitation.design.outcome_parts import PaidMeasure
from capitation.errors import InputError
from capitation.outcomes.counted import eligible
from capitation.outcomes.library import library
from capitation.tables import shown_score

ROOT = Path(__file__).parents[2]
OLD = {"cohort.min_age": 91}


@pytest.fixture(scope="module")
def county() -> LinkedDataset:
    return open_dataset(str(ROOT / "data_samples" / "county-5000"))


@pytest.fixture(scope="module")
def design() -> ContractDesign:
    return read_design(ROOT / "designs" / "county.yaml")


def paying(design: ContractDesign, **measures: PaidMeasure) -> ContractDesign:
    return design.model_copy(update={"outcomes": design.outcomes.model_copy(update={"measures": measures})})


def test_a_share_of_twelve_people_of_whom_four_have_it_not_is_hidden(county, design):
    """8 of 12: who knows 12 and 0.667 knows the four."""
    result = settle(county, change(design, OLD))
    members = result.cohort.members["year"].to_numpy() == 2016
    died = result.cohort.measures.loc[members, "died_at_usual_place"]
    there = died["denominator"] > 0
    assert (there.sum(), (died["numerator"] > 0).sum()) == (12, 8)
    assert fewest_people(result, 2016)["died_at_usual_place"] == 4
    assert "died_at_usual_place" in measures_hidden(result, 2016)
    rows = {row["measure"]: row for row in shown_score(result, result.score_before, 2016)}
    assert rows["died_at_usual_place"]["value"] != rows["died_at_usual_place"]["value"]  # nothing is shown


def test_of_a_rate_only_people_with_events_count_and_nobody_on_a_side_hides_nothing(county, design):
    few = settle(county, change(paying(design, falls_admission_65=PaidMeasure(floor=0.2, target=0.1, weight=0),
                                       emergency_admission=PaidMeasure(floor=0.5, target=0.2, weight=0)), OLD))  # fmt: skip
    now = (few.cohort.members["year"] == 2017).to_numpy()
    counted = few.cohort.measures.loc[now]
    falls, emergency = (
        int((counted[name, "numerator"] > 0).sum()) for name in ("falls_admission_65", "emergency_admission")
    )
    assert fewest_people(few, 2017) == {"falls_admission_65": falls, "emergency_admission": emergency}
    assert falls < 8 <= emergency and measures_hidden(few, 2017) == ["falls_admission_65"]


def test_the_only_paid_measure_of_few_without_it_is_refused_since_the_money_would_tell(county, design):
    alone = paying(design, died_at_usual_place=PaidMeasure(floor=0.3, target=0.7))
    with pytest.raises(InputError, match=r"died_at_usual_place: so few people are measured, or are counted or not"):
        check_enough_members(settle(county, change(alone, OLD)))


def test_measures_of_enough_people_on_either_side_are_shown(county, design):
    result = settle(county, design)
    assert measures_hidden(result, 2016) == measures_hidden(result, 2017) == []
    assert min(fewest_people(result, 2017).values()) >= 8


# --- whom the library leaves out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2016, 2017])
def test_what_is_paid_on_leaves_out_whom_the_library_leaves_out_in_every_year(county, design, year):
    result = settle(
        county, change(paying(design, diabetes_control=PaidMeasure(floor=0.5, target=0.8)), {"cohort.min_age": 0})
    )
    members = result.cohort.members
    now, frail = (members["year"] == year).to_numpy(), (members["need:frailty"] > 0.24).to_numpy()
    told = result.cohort.measures["diabetes_control"]
    mine, everybody = told[now & ~frail].sum(), told[now].sum()
    paid = result.outcome_values(year)["diabetes_control"]
    assert paid == pytest.approx(mine["numerator"] / mine["denominator"])
    assert paid != pytest.approx(everybody["numerator"] / everybody["denominator"])
    assert result.outcome_values(year)["blood_pressure_control"] == pytest.approx(
        result.cohort.measures.loc[now, ("blood_pressure_control", "numerator")].sum()
        / result.cohort.measures.loc[now, ("blood_pressure_control", "denominator")].sum()
    )
    if year == 2017:
        assert result.score.by_measure["value"][0] == pytest.approx(paid)
        assert result.score.share == pytest.approx((paid - 0.5) / 0.3)
        counted = next(of for of in exceptions(result) if of.measure.id == "M01").found
        assert (paid, everybody["numerator"] / everybody["denominator"]) == pytest.approx(
            (counted.value, counted.all_value)
        )


def test_the_published_case_by_hand_1900_of_3000_with_150_left_out():
    """Measures reference, section 1: 66.67 % of those counted, 63.33 % of everybody registered."""
    frail = np.arange(3000) >= 2850
    members = pd.DataFrame({"year": 2017, "age": 50, "exposure": 1.0, "need:frailty": np.where(frail, 0.3, 0.1)})
    told = pd.DataFrame({("hba1c", "numerator"): np.arange(3000) < 1900, ("hba1c", "denominator"): 1.0}, dtype=float)
    told.columns = pd.MultiIndex.from_tuples(told.columns)
    of = SimpleNamespace(members=members, measures=told, units=pd.DataFrame(index=members.index))
    left = eligible(of, {"hba1c": library()["M01"]}).sum()
    assert left["hba1c", "numerator"] / left["hba1c", "denominator"] == pytest.approx(1900 / 2850)
    without_marker = SimpleNamespace(**{**vars(of), "members": members.drop(columns="need:frailty")})
    assert eligible(without_marker, {"hba1c": library()["M01"]}) is told
