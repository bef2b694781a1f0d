"""Risk stratification: each person's chance of being among the dearest 5 in 100 of the year, as on the index date.

The score of a year comes from a model of the year before it: who of those people, by what was known on *their* index
date, turned out to be among the dearest, as far as was known when that year was over: records that came later are not
in it. So no score knows anything of the year that it is used in, and every figure of how good it is comes from a year
that the model has not seen, with all its records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from capitation.dataset.linked_dataset import PersonYears
from capitation.dataset.names import NEED
from capitation.dataset.selection import Condition, Grouping, Link, Score, bands
from capitation.dataset.sums import KNOWN
from capitation.kept import kept
from capitation.loss.grouped_model import Calibration, GroupedModel, c_statistic, calibration, fit
from capitation.loss.ratio import Floats

RISK: Final = "risk"
DEAREST: Final = 0.05  # share of people that count as dear
AGES: Final = (0, 5, 18, 45, 65, 75, 85)
FRAILTY: Final = (
    0.0,
    0.121,
    0.241,
    0.361,
)  # above .12, .24, .36: mild, moderate, severe. Source: electronic frailty index
COUNTS: Final = (0, 1, 2, 3, 6)
PRIOR_SHARES: Final = (0.5, 0.2, 0.05, 0.01)  # who spent most in the year before: the cuts between bands of spend
TENTHS: Final = 10


def features(held: PersonYears) -> tuple[Grouping, ...]:
    """What the model looks at, as far as the data have it: age, sex, deprivation, conditions, frailty, spend before."""
    known = set(held.columns)
    found = [bands("age", "age", AGES, _named(AGES, "aged ")),
             Grouping("sex", (("female", (Condition("sex", "in", ("female",)),)),), "other"), _prior(held)]  # fmt: skip
    if "deprivation" in known and held.values("deprivation"):
        found.append(_each("deprivation", "deprivation", range(1, 6)))
    for marker, edges in (("conditions", COUNTS), ("frailty", FRAILTY)):
        if NEED + marker in known:
            found.append(bands(marker, NEED + marker, edges, _named(edges, f"{marker} from ")))
    return tuple(found)


def _named(edges: Sequence[float], before: str) -> tuple[str, ...]:
    return tuple(f"{before}{edge:g}" for edge in edges)


def _each(name: str, column: str, values: Sequence[int]) -> Grouping:
    return Grouping(name, tuple((f"{name} {v}", (Condition(column, "in", (v,)),)) for v in values), "not known")


def _prior(held: PersonYears) -> Grouping:
    """Bands of spend in the year before, cut where the first year's spend had its dearest half, fifth and so on."""
    first = int(held.values("year")[0])
    cuts = [held.sums.cut(first, share, KNOWN) for share in PRIOR_SHARES]
    edges = tuple(float(cut) for cut in dict.fromkeys([0.0, *(c for c in cuts if c > 0)]))
    spent = bands("prior spend", "prior_spend", edges, _named(edges, "spent from "))
    absent = ("not there", (Condition("prior_known", "in", (False,)),))
    return Grouping("prior spend", (absent, *spent.groups), spent.other)


@kept(4)
def risk_score(held: PersonYears) -> Score:
    """The chance of being among the dearest, for each year that has a year before it."""
    return _score(held, RISK, "logistic")


@kept(4)
def predicted_cost(held: PersonYears) -> Score:
    """Expected cost per person-year from the same features and years, in the data set's currency."""
    return _score(held, "predicted", "log")


def _score(held: PersonYears, name: str, link: Link) -> Score:
    looked_at = features(held)
    years = [int(y) for y in held.values("year")]
    models = ((year, _model(held, looked_at, year - 1, link)) for year in years if year - 1 in years)
    by_year = tuple((year, m.intercept, tuple(tuple(map(float, c)) for c in m.coefficients)) for year, m in models if m)
    return Score(name, link, looked_at, by_year)


def _model(held: PersonYears, looked_at: tuple[Grouping, ...], year: int, link: Link) -> GroupedModel | None:
    of = KNOWN if link == "logistic" else "cost"  # nobody is chosen by expected cost: it looks back, with every record
    cells = counted(held, looked_at, year, of)
    total, weight = (cells["events"], cells["people"]) if link == "logistic" else (cells["cost"], cells["exposure"])
    try:
        return fit(_codes(cells, looked_at), [len(g.labels) for g in looked_at], total.to_numpy(float),
                   weight.to_numpy(float), link)  # fmt: skip
    except ValueError:  # nobody, or nobody with any cost: no score for the year after
        return None


