"""Completion factors and what is still to come: published triangles, one worked by hand, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest

from capitation.dataset.quality.completion import (
    ALL_SETTINGS,
    NOT_RECORDED,
    Completion,
    completion,
    mack,
    still_to_come,
    triangle,
)
from capitation.dataset.quality.records import span
from capitation.errors import InputError

MISSING = float("nan")
BY_HAND = [[100.0, 150.0, 165.0], [110.0, 170.0, MISSING], [120.0, MISSING, MISSING]]
APRIL_2013 = 12 * 2013 + 3


def square(rows: list[list[float]]) -> pd.DataFrame:
    months = [f"2013-{month:02d}" for month in range(1, len(rows) + 1)]
    return pd.DataFrame(rows, index=pd.Index(months), columns=pd.Index(range(len(rows[0]))))


def increments(*rows: tuple[int, int, float]) -> pd.DataFrame:
    """Origin as months after April 2013, delay in months, amount."""
    return pd.DataFrame([(APRIL_2013 + o, d, a) for o, d, a in rows], columns=pd.Index(["origin", "delay", "amount"]))


# Total standard errors: RAA, Mack, "Measuring the variability of chain ladder reserve estimates" (CAS Forum, Spring
# 1994), and Taylor and Ashe, Mack, ASTIN Bulletin 23 (1993), table 3: 18,681 and 2,447 thousand; to more figures as
# R's ChainLadder gives them with est.sigma = "Mack".
@pytest.mark.parametrize(
    ("sample", "still", "error"), [("raa", 52_135.23, 26_909.01), ("genins", 18_680_855.61, 2_447_094.86)]
)
def test_a_published_triangle_gives_the_published_standard_error(sample: str, still: float, error: float) -> None:
    import chainladder

    found = mack(square(chainladder.load_sample(sample).values[0, 0].tolist()))
    assert found.ibnr == pytest.approx(still, abs=0.01)
    assert found.error == pytest.approx(error, abs=0.01)


def test_a_triangle_by_hand() -> None:
    # links: (150 + 170) / (100 + 110) = 1.5238 and 165 / 150 = 1.1
    found = mack(square(BY_HAND))
    link = 320 / 210
    assert found.factors["link"].tolist() == pytest.approx([link, 1.1, 1])
    assert found.factors["recorded"].tolist() == pytest.approx([1 / (link * 1.1), 1 / 1.1, 1])
    assert found.months["ultimate"].tolist() == pytest.approx([165, 170 * 1.1, 120 * link * 1.1])
    # spread of the first link, one degree of freedom; none can be had of the second from a single month
    spread = 100 * (1.5 - link) ** 2 + 110 * (170 / 110 - link) ** 2
    by_hand = 120 * link * 1.1 * math.sqrt(spread / link**2 * (1 / 120 + 1 / 210))
    assert found.error == pytest.approx(by_hand)
    assert found.months["error"].tolist() == pytest.approx([0, 0, by_hand])


@pytest.mark.parametrize(
    ("grown", "what"),
    [
        (square(BY_HAND).drop(columns=2), "it has 3 months of care and 2 delays"),
        (square(BY_HAND).rename(index={"2013-03": "2013-04"}), "its months of care leave a gap"),
        (square(BY_HAND).rename(columns={2: 3}), "its delays leave a gap"),
        (square([[100, 150, 165], [110, 170, 180], [120, MISSING, MISSING]]), "it has a cell too few or too many"),
        (
            square([[100, 150, 165], [110, MISSING, MISSING], [120, MISSING, MISSING]]),
            "it has a cell too few or too many",
        ),
        (square([[100.0]]), "it has fewer than two months of care"),
    ],
)
def test_a_triangle_that_is_not_square_is_refused(grown: pd.DataFrame, what: str) -> None:
    with pytest.raises(InputError, match=what) as refused:
        mack(grown)
    assert refused.value.where == "run-off triangle"


def test_months_of_delay_in_which_nothing_came_are_filled_and_not_skipped() -> None:
    rows = [(month, 0, 100.0) for month in range(5)] + [(0, 3, 20.0), (1, 3, 20.0)]
    grown = triangle(increments(*rows), range(APRIL_2013, APRIL_2013 + 5))
    assert grown.loc["2013-04"].tolist() == [100, 100, 100, 120, 120]
    assert mack(grown).factors["link"].tolist() == pytest.approx([1, 1, 1.2, 1, 1])


def test_what_was_recorded_after_the_last_month_does_not_count() -> None:
    rows = [(month, 0, 100.0) for month in range(4)] + [(3, 1, 900.0)]
    grown = triangle(increments(*rows), range(APRIL_2013, APRIL_2013 + 4))
    assert np.nansum(grown.to_numpy()) == 1_000  # ten cells of 100


def test_records_that_come_a_month_late_start_the_triangle_at_that_delay() -> None:
    rows = [(month, 1, 60.0) for month in range(5)] + [(month, 2, 40.0) for month in range(5)]
    grown = triangle(increments(*rows), range(APRIL_2013, APRIL_2013 + 6))
    assert list(grown.columns) == [1, 2, 3, 4, 5]
    assert list(grown.index)[-1] == "2013-08"  # of September nothing can be there yet
    assert mack(grown).factors["recorded"].tolist() == pytest.approx([0.6, 1, 1, 1, 1])


def test_a_month_of_which_nothing_came_is_refused() -> None:
    rows = [(month, 0, 100.0) for month in range(12) if month != 4]
    with pytest.raises(InputError, match="nothing recorded within 3 months"):
        triangle(increments(*rows), range(APRIL_2013, APRIL_2013 + 12))


def test_too_few_months_are_refused() -> None:
    with pytest.raises(InputError, match="fewer than 4 months of care"):
        triangle(increments((0, 0, 1.0)), range(APRIL_2013, APRIL_2013 + 3))


@pytest.fixture(scope="module")
def run_off(county) -> Completion:
    return completion(county.meta, county.tables, span(county.months))


def test_what_came_later_lies_within_two_standard_errors_of_what_was_expected(run_off: Completion) -> None:
    whole = run_off.settings.set_index("setting").loc[ALL_SETTINGS]
    assert whole["came_since"] > 0
    assert abs(whole["ibnr"] - whole["came_since"]) < 2 * whole["error"]


def test_the_county_s_own_run_off_is_found(run_off: Completion) -> None:
    # 70, 95 and 99 % of hospital records have come after 1, 2 and 3 months (county.parameters.LAGS)
    assert [run_off.share_recorded("acute", d) for d in (1, 2, 3)] == pytest.approx([0.70, 0.95, 0.99], abs=0.03)
    assert run_off.share_recorded("social care", 1) == pytest.approx(0.50, abs=0.06)
    assert run_off.share_recorded("no such setting", 1) == run_off.share_recorded(ALL_SETTINGS, 1)


def test_as_at_an_earlier_month_only_what_was_recorded_by_then_is_known(county) -> None:
    then = county.as_at("2017-09")
    found = completion(then.meta, then.tables, span(then.months))
    assert found.as_at == "2017-09"
    assert (found.settings["came_since"] == 0).all()
    assert found.settings.set_index("setting").loc[ALL_SETTINGS, "ibnr"] > 0


def test_what_is_still_to_come_is_nothing_once_all_has_come(county, run_off: Completion) -> None:
    later = still_to_come(county.meta, county.tables, span(county.months), run_off)
    assert later["later"].sum() == pytest.approx(0, abs=0.001 * later["amount"].sum())


def test_without_the_month_of_recording_nothing_is_told(county) -> None:
    import ibis

    spend = county.tables["spend"].mutate(recorded=ibis.null("date"))
    found = completion(county.meta, {**county.tables, "spend": spend}, span(county.months))
    assert found.not_told == {ALL_SETTINGS: NOT_RECORDED}
    assert found.factors.empty
    assert found.share_recorded("acute", 0) == 1


def test_a_data_set_by_year_tells_no_run_off(rand_hie) -> None:
    found = completion(rand_hie.meta, rand_hie.tables, span(rand_hie.months))
    assert found.not_told == {ALL_SETTINGS: "the data set has years, not months"}
