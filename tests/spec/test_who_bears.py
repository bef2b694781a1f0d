"""Who bears what: the terms found keep the most incentive at the least premium within what each party can bear."""

from itertools import combinations, product

import numpy as np
import pytest

from capitation import tables_frontier
from capitation.charts.frontier import frontier_picture, tolerances_picture
from capitation.contract import settle
from capitation.dataset import open_dataset
from capitation.design import change, make_design, read_design
from capitation.design.tolerances import MEAN_OF_WORST
from capitation.errors import InputError
from capitation.terms import COMMISSIONER, HOLDER
from capitation.who_bears.frontier import frontier, rooms_of, searched
from capitation.who_bears.limits import limits_of
from capitation.who_bears.measures import all_years
from capitation.who_bears.moving import moving
from capitation.who_bears.search import Landscape

ENDS_ONLY = 2  # points: the least premium and the answer
SAID = 0.01  # of the next pound: by how much other terms may be better, as page and methods say
CLOSE = 0.003  # of the next pound: what rounding terms to their grid may cost


@pytest.fixture(scope="module")
def result(rand_hie, quick):
    return settle(rand_hie, quick)


@pytest.fixture(scope="module")
def found(result):
    return frontier(result)


@pytest.fixture(scope="module")
def years(result):
    return all_years(result, [limit.party for limit in limits_of(result)[:-1]])


def kept_within(figures, limits):
    return min(rooms_of(figures, limits)) >= 0


def test_a_variant_has_the_figures_of_the_contract_settled_under_it(rand_hie, quick, years):
    terms = {"risk.stop_loss.attachment": 3_000.0, "risk.corridor.outer_share": 0.3, "payments.block_share": 0.5}
    figures = years.figures(moving(years.result).design(terms))
    ahead = settle(rand_hie, change(quick, terms)).outlook
    bad = dict(zip(figures.parties, figures.bad, strict=True))
    assert bad[HOLDER] == pytest.approx(np.quantile(ahead.result(HOLDER), 0.05))
    assert bad[COMMISSIONER] == pytest.approx(np.quantile(-ahead.commissioner_extra, 0.05))
    assert bad["hospitals"] == pytest.approx(np.quantile(ahead.result("hospitals"), 0.05))
    assert figures.premium == pytest.approx(ahead.commissioner_extra.mean() / ahead.price)


def test_with_every_clause_off_and_no_gate_all_of_the_next_pound_stays_with_holder_and_partners(rand_hie, quick):
    bare = change(quick, {"risk.stop_loss.on": False, "risk.aggregate_stop_loss.on": False, "risk.corridor.on": False})
    result = settle(rand_hie, bare)
    assert all_years(result, [HOLDER]).figures(result.in_force).incentive == pytest.approx(1.0)


def test_every_point_and_the_answer_keep_every_tolerance_on_all_drawn_years(found, years):
    assert len(found.points) >= 10  # how many of 14 premiums have terms of their own hangs on rounding
    for point in (*found.points, found.answer):
        again = years.figures(moving(years.result).design(point.terms))
        assert again.incentive == point.figures.incentive
        assert kept_within(again, found.limits)


def test_the_answer_is_the_point_with_most_incentive_and_incentive_costs_premium(found):
    assert found.answer.figures.incentive == max(point.figures.incentive for point in found.points)
    premium, incentive = zip(*((p.figures.premium, p.figures.incentive) for p in found.points), strict=True)
    assert list(premium) == sorted(premium)
    assert list(incentive) == sorted(incentive)


def test_the_answer_beats_a_grid_of_three_levels_of_each_of_eight_terms(found, years):
    terms = moving(years.result)
    land = Landscape(lambda _: np.zeros(3), len(terms.paths), terms.ordered)
    places = {tuple(land.in_order(np.array(place))) for place in product((0.1, 0.4, 1.0), repeat=len(terms.paths))}
    tried = [years.figures(terms.design(terms.values(np.array(place)))) for place in sorted(places)]
    best = max(figures.incentive for figures in tried if kept_within(figures, found.limits))
    assert found.answer.figures.incentive > best + 0.1


def test_no_design_drawn_at_random_within_bounds_and_tolerances_beats_a_point_of_the_frontier(found, years):
    terms, rng = moving(years.result), np.random.default_rng(11)
    land = Landscape(lambda _: np.zeros(3), len(terms.paths), terms.ordered)
    within = 0
    for number in range(2_000):
        place = rng.random(len(terms.paths))
        if number % 2:  # every second one close to a point
            point = found.points[rng.integers(len(found.points))]
            place = terms.place(point.terms) + rng.normal(0.0, rng.choice([0.002, 0.005, 0.02]), len(terms.paths))
        figures = years.figures(terms.design(terms.values(land.in_order(np.clip(place, 0.0, 1.0)))))
        if not kept_within(figures, found.limits):
            continue
        within += 1
        beaten = [
            p for p in found.points if p.figures.premium >= figures.premium and p.figures.incentive < figures.incentive
        ]
        assert all(number % 2 and figures.incentive < point.figures.incentive + CLOSE for point in beaten)
    assert within > 50


