"""How often the verdict on outcomes is wrong, as stated before signing and as it turns out on counties with a known truth.

`python -m bench.outcomes`. People, and who is counted for what in which year, are the sample county's; what happens to them
is drawn anew for every county: everybody has a chance of their own that lasts, and in the contract year the provider makes
it better by a known amount, or does not. Then whole new counties, with practices, need and illness of their own, in which
nobody does anything: once with the drift of the sample county's measures, once without.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from capitation.contract import ContractResult, settle
from capitation.dataset import make_county, open_dataset
from capitation.dataset.county import outcomes as county_outcomes
from capitation.design import read_design
from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.loss.ratio import Floats
from capitation.outcomes.chance import Counted, Predicted, predicted
from capitation.outcomes.score import points
from capitation.signing import HALF, ahead_of, counted_of, of_terms, wanted_value

ROOT = Path(__file__).parents[1]
COUNTIES, WHOLE, FIRST_SEED = 400, 40, 300
AT_STAKE = 100_000.0
LASTING = 0.8  # standard deviation of the log-odds that people keep from year to year
MEASURES = ("review_done", "blood_pressure_control", "diabetes_control")


@dataclass(frozen=True)
class Tally:
    """Over many counties, of each measure: how often, and how much, as stated and as it turned out; and its error."""

    name: str
    stated: float
    met: float
    error: float

    @property
    def off(self) -> float:
        """How far the two are apart, in standard errors of what turned out."""
        return abs(self.stated - self.met) / self.error if self.error else 0.0


def county() -> Counted:
    """Who is counted for what in the sample county, with its own year numbers."""
    found = counted_of(_settled(ROOT / "data_samples" / "county-5000"))
    mine = [found.names.index(name) for name in MEASURES]
    return Counted(MEASURES, found.numerator[:, mine], found.denominator[:, mine], found.person, found.year)


def drawn_anew(rows: Counted, years: NDArray[np.int64], effect: Floats, rng: np.random.Generator) -> Counted:
    """The county with other fates: yes or no for whoever is counted, by lasting chances; ``effect`` (measures,) is added to
    everybody's chance in the last of the years."""
    people = int(rows.person.max()) + 1
    level = np.log(0.65 / 0.35)
    own = level + LASTING * rng.standard_normal((people, len(rows.names)))
    chance = 1 / (1 + np.exp(-own[rows.person]))
    chance += np.where(rows.year == years[-1], 1.0, 0.0)[:, None] * effect
    counted = rows.denominator > 0
    fate = rng.random(chance.shape) < np.clip(chance, 0.0, 1.0)
    return Counted(rows.names, (fate & counted).astype(float), counted.astype(float), rows.person, rows.year)


def terms_from(last: Floats, wide: float = 0.05) -> Outcomes:
    """A linear scale for each measure from the last base year's value to so much above it: as contracts are often written."""
    paid = {name: PaidMeasure(floor=float(v), target=float(v) + wide) for name, v in zip(MEASURES, last, strict=True)}
    return Outcomes(measures=paid)


def trials(rows: Counted, truly_met: bool, counties: int = COUNTIES) -> list[Tally]:
    """Pay and verdicts over many counties, as stated from the base years and as the contract year turned out."""
    years = np.unique(rows.year)
    found = [_trial(rows, years, truly_met, seed) for seed in range(counties)]
    stated, met = (np.array([of[k] for of in found]) for k in (0, 1))
    names = ["share of the money paid", *(f"{name}: verdict ‘improved’" for name in MEASURES)]
    error = (met - stated).std(axis=0) / np.sqrt(counties)
    return [Tally(*row) for row in zip(names, stated.mean(axis=0), met.mean(axis=0), error, strict=True)]


