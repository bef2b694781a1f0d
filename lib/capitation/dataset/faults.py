"""A fault of a data set: where it is and what was expected, never whose row it is."""

from dataclasses import dataclass

from capitation.dataset.disclosure import suppress_count
from capitation.errors import InputError

ROWS_NAMED = 5


@dataclass(frozen=True)
class Fault:
    """One rule that a data set breaks.

    ``rows`` is how many rows break it (0 when the fault is not one of rows) and ``first_rows`` the first five
    row numbers, counted from 1 below the heading. No person's number and no person's value is ever in a fault.
    ``fatal`` faults keep the data set from being opened; the others are warnings. ``effect`` is what the fault
    does to the price of a person-year, in words and money; empty where it does nothing or can't be told. ``gap`` is
    that effect in currency a person-year, above 0 for too much, and ``moves`` its share of the price put right of the
    years concerned; None where it is not told, or does not move the price of all people. ``together``
    marks what all the others come to.
    """

    table: str
    column: str
    rows: int
    first_rows: tuple[int, ...]
    rule: str
    what: str
    fatal: bool = True
    effect: str = ""
    gap: float | None = None
    moves: float | None = None
    together: bool = False

    @property
    def where(self) -> str:
        """The table and column, e.g. ``people.sex``."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def line(self) -> str:
        """The fault in one line for whoever holds the data: where, what, what was expected, effect on the price."""
        return self._line(self._finding())

    def shown(self) -> str:
        """The same line as it may leave: no row numbers, 1 to 7 rows hidden and others to the nearest 5."""
        return self._line(self.seen())

    def seen(self) -> str:
        """What was found, as it may leave."""
        return f"{self.what} in {suppress_count(self.rows)} rows" if self.rows else self.what

    def _line(self, found: str) -> str:
        effect = f"; {self.effect}" if self.effect else ""
        return f"{'' if self.fatal else 'warning: '}{self.where}: {found}; expected {self.rule}{effect}"

    def error(self, more: str = "") -> InputError:
        """The fault as the error that stops a run; ``more`` is added at its end."""
        return InputError(self.where, self._finding(), self.rule + more)

    def _finding(self) -> str:
        return f"{self.what}{_rows_in_words(self.rows, self.first_rows)}"


def _rows_in_words(rows: int, first_rows: tuple[int, ...]) -> str:
    if not rows:
        return ""
    named = ", ".join(str(row) for row in first_rows)
    beginning = "row" if rows == 1 else "rows" if rows <= len(first_rows) else "first rows"
    return f" in {rows:,} row{'s' if rows > 1 else ''}" + (f" ({beginning} {named} below the heading)" if named else "")