@pytest.fixture(scope="module")
def tight_county(root):
    """The county, whose partners can bear little: a line of several groups of good terms, on all 16,384 years."""
    design = change(read_design(root / "designs" / "county.yaml"), {"tolerances.partners": 0.08})
    return settle(open_dataset(str(root / "data_samples" / "county-5000")), design)


def test_no_design_near_the_frontier_of_a_county_with_tight_tolerances_beats_it_by_more_than_is_said(tight_county):
    found = frontier(tight_county)
    years = all_years(tight_county, [limit.party for limit in found.limits[:-1]])
    terms, rng = moving(tight_county), np.random.default_rng(11)
    land = Landscape(lambda _: np.zeros(3), len(terms.paths), terms.ordered)
    within = 0
    for _ in range(400):
        point, some = found.points[rng.integers(len(found.points))], rng.random(len(terms.paths)) < rng.choice([0.3, 1])
        place = terms.place(point.terms) + some * rng.normal(0.0, rng.choice([0.02, 0.06, 0.15]), len(terms.paths))
        figures = years.figures(terms.design(terms.values(land.in_order(np.clip(place, 0.0, 1.0)))))
        if not kept_within(figures, found.limits):
            continue
        within += 1
        for point in found.points:
            assert figures.premium > point.figures.premium or figures.incentive < point.figures.incentive + SAID
    assert within > 50


def test_the_frontier_of_a_county_with_tight_tolerances_bends_back_nowhere_by_more_than_is_said(tight_county):
    points = [point.figures for point in frontier(tight_county).points]
    assert len(points) >= 10
    for before, here, after in combinations(points, 3):
        line = np.interp(here.premium, [before.premium, after.premium], [before.incentive, after.incentive])
        assert here.incentive > line - 2 * SAID


def test_widening_a_tolerance_that_binds_keeps_more_and_widening_another_does_not(rand_hie, quick, found):
    assert found.binding
    binding = found.binding[0].limit
    rooms = dict(zip(found.limits, rooms_of(found.answer.figures, found.limits), strict=True))
    free = next(limit for limit in found.limits if limit.party == COMMISSIONER)
    best = found.answer.figures.incentive

    def with_wider(limit):
        design = change(
            quick, {limit.path if "by_partner" not in limit.path else "tolerances.partners": 1.1 * limit.share}
        )
        return frontier(settle(rand_hie, design), ENDS_ONLY).answer.figures.incentive

    assert binding.party == HOLDER
    assert with_wider(binding) > best + found.binding[0].gain / 2
    assert rooms[free] > 0
    assert free not in [one.limit for one in found.binding]
    assert with_wider(free) < best + CLOSE


def test_a_term_that_makes_no_difference_stays_as_it_is_and_one_of_a_clause_switched_off_does_not_move(rand_hie, quick):
    bands = {"risk.corridor.gain_bands": [100, 2, 50, 6, 20], "risk.corridor.loss_bands": [100, 2, 50, 6, 20]}
    movable = ["payments.block_share", "risk.corridor.inner_share", "risk.profit_limits.cap"]
    design = change(quick, {**bands, "tolerances.movable": movable, "tolerances.holder": 1.0})
    answer = frontier(settle(rand_hie, design), ENDS_ONLY).answer
    assert set(answer.terms) == {"payments.block_share", "risk.corridor.inner_share"}
    assert answer.terms["risk.corridor.inner_share"] == quick.risk.corridor.inner_share
    assert answer.terms["payments.block_share"] != quick.payments.block_share


def test_the_same_design_has_the_same_answer(result, found):
    again = searched(result)
    assert [point.terms for point in again.points] == [point.terms for point in found.points]


