"""How often the verdict on outcomes is wrong, as stated before signing and as it turns out on counties with a known truth.

`python -m bench.outcomes`. People, and who is counted for what in which year, are the sample county's; what happens to them
is drawn anew for every county: everybody has a chance of their own that lasts, and in the contract year the provider makes
it better by a known amount, or does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from capitation.design.outcome_parts import Outcomes, PaidMeasure
from capitation.loss.ratio import Floats
from capitation.outcomes.chance import Counted, predicted
from capitation.outcomes.score import points
from capitation.signing import HALF, of_terms, wanted_value

COUNTIES = 400
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
    from pathlib import Path

    from capitation.contract import settle
    from capitation.dataset import open_dataset
    from capitation.design import read_design
    from capitation.signing import counted_of

    root = Path(__file__).parents[1]
    found = counted_of(
        settle(open_dataset(str(root / "data_samples" / "county-5000")), read_design(root / "designs" / "county.yaml"))
    )
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
    """Print the table."""
    table = Table("truth", "what", "stated", "met", "error", "apart, in errors")
    rows = county()
    for truth, met in (("nothing changed", False), ("every target truly met", True)):
        for of in trials(rows, met):
            table.add_row(truth, of.name, f"{of.stated:.3f}", f"{of.met:.3f}", f"{of.error:.3f}", f"{of.off:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
