"""What is said of a cohort, against populations whose truth is known and against published figures."""

import numpy as np
import pandas as pd
import pytest

from capitation.cohort.regression_to_mean import fall, persistence, pooled, regression
from capitation.cohort.segments import SCHEMES, segmentation, year_of_care_band
from capitation.cohort.selection_monitor import selection
from capitation.cohort.size import size
from capitation.cohort.turnover import turnover
from capitation.dataset.linked_dataset import Chosen, InMemory
from capitation.dataset.names import LEFT, THERE
from capitation.dataset.selection import Condition
from capitation.loss.atoms import atoms_of

SEEDS = range(150)
SHAPE, RATE = 0.8, 0.004  # of the gamma law of a person's lasting level of cost, £
CHOSEN_FROM = 500.0  # £ in the year before
PEOPLE = 3_000


def population(seed: int, people: int = PEOPLE, years: int = 5) -> InMemory:
    """People whose cost in a year is Poisson (in units of £100) about a lasting gamma level: next year's expected cost
    of somebody who had k units is 100 (SHAPE + k) / (100 RATE + 1), whatever else is known."""
    rng = np.random.default_rng([seed, 77])
    level = rng.gamma(SHAPE, 1 / RATE, people)
    cost = 100.0 * rng.poisson(level[:, None] / 100, (people, years))
    parts = [pd.DataFrame({"person_id": np.arange(people), "year": year, "exposure": 1.0, "cost": cost[:, year],
                           "age": 50.0, "sex": "other", "locality": "here", "deprivation": np.nan, "ending": THERE,
                           "prior_exposure": float(year > 0), "prior_spend": cost[:, year - 1] if year else 0.0,
                           "prior_cost": cost[:, year - 1] if year else 0.0,
                           "prior_known": year > 0, "joined": False}) for year in range(years)]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    lines = pd.DataFrame({("care", "hospital"): rows["cost"]})
    lines.columns = pd.MultiIndex.from_tuples([("care", "hospital")])
    nothing = pd.DataFrame(index=rows.index)
    return InMemory(Chosen(rows, lines, nothing))


DEAR_BEFORE = (Condition("prior_spend", "at least", (CHOSEN_FROM,)),)


def expected_next(spent: np.ndarray) -> np.ndarray:
    """The law's own answer: E(next year's cost | this year's), £. Source: conjugate gamma-Poisson law."""
    return 100 * (SHAPE + spent / 100) / (100 * RATE + 1)


def test_a_cohort_chosen_at_its_worst_is_found_to_fall_by_what_the_law_says():
    hits, falls = [], []
    for seed in SEEDS:
        people = population(seed)
        falls_of = {year: fall(people.sums.cells(year, DEAR_BEFORE, ()), year) for year in (1, 2, 3, 4)}
        rows = people.rows.person_years
        chosen = rows[(rows["year"] == 4) & (rows["prior_spend"] >= CHOSEN_FROM)]
        found = regression(falls_of[4], [falls_of[y] for y in (1, 2, 3)], len(chosen), 1.0, 1.0)
        truth = expected_next(chosen["prior_spend"].to_numpy()).mean()
        hits.append(found.expected.low <= truth <= found.expected.high)
        falls.append(found.expected.value / truth)
    assert np.mean(falls) == pytest.approx(1, abs=0.01)
    assert found.now.after < 0.85 * found.now.before  # and it is a great fall
    assert np.mean(hits) >= 0.95


def test_the_year_itself_lies_within_the_limits_as_often_as_they_say():
    inside = []
    for seed in SEEDS:
        cells = {y: population(seed).sums.cells(y, DEAR_BEFORE, ()) for y in (1, 2, 3, 4)}
        falls_of = {year: fall(cell, year) for year, cell in cells.items()}
        inside.append(regression(falls_of[4], [falls_of[y] for y in (1, 2, 3)], 1.0, 1.0, 1.0).as_expected)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_a_cohort_not_chosen_by_use_does_not_fall():
    people = population(3, people=20_000)
    at_random = (Condition("person_id", "below", (5_000,)),)
    found = fall(people.sums.cells(2, at_random, ()), 2)
    assert abs(found.log_ratio) < 3 * found.error
    assert found.error < 0.05


