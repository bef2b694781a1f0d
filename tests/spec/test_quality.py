"""The quality of a data set: each part worked by hand, the score with its parts, and the page to sign."""

import math
import pickle
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from capitation import charts
from capitation.dataset import LinkedDataset, open_dataset
from capitation.dataset.checking import meta_of
from capitation.dataset.faults import Fault
from capitation.dataset.quality import Quality, quality_lines, quality_of
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.completeness import completeness
from capitation.dataset.quality.costing import CHEAP, DEAR, NO_UNIT_COST, NO_UNITS, WITHIN
from capitation.dataset.quality.linkage import wilson
from capitation.dataset.quality.records import span
from capitation.dataset.quality.rule_counts import rule_counts
from capitation.dataset.quality.score import BIAS, LEDGER, LINKAGE, PARTS
from capitation.dataset.sources import read
from capitation.dataset.typed import flagged_tables, typed_tables
from capitation.errors import InputError
from capitation.steward_page import SIGNING_MEANS, steward_page

MONTHS = ("2013-04", "2014-03")
DESCRIPTION = "name: Two\ndescription: By hand\nsource: this test\ncurrency: £\ngrain: month\nsynthetic: true\n"
FILES = {
    "dataset.yaml": DESCRIPTION,
    "people.csv": "person_id,birth_year,sex,locality,deprivation,join_date,leave_date,death_date\n"
    "A,1950,female,North,1,,,\nB,1960,male,South,5,,,\n",
    "spend.csv": "person_id,month,service,provider,amount,units\n"
    + "".join(f"A,2013-{month:02d},bed,trust,50,1\nB,2013-{month:02d},gp,practice,10,\n" for month in range(4, 13))
    + "".join(f"A,2014-{month:02d},bed,trust,50,1\nB,2014-{month:02d},gp,practice,10,\n" for month in range(1, 4)),
    "unlinked.csv": "month,service,provider,deprivation,amount\n2013-05,bed,trust,1,30\n",
    "services.csv": "service,label,setting\nbed,Bed days,acute\ngp,GP care,primary care\n",
    "providers.csv": "provider,label\ntrust,Trust\npractice,Practice\n",
    "ledger.csv": "year,service,amount\n2013,bed,640\n2013,gp,121\n",
    "unit_costs.csv": "year,service,unit_cost,source\n2013,bed,49.5,tariff\n",
}  # A: 12 x 50 = 600 in 12 bed days; B: 12 x 10 = 120


def _tenfold(text: str) -> str:
    """The rows of A and B as ten people's each."""
    head, *rows = text.splitlines()
    return "\n".join([head, *(f"{row[0]}{n}{row[1:]}" for row in rows for n in range(10))]) + "\n"


