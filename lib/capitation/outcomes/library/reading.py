"""The library as texts inside the package, and local measures from a file: read whole and checked before use."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from capitation.dataset.texts import read_text
from capitation.errors import InputError
from capitation.kept import kept
from capitation.outcomes.library.measure import Measure, Origins
from capitation.plain_yaml import load_entries

PACKAGE = "capitation.outcomes.library"
EXPECTED = "measures in YAML, each under a short name of its own"
RULES = {
    "direction": "high or low: which way is better",
    "computed": "how the data set gives it: outcomes, or services and service_unit, and part_year",
}
Measures = Mapping[str, Measure]


@kept(1)
def library() -> Measures:
    """Every measure that comes with the suite by its short name (M01 …), in order. It can't be changed."""
    texts = [(f.name, f.read_text(encoding="utf-8")) for f in files(PACKAGE).iterdir() if f.name.endswith(".yaml")]
    found: dict[str, Measure] = {}
    for name, text in sorted(texts):
        found = _joined(found, read_measures(text, name))
    check_balance(found, found.values(), PACKAGE)
    return MappingProxyType(dict(sorted(found.items(), key=lambda each: (Origins.index(each[1].origin), each[0]))))


def with_local(path: str) -> Measures:
    """The library and the local measures of a YAML file, which come last.

    Raises InputError, one line with the measure and the rule: a field missing or not accepted, a name or short name that
    another measure has, a balancing measure that isn't there. What a data set lacks: `check_columns`.
    """
    where = path.replace("\\", "/").rpartition("/")[2]
    local = read_measures(read_text(path, EXPECTED), where, local=True)
    whole = _joined(dict(library()), local, where)
    check_balance(whole, local.values(), where)
    return MappingProxyType(whole)


def find(name: str, among: Measures) -> Measure:
    """The measure of a short name, in capitals or not. Raises InputError where there is none."""
    by_name = {short.upper(): measure for short, measure in among.items()}
    if name.strip().upper() not in by_name:
        raise InputError(f"measures {name}", "there is no such measure", "one of " + ", ".join(among))
    return by_name[name.strip().upper()]


def read_measures(text: str, where: str, local: bool = False) -> dict[str, Measure]:
    """Measures from a text, by short name. Raises InputError for the first that can't be read."""
    found: dict[str, Measure] = {}
    for short, entry in _entries(text, where):
        if short in found:
            raise _twice(short, where)
        found[short] = _measure(short, entry, where, local)
    return found


def usable(text: str, where: str) -> tuple[dict[str, Measure], dict[str, str]]:
    """The local measures of a text that can stand beside the library, and why each other one can't, by short name.

    Two that have one name are both left out, since nobody can tell which is meant. Raises InputError where the text
    holds no measures at all.
    """
    entries = _entries(text, where)
    named = Counter(short for short, _ in entries)
    found: dict[str, Measure] = {}
    refused = {short: str(_twice(short, where)) for short, times in named.items() if times > 1}
    for short, entry in entries:
        try:
            if short not in refused:
                found[short] = _measure(short, entry, where, local=True)
        except InputError as error:
            refused[short] = str(error)
    clashes = {short: said for short in found if (said := _clash(found[short], found, named, where))}
    return {short: found[short] for short in found if short not in clashes}, refused | clashes


def _clash(measure: Measure, local: Measures, named: Container[str], where: str) -> str:
    """Why a measure can't stand beside the library and the file's others, in a line; empty where it can."""
    others = {short: other for short, other in local.items() if short != measure.id}
    try:
        for beside in (dict(library()), others):
            _joined(beside, {measure.id: measure}, where)
        missing = [other for other in measure.balance_ids if other not in named]
        check_balance(library(), [measure.model_copy(update={"balance_ids": tuple(missing)})], where)
    except InputError as error:
        return str(error)
    return ""


