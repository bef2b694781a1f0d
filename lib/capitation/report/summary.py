"""One settled design as a `ResultDocument`: rounded, ordered, and safe to show."""

from collections.abc import Mapping
from typing import Any

from capitation.contract import ContractResult, check_enough_members
from capitation.dataset import LinkedDataset
from capitation.dataset.disclosure import rounded_count
from capitation.dataset.quality.completion import ALL_SETTINGS
from capitation.form.advice import warnings
from capitation.form.measure_advice import of_result
from capitation.headline import BAD_YEAR, headline
from capitation.left_out import left_out
from capitation.loss.simulation_error import Estimate, quantile_of
from capitation.outcomes.library import measures_of
from capitation.price.person_year import BUILD_UP_LABELS
from capitation.price_checks import bid_of
from capitation.report.result_document import (
    BackTestYear,
    BuildUpLine,
    Chance,
    CohortFacts,
    ContractYear,
    DatasetFacts,
    DesignFacts,
    FunnelStep,
    Interval,
    MeasureFacts,
    NotSettled,
    OutcomeFacts,
    PartyResult,
    PriceFacts,
    ResultDocument,
    RiskFacts,
    ScopeFacts,
    ServiceFacts,
)
from capitation.shadow.back_test import BackTest, year_row
from capitation.tables import rounded_person_years, shown_score
from capitation.terms import COMMISSIONER, HOLDER, money, percent

MONTHS = 12
UNPLACED_TOLERANCE = 0.001  # of all spend: above it the reader is told
LATE_TOLERANCE = 0.001  # of the cost recorded: above it the reader is told
YEARS_NOT_MONTHS = "The data set has years, not months: months are not known and nothing in a part year can be shown."


def result_document(result: ContractResult, test: BackTest, month: str | None = None) -> ResultDocument:
    """The document of one settled design and its back-test. Raises InputError as ``check_shown`` does."""
    check_shown(result, test)
    outlook = result.design.outlook
    return ResultDocument(
        dataset=_dataset(result), design=_design(result), contract_year=contract_year(result), month=month,
        seed=outlook.seed, replicates=outlook.replicates, cohort=_cohort(result), scope=_scope(result),
        price=_price(result), risk=_risk(result), parties=_parties(result), outcomes=_outcomes(result),
        back_test=[_back_test_year(r) for r in test.results],
        not_settled=[NotSettled(year=y, why=why) for y, why in sorted(test.not_settled.items())],
        warnings=cautions(result, test),
    )  # fmt: skip


def cautions(result: ContractResult, test: BackTest) -> list[str]:
    """What a reader must keep in mind: about the data, the year, the figures, and the terms."""
    meta, year = result.dataset.meta, contract_year(result)
    found = [
        meta.synthetic and "The data set is synthetic: no person, organisation or amount in it is real.",
        meta.grain == "year" and YEARS_NOT_MONTHS,
        _unplaced(result),
        _late(result),
        _short_history(result),
        _nothing_yet(result),
        year.months < MONTHS
        and f"{year.name} is settled to date, on {year.months} of {MONTHS} months, "
        "and every amount of the year is of these months, drawn years among them. Individual stop-loss is settled "
        "when the year is over, and the outcomes used are those of the year before.",
        *(f"{meta.year_name(y)} is not settled: {why}." for y, why in sorted(test.not_settled.items())),
    ]
    found += [_reckless(result), _holder_loses(result), _nothing_protects(result), *left_out(result)]
    of_terms = warnings(result.design, measures_of(result.dataset))
    return [*(w for w in found if isinstance(w, str)), *of_terms, *of_result(result)]


def _unplaced(result: ContractResult) -> str | None:
    """Money that no figure holds, when it is more than a trifle."""
    data = result.dataset
    left_out = data.unplaced_spend
    if rounded_count(data.unplaced_people) is None:
        return "Some spend is of a few people in years in which they have no days: it is in no cost and no price."
    everything = data.placed_spend + left_out
    if abs(left_out) <= UNPLACED_TOLERANCE * abs(everything):
        return None
    share = percent(left_out / everything, 2) if everything else "all"
    return f"{share} of all spend is of people in years in which they have no days: it is in no cost and no price."


