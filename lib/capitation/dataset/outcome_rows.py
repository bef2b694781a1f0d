"""How many rows of outcomes there are by measure and year, and how many of them can't be."""

from collections.abc import Mapping
from dataclasses import dataclass

from capitation.dataset.engine import Rows, fetch


@dataclass(frozen=True)
class OutcomeRows:
    """The rows of a measure in a year, their denominators together, and how many have a numerator above 0 and a denominator
    of 0 (``no_denominator``), or one above a denominator that isn't 0 (``above``)."""

    rows: int
    denominator: float
    no_denominator: int
    above: int


NOTHING = OutcomeRows(0, 0.0, 0, 0)


def outcome_rows(outcomes: Rows) -> Mapping[tuple[str, int], OutcomeRows]:
    """Of an outcomes table, by measure and year."""
    more = outcomes.numerator > outcomes.denominator
    found = outcomes.group_by("measure", "year").agg(
        rows=outcomes.count(),
        total=outcomes.denominator.sum().cast("float64"),
        no_denominator=outcomes.count(where=more & (outcomes.denominator == 0)),
        above=outcomes.count(where=more & (outcomes.denominator > 0)),
    )
    return {
        (str(r["measure"]), int(r["year"])): OutcomeRows(r["rows"], r["total"], r["no_denominator"], r["above"])
        for r in fetch(found.order_by("measure", "year")).to_pylist()
    }
