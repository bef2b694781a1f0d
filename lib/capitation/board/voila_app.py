"""Voila with a few differences: one port or none, a page that may end its own kernel, one way in fewer.

Voila answers ``/voila/query/KERNEL``, which tells a prepared kernel how it was asked for (the token
included), without checking who asks; nothing here needs it, so it is not there.
"""

import errno
import shutil
from collections.abc import Callable
from typing import Any

from jupyter_core.utils import run_sync
from tornado.ioloop import IOLoop
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.tornado.handler import TornadoVoilaHandler

from capitation.errors import InputError


class BoardPage(TornadoVoilaHandler):
    """The page. It hands out the ``_xsrf`` cookie that Voila's own closing request needs to be accepted."""

    async def get(self, path: str | None = None) -> None:
        _ = self.xsrf_token  # reading it sets the cookie
        await super().get(path)  # pyright: ignore[reportGeneralTypeIssues]  (Voila declares no types)


class BoardApp(Voila):
    """A stand-alone Voila that listens on one port, says so once, and ends cleanly."""

    on_listening: Callable[[], None] = staticmethod(lambda: None)

    def init_handlers(self) -> Any:
        handlers: Any = super().init_handlers()
        return [_with_own_page(handler) for handler in handlers if RequestInfoSocketHandler not in handler]

    def listen(self) -> None:
        self._bind()
        self.on_listening()
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            print("Board: ended", flush=True)
        finally:
            self.stop()

    def stop(self) -> None:
        run_sync(self.kernel_manager.shutdown_all)(now=True)
        shutil.rmtree(self.connection_dir, ignore_errors=True)

    def _bind(self) -> None:
        try:
            self.app.listen(self.port, self.ip)
        except OSError as error:
            shutil.rmtree(self.connection_dir, ignore_errors=True)
            reason = "is in use" if error.errno == errno.EADDRINUSE else "can't be opened"
            raise InputError("board", f"port {self.port} {reason}", "a free port: --port NUMBER") from None


def _with_own_page(handler: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(BoardPage if part is TornadoVoilaHandler else part for part in handler)
