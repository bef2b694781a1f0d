"""The quality of a data set as tables: what is shown of few records is hidden, amounts name their currency."""

from collections.abc import Sequence

import pandas as pd

from capitation.dataset.disclosure import HIDDEN, SMALLEST_SHOWN, may_show_mean, suppress_count
from capitation.dataset.faults import Fault
from capitation.dataset.meta import Meta
from capitation.dataset.quality import Quality
from capitation.dataset.quality import ledger as ledgers
from capitation.dataset.quality.linkage import Z
from capitation.tables import Table, amount
from capitation.terms import percent

DELAYS_SHOWN = 6  # months
NOT_TOLD = "not told"
_FEW = f"{HIDDEN} stands for 1 to 7; other counts are to the nearest 5."
_HIDES = f"{HIDDEN} stands for the amount of fewer than {SMALLEST_SHOWN} people or records."
_MANY = SMALLEST_SHOWN  # totals of all services
_INTERVAL = f"Intervals are 95 % (z = {Z}): Wilson's for shares, with each variance by itself for means."


def score(quality: Quality) -> Table:
    """The parts of the score, each with its weight and what it found."""
    rows = [{"Part": r["part"], "weight": percent(r["weight"], 0), "marks of 100": _or_dash(r["marks"], ".0f"),
             "found": r["sentence"]} for r in quality.score.parts.to_dict("records")]  # fmt: skip
    told = percent(quality.score.told, 0)
    note = f"The score is the weighted mean of the parts that are told ({told} of the weight). Weights are a judgement."
    title = f"Score {_or_dash(quality.score.value, '.0f')} of 100, part by part"
    return Table("quality-score", title, pd.DataFrame(rows), words=("found",), notes=(note,))


def completeness(quality: Quality) -> Table:
    """Every column with the share that is filled in."""
    rows = [{"Column": f"{r['table']}.{r['column']}", "rows": suppress_count(r["rows"]),
             "filled in": "–" if pd.isna(r["share"]) else percent(r["share"]), "state": r["state"]}
            for r in quality.completeness.to_dict("records")]  # fmt: skip
    note = "Columns that may be empty take no part in the score: empty says something there, e.g. still alive."
    return Table(
        "quality-completeness", "How much is filled in", pd.DataFrame(rows), words=("state",), notes=(note, _FEW)
    )


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
    fifths = found.by_fifth.assign(name=[f"fifth {fifth}" for fifth in found.by_fifth["fifth"]], by="Deprivation")
    settings = found.by_setting.assign(name=found.by_setting["setting"], by="Setting")
    whole = found.total.assign(name="all records", by="Together")
    currency = quality.currency
    parts = (settings, fifths, whole)
    rows = [_linkage_row(row, currency) for part in parts for row in part.to_dict("records")]
    title = f"Records that found their person, {currency}"
    notes = ("Fifth 1 is the most deprived.", _INTERVAL, _FEW)
    return Table("quality-linkage", title, pd.DataFrame(rows), group="By", notes=notes)


def _linkage_row(row: dict, currency: str) -> dict[str, str]:
    many = may_show_mean(int(row["people"]))
    both = many and may_show_mean(int(row["unlinked"]))
    gap = f"{amount(row['mean_gap'])} ({amount(row['gap_low'])} to {amount(row['gap_high'])})" if both else HIDDEN
    return {
        "By": row["by"],
        "Records": row["name"],
        "linked": suppress_count(int(row["linked"])),
        "unlinked": suppress_count(int(row["unlinked"])),
        "rate (interval)": f"{percent(row['rate'])} ({percent(row['low'])} to {percent(row['high'])})",
        "of the money": percent(row["amount_rate"]),
        f"mean of a linked record, {currency}": amount(row["linked_mean"]) if many else HIDDEN,
        f"unlinked less linked, {currency}": gap,
    }


def ledger(quality: Quality, meta: Meta) -> Table | None:
    """The ledger by year, and the lines out of tolerance; None where not told."""
    found = quality.ledger
    if found is None:
        return None
    out = found.lines.dropna(subset="within")
    out = out[~out["within"].astype(bool)].assign(by="Lines out of tolerance")
    lines = _with_people(quality, out)
    parts = (found.by_year.assign(by="Years", people=_MANY), lines, found.total.assign(by="Together", people=_MANY))
    rows = [_ledger_row(row, meta) for part in parts for row in part.to_dict("records")]
    title = f"The ledger against what people carry, {quality.currency}"
    note = (f"Unallocated is the ledger less what is linked; judged is that share less what is estimated still to come, "
            f"against {percent(ledgers.TOLERANCE, 0)}.")  # fmt: skip
    return Table("quality-ledger", title, pd.DataFrame(rows), group="By", words=("verdict",), notes=(note, _HIDES))


def _with_people(quality: Quality, lines: pd.DataFrame) -> pd.DataFrame:
    return lines.merge(quality.people, how="left", on=["year", "service"]).fillna({"people": 0})


