"""A term that is declared does something: each one, moved, moves a figure, but for those that are words."""

import pytest

from capitation.contract import settle
from capitation.contract_term import contract_term
from capitation.dataset import open_dataset
from capitation.design import ContractDesign, change, make_design, read_design
from capitation.form.advice import warnings
from capitation.headline import headline
from capitation.money_flow import cash_of, monthly_payments, stranded_of
from capitation.parties import party_risks
from capitation.price_checks import bid_of, curse_of, price_path_of
from capitation.signing import proposal
from capitation.terms import HOLDER
from capitation.who_bears.limits import limits_of
from capitation.who_bears.measures import all_years
from capitation.who_bears.moving import moving
from capitation.workbench.effects import why_no_effect

ONLY_WORDS = {"form.kind"}
ONLY_ADVICE = {"form.years": 2}
OF_THE_COHORT_PAGE = {"cohort.scheme": "north west london", "cohort.tolerance": 0.02, "cohort.tolerance_chance": 0.01}
OF_THE_SCOPE_PAGE: dict[str, tuple[object, dict[str, object]]] = {
    "scope.outside_providers": (["hospitals"], {}),
    "scope.outflow_price": (1.2, {"scope.outside_providers": ["hospitals"]}),
    "scope.inflow_price": (0.5, {}),
}
NEEDS_CHARGES_OR_STREAMS = {"scope.net_of_client", "scope.pooled_streams"}  # the study has neither: a reason says so
NEEDS_JOINERS = {"cohort.joiners"}  # nobody joins the study within a year
OF_THE_PRICE_PAGE: dict[str, tuple[object, dict[str, object]]] = {
    "price.path.uplift": (0.05, {}),
    "price.path.further_discount": (0.05, {}),
    "price.path.ratchet": (0.5, {"price.path.uplift": 0.05}),
    "price.path.pace": (0.01, {"price.path.uplift": 0.05}),
    "price.bid.offered": (200.0, {}),
    "price.bid.bidders": (9, {}),
}
LOW = {"risk.corridor.on": False}
LOSS = {"price.discount": 0.1, **LOW, "risk.sharing.on": True}
GAIN = {"outlook.savings": 0.2, **LOW, "risk.sharing.on": True}
SAVING = {"outlook.savings": 0.1}
HOSPITALS = "payments.partners.hospitals."
MARGINAL = {HOSPITALS + "kind": "marginal rate"}
SCHEMES = {
    "payments.schemes.home.saving": 100.0, "payments.schemes.home.partners": ["clinics"],
    "payments.schemes.away.saving": 100.0, "payments.schemes.away.partners": ["hospitals"],
    "payments.rule": "Shapley value",
}  # fmt: skip
ADMISSIONS, DOCTOR = "outcomes.measures.admissions.", "outcomes.measures.seen_by_doctor."
WIDER = {DOCTOR + "floor": 0.7, DOCTOR + "target": 0.8}
EARLY = {ADMISSIONS + "target": 0.132, ADMISSIONS + "target_share": 0.5, ADMISSIONS + "stretch": 0.12}
EARLY_DOCTOR = {DOCTOR + "target": 0.76, DOCTOR + "target_share": 0.5, DOCTOR + "stretch": 0.8}
OF_ONE_MEASURE: dict[str, tuple[object, dict[str, object]]] = {
    ADMISSIONS + "scale": ("cliff", {}),
    ADMISSIONS + "steps": (2, {ADMISSIONS + "scale": "steps"}),
    ADMISSIONS + "rewards": ("improvement", {}),
    ADMISSIONS + "stretch": (0.125, EARLY),
    ADMISSIONS + "target_share": (0.9, EARLY),
    ADMISSIONS + "gate": (0.01, {}),
    DOCTOR + "scale": ("cliff", WIDER),
    DOCTOR + "steps": (2, {**WIDER, DOCTOR + "scale": "steps"}),
    DOCTOR + "rewards": ("improvement", {}),
    DOCTOR + "improvement": (0.02, {DOCTOR + "rewards": "improvement"}),
    DOCTOR + "stretch": (0.79, EARLY_DOCTOR),
    DOCTOR + "target_share": (0.9, EARLY_DOCTOR),
    DOCTOR + "gate": (0.99, {}),
}
GOT_WORSE = {ADMISSIONS + "improvement"}  # in the settled year: there is no improvement to earn anything
MOVED_CARE = {HOSPITALS + "activity_change": -0.3}
OF_THE_PAYMENTS_PAGE: dict[str, tuple[object, dict[str, object]]] = {
    "payments.calendar": ([0.0] * 11 + [100.0], {}),
    "payments.settled_after": (6, {}),
    HOSPITALS + "turnover": (1e6, {}),
    HOSPITALS + "reserves": (0.0, {}),
    HOSPITALS + "income_before": (1e6, {}),
    HOSPITALS + "activity_change": (-0.2, MOVED_CARE),
    HOSPITALS + "fixed_share": (0.9, MOVED_CARE),
    HOSPITALS + "fixed_years": (9, MOVED_CARE),
    HOSPITALS + "planned_result": (-500.0, {}),
    HOSPITALS + "pay_day": (1, {HOSPITALS + "pay_days": 15}),
    HOSPITALS + "pay_days": (90, {}),
    HOSPITALS + "cash_days": (0.0, {}),
}
OF_THE_OUTCOMES_PAGE = {"outcomes.worthwhile": 0.2}
NEEDS_A_GAP = {"outcomes.missing"}  # every measure of the study has a value: tested where the score is
NEEDS_ANOTHER = {HOSPITALS + "equity"}  # all partners' make 100 %: tested where each rule is
NEEDS_ACCOUNTS = {"payments.recorded_needed"}  # the study has none: a reason says so
OF_THE_SEARCH: dict[str, object] = {
    "tolerances.holder": 0.3,
    "tolerances.partners": 0.1,
    "tolerances.commissioner": 0.1,
    "tolerances.premium": 0.01,
    "tolerances.reads": "mean of the worst 1 in 20",
    "tolerances.movable": ["payments.block_share"],
}
OF_THE_TERM: dict[str, tuple[object, dict[str, object]]] = {
    "risk.stop_loss.widening": (0.5, {}),
    "risk.pool.years": (3, {"risk.pool.on": True}),
    "payments.guarantee.years": (9, {"payments.guarantee.on": True, "payments.block_share": 0.0}),
    "risk.reopener.on": (True, {"price.discount": 0.1}),
    "risk.reopener.beyond": (0.0, {"risk.reopener.on": True, "price.discount": 0.1}),
    "risk.reopener.share": (1.0, {"risk.reopener.on": True, "price.discount": 0.1}),
    "outlook.shock_stays": (1.0, {}),
}
MOVES: dict[str, tuple[object, dict[str, object]]] = {
    "cohort.min_age": (18, {}),
    "cohort.max_age": (40, {}),
    "cohort.sex": ("female", {}),
    "cohort.localities": (["site 1"], {}),
    "cohort.groups": (["cost-sharing plans"], {}),
    "cohort.need_marker": ("conditions", {}),
    "cohort.need_minimum": (2.0, {"cohort.need_marker": "conditions"}),
    "cohort.prior_spend_minimum": (500.0, {}),
    "cohort.rules": (["age >= 30"], {}),
    "scope.services": (["drugs", "inpatient"], {}),
    "scope.rare_share": (0.05, {"scope.rare_mean": 100.0}),
    "scope.rare_mean": (100.0, {"scope.rare_share": 0.05}),
    "price.base_years": (1, {}),
    "price.adjust": ("none", {}),
    "price.age_bands": ([0, 18], {}),
    "price.year_weights": ([10, 30, 60], {}),
    "price.shared_above": (300.0, {}),
    "price.score_cap": (0.001, {"price.adjust": "need weights"}),
    "price.credibility": (True, {}),
    "price.trend": (0.02, {}),
    "price.growth.prices": (0.03, {}),
    "price.growth.need": (0.01, {}),
    "price.growth.policy": (0.02, {}),
    "price.growth.below": (0.1, {}),
    "price.growth.above": (0.1, {}),
    "price.discount": (0.02, {}),
    "price.confidence": (0.8, {}),
    "risk.stop_loss.on": (False, {}),
    "risk.stop_loss.attachment": (2_000.0, {}),
    "risk.stop_loss.commissioner_share": (0.5, {}),
    "risk.stop_loss.charged": (False, {}),
    "risk.aggregate_stop_loss.on": (False, LOW),
    "risk.aggregate_stop_loss.attachment": (1.01, LOW),
    "risk.aggregate_stop_loss.commissioner_share": (0.1, LOW),
    "risk.corridor.on": (False, {}),
    "risk.corridor.inner": (0.005, {}),
    "risk.corridor.outer": (0.03, {}),
    "risk.corridor.inner_share": (0.5, {}),
    "risk.corridor.outer_share": (0.3, {}),
    "risk.corridor.beyond_share": (0.9, {}),
    "risk.sharing.on": (True, {}),
    "risk.sharing.minimum_rate": (0.1, GAIN),
    "risk.sharing.gain_share": (0.1, GAIN),
    "risk.sharing.loss_share": (0.1, LOSS),
    "risk.sharing.gain_cap": (0.01, GAIN),
    "risk.sharing.loss_cap": (0.01, LOSS),
    "risk.sharing.cap_order": ("cap then share", LOSS),
    "risk.stop_loss.reads": ("cost above what need predicts", {}),
    "risk.stop_loss.limit": (1_000.0, {}),
    "risk.aggregate_stop_loss.charged": (True, LOW),
    "risk.corridor.gain_bands": ([100, 1, 0], {"outlook.savings": 0.2}),
    "risk.corridor.loss_bands": ([10], {"price.discount": 0.1}),
    "risk.sharing.minimum_rule": ("the cohort's own spread", GAIN),
    "risk.sharing.minimum_on_losses": (False, {**LOSS, "risk.sharing.minimum_rate": 0.15}),
    "risk.sharing.from_first_pound": (False, {**GAIN, "risk.sharing.minimum_rate": 0.05}),
    "risk.sharing.quality": ("gains", GAIN),
    "risk.sharing.least_loss_share": (
        0.8,
        {**LOSS, "risk.sharing.quality": "gains and losses", "risk.sharing.loss_share": 0.9},
    ),
    "risk.profit_limits.on": (True, {"outlook.savings": 0.2, **LOW}),
    "risk.profit_limits.cap": (0.01, {"outlook.savings": 0.2, **LOW, "risk.profit_limits.on": True}),
    "risk.profit_limits.guarantee": (-0.01, {"price.discount": 0.1, **LOW, "risk.profit_limits.on": True}),
    "risk.pool.on": (True, {}),
    "risk.pool.contracts": (1, {"risk.pool.on": True}),
    "risk.pool.share": (1.0, {"risk.pool.on": True}),
    "risk.glide": ([0], {}),
    "risk.order": (["aggregate_stop_loss", "sharing", "corridor"], {"price.discount": 0.1, "risk.sharing.on": True}),
    "payments.block_providers": (["hospitals"], {}),
    "payments.block_share": (0.2, {}),
    "payments.partner_share": (0.9, {}),
    "payments.rule": ("equal", {}),
    "payments.choice": (True, {"scope.outside_providers": ["hospitals"], "scope.outflow_price": 1.2}),
    "payments.guarantee.on": (True, {"payments.block_share": 0.0}),
    "payments.guarantee.share": (0.5, {"payments.block_share": 0.0, "payments.guarantee.on": True}),
    "payments.partners.hospitals.kind": ("activity", {}),
    "payments.partners.hospitals.rate_above": (0.9, MARGINAL),
    "payments.partners.hospitals.rate_below": (0.9, MARGINAL),
    "payments.partners.hospitals.threshold": (0.05, MARGINAL),
    "payments.partners.hospitals.elective_share": (0.9, {HOSPITALS + "kind": "aligned payment"}),
    "payments.partners.hospitals.elective_rate": (0.5, {HOSPITALS + "kind": "aligned payment"}),
    "payments.partners.hospitals.performance_share": (0.5, {HOSPITALS + "kind": "block and performance"}),
    "payments.partners.hospitals.localities": (["site 1"], {HOSPITALS + "kind": "sub-capitation"}),
    "payments.partners.hospitals.performance": (0.1, {"payments.rule": "performance"}),
    "payments.partners.hospitals.investment": (1e6, {"payments.rule": "investment need", **GAIN}),
    "payments.schemes.home.saving": (900.0, SCHEMES),
    "payments.schemes.home.partners": (["suppliers"], SCHEMES),
    "outcomes.withhold": (0.1, {}),
    "outcomes.pays": ("bonus", {}),
    "outcomes.phases": ([0], {}),
    "outcomes.adjusted": (True, {}),
    **OF_ONE_MEASURE,
    "outcomes.gate_on_loss": (0.5, {"outcomes.gate": 0.95, "price.discount": 0.1}),
    "outcomes.gate": (0.9, {"outlook.savings": 0.2}),
    "outcomes.measures.admissions.floor": (0.2, {}),
    "outcomes.measures.admissions.target": (0.05, {}),
    "outcomes.measures.admissions.weight": (50.0, {}),
    "outcomes.measures.seen_by_doctor.floor": (0.1, {"outcomes.measures.seen_by_doctor.target": 0.99}),
    "outcomes.measures.seen_by_doctor.target": (0.99, {}),
    "outcomes.measures.seen_by_doctor.weight": (50.0, {}),
    "form.holder": ("company or partnership", {}),
    "form.vat_behind_trusts": (0.2, {"form.holder": "council"}),
    "form.vat_by_holder": (0.2, {"form.holder": "company or partnership"}),
    "form.set_up": (0.05, {}),
    "form.running": (0.02, {}),
    "form.funded": (False, {"form.running": 0.02}),
    "form.reserves": (0.001, {}),
    "outlook.contract_year": (3, {}),
    "outlook.savings": (0.1, {}),
    "outlook.cost_shift": (0.3, {"scope.services": ["inpatient", "drugs"]}),
    "outlook.shift_from": (["supplies"], {"scope.services": ["inpatient", "drugs"], "outlook.cost_shift": 0.3}),
    "outlook.common_shock": (0.1, {}),
    "outlook.price_error": (False, {}),
    "outlook.tail": (False, {}),
    "outlook.ramp.below": (0.1, SAVING),
    "outlook.ramp.above": (0.1, SAVING),
    "outlook.ramp.optimism": (0.5, SAVING),
    "outlook.ramp.delay": (1, SAVING),
    "outlook.ramp.years_to_full": (3, SAVING),
    "outlook.ramp.double_running": (0.05, {**SAVING, "outlook.ramp.delay": 1}),
    "outlook.replicates": (4_096, {}),
    "outlook.seed": (2, {}),
}


