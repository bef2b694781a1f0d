"""Published cases and contract forms as designs: what happened, in figures with their sources, as terms for any data set."""

from capitation.cases.figures import figure_rows
from capitation.cases.files import find, presets
from capitation.cases.look import Look
from capitation.cases.preset import MARKS, Preset
from capitation.cases.recognised import in_force
from capitation.cases.shows import Shown, shown

__all__ = ["MARKS", "Look", "Preset", "Shown", "figure_rows", "find", "in_force", "presets", "shown"]
