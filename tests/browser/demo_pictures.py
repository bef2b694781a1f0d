"""Pictures for the browser tests: plain specifications, 300 points of two series each."""

from capitation.charts.picture import Picture
from capitation.theme import party_colours

POINTS = 300
PARTIES = ["holder", "commissioner"]


def pictures(share: int) -> list[Picture]:
    """Two pictures that change with ``share``."""
    return [_picture("spread", share), _picture("bearing", 2 * share)]


def _picture(name: str, share: int) -> Picture:
    rows = [_row(party, x, share) for party in PARTIES for x in range(POINTS)]
    finding = f"The {name} is {share} per cent"
    return Picture(name, finding, f"{finding}, over {POINTS} points.", _spec(), {"rows": rows})


def _row(party: str, x: int, share: int) -> dict[str, object]:
    return {"x": x, "y": share * x / POINTS + (x % 7), "party": party}


def _spec() -> dict[str, object]:
    colours = party_colours(PARTIES)
    return {
        "data": {"name": "rows"},
        "width": "container",
        "height": 180,
        "mark": "line",
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": "year"},
            "y": {"field": "y", "type": "quantitative", "title": "£m"},
            "color": {
                "field": "party",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(colours), "range": list(colours.values())},
            },
        },
    }
