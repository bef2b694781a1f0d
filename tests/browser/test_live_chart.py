"""Live charts and the board's page in a real browser with no network."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from serving import Server, free_port, running

HERE = Path(__file__).parent
DEMO = HERE / "demo_board.ipynb"
SEEN = "[...document.querySelectorAll('.cw-live')].filter(e => e.offsetParent)"


@pytest.fixture
def server(board_server: Callable[..., Server]) -> Server:
    return board_server(DEMO)


@pytest.fixture
def board(server: Server, page: Page) -> Page:
    """The demonstration board, open and drawn."""
    page.goto(server.address)
    page.wait_for_selector("body[data-ready]")
    return page


def wait_drawn(page: Page, serial: int, timeout_ms: int = 30_000) -> None:
    """Wait until every chart that can be seen shows this serial number."""
    page.wait_for_function(f"{SEEN}.length && {SEEN}.every(e => e.dataset.drawn === '{serial}')", timeout=timeout_ms)


def open_late_section(page: Page) -> None:
    page.get_by_role("button", name="Shadow year").click()
    page.locator(".cw-live").last.wait_for()


def findings(page: Page) -> list[str]:
    return page.locator(".cw-live:visible h3").all_inner_texts()


def kernel_of(page: Page) -> str:
    return json.loads(page.locator("#jupyter-config-data").text_content() or "{}")["kernelId"]


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


def status_of(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, error.url or url


def test_charts_draw_offline_with_their_finding_and_their_words(board: Page):
    wait_drawn(board, 0)
    assert findings(board) == ["The spread is 4 per cent", "The bearing is 8 per cent"]
    chart = board.get_by_role("img", name="The spread is 4 per cent, over 300 points.")
    assert chart.locator("svg path").count() >= 2
    board.get_by_text("In words").first.click()
    assert board.get_by_text("over 300 points").first.is_visible()


def test_moving_the_slider_redraws_every_chart(board: Page):
    board.get_by_role("slider", name="Outer band").press("ArrowRight")
    wait_drawn(board, 1)
    assert findings(board) == ["The spread is 5 per cent", "The bearing is 10 per cent"]


def test_the_last_of_many_moves_is_what_is_shown(board: Page):
    slider = board.get_by_role("slider", name="Outer band")
    for _ in range(12):
        slider.press("ArrowRight")
    board.wait_for_function("document.querySelector('.cw-live h3').textContent === 'The spread is 16 per cent'")


def test_a_chart_hidden_at_first_draws_at_full_width_and_up_to_date(board: Page):
    board.get_by_role("slider", name="Outer band").press("ArrowRight")
    wait_drawn(board, 1)
    late = board.locator(".cw-live").last
    assert late.get_attribute("data-drawn") is None
    open_late_section(board)
    wait_drawn(board, 1)
    card, drawing = late.bounding_box(), late.locator("svg").bounding_box()
    assert card and drawing and abs(card["width"] - drawing["width"]) <= 2
    assert "5 per cent" in late.inner_text()


def test_charts_follow_the_width_of_the_window(board: Page):
    board.set_viewport_size({"width": 700, "height": 900})
    fits = f"{SEEN}.every(e => Math.abs(e.clientWidth - e.querySelector('svg').clientWidth) <= 2)"
    board.wait_for_function(fits)
    assert board.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_finds_no_violation(board: Page, axe: Callable[[Page], None]):
    axe(board)
    open_late_section(board)
    wait_drawn(board, 0)
    axe(board)


def test_the_keyboard_passes_through_every_control_and_out(board: Page):
    stops = []
    for _ in range(14):
        board.keyboard.press("Tab")
        stops.append(board.evaluate("document.activeElement.textContent.slice(0, 20) || document.activeElement.role"))
    assert stops[0] == "Skip to the content"
    assert {"slider", "In words"} <= set(stops)
    assert len(set(stops)) > 5


def test_the_token_does_not_stay_in_the_address(board: Page, server: Server):
    assert server.token not in board.url


def test_without_the_token_there_is_a_login_and_no_kernel(server: Server):
    assert "login" in status_of(server.url)[1]
    kernel = next(iter(server.kernels()))
    assert status_of(f"{server.url}api/kernels/{kernel}")[0] == 403
    assert "login" in status_of(f"{server.url}voila/query/{kernel}")[1], "nothing answers there but the page itself"


def test_files_beside_the_notebook_are_not_served(server: Server):
    assert status_of(f"{server.url}voila/files/conftest.py?token={server.token}")[0] == 403


def test_a_closed_page_ends_its_kernel_and_an_open_one_keeps_its_own(server: Server, page: Page):
    for _ in range(3):
        closed = page.context.new_page()
        closed.goto(server.address)
        closed.wait_for_selector("body[data-ready]")
        kernel = kernel_of(closed)
        closed.close(run_before_unload=True)
        assert eventually(lambda kernel=kernel: kernel not in server.kernels())
    page.goto(server.address)
    page.wait_for_selector("body[data-ready]")
    assert kernel_of(page) in server.kernels()
    assert eventually(lambda: len(server.kernels()) == 2), "one open page and one prepared kernel"


def test_a_page_that_vanished_loses_its_kernel_when_idle_and_an_open_one_does_not(page: Page):
    impatient = f"""
