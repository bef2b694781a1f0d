"""Faults put into a sound county on purpose: each is found, alone and with the others, with what it does to the price.

The truth is the price of a person-year of the county before the fault was put in.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from capitation.dataset import LinkedDataset, check, make_county, open_dataset
from capitation.dataset.checking import meta_of
from capitation.dataset.county.planting import PLANTS, plant
from capitation.dataset.engine import Rows
from capitation.dataset.faults import Fault
from capitation.dataset.plausibility import effect_of_negatives, effect_of_shared_pseudonyms, findings, not_searched
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
    "unsettled-months": ("the last months hold too little", LAST_YEAR, 0.12),
    "feed-in-pence": ("they look like pence", FAULT_YEAR, 0.01),
    "price-error": ("above units × unit cost", DEAR_YEAR, 0.10),
    "reversed-deprivation": ("the wrong way", LAST_YEAR, None),
    "paid-twice": ("under more than one provider", FAULT_YEAR, 0.01),
    "two-owners": ("has 2 owners", FAULT_YEAR, None),
}
WORDS = re.compile(
    r"(?:as recorded|with .+? put right) £([\d,.k]+) a person-year in (?:.+), put right £([\d,.k]+): £([\d,.k]+) too (much|little)"
)


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
    size = float(words[3].replace(",", "").replace("k", "e3"))
    return size if words[4] == "much" else -size


def test_every_fault_that_can_be_planted_is_looked_for() -> None:
    assert set(PLANTS) == {*KNOWN_BY, "negative-adjustments", "shift-out-of-scope"}  # the last is no fault of the data


@pytest.mark.parametrize("name", KNOWN_BY)
def test_a_planted_fault_is_found_alone(name: str, planted: Callable[..., Path]) -> None:
    (fault,) = found_in(planted(name))
    assert KNOWN_BY[name][0] in fault.what
    assert not fault.fatal
    assert fault.effect or name == "two-owners"  # no price rests on a budget
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


def with_spend(county: LinkedDataset, change: Callable[[Rows], Rows]) -> dict[str, Rows]:
    return {**county.tables, "spend": change(county.tables["spend"])}


def price_of(county: LinkedDataset, tables: dict[str, Rows], years: Sequence[int]) -> float:
    evidence = Evidence(county.meta, tables)
    return evidence.spent(years) / evidence.exposed(years)


PENCE = {
    "community in all years": (lambda s: s.service == "community", "2013-04 to 2018-03", ALL_YEARS),
    "gp in all years": (lambda s: s.service == "gp", "2013-04 to 2018-03", ALL_YEARS),
    "community from 2015-04 on": (
        lambda s: (s.service == "community") & (s.month >= date(2015, 4, 1)), "2015-04 to 2018-03", (2015, 2016, 2017)
    ),
    "everything": (lambda s: s.amount >= 0, "all services in 2013-04 to 2018-03", ALL_YEARS),
}  # fmt: skip


@pytest.mark.parametrize("lost", ["", "unit_costs"])
@pytest.mark.parametrize("name", PENCE)
def test_a_feed_in_pence_for_most_of_its_life_is_found(name: str, lost: str, county: LinkedDataset) -> None:
    """Against units × unit cost and, without those, against the ledger."""
    hit, where, years = PENCE[name]
    tables = with_spend(county, lambda s: s.mutate(amount=hit(s).ifelse(100 * s.amount, s.amount)))
    if lost:
        tables[lost] = tables[lost].limit(0)
    found = findings(county.meta, tables, TODAY)
    assert all(("the ledger" if lost else "units × unit cost") in fault.what for fault in found)
    assert all(where in fault.what for fault in found)
    truth = price_of(county, tables, years) - price_of(county, county.tables, years)
    assert sum(effect_told(fault) for fault in found) == pytest.approx(truth, rel=0.02)


@pytest.mark.parametrize("amount", [2_000_000.0, 1e10])
def test_one_very_costly_person_is_no_finding(amount: float, county: LinkedDataset) -> None:
    person = county.tables["spend"].filter(lambda s: s.service == "community").person_id.min().execute()
    tables = with_spend(
        county,
        lambda s: s.mutate(amount=((s.person_id == person) & (s.service == "community")).ifelse(amount, s.amount)),
    )
    assert not any("pence" in fault.what for fault in findings(county.meta, tables, TODAY))


@pytest.mark.parametrize("people", range(1, 11))
def test_the_smallest_counties_are_checked_without_an_error(people: int, tmp_path: Path) -> None:
    for seed in (1, 2):
        folder = make_county(people, seed, tmp_path / f"county-{seed}")
        check(str(folder))
        raw = read(str(folder))
        tables, meta = typed_tables(flagged_tables(raw), raw), meta_of(raw)
        assert findings(meta, tables, TODAY) == []
        assert any("fewer than 200 people in a fifth" in reason for reason in not_searched(meta, tables))


def test_three_copies_of_the_spend_of_person_years_are_found(county: LinkedDataset) -> None:
    def only_2016(spend: Rows) -> Rows:
        mine = spend.filter((spend.person_id <= 200) & spend.month.between(date(2016, 4, 1), date(2017, 3, 1)))
        return spend.union(mine, mine)

    tables = with_spend(county, only_2016)
    (fault,) = [f for f in findings(county.meta, tables, TODAY) if "stands there" in f.what]
    assert "of 2016/17 stands there three times" in fault.what
    truth = price_of(county, tables, FAULT_YEAR) - price_of(county, county.tables, FAULT_YEAR)
    assert effect_told(fault) == pytest.approx(truth, rel=0.05)


def with_shared(folder: Path, county_folder: Path, shared: int) -> Path:
    """The county with the first people's pseudonyms on others, ten years younger, too."""
    shutil.copytree(county_folder, folder)
    people = pq.read_table(folder / "people.parquet")
    others = people.slice(0, shared)
    place = others.schema.get_field_index("birth_year")
    younger = pc.add(others["birth_year"], 10).cast(others.schema.field(place).type)
    others = others.set_column(place, others.schema.field(place), younger)
    pq.write_table(pa.concat_tables([people, others]), folder / "people.parquet")
    return folder


