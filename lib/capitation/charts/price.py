"""Pictures of the price of a person-year."""

from itertools import accumulate
from typing import Any

from capitation.charts.drawing import alt, chart, drawn_once, money_axis, spec
from capitation.charts.picture import Picture
from capitation.contract import ContractResult
from capitation.loss.simulation_error import Z95
from capitation.price import growth
from capitation.price.person_year import COMPLETION, CREDIBILITY, EFFICIENCY, HISTORY, MARGIN, MIX
from capitation.terms import money, percent
from capitation.theme import AXIS_GREY, HOLDER_BLUE, INK

SHORT = {
    HISTORY: "Base years", COMPLETION: "Late records", growth.VOLUME: "Volume", growth.PRICES: "Prices",
    growth.NEED: "Need", growth.POLICY: "Policy", MIX: "Who is in", CREDIBILITY: "Borrowed", EFFICIENCY: "Efficiency", MARGIN: "Margin",
}  # fmt: skip


def build_up(result: ContractResult) -> Picture:
    """The price as a waterfall: every bar a line of the build-up."""
    price, currency = result.price, result.dataset.meta.currency
    ends = list(accumulate(price.build_up.values()))
    data = [{"line": SHORT[name], "from": end - amount, "to": end, "top": max(end, end - amount),
             "kind": "start" if name == HISTORY else "change",
             "shown": money(amount, currency, signed=name != HISTORY)}
            for (name, amount), end in zip(price.build_up.items(), ends, strict=True)]  # fmt: skip
    total = price.per_person_year
    data.append({"line": "Price", "from": 0.0, "to": total, "top": total, "kind": "price",
                 "shown": money(total, currency)})  # fmt: skip
    finding = f"A person-year is priced at {money(total, currency)}, {_from_history(price.build_up[HISTORY], total, currency)}"
    words = "; ".join(f"{d['line']} {d['shown']}" for d in data)
    return Picture("price-build-up", finding, f"Build-up of the price per person-year. {words}.",
                   _build_up_spec(currency), {"rows": data})  # fmt: skip


def _from_history(history: float, total: float, currency: str) -> str:
    change = total - history
    return f"{money(abs(change), currency)} {'above' if change >= 0 else 'below'} what the base years cost"


@drawn_once
def _build_up_spec(currency: str) -> dict[str, Any]:
    x = alt.X("line:N", sort=None,
              axis=alt.Axis(title=None, labelAngle=0, labelLimit=110, labelExpr="split(datum.label, ' ')"))  # fmt: skip
    y = alt.Y("from:Q", axis=money_axis(f"{currency} per person-year", currency), scale=alt.Scale(zero=True))
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["start", "change", "price"],
                                                              range=[AXIS_GREY, "#5C4B8A", HOLDER_BLUE]))  # fmt: skip
    bars = chart(x=x, y=y, y2="to:Q", color=colour).mark_bar()
    text = chart(x=x, y="top:Q", text="shown:N").mark_text(dy=-7)
    return spec(bars + text)


def history(result: ContractResult) -> Picture:
    """Cost per person-year of each base year with its error, and the price of the contract year."""
    price, meta = result.price, result.dataset.meta
    data = [
        _point(meta.year_name(int(r["year"])), r["cost_pppy"], r["error"], "recorded")
        for r in price.by_year.to_dict("records")
    ]
    data.append(_point(meta.year_name(price.contract_year), price.per_person_year, price.error, "price"))
    width = Z95 * price.error / price.per_person_year if price.per_person_year else 0.0
    past = [money(f(price.by_year["cost_pppy"]), meta.currency) for f in (min, max)]
    finding = f"Past years cost {past[0]} to {past[1]} a person-year; the price is known within ± {percent(width, 0)}"
    words = "; ".join(f"{d['year']} {money(d['value'], meta.currency)} ({money(d['low'], meta.currency)} to "
                      f"{money(d['high'], meta.currency)})" for d in data)  # fmt: skip
    return Picture("price-history", finding, f"Cost per person-year with 95 per cent limits. {words}.",
                   _history_spec(meta.currency), {"rows": data})  # fmt: skip


def _point(year: str, value: float, error: float, kind: str) -> dict[str, Any]:
    width = Z95 * error if error == error else 0.0  # noqa: PLR0124  (not a number has no width)
    return {"year": year, "value": value, "low": value - width, "high": value + width, "kind": kind}


@drawn_once
def _history_spec(currency: str) -> dict[str, Any]:
    x = alt.X("year:N", sort=None, axis=alt.Axis(title=None, labelAngle=0))
    axis = money_axis(f"{currency} per person-year, with 95 % limits", currency)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=["recorded", "price"], range=[INK, HOLDER_BLUE]),
                       legend=alt.Legend(title=None))  # fmt: skip
    limits = chart(x=x, y=alt.Y("low:Q", axis=axis, scale=alt.Scale(zero=False)), y2="high:Q", color=colour).mark_rule(
        size=2
    )
    points = chart(x=x, y=alt.Y("value:Q", axis=axis), color=colour).mark_point(filled=True, size=90, opacity=1)
    return spec(limits + points)
