"""What each part of the quality of a data set comes to, in one plain sentence with its figures."""

from collections.abc import Mapping

import pandas as pd

from capitation.dataset.disclosure import HIDDEN, may_show_mean, suppress_count
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.completeness import share_words
from capitation.dataset.quality.completion import ALL_SETTINGS, Completion
from capitation.dataset.quality.costing import NO_UNIT_COST, NO_UNITS
from capitation.dataset.quality.ledger import Reconciliation
from capitation.dataset.quality.linkage import MOST_DEPRIVED, Linkage
from capitation.terms import money, percent

NAMED = 3  # so many are named one by one in a sentence
NOT_TOLD = "not told"
TOO_FEW = "too few people to show amounts"
TOO_FEW_RECORDS = "too few people or records to show shares"
SMALL = 2_000  # people with spend: with fewer, lines swing by chance


def completeness_words(found: pd.DataFrame, share: float) -> str:
    """How much is filled in, and the worst column."""
    counted = found[found["state"] == "filled"]
    worst = counted.sort_values("share", kind="stable").iloc[0]
    absent = int((found["state"] == "not given").sum())
    also = f"; {absent} optional column{_s(absent)} not given" if absent else ""
    if worst["share"] == 1:
        return f"every cell that must be filled in is{also}."
    return f"{percent(share)} of cells are filled in; least {_place(worst)}{_with_share(worst)}{also}."


def _with_share(row: pd.Series) -> str:
    share = share_words(row.to_dict())
    return "" if share == HIDDEN else f" with {share}"


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
    if not total["shown"]:
        return f"{TOO_FEW_RECORDS}."
    whole = f"{percent(total['rate'])} of records found their person"
    most = found.by_fifth[(found.by_fifth["fifth"] == MOST_DEPRIVED) & found.by_fifth["shown"]]
    worst = found.by_setting[found.by_setting["shown"]].sort_values("rate", kind="stable").head(1)
    fifth = f"; in the most deprived fifth {percent(most['rate'].iloc[0])}" if len(most) else ""
    of = "" if found.by_setting["shown"].all() else " of those shown"
    least = f"; least{of} in {worst['setting'].iloc[0]} with {percent(worst['rate'].iloc[0])}" if len(worst) else ""
    return f"{whole}{fifth}{least}."


def bias_words(found: Linkage | None) -> str:
    """How linked and unlinked records differ."""
    if found is None:
        return f"{NOT_TOLD}: the data set has no unlinked records."
    total = found.total.iloc[0]
    if not total["shown"]:
        return f"{TOO_FEW}."
    if not total["unlinked"]:
        return "no record is unlinked."
    means = f"an unlinked record {_against(found.like_for_like)} of the same setting"
    bias = found.bias_shown
    if bias is None:
        return f"{means}; by deprivation it is {NOT_TOLD}, or of too few."
    low, high = bias.low, bias.high
    ratio = f"{bias.value:.3f} (95 % interval {low:.3f} to {high:.3f})"
    return f"the rate of the most deprived fifth is {ratio} of the least deprived one's; {means}."


def _against(gap: float) -> str:
    if pd.isna(gap):
        return "can't be compared with linked ones"
    if round(100 * gap) == 0:
        return "costs as much as linked ones"
    return f"costs {percent(abs(gap), 0)} {'more' if gap > 0 else 'less'} than linked ones"


def ledger_words(found: Reconciliation | None, currency: str, names: Mapping[str, str]) -> str:
    """What no person carries, and the lines out of tolerance."""
    if found is None:
        return f"{NOT_TOLD}: the data set has no ledger."
    total = found.total.iloc[0]
    if not total["ledger"]:
        return f"{NOT_TOLD}: no year with a ledger is over."
    if not total["shown"]:
        return f"{TOO_FEW}."
    lines = found.lines.dropna(subset="within")
    out = lines[~lines["within"].astype(bool)]
    whole = unallocated_words(float(total["share"]), f"the {money(total['ledger'], currency)} in the accounts")
    parts = [*_later(total, currency), *_unlinked(total, currency)]
    whole = f"{whole} ({', '.join(parts)})" if parts else whole
    if out.empty:
        return f"{whole}; every line is within {percent(ledgers.TOLERANCE, 0)}."
    worst = out.reindex(out["settled_share"].abs().sort_values(ascending=False, kind="stable").index)
    return f"{whole}; {_lines_out(worst, 'settled_share', len(lines), names)}."


