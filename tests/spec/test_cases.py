"""The published cases, put on the synthetic county and on the study of RAND, show what happened and why."""

from importlib.resources import files

import numpy as np
import pytest

from capitation.cases import Look, figure_rows, find, in_force, presets, shown
from capitation.cases.arithmetic import gap_share, most_kept, stranded
from capitation.cases.figures import reproduced
from capitation.cases.files import BLOCKS, PACKAGE, read_blocks, read_preset
from capitation.cases.look import holder_mean, years_lost
from capitation.cases.preset import MARKS
from capitation.cases.words import no_figure_words, seen, told_lines
from capitation.cli import _status
from capitation.contract import ContractResult, settle
from capitation.design import ContractDesign, change
from capitation.errors import InputError
from capitation.form.advice import warnings
from capitation.money_flow import stranded_of
from capitation.payments.partners import by_rule
from capitation.price.published import ALZIRA, UNITINGCARE
from capitation.price_checks import gap_of
from capitation.report import story
from capitation.terms import HALF_PENNY, HOLDER
from capitation.workbench.cases_card import CasesCard
from capitation.workbench.effects import why_no_effect
from capitation.workbench.workbench import Workbench

QUICK = change(ContractDesign(), {"outlook.replicates": 4_096})
SHORT = list(presets())
LACKING_ON_RAND = {"alzira-1", "alzira-2"}  # the study has no primary care of its own


def look(name, dataset) -> Look:
    return Look(find(name), dataset, QUICK)


@pytest.mark.parametrize("name", SHORT)
def test_what_must_be_seen_is_seen_on_the_county(county, name):
    found = shown(look(name, county))
    assert found and [one.sentence for one in found if not one.holds] == []


@pytest.mark.parametrize("name", SHORT)
def test_what_must_be_seen_is_seen_on_real_data_or_one_sentence_says_what_these_lack(rand_hie, name):
    found, lack = seen(look(name, rand_hie))
    assert bool(lack) == (name in LACKING_ON_RAND)
    assert [one.sentence for one in found if not one.holds] == []
    if lack:
        assert "no care in the setting 'primary care'" in lack and "\n" not in lack


def test_alzira_i_loses_by_cost_shift_and_with_primary_care_in_scope_nothing_is_left_to_shift(county):
    case = look("Alzira I", county)
    added = case.result_with(switches=("add primary care",))
    assert holder_mean(case.result) < -0.05 * case.result.price.payment and years_lost(case.result) > 75
    assert abs(holder_mean(added)) < 0.01 * added.price.payment and years_lost(added) < 60
    assert "in scope already" in why_no_effect(added, "outlook.cost_shift")


def test_alzira_ii_does_not_lose_by_cost_shift_and_its_parts_go_on_and_off_by_themselves(county):
    case = look("Alzira II", county)
    still = case.result_with({"outlook.cost_shift": 0.0})
    assert np.array_equal(case.result.outlook.result(HOLDER), still.outlook.result(HOLDER))
    on = {name: change(QUICK, case.terms((name,))) for name in case.preset.switches}
    assert on["price trend"].price.path.uplift == 0.092 and not on["price trend"].risk.profit_limits.on
    assert on["profit cap"].risk.profit_limits.cap == 0.075 and not on["profit cap"].payments.choice
    assert on["choice flows"].payments.choice and on["choice flows"].price.path.uplift == 0.0


def test_unitingcare_s_gap_vat_and_missing_guarantee_are_red_before_any_year_is_drawn(county, monkeypatch):
    def nothing_drawn(_):
        raise AssertionError("a year was drawn")

    case = look("UnitingCare", county)
    monkeypatch.setattr(ContractResult, "drawn", property(nothing_drawn))
    monkeypatch.setattr("capitation.cases.shows.CHECKS", {**_early(), "loses from the first day": lambda _: iter(())})
    found = shown(case)
    assert [one.red and one.before_drawing for one in found] == [True, True, True]
    assert any("VAT" in warning for warning in warnings(case.design))
    care = gap_of(case.result_with({"form.funded": True}))
    assert care.share == pytest.approx(30 / 152, abs=0.0005) and care.too_low


def _early():
    from capitation.cases.shows import CHECKS

    return {name: CHECKS[name] for name in ("price gap", "VAT", "no guarantee")}


