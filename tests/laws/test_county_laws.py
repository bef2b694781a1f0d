"""What holds in every synthetic county, whatever its size and seed, and what was planted is found again."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capitation.dataset import check, make_county, open_dataset
from capitation.dataset.county import lag, parameters, targets
from capitation.dataset.county.parameters import CODES, LAGS, MEASURES, SERVICES

YEAR = "year(month) - (month(month) < 4)::int"
seeds = st.integers(0, 10**9)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40,000 people, with the truth."""
    return make_county(40_000, 99, tmp_path_factory.mktemp("laws") / "county", truth=True)


def asked(folder: Path, sql: str) -> pd.DataFrame:
    """Answers a question about the tables of a folder, the truth among them."""
    with duckdb.connect() as db:
        for file in folder.rglob("*.parquet"):
            db.execute(f"create view {file.stem} as from read_parquet('{file}')")
        return db.execute(sql).df()


@settings(max_examples=5, deadline=None)
@given(people=st.integers(1, 400), seed=seeds)
def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path_factory, people, seed):
    place = tmp_path_factory.mktemp("bytes")
    one, two, other = (make_county(people, s, place / name) for name, s in (("1", seed), ("2", seed), ("3", seed + 1)))
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()
    assert (one / "people.parquet").read_bytes() != (other / "people.parquet").read_bytes()


@settings(max_examples=3, deadline=None)
@given(people=st.integers(200, 1_500), seed=seeds)
def test_every_county_passes_its_own_check_without_fault_or_warning(tmp_path_factory, people, seed):
    folder = make_county(people, seed, tmp_path_factory.mktemp("check") / "county")
    assert [fault.line() for fault in check(str(folder))] == []


def test_nobody_has_spend_before_joining_or_after_leaving_or_dying(county):
    outside = asked(county, """select count(*) as n from spend join people using (person_id)
        where month + interval 1 month <= join_date or month >= least(leave_date, death_date)""")  # fmt: skip
    assert outside.n[0] == 0


def test_the_month_of_death_has_spend(county):
    last = asked(county, """select avg(spent::int) as share from (select bool_or(date_trunc('month', death_date) = month)
        as spent from people left join spend using (person_id) where death_date is not null group by person_id)""")  # fmt: skip
    assert last.share[0] > 0.6


def test_people_join_leave_and_die_on_any_day_of_a_month(county):
    for event in ("join_date", "leave_date", "death_date"):
        days = asked(
            county, f"select day({event}) as day, count(*) as n from people where {event} is not null group by 1"
        )
        middle = days[days.day.between(2, 28)].n
        assert len(middle) == 27 and middle.max() < 1.6 * middle.min()
        assert days[days.day == 1].n.sum() < 1.4 * middle.mean()


def test_who_dies_does_not_leave_and_nobody_lives_backwards(county):
    wrong = asked(county, """select count(*) as n from people where (leave_date is not null and death_date is not null)
        or leave_date <= join_date or death_date <= join_date""")  # fmt: skip
    assert wrong.n[0] == 0


def test_newborns_join_on_the_day_they_are_born(county):
    ages = asked(county, """select (year(join_date) + (dayofyear(join_date) - 1) / 365.25 - birth_year) as age
        from people where birth_year > 2013.26""")  # fmt: skip
    assert 1_500 < len(ages) < 2_500
    assert (ages.age.abs() < 0.02).mean() > 0.7  # the others moved in as small children
    assert (ages.age > -0.02).all()


def test_linked_spend_unlinked_records_and_overheads_make_the_ledger(county):
    cells = asked(county, f"""select *, spent + coalesce(lost, 0) as records from
        (select {YEAR} as year, service, sum(amount) as spent from spend group by all) left join
        (select {YEAR} as year, service, sum(amount) as lost from unlinked group by all) using (year, service)
        join ledger using (year, service)""")  # fmt: skip
    assert len(cells) == 5 * len(CODES)
    assert ((cells.amount - cells.records) / cells.spent).between(0, 0.007).all()
    assert (cells.amount / cells.spent - 1).between(0, 0.02).all()


