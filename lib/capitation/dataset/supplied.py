"""Figures of measures that no data set counts, from a CSV file: each row checked, what can't be used left out and said."""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pandas as pd

from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.texts import read_text
from capitation.errors import InputError

TEXTS = ("measure", "period")
NUMBERS = ("numerator", "denominator", "value", "n", "excluded", "sd")
COLUMNS = (*TEXTS, *NUMBERS)
EXPECTED = "CSV with measure, period, and numerator and denominator or value; also n, excluded, sd"
PERIODS = {"year": r"(\d{4})", "quarter": r"(\d{4})-Q([1-4])", "month": r"(\d{4})-(0[1-9]|1[0-2])"}
IN_A_YEAR = {"year": 1, "quarter": 4, "month": 12}
PLAIN = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
HALF, TINY = 0.5, 1e-9
WORDS = "YYYY, YYYY-Q1 to YYYY-Q4, or YYYY-MM"
Row = dict[str, str]
NO_SUCH_MEASURE = "there is no such measure"


class Known(Protocol):
    """What is asked of a measure here; an entry of the library is one."""

    @property
    def kind(self) -> str:
        """One of share, rate, mean, ratio."""
        ...

    @property
    def period(self) -> str:
        """What it is published for: year, quarter, month or two years."""
        ...

    @property
    def per(self) -> int:
        """What numerator over denominator is multiplied by to be in its unit."""
        ...


@dataclass(frozen=True)
class LeftOut:
    """A row that was not used. ``row`` counts from 1 below the heading; ``rule`` is the one it breaks."""

    row: int
    measure: str
    period: str
    rule: str

    def line(self) -> str:
        """It in one line."""
        return f"row {self.row}: {self.said()}; left out"

    def said(self) -> str:
        """The measure, the period and the rule, as it may leave: without a place in the file."""
        return f"{' '.join(filter(None, (self.measure, self.period)))}: {self.rule}"


@dataclass(frozen=True, eq=False)
class Supplied:
    """``figures``: measure, period, numerator, denominator, value (in the measure's unit), n (people), excluded (people left
    out by an exclusion), sd (between people, in the measure's unit), in the order of measure and period, NaN where not given.
    ``left_out``: rows that were not used. ``gaps``: measure and period between two others for which there is no figure.
    """

    figures: pd.DataFrame
    left_out: tuple[LeftOut, ...]
    gaps: tuple[tuple[str, str], ...]

    def lines(self) -> list[str]:
        """What was left out and what is missing, a line each."""
        return [
            *(one.line() for one in self.left_out),
            *(f"{m} {p}: there is no figure for this period" for m, p in self.gaps),
        ]


def read_supplied(path: str | Path, measures: Mapping[str, Known]) -> Supplied:
    """The figures of a file for some measures (by short name).

    Raises InputError where the file as a whole can't be used: unreadable, or not with the columns asked for. A row that
    breaks a rule is left out, and both rows where one measure and period stands twice.
    """
    return figures_of(read_text(path, EXPECTED), Path(path).name, measures)


def figures_of(
    text: str, where: str, measures: Mapping[str, Known], years: Mapping[str, str] = MappingProxyType({})
) -> Supplied:
    """`read_supplied` of a text. ``years`` are further names of years, each with its ``YYYY``: what is left out is said by
    the first of them."""
    rows = [row | {"period": years.get(row["period"], row["period"])} for row in _table(text, where)]
    names = {period: name for name, period in reversed(list(years.items()))}
    twice = Counter((row["measure"], row["period"]) for row in rows)
    used, left_out = [], []
    for number, row in enumerate(rows, start=1):
        key = row["measure"], row["period"]
        rule = _broken(row, measures) or ("it stands twice" if twice[key] > 1 else "")
        if rule:
            left_out.append(LeftOut(number, key[0], names.get(key[1], key[1]), rule))
        else:
            used.append(_figure(row, measures[row["measure"]]))
    figures = pd.DataFrame(used, columns=list(COLUMNS)).sort_values(list(TEXTS), ignore_index=True)
    gaps = tuple((measure, names.get(period, period)) for measure, period in _gaps(figures))
    return Supplied(figures, tuple(left_out), gaps)


def _table(text: str, where: str) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text), restkey="beyond the heading", restval="")
    heading = list(reader.fieldnames or [])
    for name in heading:
        if name not in COLUMNS:
            raise InputError(where, f"there is no column {name!r}", EXPECTED)
    if not {*TEXTS} <= {*heading} or not ({"numerator", "denominator"} <= {*heading} or "value" in heading):
        raise InputError(where, "columns are missing", EXPECTED)
    if len(set(heading)) < len(heading):
        raise InputError(where, "a column stands twice", EXPECTED)
    try:
        return [_row(row) for row in reader]
    except csv.Error as error:
        raise InputError(where, f"it can't be read as CSV ({error})", EXPECTED) from None


