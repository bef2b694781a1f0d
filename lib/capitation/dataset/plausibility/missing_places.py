"""A locality without a kind of care that all others have."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from capitation.dataset.plausibility.evidence import PLACE, Evidence
from capitation.dataset.plausibility.price_effect import effect
from capitation.dataset.plausibility.wording import Found, finding, years_named

LEAST_EXPECTED = 20  # people with such care at the rate of the other places: chance does not leave nobody then
ALMOST_NONE = 0.02  # of those expected
LEAST_PLACES = 3  # one place can't be told from two


def missing_places(evidence: Evidence) -> list[Found]:
    """Localities in which nobody has care of a setting, or of a service, that all other localities have."""
    if evidence.person_years["locality"].nunique() < LEAST_PLACES:
        return []
    settings = list(_missing(evidence, "setting"))
    of_setting = evidence.users[["service", "setting"]].drop_duplicates().set_index("service")["setting"]
    named = {(place, setting) for place, setting, *_ in settings}
    services = [found for found in _missing(evidence, "service") if (found[0], of_setting[found[1]]) not in named]
    return [*(_fault(evidence, "setting", *found) for found in settings),
            *(_fault(evidence, "service", *found) for found in services)]  # fmt: skip


def _missing(evidence: Evidence, kind: str) -> Iterator[tuple[str, str, list[int], float, float]]:
    """Place, kind of care, years without it, and the amount that is missing with its standard error."""
    exposed = evidence.person_years.set_index(PLACE)["exposure"]
    for care, rows in evidence.users.groupby(kind):
        sums = rows.groupby(PLACE)[["people", "amount", "squares"]].sum()
        table = sums.reindex(exposed.index).fillna(0.0).assign(exposure=exposed)
        for place in sorted(table.index.unique("locality")):
            years, amount, error = _years_without(table, place)
            if years:
                yield str(place), str(care), years, amount, error


def _years_without(table: pd.DataFrame, place: str) -> tuple[list[int], float, float]:
    here = table[table.index.get_level_values("locality") == place].droplevel("locality")
    elsewhere = table.drop(index=place, level="locality")
    if not elsewhere.groupby("locality")["people"].sum().gt(0).all():
        return [], 0.0, 0.0
    mine = here.groupby("year")[["people", "amount"]].sum()
    expected = _at_rates_of(elsewhere, here).groupby("year").sum().reindex(mine.index, fill_value=0.0)
    none = mine.index[mine["people"] < ALMOST_NONE * expected["people"]]
    if expected.loc[none, "people"].sum() < LEAST_EXPECTED:
        return [], 0.0, 0.0
    missing = expected.loc[none, "amount"] - mine.loc[none, "amount"]
    # Care of a kind stays with people for years, so that the errors of years go the same way and are added.
    error = float(np.sqrt(expected.loc[none, "squares"]).sum())
    return [int(year) for year in none], float(missing.sum()), error


def _at_rates_of(elsewhere: pd.DataFrame, here: pd.DataFrame) -> pd.DataFrame:
    """People with the care, its amount and the squares of amounts, were each year and band of ages as in the other places."""
    sums = elsewhere.groupby(["year", "band"])[["people", "amount", "squares", "exposure"]].sum()
    rates = sums[["people", "amount", "squares"]].div(sums["exposure"].where(sums["exposure"] > 0), axis=0)
    return rates.mul(here["exposure"], axis=0).fillna(0.0)


def _fault(
    evidence: Evidence, kind: str, place: str, care: str, years: list[int], missing: float, error: float
) -> Found:
    when = years_named(evidence.meta, years)
    what = f"nobody in {place} has any {care} ({kind}) in {when}, where all other localities have"
    return finding(
        "spend", "service", what, f"{care} in every locality", effect(evidence, years, -missing, error=error)
    )
