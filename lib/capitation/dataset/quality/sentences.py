"""What each part of the quality of a data set comes to, in one plain sentence with its figures."""

import pandas as pd

from capitation.dataset.disclosure import may_show_mean, suppress_count
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.completion import ALL_SETTINGS, Completion
from capitation.dataset.quality.costing import NO_UNIT_COST, NO_UNITS
from capitation.dataset.quality.ledger import Reconciliation
from capitation.dataset.quality.linkage import MOST_DEPRIVED, Linkage
from capitation.terms import money, percent

NAMED = 3  # so many are named one by one in a sentence
NOT_TOLD = "not told"


def completeness_words(found: pd.DataFrame, share: float) -> str:
    """How much is filled in, and the worst column."""
    counted = found[found["state"] == "filled"]
    worst = counted.sort_values("share", kind="stable").iloc[0]
    absent = int((found["state"] == "not given").sum())
    also = f"; {absent} optional column{_s(absent)} not given" if absent else ""
    if worst["share"] == 1:
        return f"every cell that must be filled in is{also}."
    return f"{percent(share)} of cells are filled in; least {_place(worst)} with {percent(worst['share'])}{also}."


def rules_words(found: pd.DataFrame) -> str:
    """Whether rows break a rule, and which."""
    broken = found[found["broken"] > 0].sort_values("broken", ascending=False)
    if broken.empty:
        return "no orphan, no repeated row and no amount below 0."
    named = [f"{suppress_count(int(row['broken']))} rows in which {_place(row)} {row['rule']}"
             for row in broken.head(NAMED).to_dict("records")]  # fmt: skip
    return f"{'; '.join(named)}{_more(len(broken))}."


def linkage_words(found: Linkage | None) -> str:
    """The share of records linked, also in the most deprived fifth, and the least linked setting."""
    if found is None:
        return f"{NOT_TOLD}: the data set has no unlinked records."
    total = found.total.iloc[0]
    whole = f"{percent(total['rate'])} of records found their person"
    most = found.by_fifth[found.by_fifth["fifth"] == MOST_DEPRIVED]
    worst = found.by_setting.sort_values("rate", kind="stable").iloc[0]
    fifth = f"; in the most deprived fifth {percent(most['rate'].iloc[0])}" if len(most) and _shown(most) else ""
    return f"{whole}{fifth}; least in {worst['setting']} with {percent(worst['rate'])}."


def bias_words(found: Linkage | None, currency: str) -> str:
    """How linked and unlinked records differ."""
    if found is None:
        return f"{NOT_TOLD}: the data set has no unlinked records."
    total = found.total.iloc[0]
    if not may_show_mean(int(min(total["unlinked"], total["people"]))):
        return "too few records are unlinked to compare."
    means = (f"an unlinked record costs {money(total['unlinked_mean'], currency)} on average, "
             f"a linked one {money(total['linked_mean'], currency)}")  # fmt: skip
    if found.bias is None:
        return f"{means}; deprivation is {NOT_TOLD}."
    low, high = found.bias.low, found.bias.high
    ratio = f"{found.bias.value:.3f} (95 % interval {low:.3f} to {high:.3f})"
    return f"the rate of the most deprived fifth is {ratio} of the least deprived one's; {means}."


def ledger_words(found: Reconciliation | None, currency: str) -> str:
    """What no person carries, and the lines out of tolerance."""
    if found is None:
        return f"{NOT_TOLD}: the data set has no ledger."
    total = found.total.iloc[0]
    if not total["ledger"]:
        return f"{NOT_TOLD}: no year with a ledger is over."
    lines = found.lines.dropna(subset="within")
    out = lines[~lines["within"].astype(bool)]
    whole = f"{percent(total['share'])} of the {money(total['ledger'], currency)} in the accounts is with no person"
    parts = [*_later(total, currency), *_unlinked(total, currency)]
    whole = f"{whole} ({', '.join(parts)})" if parts else whole
    if out.empty:
        return f"{whole}; every line is within {percent(ledgers.TOLERANCE, 0)}."
    worst = out.reindex(out["settled_share"].abs().sort_values(ascending=False, kind="stable").index)
    return f"{whole}; {_lines_out(worst, 'settled_share', len(lines), ledgers.TOLERANCE)}."


def _later(total: pd.Series, currency: str) -> list[str]:
    return [f"{money(total['later'], currency)} of it still to come"] if total["later"] > 0 else []


def _unlinked(total: pd.Series, currency: str) -> list[str]:
    few = not may_show_mean(int(total["unlinked_records"]))
    return [] if few else [f"{money(total['unlinked'], currency)} of it unlinked"]


def costing_words(lines: pd.DataFrame) -> str:
    """Whether units times unit cost give the amounts, and where not."""
    judged = lines.dropna(subset="within")
    untold = lines.loc[lines["verdict"].isin([NO_UNITS, NO_UNIT_COST]), "service"].nunique()
    also = f"; {untold} service{_s(untold)} without units or unit cost" if untold else ""
    if judged.empty:
        return f"{NOT_TOLD}: no service has units and unit costs."
    out = judged[~judged["within"].astype(bool)]
    if out.empty:
        return (
            f"units × unit cost give the recorded amounts within {percent(ledgers.TOLERANCE, 0)} in every line{also}."
        )
    worst = out.reindex(out["difference"].abs().sort_values(ascending=False, kind="stable").index)
    return f"{_lines_out(worst, 'difference', len(judged), ledgers.TOLERANCE)}{also}."


def _lines_out(worst: pd.DataFrame, share: str, of: int, tolerance: float) -> str:
    named = [f"{row['service']} {row['year']} by {percent(row[share], signed=True)}"
             for row in worst.head(NAMED).to_dict("records")]  # fmt: skip
    verb = "is" if len(worst) == 1 else "are"
    return f"{len(worst)} of {of} lines {verb} out by more than {percent(tolerance, 0)}: {', '.join(named)}{_more(len(worst))}"


def run_off_words(found: Completion, currency: str) -> str:
    """How much of the latest months has been recorded, and what is still to come with its standard error."""
    if found.settings.empty:
        return f"{NOT_TOLD}: {found.not_told.get(ALL_SETTINGS, 'no month of care')}."
    if ALL_SETTINGS in found.not_told:
        return f"{NOT_TOLD}: {found.not_told[ALL_SETTINGS]}."
    whole = found.settings[found.settings["setting"] == ALL_SETTINGS].iloc[0]
    last = found.latest[found.latest["setting"] == ALL_SETTINGS].iloc[-1]
    since = f"; {money(whole['came_since'], currency)} has come since" if whole["came_since"] else ""
    return (f"at the end of {found.as_at} {percent(last['completion'])} of the cost of {last['month']} had been "
            f"recorded and {money(whole['ibnr'], currency)} was still to come "
            f"(standard error {money(whole['error'], currency)}){since}.")  # fmt: skip


def _shown(rows: pd.DataFrame) -> bool:
    return may_show_mean(int(rows["linked"].iloc[0]))


def _place(row: pd.Series | dict) -> str:
    return f"{row['table']}.{row['column']}"


def _more(count: int) -> str:
    return f" and {count - NAMED} more" if count > NAMED else ""


def _s(count: int) -> str:
    return "" if count == 1 else "s"
