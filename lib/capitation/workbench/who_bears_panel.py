"""The search for who could bear what, on the page: begun and stopped by its reader, beside everything else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from html import escape
from threading import Event
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation import tables_frontier
from capitation.charts.frontier import frontier_picture, tolerances_picture
from capitation.contract import ContractResult
from capitation.errors import InputError
from capitation.tables import Table
from capitation.who_bears.frontier import Frontier, Watch, frontier, searched
from capitation.workbench.live import Still, still_picture

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

HEADING = "Who could bear what"
LOOK_AT = (
    "Given what each party can bear one year in twenty, terms are looked for that keep most of the next saving with those who save "
    "it. Look at who is at its limit: more incentive needs more room there. The search takes some seconds."
)
WAIT, WAITS = 0.05, 40  # seconds that the search waits at a time for a change to be followed, and how often at the most
TELL = 0.01  # of the search, between two moves of the progress bar


def still_who_bears(workbench: "Workbench", points: int) -> Still:
    """The frontier, the tolerances and the tables, worked out now; or the line that says why there is none."""
    result = workbench.result
    try:
        found = frontier(result, points)
    except InputError as error:
        return Still(f"<p class='cw-answer'>{escape(str(error))}</p>")
    pictures = "".join(still_picture(picture) for picture in _pictures(result, found))
    tables = "".join(table.html() for table in _tables(result, found))
    return Still(f"<p>{escape(LOOK_AT.rpartition(' The search')[0])}</p>{pictures}{tables}")


def _pictures(result: ContractResult, found: Frontier) -> list[Any]:
    return [frontier_picture(result, found), tolerances_picture(result, found)]


def _tables(result: ContractResult, found: Frontier) -> list[Table]:
    made = (tables_frontier.proposed_terms, tables_frontier.proposed_parties, tables_frontier.frontier_points)
    return [table for make in made if (table := make(result, found)) is not None]


class WhoBears:
    """The button, the progress, what was found, and the button that puts it in force."""

    def __init__(self, workbench: "Workbench"):
        self.workbench, self.found = workbench, None
        self._stop, self._beside, self._result = Event(), None, None
        self._search = button("Search", "Look for terms that every party can bear", self.search, "is-main")
        self._end = button("Stop", "End the search and keep what was found", self.stop)
        self._use = button("Use these terms", "Put the terms proposed in force; Undo takes them back", self.use)
        self._end.disabled = self._use.disabled = True
        self._progress = w.FloatProgress(
            value=0.0, min=0.0, max=1.0, description="Searched", layout=w.Layout(width="100%")
        )
        self._progress.layout.visibility = "hidden"
        self._said, self._words, self._charts = w.HTML(), w.HTML(), w.VBox([])
        heading = w.HTML(f"<h3>{HEADING}</h3><p class='cw-note'>{escape(LOOK_AT)}</p>")
        buttons = w.HBox([self._search, self._end, self._use])
        self.widget = w.VBox([heading, buttons, self._progress, self._said, self._charts, self._words])
        self.widget.add_class("cw-card")
        self.widget.add_class("cw-who-bears")
        workbench.listen(self._follow)

    def search(self) -> None:
        """Begin; beside the page where somebody is at it, so that every control goes on working."""
        self._stop.clear()
        self._result = self.workbench.result
        self._say("Searching …")
        self._search.disabled, self._end.disabled, self._use.disabled = True, False, True
        self._progress.value, self._progress.layout.visibility = 0.0, "visible"
        loop = _running_loop()
        if loop is None:
            self._end_with(self._run(self._result, self._watch(None)))
            return
        self._beside = self._beside or ThreadPoolExecutor(1, "who-bears")
        done = loop.run_in_executor(self._beside, self._run, self._result, self._watch(loop))
        done.add_done_callback(lambda future: self._end_with(future.result()))

    def stop(self) -> None:
        """End the search at its next variant, and say so at once."""
        self._stop.set()
        self._end.disabled = True
        self._say("Stopping …")

    def _watch(self, loop: asyncio.AbstractEventLoop | None) -> Watch:
        told = [0.0]

        def watch(done: float) -> bool:
            for _ in range(WAITS):
                if self._stop.is_set() or self.workbench.at_rest.wait(WAIT):
                    break
            if loop is not None and done > told[0] + TELL:
                told[0] = done
                loop.call_soon_threadsafe(self._advance, done)
            return not self._stop.is_set()

        return watch

    def _advance(self, done: float) -> None:
        self._progress.value = done

    @staticmethod
    def _run(result: ContractResult, watch: Watch) -> Frontier | InputError:
        try:
            return searched(result, watch)
        except InputError as error:
            return error

    def _end_with(self, found: Frontier | InputError) -> None:
        self._search.disabled, self._end.disabled = False, True
        self._progress.layout.visibility = "hidden"
        if isinstance(found, InputError):
            self._say(str(found), fault=True)
            return
        self.found = found
        self._show(found)

    def _show(self, found: Frontier) -> None:
        assert self._result is not None
        from capitation.charts.live import LiveChart

        self._use.disabled = found.answer is None
        self._follow()  # said before anything is drawn
        pictures = _pictures(self._result, found) if found.answer else []
        if len(self._charts.children) == len(pictures):
            for chart, picture in zip(self._charts.children, pictures, strict=True):
                chart.show(picture)
        else:
            self._charts.children = [LiveChart(picture) for picture in pictures]
        self._words.value = (
            "".join(plain_table(table) for table in _tables(self._result, found)) if found.answer else ""
        )

    def _follow(self) -> None:
        """Say whether what is shown was found for the design in force."""
        if self.found is None or self._search.disabled:
            return
        if self.found.answer is None:
            self._say("Stopped before any terms were found.")
        elif self._is_in_force():
            self._say("The terms proposed are in force; Undo takes them back.")
        elif self.workbench.design.key != self.found.key:
            self._say(f"Found for design {self.found.key}; the design has changed since, so search again.")
        else:
            self._say("Found." if self.found.complete else "Stopped: these are the best terms found until then.")

    def _is_in_force(self) -> bool:
        assert self.found is not None and self.found.answer is not None
        return all(self.workbench.design.value(path) == value for path, value in self.found.answer.terms.items())

    def use(self) -> None:
        """Put the terms proposed in force, as one step that undo takes back."""
        if self.found is None or self.found.answer is None:
            return
        try:
            self.workbench.set_apart(self.found.answer.terms)
        except InputError as error:
            self._say(str(error), fault=True)

    def _say(self, words: str, fault: bool = False) -> None:
        mark = 'role="alert" class="cw-loss"' if fault else 'role="status"'
        self._said.value = f"<span {mark}>{escape(words)}</span>"


def plain_table(table: Table) -> str:
    """A table in few words of HTML: a page has no need of more."""
    rows = table.rows.astype(str)
    kinds = [' class="cw-text"' if name in table.words else "" for name in rows.columns]
    head = "".join(
        f'<th scope="col"{kind}>{escape(str(name))}</th>' for name, kind in zip(rows.columns, kinds, strict=True)
    )
    body = "".join(_plain_row([str(value) for value in row], kinds) for row in rows.itertuples(index=False))
    notes = "".join(f"<p class='cw-note'>{escape(note)}</p>" for note in table.notes)
    return f"<h4>{escape(table.title)}</h4><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def _plain_row(values: list[str], kinds: list[str]) -> str:
    first, *others = values
    cells = "".join(f"<td{kind}>{escape(value)}</td>" for value, kind in zip(others, kinds[1:], strict=True))
    return f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>'


def button(words: str, tooltip: str, act: Any, *classes: str) -> w.Button:
    """A button with its help and what it does."""
    made = w.Button(description=words, tooltip=tooltip)
    made.on_click(lambda _: act())
    for name in classes:
        made.add_class(name)
    return made


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
