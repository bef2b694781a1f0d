"""A board's server, a browser that reaches nothing but this computer, and axe."""

import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

# pytest's importlib mode keeps this folder off the path
sys.path.insert(0, str(Path(__file__).parent))

from serving import Server, free_port, running

CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
LOCAL_SCHEMES = {"data", "blob", "about"}
BEST_PRACTICE_TOO = {"resultTypes": ["violations"]}


@pytest.fixture
def board_server() -> Iterator[Callable[..., Server]]:
    """``board_server(notebook, env)``: the notebook as a page, on a free port, until the test ends."""
    with ExitStack() as open_servers:

        def start(notebook: Path, env: dict[str, str] | None = None) -> Server:
            port, token = free_port(), secrets.token_urlsafe(12)
            command = [sys.executable, "-m", "capitation.board", str(notebook), str(port), token]
            return open_servers.enter_context(running(command, "Board: ", env or {}, port, token))

        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or a failure that says how to get it.

    It ends with its module: while it lives its event loop counts as running, and the workbench
    would take the other folders' tests for a page.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("Chromium is not installed: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page for which every other host is out of reach; the test fails if it asked one."""
    asked: list[str] = []

    def only_here(route: Route) -> None:
        if _is_here(route.request.url):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    context = browser.new_context(viewport={"width": 1500, "height": 950})
    context.route("**/*", only_here)
    opened = context.new_page()
    opened.on("websocket", lambda ws: None if _is_here(ws.url) else asked.append(ws.url))
    yield opened
    context.close()
    assert asked == []


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname == "127.0.0.1" or urlsplit(url).scheme in LOCAL_SCHEMES


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """``axe(page)``: the page breaks no rule of axe, its best practices included."""

    def check(page: Page) -> None:
        found = Axe().run(page, options=BEST_PRACTICE_TOO)
        assert found.violations_count == 0, found.generate_report()

    return check