def _ledger_row(row: dict, meta: Meta) -> dict[str, str]:
    every = int(row["year"]) == ledgers.EVERY_YEAR
    name = "all years" if every else meta.year_name(int(row["year"]))
    service = "" if row["service"] == ledgers.EVERY_SERVICE else f"{row['service']} "
    few = _few(row["people"])
    linked = HIDDEN if few else amount(row["linked"])
    return {
        "By": row["by"],
        "Line": f"{service}{name}",
        "ledger": amount(row["ledger"]),
        "linked": linked,
        "unlinked": HIDDEN if few or _few(row["unlinked_records"]) else amount(row["unlinked"]),
        "still to come": HIDDEN if few else amount(row["later"]),
        "unallocated": HIDDEN if few else percent(row["share"]),
        "judged": HIDDEN if few else percent(row["settled_share"]),
        "verdict": row["verdict"],
    }


def _few(people: float) -> bool:
    return people > 0 and not may_show_mean(int(people))


def costing(quality: Quality, meta: Meta) -> Table:
    """Units times unit cost against the recorded amounts: by service over all years, and the lines out of tolerance."""
    lines = _with_people(quality, quality.costing)
    out = lines.dropna(subset="within")
    out = out[~out["within"].astype(bool)]
    rows = [_costing_row("All years", str(service), _of_service(part)) for service, part in lines.groupby("service")]
    rows += [_costing_row("Lines out of tolerance", f"{r['service']} {meta.year_name(int(r['year']))}", r)
             for r in out.to_dict("records")]  # fmt: skip
    shown = rows or [{"By": "All years", "Service": "there is no spend", "verdict": ""}]
    title = f"Units × unit cost against the recorded amounts, {quality.currency}"
    words = ("verdict", "source of the unit cost")
    return Table("quality-costing", title, pd.DataFrame(shown), group="By", words=words, notes=(_HIDES,))


def _of_service(lines: pd.DataFrame) -> dict:
    """The lines of one service together: what is judged of them, or else why nothing is."""
    judged = lines.dropna(subset="within")
    part = judged if len(judged) else lines
    costed, recorded = float(part["costed"].sum(min_count=1)), float(part["recorded"].sum())
    out = int((~judged["within"].astype(bool)).sum())
    verdict = f"{out} of {len(judged)} years out" if len(judged) else str(lines["verdict"].iloc[-1])
    return {"units": float(part["units"].sum()), "costed": costed, "difference": recorded / costed - 1 if costed else None,
            "recorded": recorded, "without_units": float(part["without_units"].sum()), "people": lines["people"].max(),
            "verdict": verdict, "source": lines["source"].iloc[-1]}  # fmt: skip


def _costing_row(by: str, name: str, row: dict) -> dict[str, str]:
    few = _few(row["people"])
    recorded = amount(row["recorded"] + row["without_units"])
    return {
        "By": by,
        "Service": name,
        "units": HIDDEN if few else _or_dash(row["units"] or float("nan"), ",.0f"),
        "units × unit cost": HIDDEN if few else amount(row["costed"]) if row["units"] else "–",
        "recorded": HIDDEN if few else recorded,
        "difference": "–" if pd.isna(row["difference"]) else percent(row["difference"], signed=True),
        "verdict": row["verdict"],
        "source of the unit cost": "–" if pd.isna(row["source"]) else str(row["source"]),
    }


def run_off(quality: Quality) -> Table:
    """What had been recorded at the end of the last month, and what was still to come, by setting."""
    found, currency = quality.completion, quality.currency
    rows = [{"Setting": r["setting"], f"recorded, {currency}": amount(r["recorded"]),
             f"still to come, {currency}": amount(r["ibnr"]), f"standard error, {currency}": amount(r["error"]),
             "recorded of the final cost": percent(r["completion"]),
             f"has come since, {currency}": amount(r["came_since"])}
            for r in found.settings.to_dict("records")]  # fmt: skip
    untold = tuple(f"{name}: {NOT_TOLD}, {why}." for name, why in found.not_told.items())
    shown = rows or [{"Setting": NOT_TOLD}]
    note = "Chain ladder weighted by volume; Mack's standard error of the sum of all months of care."
    return Table("quality-run-off", f"Run-off at the end of {found.as_at}", pd.DataFrame(shown), notes=(note, *untold))


def completion_factors(quality: Quality) -> Table | None:
    """The share of the final cost recorded by months of delay; None where not told."""
    factors = quality.completion.factors
    shown = factors[factors["delay"] <= DELAYS_SHOWN]
    if shown.empty:
        return None
    wide = shown.pivot_table(index="setting", columns="delay", values="recorded", sort=False)
    rows = wide.map(lambda share: "–" if pd.isna(share) else percent(share)).sort_index(axis=1)
    rows.columns = pd.Index([f"{delay} months" for delay in rows.columns])
    title = "Completion factors: share of the final cost recorded by months after the month of care"
    return Table("quality-factors", title, rows.rename_axis("Setting").reset_index())


def findings(found: Sequence[Fault]) -> Table:
    """What sound rows add up to that can't be right, with its effect on the price of a person-year."""
    rows = [{"Where": fault.where, "found": fault.what, "expected": fault.rule,
             "effect on the price of a person-year": fault.effect or "–"} for fault in found]  # fmt: skip
    shown = rows or [{"Where": "nowhere", "found": "nothing implausible was found", "expected": "",
                      "effect on the price of a person-year": ""}]  # fmt: skip
    words = ("found", "expected", "effect on the price of a person-year")
    return Table(
        "quality-findings", "What can't be right, and what it does to the price", pd.DataFrame(shown), words=words
    )


def _or_dash(value: float, written: str) -> str:
    return "–" if pd.isna(value) else format(value, written)
