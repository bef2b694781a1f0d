"""Pictures of who pays whom."""

from typing import Any

from capitation.charts.cash import balances
from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec, zero_line
from capitation.charts.money_flow import money_flow
from capitation.charts.picture import Picture
from capitation.charts.stranded import Stranding
from capitation.charts.stranded import stranded as stranded_picture
from capitation.contract import ContractResult
from capitation.headline import BAD_YEAR
from capitation.loss.simulation_error import quantile_of
from capitation.money_flow import cash_of, flow_bands, stranded_of
from capitation.terms import HOLDER, money
from capitation.theme import AXIS_GREY, COMMISSIONER_GREEN, HOLDER_BLUE, PARTNER_PURPLE

PAID, GIVEN = "paid to the partner", "cost of the care given"


def partners_paid(result: ContractResult) -> Picture:
    """What each partner is paid in the settled year against what the care it gave cost."""
    labels, currency = result.dataset.providers["label"], result.dataset.meta.currency
    data = []
    for provider, given in result.recorded.by_provider.items():
        cost = float(given[0])
        paid = float(result.settled.result(provider)[0]) + cost
        name = labels.get(provider, provider)
        data += [{"partner": name, "what": PAID, "amount": paid}, {"partner": name, "what": GIVEN, "amount": cost}]
    words = "; ".join(f"{d['partner']}, {d['what']}: {money(d['amount'], currency)}" for d in data)
    return Picture("payments-partners", _partners_finding(result), words, _partners_spec(currency), {"rows": data})


def _partners_finding(result: ContractResult) -> str:
    labels, currency = result.dataset.providers["label"], result.dataset.meta.currency
    results = {p: float(result.settled.result(p)[0]) for p in result.recorded.by_provider}
    worst = min(results, key=lambda p: results[p])
    name = labels.get(worst, worst)
    if results[worst] >= -0.005:
        return "Every partner’s payment covers the care it gave"
    return f"{name} would have been paid {money(-results[worst], currency)} less than its care cost"


@drawn_once
def _partners_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("partner:N", sort=None, axis=alt.Axis(title=None, labelLimit=200))
    x = alt.X("amount:Q", axis=money_axis(f"settled year, {currency}", currency))
    names = [PAID, GIVEN]
    colour = alt.Color(
        "what:N", legend=alt.Legend(title=None), scale=alt.Scale(domain=names, range=[PARTNER_PURPLE, AXIS_GREY])
    )
    return spec(chart(y=y, x=x, color=colour, yOffset=alt.YOffset("what:N", sort=names)).mark_bar())


def results(result: ContractResult) -> Picture:
    """Each party's result in the drawn years: the middle, and nine years in ten."""
    currency, labels = result.dataset.meta.currency, result.dataset.providers["label"]
    ahead = result.outlook
    draws = {"Holder": ("holder", ahead.result(HOLDER)), "Commissioner": ("commissioner", -ahead.commissioner_extra)}
    draws |= {str(labels.get(p, p)): ("partner", ahead.result(p)) for p in ahead.providers}
    data = [{"party": name, "kind": kind, "low": quantile_of(d, BAD_YEAR).value, "middle": quantile_of(d, 0.5).value,
             "high": quantile_of(d, 1 - BAD_YEAR).value} for name, (kind, d) in draws.items()]  # fmt: skip
    worst = min(data, key=lambda d: d["low"])
    finding = f"The widest loss is the {worst['party']}’s: {money(worst['low'], currency)} one year in twenty"
    words = "; ".join(f"{d['party']} {money(d['low'], currency)} to {money(d['high'], currency)}, "
                      f"middle {money(d['middle'], currency)}" for d in data)  # fmt: skip
    return Picture("payments-results", finding, f"Result of each party in nine drawn years of ten. {words}.",
                   _results_spec(currency), {"rows": data})  # fmt: skip


@drawn_once
def _results_spec(currency: str) -> dict[str, Any]:
    y = alt.Y("party:N", sort=None, axis=alt.Axis(title=None, labelLimit=200))
    axis = money_axis(f"result in nine drawn years of ten, {currency}", currency)
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(
        domain=["holder", "commissioner", "partner"], range=[HOLDER_BLUE, COMMISSIONER_GREEN, PARTNER_PURPLE]))  # fmt: skip
    bars = chart(y=y, x=alt.X("low:Q", axis=axis), x2="high:Q", color=colour).mark_bar(size=12)
    middle = chart(y=y, x="middle:Q").mark_tick(color="#212B32", thickness=2, size=18)
    return spec(bars + middle + zero_line("x"))


def flow(result: ContractResult) -> Picture:
    """Who paid whom in the settled year, and what each party kept or took from its reserves."""
    labels = {party: result.name_of(party) for party in result.settled.in_order}
    return money_flow(flow_bands(result), labels, result.settled.providers, result.dataset.meta.currency)


def cash(result: ContractResult) -> Picture | None:
    """Each partner's cash at the end of every month of the settled year; nothing where no partner has any cost."""
    found = cash_of(result)
    if not found:
        return None
    months = [f"month {number}" for number in range(1, len(found[0].path.balances) + 1)]
    paths = {result.name_of(of.partner): of.path for of in found}
    costs = {result.name_of(of.partner): of.yearly_cost for of in found}
    return balances(paths, months, result.dataset.meta.currency, costs)


def stranded(result: ContractResult) -> Picture | None:
    """The cost that stays with each partner when its income goes."""
    found = [Stranding(result.name_of(of.partner), of.income, of.path, of.planned) for of in stranded_of(result)]
    return stranded_picture(found, result.dataset.meta.currency) if found else None
