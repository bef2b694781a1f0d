"""The quality of a data set: every part measured, and the score."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.engine import Rows, Tables
from capitation.dataset.faults import Fault
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, month_start, next_month
from capitation.dataset.quality import completeness as filled
from capitation.dataset.quality import costing as costs
from capitation.dataset.quality import rule_counts as rules
from capitation.dataset.quality import score as scores
from capitation.dataset.quality import sentences as words
from capitation.dataset.quality.completion import ALL_SETTINGS, TRIANGLE_MONTHS, Completion, completion, still_to_come
from capitation.dataset.quality.completion import LATEST_FIRST_DELAY as LONGEST_LEFT_OUT
from capitation.dataset.quality.ledger import Reconciliation, reconciliation
from capitation.dataset.quality.linkage import Linkage, linkage
from capitation.dataset.quality.records import (
    Span,
    behind,
    labels,
    month_named,
    month_number,
    month_numbers,
    safe_groups,
    span,
    spend_in,
    with_setting,
)
from capitation.dataset.quality.score import Score

NAN = float("nan")


@dataclass(frozen=True)
class Quality:
    """How good a data set is, as at the last of its ``months``.

    ``completeness`` and ``rules`` are tables by column (see `completeness` and `rule_counts`), ``costing`` one by
    year and service. ``linkage`` and ``ledger`` are None where the data set tells nothing of them. Amounts are in
    ``currency``, ``labels`` are the services' names, ``people_in_all`` have spend. Figures are as they are, but those
    of few people or records: columns ``shown`` say what may be shown, sentences and score hold nothing else.
    """

    months: tuple[str, str]
    currency: str
    score: Score
    completeness: pd.DataFrame = field(repr=False)
    rules: pd.DataFrame = field(repr=False)
    linkage: Linkage | None = field(repr=False)
    ledger: Reconciliation | None = field(repr=False)
    costing: pd.DataFrame = field(repr=False)
    completion: Completion = field(repr=False)
    labels: dict[str, str] = field(repr=False)
    people_in_all: int = field(repr=False)

    def held_down_by(self, findings: Sequence[Fault]) -> "Quality":
        """The same with a score no higher than findings let it be."""
        return replace(self, score=self.score.held_down_by(findings))


def quality_of(meta: Meta, tables: Tables, months: tuple[str, str]) -> Quality:
    """Measure a data set as at the last of ``months``, the first and last month ``YYYY-MM``.

    ``tables`` are all tables of the schema, typed, empty where the source has none. Only aggregates leave the
    engine. Raises ``InputError`` when ``months`` is no run of months.
    """
    within = span(months)
    run_off = _with_shown(completion(meta, tables, within), meta, tables, within)
    later = still_to_come(meta, tables, within, run_off)
    reached = _reached(meta, within, later)
    found = {
        "completeness": filled.completeness(meta, tables),
        "rules": rules.rule_counts(meta, tables),
        "linkage": linkage(meta, tables, within),
        "ledger": reconciliation(meta, tables, reached, later),
        "costing": costs.costing(meta, tables, within),
        "completion": run_off,
        "labels": labels(tables),
        "people_in_all": int(behind(spend_in(meta, tables, within))["people"].iloc[0]),
    }
    return Quality(months, meta.currency, _score(found, meta.currency, later), **found)


def _with_shown(found: Completion, meta: Meta, tables: Tables, within: Span) -> Completion:
    """Run-off with ``shown`` and ``since_shown`` by setting: whether the amounts, and what has come since, may be."""
    if found.settings.empty:
        return replace(found, settings=found.settings.assign(shown=True, since_shown=True))
    rows = with_setting(spend_in(meta, tables, within), tables)
    last, care = month_numbers(within)[-1], month_number(rows.month)
    known = month_number(rows.recorded.coalesce(rows.month))
    # At least the people of every triangle, whichever of the latest months it leaves out.
    kept = care.between(last - TRIANGLE_MONTHS + 1, last - LONGEST_LEFT_OUT)
    shown, since = _seen(rows.filter(kept & (known <= last))), _seen(rows.filter(known > last))
    names = found.settings["setting"]
    may = pd.Series([name in shown for name in names], index=names.index, dtype=bool)
    came = pd.Series([name in since for name in names], index=names.index, dtype=bool) | (
        found.settings["late_came"] == 0
    )
    return replace(found, settings=found.settings.assign(shown=may, since_shown=may & came))


def _seen(rows: Rows) -> set[str]:
    """The settings, and all of them together, whose amounts may be shown."""
    found = behind(rows, ["setting"])
    whole = behind(rows).assign(setting=ALL_SETTINGS)
    parts = [part.loc[safe_groups(part), "setting"] for part in (found, whole[whole["people"] > 0])]
    return {str(name) for part in parts for name in part}


def _reached(meta: Meta, within: Span, later: pd.DataFrame) -> Span:
    """The span as far as months of care have reached the data at all: others are not over for the ledger."""
    if meta.grain == "year" or later.empty:
        return within
    last = month_start(month_named(int(later["month"].max())))
    return Span(within.start, min(within.end, next_month(last or within.end)))


def quality_lines(quality: Quality) -> list[str]:
    """One plain sentence on each part of the score, e.g. ``Linkage: 99.1 % of records found their person; …``."""
    parts = quality.score.parts
    return [f"{name}: {sentence}" for name, sentence in zip(parts["part"], parts["sentence"], strict=True)]


def _score(found: dict, currency: str, later: pd.DataFrame) -> Score:
    linked: Linkage | None = found["linkage"]
    ledger: Reconciliation | None = found["ledger"]
    share = filled.share_filled(found["completeness"])
    money = may_show_mean(found["people_in_all"])
    linkage_shown = linked is not None and bool(linked.total["shown"].iloc[0])
    ledger_shown = ledger is not None and bool(ledger.total["shown"].iloc[0])
    values = {
        scores.COMPLETENESS: share,
        scores.RULES: rules.share_broken(found["rules"]),
        scores.LINKAGE: float(linked.total["rate"].iloc[0]) if linked and linkage_shown else NAN,
        scores.BIAS: abs(1 - linked.bias_shown.value) if linked and linked.bias_shown else NAN,
        scores.LEDGER: ledger.share_within() if ledger and ledger_shown else NAN,
        scores.COSTING: costs.share_within(found["costing"]) if money else NAN,
        scores.RUN_OFF: _recorded_lately(later) if words.run_off_shown(found["completion"]) else NAN,
    }
    return scores.score(values, _sentences(found, currency, share))


def _sentences(found: dict, currency: str, share: float) -> dict[str, str]:
    return {
        scores.COMPLETENESS: words.completeness_words(found["completeness"], share),
        scores.RULES: words.rules_words(found["rules"]),
        scores.LINKAGE: words.linkage_words(found["linkage"]),
        scores.BIAS: words.bias_words(found["linkage"]),
        scores.LEDGER: words.ledger_words(found["ledger"], currency, found["labels"]),
        scores.COSTING: words.costing_words(found["costing"], found["labels"], found["people_in_all"]),
        scores.RUN_OFF: words.run_off_words(found["completion"], currency),
    }


def _recorded_lately(later: pd.DataFrame) -> float:
    """The share of the cost of the last months of care that is in the data."""
    if later.empty:
        return NAN
    last = later[later["month"] > later["month"].max() - MONTHS_IN_YEAR]
    return float(last["amount"].sum() / (last["amount"].sum() + last["later"].sum()))