def test_the_mean_of_the_worst_years_asks_more_than_the_single_year(rand_hie, quick, years):
    mean = settle(rand_hie, change(quick, {"tolerances.reads": MEAN_OF_WORST}))
    single, beyond = (ahead.figures(ahead.result.in_force) for ahead in (years, all_years(mean, years.parties)))
    assert (beyond.bad < single.bad).all()
    losses = np.sort(mean.outlook.result(HOLDER))[:51]
    assert beyond.bad[years.parties.index(HOLDER)] == pytest.approx(losses.mean())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tolerances.partners": 0.01, "tolerances.commissioner": 0.05},
         r"‘Commissioner: pays at most 5 % of the price beyond it one year in twenty’ and ‘.*: loses at most 1 % of its turnover "
         r"one year in twenty’ collide: the terms that may move can’t keep both; "
         r"the nearest terms miss by .* % of the (turnover of [A-Z]|price for the )"),
        ({"tolerances.holder": 0.0}, r"^tolerances.holder: ‘Holder: .*’ can’t be kept by the terms that may move: .* expected more room"),
        ({"tolerances.movable": ["risk.corridor.outer"]}, r"^tolerances.partners: ‘Mental health clinics: .* can’t be kept"),
        ({"tolerances.movable": ["risk.profit_limits.cap"]}, r"each belongs to a clause that is switched off"),
    ],
)  # fmt: skip
def test_where_no_terms_keep_every_tolerance_those_that_collide_are_named(rand_hie, quick, changes, says):
    with pytest.raises(
        InputError, match=says.replace("%", "\N{NO-BREAK SPACE}?%").replace(" \N{NO-BREAK SPACE}?%", "\\s%")
    ):
        searched(settle(rand_hie, change(quick, changes)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"holder": -0.1}, "tolerances.holder .*: -0.1 is not accepted; expected a number from 0 to 1"),
        ({"movable": []}, "no term may move, so there is nothing to look for"),
        ({"movable": ["payments.block_share", "payments.block_share"]}, "a term is named twice"),
        ({"movable": ["price.trend"]}, "tolerances.movable.*not accepted"),
        (
            {"by_partner": {"hospitals": {"loss": 2.0}}},
            r"tolerances.by_partner.hospitals.loss \(Hospitals: loss it can bear",
        ),
    ],
)
def test_a_tolerance_that_makes_no_sense_is_refused_in_one_line(content, says):
    with pytest.raises(InputError, match=says) as refused:
        make_design({"tolerances": content})
    assert "\n" not in str(refused.value)


def test_a_partner_named_apart_has_its_own_tolerance_and_one_that_is_not_known_is_refused(rand_hie, quick):
    own = change(quick, {"tolerances.by_partner.hospitals.loss": 0.3})
    limits = {limit.party: limit for limit in limits_of(settle(rand_hie, own))}
    assert (limits["hospitals"].share, limits["clinics"].share) == (0.3, quick.tolerances.partners)
    assert limits["hospitals"].path == "tolerances.by_partner.hospitals.loss"
    with pytest.raises(InputError, match=r"tolerances.by_partner.nobody: no partner of that name"):
        _ = settle(rand_hie, change(quick, {"tolerances.by_partner.nobody.loss": 0.3})).plans


def test_a_provider_outside_the_contract_has_no_tolerance_and_none_of_its_own_is_taken(rand_hie, quick):
    outside = change(quick, {"payments.choice": True, "scope.outside_providers": ["clinics"]})
    parties = [limit.party for limit in limits_of(settle(rand_hie, outside))]
    assert "hospitals" in parties and "clinics" not in parties
    with pytest.raises(InputError, match=r"tolerances.by_partner.clinics: no partner of that name"):
        _ = settle(rand_hie, change(outside, {"tolerances.by_partner.clinics.loss": 0.3})).plans


@pytest.mark.parametrize(
    "changes", [{"tolerances.holder": 0.0}, {"tolerances.premium": 0.0, "tolerances.partners": 0.01}]
)
def test_tolerances_that_leave_next_to_no_room_are_named(root, changes):
    design = change(read_design(root / "designs" / "county.yaml"), changes)
    with pytest.raises(
        InputError, match=r"^tolerances\.(holder|premium).*: ‘(Holder|Premium): .*leaves? next to no room"
    ):
        searched(settle(open_dataset(str(root / "data_samples" / "county-5000")), design), points=ENDS_ONLY)


def test_a_year_that_is_not_over_has_no_frontier(root):
    county = open_dataset(str(root / "data_samples" / "county-5000")).as_at("2017-06")
    design = change(read_design(root / "designs" / "county.yaml"), {"outlook.replicates": 1_024})
    with pytest.raises(InputError, match="the contract year is not over"):
        searched(settle(county, design))


@pytest.mark.parametrize("tries", [100, 1_000])
def test_a_search_that_is_stopped_keeps_what_was_found(result, tries):
    told = []

    def watch(done):
        told.append(done)
        return len(told) < tries

    stopped = searched(result, watch)
    assert not stopped.complete
    assert told == sorted(told)
    assert (stopped.answer is None) == (tries == 100)
    for point in stopped.points:
        assert kept_within(point.figures, stopped.limits)


def test_pictures_and_tables_name_what_binds_and_who_asks_too_much(result, found):
    picture = frontier_picture(result, found)
    assert f"keep {100 * found.answer.figures.incentive:.0f}" in picture.finding
    assert "mental health clinics" in picture.finding
    assert "the holder" in tolerances_picture(result, found).finding
    assert "‘Holder: loses at most" in tables_frontier.proposed_terms(result, found).notes[0]
    assert len(tables_frontier.proposed_parties(result, found).rows) == len(found.limits) - 1
    assert len(tables_frontier.frontier_points(result, found).rows) == len(found.points)
