"""What is said under the finding of the scope step: a sentence each about charges, owners, shift, choice and exclusions."""

from collections.abc import Callable
from math import isnan

from capitation.charts.scope import excluded_finding, flows_finding, leakage_finding
from capitation.contract import ContractResult
from capitation.scope.leakage import shift_sentence
from capitation.tables_scope import NOT_CHECKED
from capitation.terms import money, percent


def scope_details(result: ContractResult) -> list[str]:
    """Sentences, each with the part it is about before a colon; figures have passed disclosure control."""
    told: tuple[tuple[str, Callable[[ContractResult], str]], ...] = (
        ("By setting", _settings), ("By segment", _segments), ("Charges", _charges), ("Rare and costly", excluded_finding),
        ("Shifted cost", _shift), ("Patients’ choice", flows_finding), ("Paid twice", _paid_twice), ("Owners", _owners),
    )  # fmt: skip
    return [f"{part}: {words[0].upper()}{words[1:]}." for part, say in told if (words := say(result).rstrip("."))]


def _settings(result: ContractResult) -> str:
    rows = result.coverage.shown_settings.dropna(subset="share")
    named = [f"{setting} {percent(share, 0)}" for setting, share in zip(rows["setting"], rows["share"], strict=True)]
    return f"covered of what members cost: {', '.join(named)}" if named else ""


def _segments(result: ContractResult) -> str:
    rows = result.coverage.shown_segments.dropna(subset="share")
    if rows.empty:
        return ""
    names = rows[result.coverage.segments.name]
    return "covered of each segment’s whole spend: " + ", ".join(
        f"{name} {percent(share)}" for name, share in zip(names, rows["share"], strict=True))  # fmt: skip


def _charges(result: ContractResult) -> str:
    if result.coverage.charges_nothing:
        return "no service in the data charges people anything"
    rows, currency = result.coverage.shown_charges, result.dataset.meta.currency
    off = result.design.scope.net_of_client
    named = [f"{_label(result, r['service'])} costs {money(r['gross'], currency)} gross, of which people pay "
             f"{money(r['client_paid'], currency)} ({percent(r['client_share'], 0)}), {money(r['net'], currency)} net"
             for r in rows.to_dict("records")]  # fmt: skip
    pays = "the contract counts what is net" if off else "the contract counts what is gross"
    return "; ".join([*named, pays]) if named else f"too few people pay for any service to show; {pays}"


def _shift(result: ContractResult) -> str:
    shift, year_name = result.coverage.shift, result.dataset.meta.year_name
    if shift is None:
        return leakage_finding(result)
    return shift_sentence(
        shift, result.dataset.meta.currency, year_name(result.coverage.base_years[0]), year_name(result.year)
    )


def _paid_twice(result: ContractResult) -> str:
    coverage, currency = result.coverage, result.dataset.meta.currency
    if result.dataset.budgets.empty:
        return "the data set has no budgets, so that no stream can be seen to pay beside the sum"
    if not coverage.paid_twice_is_checked:
        return NOT_CHECKED
    found = coverage.shown_paid_twice
    if found.empty:
        return "no service in scope has a budget outside the streams that are paid into the sum"
    named = [f"{_label(result, r['service'])} also stands in {r['stream']}"
             + ("" if isnan(r["amount"]) else f", {money(r['amount'], currency)} of it for members")
             for r in found.to_dict("records")]  # fmt: skip
    return f"care in scope that a stream outside the sum pays for as well: {'; '.join(named)}"


def _owners(result: ContractResult) -> str:
    found, currency = result.coverage.owners, result.dataset.meta.currency
    if found.empty:
        return ""
    several = found[found["owners"] > 1].to_dict("records")
    named = [f"{_label(result, r['service'])}, {money(r['amount'], currency)}, is in {r['named']}" for r in several]
    return (
        f"exactly one was expected, but {'; '.join(named)}"
        if named
        else f"each of {len(found)} budgets has exactly one"
    )


def _label(result: ContractResult, service: str) -> str:
    return str(result.dataset.services["label"].get(service, service))
