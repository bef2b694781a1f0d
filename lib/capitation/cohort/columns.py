"""What a rule may ask of a person, and when it was known: a cohort is defined as at an index date."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from capitation.cohort.risk_score import RISK, risk_score
from capitation.cohort.segments import segmentation
from capitation.dataset import LinkedDataset
from capitation.dataset.linked_dataset import NEED
from capitation.dataset.names import KNOWN_AFTER, NOW, PRIOR
from capitation.dataset.selection import Condition, Grouping, Score, Test
from capitation.design.parts import Cohort as CohortTerms
from capitation.errors import InputError

FIRST_CALENDAR_YEAR = 1000  # earlier ones number the years of a study
NAMED = 12  # names told in a message
WHERE = "cohort.rules"
SEGMENT = "segment"
SIGNS: dict[str, Test] = {">=": "at least", ">": "above", "<": "below", "<=": "up to", "!=": "not in", "=": "in"}
_TO_BIRTHDAY: dict[str, Test] = {">": "at least", "<=": "below"}
_WRONG_SIGNS = {"=>": ">=", "=<": "<=", "==": "=", "<>": "!="}
_WRONG_SIGN = re.compile("|".join(_WRONG_SIGNS))
_OR, _NOT, _SIGN = re.compile(r"\s+or\s+"), re.compile(r"\s*not\s+"), re.compile(r"[<>=]")
_AND = re.compile(r"\sand\s[^<>=]*[<>=]")
_RULE = re.compile(r"\s*(.+?)\s*(>=|<=|!=|<|>|=)\s*(.*?)\s*")
_TEXTS = ("sex", "locality", "practice", "group")
_NUMBERS = ("age", "deprivation")
_PRIOR_SPEND = "prior spend"
_WRITTEN = "a column, one of >= > < <= = != and a value, e.g. 'age >= 65', or several of these with 'or' between them"


@dataclass(frozen=True)
class Column:
    """Something that a rule may ask: a column, grouping or score, and whether its values are numbers."""

    name: str
    of: str | Grouping | Score
    numeric: bool


def columns(dataset: LinkedDataset, terms: CohortTerms) -> dict[str, Column]:
    """Every column that was known on the index date, by the name that a rule calls it."""
    held = dataset.held.columns
    texts = [Column(name, name, False) for name in _TEXTS if name in held and dataset.held.values(name)]
    numbers = [Column(name, name, True) for name in _NUMBERS if name == "age" or dataset.held.values(name)]
    needs = [Column(marker, NEED + marker, True) for marker in dataset.markers]
    events = [Column(f"prior {name}", PRIOR + name, True) for name in dataset.outcomes_counted]
    made = [Column(_PRIOR_SPEND, "prior_spend", True), Column(RISK, risk_score(dataset.held), True),
            Column(SEGMENT, segmentation(terms.scheme, dataset.markers), False)]  # fmt: skip
    return {column.name: column for column in (*texts, *numbers, *needs, *events, *made)}


def known_later(dataset: LinkedDataset) -> dict[str, str]:
    """Columns that are known at the end of the year only: what each is called, and its column."""
    counted = {
        spelt: NOW + name for name in dataset.outcomes_counted for spelt in (name, f"{name}s", name.removesuffix("s"))
    }
    return {name: name for name in KNOWN_AFTER} | counted


def condition(text: str, dataset: LinkedDataset, terms: CohortTerms) -> tuple[Condition, ...]:
    """The conditions that a rule in words stands for, all of them met. Raises InputError when it can't be read, names no
    column, has a value that the column has not, or looks into the future.

    ``or`` between conditions: any of them is enough; ``not`` before one: everybody who does not meet it, those of whom
    nothing is known among them.
    """
    ways = tuple(_way(text, part, dataset, terms) for part in _alternatives(text))
    return ways[0] if len(ways) == 1 else _among(text, _YES, ways)


_YES, _NO = "yes", "no"


def _among(text: str, label: str, ways: Sequence[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """Those who meet all conditions of one of the ways (yes), or of none (no)."""
    return (Condition(Grouping(text, tuple((_YES, way) for way in ways), _NO), "in", (label,)),)


def _alternatives(text: str) -> list[str]:
    """The conditions of a rule: its parts between ``or``; a part without a sign belongs to the name before it."""
    parts: list[str] = []
    for part in _OR.split(text.strip()):
        if parts and not _SIGN.search(part):
            parts[-1] = f"{parts[-1]} or {part}"
        else:
            parts.append(part)
    return parts


def _way(text: str, part: str, dataset: LinkedDataset, terms: CohortTerms) -> tuple[Condition, ...]:
    negated = _NOT.match(part)
    met = _one(text, part[negated.end() :] if negated else part, dataset, terms)
    return _among(part, _NO, [met]) if negated else met


def _one(text: str, part: str, dataset: LinkedDataset, terms: CohortTerms) -> tuple[Condition, ...]:
    """One column, sign and value."""
    _check_signs(text, part)
    found = _RULE.fullmatch(part)
    if found is None or not found[3]:
        raise InputError(WHERE, f"'{text}' is not a rule", _WRITTEN)
    name, sign = found[1], found[2]
    known = columns(dataset, terms)
    _check_known(text, name, dataset, list(known))
    values = _values(text, known[name], [v.strip() for v in found[3].split(",")], sign, dataset)
    asked = Condition(known[name].of, *_compared(name, sign, values))
    return (Condition("prior_known", "in", (True,)), asked) if name.startswith("prior ") else (asked,)


def _compared(name: str, sign: str, values: tuple[Any, ...]) -> tuple[Test, tuple[Any, ...]]:
    """The test and its values. Whole years of age last until the next birthday: over 65 is from 66, up to 65 below 66."""
    if sign in _TO_BIRTHDAY and name == "age" and float(values[0]).is_integer():
        return _TO_BIRTHDAY[sign], (values[0] + 1,)
    return SIGNS[sign], values


def _check_signs(text: str, part: str) -> None:
    wrong = _WRONG_SIGN.search(part)
    if wrong:
        raise InputError(WHERE, f"'{text}' is not a rule: there is no sign '{wrong[0]}'", f"'{_WRONG_SIGNS[wrong[0]]}'")
    if _AND.search(part):
        raise InputError(
            WHERE, f"'{text}' is not a rule: 'and' can't stand in it", "two rules; people meet every one of them"
        )


def _check_known(text: str, name: str, dataset: LinkedDataset, known: Sequence[str]) -> None:
    if name in known:
        return
    if name in known_later(dataset):
        raise InputError(WHERE, f"'{text}' looks into the future: {_known_when(name, dataset)}, after the index date",
                         f"a column known on the index date: {_some(known)}")  # fmt: skip
    near = get_close_matches(name, known, 3) or list(known)
    raise InputError(WHERE, f"'{text}': the data set has no column {name!r}", "one of " + _some(near))


def _known_when(name: str, dataset: LinkedDataset) -> str:
    year = dataset.years[-1]
    first, last = dataset.days_of(year)
    if last.year < FIRST_CALENDAR_YEAR:
        return f"{name} of {dataset.meta.year_name(year)} is known at its end"
    return (
        f"{name} of {dataset.meta.year_name(year)} is known on {_day(last)}, and people are chosen as at {_day(first)}"
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _values(text: str, column: Column, words: list[str], sign: str, dataset: LinkedDataset) -> tuple[Any, ...]:
    if column.numeric:
        return tuple(_number(text, word) for word in (words if sign in ("=", "!=") else [",".join(words)]))
    if sign not in ("=", "!="):
        raise InputError(WHERE, f"'{text}': {column.name} has names, not numbers", "the sign = or !=")
    of = column.of
    names = of.labels if isinstance(of, Grouping) else [str(v) for v in dataset.held.values(str(of)) if v]
    words = _whole_names(words, names)
    for word in words:
        if word not in names:
            raise InputError(WHERE, f"'{text}': there is no {column.name} {word!r}", "one of " + _some(names))
    return tuple(words)


def _whole_names(words: list[str], names: Sequence[str]) -> list[str]:
    """Values between commas, put together again where a name has a comma in it."""
    found: list[str] = []
    while words:
        length = next((n for n in range(len(words), 1, -1) if ", ".join(words[:n]) in names), 1)
        found.append(", ".join(words[:length]))
        words = words[length:]
    return found


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _number(text: str, word: str) -> float:
    try:
        return float(word.replace(",", ""))
    except ValueError:
        raise InputError(WHERE, f"'{text}': {word!r} is not a number", "a number, e.g. 65 or 0.24") from None
