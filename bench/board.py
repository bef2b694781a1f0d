"""The board in Chromium with every other host out of reach: opening, redrawing, memory, kernels left behind."""

import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, Page, Route, sync_playwright

ROOT = Path(__file__).parents[1]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run"]  # fmt: skip
MOVES = 25
OPENINGS = 6
MANY_PAGES = 20
MOVED = {"Price": "Yearly growth of cost", "Risk": "Inner band", "Payments": "Share of their plan paid as block",
         "Outcomes": "Admissions: target"}  # fmt: skip
LAST_CHART = """() => Math.max(...performance.getEntriesByType('mark').filter(m => m.name.startsWith('cw:drawn:')).map(m => m.startTime))"""
SEEN = "[...document.querySelectorAll('.cw-live')].filter(e => e.offsetParent)"


@dataclass
class Found:
    """What was measured, in the units of the names."""

    open_seconds: list[float] = field(default_factory=list)
    redraw_ms: list[float] = field(default_factory=list)
    scope_ms: list[float] = field(default_factory=list)
    risk_ms: list[float] = field(default_factory=list)
    payments_ms: list[float] = field(default_factory=list)
    outcomes_ms: list[float] = field(default_factory=list)
    page_megabytes: list[float] = field(default_factory=list)
    asked_outside: list[str] = field(default_factory=list)
    kernels_left: int = 0


def measure() -> Found:
    """Open the board some times, move one control of four steps, open and close twenty pages."""
    found = Found()
    with _server() as (address, process), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGS)
        _openings(browser, address, process, found)
        _redraws(browser, address, found)
        _services(browser, address, process, found)
        _many_pages(browser, address, process, found)
        browser.close()
    return found


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        sys.exit("The bench needs Chromium: apt-get install chromium")
    return found


@contextmanager
def _server() -> Iterator[tuple[str, psutil.Process]]:
    port, token = 8871, secrets.token_urlsafe(12)
    command = [
        str(Path(sys.executable).parent / "capitation"),
        "board",
        "--port",
        str(port),
        "--token",
        token,
        "--no-browser",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        assert process.stdout
        assert any(line.startswith("Board: ") for line in process.stdout)
        yield f"http://127.0.0.1:{port}/?token={token}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _page(browser: Browser, found: Found) -> Page:
    def only_here(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.hostname == "127.0.0.1" or url.scheme in {"data", "blob"}:
            route.continue_()
        else:
            found.asked_outside.append(route.request.url)
            route.abort()

    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    context.route("**/*", only_here)
    return context.new_page()


def _kernels(server: psutil.Process) -> list[psutil.Process]:
    children = server.children(recursive=True)
    return [c for c in children if "ipykernel_launcher" in " ".join(_command(c))]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _wait_prepared(server: psutil.Process, count: int = 1) -> None:
    """Wait until the prepared kernel has run the notebook: it and the process that opens its data are at rest."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        kernels = _kernels(server)
        if len(kernels) >= count and all(_is_quiet(k) for k in kernels):
            return


def _is_quiet(kernel: psutil.Process) -> bool:
    try:
        family = [kernel, *kernel.children(recursive=True)]
        before = sum(map(_spent, family))
        time.sleep(0.5)
        return sum(map(_spent, family)) - before < 0.025
    except psutil.NoSuchProcess:  # it ended meanwhile: look again
        return False


def _spent(process: psutil.Process) -> float:
    return process.cpu_times().user + process.cpu_times().system


def _drawn(page: Page, serial: int) -> None:
    page.wait_for_function(f"{SEEN}.length && {SEEN}.every(e => Number(e.dataset.drawn) >= {serial})")


def _openings(browser: Browser, address: str, server: psutil.Process, found: Found) -> None:
    for _ in range(OPENINGS):
        _wait_prepared(server)
        page = _page(browser, found)
        page.goto(address)
        _drawn(page, 0)
        found.open_seconds.append(page.evaluate(LAST_CHART) / 1000)
        time.sleep(1)
        found.page_megabytes.append(max(k.memory_full_info().uss for k in _kernels(server)) / 1e6)
        _close(page)


def _redraws(browser: Browser, address: str, found: Found) -> None:
    page = _page(browser, found)
    page.goto(address)
    _drawn(page, 0)
    page.evaluate("addEventListener('keydown', e => { window.pressed = e.timeStamp }, true)")
    serial = 0
    alone = {"Risk": found.risk_ms, "Payments": found.payments_ms, "Outcomes": found.outcomes_ms}
    for step, label in MOVED.items():
        page.locator(".cw-rail .cw-step").filter(has_text=step).first.click()
        _drawn(page, 0)
        page.wait_for_timeout(800)
        slider = page.locator(".cw-control:visible").get_by_role("slider", name=label, exact=True)
        for i in range(MOVES):
            slider.press(("ArrowLeft", "ArrowRight")[i % 2])
            serial += 1
            _drawn(page, serial)
            found.redraw_ms.append(page.evaluate(f"({LAST_CHART})() - window.pressed"))
            alone.get(step, []).append(found.redraw_ms[-1])
            page.wait_for_timeout(300)
    _close(page)


def _services(browser: Browser, address: str, server: psutil.Process, found: Found) -> None:
    """One service after the other put out of the scope and in again, from the key to the last chart."""
    page = _page(browser, found)
    page.goto(address)
    _drawn(page, 0)
    page.evaluate("addEventListener('keydown', e => { window.pressed = e.timeStamp }, true)")
    page.locator(".cw-rail .cw-step").filter(has_text="Scope").first.click()
    _drawn(page, 0)
    _wait_prepared(server, 2)  # the next reader's page is being prepared meanwhile
    boxes = page.locator(".cw-matrix:visible input[type=checkbox]")
    for i in range(MOVES):
        boxes.nth((i // 2) % boxes.count()).press("Space")
        _drawn(page, i + 1)
        found.scope_ms.append(page.evaluate(f"({LAST_CHART})() - window.pressed"))
        page.wait_for_timeout(400)
    _close(page)


def _close(page: Page) -> None:
    """Close a page in a browser that stays open for a moment, as a reader's does, and so sends its last request."""
    waiting = page.context.new_page()
    page.close(run_before_unload=True)
    waiting.wait_for_timeout(500)
    waiting.context.close()


def _many_pages(browser: Browser, address: str, server: psutil.Process, found: Found) -> None:
    for _ in range(MANY_PAGES):
        page = _page(browser, found)
        page.goto(address)
        page.wait_for_selector("[data-drawn]", timeout=60_000)
        _close(page)
    time.sleep(5)
    _wait_prepared(server)
    found.kernels_left = len(_kernels(server)) - 1  # one stands ready for the next reader


def percentile(values: list[float], level: float) -> float:
    """The ``level`` percentile (0 to 100), by linear interpolation."""
    return statistics.quantiles(values, n=100, method="inclusive")[int(level) - 1]
