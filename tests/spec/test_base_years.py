"""What base years that agree, lie on a line or do neither tell of the next year, by hand and over many draws."""

import numpy as np
import pytest

from capitation.outcomes.base_years import LEVEL, TREND, UNEVEN, course
from capitation.outcomes.chance import Counted, predicted

AHEAD = [4, 3, 2, 1]
EQUAL = np.full(4, 0.25)


def test_years_that_agree_weigh_as_they_did():
    found = course(np.array([0.60, 0.61, 0.60, 0.61]), np.eye(4) * 1e-3, EQUAL, AHEAD)
    assert (found.kind, found.weight.tolist(), found.beyond) == (LEVEL, EQUAL.tolist(), 0.0)


def test_years_on_a_line_are_carried_on_along_it():
    """Four equally sure years: the next one by least squares is -½, 0, ½ and 1 of them, which is 0.80."""
    ratio = np.array([0.60, 0.65, 0.70, 0.75])
    found = course(ratio, np.eye(4) * 1e-5, EQUAL, AHEAD)
    assert found.kind == TREND
    assert found.weight == pytest.approx([-0.5, 0.0, 0.5, 1.0])
    assert found.weight @ ratio == pytest.approx(0.80)
    assert found.beyond == 0.0


def test_what_is_around_a_line_beyond_chance_is_added():
    """Least squares leave -0.01, 0.03, -0.03 and 0.01; two of four years are free."""
    found = course(np.array([0.60, 0.70, 0.70, 0.80]), np.eye(4) * 1e-8, EQUAL, AHEAD)
    left = np.array([-0.01, 0.03, -0.03, 0.01])
    assert found.kind == TREND
    assert found.beyond == pytest.approx((left @ left) / 2 - 1e-8)


def test_two_years_apart_tell_that_a_year_may_move_and_not_where():
    """Half of the squared difference, less what chance in people makes of it: 0.005 - 0.0001."""
    found = course(np.array([0.50, 0.60]), np.eye(2) * 1e-4, np.array([0.5, 0.5]), [2, 1])
    assert (found.kind, found.weight.tolist()) == (UNEVEN, [0.5, 0.5])
    assert found.beyond == pytest.approx(0.0049)


def test_chance_alone_is_seldom_taken_for_movement():
    """Two tests at 5 %: in about a tenth of the draws."""
    rng = np.random.default_rng(3)
    kinds = [course(0.6 + 0.02 * rng.standard_normal(4), np.eye(4) * 4e-4, EQUAL, AHEAD).kind for _ in range(2_000)]
    moved = np.mean([kind != LEVEL for kind in kinds])
    assert 0.06 < moved < 0.12


def drifting(per_year: float, people: int = 2_000, years: int = 5, seed: int = 1) -> Counted:
    """Everybody counted in every year, the chance rising by ``per_year`` whether anybody does anything or not."""
    rng = np.random.default_rng(seed)
    year = np.repeat(np.arange(1, years + 1), people)
    met = rng.random(len(year)) < 0.5 + per_year * (year - 1)
    return Counted(("m",), met.astype(float)[:, None], np.ones((len(year), 1)), np.tile(np.arange(people), years), year)


def test_a_drift_goes_on_with_nothing_done():
    """A rise of 5 points a year: of the fifth year 0.70 is expected, and it lies within chance of that in most draws."""
    off = []
    for seed in range(60):
        counted = drifting(0.05, seed=seed)
        found = predicted(counted, [3, 4], year=5, earlier=[1, 2])
        off.append((counted.ratio(5)[0] - found.value[0]) / found.sd[0])
        assert found.moved == {"m": TREND}
    assert abs(np.mean(off)) < 3 / np.sqrt(60)
    assert 0.75 < np.std(off) < 1.25


def test_a_year_in_which_nobody_counted_tells_nothing():
    """Else a measure would look surer for its gaps: without a base year its spread is that of the other one."""
    counted = drifting(0.0)
    gap = Counted(
        ("m",), counted.numerator, np.where(counted.year[:, None] == 3, 0.0, 1.0), counted.person, counted.year
    )
    whole = predicted(counted, [4], year=5)
    found = predicted(gap, [3, 4], year=5)
    assert found.value == pytest.approx(whole.value)
    assert found.sd == pytest.approx(whole.sd)


def test_the_size_of_the_contract_year_is_not_known_before_it():
    counted = drifting(0.0)
    fewer = counted.year < 5
    ended = Counted(
        ("m",), *(of[fewer] for of in (counted.numerator, counted.denominator, counted.person, counted.year))
    )
    assert predicted(ended, [3, 4], year=5).sd == pytest.approx(predicted(counted, [3, 4], year=5).sd)


def test_people_who_never_change_tell_one_level():
    """Everybody alike in three years: the years have everything in common, and no line can be drawn through them."""
    met = np.tile(np.arange(100) < 60, 3).astype(float)[:, None]
    counted = Counted(("m",), met, np.ones((300, 1)), np.tile(np.arange(100), 3), np.repeat([1, 2, 3], 100))
    found = predicted(counted, [1, 2, 3])
    assert found.value == pytest.approx([0.6])
    assert found.moved == {}
    assert found.sd == pytest.approx([0.0], abs=1e-6)
