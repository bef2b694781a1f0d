"""A board's server, a browser that reaches nothing but this computer, and axe."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

HERE = Path(__file__).parent
CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
LOCAL_SCHEMES = {"data", "blob", "about"}
BEST_PRACTICE_TOO = {"resultTypes": ["violations"]}


@dataclass(frozen=True)
class Server:
    """A server that runs for one test."""

    url: str
    token: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        """The page's address with its token."""
        return f"{self.url}?token={self.token}"

    def kernels(self) -> dict[str, psutil.Process]:
        """The kernels that the server keeps, by their id."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        commands = {child: _command(child) for child in children}
        return {_kernel_id(words): child for child, words in commands.items() if "ipykernel_launcher" in words}


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _kernel_id(command: str) -> str:
    return command.split("kernel-")[-1].split(".json")[0]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], ready: str, env: dict[str, str], port: int, token: str) -> Iterator[Server]:
    """Start a server, wait for the line that says it is ready, end it."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **env}
    )
    try:
        _wait_for(process, ready)
        yield Server(f"http://127.0.0.1:{port}/", token, process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_for(process: subprocess.Popen[str], ready: str) -> None:
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if ready in line:
            return
    pytest.fail(f"the server ended before it said {ready!r}: {''.join(said)}")


@pytest.fixture
def board_server() -> Iterator[Callable[..., Server]]:
    """``board_server(notebook, env)``: the notebook as a page, on a free port, until the test ends."""
    with ExitStack() as open_servers:

        def start(notebook: Path, env: dict[str, str] | None = None) -> Server:
            port, token = free_port(), secrets.token_urlsafe(12)
            command = [sys.executable, "-m", "capitation.board", str(notebook), str(port), token]
            return open_servers.enter_context(running(command, "Board: ", env or {}, port, token))

        yield start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or a failure that says how to get it."""
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
