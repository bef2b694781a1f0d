"""Control → design → view, without a browser: good values, bad values, undo, save and load."""

from pathlib import Path

import ipywidgets as w
import pytest
import yaml

import capitation
from capitation import charts
from capitation.contract import settle
from capitation.dataset import LinkedDataset, open_dataset
from capitation.design import read_design
from capitation.errors import InputError
from capitation.workbench.board_page import BoardPage
from capitation.workbench.controls import Control
from capitation.workbench.scope_matrix import ScopeMatrix
from capitation.workbench.steps import STEPS
from capitation.workbench.workbench import Workbench

BASELINE = Path(__file__).parents[2] / "designs" / "baseline.yaml"
INNER = "risk.corridor.inner"


@pytest.fixture(scope="module")
def dataset() -> LinkedDataset:
    return open_dataset("rand-hie")


@pytest.fixture
def wb(dataset, tmp_path) -> Workbench:
    baseline = read_design(BASELINE)
    return Workbench(dataset, baseline, baseline, tmp_path / "saved", interactive=True)


def control(wb: Workbench, path: str) -> Control:
    return Control(wb, wb.design.declaration(path))


def test_a_control_writes_its_value_into_the_design(wb):
    slider = control(wb, INNER)
    slider.input.value = 3
    assert wb.design.risk.corridor.inner == 0.03
    assert "was 2\N{NO-BREAK SPACE}% · undo" in slider.undo.description


def test_a_share_is_shown_and_typed_in_per_cent(wb):
    slider = control(wb, "price.trend")
    assert (slider.input.value, slider.input.max) == (6.0, 25.0)
    slider.input.value = 5
    assert wb.design.price.trend == 0.05


def test_so_few_members_that_figures_could_point_at_a_person_are_refused(wb):
    before = wb.design
    with pytest.raises(InputError, match="point at a person"):
        wb.set({"cohort.min_age": 63})
    assert wb.design is before


def test_every_term_has_a_control_that_shows_its_value(wb):
    for path in wb.design.declarations:
        made = control(wb, path)
        assert made.input.description == wb.design.declaration(path).label, path


def test_a_control_of_every_kind_can_be_moved(wb):
    moves = {
        "risk.stop_loss.on": False, "cohort.sex": "female", "price.base_years": 2, "price.trend": 5.0,
        "cohort.localities": ("site 1", "site 2"), "cohort.need_marker": "conditions", "price.age_bands": "0, 18, 45",
        "outlook.contract_year": 4, "outlook.seed": 7, "risk.order": ("aggregate_stop_loss", "sharing", "corridor"),
        "outcomes.measures.admissions.floor": 0.2,
    }  # fmt: skip
    for path, value in moves.items():
        made = control(wb, path)
        made.input.value = value
        assert made.fault.value == "", path
        assert path in {c.path for c in wb.changes}, path


def test_a_rejected_value_leaves_the_last_good_design_and_says_why_under_the_control(wb):
    before = wb.design
    slider = control(wb, INNER)
    slider.input.value = 10
    assert wb.design is before
    assert "wider than the outer band" in slider.fault.value
    assert "is-wrong" in slider.box._dom_classes


def test_two_terms_that_only_fit_together_can_be_moved_one_after_the_other(wb):
    inner, outer = control(wb, INNER), control(wb, "risk.corridor.outer")
    inner.input.value = 8
    outer.input.value = 12
    assert (wb.design.risk.corridor.inner, wb.design.risk.corridor.outer) == (0.08, 0.12)
    assert inner.fault.value == ""


def test_a_design_that_leaves_nobody_in_is_refused(wb):
    oldest = control(wb, "cohort.min_age")
    oldest.input.value = 100
    assert wb.design.cohort.min_age == 0
    assert "leaves nobody in study year 5" in oldest.fault.value or "no year of history" in oldest.fault.value


