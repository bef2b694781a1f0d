"""Who pays whom, month by month, and what that leaves in a partner's bank: through the whole settlement."""

from dataclasses import replace

import numpy as np
import pytest

from capitation import tables_payments
from capitation.contract import settle
from capitation.design import change
from capitation.errors import InputError
from capitation.money_flow import cash_of, flow_bands, monthly_payments, stranded_of
from capitation.payment_options import paid_as, shared_by, shared_pool
from capitation.payments.balance import ends, receipts, totals, unbalanced
from capitation.payments.partners import Plans, by_rule, check_partners
from capitation.terms import HOLDER, OTHER_AREAS

EVERY_KIND = (
    "block", "activity", "marginal rate", "cost and volume", "sub-capitation", "aligned payment", "low-volume block",
    "block and performance",
)  # fmt: skip


def pence_of(result):
    return result.money_lines.groupby("party")["pence"].sum().to_dict()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_stream_and_month_balances_and_the_months_sum_to_the_settlement(rand_hie, quick, kind):
    design = change(quick, {f"payments.partners.{p}.kind": kind for p in ("hospitals", "clinics", "pharmacies")})
    result = settle(rand_hie, change(design, {"payments.guarantee.on": True, "risk.sharing.on": True}))
    cells = receipts(monthly_payments(result))
    assert not unbalanced(cells)
    received = {p: pence for p, pence in totals(cells.values()).items() if pence}
    assert received == {p: pence for p, pence in pence_of(result).items() if pence}
    assert {p: v for p, v in ends(flow_bands(result)).items() if v} == received


def hospitals(result, step="payments"):
    """What the hospitals receive of a step by stream, in currency."""
    mine = [
        line
        for line in result.settled.lines
        if line.step == step and line.name.endswith(": hospitals") and "hospitals" in line.flows
    ]
    return {line.name.removesuffix(": hospitals"): float(line.flows["hospitals"][0]) for line in mine}


def test_each_kind_by_hand(rand_hie, quick):
    plain = settle(rand_hie, quick)
    plan, given = plain.plan["hospitals"] * plain.price.payment, -hospitals(plain, "care")["care given"]
    past, won = plain.plans.past["hospitals"], plain.score.share
    over = given - plan
    assert over > 0  # in this year the hospitals gave more than planned
    expected = {
        "block": {"block": plan},
        "activity": {"activity": given},
        "marginal rate": {"block": plan, "off plan at a marginal rate": 0.5 * over},
        "cost and volume": {"block": plan, "volume beyond plan": over},
        "sub-capitation": {"sub-capitation": plan},
        "aligned payment": {"fixed element": 0.7 * plan, "elective care": 0.3 * given},
        "low-volume block": {"low-volume block": sum(past[-3:]) / 3},
        "block and performance": {"block": 0.95 * plan, "performance": 0.05 * plan * won},
    }
    for kind, streams in expected.items():
        found = hospitals(settle(rand_hie, change(quick, {"payments.partners.hospitals.kind": kind})))
        assert {name: found[name] for name in streams} == pytest.approx(streams), kind
        assert set(found) == {*streams, "risk payments passed on", "share of the result"}


def test_the_hospitals_bear_the_risk_of_their_volume_as_far_as_their_kind_of_payment_leaves_it(rand_hie, quick):
    """Risk payments are passed on with the volume: all under block, half at a marginal rate of 50 %, none by activity."""
    base = {k: hospitals(settle(rand_hie, change(quick, {"payments.partners.hospitals.kind": k})))["risk payments passed on"]
            for k in ("block", "marginal rate", "activity")}  # fmt: skip
    assert base["marginal rate"] == pytest.approx(base["block"] / 2)
    assert base["activity"] == 0


def test_sub_capitation_follows_the_people_who_live_in_its_localities(rand_hie, quick):
    place = str(rand_hie.held.values("locality")[0])
    kind = {"payments.partners.hospitals.kind": "sub-capitation"}
    result = settle(rand_hie, change(quick, {**kind, "payments.partners.hospitals.localities": [place]}))
    members = result.cohort.members
    mine = members[members["locality"] == place].groupby("year")["exposure"].sum()
    ratio = mine[result.year] / np.mean([mine[y] for y in result.basis.years])
    plan = result.plan["hospitals"] * result.price.payment
    assert hospitals(result)["sub-capitation"] == pytest.approx(plan * ratio)


