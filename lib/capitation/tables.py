"""Results as tables: a result in, a frozen description out, rendered by Great Tables when shown.

Nothing is worked out here beyond reshaping and writing figures; counts of people and what stands for few of them
pass disclosure control first. Every heading that holds amounts names the currency.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from capitation import terms
from capitation.contract import ContractResult, measures_hidden
from capitation.dataset.disclosure import HIDDEN, ROUNDED_TO, safe_table, suppress_count
from capitation.design import Change, ContractDesign, diff
from capitation.headline import BAD_YEAR
from capitation.left_out import left_out, supplied_in_words
from capitation.loss.simulation_error import quantile_of
from capitation.outcomes.score import Score
from capitation.price.person_year import BUILD_UP_LABELS, NEED_WEIGHTS
from capitation.price_checks import period_of, year_and_period
from capitation.risk.clauses import CLAUSE_LABELS
from capitation.shadow.back_test import BackTest, year_row
from capitation.terms import MINUS, percent
from capitation.theme import FONT, INK, QUIET, RULE_GREY

_UNIT_AFTER = {
    terms.MONEY_PER_PERSON_YEAR: " per person-year",
    terms.SHARE_PER_YEAR: " a year",
    terms.YEARS: " years",
    terms.AGE: " years of age",
}
_FONTS = [name.strip(' "') for name in FONT.split(",")]


@dataclass(frozen=True)
class Table:
    """A table ready to show: texts in ``rows``, columns named as headings; the first column names each row.

    ``group`` is the column whose values head groups of rows; ``words`` are columns of words, set to the left.
    """

    name: str
    title: str
    rows: pd.DataFrame = field(repr=False)
    group: str | None = None
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def html(self) -> str:
        """The table as HTML that needs nothing from anywhere else; a notebook reads no formula into its ``$``."""
        return f'<div class="cw-table tex2jax_ignore mathjax_ignore">{_rendered(self)}</div>'

    def _repr_html_(self) -> str:
        return self.html()


def _rendered(table: Table) -> str:
    from great_tables import GT

    rows = table.rows.astype(str)
    first, *others = [c for c in rows.columns if c != table.group]
    drawn = GT(rows, rowname_col=first, groupname_col=table.group, id=f"table-{table.name}")
    drawn = drawn.tab_header(table.title).tab_stubhead(first)
    drawn = drawn.cols_align("right", [c for c in others if c not in table.words])
    drawn = drawn.cols_align("left", [c for c in others if c in table.words])
    for note in table.notes:
        drawn = drawn.tab_source_note(note)
    return drawn.tab_options(
        table_font_names=_FONTS, table_font_size="14px", table_font_color=INK, table_width="100%",
        heading_align="left", heading_title_font_size="15px", heading_title_font_weight="bold",
        column_labels_font_weight="bold", row_group_font_weight="bold", data_row_padding="4px",
        source_notes_font_size="12px", table_border_top_style="none", table_body_hlines_color=RULE_GREY,
        column_labels_border_bottom_color=QUIET,
    ).as_raw_html()  # fmt: skip


def amount(value: float) -> str:
    """A whole amount without its currency, e.g. ``−1,234``; an en dash where there is none."""
    if not np.isfinite(value):
        return "–"
    rounded = round(float(value)) + 0
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,}"


def with_unit(value: object, unit: str, currency: str) -> str:
    """A term's value with its unit, e.g. ``£60,000 per person-year``; an en dash where the term is absent."""
    return "–" if value is None else terms.figure(value, unit, currency) + _UNIT_AFTER.get(unit, "")


def term_value(path: str, value: object, unit: str, currency: str) -> str:
    """The value of the term at ``path`` as people read it, with its unit; words in place of codes."""
    if path == "outlook.contract_year" and value:
        return str(value)
    if path == "risk.order" and isinstance(value, list | tuple):
        return ", ".join(CLAUSE_LABELS[str(clause)] for clause in value)
    if path == "tolerances.movable" and isinstance(value, list | tuple):
        return ", ".join(str(name).replace("_", " ").replace(".", " ").removeprefix("risk ") for name in value)
    return terms.said_of_nothing(path, value) or with_unit(value, unit, currency)


