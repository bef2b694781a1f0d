"""The measure library: complete, in pairs, nothing from memory told as fact; local measures and their faults."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from capitation.cli import main
from capitation.dataset import LinkedDataset
from capitation.errors import InputError
from capitation.outcomes.library import check_columns, computable, find, library, with_local
from capitation.outcomes.library.measure import LEAST, Level
from capitation.outcomes.library.words import chosen, entry_lines, level_words, list_line

DOMAINS = {"clinical quality", "patient experience", "involvement and choice", "activity", "equity", "prevention"}
MEASURES = library()
LOCAL = """
L01:
  name: Visited at home
  domain: clinical quality
  kind: share
  unit: share
  direction: high
  numerator: people visited
  denominator: people discharged
  period: year
  source: here
  gaming: call and say it was a visit
  balance: readmission
  balance_ids: [M10]
  data_mode: computed
  computed: {outcomes: [reviewed], part_year: everyone once}
  risk_adjustment: none
  status: report
"""


@pytest.fixture
def local(tmp_path: Path) -> Callable[[str], str]:
    def written(text: str) -> str:
        file = tmp_path / "mine.yaml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return written


def test_the_standard_measures_are_all_there_in_every_domain():
    standard = [m for m in MEASURES.values() if m.id.startswith("M")]
    assert [m.id for m in standard] == [f"M{n:02}" for n in range(1, 47) if n not in (5, 14)]
    assert {m.domain for m in standard} == DOMAINS
    assert len({m.name.casefold() for m in MEASURES.values()}) == len(MEASURES)


@pytest.mark.parametrize("short", MEASURES)
def test_every_measure_is_complete(short: str):
    m = MEASURES[short]
    assert m.id == short
    assert all(
        (m.name, m.numerator, m.denominator, m.source, m.gaming, m.balance, m.risk_adjustment, m.topped_out_rule)
    )
    assert m.lag_months is not None or m.origin == "data set"
    assert (m.data_mode == "computed") == (m.computed is not None)
    assert m.per > 1 or m.kind != "rate"
    assert m.least[0] >= 100


@pytest.mark.parametrize("short", MEASURES)
def test_every_balancing_measure_is_there_and_is_balanced_itself(short: str):
    balancing = MEASURES[short].balance_ids
    assert balancing and short not in balancing
    assert all(MEASURES[other].balance_ids for other in balancing)


@pytest.mark.parametrize("short", [m for m in MEASURES if m.startswith("P")])
def test_the_other_half_of_a_pair_is_named_by_a_measure_that_it_balances(short: str):
    named_by = [m for m in MEASURES.values() if short in m.balance_ids]
    assert named_by
    assert set(MEASURES[short].balance_ids) & {m.id for m in named_by}


@pytest.mark.parametrize("short", MEASURES)
def test_nothing_from_memory_is_shown_as_a_fact(short: str):
    m, told = MEASURES[short], list(entry_lines(MEASURES[short]))
    text = "\n".join(told)
    assert all(level_words(m, level) in text for level in m.levels if level.mark != "M")
    assert "not looked up" not in text.replace("no figure looked up", "")
    unread = {"definition": "Numerator", "period": "Period", "lag": "Lag", "codes": "Codes", "series break": "Break"}
    for what, name in unread.items():
        line = next((line for line in told if line.strip().startswith(f"{name}:")), "")
        assert what in m.checked or not line or "to be checked" in line or (m.lag_months is None and what == "lag")


def test_levels_from_memory_are_kept_and_told_to_nobody():
    from_memory = [m for m in MEASURES.values() if any(level.mark == "M" for level in m.levels)]
    assert {"M01", "M06", "M20"} <= {m.id for m in from_memory}
    assert all(level.mark != "M" for m in MEASURES.values() for level in m.known_levels)
    assert "England: no figure looked up" in "\n".join(entry_lines(MEASURES["M01"]))


def test_a_level_says_its_year_how_sure_it_is_and_its_source():
    shown = level_words(MEASURES["M10"], MEASURES["M10"].known_levels[1])
    assert shown == "13.8\N{NO-BREAK SPACE}%, 2017/18 (confirmed: NHS Digital, I02040)"
    falls = level_words(MEASURES["M15"], MEASURES["M15"].known_levels[0])
    assert falls.startswith("1,933 per 100,000 people, 2022/23 (confirmed: ")
    assert level_words(MEASURES["M33"], MEASURES["M33"].known_levels[0]).startswith(
        "69.0\N{NO-BREAK SPACE}%, March 2024 (worked out: "
    )


def test_a_rounded_level_of_few_per_cent_keeps_its_figures():
    tiny = Level(value=0.0187, year="2026", mark="C", source="s")
    assert level_words(MEASURES["P12"], tiny).startswith("1.87\N{NO-BREAK SPACE}%")


def test_the_library_and_its_measures_cannot_be_changed():
    with pytest.raises(TypeError):
        MEASURES["M01"] = MEASURES["M02"]  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        MEASURES["M01"].name = "other"  # type: ignore[misc]


def test_the_least_counts_follow_from_the_reliability_aimed_at():
    between, variance = 0.03**2, 0.65 * 0.35
    assert LEAST["share"][0] == round(0.7 / 0.3 * variance / between)
    assert LEAST["rate"][0] == round(0.7 / 0.3 / 0.0225)


def test_measures_are_found_by_short_name_in_any_case_and_by_domain():
    assert find("m46", MEASURES) is MEASURES["M46"]
    assert {m.domain for m in chosen(MEASURES, "Equity")} == {"equity"}
    with pytest.raises(InputError, match=r"measures M05: there is no such measure; expected one of M01"):
        find("M05", MEASURES)
    with pytest.raises(InputError, match="there is no domain 'money'"):
        chosen(MEASURES, "money")


def test_a_local_measure_comes_last_and_is_told_as_local(local: Callable[[str], str]):
    known = with_local(local(LOCAL))
    assert list(known)[-1] == "L01" and len(known) == len(MEASURES) + 1
    assert list_line(known["L01"]).endswith("computed from the data set, local)")
    assert "to be checked" not in "\n".join(entry_lines(known["L01"]))


@pytest.mark.parametrize(("before", "after", "said"), [
    ("  direction: high\n", "", "mine.yaml: L01 Visited at home: direction: it is missing; expected high or low"),
    ("direction: high", "direction: up", "L01 Visited at home: direction: 'up' is not accepted"),
    ("domain: clinical quality", "domain: money", "L01 Visited at home: domain: 'money' is not accepted; expected 'clinical"),
    ("name: Visited at home", "name: Emergency admissions, ALL", "name: M11 has this name; expected a name of its own"),
    ("L01:", "M01:", "mine.yaml: M01 Visited at home: there is a measure M01 already"),
    ("[M10]", "[M99]", "L01 Visited at home: balance_ids: there is no measure M99"),
    ("[M10]", "[L01]", "L01 Visited at home: balance_ids: it balances itself"),
    ("[M10]", "[]", "L01 Visited at home: balance_ids: [] is not accepted"),
    ("status: report", "stauts: report", "L01 Visited at home: status: it is missing"),
    ("period: year", "period: year\n  colour: red", "L01 Visited at home: colour: there is no such field"),
    ("outcomes: [reviewed], ", "", "L01 Visited at home: computed: it names nothing to count"),
    ("outcomes: [reviewed]", "services: [acute]", "L01 Visited at home: computed: service_unit is missing"),
    ("everyone once", "person-years", "part_year: a share can't be counted in person-years; expected kind: rate"),
    ("kind: share", "kind: rate", "part_year: a rate can't be counted everyone once; expected person-years"),
    ("data_mode: computed", "data_mode: supplied", "computed: it is there, yet data_mode is supplied"),
    ("L01:", "L01: [", "mine.yaml: "),
])  # fmt: skip
def test_a_fault_of_a_local_file_is_one_line_with_measure_and_rule(
    local: Callable[[str], str], before: str, after: str, said: str
):
    assert before in LOCAL
    with pytest.raises(InputError) as caught:
        with_local(local(LOCAL.replace(before, after, 1)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_local_measures_may_not_share_a_name(local: Callable[[str], str]):
    with pytest.raises(InputError, match=r"L02 Visited at home: name: L01 has this name"):
        with_local(local(LOCAL + LOCAL.replace("L01", "L02")))


def test_a_file_that_is_not_there_or_holds_nothing_is_said(tmp_path: Path, local: Callable[[str], str]):
    with pytest.raises(InputError, match="can't be read"):
        with_local(str(tmp_path / "none.yaml"))
    with pytest.raises(InputError, match="holds no measures"):
        with_local(local("# nothing\n"))


def test_a_local_measure_that_the_data_set_does_not_count_is_said(
    by_hand: Callable[..., LinkedDataset], local: Callable[[str], str]
):
    dataset = by_hand()
    assert computable(dataset, with_local(local(LOCAL))) == {"L01": "reviewed"}
    wrong = with_local(local(LOCAL.replace("[reviewed]", "[revued]")))
    with pytest.raises(
        InputError, match=r"L01 Visited at home: computed: the data set counts no 'revued'; expected one of reviewed"
    ):
        check_columns(wrong, dataset)
    unknown = LOCAL.replace("part_year", "excluded_by: {marker: age, above: 1}, part_year")
    with pytest.raises(InputError, match=r"excluded_by: the data set has no marker 'age'; expected one of conditions"):
        check_columns(with_local(local(unknown)), dataset)


def test_every_outcome_of_the_data_sets_that_come_with_the_suite_has_a_definition(rand_hie: LinkedDataset, root: Path):
    from capitation.dataset import open_dataset

    assert computable(rand_hie) == {
        "D01": "admissions", "D02": "seen_by_doctor", "D03": "mental_health_contact",
    }  # fmt: skip
    county = open_dataset(str(root / "data_samples" / "county-5000"))
    found = computable(county)
    assert set(found.values()) == {*county.outcomes_counted, "units:a_and_e", "deprivation"}
    assert {"M01", "M06", "M08", "M10", "M11", "M12", "M15", "M18", "M26", "M46"} <= set(found)
    assert computable(county.without_engine()) == found


def test_the_how_to_is_true(root: Path, local: Callable[[str], str], tmp_path: Path):
    from capitation.dataset.supplied import read_supplied

    text = (root / "docs" / "how-to" / "local-measures.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(yaml|csv)\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    known = with_local(local(blocks["yaml"]))
    assert list(known)[-2:] == ["L01", "L02"]
    (tmp_path / "figures.csv").write_text(blocks["csv"], encoding="utf-8")
    read = read_supplied(tmp_path / "figures.csv", known)
    assert (len(read.figures), read.lines()) == (4, [])


def test_the_command_line_lists_and_tells_measures(capsys: pytest.CaptureFixture[str], local: Callable[[str], str]):
    def said(*arguments: str) -> tuple[int, list[str], str]:
        with pytest.raises(SystemExit) as ended:
            main(["measures", *arguments])
        out = capsys.readouterr()
        return int(str(ended.value.code or 0)), out.out.splitlines(), out.err

    assert len(said()[1]) == len(MEASURES)
    assert [line[:3] for line in said("--domain", "equity")[1]] == ["M46", "P22"]
    assert said("M15")[1][0] == "M15: Emergency admissions with falls at 65 and over"
    assert said("--local", local(LOCAL))[1][-1].startswith("L01: Visited at home")
    here = {line[:3]: line for line in said("--dataset", "rand-hie")[1]}
    assert here["D02"].endswith("here by seen_by_doctor)") and here["M11"].endswith("not counted here)")
    for wrong in (
        ["M99"],
        ["--domain", "money"],
        ["--local", "none.yaml"],
        ["--local", local(LOCAL), "--dataset", "rand-hie"],
    ):
        status, lines, error = said(*wrong)
        assert (status, lines) == (2, []) and error.count("\n") == 1, wrong