def test_roland_s_fall_is_seen_of_those_chosen_by_two_admissions():
    """The share of everything that those chosen for high use hold falls at once and goes on falling: by the law."""
    people = population(5, people=40_000)
    found = persistence(people.sums.follow(1, DEAR_BEFORE), 1, "").shares.set_index("year")["cost_share"]
    spent = people.rows.person_years.query("year == 0").set_index("person_id")["cost"]
    chosen = spent >= CHOSEN_FROM
    law = expected_next(spent.to_numpy())
    assert found[0] == pytest.approx(spent[chosen].sum() / spent.sum())
    assert found[1] == pytest.approx(law[chosen].sum() / law.sum(), rel=0.02)
    assert found[1] < 0.8 * found[0]
    assert found[2] == pytest.approx(found[1], rel=0.03)  # no memory but the lasting level


def test_persistence_of_the_real_data_is_as_published(rand_hie):
    """DATA.md: the dearest 5 % of year 1 have 3.2 times the average in year 2, and 21.9 % of them are in it again."""
    rows = rand_hie.person_years.assign(cost=rand_hie.costs.sum(axis=1))
    first, second = (rows[rows["year"] == y].set_index("person_id")["cost"] for y in (1, 2))
    both = first.index.intersection(second.index)
    first, second = first[both], second[both]
    dear = first.rank(ascending=False, method="first") <= 0.05 * len(both)
    again = second.rank(ascending=False, method="first") <= 0.05 * len(both)
    assert again[dear].mean() == pytest.approx(0.219, abs=0.002)
    cut = float(first[dear].min())
    conditions = (Condition("prior_known", "in", (True,)), Condition("prior_spend", "at least", (cut,)))
    found = persistence(rand_hie.held.sums.follow(2, conditions), 2, "").shares.set_index("year")
    average = second.mean()
    assert found.loc[2, "pppy"] / average == pytest.approx(3.2, abs=0.15)
    for year, rho in {2: 0.131, 3: 0.142, 4: 0.139, 5: 0.135}.items():
        other = rows[rows["year"] == year].set_index("person_id")["cost"]
        pair = pd.concat([rows[rows["year"] == 1].set_index("person_id")["cost"], other], axis=1, join="inner")
        assert pair.corr().iloc[0, 1] == pytest.approx(rho, abs=0.002)


def leavers(seed: int, dearer: float) -> pd.DataFrame:
    """Cells of people of four needs by age and sex, of whom the two dearest leave ``dearer`` times as often."""
    rng = np.random.default_rng([seed, 5])
    rows = []
    for age, sex in (("a", "f"), ("a", "m"), ("b", "f"), ("b", "m")):
        for need, cost in enumerate((500.0, 1_000.0, 3_000.0, 9_000.0)):
            n = (800, 400, 150, 50)[need]
            left = rng.binomial(n, 0.05 * (dearer if need >= 2 else 1.0))
            rows += [
                (age, sex, need, ending, count, float(count), count * cost)
                for ending, count in ((THERE, n - left), (LEFT, left))
            ]
    frame = pd.DataFrame(rows, columns=["age", "sex", "need", "ending", "people", "exposure", "predicted"])
    return frame[frame["people"] > 0]


def test_a_planted_selection_is_found_and_none_is_found_where_there_is_none():
    none = [selection(leavers(seed, 1.0)) for seed in SEEDS]
    some = [selection(leavers(seed, 2.5)) for seed in SEEDS]
    assert np.mean([s.found for s in none]) <= 0.09
    assert np.mean([s.found for s in some]) >= 0.95
    # expected by hand: extra leavers are 0.075 of 150 and of 50 in each of 4 cells, paid 1,214 (= 1.7 m / 1,400)
    paid = (800 * 500 + 400 * 1_000 + 150 * 3_000 + 50 * 9_000) / 1_400
    truth = 4 * 0.075 * (150 * (3_000 - paid) + 50 * (9_000 - paid))
    assert np.mean([s.gain.value for s in some]) == pytest.approx(truth, rel=0.05)
    assert np.mean([s.gain.low <= truth <= s.gain.high for s in some]) >= 0.90


