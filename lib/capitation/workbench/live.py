"""Views of the design: live ones for a screen, still ones for a report."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from capitation import terms
from capitation.charts.picture import Picture
from capitation.design import ContractDesign, Declaration

if TYPE_CHECKING:
    from capitation.workbench.workbench import Workbench


@dataclass(frozen=True)
class Still:
    """A piece of a page that does not move."""

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        # two amounts in dollars would be read as a formula in JupyterLab
        return f'<div class="tex2jax_ignore mathjax_ignore">{self.html}</div>'


def still_view(shown: Any) -> Still:
    """``shown`` (a Picture, text in HTML, an object that shows itself in HTML, or nothing) as a still piece of a page."""
    return Still(still_picture(shown) if isinstance(shown, Picture) else _html(shown))


def still_picture(picture: Picture) -> str:
    """A picture with its finding as heading and its words for those who can't see it."""
    from capitation.charts.runtime import static_svg

    words = f"<details><summary>In words</summary><p>{escape(picture.alt)}</p></details>"
    return f'<figure class="cw-card"><h3>{escape(picture.finding)}</h3>{static_svg(picture)}{words}</figure>'


def _html(shown: Any) -> str:
    """Nothing where the data tell nothing of what would be shown."""
    return shown if isinstance(shown, str) else "" if shown is None else shown._repr_html_()


def live_view(workbench: "Workbench", view: Callable[[ContractDesign], Any]) -> w.DOMWidget:
    """A widget that shows what ``view`` makes of the design and follows its changes."""
    follower = Follower(workbench, view(workbench.design))
    workbench.listen(lambda: follower.show(view(workbench.design)))
    return follower


class Follower(w.VBox):
    """What is shown of a view: a chart while it is a picture, else text, since a picture may come and go."""

    def __init__(self, workbench: "Workbench", first: Any):
        super().__init__([])
        self._workbench, self._words, self._drawn = workbench, w.HTML(), None
        self.show(first)

    @property
    def picture(self) -> Picture | None:
        """The picture that is shown; None while there is none."""
        return self._drawn.picture if self._drawn and self._drawn in self.children else None

    def show(self, shown: Any) -> None:
        """Show it in place of what was there."""
        if not isinstance(shown, Picture):
            self._words.value = _html(shown)
        widget = self._chart_of(shown) if isinstance(shown, Picture) else self._words
        if list(self.children) != [widget]:
            self.children = [widget]

    def _chart_of(self, picture: Picture) -> Any:
        from capitation.charts.live import LiveChart

        if self._drawn is None:
            self._drawn = LiveChart(picture)
            self._drawn.add_class("cw-card")
        else:
            self._drawn.show(picture, self._workbench.serial)
        return self._drawn


def terms_table(workbench: "Workbench", paths: tuple[str, ...]) -> str:
    """The terms at or under ``paths`` with their values and sources, as an HTML table."""
    currency = workbench.dataset.meta.currency
    rows = "".join(_row(workbench.design, d, currency) for d in chosen(workbench.design, paths))
    head = "".join(f'<th scope="col">{h}</th>' for h in ("Term", "Value", "Unit", "Source"))
    return f'<table class="cw-terms"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(design: ContractDesign, declared: Declaration, currency: str) -> str:
    value = terms.term_figure(declared.path, design.value(declared.path), declared.unit, currency)
    cells = (value, terms.unit_words(declared.unit, currency), declared.source)
    label = f'<th scope="row" title="{escape(declared.path)}">{escape(declared.label)}</th>'
    return f"<tr>{label}{''.join(f'<td>{escape(c)}</td>' for c in cells)}</tr>"


def chosen(design: ContractDesign, paths: tuple[str, ...]) -> list[Declaration]:
    """The declarations at or under ``paths``, in the order declared; a wrong path raises InputError."""
    found = [d for d in design.declarations.values() if any(_under(d.path, p) for p in paths)]
    for path in paths:
        if not any(_under(d.path, path) for d in found) and path != "outcomes.measures":
            design.declaration(path)
    return found


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + ".")
