"""The style sheet, for a page and for a notebook."""

from capitation.board.style import style_sheet, style_widget

__all__ = ["style_sheet", "style_widget"]
