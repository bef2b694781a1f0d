"""Published cases and forms of contract on the board: what happened, its terms in force, and what they show here."""

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation.cases import Look, Preset, Shown, figure_rows, presets
from capitation.cases.words import (
    AS_TOLD,
    KINDS,
    RED,
    marks_words,
    no_figure_words,
    other_terms,
    said_words,
    seen,
    term_rows,
)
from capitation.errors import InputError
from capitation.workbench.live import Still
from capitation.workbench.style import style_widget

if TYPE_CHECKING:
    from capitation.design import ContractDesign
    from capitation.workbench.workbench import Workbench

LABEL = 30  # letters of what a sentence is about, at most
NOTHING_CHOSEN = (
    "<p>Choose a contract that was, or a form of contract: what happened, with sources, and what its terms do here.</p>"
)
WORKING = "<p role='status'>Working out what it shows in these data…</p>"
OLD = "<p class='cw-note'>The design has changed since: these sentences are of the design as it was when the case was chosen.</p>"
LATER = "<p class='cw-note'>On so many people this takes some time: ‘See it in these data’ works it out.</p>"


class CasesCard:
    """Choose a preset, read what happened, put its terms in force, see what they show."""

    def __init__(self, workbench: "Workbench"):
        self.workbench = workbench
        self._preset: Preset | None = None
        self._seen_on: ContractDesign | None = None
        self._here_html = ""
        names = [(f"{KINDS[preset.kind]}: {preset.name}", short) for short, preset in presets().items()]
        self.choice = w.Dropdown(options=[("none chosen", ""), *names], description="Case or form",
                                 style={"description_width": "initial"})  # fmt: skip
        self._told, self._here, self._said, self._terms = w.HTML(NOTHING_CHOSEN), w.HTML(), w.HTML(), w.HTML()
        self.switches = w.VBox([])
        self.put = w.Button(description="Put its terms in force", tooltip="Undo takes them back", disabled=True)
        self.see = w.Button(description="See it in these data", disabled=True)
        self.choice.observe(lambda _: self._choose(), "value")
        self.put.on_click(lambda _: self._put_in_force())
        self.see.on_click(lambda _: self._look())
        workbench.listen(self._follow)
        buttons = [self.put] if workbench.at_once else [self.put, self.see]
        heading = w.HTML("<h3>Published cases and forms</h3>")
        self.widget = w.VBox(
            [heading, self.choice, self._told, self._here, self.switches, w.HBox(buttons), self._said, self._terms]
        )
        self.put.add_class("is-main")
        for name in ("cw-card", "cw-cases"):
            self.widget.add_class(name)

    def _choose(self) -> None:
        self._preset = presets().get(str(self.choice.value or ""))
        self._said.value = ""
        self.put.disabled = self.see.disabled = self._preset is None
        self._told.value = told_html(self._preset) if self._preset else NOTHING_CHOSEN
        self.switches.children = _switches(self._preset) if self._preset else []
        self._terms.value = terms_html(self._preset, self.workbench.dataset.meta.currency) if self._preset else ""
        self._show("")
        if self._preset and self.workbench.at_once:
            self._look()
        elif self._preset:
            self._here.value = LATER

    def _look(self) -> None:
        if self._preset:
            self._here.value = WORKING
            self._seen_on = self.workbench.design
            self._show(seen_html(Look(self._preset, self.workbench.dataset, self.workbench.design)))

    @property
    def seen_words(self) -> str:
        """What is said now of the data at hand, as HTML."""
        return self._here.value

    def _show(self, html: str) -> None:
        self._here_html = self._here.value = html

    def _put_in_force(self) -> None:
        if self._preset is None:
            return
        look = Look(self._preset, self.workbench.dataset, self.workbench.design)
        try:
            terms = look.terms(self._ticked)
            self._set(terms)
            words, fault = f"The terms of {self._preset.name} are in force; Undo takes them back.", ""
        except InputError as error:
            words, fault = str(error), "cw-loss"
        self._said.value = f'<span role="status" class="{fault}">{escape(words)}</span>'

    def _set(self, terms: dict[str, Any]) -> None:
        """All of them or none; what is refused is not left beside the controls."""
        before = set(self.workbench.refused)
        try:
            self.workbench.set_apart(terms)
        except InputError:
            for path in set(terms) - before:
                self.workbench.forget(path)
            raise
        self._seen_on = self.workbench.design
        self._follow()

    @property
    def _ticked(self) -> tuple[str, ...]:
        names = self._preset.switches if self._preset else {}
        return tuple(
            name for name, box in zip(names, self.switches.children, strict=True) if getattr(box, "value", False)
        )

    def _follow(self) -> None:
        """Say of what was seen that it is of another design by now."""
        if self._here_html:
            self._here.value = self._here_html + ("" if self._seen_on == self.workbench.design else OLD)


