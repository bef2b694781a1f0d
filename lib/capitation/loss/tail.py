"""Cases dearer than any ever seen: a generalised Pareto law fitted to the dearest people, beyond the largest of them too.

Data end at their largest case, chance does not. Above a threshold u the excess of cost is taken for generalised
Pareto, P(X - u > y) = (1 + ξy/β)^(-1/ξ), and stands in a few amounts for the people above u, some of them beyond the
largest case. As many are above u as were seen, and by the moments that are fitted they cost as much together: what
changes is how much of it lies far out. (To add a tail to what was seen would count it twice: the mean of what was
seen is already right on average.)
Source: Pickands (1975); probability-weighted moments of Hosking and Wallis, Technometrics 29 (1987); the threshold by
goodness of fit as in Bader, Yan and Zhang, Annals of Applied Statistics 12 (2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capitation.loss.cost_sums import CostSums, LineSums
from capitation.loss.ratio import Floats

FEWEST = 16  # people above a threshold for a fit
STEP = 1.25  # between the numbers of people above the thresholds tried
HEAVIEST = 0.9  # of ξ: at 1 the mean is infinite
FITS = 0.1  # p-value from which a threshold is believed
SIMULATIONS = 400
SEEN, BEYOND = 48, 12  # slices of people above the threshold, up to the largest case and beyond it
LEAST = 1e-6  # chance up to which there are slices where the fitted law ends below the largest case
FLAT = 1e-9  # |ξ| below which the law is exponential


@dataclass(frozen=True)
class TailFit:
    """Excess over ``threshold`` (currency) of the ``people`` dearest: ``shape`` ξ, ``scale`` β (currency).

    ``p_value`` is how often so many people drawn from the fitted law fit as badly (Anderson and Darling); ``limited``
    whether ξ was held at its largest, the mean being infinite or nearly so.
    """

    threshold: float
    people: int
    shape: float
    scale: float
    p_value: float
    limited: bool

    def exceeds(self, amount: float) -> float:
        """P(X > ``amount`` | X > threshold) for an amount above the threshold."""
        return float(_exceeds(np.asarray(amount - self.threshold), self.shape, self.scale))

    def amount(self, chance: float) -> float:
        """The amount above which a person above the threshold costs with this ``chance``."""
        return self.threshold + float(_excess(np.asarray(chance), self.shape, self.scale))

    def mean_excess(self, amount: float) -> float:
        """E(X - ``amount`` | X > ``amount``), currency: (β + ξ(amount - u))/(1 - ξ); inf where there is no more room."""
        return max(self.scale + self.shape * (amount - self.threshold), 0.0) / (1 - self.shape)


@dataclass(frozen=True, eq=False)
class Spliced:
    """``sums`` with a fitted tail, ``beyond`` people of it beyond the largest case ``seen`` (currency); and what it changed.

    ``fits`` are the thresholds tried, the fewest people first; ``fit`` the one chosen, None where too few people are
    dear enough for any: then the sums are the ones given. ``mean_before`` and ``mean_after`` are of a person, currency.
    """

    sums: CostSums
    fit: TailFit | None
    fits: Sequence[TailFit]
    seen: float
    beyond: float
    mean_before: float
    mean_after: float


def spliced(sums: CostSums, *, on: bool = True) -> Spliced:
    """The sums with a fitted tail beyond the largest case; ``on`` = False leaves them, and says that of itself.

    Needs the dearest people one by one in ``top``; a threshold is the cost of one of them.
    """
    fits = tail_fits(sums.top[sums.top_people == 1]) if on else []
    mean = _mean(sums)
    if not fits:
        return Spliced(sums, None, fits, sums.largest, 0.0, mean, mean)
    fit = chosen(fits)
    changed, beyond = with_tail(sums, fit)
    return Spliced(changed, fit, fits, sums.largest, beyond, mean, _mean(changed))


def tail_fits(top: Floats) -> list[TailFit]:
    """Fits above the costs of single people, the fewest people above the threshold first; (dearest,) in any order."""
    falling = np.sort(top)[::-1]
    numbers = np.unique(
        np.geomspace(FEWEST, max(len(falling) - 1, FEWEST), _tries(len(falling) - 1)).round().astype(int)
    )
    tried = [
        fitted(falling[:k], float(falling[k])) for k in numbers if k < len(falling) and falling[k - 1] > falling[k]
    ]
    return [fit for fit in tried if fit.scale > 0]


def chosen(fits: Sequence[TailFit]) -> TailFit:
    """The fit to most people, thus above the lowest threshold, of those that are believed; that to fewest where none is."""
    return next((fit for fit in reversed(fits) if fit.p_value >= FITS), fits[0])


def fitted(above: Floats, threshold: float) -> TailFit:
    """The law of the excess of people ``above`` (people,) over ``threshold``; ξ is held at 0.9 at most.

    Raises ValueError if somebody is not above it.
    """
    excess = np.sort(above - threshold)
    if len(excess) < 2 or excess[0] <= 0:
        raise ValueError("a tail is fitted to at least two people above its threshold")
    shape, scale = _fit(excess[None, :])
    free = float(shape[0])
    limited = free > HEAVIEST
    held = HEAVIEST if limited else free
    scale_held = float(excess.mean()) * (1 - held) if limited else float(scale[0])
    p = _p_value(excess, held, scale_held)
    return TailFit(threshold, len(excess), held, scale_held, p, limited)


def with_tail(sums: CostSums, fit: TailFit) -> tuple[CostSums, float]:
    """The sums with the law of ``fit`` above its threshold, and how many people that puts beyond their largest case.

    As many people are above the threshold as before, and by the moments fitted they cost as much.
    """
    share = fit.exceeds(sums.largest)
    size, part = _slices(fit, share)
    above = sums.top > fit.threshold
    people = float(sums.top_people[above].sum())
    top, count = np.append(sums.top[~above], size), np.append(sums.top_people[~above], people * part)
    more = np.geomspace(sums.largest, top.max(), BEYOND + 1)[:-1] if share > 0 else np.zeros(0)
    return replace(_asked_at(sums, more), top=top, top_people=count), people * share


def lines_with_tail(lines: LineSums, before: CostSums, after: Spliced) -> LineSums:
    """Lines in the bins of the sums with a tail: above the threshold each line has its part of the cost of all there."""
    if after.fit is None:
        return lines
    bins, above = len(before.people), before.top > after.fit.threshold
    rows, apart = lines.means[:bins], lines.means[bins:]
    part = before.top_people[above] @ apart[above]
    slices = after.sums.top[int((~above).sum()) :]
    means = np.vstack([rows, apart[~above], np.outer(slices, part / part.sum())])
    return replace(lines, means=means)


def _asked_at(sums: CostSums, amounts: Floats) -> CostSums:
    """The sums with more thresholds, of ``amounts`` from the largest case on: no bin has anybody above them."""
    more = amounts[amounts > sums.threshold[-1]]
    capped = np.hstack([sums.capped, np.repeat(sums.cost[:, None], len(more), axis=1)])
    above = np.hstack([sums.above, np.zeros((len(sums.cost), len(more)))])
    return replace(sums, threshold=np.append(sums.threshold, more), capped=capped, above=above)


def mean_excess_over(sums: CostSums, amount: float) -> float:
    """E(X - amount | X > amount) from the people apart, for an amount above all bins; 0 where nobody is above it."""
    above = sums.top > amount
    people = float(sums.top_people[above].sum())
    return float(sums.top_people[above] @ (sums.top[above] - amount)) / people if people > 0 else 0.0


def _slices(fit: TailFit, share: float) -> tuple[Floats, Floats]:
    """Amounts above the threshold and their shares, each slice at its mean: even steps of ln(chance), then halves of it."""
    left = np.geomspace(1.0, max(share, LEAST), SEEN + 1)
    left = np.append(left, left[-1] * 0.5 ** np.arange(1, BEYOND)) if share > 0 else left
    start = np.array([fit.amount(float(chance)) for chance in left])
    cost = left * (start + np.array([fit.mean_excess(float(amount)) for amount in start]))  # E(X; X > start)
    part = left - np.append(left[1:], 0.0)
    return (cost - np.append(cost[1:], 0.0)) / part, part


def _fit(excess: Floats) -> tuple[Floats, Floats]:
    """ξ and β by probability-weighted moments of rows of rising excesses, shape (rows, people)."""
    n = excess.shape[1]
    level = (np.arange(1, n + 1) - 0.35) / n
    a0, a1 = excess.mean(axis=1), (excess * (1 - level)).mean(axis=1)
    room = np.maximum(a0 - 2 * a1, 1e-12 * a0)
    return 2 - a0 / room, 2 * a0 * a1 / room


def _p_value(excess: Floats, shape: float, scale: float) -> float:
    chance = 1 - (np.random.default_rng(17).random((SIMULATIONS, len(excess))))
    drawn = np.sort(_excess(chance, shape, scale), axis=1)
    worse = _distance(drawn, *_fit(drawn)) >= _distance(excess[None, :], np.array([shape]), np.array([scale]))
    return float(worse.mean())


def _distance(excess: Floats, shape: Floats, scale: Floats) -> Floats:
    """Anderson and Darling's A² of rows of rising excesses from their laws."""
    n = excess.shape[1]
    above = np.clip(np.stack([_exceeds(row, float(s), float(b)) for row, s, b in zip(excess, shape, scale, strict=True)]),
                    1e-12, 1 - 1e-12)  # fmt: skip
    odd = 2 * np.arange(1, n + 1) - 1
    return -n - ((np.log1p(-above) + np.log(above[:, ::-1])) * odd).mean(axis=1)


def _exceeds(excess: Floats, shape: float, scale: float) -> Floats:
    if abs(shape) < FLAT:
        return np.exp(-excess / scale)
    return np.maximum(1 + shape * excess / scale, 0.0) ** (-1 / shape)


def _excess(chance: Floats, shape: float, scale: float) -> Floats:
    return -scale * np.log(chance) if abs(shape) < FLAT else scale * (chance**-shape - 1) / shape


def _tries(most: int) -> int:
    return max(int(np.log(max(most, FEWEST) / FEWEST) / np.log(STEP)) + 1, 1)


def _mean(sums: CostSums) -> float:
    return float(sums.all_people @ sums.all_means / sums.all_people.sum())