def _trial(rows: Counted, years: NDArray[np.int64], truly_met: bool, seed: int) -> tuple[Floats, Floats]:
    """Of one county: the share of the money and the verdicts, stated before and met."""
    rng, base = np.random.default_rng([seed, 31]), [int(y) for y in years[:-1]]
    still = drawn_anew(rows, years, np.zeros(len(rows.names)), np.random.default_rng([seed, 31]))
    terms = terms_from(still.ratio(base[-1]))
    ahead = predicted(still, base, still.denominator[still.year == years[-1]].sum(axis=0))
    paid = list(terms.measures.values())
    effect = (
        np.array([wanted_value(float(v), of, terms.worthwhile) for v, of in zip(ahead.value, paid, strict=True)])
        - ahead.value
    )
    after = drawn_anew(rows, years, effect if truly_met else 0 * effect, rng)
    said = of_terms(ahead, terms, AT_STAKE, {})
    won = np.array([float(points(v, of)) for v, of in zip(after.ratio(int(years[-1])), paid, strict=True)])
    verdicts = [1 - m.refused if truly_met else m.luck for m in said.measures]
    pay = (said.met if truly_met else said.unchanged).mean() / AT_STAKE
    return np.array([pay, *verdicts]), np.array([won.mean(), *(won >= HALF)])


def main() -> None:
    """Print the tables."""
    table = Table("truth", "what", "stated", "met", "error", "apart, in errors")
    rows = county()
    for truth, met in (("nothing changed", False), ("every target truly met", True)):
        for of in trials(rows, met):
            table.add_row(truth, of.name, f"{of.stated:.3f}", f"{of.met:.3f}", f"{of.error:.3f}", f"{of.off:.1f}")
    Console().print(table)
    for drift in (True, False):
        Console().print(_as_table(whole_counties(drift), drift))


@dataclass(frozen=True)
class Whole:
    """Of whole new counties in which nobody does anything: how far each measure lies from what was expected, in standard
    deviations (counties, measures), and the share of the money paid, stated and met (counties, 2)."""

    names: tuple[str, ...]
    off: Floats
    paid: Floats


def whole_counties(drift: bool, counties: int = WHOLE) -> Whole:
    """As the generator makes them; without ``drift`` the chances of every year are the same."""
    with tempfile.TemporaryDirectory() as folder, _drifting(drift):
        found = [_of_whole(Path(folder) / str(seed), seed) for seed in range(FIRST_SEED, FIRST_SEED + counties)]
    return Whole(found[0][0], np.array([of for _, of, _ in found]), np.array([of for _, _, of in found]))


@contextmanager
def _drifting(drift: bool) -> Iterator[None]:
    shipped = dict(county_outcomes.MEASURES)
    still = {name: replace(of, per_year=0.0) for name, of in shipped.items()}
    county_outcomes.MEASURES = shipped if drift else still
    try:
        yield
    finally:
        county_outcomes.MEASURES = shipped


def _of_whole(folder: Path, seed: int) -> tuple[tuple[str, ...], Floats, Floats]:
    make_county(5_000, seed, folder)
    result = _settled(folder)
    ahead, now = ahead_of(result), result.outcome_values(result.year)
    off = (np.array([now[name] for name in ahead.names]) - ahead.value) / ahead.sd
    mine = [ahead.names.index(name) for name in MEASURES]
    terms = terms_from(ahead.last[mine])
    said = of_terms(only(ahead, mine), terms, 1.0, {}).unchanged.mean()
    won = np.mean([float(points(now[name], terms.measures[name])) for name in MEASURES])
    return ahead.names, off, np.array([said, won])


def only(ahead: Predicted, mine: list[int]) -> Predicted:
    """Some of the measures."""
    pick = np.ix_(mine, mine)
    return Predicted(tuple(ahead.names[k] for k in mine), ahead.value[mine], ahead.covariance[pick], ahead.last[mine],
                     ahead.change[pick])  # fmt: skip


def _settled(folder: Path) -> ContractResult:
    return settle(open_dataset(str(folder)), read_design(ROOT / "designs" / "county.yaml"))


def _as_table(found: Whole, drift: bool) -> Table:
    table = Table("measure", "off, in standard deviations: mean", "their own deviation", "beyond 1.96",
                  title=f"{len(found.off)} whole new counties, nobody does anything, {'with' if drift else 'without'} drift")  # fmt: skip
    for k, name in enumerate(found.names):
        of = found.off[:, k]
        table.add_row(name, f"{of.mean():.2f}", f"{of.std(ddof=1):.2f}", f"{np.mean(abs(of) > 1.96):.0%}")
    stated, met = found.paid.T
    error = (met - stated).std(ddof=1) / np.sqrt(len(met))
    table.add_row(
        "share of the money paid", f"stated {stated.mean():.3f}", f"met {met.mean():.3f}", f"error {error:.3f}"
    )
    return table


if __name__ == "__main__":
    main()