def _twice(short: str, where: str) -> InputError:
    return InputError(f"{where}: {short}", "it stands twice", "a short name of its own")


def _entries(text: str, where: str) -> list[tuple[str, Any]]:
    """What a text holds with its short names. Raises InputError where it is no YAML or holds nothing."""
    try:
        found = load_entries(text)
    except yaml.YAMLError as error:
        raise InputError(where, _problem(error), EXPECTED) from None
    if not found:
        raise InputError(where, "holds no measures", EXPECTED)
    return found


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "not YAML")


def _measure(short: str, entry: Any, where: str, local: bool) -> Measure:
    if isinstance(entry, yaml.YAMLError):
        raise InputError(f"{where}: {short}", _problem(entry), "fields that YAML can read, each once")
    if not isinstance(entry, Mapping):
        raise InputError(f"{where}: {short}", "holds no fields", "the fields of a measure, such as name and domain")
    origin = {"origin": "local"} if local else {}
    try:
        measure = Measure.model_validate_json(json.dumps({"id": short, **entry, **origin}, default=str))
    except ValidationError as error:
        raise _fault(error, f"{where}: {short} {entry.get('name', '')}".rstrip()) from None
    _check(measure, where)
    return measure


def _fault(error: ValidationError, where: str) -> InputError:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    missing = {"missing": "it is missing", "extra_forbidden": "there is no such field"}
    expected = RULES.get(place) or str(first["msg"]).lower().removeprefix("input should be ")
    what = missing.get(first["type"], f"{first['input']!r} is not accepted")
    return InputError(f"{where}: {place}", what, expected)


def _check(measure: Measure, where: str) -> None:
    """What one field asks of another."""
    place, how = f"{where}: {measure.id} {measure.name}", measure.computed
    if (measure.data_mode == "computed") != (how is not None):
        what = "it is missing" if how is None else "it is there, yet data_mode is supplied"
        raise InputError(f"{place}: computed", what, RULES["computed"] if how is None else "data_mode: computed")
    if how and not (how.outcomes or how.services or how.of_parent):
        raise InputError(f"{place}: computed", "it names nothing to count", RULES["computed"])
    if how and how.services and not how.service_unit:
        raise InputError(
            f"{place}: computed", "service_unit is missing", "what a unit of the services counts, e.g. stay"
        )
    if how and measure.kind == "rate" and how.part_year != "person-years":
        raise InputError(f"{place}: part_year", f"a rate can't be counted {how.part_year}", "person-years")
    if how and measure.kind != "rate" and how.part_year == "person-years":
        raise InputError(f"{place}: part_year", f"a {measure.kind} can't be counted in person-years", "kind: rate")
    if measure.id in measure.balance_ids:
        raise InputError(f"{place}: balance_ids", "it balances itself", "another measure")


def _joined(before: dict[str, Measure], more: Mapping[str, Measure], where: str = PACKAGE) -> dict[str, Measure]:
    """Both, no short name and no name twice."""
    found, names = dict(before), {m.name.casefold(): m.id for m in before.values()}
    ids = {short.upper() for short in before}
    for short, measure in more.items():
        place = f"{where}: {short} {measure.name}"
        if short.upper() in ids:
            raise InputError(place, f"there is a measure {short} already", "a short name of its own")
        if measure.name.casefold() in names:
            raise InputError(f"{place}: name", f"{names[measure.name.casefold()]} has this name", "a name of its own")
        found[short], names[measure.name.casefold()] = measure, short
        ids.add(short.upper())
    return found


def check_balance(known: Mapping[str, Measure], asked: Iterable[Measure], where: str) -> None:
    """Every balancing measure is there. Raises InputError for the first that isn't."""
    for measure in asked:
        for other in measure.balance_ids:
            if other not in known:
                place = f"{where}: {measure.id} {measure.name}: balance_ids"
                raise InputError(place, f"there is no measure {other}", "a short name of the library or of this file")
