"""What the report says in words: pieces of HTML made from a result, with the same sentences as the board."""

from html import escape

from capitation.cases import Look, in_force
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.price_checks import period_of
from capitation.report.summary import MONTHS, YEARS_NOT_MONTHS, cautions, contract_year
from capitation.shadow.back_test import back_test
from capitation.workbench.cases_card import seen_html, told_html
from capitation.workbench.cohort_words import PICTURES, why_not
from capitation.workbench.panel import details_html, tiles_html
from capitation.workbench.steps import contract_finding, headline_tiles, step


def opening(result: ContractResult) -> str:
    """The contract's question, the data behind it, how much of the year is in, and whether months are known."""
    meta, design, year = result.dataset.meta, result.design, contract_year(result)
    kind = "Synthetic data" if meta.synthetic else "Real data"
    done = f"{year.months} of {MONTHS} months" if year.months < MONTHS else "the whole year"
    facts = (f"version {meta.version} · amounts in {meta.currency} as recorded · {year.name}, {done} · "
             f"design {design.name} ({design.key})")  # fmt: skip
    grain = f'<p class="cw-note">{escape(YEARS_NOT_MONTHS)}</p>' if meta.grain == "year" else ""
    return (
        f'<p class="cw-question">{escape(design.question)}</p>'
        f'<p><span class="cw-badge">{kind}: {escape(meta.name)}</span> {escape(facts)}</p>'
        f'<p class="cw-note">{escape(meta.description)} Source: {escape(meta.source)}.</p>{grain}'
    )


def answer(result: ContractResult) -> str:
    """The finding, its uncertainty and its consequence in one sentence, then five figures."""
    return (
        f'<p class="cw-answer">{escape(contract_finding(result))}</p>'
        f'<div class="cw-tiles">{tiles_html(headline_tiles(result))}</div>{_part_year_note(result)}'
    )


def _part_year_note(result: ContractResult) -> str:
    """That amounts are of some months only, while the year is not over."""
    if not result.part_year:
        return ""
    return (f'<p class="cw-note">The year is not over: every amount but that of a person-year is of {escape(period_of(result))}, '
            "and so are the drawn years; reserves are a share of a whole year’s price.</p>")  # fmt: skip


def finding(key: str, result: ContractResult) -> str:
    """What one step of the contract shows in these data, in a sentence."""
    return f'<p class="cw-answer">{escape(step(key).finding(result))}</p>'


def details(key: str, result: ContractResult) -> str:
    """What else one step shows, in sentences."""
    return details_html(step(key).details(result))


def drawn(name: str, result: ContractResult) -> Picture | str:
    """A picture of the cohort step by its name, or why it is not shown."""
    picture = PICTURES[name](result)
    if picture is not None:
        return picture
    return f'<p class="cw-note">{escape(name.capitalize())}: not shown, because {escape(why_not(name, result))}.</p>'


def data_details(result: ContractResult) -> str:
    """How good the data are, part by part, and what in them can't be right with its effect on the price."""
    return details_html(step("data").details(result))


def published_cases(result: ContractResult) -> str:
    """The published case that the design is, what happened and what it shows in these data; nothing where it is none."""
    return "".join(_published_case(Look(preset, result.dataset, result.design)) for preset in in_force(result))


def _published_case(look: Look) -> str:
    return f"<h2>The published case in force: {escape(look.preset.name)}</h2>{told_html(look.preset)}{seen_html(look)}"


def warned(result: ContractResult) -> str:
    """What to keep in mind, as a list."""
    found = cautions(result, back_test(result.dataset, result.design))
    if not found:
        return "<p>Nothing in the terms or the data calls for a warning.</p>"
    return "<ul>" + "".join(f"<li>{escape(w)}</li>" for w in found) + "</ul>"