def test_a_picture_that_may_not_be_shown_any_more_goes_and_comes_back(wb):
    """Before, the last picture stayed on the page beside figures that it did not belong to."""
    view = wb.live(lambda d: charts.price.build_up(settle(wb.dataset, d)) if d.price.trend < 0.2 else "too few")
    assert view.picture.name == "price-build-up"
    wb.set({"price.trend": 0.25})
    assert view.picture is None
    assert view.children[0].value == "too few"
    wb.set({"price.trend": 0.01})
    assert view.picture.name == "price-build-up"


def test_a_view_follows_the_design(wb):
    chart = wb.live(lambda d: charts.price.build_up(settle(wb.dataset, d)))
    before = chart.picture.finding
    wb.set({"price.trend": 0.2})
    assert chart.picture.finding != before


def test_undo_takes_one_control_back_at_a_time(wb):
    start = wb.design
    for value in (0.03, 0.035, 0.04):
        wb.set({INNER: value})
    wb.set({"price.trend": 0.01})
    wb.undo()
    assert wb.design.price.trend == start.price.trend and wb.design.risk.corridor.inner == 0.04
    wb.undo()
    assert wb.design == start and not wb.can_undo


def test_undo_steps_stay_apart_after_an_undo_and_after_a_control_s_own_undo(wb):
    wb.set({"price.trend": 0.07})
    wb.undo()
    wb.set({"price.trend": 0.08})
    wb.reset("price.trend")
    wb.undo()
    assert wb.design.price.trend == 0.08
    wb.undo()
    assert wb.design.price.trend == 0.06 and not wb.can_undo


def test_a_refused_value_stays_in_sight_and_never_takes_effect_behind_somebody_s_back(wb):
    inner, trend = control(wb, INNER), control(wb, "price.trend")
    inner.input.value = 40
    trend.input.value = 5
    assert "wider than the outer band" in inner.fault.value and inner.input.value == 40
    assert wb.design.risk.corridor.inner == 0.02
    assert "back to 2" in inner.undo.description
    inner.undo.click()
    assert inner.input.value == 2 and inner.fault.value == ""
    wb.set({"risk.corridor.outer": 0.45})
    assert wb.design.risk.corridor.inner == 0.02


def test_a_text_that_is_no_number_is_refused_in_words(wb):
    bands = control(wb, "price.age_bands")
    for text in ("0, 18, ²", "0, " + "9" * 5_000, "0,,5"):
        bands.input.value = text
        assert "age bands" in bands.fault.value.lower(), text


def test_the_control_s_own_undo_gives_back_the_opened_value(wb):
    slider = control(wb, INNER)
    slider.input.value = 4
    slider.undo.click()
    assert wb.design.risk.corridor.inner == 0.02 and slider.input.value == 2


def test_a_saved_design_comes_back_with_the_same_key(wb):
    wb.set({INNER: 0.03})
    key = wb.design.key
    wb.save("cautious")
    wb.undo()
    wb.load("cautious")
    assert (wb.design.key, wb.design.name, wb.saved) == (key, "cautious", ["cautious"])


@pytest.mark.parametrize("name", ["", "../evil", "a/b", ".hidden", "x" * 41, "nul\0"])
def test_a_name_that_could_leave_the_folder_is_refused(wb, name):
    with pytest.raises(InputError, match="can't be a name"):
        wb.save(name)
    assert not list(wb.saved_in.rglob("*")) if wb.saved_in.exists() else True


def test_a_name_in_use_is_refused_and_nothing_is_lost(wb):
    path = wb.save("first")
    kept = path.read_text()
    wb.set({INNER: 0.03})
    with pytest.raises(InputError, match="there is a design 'first' already"):
        wb.save("first")
    assert path.read_text() == kept


def test_a_spoiled_saved_design_is_refused_with_its_place(wb):
    path = wb.save("first")
    content = yaml.safe_load(path.read_text())
    content["risk"]["corridor"]["inner"] = "wide"
    path.write_text(yaml.safe_dump(content))
    before = wb.design
    with pytest.raises(InputError, match=r"risk\.corridor\.inner"):
        wb.load("first")
    assert wb.design is before


def test_a_control_of_a_clause_that_is_off_says_why_it_has_no_effect(wb):
    assert "switched off" in control(wb, "risk.sharing.gain_share").no_effect.value
    assert control(wb, INNER).no_effect.value == ""


