"""Which measures to pay on, with what weights and scales: the most that true success earns for each pound that chance moves.

A measure is left out when an improvement worth paying for can't be told from chance, when it moves with a better one, when
it has nothing left to win, or when the money at risk doesn't reach as far. Scales are linear with a dead band below them;
weights follow signal over noise, with what measures have in common, within a smallest and a largest stake on each. Source:
measures reference, section 6; mean-variance weights as in Markowitz (1952); stakes: CQUIN 2022/23 and later, see below.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.loss.ratio import Floats
from capitation.outcomes.chance import Predicted
from capitation.outcomes.power import TOLD
from capitation.terms import percent

FEWEST, MOST = 5, 10  # measures that are paid on where there are enough; more are watched
SMALLEST_STAKE = 0.0025  # of the price on one measure: CQUIN 2022/23, at most five indicators of 0.25 % each
LARGEST_STAKE = (
    0.01  # of the price: a judgement, between ACO REACH's 0.5 % a measure and the 2.9 % of Oxfordshire's seven
)
ALIKE = 0.7  # correlation from which two measures are one
TOPPED_OUT = 0.95  # of a share: little is left to win
DEAD_BAND = 0.5  # of the smallest change that is found: nothing is earned within it
HALFWAY = 0.5  # of what is left to win of a share: no improvement beyond it is taken to be within reach
SMALLEST_WEIGHT = 0.05
TENTHS = 1_000  # of a per cent in the whole, to which weights are rounded
HALVINGS = 80
AT_EDGE = 1e-9
CHOSEN = ""
ALIKE_OTHER = "it moves with another, which tells more"
BY_CHANCE = "an improvement worth paying for can’t be told from chance"


@dataclass(frozen=True)
class Candidate:
    """What is known of a measure before it is chosen: its direction, whether it is a share, the people it is counted for in
    the last base year, and why it can't be paid on."""

    lower_is_better: bool
    is_share: bool
    people: int = 0
    barred: str = ""


