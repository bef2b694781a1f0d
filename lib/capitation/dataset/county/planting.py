"""Faults put into a finished county on purpose, to see that they are found and what they do to the price.

Each is one that data in the field have had. Who and what is hit is drawn from the md5 of the seed and the row, so
that it is the same on every machine; the tables are rewritten in one pass, out of memory, rows in their order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from capitation.dataset.meta import describe
from capitation.dataset.raw import literal
from capitation.errors import InputError
from capitation.plain_yaml import load_yaml

ZSTD_LEVEL = 3
ROW_GROUP = 122_880
DOUBLED_SHARE = 0.03  # of the person-years of one year
REVERSED_SHARE = 0.02  # of a year's hospital records, booked back without the record they belong to
KEPT_OF_LAST_MONTHS = (0.45, 0.75, 0.92)  # share of the records there: of the last month, the one before, and so on
PENCE_MONTHS = (4, 5, 6)  # months of the fault year, from 1
PENCE_IN_POUND = 100
DEAR_BY = 1.05
YEARS_BACK, DEAR_YEARS_BACK = 1, 2  # the fault year, and that of the wrong price, before the last: apart, since
# records that stand there twice would hide a wrong price from the ledger
WITHOUT_SOCIAL_CARE = "Rother"
SOCIAL, HOSPITAL, IN_PENCE, DEAR = "social care", "acute", "community", "emergency_inpatient"
FIFTHS = 5
TWICE_SHARE, TWICE, EITHER = 0.05, "community", ("community", "voluntary")  # records, their service, its providers
SPLIT, SPLIT_SHARE, OTHER_STREAM = "community", 0.6, "Better Care Fund"  # what stays of its budget in its own stream
SHIFTED_SHARE, SHIFTED_FROM, SHIFTED_TO, SHIFTED_TO_PROVIDER = (
    0.25,
    "outpatient",
    "gp",
    "gp",
)  # as where primary care is out
SHIFTED_FROM_AGE = 65  # on the first day of the year
TRUTH, SHIFT_TRUTH = "truth", "shift_out_of_scope"
SHIFT = "shift-out-of-scope"
_DRAWS = 1_000_000

PLANTS: Mapping[str, str] = {
    "duplicate-person-years": "all spend of some person-years of one year stands there twice",
    "negative-adjustments": "hospital records of one year are booked back without the record they belong to",
    "joiners-as-full-years": "everybody who joined in a year is recorded as there from its first day",
    "locality-without-social-care": "one locality's social care is left out",
    "unsettled-months": "the last three months were taken before their records had come",
    "feed-in-pence": "three months of one provider's community care are in pence",
    "reversed-deprivation": "the fifths of deprivation are numbered from the wrong end",
    "price-error": "emergency stays of one year are priced 5 % too high",
    "two-owners": "one service's budget of one year stands in two funding streams",
    "paid-twice": "records of one year's community care stand there again under another provider",
    "shift-out-of-scope": "from the last year but one, part of older people's outpatient care is given by GPs; "
    "truth/shift_out_of_scope.parquet has the amounts",
}


@dataclass(frozen=True)
class County:
    """What the faults need to know: where years begin, first days of the fault years and of the last month."""

    starts_in: int
    fault_year: str
    dear_year: str
    last_month: str
    people: str
    services: str
    seed: int
    shift: str


def plant(folder: Path, names: Sequence[str], seed: int) -> None:
    """Put faults into the Parquet tables of a finished county, whatever the order they are named in.

    Columns keep their names, types and order, rows their order. The same seed gives the same tables. Raises
    ``InputError`` for a fault that is not in ``PLANTS``.
    """
    for name in names:
        if name not in PLANTS:
            raise InputError("plant", f"'{name}' is unknown", "one of " + ", ".join(PLANTS))
    with duckdb.connect() as db:
        county = _county(db, folder, seed)
        if SHIFT in names:
            _write_shift(db, folder, county)
        for table, faults in (
            ("spend", IN_SPEND),
            ("people", IN_PEOPLE),
            ("budgets", IN_BUDGETS),
            ("ledger", IN_LEDGER),
        ):
            mine = [fault for name, fault in faults.items() if name in names]
            if mine:
                _rewrite(db, folder / f"{table}.parquet", mine, county)


def _rewrite(db: duckdb.DuckDBPyConnection, file: Path, faults: Sequence["Fault"], county: County) -> None:
    rows = f"select * from {_read(file)}"
    columns = ", ".join(f'"{row[0]}"::{row[1]} as "{row[0]}"' for row in db.execute(f"describe {rows}").fetchall())
    for fault in faults:
        rows = fault(f"({rows})", county)
    written = file.with_suffix(".planted")
    how = f"format parquet, compression zstd, compression_level {ZSTD_LEVEL}, row_group_size {ROW_GROUP}"
    db.execute(f"copy (select {columns} from ({rows})) to {literal(str(written))} ({how})")
    written.replace(file)


def _county(db: duckdb.DuckDBPyConnection, folder: Path, seed: int) -> County:
    start = _starts_in(folder)
    last = db.execute(f"select max(month) from {_read(folder / 'spend.parquet')}").fetchone()
    if last is None or last[0] is None:
        raise InputError("spend", "there is none to put a fault into", "a finished county")
    year = last[0].year - (last[0].month < start)
    faulty, dear = (f"date '{year - back}-{start:02d}-01'" for back in (YEARS_BACK, DEAR_YEARS_BACK))
    people, services = (_read(folder / f"{name}.parquet") for name in ("people", "services"))
    shift = str(folder / TRUTH / f"{SHIFT_TRUTH}.parquet")
    return County(start, faulty, dear, f"date '{last[0]}'", people, services, seed, shift)


def _starts_in(folder: Path) -> int:
    return describe(load_yaml((folder / "dataset.yaml").read_text("utf-8"))).year_starts_in


def _read(file: Path) -> str:
    return f"read_parquet({literal(str(file))})"


def _drawn(county: County, fault: str, *columns: str) -> str:
    """A number from 0 to 1 that depends on nothing but the seed, the fault and the columns."""
    key = ", ".join([f"'{fault} {county.seed}'", *columns])
    return f"((md5_number_lower(concat_ws('|', {key})) % {_DRAWS}) / {_DRAWS}.0)"


_ROW = ("person_id", "month", "service", "provider", "amount", "units")


def _in_year_from(first_day: str) -> str:
    return f"(month >= {first_day} and month < {first_day} + interval 1 year)"


def _in_setting(county: County, setting: str) -> str:
    return f"service in (select service from {county.services} where setting = {literal(setting)})"


def _duplicate_person_years(rows: str, county: County) -> str:
    hit = f"{_in_year_from(county.fault_year)} and {_drawn(county, 'doubled', 'person_id')} < {DOUBLED_SHARE}"
    return f"select * exclude (time) from (select *, unnest(if({hit}, [1, 2], [1])) as time from {rows})"


def _negative_adjustments(rows: str, county: County) -> str:
    hit = (f"{_in_year_from(county.fault_year)} and {_in_setting(county, HOSPITAL)} "
           f"and {_drawn(county, 'negative', *_ROW)} < {REVERSED_SHARE}")  # fmt: skip
    twice = f"select *, unnest(if({hit}, [1, 2], [1])) as time from {rows}"
    booked_back = "if(time = 2, -amount, amount) as amount, if(time = 2, 0, units) as units"
    return (f"select * exclude (time) replace ({booked_back}, if(time = 2, null, client_paid) as client_paid) "
            f"from ({twice})")  # fmt: skip


def _without_social_care(rows: str, county: County) -> str:
    there = f"person_id in (select person_id from {county.people} where locality = {literal(WITHOUT_SOCIAL_CARE)})"
    return f"select * from {rows} where not ({_in_setting(county, SOCIAL)} and {there})"


def _unsettled_months(rows: str, county: County) -> str:
    kept = " ".join(f"when month = {county.last_month} - interval {back} month then {share}"
                    for back, share in enumerate(KEPT_OF_LAST_MONTHS))  # fmt: skip
    return f"select * from {rows} where {_drawn(county, 'unsettled', *_ROW)} < case {kept} else 1 end"


def _feed_in_pence(rows: str, county: County) -> str:
    months = ", ".join(f"{county.fault_year} + interval {month - 1} month" for month in PENCE_MONTHS)
    feed = f"service = {literal(IN_PENCE)} and provider = {literal(IN_PENCE)} and month in ({months})"
    paid = f"if({feed}, {PENCE_IN_POUND} * client_paid, client_paid) as client_paid"
    return f"select * replace (if({feed}, {PENCE_IN_POUND} * amount, amount) as amount, {paid}) from {rows}"


def _price_error(rows: str, county: County) -> str:
    dear = f"service = {literal(DEAR)} and {_in_year_from(county.dear_year)}"
    return f"select * replace (if({dear}, round({DEAR_BY} * amount, 2), amount) as amount) from {rows}"


def _paid_twice(rows: str, county: County) -> str:
    hit = (f"service = {literal(TWICE)} and {_in_year_from(county.fault_year)} "
           f"and {_drawn(county, 'paid twice', *_ROW)} < {TWICE_SHARE}")  # fmt: skip
    one, other = map(literal, EITHER)
    twice = f"select *, unnest(if({hit}, [1, 2], [1])) as time from {rows}"
    return (f"select * exclude (time) replace (if(time = 2, if(provider = {one}, {other}, {one}), provider) as provider) "
            f"from ({twice})")  # fmt: skip


def _shifted(county: County) -> str:
    """Which records are of care that moves: some of older people's, from the fault year on."""
    year = f"(year(month) - (month(month) < {county.starts_in})::int)"
    old = (f"person_id in (select person_id from {county.people} "
           f"where {year} + {(county.starts_in - 1) / 12} - birth_year >= {SHIFTED_FROM_AGE})")  # fmt: skip
    return (f"(service = {literal(SHIFTED_FROM)} and month >= {county.fault_year} and {old} "
            f"and {_drawn(county, SHIFT, *_ROW)} < {SHIFTED_SHARE})")  # fmt: skip