def test_what_comers_and_goers_do_adds_up_by_hand():
    """Two stayed at £100 and £110; one who died cost £900 for half a year; one came at £50."""
    rows = [
        ("stayed in", 0, 2, 2.0, 200.0),
        ("died", 0, 1, 0.5, 450.0),
        ("stayed in", 1, 2, 2.0, 220.0),
        ("joined", 1, 1, 1.0, 50.0),
    ]
    found = turnover(pd.DataFrame(rows, columns=["change", "year", "people", "exposure", "cost"]), 1)
    effects = found.groups.set_index("change")["effect"]
    assert found.before == pytest.approx(260)
    assert found.after == pytest.approx(90)
    assert effects["stayed in"] == pytest.approx(10)
    assert effects["died"] == pytest.approx(-0.2 * 800)
    assert effects["joined"] == pytest.approx(-20)
    assert effects.sum() == pytest.approx(found.after - found.before)


def test_estimates_that_agree_are_pooled_and_those_that_differ_get_a_spread():
    mean, variance = pooled([0.1, 0.1], [0.01, 0.01])
    assert (mean, variance) == (pytest.approx(0.1), pytest.approx(0.00005))
    _, wide = pooled([-0.3, 0.5], [0.01, 0.01])
    assert wide > 0.3**2


@pytest.mark.parametrize(("conditions", "band"), [(2, "B"), (3, "C"), (5, "C"), (6, "D"), (8, "D"), (9, "E"), (1, "A")])
def test_year_of_care_bands_are_as_published(conditions, band):
    assert year_of_care_band(conditions) == band
    frame = pd.DataFrame({"need:conditions": [float(conditions)]})
    grouping = segmentation("year of care", ("conditions",))
    assert grouping.labels[grouping.codes(frame)[0]][0] == (band if band != "A" else "F")


@pytest.mark.parametrize(
    ("scheme", "segments"), [("year of care", 5), ("north west london", 15), ("bridges to health", 8)]
)
def test_every_scheme_has_its_published_number_of_segments(scheme, segments):
    table, rest = SCHEMES[scheme]
    assert len({segment.name for segment in table} | {rest}) == segments


def test_the_gravest_need_decides_the_segment():
    markers = ("conditions", "dementia", "cancer", "frailty", "heart_failure", "learning_disability")
    rows = pd.DataFrame({"age": [80.0, 80.0, 40.0, 10.0, 0.5], "need:conditions": [4.0, 4.0, 1.0, 0.0, 0.0],
                         "need:dementia": [1.0, np.nan, np.nan, np.nan, np.nan], "need:cancer": [1.0, 1.0, np.nan, np.nan, np.nan],
                         "need:frailty": [0.4, 0.1, 0.0, 0.0, 0.0], "need:heart_failure": [1.0, 1.0, np.nan, np.nan, np.nan],
                         "need:learning_disability": [np.nan] * 5})  # fmt: skip

    def names(scheme):
        grouping = segmentation(scheme, markers)
        return [grouping.labels[code] for code in grouping.codes(rows)]

    assert names("north west london") == ["Advanced dementia", "Adults and older people with cancer",
                                          "Adults with 1+ conditions", "Mostly healthy, 0-12", "Mostly healthy, 0-12"]  # fmt: skip
    assert names("bridges to health") == ["Long decline: frailty, dementia", "Limited reserve: organ failure",
                                          "Chronic conditions, normal function", "Healthy", "Maternal and infant"]  # fmt: skip


def test_enough_people_are_told_from_too_few():
    rng = np.random.default_rng(1)
    cost = rng.lognormal(7, 1.2, 5_000)
    bins = np.floor(np.log10(cost) * 64).astype(int)
    atoms = atoms_of(*(np.bincount(bins, w)[np.unique(bins)] for w in (np.ones(5_000), cost, cost**2)))
    needed = size(atoms, 100, 0.05, 0.05).exact
    assert size(atoms, needed + needed // 50, 0.05, 0.05).enough
    assert not size(atoms, needed - needed // 50, 0.05, 0.05).enough