def test_bedfordshire_s_hospital_is_stranded_with_3m_against_a_deficit_of_2_8m_and_so_is_the_county_s_largest(county):
    assert stranded(10e6, -0.3, 1.0) == pytest.approx(-3.0e6)
    assert find("bedfordshire-msk").figures[10].value == -2.8
    case = look("Bedfordshire MSK", county)
    largest = max(case.result.plan, key=case.result.plan.__getitem__)
    found = next(one for one in stranded_of(case.result) if one.partner == largest)
    before = case.result.plans.past[largest][-1]
    assert found.first == pytest.approx(-0.3 * before) and found.planned == pytest.approx(-0.28 * before, abs=0.01)


def test_lshtm_b_leaves_nothing_with_the_holder_in_any_drawn_year_and_year_end_lines_net_to_zero(county):
    outlook = look("LSHTM case B", county).result.outlook
    assert np.abs(outlook.result(HOLDER)).max() < HALF_PENNY
    year_end = [line for line in outlook.lines if line.name.startswith(("off plan", "share of the result"))]
    assert np.abs(sum(flow for line in year_end for flow in line.flows.values())).max() < 1e-6
    assert np.ptp(sum(line.flows[HOLDER] for line in year_end if line.name.startswith("share"))) > 0


def test_canterbury_s_collective_shares_are_by_budget_and_sum_to_one(county):
    result = look("Canterbury", county).result
    _, shares = by_rule("budget", result.plans, result.design.payments, result.price.payment)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert dict(shares) == pytest.approx(dict(result.plan))
    one = {figure.what: reproduced(figure) for figure in find("canterbury").figures if figure.by}
    assert [round(value, 3) for value in one.values()] == [0.324, 0.303, 0.347]


def test_lshtm_c_pays_less_for_outcomes_than_chance_moves(county):
    case = look("LSHTM case C", county)
    kept = case.design.outcomes.withhold * case.result.price.payment
    assert kept < case.result.outlook_cost.total.std() / 2


@pytest.mark.parametrize("name", SHORT)
def test_every_figure_has_a_source_and_a_mark_none_from_memory_and_is_worked_out_again_as_published(name):
    preset, rows = presets()[name], figure_rows(presets()[name])
    assert rows["source"].str.len().gt(3).all() and rows["mark"].isin(list(MARKS.values())).all()
    assert not rows["agrees"].eq(False).any()
    assert all(figure.by for figure in preset.figures if figure.mark == "A")
    assert all(said.source and said.mark in MARKS for said in preset.happened)
    assert preset.no_figure and no_figure_words(preset) in told_lines(preset)


def test_the_mark_of_memory_is_no_mark():
    assert "M" not in MARKS
    text = GOOD.replace("mark: SD", "mark: M")
    with pytest.raises(InputError, match=r"bad.yaml: happened.0.mark: 'M' is not accepted"):
        read_preset(text, "bad.yaml", {})


def test_the_arithmetic_of_presets_is_that_of_the_domain_reference():
    assert gap_share(30e6, 152e6) == pytest.approx(0.197, abs=0.0005)
    assert most_kept(0.075, 121_030_000) == pytest.approx(9_077_250)


def test_figures_agree_with_those_the_price_page_shows():
    price = {(f.what, f.year): f.value for f in find("unitingcare").figures}
    assert price["bid for five years", ""] * 1e6 == UNITINGCARE.fact("bid for five years").value
    assert price["price", "year 1"] * 1e6 == UNITINGCARE.fact("price of year 1").value
    assert find("alzira-1").figures[0].value == ALZIRA.fact("first contract, 1999").value
    assert find("alzira-2").figures[1].value == ALZIRA.fact("second contract, 2006").value


def test_the_four_forms_differ_in_who_bears_a_loss_and_in_vat(county):
    forms = {name: Look(preset, county, QUICK) for name, preset in presets().items() if preset.kind == "form"}
    assert set(forms) == {"alliance", "prime-provider", "accountable-care", "outcome-based"}
    assert {form.design.form.kind for form in forms.values()} == {
        "alliance", "prime provider", "accountable care", "outcome-based",
    }  # fmt: skip
    assert len({one.sentence for form in forms.values() for one in shown(form) if "Who bears" in one.sentence}) == 3
    assert [name for name, form in forms.items() if form.design.form.holder != "NHS body"] == ["prime-provider"]