def _late(result: ContractResult) -> str | None:
    """Care given that had not reached the data at their end, when it is more than a trifle."""
    run_off = result.dataset.quality.completion
    found = run_off.settings[run_off.settings["setting"] == ALL_SETTINGS].to_dict("records")
    if (
        not found
        or not found[0]["shown"]
        or found[0]["late"] - found[0]["late_came"] <= LATE_TOLERANCE * found[0]["recorded"]
    ):
        return None
    whole, currency, year = found[0], result.dataset.meta.currency, contract_year(result)
    missing, error = money(whole["late"] - whole["late_came"], currency), money(whole["late_error"], currency)
    part = (
        f" The figures of {year.name} to date are short of it: a gain in them may be delay."
        if year.months < MONTHS
        else ""
    )
    return (f"Records come late: at the end of {run_off.as_at} about {missing} of the cost of care given to everybody in the "
            f"data (standard error {error}) had not reached the data; it is in no figure here.{part}")  # fmt: skip


def _short_history(result: ContractResult) -> str | None:
    """That the price rests on fewer years than the terms ask for."""
    asked, found = result.design.price.base_years, len(result.basis.years)
    if found >= asked:
        return None
    return f"The terms ask for {asked} years of history; the data hold {found} before {contract_year(result).name}."


def _nothing_yet(result: ContractResult) -> str | None:
    """That the data reach into a year of which nothing had been recorded, so that the year before is the last."""
    data, (_, month) = result.dataset, result.dataset.months
    after = data.years[-1] + 1
    if month < f"{data.meta.year_start(after):%Y-%m}":
        return None
    name = data.meta.year_name(after)
    return f"Nothing of {name} had reached the data by the end of {month}: no figure here is of {name}."


def _reckless(result: ContractResult) -> str | None:
    """That what is offered is too little even for a cheap year."""
    test = bid_of(result)
    if not (result.design.price.bid.offered and test.reckless):
        return None
    from capitation.charts.price_gap import bid_finding

    return f"{bid_finding(test, result.dataset.meta.currency)}."


def _holder_loses(result: ContractResult) -> str | None:
    loses = headline(result).holder_loses.value
    if loses <= 1 / 2:
        return None
    return f"The holder loses money in {100 * loses:.0f} years of 100: the price or the terms are too tight for it."


def _nothing_protects(result: ContractResult) -> str | None:
    risk = result.design.risk
    if any(clause.on for clause in (risk.stop_loss, risk.aggregate_stop_loss, risk.corridor, risk.sharing)):
        return None
    return "No clause protects the holder or its partners: they bear every gain and loss alone."


def check_shown(result: ContractResult, test: BackTest) -> None:
    """Raise InputError when a settled year has too few members to be shown."""
    for settled in (result, *test.results):
        check_enough_members(settled)


def _dataset(result: ContractResult) -> DatasetFacts:
    meta, (first, last) = result.dataset.meta, result.dataset.months
    return DatasetFacts(
        name=meta.name, version=meta.version, address=meta.address, currency=meta.currency, grain=meta.grain,
        synthetic=meta.synthetic, first_month=first, last_month=last, unplaced_spend=_unplaced_as_shown(result.dataset),
    )  # fmt: skip


def _unplaced_as_shown(data: LinkedDataset) -> float | None:
    """To the nearest thousand; None where it is of few people."""
    few = rounded_count(data.unplaced_people) is None
    return None if few else round(data.unplaced_spend, -3)


def _design(result: ContractResult) -> DesignFacts:
    design = result.design
    terms = {path: _plain(design.value(path)) for path in design.declarations}
    return DesignFacts(name=design.name, question=design.question, key=design.key, terms=terms)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def contract_year(result: ContractResult) -> ContractYear:
    """The settled year and how many of its months are in the data."""
    last = result.year == result.dataset.years[-1]
    months = result.dataset.months_in_last_year if last else MONTHS
    return ContractYear(year=result.year, name=result.dataset.meta.year_name(result.year), months=months)