@pytest.mark.parametrize("shared", [0.0, 0.3, 1.0])
def test_a_minimum_income_is_kept_whatever_is_shared(rand_hie, quick, shared):
    terms = {"payments.partners.hospitals.kind": "activity", "payments.guarantee.on": True, "payments.guarantee.share": 1.0,
             "payments.partner_share": shared, "price.discount": 0.05}  # fmt: skip
    result = settle(rand_hie, change(quick, terms))
    plan = result.plan["hospitals"] * result.price.payment
    assert sum(hospitals(result).values()) >= plan - 0.01
    mine = [
        line.flows["hospitals"]
        for line in result.outlook.lines
        if line.step == "payments" and "hospitals" in line.flows
    ]
    topped = next(
        line.flows["hospitals"] for line in result.outlook.lines if line.name == "income guarantee: hospitals"
    )
    assert (np.sum(mine, axis=0) >= plan - 0.01).all()
    assert (topped > 0).any()


def test_activity_is_paid_as_it_is_done_and_not_by_the_calendar_of_planned_money(rand_hie, quick):
    early = {"payments.calendar": [100.0, *[0.0] * 11], "payments.partners.hospitals.kind": "activity"}
    paid = [p for p in monthly_payments(settle(rand_hie, change(quick, early))) if p.stream == "activity: hospitals"]
    assert {p.month for p in paid} == set(range(1, 13))


def test_risk_is_passed_on_by_the_side_on_which_the_volume_fell(rand_hie, quick):
    """Cost and volume: the holder bears care beyond plan, the partner keeps what falls short of it."""
    result = settle(rand_hie, change(quick, {"payments.partners.hospitals.kind": "cost and volume"}))
    lines = {line.name: line.flows.get("hospitals") for line in result.outlook.lines}
    beyond = lines["volume beyond plan: hospitals"] > 0
    passed = lines["risk payments passed on: hospitals"]
    assert beyond.any()
    assert (passed[beyond] == 0).all()
    assert (passed[~beyond] != 0).any()


def test_half_a_year_is_paid_half_of_a_low_volume_block_and_claims_half_of_a_year(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"payments.partners.hospitals.kind": "low-volume block"}))
    year = result.year_ahead
    half = replace(year, plans=replace(year.plans, year_part=0.5)).settle(result.recorded)
    whole = year.settle(result.recorded)
    paid = [next(float(line.flows["hospitals"][0]) for line in of.lines if line.name == "low-volume block: hospitals")
            for of in (half, whole)]  # fmt: skip
    assert paid[0] == pytest.approx(paid[1] / 2)
    plans = replace(result.plans, year_part=0.5)
    claims, _ = by_rule("compensate losers", plans, result.design.payments, result.price.payment / 2)
    full, _ = by_rule("compensate losers", result.plans, result.design.payments, result.price.payment)
    assert claims == pytest.approx({p: amount / 2 for p, amount in full.items()})


def test_a_locality_that_nobody_lives_in_is_refused_by_name(rand_hie, quick):
    with pytest.raises(InputError, match="no member lives in 'Atlantis'; expected one of"):
        settle(rand_hie, change(quick, {"payments.partners.hospitals.localities": ["Atlantis"]}))


def test_one_partners_worked_year_of_cash(rand_hie, quick):
    """Paid by activity in arrears with 30 days: month 1's money comes in month 3's first day, so in month 2 by 30-day months.

    Opening: 30 days of its cost. Month 1 pays a twelfth and receives nothing: lowest there, 30 days less a twelfth of 365.
    """
    by_activity = {"payments.partners.hospitals.kind": "activity"}
    result = settle(rand_hie, change(quick, by_activity))
    cost = round(100 * -hospitals(result, "care")["care given"])
    found = next(of for of in cash_of(result) if of.partner == "hospitals")
    opening = round(30 * cost / 365)
    twelfth = cost // 12
    assert found.path.balances[0] == pytest.approx(opening - twelfth, abs=2)
    assert found.path.balances[11] == pytest.approx(opening - cost + 11 * twelfth, abs=20)
    assert found.path.lowest_month in (1, 12)
    assert found.lowest_days == pytest.approx(30 - 365 / 12, abs=0.05)
    in_advance = {f"payments.partners.hospitals.{t}": v for t, v in (("pay_day", 1), ("pay_days", 0))}
    soon = next(
        of
        for of in cash_of(settle(rand_hie, change(quick, {**by_activity, **in_advance})))
        if of.partner == "hospitals"
    )
    assert soon.path.balances == pytest.approx([opening] * 12, abs=20)


