"""Tables about the price: where its error lies, how it was counted, its path, what its form costs, how it held by cell."""

import numpy as np
import pandas as pd

from capitation import price_checks, tables_need
from capitation.charts.price import ERROR_WORDS, GROWTH_WORDS, errors_by_cause
from capitation.contract import ContractResult
from capitation.dataset.disclosure import HIDDEN, safe_table
from capitation.price.gap import FundingGap
from capitation.price.need import weights_by_cell
from capitation.price.person_year import NEED_WEIGHTS
from capitation.price.published import Case as PublishedCase
from capitation.price.published import Fact
from capitation.shadow.back_test import BackTest, by_cell
from capitation.shadow.coverage import Case, coverage
from capitation.tables import Table
from capitation.terms import money, percent


def errors(result: ContractResult) -> Table:
    """How wrong the price may be, by cause."""
    currency, found, causes = result.dataset.meta.currency, result.price.errors, errors_by_cause(result)
    whole = sum(error**2 for error in causes.values())
    rows = [{"Cause": ERROR_WORDS[name], f"standard error, {currency} per person-year": _two(error),
             "share of all variance": percent(error**2 / whole, 0) if whole else "–"}
            for name, error in causes.items()]  # fmt: skip
    notes = (
        f"Of the price itself {_two(found.of_price)}, which is what the limits beside it rest on.",
        "With one year of history it can’t be measured how far people stay dear: it counts as none."
        if len(result.basis.years) < 2 else
        f"The same people are in the history and in the year: {percent(found.persistence, 0)} of what they cost beyond the rate is there "
        "a year later. That part of history’s error the year repeats, so intervals of the year’s cost leave it out.",
    )  # fmt: skip
    return Table("price-errors", "How wrong the price may be", pd.DataFrame(rows), notes=notes)


def ways(result: ContractResult) -> Table:
    """The price under other ways to adjust, and history by other ways to count."""
    currency, price = result.dataset.meta.currency, result.price
    year = result.dataset.meta.year_name(result.basis.years[-1])
    priced = f"expected in {result.dataset.meta.year_name(result.year)}"
    rows = [{"Way": f"{priced}, not adjusted" if way == "none" else f"{priced}, adjusted for {way}",
             f"{currency} per person-year": _two(value),
             "rests on": "this price" if way == result.design.price.adjust else "held against it"}
            for way, value in price.ways.items()]  # fmt: skip
    rows += [{"Way": f"{method.name}, {year}", f"{currency} per person-year": _two(method.per_person_year or float("nan")),
              "rests on": method.says} for method in result.methods]  # fmt: skip
    return Table("price-ways", "Other ways to adjust and to count", pd.DataFrame(rows))


def growth(result: ContractResult) -> Table | None:
    """What cost grew by in the base years, by cause, and what is assumed from there; nothing with one year of history."""
    found, meta, terms = result.growth_parts, result.dataset.meta, result.design.price
    if found is None:
        return None
    first, last = (meta.year_name(result.basis.years[place]) for place in (0, -1))
    rows = [{"Cause": GROWTH_WORDS[name], f"{meta.currency} per person-year": _two(amount),
             "of the cost before": percent(amount / found.before, signed=True)} for name, amount in found.parts.items()]  # fmt: skip
    rows.append({"Cause": "All together", f"{meta.currency} per person-year": _two(found.change),
                 "of the cost before": percent(found.change / found.before, signed=True)})  # fmt: skip
    trend, prices, need, policy, low, high = (percent(rate, signed=True) for rate in (
        terms.trend, terms.growth.prices, terms.growth.need, terms.growth.policy, terms.trend - terms.growth.below,
        terms.trend + terms.growth.above))  # fmt: skip
    assumed = (f"Assumed from here: {trend} a year, of which prices {prices}; need {need} a year and policy {policy} once on top. "
               f"Thought possible: {low} to {high} a year.")  # fmt: skip
    return Table("price-growth", f"What cost grew by, {first} to {last}", pd.DataFrame(rows), notes=(assumed,))


