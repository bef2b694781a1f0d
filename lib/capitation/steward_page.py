"""One page on the quality of a data set that its steward can sign: nothing on it is asked of another host."""

from collections.abc import Sequence
from html import escape

from capitation import tables_quality as tables
from capitation.charts import quality as pictures
from capitation.charts.picture import Picture
from capitation.charts.runtime import static_svg
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.quality import Quality
from capitation.tables import Table
from capitation.theme import style_sheet

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SIGNING_MEANS = (
    "I have read this page against the sources named on it.",
    "The unlinked, unallocated and unrecorded amounts are as large as shown, as far as I know.",
    "Each finding is put right in the data, or its effect on the price is accepted by the parties in writing.",
    "The signature holds for this version of the data and for no other.",
)
NOT_FIT = "The data set is not fit to be opened: faults keep it from that."
OWN_STYLE = """
.dq-page { max-width: 960px; margin: 0 auto; padding: 12px 24px 32px; background: #fff; color: var(--cw-ink);
  font: 15px/1.45 var(--cw-font); }
.dq-page h1 { font-size: 26px; line-height: 1.25; margin: 12px 0 8px; }
.dq-page h2 { font-size: 20px; margin: 28px 0 6px; border-top: 1px solid var(--cw-rule); padding-top: 14px; }
.dq-page p, .dq-page li { margin: 4px 0; }
.dq-facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
.dq-facts dt { color: var(--cw-quiet); }
.dq-facts dd { margin: 0; }
.dq-page .gt_title { font-weight: 700 !important; }
.dq-shown { margin: 10px 0; overflow-x: auto; }
.dq-shown svg { display: block; width: 100%; max-width: 760px; height: auto; }
.dq-sign { border: 2px solid var(--cw-ink); padding: 12px 16px; margin-top: 28px; break-inside: avoid; }
.dq-line { display: grid; grid-template-columns: 6em 1fr; gap: 12px; margin: 18px 0 0; }
.dq-line span:last-child { border-bottom: 1px solid var(--cw-ink); min-height: 1.4em; }
@media print { .dq-page { padding: 0; font-size: 11pt; } .dq-shown { overflow: visible; } }
"""


def steward_page(meta: Meta, quality: Quality, findings: Sequence[Fault]) -> str:
    """The page as one HTML text, the same for the same data: facts, score, findings, tables, and a box to sign.

    With a fatal fault among the findings it says first that the data set is not fit to be opened, and is not signed.

    Counts pass disclosure control; no figure stands for a person.
    """
    title = f"Data quality: {meta.name}"
    fatal = [fault for fault in findings if fault.fatal]
    parts = [
        _head(meta, quality, title),
        *([_section(NOT_FIT, [tables.faults(fatal)])] if fatal else []),
        _section("Score", [tables.score(quality)]),
        _section("Findings", [tables.findings([fault for fault in findings if not fault.fatal])]),
        _section("Linkage", [pictures.linkage(quality), tables.linkage(quality)]),
        _section("Ledger", [pictures.ledger(quality), tables.ledger(quality, meta)]),
        _section("Costing", [tables.costing(quality, meta)]),
        _section("Run-off", [pictures.run_off(quality), tables.run_off(quality), tables.completion_factors(quality)]),
        _section("Rules", [tables.rules(quality)]),
        _section("Completeness", [tables.completeness(quality)]),
        _box(meta) if not fatal else f"<p>{NOT_FIT} There is nothing to sign.</p>\n",
    ]
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<title>{escape(title)}</title>\n'
            f"<style>\n{style_sheet()}{OWN_STYLE}</style>\n</head>\n"
            f'<body>\n<main class="dq-page">\n{"".join(parts)}</main>\n</body>\n</html>\n')  # fmt: skip


def _head(meta: Meta, quality: Quality, title: str) -> str:
    first, last = quality.months
    facts = {"Data set": meta.name, "Version": meta.version, "Address": meta.address, "What it is": meta.description,
             "Source": meta.source, "Months of care": f"{first} to {last}", "As at": _as_at(quality, last),
             "Amounts in": meta.currency}  # fmt: skip
    badge = '<p><span class="cw-badge">Synthetic: no person in it is real</span></p>\n' if meta.synthetic else ""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    return f'<h1>{escape(title)}</h1>\n{badge}<dl class="dq-facts">{rows}</dl>\n'


def _as_at(quality: Quality, last: str) -> str:
    """The day the figures are as at, with a word where later records of the same care are in them."""
    if (quality.completion.settings["came_since"] > 0).any():
        return f"Care to the end of {last}; records of it that came later are in, except in the run-off"
    return f"the end of {last}"


def _section(heading: str, shown: Sequence[Picture | Table | str | None]) -> str:
    content = "".join(_drawn(one) for one in shown if one is not None)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{content or '<p>Not told by the data set.</p>'}</section>\n"


def _drawn(one: Picture | Table | str) -> str:
    if isinstance(one, str):
        return one
    if isinstance(one, Table):
        return f'<div class="dq-shown">{one.html()}</div>\n'
    return f'<figure class="dq-shown cw-card"><h3>{escape(one.finding)}</h3>{static_svg(one)}</figure>\n'


def _box(meta: Meta) -> str:
    means = "".join(f"<li>{escape(sentence)}</li>" for sentence in SIGNING_MEANS)
    lines = "".join(f'<div class="dq-line"><span>{name}</span><span></span></div>' for name in ("Name", "Role", "Date"))
    return (f'<section class="dq-sign">\n<h2>Signed for {escape(meta.name)}, version {escape(meta.version)}</h2>\n'
            f"<p>Signing means:</p>\n<ul>{means}</ul>\n{lines}\n</section>\n")  # fmt: skip
