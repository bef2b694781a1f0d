"""Tables about who could bear what: the terms now and proposed, what each party gets of them, the frontier point by point."""

from collections.abc import Sequence

import pandas as pd

from capitation.contract import ContractResult
from capitation.tables import Table, amount, term_value
from capitation.terms import SHARE, figure, percent
from capitation.who_bears.frontier import CLOSEST, Frontier, Point
from capitation.who_bears.limits import PREMIUM, Limit, limit_words, party_words
from capitation.who_bears.moving import term_words


def proposed_terms(result: ContractResult, found: Frontier) -> Table | None:
    """Every term that may move, now and as proposed; nothing where nothing was found."""
    if found.answer is None:
        return None
    currency = result.dataset.meta.currency
    rows = [
        _term_row(result, path, found.now.terms[path], value, currency) for path, value in found.answer.terms.items()
    ]
    note = (f"{found.tried:,} variants were settled on {found.searched:,} of the drawn years; what is shown holds on all {found.checked:,}."
            f"{'' if found.complete else ' The search was stopped: there may be better terms.'}")  # fmt: skip
    return Table(
        "who-bears-terms", "Terms now and proposed", pd.DataFrame(rows), notes=(binding_words(result, found), note)
    )


def _term_row(result: ContractResult, path: str, now: float, then: float, currency: str) -> dict[str, str]:
    declared = result.design.declaration(path)
    was, new = (term_value(path, value, declared.unit, currency) for value in (now, then))
    return {"Term": term_words(result.design, path), "now": was, "proposed": new if then != now else "as now"}


def binding_words(result: ContractResult, found: Frontier) -> str:
    """What stops more incentive, in contract words, and what a wider tolerance would be worth."""
    if not found.binding:
        return ("What stops more: no tolerance; the terms are at the ends of their ranges." if found.complete
                else "What stops more was not looked for: the search was stopped.")  # fmt: skip
    each = [
        f"‘{limit_words(result, one.limit)}’ (a tenth more would keep {100 * one.gain:.1f} points more)"
        for one in found.binding
    ]
    return f"What stops more of the next saving from being kept: {'; '.join(each)}."


def proposed_parties(result: ContractResult, found: Frontier) -> Table:
    """What each party can bear, and its bad years now and under the terms proposed."""
    currency = result.dataset.meta.currency
    rows = [_party_row(result, found, limit, currency) for limit in found.limits if limit.party != PREMIUM]
    notes = (f"On average the commissioner pays beyond the price {_both(found, 'premium')} of it (at most "
             f"{figure(found.limits[-1].share, SHARE, currency)}); of the next {currency}1 saved holder and partners keep "
             f"{_both(found, 'incentive')}.",
             "Results of a year; the commissioner’s are against the price. A partner’s turnover is what this contract is planned to "
             "pay it, unless entered.")  # fmt: skip
    return Table(
        "who-bears-parties", f"What each party can bear, and its bad years, {currency}", pd.DataFrame(rows), notes=notes
    )


def _both(found: Frontier, name: str) -> str:
    now = percent(getattr(found.now.figures, name))
    return f"{now} now and {percent(getattr(found.answer.figures, name))} as proposed" if found.answer else f"{now} now"


def _party_row(result: ContractResult, found: Frontier, limit: Limit, currency: str) -> dict[str, str]:
    bad_now, worst_now = _ends(found.now, limit.party)
    bad, worst = _ends(found.answer, limit.party)
    return {
        "Party": party_words(result, limit.party),
        f"can lose, {currency}": amount(limit.allowed),
        f"1-in-20 year now, {currency}": bad_now,
        f"1-in-20 year then, {currency}": bad,
        f"1-in-100 year now, {currency}": worst_now,
        f"1-in-100 year then, {currency}": worst,
    }


def _ends(point: Point | None, party: str) -> tuple[str, str]:
    if point is None:
        return "–", "–"
    place = point.figures.parties.index(party)
    return amount(float(point.figures.bad[place])), amount(float(point.figures.worst[place]))


def frontier_points(result: ContractResult, found: Frontier) -> Table | None:
    """The terms at each point of the frontier; nothing where there is none."""
    if not found.points:
        return None
    alike = [path for path in found.now.terms if len({point.terms[path] for point in found.points}) == 1]
    rows = [_point_row(result, point, alike) for point in found.points]
    note = ("At each premium the best terms found, each within every tolerance on all drawn years. A search, no proof: other terms may "
            "keep about 1 point more of the next saving at the same premium, most likely where the line bends near the least premium; "
            f"points closer than {percent(CLOSEST, 2)} of the price are one. Terms that are the same at every point are left "
            "out.")  # fmt: skip
    return Table("who-bears-frontier", "The best terms at each premium", pd.DataFrame(rows), notes=(note,))


def _point_row(result: ContractResult, point: Point, alike: Sequence[str]) -> dict[str, str]:
    currency, design = result.dataset.meta.currency, result.design
    shown = {term_words(result.design, path): term_value(path, value, design.declaration(path).unit, currency)
             for path, value in point.terms.items() if path not in alike}  # fmt: skip
    return {
        "Premium": percent(point.figures.premium, 2, signed=True),
        "kept of the next saving": percent(point.figures.incentive),
        **shown,
    }
