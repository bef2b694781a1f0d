"""A measure's value is hidden where few people are measured, have an event, or, of a share, have none."""

from pathlib import Path

import pytest

from capitation.contract import check_enough_members, fewest_people, measures_hidden, settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import ContractDesign, change, read_design
from capitation.design.outcome_parts import PaidMeasure
from capitation.errors import InputError
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
