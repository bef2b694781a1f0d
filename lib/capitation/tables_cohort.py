"""What is said of a cohort, as tables. Counts and amounts pass disclosure control first."""

from typing import Any

import numpy as np
import pandas as pd

from capitation.charts.cohort_people import ALL_CARE, FIFTHS, safe_segments, shown_shares
from capitation.charts.cohort_risk import shown_bands
from capitation.charts.cohort_time import OWN_RISE, OWN_RISE_IS, may_show_share, none_or_enough, shown_effects
from capitation.cohort.profile import DEPRIVATION, LOCALITY
from capitation.cohort.regression_to_mean import Fall
from capitation.cohort.risk_score import Stratification
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN
from capitation.loss.simulation_error import Z95
from capitation.tables import Table, amount
from capitation.terms import MINUS, percent


def segments(result: ContractResult) -> Table:
    """Each segment: people, cost of a person-year, how much members of it differ."""
    currency = result.dataset.meta.currency
    rows = [{"Segment": str(r["segment"]), "people": _shown(r["people"], ",.0f"),
             f"{currency} per person-year": _shown(r["pppy"], ",.0f"), "coefficient of variation": _shown(r["cv"], ".2f")}
            for r in safe_segments(result.profile).to_dict("records")]  # fmt: skip
    notes = [
        ALL_CARE,
        f"{HIDDEN} stands for too few people to show, or for mostly one person’s cost; people to the nearest 5.",
    ]
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
    rows = [_fall(fall, meta.year_name(fall.year), meta.currency) for fall in falls]
    notes = ("Chosen by the same rules each year; nobody did anything for them that the data know of.", OWN_RISE_IS,
             f"{ALL_CARE} {HIDDEN} stands for few people, or mostly one.")  # fmt: skip
    return Table("regression", "What people chosen by these rules cost before and after, by itself",
                 _framed(rows, ["Chosen at the start of"]), notes=notes)  # fmt: skip


def _fall(fall: Fall, year: str, currency: str) -> dict[str, str]:
    told = {
        f"{currency} per person-year, year before": amount(fall.before),
        f"{currency} per person-year, that year": amount(fall.after),
        OWN_RISE: percent(fall.growth - 1, signed=True),
        "growth of everybody’s cost per person-year": _growth(fall.growth_pppy),
        "change beyond everybody’s own rise": percent(fall.ratio - 1, signed=True),
        "95 % limits": " to ".join(percent(limit - 1, signed=True) for limit in fall.limits),
    }
    return {"Chosen at the start of": year} | (told if fall.may_show else dict.fromkeys(told, HIDDEN))


def _growth(growth: float) -> str:
    return percent(growth - 1, signed=True) if np.isfinite(growth) else "–"


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
    return Table("turnover", "What comers and goers do to the cost of a person-year", _framed(rows, ["People who …"]),
                 notes=(ALL_CARE,) if rows else ("Too few people came, went or stayed to show.",))  # fmt: skip


def followed(result: ContractResult) -> Table:
    """The people chosen earliest, in every year: what share of everybody's cost and admissions they have."""
    found, meta = result.profile.persistence, result.dataset.meta
    rows = (
        [_followed(row, meta.year_name(int(row["year"]))) for row in found.shares.to_dict("records")] if found else []
    )
    notes = (ALL_CARE, f"{HIDDEN} stands for few people, or mostly one.")
    title = f"The same people, chosen at the start of {meta.year_name(found.chosen_in)}" if found else "The same people"
    return Table("followed", title, _framed(rows, ["Year"]), notes=notes)


def _followed(row: dict[Any, Any], year: str) -> dict[str, str]:
    may = {
        "cost_share": may_show_share(row),
        "outcome_share": none_or_enough(row.get("outcome", 0), row.get("other_outcome", 0)),
    }
    shares = {"cost_share": "share of all cost", "outcome_share": "share of all events"}
    return {"Year": year} | {
        words: _share(row[c]) if may[c] and may["cost_share"] else HIDDEN for c, words in shares.items() if c in row
    }


def _share(share: float) -> str:
    return percent(share) if np.isfinite(share) else "–"


def calibration(result: ContractResult) -> Table:
    """How well risk was told in a year that the score had not seen: each measure with its limits, then by band of risk."""
    found, bands = result.profile.stratification, shown_bands(result)
    rows = [] if found is None or bands.empty else [*_measures(found), *map(_band, bands.to_dict("records"))]
    title = "How well risk was told beforehand" + (
        f", in {result.dataset.meta.year_name(found.year)}" if found and rows else ""
    )
    notes = (
        "Who is among the dearest 5 in 100 of everybody in the data, by a score learnt from the year before. Intercept: 0 "
        "where as many are dear as told; slope: 1 where differences in risk are neither too large nor too small.",
        f"Tenths with few people who were, or were not, dear are taken together; {HIDDEN} stands for mostly one person’s cost.",
    )
    return Table(
        "calibration",
        title,
        _framed(rows, ["Measure"]),
        group="of" if rows else None,
        notes=notes if rows else _NO_RISK,
    )


_NO_RISK = ("No year before it to learn from, or too few people to show.",)
_BLANK = {"told": "", "happened": "", "lift": "", "share of all cost": ""}


def _measures(found: Stratification) -> list[dict[str, str]]:
    """Intercept, slope and c with their 95 % limits; an en dash where the limits are not known."""
    told = found.agreement
    named = {"calibration intercept": (told.intercept, told.intercept_error), "calibration slope": (told.slope, told.slope_error),
             "c-statistic": (found.c, found.c_error)}  # fmt: skip
    return [{"Measure": name, "of": "everybody", "value": _two(value),
             "95 % limits": f"{_two(value - Z95 * error)} to {_two(value + Z95 * error)}", **_BLANK}
            for name, (value, error) in named.items()]  # fmt: skip


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)


def _band(row: dict[Any, Any]) -> dict[str, str]:
    share = HIDDEN if pd.isna(row["cost_share"]) else percent(row["cost_share"])
    return {"Measure": row["band"], "of": "tenths of risk, the highest first", "value": "", "95 % limits": "",
            "told": percent(row["predicted"]), "happened": percent(row["observed"]), "lift": f"{row['lift']:.1f}",
            "share of all cost": share}  # fmt: skip
