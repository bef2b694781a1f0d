"""The entry of the library that a contract means by a name: a short name, or an outcome that a data set counts."""

from collections.abc import Mapping

from capitation.outcomes.library.measure import Measure

RATHER = ("pay", "report", "watch")  # of several entries of one outcome the one that is rather paid on


def named(name: str, known: Mapping[str, Measure]) -> Measure | None:
    """What is known of a contract's measure; None where nothing is."""
    if name in known:
        return known[name]
    counting = [entry for entry in known.values() if entry.computed and name in entry.computed.outcomes]
    return min(counting, key=lambda entry: RATHER.index(entry.status), default=None)