CROWD = {
    "people_csv": _tenfold(FILES["people.csv"]),
    "spend_csv": _tenfold(FILES["spend.csv"]),
    "unlinked_csv": "month,service,provider,deprivation,amount\n" + 10 * "2013-05,bed,trust,1,30\n",
    "ledger_csv": "year,service,amount\n2013,bed,6400\n2013,gp,1210\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Quality]:
    """``made(ledger_csv=...)``: the quality of the data set above with some files replaced, None left out."""

    def quality(**changes: str | None) -> Quality:
        folder = tmp_path / f"data{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, text in (FILES | {n.replace("_csv", ".csv"): t for n, t in changes.items()}).items():
            if text is not None:
                (folder / name).write_text(text, "utf-8")
        raw = read(str(folder))
        return quality_of(meta_of(raw), typed_tables(flagged_tables(raw), raw), MONTHS)

    return quality


def test_linkage_by_hand(made: Callable[..., Quality]) -> None:
    found = made().linkage
    assert found is not None
    acute = found.by_setting.set_index("setting").loc["acute"]
    assert (acute["linked"], acute["unlinked"]) == (12, 1)
    assert acute["rate"] == pytest.approx(12 / 13)
    assert acute["amount_rate"] == pytest.approx(600 / 630)
    assert (acute["linked_mean"], acute["unlinked_mean"]) == (50, 30)
    assert found.total["rate"].iloc[0] == pytest.approx(24 / 25)
    assert found.bias is not None
    assert found.bias.value == pytest.approx((12 / 13) / 1)
    error = math.sqrt((1 / 13) / 12)  # Katz; the other fifth is wholly linked
    assert found.bias.low == pytest.approx(12 / 13 * math.exp(-1.96 * error))


def test_the_interval_of_a_share_is_the_published_one() -> None:
    low, high = wilson(np.array([556]), np.array([1_714]))  # 32.4 %, 30.3 to 34.7 (domain reference, T5)
    assert [round(100 * float(end), 1) for end in (low[0], high[0])] == [30.3, 34.7]


def test_without_unlinked_records_linkage_is_not_told(made: Callable[..., Quality]) -> None:
    quality = made(unlinked_csv=None)
    assert quality.linkage is None
    assert "Linkage: not told: the data set has no unlinked records." in quality_lines(quality)


def test_the_ledger_by_hand(made: Callable[..., Quality]) -> None:
    found = made().ledger
    assert found is not None
    bed, gp = found.lines.to_dict("records")
    assert (bed["ledger"], bed["linked"], bed["unlinked"], bed["unallocated"], bed["unexplained"]) == (
        640,
        600,
        30,
        40,
        10,
    )
    assert bed["share"] == pytest.approx(40 / 640)
    assert (bed["verdict"], gp["verdict"]) == (ledgers.SHORT, ledgers.WITHIN)  # 6.3 % and 0.8 %
    assert found.total["share"].iloc[0] == pytest.approx(41 / 761)
    assert found.share_within() == pytest.approx(121 / 761)


@pytest.mark.parametrize(("accounts", "verdict"), [(612.2, ledgers.WITHIN), (612.3, ledgers.SHORT), (588.3, ledgers.WITHIN),
                                                   (588.2, ledgers.OVER)])  # fmt: skip
def test_two_per_cent_either_way_is_within_tolerance(
    made: Callable[..., Quality], accounts: float, verdict: str
) -> None:
    found = made(ledger_csv=f"year,service,amount\n2013,bed,{accounts}\n").ledger
    assert found is not None
    assert found.lines.set_index("service").loc["bed", "verdict"] == verdict


def test_lines_that_are_in_no_ledger_and_years_not_over_are_not_judged(made: Callable[..., Quality]) -> None:
    found = made(ledger_csv="year,service,amount\n2013,bed,600\n2014,bed,700\n").ledger
    assert found is not None
    assert found.lines.set_index(["year", "service"])["verdict"].to_dict() == {
        (2013, "bed"): ledgers.WITHIN, (2013, "gp"): ledgers.NOT_IN_LEDGER, (2014, "bed"): ledgers.NOT_OVER,
    }  # fmt: skip
    assert found.total["ledger"].iloc[0] == 600


def test_costing_by_hand(made: Callable[..., Quality]) -> None:
    bed, gp = made().costing.to_dict("records")
    assert (bed["units"], bed["costed"], bed["recorded"], bed["verdict"]) == (12, 594, 600, WITHIN)
    assert bed["difference"] == pytest.approx(600 / 594 - 1)
    assert (gp["without_units"], gp["verdict"]) == (120, NO_UNITS)


@pytest.mark.parametrize(("price", "verdict"), [("48", DEAR), ("52", CHEAP), ("50", WITHIN)])
def test_a_unit_cost_that_disagrees_is_named(made: Callable[..., Quality], price: str, verdict: str) -> None:
    assert (
        made(unit_costs_csv=f"year,service,unit_cost,source\n2013,bed,{price},tariff\n").costing["verdict"][0]
        == verdict
    )


def test_a_service_without_unit_cost_says_so(made: Callable[..., Quality]) -> None:
    quality = made(unit_costs_csv=None)
    assert quality.costing["verdict"].tolist() == [NO_UNIT_COST, NO_UNITS]
    assert "Costing: not told: no service has units and unit costs." in quality_lines(quality)


def test_completeness_counts_what_is_filled_and_what_is_not_given(made: Callable[..., Quality]) -> None:
    found = made().completeness.set_index(["table", "column"])
    assert found.loc[("spend", "units"), ["filled", "share", "state"]].tolist() == [12, 0.5, "filled"]
    assert found.loc[("people", "practice"), "state"] == "not given"
    assert found.loc[("people", "death_date"), "state"] == "may be empty"
    assert found.loc[("needs", "value"), "state"] == "no rows"


def test_rules_are_counted_on_tables_that_would_not_open(made: Callable[..., Quality]) -> None:
    people = FILES["people.csv"] + "B,1960,male,South,5,,,\n"
    spend = FILES["spend.csv"] + "nobody,2014-03,bed,trust,-5,\nA,2014-03,taxi,trust,5,\n"
    found = made(people_csv=people, spend_csv=spend).rules
    broken = found[found["broken"] > 0].set_index(["table", "column", "rule"])["broken"].to_dict()
    assert broken == {
        ("people", "person_id", "repeats an earlier row"): 1,
        ("spend", "amount", "is below 0"): 1,
        ("spend", "person_id", "belongs to nobody in people"): 1,
        ("spend", "service", "is not listed in services"): 1,
    }


def test_an_opened_data_set_breaks_no_rule(rand_hie: LinkedDataset) -> None:
    assert rule_counts(rand_hie.meta, rand_hie.tables)["broken"].sum() == 0
    assert (completeness(rand_hie.meta, rand_hie.tables)["share"].dropna() <= 1).all()


def test_the_score_is_the_weighted_mean_of_the_parts_that_are_told(made: Callable[..., Quality]) -> None:
    score = made(**(CROWD | {"unlinked_csv": None})).score
    assert sum(part.weight for part in PARTS) == pytest.approx(1)
    told = score.parts.dropna(subset="marks")
    assert not {LINKAGE, BIAS} & set(told["part"])
    assert score.told == pytest.approx(told["weight"].sum())
    assert score.value == pytest.approx((told["weight"] * told["marks"]).sum() / told["weight"].sum())
    assert score.parts.set_index("part").loc[LEDGER, "marks"] == pytest.approx(100 * 121 / 761)


def test_every_part_has_its_sentence(made: Callable[..., Quality]) -> None:
    lines = quality_lines(made(**CROWD))
    assert [line.split(":")[0] for line in lines] == [part.name for part in PARTS]
    assert lines[2] == ("Linkage: 96.0\xa0% of records found their person; in the most deprived fifth 92.3\xa0%; "
                        "least in acute with 92.3\xa0%.")  # fmt: skip
    assert lines[5] == ("Costing: units × unit cost give the recorded amounts within 2\xa0% in every line; "
                        "1 service without units or unit cost; "
                        "with fewer than 2,000 people with spend lines swing by chance.")  # fmt: skip
    assert lines[6] == "Run-off: not told: spend.recorded is empty."


def test_unlinked_records_are_set_against_linked_ones_of_the_same_setting(made: Callable[..., Quality]) -> None:
    found = made(**CROWD).linkage
    assert found is not None
    assert found.like_for_like == pytest.approx(30 / 50 - 1)  # against all linked records, of £30, they'd cost the same
    assert (
        "an unlinked record costs 40\xa0% less than linked ones of the same setting." in quality_lines(made(**CROWD))[3]
    )


def test_people_who_carry_more_than_the_accounts_are_not_said_to_be_with_nobody(made: Callable[..., Quality]) -> None:
    quality = made(**(CROWD | {"ledger_csv": "year,service,amount\n2013,bed,5000\n"}))
    assert "Ledger: people carry 20.0\xa0% more than the £5,000 in the accounts" in quality_lines(quality)[4]


def test_of_fewer_than_eight_people_no_sentence_has_an_amount(made: Callable[..., Quality]) -> None:
    lines = quality_lines(made())
    assert not any("£" in line for line in lines)
    assert [line.split(": ")[1] for line in lines[4:6]] == 2 * ["too few people to show amounts."]


def test_months_that_are_no_run_are_refused(rand_hie: LinkedDataset) -> None:
    for months in (("2014-01", "2013-01"), ("2013", "2014-01")):
        with pytest.raises(InputError, match="is no run of months"):
            quality_of(rand_hie.meta, rand_hie.tables, months)


@pytest.fixture(scope="module")
def assessed(county: LinkedDataset) -> Quality:
    return quality_of(county.meta, county.tables, county.months)


def test_a_sound_county_scores_high_and_the_most_deprived_are_linked_least(assessed: Quality) -> None:
    assert assessed.score.value > 95
    assert assessed.score.told == pytest.approx(1)
    assert assessed.linkage is not None
    rates = assessed.linkage.by_fifth.set_index("fifth")["rate"]
    assert rates.idxmin() == 1
    assert assessed.linkage.bias is not None
    assert assessed.linkage.bias.high < 1


def test_linked_records_of_the_county_are_those_of_its_spend(assessed: Quality, county: LinkedDataset) -> None:
    assert assessed.linkage is not None
    assert assessed.ledger is not None
    spend = county.tables["spend"]
    assert assessed.linkage.total["linked"].iloc[0] == spend.count().execute()
    assert assessed.ledger.lines["linked"].sum() == pytest.approx(spend.amount.sum().execute())


def test_a_price_five_per_cent_too_high_is_found_in_both_accounts(planted: Callable[..., Path]) -> None:
    wrong = open_dataset(str(planted("price-error")))
    quality = quality_of(wrong.meta, wrong.tables, wrong.months)
    line = quality.costing.set_index(["year", "service"]).loc[(2015, "emergency_inpatient")]
    assert line["difference"] == pytest.approx(0.05, abs=0.002)
    assert line["verdict"] == DEAR
    assert quality.ledger is not None
    account = quality.ledger.lines.set_index(["year", "service"]).loc[(2015, "emergency_inpatient")]
    assert account["verdict"] == ledgers.OVER
    assert account["share"] == pytest.approx(-0.045, abs=0.006)


def test_quality_travels_without_its_engine(assessed: Quality) -> None:
    again = pickle.loads(pickle.dumps(assessed))
    assert quality_lines(again) == quality_lines(assessed)


@pytest.fixture(scope="module")
def page(county: LinkedDataset, assessed: Quality) -> str:
    told = "as recorded £2, put right £1"
    finding = Fault("spend", "amount", 0, (), "none", "a <b>finding</b>", fatal=False, effect=told)
    return steward_page(county.meta, assessed, [finding])


def test_the_page_says_what_data_it_is_about_and_is_there_to_be_signed(page: str, county: LinkedDataset) -> None:
    as_at = "2018-03; records of it that came later are in"
    meta, lines = county.meta, ("Synthetic", as_at, "Name", "Role", "Date")
    for text in (meta.name, meta.version, meta.source, *lines, *SIGNING_MEANS):
        assert text in unescape(page)
    assert page.count("<svg") == 3


def test_the_page_runs_nothing_and_asks_nothing_of_another_host(page: str) -> None:
    assert "<script" not in page
    assert "<b>finding</b>" not in page
    assert "as recorded £2, put right £1" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)


def test_the_page_of_data_that_tell_little_says_so(rand_hie: LinkedDataset) -> None:
    quality = quality_of(rand_hie.meta, rand_hie.tables, rand_hie.months)
    page = steward_page(rand_hie.meta, quality, [])
    assert "nothing implausible was found" in page
    assert page.count("Not told by the data set.") == 2


def test_amounts_of_few_people_are_hidden_on_the_page(made: Callable[..., Quality], county: LinkedDataset) -> None:
    page = steward_page(county.meta, made(), [])
    assert ">600<" not in page
    assert ">30<" not in page


def test_every_picture_has_a_finding_and_a_text_alternative(assessed: Quality) -> None:
    for picture in (
        charts.quality.linkage(assessed),
        charts.quality.ledger(assessed),
        charts.quality.run_off(assessed),
    ):
        assert picture is not None
        assert picture.finding
        assert len(picture.alt) > len(picture.finding)
        assert picture.data["rows"]


def test_the_span_of_months_is_half_open() -> None:
    found = span(MONTHS)
    assert (str(found.start), str(found.end)) == ("2013-04-01", "2014-04-01")