def _shift_out_of_scope(rows: str, county: County) -> str:
    hit = _shifted(county)
    return (f"select * replace (if({hit}, {literal(SHIFTED_TO)}, service) as service, if({hit}, "
            f"{literal(SHIFTED_TO_PROVIDER)}, provider) as provider, if({hit}, null, units) as units) from {rows}")  # fmt: skip


def _write_shift(db: duckdb.DuckDBPyConnection, folder: Path, county: County) -> None:
    """What moves, by year, before it is moved: the truth."""
    year = f"(year(month) - (month(month) < {county.starts_in})::int)"
    moved = (f"select {year}::smallint as year, {literal(SHIFTED_FROM)} as service_from, {literal(SHIFTED_TO)} as service_to, "
             f"round(sum(amount), 2) as amount from {_read(folder / 'spend.parquet')} where {_shifted(county)} "
             "group by all order by year")  # fmt: skip
    (folder / TRUTH).mkdir(exist_ok=True)
    db.execute(f"copy ({moved}) to {literal(county.shift)} (format parquet)")


def _ledger_of_shift(rows: str, county: County) -> str:
    """The accounts see the care where it is given."""
    moved = f"(select year, amount as moved from read_parquet({literal(county.shift)}))"
    change = f"case service when {literal(SHIFTED_FROM)} then -moved when {literal(SHIFTED_TO)} then moved else 0 end"
    return (f"select * exclude (moved) replace (round(amount + coalesce({change}, 0), 2) as amount) "
            f"from {rows} left join {moved} using (year)")  # fmt: skip


