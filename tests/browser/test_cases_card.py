"""The card of published cases on the board, in a real browser with no network."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from serving import Server

ROOT = Path(__file__).parents[2]


def test_a_case_is_told_with_its_sources_put_in_force_and_taken_back(
    board_server: Callable[..., Server], page: Page, tmp_path: Path, axe: Callable[[Page], None]
):
    env = {"CAPITATION_DATASET": "rand-hie", "CAPITATION_DESIGN": str(ROOT / "designs" / "baseline.yaml"),
           "CAPITATION_SAVED": str(tmp_path / "saved")}  # fmt: skip
    page.goto(board_server(ROOT / "notebooks" / "board.ipynb", env).address)
    page.wait_for_selector("body[data-ready]", state="attached")
    card = page.locator(".cw-cases")
    card.get_by_label("Case or form").select_option(label="Published case: UnitingCare")
    expect(card).to_contain_text("In these data, before any year is drawn")
    assert card.get_by_text("Red flag").count() == 3
    assert card.locator("table tbody tr").count() == 12
    expect(card).to_contain_text("The documents give no figure for: the VAT that was lost")
    axe(page)
    card.get_by_role("button", name="Put its terms in force").click()
    expect(card.get_by_role("status")).to_contain_text("are in force; Undo takes them back")
    expect(page.locator(".cw-header")).to_contain_text("from baseline")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cw-header")).not_to_contain_text("from baseline")
    expect(card).to_contain_text("The design has changed since")