def _switches(preset: Preset) -> list[w.Widget]:
    return [w.Checkbox(value=switch.on, description=name.capitalize(), tooltip=switch.says, indent=False)
            for name, switch in preset.switches.items()]  # fmt: skip


def told_html(preset: Preset) -> str:
    """What happened, the figures with sources, and what the documents do not say."""
    where = f"<p class='cw-note'>{escape(preset.where)}</p>" if preset.where else ""
    happened = "".join(f"<li>{escape(said_words(said))}</li>" for said in preset.happened)
    return (f"<p class='cw-answer'>{escape(preset.question)}</p>{where}<h4>What happened</h4><ul>{happened}</ul>"
            f"{figures_html(preset)}<p>{escape(no_figure_words(preset))}</p>")  # fmt: skip


def figures_html(preset: Preset) -> str:
    """The figures as a table: published, worked out again, how sure, source."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(_capital(r['what'] + (', ' + r['year'] if r['year'] else '')))}</th>"
        f"<td>{escape(r['published'])}</td><td>{escape(r['reproduced'] or '–')}</td><td>{r['short']}</td>"
        f"<td>{escape(r['source'])}</td></tr>"
        for r in figure_rows(preset).to_dict("records"))  # fmt: skip
    columns = ("Figure", "Published", "Worked out again", "How sure", "Source")
    head = "".join(f"<th scope='col'>{column}</th>" for column in columns)
    table = f"<table class='cw-terms'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{table}<p class='cw-note'>{escape(marks_words())}</p>" if rows else ""


def terms_html(preset: Preset, currency: str) -> str:
    """The terms that the case sets for a reason, and how many besides."""
    rows = "".join(f"<li><b>{escape(label)}:</b> {escape(value)}. {escape(_capital(why))}.</li>"
                   for label, value, why in term_rows(preset, preset.on, currency))  # fmt: skip
    switches = "".join(
        f"<li><b>{escape(_capital(name))}:</b> {escape(switch.says)}</li>" for name, switch in preset.switches.items()
    )
    apart = f"<p>To put on or off by themselves:</p><ul>{switches}</ul>" if switches else ""
    return (f"<details open><summary>The case as terms</summary><ul>{rows}</ul><p class='cw-note'>{escape(other_terms(preset))}</p>"
            f"{apart}</details>")  # fmt: skip


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def seen_html(look: Look) -> str:
    """What it shows in the data at hand; or what these lack."""
    found, lack = seen(look)
    if lack:
        return f"<h4>In these data</h4><p role='status'>{escape(lack)}</p>"
    groups = (("before any year is drawn", True), ("in the drawn years", False))
    lists = "".join(f"<h4>In these data, {words}</h4><ul>{rows}</ul>" for words, early in groups
                    if (rows := "".join(_seen_row(one) for one in found if one.before_drawing == early)))  # fmt: skip
    return f"{lists}<p class='cw-note'>On the design in force, with the terms of the case in place of its own.</p>"


def _seen_row(one: Shown) -> str:
    part, colon, rest = one.sentence.partition(": ")
    words = f"<b>{escape(part)}:</b> {escape(rest)}" if colon and len(part) < LABEL else escape(one.sentence)
    red = f"<b class='cw-loss'>{RED}.</b> " if one.red else ""
    return f"<li>{red}{words} <span class='cw-note'>{_capital(AS_TOLD[one.holds])}.</span></li>"


def cases_view(workbench: "Workbench") -> Any:
    """The card in a notebook; the list of cases where nobody is there to choose one."""
    if not workbench.interactive:
        return cases_still()
    page = w.VBox([style_widget(), CasesCard(workbench).widget])
    page.add_class("cw-page")
    return page


def cases_still() -> Still:
    """Every case and form with its question, where nobody is there to choose one."""
    rows = "".join(f"<tr><th scope='row'>{escape(preset.name)}</th><td>{KINDS[preset.kind]}</td><td>{escape(preset.question)}</td></tr>"
                   for preset in presets().values())  # fmt: skip
    head = "".join(f"<th scope='col'>{c}</th>" for c in ("Name", "Kind", "Question"))
    return Still(f"<table class='cw-terms'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
                 "<p><code>capitation cases NAME</code> tells what happened, with figures and sources.</p>")  # fmt: skip
