"""One step on the screen: question, finding, pictures, controls."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation.charts.live import LiveChart
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.workbench.controls import control_panel
from capitation.workbench.live import Still, still_picture, terms_table
from capitation.workbench.steps import GLOSSARY, Step, Tile, contract_finding, headline_tiles, step
from capitation.workbench.style import style_widget

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench


WIDE = ("money-flow",)  # pictures that take the whole width


def step_panel(workbench: "Workbench", key: str) -> Any:
    """The step as a notebook shows it: live with its controls, or still when nobody is there to move them."""
    found = step(key)
    if not workbench.interactive:
        return Still(_still_section(workbench, found))
    section = Section(workbench, found)
    columns = classed(w.Box([section.main, section.controls]), "cw-columns")
    columns.add_class("cw-two")
    workbench.listen(section.follow)
    return classed(w.VBox([style_widget(), columns]), "cw-page")


def classed(widget: Any, *names: str) -> Any:
    """``widget`` with CSS classes."""
    for name in names:
        widget.add_class(name)
    return widget


class Section:
    """The live section of one step; it is brought up to date only while it is shown."""

    def __init__(self, workbench: "Workbench", found: Step):
        self.workbench, self.step, self._serial = workbench, found, workbench.serial
        result = workbench.result
        self._finding = classed(w.HTML(), "cw-finding")
        self._charts: list[Any] = [None for _ in found.pictures]
        self._box = classed(w.Box([]), "cw-charts")
        self._draw(result)
        heading = classed(
            w.HTML(f"<h2>{escape(found.question)}</h2><p class='cw-note'>{escape(found.look_at)}</p>"), "cw-question"
        )
        self._details = w.HTML()
        more = [] if found.more is None else [found.more(workbench)]
        self.main = classed(w.VBox([heading, self._finding, self._details, self._box, *more]), "cw-main", "cw-section")
        self.controls = control_panel(workbench, found.terms) if found.terms else w.VBox([])
        self._say(result)

    def follow(self) -> None:
        """Show the design in force, if it is not shown already."""
        if self._serial != self.workbench.serial:
            self._serial = self.workbench.serial
            result = self.workbench.result
            self._draw(result)
            self._say(result)

    def look(self, result: ContractResult) -> None:
        """Work out what the section would show of ``result``, and show nothing."""
        for draw in self.step.pictures:
            draw(result)
        self.step.details(result)
        self.step.finding(result)

    def _draw(self, result: ContractResult) -> None:
        """Show every picture that the data allow: one that may not be shown any more goes, it does not stay as it was."""
        shown = []
        for place, draw in enumerate(self.step.pictures):
            if (picture := draw(result)) is not None:
                self._charts[place] = self._chart(self._charts[place], picture)
                shown.append(self._charts[place])
        if shown != list(self._box.children):
            self._box.children = shown

    def _chart(self, chart: Any, picture: Picture) -> Any:
        if chart is None:
            return classed(LiveChart(picture), "cw-card", *(("is-wide",) if picture.name in WIDE else ()))
        chart.show(picture, self._serial)
        return chart

    def _say(self, result: ContractResult) -> None:
        self._finding.value = escape(self.step.finding(result))
        self._details.value = details_html(self.step.details(result)) + ("" if self.step.terms else NOTHING_TO_MOVE)


NOTHING_TO_MOVE = (
    "<p class='cw-note'>There is nothing to move here: what is wrong with records is put right at their source. "
    "<code>capitation dataset quality</code> writes the page that a data steward signs.</p>"
)


def details_html(sentences: Sequence[str]) -> str:
    """Sentences as a list, the part each is about in bold; nothing without any."""
    parted = [sentence.partition(": ") for sentence in sentences]
    rows = "".join(f"<li><b>{escape(part)}:</b> {escape(rest)}</li>" for part, _, rest in parted)
    return f"<ul class='cw-details'>{rows}</ul>" if rows else ""


WAITS = (
    "<p class='cw-note' role='status'>These figures need the whole contract, which takes some seconds on so many people. "
    "They wait for ‘Work out the contract’, or for the next step to be opened.</p>"
)


class LiveHtml:
    """A piece of text that follows the design; what needs the whole contract waits until that is worked out."""

    def __init__(
        self, workbench: "Workbench", words: Callable[["Workbench"], str], *classes: str, of_contract: bool = False
    ):
        self.widget = classed(w.HTML(), *classes)
        self._workbench, self._words, self._of_contract = workbench, words, of_contract
        if of_contract:
            workbench.listen_to_contract(self.follow, lambda: self.widget.add_class("is-old"))
        else:
            workbench.listen(self.follow)
        self.follow()

    def follow(self) -> None:
        """Say it of the design in force."""
        waits = self._of_contract and not self._workbench.settled
        self.widget.value = WAITS if waits else self._words(self._workbench)
        self.widget.remove_class("is-old")


def tiles_html(tiles: tuple[Tile, ...]) -> str:
    """Figures side by side."""
    return "".join(
        f'<div class="cw-tile {"is-" + t.tone if t.tone else ""}"><span class="cw-label">{escape(t.label)}</span>'
        f'<span class="cw-value">{escape(t.value)}</span><span class="cw-note">{escape(t.note)}</span></div>'
        for t in tiles
    )


def contract_words(workbench: "Workbench") -> str:
    """Question, finding and the five figures of the whole contract."""
    result = workbench.result
    return (f"<h2 class='cw-contract'>{escape(workbench.design.question)}</h2>"
            f"<p class='cw-answer'>{escape(contract_finding(result))}</p>"
            f"<div class='cw-tiles'>{tiles_html(headline_tiles(result))}</div>{glossary_html()}")  # fmt: skip


def glossary_html() -> str:
    """The words on the page, one click away."""
    rows = "".join(f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in GLOSSARY.items())
    return f"<details class='cw-glossary'><summary>What these words mean</summary><dl>{rows}</dl></details>"


def trace_words(workbench: "Workbench") -> str:
    """Where the figures come from: design, data, draws."""
    meta, design = workbench.dataset.meta, workbench.design
    grain = " · yearly figures, months not known" if meta.grain == "year" else ""
    return (f"design {escape(design.name)} {design.key} · data {escape(meta.address)} {meta.version}{grain} · "
            f"{design.outlook.replicates:,} drawn years, seed {design.outlook.seed}")  # fmt: skip


def _still_section(workbench: "Workbench", found: Step) -> str:
    result = workbench.result
    pictures = "".join(still_picture(picture) for draw in found.pictures if (picture := draw(result)) is not None)
    terms = terms_table(workbench, found.terms) if found.terms else ""
    return (f"<section><h2>{escape(found.question)}</h2><p class='cw-answer'>{escape(found.finding(result))}</p>"
            f"<p>{escape(found.look_at)}</p>{details_html(found.details(result))}{pictures}{terms}"
            f"<p class='cw-trace'>{trace_words(workbench)}</p></section>")  # fmt: skip
