"""The board and the step notebooks as pages, in a real browser with no network."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from serving import Server

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
STEPS = ["Data", "Cohort", "Scope", "Price", "Risk", "Payments", "Outcomes", "Past years"]
LONGEST = 120_000  # milliseconds that the page of the whole report may take on a busy machine
SEEN = "[...document.querySelectorAll('.cw-live')].filter(e => e.offsetParent)"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"CAPITATION_DATASET": "rand-hie", "CAPITATION_DESIGN": str(ROOT / "designs" / "baseline.yaml"),
            "CAPITATION_SAVED": str(tmp_path / "saved")}  # fmt: skip


@pytest.fixture
def board(board_server: Callable[..., Server], env: dict[str, str], page: Page) -> Page:
    """The board, open and drawn."""
    page.goto(board_server(NOTEBOOKS / "board.ipynb", env).address)
    page.wait_for_selector("body[data-ready]", state="attached")
    wait_drawn(page, 0)
    return page


def wait_drawn(page: Page, serial: int) -> None:
    page.wait_for_function(f"{SEEN}.length && {SEEN}.every(e => Number(e.dataset.drawn) >= {serial})", timeout=20_000)
    page.wait_for_function("!document.querySelector('.noUi-handle:not([aria-label]), .cw-controls:not([role])')")


def open_step(page: Page, title: str) -> None:
    """Open a step and wait until it is the one shown, its charts drawn and its controls named."""
    step = page.locator(".cw-rail .cw-step").nth(STEPS.index(title))
    step.click()
    expect(step).to_have_attribute("aria-current", "step")
    wait_drawn(page, 0)


def test_every_step_opens_with_its_question_its_finding_and_its_charts(board: Page, axe: Callable[[Page], None]):
    for title in STEPS:
        open_step(board, title)
        wait_drawn(board, 0)
        assert board.locator(".cw-section:visible .cw-question h2").inner_text().endswith("?")
        assert len(board.locator(".cw-section:visible .cw-finding").inner_text()) > 40
        assert board.locator(".cw-section:visible svg").count() >= 1
        axe(board)


def test_a_moved_control_changes_charts_figures_and_says_what_it_did(board: Page):
    open_step(board, "Risk")
    wait_drawn(board, 0)
    before = board.locator(".cw-headline").inner_text()
    board.get_by_role("slider", name="Inner band", exact=True).press("ArrowRight")
    wait_drawn(board, 1)
    expect(board.locator(".cw-headline")).not_to_have_text(before, use_inner_text=True)
    expect(board.locator(".cw-changes")).to_contain_text("Inner band 2 % → 2.5 %")
    expect(board.locator(".cw-control.is-changed")).to_have_count(1)
    board.get_by_role("button", name="Undo", exact=True).click()
    expect(board.locator(".cw-headline")).to_have_text(before, use_inner_text=True)
    expect(board.locator(".cw-changes")).to_contain_text("No change yet")


def test_opening_a_step_changes_nothing_by_itself(board: Page):
    for title in STEPS:
        open_step(board, title)
        wait_drawn(board, 0)
    expect(board.locator(".cw-changes")).to_contain_text("No change yet")


def test_a_refused_value_is_said_under_its_control_and_the_design_stays(board: Page):
    open_step(board, "Price")
    bands = board.get_by_role("textbox", name="Age bands start at")
    before = board.locator(".cw-headline").inner_text()
    bands.fill("5, 1")
    bands.press("Enter")
    expect(board.locator(".cw-control.is-wrong .cw-error")).to_contain_text("age bands must start at 0 and rise")
    assert board.locator(".cw-headline").inner_text() == before
    bands.fill("0, 18, 45")
    bands.press("Enter")
    expect(board.locator(".cw-control.is-wrong")).to_have_count(0)


def test_a_design_is_saved_under_a_name_and_loaded_again(board: Page, env: dict[str, str]):
    open_step(board, "Risk")
    wait_drawn(board, 0)
    board.get_by_role("slider", name="Inner band", exact=True).press("ArrowRight")
    wait_drawn(board, 1)
    name = board.get_by_label("Save this design as")
    name.fill("../evil")
    board.get_by_role("button", name="Save", exact=True).click()
    expect(board.locator(".cw-saving")).to_contain_text("can't be a name")
    name.fill("cautious")
    board.get_by_role("button", name="Save", exact=True).click()
    expect(board.locator(".cw-saving")).to_contain_text("Kept as cautious")
    assert [p.name for p in Path(env["CAPITATION_SAVED"]).iterdir()] == ["cautious.yaml"]
    board.get_by_role("button", name="Undo", exact=True).click()
    board.get_by_role("button", name="Load", exact=True).click()
    expect(board.locator(".cw-header")).to_contain_text("cautious")


def test_the_board_says_which_data_it_shows_and_that_years_are_all_it_knows(board: Page):
    expect(board.locator(".cw-header")).to_contain_text("Real data: RAND Health Insurance Experiment")
    expect(board.locator(".cw-trace")).to_contain_text("months not known")


def test_no_person_s_row_or_amount_reaches_the_browser(
    board_server, env: dict[str, str], page: Page, amounts_of_single_people
):
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: frames.append(str(data))))
    page.goto(board_server(NOTEBOOKS / "board.ipynb", env).address)
    wait_drawn(page, 0)
    for title in STEPS:
        open_step(page, title)
        wait_drawn(page, 0)
    sent = "".join(frames)
    assert len(sent) > 10_000
    assert "person_id" not in sent and "125024" not in sent  # the first person of the file
    assert not [amount for amount in amounts_of_single_people if amount in sent]


@pytest.mark.parametrize("name", sorted(p.name for p in NOTEBOOKS.glob("*.ipynb") if p.name != "board.ipynb"))
def test_a_step_s_notebook_is_a_page_of_its_own(name: str, board_server, env, page: Page, axe):
    page.goto(board_server(NOTEBOOKS / name, env).address, timeout=LONGEST)  # the report works everything out first
    page.wait_for_selector("body[data-ready]", state="attached")
    wait_drawn(page, 0)
    assert "Traceback" not in page.content()
    axe(page)


def test_a_service_is_taken_out_of_the_scope_with_the_keyboard_and_the_page_follows(board: Page, axe):
    open_step(board, "Scope")
    board.locator(".cw-matrix:visible").get_by_role("checkbox", name="Drugs").focus()
    board.keyboard.press("Space")
    wait_drawn(board, 1)
    expect(board.locator(".cw-section:visible .cw-finding")).to_contain_text("of what the members cost is covered")
    expect(board.locator(".cw-matrix:visible")).to_contain_text("$15,856 out")
    axe(board)