def test_shared_pseudonyms_are_a_fault_that_says_what_it_does(county_folder: Path, tmp_path: Path) -> None:
    folder = with_shared(tmp_path / "county", county_folder, 40)
    faults = check(str(folder), TODAY)
    (fault,) = [fault for fault in faults if fault.fatal]
    assert fault.where == "people.person_id"
    assert "two people under one pseudonym" in fault.what
    assert effect_told(fault) > 0
    assert fault.effect in fault.line()
    assert [f.what for f in faults if not f.fatal] == []


def test_the_effect_of_few_shared_pseudonyms_is_hidden(county_folder: Path, tmp_path: Path) -> None:
    (fault,) = check(str(with_shared(tmp_path / "county", county_folder, 3)), TODAY)
    assert "two people under one pseudonym" in fault.what
    assert fault.effect == ""


def test_sound_people_share_no_pseudonym(county: LinkedDataset) -> None:
    assert effect_of_shared_pseudonyms(county.meta, county.tables) == ""


def test_effects_of_few_people_with_many_rows_are_hidden(county: LinkedDataset) -> None:
    spend = county.tables["spend"]
    few = spend.filter((spend.service == "prescribing") & (spend.month >= date(2018, 2, 1))).person_id
    ids = sorted(few.execute().unique())[:3]
    ahead = with_spend(county, lambda s: s.filter((s.month < date(2018, 2, 1)) | s.person_id.isin(ids)))
    care = [f for f in findings(county.meta, ahead, date(2018, 1, 31)) if "after 2018-01-31" in f.what]
    assert [fault.effect for fault in care if fault.column == "month"] == [""]
    below = with_spend(county, lambda s: s.mutate(amount=s.person_id.isin(ids).ifelse(-s.amount, s.amount)))
    assert below["spend"].filter(below["spend"].amount < 0).count().execute() >= 8
    assert effect_of_negatives(county.meta, below) == ""


def test_findings_come_gravest_first_and_name_the_years(planted: Callable[..., Path]) -> None:
    found = found_in(planted(*KNOWN_BY))
    *found, _ = found  # all of them together
    sizes = [abs(effect_told(fault)) for fault in found if fault.effect]
    assert sizes == sorted(sizes, reverse=True)
    assert not any(fault.effect for fault in found[len(sizes) :])
    (twice,) = found_in(planted("duplicate-person-years"))
    assert " a person-year in 2016/17, put right " in twice.effect
    (joined,) = found_in(planted("joiners-as-full-years"))
    assert " a person-year in 2013/14 to 2017/18, put right " in joined.effect


def test_negatives_are_no_wrong_price_as_well(planted: Callable[..., Path]) -> None:
    found = check(str(planted("negative-adjustments")), TODAY)
    assert [fault.what for fault in found if "unit cost" in fault.what] == []


def test_what_was_not_looked_for_is_said(county: LinkedDataset, rand_hie: LinkedDataset, tmp_path: Path) -> None:
    assert not any("deprivation" in reason for reason in not_searched(county.meta, county.tables))
    small = open_dataset(str(make_county(300, 1, tmp_path / "county")))
    reasons = not_searched(small.meta, small.tables)
    assert "Reversed deprivation was not looked for: fewer than 200 people in a fifth." in reasons
    by_year = not_searched(rand_hie.meta, rand_hie.tables)
    assert "Unsettled last months were not looked for: there are no months." in by_year
    assert "A wrong price was not looked for: there is no ledger." in by_year


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


def all_times(county: LinkedDataset, times: float) -> dict[str, Rows]:
    """The county with every amount of every table so many times as large."""
    tables = dict(county.tables)
    for name in ("spend", "unlinked", "ledger", "budgets"):
        tables[name] = tables[name].mutate(amount=times * tables[name].amount)
    tables["spend"] = tables["spend"].mutate(client_paid=times * tables["spend"].client_paid)
    tables["unit_costs"] = tables["unit_costs"].mutate(unit_cost=times * tables["unit_costs"].unit_cost)
    return tables


