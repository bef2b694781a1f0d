"""The figures of a preset side by side: as published, and as the suite's own rules give them."""

import pandas as pd

from capitation.cases.arithmetic import CALCULATORS
from capitation.cases.preset import MARKS, SHORT_MARKS, Figure, Preset
from capitation.errors import InputError
from capitation.terms import MINUS, percent

COLUMNS = ("what", "year", "published", "reproduced", "agrees", "mark", "short", "source")
NOT_WORKED_OUT = ""
ROUNDING = 1e-9  # of the figure
CURRENCIES = ("£", "€", "$")


def figure_rows(preset: Preset) -> pd.DataFrame:
    """A row a figure, in the order of the story: what, year, published and reproduced (words), agrees (missing where a
    figure is not worked out), mark (in words), short (the mark in a word or two), source."""
    rows = [
        (
            f.what,
            f.year,
            written(f.value, f.unit),
            _reproduced_words(f),
            agrees(f),
            MARKS[f.mark],
            SHORT_MARKS[f.mark],
            f.source,
        )
        for f in preset.figures
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def reproduced(figure: Figure) -> float | None:
    """The figure worked out again; None where it is a fact and not worked out from others."""
    return float(CALCULATORS[figure.by](*figure.of)) if figure.by else None


def agrees(figure: Figure) -> bool | None:
    """Whether the figure worked out is the one published, as far as that is rounded."""
    value = reproduced(figure)
    return None if value is None else abs(value - figure.value) <= figure.to + ROUNDING * abs(figure.value)


def _reproduced_words(figure: Figure) -> str:
    value = reproduced(figure)
    return NOT_WORKED_OUT if value is None else written(value, figure.unit)


def written(value: float, unit: str) -> str:
    """A published figure as people read it: 0.324 of unit share is ``32.4 %``; 726 of unit £m is ``£726m``."""
    if unit == "share":
        return percent(value)
    sign, size = MINUS if value < 0 else "", f"{abs(value):,.10g}" if abs(value) < 1000 else f"{abs(value):,.0f}"
    size = f"{abs(value):,.2f}".rstrip("0").rstrip(".") if abs(value) < 1000 else size
    for currency in CURRENCIES:
        if unit.startswith(currency):
            letter, _, rest = unit.removeprefix(currency).partition(" ")
            return f"{sign}{currency}{size}{letter} {rest}".strip()
    return f"{sign}{size} {unit}".strip()


def check_figure(figure: Figure, where: str) -> None:
    """Raises InputError for a rule that there is not, or one that can't be applied to its numbers."""
    if figure.by and figure.by not in CALCULATORS:
        raise InputError(f"{where}: figure {figure.what!r}", f"there is no rule {figure.by!r}",
                         "one of " + ", ".join(CALCULATORS))  # fmt: skip
    try:
        reproduced(figure)
    except (TypeError, ZeroDivisionError):
        raise InputError(f"{where}: figure {figure.what!r}", f"{figure.by!r} can't be worked out from {figure.of}",
                         "the numbers that the rule needs") from None  # fmt: skip
