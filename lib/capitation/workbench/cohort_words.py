"""What is said under the finding of the cohort step, its pictures by name, and why one of them is not there."""

from collections.abc import Callable

import numpy as np

from capitation.charts import cohort, cohort_people, cohort_risk, cohort_time
from capitation.charts.picture import Picture
from capitation.cohort.profile import DEPRIVATION
from capitation.contract import ContractResult
from capitation.dataset.disclosure import SMALLEST_SHOWN
from capitation.loss.simulation_error import Z95
from capitation.terms import money, percent

Draw = Callable[[ContractResult], Picture | None]
FEW = f"fewer than {SMALLEST_SHOWN} people, or mostly one of them, stand behind a figure of it"
ALL_IN = "everybody in the data is in, so that there is nobody to compare with"
FIRST_YEAR = "there is no earlier year to learn from"


PICTURES: dict[str, Draw] = {
    "funnel": cohort.funnel, "size curve": cohort_people.size_curve, "persistence": cohort_time.persistence,
    "regression to the mean": cohort_time.regression, "ages": cohort.ages, "deprivation": cohort_people.deprivation,
    "map": cohort_people.locality_map, "segments": cohort_people.segments, "concentration": cohort_people.concentration,
    "comers and goers": cohort_time.turnover, "risk told beforehand": cohort_risk.risk_told, "selection": cohort_time.selection,
}  # fmt: skip


def why_not(name: str, result: ContractResult) -> str:
    """Why a picture of the step is not shown, in words."""
    reason = _REASONS.get(name)
    return reason(result) if reason else FEW


def _why_no_persistence(result: ContractResult) -> str:
    return FIRST_YEAR if result.profile.persistence is None else FEW


def _why_no_regression(result: ContractResult) -> str:
    profile = result.profile
    if profile.regression is None:
        return _nobody_else(result) or "nobody was there the year before with any cost"
    return FIRST_YEAR if profile.regression.expected is None else FEW


def _nobody_else(result: ContractResult) -> str:
    return ALL_IN if result.profile.cells["people"].sum() == result.profile.people else ""


def _why_no_deprivation(result: ContractResult) -> str:
    return "deprivation is not recorded" if result.profile.coverage(DEPRIVATION).by.empty else FEW


def _why_no_turnover(result: ContractResult) -> str:
    return "nobody was in, or stayed in, since the year before" if result.profile.turnover is None else FEW


def _why_no_risk(result: ContractResult) -> str:
    return FIRST_YEAR if result.profile.stratification is None else (
        f"fewer than {SMALLEST_SHOWN} people of too many bands of risk were, or were not, among the dearest")  # fmt: skip


def _why_no_selection(result: ContractResult) -> str:
    return "nobody left, or no score tells their cost" if result.profile.selection is None else (
        f"fewer than {SMALLEST_SHOWN} people left, or died")  # fmt: skip


_REASONS: dict[str, Callable[[ContractResult], str]] = {
    "persistence": _why_no_persistence, "regression to the mean": _why_no_regression, "deprivation": _why_no_deprivation,
    "map": lambda _: "no boundary of these localities is known", "comers and goers": _why_no_turnover,
    "risk told beforehand": _why_no_risk, "selection": _why_no_selection,
    "size curve": lambda _: "nobody among the members has any cost",
    "concentration": lambda _: "nobody among the members has any cost",
}  # fmt: skip


def cohort_details(result: ContractResult) -> list[str]:
    """What the cohort's choice does by itself, in sentences; what the data can't tell comes last, with the reason."""
    told: tuple[tuple[str, Callable[[ContractResult], str]], ...] = (
        ("What is counted", lambda _: cohort_people.ALL_CARE), ("Regression to the mean", cohort_time.regression_finding),
        ("Comers and goers", cohort_time.turnover_finding), ("Selection", cohort_time.selection_finding),
        ("Homogeneity", _homogeneity), ("Minimum size", _size), ("Risk told beforehand", _calibration),
        ("Attribution", _attribution), ("Not told by these data", lambda r: "; ".join(r.profile.not_told)),
        ("Not shown", _not_shown),
    )  # fmt: skip
    return [f"{part}: {words}." for part, say in told if (words := say(result).rstrip("."))]


def _not_shown(result: ContractResult) -> str:
    return "; ".join(
        f"{name}, because {why_not(name, result)}" for name, draw in PICTURES.items() if draw(result) is None
    )


def _homogeneity(result: ContractResult) -> str:
    found = result.profile.homogeneity
    if found is None or not np.isfinite(found.r_squared):
        return ""
    return (f"segments explain {percent(found.r_squared, 0)} of how much members’ costs differ; Gini {found.gini:.2f}, "
            f"coefficient of variation {result.profile.atoms.cv if result.profile.atoms else 0:.2f}")  # fmt: skip


def _size(result: ContractResult) -> str:
    size = result.profile.size
    if size is None:
        return ""
    return (f"{size.exact:,} people by the exact law of their cost, {size.normal:,} by the normal formula and "
            f"{size.normal_power:,} with its correction for skewness, for {percent(size.tolerance)} one year in "
            f"{1 / size.chance:.0f}")  # fmt: skip


def _calibration(result: ContractResult) -> str:
    found = result.profile.stratification
    if found is None or cohort_risk.shown_bands(result).empty:
        return ""
    told, name = found.agreement, result.dataset.meta.year_name
    return (f"in {name(found.year)}, which the score had not seen, intercept {_limits(told.intercept, told.intercept_error)} (0 would be "
            f"right), slope {_limits(told.slope, told.slope_error)} (1 would be right), c {_limits(found.c, found.c_error)}")  # fmt: skip


def _limits(value: float, error: float) -> str:
    low, high = value - Z95 * error, value + Z95 * error
    return f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "\N{MINUS SIGN}")


def _attribution(result: ContractResult) -> str:
    found = result.profile.attribution
    if found is None:
        return ""
    word = "more" if found.difference > 0 else "less"
    return (f"were people taken at the year’s end instead, without those who left or died, a person-year would cost "
            f"{money(abs(found.difference), result.dataset.meta.currency)} {word}: never choose by what was known later")  # fmt: skip