def test_budgets_are_within_two_per_cent_of_spend(county):
    cells = asked(county, f"""select budgets.amount / spent as ratio from budgets join
        (select {YEAR} as year, service, sum(amount) as spent from spend group by all) using (year, service)""")  # fmt: skip
    assert len(cells) == 5 * len(CODES)
    assert cells.ratio.between(0.98, 1.02).all()


def test_units_times_unit_cost_make_the_spend(county):
    cells = asked(county, f"""select units * unit_cost / spent as ratio from unit_costs join
        (select {YEAR} as year, service, sum(amount) as spent, sum(units) as units from spend group by all)
        using (year, service)""")  # fmt: skip
    assert len(cells) == 5 * len(CODES)
    assert cells.ratio.between(0.98, 1.02).all()


def test_linkage_fails_as_often_as_declared_and_more_in_deprived_places(county):
    rates = asked(county, """select service, lost / (lost + found) as rate from
        (select service, count(*) as found from spend group by 1) join
        (select service, count(*) as lost from unlinked group by 1) using (service)""").set_index("service").rate  # fmt: skip
    often = {service.code: 1 - service.linked for service in SERVICES}
    for code in ("gp", "prescribing", "outpatient", "community", "mental_health", "social_care_charged"):
        assert rates[code] == pytest.approx(often[code], rel=0.2), code
    odds = asked(county, """select lost / found as odds from
        (select deprivation, count(*) as found from spend join people using (person_id) where service = 'community'
        group by 1) join (select deprivation, count(*) as lost from unlinked where service = 'community' group by 1)
        using (deprivation) order by deprivation""").odds  # fmt: skip
    assert 1.2 < odds.iloc[0] / odds.iloc[-1] < 1.9


def test_only_charged_care_is_paid_for_and_by_no_more_than_its_cost(county):
    found = asked(county, """select service, count(client_paid) as charged, count(*) as n,
        count(*) filter (where client_paid > amount) as too_much from spend group by 1""").set_index("service")  # fmt: skip
    assert found.charged["social_care_charged"] == found.n["social_care_charged"]
    assert found.charged.drop("social_care_charged").sum() == 0
    assert found.too_much.sum() == 0


def test_records_come_after_their_care_and_all_by_month_13(county):
    late = asked(county, """select setting, avg((late <= 1)::int) as one, avg((late <= 2)::int) as two,
        avg((late <= 3)::int) as three, min(late) as first, max(late) as last from (select setting,
        date_diff('month', month, recorded) as late from spend join services using (service)) group by 1""")  # fmt: skip
    assert late["first"].min() >= 1 and late["last"].max() <= 13
    kinds = {service.setting: LAGS[service.lag] for service in SERVICES}
    for row in late.itertuples():
        assert (row.one, row.two, row.three) == pytest.approx(kinds[row.setting], abs=0.02), row.setting


@given(st.sampled_from(range(len(CODES))), seeds)
def test_no_record_is_later_than_month_13_or_earlier_than_month_1(service, seed):
    late = lag.months_late(np.random.default_rng(seed), np.full(2_000, service))
    assert late.min() >= 1 and late.max() <= parameters.LAST_LAG


def test_shuffling_people_between_years_removes_persistence(county):
    rows = targets.person_years(county)
    both = targets.both_years(rows)
    shuffled = np.random.default_rng(1).permutation(both.next)
    assert both.total.corr(both.next) > 0.35
    assert abs(np.corrcoef(both.total, shuffled)[0, 1]) < 0.03


def test_needs_start_on_the_first_day_of_everybody_and_change_only_then(county):
    first = asked(county, """select count(*) filter (where markers < 2) as short from (select p.person_id, count(*)
        filter (where marker in ('conditions', 'frailty')) as markers from people p left join needs n on
        n.person_id = p.person_id and as_at = coalesce(join_date, date '2013-04-01') group by 1)""")  # fmt: skip
    assert first.short[0] == 0
    idle = asked(county, """select count(*) as n from (select value = lag(value) over
        (partition by person_id, marker order by as_at) as same from needs) where same""")  # fmt: skip
    assert idle.n[0] == 0


def test_the_number_of_conditions_is_the_number_of_flags(county):
    last = asked(county, """select count(*) as n from (select person_id, max(value) filter (where marker = 'conditions') as
        told, count(*) filter (where marker not in ('conditions', 'frailty')) as flags from needs group by 1)
        where told <> flags""")  # fmt: skip
    assert last.n[0] == 0