def _cohort(result: ContractResult) -> CohortFacts:
    rows = result.cohort.funnel[result.cohort.funnel["year"] == result.year]
    return CohortFacts(
        people=rounded_count(result.cohort.people(result.year)),
        person_years=rounded_person_years(result.cohort.person_years(result.year)),
        funnel=[FunnelStep(rule=str(rule), people=rounded_count(int(left)))
                for rule, left in zip(rows["rule"], rows["left"], strict=True)],
    )  # fmt: skip


def _scope(result: ContractResult) -> ScopeFacts:
    safe = result.scope.shown_services(result.year)
    services = sorted((_service(result, row) for row in safe.to_dict("records")), key=lambda s: s.service)
    return ScopeFacts(covered_share=result.scope.shown_share(result.year), services=services)


def _service(result: ContractResult, row: Mapping[Any, Any]) -> ServiceFacts:
    labels, code = result.dataset.services["label"], str(row["service"])
    return ServiceFacts(service=code, label=str(labels.get(code, code)), covered=bool(row["covered"]),
                        why_not=result.scope.left_out.get(code, ""), cost=row["cost"])  # fmt: skip


def _interval(of: Estimate) -> Interval:
    return Interval(value=of.value, low=of.low, high=of.high)


def _chance(of: Estimate) -> Chance:
    return Chance(value=of.value, low=of.low, high=of.high)


def _price(result: ContractResult) -> PriceFacts:
    price = result.price
    return PriceFacts(
        per_person_year=_interval(Estimate(price.per_person_year, *price.interval())),
        standard_error=price.error, expected_cost=price.expected, payment=price.payment,
        base_years=[int(y) for y in price.base_years],
        build_up=[BuildUpLine(line=BUILD_UP_LABELS[n], amount=a) for n, a in price.build_up.items()],
    )  # fmt: skip


def _risk(result: ContractResult) -> RiskFacts:
    figures = headline(result)
    return RiskFacts(
        holder_expected=_interval(figures.holder_expected),
        holder_bad_year=_interval(figures.holder_bad_year),
        partners_bad_year=_interval(figures.partners_bad_year),
        providers_bad_year=_interval(figures.providers_bad_year),
        providers_bad_year_without_clauses=_interval(figures.unprotected_bad_year),
        commissioner_bad_year=_interval(figures.commissioner_bad_year),
        providers_lose=_chance(figures.providers_lose),
        holder_loses=_chance(figures.holder_loses),
        holder_ruined=_chance(figures.holder_ruined),
        reserves=figures.reserves,
        kept_of_next_pound=figures.kept_of_next_pound,
    )


def _parties(result: ContractResult) -> list[PartyResult]:
    """The settled results from the money lines, so that they sum to zero to the penny."""
    lines = result.money_lines
    ours = result.settled.in_order
    order = [COMMISSIONER, HOLDER, *sorted(result.settled.providers), *ours[2 + len(result.settled.providers) :]]
    pence = {party: int(lines.loc[lines["party"] == party, "pence"].sum()) for party in order}
    return [_party(result, party, pence[party] / 100) for party in order]


def _party(result: ContractResult, party: str, settled: float) -> PartyResult:
    low, middle, high = (quantile_of(result.outlook.result(party), q).value for q in (BAD_YEAR, 0.5, 1 - BAD_YEAR))
    return PartyResult(party=party, label=result.name_of(party), settled=settled,
                       outlook_low=low, outlook_middle=middle, outlook_high=high)  # fmt: skip


def _outcomes(result: ContractResult) -> OutcomeFacts:
    kept = result.design.outcomes.withhold * result.price.payment
    measures = [MeasureFacts(**row) for row in shown_score(result, result.score, result.year)]
    return OutcomeFacts(
        share=result.score.share, withheld=kept, earned=kept * result.earned_by(result.score), measures=measures
    )


def _back_test_year(result: ContractResult) -> BackTestYear:
    row: dict[str, Any] = year_row(result)
    shown = {"name": result.dataset.meta.year_name(result.year), "year": result.year,
             "person_years": rounded_person_years(row["person_years"])}  # fmt: skip
    return BackTestYear(**row | shown)