@pytest.mark.parametrize("lost", ["", "ledger", "unit_costs"])
def test_a_data_set_wholly_in_pence_is_found_with_its_effect(lost: str, county: LinkedDataset) -> None:
    tables = all_times(county, 100)
    if lost:
        tables[lost] = tables[lost].limit(0)
    (fault,) = findings(county.meta, tables, TODAY)
    assert "they look like pence" in fault.what
    truth = price_of(county, tables, ALL_YEARS) - price_of(county, county.tables, ALL_YEARS)
    assert effect_told(fault) == pytest.approx(truth, rel=0.01)


def test_whether_all_is_in_pence_is_said_to_be_open_where_it_is(county: LinkedDataset, rand_hie: LinkedDataset) -> None:
    def open_words(tables: dict[str, Rows]) -> list[str]:
        return [reason for reason in not_searched(county.meta, tables) if "all amounts are in pence" in reason]

    assert open_words(dict(county.tables)) == []
    (dear,) = open_words(all_times(county, 10))
    assert "can't be told" in dear
    assert findings(county.meta, all_times(county, 10), TODAY) == []
    assert any(
        "the published cost per head is in £" in reason for reason in not_searched(rand_hie.meta, rand_hie.tables)
    )


@pytest.mark.parametrize("first", [date(2013, 4, 1), date(2015, 8, 1)])
def test_a_small_feed_in_pence_is_put_right_in_all_its_months(first: date, tmp_path: Path) -> None:
    """Continuing care of 3,000 people: months of a handful of records, two providers, one with hardly any."""
    opened = open_dataset(str(make_county(3_000, 2, tmp_path / "county")))
    tables = with_spend(
        opened,
        lambda s: s.mutate(
            amount=((s.service == "continuing_care") & (s.month >= first)).ifelse(100 * s.amount, s.amount)
        ),
    )
    years = [year for year in ALL_YEARS if year >= first.year]
    (fault,) = [f for f in findings(opened.meta, tables, TODAY) if "pence" in f.what]
    truth = price_of(opened, tables, years) - price_of(opened, opened.tables, years)
    assert effect_told(fault) == pytest.approx(truth, rel=0.03)


ACCURATE = ("feed-in-pence", "duplicate-person-years", "paid-twice", "price-error")


def test_effects_of_several_faults_are_apart_and_come_to_the_truth_together(
    planted: Callable[..., Path], county_folder: Path
) -> None:
    """Each is worked out with the graver kinds put right, so that they add up to what all of them do."""
    folder = planted(*ACCURATE)
    *found, whole = found_in(folder)
    assert whole.together
    assert len(found) == len(ACCURATE)
    assert effect_told(whole) == pytest.approx(price(folder, ALL_YEARS) - price(county_folder, ALL_YEARS), rel=0.05)
    (twice,) = [fault for fault in found if "stands there twice" in fault.what]
    (alone,) = found_in(planted("duplicate-person-years"))
    assert "with amounts in pence put right" in twice.effect
    assert effect_told(twice) == pytest.approx(effect_told(alone), rel=0.2)  # records paid twice stand there twice, too


def standard_error(fault: Fault) -> float:
    words = re.search(r"\(standard error £([\d,.k]+)\)", fault.effect)
    assert words, fault.effect
    return float(words[1].replace(",", "").replace("k", "e3"))


@pytest.mark.parametrize("name", ["unsettled-months", "locality-without-social-care"])
def test_an_estimated_effect_has_its_standard_error(
    name: str, planted: Callable[..., Path], county_folder: Path
) -> None:
    (fault,) = found_in(planted(name))
    truth = price(planted(name), KNOWN_BY[name][1]) - price(county_folder, KNOWN_BY[name][1])
    error = standard_error(fault)
    assert 0 < error < abs(truth)
    assert abs(effect_told(fault) - truth) < 3 * error


def test_the_effect_of_reversed_deprivation_is_at_equal_age_and_sex(planted: Callable[..., Path]) -> None:
    (fault,) = found_in(planted("reversed-deprivation"))
    assert fault.moves is None  # the price of all people stays
    assert "at equal age and sex" in fault.effect
    assert abs(effect_told(fault)) > 1.9 * standard_error(fault)


def test_an_effect_whose_interval_holds_zero_is_unknown(county: LinkedDataset) -> None:
    """Cost shuffled over the people: no slope, and conditions alone run the wrong way."""
    people, needs = county.tables["people"], county.tables["needs"]
    flat = county.tables["spend"].filter(lambda s: s.service == "gp").mutate(amount=lambda s: s.amount * 0 + 50.0)
    turned = people.mutate(deprivation=6 - people.deprivation)
    found = findings(county.meta, {**county.tables, "people": turned, "spend": flat, "needs": needs}, TODAY)
    told = [fault.effect for fault in found if "the wrong way" in fault.what]
    assert len(told) == 1
    assert "unknown" in told[0] or "standard error" in told[0]
