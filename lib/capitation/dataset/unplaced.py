"""Spend of people in years in which they have no days: it stands in no row of the linked data set."""

from capitation.dataset import exposure
from capitation.dataset.disclosure import may_show_mean
from capitation.dataset.engine import Rows, Tables, distinct, fetch_one, first_numbers, numbered
from capitation.dataset.exposure import Window
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta, next_month

LEAST_SHARE = 0.001


def covered(meta: Meta, spend: Rows) -> Window:
    """The days from the first period with spend to the last."""
    period = spend[meta.grain]
    ends = fetch_one(spend.aggregate(first=period.min(), last=period.max()))
    if meta.grain == "year":
        return Window(meta.year_start(ends["first"]), meta.year_start(ends["last"] + 1))
    return Window(ends["first"], next_month(ends["last"]))


def unplaced_faults(meta: Meta, tables: Tables) -> list[Fault]:
    """A warning for spend without days, of tables that have no fatal fault. Few people's share is not told."""
    left_over = _left_over(meta, tables)
    found = fetch_one(
        left_over.aggregate(rows=left_over.count(), people=left_over.person_id.nunique(), amount=left_over.amount.sum())
    )
    if not found["rows"]:
        return []
    amount = f", {_share(found['amount'], tables)} of all spend" if may_show_mean(found["people"]) else ""
    what = f"it is of a person in a year without registered days{amount}"
    rule = "spend in years with registered days"
    return [Fault("spend", meta.grain, found["rows"], first_numbers(left_over), rule, what, fatal=False)]


def _left_over(meta: Meta, tables: Tables) -> Rows:
    """The rows of spend that have no person-year to stand in."""
    spend = exposure.spend_with_year(meta, {**tables, "spend": numbered(tables["spend"])})
    years = tuple(int(year) for year in distinct(spend, "year"))
    eligible = exposure.eligible_years(meta, tables, years, covered(meta, tables["spend"]))
    return spend.filter(spend.amount > 0).anti_join(eligible.select(*exposure.KEY), exposure.KEY)


def _share(amount: float, tables: Tables) -> str:
    spend = tables["spend"]
    share = amount / max(fetch_one(spend.aggregate(total=spend.amount.sum()))["total"], 0.01)
    return f"{share:.1%}".replace("%", " %") if share >= LEAST_SHARE else "less than 0.1 %"
