"""Need weights as tables: models side by side, predictive ratios, weights of cells. All passes disclosure control first."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from capitation.charts.price_need import (
    MOST_PRACTICES,
    group_words,
    model_words,
    practice_words,
    ratios_listed,
    safe_weights,
)
from capitation.dataset.disclosure import HIDDEN, may_show_mean
from capitation.price.need import ScoreGrowth
from capitation.price.need_judged import Comparison, Judged
from capitation.tables import Table, amount, rounded_person_years
from capitation.terms import MINUS, percent

Named = Callable[[int], str]
NONE = "–"
CHANCE_NOTE = "Of 20 practices one lies beyond its limits by chance alone, and small ones lie furthest from 1."
FEW_NOTE = f"{HIDDEN} stands for too few people to show, or for mostly one person’s cost; people to the nearest 5."


def models(found: Comparison, currency: str, name: Named = str) -> Table:
    """Each model's measures in the year it had not seen, beside what is published."""
    rows = [_model(judged, currency) for judged in found.judged if may_show_mean(judged.people)]
    notes = ["R² of single people and of practices’ means are told together: a model that tells little of single people may "
             "still pay practices fairly.",
             "Published: English population of about 5 million, BMJ 2011;343:d6608, table 1; validation. Few practices or an older "
             "cohort alone are not comparable with it."]  # fmt: skip
    title = f"Need models side by side{_when(found, name)}"
    return Table("need-models", title, _framed(rows, "Model"), notes=tuple(notes))


def _when(found: Comparison, name: Named) -> str:
    if not found.judged:
        return ""
    first = found.judged[0]
    return f": learnt from {', '.join(map(name, first.years))}, judged on {name(first.year)}"


def _model(judged: Judged, currency: str) -> dict[str, str]:
    practices = judged.practice_r_squared
    return {
        "Model": model_words(judged.model, judged.features),
        "R² of people": f"{_signed(judged.r_squared, 4)} ± {1.96 * judged.r_squared_error:.4f}",
        "in the years learnt from": _signed(judged.r_squared_fitted, 4),
        "published": NONE if judged.published is None else f"{judged.published[1]:.4f}",
        "R² of practices": NONE if practices is None else f"{_signed(practices, 2)} ({judged.practices})",
        f"mean absolute error, {currency} per person-year": amount(judged.mean_absolute_error),
        "level": f"{judged.level:.3f}",
    }


def _signed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", MINUS)


def ratios(found: Judged, currency: str, name: Named = str) -> Table:
    """Actual and predicted cost by tenth, segment, deprivation, place and practice, with the predictive ratio and its limits."""
    rows = [_ratio(row, currency) for what in dict.fromkeys(found.ratios["of"])
            for row in ratios_listed(found, what).to_dict("records")]  # fmt: skip
    title = f"Predictive ratios of {name(found.year)} ({model_words(found.model, found.features)})"
    return Table("need-ratios", title, _framed(rows, "Group"), group="by" if rows else None,
                 notes=(_practice_note(found), FEW_NOTE))  # fmt: skip


def _practice_note(found: Judged) -> str:
    """How far practices lie from 1, that not all are listed where so, and what chance does to them; or why none is given."""
    said = practice_words(found)
    sentences = [f"{said[:1].upper()}{said[1:]}."]
    if found.practices > MOST_PRACTICES:
        sentences.append(f"The {MOST_PRACTICES} furthest from 1 are listed.")
    if found.practices > 1:
        sentences.append(CHANCE_NOTE)
    return " ".join(sentences)


def _ratio(row: dict[Any, Any], currency: str) -> dict[str, str]:
    hidden = pd.isna(row["ratio"])
    return {
        "Group": group_words(str(row["of"]), str(row["group"])), "by": str(row["of"]),
        "people": HIDDEN if pd.isna(row["people"]) else f"{row['people']:,}",
        f"actual, {currency} per person-year": HIDDEN if hidden else amount(row["actual"]),
        f"predicted, {currency} per person-year": HIDDEN if hidden else amount(row["predicted"]),
        "actual over predicted": HIDDEN if hidden else f"{row['ratio']:.2f}",
        "95 % limits": HIDDEN if hidden else f"{row['low']:.2f} to {row['high']:.2f}",
    }  # fmt: skip


def weights(cells: pd.DataFrame, year: str) -> Table:
    """The contract's need weights by cell."""
    rows = [{"Cell": str(row["cell"]), "weight": HIDDEN if pd.isna(row["weight"]) else f"{row['weight']:.3f}",
             "person-years": HIDDEN if pd.isna(row["exposure"]) else f"{rounded_person_years(row['exposure']):,}",
             "people": HIDDEN if pd.isna(row["people"]) else f"{row['people']:,}"}
            for row in safe_weights(cells).to_dict("records")]  # fmt: skip
    note = "1 is the average cost of a person-year in the base years."
    return Table("need-weights", f"Need weights of {year}", _framed(rows, "Cell"), notes=(note, FEW_NOTE))


def score_growth(found: ScoreGrowth, years: list[str]) -> Table:
    """Growth of the population's score year by year: as found, as paid for, and what the cap takes off."""
    rows = [{"Year": year, "growth of the score": percent(float(f) - 1, 2, signed=True),
             "paid for": percent(float(p) - 1, 2, signed=True), "taken off by the cap": percent(float(c), 2, signed=True)}
            for year, f, p, c in zip(years, found.found, found.paid, found.cut, strict=True)]  # fmt: skip
    note = f"Held within ± {percent(found.cap, 0)} over the agreement (MSSP, REACH)."
    return Table(
        "need-score-growth", "Growth of the need score since the first year", _framed(rows, "Year"), notes=(note,)
    )


def _framed(rows: list[dict[str, str]], first: str) -> pd.DataFrame:
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=pd.Index([first]))