def test_every_declared_term_is_in_this_list(quick):
    elsewhere = {
        *OF_THE_COHORT_PAGE,
        *OF_THE_SCOPE_PAGE,
        *OF_THE_PRICE_PAGE,
        *NEEDS_CHARGES_OR_STREAMS,
        *NEEDS_JOINERS,
        *OF_THE_TERM,
        *OF_THE_SEARCH,
        *OF_THE_PAYMENTS_PAGE,
        *NEEDS_ACCOUNTS,
        *NEEDS_ANOTHER,
        *OF_THE_OUTCOMES_PAGE,
        *NEEDS_A_GAP,
        *GOT_WORSE,
    }
    named = change(quick, {HOSPITALS + "kind": "block", "payments.schemes.home.saving": 1.0})
    assert {*MOVES, *ONLY_WORDS, *ONLY_ADVICE, *elsewhere} == set(named.declarations)


@pytest.mark.parametrize("path", OF_THE_SEARCH)
def test_a_tolerance_moves_no_money_and_what_terms_are_searched_within(rand_hie, quick, path):
    results = [settle(rand_hie, design) for design in (quick, change(quick, {path: OF_THE_SEARCH[path]}))]
    assert figures(rand_hie, results[0].design) == figures(rand_hie, results[1].design)
    within = [(limits_of(r), moving(r).paths, all_years(r, [HOLDER]).figures(r.in_force).bad.tolist()) for r in results]
    assert within[0] != within[1]
    assert why_no_effect(results[0], path)


