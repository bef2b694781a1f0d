"""Some of the people at a time, so that memory stays flat as the people grow.

A join or a sum over everybody at once would need memory in proportion; person by person they are independent.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capitation.dataset.engine import Rows, fetch_one

AT_ONCE = 250_000  # people
IN_PARTS = ("duckdb",)  # other engines have ways of their own
OF_PEOPLE = ("people", "spend", "needs", "outcomes", "absences", "loop_events")


@dataclass(frozen=True)
class SomePeople:
    """People whose numbers lie from ``first`` to ``last``; everybody where both are None."""

    first: Any = None
    last: Any = None

    def of(self, rows: Rows) -> Rows:
        """Their rows of a table with person_id."""
        if self.first is None:
            return rows
        return rows.filter(rows.person_id.between(self.first, self.last))

    def tables(self, tables: Mapping[str, Rows]) -> dict[str, Rows]:
        """The tables with only their rows."""
        return {name: self.of(rows) if name in OF_PEOPLE else rows for name, rows in tables.items()}


def people_in_parts(people: Rows, at_once: int | None = None) -> tuple[SomePeople, ...]:
    """Everybody in parts of about ``at_once``, or ``AT_ONCE``; in one where they are few, have text for numbers, or need
    no parts."""
    if people.get_backend().name not in IN_PARTS or not people.person_id.type().is_integer():
        return (SomePeople(),)
    found = fetch_one(people.aggregate(n=people.count(), first=people.person_id.min(), last=people.person_id.max()))
    count = math.ceil(found["n"] / (at_once or AT_ONCE))
    if count < 2:
        return (SomePeople(),)
    width = math.ceil((found["last"] - found["first"] + 1) / count)
    starts = [found["first"] + width * place for place in range(count)]
    return tuple(SomePeople(start, start + width - 1) for start in starts)
