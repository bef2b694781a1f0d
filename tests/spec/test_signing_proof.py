"""What is stated of pay and of wrong verdicts before signing is what turns out, on counties of which the truth is known."""

import numpy as np
import pytest
from bench.outcomes import county, drawn_anew, terms_from, trials

from capitation.outcomes.chance import Counted, predicted

COUNTIES = 160
APART = 3.5  # standard errors: eight figures stay within it in 995 of 1,000 cases


@pytest.fixture(scope="module")
def rows() -> Counted:
    return county()


@pytest.mark.parametrize("truly_met", [False, True], ids=["nothing changed", "every target truly met"])
def test_pay_and_verdicts_turn_out_as_often_as_stated(rows, truly_met):
    for of in trials(rows, truly_met, COUNTIES):
        assert of.off < APART, f"{of.name}: stated {of.stated:.3f}, met {of.met:.3f} ± {of.error:.3f}"


def test_leaving_out_the_chance_of_the_base_year_would_be_told(rows):
    """The proof can fail: a statement that takes the base year's value for the truth is off by many errors."""
    years = np.unique(rows.year)
    stated, met = [], []
    for seed in range(COUNTIES):
        still = drawn_anew(rows, years, np.zeros(3), np.random.default_rng([seed, 31]))
        last, now = (still.ratio(int(years[k])) for k in (-2, -1))
        terms = terms_from(last)
        stated.append(0.0)  # at the floor, without chance, nothing is earned
        met.append(np.clip((now - last) / 0.05, 0, 1).mean())
        assert list(terms.measures)
    error = np.std(met) / np.sqrt(COUNTIES)
    assert abs(np.mean(met) - np.mean(stated)) > 10 * error


def test_the_change_of_a_measure_spreads_as_stated(rows):
    years = np.unique(rows.year)
    base, changes, stated = [int(y) for y in years[:-1]], [], []
    for seed in range(COUNTIES):
        still = drawn_anew(rows, years, np.zeros(3), np.random.default_rng([seed, 7]))
        ahead = predicted(still, base, still.denominator[still.year == years[-1]].sum(axis=0))
        changes.append(still.ratio(int(years[-1])) - still.ratio(base[-1]))
        stated.append(ahead.change_sd**2)
    spread = np.var(changes, axis=0) / np.mean(stated, axis=0)
    assert spread == pytest.approx(np.ones(3), abs=3.5 * np.sqrt(2 / COUNTIES))
