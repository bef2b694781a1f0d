"""What is said of a cohort, as tables. Counts and amounts pass disclosure control first."""

from typing import Any

import pandas as pd

from capitation.charts.cohort_people import FIFTHS, safe_segments, shown_shares
from capitation.charts.cohort_time import shown_effects
from capitation.cohort.profile import DEPRIVATION, LOCALITY
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN, may_show_from_squares
from capitation.tables import Table, amount
from capitation.terms import percent


def segments(result: ContractResult) -> Table:
    """Each segment: people, cost of a person-year, how much members of it differ."""
    currency = result.dataset.meta.currency
    rows = [{"Segment": str(r["segment"]), "people": _shown(r["people"], ",.0f"),
             f"{currency} per person-year": _shown(r["pppy"], ",.0f"), "coefficient of variation": _shown(r["cv"], ".2f")}
            for r in safe_segments(result.profile).to_dict("records")]  # fmt: skip
    notes = [f"{HIDDEN} stands for too few people to show, or for mostly one person’s cost; people to the nearest 5."]
    missing = result.profile.not_told
    if missing:
        notes.append("These data do not record who is in: " + ", ".join(missing) + ".")
    title = f"The cohort by {result.design.cohort.scheme}"
    return Table("segments", title, _framed(rows, ["Segment"]), notes=tuple(notes))


def _shown(value: Any, written: str) -> str:
    return HIDDEN if pd.isna(value) else format(float(value), written)


def _framed(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=pd.Index(columns))


def who_is_in(result: ContractResult) -> Table:
    """Share of people who are in, by place and by fifth of deprivation."""
    rows = [row for column, heading in ((LOCALITY, "Place"), (DEPRIVATION, "Fifth of deprivation"))
            for row in _shares(result, column, heading)]  # fmt: skip
    shown = _framed(rows, ["Group", "of", "share who are in"])
    return Table("who-is-in", "Who is in and who is out", shown, group="of",
                 notes=(f"{HIDDEN} stands for a group with few people in or out.",))  # fmt: skip


def _shares(result: ContractResult, column: str, heading: str) -> list[dict[str, Any]]:
    by = result.profile.coverage(column).by
    names = [FIFTHS.get(int(g), str(g)) if column == DEPRIVATION else str(g) for g in by["group"]]
    return [{"Group": name, "of": heading, "share who are in": HIDDEN if pd.isna(share) else percent(share)}
            for name, share in zip(names, shown_shares(by), strict=True)]  # fmt: skip


def regression(result: ContractResult) -> Table:
    """Each year's cohort: its cost in the year before it was chosen and in the year itself."""
    found, meta = result.profile.regression, result.dataset.meta
    falls = [*found.earlier, found.now] if found else []
    rows = [{"Chosen at the start of": meta.year_name(fall.year),
             f"{meta.currency} per person-year, year before": amount(fall.before),
             f"{meta.currency} per person-year, that year": amount(fall.after),
             "everybody’s growth": percent(fall.growth - 1, signed=True),
             "fall against everybody": percent(fall.ratio - 1, signed=True),
             "95 % limits": f"{percent(fall.limits[0] - 1, signed=True)} to {percent(fall.limits[1] - 1, signed=True)}"}
            for fall in falls]  # fmt: skip
    note = "Chosen by the same rules each year; nobody did anything for them that the data know of."
    return Table("regression", "What people chosen by these rules cost before and after, by itself",
                 _framed(rows, ["Chosen at the start of"]), notes=(note,))  # fmt: skip


def turnover(result: ContractResult) -> Table:
    """What those who stayed, came and went did to the cost of a person-year."""
    found, currency = result.profile.turnover, result.dataset.meta.currency
    effects = (shown_effects(found) if found else None) or {}
    rows = [
        {"People who …": change, f"effect on a person-year, {currency}": amount(effect)}
        for change, effect in effects.items()
    ]
    if found and rows:
        rows.append(
            {"People who …": "together", f"effect on a person-year, {currency}": amount(found.after - found.before)}
        )
    return Table("turnover", "What comers and goers do to the cost of a person-year", _framed(rows, ["People who …"]))


def followed(result: ContractResult) -> Table:
    """The people chosen earliest, in every year: what share of everybody's cost and admissions they have."""
    found, meta = result.profile.persistence, result.dataset.meta
    rows = (
        [_followed(row, meta.year_name(int(row["year"]))) for row in found.shares.to_dict("records")] if found else []
    )
    title = f"The same people, chosen at the start of {meta.year_name(found.chosen_in)}" if found else "The same people"
    return Table("followed", title, _framed(rows, ["Year"]), notes=(f"{HIDDEN} stands for few people, or mostly one.",))


def _followed(row: dict[Any, Any], year: str) -> dict[str, str]:
    may = may_show_from_squares(int(row["people"]), row["cost"], row["squares"])
    shares = {"cost_share": "share of all cost", "outcome_share": "share of all events"}
    return {"Year": year} | {words: percent(row[c]) if may else HIDDEN for c, words in shares.items() if c in row}