from pathlib import Path
from capitation.board import server
server.IDLE_SECONDS, server.CULL_EVERY_SECONDS = 3, 1
server.serve(Path({str(DEMO)!r}), {(port := free_port())}, "t", open_browser=False, prepared=0)
"""
    with running([sys.executable, "-c", impatient], "Board: ", {}, port, "t") as server:
        vanished = page.context.new_page()
        for opened in (vanished, page):
            opened.goto(server.address)
            opened.wait_for_selector("body[data-ready]")
        gone, kept = kernel_of(vanished), kernel_of(page)
        vanished.close()  # without the closing request
        assert eventually(lambda: gone not in server.kernels(), 20)
        assert kept in server.kernels()


def test_a_notebook_that_fails_is_said_in_a_banner(board_server: Callable[..., Server], page: Page, tmp_path: Path):
    notebook = json.loads(DEMO.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = "secret = 1 / 0"
    broken = tmp_path / "broken.ipynb"
    broken.write_text(json.dumps(notebook), encoding="utf-8")
    page.goto(board_server(broken).address)
    page.get_by_role("alert").get_by_text("could not be built").wait_for()
    assert "ZeroDivisionError" not in page.content()


def test_a_dead_kernel_is_said_in_a_banner(board: Page, server: Server):
    server.kernels()[kernel_of(board)].kill()
    board.get_by_role("alert").get_by_text("Reload the page").wait_for(timeout=20_000)


def test_a_taken_port_is_one_line(server: Server):
    port = server.url.split(":")[-1].strip("/")
    again = subprocess.run(
        [sys.executable, "-m", "capitation.board", str(DEMO), port],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert again.returncode == 2
    assert again.stderr.strip().splitlines()[-1].startswith(f"board: port {port} is in use")


def test_where_the_file_is_missing_the_kernel_sends_the_chart_code(server: Server, page: Page):
    page.route("**/static/charts-*.js*", lambda route: route.fulfill(status=404))
    page.goto(server.address)
    page.wait_for_selector("body[data-ready]")
    wait_drawn(page, 0)


def test_charts_draw_and_redraw_in_jupyterlab(page: Page, tmp_path: Path):
    for name in ("demo_board.ipynb", "demo_pictures.py"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    port, token = free_port(), "lab-test"
    with running(_lab(tmp_path, port, token), "is running at", {}, port, token) as lab:
        page.goto(f"{lab.url}lab/tree/demo_board.ipynb?token={token}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        wait_drawn(page, 0, timeout_ms=60_000)
        page.locator(".noUi-handle").press("ArrowRight")
        wait_drawn(page, 1)


def _lab(folder: Path, port: int, token: str) -> list[str]:
    options = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.root_dir": folder,
        "IdentityProvider.token": token, "ServerApp.ip": "127.0.0.1", "ServerApp.allow_root": True,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "LabApp.news_url": "",
    }  # fmt: skip
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "jupyterlab", "--no-browser", *flags]
