"""The style sheet as a widget, for a panel in JupyterLab."""

import ipywidgets as w

from capitation.theme import style_sheet


def style_widget() -> w.HTML:
    """The board's look; takes no room on the page."""
    return w.HTML(f"<style>{style_sheet()}</style>", layout=w.Layout(display="none"))
