"""The board's style sheet as a widget, for a notebook in JupyterLab; the board's page has it in its template."""

import ipywidgets as w

from capitation.theme import style_sheet

__all__ = ["style_sheet", "style_widget"]


def style_widget() -> w.HTML:
    """The style sheet as a widget that takes no room: what a notebook shows before its panels."""
    return w.HTML(f"<style>{style_sheet()}</style>", layout=w.Layout(display="none"))
