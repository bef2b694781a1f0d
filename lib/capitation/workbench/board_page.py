"""The board: one page, one design, the steps as sections drawn when first opened."""

import gc
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation.compare import Effect, one_by_one
from capitation.errors import InputError
from capitation.headline import Headline
from capitation.terms import MINUS, money
from capitation.workbench.cases_card import CasesCard
from capitation.workbench.live import Still
from capitation.workbench.panel import LiveHtml, Section, classed, contract_words, step_panel, trace_words
from capitation.workbench.steps import STEPS
from capitation.workbench.style import style_widget

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench

WORK_OUT = "Work out the contract"
OF_SUMS = ("data", "cohort")  # steps that need no settlement
FIRST_OPEN = "cohort"  # the first decision; the data before it are step 0


def board_page(workbench: "Workbench") -> Any:
    """The whole board; without a reader, every step one after the other."""
    if not workbench.interactive:
        sections = "".join(step_panel(workbench, s.key).html for s in STEPS)
        return Still(contract_words(workbench) + sections)
    return BoardPage(workbench).page


class BoardPage:
    """Header, rail of steps, the section that is open, and what the changes did."""

    def __init__(self, workbench: "Workbench"):
        self.workbench = workbench
        workbench.listen(self._follow)  # before all else on the page: the pictures take longest to be drawn
        workbench.listen_to_contract(self._say_rail)
        self._sections: dict[str, Section] = {}
        self._open = FIRST_OPEN
        self._rail = {s.key: classed(w.Button(tooltip=s.question), "cw-step") for s in STEPS}
        for key, button in self._rail.items():
            button.on_click(lambda _, key=key: self.open(key))
        self._main = classed(
            w.VBox([LiveHtml(workbench, contract_words, "cw-headline", of_contract=True).widget]), "cw-main"
        )
        self._controls = w.VBox([])
        self._wait = classed(w.Button(description=WORK_OUT, tooltip="Settle the design in force"), "is-main")
        self._wait.on_click(lambda _: self._work_out())
        self._fault = w.HTML()
        if not workbench.at_once:
            self._main.children = [*self._main.children, w.HBox([self._wait, self._fault])]
        self.page = self._page()
        self.open(self._open)

    def _page(self) -> Any:
        rail = classed(w.VBox(list(self._rail.values())), "cw-rail")
        cards = [Changes(self.workbench), Saving(self.workbench), CasesCard(self.workbench)]
        footer = classed(w.Box([card.widget for card in cards]), "cw-footer")
        middle = classed(w.VBox([self._main, footer]), "cw-middle")
        columns = classed(w.Box([rail, middle, self._controls]), "cw-columns")
        trace = LiveHtml(self.workbench, trace_words, "cw-trace").widget
        return classed(w.VBox([style_widget(), _header(self.workbench), columns, trace]), "cw-page")

    def open(self, key: str) -> None:
        """Show one step; draw it when it is opened for the first time."""
        if key not in OF_SUMS and not self.workbench.settled:
            self._work_out()
        if key not in self._sections:
            self._sections[key] = Section(self.workbench, next(s for s in STEPS if s.key == key))
            self._main.children = [*self._main.children, self._sections[key].main]
            self._controls.children = [*self._controls.children, self._sections[key].controls]
            _keep_out_of_collections()
        self._open = key
        self._sections[key].follow()
        for name, section in self._sections.items():
            for part in (section.main, section.controls):
                part.layout.display = "" if name == key else "none"
        self._say_rail()
        self.workbench.look_ahead(lambda: _likely_next(self.workbench, key), self._sections[key].look)

    def _work_out(self) -> None:
        """Settle what waits, and say so while it takes its time."""
        self._wait.description, self._wait.disabled = "Working out the contract …", True
        try:
            self.workbench.work_out()
        except InputError as error:
            self._fault.value = f'<span role="alert" class="cw-loss">{escape(str(error))}</span>'
        else:
            self._fault.value = ""
        finally:
            self._wait.description, self._wait.disabled = WORK_OUT, self.workbench.settled

    def _follow(self) -> None:
        self._sections[self._open].follow()
        self._wait.disabled = self.workbench.settled

    def _say_rail(self) -> None:
        result = self.workbench.result
        for number, found in enumerate(STEPS):
            button = self._rail[found.key]
            says = found.summary(result) if self.workbench.settled or found.key in OF_SUMS else "…"
            button.description = f"{number}  {found.title}\n{says}"
            (button.add_class if found.key == self._open else button.remove_class)("is-on")


def _likely_next(workbench: "Workbench", key: str) -> list[dict[str, Any]]:
    """What a reader of a step is likely to move next: on the scope page one service in or out. Sliders follow at once."""
    if key != "scope":
        return []
    every = [str(code) for code in workbench.dataset.services.index]
    now = set(workbench.design.scope.services or every)
    moved = ([code for code in every if (code in now) != (code == one)] for one in every)
    return [{"scope.services": () if len(some) == len(every) else tuple(some)} for some in moved if some]


def _keep_out_of_collections() -> None:
    """What is open stays: searching all of it for garbage would stop a slider for over 100 ms now and then."""
    gc.collect()
    gc.freeze()


