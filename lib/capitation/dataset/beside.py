"""Two files beside a folder's tables, kept as texts: what they mean is judged where measures are known."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from capitation.dataset.texts import read_text
from capitation.errors import InputError

FIGURES, MEASURES = "supplied_figures.csv", "local_measures.yaml"
EXPECTED = {FIGURES: "a CSV file of figures", MEASURES: "a YAML file of measures"}


@dataclass(frozen=True)
class Beside:
    """The texts of ``supplied_figures.csv`` and ``local_measures.yaml``; None where a file isn't there.

    ``unreadable`` has the name of each file that is there and can't be read, and why, in a line.
    """

    figures: str | None = None
    measures: str | None = None
    unreadable: tuple[tuple[str, str], ...] = ()


NOTHING_BESIDE = Beside()


def read_beside(folder: Path) -> Beside:
    """The files beside a folder's tables. One that can't be read doesn't keep the data set from being opened."""
    texts, unreadable = {}, []
    for name in (FIGURES, MEASURES):
        try:
            texts[name] = read_text(folder / name, EXPECTED[name]) if (folder / name).exists() else None
        except InputError as error:
            unreadable.append((name, f"{name}: {error.what}"))
    return Beside(texts.get(FIGURES), texts.get(MEASURES), tuple(unreadable))


def digests_of(beside: Beside) -> dict[str, str]:
    """A digest of each text by the name of its file, so that another text is another version of the data set."""
    texts = {FIGURES: beside.figures, MEASURES: beside.measures}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items() if text is not None}