def rounded_person_years(exposure: float) -> int:
    """Person-years to the nearest 5, as counts of people are: where all stay the whole year they are the count."""
    return ROUNDED_TO * round(exposure / ROUNDED_TO)


def _person_years(exposure: float) -> str:
    return HIDDEN if pd.isna(exposure) else f"{rounded_person_years(exposure):,}"


def money_lines(result: ContractResult) -> Table:
    """Who receives what by line in the settled year, in whole currency; each line's parties sum to nothing."""
    lines = result.money_lines
    wide = lines.pivot_table(index=["step", "line"], columns="party", values="pence", aggfunc="sum", sort=False)
    wide = wide.reindex(columns=_parties(result))
    wide.loc[("together", "left with"), :] = wide.sum()
    wide["sum"] = wide.sum(axis=1)
    shown = (wide / 100).map(lambda v: "" if pd.isna(v) else amount(v))
    shown.columns = pd.Index([*(result.name_of(p) for p in _parties(result)), "Sum"])
    rows = shown.rename_axis(["Step", "Line"]).reset_index()
    rows["Line"] = [_in_words(result, line) for line in rows["Line"]]
    title = f"Money lines of {year_and_period(result)}, {result.dataset.meta.currency}"
    note = "Positive: the party receives. Every line sums to 0 to the penny."
    return Table("money-lines", title, rows, group="Step", notes=(note,))


def _in_words(result: ContractResult, line: str) -> str:
    what, colon, provider = line.partition(": ")
    return f"{what}: {result.name_of(provider)}" if colon and provider in result.dataset.providers.index else line


def _parties(result: ContractResult) -> list[str]:
    return result.settled.in_order


def _year(result: ContractResult) -> str:
    return result.dataset.meta.year_name(result.year)


def parties(result: ContractResult) -> Table:
    """What each party is left with: in the settled year, and in nine drawn years of ten."""
    currency = result.dataset.meta.currency
    rows = [_party_row(result, party, currency) for party in _parties(result)]
    note = ("The commissioner’s and the suppliers’ figures are what they pay and receive in all; "
            f"{result.design.outlook.replicates:,} years of the outlook are drawn.")  # fmt: skip
    part = (f"All amounts are of {period_of(result)}: a drawn year is as long.",) if result.part_year else ()
    return Table("parties", f"What each party is left with, {currency}", pd.DataFrame(rows), notes=(note, *part))


def _party_row(result: ContractResult, party: str, currency: str) -> dict[str, str]:
    drawn = result.outlook.result(party)
    low, middle, high = (amount(quantile_of(drawn, q).value) for q in (BAD_YEAR, 0.5, 1 - BAD_YEAR))
    return {
        "Party": result.name_of(party),
        f"{year_and_period(result)}, settled, {currency}": amount(float(result.settled.result(party)[0])),
        f"1 drawn year in 20 is worse than, {currency}": low,
        f"middle drawn year, {currency}": middle,
        f"1 in 20 is better than, {currency}": high,
    }


def build_up(result: ContractResult) -> Table:
    """The price line by line, per person-year and for the year, or what of it is over."""
    price, currency = result.price, result.dataset.meta.currency
    lines = {BUILD_UP_LABELS[name]: value for name, value in price.build_up.items()}
    lines["Price"] = price.per_person_year
    rows = [{"Line": label, f"{currency} per person-year": _to_pence(value),
             f"{currency} for {period_of(result)}": amount(value * price.exposure)} for label, value in lines.items()]  # fmt: skip
    low, high = price.interval()
    note = (f"95 % interval of the price {_to_pence(low)} to {_to_pence(high)} {currency} per person-year "
            f"(standard error {_to_pence(price.error)}); about {_person_years(price.exposure)} person-years.")  # fmt: skip
    return Table("build-up", f"The price of {_year(result)}, line by line", pd.DataFrame(rows), notes=(note,))


