"""What the people of a contract can show before signing, against closed forms and by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from capitation import tables_outcomes
from capitation.contract import settle
from capitation.design import change
from capitation.outcomes.intervals import bootstrap_ratio, rate, wilson
from capitation.outcomes.named import called
from capitation.outcomes.power import detectable_change, power_for_shares
from capitation.outcomes.reliability import size_for
from capitation.signing import signing
from capitation.signing_strength import OF_CHANGE, Strength, chance_to_find, fitting, of_change, strengths, together
from capitation.terms import MINUS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def result(rand_hie, quick):
    return settle(rand_hie, quick)


@pytest.fixture(scope="module")
def by_name(result) -> dict[str, Strength]:
    return {of.name: of for of in strengths(result)}


def test_power_is_that_of_two_shares_of_other_people():
    """Measures reference, section 4: 1,000 people and 0.65: a change of 0.059760 is found in 80 of 100 cases."""
    found = float(detectable_change(0.65, 1_000))
    assert found == pytest.approx(0.059760, abs=1e-6)
    assert chance_to_find(found, found) == pytest.approx(0.8, abs=1e-4)
    assert chance_to_find(0.03, found) == pytest.approx(float(power_for_shares(0.65, 0.68, 1_000)), abs=0.01)
    assert (chance_to_find(0.1, 0.0), chance_to_find(0.0, 0.0)) == (1.0, 0.0)


def test_the_interval_fits_how_a_measure_is_counted():
    who = np.arange(100)
    share, by = fitting("share", (who < 65).astype(float), np.ones(100), who)
    assert by == "Wilson"
    assert (float(share.low), float(share.high)) == pytest.approx((0.552544, 0.736358), abs=1e-6)  # published vector
    events, by = fitting("rate", (who < 12).astype(float), np.full(100, 0.5), who)
    assert by == "Byar" and float(events.high) == pytest.approx(float(rate(12, 50).high))
    assert fitting("rate", (who < 9).astype(float), np.full(100, 0.5), who)[1] == "exact"
    top = np.where(who < 5, 4.0, 0.0)  # five people with four admissions each are not twenty independent ones
    drawn, by = fitting("rate", top, np.full(100, 0.5), who)
    assert by == "bootstrap of people"
    assert float(drawn.high - drawn.low) > 1.5 * float(rate(20, 50).high - rate(20, 50).low)
    many = np.arange(5_000)
    grouped = fitting("mean", (many % 7).astype(float), np.ones(5_000), many)[0]
    alone = bootstrap_ratio((many % 7).astype(float), np.ones(5_000), many, seed=1)
    assert float(grouped.high - grouped.low) == pytest.approx(float(alone.high - alone.low), rel=0.15)


def test_every_paid_measure_has_its_limits_power_and_reliability(result, by_name):
    paid = {of.name: of for of in signing(result).measures}
    assert set(by_name) == set(paid)
    for name, of in by_name.items():
        assert of.low < of.value < of.high
        assert of.value == pytest.approx(paid[name].last)
        assert of.worthwhile == pytest.approx(0.1 * paid[name].expected)
        assert of.people_to_find == pytest.approx(of.people * (of.found / of.worthwhile) ** 2)
        assert 0 <= of.reliability <= 1
    seen = by_name["seen_by_doctor"]
    counted = result.cohort.measures["seen_by_doctor"][
        (result.cohort.members["year"] == result.basis.years[-1]).to_numpy()
    ]
    assert seen.high == pytest.approx(float(wilson(counted["numerator"].sum(), counted["denominator"].sum()).high))


def test_people_for_a_reliability_of_0_7_give_it(by_name):
    """k = n(1 - R)/R people after whom half is true: both ways to the same size."""
    for of in by_name.values():
        assert of.size_to_pay == pytest.approx(float(size_for(0.7, of.size * (1 - of.reliability) / of.reliability)))
    change_of = by_name["admissions"]
    assert change_of.of_what == OF_CHANGE
    assert of_change(1.0, 2.801585) == pytest.approx(0.5)  # true changes as wide as those by chance
    with_more = change_of.found * np.sqrt(change_of.people / change_of.size_to_pay)
    assert of_change(change_of.worthwhile, with_more) == pytest.approx(0.7)


def test_the_correlation_is_that_of_the_drawn_years(result):
    found, signed = together(result), signing(result)
    drawn = np.corrcoef(signed.ahead.drawn(np.random.default_rng(1).standard_normal((20_000, 2))).T)
    assert found.correlation[0, 1] == pytest.approx(drawn[0, 1], abs=0.03)
    assert found.most_alike[:2] == found.names
    assert found.false_signal == pytest.approx(1 - 0.95**2)
    assert found.sd == pytest.approx(float(signed.unchanged.std()))


def test_a_measure_without_weight_is_in_no_table_and_one_alone_moves_with_none(rand_hie, quick):
    alone = settle(rand_hie, change(quick, {"outcomes.measures.seen_by_doctor.weight": 0}))
    for table in (tables_outcomes.before_signing(alone), tables_outcomes.strength(alone)):
        assert list(table.rows["Measure"]) == ["Admissions of every kind"]
    assert tables_outcomes.correlation(alone) is None
    assert not any("Seen by a doctor" in line for line in tables_outcomes.in_words(alone))


def test_names_and_units_are_the_library_s_and_shares_are_per_cent(result):
    table = tables_outcomes.strength(result).rows.set_index("Measure")
    assert list(table["unit"]) == ["per 1,000 person-years", "per cent"]
    assert "%" in table.at["Seen by a doctor in the year", "last base year"]
    assert table.at["Seen by a doctor in the year", "smallest change found"].endswith(" points")
    assert 50 < float(table.at["Admissions of every kind", "last base year"]) < 300  # per 1,000
    named = called(result.dataset, "admissions")
    assert (named.full(0.1234), named.full_change(0.02)) == ("123 per 1,000 person-years", "20 per 1,000 person-years")
    assert called(result.dataset, "not_in_the_library").name == "Not in the library"
    html = "".join(table.html() for table in (tables_outcomes.strength(result), tables_outcomes.correlation(result)))
    assert "seen_by_doctor" not in html and MINUS + "0.00" not in html


@pytest.mark.parametrize(("notebook", "shown"), [
    ("06_outcomes", ("tables_outcomes.strength", "tables_outcomes.correlation")),
    ("report", ("tables_outcomes.strength", "tables_outcomes.correlation", "charts.outcomes.on_the_way")),
])  # fmt: skip
def test_the_notebook_and_the_report_show_it(notebook, shown):
    cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert [name for name in shown if name not in code] == []
