"""What came before and after each person-year, as an Ibis expression: how it ended, what it and the one before cost.

A column says when it was known: those of ``KNOWN_BEFORE`` on the index date, those of ``KNOWN_AFTER`` at the end of
the year only, so that nobody may be chosen by them.
"""

from collections.abc import Sequence

import ibis

from capitation.dataset import exposure
from capitation.dataset.engine import EXACT, Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.names import DIED, LEFT, NOW, PRIOR, THERE


def histories(meta: Meta, tables: Tables, person_years: Rows, spend: Rows, measures: Sequence[str]) -> Rows:
    """Person-years with ``cost`` (all lines), ``cost_known`` (as much of it as the data had by the year's end),
    ``prior_cost`` and ``prior_exposure`` of the year before, ``ending`` (there, left or died by the year's end) and, by
    outcome, how often it was counted in the year (``now:``) and in the year before (``prior:``)."""
    rows = exposure._left_join(person_years, _totals(spend))
    rows = exposure._left_join(rows, _year_before(person_years))
    rows = exposure._left_join(rows, _cost_before(spend))
    rows = rows.mutate(**{n: rows[n].fill_null(0.0) for n in ("cost", "cost_known", "prior_cost", "prior_exposure")})
    rows = _with_ending(meta, tables["people"], rows)
    return _with_events(rows, tables["outcomes"], measures)


def _totals(spend: Rows) -> Rows:
    sums = {"cost": spend.amount, "cost_known": spend.known}
    return spend.group_by(exposure.KEY).agg(**{n: of.cast(EXACT).sum().cast("float64") for n, of in sums.items()})


def _cost_before(spend: Rows) -> Rows:
    """What the year before cost by every record, those too that came after it: to compare years, not to choose people."""
    before = spend.group_by(exposure.KEY).agg(prior_cost=spend.amount.cast(EXACT).sum().cast("float64"))
    return before.mutate(year=(before.year + 1).cast("int16"))


def _year_before(person_years: Rows) -> Rows:
    return person_years.select(
        "person_id", year=(person_years.year + 1).cast("int16"), prior_exposure=person_years.exposure
    )


def _with_ending(meta: Meta, people: Rows, rows: Rows) -> Rows:
    """A year has ended with a death or a move when that came by its last day."""
    dates = people.select("person_id", gone=people.leave_date, dead=people.death_date)
    known = rows.left_join(dates, "person_id", rname="other_{name}")
    year_ends = ibis.date(known.year.cast("int64") + 1, meta.year_starts_in, 1)
    dead, gone = known.dead <= year_ends, known.gone <= year_ends
    ending = ibis.cases((dead.fill_null(False), DIED), (gone.fill_null(False), LEFT), else_=THERE)
    return known.mutate(ending=ending).select(*rows.columns, "ending")


def _with_events(rows: Rows, outcomes: Rows, measures: Sequence[str]) -> Rows:
    if not measures:
        return rows
    counts = {name: outcomes.numerator.sum(where=outcomes.measure == name) for name in measures}
    by_year = outcomes.group_by(exposure.KEY).agg(**counts)
    for prefix, ahead in ((NOW, 0), (PRIOR, 1)):
        moved = by_year.select("person_id", year=(by_year.year + ahead).cast("int16"),
                               **{prefix + name: by_year[name] for name in measures})  # fmt: skip
        rows = exposure._left_join(rows, moved)
    return rows.mutate(**{c: rows[c].fill_null(0.0) for c in rows.columns if c.startswith((NOW, PRIOR))})