def test_a_term_said_to_have_no_effect_has_none(wb):
    for path, value in (
        ("risk.sharing.gain_share", 0.9),
        ("cohort.need_minimum", 3.0),
        ("scope.rare_mean", 5.0),
    ):
        assert control(wb, path).no_effect.value, path
        before = wb.headline
        wb.set({path: value})
        assert wb.headline == before, path


def test_the_board_draws_a_step_when_first_opened_and_follows_afterwards(wb):
    page = BoardPage(wb)
    assert list(page._sections) == ["cohort"]
    page.open("risk")
    before = page._sections["cohort"]._finding.value
    wb.set({"outlook.contract_year": 3})
    assert page._sections["cohort"]._finding.value == before  # hidden: brought up to date when shown
    page.open("cohort")
    assert page._sections["cohort"]._finding.value != before


def test_the_rail_and_the_changes_say_what_is_in_force(wb):
    page = BoardPage(wb)
    wb.set({INNER: 0.03})
    html = [c for c in _all_widgets(page.page) if isinstance(c, w.HTML)]
    assert any("Inner band 2\N{NO-BREAK SPACE}% → 3\N{NO-BREAK SPACE}%" in c.value for c in html)
    assert any("1 change from baseline" in c.value for c in html)


def _all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all_widgets(child)


@pytest.mark.parametrize("key", [s.key for s in STEPS])
def test_every_step_shows_itself_without_a_reader(wb, key):
    wb.interactive = False
    still = wb.panel(key)
    shown = next(s for s in STEPS if s.key == key)
    assert still.html.count("<svg") == sum(draw(wb.result) is not None for draw in shown.pictures) > 0
    assert "<h2>" in still.html and ("Source" in still.html) == bool(shown.terms)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"risk.corridor.iner": 0.1}, "there is no such term"),
        ({"risk.corridor.inner": 0.9}, "a number from 0 to 0.5"),
        ({"risk.corridor.inner": "wide"}, "is not accepted"),
        ({"risk.corridor.inner": 0.3}, "wider than the outer band"),
        ({"cohort.localities": ["nowhere"]}, "no locality 'nowhere'"),
        ({"cohort.min_age": 110}, "expected"),
    ],
)
def test_a_notebook_s_wrong_parameters_stop_it_before_any_work(changes, message):
    with pytest.raises(InputError, match=message):
        capitation.open("rand-hie", str(BASELINE), changes)


def test_a_service_is_ticked_out_and_in_and_the_money_beside_it_follows(wb):
    made = control(wb, "scope.services")
    assert isinstance(made.input, ScopeMatrix)
    assert all(box.value for box in made.input.boxes.values()) and wb.design.scope.services == ()
    made.input.boxes["drugs"].value = False
    assert "drugs" not in wb.design.scope.services and len(wb.design.scope.services) == 4
    assert made.input.amounts["drugs"].value.endswith("out") and "undo" in made.undo.description
    made.input.boxes["drugs"].value = True
    assert wb.design.scope.services == () and made.input.amounts["drugs"].value.endswith("in")


def test_every_service_has_a_box_with_its_name_under_its_setting(wb):
    made = control(wb, "scope.services").input
    services = wb.dataset.services
    assert {code: box.description for code, box in made.boxes.items()} == services["label"].to_dict()
    headings = [child.value for child in made.children if isinstance(child, w.HTML) and "<h4>" in child.value]
    assert len(headings) == services["setting"].nunique()


def test_the_last_service_can_not_be_ticked_out(wb):
    made = control(wb, "scope.services").input
    for box in made.boxes.values():
        box.value = False
    assert len(wb.design.scope.services) == 1 and sum(box.value for box in made.boxes.values()) == 1
    assert "At least one service stays in" in made.said.value


def test_the_matrix_follows_a_change_made_elsewhere(wb):
    made = control(wb, "scope.services").input
    wb.set({"scope.services": ["inpatient", "drugs"]})
    assert {code for code, box in made.boxes.items() if box.value} == {"inpatient", "drugs"}
    wb.undo()
    assert all(box.value for box in made.boxes.values())
