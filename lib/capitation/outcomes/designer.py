"""Which measures to pay on, with what weights and scales: the most that true success earns for each pound that chance moves.

A measure is left out when an improvement worth paying for can't be told from chance, when it moves with a better one, or
when it has nothing left to win. Scales are linear with a dead band below them; weights follow signal over noise, with what
measures have in common. Source: measures reference, section 6; mean-variance weights as in Markowitz (1952).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.loss.ratio import Floats
from capitation.outcomes.chance import Predicted

POWER = 2.801585  # standard errors: found in 80 of 100 cases, two-sided at 5 %
MOST = 8  # measures: 5 to 10 are paid on, more are watched
ALIKE = 0.7  # correlation from which two measures are one
TOPPED_OUT = 0.95  # of a share: little is left to win
DEAD_BAND = 0.5  # of the smallest change that is found: nothing is earned within it
HALFWAY = 0.5  # of what is left to win of a share: no improvement beyond it is taken to be within reach
SMALLEST_WEIGHT = 0.05
CHOSEN = ""


@dataclass(frozen=True)
class Candidate:
    """What is known of a measure before it is chosen: its direction, whether it is a share, and why it can't be paid on."""

    lower_is_better: bool
    is_share: bool
    barred: str = ""


@dataclass(frozen=True)
class Considered:
    """One measure and what became of it: ``left_out`` says why, empty where it was chosen.

    ``step`` is the improvement worth paying for and ``found`` the smallest that is told from chance, in the measure's unit;
    ``signal`` their ratio times 2.8: standard deviations of a change by chance.
    """

    name: str
    value: float
    step: float
    found: float
    signal: float
    weight: float
    floor: float
    target: float
    left_out: str


def proposed(
    ahead: Predicted, candidates: Mapping[str, Candidate], worthwhile: float
) -> tuple[dict[str, PaidMeasure], list[Considered]]:
    """The measures to pay on with their terms, and every measure with why it is in or out, the strongest signal first."""
    known = {name: k for k, name in enumerate(ahead.names)}
    step = {name: _step(float(ahead.value[k]), candidates.get(name), worthwhile) for name, k in known.items()}
    signal = {name: _signal(step[name], float(ahead.change_sd[k])) for name, k in known.items()}
    order = sorted(known, key=lambda name: (-signal[name], name))
    out = {name: _unfit(name, float(ahead.value[known[name]]), signal[name], candidates) for name in order}
    picked = _picked([name for name in order if not out[name]], known, ahead, out)
    weight = _weights(picked, known, ahead, step)
    paid = {
        name: _paid(float(ahead.value[known[name]]), step[name], signal[name], weight[name], candidates[name])
        for name in picked
    }
    return paid, [_row(name, ahead, known[name], step[name], signal[name], paid.get(name), out[name]) for name in order]


def with_measures(terms: Outcomes, paid: Mapping[str, PaidMeasure]) -> Outcomes:
    """The terms with these measures in place of those that were there."""
    return terms.model_copy(update={"measures": dict(paid)})


def _step(value: float, candidate: Candidate | None, worthwhile: float) -> float:
    """The improvement worth paying for, in the measure's unit, never below nothing."""
    if candidate is None or not np.isfinite(value):
        return 0.0
    step = worthwhile * abs(value)
    left = value if candidate.lower_is_better else 1 - value
    return max(min(step, HALFWAY * left), 0.0) if candidate.is_share else step


def _signal(step: float, spread: float) -> float:
    return step / spread if spread > 0 else 0.0


def _unfit(name: str, value: float, signal: float, candidates: Mapping[str, Candidate]) -> str:
    candidate = candidates.get(name)
    if candidate is None:
        return "its direction is not known: it is in no library"
    if candidate.barred or not np.isfinite(value):
        return candidate.barred or "nobody counts for it"
    if candidate.is_share and (value <= 1 - TOPPED_OUT if candidate.lower_is_better else value >= TOPPED_OUT):
        return "little is left to win: watch it with a floor"
    return CHOSEN if signal >= POWER else "an improvement worth paying for can’t be told from chance"


def _picked(fit: list[str], known: Mapping[str, int], ahead: Predicted, out: dict[str, str]) -> list[str]:
    """The fit measures in order of signal, without those that move with a better one, and not too many."""
    picked: list[str] = []
    for name in fit:
        like = next((other for other in picked if abs(ahead.correlation[known[name], known[other]]) > ALIKE), "")
        if like:
            out[name] = f"it moves with {like}, which tells more"
        elif len(picked) == MOST:
            out[name] = f"{MOST} others tell more: watch it"
        else:
            picked.append(name)
    return picked


def _weights(
    picked: list[str], known: Mapping[str, int], ahead: Predicted, step: Mapping[str, float]
) -> dict[str, float]:
    """Shares of the money, that sum to 1: Σ⁻¹·1 with Σ the covariance of points by chance, none below a smallest weight."""
    if not picked:
        return {}
    mine, width = [known[name] for name in picked], np.array([step[name] for name in picked])
    noise = ahead.change[np.ix_(mine, mine)] / np.outer(width, width)
    raw = np.maximum(_solved(noise), 0.0)
    weight = np.maximum(raw / raw.sum(), SMALLEST_WEIGHT)
    rounded = np.round(100 * weight / weight.sum())
    return dict(zip(picked, (float(w) for w in np.maximum(rounded, 1.0)), strict=True))


def _solved(noise: Floats) -> Floats:
    """Σ⁻¹·1, by least squares where Σ has no inverse."""
    return np.asarray(np.linalg.lstsq(noise, np.ones(len(noise)), rcond=None)[0], dtype=float)


def _paid(value: float, step: float, signal: float, weight: float, candidate: Candidate) -> PaidMeasure:
    """A linear scale that starts after the dead band and ends at the improvement worth paying for."""
    way = -1.0 if candidate.lower_is_better else 1.0
    dead = DEAD_BAND * POWER / signal * step
    return PaidMeasure(floor=round(value + way * dead, 6), target=round(value + way * step, 6), weight=weight)


def _row(
    name: str, ahead: Predicted, k: int, step: float, signal: float, paid: PaidMeasure | None, left_out: str
) -> Considered:
    floor, target, weight = (paid.floor, paid.target, paid.weight) if paid else (float("nan"), float("nan"), 0.0)
    return Considered(
        name, float(ahead.value[k]), step, POWER * float(ahead.change_sd[k]), signal, weight, floor, target, left_out
    )