def _two_owners(rows: str, county: County) -> str:
    hit = f"service = {literal(SPLIT)} and year = year({county.fault_year})"
    own = f"round({SPLIT_SHARE} * amount, 2)"
    parted = f"select *, unnest(if({hit}, [1, 2], [0])) as part from {rows}"
    return (f"select * exclude (part) replace (case part when 1 then {own} when 2 then round(amount - {own}, 2) else amount end "
            f"as amount, if(part = 2, {literal(OTHER_STREAM)}, stream) as stream) from ({parted})")  # fmt: skip


def _joiners_as_full_years(rows: str, county: County) -> str:
    year = f"year(join_date) - (month(join_date) < {county.starts_in})::int"
    return f"select * replace (make_date({year}, {county.starts_in}, 1) as join_date) from {rows}"


def _reversed_deprivation(rows: str, county: County) -> str:
    del county
    return f"select * replace ({FIFTHS + 1} - deprivation as deprivation) from {rows}"


Fault = Callable[[str, County], str]
IN_SPEND: Mapping[str, Fault] = {
    "price-error": _price_error,
    "feed-in-pence": _feed_in_pence,
    "locality-without-social-care": _without_social_care,
    "unsettled-months": _unsettled_months,
    "duplicate-person-years": _duplicate_person_years,
    "negative-adjustments": _negative_adjustments,
    SHIFT: _shift_out_of_scope,
    "paid-twice": _paid_twice,
}
IN_BUDGETS: Mapping[str, Fault] = {"two-owners": _two_owners}
IN_LEDGER: Mapping[str, Fault] = {SHIFT: _ledger_of_shift}
IN_PEOPLE: Mapping[str, Fault] = {
    "joiners-as-full-years": _joiners_as_full_years,
    "reversed-deprivation": _reversed_deprivation,
}