@pytest.mark.parametrize("path", MOVES)
def test_a_term_moves_a_figure(rand_hie, quick, path):
    value, together_with = MOVES[path]
    before = change(quick, together_with)
    assert figures(rand_hie, before) != figures(rand_hie, change(before, {path: value}))


def test_leaving_joiners_out_moves_a_figure_where_somebody_joins(by_hand):
    dataset, design = by_hand(), make_design({"price": {"base_years": 1}, "outlook": {"replicates": 1_024}})
    assert figures(dataset, design) != figures(dataset, change(design, {"cohort.joiners": False}))


@pytest.mark.parametrize("path", ONLY_ADVICE)
def test_a_term_that_moves_no_money_moves_the_advice(rand_hie, quick, path):
    after = change(quick, {path: ONLY_ADVICE[path]})
    assert figures(rand_hie, quick) == figures(rand_hie, after)
    assert warnings(after) != warnings(quick)


@pytest.mark.parametrize("path", OF_THE_COHORT_PAGE)
def test_a_term_that_moves_no_money_moves_what_is_said_of_the_cohort(rand_hie, quick, path):
    after = change(quick, {path: OF_THE_COHORT_PAGE[path]})
    assert figures(rand_hie, quick) == figures(rand_hie, after)
    said = [
        (repr(r.profile.size), repr(r.profile.homogeneity)) for r in (settle(rand_hie, quick), settle(rand_hie, after))
    ]
    assert said[0] != said[1]


