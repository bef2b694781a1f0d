"""How often intervals for the cost of a small cell hold the truth: methods × people in the cell × population.

`python -m bench.intervals` prints the tables of docs/methods/price-error.md. The truth is known, because a cell is
drawn with replacement from a population that is known in full. Fixed seed: the same figures each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from capitation.loss.small_cells import CellSums, pooled_relative_variance, small_cell_intervals

Floats = NDArray[np.float64]
Limits = tuple[Floats, Floats]
ROOT = Path(__file__).parents[1]
SIZES = (20, 50, 100, 200, 500, 2_000, 10_000)
DRAWS, COHORT, COHORTS, LEVEL = 4_000, 5_000, 200, 0.95
RESAMPLED_UP_TO, RESAMPLES, AT_ONCE = 500, 599, 200
TAIL = 0.02  # share of the cohort that is spliced in
Z = float(ndtri((1 + LEVEL) / 2))
SEED = 20


@dataclass(frozen=True, eq=False)
class Population:
    """Everyone, each with exposure, cost and group; shapes (people,). A cell is drawn from one group."""

    name: str
    exposure: Floats
    cost: Floats
    group: NDArray[np.int64]

    def groups(self) -> list["Population"]:
        return [Population(self.name, self.exposure[mine], self.cost[mine], self.group[mine])
                for mine in (self.group == g for g in np.unique(self.group))]  # fmt: skip

    @property
    def truth(self) -> float:
        return float(self.cost.sum() / self.exposure.sum())

    def drawn(self, people: int, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Exposure and cost of drawn cells, each of shape (draws, people)."""
        who = rng.integers(0, len(self.cost), (draws, people), dtype=np.int32)
        return self.exposure[who], self.cost[who]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Drawn cells of one size: sums, third central moment of a person's influence over (mean cost)³, and what is pooled."""

    sums: CellSums
    third: Floats
    pooled: Floats
    pooled_third: Floats

    @property
    def ratio(self) -> Floats:
        return self.sums.ratio

    @property
    def own(self) -> Floats:
        """Each cell's own relative variance."""
        return own_variance(self.sums)

    @property
    def skewness(self) -> Floats:
        return np.divide(self.third, self.own**1.5, out=np.zeros_like(self.third), where=self.own > 0)


def own_variance(sums: CellSums) -> Floats:
    rate, n = sums.ratio, sums.people
    squares = sums.cost_squared - 2 * rate * sums.exposure_cost + rate**2 * sums.exposure_squared
    mean = np.maximum(sums.cost / n, 1e-300)
    return np.maximum(squares, 0) / (n - 1) / mean**2


# ---- populations


def populations() -> list[Population]:
    """All of them: whole populations, whose cells are alike, and the cells by age and sex, which are not."""
    whole = [
        lognormal(),
        by_year("rand-hie", "rand-hie"),
        by_year(str(ROOT / "data_samples" / "county-5000"), "county", 2017),
    ]
    return whole + [Population(f"{one.name}, by age and sex", one.exposure, one.cost, one.group) for one in whole[1:]]


def lognormal(cv: float = 3.0, people: int = 1_000_000) -> Population:
    normal = np.random.default_rng(SEED).standard_normal(people)
    cost = np.exp(np.sqrt(np.log1p(cv**2)) * normal)
    return Population("lognormal, cv 3", np.ones(people), cost, np.zeros(people, dtype=np.int64))


def by_year(address: str, name: str, year: int | None = None) -> Population:
    """Members' costs in a year (any of the years, if none is told), with age band and sex as the group."""
    from capitation.dataset import open_dataset

    data = open_dataset(address)
    rows = np.ones(len(data.person_years), dtype=bool) if year is None else data.person_years["year"].to_numpy() == year
    members, cost = data.person_years[rows], data.costs[rows].sum(axis=1).to_numpy(dtype=float)
    group = (
        2 * np.searchsorted((18, 40, 65), members["age"].to_numpy(), side="right")
        + (members["sex"] == "male").to_numpy()
    )
    whole = Population(name, members["exposure"].to_numpy(dtype=float), cost, np.zeros(len(cost), dtype=np.int64))
    return Population(name, whole.exposure, whole.cost, group.astype(np.int64))


# ---- draws