def path(result: ContractResult) -> Table:
    """The price of each contract year and how it came about."""
    currency, found = result.dataset.meta.currency, price_checks.price_path_of(result)
    kept = price_checks.kept_of(result).table["kept"]
    names = [result.dataset.meta.year_name(result.year + n) for n in range(len(found.table))]
    rows = [{"Year": name, **{f"{words}, {currency}": _two(row[column]) for column, words in PATH_WORDS.items()},
             "kept of a saving first made then": percent(float(stays), 0)}
            for name, row, stays in zip(names, found.table.to_dict("records"), kept, strict=True)]  # fmt: skip
    note = "Benchmark less efficiency, held by the pace of change, is the price. What is kept counts every later year of the contract."
    return Table(
        "price-path", "The price of a person-year over the years of the contract", pd.DataFrame(rows), notes=(note,)
    )


PATH_WORDS = {"benchmark": "benchmark", "uplift": "of it uplift", "rebased": "of it re-basing", "discount": "efficiency",
              "pace": "pace of change", "price": "price"}  # fmt: skip


def form_costs(result: ContractResult) -> Table:
    """VAT and overheads of the contract year, or what of it is over, by form and holder."""
    currency, found = result.dataset.meta.currency, price_checks.form_costs_of(result)
    rows = [{"Form": row["form"], "holder": row["holder"], f"VAT no longer refunded, {currency}": _two(row["vat"]),
             f"overheads, {currency}": _two(row["overhead"]), "of the price": percent(row["share"]), "why": row["why"]}
            for row in found.table.to_dict("records")]  # fmt: skip
    same = "The overheads entered stand for every form: nothing published says what a form costs to run."
    title = f"What form and holder cost {price_checks.in_period(result)}"
    return Table("form-costs", title, pd.DataFrame(rows), notes=(found.caution, same))


def held_by_cell(result: ContractResult) -> Table | None:
    """Actual over expected cost of each price cell in the contract year; nothing of a cell of few people.

    None of a year that is not over: part of its cost has not reached the data.
    """
    if result.part_year:
        return None
    currency, found = result.dataset.meta.currency, by_cell(result)
    safe = safe_table(
        found,
        "people",
        ["actual", "expected", "ratio", "exposure"],
        amount="actual",
        largest="largest",
        second="second",
    )
    rows = [{"Cell": row["cell"], "people": _or_hidden(row["people"], ",.0f"), f"expected, {currency}": _or_hidden(row["expected"], ",.0f"),
             f"actual, {currency}": _or_hidden(row["actual"], ",.0f"), "actual over expected": _or_hidden(row["ratio"], ".2f")}
            for row in safe.to_dict("records")]  # fmt: skip
    title = f"Actual over expected by cell, {result.dataset.meta.year_name(result.year)}"
    return Table("held-by-cell", title, pd.DataFrame(rows), notes=(f"{HIDDEN} stands for too few people to show.",))


def need_models(result: ContractResult, every: bool = False) -> Table | None:
    """Models of need judged in a year not seen; ``every`` adds those that take some seconds. Nothing where no year can be judged."""
    found = price_checks.every_model_of(result) if every else result.need_judged
    return tables_need.models(found, result.dataset.meta.currency, result.dataset.meta.year_name) if found else None


def score_growth(result: ContractResult) -> Table | None:
    """The population's need score as found and as paid for; nothing where the price does not follow need weights."""
    if result.design.price.adjust != NEED_WEIGHTS:
        return None
    names = ["the base years together", result.dataset.meta.year_name(result.year)]
    return tables_need.score_growth(price_checks.score_growth_of(result), names)


def need_weights(result: ContractResult) -> Table:
    """The need weights of the contract year's people by age and sex."""
    cells = weights_by_cell(result.need_weights, result.year)
    return tables_need.weights(cells, result.dataset.meta.year_name(result.year))


