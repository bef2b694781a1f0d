"""The price step by step, worked out by hand: years weighed, growth by cause, late records, errors, other ways to count."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from capitation.dataset.quality.completion import ALL_SETTINGS, Completion
from capitation.design.parts import Growth
from capitation.design.parts import Price as PriceTerms
from capitation.errors import InputError
from capitation.price.decomposition import DEMOGRAPHIC, NEED, PER_USER, PRICES, USE, OneYear, decomposition, log_mean
from capitation.price.errors import Errors, model_error, persistence
from capitation.price.growth import causes, growth_factor, trend_error
from capitation.price.late_records import late_of_year
from capitation.price.methods import LEDGER, linked_method, raised_method
from capitation.price.person_year import Late, bootstrap_error, people_of, price_person_year

FLAT = PriceTerms(adjust="none", trend=0.0)


def two_people(costs: dict[int, tuple[float, float]]) -> tuple[pd.DataFrame, np.ndarray]:
    """Two people, a whole year each, with a cost in every year but the last, which is the contract year."""
    years = [*costs, max(costs) + 1]
    members = pd.DataFrame({
        "person_id": [1, 2] * len(years), "year": np.repeat(years, 2), "exposure": 1.0, "age": 40.0,
        "sex": ["female", "male"] * len(years),
    })  # fmt: skip
    return members, np.array([c for both in costs.values() for c in both] + [0.0, 0.0])


def test_years_weigh_as_asked():
    """Means of 100, 200 and 300 at 10, 30 and 60 % are 250; unweighted 200."""
    members, cost = two_people({1: (50.0, 150.0), 2: (100.0, 300.0), 3: (250.0, 350.0)})
    weighted = FLAT.model_copy(update={"year_weights": (10, 30, 60)})
    assert price_person_year(members, cost, weighted, 4, (1, 2, 3)).expected == pytest.approx(250)
    assert price_person_year(members, cost, FLAT, 4, (1, 2, 3)).expected == pytest.approx(200)


def test_with_fewer_years_than_weights_the_last_ones_count():
    members, cost = two_people({1: (100.0, 100.0), 2: (200.0, 200.0)})
    weighted = FLAT.model_copy(update={"year_weights": (10, 30, 60)})
    assert price_person_year(members, cost, weighted, 3, (1, 2)).expected == pytest.approx((30 * 100 + 60 * 200) / 90)


def test_weights_of_another_number_of_years_are_refused():
    with pytest.raises(ValueError, match="2 weights of years for 3 years of history"):
        PriceTerms(year_weights=(40, 60))


def test_growth_is_a_product_of_causes():
    """3 % of which 1 % is prices leaves 1.98 % volume; two years on, with 1 % need and 2 % policy once."""
    terms = PriceTerms(trend=0.03, growth=Growth(prices=0.01, need=0.01, policy=0.02))
    assert causes(terms)["growth of volume"] == pytest.approx(1.03 / 1.01 - 1)
    assert growth_factor(terms, np.array([2])) == pytest.approx(1.03**2 * 1.01**2 * 1.02)


def test_the_error_of_growth_is_that_of_a_triangular_law_about_the_likely():
    """3 points either way: 3/√6 = 1.22 points; 1 below and 3 above: √((1 + 9 - 3)/6) = 1.08."""
    assert trend_error(PriceTerms(growth=Growth(below=0.03, above=0.03))) == pytest.approx(0.03 / np.sqrt(6))
    assert trend_error(PriceTerms(growth=Growth(below=0.01, above=0.03))) == pytest.approx(np.sqrt(7 / 6) / 100)
    drawn = np.random.default_rng(0).triangular(-0.01, 0.0, 0.03, 400_000)
    assert trend_error(PriceTerms(growth=Growth(below=0.01, above=0.03))) == pytest.approx(
        np.sqrt((drawn**2).mean()), rel=0.01
    )


def test_the_error_of_growth_reaches_the_price_by_the_years_ahead():
    """One year of history two years back has twice the error of one a year back."""
    members, cost = two_people({1: (100.0, 300.0)})
    far = pd.concat([members[members["year"] == 1], members[members["year"] == 2].assign(year=3)], ignore_index=True)
    near, twice = (price_person_year(m, cost, FLAT, y, (1,)).errors.trend for m, y in ((members, 2), (far, 3)))
    assert twice == pytest.approx(2 * near)
    assert near == pytest.approx(200 * 0.05 / np.sqrt(6))


def test_the_build_up_has_a_line_for_every_cause():
    members, cost = two_people({1: (100.0, 300.0)})
    terms = PriceTerms(adjust="none", trend=0.05, growth=Growth(prices=0.02, need=0.01, policy=-0.01))
    lines = price_person_year(members, cost, terms, 2, (1,), {1: Late(1.1, 0.01)}).build_up
    levels = list(
        np.cumsum(
            [
                lines[n]
                for n in ("history", "late records", "growth of volume", "growth of prices", "growth of need", "policy")
            ]
        )
    )
    assert levels == pytest.approx([200, 220, 220 * 1.05 / 1.02, 231, 231 * 1.01, 231 * 1.01 * 0.99])


def test_a_dear_person_is_shared_over_everyone_and_nothing_is_lost():
    """Women cost 100 and 100, men 100 and 900. Above 300 shared: 600 over four is 150 each."""
    members = pd.DataFrame({"person_id": [1, 2, 3, 4] * 2, "year": np.repeat([1, 2], 4), "exposure": 1.0, "age": 40.0,
                            "sex": ["female", "female", "male", "male"] * 2})  # fmt: skip
    cost = np.array([100.0, 100.0, 100.0, 900.0, 0, 0, 0, 0])
    price = price_person_year(members, cost, PriceTerms(trend=0.0, age_bands=(0,), shared_above=300.0), 2, (1,))
    assert price.expected == pytest.approx(300)
    assert dict(zip(price.cells["cell"], price.cells["rate"], strict=True)) == pytest.approx(
        {"female 0+": 250, "male 0+": 350}
    )


def test_persistence_by_hand():
    """Residuals of forty people that halve and keep their sign: r·r/2 over (r² + r²/4)/2 is 0.8, held at one half."""
    residual = np.tile([1.0, -1.0], 20)
    person, year = np.tile(np.arange(40), 2), np.repeat([1, 2], 40)
    assert persistence(np.concatenate([residual, residual / 2]), person, year) == 0.5
    mixed = np.concatenate([residual, np.where(np.arange(40) < 26, residual, -residual)])
    assert persistence(mixed, person, year) == pytest.approx((26 - 14) / 40)


def test_people_shuffled_between_years_have_no_persistence():
    rng = np.random.default_rng(3)
    own = rng.normal(size=4_000)
    residual = np.concatenate([own + rng.normal(size=4_000), own + rng.normal(size=4_000)])
    person, year = np.tile(np.arange(4_000), 2), np.repeat([1, 2], 4_000)
    assert persistence(residual, person, year) == pytest.approx(0.5, abs=0.04)
    shuffled = np.concatenate([np.arange(4_000), rng.permutation(4_000)])
    assert persistence(residual, shuffled, year) < 0.05


def test_few_people_seen_twice_tell_no_persistence():
    assert persistence(np.ones(40), np.tile(np.arange(20), 2), np.repeat([1, 2], 20)) == 0.0


def test_what_the_year_repeats_is_not_counted_twice():
    errors = Errors(parameter=5.0, trend=3.0, model=0.0, late=0.0, process=10.0, shared=8.0, persistence=0.3)
    assert errors.of_price == pytest.approx(np.sqrt(25 + 9))
    assert errors.beyond_chance == pytest.approx(np.sqrt(25 - 16 + 9))
    assert sum(errors.parts.values()) == pytest.approx(25 + 9 + 100)


def test_the_error_of_method_is_that_of_a_uniform_law_over_the_ways():
    assert model_error([100.0, 112.0, 106.0]) == pytest.approx(12 / np.sqrt(12))


def completion(share_at: dict[int, float], as_at: str, late: float = 100.0, came: float = 0.0) -> Completion:
    factors = pd.DataFrame(
        {"setting": ALL_SETTINGS, "delay": list(share_at), "link": 1.0, "recorded": list(share_at.values())}
    )
    settings = pd.DataFrame([{"setting": ALL_SETTINGS, "late": late, "late_error": 0.2 * late, "late_came": came}])
    return Completion(as_at, settings, factors, pd.DataFrame(), {})


def test_late_records_by_hand():
    """Twelve months that end two months before the data: the last at 80 % and 90 %, the others whole. Missing on average
    0.3/12 = 2.5 %, so the ultimate is 1/0.975 of what was recorded, with an error of a fifth of what is added."""
    found = completion({0: 0.5, 1: 0.7, 2: 0.8, 3: 0.9, 4: 1.0}, "2017-05")
    late = late_of_year({"acute": 1_000.0}, "2016-04", found)
    assert late.factor == pytest.approx(1 / 0.975)
    assert late.error == pytest.approx((1 / 0.975 - 1) * 0.2)


def test_records_that_came_since_are_not_added_again():
    found = completion({0: 0.5, 1: 1.0}, "2017-03", late=100.0, came=100.0)
    assert late_of_year({"acute": 1_000.0}, "2016-04", found) == Late(1.0, 0.0)
    assert (
        late_of_year(
            {"acute": 1_000.0}, "2016-04", Completion("2017-03", pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), {})
        )
        == Late()
    )


def year(exposure: float, cost: float, users: float, unit: float, mix: tuple[float, float] = (0.5, 0.5)) -> OneYear:
    """One service; two cells that cost 1 and 3 times as much as each other."""
    people = exposure * np.array(mix)
    cells = people, people * np.array([1.0, 3.0]) * cost / (people @ [1.0, 3.0])
    return OneYear(exposure, {"care": cost}, {"care": users}, {"care": unit}, cells, cells)


def test_growth_that_is_prices_alone():
    found = decomposition(year(100, 10_000, 50, 20.0), year(100, 11_000, 50, 22.0))
    assert found.parts == pytest.approx({DEMOGRAPHIC: 0, NEED: 0, USE: 0, PRICES: 10, PER_USER: 0}, abs=1e-9)


def test_growth_that_is_use_alone():
    found = decomposition(year(100, 10_000, 50, 20.0), year(100, 12_000, 60, 20.0))
    assert found.parts == pytest.approx({DEMOGRAPHIC: 0, NEED: 0, USE: 20, PRICES: 0, PER_USER: 0}, abs=1e-9)


def test_growth_that_is_who_is_there():
    """From half to three quarters in the cell that costs three times as much: 2 to 2.5, all of it more users."""
    found = decomposition(year(100, 10_000, 50, 20.0), year(100, 12_500, 62.5, 20.0, mix=(0.25, 0.75)))
    assert found.parts[DEMOGRAPHIC] == pytest.approx(25)
    assert found.parts[USE] == pytest.approx(0, abs=1e-9)


def test_the_parts_add_up_whatever_happened():
    rng = np.random.default_rng(5)
    years = [year(float(rng.uniform(50, 150)), float(rng.uniform(1e3, 1e5)), float(rng.uniform(1, 50)), float(rng.uniform(1, 50)),
                  tuple(rng.dirichlet([2, 2]))) for _ in range(50)]  # fmt: skip
    for before, after in pairwise(years):
        found = decomposition(before, after)
        assert sum(found.parts.values()) == pytest.approx(found.change)


def test_a_service_that_is_new_is_use():
    before, after = year(100, 10_000, 50, 20.0), year(100, 10_000, 50, 20.0)
    after = OneYear(
        100, {"care": 10_000, "new": 500}, {"care": 50, "new": 5}, {"care": 20.0}, after.by_age_sex, after.by_need
    )
    assert decomposition(before, after).parts[USE] == pytest.approx(5)


def test_a_logarithmic_mean_lies_between():
    assert log_mean(2.0, 1.0) == pytest.approx(1 / np.log(2))
    assert log_mean(3.0, 3.0) == 3.0


def test_a_feed_five_per_cent_short_shows_beside_the_accounts():
    """The accounts say 5 % more of one of two services that cost the same: 2.5 % more in all."""
    linked = {"gp": 500.0, "acute": 500.0}
    found = raised_method(LEDGER, linked, {"acute": 1.05, "gp": 1.0}, 10.0, "accounts", "none")
    assert found.per_person_year == pytest.approx(102.5)
    assert linked_method(linked, 10.0).per_person_year == pytest.approx(100)
    assert raised_method(LEDGER, linked, {}, 10.0, "accounts", "no accounts").per_person_year is None


BAD = {
    "a cost of nothing": (lambda m, c: (m, 0 * c), FLAT, (1,), "nobody in the base years has any cost in scope"),
    "growth that explodes": (lambda m, c: (m, c), PriceTerms(trend=0.25, growth=Growth(prices=0.25, need=0.10, policy=0.2)), (-9, 1),
                             "cost would grow"),
    "a year without exposure": (lambda m, c: (m.assign(exposure=np.where(m["year"] == 1, 0.0, 1.0)), c), FLAT, (1,),
                                "nobody has any days in year 1"),
    "priced on itself": (lambda m, c: (m, c), FLAT, (1, 2), "year 2 would be priced on itself"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_has_one_clear_line(case):
    change, terms, years, words = BAD[case]
    members, cost = two_people({1: (100.0, 300.0)})
    if -9 in years:
        members, cost = (
            pd.concat([members, members[members["year"] == 1].assign(year=-9)]),
            np.concatenate([cost, [10.0, 20.0]]),
        )
    with pytest.raises(InputError, match=words):
        price_person_year(*change(members, cost), terms, 2, years)


def test_a_cell_that_nobody_was_in_before_has_the_overall_rate_and_no_weight_of_its_own():
    members = pd.DataFrame(
        {"person_id": [1, 2, 3], "year": [1, 1, 2], "exposure": 1.0, "age": [30.0, 31.0, 70.0], "sex": "male"}
    )
    cells = price_person_year(members, np.array([100.0, 300.0, 0.0]), PriceTerms(trend=0.0), 2, (1,)).cells.set_index(
        "cell"
    )
    assert cells.loc["male 65-74", "rate"] == 200
    assert np.isfinite(cells[["rate", "low", "high"]].to_numpy()).all()


def test_who_is_priced_does_not_depend_on_what_they_cost():
    members, cost = two_people({1: (100.0, 300.0), 2: (50.0, 20.0)})
    people = people_of(members, FLAT, 3, (1, 2))
    assert people.returns.all()
    assert people.whole_exposure == 2.0
    assert list(cost[people.base]) == [100, 300, 50, 20]


def test_people_drawn_again_give_the_linearised_error():
    """2,000 people whose costs differ by a mean of theirs: two ways to the same error, the second with 4 % chance of its own."""
    rng = np.random.default_rng(8)
    age, sex = rng.uniform(0, 90, 2_000), rng.choice(["female", "male"], 2_000)
    members = pd.DataFrame({"person_id": np.tile(np.arange(2_000), 2), "year": np.repeat([1, 2], 2_000), "exposure": 1.0,
                            "age": np.tile(age, 2), "sex": np.tile(sex, 2)})  # fmt: skip
    cost = rng.exponential(100.0, 4_000)
    for terms in (PriceTerms(trend=0.0), PriceTerms(adjust="none", trend=0.0)):
        price = price_person_year(members, cost, terms, 2, (1,))
        assert bootstrap_error(people_of(members, terms, 2, (1,)), cost, terms, 300, 1) == pytest.approx(
            price.errors.parameter, rel=0.15
        )


def test_a_cell_that_borrows_is_surer_than_one_that_does_not():
    """Limits follow the weight of the cell's own rate."""
    rng = np.random.default_rng(9)
    person = np.tile(np.arange(600), 3)
    age, sex, place = rng.uniform(0, 90, 600), rng.choice(["female", "male"], 600), rng.choice(list("ABCDE"), 600)
    members = pd.DataFrame({"person_id": person, "year": np.repeat([1, 2, 3], 600), "exposure": 1.0, "age": age[person],
                            "sex": sex[person], "locality": place[person]})  # fmt: skip
    cost = rng.gamma(0.3, 1_000.0, 1_800)
    own, borrowed = (price_person_year(members, cost, PriceTerms(adjust="age, sex and locality", credibility=on), 3, (1, 2))
                     for on in (False, True))  # fmt: skip
    width = [np.log(price.cells["high"] / price.cells["low"]).mean() for price in (own, borrowed)]
    assert width[1] < width[0]
    assert (
        (borrowed.cells["low"] <= borrowed.cells["rate"]) & (borrowed.cells["rate"] <= borrowed.cells["high"])
    ).all()