@pytest.mark.parametrize("path", OF_THE_SCOPE_PAGE)
def test_a_term_that_moves_no_money_moves_what_is_said_of_the_scope(rand_hie, quick, path):
    value, together_with = OF_THE_SCOPE_PAGE[path]
    before = change(quick, together_with)
    after = change(before, {path: value})
    assert figures(rand_hie, before) == figures(rand_hie, after)
    said = [settle(rand_hie, design).coverage.flows for design in (before, after)]
    assert not said[0].equals(said[1])


@pytest.mark.parametrize("path", OF_THE_PRICE_PAGE)
def test_a_term_that_moves_no_money_moves_what_is_said_of_the_price(rand_hie, quick, path):
    value, together_with = OF_THE_PRICE_PAGE[path]
    before = change(quick, together_with)
    after = change(before, {path: value})
    assert figures(rand_hie, before) == figures(rand_hie, after)
    said = [(price_path_of(r).table.to_csv(), repr(bid_of(r)), repr(curse_of(r)))
            for r in (settle(rand_hie, design) for design in (before, after))]  # fmt: skip
    assert said[0] != said[1]


@pytest.mark.parametrize("path", OF_THE_OUTCOMES_PAGE)
def test_a_term_that_moves_no_money_moves_what_is_proposed_of_outcomes(rand_hie, quick, path):
    after = change(quick, {path: OF_THE_OUTCOMES_PAGE[path]})
    assert figures(rand_hie, quick) == figures(rand_hie, after)
    said = [proposal(settle(rand_hie, design)).considered for design in (quick, after)]
    assert said[0] != said[1]


