"""The search for who could bear what, on the page: begun, stopped, put in force and taken back."""

import asyncio
import time
from threading import Timer

import pytest

from capitation.workbench.controls import Control, _step_of
from capitation.workbench.opening import open_workbench
from capitation.workbench.who_bears_panel import WhoBears

FEW_TERMS = {"outlook.replicates": 1_024, "tolerances.movable": ["payments.block_share", "risk.corridor.inner_share"]}


@pytest.fixture
def workbench(root):
    return open_workbench("rand-hie", str(root / "designs" / "baseline.yaml"), FEW_TERMS, True)


def test_terms_found_are_put_in_force_as_one_step_that_undo_takes_back(workbench):
    panel, before = WhoBears(workbench), workbench.design
    panel.search()
    assert "Found." in panel._said.value
    assert len(panel._charts.children) == 2
    assert "Terms now and proposed" in panel._words.value
    panel.use()
    assert "are in force" in panel._said.value
    assert all(workbench.design.value(path) == value for path, value in panel.found.answer.terms.items())
    workbench.undo()
    assert workbench.design == before
    assert "Found." in panel._said.value


def test_what_was_found_for_another_design_says_so_and_a_collision_leaves_the_design_in_force(workbench):
    panel = WhoBears(workbench)
    panel.search()
    workbench.set({"tolerances.partners": 0.01})
    assert "the design has changed since" in panel._said.value
    design = workbench.design
    panel.search()
    assert "can’t be kept" in panel._said.value or "collide" in panel._said.value
    assert 'role="alert"' in panel._said.value
    assert workbench.design == design


def test_beside_a_page_the_search_goes_on_while_a_control_moves_and_stops_when_told(workbench):
    async def page():
        panel = WhoBears(workbench)
        panel.search()
        assert panel._search.disabled and not panel._end.disabled
        workbench.set({"risk.corridor.inner": 0.03})  # followed at once
        assert workbench.at_rest.is_set()
        panel._end.click()
        assert "Stopping …" in panel._said.value and panel._end.disabled
        while panel._search.disabled:
            await asyncio.sleep(0.02)
        return panel

    panel = asyncio.run(page())
    assert not panel.found.complete
    assert "Stopped" in panel._said.value or "has changed" in panel._said.value


def test_a_search_that_waits_for_a_change_to_be_followed_ends_soon_when_told(workbench):
    panel = WhoBears(workbench)
    workbench.at_rest.clear()
    timer = Timer(0.1, panel._stop.set)
    timer.start()
    start = time.perf_counter()
    assert not panel._watch(None)(0.0)
    assert time.perf_counter() - start < 1.0


def test_nobody_there_it_is_shown_at_once_or_the_line_that_says_why_not(root):
    for extra, words in (({}, "Terms now and proposed"), ({"tolerances.partners": 0.01}, "tolerances")):
        shown = open_workbench("rand-hie", str(root / "designs" / "baseline.yaml"), {**FEW_TERMS, **extra}, False)
        assert words in shown.who_bears(points=2).html


def test_a_slider_takes_a_value_between_its_steps_as_it_is(workbench):
    workbench.set({"payments.block_share": 0.4225})
    control = Control(workbench, workbench.design.declaration("payments.block_share"))
    assert (control.input.value, control.input.step) == (42.25, 0.25)
    workbench.set({"payments.block_share": 0.45})
    assert (control.input.value, control.input.step) == (45.0, 5.0)
    assert _step_of(0.333, 0.0, 5.0) == 0.005
