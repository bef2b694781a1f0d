"""A measure in words, for a terminal, a page and a report alike: nothing from memory is said as a fact."""

from collections.abc import Iterator, Mapping
from typing import get_args

from capitation.errors import InputError
from capitation.outcomes.library.measure import Checkable, Domain, Level, Mark, Measure
from capitation.terms import percent

MARKS: dict[Mark, str] = {"C": "confirmed", "SD": "stated", "A": "worked out"}
TO_CHECK = "working definition, to be checked against the publisher's"
WAYS = {"high": "higher is better", "low": "lower is better"}
MODES = {"computed": "computed from the data set", "supplied": "supplied as figures"}
ORIGINS = {"standard": "", "data set": ", of a data set that comes with the suite", "local": ", local"}
STATUS = {"watch": "watch only", "report": "fit for reporting", "pay": "fit for payment"}


def chosen(measures: Mapping[str, Measure], domain: str | None) -> list[Measure]:
    """The measures of a domain, all without one. Raises InputError for an unknown domain."""
    domains = get_args(Domain)
    if domain is not None and domain.strip().lower() not in domains:
        raise InputError("--domain", f"there is no domain {domain!r}", "one of " + "; ".join(domains))
    return [m for m in measures.values() if domain is None or m.domain == domain.strip().lower()]


def list_line(measure: Measure, here: str | None = None) -> str:
    """One measure in a list; ``here`` is what of a data set gives it, None where no data set was asked."""
    given = "" if here is None else f"; here by {here}" if here else "; not counted here"
    local = ORIGINS[measure.origin]
    return f"{measure.id}: {measure.name} ({measure.domain}, {WAYS[measure.direction]}, {MODES[measure.data_mode]}{local}{given})"


def entry_lines(measure: Measure) -> Iterator[str]:
    """The whole entry, a line a field."""
    yield f"{measure.id}: {measure.name}"
    yield from (f"  {name}: {said}" for name, said in _fields(measure) if said)


def _fields(measure: Measure) -> Iterator[tuple[str, str]]:
    yield "Domain", measure.domain
    yield "Better", WAYS[measure.direction]
    yield "Numerator", f"{measure.numerator}{_checked(measure, 'definition')}"
    yield "Denominator", f"{measure.denominator}{_checked(measure, 'definition')}"
    yield "Exclusions", _exclusions(measure)
    yield "Unit", f"{measure.unit}; a {measure.kind}"
    yield "Period", f"{measure.period}{_checked(measure, 'period')}"
    yield "Lag", _lag(measure)
    yield "Source", measure.source
    yield "Codes", f"{', '.join(measure.codes)}{_checked(measure, 'codes')}" if measure.codes else ""
    yield "Break", f"{measure.series_break}{_checked(measure, 'series break')}" if measure.series_break else ""
    yield "England", "; ".join(level_words(measure, level) for level in measure.known_levels) or "no figure looked up"
    yield "Gaming", measure.gaming
    yield "Balance", f"{measure.balance} ({', '.join(measure.balance_ids)})"
    yield "Data", MODES[measure.data_mode] + _how(measure)
    yield "Adjusted for", measure.risk_adjustment
    number, of = measure.least
    yield "Needs", f"{number:,} {of} for a reliability of about {measure.reliability_target:g} (judgement)"
    yield "Use", STATUS[measure.status]
    yield "Topped out", measure.topped_out_rule


def _checked(measure: Measure, what: Checkable) -> str:
    if measure.origin == "local":
        return ""
    source = measure.checked.get(what)
    return f" (read in: {source})" if source else f" ({TO_CHECK})" if what == "definition" else " (to be checked)"


def _exclusions(measure: Measure) -> str:
    if not measure.exclusions:
        return "none"
    counted = "; counted and shown" if measure.exclusions_counted else ""
    return f"{measure.exclusions}{counted}{_checked(measure, 'exclusions')}"


def _lag(measure: Measure) -> str:
    if measure.lag_months is None:
        return "as the data set's"
    return f"{measure.lag_months:g} months after the period{_checked(measure, 'lag')}"


def _how(measure: Measure) -> str:
    how = measure.computed
    if how is None:
        return ""
    if how.of_parent:
        return ", by fifth of deprivation of another measure"
    named = " or ".join([*how.outcomes, *(f"{how.service_unit}s of {code}" for code in how.services)])
    left_out = (
        f", without those whose {how.excluded_by.marker} is above {how.excluded_by.above:g}" if how.excluded_by else ""
    )
    return f": {named}; part of a year counts {PART_YEARS[how.part_year]}{left_out}"


PART_YEARS = {
    "person-years": "by person-years",
    "everyone once": "in full: whoever was there for a day counts once, leavers and deaths too",
    "at least half the year": "in full from half of the year on, else not at all",
    "as recorded": "as the data set's own denominators have it",
}


def level_words(measure: Measure, level: Level) -> str:
    """A published value with its year, how sure it is and its source."""
    unit = level.unit or measure.unit
    end = f" to {_figure(level.to, unit)}" if level.to is not None else ""
    shown = level.says or _figure(level.value, unit) + end
    what = f"{level.what}: " if level.what else ""
    said = "" if unit in ("share", "ratio") or level.says else f" {unit}"
    return f"{what}{shown}{said}, {level.year} ({MARKS[level.mark]}: {level.source})"


def _figure(value: float, unit: str) -> str:
    if unit == "share":
        return percent(value, 2 if value < 0.05 else 1)
    return f"{value:,.0f}" if float(value).is_integer() and unit.startswith("per") else f"{value:g}"