def _to_pence(value: float) -> str:
    return f"{MINUS if round(value, 2) < 0 else ''}{abs(value):,.2f}" if np.isfinite(value) else "–"


def cells(result: ContractResult) -> Table:
    """The price by cell; a cell that stands for few people shows nothing."""
    currency = result.dataset.meta.currency
    safe = _safe_cells_of_price(result.price.cells)
    rows = [{"Cell": str(r["cell"]), "people in the base years": _or_hidden(r["base_people"], ","),
             "person-years in the base years": _person_years(r["base_exposure"]),
             "person-years in the contract year": _person_years(r["exposure"]),
             f"{currency} per person-year": _or_hidden(r["rate"], ",.2f"),
             "95 % limits": HIDDEN if pd.isna(r["rate"]) else _limits(r["low"], r["high"]),
             "weight of its own rate": percent(r["credibility"], 0)}
            for r in sorted(safe.to_dict("records"), key=lambda r: _sex_and_age(str(r["cell"])))]  # fmt: skip
    notes = [f"{HIDDEN} stands for too few people to show; people and person-years are to the nearest 5."]
    if result.design.price.adjust == NEED_WEIGHTS:
        notes.append("Need weights have no limits by cell: cells are not priced on their own rates, but by the model.")
    return Table("cells", f"The price by cell ({result.design.price.adjust})", pd.DataFrame(rows), notes=tuple(notes))


def _limits(low: float, high: float) -> str:
    return f"{_to_pence(low)} to {_to_pence(high)}" if np.isfinite(low) else "–"


def _safe_cells_of_price(cells: pd.DataFrame) -> pd.DataFrame:
    """Price cells without what rests on few people, in the base years or in the contract year, or mostly on one."""
    base = safe_table(cells, "base_people", ["base_exposure", "rate"], amount="base_cost", largest="largest",
                      second="second")  # fmt: skip
    least = np.ceil(cells["exposure"]).astype(int)  # a person counts for one person-year at the most
    now = safe_table(cells.assign(least=least), "least", ["exposure"])["exposure"]
    return base.assign(exposure=now.where(least > 0, 0.0))


def _sex_and_age(cell: str) -> tuple[str, int]:
    sex, _, ages = cell.partition(" ")
    return sex, int("".join(takewhile(str.isdigit, ages)) or 0)


def _or_hidden(value: float, written: str) -> str:
    return HIDDEN if pd.isna(value) else format(value, written)


def back_test(test: BackTest) -> Table:
    """A row a year: what was priced, what happened, who would have got what, and what was paid in fact."""
    meta = test.results[0].dataset.meta
    rows = [_back_test_row(r) for r in test.results]
    left_out = tuple(f"{meta.year_name(y)} is not settled: {why}." for y, why in test.not_settled.items())
    title = f"Each year priced on the years before it and settled, {meta.currency}"
    return Table("back-test", title, pd.DataFrame(rows), notes=left_out)


def _back_test_row(result: ContractResult) -> dict[str, str]:
    """A year's row; one that is not over is held against no interval, as part of its cost has not reached the data."""
    row, currency = year_row(result), result.dataset.meta.currency
    return {
        "Year": year_and_period(result),
        "person-years": _person_years(row["person_years"]),
        f"price, {currency} per person-year": _to_pence(row["price_pppy"]),
        f"cost, {currency} per person-year": _to_pence(row["cost_pppy"]),
        "cost over expected": percent(row["actual_over_expected"] - 1, signed=True),
        "within 95 % interval": "not over" if result.part_year else "yes" if row["within_95"] else "no",
        f"commissioner would have paid, {currency}": amount(row["commissioner_paid"]),
        f"it paid in fact, {currency}": amount(row["paid_without_contract"]),
        f"holder left with, {currency}": amount(row["holder"]),
        f"partners left with, {currency}": amount(row["partners"]),
    }