def need_ratios(result: ContractResult) -> Table | None:
    """Actual and predicted cost by group under the model that the price follows, in a year it had not seen."""
    found = price_checks.model_in_force(result)
    return tables_need.ratios(found, result.dataset.meta.currency, result.dataset.meta.year_name) if found else None


def bootstrap(result: ContractResult) -> Table:
    """The sampling error of the price by the linearised ratio and by drawing people again."""
    drawn, linearised = price_checks.bootstrap_of(result), result.price.errors.parameter
    rows = [{"Way": way, f"standard error, {result.dataset.meta.currency} per person-year": _two(error)}
            for way, error in (("linearised ratio, the person as unit", linearised), ("people drawn again 300 times", drawn))]  # fmt: skip
    note = "The second has an error of about 4 % itself. Both are of history as a sample, nothing else."
    return Table("price-bootstrap", "The sampling error in two ways", pd.DataFrame(rows), notes=(note,))


def held(test: BackTest) -> Table | None:
    """How often cost fell into the intervals stated before, over the years of the back-test that are over."""
    cases = [Case.of("", "", result) for result in test.whole_years]
    if not cases:
        return None
    row = {str(name): value for name, value in coverage(cases).to_dict("records")[0].items()}
    rows = [{"Interval stated": name.removeprefix("inside "), "years inside": percent(float(value), 0), "years": int(row["cases"])}
            for name, value in row.items() if name.startswith("inside")]  # fmt: skip
    note = "A handful of years can’t tell 80 % from 95 %: see docs/methods/price-held.md for many data sets, years and cohorts together."
    return Table("held", "How often cost fell into the interval stated before", pd.DataFrame(rows), notes=(note,))


def published_case(case: PublishedCase) -> Table:
    """A contract that was, in figures with their source, and what it teaches."""
    rows = [
        {"Figure": fact.what, "value": _published(fact), "source": f"{fact.source} ({fact.mark})"}
        for fact in case.facts
    ]
    return Table(
        f"case-{case.name.lower().replace(' ', '-')}",
        f"{case.name}, as published",
        pd.DataFrame(rows),
        notes=(case.lesson,),
    )


def _published(fact: Fact) -> str:
    if fact.unit.startswith("share"):
        return percent(fact.value) + fact.unit.removeprefix("share").replace("per", "a")
    currency = fact.unit[0] if not fact.unit[0].isalpha() else ""
    return money(fact.value, currency) if currency else f"{fact.value:,.0f} {fact.unit}"


def funding_gap(found: FundingGap, currency: str = "£") -> Table:
    """The East Sussex figures: spend, people, gap, and what they imply."""
    rows = [
        ("Spend", money(found.spend, currency)), ("People", f"{found.people:,}"), ("Spend a head", money(found.a_head, currency)),
        ("Gap", money(found.gap, currency)), ("Gap as a share of spend", percent(found.share)),
        ("Gap a head", money(found.gap_a_head, currency)),
        ("Growth of cost that it implies, a year", percent(found.cost_growth)),
        ("Efficiency a year that closes it", percent(found.yearly_efficiency)),
    ]  # fmt: skip
    note = ("East Sussex Better Together paper, September 2015: £935 million indicative spend of 2014/15, 540,000 people, a gap of "
            f"£200 million by 2018, which is taken as {found.years:g} years on. The rest is arithmetic on these.")  # fmt: skip
    return Table(
        "east-sussex",
        "East Sussex: the gap in the paper of 2015",
        pd.DataFrame(rows, columns=["Figure", "Value"]),
        notes=(note,),
    )


def _two(value: float) -> str:
    return "–" if not np.isfinite(value) else f"{'−' if round(value, 2) < 0 else ''}{abs(value):,.2f}"


def _or_hidden(value: float, written: str) -> str:
    return HIDDEN if pd.isna(value) else format(value, written)
