"""The house style and the chart code, without a browser."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from capitation.charts import runtime
from capitation.theme import (
    AXIS_GREY,
    INK,
    PARTY_COLOURS,
    PROVIDER_COLOURS,
    QUIET,
    party_colour,
    party_colours,
    style_sheet,
)
from demo_pictures import pictures

SVG = "{http://www.w3.org/2000/svg}"


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_on_white(colour: str) -> float:
    return 1.05 / (luminance(colour) + 0.05)


@pytest.mark.parametrize("colour", [*PARTY_COLOURS.values(), *PROVIDER_COLOURS, AXIS_GREY])
def test_every_mark_stands_out_from_the_paper(colour: str):
    assert contrast_on_white(colour) >= 3


@pytest.mark.parametrize("colour", [INK, QUIET, *(set(PARTY_COLOURS.values()) - {AXIS_GREY}), *PROVIDER_COLOURS])
def test_every_text_colour_can_be_read(colour: str):
    assert contrast_on_white(colour) >= 4.5


def test_a_party_has_one_colour_and_providers_of_one_chart_differ():
    assert party_colour("holder") == party_colours(["Acute trust", "holder"])["holder"]
    assert party_colour("Acute trust") == party_colour("Acute trust")
    assert len(set(party_colours(["a", "b", "c", "holder", "commissioner"]).values())) == 5


def test_a_report_s_chart_says_in_words_what_it_shows():
    picture = pictures(3)[0]
    drawing = ElementTree.fromstring(runtime.static_svg(picture, width=500))
    assert drawing.get("role") == "img"
    assert drawing.get("aria-label") == picture.alt
    assert drawing.findtext(f"{SVG}title") == picture.finding
    assert drawing.get("width") == "500"


def test_the_chart_code_is_built_once_and_whole(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CAPITATION_CACHE", str(tmp_path))
    path = runtime.bundle_path()
    built = path.stat().st_mtime_ns
    assert path.stat().st_size > 500_000
    assert runtime.bundle_path().stat().st_mtime_ns == built
    assert [file.name for file in path.parent.iterdir()] == [runtime.bundle_name()]


def test_the_style_sheet_asks_nobody_for_anything():
    assert "url(" not in style_sheet()
    assert "@import" not in style_sheet()


def test_altair_builds_and_refuses_charts_without_the_slow_format_check():
    program = """
import sys
sys.modules["rfc3987_syntax"] = None
import altair as alt
assert alt.Chart(alt.NamedData("rows")).mark_line().encode(x="x:Q").to_dict()["mark"]["type"] == "line"
try:
    alt.Chart(alt.NamedData("rows")).mark_line(strokeWidth="thick").to_dict()
except alt.utils.schemapi.SchemaValidationError:
    print("refused")
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == "refused\n"
