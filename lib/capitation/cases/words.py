"""A preset in words, for a terminal, a page and a report alike."""

from collections.abc import Mapping
from typing import Any

from capitation.cases.figures import figure_rows
from capitation.cases.look import Look
from capitation.cases.preset import MARKS, SHORT_MARKS, Preset, Said
from capitation.cases.roles import EVERY, OF_INCOME, PARTNERS, ROLE, SERVICES, unresolved
from capitation.cases.shows import Shown, shown
from capitation.design import ContractDesign
from capitation.errors import InputError
from capitation.terms import YEARS, percent, term_figure

KINDS = {"case": "Published case", "form": "Form of contract"}
RED = "Red flag"
AS_TOLD = {True: "as the documents tell", False: "not as the documents tell"}


def list_line(short: str, preset: Preset) -> str:
    """One preset in a list."""
    return f"{short}: {preset.name} ({KINDS[preset.kind].lower()}). {preset.question}"


def said_words(said: Said) -> str:
    """A sentence of what happened with how sure it is and its source."""
    return f"{said.says} ({SHORT_MARKS[said.mark]}: {said.source})"


def marks_words() -> str:
    """What the words for how sure a figure is stand for."""
    return "How sure: " + "; ".join(f"‘{SHORT_MARKS[mark]}’ is {words}" for mark, words in MARKS.items()) + "."


def no_figure_words(preset: Preset) -> str:
    """What the documents do not give, in a sentence."""
    return f"The documents give no figure for: {'; '.join(preset.no_figure)}."


def figure_lines(preset: Preset) -> list[str]:
    """A line a figure: value, what the suite's own rules make of it, how sure it is, and its source."""
    return [f"{row['what']}{', ' + row['year'] if row['year'] else ''}: {row['published']}{_again(row)} ({row['short']}: {row['source']})"
            for row in figure_rows(preset).to_dict("records")]  # fmt: skip


def _again(row: Mapping[Any, Any]) -> str:
    if not row["reproduced"]:
        return ""
    verdict = "as published" if row["agrees"] else "NOT as published"
    return f"; worked out again {row['reproduced']}, {verdict}"


def told_lines(preset: Preset) -> list[str]:
    """What happened, the figures and the terms, line by line, for a terminal."""
    where = f" ({preset.where})" if preset.where else ""
    terms = [f"  {label}: {value} - {why}" for label, value, why in term_rows(preset, preset.on, "")]
    switches = [f"  {name}{'' if switch.on else ' (off)'}: {switch.says}" for name, switch in preset.switches.items()]
    parts = (
        ("What happened:", [f"  {said_words(said)}" for said in preset.happened]),
        ("Figures:", [f"  {line}" for line in figure_lines(preset)]),
        ("As terms:", [*terms, f"  {other_terms(preset)}"]),
        ("Terms to put on or off by themselves:", switches),
    )
    told = [line for heading, lines in parts if lines for line in (heading, *lines)]
    return [f"{preset.name}{where}", preset.question, *told, no_figure_words(preset), marks_words()]


def term_rows(preset: Preset, switches: tuple[str, ...], currency: str) -> list[tuple[str, str, str]]:
    """Label, value and reason of each term of its own, blocks apart; those by role as the text has them."""
    design = ContractDesign()
    terms = {path: value for path, value in preset.terms_with(switches).items() if path in preset.why}
    plain = unresolved(terms)
    return [
        (_label(path, design), _value(path, value, plain, design, currency), preset.why[path])
        for path, value in terms.items()
    ]


def _label(path: str, design: ContractDesign) -> str:
    declared = design.declaration(ROLE.sub("partner", path)).label
    role = next(iter(ROLE.findall(path)), "")
    return f"{role.capitalize()}: {declared.partition(': ')[2]}" if role else declared


def _value(path: str, value: Any, plain: Mapping[str, Any], design: ContractDesign, currency: str) -> str:
    if isinstance(value, Mapping):
        kind, of = next(iter(value.items()))
        words = {SERVICES: lambda: "services in the setting " + ", ".join(of), PARTNERS: lambda: f"the {of}",
                 OF_INCOME: lambda: f"{percent(of, 0)} of its income"}  # fmt: skip
        return words[kind]()
    place = ROLE.sub("partner", path)
    declared = design.declaration(place)
    return term_figure(place, plain[place], declared.unit, currency) + (f" {YEARS}" if declared.unit == YEARS else "")


def other_terms(preset: Preset) -> str:
    """How many further terms it sets, in a sentence."""
    others = [path for path in preset.terms if path not in preset.why]
    partners = " (some for every partner)" if any(EVERY in path for path in others) else ""
    return (f"It sets {len(others)} further terms{partners}, so that nothing of another design stands in the way: "
            f"{', '.join(preset.uses)}.") if others else ""  # fmt: skip


def seen(look: Look) -> tuple[tuple[Shown, ...], str]:
    """What is seen on the data at hand; where they do not carry it, nothing and the sentence that says what they lack."""
    try:
        return shown(look), ""
    except InputError as error:
        return (
            (),
            f"This can’t be shown on the data set {look.dataset.meta.name}: {error.what} (expected: {error.expected}).",
        )


def seen_line(one: Shown) -> str:
    """One thing seen, with whether it is what the documents tell of."""
    return f"{RED + '. ' if one.red else ''}{one.sentence} [{AS_TOLD[one.holds]}]"
