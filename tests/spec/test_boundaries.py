"""Outlines of localities, and the map made of them."""

import json
import re

import pytest

from capitation.charts.locality_map import locality_map
from capitation.charts.runtime import static_svg
from capitation.dataset.boundaries import ATTRIBUTION, area, inside, middle, outlines, with_holes

EAST_SUSSEX = ("Eastbourne", "Hastings", "Lewes", "Rother", "Wealden")
SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0), (1.0, 1.0)]


def test_each_district_is_one_outline_in_its_place():
    found = outlines(EAST_SUSSEX)
    assert set(found) == set(EAST_SUSSEX)
    assert all(len(polygons) == 1 and len(polygons[0]) == 1 for polygons in found.values())
    assert len(json.dumps(found)) < 40_000
    assert all(-0.2 < x < 0.9 and 50.7 < y < 51.2 for polygons in found.values() for x, y in polygons[0][0])
    assert middle(found["Lewes"])[0] < middle(found["Wealden"])[0] < middle(found["Rother"])[0]


def test_the_districts_do_not_overlap_and_have_about_their_real_size():
    """East Sussex has some 1,709 km² of land: a square degree here is about 111.2² · cos 50.9° km²."""
    found = outlines(EAST_SUSSEX)
    degrees = sum(area(polygons[0][0]) for polygons in found.values())
    assert degrees * 111.2**2 * 0.6307 == pytest.approx(1_709, rel=0.05)
    assert not any(inside(middle(found[a]), found[b][0][0]) for a in EAST_SUSSEX for b in EAST_SUSSEX if a != b)


def test_names_that_are_no_local_authority_have_no_outline():
    assert outlines(("site 1", "North", "")) == {}
    assert set(outlines(("rother", "site 1"))) == {"rother"}


def test_what_was_worked_out_is_kept_and_read_again(tmp_path):
    outlines.cache_clear()
    first = outlines(EAST_SUSSEX, tmp_path)
    (kept,) = tmp_path.iterdir()
    outlines.cache_clear()
    kept.write_text(json.dumps({"Lewes": first["Lewes"]}), encoding="utf-8")
    assert set(outlines(EAST_SUSSEX, tmp_path)) == {"Lewes"}
    outlines.cache_clear()


def test_a_closed_cache_costs_time_and_nothing_else(tmp_path):
    outlines.cache_clear()
    (tmp_path / "file").touch()
    assert set(outlines(EAST_SUSSEX, tmp_path / "file")) == set(EAST_SUSSEX)
    outlines.cache_clear()


def test_no_outline_goes_out_and_back_the_same_way():
    rings = [ring for polygons in outlines(EAST_SUSSEX).values() for polygon in polygons for ring in polygon]
    assert not any(a == c for ring in rings for a, c in zip(ring, ring[2:], strict=False))
    assert all(ring[0] == ring[-1] for ring in rings)


def test_without_the_package_nothing_is_known(monkeypatch):
    monkeypatch.setattr("capitation.dataset.boundaries.PACKAGE", "no-such-package")
    outlines.cache_clear()
    assert outlines(EAST_SUSSEX) == {}
    outlines.cache_clear()


def test_a_hole_is_told_from_an_island_and_runs_the_other_way():
    island = [(x + 10, y) for x, y in HOLE]
    found = with_holes([HOLE, SQUARE[::-1], island])
    assert [len(polygon) for polygon in found] == [2, 1]
    assert area(found[0][0]) == 16
    assert area(found[0][1]) == -1


def test_a_hidden_share_is_a_star_on_the_ground_and_a_place_without_boundary_is_named():
    shares = {"Lewes": None, "Rother": 0.09, "Atlantis": 0.2}
    picture = locality_map("m", shares, "Most are in Rother", "share of people who are in")
    assert picture is not None
    assert "Lewes *" in picture.alt
    assert "Not on the map: Atlantis" in picture.alt
    assert ATTRIBUTION in picture.alt
    svg = static_svg(picture)
    assert len(re.findall(r">Lewes</tspan><tspan[^>]*>\*<", svg)) == 2  # its label and the label's edge
    assert "copyright and database right</tspan>" in svg  # seen below the map, not only in the words
    other = locality_map("m", {**shares, "Rother": 0.01}, "x", "share of people who are in")
    assert other is not None
    assert other.spec == picture.spec  # only rows travel
    assert locality_map("m", {"site 1": 0.1}, "x", "y") is None


def test_with_every_share_hidden_the_legend_has_no_figure():
    picture = locality_map("m", dict.fromkeys(EAST_SUSSEX), "Too few people", "share of people who are in")
    assert picture is not None
    assert "NaN" not in static_svg(picture)


def test_only_the_shares_travel_to_a_page_that_has_the_map():
    picture = locality_map("m", dict.fromkeys(EAST_SUSSEX, 0.123), "x", "share of people who are in")
    assert picture is not None
    assert set(picture.data) == {"rows"}
    assert len(json.dumps(picture.data)) < 500
    assert len(json.dumps(picture.spec)) < 40_000


def test_a_share_travels_no_finer_than_it_is_shown():
    picture = locality_map("m", {"Lewes": 123 / 1_017}, "x", "share of people who are in")
    assert picture is not None
    assert picture.data["rows"] == [{"place": "Lewes", "share": 0.121, "shown": "Lewes\n12.1\N{NO-BREAK SPACE}%"}]
