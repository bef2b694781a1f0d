"""What is said of the whole contract, kept from holding up the page; and what a reader may move next, worked out ahead.

Years of new people take some tenths of a second to be drawn. Where somebody is at the page the pictures go first; the
years are drawn beside, and of several changes made meanwhile only the last is told.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from capitation.errors import InputError

PICTURES_FIRST = 0.5  # seconds without a further change
Job = Callable[[], object]


class ContractViews:
    """Views that follow a change of terms at once, and one of people or scope when ``work_out`` has been done for it.

    ``ahead`` gives jobs whose answers are kept: they are done while nothing else is to do, until the next change.
    """

    def __init__(self, work_out: Job):
        self._work_out, self._change = work_out, 0
        self.ahead: Callable[[], Iterable[Job]] = lambda: ()
        self._views: list[tuple[Job, Job]] = []
        self._people: object = None
        self._beside = ThreadPoolExecutor(1, "contract")

    def add(self, listener: Job, waits: Job) -> None:
        """One more view; ``waits`` is called when ``listener`` will only be called later."""
        self._views.append((listener, waits))

    def follow(self, people: object) -> None:
        """Tell every view: at once where ``people`` are those of the time before, or nobody is at a page."""
        self._change += 1
        same, self._people = people == self._people, people
        loop = None if same else _running_loop()
        if loop is None:
            self._tell()
            return
        for _, waits in self._views:
            waits()
        loop.call_later(PICTURES_FIRST, self._begin, loop, self._change)

    def look_ahead(self) -> None:
        """Begin with the jobs of `ahead`, where somebody is at a page."""
        if _running_loop():
            for job in self.ahead():
                self._beside.submit(self._unless_old, self._change, job)

    def _begin(self, loop: asyncio.AbstractEventLoop, change: int) -> None:
        if change == self._change:
            done = loop.run_in_executor(self._beside, self._unless_old, change, self._work_out)
            done.add_done_callback(lambda _: self._tell_unless_old(change))

    def _unless_old(self, change: int, job: Job) -> None:
        if change == self._change:
            with suppress(InputError):  # said where it is asked for on the page
                job()

    def _tell_unless_old(self, change: int) -> None:
        if change == self._change:
            self._tell()
            self.look_ahead()

    def _tell(self) -> None:
        for listener, _ in self._views:
            listener()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