@kept(32)
def counted(held: PersonYears, looked_at: tuple[Grouping, ...], year: int, of: str = "cost") -> pd.DataFrame:
    """Everybody in a year by the features: people, events (who were among the dearest by ``of``), cost, exposure."""
    dear = Condition(of, "at least", (max(held.sums.cut(year, DEAREST, of), 0.01),))
    return held.sums.cells(year, (), looked_at, dear, (), ("exposure", "cost", "cost*cost"))


def _codes(cells: pd.DataFrame, looked_at: Sequence[Grouping]) -> list[np.ndarray]:
    return [cells[g.name].map({label: n for n, label in enumerate(g.labels)}).to_numpy(int) for g in looked_at]


@dataclass(frozen=True)
class Stratification:
    """How well the score of ``year`` told who would be among the dearest in it, from a model of the year before.

    ``tenths`` has a row per tenth of people, the highest risk first: people, predicted and observed share of dear ones,
    ``events``, ``lift`` (observed over the share of everybody), ``cost_share`` (of all cost), ``squares`` (Σ cost²).
    """

    year: int
    learnt_from: int
    c: float
    c_error: float
    agreement: Calibration
    tenths: pd.DataFrame


def stratification(held: PersonYears, year: int) -> Stratification | None:
    """The score of ``year`` against what happened in it; None where there was no year to learn from."""
    score = risk_score(held)
    mine = [(intercept, points) for when, intercept, points in score.by_year if when == year]
    if not mine:
        return None
    cells = counted(held, score.groupings, year)
    model = GroupedModel("logistic", mine[0][0], tuple(np.array(p) for p in mine[0][1]))
    predicted = model.predict(_codes(cells, score.groupings))
    events, people = cells["events"].to_numpy(float), cells["people"].to_numpy(float)
    if not 0 < events.sum() < people.sum():
        return None
    c = c_statistic(predicted, events, people)
    return Stratification(year, year - 1, c, c_error(c, events.sum(), (people - events).sum()),
                          calibration(predicted, events, people), tenths(predicted, cells))  # fmt: skip


def c_error(c: float, yes: float, no: float) -> float:
    """Standard error of a c-statistic. Source: Hanley and McNeil, Radiology 143 (1982)."""
    q1, q2 = c / (2 - c), 2 * c * c / (1 + c)
    return float(np.sqrt((c * (1 - c) + (yes - 1) * (q1 - c * c) + (no - 1) * (q2 - c * c)) / (yes * no)))


def tenths(predicted: Floats, cells: pd.DataFrame) -> pd.DataFrame:
    """People in ten equal parts by predicted chance, highest first; a cell on an edge is shared out in proportion."""
    order = np.argsort(-predicted, kind="stable")
    columns = {
        "people": cells["people"],
        "events": cells["events"],
        "cost": cells["cost"],
        "squares": cells["cost*cost"],
    }
    ranked = {name: column.to_numpy(float)[order] for name, column in columns.items()}
    ranked["expected"] = (predicted * columns["people"].to_numpy(float))[order]
    upto = np.append(0.0, np.cumsum(ranked["people"]))
    edges = np.linspace(0, upto[-1], TENTHS + 1)
    parts = pd.DataFrame(
        {name: np.diff(np.interp(edges, upto, np.append(0.0, np.cumsum(v)))) for name, v in ranked.items()}
    )
    overall, whole = parts["events"].sum() / parts["people"].sum(), parts["cost"].sum()
    return parts.assign(tenth=range(1, TENTHS + 1), predicted=parts["expected"] / parts["people"],
                        observed=parts["events"] / parts["people"], cost_share=parts["cost"] / (whole or 1.0),
                        lift=parts["events"] / parts["people"] / overall)  # fmt: skip


RISES, MONTHS, STEEP, RAPID = 4, 6, 15.0, 3


def rising_risk(scores: Floats) -> np.ndarray:
    """Whose risk is rising, from monthly scores of 0 to 100, shape (people, months), the latest last.

    Up in at least 4 of the last 6 months; or up in each of the last 3 and by more than 15 points in all. Source: Long-term
    conditions Year of Care funding model, entry criteria. Fewer months than 7 tell nothing of the first rule.
    """
    change = np.diff(scores, axis=1)
    often = (change[:, -MONTHS:] > 0).sum(axis=1) >= RISES if change.shape[1] >= MONTHS else np.zeros(len(scores), bool)
    rapid = (change[:, -RAPID:] > 0).all(axis=1) & (scores[:, -1] - scores[:, -1 - RAPID] > STEEP)
    return often | rapid if change.shape[1] >= RAPID else often