@dataclass(frozen=True)
class Considered:
    """One measure and what became of it: ``left_out`` says why, empty where it was chosen.

    ``step`` is the improvement worth paying for and ``found`` the smallest that is told from chance, in the measure's unit;
    ``signal`` their ratio times 2.8: standard deviations of a change by chance; ``people`` are counted in the last base year,
    and ``needed`` is how many it takes to tell the step in 80 of 100 cases, NaN where that can't be said; ``like`` is the
    measure that tells more of the same, where it is left out for that.
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
    people: int = 0
    needed: float = float("nan")
    like: str = ""


@dataclass(frozen=True)
class Proposed:
    """The measures to pay on with their terms, and every measure with why it is in or out, the strongest signal first.

    ``for_points`` is the part of the money that depends on points, 0 to 1; the rest is better paid for reporting, because
    fewer measures are fit than it takes to put no more than `LARGEST_STAKE` on each.
    """

    paid: Mapping[str, PaidMeasure]
    considered: tuple[Considered, ...]
    for_points: float


def proposed(
    ahead: Predicted, candidates: Mapping[str, Candidate], worthwhile: float, share_at_risk: float
) -> Proposed:
    """What to pay on, where ``share_at_risk`` of the price depends on outcomes."""
    known = {name: k for k, name in enumerate(ahead.names)}
    step = {name: _step(float(ahead.value[k]), candidates.get(name), worthwhile) for name, k in known.items()}
    signal = {name: _signal(step[name], float(ahead.change_sd[k])) for name, k in known.items()}
    order = sorted(known, key=lambda name: (-signal[name], name))
    out = {name: _unfit(name, float(ahead.value[known[name]]), signal[name], candidates) for name in order}
    picked, like = _picked([name for name in order if not out[name]], known, ahead, out, share_at_risk)
    stake = _stakes(_raw_weights(picked, known, ahead, step), share_at_risk)
    weight = dict(zip(picked, _rounded(stake), strict=True))
    paid = {
        name: _paid(float(ahead.value[known[name]]), step[name], signal[name], weight[name], candidates[name])
        for name in picked
    }
    rows = tuple(
        _row(name, ahead, known[name], step[name], paid.get(name), out[name], candidates.get(name)) for name in order
    )
    rows = tuple(replace(row, like=like.get(row.name, "")) for row in rows)
    return Proposed(paid, rows, float(stake.sum()) / share_at_risk if picked else 1.0)


def unknown_spread(name: str, value: float, people: int, why: str) -> Considered:
    """A measure of which nobody can say how much chance moves it."""
    none = float("nan")
    return Considered(name, value, none, none, none, 0.0, none, none, f"its chance is not known: {why}", people)


def with_measures(terms: Outcomes, found: Proposed) -> Outcomes:
    """The terms with these measures in place of those that were there; no more depends on points than they can carry."""
    return terms.model_copy(update={"measures": dict(found.paid), "phases": _phases(terms.phases, found.for_points)})


def _phases(phases: tuple[int, ...], for_points: float) -> tuple[int, ...]:
    """The parts by year, in whole per cent, none above what may depend on points."""
    most = max(int(100 * for_points + AT_EDGE), 1)
    return tuple(min(part, most) for part in phases or (100,)) if most < 100 else phases


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
    return CHOSEN if signal >= TOLD else BY_CHANCE


def reach(share_at_risk: float) -> int:
    """How many measures the money carries: each at least the smallest stake, and no more than ten."""
    return min(int(share_at_risk / SMALLEST_STAKE + AT_EDGE), MOST)


def _picked(
    fit: list[str], known: Mapping[str, int], ahead: Predicted, out: dict[str, str], share_at_risk: float
) -> tuple[list[str], dict[str, str]]:
    """The fit measures in order of signal, without those that move with a better one, and no more than the money carries;
    and which one the former move with."""
    picked: list[str] = []
    like: dict[str, str] = {}
    for name in fit:
        other = next((other for other in picked if abs(ahead.correlation[known[name], known[other]]) > ALIKE), "")
        if other:
            like[name], out[name] = other, ALIKE_OTHER
        elif len(picked) == reach(share_at_risk):
            out[name] = _too_many(len(picked), share_at_risk)
        else:
            picked.append(name)
    return picked, like


def _too_many(carried: int, share_at_risk: float) -> str:
    if carried == MOST:
        return f"{MOST} others tell more: watch it"
    carries = f"{carried} measure{'' if carried == 1 else 's'}" if carried else "no measure"
    return f"{percent(share_at_risk, 2)} of the price carries {carries} at {percent(SMALLEST_STAKE, 2)} each: watch it"


def _raw_weights(picked: list[str], known: Mapping[str, int], ahead: Predicted, step: Mapping[str, float]) -> Floats:
    """Shares of the money before any bound: Σ⁻¹·1 with Σ the covariance of points by chance, none below 0."""
    if not picked:
        return np.zeros(0)
    mine, width = [known[name] for name in picked], np.array([step[name] for name in picked])
    noise = ahead.change[np.ix_(mine, mine)] / np.outer(width, width)
    raw = np.maximum(_solved(noise), 0.0)
    return raw / raw.sum()


def _stakes(raw: Floats, share_at_risk: float) -> Floats:
    """The share of the price on each measure: as ``raw``, brought within the smallest and largest stake and weight.

    λ·raw held within both bounds, with the λ for which the stakes add up to what may depend on points.
    """
    if not len(raw):
        return raw
    whole = min(share_at_risk, len(raw) * LARGEST_STAKE)
    low = max(SMALLEST_WEIGHT * whole, SMALLEST_STAKE)
    some = np.maximum(raw, AT_EDGE)
    below, above = 0.0, LARGEST_STAKE / float(some.min())
    for _ in range(HALVINGS):
        middle = (below + above) / 2
        short = np.clip(middle * some, low, LARGEST_STAKE).sum() < whole
        below, above = (middle, above) if short else (below, middle)
    return np.clip(above * some, low, LARGEST_STAKE)


def _rounded(stake: Floats) -> list[float]:
    """Weights in per cent to one decimal, that sum to 100: the largest remainders are rounded up."""
    if not len(stake):
        return []
    exact = TENTHS * stake / stake.sum()
    whole = np.floor(exact + AT_EDGE)
    up = np.argsort(whole - exact, kind="stable")[: TENTHS - int(whole.sum())]
    whole[up] += 1
    return [float(tenths) / 10 for tenths in whole]


def _solved(noise: Floats) -> Floats:
    """Σ⁻¹·1, by least squares where Σ has no inverse."""
    return np.asarray(np.linalg.lstsq(noise, np.ones(len(noise)), rcond=None)[0], dtype=float)


def _paid(value: float, step: float, signal: float, weight: float, candidate: Candidate) -> PaidMeasure:
    """A linear scale that starts after the dead band and ends at the improvement worth paying for."""
    way = -1.0 if candidate.lower_is_better else 1.0
    dead = DEAD_BAND * TOLD / signal * step
    return PaidMeasure(floor=round(value + way * dead, 6), target=round(value + way * step, 6), weight=weight)


def _row(
    name: str,
    ahead: Predicted,
    k: int,
    step: float,
    paid: PaidMeasure | None,
    left_out: str,
    candidate: Candidate | None,
) -> Considered:
    floor, target, weight = (paid.floor, paid.target, paid.weight) if paid else (float("nan"), float("nan"), 0.0)
    people, found = candidate.people if candidate else 0, TOLD * float(ahead.change_sd[k])
    return Considered(
        name, float(ahead.value[k]), step, found, _signal(step, float(ahead.change_sd[k])), weight, floor, target, left_out,
        people, needed(people, found, step),
    )  # fmt: skip


def needed(people: int, found: float, step: float) -> float:
    """People for ``step`` to be told from chance in 80 of 100 cases, where so many tell ``found``: chance falls with √people."""
    return people * (found / step) ** 2 if step > 0 and people and np.isfinite(found) else float("nan")
