"""What a control chart says: its two icons, and one sentence for a board.

Source: measures reference, section 4, after NHS England's Making Data Count.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from capitation.outcomes.control_chart import FEWEST, Chart

Variation = Literal["too few points", "common cause", "improvement", "concern", "change"]
Assurance = Literal["too few points", "consistently passes", "consistently fails", "hit and miss"]
Shown = Callable[[float], str]

RULES = {
    "outside": "the latest {period} lies {beyond} the {which} limit",
    "run": "seven {periods} or more in a row lie {side} the mean",
    "trend": "seven {periods} in a row {move}",
    "close": "two of three {periods} lie near the {which} limit",
}


def side_of_latest(chart: Chart) -> int:
    """On which side of the mean the latest point lies, 1 above or -1 below; on the mean, where it came from."""
    side = np.sign(chart.values[-1] - chart.limits.mean[-1])
    return int(side) if side else int(np.sign(chart.values[-1] - chart.values[max(len(chart.values) - 2, 0)]))


def variation(chart: Chart, higher_is_better: bool | None) -> Variation:
    """The variation icon, by the latest point: common cause; improvement or concern, or a change if no way is wanted."""
    if not chart.told:
        return "too few points"
    if not chart.flagged[-1]:
        return "common cause"
    if higher_is_better is None:
        return "change"
    return "improvement" if (side_of_latest(chart) > 0) == higher_is_better else "concern"


def assurance(chart: Chart, target: float, higher_is_better: bool) -> Assurance:
    """The assurance icon, by the latest limits: where the target lies to what the process does by itself.

    It doesn't say how often the target was reached: see `reached`.
    """
    if not chart.told:
        return "too few points"
    low, high = float(chart.limits.low[-1]), float(chart.limits.high[-1])
    below, above = ("passes", "fails") if higher_is_better else ("fails", "passes")
    if target < low:
        return "consistently passes" if below == "passes" else "consistently fails"
    if target > high:
        return "consistently passes" if above == "passes" else "consistently fails"
    return "hit and miss"


def reached(chart: Chart, target: float, higher_is_better: bool) -> int:
    """At how many points the target was reached; one exactly on it counts."""
    sign = 1 if higher_is_better else -1
    return int((sign * chart.values >= sign * target).sum())


def verdict(chart: Chart, target: float | None = None, higher_is_better: bool | None = None, show: Shown = "{:g}".format,
            period: str = "month") -> str:  # fmt: skip
    """One sentence: whether there is change beyond chance, and where the target lies to what the process does by itself.

    ``show`` writes a value with its unit, ``period`` names a point. A target is spoken of only where a way is wanted.
    """
    if not chart.told:
        return f"Too few points: {len(chart.values)} {period}s, and limits need {FEWEST}"
    said = _change(chart, higher_is_better, period)
    if target is None or higher_is_better is None:
        return said
    return f"{said}; {_target(chart, target, higher_is_better, show, period)}"


def _change(chart: Chart, higher_is_better: bool | None, period: str) -> str:
    points, marked = len(chart.values), int(chart.flagged.sum())
    kind = variation(chart, higher_is_better)
    if kind == "common cause":
        if not marked:
            return f"No change beyond chance in {points} {period}s"
        return f"No change beyond chance in the latest {period}, though {marked} of {points} {period}s show one"
    opening = {"improvement": "Better than chance explains", "concern": "Worse than chance explains"}
    return f"{opening.get(kind, 'A change beyond chance')}: {_rule(chart, period)}"


def _rule(chart: Chart, period: str) -> str:
    rule = chart.rules[0]
    up = getattr(chart, rule)[-1] > 0
    return RULES[rule].format(period=period, periods=f"{period}s", beyond="above" if up else "below",
                              which="upper" if up else "lower", side="above" if up else "below",
                              move="rise" if up else "fall")  # fmt: skip


def _target(chart: Chart, target: float, higher_is_better: bool, show: Shown, period: str) -> str:
    kind = assurance(chart, target, higher_is_better)
    often = f"reached in {reached(chart, target, higher_is_better)} of {len(chart.values)} {period}s"
    said = {
        "consistently passes": "is reached whatever chance does",
        "consistently fails": "is out of reach unless the process changes",
        "hit and miss": "is inside what the process does by itself",
    }[kind]
    return f"the target of {show(target)} {said} ({often})"
