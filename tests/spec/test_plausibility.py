"""Faults put into a sound county on purpose: each is found, alone and with the others, with what it does to the price.

The truth is the price of a person-year of the county before the fault was put in.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from capitation.dataset import LinkedDataset, check, make_county, open_dataset
from capitation.dataset.checking import meta_of
from capitation.dataset.county.planting import PLANTS, plant
from capitation.dataset.faults import Fault
from capitation.dataset.plausibility import effect_of_negatives, findings
from capitation.dataset.plausibility.evidence import Evidence
from capitation.dataset.sources import read
from capitation.dataset.typed import flagged_tables, typed_tables
from capitation.errors import InputError

TODAY = date(2026, 11, 22)
ALL_YEARS, DEAR_YEAR, FAULT_YEAR, LAST_YEAR = (2013, 2014, 2015, 2016, 2017), (2015,), (2016,), (2017,)
# What each is known by, the years concerned, and how far its effect may be from the truth: exact where the fault says
# how large it is, a quarter where it has to be estimated from other people, places or months (6,000 people).
KNOWN_BY = {
    "duplicate-person-years": ("stands there twice", FAULT_YEAR, 0.10),
    "joiners-as-full-years": ("part-year joiners", ALL_YEARS, 0.10),
    "locality-without-social-care": ("nobody in Rother has any social care", ALL_YEARS, 0.50),
    "unsettled-months": ("the last months hold too little", LAST_YEAR, 0.25),
    "feed-in-pence": ("they look like pence", FAULT_YEAR, 0.01),
    "price-error": ("above units × unit cost", DEAR_YEAR, 0.10),
    "reversed-deprivation": ("the wrong way", LAST_YEAR, None),
}
WORDS = re.compile(r"as recorded £([\d,.]+) a person-year, put right £([\d,.]+): £([\d,.]+) too (much|little)")


def found_in(folder: Path) -> list[Fault]:
    opened = open_dataset(str(folder))
    return findings(opened.meta, opened.tables, TODAY)


def price(folder: Path, years: Sequence[int]) -> float:
    opened = open_dataset(str(folder))
    evidence = Evidence(opened.meta, opened.tables)
    return evidence.spent(years) / evidence.exposed(years)


def effect_told(fault: Fault) -> float:
    """The effect in £ a person-year, positive where the price is too high."""
    words = WORDS.search(fault.effect)
    assert words, fault.effect
    size = float(words[3].replace(",", ""))
    return size if words[4] == "much" else -size


def test_every_fault_that_can_be_planted_is_looked_for() -> None:
    assert set(PLANTS) == {*KNOWN_BY, "negative-adjustments"}


@pytest.mark.parametrize("name", KNOWN_BY)
def test_a_planted_fault_is_found_alone(name: str, planted: Callable[..., Path]) -> None:
    (fault,) = found_in(planted(name))
    assert KNOWN_BY[name][0] in fault.what
    assert not fault.fatal
    assert fault.effect
    assert fault.effect in fault.line()


@pytest.mark.parametrize("name", [name for name, (_, _, tolerance) in KNOWN_BY.items() if tolerance])
def test_its_effect_on_the_price_is_that_of_the_truth(
    name: str, planted: Callable[..., Path], county_folder: Path
) -> None:
    _, years, tolerance = KNOWN_BY[name]
    folder = planted(name)
    (fault,) = found_in(folder)
    truth = price(folder, years) - price(county_folder, years)
    assert abs(truth) > 1
    assert effect_told(fault) == pytest.approx(truth, rel=tolerance)


def test_reversed_deprivation_shifts_the_price_of_the_fifth_and_not_of_all(planted: Callable[..., Path]) -> None:
    (fault,) = found_in(planted("reversed-deprivation"))
    assert effect_told(fault) < 0
    assert fault.effect.startswith("in the most deprived fifth")
    assert fault.effect.endswith("the price of all people stays")


def test_faults_name_the_place_the_feed_and_the_months(planted: Callable[..., Path]) -> None:
    (pence,) = found_in(planted("feed-in-pence"))
    assert "amounts of community from community in 2016-07 to 2016-09" in pence.what
    (twice,) = found_in(planted("duplicate-person-years"))
    assert "of 2016/17 stands there twice" in twice.what
    (dear,) = found_in(planted("price-error"))
    assert "emergency_inpatient in 2015/16 is 5.0\xa0%" in dear.what
    (unsettled,) = found_in(planted("unsettled-months"))
    assert "2018-03" in unsettled.what


def test_all_faults_are_found_together(planted: Callable[..., Path]) -> None:
    found = found_in(planted(*KNOWN_BY))
    for name, (known_by, _, _) in KNOWN_BY.items():
        assert any(known_by in fault.what for fault in found), name


def test_negative_adjustments_keep_the_county_from_opening_and_say_what_they_do(
    planted: Callable[..., Path], county_folder: Path
) -> None:
    folder = planted("negative-adjustments")
    with pytest.raises(InputError, match="it is negative"):
        open_dataset(str(folder))
    raw = read(str(folder))
    told = effect_of_negatives(meta_of(raw), typed_tables(flagged_tables(raw), raw))
    right = price(county_folder, FAULT_YEAR)
    words = WORDS.search(told)
    assert words
    assert float(words[2].replace(",", "")) == pytest.approx(right, abs=1)
    assert words[4] == "little"
    (fault,) = [fault for fault in check(str(folder)) if fault.fatal]
    assert (fault.where, fault.effect) == ("spend.amount", told)


def test_sound_data_have_no_findings(county: LinkedDataset, rand_hie: LinkedDataset) -> None:
    assert findings(county.meta, county.tables, TODAY) == []
    assert findings(rand_hie.meta, rand_hie.tables, TODAY) == []
    assert effect_of_negatives(county.meta, county.tables) == ""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sound_county_of_a_thousand_people_has_no_findings(seed: int, tmp_path: Path) -> None:
    assert found_in(make_county(1_000, seed, tmp_path / "county")) == []


@pytest.mark.parametrize("month", ["2015-06", "2016-03", "2017-11"])
def test_months_that_are_only_on_their_way_are_no_finding(month: str, county: LinkedDataset) -> None:
    then = county.as_at(month)
    assert findings(then.meta, then.tables, TODAY) == []


def test_a_small_set_made_by_hand_has_no_findings(by_hand: Callable[..., LinkedDataset]) -> None:
    made = by_hand()
    assert findings(made.meta, made.tables, TODAY) == []


def test_months_after_today_are_named(county: LinkedDataset) -> None:
    (care, _) = findings(county.meta, county.tables, date(2018, 1, 31))
    assert "2018-02 to 2018-03, after 2018-01-31" in care.what
    assert "a person-year" in care.effect


def test_records_from_after_today_are_named(county: LinkedDataset) -> None:
    (late,) = findings(county.meta, county.tables, date(2018, 6, 30))
    assert late.where == "spend.recorded"
    assert "recorded after 2018-06-30" in late.what


def test_two_people_with_one_pseudonym_are_named(county: LinkedDataset) -> None:
    people = county.tables["people"]
    others = people.filter(people.person_id <= 40)
    others = others.mutate(birth_year=others.birth_year + 10)
    both = people.union(others)
    shared = [f for f in findings(county.meta, {**county.tables, "people": both}, TODAY) if f.column == "person_id"]
    assert [fault.what for fault in shared] == ["40 pseudonyms stand for people of different sex or year of birth"]
    assert "too much" in shared[0].effect


def test_counts_of_few_people_are_hidden(county: LinkedDataset) -> None:
    people = county.tables["people"]
    others = people.filter(people.person_id <= 3)
    both = people.union(others.mutate(birth_year=others.birth_year + 10))
    (fault,) = [f for f in findings(county.meta, {**county.tables, "people": both}, TODAY) if f.column == "person_id"]
    assert fault.what.startswith("* pseudonyms")
    assert fault.effect == ""


def test_planting_keeps_columns_types_and_order(planted: Callable[..., Path], county_folder: Path) -> None:
    folder = planted(*KNOWN_BY)
    for table in ("spend", "people"):
        before, after = (pq.read_schema(place / f"{table}.parquet") for place in (county_folder, folder))
        assert [(field.name, field.type) for field in after] == [(field.name, field.type) for field in before]
        columns = ["person_id", "month"] if table == "spend" else ["person_id"]
        old, new = (pq.read_table(place / f"{table}.parquet", columns=columns) for place in (county_folder, folder))
        seen = dict.fromkeys(zip(*(new[column].to_pylist() for column in columns), strict=True))
        kept = [row for row in dict.fromkeys(zip(*(old[c].to_pylist() for c in columns), strict=True)) if row in seen]
        assert list(seen) == kept


def test_planting_with_one_seed_gives_the_same_bytes(planted: Callable[..., Path]) -> None:
    once, again = (
        planted("duplicate-person-years", "unsettled-months"),
        planted("unsettled-months", "duplicate-person-years"),
    )
    for table in ("spend", "people"):
        assert (once / f"{table}.parquet").read_bytes() == (again / f"{table}.parquet").read_bytes()
    other = planted("unsettled-months", seed=99)
    third = planted("unsettled-months", seed=100)
    assert (other / "spend.parquet").read_bytes() != (third / "spend.parquet").read_bytes()


def test_an_unknown_fault_is_refused(county_folder: Path) -> None:
    with pytest.raises(InputError, match="'typhoon' is unknown"):
        plant(county_folder, ["typhoon"], 1)
