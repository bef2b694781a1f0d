"""The quality of a data set as tables: what is shown of few records is hidden, amounts name their currency."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from capitation.dataset.disclosure import HIDDEN, SMALLEST_SHOWN, suppress_count
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.quality import Quality
from capitation.dataset.quality import costing as costs
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.completeness import rows_words, share_words
from capitation.dataset.quality.completion import ALL_SETTINGS
from capitation.dataset.quality.linkage import Z
from capitation.dataset.quality.score import FULL_MARKS
from capitation.tables import Table, amount
from capitation.terms import percent

DELAYS_SHOWN = 6  # months
NOT_TOLD = "not told"
_SOURCE = "source of the unit cost"
_FEW = f"{HIDDEN} stands for 1 to 7; other counts are to the nearest 5."
_HIDES = (f"{HIDDEN} stands for the amount of fewer than {SMALLEST_SHOWN} people or records, or mostly of one person, "
          "and for what would give it away.")  # fmt: skip
_UNLINKED = "Unlinked are records for which no person was found."
_VERDICTS = {ledgers.WITHIN: "within", ledgers.SHORT: "short", ledgers.OVER: "over",
             costs.DEAR: "above", costs.CHEAP: "below"}  # fmt: skip
_INTERVAL = f"Intervals are 95 % (z = {Z}): Wilson's for shares, with each variance by itself for means."


def score(quality: Quality) -> Table:
    """The parts of the score, each with its weight and what it found."""
    rows = [{"Part": r["part"], "weight": percent(r["weight"], 0), "marks of 100": _or_dash(r["marks"], ".0f"),
             "found": r["sentence"]} for r in quality.score.parts.to_dict("records")]  # fmt: skip
    told = percent(quality.score.told, 0)
    note = f"The score is the weighted mean of the parts that are told ({told} of the weight). Weights are a judgement."
    held = f"Findings hold it to at most {quality.score.ceiling:.0f}."
    notes = (note, held) if quality.score.ceiling < FULL_MARKS else (note,)
    title = f"Score {_or_dash(quality.score.value, '.0f')} of 100, part by part"
    return Table("quality-score", title, pd.DataFrame(rows), words=("found",), notes=notes)


def completeness(quality: Quality) -> Table:
    """Every column with the share that is filled in."""
    rows = [{"Column": f"{r['table']}.{r['column']}", "rows": rows_words(r),
             "filled in": share_words(r), "state": r["state"]}
            for r in quality.completeness.to_dict("records")]  # fmt: skip
    note = "Columns that may be empty take no part in the score: empty says something there, e.g. still alive."
    of_people = "Of tables that stand for people shares are to the whole per cent, and hidden beside 1 to 7 rows."
    notes = (note, of_people, _FEW)
    return Table("quality-completeness", "How much is filled in", pd.DataFrame(rows), words=("state",), notes=notes)


def rules(quality: Quality) -> Table:
    """Rows that break a rule; one row that says so when none does."""
    broken = quality.rules[quality.rules["broken"] > 0]
    rows = [{"Rule": f"{r['table']}.{r['column']} {r['rule']}", "rows": suppress_count(r["broken"])}
            for r in broken.to_dict("records")]  # fmt: skip
    shown = rows or [{"Rule": f"none of {len(quality.rules)} rules is broken", "rows": "0"}]
    return Table("quality-rules", "Orphans, repeated rows, amounts below 0", pd.DataFrame(shown), notes=(_FEW,))


def linkage(quality: Quality) -> Table | None:
    """Linkage by setting and by fifth of deprivation; None where not told."""
    found = quality.linkage
    if found is None:
        return None
    fifths = found.by_fifth.assign(name=[f"fifth {n}" for n in found.by_fifth["fifth"]], by="Deprivation", like=None)
    like = found.by_setting["unlinked_mean"] / found.by_setting["linked_mean"] - 1
    settings = found.by_setting.assign(name=found.by_setting["setting"], by="Setting", like=like)
    whole = found.total.assign(name="all records", by="Together", like=found.like_for_like)
    rows = [
        _linkage_row(row, quality.currency) for part in (settings, fifths, whole) for row in part.to_dict("records")
    ]
    title = f"Records that found their person, {quality.currency}"
    compared = ("The last column sets unlinked records against linked ones of the same setting, on average; that of "
                "all records weighs the settings by their unlinked records.")  # fmt: skip
    notes = (_UNLINKED, "Fifth 1 is the most deprived.", compared, _INTERVAL, _FEW, _HIDES)
    return Table("quality-linkage", title, pd.DataFrame(rows), group="By", notes=notes)


def _linkage_row(row: dict, currency: str) -> dict[str, str]:
    shown = row["shown"]
    gap = (
        "–"
        if pd.isna(row["gap_low"])
        else f"{amount(row['mean_gap'])} ({amount(row['gap_low'])} to {amount(row['gap_high'])})"
    )
    return {
        "By": row["by"],
        "Records": row["name"],
        "linked": _count(row["linked_shown"]),
        "unlinked": _count(row["unlinked_shown"]),
        "rate (interval)": f"{percent(row['rate'])} ({percent(row['low'])} to {percent(row['high'])})"
        if shown
        else HIDDEN,
        "of the money": _share(row["amount_rate"]) if shown else HIDDEN,
        f"mean of a linked record, {currency}": amount(row["linked_mean"]) if row["amount_shown"] else HIDDEN,
        f"unlinked less linked, {currency}": "–" if row["by"] != "Setting" else gap if shown else HIDDEN,
        "unlinked against linked": _share(row["like"], signed=True) if shown else HIDDEN,
    }


def _count(rounded: int | None) -> str:
    return HIDDEN if pd.isna(rounded) else f"{rounded:,}"


def _share(share: float | None, signed: bool = False) -> str:
    return "–" if share is None or pd.isna(share) else percent(share, signed=signed)


def ledger(quality: Quality, meta: Meta) -> Table | None:
    """The ledger by year, and the lines out of tolerance; None where not told."""
    found = quality.ledger
    if found is None:
        return None
    out = found.lines.dropna(subset="within")
    lines = out[~out["within"].astype(bool)].assign(by="Lines out of tolerance")
    parts = (found.by_year.assign(by="Years"), lines, found.total.assign(by="Together"))
    rows = [_ledger_row(row, meta, quality.labels) for part in parts for row in part.to_dict("records")]
    title = f"The ledger against what people carry, {quality.currency}"
    tolerance = percent(ledgers.TOLERANCE, 0)
    notes = (
        f"{_UNLINKED} Unallocated, with no person, is the ledger less what is linked; below 0 people carry more than "
        "the accounts. Judged is that share less what is estimated still to come.",
        f"Within {tolerance} is within tolerance; short: more is with no person; over: people carry more.",
        _HIDES,
    )
    return Table("quality-ledger", title, pd.DataFrame(rows), group="By", words=("verdict",), notes=notes)


def _ledger_row(row: dict, meta: Meta, labels: Mapping[str, str]) -> dict[str, str]:
    every = int(row["year"]) == ledgers.EVERY_YEAR
    name = "all years" if every else meta.year_name(int(row["year"]))
    service = "" if row["service"] == ledgers.EVERY_SERVICE else f"{labels.get(row['service'], row['service'])} "
    seen = {
        "ledger": amount(row["ledger"]),
        "linked": amount(row["linked"]),
        "unlinked": amount(row["unlinked"]) if row["unlinked_shown"] else HIDDEN,
        "still to come": amount(row["later"]),
        "unallocated": percent(row["share"]),
        "judged": percent(row["settled_share"]),
        "verdict": _verdict(row),
    }
    return {"By": row["by"], "Line": f"{service}{name}"} | (seen if row["shown"] else dict.fromkeys(seen, HIDDEN))


def _verdict(row: dict) -> str:
    return _VERDICTS.get(row["verdict"], str(row["verdict"]))


def costing(quality: Quality, meta: Meta) -> Table:
    """Units times unit cost against the recorded amounts: by service over all years, and the lines out of tolerance."""
    lines, names = quality.costing, quality.labels
    out = lines.dropna(subset="within")
    out = out[~out["within"].astype(bool)]
    rows = [_costing_row("All years", names.get(r["service"], str(r["service"])), r, _years_out(r))
            for r in costs.by_service(lines).to_dict("records")]  # fmt: skip
    rows += [_costing_row("Lines out of tolerance", _line_name(r, meta, names), r, _verdict(r))
             for r in out.to_dict("records")]  # fmt: skip
    shown = rows or [{"By": "All years", "Service": "there is no spend"}]
    title = f"Units × unit cost against the recorded amounts, {quality.currency}"
    notes = ("Above and below: recorded above or below units × unit cost by more than 2 %.", _HIDES)
    return Table("quality-costing", title, pd.DataFrame(shown), group="By", words=(_SOURCE,), notes=notes)


def _line_name(row: dict, meta: Meta, names: Mapping[str, str]) -> str:
    return f"{names.get(row['service'], row['service'])} {meta.year_name(int(row['year']))}"


def _years_out(row: dict) -> str:
    return f"{row['out']} of {row['judged']}" if row["judged"] else row["verdict"]


def _costing_row(by: str, name: str, row: dict, out: str) -> dict[str, str]:
    shown, units = row["shown"], row["units_shown"]
    return {
        "By": by,
        "Service": name,
        "units": _or_dash(row["units"] or float("nan"), ",.0f") if units else HIDDEN,
        "units × unit cost": (amount(row["costed"]) if row["units"] else "–") if units else HIDDEN,
        "recorded": amount(row["recorded"] + row["without_units"]) if shown else HIDDEN,
        "difference": _share(row["difference"], signed=True) if units else HIDDEN,
        "years out": out,
        _SOURCE: "–" if pd.isna(row["source"]) else str(row["source"]),
    }


def run_off(quality: Quality) -> Table:
    """What had been recorded at the end of the last month, and what was still to come, by setting."""
    found = quality.completion
    since = bool((found.settings["came_since"] != 0).any())
    rows = [_run_off_row(r, quality.currency, since) for r in found.settings.to_dict("records")]
    untold = tuple(f"{name}: {NOT_TOLD}, {why}." for name, why in found.not_told.items())
    method = (
        "Chain ladder weighted by volume; Mack's standard error of the sum of its months of care. The latest months, of which "
        "too little is recorded, are left out of it and expected to cost what its last twelve came to."
    )
    notes = (
        *_months_covered(quality),
        method,
        *(() if since else ("Nothing recorded later is in the data.",)),
        *untold,
    )
    title = f"Run-off at the end of {found.as_at}"
    return Table("quality-run-off", title, pd.DataFrame(rows or [{"Setting": NOT_TOLD}]), notes=(*notes, _HIDES))


def _run_off_row(row: dict, currency: str, since: bool) -> dict[str, str]:
    seen = {f"recorded, {currency}": amount(row["recorded"]), f"still to come, {currency}": amount(row["ibnr"]),
            f"standard error, {currency}": amount(row["error"]),
            "recorded of the final cost": percent(row["completion"]),
            "months left out": str(int(row["months_left_out"])),
            f"with those, still to come, {currency}": amount(row["late"])}  # fmt: skip
    came = amount(row["came_since"]) if row["since_shown"] else HIDDEN
    shown = seen if row["shown"] else dict.fromkeys(seen, HIDDEN)
    return {"Setting": row["setting"], **shown, f"has come since, {currency}": came if since else "–"}


def _months_covered(quality: Quality) -> tuple[str, ...]:
    """How many months of care the run-off of all settings is of."""
    found = quality.completion
    months = int((found.factors["setting"] == ALL_SETTINGS).sum())
    last = found.latest.loc[found.latest["setting"] == ALL_SETTINGS, "month"]
    return (f"It covers {months} months of care, the last {last.iloc[-1]}.",) if months else ()


def completion_factors(quality: Quality) -> Table | None:
    """The share of the final cost recorded by months of delay; None where not told."""
    factors, settings = quality.completion.factors, quality.completion.settings
    enough = factors["setting"].isin(settings.loc[settings["shown"], "setting"])
    shown = factors[enough & (factors["delay"] <= DELAYS_SHOWN)]
    if shown.empty:
        return None
    wide = shown.pivot_table(index="setting", columns="delay", values="recorded", sort=False)
    rows = wide.map(_share).sort_index(axis=1)
    rows.columns = pd.Index([f"{delay} month{'' if delay == 1 else 's'}" for delay in rows.columns])
    title = "Completion factors: share of the final cost recorded by months after the month of care"
    return Table("quality-factors", title, rows.rename_axis("Setting").reset_index())


def findings(found: Sequence[Fault]) -> Table:
    """What sound rows add up to that can't be right, with its effect on the price of a person-year."""
    rows = [{"Where": fault.where, "found": fault.seen(), "expected": fault.rule,
             "effect on the price of a person-year": fault.effect or "–"} for fault in found]  # fmt: skip
    shown = rows or [{"Where": "nowhere", "found": "nothing implausible was found", "expected": "",
                      "effect on the price of a person-year": ""}]  # fmt: skip
    words = ("found", "expected", "effect on the price of a person-year")
    return Table(
        "quality-findings", "What can't be right, and what it does to the price", pd.DataFrame(shown), words=words
    )


def faults(found: Sequence[Fault]) -> Table:
    """What keeps a data set from being opened, with its effect on the price where it can be told."""
    return replace(findings(found), name="quality-faults", title="What keeps the data set from being opened")


def _or_dash(value: float, written: str) -> str:
    return "–" if pd.isna(value) else format(value, written)
