"""The quality of a data set: every part measured, and the score."""

from dataclasses import dataclass, field

import pandas as pd

from capitation.dataset.engine import Tables
from capitation.dataset.meta import MONTHS_IN_YEAR, Meta, month_start, next_month
from capitation.dataset.quality import completeness as filled
from capitation.dataset.quality import costing as costs
from capitation.dataset.quality import rule_counts as rules
from capitation.dataset.quality import score as scores
from capitation.dataset.quality import sentences as words
from capitation.dataset.quality.completion import Completion, completion, still_to_come
from capitation.dataset.quality.ledger import Reconciliation, reconciliation
from capitation.dataset.quality.linkage import Linkage, linkage
from capitation.dataset.quality.records import Span, month_named, people_by_line, span
from capitation.dataset.quality.score import Score

NAN = float("nan")


@dataclass(frozen=True)
class Quality:
    """How good a data set is, as at the last of its ``months``.

    ``completeness`` and ``rules`` are tables by column (see `completeness` and `rule_counts`), ``costing`` one by
    year and service. ``linkage`` and ``ledger`` are None where the data set tells nothing of them. Amounts are in
    ``currency``. ``people`` is how many have spend by year and service. Counts are as they are: what is shown of
    them, and of amounts that stand for few, passes disclosure control first.
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
    people: pd.DataFrame = field(repr=False)


def quality_of(meta: Meta, tables: Tables, months: tuple[str, str]) -> Quality:
    """Measure a data set as at the last of ``months``, the first and last month ``YYYY-MM``.

    ``tables`` are all tables of the schema, typed, empty where the source has none. Only aggregates leave the
    engine. Raises ``InputError`` when ``months`` is no run of months.
    """
    within = span(months)
    run_off = completion(meta, tables, within)
    later = still_to_come(meta, tables, within, run_off)
    reached = _reached(meta, within, later)
    found = {
        "completeness": filled.completeness(meta, tables),
        "rules": rules.rule_counts(meta, tables),
        "linkage": linkage(meta, tables, within),
        "ledger": reconciliation(meta, tables, reached, later),
        "costing": costs.costing(meta, tables, within),
        "completion": run_off,
        "people": people_by_line(meta, tables, within),
    }
    return Quality(months, meta.currency, _score(found, meta.currency, later), **found)


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
    values = {
        scores.COMPLETENESS: share,
        scores.RULES: rules.share_broken(found["rules"]),
        scores.LINKAGE: float(linked.total["rate"].iloc[0]) if linked else NAN,
        scores.BIAS: abs(1 - linked.bias.value) if linked and linked.bias else NAN,
        scores.LEDGER: ledger.share_within() if ledger else NAN,
        scores.COSTING: costs.share_within(found["costing"]),
        scores.RUN_OFF: _recorded_lately(later),
    }
    return scores.score(values, _sentences(found, currency, share))


def _sentences(found: dict, currency: str, share: float) -> dict[str, str]:
    return {
        scores.COMPLETENESS: words.completeness_words(found["completeness"], share),
        scores.RULES: words.rules_words(found["rules"]),
        scores.LINKAGE: words.linkage_words(found["linkage"]),
        scores.BIAS: words.bias_words(found["linkage"], currency),
        scores.LEDGER: words.ledger_words(found["ledger"], currency),
        scores.COSTING: words.costing_words(found["costing"]),
        scores.RUN_OFF: words.run_off_words(found["completion"], currency),
    }


def _recorded_lately(later: pd.DataFrame) -> float:
    """The share of the cost of the last months of care that is in the data."""
    if later.empty:
        return NAN
    last = later[later["month"] > later["month"].max() - MONTHS_IN_YEAR]
    return float(last["amount"].sum() / (last["amount"].sum() + last["later"].sum()))
