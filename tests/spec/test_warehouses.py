"""The same contract from the data wherever they live: files, PostgreSQL, Spark; and databases that refuse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.spec import warehouses

from capitation.cohort.members import rules
from capitation.cohort.segments import segmentation
from capitation.contract import result_of, settle
from capitation.dataset import LinkedDataset, check, open_dataset
from capitation.dataset.engine import results_fetched
from capitation.dataset.selection import Condition
from capitation.design import ContractDesign, change, read_design
from capitation.errors import InputError

ROOT = Path(__file__).parents[2]
SAMPLE = next((ROOT / "data_samples").glob("county-*"))
BY_NEED_AND_USE = {"cohort.need_marker": "conditions", "cohort.need_minimum": 2, "cohort.prior_spend_minimum": 500}


@pytest.fixture(scope="module")
def design() -> ContractDesign:
    return read_design(ROOT / "designs" / "county.yaml")


@pytest.fixture(scope="module")
def in_files() -> LinkedDataset:
    return open_dataset(str(SAMPLE))


@pytest.fixture(scope="module")
def server():
    if reason := warehouses.why_no_postgres():
        pytest.skip(reason)
    with warehouses.postgres() as running:
        running.load(SAMPLE)
        yield running


@pytest.fixture(scope="module", params=["postgres", "spark"])
def in_warehouse(request) -> LinkedDataset:
    if request.param == "spark" and (reason := warehouses.why_no_spark()):
        pytest.skip(reason)
    running = request.getfixturevalue("server") if request.param == "postgres" else None
    return open_dataset(running.address if running else warehouses.spark_address(SAMPLE))


def same_table(one: pd.DataFrame, two: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, two, check_dtype=False, check_categorical=False, rtol=0, atol=1e-6)


@pytest.mark.parametrize("changes", [{}, BY_NEED_AND_USE], ids=["county", "by need and use"])
def test_cohort_scope_and_price_are_the_same_to_the_penny(in_files, in_warehouse, design, changes):
    here, there = (settle(data, change(design, changes)) for data in (in_files, in_warehouse))
    for table in ("members", "costs", "measures", "funnel"):
        same_table(getattr(here.cohort, table), getattr(there.cohort, table))
    same_table(here.scope.by_service, there.scope.by_service)
    assert pence(here.price.build_up) == pence(there.price.build_up)
    pd.testing.assert_frame_equal(here.money_lines, there.money_lines)


def test_the_summary_is_the_same_to_the_penny(in_files, in_warehouse, design):
    conditions = [condition for rule in rules(design.cohort, ()) for condition in rule.keeps]
    for services in ((), ("gp", "prescribing")):
        here, there = (data.held.summary(conditions, services) for data in (in_files, in_warehouse))
        assert len(here.cells) > 10
        for table in ("cells", "atoms"):
            one, two = getattr(here, table), getattr(there, table)
            assert (100 * one["cost"]).round().tolist() == (100 * two["cost"]).round().tolist()
            pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-12)


def test_the_sums_behind_the_pages_are_the_same(in_files, in_warehouse):
    segment = segmentation("year of care", in_files.markers)
    chosen = (Condition("age", "at least", (65,)), Condition("prior:emergency_admission", "at least", (1.0,)))
    dear = Condition("cost", "at least", (5_000.0,))
    for asked in (
        lambda sums: sums.cells(2016, chosen, (segment, "sex", "deprivation", "ending"), dear), lambda sums: sums.atoms(2016, chosen),
        lambda sums: sums.lines(2016, chosen, (segment,)), lambda sums: sums.users(2016, chosen, (segment,)),
        lambda sums: sums.follow(2014, chosen, "emergency_admission"), lambda sums: sums.changes(2016, chosen),
        lambda sums: sums.products(2016, chosen, True),
    ):  # fmt: skip
        here, there = (asked(data.held.sums) for data in (in_files, in_warehouse))
        assert len(here) > 1
        pd.testing.assert_frame_equal(here, there, check_dtype=False, rtol=1e-9)


def test_a_month_before_the_end_is_the_same(in_files, in_warehouse, design):
    month = f"{in_files.years[-1]}-12"
    here, there = (settle(data.as_at(month), design) for data in (in_files, in_warehouse))
    pd.testing.assert_frame_equal(here.money_lines, there.money_lines)


def pence(amounts) -> dict[str, int]:
    return {name: round(100 * amount) for name, amount in amounts.items()}


def spoilt_schema(server, name: str, amount: str) -> str:
    """The address of a schema of views on the sample in which spend has another amount."""
    import psycopg

    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute(f"create schema {name}")
        for table in ("people", "services", "providers", "dataset"):
            connection.execute(f"create view {name}.{table} as select * from public.{table}")
        columns = f"person_id, month, service, provider, {amount} as amount"
        connection.execute(f"create view {name}.spend as select {columns} from public.spend")
    return f"{server.address}?options=-csearch_path%3D{name}"


def test_a_warehouse_has_its_faults_told_without_row_numbers(server):
    address = spoilt_schema(server, "spoilt", "case when amount > 3000 then -amount else amount end")
    lines = [fault.line() for fault in check(address) if fault.fatal]
    assert len(lines) == 1
    assert lines[0].startswith("spend.amount: it is negative in ")
    assert "below the heading" not in lines[0]


def test_a_column_of_another_type_in_a_warehouse_is_wrong_in_every_row(server):
    faults = check(spoilt_schema(server, "as_text", "amount::text"))
    assert faults[0].line().startswith("spend.amount: it is of the wrong type or malformed in ")


def opened_fresh(request, where: str) -> LinkedDataset:
    """The sample opened anew, so that nothing of it has been brought out before."""
    if where == "files":
        return open_dataset(str(SAMPLE))
    if where == "spark":
        if reason := warehouses.why_no_spark():
            pytest.skip(reason)
        return open_dataset(warehouses.spark_address(SAMPLE))
    return open_dataset(request.getfixturevalue("server").address)


@pytest.mark.parametrize("where", ["files", "postgres", "spark"])
def test_rows_of_people_leave_the_engine_once_and_are_only_the_cohort_s(request, design, where):
    with results_fetched() as fetched:
        data = opened_fresh(request, where)
        assert [one for one in fetched if one.of_people] == []
        cohort = settle(data, design).cohort
        of_people = [one for one in fetched if one.of_people]
        cells = sorted(int((amounts.to_numpy() > 0).sum()) for amounts in (cohort.costs, cohort.client_paid))
        assert [one.rows for one in of_people if "person_id" in one.columns] == [len(cohort.members)]
        assert [one.rows for one in of_people if "line" in one.columns] == cells[::-1]
        assert len(of_people) == 5  # person-years, their needs, cost lines, outcomes and what they paid themselves
        for path, value in AFTER_THE_PRICE.items():
            settle(data, change(design, {path: value}))
        assert [one for one in fetched if one.of_people] == of_people
    assert len(cohort.members) < data.held.left_after([()]).to_numpy().sum() / 2


AFTER_THE_PRICE = {
    "risk.stop_loss.attachment": 20_000, "risk.corridor.on": True, "payments.block_share": 0.2, "outcomes.withhold": 0.01,
    "outlook.common_shock": 0.01, "price.trend": 0.01,
}  # fmt: skip


def cohort_page(data: LinkedDataset) -> list[object]:
    """Everything that the page about the cohort shows."""
    profile = result_of(data, read_design(ROOT / "designs" / "county.yaml")).profile
    parts = (
        "cells",
        "homogeneity",
        "size",
        "turnover",
        "regression",
        "persistence",
        "selection",
        "stratification",
        "attribution",
    )
    return [getattr(profile, part) for part in parts]


ONLY_SUMS = {
    "cohort page": cohort_page,
    "check": lambda _: check(str(SAMPLE)),
    "quality": lambda data: data.quality,
    "findings": lambda data: data.findings,
    "summary": lambda data: data.held.summary(()),
    "ages": lambda data: data.held.by_age(data.years[-1]),
    "names": lambda data: data.held.values("locality"),
}


@pytest.mark.parametrize("asked", ONLY_SUMS)
def test_what_is_told_of_everybody_is_told_in_sums(asked):
    data = open_dataset(str(SAMPLE))
    with results_fetched() as fetched:
        ONLY_SUMS[asked](data)
    assert fetched
    # one row of counts may be headed by the columns that it counts
    assert [one for one in fetched if one.of_people and one.rows > 1] == []


def test_a_report_brings_out_no_one_but_the_cohort():
    from capitation.report.run import settled
    from capitation.report.summary import result_document

    with results_fetched() as fetched:
        result, tested = settled(str(SAMPLE), ROOT / "designs" / "county.yaml", {}, None)
        result_document(result, tested)
    most = max(one.rows for one in fetched if "person_id" in one.columns)
    assert most == len(result.cohort.members)


def test_what_is_no_number_in_a_warehouse_is_named_like_in_a_file(server):
    faults = check(spoilt_schema(server, "no_number", "case when person_id < 50 then 'NaN'::float8 else amount end"))
    assert faults[0].line().startswith("spend.amount: it is of the wrong type or malformed in ")


def test_a_summary_does_not_grow_with_the_people(in_files):
    summary = in_files.held.summary(())
    assert summary.cells["people"].sum() == len(in_files.person_years)
    assert len(summary.atoms) < 100 * len(in_files.years)
    assert np.isclose(summary.cells["cost"].sum(), in_files.costs.to_numpy().sum(), rtol=0, atol=0.005)


def test_a_server_that_is_not_there_is_refused_in_one_line():
    if reason := warehouses.why_no_postgres():
        pytest.skip(reason)
    with pytest.raises(InputError) as error:
        open_dataset("postgres://somebody:secret@127.0.0.1:1/county")
    assert str(error.value) == (
        "postgres://county: the server can't be reached (OperationalError); expected an address that Ibis can connect to"
    )


def test_a_login_without_the_right_to_read_is_refused_in_one_line(server):
    import psycopg

    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute("create role nobody_much login")
        connection.execute("grant select on all tables in schema public to nobody_much")
        connection.execute("revoke select on spend from nobody_much")
    address = server.address.replace(server.user, "nobody_much", 1)
    with pytest.raises(InputError) as error:
        open_dataset(address)
    assert str(error.value).startswith(
        "spend: the table is missing, or may not be read with this login; expected a table spend"
    )


def test_a_server_that_disappears_in_the_middle_ends_in_one_line(design):
    if reason := warehouses.why_no_postgres():
        pytest.skip(reason)
    with warehouses.postgres() as running:
        running.load(SAMPLE)
        data = open_dataset(running.address)
        running.kill()
        with pytest.raises(InputError) as error:
            settle(data, design)
    assert "it refused or stopped answering" in str(error.value)


@pytest.mark.parametrize("when", ["reading the data", "running the notebook"])
def test_a_report_whose_server_disappears_in_the_middle_leaves_no_report_behind(tmp_path, when):
    if reason := warehouses.why_no_postgres():
        pytest.skip(reason)
    from capitation.report.run import ReportFailed, run_report

    with warehouses.postgres() as running:
        running.load(SAMPLE)
        with pytest.raises((InputError, ReportFailed)):
            run_report(running.address, ROOT / "designs" / "county.yaml", {}, None, tmp_path / "out",
                       progress=lambda step: running.kill() if step == when else None)  # fmt: skip
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith("-failed.ipynb")] == []


def test_months_and_the_learning_loop_are_counted_alike_wherever_the_data_live(in_files, in_warehouse):
    same_table(in_files.held.by_month((), *in_files.months), in_warehouse.held.by_month((), *in_files.months))
    end = in_files.days_of(2017)[1]
    same_table(in_files.held.loop((), 2017, end), in_warehouse.held.loop((), 2017, end))
    here, there = (data.held.followed(*data.months) for data in (in_files, in_warehouse))
    assert (here.days == there.days).all()
    assert here.events.groupby("what", observed=True)["units"].sum().to_dict() == (
        there.events.groupby("what", observed=True)["units"].sum().to_dict()
    )
