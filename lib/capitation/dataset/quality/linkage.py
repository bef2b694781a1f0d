"""How many records found their person, by setting and deprivation, and what those that did not would change.

Intervals of shares are Wilson's (Journal of the American Statistical Association 22, 1927); that of a ratio of two
shares is Katz's (Biometrics 34, 1978), on the logarithm; that of a difference of means takes each variance by itself.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from capitation.dataset.disclosure import may_show_mean, safe_cells
from capitation.dataset.engine import WIDE, Rows, Tables
from capitation.dataset.meta import Meta
from capitation.dataset.quality.records import (
    Span,
    behind,
    exact_sum,
    frame,
    safe_groups,
    spend_in,
    unlinked_in,
    with_behind,
    with_setting,
)

Z = 1.96  # a 95 % interval
MOST_DEPRIVED, LEAST_DEPRIVED = 1, 5
_BY = ["setting", "fifth"]
_SUMS = ["records", "amount", "squares"]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Linkage:
    """Records and money linked to a person.

    ``cells`` has a row per setting and fifth of deprivation (missing: not known), ``by_setting`` and ``by_fifth``
    one per setting and fifth, ``total`` one for all. Columns: people (linked, at least so many), linked, unlinked
    (records), rate, low, high (share of records linked with its 95 % interval, 0 to 1), linked_amount,
    unlinked_amount (currency), amount_rate (share of the money linked), linked_mean, unlinked_mean (currency a
    record), mean_gap, gap_low, gap_high (unlinked less linked mean with its 95 % interval; missing with fewer than
    two records on a side). From an engine also linked_shown and unlinked_shown (the counts as they may be shown,
    missing where not), amount_shown (whether linked amounts may be) and shown (whether rates and means may be too).
    ``bias`` is the linkage rate of the most deprived fifth over that of the least; None where not known.
    """

    cells: pd.DataFrame
    by_setting: pd.DataFrame
    by_fifth: pd.DataFrame
    total: pd.DataFrame
    bias: Interval | None

    @property
    def bias_shown(self) -> Interval | None:
        """The same where enough people and records stand behind both ends of it."""
        seen = set(self.by_fifth.loc[self.by_fifth["shown"], "fifth"])
        return self.bias if {MOST_DEPRIVED, LEAST_DEPRIVED} <= seen and self.total["shown"].all() else None

    @property
    def like_for_like(self) -> float:
        """Unlinked records' amount over as many linked ones' of the same settings, less 1; missing without any."""
        rows = self.by_setting[(self.by_setting["unlinked"] > 0) & self.by_setting["linked_mean"].notna()]
        expected = float((rows["unlinked"] * rows["linked_mean"]).sum())
        return float(rows["unlinked_amount"].sum()) / expected - 1 if expected > 0 else float("nan")


def linkage(meta: Meta, tables: Tables, within: Span) -> Linkage | None:
    """Linkage of the records of a span; None where the data set tells of no unlinked record."""
    lost = _summed(with_setting(unlinked_in(meta, tables, within), tables))
    if lost.empty:
        return None
    people = tables["people"].select("person_id", "deprivation")
    spend = spend_in(meta, tables, within).select("person_id", "service", "amount")
    rows = with_setting(spend.inner_join(people, "person_id"), tables)
    users = rows.group_by(["setting", "deprivation"]).agg(people=rows.person_id.nunique())
    found = _summed(rows).merge(_by_fifth(users), on=_BY)
    cells = found.merge(lost, how="outer", on=_BY, suffixes=("_linked", "_unlinked"))
    sums = cells.fillna({name: 0 for name in cells if name not in _BY}).sort_values(_BY, ignore_index=True)
    by_fifth = behind(rows, ["deprivation"]).rename(columns={"deprivation": "fifth"})
    by_fifth = by_fifth.dropna(subset="fifth").astype({"fifth": "Int64"})
    return with_shown(from_sums(sums), behind(rows, ["setting"]), by_fifth, behind(rows))


def with_shown(found: Linkage, by_setting: pd.DataFrame, by_fifth: pd.DataFrame, whole: pd.DataFrame) -> Linkage:
    """The same with what may be shown; the others are who stands behind each part, as in `behind`."""
    total = _marked(found.total, whole.assign(part=0), "part")
    cells = found.cells.assign(shown=_many(found.cells["linked"]) & _many_or_none(found.cells["unlinked"]))
    settings, fifths = _marked(found.by_setting, by_setting, "setting"), _marked(found.by_fifth, by_fifth, "fifth")
    seen = cells["setting"].isin(settings.loc[settings["shown"], "setting"]) & cells["people"].map(may_show_mean)
    return replace(
        found, cells=cells.assign(shown=cells["shown"] & seen), by_setting=settings, by_fifth=fifths, total=total
    )


def _marked(part: pd.DataFrame, people: pd.DataFrame, by: str) -> pd.DataFrame:
    """A part with what may be shown of it beside the total of all."""
    rows = with_behind(part.assign(**{by: part.get(by, 0)}).drop(columns="people"), people, [by])
    counts = safe_cells(rows[["linked", "unlinked"]]).iloc[:-1]
    amounts = safe_groups(rows) & counts["linked"].notna()
    return rows.assign(
        linked_shown=counts["linked"], unlinked_shown=counts["unlinked"], amount_shown=amounts,
        shown=amounts & counts["unlinked"].notna(),
    )  # fmt: skip


def _many(records: pd.Series) -> pd.Series:
    return records.map(may_show_mean)


def _many_or_none(records: pd.Series) -> pd.Series:
    return _many(records) | (records == 0)


def _summed(rows: Rows) -> pd.DataFrame:
    squares = (rows.amount * rows.amount).cast(WIDE).sum().cast("float64").fill_null(0.0)
    sums = rows.group_by(["setting", "deprivation"]).agg(
        records=rows.count(), amount=exact_sum(rows.amount), squares=squares
    )
    return _by_fifth(sums)


def _by_fifth(sums: Rows) -> pd.DataFrame:
    found = frame(sums).rename(columns={"deprivation": "fifth"})
    return found.assign(fifth=found["fifth"].astype("Int64"))


def from_sums(sums: pd.DataFrame) -> Linkage:
    """Linkage from sums by setting and fifth: records, amount and squares (of amounts), each of linked and unlinked; and people."""
    numbers = [name for name in sums if name not in _BY]
    known = sums.dropna(subset="fifth")
    # A person is in one fifth and may be in many settings.
    once, often = dict.fromkeys(numbers, "sum"), dict.fromkeys(numbers, "sum") | {"people": "max"}
    by_fifth = _rates(known.groupby("fifth").agg(often).reset_index(), ["fifth"])
    by_setting = sums.groupby("setting").agg(once).reset_index()
    return Linkage(
        cells=_rates(sums, _BY),
        by_setting=_rates(by_setting, ["setting"]),
        by_fifth=by_fifth,
        total=_rates(by_setting.agg(often).to_frame().T, []),
        bias=_bias(by_fifth),
    )


def _rates(sums: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    linked, unlinked = sums["records_linked"].astype("int64"), sums["records_unlinked"].astype("int64")
    low, high = wilson(linked.to_numpy(), (linked + unlinked).to_numpy())
    rates = sums[by].assign(
        people=sums["people"], linked=linked, unlinked=unlinked, rate=linked / (linked + unlinked), low=low, high=high
    )
    money = sums["amount_linked"] + sums["amount_unlinked"]
    rates = rates.assign(linked_amount=sums["amount_linked"], unlinked_amount=sums["amount_unlinked"],
                         amount_rate=sums["amount_linked"] / money.where(money > 0))  # fmt: skip
    return rates.assign(**_means(sums))


def _means(sums: pd.DataFrame) -> dict[str, pd.Series]:
    linked, linked_error = _mean(sums, "linked")
    unlinked, unlinked_error = _mean(sums, "unlinked")
    gap, half = unlinked - linked, Z * np.sqrt(linked_error + unlinked_error)
    ends = {"gap_low": gap - half, "gap_high": gap + half}
    return {"linked_mean": linked, "unlinked_mean": unlinked, "mean_gap": gap, **ends}


def _mean(sums: pd.DataFrame, side: str) -> tuple[pd.Series, pd.Series]:
    """Mean amount of a record and the variance of that mean; missing of none, and of one."""
    n = sums[f"records_{side}"].astype("float64")
    mean = sums[f"amount_{side}"] / n.where(n > 0)
    spread = (sums[f"squares_{side}"] - n * mean**2).clip(lower=0)
    return mean, spread / (n * (n - 1)).where(n > 1)


def wilson(hits: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of a share, each shape (cells,), between 0 and 1; missing where ``of`` is 0."""
    n = np.where(of > 0, of, np.nan).astype("float64")
    share, z2 = hits / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _bias(by_fifth: pd.DataFrame) -> Interval | None:
    rows = {int(row["fifth"]): row for row in by_fifth.to_dict("records") if row["linked"]}
    if not {MOST_DEPRIVED, LEAST_DEPRIVED} <= set(rows):
        return None
    most, least = rows[MOST_DEPRIVED], rows[LEAST_DEPRIVED]
    ratio = float(most["rate"] / least["rate"])
    error = math.sqrt(sum((1 - row["rate"]) / row["linked"] for row in (most, least)))
    return Interval(ratio, ratio * math.exp(-Z * error), ratio * math.exp(Z * error))