GOOD = """
name: A case
kind: case
question: What happens?
happened: [{says: Something happened., mark: SD, source: a paper}]
terms: {price.discount: 0.05}
no_figure: [nothing else]
shows: [who bears it]
"""


@pytest.mark.parametrize(("old", "new", "says"), [
    ("price.discount", "price.discunt", r"price.discunt: there is no such term; expected one of price.discount"),
    ("0.05", "0.9", r"price.discount .*: 0.9 is not accepted; expected a number from 0 to 0.25"),
    (", source: a paper", "", r"happened.0.source: it is missing"),
    ("who bears it", "who wins", r"shows: there is no check 'who wins'"),
    ("kind: case", "kind: case\nuses: [no such]", r"uses: there is no block 'no such'"),
    ("kind: case", "kind: case\nwhy: {price.trend: so}", r"why: price.trend is not among its terms"),
    ("{price.discount: 0.05}", "{'payments.partners.{best partner}.reserves': 0.1}", r"there is no role 'best partner'"),
    ("no_figure: [nothing else]", "no_figure: [nothing else]\nfigures: [{what: x, value: 1, unit: '', mark: A, source: s, by: magic}]",
     r"figure 'x': there is no rule 'magic'"),
    ("no_figure: [nothing else]\n", "", r"no_figure: it is missing"),
])  # fmt: skip
def test_a_bad_text_is_refused_in_one_line(old, new, says):
    assert read_preset(GOOD, "bad.yaml", {}).name == "A case"
    with pytest.raises(InputError, match=says) as refused:
        read_preset(GOOD.replace(old, new), "bad.yaml", {})
    assert str(refused.value).startswith("bad.yaml: ") and "\n" not in str(refused.value)


def test_the_texts_are_inside_the_package_so_that_they_are_found_wherever_it_is_installed():
    assert read_blocks(files(PACKAGE).joinpath(BLOCKS).read_text(encoding="utf-8"))
    assert len(presets()) == 17


def test_the_command_line_lists_the_cases_tells_one_and_answers_an_unknown_name_with_one_line(capsys, county_folder):
    assert _status(["cases"]) == 0
    assert "unitingcare: UnitingCare (published case)" in capsys.readouterr().out
    assert _status(["cases", "UnitingCare", "--dataset", str(county_folder)]) == 0
    told = capsys.readouterr().out
    assert "gap against the price, year 1: 19.7" in told and "Red flag. Price gap: " in told
    assert _status(["cases", "alzira-1", "--dataset", "rand-hie"]) == 0
    assert "no care in the setting 'primary care'" in capsys.readouterr().out
    assert _status(["cases", "Alzirra"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "there is no such case or form" in said.err


def test_the_card_puts_a_case_in_force_as_one_step_that_undo_takes_back(rand_hie, tmp_path):
    workbench = Workbench(rand_hie, QUICK, QUICK, tmp_path, interactive=True)
    card = CasesCard(workbench)
    card.choice.value = "unitingcare"
    assert card.seen_words.count("Red flag") == 3
    card.put.click()
    assert workbench.design == Look(find("unitingcare"), rand_hie, QUICK).design
    assert "has changed since" not in card.seen_words
    workbench.set({"price.trend": 0.05})
    assert "has changed since" in card.seen_words
    workbench.undo()
    workbench.undo()
    assert workbench.design == QUICK


def test_a_case_that_the_data_do_not_carry_leaves_the_design_as_it_was_and_says_what_they_lack(rand_hie, tmp_path):
    workbench = Workbench(rand_hie, QUICK, QUICK, tmp_path, interactive=True)
    card = CasesCard(workbench)
    card.choice.value = "alzira-1"
    assert "no care in the setting" in card.seen_words
    card.put.click()
    assert workbench.design == QUICK and not workbench.refused


def test_a_case_put_in_force_is_recognised_and_told_in_the_report_and_no_other_design_is(county):
    result = settle(county, look("UnitingCare", county).design)
    assert [preset.name for preset in in_force(result)] == ["UnitingCare"]
    told = story.published_cases(result)
    assert (
        "The published case in force: UnitingCare" in told
        and "Red flag" in told
        and "gap against the price" in told.lower()
    )
    assert story.published_cases(settle(county, QUICK)) == ""