def unallocated_words(share: float, accounts: str) -> str:
    """What the accounts hold that no person carries; below 0 people carry more."""
    if share < 0:
        return f"people carry {percent(-share)} more than {accounts}"
    return f"{percent(share)} of {accounts} is with no person"


def _later(total: pd.Series, currency: str) -> list[str]:
    return [f"{money(total['later'], currency)} still to come"] if total["later"] > 0 else []


def _unlinked(total: pd.Series, currency: str) -> list[str]:
    some = total["unlinked_shown"] and total["unlinked_records"]
    return [f"{money(total['unlinked'], currency)} unlinked"] if some else []


def costing_words(lines: pd.DataFrame, names: Mapping[str, str], people: int) -> str:
    """Whether units times unit cost give the amounts, and where not; ``people`` have spend."""
    judged = lines.dropna(subset="within")
    untold = lines.loc[lines["verdict"].isin([NO_UNITS, NO_UNIT_COST]), "service"].nunique()
    also = f"; {untold} service{_s(untold)} without units or unit cost" if untold else ""
    also += f"; with fewer than {SMALL:,} people with spend lines swing by chance" if people < SMALL else ""
    if judged.empty:
        return f"{NOT_TOLD}: no service has units and unit costs."
    if not may_show_mean(people):
        return f"{TOO_FEW}."
    out = judged[~judged["within"].astype(bool)]
    if out.empty:
        return (
            f"units × unit cost give the recorded amounts within {percent(ledgers.TOLERANCE, 0)} in every line{also}."
        )
    worst = out.reindex(out["difference"].abs().sort_values(ascending=False, kind="stable").index)
    shown = worst[worst["units_shown"].astype(bool)]
    return f"{_lines_out(shown, 'difference', len(judged), names, len(out))}{also}."


def _lines_out(worst: pd.DataFrame, share: str, of: int, names: Mapping[str, str], out: int | None = None) -> str:
    """How many lines are out of tolerance, ``out`` of them or all of ``worst``, and the worst that may be named."""
    out = len(worst) if out is None else out
    shown = worst[worst["shown"].astype(bool)]
    named = [f"{names.get(row['service'], row['service'])} {row['year']} by {percent(row[share], signed=True)}"
             for row in shown.head(NAMED).to_dict("records")]  # fmt: skip
    said = f"{out} of {of} lines {'is' if out == 1 else 'are'} out by more than {percent(ledgers.TOLERANCE, 0)}"
    if not named:
        return f"{said}, of too few people to name"
    return f"{said}: {', '.join(named)}{_more(out, len(named))}"


def run_off_words(found: Completion, currency: str) -> str:
    """How much of the latest months has been recorded, and what is still to come with its standard error."""
    if found.settings.empty:
        return f"{NOT_TOLD}: {found.not_told.get(ALL_SETTINGS, 'no month of care')}."
    if ALL_SETTINGS in found.not_told:
        return f"{NOT_TOLD}: {found.not_told[ALL_SETTINGS]}."
    if not run_off_shown(found):
        return f"{TOO_FEW}."
    whole = found.settings[found.settings["setting"] == ALL_SETTINGS].iloc[0]
    last = found.latest[found.latest["setting"] == ALL_SETTINGS].iloc[-1]
    told = whole["late_came"] and whole["since_shown"]
    since = f"; {money(whole['late_came'], currency)} has come since" if told else ""
    return (f"at the end of {found.as_at} {percent(last['completion'])} of the cost of {last['month']} had been recorded"
            f"{_left_out(whole)}; {money(whole['late'], currency)} of all care until then was still to come "
            f"(standard error {money(whole['late_error'], currency)}){since}.")  # fmt: skip


def _left_out(whole: pd.Series) -> str:
    months = int(whole["months_left_out"])
    named = "the month" if months == 1 else f"the {months} months"
    return f" and too little of {named} after it to tell" if months else ""


def run_off_shown(found: Completion) -> bool:
    """Whether enough people stand behind the run-off of all settings."""
    return bool(found.settings.loc[found.settings["setting"] == ALL_SETTINGS, "shown"].all())


def _place(row: pd.Series | dict) -> str:
    return f"{row['table']}.{row['column']}"


def _more(count: int, named: int = NAMED) -> str:
    return f" and {count - named} more" if count > named else ""


def _s(count: int) -> str:
    return "" if count == 1 else "s"
