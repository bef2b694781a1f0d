"""The server of the board: stand-alone Voila for one notebook, on this computer only, behind a token.

Nobody reaches it from another computer unless a proxy that signs people in passes them on.
"""

import os
import secrets
import sys
import webbrowser
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capitation.charts.runtime import bundle_name, bundle_path, cache_root
from capitation.errors import InputError
from capitation.theme import style_sheet

if TYPE_CHECKING:
    from capitation.board.voila_app import BoardApp

ADDRESS = "127.0.0.1"
TEMPLATE = "capitation"
TEMPLATE_ROOT = Path(__file__).with_name("jupyter")
WIDGET_EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
PING_MS = 30_000
IDLE_SECONDS = 300
CULL_EVERY_SECONDS = 60


MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "16777216"}
"""How glibc is to treat a page's memory: large tables go back, 40 MB of them after drawing years; the room of a term's
arrays stays, since asking for it anew at each move takes twice the time of the sums."""


def serve(
    notebook: Path,
    port: int = 8866,
    token: str | None = None,
    open_browser: bool = True,
    environment: Mapping[str, str] | None = None,
    *,
    prepared: int = 1,
) -> None:
    """Show a notebook as a page until Ctrl-C; any step's notebook as well as the board's.

    ``token``: made up when None. ``environment``: what the notebook reads (data set, design). ``prepared``:
    how many kernels wait ready for the next reader; each costs the memory of one. Raises `InputError` when
    there is no such notebook or the port is taken.
    """
    if not notebook.is_file():
        raise InputError("board", f"{notebook} can't be read", "the path of a notebook")
    token = token or secrets.token_urlsafe(24)
    os.environ.update(environment or {})
    os.environ.update({name: value for name, value in MEMORY.items() if name not in os.environ})
    _put_on_jupyter_path(TEMPLATE_ROOT, cache_root())
    bundle_path()
    app = _app(settings(notebook, port, token, prepared))
    app.on_listening = partial(_announce, f"http://{ADDRESS}:{port}/?token={token}", open_browser)
    app.initialize([str(notebook.resolve())])
    app.start()


def settings(notebook: Path, port: int, token: str, prepared: int) -> dict[str, dict[str, Any]]:
    """Voila's whole configuration, section by section: what is not here is Voila's default."""
    return {
        "Voila": {
            "ip": ADDRESS, "port": port, "port_retries": 0, "token": token, "open_browser": False,
            "config_file_paths": [], "root_dir": str(notebook.resolve().parent),
            "log_level": "ERROR",
            "tornado_settings": {"xsrf_cookie_kwargs": {"samesite": "Strict"}, "ws_ping_timeout": PING_MS},
        },
        "VoilaConfiguration": {
            "template": TEMPLATE, "allow_template_override": "NO", "allow_theme_override": "NO",
            "file_allowlist": [], "show_tracebacks": False, "extension_allowlist": WIDGET_EXTENSIONS,
            "preheat_kernel": prepared > 0, "default_pool_size": prepared, "resources": {TEMPLATE: _page_facts()},
        },
        "MappingKernelManager": {
            "cull_idle_timeout": IDLE_SECONDS, "cull_interval": CULL_EVERY_SECONDS, "cull_connected": False,
        },
    }  # fmt: skip


def _page_facts() -> dict[str, str]:
    return {"charts": bundle_name(), "style": style_sheet()}


def _put_on_jupyter_path(*roots: Path) -> None:
    already = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join([*map(str, roots), *([already] if already else [])])


def _app(config: dict[str, dict[str, Any]]) -> "BoardApp":
    # Only an optional format check of JSON schemas needs it, and it takes over a second to import.
    sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
    from traitlets.config import Config

    from capitation.board.voila_app import BoardApp

    return BoardApp.instance(config=Config(config))  # the one application: its log is where Voila writes


def _announce(url: str, open_browser: bool) -> None:
    print(f"Board: {url}", flush=True)
    if open_browser:
        webbrowser.open(url)