def _row(row: Mapping[str, object]) -> Row:
    return {name: " ".join(str(row.get(name) or "").split()) for name in COLUMNS} | (
        {"beyond": "yes"} if "beyond the heading" in row else {}
    )


def _broken(row: Row, measures: Mapping[str, Known]) -> str:
    """The first rule that a row breaks, in words; empty where it breaks none."""
    if "beyond" in row:
        return "it has more cells than the heading"
    if row["measure"] not in measures:
        return NO_SUCH_MEASURE
    measure = measures[row["measure"]]
    return next((said for rule in RULES if (said := rule(row, measure))), "")


def _period(row: Row, measure: Known) -> str:
    grain = _grain(row["period"])
    if not grain:
        return f"the period is not {WORDS}"
    finer = IN_A_YEAR[grain] > IN_A_YEAR.get(measure.period, 1)
    return f"it is published every {measure.period}, not every {grain}" if finer else ""


def _numbers(row: Row, _: Known) -> str:
    for name in NUMBERS:
        if row[name] and _number(row[name]) is None:
            return f"{name} {row[name]!r} is not a number"
    return ""


def _there(row: Row, _: Known) -> str:
    if bool(row["numerator"]) != bool(row["denominator"]):
        return "numerator and denominator must stand together"
    return "" if row["value"] or row["numerator"] else "the period is without a figure"


def _people(row: Row, _: Known) -> str:
    for name, least in (("n", 1), ("excluded", 0)):
        number = _number(row[name]) if row[name] else None
        if number is not None and (number < least or number != int(number)):
            return f"{name} {row[name]} is not a whole number of at least {least}"
    return ""


def _deviation(row: Row, _: Known) -> str:
    number = _number(row["sd"]) if row["sd"] else None
    return f"sd {row['sd']} is below 0" if number is not None and number < 0 else ""


def _denominator(row: Row, _: Known) -> str:
    number = _number(row["denominator"]) if row["denominator"] else 1.0
    if number == 0:
        return "the denominator is 0"
    return "the denominator is negative" if number is not None and number < 0 else ""


def _bounds(row: Row, measure: Known) -> str:
    for value in _values(row, measure.per):
        if measure.kind == "share" and not 0 <= value <= 1:
            return f"a share of {value:g} is outside 0 to 1"
        if measure.kind in ("rate", "ratio") and value < 0:
            return f"a {measure.kind} of {value:g} is below 0"
    return ""


def _agree(row: Row, measure: Known) -> str:
    values = _values(row, measure.per)
    apart = len(values) == 2 and abs(values[0] - values[1]) > _rounding(row["value"])
    if not apart:
        return ""
    known = may_show_mean(int(_number(row["denominator"]) or 0))  # else the figure would tell of few people
    return f"the value {row['value']} is not numerator over denominator{f', {values[0]:g}' if known else ''}"


def _rounding(text: str) -> float:
    """Half a unit of the last digit given, and a little for arithmetic."""
    return HALF * 10.0 ** int(Decimal(text).as_tuple().exponent) + TINY


RULES: tuple[Callable[[Row, Known], str], ...] = (
    _period, _numbers, _there, _people, _deviation, _denominator, _bounds, _agree,
)  # fmt: skip


def _values(row: Row, per: int) -> list[float]:
    """Numerator over denominator, and the value as given, those that there are."""
    top, bottom, given = (_number(row[name]) for name in ("numerator", "denominator", "value"))
    worked_out = [top / bottom * per] if top is not None and bottom else []
    return worked_out + ([given] if given is not None else [])


def _number(text: str) -> float | None:
    number = float(text) if re.fullmatch(PLAIN, text, re.ASCII) else math.inf
    return number if math.isfinite(number) else None


def _figure(row: Row, measure: Known) -> dict[str, object]:
    numbers = {name: number if (number := _number(row[name])) is not None else math.nan for name in NUMBERS}
    return {**{name: row[name] for name in TEXTS}, **numbers, "value": _values(row, measure.per)[0]}


def _grain(period: str) -> str:
    return next((grain for grain, pattern in PERIODS.items() if re.fullmatch(pattern, period, re.ASCII)), "")


def _gaps(figures: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The periods of each measure between its first and its last that have no figure."""
    found = figures.assign(grain=figures["period"].map(_grain))
    for (measure, grain), rows in found.groupby(["measure", "grain"]):
        places = sorted(_place(period, str(grain)) for period in rows["period"])
        for before, after in pairwise(places):
            yield from ((str(measure), _name(place, str(grain))) for place in range(before + 1, after))


def _place(period: str, grain: str) -> int:
    year, part = int(period[:4]), period[5:].removeprefix("Q") or "1"
    return year * IN_A_YEAR[grain] + int(part) - 1


def _name(place: int, grain: str) -> str:
    year, part = divmod(place, IN_A_YEAR[grain])
    return {"year": f"{year:04}", "quarter": f"{year:04}-Q{part + 1}", "month": f"{year:04}-{part + 1:02}"}[grain]
