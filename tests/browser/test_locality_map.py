"""The map of localities as a live chart, in a real browser with no network."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page

from serving import Server

CELL = """
import ipywidgets as w

from capitation.charts.live import LiveChart
from capitation.charts.locality_map import locality_map
from capitation.workbench.style import style_widget

SHARES = {"Eastbourne": 0.09, "Lewes": 0.06, "Wealden": 0.12, "Atlantis": 0.1}


def picture(per_cent):
    shares = {**SHARES, "Hastings": per_cent / 100, "Rother": None if per_cent == 4 else 0.08}
    return locality_map("map", shares, f"{per_cent} % of Hastings is in", "share of people who are in")


chart = LiveChart(picture(4))
slider = w.IntSlider(4, 0, 20, description="Hastings")
slider.observe(lambda change: chart.show(picture(change["new"])), "value")
title = w.HTML("<h1>Map</h1><h2>Where are the members?</h2>")
card = w.Box([chart]).add_class("cw-card")
w.VBox([style_widget(), title, slider, w.Box([card]).add_class("cw-charts")]).add_class("cw-page")
"""
SHAPES = "[...document.querySelectorAll('.cw-drawing .mark-shape path')]"


@pytest.fixture
def board(board_server: Callable[..., Server], page: Page, tmp_path: Path) -> Page:
    """A page with one map, Rother's share hidden, and a slider that moves Hastings' and shows Rother's."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "map.ipynb")
    page.goto(board_server(tmp_path / "map.ipynb").address)
    page.wait_for_selector("body[data-ready]")
    wait_drawn(page, 0)
    return page


def wait_drawn(page: Page, serial: int) -> None:
    page.wait_for_function(f"document.querySelector('.cw-live')?.dataset.drawn === '{serial}'")


def labels(page: Page) -> str:
    """Every text of the drawing, without spaces and line breaks."""
    return re.sub(r"\s", "", "|".join(page.locator(".cw-drawing text").all_text_contents()))


def scale_colours(page: Page) -> list[str]:
    """The fill of each locality whose share is shown."""
    return [fill for fill in page.evaluate(f"{SHAPES}.map(e => e.getAttribute('fill'))") if fill.startswith("rgb")]


def boxes(page: Page) -> list[dict[str, float]]:
    return page.evaluate(f"{SHAPES}.map(e => e.getBoundingClientRect().toJSON())")


def test_a_map_draws_offline_with_every_locality_inside_its_card(board: Page):
    card = board.locator(".cw-drawing").bounding_box()
    assert card
    assert len(scale_colours(board)) == 4
    assert all(card["x"] <= b["left"] and b["right"] <= card["x"] + card["width"] for b in boxes(board))
    assert all(20 < b["width"] < card["width"] / 2 for b in boxes(board)), "none is a speck, none fills the globe"
    assert "Hastings4.0%" in labels(board)
    assert "Rother*" in labels(board)
    assert "Crowncopyright" in labels(board)


def test_the_map_is_coloured_anew_in_the_same_drawing_when_shares_move(board: Page):
    before = scale_colours(board)
    board.evaluate("document.querySelector('.cw-drawing svg').dataset.first = 'yes'")
    board.get_by_role("slider", name="Hastings").press("ArrowRight")
    wait_drawn(board, 1)
    assert board.locator(".cw-drawing svg[data-first]").count() == 1, "shapes were not sent and drawn again"
    assert len(scale_colours(board)) == 5
    assert set(scale_colours(board)) != set(before)
    assert "Hastings5.0%" in labels(board)
    assert "Rother8.0%" in labels(board)
    assert board.locator(".cw-live h3").inner_text() == "5 % of Hastings is in"


def test_the_map_is_said_in_words_and_axe_finds_no_violation(board: Page, axe: Callable[[Page], None]):
    board.get_by_text("In words").click()
    assert board.get_by_text("Not on the map: Atlantis").is_visible()
    axe(board)
    board.set_viewport_size({"width": 420, "height": 900})
    board.wait_for_function(f"{SHAPES}.every(e => e.getBoundingClientRect().right <= window.innerWidth)")
