"""The picture of who pays whom and that of cash as live charts, in a real browser with no network."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page

from serving import Server

CELL = """
import ipywidgets as w

from capitation.charts.cash import balances
from capitation.charts.live import LiveChart
from capitation.charts.money_flow import money_flow
from capitation.payments.cash import CashPath
from capitation.workbench.style import style_widget

PARTNERS = ["hospital", "charity"]
LABELS = {"hospital": "The hospital", "charity": "The charity"}


def flow(pounds):
    bands = {("capitation", "commissioner", "holder"): 1_000_000, ("block", "holder", "hospital"): pounds * 100,
             ("care", "hospital", "supplies"): 800_000}
    if pounds == 9_000:
        bands[("gain", "charity", "holder")] = 50_000
    return money_flow(bands if pounds else {}, LABELS, PARTNERS, "£")


def cash(pounds):
    paths = {name: CashPath((100_000, pounds * 100 - 500_000), 0) for name in PARTNERS[: 1 + (pounds == 9_000)]}
    return balances(paths, ["April", "May"], "£")


charts = [LiveChart(flow(0)), LiveChart(cash(0))]
slider = w.IntSlider(0, 0, 9_000, step=4_500, description="Block")
slider.observe(lambda change: [c.show(f(change["new"])) for c, f in zip(charts, (flow, cash))], "value")
cards = [w.Box([chart]).add_class("cw-card").add_class("is-wide") for chart in charts]
title = w.HTML("<h1>Payments</h1><h2>Who pays whom?</h2>")
w.VBox([style_widget(), title, slider, w.Box(cards).add_class("cw-charts")]).add_class("cw-page")
"""


@pytest.fixture
def board(board_server: Callable[..., Server], page: Page, tmp_path: Path) -> Page:
    """A page with both charts, nothing paid, and a slider of the hospital's block: £0, £4,500 and £9,000."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "flow.ipynb")
    page.goto(board_server(tmp_path / "flow.ipynb").address)
    page.wait_for_selector("body[data-ready]")
    wait_drawn(page, 0)
    return page


def wait_drawn(page: Page, serial: int) -> None:
    page.wait_for_function(
        f"(all => all.length === 2 && all.every(e => e.dataset.drawn === '{serial}'))"
        "([...document.querySelectorAll('.cw-live')])"
    )


def texts(page: Page) -> list[str]:
    return page.locator(".cw-drawing text").all_text_contents()


def move(page: Page, serial: int) -> None:
    page.get_by_role("slider", name="Block").press("ArrowRight")
    wait_drawn(page, serial)


def test_payments_that_begin_change_and_run_back_are_drawn_in_the_same_drawing(board: Page):
    assert "no payments" in texts(board)
    board.evaluate("document.querySelectorAll('.cw-drawing svg').forEach(e => e.dataset.first = 'yes')")
    move(board, 1)
    assert {"The hospital", "gets £4,500, £3,500 short"} <= set(texts(board))
    assert "no payments" not in texts(board)
    move(board, 2)
    assert {"gets £9,000, keeps £1,000", "← The charity to Holder £500"} <= set(texts(board))
    assert {"hospital", "charity"} <= set(texts(board)), "a strip of cash for each"
    assert board.locator(".cw-drawing svg[data-first]").count() == 2


def test_words_get_shorter_with_the_window_and_axe_finds_no_violation(board: Page, axe: Callable[[Page], None]):
    move(board, 1)
    axe(board)
    board.set_viewport_size({"width": 420, "height": 900})
    board.get_by_text("£4,500, −£3,500", exact=True).first.wait_for(state="attached")
    inside = "[...document.querySelectorAll('.cw-drawing svg')].every(e => e.getBoundingClientRect().right <= window.innerWidth)"
    board.wait_for_function(inside)
