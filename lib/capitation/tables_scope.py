"""What is covered, as tables: services in and out by setting, rare and costly ones, choice, and who owns which budget."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN
from capitation.price_checks import period_of, year_and_period
from capitation.tables import Table, amount
from capitation.terms import percent

NOT_CHECKED = "not checked: the terms name no budget stream as paid into the sum, so that all are taken to be"
FEW = f"{HIDDEN} stands for care of too few people, or mostly of one, to show."


def _label(result: ContractResult, service: str) -> str:
    return str(result.dataset.services["label"].get(service, service))


def _or_hidden(value: float) -> str:
    return HIDDEN if pd.isna(value) else amount(value)


def services(result: ContractResult) -> Table:
    """What members cost in the contract year by service, in scope and out, under its setting."""
    currency = result.dataset.meta.currency
    rows = [{"Service": _label(result, r["service"]), "setting": _setting(result, r["setting"]),
             f"in, {currency}": _or_hidden(r["within"]), f"out, {currency}": _or_hidden(r["without"]),
             "why out": result.scope.left_out.get(r["service"], "")}
            for r in result.coverage.shown_services.to_dict("records")]  # fmt: skip
    net = "less what clients pay" if result.design.scope.net_of_client else "gross of what clients pay"
    return Table("scope-services", f"Members’ care by setting and service, {year_and_period(result)}, {currency}", pd.DataFrame(rows),
                 group="setting", words=("why out",), notes=(f"Amounts {net}. {FEW}",))  # fmt: skip


def _setting(result: ContractResult, setting: str) -> str:
    """A setting with its sums as a heading."""
    found = {str(row["setting"]): row for row in result.coverage.shown_settings.to_dict("records")}[setting]
    sums = "" if pd.isna(found["share"]) else f": {percent(found['share'], 0)} of {amount(found['whole'])} in"
    return f"{setting.capitalize()}{sums}"


def exclusions(result: ContractResult) -> Table:
    """Each service by how often it is used in the base years and at what mean, and whether the rule leaves it out."""
    currency, terms = result.dataset.meta.currency, result.design.scope
    rows = [{"Service": _label(result, r["service"]), "used in share of person-years": _share(r["frequency"]),
             f"mean of users, {currency}": _or_hidden(r["mean"]), "left out": "yes" if r["excluded"] else "no",
             "by the limit": r["why"]}
            for r in result.coverage.shown_exclusions.sort_values("frequency").to_dict("records")]  # fmt: skip
    rule = (f"Rare: used in under {percent(terms.rare_share)} of person-years; costly: over {amount(terms.rare_mean)} a user."
            if terms.rare_share > 0 else "The rule is switched off.")  # fmt: skip
    return Table("scope-exclusions", "Rare and costly services, fixed on the base years", pd.DataFrame(rows),
                 words=("by the limit",), notes=(rule, FEW))  # fmt: skip


def _share(value: float) -> str:
    return HIDDEN if pd.isna(value) else percent(value)


def flows(result: ContractResult) -> Table:
    """What patients' choice costs and brings by provider."""
    currency, terms = result.dataset.meta.currency, result.design.scope
    found, shown = result.coverage.flows, result.coverage.shown_flows
    rows = [_flow(result, r, currency) for r in shown.to_dict("records")]
    hidden = len(found) - len(shown)
    notes = [f"Out at {percent(terms.outflow_price, 0)} of the cost recorded, in at {percent(terms.inflow_price, 0)}. "
             "No money line of the settlement depends on it. Others are everybody in the data who is not in the cohort: members’ "
             "neighbours whom the rules leave out among them, not only people who came from elsewhere."]  # fmt: skip
    notes += [f"{hidden} provider{'s' if hidden > 1 else ''} with too few people to show."] if hidden else []
    columns = ["Provider", "who", *(f"{what}, {currency}" for what in ("out for members", "in for others", "net"))]
    return Table("scope-flows", f"Patients’ choice, {year_and_period(result)}, {currency}", pd.DataFrame(rows, columns=pd.Index(columns)),
                 words=("who",), notes=tuple(notes))  # fmt: skip


def _flow(result: ContractResult, row: Mapping[Any, Any], currency: str) -> dict[str, str]:
    name = str(result.dataset.providers["label"].get(row["provider"], row["provider"]))
    return {"Provider": name, "who": "partner" if row["partner"] else "outside", f"out for members, {currency}": amount(row["out"]),
            f"in for others, {currency}": amount(row["in"]), f"net, {currency}": amount(row["net"])}  # fmt: skip


def budget_owners(result: ContractResult) -> Table:
    """Who owns each service's budget of the contract year, and what a stream outside the sum would pay as well."""
    currency = result.dataset.meta.currency
    rows = [{"Service": _label(result, r["service"]), f"budget, {currency}": amount(r["amount"]), "owner": r["named"],
             "verdict": "one owner" if r["owners"] == 1 else f"{r['owners']} owners, one was expected",
             f"paid twice for members, {currency}": _paid_twice(result, r["service"])}
            for r in result.coverage.owners.to_dict("records")]  # fmt: skip
    columns = ["Service", f"budget, {currency}", "owner", "verdict", f"paid twice for members, {currency}"]
    checked = "" if result.coverage.paid_twice_is_checked else f" {NOT_CHECKED.capitalize()}."
    note = (
        f"Paid twice: by the sum and by a stream that is not paid into it.{checked} {FEW}"
        if rows
        else "The data set has no budgets."
    )
    title = f"Who owns each budget, {result.dataset.meta.year_name(result.year)}, {currency}"
    if result.part_year and rows:
        note += f" Budgets are of the whole year, what is paid twice is of {period_of(result)}."
    return Table("scope-owners", title, pd.DataFrame(rows, columns=pd.Index(columns)),
                 words=("owner", "verdict"), notes=(note,))  # fmt: skip


def _paid_twice(result: ContractResult, service: str) -> str:
    if not result.coverage.paid_twice_is_checked:
        return "not checked"
    found = result.coverage.shown_paid_twice
    mine = found.loc[found["service"] == service, "amount"]
    return _or_hidden(mine.sum(min_count=1)) if len(mine) else "0"