def sums_of(source: Population, people: int, draws: int, rng: np.random.Generator) -> tuple[CellSums, Floats]:
    """Sums and third moments of drawn cells; see `Drawn`."""
    at_once = max(1, 2_000_000 // people)
    parts = [_sums(*source.drawn(people, min(at_once, draws - first), rng)) for first in range(0, draws, at_once)]
    rows = np.concatenate(parts, axis=1)
    return CellSums(*rows[:6]), rows[6]


def _sums(e: Floats, x: Floats) -> Floats:
    ratio = x.sum(1, keepdims=True) / e.sum(1, keepdims=True)
    influence = (x - ratio * e) / np.maximum(x.mean(1, keepdims=True), 1e-300)
    return np.stack([np.full(len(e), float(e.shape[1])), e.sum(1), x.sum(1), np.einsum("ij,ij->i", e, e),
                     np.einsum("ij,ij->i", e, x), np.einsum("ij,ij->i", x, x), (influence**3).mean(1)])  # fmt: skip


def cohorts(groups: list[Population], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Relative variance and third moment pooled over the cells of drawn cohorts; shapes (cohorts,)."""
    everyone = sum(len(one.cost) for one in groups)
    sizes = [round(COHORT * len(one.cost) / everyone) for one in groups]
    cells = [sums_of(one, size, COHORTS, rng) for one, size in zip(groups, sizes, strict=True)]
    pooled = [pooled_relative_variance(CellSums(*np.stack([np.stack(list(vars(sums).values()))[:, cohort]
                                                           for sums, _ in cells], axis=1))) for cohort in range(COHORTS)]  # fmt: skip
    return np.array(pooled), np.average([third for _, third in cells], axis=0, weights=sizes)


# ---- intervals from sums


def of_sums(found: Drawn) -> Iterator[tuple[str, Limits]]:
    """Name and limits of each method that needs sums only."""
    n, ratio, own = found.sums.people, found.ratio, found.own
    error = np.sqrt(own / n)
    yield "linearised, normal", (ratio * (1 - Z * error), ratio * (1 + Z * error))
    yield "linearised, log (the old)", on_log(ratio, error)
    yield "linearised, log, t", on_log(ratio, error, stdtrit(n - 1, (1 + LEVEL) / 2))
    yield "Cornish-Fisher, own skewness", cornish_fisher(found)
    yield "Hall, own skewness", hall(found, found.skewness)
    yield "Hall, pooled skewness", hall(found, found.pooled_third / found.pooled**1.5)
    yield "pooled spread, log", on_log(ratio, np.sqrt(found.pooled / n))
    trust = n / (n + 2_000)
    yield "credibility both ways, log", on_log(ratio, np.sqrt((trust * own + (1 - trust) * found.pooled) / n))
    yield "**small_cells**", small_cell_intervals(found.sums, LEVEL, found.pooled)


def on_log(ratio: Floats, error: Floats, z: float | Floats = Z) -> Limits:
    return ratio * np.exp(-z * error), ratio * np.exp(z * error)


def cornish_fisher(found: Drawn) -> Limits:
    """Cornish-Fisher for the studentised mean: t limits shifted by g/(6√n)·(1 + 2z²). The first terms of its expansion."""
    n = found.sums.people
    error, shift = np.sqrt(found.own / n), found.skewness / (6 * np.sqrt(n)) * (1 + 2 * Z**2)
    return found.ratio * (1 + error * (shift - Z)), found.ratio * (1 + error * (shift + Z))


def hall(found: Drawn, skewness: Floats) -> Limits:
    """Hall's (1992) monotone transform of the studentised mean, inverted; ``skewness`` of a person's cost."""
    n = found.sums.people
    error, a = np.sqrt(found.own / n), np.where(np.abs(skewness) > 1e-9, skewness, 1e-9) / np.sqrt(n)
    low, high = (3 / a * (np.cbrt(1 + a * (z - a / 6)) - 1) for z in (-Z, Z))
    return found.ratio * (1 - error * high), found.ratio * (1 - error * low)


# ---- intervals by drawing again


def of_resamples(
    source: Population, groups: list[Population], people: int, rng: np.random.Generator
) -> dict[str, Limits]:
    """Name and limits of each bootstrap, for ``DRAWS`` cells of one size."""
    chunks = [_resampled(*source.drawn(people, AT_ONCE, rng), _tail(groups, rng), rng) for _ in range(DRAWS // AT_ONCE)]
    return {
        name: (np.concatenate([c[name][0] for c in chunks]), np.concatenate([c[name][1] for c in chunks]))
        for name in chunks[0]
    }


def _resampled(e: Floats, x: Floats, tail: Floats, rng: np.random.Generator) -> dict[str, Limits]:
    """``e`` and ``x`` have shape (cells, people). The weights of the resamples are shared by the cells."""
    n = e.shape[1]
    weight = rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
    ratio = x.sum(1) / e.sum(1)
    total = [weight @ part.T for part in (e, x, e * e, e * x, x * x)]  # shape (resamples, cells)
    drawn = total[1] / total[0]
    error = np.sqrt(np.maximum(total[4] - 2 * drawn * total[3] + drawn**2 * total[2], 1e-300)) / np.maximum(
        total[1], 1e-300
    )
    own = np.sqrt(np.sum((x - ratio[:, None] * e) ** 2, axis=1)) / x.sum(1)
    student = np.log(np.maximum(drawn / ratio, 1e-300)) / error
    t = np.quantile(student, _ENDS, axis=0)
    shape = np.quantile(_spliced(e, x, tail, weight, rng), _ENDS, axis=0)
    percentile = np.quantile(drawn, _ENDS, axis=0)
    return {
        "person bootstrap, percentile": (percentile[0], percentile[1]),
        "person bootstrap-t, log": (ratio * np.exp(-t[1] * own), ratio * np.exp(-t[0] * own)),
        "bootstrap, cohort's tail spliced in": (ratio / shape[1], ratio / np.maximum(shape[0], 1e-3)),
    }


_ENDS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def _tail(groups: list[Population], rng: np.random.Generator) -> Floats:
    """Cost as a multiple of the cell's mean of the dearest ``TAIL`` of a drawn cohort, rising."""
    everyone = sum(len(one.cost) for one in groups)
    parts = [_relative(*one.drawn(round(COHORT * len(one.cost) / everyone), 1, rng)).ravel() for one in groups]
    return np.sort(np.concatenate(parts))[-int(TAIL * COHORT) :]


def _relative(e: Floats, x: Floats) -> Floats:
    mean, ratio = x.mean(1, keepdims=True), x.sum(1, keepdims=True) / e.sum(1, keepdims=True)
    return 1 + (x - ratio * e) / mean


def _spliced(e: Floats, x: Floats, tail: Floats, weight: Floats, rng: np.random.Generator) -> Floats:
    """Mean of resamples over its expectation, shape (resamples, cells): the cell's people below the cohort's tail, and
    a number of the cohort's tail as chance has it, instead of the cell's own."""
    n, relative = e.shape[1], _relative(e, x)
    body = relative < tail[0]
    dear = rng.binomial(n, TAIL, RESAMPLES)
    theirs = np.array([rng.choice(tail, count).sum() for count in dear])
    mean = (weight @ (relative * body).T) / np.maximum(weight @ body.T, 1)
    expected = (1 - TAIL) * (relative * body).sum(1) / np.maximum(body.sum(1), 1) + TAIL * tail.mean()
    return ((1 - dear / n)[:, None] * mean + (theirs / n)[:, None]) / expected


# ---- the tables


def measured(population: Population, sizes: tuple[int, ...] = SIZES, draws: int = DRAWS) -> dict[str, list[str]]:
    """By method, what is found at each size, in words: see `words`."""
    rng, groups = np.random.default_rng(SEED), population.groups()
    cells = groups if "by age and sex" in population.name else [population]
    pooled, thirds = cohorts(cells, rng)
    table: dict[str, list[str]] = {}
    for people in sizes:
        found: dict[str, list[Floats]] = {}
        for cell in cells:
            sums, third = sums_of(cell, people, draws, rng)
            cohort = rng.integers(0, COHORTS, draws)
            limits = dict(of_sums(Drawn(sums, third, pooled[cohort], thirds[cohort])))
            if people <= RESAMPLED_UP_TO and len(cells) == 1:
                limits |= of_resamples(cell, cells, people, rng)
            for name, ends in limits.items():
                found.setdefault(name, []).append(score(ends, cell.truth))
        for name, scores in found.items():
            table.setdefault(name, []).append(words(np.array(scores)))
    return table


def score(limits: Limits, truth: float) -> Floats:
    """Share that holds the truth, share above it, share below it, and the median of upper over lower limit."""
    low, high = limits
    width = np.median(np.divide(high, low, out=np.full_like(high, np.inf), where=low > 0))
    return np.array(
        [np.mean((low <= truth) & (truth <= high)), np.mean(low > truth), np.mean(high < truth), width],
        dtype=np.float64,
    )


def words(scores: Floats) -> str:
    """Coverage in per cent, (too high / too low), × width; with several cells the mean over them, and the worst."""
    held, above, below, width = scores.mean(axis=0)
    worst = f", worst {100 * scores[:, 0].min():.1f}" if len(scores) > 1 else ""
    return f"{100 * held:.1f}{worst} ({100 * above:.1f} / {100 * below:.1f}) ×{width:.2f}"


def main() -> None:
    """Print a table for each population."""
    for population in populations():
        print(f"\n**{population.name}**\n\n| method | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |")
        print("|---" * (len(SIZES) + 1) + "|")
        for name, row in measured(population).items():
            print(f"| {name} | " + " | ".join(row + ["–"] * (len(SIZES) - len(row))) + " |", flush=True)


if __name__ == "__main__":
    main()