def test_the_effects_planted_in_practices_are_found_again_within_their_intervals(county):
    """Log-odds by practice, need held at its mean by a straight line, against the effects on file."""
    inside, count = 0, 0
    for measure in ("diabetes_control", "blood_pressure_control", "review_done"):
        rows = asked(county, f"""select practice, year, need, numerator, effect from outcomes join people using
            (person_id) join person_years using (person_id, year) join provider_effects using (practice, measure)
            where measure = '{measure}'""")  # fmt: skip
        estimate, error, planted = _by_practice(rows, measure)
        inside += (np.abs(estimate - planted) < 1.96 * error).sum()
        count += len(planted)
    assert count == 30
    assert inside >= 25  # of 30 intervals at 95 %, all but 1.5 on average


def _by_practice(rows: pd.DataFrame, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One Newton fit by practice of its intercept, with the known slopes as an offset."""
    known = MEASURES[measure]
    rows = rows.assign(offset=known.log_odds + known.need * np.log(rows.need) + known.per_year * (rows.year - 2013))
    found = [(*_intercept(part.numerator, part.offset), part.effect.iloc[0]) for _, part in rows.groupby("practice")]
    estimate, error, planted = (np.array(column) for column in zip(*found, strict=True))
    return estimate, error, planted


def _intercept(met: pd.Series, offset: pd.Series) -> tuple[float, float]:
    intercept = 0.0
    for _ in range(10):
        chance = 1 / (1 + np.exp(-(offset + intercept)))
        information = (chance * (1 - chance)).sum()
        intercept += (met - chance).sum() / information
    return intercept, 1 / np.sqrt(information)


def test_expected_cost_on_file_is_what_was_spent_but_for_chance(county):
    sums = asked(county, """select expected, spent from (select sum(expected_cost) as expected from person_years),
        (select sum(amount) as spent from spend)""")  # fmt: skip
    assert sums.expected[0] == pytest.approx(sums.spent[0], rel=0.02)


def test_cost_rises_with_the_need_on_file(county):
    rows = asked(county, f"""select need, coalesce(amount, 0) as amount from person_years left join
        (select person_id, {YEAR} as year, sum(amount) as amount from spend group by 1, 2) using (person_id, year)""")  # fmt: skip
    by_need = rows.groupby(pd.qcut(rows.need.rank(method="first"), 10)).amount.mean()
    assert by_need.iloc[-1] > 4 * by_need.iloc[0]


def test_the_most_deprived_are_dearer_at_the_same_age_and_less_so_when_old(county):
    rows = targets.person_years(county)
    ratio = {}
    for low, high in ((45, 65), (75, 120)):
        ages = rows[rows.age.between(low, high)]
        by_fifth = ages.groupby("fifth")[["nhs", "exposure"]].sum()
        ratio[low] = by_fifth.nhs[1] / by_fifth.exposure[1] / (by_fifth.nhs[5] / by_fifth.exposure[5])
    assert ratio[45] > 1.3
    assert 0.9 < ratio[75] < ratio[45]


def test_the_shape_of_the_county_is_that_of_its_source(county):
    people = asked(
        county, "select locality, deprivation, 2013.25 - birth_year as age from people where join_date is null"
    )
    share = people.groupby(["locality", "deprivation"]).size() / len(people)
    source = pd.Series({key: sum(row) for key, row in parameters.POPULATION.items()})
    assert (share - source / source.sum()).abs().max() < 0.001
    assert ("Hastings", 5) not in share.index
    assert (people.age >= 65).mean() == pytest.approx(0.261, abs=0.003)


def test_it_opens_as_a_linked_data_set_with_the_same_money(county):
    data = open_dataset(str(county))
    spent = asked(county, "select sum(amount) as spent from spend").spent[0]
    assert data.costs.to_numpy().sum() == pytest.approx(spent)
    assert data.unplaced_spend == 0
    assert {"need:conditions", "need:frailty", "need:dementia"} <= set(data.person_years.columns)
    assert data.person_years["need:conditions"].notna().all()
    assert set(data.measures.columns.get_level_values("measure")) == set(MEASURES)
