"""The board's style sheet, for a page and for a notebook."""

from pathlib import Path

import ipywidgets as w


def style_sheet() -> str:
    """The style sheet's text."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def style_widget() -> w.HTML:
    """The style sheet as a widget that takes no room: what a notebook in JupyterLab shows before its panels."""
    return w.HTML(f"<style>{style_sheet()}</style>", layout=w.Layout(display="none"))
