"""Spend of people in years in which they have no days: it stands in no row of the linked data set."""

from capitation.dataset import exposure
from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.engine import Rows, distinct, kept
from capitation.dataset.faults import ROWS_NAMED, Fault
from capitation.dataset.linked import covered
from capitation.dataset.meta import Meta
from capitation.dataset.raw import Raw
from capitation.dataset.typed import typed_tables

LEAST_SHARE = 0.001


def unplaced_faults(raw: Raw, meta: Meta) -> list[Fault]:
    """A warning for spend without days, of tables that have no fatal fault. Few people's share is not told."""
    with kept(_person_years(raw, meta)) as placed:
        rows, people, share, first = _left_over(raw, meta, placed.get_name())
    if not rows:
        return []
    amount = f", {_percent(share)} of all spend" if may_show_mean(people) else ""
    what = f"it is of a person in a year without registered days{amount}"
    return [Fault("spend", meta.grain, rows, tuple(first), "spend in years with registered days", what, fatal=False)]


def _person_years(raw: Raw, meta: Meta) -> Rows:
    tables = typed_tables(raw)
    years = tuple(int(year) for year in distinct(exposure.spend_by_year(meta, tables), "year"))
    eligible = exposure.eligible_years(meta, tables, years, covered(meta, tables))
    return eligible.select(*exposure.KEY)


def _left_over(raw: Raw, meta: Meta, placed: str) -> tuple[int, int, float, list[int]]:
    """Rows, people, share of all spend and first rows of what has no person-year to stand in."""
    year = "year" if meta.grain == "year" else f"year(month) - (month(month) < {meta.year_starts_in})::int"
    numbered = f"(select person_id, amount, {year} as year, row_number() over () as row_number from typed.spend)"
    sql = (
        "select count(*), count(distinct person_id), "
        "coalesce(sum(amount), 0) / (select greatest(sum(amount), 0.01) from typed.spend), "
        f"coalesce(list(row_number order by row_number)[:{ROWS_NAMED}], []) "
        f"from {numbered} s anti join {placed} using (person_id, year) where s.amount > 0"
    )
    return raw.db.execute(sql).fetchone() or (0, 0, 0.0, [])


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %") if share >= LEAST_SHARE else "less than 0.1 %"