def test_a_calendar_moves_the_planned_money_and_nothing_else(rand_hie, quick):
    early = change(quick, {"payments.calendar": [30.0, 20.0, 10.0, 10.0, 10.0, 10.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                           "payments.partners.hospitals.kind": "block"})  # fmt: skip
    result = settle(rand_hie, early)
    by_month = {p.month: p.pence for p in monthly_payments(result) if p.stream == "block: hospitals"}
    whole = sum(by_month.values())
    assert set(by_month) == set(range(1, 8))
    assert by_month[1] == pytest.approx(0.3 * whole, abs=1)
    even = settle(rand_hie, change(early, {"payments.calendar": []}))
    assert pence_of(result) == pence_of(even)


def test_income_lost_with_its_activity_leaves_the_fixed_cost_behind(rand_hie, quick):
    moved = {"payments.partners.hospitals.kind": "activity", "payments.partners.hospitals.activity_change": -0.30,
             "payments.partners.hospitals.fixed_share": 1.0, "payments.partners.hospitals.planned_result": -1_000.0}  # fmt: skip
    result = settle(rand_hie, change(quick, moved))
    found = next(of for of in stranded_of(result) if of.partner == "hospitals")
    before = result.plans.past["hospitals"][-1]
    assert (found.income, found.first) == pytest.approx((-0.3 * before, -0.3 * before))
    assert found.path[-1] == pytest.approx(0, abs=1e-6)  # shed over three years, the contract has five
    assert tables_payments.average_cost_view(found) == pytest.approx(0, abs=1e-6)
    assert found.said
    assert found.planned == -1_000


def test_other_areas_pay_for_their_people_and_their_care_costs_what_is_not_fixed(rand_hie, quick):
    """The people of three sites are the cohort; everybody else who is treated by its partners is other areas'."""
    places = list(map(str, rand_hie.held.values("locality")[:3]))
    design = change(quick, {"cohort.localities": places, "payments.choice": True, "scope.inflow_price": 0.8,
                            "payments.partners.hospitals.fixed_share": 0.6})  # fmt: skip
    result = settle(rand_hie, design)
    flows = result.coverage.shown_flows.set_index("provider")
    came = flows.loc["hospitals", "of_others"]
    assert came > 0
    found, care = hospitals(result), hospitals(result, "care")
    assert found["passed on from other areas"] == pytest.approx(0.8 * came)
    assert care["care for other areas’ people"] == pytest.approx(-0.4 * came)
    assert result.settled.result(OTHER_AREAS)[0] == pytest.approx(-0.8 * flows.loc[flows["partner"], "of_others"].sum())
    assert not unbalanced(receipts(monthly_payments(result)))
    before = result.year_ahead.plans.came["hospitals"]
    assert before != came  # what lies ahead is told by the last year that was over, not by the contract year itself


def test_a_provider_outside_is_paid_for_what_members_chose_and_shares_nothing(rand_hie, quick):
    terms = {
        "payments.choice": True,
        "scope.outside_providers": ["hospitals"],
        "scope.outflow_price": 1.1,
        "payments.partner_share": 0.5,
    }
    result = settle(rand_hie, change(quick, terms))
    given = -hospitals(result, "care")["care given"]
    assert hospitals(result) == pytest.approx({"patients’ choice": 1.1 * given})
    assert sum(result.plans.inside.values()) < 1
    shared = [line for line in result.settled.lines if line.name.startswith("share of the result")]
    pool = sum(float(line.flows[p][0]) for line in shared for p in line.flows if p != HOLDER)
    assert pool == pytest.approx(float(result.settled.result(HOLDER)[0]))  # half each


RULES = {
    "equal": {},
    "equity": {"payments.partners.hospitals.equity": 0.4, "payments.partners.clinics.equity": 0.6},
    "performance": {"payments.partners.hospitals.performance": 0.0},
    "investment need": {"payments.partners.clinics.investment": 1e9},
    "compensate losers": {"payments.partners.clinics.income_before": 1e9},
    "Shapley value": {
        "payments.schemes.home.partners": ["hospitals", "clinics"],
        "payments.schemes.home.saving": 100.0,
    },
}
GETS_NOTHING = {
    "equity": "pharmacies", "performance": "hospitals", "investment need": "hospitals", "compensate losers": "hospitals",
    "Shapley value": "pharmacies",
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_shares_the_result_of_every_drawn_year(rand_hie, quick, rule):
    gain = {"price.discount": 0.0, "outlook.savings": 0.3, "risk.corridor.on": False, "payments.partner_share": 0.5}
    result = settle(rand_hie, change(quick, {**gain, "payments.rule": rule, **RULES[rule]}))
    lines = [line for line in result.outlook.lines if line.name.startswith("share of the result")]
    holder = result.outlook.result(HOLDER)
    to_partners = -np.sum([line.flows[HOLDER] for line in lines], axis=0)
    assert to_partners == pytest.approx(holder)  # half of what there was before sharing
    made_gain = holder > 0
    assert made_gain.any()
    if rule in GETS_NOTHING:
        mine = next(line for line in lines if line.name.endswith(GETS_NOTHING[rule])).flows[GETS_NOTHING[rule]]
        assert mine[made_gain] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"payments.partners.nobody.kind": "block"}, "payments.partners.nobody: no provider 'nobody' in scope"),
        ({"payments.schemes.home.partners": ["nobody"]}, "payments.schemes.home.partners: no provider 'nobody' in scope"),
        ({"payments.rule": "equity", "payments.partners.hospitals.equity": 0.4},
         "the partners’ stakes in the holder add up to 40 %, not 100 %"),
        ({"payments.rule": "Shapley value"}, "no scheme saves anything"),
        ({"payments.calendar": [10.0] * 9}, "month 10 is missing"),
        ({"payments.calendar": [10.0] * 12}, "the parts add up to 120 %"),
        ({"payments.guarantee.share": 1.2}, "Guaranteed in the first year.*1.2 is not accepted"),
    ],
)  # fmt: skip
def test_payments_that_cannot_be_made_are_refused_in_one_line(rand_hie, quick, terms, said):
    with pytest.raises(InputError, match=said):
        settle(rand_hie, change(quick, terms))


