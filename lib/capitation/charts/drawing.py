"""What every chart is drawn with: named data, axes with units, colours by party."""

import sys
from typing import Any

# Altair's schema checks pull in a slow parser of internet addresses that no chart needs (1.3 s of import).
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import altair as alt  # noqa: E402

HEIGHT = 210
ROWS = "rows"


def chart(data: str = ROWS, **encodings: Any) -> alt.Chart:
    """An empty chart on the named data."""
    return alt.Chart(alt.NamedData(data)).encode(**encodings)


def spec(drawn: alt.TopLevelMixin, height: int = HEIGHT) -> dict[str, Any]:
    """The specification of a chart as wide as its place on the page, without data."""
    drawn = drawn.properties(width="container", height=height)  # type: ignore[attr-defined]
    content = drawn.to_dict(context={"pre_transform": False})
    content.setdefault("data", {"name": ROWS})
    content.pop("config", None)
    return content


def money_axis(title: str, currency: str, **options: Any) -> alt.Axis:
    """An axis of amounts, e.g. £1.2m, with its unit in the title."""
    text = (
        f"(datum.value < 0 ? '\N{MINUS SIGN}' : '') + '{currency}' + "
        "replace(format(abs(datum.value), '.3~s'), 'M', 'm')"
    )
    return alt.Axis(title=title, labelExpr=text, tickCount=options.pop("tickCount", 6), **options)


def percent_axis(title: str, **options: Any) -> alt.Axis:
    """An axis of shares shown in per cent."""
    text = "(datum.value < 0 ? '\N{MINUS SIGN}' : '') + format(abs(datum.value) * 100, '.3~f') + ' %'"
    return alt.Axis(title=title, labelExpr=text, **options)


def zero_line(axis: str = "y") -> alt.Chart:
    """A line at zero across the chart."""
    rule = alt.Chart(alt.NamedData(ROWS)).mark_rule(color="#212B32")
    return rule.encode(**{axis: alt.datum(0)})
