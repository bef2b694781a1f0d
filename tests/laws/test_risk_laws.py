"""Laws of the risk mechanisms."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from capitation.design.parts import Corridor, Pool, ProfitLimits, Ramp, Reopener, Risk
from capitation.risk.clauses import corridor_transfer
from capitation.risk.composed import Around, composed
from capitation.risk.limits import limits_transfer
from capitation.risk.over_years import glide_transfer, reopened
from capitation.risk.pooling import over_years, pool_transfer
from capitation.risk.savings import saved_share, savings_drawn

amounts = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8).map(np.array)
PRICE = np.float64(1_000.0)


@st.composite
def bands(draw):
    edges = sorted(draw(st.sets(st.integers(1, 90), max_size=4)))
    shares = draw(st.lists(st.integers(0, 100), min_size=len(edges) + 1, max_size=len(edges) + 1))
    return tuple(v for pair in zip(shares, [*edges, 0], strict=True) for v in pair)[:-1]


@given(bands(), bands(), st.floats(-3_000, 3_000), st.floats(0, 500))
def test_any_corridor_leaves_less_than_the_result_on_the_same_side_and_never_less_for_a_better_year(
    gain, loss, result, better
):
    corridor = Corridor(gain_bands=gain, loss_bands=loss)
    here, there = (r + float(corridor_transfer(np.float64(r), PRICE, corridor)) for r in (result, result + better))
    assert there >= here - 1e-9
    assert abs(here) <= abs(result) + 1e-9
    assert here * result >= 0


@given(amounts, st.floats(-0.5, 0.5), st.floats(0, 0.5))
def test_limits_hold_and_hold_again(result, guarantee, room):
    terms = ProfitLimits(on=True, guarantee=guarantee, cap=min(guarantee + room, 1.0))
    once = result + limits_transfer(result, PRICE, terms)
    assert ((once >= guarantee * PRICE - 1e-9) & (once <= terms.cap * PRICE + 1e-9)).all()
    np.testing.assert_allclose(limits_transfer(once, PRICE, terms), 0, atol=1e-9)


@given(st.integers(1, 6), st.floats(0, 1), st.integers(0, 99))
def test_what_a_pool_pays_out_is_what_was_paid_in(contracts, share, seed):
    results = list(np.random.default_rng(seed).normal(0, 1e5, (contracts + 1, 4)))
    terms = Pool(on=True, contracts=contracts, share=share)
    paid = [pool_transfer(mine, [r for r in results if r is not mine], terms) for mine in results]
    np.testing.assert_allclose(np.sum(paid, axis=0), 0, atol=1e-6)
    assert np.std(np.add(results, paid), axis=0) == pytest.approx(
        (1 - share) * np.std(results, axis=0), rel=1e-6, abs=1e-6
    )


@given(st.integers(1, 10), st.integers(1, 5), st.integers(0, 99))
def test_settling_over_years_moves_money_between_years_only(term, years, seed):
    results = np.random.default_rng(seed).normal(0, 1e5, (term, 3))
    np.testing.assert_allclose(over_years(results, years).sum(axis=0), results.sum(axis=0), atol=1e-6)


@given(amounts, st.floats(0, 0.5), st.floats(0, 1))
def test_a_reopened_price_never_gives_back_more_than_was_lost(result, beyond, share):
    added = reopened(1_000.0, result, Reopener(on=True, beyond=beyond, share=share))
    assert (np.abs(added) <= np.abs(result) + 1e-9).all()
    assert (added * result <= 0).all()


@given(amounts)
def test_the_whole_part_moves_nothing_and_no_part_everything(result):
    assert not glide_transfer(result, 1.0).any()
    np.testing.assert_array_equal(glide_transfer(result, 0.0), -result)


@given(st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 0.3), st.integers(1, 8))
def test_drawn_savings_lie_about_the_expected_and_are_the_same_again(savings, below, above, year):
    ramp = Ramp(below=below, above=above, delay=2, years_to_full=3)
    drawn = savings_drawn(year, savings, ramp, 256, 3)
    np.testing.assert_array_equal(drawn, savings_drawn(year, savings, ramp, 256, 3))
    assert drawn.min() <= np.median(drawn) + 1e-12
    assert year > 2 or not drawn.any()


@given(bands(), st.floats(-3_000, 3_000))
def test_a_corridor_whose_bands_are_alike_treats_gain_and_loss_alike(alike, result):
    corridor = Corridor(gain_bands=alike, loss_bands=alike)
    gain, loss = (corridor_transfer(np.float64(r), PRICE, corridor) for r in (result, -result))
    assert gain == pytest.approx(-loss)


@given(bands(), st.floats(1, 2_000))
def test_away_from_its_edges_a_corridor_leaves_the_share_of_the_band_in_which_the_result_lies(alike, result):
    assume(all(abs(result - 10 * edge) > 1e-3 for edge in alike[1::2]))
    corridor = Corridor(gain_bands=alike, loss_bands=(0,))
    low, high = (r + float(corridor_transfer(np.float64(r), PRICE, corridor)) for r in (result - 1e-4, result + 1e-4))
    share = alike[2 * int(np.searchsorted(alike[1::2], result / 10))] / 100
    assert (high - low) / 2e-4 == pytest.approx(share, abs=1e-6)


@given(
    st.floats(-0.2, 0.3), st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 1), st.integers(1, 6), st.integers(0, 99)
)
def test_drawn_savings_have_the_percentiles_that_were_elicited_whatever_they_are(
    savings, below, above, optimism, year, seed
):
    ramp = Ramp(below=below, above=above, optimism=optimism, delay=1, years_to_full=4)
    at_full = savings + np.array([-below, 0.0, above])
    stated = min(max(year - 1, 0) / 4, 1.0) * np.where(at_full > 0, at_full * (1 - optimism), at_full)
    found = np.quantile(savings_drawn(year, savings, ramp, 4_096, seed), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found, stated, atol=3e-4)
    assert found[1] == pytest.approx(saved_share(year, savings, ramp), abs=3e-4)


@given(amounts, st.floats(-0.5, 0.5), st.floats(0, 0.5), st.floats(0, 1), st.integers(0, 100), st.floats(0, 500))
def test_what_is_left_in_the_end_lies_within_the_limits_pooled_and_in_part(
    result, guarantee, room, share, part, charged
):
    """With other contracts that end at nothing a pool and a part only shrink what the limits left."""
    risk = Risk(
        profit_limits=ProfitLimits(on=True, guarantee=guarantee, cap=guarantee + room),
        pool=Pool(on=True, contracts=1, share=share),
        glide=(part,),
    )
    found = composed(result, PRICE, risk, Around(1.0, charged=charged, others=(np.zeros(1),)))
    left = (result + sum(found.values())) / PRICE
    assert (left >= min(guarantee, 0) - 1e-6).all()
    assert (left <= max(guarantee + room, 0) + 1e-6).all()


@given(amounts)
def test_with_nothing_in_force_nothing_moves(result):
    off = {name: {"on": False} for name in ("aggregate_stop_loss", "corridor", "sharing", "profit_limits", "pool")}
    assert composed(result, PRICE, Risk.model_validate({**off, "glide": (100,)}), Around(0.0)) == {}
