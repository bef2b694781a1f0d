"""The shape of ``result.json``: every field with its meaning and unit. The schema's page is made from it.

Nothing in it depends on the machine or on the hour: the same data set and design give the same bytes.
"""

import json
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

SCHEMA_VERSION = "1.1"
MONEY_DECIMALS, DECIMALS = 2, 6
Term = bool | int | float | str | list[str] | list[int]


def _rounded_to(decimals: int) -> BeforeValidator:
    def rounded(value: Any) -> float | None:
        return None if value is None or not math.isfinite(value) else round(float(value), decimals) + 0.0

    return BeforeValidator(rounded)


Money = Annotated[float | None, _rounded_to(MONEY_DECIMALS)]
Number = Annotated[float | None, _rounded_to(DECIMALS)]
People = Annotated[int | None, Field(ge=0, multiple_of=5)]
PersonYears = Annotated[int, Field(ge=0, multiple_of=5)]


class Record(BaseModel):
    """A part of the document: nothing beyond the declared fields, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetFacts(Record):
    """The data set the figures come from."""

    name: str = Field(description="the data set's name")
    version: str = Field(description="hash of its content; with --month, of its content up to that month")
    address: str = Field(description="where it is, without a path of the machine")
    currency: str = Field(description="the currency of every amount in this document, as recorded")
    grain: Literal["month", "year"] = Field(description="the finest period of its spend; year: months are not known")
    synthetic: bool = Field(description="true when no person in it is real")
    first_month: str = Field(description="first month covered, YYYY-MM")
    last_month: str = Field(description="last month covered, YYYY-MM")
    unplaced_spend: Money | None = Field(
        description="spend of people in years in which they have no days; it is in no cost and no price, money to the nearest thousand; "
        "null where it is of 1 to 7 people"
    )


class DesignFacts(Record):
    """The contract design as run, changes included."""

    name: str = Field(description="the design's name")
    question: str = Field(description="the question it is to answer")
    key: str = Field(description="eight letters that stand for the terms")
    terms: dict[str, Term] = Field(description="every term by its dotted path, in the term's own unit")


class ContractYear(Record):
    """The year that is settled."""

    year: int = Field(description="the contract year, as numbered in the data set")
    name: str = Field(description="its name as people read it")
    months: int = Field(description="months of it in the data; fewer than 12 while the year runs", ge=1, le=12)


class FunnelStep(Record):
    """One rule of the cohort."""

    rule: str = Field(description="the rule in words")
    people: People = Field(description="people left after it, to the nearest 5; null for 1 to 7")


class CohortFacts(Record):
    """Who is in, in the contract year."""

    people: People = Field(description="members, to the nearest 5; null for 1 to 7")
    person_years: PersonYears = Field(description="their exposure, person-years, to the nearest 5")
    funnel: list[FunnelStep] = Field(description="people left rule by rule")


class ServiceFacts(Record):
    """One service line."""

    service: str = Field(description="the service's code")
    label: str = Field(description="its name")
    covered: bool = Field(description="whether it is in scope")
    why_not: str = Field(description="why it is left out; empty when covered")
    cost: Money = Field(description="members' cost in the contract year, money; null where few people used it")


class ScopeFacts(Record):
    """What is covered."""

    covered_share: Number = Field(
        description="share of the members' whole cost in the contract year, 0 to 1; null where what is left out is of few people"
    )
    services: list[ServiceFacts] = Field(description="every service line")


class Interval(Record):
    """A figure with the limits within which it lies with 95 % confidence."""

    value: Money = Field(description="the figure, money")
    low: Money = Field(description="lower limit, money")
    high: Money = Field(description="upper limit, money")


class Chance(Record):
    """A chance with its 95 % limits."""

    value: Number = Field(description="share of the drawn years, 0 to 1")
    low: Number = Field(description="lower limit, 0 to 1")
    high: Number = Field(description="upper limit, 0 to 1")


class BuildUpLine(Record):
    """One line of the price."""

    line: str = Field(description="the line in words")
    amount: Money = Field(description="money per person-year")


class PriceFacts(Record):
    """The price of a person-year."""

    per_person_year: Interval = Field(description="the price with the limits of its own error, money per person-year")
    standard_error: Money = Field(description="standard error of expected cost, money per person-year")
    expected_cost: Money = Field(description="cost expected before efficiency and margin, money per person-year")
    payment: Money = Field(description="price × person-years of the contract year, money")
    base_years: list[int] = Field(description="the years that set the price")
    build_up: list[BuildUpLine] = Field(description="the lines that add up to the price")


class RiskFacts(Record):
    """What the drawn years say before the year starts."""

    holder_expected: Interval = Field(description="the holder's mean result; limits from the price's own error, money")
    holder_bad_year: Interval = Field(description="the holder's result in its 1-in-20 year, money")
    partners_bad_year: Interval = Field(description="the partners' results together in their 1-in-20 year, money")
    providers_bad_year: Interval = Field(description="holder and partners together in their 1-in-20 year, money")
    providers_bad_year_without_clauses: Interval = Field(description="the same without risk clauses, money")
    commissioner_bad_year: Interval = Field(
        description="what the commissioner gets back (negative: pays) beyond the price in its 1-in-20 year, money"
    )
    providers_lose: Chance = Field(description="chance that holder and partners together make a loss")
    holder_loses: Chance = Field(description="chance that the holder makes a loss")
    holder_ruined: Chance = Field(description="chance that the loss exceeds the holder's reserves")
    reserves: Money = Field(description="the holder's reserves, money")
    kept_of_next_pound: Number = Field(description="share of the next unit saved that holder and partners keep, 0 to 1")


class PartyResult(Record):
    """What one party is left with; positive when it receives more than it pays."""

    party: str = Field(description="commissioner, holder, supplies, or a provider's code")
    label: str = Field(description="its name")
    settled: Money = Field(description="all its lines of the settled year together, money")
    outlook_low: Money = Field(description="1 drawn year in 20 is worse, money")
    outlook_middle: Money = Field(description="the middle drawn year, money")
    outlook_high: Money = Field(description="1 drawn year in 20 is better, money")


class MeasureFacts(Record):
    """One outcome measure on which money depends."""

    measure: str = Field(description="the measure's code")
    value: Number = Field(description="numerator over denominator; null where few people or nobody was measured")
    floor: Number = Field(description="nothing is earned at or beyond it")
    target: Number = Field(description="all is earned at or beyond it")
    weight: Number = Field(description="relative to the other measures")
    points: Number = Field(description="share of its points won, 0 to 1; null where the value is")


class OutcomeFacts(Record):
    """What was earned by outcomes."""

    share: Number = Field(description="share of the points won, 0 to 1")
    withheld: Money = Field(description="part of the price kept back, money")
    earned: Money = Field(description="part of it earned back, money")
    measures: list[MeasureFacts] = Field(description="every measure of the contract")


class BackTestYear(Record):
    """One year priced on the years before it and settled on what happened."""

    year: int = Field(description="the year")
    name: str = Field(description="its name as people read it")
    person_years: PersonYears = Field(description="exposure, person-years, to the nearest 5")
    price_pppy: Money = Field(description="price, money per person-year")
    error_pppy: Money = Field(description="its standard error, money per person-year")
    cost_pppy: Money = Field(description="recorded cost, money per person-year")
    cost_low_pppy: Money = Field(description="lower end of the 95 % interval stated before, money per person-year")
    cost_high_pppy: Money = Field(description="upper end of it, money per person-year")
    actual_over_expected: Number = Field(description="recorded cost over expected cost, a ratio")
    within_50: bool = Field(description="whether recorded cost lies in the 50 % interval stated before")
    within_80: bool = Field(description="the same for 80 %")
    within_95: bool = Field(description="the same for 95 %")
    payment: Money = Field(description="price × person-years, money")
    cost: Money = Field(description="recorded cost, money")
    holder: Money = Field(description="what the holder would have been left with, money")
    partners: Money = Field(description="what the partners together would have been left with, money")
    commissioner_paid: Money = Field(description="what the commissioner would have paid, money")
    paid_without_contract: Money = Field(description="what it paid in fact, money")


class NotSettled(Record):
    """A year of the data that could not be settled."""

    year: int = Field(description="the year")
    why: str = Field(description="the reason")


class ResultDocument(Record):
    """One settled contract design on one data set. Amounts are in the data set's currency; null: not to be had."""

    schema_version: Literal["1.1"] = Field(default=SCHEMA_VERSION, description="version of this shape")
    dataset: DatasetFacts = Field(description="where the figures come from")
    design: DesignFacts = Field(description="the contract")
    contract_year: ContractYear = Field(description="the settled year")
    month: str | None = Field(description="nothing after this month was looked at, YYYY-MM; null: all the data")
    seed: int = Field(description="seed of the drawn years")
    replicates: int = Field(description="how many years are drawn")
    cohort: CohortFacts = Field(description="who is in")
    scope: ScopeFacts = Field(description="what is covered")
    price: PriceFacts = Field(description="what a person-year is paid")
    risk: RiskFacts = Field(description="who bears what, before the year starts")
    parties: list[PartyResult] = Field(description="what each party is left with; the settled results sum to 0")
    outcomes: OutcomeFacts = Field(description="what outcomes earned")
    back_test: list[BackTestYear] = Field(description="every year of the data that could be settled")
    not_settled: list[NotSettled] = Field(description="the years that could not, and why")
    warnings: list[str] = Field(description="what to keep in mind, in words")

    def text(self) -> str:
        """The document as JSON text, written in one fixed way."""
        content = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