def test_a_partner_without_a_plan_has_no_turnover_to_be_measured_by(quick):
    named = change(quick, {"payments.partners.new.cash_days": 5.0}).payments
    with pytest.raises(InputError, match=r"payments\.partners\.new\.turnover: new has no turnover and no plan"):
        check_partners(Plans({"old": 1.0, "new": 0.0}), named)


def test_the_tables_say_the_same_as_the_settlement(rand_hie, quick):
    result = settle(rand_hie, change(quick, {"payments.partner_share": 0.3}))
    streams = tables_payments.streams(result).rows.set_index("Stream")
    assert (
        streams.loc["Result", "Holder"].replace("−", "-").replace(",", "") == f"{result.settled.result(HOLDER)[0]:.0f}"
    )
    rules = tables_payments.rules(result).rows.set_index("Rule")
    assert rules.loc["Equity", "why not"] == "gains by equity: no party has any"
    paid = tables_payments.kinds(result).rows.set_index("Kind of payment")
    assert paid.loc["Activity"].equals(paid.loc["Cost of the care given"])


def test_what_is_due_when_follows_the_line_and_not_its_words(rand_hie, quick):
    """Few people above the attachment point: recovery and charge stand in one line, which is reckoned after the year."""
    design = change(
        quick,
        {"risk.aggregate_stop_loss.charged": True, "risk.corridor.on": False, "risk.stop_loss.attachment": 8_000.0},
    )
    result = settle(rand_hie, design)
    months = {}
    for payment in monthly_payments(result):
        months.setdefault(payment.stream, set()).add(payment.month)
    whole_year, later = set(range(1, 13)), {12 + result.design.payments.settled_after}
    for line in result.settled.lines:
        if line.name in months:
            assert months[line.name] <= (later if line.due == "at settlement" else whole_year), line.name
    joined = next(line for line in result.settled.lines if line.name.startswith("individual stop-loss"))
    assert joined.due == "at settlement"
    assert next(line for line in result.settled.lines if line.name == "aggregate stop-loss: charge").due == "planned"


def test_the_rule_in_force_gives_what_was_settled_with_a_minimum_income_too(rand_hie, quick):
    """The minimum income comes after the sharing, so it is no part of what is shared."""
    terms = {
        "payments.guarantee.on": True,
        "payments.guarantee.share": 1.0,
        "payments.partner_share": 0.4,
        "payments.block_share": 0.2,
    }
    result = settle(rand_hie, change(quick, terms))
    lines = result.money_lines[result.money_lines["line"].str.startswith("share of the result")]
    settled = lines[lines["party"] != HOLDER].set_index("party")["pence"].to_dict()
    found = shared_by(result, "budget")
    assert sum(found.values()) == round(100 * shared_pool(result))
    assert all(abs(found[p] - settled[p]) <= 1 for p in found)


def test_what_a_kind_would_have_paid_is_what_it_pays_when_it_is_in_force(rand_hie, quick):
    before = settle(rand_hie, quick)
    for kind in EVERY_KIND:
        after = hospitals(settle(rand_hie, change(quick, {"payments.partners.hospitals.kind": kind})))
        streams = [v for name, v in after.items() if name not in ("risk payments passed on", "share of the result")]
        assert paid_as(before, "hospitals", kind) == pytest.approx(sum(streams)), kind