@pytest.mark.parametrize("path", OF_THE_PAYMENTS_PAGE)
def test_a_term_that_moves_no_settled_money_moves_what_is_said_of_cash_and_of_partners(rand_hie, quick, path):
    value, together_with = OF_THE_PAYMENTS_PAGE[path]
    before = change(quick, together_with)
    after = change(before, {path: value})
    assert figures(rand_hie, before) == figures(rand_hie, after)
    said = [(monthly_payments(r), cash_of(r), stranded_of(r), party_risks(r))
            for r in (settle(rand_hie, design) for design in (before, after))]  # fmt: skip
    assert said[0] != said[1]


@pytest.mark.parametrize("path", OF_THE_TERM)
def test_a_term_of_later_years_moves_the_term_of_the_contract_and_not_its_first_year(rand_hie, quick, path):
    value, together_with = OF_THE_TERM[path]
    before = change(quick, together_with)
    after = change(before, {path: value})
    assert figures(rand_hie, before) == figures(rand_hie, after)
    one, other = (contract_term(settle(rand_hie, design)).reserve for design in (before, after))
    assert (one[-1] != other[-1]).any()
    assert why_no_effect(settle(rand_hie, change(before, {"form.years": 1})), path)


def test_a_term_that_data_without_charges_and_budgets_know_nothing_of_says_why(rand_hie, quick):
    for path in NEEDS_CHARGES_OR_STREAMS:
        assert why_no_effect(settle(rand_hie, quick), path)


