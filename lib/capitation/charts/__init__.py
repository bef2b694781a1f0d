"""Pictures: a result in, a chart with its finding out."""

from importlib import import_module
from typing import Any

_STEPS = (
    "cohort",
    "cohort_people",
    "cohort_risk",
    "cohort_time",
    "outcomes",
    "outcomes_after",
    "payments",
    "price",
    "quality",
    "risk",
    "scope",
    "shadow",
)


def __getattr__(name: str) -> Any:
    """``charts.risk`` and the other steps, imported when first asked for."""
    if name in _STEPS:
        return import_module(f"capitation.charts.{name}")
    raise AttributeError(f"module 'capitation.charts' has no attribute {name!r}")