def _header(workbench: "Workbench") -> Any:
    meta = workbench.dataset.meta
    kind = "Synthetic data" if meta.synthetic else "Real data"
    badge = classed(w.HTML(f"<span class='cw-badge'>{kind}: {escape(meta.name)}</span>"), "cw-dataset")
    undo = classed(w.Button(description="Undo", tooltip="Take the last change back"), "cw-undo")
    undo.on_click(lambda _: workbench.undo())

    def follow() -> None:
        undo.disabled = not workbench.can_undo

    workbench.listen(follow)
    follow()
    title = w.HTML("<h1>Capitation workbench</h1>")
    name = LiveHtml(workbench, _design_name, "cw-design").widget
    return classed(w.HBox([title, name, badge, classed(w.HTML(), "cw-space"), undo]), "cw-header")


def _design_name(workbench: "Workbench") -> str:
    changed = len(workbench.changes)
    note = f" ({changed} change{'s' if changed > 1 else ''} from {escape(workbench.baseline.name)})" if changed else ""
    return f"<span>Design: <b>{escape(workbench.design.name)}</b>{note}</span>"


class Changes:
    """What each change from the opened design did, alone and together."""

    def __init__(self, workbench: "Workbench"):
        self._live = LiveHtml(workbench, _changes_words, "cw-card", "cw-changes", of_contract=True)
        self.widget = self._live.widget


def _changes_words(workbench: "Workbench") -> str:
    effects = one_by_one(workbench.dataset, workbench.baseline, workbench.design)
    if not effects:
        return "<h3>What the changes did, one by one</h3><p>No change yet. Move a control to see what it does.</p>"
    before = workbench.headline_of(workbench.baseline)
    currency = workbench.dataset.meta.currency
    rows = "".join(_effect_row(e, before, currency) for e in effects)
    rows += _row("Together", workbench.headline, before, currency)
    columns = (
        "Change",
        "Price",
        "Holder, expected",
        "Holder, 1 in 20",
        "Partners, 1 in 20",
        "Commissioner, 1 in 20",
        "Kept of the next saving",
    )
    head = "".join(f'<th scope="col">{c}</th>' for c in columns)
    note = "<p class='cw-note'>Each row is made alone, so the rows need not add up to the last.</p>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h3>What the changes did, one by one</h3>{note}{table}"


def _effect_row(effect: Effect, before: Headline, currency: str) -> str:
    words = effect.change.words(currency)
    if effect.headline is None:
        return f"<tr><td>{escape(words)}</td><td colspan='6'>not possible without the other changes</td></tr>"
    return _row(words, effect.headline, before, currency)


def _row(words: str, now: Headline, before: Headline, currency: str) -> str:
    amounts = (
        now.price.value - before.price.value,
        now.holder_expected.value - before.holder_expected.value,
        now.holder_bad_year.value - before.holder_bad_year.value,
        now.partners_bad_year.value - before.partners_bad_year.value,
        now.commissioner_bad_year.value - before.commissioner_bad_year.value,
    )
    cells = "".join(f"<td>{money(a, currency, signed=True)}</td>" for a in amounts)
    points = round(100 * (now.kept_of_next_pound - before.kept_of_next_pound))
    kept = f"{MINUS if points < 0 else '+' if points else ''}{abs(points)} points"
    return f"<tr><td>{escape(words)}</td>{cells}<td>{kept}</td></tr>"


class Saving:
    """Keep the design under a name, and load a kept one."""

    def __init__(self, workbench: "Workbench"):
        self.workbench = workbench
        whole = {"description_width": "initial"}
        self._name = w.Text(description="Save this design as", placeholder="a short name", style=whole)
        self._load = w.Dropdown(description="Load a saved design", style=whole)
        self._said = w.HTML()
        save = classed(w.Button(description="Save", tooltip="Keep the design in force under this name"), "is-main")
        load = w.Button(description="Load", tooltip="Put the chosen design in force")
        save.on_click(lambda _: self._try(self._saved))
        load.on_click(lambda _: self._try(self._loaded))
        heading = w.HTML("<h3>Keep or fetch a design</h3>")
        self.widget = classed(
            w.VBox([heading, w.HBox([self._name, save]), w.HBox([self._load, load]), self._said]),
            "cw-card",
            "cw-saving",
        )
        self._list()

    def _try(self, act: Any) -> None:
        try:
            words, fault = act(), ""
        except InputError as error:
            words, fault = str(error), "cw-loss"
        except OSError as error:
            words, fault = f"could not be kept: {error.strerror}", "cw-loss"
        self._said.value = f'<span role="status" class="{fault}">{escape(words)}</span>'

    def _saved(self) -> str:
        path = self.workbench.save(self._name.value.strip())
        self._list(path.stem)
        return f"Kept as {path.stem}."

    def _loaded(self) -> str:
        self.workbench.load(str(self._load.value or ""))
        return f"{self._load.value} is in force; Undo takes it back."

    def _list(self, chosen: str | None = None) -> None:
        self._load.options = names = self.workbench.saved
        self._load.value = chosen or next(iter(names), None)