def contract_terms(design: ContractDesign, currency: str) -> Table:
    """Every term in force: label, value with unit, source, path."""
    rows = [{"Term": d.label, "part": d.path.split(".")[0],
             "value": term_value(d.path, design.value(d.path), d.unit, currency),
             "source": d.source, "path": d.path} for d in design.declarations.values()]  # fmt: skip
    return Table("terms", f"Terms in force, design {design.name} ({design.key})", pd.DataFrame(rows), group="part",
                 words=("value", "source", "path"))  # fmt: skip


def changes(before: ContractDesign, after: ContractDesign, currency: str) -> Table:
    """The terms that differ from another design's; one row that says so when none does."""
    rows = [_change_row(c, currency) for c in diff(before, after)] or [("No term differs", "", "", "")]
    shown = pd.DataFrame(rows, columns=pd.Index(["Term", f"in {before.name}", "in force", "path"]))
    return Table("changes", f"What was changed against {before.name} ({before.key})", shown, words=("path",))


def _change_row(change: Change, currency: str) -> tuple[str, str, str, str]:
    was, now = (term_value(change.path, v, change.unit, currency) for v in (change.before, change.after))
    return change.label, was, now, change.path


def score(result: ContractResult) -> Table:
    """Each paid measure: value, scale and points, in the settled year and in the year before."""
    before = shown_score(result, result.score_before, result.price.base_years[-1])
    settled = before if result.part_year else shown_score(result, result.score, result.year)
    whole = sum(of.weight for of in result.design.outcomes.measures.values()) or 1.0  # weights are relative
    rows = [_score_row(now, old, whole, result.part_year) for now, old in zip(settled, before, strict=True)]
    headings = ["Measure", "weight", "floor", "target", "year before", "settled year", "points won"]
    kept = result.design.outcomes.withhold
    note = f"{percent(result.score.share, 0)} of the points are won; {percent(kept)} of the price depends on them."
    note = f"{note} They are those of the year before: the year is not over." if result.part_year else note
    note = note if rows else "No measure is named."
    shown, beside = pd.DataFrame(rows, columns=pd.Index(headings)), (*supplied_in_words(result), *left_out(result))
    return Table("score", "Outcome measures and points", shown, notes=(note, *beside))


def _score_row(now: Mapping[str, Any], before: Mapping[str, Any], whole: float, part_year: bool) -> tuple[str, ...]:
    scale = (percent(now["weight"] / whole, 0), *(f"{now[name]:g}" for name in ("floor", "target")))
    points = HIDDEN if pd.isna(now["points"]) else percent(now["points"], 0)
    name = str(now["measure"]).replace("_", " ").capitalize()
    value = "not over" if part_year else _or_hidden(now["value"], ".3f")
    return name, *scale, _or_hidden(before["value"], ".3f"), value, points


def shown_score(result: ContractResult, won: Score, year: int) -> list[dict[str, Any]]:
    """The score by measure as it may be shown: no value and no points where too few people were measured."""
    rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in won.by_measure.to_dict("records")]
    few, hidden = measures_hidden(result, year), {"value": math.nan, "points": math.nan}
    return [row | hidden if row["measure"] in few else row for row in rows]


def funnel(result: ContractResult) -> Table:
    """How many people each rule leaves in the contract year."""
    rows = result.cohort.funnel[result.cohort.funnel["year"] == result.year]
    shown = [{"Rule": str(rule), "people left": suppress_count(int(left))}
             for rule, left in zip(rows["rule"], rows["left"], strict=True)]  # fmt: skip
    note = f"Counts to the nearest 5; {HIDDEN} stands for 1 to 7."
    return Table("funnel", f"Who is in, {_year(result)}", pd.DataFrame(shown), notes=(note,))


def facts(of: Mapping[str, object], title: str = "Where the figures come from") -> Table:
    """Named facts, such as a report's provenance, one a row; a mapping inside becomes rows of its own."""
    rows = [{"Fact": name, "value": value} for name, value in _flat(of)]
    return Table("provenance", title, pd.DataFrame(rows), words=("value",))


def _flat(of: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in of.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name} ")
        else:
            yield (prefix + name).replace("_", " "), "–" if value is None else str(value)
