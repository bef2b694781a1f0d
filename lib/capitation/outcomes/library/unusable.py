"""Outcomes that the data set counts in a way that can't be: left out, a measure and year at a time, with the rule."""

from collections.abc import Mapping

from capitation.dataset import LinkedDataset
from capitation.dataset.faults import Fault
from capitation.dataset.outcome_rows import NOTHING
from capitation.kept import kept
from capitation.outcomes.library.named import named
from capitation.outcomes.library.of_dataset import measures_of

NO_DENOMINATOR = "its denominator is 0 where its numerator is above 0"
ABOVE = "its numerator is above its denominator, though it is a share"


@kept(4)
def unusable(dataset: LinkedDataset) -> Mapping[tuple[str, int], str]:
    """The rule that rows of a measure break in a year; such a measure has no value in that year."""
    shares = _shares(dataset)
    broken = {
        key: NO_DENOMINATOR if rows.no_denominator else ABOVE
        for key, rows in dataset.outcome_rows.items()
        if rows.no_denominator or (rows.above and key[0] in shares)
    }
    return {key: why for key, why in broken.items() if key[1] in dataset.years}


def share_faults(dataset: LinkedDataset) -> list[Fault]:
    """Of each measure that is known as a share its rows with a numerator above the denominator, which no rule on rows by
    themselves can find."""
    return [
        Fault("outcomes", "numerator", rows, (), f"a numerator of {name} not above its denominator, since {entry} is a share",
              f"{name}: it is above the denominator", fatal=False)
        for name, entry in _shares(dataset).items() if (rows := _above(dataset, name))
    ]  # fmt: skip


def why_no_value(dataset: LinkedDataset, name: str, year: int) -> str:
    """Why a measure that the data set counts has no value in a year."""
    rows = dataset.outcome_rows.get((name, year), NOTHING)
    if rows.rows == 0:
        return "the data have no rows of it in this period"
    among = "" if rows.denominator == 0 else " among the members"
    return unusable(dataset).get((name, year)) or f"its denominator is 0{among}"


def _shares(dataset: LinkedDataset) -> dict[str, str]:
    """The measures known as shares, each with the short name by which it is known."""
    known = measures_of(dataset)
    found = {name: named(name, known) for name in dataset.outcomes_counted}
    return {name: entry.id for name, entry in found.items() if entry and entry.kind == "share"}


def _above(dataset: LinkedDataset, name: str) -> int:
    return sum(rows.above for (measure, _), rows in dataset.outcome_rows.items() if measure == name)