def test_where_clients_pay_the_net_price_is_lower_and_where_streams_are_told_pooling_some_finds_what_is_paid_twice(
    county,
):
    dataset, design = county
    gross = change(design, {"scope.net_of_client": False})
    assert settle(dataset, design).price.per_person_year < settle(dataset, gross).price.per_person_year
    some = change(design, {"scope.pooled_streams": ["core"]})
    assert figures(dataset, design) == figures(dataset, some)
    assert settle(dataset, design).coverage.shown_paid_twice.empty
    assert not settle(dataset, some).coverage.shown_paid_twice.empty
    assert not any(why_no_effect(settle(dataset, design), path) for path in NEEDS_CHARGES_OR_STREAMS)


def test_where_every_service_is_in_nothing_can_move_in_and_the_reason_is_said(rand_hie, quick):
    moved = change(quick, {"outlook.cost_shift": 0.3})
    assert figures(rand_hie, quick) == figures(rand_hie, moved)
    assert "every service is in scope" in why_no_effect(settle(rand_hie, quick), "outlook.cost_shift")
    narrow = change(moved, {"scope.services": ["inpatient"], "outlook.shift_from": ["inpatient"]})
    assert "in scope already" in why_no_effect(settle(rand_hie, narrow), "outlook.cost_shift")


def test_care_that_moves_in_makes_every_drawn_year_dearer_by_its_share_of_what_lies_outside(rand_hie, quick):
    narrow = change(quick, {"scope.services": ["inpatient", "drugs"]})
    before, after = (settle(rand_hie, change(narrow, {"outlook.cost_shift": share})) for share in (0.0, 0.4))
    spent = after.scope.by_service[after.scope.by_service["year"].isin(after.basis.years)]
    inside = spent.loc[spent["covered"], "cost"].sum()
    outside = spent.loc[~spent["covered"], "cost"].sum()
    assert after.outlook_cost.total / before.outlook_cost.total == pytest.approx(1 + 0.4 * outside / inside)
    assert contract_term(after).holder[-1].mean() < contract_term(before).holder[-1].mean()


@pytest.fixture(scope="module")
def county(root):
    dataset = open_dataset(str(root / "data_samples" / "county-5000"))
    return dataset, change(read_design(root / "designs" / "county.yaml"), {"outlook.replicates": 1_024})


def figures(dataset, design: ContractDesign) -> tuple[str, str]:
    result = settle(dataset, design)
    return result.money_lines.to_csv(index=False), repr(headline(result))
